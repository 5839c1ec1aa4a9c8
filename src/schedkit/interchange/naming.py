"""What a person would call a job that has nothing but a command."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

# What stands before the program that does the work: what a shell reads, what only looks, and what
# starts another one.
_PREFIXES = {"!", "if", "then", "else", "do", "time", "while", "until"}
_ASIDE = {":", "[", "[[", "cd", "command", "done", "echo", "exit", "export", "fi", "mkdir",
          "set", "sleep", "source", "test", "trap", "true", "type", "ulimit", "umask",
          "which"}  # fmt: skip
_AROUND = {"bash", "chronic", "chrt", "dash", "doas", "env", "exec", "flock", "ionice", "ksh",
           "nice", "nohup", "node", "perl", "php", "python", "python2", "python3", "ruby",
           "run-parts", "setsid", "sh", "sudo", "timeout", "xargs", "zsh"}  # fmt: skip
_SUFFIXES = {".sh", ".bash", ".py", ".pl", ".php", ".rb", ".js"}
# Texts that are no word, what is substituted, whom sudo becomes, and where things go.
_LEFT_OUT = re.compile(
    r"""'[^']*[\s()|;&][^']*'|"[^"]*[\s()|;&][^"]*"|\$\([^()]*\)|\$\{[^}]*\}|`[^`]*`"""
    r"""|(?<=sudo )-u\s+\S+|\d*[<>]+&?\s*\S*"""
)


def wish(command: str) -> str:
    """
    Return what to call a job by its command: the program that does the work.

    >>> wish("cd /srv && nice -n 19 /usr/bin/python3 -u scripts/report.py --all > /dev/null")
    'report'
    >>> wish("test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }")
    'cron.daily'
    """
    found = ""
    for part in re.split(r"&&|\|\||[;|\n&(){}]", _rest(command)):
        words = re.sub("['\"]", "", part).split()
        while words and (words[0] in _PREFIXES or "=" in words[0]):
            words = words[1:]
        if not words or words[0].startswith(("#", "$")):
            continue
        name = _name(words[0])
        inner = _inside(words[1:]) if name in _AROUND else None
        if inner is not None or name not in _AROUND | _ASIDE:
            return inner or name
        found = found or name
    return found


def _rest(command: str) -> str:
    while (rest := _LEFT_OUT.sub(" ", command)) != command:
        command = rest
    return rest


def _inside(words: list[str]) -> str | None:
    """Return the name of the program among the words behind one that only starts it."""
    for word in words:
        name = _name(word)
        is_aside = word.startswith(("-", "$")) or "=" in word or name in _AROUND
        if not is_aside and not re.fullmatch(r"[\d.]+[smhd]?|.*\.lock", name):
            return name
    return None


def _name(word: str) -> str:
    path = PurePosixPath(word)
    return path.stem if path.suffix in _SUFFIXES else path.name
