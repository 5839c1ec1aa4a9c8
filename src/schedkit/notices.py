"""Whom an event is told to, and how often: decisions. Pure: nothing here reads a clock."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from schedkit import durations
from schedkit.events import RUN, Delivery, Event
from schedkit.job import Job
from schedkit.messages import Subject, message, ping
from schedkit.records import Record, field, replace
from schedkit.run import Run
from schedkit.telling import Notifier, Ping, every
from schedkit.typed import Any, NamedTuple

_FAILURES = frozenset(("failed", "timed_out", "lost"))
_STATES = ("missed", "skipped", "cancelled")  # that are told of by their names
_PROMISES = {
    "sla.late_after": "late", "sla.max_runtime": "too_long", "sla.succeeded_within": "overdue",
}  # fmt: skip
# What a check is told, by the state of the run. One that was cancelled is neither: the check shows
# that it was, and goes on to wait for a success.
_SIGNALS = {
    "running": "start", "succeeded": "success", "cancelled": "log",
    **dict.fromkeys(_FAILURES, "fail"),
}  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


class Kept(NamedTuple):
    """
    What is kept of a notifier with a cooldown, for a job.

    *at* is when it was last told of each reason, *left_out* how many messages it did not get since,
    *open* whether it was told of a failure after which no recovery was told yet.
    """

    at: Mapping[str, datetime]
    left_out: int = 0
    open: bool = False


_NOTHING = Kept({})


class Streak(Record):
    """
    How a job is doing: its failures in a row, whether one of them was lost, and what was told.

    *kept* is by notifier, for those that have a cooldown.
    """

    failures: int = 0
    lost: bool = False
    kept: Mapping[str, Kept] = field(default_factory=dict)

    @classmethod
    def parse(cls, failures: int, detail: str | None) -> Streak:
        """Return what was dumped."""
        said = json.loads(detail) if detail else {}
        kept = {
            key: Kept({reason: _EPOCH + at * _SECOND for reason, at in told.items()}, *rest)
            for key, (told, *rest) in said.get("told", {}).items()
        }
        return cls(failures, bool(said.get("lost", False)), kept)

    def dump(self) -> tuple[int, str | None]:
        """Return the number of failures, and the rest as JSON, None when there is nothing else."""
        said: dict[str, Any] = {"lost": True} if self.lost else {}
        if self.kept:
            said["told"] = {
                key: [{reason: (at - _EPOCH) // _SECOND for reason, at in one.at.items()}, *one[1:]]
                for key, one in self.kept.items()
            }
        return self.failures, json.dumps(said) if said else None


class Told(NamedTuple):
    """What is to be sent for an event, and how the job is doing after it."""

    deliveries: tuple[Delivery, ...]
    streak: Streak


def told(
    job: Job, event: Event, run: Run | None, streak: Streak, now: datetime, *, host: str = ""
) -> Told:
    """
    Return what is sent to whom for an *event* of *job*, its *run* being as it is now.

    *streak* is how the job was doing before. *host* is where it runs, for people to know.
    """
    after = _followed(streak, event)
    about = Subject(job, event, run, "", after.failures or streak.failures, host)
    keys = [_key(one) if one.cooldown else "" for one in job.notify]
    kept = {key: streak.kept[key] for key in keys if key in streak.kept}
    deliveries: list[Delivery] = []
    for one, key in zip(job.notify, keys, strict=True):
        reason = _reason(one, event, streak, after)
        if reason is None:
            continue
        left_out = None
        if one.cooldown is not None:
            before = kept.get(key, _NOTHING)
            if _is_cooling(one.cooldown, before, reason, now):
                kept[key] = before._replace(left_out=before.left_out + 1)
                continue
            left_out = _left_out(before, one.cooldown)
            failed = after.failures > streak.failures
            kept[key] = _told_at(before, reason, now, failed=failed)
        said = message(replace(about, reason=reason), left_out)
        deliveries.append(_delivery(about, reason, one, said))
    deliveries += _pings(about)
    return Told(tuple(deliveries), replace(after, kept=kept))


def _followed(streak: Streak, event: Event) -> Streak:
    """Return how a job is doing after an event: what was not run says nothing of it."""
    state = event.name.removeprefix(RUN)
    if event.name == state:
        return streak
    if state in _FAILURES:
        lost = streak.lost or state == "lost"
        return replace(streak, failures=streak.failures + 1, lost=lost)
    return replace(streak, failures=0, lost=False) if state == "succeeded" else streak


def _reason(one: Notifier, event: Event, before: Streak, after: Streak) -> str | None:
    """Return why a notifier is told of an event, the most telling reason; None if it is not."""
    return next((r for r in _reasons(one, event, before, after) if r in one.when), None)


def _reasons(one: Notifier, event: Event, before: Streak, after: Streak) -> Iterator[str]:
    if event.name in _PROMISES:
        yield _PROMISES[event.name]
    state = event.name.removeprefix(RUN)
    if event.name == state:
        return
    if state in _FAILURES:
        if state == "lost":
            yield "lost"
        if after.failures == 1:
            yield "first_failure"
        yield from (r for r in one.when if (number := every(r)) and after.failures % number == 0)
        yield "failure"
    elif state == "succeeded":
        if before.failures and _knew(one, before):
            yield "recovery"
        yield "success"
    elif state in _STATES:
        yield state


def _knew(one: Notifier, streak: Streak) -> bool:
    """Return whether a notifier was told of one of the failures in a row, but for its cooldown."""
    counts = [number for number in map(every, one.when) if number]
    words = {"failure", "first_failure", "lost"}.intersection(one.when)
    if not counts and not words:
        return True  # it waits for good news alone
    if words - {"lost"} or ("lost" in words and streak.lost):
        return True
    return any(streak.failures >= number for number in counts)


# ---- not too often


def _is_cooling(cooldown: timedelta, kept: Kept, reason: str, now: datetime) -> bool:
    if reason == "recovery" and kept.open:
        return False  # whoever knows that it failed is told that it is over
    at = kept.at.get(reason)
    # A time that is yet to come is of a clock that was set back since.
    return at is not None and at <= now < at + cooldown


def _told_at(kept: Kept, reason: str, now: datetime, *, failed: bool) -> Kept:
    is_open = failed or (kept.open and reason not in ("recovery", "success"))
    return Kept({**kept.at, reason: now}, 0, is_open)


def _left_out(kept: Kept, cooldown: timedelta) -> str | None:
    if not kept.left_out:
        return None
    messages = "1 message" if kept.left_out == 1 else f"{kept.left_out} messages"
    return f"{messages} since the last one (cooldown {durations.text(cooldown)})"


# ---- as it is sent


def _pings(about: Subject) -> Iterable[Delivery]:
    check, state = about.job.ping, about.event.name.removeprefix(RUN)
    if check is None or about.event.name == state:
        return ()
    signal = _SIGNALS.get(state)
    if signal is None:
        return ()
    again = about.run is not None and about.run.attempts > 1
    if signal == "start" and (not check.start or again):
        return ()
    return (_delivery(about, signal, check, ping(about, signal)),)


def _delivery(
    about: Subject, reason: str, to: Notifier | Ping, said: Mapping[str, Any]
) -> Delivery:
    receiver = json.dumps({"to": to.to(), "directory": about.job.directory})
    return Delivery(
        about.event.id, about.job.name, about.event.run, reason, kind(to), receiver,
        f"{kind(to)} {_key(to)}", json.dumps(said),
    )  # fmt: skip


def kind(to: Notifier | Ping) -> str:
    """Return what kind of receiver it is, as the process that sends it calls it."""
    return "ping" if isinstance(to, Ping) else to.kind


def _key(to: Notifier | Ping) -> str:
    # Of two receivers that share it one waits for the other: no harm is done.
    return f"{zlib.crc32(json.dumps(to.to()).encode()):08x}"
