"""Many jobs such as people write, in our words and in those of cronstable and yacron."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

_ZONES = ("America/New_York", "Asia/Tokyo", "UTC", "Europe/London", "America/Sao_Paulo")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WHAT = ("backup", "report", "sync", "cleanup", "export", "import", "mail", "check", "rotate")
_OF = ("shop", "crm", "ledger", "wiki", "orders", "stock", "logs", "users", "metrics", "invoices")
_RETRIES = (  # as we write it; maximumRetries, initialDelay, maximumDelay, backoffMultiplier
    ("{max_retries: 2, delay: 30s}", (2, 30, 30, 1)),
    ("{max_retries: 3, delay: 5m, backoff: exponential, max_delay: 30m}", (3, 300, 1800, 2)),
    ("5", (5, 30, 30, 1)),
)
_FILTERS = (  # whatever the clock is, they leave some of its times
    "[months jan-nov]",
    "[not: {on_date: [12-24, 12-25]}]",
    "[between_dates 01-07..12-20, not: {on_date: 05-01}]",
)
_ADJUSTMENTS = ("[next_weekday]", "[previous_weekday]", "[add 30m]")
_POOLS = ("database", "network", "disk")
_OVERLAPS = (("queue_one", "Allow"), ("replace", "Replace"), ("allow", "Allow"))


class _Job(NamedTuple):
    """A job as lines of ours and as lines of a peer's."""

    ours: str
    theirs: str


def text(count: int, seed: str) -> str:
    """Return so many jobs as a file of ours; another *seed* gives others."""
    return (
        "timezone: Europe/Berlin\n"
        "pools: {database: 2, network: 8, disk: 1}\n"
        "defaults:\n  timeout: 1h\n  retry: {max_retries: 1, delay: 1m}\n  env: {LANG: C.UTF-8}\n"
        f"jobs:\n{''.join(job.ours for job in _jobs(count, seed))}"
    )


def peers_text(count: int, seed: str) -> str:
    """Return them as a file of cronstable or yacron."""
    return (
        "defaults:\n  timezone: Europe/Berlin\n  executionTimeout: 3600\n"
        f"jobs:\n{''.join(job.theirs for job in _jobs(count, seed))}"
    )


def _jobs(count: int, seed: str) -> Iterator[_Job]:
    draw = random.Random(seed)
    for number in range(count):
        yield _job(draw, number)


def _job(draw: random.Random, number: int) -> _Job:
    what, of = draw.choice(_WHAT), draw.choice(_OF)
    clock, cron = _clock(draw)
    command = f"/usr/local/bin/{what} --of {of} --part {number}"
    ours = [f"{what}-{of}-{number}:", f"  command: {command}", f"  clock: {clock}"]
    theirs = [f"- name: {what}-{of}-{number}", f"  command: {command}", f'  schedule: "{cron}"']
    if draw.random() < 0.6:
        ours.append(f"  description: The {what} of {of}, part {number}")
    for own, of_a_peer in _rest(draw, of, clock):
        ours.append(f"  {own}")
        theirs += [f"  {line}" for line in of_a_peer]
    return _Job(*("".join(f"  {line}\n" for line in lines) for lines in (ours, theirs)))


def _clock(draw: random.Random) -> tuple[str, str]:
    """Return a clock, and what cron has for it."""
    minute, hour, day = draw.randrange(60), draw.randrange(24), draw.randrange(7)
    at, weekday = f"{hour:02}:{minute:02}", _WEEKDAYS[day]
    cron = draw.choice((
        f"{minute} {hour} * * *",
        f"{minute} {hour} * * mon-fri",
        f"{minute} {hour} {draw.randrange(1, 29)} * *",
        f"{minute} {hour} * * {weekday}",
        f"*/{draw.choice((2, 5, 10, 15, 30))} {draw.randrange(12)}-17 * * *",
        f"{minute} */{draw.choice((2, 3, 4, 6))} * * *",
    ))  # fmt: skip
    every = draw.choice((5, 10, 15, 30))
    clocks = (
        (f"cron {cron}", cron),
        (f"daily at {at}", f"{minute} {hour} * * *"),
        (f"weekly {weekday} at {at}", f"{minute} {hour} * * {weekday}"),
        (f"every {every}m", f"*/{every} * * * *"),
        (f"monthly {day + 1} at {at}", f"{minute} {hour} {day + 1} * *"),
        (f"[cron {cron}, daily at {at}]", cron),
    )
    return draw.choices(clocks, (50, 15, 10, 15, 5, 5))[0]


def _rest(draw: random.Random, of: str, clock: str) -> Iterator[tuple[str, list[str]]]:
    """Yield further keys of a job, each with the lines that a peer has for it."""
    if draw.random() < 0.15:
        yield f"filters: {draw.choice(_FILTERS)}", []
    if clock.startswith("monthly") and draw.random() < 0.5:
        yield f"adjustments: {draw.choice(_ADJUSTMENTS)}", []
    if draw.random() < 0.2:
        zone = draw.choice(_ZONES)
        yield f"timezone: {zone}", [f"timezone: {zone}"]
    if draw.random() < 0.4:
        minutes = draw.choice((5, 10, 20, 30, 90))
        yield f"timeout: {minutes}m", [f"executionTimeout: {minutes * 60}"]
    if draw.random() < 0.3:
        retry, values = draw.choice(_RETRIES)
        names = ("maximumRetries", "initialDelay", "maximumDelay", "backoffMultiplier")
        lines = (f"    {name}: {value}" for name, value in zip(names, values, strict=True))
        yield f"retry: {retry}", ["onFailure:", "  retry:", *lines]
    if draw.random() < 0.2:
        variables = {"DATABASE": f"postgres:///{of}", "LEVEL": draw.choice(("info", "debug"))}
        mapping = ", ".join(f'{name}: "{value}"' for name, value in variables.items())
        yield f"env: {{{mapping}}}", ["environment:", *_block(variables)]
    if draw.random() < 0.15:
        yield f"pool: {draw.choice(_POOLS)}", []
    if draw.random() < 0.2:
        overlap, policy = draw.choice(_OVERLAPS)
        yield f"overlap: {overlap}", [f"concurrencyPolicy: {policy}"]


def _block(variables: dict[str, str]) -> Iterator[str]:
    for name, value in variables.items():
        yield f"  - key: {name}"
        yield f'    value: "{value}"'
