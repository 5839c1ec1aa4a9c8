"""The filters `on_date` and `between_dates`: days of the calendar."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from schedkit.filters.filter import Filter, next_day
from schedkit.scalars import Dates, MonthDay, MonthDays, date_range_text, month_day_text
from schedkit.typed import ClassVar

_DAY = timedelta(days=1)


class OnDate(Filter):
    """Single days, of one year or of every year."""

    EXAMPLE: ClassVar[str] = "on_date 12-25"

    days: MonthDays
    """Dates: 2026-12-25, or 12-25 for every year."""

    def __str__(self) -> str:
        return f"on_date {','.join(map(month_day_text, self.days))}"

    def admits(self, wall: datetime) -> bool:
        """Return whether *wall* is on one of the days."""
        today = wall.date()
        return any(day.on(today) for day in self.days)

    def until(self, wall: datetime) -> datetime:
        """Return the midnight at which the next of the days begins, or this one ends."""
        if self.admits(wall):
            return next_day(wall)
        tomorrow = next_day(wall)
        begins = (_next(day, tomorrow.date()) for day in self.days)
        return min((datetime.combine(b, time()) for b in begins if b), default=datetime.max)


class BetweenDates(Filter):
    """A span of days, both ends included: of every year, or once when it has years."""

    EXAMPLE: ClassVar[str] = "between_dates 12-24..01-02"

    span: Dates
    """From one day to another: 12-24..01-02, 2026-12-24..2027-01-02."""

    def __str__(self) -> str:
        return f"between_dates {date_range_text(self.span)}"

    def admits(self, wall: datetime) -> bool:
        """Return whether *wall* is on a day of the span."""
        begin, end = self.span
        if begin.year is not None:
            day = (wall.year, wall.month, wall.day)
            return _dated(begin) <= day <= _dated(end)
        today = (wall.month, wall.day)
        if begin[:2] <= end[:2]:
            return begin[:2] <= today <= end[:2]
        return today >= begin[:2] or today <= end[:2]

    def until(self, wall: datetime) -> datetime:
        """Return the midnight at which the span begins next or, within it, has ended."""
        tomorrow = next_day(wall).date()
        if not self.admits(wall):
            begins = _next_begin(self.span.begin, tomorrow)
            return datetime.max if begins is None else datetime.combine(begins, time())
        last = _next(self.span.end, wall.date())
        if last is None or (self.span.end[:2] == (2, 29) and self.span.end.year is None):
            return next_day(wall)  # a year without that day ends the span where it may
        return next_day(datetime.combine(last, time()))


def _dated(day: MonthDay) -> tuple[int, int, int]:
    assert day.year is not None
    return day.year, day.month, day.day


def _next(day: MonthDay, earliest: date) -> date | None:
    """Return the first *day* not before *earliest*, or None when there is none any more."""
    if day.year is not None:
        found = date(*_dated(day))
        return found if found >= earliest else None
    for year in range(earliest.year, min(earliest.year + 9, date.max.year + 1)):
        try:
            found = date(year, day.month, day.day)
        except ValueError:  # a 29 February; they are eight years apart at most
            continue
        if found >= earliest:
            return found
    return None


def _next_begin(day: MonthDay, earliest: date) -> date | None:
    """Return the first day not before *earliest* on which a span from *day* can begin."""
    begin = _next(day, earliest)
    if day.year is None and (day.month, day.day) == (2, 29):
        # In a year without it the span begins with the day after.
        after = _next(MonthDay(3, 1), earliest)
        return min((d for d in (begin, after) if d is not None), default=None)
    return begin
