"""The JSON Schema, which an editor checks a file with while it is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from any_words import CALENDARS, EXCHANGES, Words
from files import NAME, VALID, diagnostics, load
from schedkit import values
from schedkit.adjustments import ADJUSTMENTS
from schedkit.calendars import WEEKDAYS, known
from schedkit.clocks import CLOCKS
from schedkit.filters import FILTERS
from schedkit.job import Keys
from schedkit.loader import document
from schedkit.loader.schema import schema

jsonschema = pytest.importorskip("jsonschema")

ACCEPTED = [
    "clock: daily at 02:30",
    "clock: daily at 2:30, 18:00:30",
    "clock: {daily: '02:30'}",
    "clock: {daily: 12:30}",
    "clock: {daily: [02:30, '18:00']}",
    "clock: [daily at 02:30, every 5m]",
    "clock: every 1h30m",
    "clock: {every: 1h 30m}",
    "clock: {every: 36h, anchor: 2026-01-01 00:00}",
    "clock: {every: 1d, anchor: 2026-01-01T00:00}",
    "clock: cron */5 * * * *",
    "clock: {cron: '@daily'}",
    "clock: {cron: 0 0 13 * 5, day_or: false}",
    "clock: weekly mon,thu at 09:00",
    "clock: {weekly: [mon, thu], at: '09:00'}",
    "clock: {weekly: MON, at: ['09:00', '10:00']}",
    "clock: {weekly: mon - fri}",
    "clock: monthly 15 at 09:00",
    "clock: {monthly: 15}",
    "clock: {monthly: [1, 15], at: '18:00'}",
    "clock: {monthly: last fri}",
    "clock: {monthly: [1, last, 2nd tue, first weekday]}",
    "clock: {dates: [2026-12-24 18:00, 2027-01-02 06:00]}",
    "clock: dates 2026-12-24 18:00",
    "filters: weekday",
    "filters: [weekday]",
    "filters: {weekday: }",
    "filters: []",
    "filters: null",
    "filters: [days mon-fri, {days: [mon, sat]}, {days: monday}]",
    "filters: [between_times 22:00-06:00, {between_times: '23:00 - 23:50'}]",
    "filters: [on_date 12-25, {on_date: [2026-12-25, 1-1]}]",
    "filters: [between_dates 12-24..01-02, {between_dates: 2026-12-24..2027-01-02}]",
    "filters: {any: [weekend, {not: {on_date: 12-25}}, not weekday, {all: weekday}]}",
    "adjustments: [add 5d, {add: -1mo}, next_weekday, {previous_weekday: }]",
    "adjustments: add +90m",
    "timezone: local",
    "timezone: America/Argentina/Buenos_Aires",
    "timezone: Etc/GMT+5",
    "command: [ls, -l, 1, 1.10, true]",
    "python: acme.reports:market_open",
    "python: acme:Reports.open",
    "python: m:f\nparams: {a: [1, {b: c}], d: null}",
    "shell: /bin/bash\nenabled: false\ndescription: x",
    "env: {A: a, B: 1, C: true, D: 1.5, E: {from_file: f}, F: {from_env: G}, '1': x}",
    "env_file: a.env",
    "env_file: [a.env, b.env]",
    "working_dir: ../x",
    "timeout: 1h",
    "timeout: 1h 30m",
    "timeout: null",
    "stop_signal: SIGINT\nkill_grace: 500ms",
    "stop_signal: int",
    "success: {exit_codes: [0, 3]}",
    "success: {exit_codes: 3}",
    "success: {exit_codes: '0, 3'}",
    "retry: 3",
    "retry: '3'",
    "retry: {max_retries: 3, delay: 5m, backoff: exponential, factor: 1.5, max_delay: 1h}",
    "retry: {max_retries: '3', factor: '1.5', backoff: exponential}",
    "overlap: allow\ncatchup: none\ncatchup_window: 1w\ngrace: 0s",
    "start: 2026-12-24 18:00\nend: 2027-01-02T06:00:00\nmax_runs: 10",
    "overlap: queue_all\npool: database\npriority: -5",
    "priority: '10'",
    "catchup: all\ncatchup_limit: 5\nstart_deadline: 1h\non_interrupted: rerun",
    "user: backup\ngroup: 1000\numask: 027\nnice: 19",
    "umask: '0o27'\nnice: '-5'",
    "limits: {memory: 512MiB, cpu_time: 1h, open_files: 64, processes: '9'}",
    "output: {max_size: 10 MB}\nhistory: {keep_runs: 10, keep_days: 30}",
    "retry: {max_retries: 3, jitter: 10s, on_exit_codes: [75], within: 1h}",
    "notify: []",
    "notify: {command: ./page, when: every 10th failure, cooldown: 1h}",
    "notify: [{email: a@x}, {email: [a, b]}, {email: {to: {from_env: A}, from: b, tls: none}}]",
    "notify: [{webhook: https://x}, {webhook: {url: {from_file: a}, headers: {a: 1}, body: $job}}]",
    "notify: {apprise: [slack://a, {from_env: B}], when: [failure, recovery]}",
    "notify: {apprise: slack://a, when: failure}",
    "ping: https://x\nalert_on_failure: false",
    "ping: {url: {from_env: A}, start: false}",
    "description: 5",
    "description: true",
]


def problems(written: str) -> list[str]:
    """Return what an editor would say of a file that the loader accepts."""
    load(written)
    return as_an_editor_says()


def as_an_editor_says() -> list[str]:
    """Return what an editor would say of the file, which reads it with the types of YAML 1.2."""
    typed = document.read(Path(NAME)).typed()
    found = jsonschema.Draft7Validator(schema()).iter_errors(typed)
    return [f"{error.json_path}: {error.message}" for error in found]


def _keys(part: Any) -> list[tuple[str, Any]]:
    """Return every key that somebody may write, with its schema, wherever it stands in *part*."""
    if isinstance(part, list):
        return [found for one in part for found in _keys(one)]
    if not isinstance(part, dict):
        return []
    own = part.get("properties", {})
    found = [(name, one) for name, one in own.items() if not {"$ref", "doNotSuggest"} & one.keys()]
    return found + [pair for key, one in part.items() if key != "if" for pair in _keys(one)]


def test_the_schema_is_one_of_draft_7() -> None:
    jsonschema.Draft7Validator.check_schema(schema())


def test_the_schema_is_plain_json() -> None:
    expected = schema()

    actual = json.loads(json.dumps(expected))

    assert expected == actual


def test_every_reference_of_the_schema_leads_somewhere() -> None:
    def references(part: Any) -> set[str]:
        if isinstance(part, list):
            return set().union(*map(references, part))
        if not isinstance(part, dict):
            return set()
        own = {part["$ref"]} if "$ref" in part else set()
        return own.union(*map(references, part.values()))

    whole = schema()
    expected: list[str] = []

    actual = []
    for reference in references(whole):
        found: Any = whole
        for step in reference.removeprefix("#/").split("/"):
            found = found.get(step, {})
        if not found:
            actual.append(reference)

    assert expected == actual


def test_every_key_and_word_of_the_schema_says_what_it_is() -> None:
    whole = schema()
    expected: list[str] = []

    actual = [name for name, one in _keys(whole) if len(one.get("description", "")) < 10]

    assert expected == actual


def test_a_default_that_is_shown_could_be_written() -> None:
    """An editor writes it into the file."""
    whole = schema()
    expected: list[str] = []

    keys = [(name, one) for name, one in _keys(whole) if "default" in one]
    actual = [
        f"{name}: {one['default']}"
        for name, one in keys
        if not jsonschema.Draft7Validator({**one, "definitions": whole["definitions"]}).is_valid(
            one["default"]
        )
    ]
    assert len(keys) > 20

    assert expected == actual


@pytest.mark.parametrize("keys", ACCEPTED)
def test_a_job_that_the_loader_takes_fits_the_schema(keys: str) -> None:
    expected: list[str] = []
    lines = keys.split("\n")
    if not keys.startswith(("command", "python")):
        lines.append("command: x")
    if not keys.startswith("clock"):
        lines.append("clock: every 1h")

    actual = problems(
        "pools: {database: 2}\njobs:\n  a:\n" + "".join(f"    {line}\n" for line in lines)
    )

    assert expected == actual


@pytest.mark.parametrize(
    "written",
    [
        VALID,
        "jobs:\n",
        "jobs: {}\n",
        "calendars: {a: {weekend: 'fri,sat', closed: 2026-12-24, open: }, b: {}}\njobs: {}\n",
        "timezone: local\n",
        "x-anything: [1]\njobs: {}\n",
        "pools: {a: 1, b: '2'}\nrunner: {max_parallel: 8, reload_on_change: false}\njobs: {}\n",
        "runner: {drain_timeout: 5m}\nstate: ~/x\ndefaults: {clock: every 1h, retry: 3}\n",
        "defaults:\njobs: {a: {command: x, clock: every 1h}}\n",
        "defaults: {clock: every 1h}\njobs: {a: {command: x}}\n",
        (
            "defaults: {retry: {delay: 5m}}\n"
            "jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 3}}}\n"
        ),
        (
            "defaults: {retry: {max_retries: 3}}\n"
            "jobs: {a: {command: x, clock: every 1h, retry: {delay: 5m}}}\n"
        ),
    ],
)
def test_a_file_that_the_loader_takes_fits_the_schema(written: str) -> None:
    expected: list[str] = []

    actual = problems(written)

    assert expected == actual


@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_any_words_that_the_loader_takes_fit_the_schema(seed: str) -> None:
    words = Words(seed)
    expected: list[str] = []

    written = "".join(f"  j{number}: {words.job()}\n" for number in range(150))
    Path(NAME).write_text(f"{CALENDARS}jobs:\n{written}", encoding="utf-8")
    with known({"office": WEEKDAYS}):  # not as a file: most of them fire never, which takes time
        for keys in document.read(Path(NAME)).plain()["jobs"].values():
            values.read(Keys, keys)
    actual = as_an_editor_says()

    assert expected == actual
    every = {*CLOCKS.words, *FILTERS.words, *ADJUSTMENTS.words} - {*EXCHANGES}
    assert set() == {word for word in every if word not in written}


@pytest.mark.parametrize(
    "written",
    [
        "jobz: {}\n",
        "jobs: []\n",
        "jobs: {a: {command: x, clock: every 1h, timzone: UTC}}\n",
        "jobs: {a: {command: x, clock: evry 5m}}\n",
        "jobs: {a: {command: x, clock: {evry: 5m}}}\n",
        "jobs: {a: {command: x, clock: []}}\n",
        "jobs: {a: {command: x, clock: every 1h, overlap: wait}}\n",
        "jobs: {a: {command: x, clock: every 1h, timeout: 5}}\n",
        "jobs: {a: {command: x, clock: every 1h, filters: [wekday]}}\n",
        "jobs: {a: {command: x, clock: every 1h, retry: {max_retries: 1, dely: 5s}}}\n",
        "runner: {drain_timout: 5s}\njobs: {}\n",
        "runner: {max_parallel: 0}\njobs: {}\n",
        "pools: {a: 0}\njobs: {}\n",
        "jobs: {a: {command: x, clock: every 1h, priority: 1001}}\n",
        "jobs: {a: {command: x, clock: every 1h, nice: 20}}\n",
        "jobs: {a: {command: x, clock: every 1h, umask: rwx}}\n",
        "jobs: {a: {command: x, clock: every 1h, limits: {memory: lots}}}\n",
        "jobs: {a: {command: x, clock: every 1h, limits: {memory: 512}}}\n",
        "jobs: {a: {command: x, clock: every 1h, start: 2026-12-24}}\n",
        "jobs: {a: {command: x, clock: every 5}}\n",
        "jobs: {a: {command: x, clock: daily at 25:00}}\n",
        "jobs: {a: {command: x, clock: daily}}\n",
        "jobs: {a: {command: x, clock: rrule FREQ=DAILY}}\n",
        "jobs: {a: {command: x, clock: {every: 5m, cron: 0 9 * * *}}}\n",
        "jobs: {a: {command: x, clock: every 1h, filters: weekday x}}\n",
        "jobs: {a: {command: x, clock: every 1h, filters: not wekday}}\n",
        "jobs: {a: {command: x, clock: every 1h, never_on: 13-25}}\n",
        "jobs: {a: {command: x, clock: every 1h, enabled: maybe}}\n",
        "jobs: {a: {command: x, clock: every 1h, env: {A: {from_fil: x}}}}\n",
        "jobs: {a: {command: x, python: 'm:f', clock: every 1h}}\n",
        "jobs: {a: {command: x}}\n",
        "jobs: {a: {clock: every 1h}}\n",
        "calendars: {a: [DE]}\njobs: {}\n",
    ],
)
def test_what_the_schema_can_know_it_refuses(written: str) -> None:
    expected = False
    refused = diagnostics(written)
    assert refused

    Path(NAME).write_text(written, encoding="utf-8")
    actual = jsonschema.Draft7Validator(schema()).is_valid(document.read(Path(NAME)).typed())

    assert expected == actual
