"""
The process that watches for files: it tells of each that has arrived and is complete.

It reads and writes lines of JSON, in ASCII; a byte of a path that is no text is a lone surrogate,
as `os.fsdecode` has it. On stdin each line says all that is to be watched, instead of the line
before it; the end of stdin ends the process:

    {"watch": [{"job": "import", "part": 0, "patterns": ["/srv/in/*.csv"], "settle_s": 5.0,
                "since": 1732500000.12}],
     "known": [["import", "/srv/in/a.csv", "<content>", <mark>], ...]}

*since* is when the job was loaded with this trigger, in seconds of the wall clock: what arrived
before that is the past. *known* is what was told of, in whatever process; without its mark, a
file is read once to see that it is still the same. On stdout:

    {"job": "import", "part": 0, "path": "/srv/in/a.csv", "content": "<content>", "size": 12,
     "modified": 1732500001.5, "arrived": 1732500001.6, "mark": <integer>}
    {"gone": ["import", "/srv/in/a.csv"]}       no longer there, and to be forgotten
    {"warning": "..."}                          once, until there is something else to say of it

*content* is the beginning of a SHA-256 in hexadecimal digits, *arrived* the time of the last
change (st_ctime, which a rename into the directory is), *mark* what a file looks like from
outside, for *known* alone.

It imports as little as it can: `json` and `ctypes`, and nothing of ours but `inotify`.
"""
