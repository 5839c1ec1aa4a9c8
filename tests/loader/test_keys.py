"""Keys that are read by themselves, against all keys of a job read at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from schedkit import values
from schedkit.errors import ConfigError
from schedkit.job import Keys
from schedkit.loader.keys import KeyReader

RUN: dict[str, Any] = {"command": "x", "clock": "daily at 02:30"}
VALID: list[dict[str, Any]] = [
    {},
    {"clock": ["weekly mon,thu at 09:00", {"every": "90m"}, "daily at 02:30"]},
    {"clock": {"cron": "0 9 1 * fri", "day_or": "false"}, "dst": {"gap": "skip"}},
    {"filters": ["weekday", {"not": {"on_date": "12-25"}}], "adjustments": "add 5d"},
    {"filters": None, "never_on": ["12-25", "weekend"], "expect": "2026-11-13 09:00"},
    {"timezone": "Asia/Tokyo", "start": "2026-01-01 00:00", "end": "2027-01-01 00:00"},
    {"env": {"A": "b", "B": {"from_env": "C"}}, "env_file": ["a", "b"], "enabled": "no"},
    {"retry": "3", "success": {"exit_codes": "0,2"}, "limits": {"memory": "1 GiB"}},
    {"retry": {"max_retries": "3", "backoff": "exponential", "factor": "1.5"}, "priority": "-1"},
    {"command": ["a", "--b"], "params": {"A": 1, "B": [True, None]}, "stop_signal": "INT"},
    {"catchup": "all", "catchup_limit": "5", "history": {"keep_days": "30"}, "umask": "027"},
    {"kill_grace": "10s", "shell": "/bin/sh", "overlap": "skip", "timeout": None},  # all defaults
]


@pytest.mark.parametrize("given", VALID)
def test_a_key_by_itself_means_what_it_means_among_all(given: dict[str, Any]) -> None:
    keys = {**RUN, **given}
    expected = values.read(Keys, keys)

    actual = Keys(**KeyReader().read(keys).values)

    assert expected == actual


@pytest.mark.parametrize("given", VALID)
def test_keys_by_themselves_are_written_as_all_at_once(given: dict[str, Any]) -> None:
    keys = {**RUN, **given}
    expected = json.dumps(values.written(values.read(Keys, keys)), sort_keys=True)

    actual = f"{{{', '.join(sorted(KeyReader().read(keys).written))}}}"

    assert expected == actual


def test_what_looks_alike_under_one_key_is_not_the_same() -> None:
    expected = ["['a']", ("a",), "None", None]

    reader = KeyReader()
    actual = [
        reader.read({"command": raw}).values["command"] for raw in ("['a']", ["a"], "None", None)
    ]

    assert expected == actual


def test_what_is_the_same_is_one_object() -> None:
    reader = KeyReader()

    one, other = (reader.read({"retry": {"max_retries": "3"}}).values["retry"] for _ in range(2))

    assert one is other


@pytest.mark.parametrize("given", [{"comand": "x"}, {"enabled": "maybe"}, {"timeout": "5"}])
def test_what_cannot_be_read_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises((ConfigError, ValidationError)):
        KeyReader().read(given)
