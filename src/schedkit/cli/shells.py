"""
What a shell asks when somebody presses Tab, and how it wants the answer.

The scripts that ask are typer's, as `sched --install-completion` writes them, but in zsh. They
hand over the command line as it is being written, quotes and all, and take what is printed: bash
for words as they stand in a command line, zsh for code, fish for plain words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from schedkit.typed import NamedTuple

ASKED = "_SCHED_COMPLETE"
_BREAKS = ":="  # where bash begins a new word although no blank stands there
_BARE = frozenset("_-./@%+,:=")  # beside letters and digits: no shell takes these for its own
_MOST_HELP = 200  # characters


# What typer's script for zsh does, and room for it: a command of zsh itself has that name and is
# run in place of ours, and what completes it is found before what typer installs.
ZSH = """\
disable sched 2>/dev/null
_sched_completion() {
  eval $(env _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" _SCHED_COMPLETE=complete_zsh sched)
}
compdef _sched_completion sched
"""


class Line(NamedTuple):
    """
    A command line up to the cursor: its words without their quotes, and the word being written.

    *quote* is the one that is open in it. *before* is the part of it that bash leaves as it is.
    """

    shell: str
    words: Sequence[str]
    word: str
    quote: str = ""
    before: str = ""


class Answer(NamedTuple):
    """
    What may stand where the word is: texts with what is said of each, or files.

    All begin with *prefix*, which is there already. *files* is the kind of files: `file`, `dir`
    or none. *about* says what belongs there when nothing can be offered.
    """

    offers: Sequence[tuple[str, str]] = ()
    prefix: str = ""
    files: str = ""
    about: str = ""


def asked(environ: Mapping[str, str]) -> Line | None:
    """Return what a shell asks about; None when no shell that we answer does."""
    shell = environ.get(ASKED, "").removeprefix("complete_")
    if shell == "bash" and "COMP_WORDS" in environ:
        return _of_bash(environ["COMP_WORDS"].split("\n"), int(environ.get("COMP_CWORD", "0")))
    if shell in ("zsh", "fish") and "_TYPER_COMPLETE_ARGS" in environ:
        words, word, quote = _unquoted(environ["_TYPER_COMPLETE_ARGS"])
        return Line(shell, words[1:], word, quote)
    return None


def _of_bash(pieces: list[str], current: int) -> Line:
    """Return the line of which bash has made pieces; `a:b` it has made three."""
    raw: list[str] = []
    joins = False
    for piece in [*pieces[1:], ""][:current]:
        breaks = bool(piece) and not piece.strip(_BREAKS)
        if raw and (breaks or joins):
            raw[-1] += piece
        else:
            raw.append(piece)
        joins, last = breaks, piece
    if not raw:
        return Line("bash", (), "")
    *words, written = raw
    head = written if joins else written.removesuffix(last)
    _, word, quote = _unquoted(written)
    return Line("bash", [_plain(one) for one in words], word, quote, _plain(head))


def _plain(raw: str) -> str:
    words, word, _ = _unquoted(raw)
    return " ".join([*words, word]) if words else word


def _unquoted(text: str) -> tuple[list[str], str, str]:
    """Return the words of a line, the one that is not finished, and the quote open in it."""
    words: list[str] = []
    word: str | None = None
    quote = ""
    characters = iter(text)
    for character in characters:
        if quote == "'" or (quote and character not in ('"', "\\")):
            if character == quote:
                quote = ""
            else:
                word = (word or "") + character
        elif character == "\\":
            following = next(characters, "")
            kept = "\\" if quote and following not in ('"', "\\", "$", "`") else ""
            word = (word or "") + kept + following
        elif character in ("'", '"'):
            quote, word = ("" if quote else character), word or ""
        elif character.isspace():
            if word is not None:
                words.append(word)
            word = None
        else:
            word = (word or "") + character
    return words, word or "", quote


# ---- answers


def written(line: Line, answer: Answer) -> str:
    """Return what the shell of *line* is to be told."""
    write = {"bash": _for_bash, "zsh": _for_zsh, "fish": _for_fish}[line.shell]
    return write(line, answer)


def _for_bash(line: Line, answer: Answer) -> str:
    texts = (answer.prefix + text for text, _ in answer.offers)
    fit = (text for text in texts if text.startswith(line.word))
    return _lines(_quoted(text[len(line.before) :], line.quote) for text in fit)


def _quoted(text: str, quote: str) -> str:
    if quote == "'":
        return text.replace("'", "'\\''")
    if quote:
        return "".join(f"\\{one}" if one in '"\\$`' else one for one in text)
    plain = (one.isalnum() or one in _BARE or not one.isascii() for one in text)
    return "".join(
        one if is_plain else f"\\{one}" for one, is_plain in zip(text, plain, strict=True)
    )


def _for_fish(line: Line, answer: Answer) -> str:  # noqa: ARG001  # fish itself chooses and quotes
    return _lines(
        answer.prefix + text + (f"\t{_in_short(about)}" if about else "")
        for text, about in answer.offers
    )


def _for_zsh(line: Line, answer: Answer) -> str:  # noqa: ARG001  # zsh itself chooses and quotes
    prefix = "compset -P '*='; " if answer.prefix.endswith("=") else ""
    if answer.files:
        return f"{prefix}_files{' -/' if answer.files == 'dir' else ''}\n"
    if not answer.offers:
        return f"_message -r {_in_code(answer.about)}\n" if answer.about else ""
    kept = "" if prefix else answer.prefix
    entries = " ".join(
        _in_code(_escaped(kept + text) + (f":{_in_short(about)}" if about else ""))
        for text, about in answer.offers
    )
    return f"{prefix}local -a offers; offers=({entries}); _describe -V sched offers\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:")


def _in_code(text: str) -> str:
    """Return a text as code of zsh that nothing splits, expands or takes for something else."""
    shown = (
        one if one.isalnum() or one in "_-./" or not one.isascii() else f"\\x{ord(one):02x}"
        for one in text
    )  # fmt: skip
    return f"$'{''.join(shown)}'"


def _in_short(about: str) -> str:
    """Return a description in one line, without anything that a terminal would act on."""
    line = " ".join(about.split())
    line = line if len(line) <= _MOST_HELP else f"{line[: _MOST_HELP - 1]}…"
    return "".join(one if one.isprintable() else "?" for one in line)


def _lines(texts: Iterable[str]) -> str:
    return "".join(f"{text}\n" for text in texts)
