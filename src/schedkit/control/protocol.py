"""
What a verb and a runner say to each other: one JSON object a line, in UTF-8.

    {"v": 1, "verb": "trigger", "job": "bakup", "params": {"DAY": "monday"}, "force": true}
    {"v": 1, "ok": {"run": "7k3m2q", "state": "running", "reason": null}}
    {"v": 1, "error": {"code": 4, "message": "no job is named ...", "hint": "did you mean ...?"}}

A request has one answer, but `wait` and `reload` have two: an empty one at once, which says that
they were heard, and what came of it when it has come. The code of an error is the exit code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from schedkit.config import UnknownJobError
from schedkit.errors import ConfigError, SchedError, StoreError
from schedkit.operations import Backfill, NoSuchRunError, Prune
from schedkit.records import Record, as_dict, field, needed
from schedkit.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import signal

    from schedkit.events import Emitted

VERSION = 1
LONGEST = 64 * 1024  # bytes of a request, its newline included
FAILED, NO_SUCH, NO_STORE, NO_PERMISSION, INVALID_FILE = 1, 4, 69, 77, 78
_TOO_LONG = f"the request is longer than {LONGEST} bytes"
_LONGEST_REASON = 500  # characters; it stands in tables


class RefusedError(SchedError):
    """What was asked for is not done: *code* is the exit code, *hint* the way out."""

    def __init__(self, code: int, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


class Trigger(Record):
    """Run a job now."""

    job: str
    params: dict[str, str] = field(default_factory=dict)
    force: bool = False


class At(Record):
    """Run a job at a time, which is aware."""

    job: str
    time: datetime
    params: dict[str, str] = field(default_factory=dict)
    force: bool = False


class Cancel(Record):
    """Stop a run, or those of a job; by the job's own signal unless one is named."""

    target: str
    signal: signal.Signals | None = None


class Pause(Record):
    """Pause jobs, all of them for none named; *until* is aware."""

    jobs: list[str] = field(default_factory=list)
    until: datetime | None = None
    reason: str | None = None


class Resume(Record):
    """Let paused jobs go on, all of them for none named."""

    jobs: list[str] = field(default_factory=list)


class Emit(Record):
    """Keep events: of each its name, its payload as JSON, and a key or None."""

    events: list[Emitted]


class Reload(Record):
    """Load the files again."""


class Status(Record):
    """Say how the runner is."""


class Wait(Record):
    """Say how a run ended, when it is over."""

    run: str


Wish = Trigger | At | Backfill | Prune | Cancel | Pause | Resume | Emit  # also without a runner
Request = Wish | Reload | Status | Wait
_REQUESTS: dict[str, type[Request]] = {kind.__name__.lower(): kind for kind in Request.__args__}

# ---- lines


def request_line(request: Request) -> bytes:
    """
    Return a request as it is sent.

    Raises: RefusedError when it is longer than a runner reads.
    """
    said = {name: _as_json(value) for name, value in as_dict(request).items()}
    line = _line({"v": VERSION, "verb": type(request).__name__.lower(), **said})
    if len(line) > LONGEST:
        raise RefusedError(FAILED, _TOO_LONG)
    return line


def ok_line(answer: Mapping[str, Any]) -> bytes:
    """Return an answer as it is sent."""
    return _line({"v": VERSION, "ok": dict(answer)})


def error_line(error: SchedError) -> bytes:
    """Return, as it is sent, why what was asked for is not done."""
    refused = refusal(error)
    said = {"code": refused.code, "message": str(refused), "hint": refused.hint}
    return _line({"v": VERSION, "error": said})


def read_request(line: bytes) -> Request:
    """
    Return the request in a line, which may be anything at all.

    Raises: RefusedError.
    """
    if len(line) > LONGEST:
        raise RefusedError(FAILED, _TOO_LONG)
    if not line.endswith(b"\n"):
        raise RefusedError(FAILED, "the request is cut off: a line has to end")
    said = _object(line, "the request")
    version = said.pop("v", None)
    if type(version) is not int or version != VERSION:
        raise RefusedError(
            FAILED,
            f"this runner speaks version {VERSION} of its protocol, not {_shown(version)}",
            "ask it with the sched that it was started with, or start it anew",
        )
    verb = said.pop("verb", None)
    kind = _REQUESTS.get(verb) if isinstance(verb, str) else None
    if kind is None:
        raise RefusedError(FAILED, f"this runner knows no verb {_shown(verb)}")
    return _filled(kind, said)


def read_answer(line: bytes) -> dict[str, Any]:
    """
    Return the answer in a line.

    Raises: RefusedError when it is an error, or no answer.
    """
    said = _object(line, "the answer")
    if said.get("v") != VERSION:
        raise RefusedError(
            FAILED,
            f"the runner speaks version {_shown(said.get('v'))} of its protocol, not {VERSION}",
            "start it anew with this sched",
        )
    error, answer = said.get("error"), said.get("ok")
    if isinstance(error, dict):
        code, hint = error.get("code"), error.get("hint")
        raise RefusedError(
            code if isinstance(code, int) and 0 < code < 256 else FAILED,
            str(error.get("message")),
            hint if isinstance(hint, str) else None,
        )
    if not isinstance(answer, dict):
        raise RefusedError(FAILED, "the answer of the runner is none")
    return answer


