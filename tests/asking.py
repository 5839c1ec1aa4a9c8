"""Asking schedules in words that a test can be read by."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest

from schedkit import ConfigError, Schedule
from schedkit.errors import Problem

FOREVER = "9999-12-31"


def utc(text: str) -> datetime:
    """Return the instant that *text* names, in UTC unless it says otherwise."""
    read = datetime.fromisoformat(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def wall(text: str) -> datetime:
    """Return the wall time that *text* names."""
    return datetime.fromisoformat(text)


def shown(instants: Iterable[datetime], zone: str) -> list[str]:
    """Return what the wall of *zone* shows at each instant, with its offset from UTC."""
    return [str(instant.astimezone(ZoneInfo(zone))) for instant in instants]


def fires(
    clock: object,
    after: str,
    until: str = FOREVER,
    zone: str = "UTC",
    *,
    count: int = 30,
    filters: object = (),
    adjustments: object = (),
    seed: str = "",
) -> list[str]:
    """Return what the wall shows at the first *count* fires of a schedule, up to *until*."""
    schedule = Schedule(clock, filters, adjustments, zone, seed=seed)
    end = utc(until)
    return shown(islice(takewhile(lambda f: f <= end, schedule.after(utc(after))), count), zone)


def problems(clock: object, **parts: object) -> list[Problem]:
    """Return what a schedule that cannot be right is refused for."""
    with pytest.raises(ConfigError) as caught:
        Schedule(clock, **parts)  # type: ignore[arg-type]  # what is wrong is what is tested
    return list(caught.value.problems)


def days(expression: str, after: str = "2026-01-01", until: str = "2026-03-01") -> list[str]:
    """Return the days, without the year, on which an expression fires."""
    fired = fires(f"cron {expression}", after, until, count=400)
    return [text[5:10] for text in fired]


def at(expression: str, count: int, after: str = "2026-01-01") -> list[str]:
    """Return the first times of day at which an expression fires."""
    return [text[11:19] for text in fires(f"cron {expression}", after, count=count)]
