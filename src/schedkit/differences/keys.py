"""Which keys have other values, as plain data and in words."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

from schedkit.config import Config
from schedkit.job import Job, Keys
from schedkit.settings import RunnerSettings
from schedkit.typed import Any, NamedTuple
from schedkit.values import adapter

_KEYS = [field.name for field in fields(Keys)]
_PARTS = {
    "clock": " or ", "after": "", "on": " or ", "filters": " and ", "adjustments": ", ",
    "notify": ", ", "ping": "", "never_on": ", ",
}  # fmt: skip
_SECRET = ("notify", "ping")  # in the values of these


class KeyDifference(NamedTuple):
    """A key with another value: as a file would say it before and after, and the same in words."""

    key: str
    before: Any
    after: Any
    was: str
    becomes: str


def changed_keys(before: Job, after: Job) -> list[str]:
    """Return the names of the keys that have other values."""
    return [key for key in _KEYS if getattr(before, key) != getattr(after, key)]


def key_differences(before: Job, after: Job, changed: Sequence[str]) -> Iterator[KeyDifference]:
    """Yield how the keys *changed* differ, what is within a mapping each by itself."""
    if not changed:
        return
    plain = [_plain(job, changed) for job in (before, after)]
    written = [_plain(job, changed, exclude_defaults=True) for job in (before, after)]
    for key in changed:
        was, becomes = (one[key] for one in plain)
        if key in _PARTS:
            yield _of_parts(key, before, after, was, becomes)
        elif isinstance(was, dict) and isinstance(becomes, dict):
            yield from _within(key, was, becomes)
        else:
            words = [
                _words(as_written.get(key, whole[key]))
                for as_written, whole in zip(written, plain, strict=True)
            ]
            yield KeyDifference(key, was, becomes, *words)


def plain_difference(key: str, before: Any, after: Any) -> KeyDifference:
    """Return how plain data differs."""
    return KeyDifference(key, before, after, _words(before), _words(after))


def setting_differences(
    before: Config, after: Config, *, in_place: bool
) -> Iterator[KeyDifference]:
    """Yield how what the files say beside their jobs differs."""
    if before.runner != after.runner:
        was, becomes = (
            adapter(RunnerSettings).dump_python(config.runner, mode="json")
            for config in (before, after)
        )
        yield from _within("runner", was, becomes)
    yield from _within("pools", before.pools, after.pools)
    if _state(before, in_place=in_place) != _state(after, in_place=in_place):
        yield plain_difference("state", before.state, after.state)


def _plain(job: Job, keys: Sequence[str], *, exclude_defaults: bool = False) -> dict[str, Any]:
    """Return keys of a job as a file would say them."""
    found: dict[str, Any] = adapter(Keys).dump_python(
        job, mode="json", include=set(keys), exclude_defaults=exclude_defaults
    )
    return found


def _of_parts(key: str, before: Job, after: Job, was: Any, becomes: Any) -> KeyDifference:
    """Return how clocks, filters or adjustments differ, which may read alike."""
    words = [_PARTS[key].join(_parts(job, key)) or "-" for job in (before, after)]
    if words[0] == words[1]:
        if key in _SECRET:
            words[1] += ", said otherwise"
        elif before.name != after.name and _unseeded(was) == _unseeded(becomes):
            words[1] += ", H of another name"
        else:  # dates in short, or a calendar by its name
            words = [_words(was), _words(becomes)]
    return KeyDifference(key, was, becomes, *words)


def _parts(job: Job, key: str) -> Iterator[str]:
    """Yield what a key says, in words; of keys that say one thing alone, that one."""
    value = getattr(job, key)
    yield from map(str, value if isinstance(value, tuple) else filter(None, (value,)))


def _unseeded(clocks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{**clock, "seed": None} for clock in clocks]


def _within(
    key: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[KeyDifference]:
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            yield plain_difference(f"{key}.{name}", before.get(name), after.get(name))


def _words(value: Any) -> str:
    """Return plain data in one line, `-` for nothing."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_words(one)}" for name, one in value.items()) or "-"
    if isinstance(value, list):
        return ", ".join(map(_words, value)) or "-"
    return "-" if value in (None, "") else str(value)


def _state(config: Config, *, in_place: bool) -> str | None:
    """Return the state directory; of files out of place as it is written, from where they are."""
    if in_place or config.state is None or not config.jobs:
        return config.state
    relative = posixpath.relpath(config.state, config.jobs[0].directory)
    return config.state if relative.startswith("..") else relative
