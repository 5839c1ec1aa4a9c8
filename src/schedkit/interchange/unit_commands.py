"""
The command lines of a service of systemd, and the command of ours that does what they do.

Source: systemd.service(5), "Command Lines".
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

from schedkit.commands import plain_words
from schedkit.errors import ConfigError
from schedkit.interchange import unit_values

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_PIECE = re.compile(rf"\$\$|\$\{{({_NAME})\}}")
_WHOLE = re.compile(rf"\$({_NAME})")
SHELL = "/bin/sh"  # that of a job, unless it says another
_SHELLS = {
    "sh": "/bin/sh", "/bin/sh": "/bin/sh", "/usr/bin/sh": "/bin/sh",
    "bash": "/bin/bash", "/bin/bash": "/bin/bash", "/usr/bin/bash": "/bin/bash",
}  # fmt: skip


class Variable(NamedTuple):
    """A part of a word that is a variable's value; *split*: it is all of it, as several words."""

    name: str
    split: bool = False


Word = tuple[str | Variable, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A command line: its words, and the characters before its program that say how it is run."""

    words: tuple[Word, ...]
    prefix: str = ""

    @property
    def plain(self) -> list[str] | None:
        """Its words when none of them has a variable, else None."""
        if any(isinstance(piece, Variable) for word in self.words for piece in word):
            return None
        return ["".join(map(str, word)) for word in self.words]

    @property
    def splits(self) -> bool:
        """Whether a variable stands for several of its words."""
        return any(isinstance(p, Variable) and p.split for word in self.words for p in word)

    def in_shell(self) -> str:
        """Return it as a shell takes it."""
        return " ".join(map(_in_shell, self.words))


def _in_shell(word: Word) -> str:
    if len(word) == 1 and isinstance(word[0], Variable) and word[0].split:
        return f"${word[0].name}"
    parts = []
    for is_variable, pieces in groupby(word, lambda piece: isinstance(piece, Variable)):
        if is_variable:
            parts += [f'"${{{piece.name}}}"' for piece in pieces if isinstance(piece, Variable)]
        elif text := "".join(map(str, pieces)):
            parts.append(shlex.quote(text))
    return "".join(parts) or "''"


def commands(text: str, specifiers: Mapping[str, str]) -> Iterator[Command]:
    """
    Yield the command lines of an assignment.

    Raises: ConfigError.
    """
    for line in _lines(text):
        match = re.match(r"[-@:+!|]*", line)
        assert match is not None
        words = unit_values.words(line[match.end() :])
        if "@" in match[0]:
            del words[1:2]  # what the program is to be called
        if not words or not words[0]:
            raise ConfigError.of("the command names no program")
        read = [unit_values.expanded(word, specifiers) for word in words]
        given = [(word,) if ":" in match[0] else _pieces(word) for word in read[1:]]
        yield Command(((read[0],), *given), match[0])


def _lines(text: str) -> Iterator[str]:
    r"""Yield what semicolons that are words of their own keep apart; `\;` is one that is kept."""
    line: list[str] = []
    quote = ""
    for part in re.findall(r"""\\.|["']|\s+|[^\s"'\\]+|.""", text, re.DOTALL):
        starts = not line or line[-1].isspace()
        if part in "\"'" and quote in ("", part):
            quote = "" if quote else part
        if part == ";" and not quote and starts:
            yield "".join(line).strip()
            line = []
        else:
            line.append(";" if part == "\\;" and not quote else part)
    if "".join(line).strip():
        yield "".join(line).strip()


def _pieces(word: str) -> Word:
    if whole := _WHOLE.fullmatch(word):
        return (Variable(whole[1], split=True),)
    pieces: list[str | Variable] = []
    at = 0
    for match in _PIECE.finditer(word):
        before = word[at : match.start()]
        pieces += [before] if before else []
        pieces.append(Variable(match[1]) if match[1] else "$")
        at = match.end()
    return (*pieces, word[at:]) if word[at:] or not pieces else tuple(pieces)


# ---- ours


def keys(commands: Sequence[Command]) -> dict[str, Any]:
    """
    Return `command`, and `shell` where it is not /bin/sh, for commands one after the other.

    The first that fails ends them, unless its prefix has a minus.
    """
    if len(commands) > 1:
        return {"command": "\n".join(["set -e", *map(_line, commands), ""])}
    (only,) = commands
    argv = only.plain
    if argv is None or _line(only) != only.in_shell():
        return {"command": _line(only)}
    if len(argv) == 3 and argv[0] in _SHELLS and argv[1] == "-c" and argv[2].strip():
        shell = _SHELLS[argv[0]]
        return {"command": argv[2], **({} if shell == SHELL else {"shell": shell})}
    text = " ".join(argv)
    return {"command": text if plain_words(text) == tuple(argv) else argv}


def condition(commands: Sequence[Command], shell: str) -> str | list[str]:
    """Return `only_if` for commands of which each has to succeed, in a job with this *shell*."""
    found = keys(commands)
    command: str | list[str] = found["command"]
    own = found.get("shell", SHELL)
    return command if own == shell or not isinstance(command, str) else [own, "-c", command]


def _line(command: Command) -> str:
    return command.in_shell() + (" || true" if "-" in command.prefix else "")
