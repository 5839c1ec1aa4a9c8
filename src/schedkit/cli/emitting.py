"""Events as people write them, on the command line or a line each, and how they are asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from schedkit.control.protocol import LONGEST
from schedkit.errors import ConfigError, did_you_mean
from schedkit.events import LONGEST_PAYLOAD, Emitted, check_name
from schedkit.texts import quoted
from schedkit.typed import Any

LONGEST_LINE = 1 << 20  # bytes; what is longer has no payload that could be kept
_LONGEST_KEY = 500  # characters, as a runner takes them
_PART = 1 << 16  # bytes read at a time: as much as a pipe holds
_AROUND = 128  # bytes that a request has around an event: the names of its fields, all else
_KEYS = frozenset(("event", "name", "payload", "key"))  # of a line


# ---- what one event is


def name(text: str) -> str:
    """
    Read the name of an event, for an argument.

    Raises: ConfigError.
    """
    check_name(text)
    return text


def pair(text: str) -> str:
    """
    Read KEY=VALUE, for an argument: the dots of a key lead into objects.

    Raises: ConfigError.
    """
    path, equals, _ = text.partition("=")
    if not equals or not all(path.split(".")):
        raise ConfigError.of(f"{quoted(text)} is no KEY=VALUE", "email=a@b.c, or lead.email=a@b.c")
    return text


def json_object(text: str | bytes) -> dict[str, Any]:
    """
    Read a JSON object; all numbers in it are such as JSON has.

    Raises: ConfigError.
    """
    import json

    try:
        found = json.loads(text)
        json.dumps(found, allow_nan=False, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise ConfigError.of(f"no JSON: {error.msg.lower()}, at column {error.pos + 1}") from None
    except UnicodeDecodeError:
        raise ConfigError.of("not UTF-8") from None
    except (ValueError, RecursionError):  # NaN, half of a surrogate pair, nested without end
        raise ConfigError.of("no JSON that everybody reads") from None
    if not isinstance(found, dict):
        raise ConfigError.of("no JSON object", '{"email": "a@b.c"}')
    return found


def payload(pairs: Iterable[str], typed: dict[str, Any]) -> dict[str, Any]:
    """
    Return the payload of texts KEY=VALUE together with what is *typed*.

    Of two values for one key the last one holds, texts before what is typed. Raises: ConfigError
    when a key stands for an object and for a value.
    """
    import copy

    found = copy.deepcopy(typed)
    for text in pairs:
        path, _, value = text.partition("=")
        *above, last = path.split(".")
        inner = found
        for step in above:
            inner = inner.setdefault(step, {})
            if not isinstance(inner, dict):
                raise ConfigError.of(f"{quoted(path)} leads into {quoted(step)}, which is a value")
        if isinstance(inner.get(last), dict):
            raise ConfigError.of(f"{quoted(path)} is a value, and there are others within it")
        inner[last] = value
    return found


def emitted(event: str, data: dict[str, Any], key: str | None) -> Emitted:
    """
    Return an event as it is asked for.

    Raises: ConfigError when more is to be kept of it than can be.
    """
    import json

    check_name(event)
    written = json.dumps(data)
    if len(written) > LONGEST_PAYLOAD:
        what = f"the payload has {len(written)} bytes as JSON, {LONGEST_PAYLOAD} at most"
        raise ConfigError.of(what, "put it into a file, and the path of that into the payload")
    if key is not None and not 0 < len(key) <= _LONGEST_KEY:
        said = f"has {len(key)} characters, {_LONGEST_KEY} at most" if key else "is empty"
        raise ConfigError.of(f"the key {said}")
    if key is not None and "\0" in key:
        raise ConfigError.of("the key has a NUL character")
    return Emitted(event, written, key)


def of_line(line: bytes) -> Emitted:
    """
    Read an event that stands in a line as JSON.

    Raises: ConfigError.
    """
    if len(line) > LONGEST_LINE:
        raise ConfigError.of(f"longer than {LONGEST_LINE} bytes")
    said = json_object(line)
    for unknown in said.keys() - _KEYS:
        hint = did_you_mean(unknown, _KEYS) or "what is to be kept stands in the payload"
        raise ConfigError.of(f"{quoted(unknown)} is nothing of an event", hint)
    names = [said[key] for key in ("event", "name") if key in said]
    if len(names) != 1 or not isinstance(names[0], str):
        raise ConfigError.of("the name of one event is missing", '{"event": "lead.opted_in"}')
    data, key = said.get("payload", {}), said.get("key")
    if not isinstance(data, dict):
        raise ConfigError.of("the payload is no JSON object", '"payload": {"email": "a@b.c"}')
    if key is not None and not isinstance(key, str):
        raise ConfigError.of("the key is no text")
    return emitted(names[0], data, key)


# ---- many of them


def blocks(descriptor: int) -> Iterator[list[bytes]]:
    """
    Yield the lines of a file or a pipe, as many together as there are by now.

    A line that is too long comes at once, and is the last.
    """
    rest = b""
    while part := os.read(descriptor, _PART):
        *lines, rest = (rest + part).split(b"\n")
        if len(rest) > LONGEST_LINE:
            yield [*lines, rest]
            return
        if lines:
            yield lines
    if rest:
        yield [rest]


def requests(events: Iterable[Emitted]) -> Iterator[list[Emitted]]:
    """Yield events in order, as many together as one request to a runner holds."""
    import json

    some: list[Emitted] = []
    left = LONGEST - _AROUND
    for one in events:
        size = len(json.dumps([one.name, one.key])) + len(one.payload) + _AROUND
        if size > left:
            yield some
            some, left = [], LONGEST - _AROUND
        some.append(one)
        left -= size
    if some:
        yield some