def refusal(error: SchedError) -> RefusedError:
    """Return an error as one that can be sent: message, way out and exit code."""
    if isinstance(error, RefusedError):
        return error
    codes: dict[type[SchedError], int] = {
        UnknownJobError: NO_SUCH,
        NoSuchRunError: NO_SUCH,
        ConfigError: INVALID_FILE,
        StoreError: NO_STORE,
    }
    code = next((code for kind, code in codes.items() if isinstance(error, kind)), FAILED)
    if isinstance(error, ConfigError) and len(error.problems) == 1:
        return RefusedError(code, error.problems[0].message, error.problems[0].hint)
    return RefusedError(code, str(error), error.hint if isinstance(error, NoSuchRunError) else None)


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"


def _object(line: bytes, what: str) -> dict[str, Any]:
    try:
        said = json.loads(line.decode())
    except (ValueError, RecursionError):  # not UTF-8, not JSON, or nested without end
        raise RefusedError(FAILED, f"{what} is not JSON in UTF-8") from None
    if not isinstance(said, dict):
        raise RefusedError(FAILED, f"{what} is no JSON object")
    return said


def _shown(value: object) -> str:
    """Return a value that somebody sent, short enough to be named."""
    text = json.dumps(value) if not isinstance(value, (dict, list)) else type(value).__name__
    return text if len(text) <= 40 else f"{text[:40]}..."


def _as_json(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list) and value and hasattr(value[0], "payload"):
        return [{**as_dict(one), "payload": json.loads(one.payload)} for one in value]
    return getattr(value, "name", value)  # that of a signal


# ---- what a request holds


def _filled(kind: type[Request], said: dict[str, Any]) -> Request:
    verb = kind.__name__.lower()
    for name in said:
        if name not in kind._fields:
            raise RefusedError(FAILED, f"{verb} takes no {_shown(name)}")
    for name in needed(kind):
        if name not in said:
            raise RefusedError(FAILED, f"{verb} lacks {name!r}")
    values: dict[str, Any] = {}
    for name, value in said.items():
        try:
            values[name] = _READERS[name](value)
        except ValueError as error:
            raise RefusedError(FAILED, f"{name!r} of {verb} {error}") from None
    return kind(**values)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("is no text")  # noqa: TRY004  # the caller names it, whatever it is
    if "\0" in value or not _encodable(value):
        raise ValueError("has characters that no text has")
    return value


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can write
        return False
    return True


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise ValueError("is no list")  # noqa: TRY004
    return [_text(one) for one in value]


def _pairs(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError("is no object")  # noqa: TRY004
    for name in value:
        if not name or "=" in _text(name):
            raise ValueError("has a name that no variable can have")
        if name.startswith("SCHED_"):
            raise ValueError(f"has {name}, which is not for people to say")
    return {name: _text(one) for name, one in value.items()}


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("is neither true nor false")  # noqa: TRY004
    return value


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    return _time(value)


def _time(value: object) -> datetime:
    try:
        read = datetime.fromisoformat(_text(value))
        if read.tzinfo is not None:
            return read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is no time") from None
    raise ValueError("has no offset from UTC")


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 31:
        raise ValueError("is no number")
    return value


def _number_or_none(value: object) -> int | None:
    return None if value is None else _number(value)


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _places(value: object) -> int:
    if _number(value) == 0:
        raise ValueError("is 0: nothing would ever run")
    return _number(value)


def _reason(value: object) -> str | None:
    if value is None:
        return None
    text = _text(value)
    if len(text) > _LONGEST_REASON:
        raise ValueError(f"has {len(text)} characters, {_LONGEST_REASON} at most")
    return text


def _events(value: object) -> list[Emitted]:
    if not isinstance(value, list) or not value:
        raise ValueError("is no list of events")
    return [_event(one) for one in value]


def _event(value: object) -> Emitted:
    from schedkit.events import LONGEST_PAYLOAD, Emitted, check_name  # few requests have any

    if not isinstance(value, dict) or not value.keys() <= {*Emitted._fields}:
        raise ValueError("has what is no event")
    name, payload, key = _text(value.get("name")), value.get("payload", {}), value.get("key")
    check_name(name)
    if not isinstance(payload, dict):
        raise ValueError(f"has {name} with a payload that is no object")  # noqa: TRY004
    written = json.dumps(payload, allow_nan=False)
    if not _encodable(json.dumps(payload, ensure_ascii=False)):
        raise ValueError(f"has {name} with a payload that has characters which no text has")
    if len(written) > LONGEST_PAYLOAD:
        raise ValueError(f"has {name} with {len(written)} bytes, {LONGEST_PAYLOAD} at most")
    if key is not None and not 0 < len(_text(key)) <= _LONGEST_REASON:
        raise ValueError(f"has {name} with a key of {len(_text(key))} characters")
    return Emitted(name, written, key)


def _signal(value: object) -> signal.Signals | None:
    if value is None:
        return None
    import signal  # of enums, which take long to make

    try:
        return signal.Signals[_text(value)]
    except KeyError:
        raise ValueError("is no signal") from None


# A field of one name is of one kind in every request.
_READERS: dict[str, Callable[[object], Any]] = {
    "job": _text,
    "target": _text,
    "run": _text,
    "jobs": _texts,
    "params": _pairs,
    "force": _flag,
    "time": _time,
    "first": _time,
    "last": _time,
    "digest": _text,
    "parallel": _places,
    "before": _moment,
    "keep": _number_or_none,
    "after": _text_or_none,
    "until": _moment,
    "reason": _reason,
    "signal": _signal,
    "events": _events,
}
