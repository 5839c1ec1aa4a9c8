"""
Times on the command line.

Source: a subset of systemd.time(7), "Parsing Timestamps". Nothing is guessed.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo

from schedkit import durations
from schedkit.errors import ConfigError
from schedkit.regex import re
from schedkit.timeline import resolved

_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}


def when(text: str) -> datetime:
    """
    Read a time: ISO, `now`, `today`, `yesterday`, `tomorrow`, `09:30`, `2h ago`, `+90m`, `-2h`.

    Without an offset it is of this machine's zone. Returns an aware time.

    Raises: ConfigError.
    """
    return read(text, datetime.now(UTC).astimezone())


def day_or_time(text: str, zone: tzinfo) -> tuple[datetime, datetime]:
    """
    Read a day or a time of *zone*, as `when` does; return its first and last instant.

    Raises: ConfigError.
    """
    now = datetime.now(UTC).astimezone(zone)
    begin = read(text, now, zone)
    if text.strip().lower() in _DAYS or re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip()):
        following = datetime.combine(begin.date() + timedelta(days=1), time())
        return begin, resolved(following, zone) - datetime.resolution
    return begin, begin


def read(text: str, now: datetime, zone: tzinfo | None = None) -> datetime:
    """
    Read a time as `when` does, at *now*, which is aware and in *zone*, or this machine's.

    Raises: ConfigError.
    """
    try:
        found = _read(text, now, zone)
        found.astimezone(UTC)
    except ConfigError:
        raise
    except (OverflowError, ValueError):
        raise ConfigError.of(f"{text!r} is outside the years 1-9999") from None
    return found


def _on_the_wall(wall: datetime, now: datetime, zone: tzinfo | None) -> datetime:
    """Return the time at which *zone*, or this machine's, shows *wall*."""
    if zone is not None:
        return resolved(wall, zone).astimezone(zone)
    try:
        return wall.astimezone()
    except (OverflowError, ValueError):
        if wall.date() != datetime.max.date():
            raise
        # Python 3.13 looks a day ahead, which the last one has not.
        return wall.replace(tzinfo=now.tzinfo)


def _read(text: str, now: datetime, zone: tzinfo | None) -> datetime:
    def local(wall: datetime) -> datetime:
        return _on_the_wall(wall, now, zone)

    word = text.strip().lower()
    if word == "now":
        return now
    if word in _DAYS:
        return local(datetime.combine(now.date() + timedelta(days=_DAYS[word]), time()))
    if word.endswith(" ago"):
        return now - durations.duration(word.removesuffix("ago"))
    if word[:1] in ("+", "-"):
        length = durations.duration(word[1:])
        return now + length if word[0] == "+" else now - length
    if re.fullmatch(r"\d{1,2}:\d{2}(:\d{2})?", word, re.ASCII):
        from schedkit.scalars import wall_time

        return local(datetime.combine(now.date(), wall_time(word)))
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError.of(f"{text!r} is not a time", _way_out(word)) from None
    return found if found.tzinfo is not None else local(found)


def _way_out(word: str) -> str:
    try:
        durations.duration(word)
    except ConfigError:
        return "write it as 2026-11-21 14:30, today, 09:30, 2h ago or +90m"
    return f"write it as {word} ago or +{word}"


def year_of(instant: datetime, ahead: timedelta) -> int:
    """Return the year that is *ahead* of *instant*; the last one, beyond it."""
    return (instant + ahead).year if instant < datetime.max.replace(tzinfo=UTC) - ahead else 9999


def span(text: str) -> timedelta:
    """
    Read a duration, for an option.

    Raises: ConfigError.
    """
    return durations.duration(text)
