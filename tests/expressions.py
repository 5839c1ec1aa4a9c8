"""Random cron expressions that have something to do with a clock change."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from oracle import HOUR, MONTHS, WEEKDAYS, Around


class Writer:
    """Writes expressions that are likely to have something to do with a clock change."""

    def __init__(self, around: Around, seed: str) -> None:
        self.draw = random.Random(seed)
        self.around = around
        zone = ZoneInfo(around.zone)
        walls = [(around.instant + shift * HOUR).astimezone(zone) for shift in (-3, -1, 0, 1, 23)]
        self.hours = [wall.hour for wall in walls] + [1, 2, 3]
        self.dates = [wall.date() for wall in walls]

    def expression(self) -> str:
        fields = [self.minute(), self.hour(), self.day(), self.month(), self.weekday()]
        if self.draw.random() < 0.2:
            fields.insert(0, self.draw.choice(["*/20", "0", "15", "30-40/5", "58-2", "7,45", "*"]))
        return " ".join(fields)

    def minute(self) -> str:
        draw, value = self.draw, self.draw.randrange
        forms = [
            "*",
            f"*/{draw.choice([5, 7, 15, 20, 30, 45, 60])}",
            "0",
            "30",
            str(value(60)),
            f"{value(60)},{value(60)},{value(60)}",
            f"{value(30)}-{30 + value(30)}",
            f"{value(30)}-{30 + value(30)}/{draw.choice([3, 10, 25])}",
            f"{40 + value(20)}-{value(40)}/{draw.choice([1, 5, 13])}",
            f"{value(60)}/{draw.choice([10, 15, 40])}",
            f"*/30,{value(60)}",
            f"{value(60)},*/30",
            f"{value(30)}-{30 + value(30)},{value(60)}",
        ]
        return draw.choice(forms)

    def hour(self) -> str:
        draw, near = self.draw, self.draw.choice(self.hours)
        other = draw.randrange(24)
        forms = [
            "*",
            f"*/{draw.choice([2, 3, 5, 12])}",
            str(near),
            f"{near}-{near}",
            f"{near},{other}",
            f"{near}-{(near + draw.randrange(1, 20)) % 24}",
            f"{near}-{(near + draw.randrange(1, 20)) % 24}/{draw.choice([2, 3])}",
            f"{other}-{near}/2",
            f"{near}/{draw.choice([1, 2, 6])}",
            "0-23",
            "22-4",
            f"*,{near}",
            f"{near},*",
        ]
        return draw.choice(forms)

    def day(self) -> str:
        draw, near = self.draw, self.draw.choice(self.dates).day
        other = draw.randint(1, 31)
        forms = [
            f"*/{draw.choice([2, 3, 10])}",
            str(near),
            f"{near},{other}",
            f"{min(near, other)}-{max(near, other)}",
            f"{min(near, other)}-{max(near, other)}/{draw.choice([2, 3])}",
            f"{other}/{draw.choice([2, 5])}",
            f"{near}-{near}",
            "L",
            f"L-{draw.randint(1, 30)}",
            "LW",
            f"{near}W",
            f"{other}W,{near}",
            f"l,{near}w,lw",
            f"*,{near}",
            f"{near},*",
            "?",
        ]
        return draw.choice(forms) if draw.random() < 0.5 else draw.choice("**?")

    def month(self) -> str:
        draw, near = self.draw, self.draw.choice(self.dates).month
        name = self.spelled(MONTHS[near - 1])
        other = draw.randint(1, 12)
        forms = [
            str(near),
            name,
            f"{near},{other}",
            f"{name}-{MONTHS[other - 1]}",
            f"{other}-{near}",
            f"{other}-{near}/{draw.choice([2, 3])}",
            f"*/{draw.choice([2, 3])}",
            f"{other}/{draw.choice([1, 2])}",
        ]
        return draw.choice(forms) if draw.random() < 0.3 else "*"

    def weekday(self) -> str:
        draw, near = self.draw, self.draw.choice(self.dates).isoweekday()
        name = self.spelled(WEEKDAYS[near % 7])
        other = draw.randrange(7)
        forms = [
            str(near),
            name,
            f"{near % 7},{other}",
            f"{name}-{WEEKDAYS[other]}",
            f"{other}-{near % 7}",
            f"{other}-{near % 7}/2",
            f"{other}-7",
            f"{other}-7/2",
            f"{name}#{draw.randint(1, 5)}",
            f"{near}#1,{other}#3",
            f"{near}L",
            f"{name}L,{other}",
            f"*/{draw.choice([2, 3, 7])}",
            "mon-fri",
            "fri-mon",
            f"*,{other}",
            f"{other},*",
            "?",
        ]
        return draw.choice(forms) if draw.random() < 0.5 else draw.choice("**?")

    def spelled(self, name: str) -> str:
        return self.draw.choice([name, name.upper(), name.title()])

    def start(self) -> datetime:
        """Return an instant before, exactly at, within or after the change."""
        hours = self.draw.choice([-29, -23, -2, -1, -0.5, 0, 0, 0.25, 0.5, 0.75, 1, 1.5, 2, 23])
        seconds = self.draw.choice([-1, 0, 0, 1])
        return self.around.instant + timedelta(hours=hours, seconds=seconds)
