"""Every word of the language in every form, at random: what the loader takes of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from schedkit.adjustments import ADJUSTMENTS
from schedkit.calendars import known, read_calendar
from schedkit.clocks import CLOCKS
from schedkit.errors import ConfigError
from schedkit.filters import FILTERS
from schedkit.vocabulary import Vocabulary

CALENDARS = "calendars: {office: {weekend: sun, closed: [2026-12-24]}}\n"
EXCHANGES = ("market_open", "market_close", "trading_day", "next_trading_day",
             "previous_trading_day", "holiday")  # fmt: skip  # they take a package that is large
_DAYS = ["mon", "Tue", "wednesday", "FRI", "sun", "mon-fri", "sat - mon", "fri-MON"]
_MONTHS = ["jan", "March", "12", "nov-feb", "4 - 6", "7"]
_OF_MONTH = ["1", "15", "31", "last", "last fri", "2nd tue", "First weekday", "5th sun"]
_EXPRESSIONS = ["* * * * *", "*/5 0-6 L * mon", "0 9 15W 1,7 ?", "@daily", "H H * * *",
                "30 */15 2 * jan-mar 5#2", "0  12  *  *  MON-FRI"]  # fmt: skip
_NOT_PLAIN = set(",[]{}#&*!|>'\"%@`?")


class Words:
    """Draws words of the three vocabularies, each with equal chance."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        pick, some = self._random.choice, self._listed
        self._values: dict[str, Callable[[], Any]] = {
            "cron": lambda: pick(_EXPRESSIONS),
            "every": lambda: pick(["90s", "15m", "6h", "1h 30m", "2d", " 1w ", "500000ms"]),
            "hourly": lambda: some(lambda: pick(["0", ":15", "30", "7", "59"])),
            "daily": lambda: some(self._time),
            "weekly": lambda: some(lambda: pick(_DAYS)),
            "monthly": lambda: some(lambda: pick(_OF_MONTH)),
            "yearly": lambda: some(self._day),
            "rrule": lambda: pick(["FREQ=DAILY", "FREQ=MONTHLY;BYDAY=-1FR", "RRULE:FREQ=YEARLY"]),
            "dates": lambda: some(self._moment),
            "startup": lambda: pick(["runner", "boot"]),
            "days": lambda: some(lambda: pick(_DAYS)),
            "months": lambda: some(lambda: pick(_MONTHS)),
            "days_of_month": lambda: some(lambda: pick(["1", "1-7", "8 - 14", "31"])),
            "nth_weekday": lambda: pick(["2 tue", "-1 Friday", "last mon", "5  sun", "+1 mon"]),
            "between_times": lambda: f"{self._time()}{pick(['-', ' - '])}{self._time()}",
            "on_date": lambda: some(self._date),
            "between_dates": self._dates,
            "at_time": lambda: some(self._time),
            "on_datetime": lambda: some(self._moment),
            "between_datetimes": lambda: f"{self._moment()}{pick(['..', ' .. '])}{self._moment()}",
            "business_day": self._calendar,
            "nth_business_day": lambda: pick(["1", "-1", "+3", "31"]),
            "any": self._filters,
            "all": self._filters,
            "not": lambda: self.word(FILTERS),
            "add": lambda: pick(["5d", "-3d", "+90m", "1mo", "- 2w", "1d 12h", "-1mo2d"]),
            "next_business_day": self._calendar,
            "previous_business_day": self._calendar,
            "nearest_business_day": self._calendar,
            "modified_following": self._calendar,
            "add_business_days": lambda: pick(["2", "-2", "+1000", "7"]),
            "set_time": self._time,
            "round": lambda: pick(["15m", "1h", "30s", "12h"]),
            "floor": lambda: pick(["15m", "1h"]),
            "ceil": lambda: pick(["15m", "1h"]),
        }
        self._settings: dict[str, dict[str, Callable[[], Any]]] = {
            "cron": {"day_or": lambda: pick(["true", "false", "no", "ON"]), "seed": lambda: "7"},
            "every": {"anchor": self._moment},
            **{word: {"at": lambda: some(self._time)} for word in ("weekly", "monthly", "yearly")},
            **{w: {"calendar": self._calendar} for w in ("nth_business_day", "add_business_days")},
            "rrule": {"dtstart": self._moment},
        }

    def word(self, vocabulary: Vocabulary[Any]) -> Any:
        """Draw a word in any of its forms, which the vocabulary reads."""
        words = [word for word in vocabulary.words if word not in EXCHANGES]
        with known({"office": read_calendar({"weekend": "sun"})}):
            while True:
                raw = self._form(self._random.choice(words))
                try:
                    vocabulary.read(raw)
                except ConfigError:
                    continue
                return raw

    def job(self) -> str:
        """Draw a job, in one line of YAML, that the loader takes unless it would never fire."""
        keys = {
            "command": "x",
            "clock": self._some_words(CLOCKS),
            "filters": self._some_words(FILTERS),
            "adjustments": self._some_words(ADJUSTMENTS),
            "never_on": self._date() if self._random.random() < 0.5 else self._filters(),
        }
        chosen = {k: v for k, v in keys.items() if k in ("command", "clock") or self._maybe()}
        return self._flow(chosen)

    # ---- parts

    def _form(self, word: str) -> Any:
        value = self._values[word]() if word in self._values else None
        if value is None:
            return self._random.choice([word, f" {word} ", {word: None}])
        settings = {
            name: draw() for name, draw in self._settings.get(word, {}).items() if self._maybe()
        }
        if not isinstance(value, str) or self._maybe():
            return {word: value, **settings}
        at = settings.get("at")
        if word in ("daily", "hourly") or isinstance(at, str):
            return f"{word} {value if at else 'at'} {'at ' + at if at else value}"
        return f"{word}  {value}"

    def _some_words(self, vocabulary: Vocabulary[Any]) -> Any:
        if self._maybe():
            return self.word(vocabulary)
        return [self.word(vocabulary) for _ in range(self._random.randint(1, 3))]

    def _filters(self) -> Any:
        return self._some_words(FILTERS)

    def _listed(self, draw: Callable[[], str]) -> Any:
        drawn = [draw() for _ in range(self._random.randint(1, 3))]
        return drawn if self._maybe() else self._random.choice([",", " , "]).join(drawn)

    def _calendar(self) -> Any:
        calendars = [None, "office", {"weekend": "fri,sat"}, {"closed": "2026-12-24"}]
        return self._random.choice([*calendars, {"open": ["2026-12-26"], "weekend": ["sun"]}])

    def _time(self) -> str:
        hour, minute = self._random.randrange(24), self._random.randrange(60)
        seconds = f":{self._random.randrange(60):02}" if self._maybe() else ""
        return f"{hour:0{self._random.choice([1, 2])}}:{minute:02}{seconds}"

    def _day(self) -> str:
        width = self._random.choice([1, 2])
        return f"{self._random.randint(1, 12):0{width}}-{self._random.randint(1, 28):0{width}}"

    def _date(self) -> str:
        return f"2026-{self._day()}" if self._maybe() else self._day()

    def _dates(self) -> str:
        if self._maybe():
            return f"{self._day()}..{self._day()}"
        return f"2026-{self._day()} .. 2027-{self._day()}"

    def _moment(self) -> str:
        return f"2026-{self._day()}{self._random.choice([' ', 'T', '  '])}{self._time()}"

    def _maybe(self) -> bool:
        return self._random.random() < 0.5

    def _flow(self, raw: Any) -> str:
        if isinstance(raw, dict):
            pairs = (f"{key}: {self._flow(value)}" for key, value in raw.items())
            return f"{{{', '.join(pairs)}}}"
        if isinstance(raw, list):
            return f"[{', '.join(map(self._flow, raw))}]"
        if raw is None:
            return "null"
        plain = not _NOT_PLAIN & set(raw) and raw == raw.strip() and not raw.startswith(("-", ":"))
        return raw if plain and self._random.random() < 0.8 else f'"{raw}"'
