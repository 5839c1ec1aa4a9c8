"""Crontabs of any kind, and what cron itself makes of a command."""

from __future__ import annotations

from hypothesis import strategies as st

from oracle import MONTHS, WEEKDAYS


def by_cron(written: str) -> tuple[str, str]:
    """Return the command and its standard input, by the loops of Debian's do_command.c."""
    command: list[str] = []
    escaped, rest = False, ""
    for place, character in enumerate(written):
        command.append(character)
        if escaped:
            if character in "%\\":
                del command[-2]
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == "%":
            command.pop()
            rest = written[place + 1 :]
            break
    return "".join(command), _put(rest)


def _put(rest: str) -> str:
    put: list[str] = []
    escaped = need_newline = False
    for given in rest:
        character = given
        if escaped:
            if character != "%":
                put.append("\\")
        elif character == "%":
            character = "\n"
        escaped = character == "\\"
        if not escaped:
            put.append(character)
            need_newline = character != "\n"
    if escaped:
        put.append("\\")
    if need_newline:
        put.append("\n")
    return "".join(put)


def _items(low: int, high: int, names: list[str]) -> st.SearchStrategy[str]:
    numbers = st.integers(low, high)
    ranges = st.tuples(numbers, numbers).map(sorted).map(lambda ends: f"{ends[0]}-{ends[1]}")
    steps = st.integers(1, high)
    plain = numbers.map(str) | (st.sampled_from(names) if names else st.nothing())
    stepped = st.tuples(st.just("*") | ranges, steps).map(lambda parts: "{}/{}".format(*parts))
    return st.just("*") | plain | ranges | stepped


def _field(low: int, high: int, names: list[str]) -> st.SearchStrategy[str]:
    items = _items(low, high, names)
    return st.just("*") | st.lists(items, min_size=1, max_size=3).map(",".join)


FIELDS = st.tuples(
    _field(0, 59, []), _field(0, 23, []), _field(1, 31, []), _field(1, 12, MONTHS),
    _field(0, 7, WEEKDAYS),
).map(" ".join)  # fmt: skip
NICKNAMES = st.sampled_from(
    ["@reboot", "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"]
)
_CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0\n\r")
COMMANDS = st.one_of(
    st.text(st.sampled_from("ab %\\'\"$#=\t;|&*-é"), min_size=1, max_size=20),
    st.text(_CHARACTERS, min_size=1, max_size=20),
    st.sampled_from(["date +\\%F", "mail root%hello%\\%", "a\\\\b", "test -x a || { b; } # c"]),
).filter(lambda command: not command.lstrip().startswith("="))  # which makes it an assignment
_VALUES = st.text(st.sampled_from("ab =/:'\"$#\\%"), max_size=8)
ASSIGNMENTS = st.one_of(
    st.tuples(
        st.sampled_from(["PATH", "MAILTO", "HOME", "LANG", "A_B"]),
        st.sampled_from(["=", " = "]),
        st.one_of(st.just("/srv"), _VALUES.map('"{}"'.format), _VALUES.map("'{}'".format), _VALUES),
    ).map("".join),
    st.sampled_from(["SHELL=/bin/bash", "SHELL=/bin/sh", "CRON_TZ=Asia/Tokyo", "CRON_TZ=UTC"]),
)


def crontabs(user: str = "") -> st.SearchStrategy[str]:
    """Return crontabs whose lines have *user* before the command, if anybody."""
    # Input without a newline at its end is told to get one: it does not come back.
    commands = COMMANDS.filter(lambda written: by_cron(written)[1][-1:] in ("", "\n"))
    blanks = st.sampled_from([" ", "\t", "  "])
    entries = st.tuples(FIELDS | NICKNAMES, blanks, st.just(f"{user} " if user else ""), commands)
    comments = st.sampled_from(["", "# A comment.", "#0 5 * * * old"])
    lines = st.lists(entries.map("".join) | ASSIGNMENTS | comments, max_size=8)
    return lines.map(lambda found: "".join(f"{line}\n" for line in found))
