"""
The notifier: the process that sends what people are to be told, so that no runner waits for it.

    python -P -m schedkit.notifier

Its stdin takes deliveries, one JSON object a line (here broken):

    {"id": 12, "kind": "webhook", "to": {"url": "https://..."}, "message": {"title": "..."},
     "directory": "/srv/jobs", "timeout_s": 30}

*kind* is command, webhook, email, apprise or ping, and says what *to* holds (see the module of
that kind). Where a text stands in *to*, {"from_file": PATH} or {"from_env": NAME} may stand: it is
read when it is needed. Relative paths start at *directory*. Within *timeout_s* all is over.

Its stdout answers each delivery once, in the order in which they end:

    {"id": 12, "sent": true}
    {"id": 12, "sent": false, "error": "...", "again": true, "after_s": 120}

*error* is one line, fit for a terminal, and names no secret: of a URL it shows no more than scheme,
host and port. *again* is false where a second try would end as this one did. *after_s* is how long
the receiver wants to be left alone, or null. A line that is no delivery is answered, too, with its
id as far as it has one, else null.

It ends when its stdin does: it waits for what it has begun, though not longer than five seconds.
What is unanswered then may have been sent or not; what was not begun was not. After a minute with
nothing to do it says

    {"bye": true}

which is an offer. A parent that waits for no answer closes the stdin, and has ended it. One that
does wait has sent a line while the offer was on its way: that line is read and answered as any
other, and the offer is made again after another minute. So nothing is lost between the two.
"""
