"""The zone of the machine, which `timezone: local` names."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from files import job, load, refused, text
from schedkit.loader.zone import machine_zone


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (":Europe/Berlin", "Europe/Berlin"),
        ("UTC", "UTC"),
        ("/usr/share/zoneinfo/Europe/Berlin", "Europe/Berlin"),
        (":/usr/share/zoneinfo/Europe/Berlin", "Europe/Berlin"),
    ],
)
def test_the_environment_names_the_zone(
    setting: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", setting)

    actual = machine_zone()

    assert expected == actual


@pytest.mark.parametrize("setting", ["", ":", ":/etc/localtime", "/etc/localtime"])
def test_an_environment_that_names_no_zone_is_as_none(
    setting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """glibc reads a file for ':/etc/localtime', which many set to spare it a look at the file."""
    monkeypatch.delenv("TZ", raising=False)
    expected = machine_zone()

    monkeypatch.setenv("TZ", setting)
    actual = machine_zone()

    assert expected == actual


@pytest.mark.parametrize(
    "written",
    [
        "timezone: local\njobs: {a: {command: x, clock: every 1h}}",
        "defaults: {timezone: local}\njobs: {a: {command: x, clock: every 1h}}",
        "jobs: {a: {command: x, clock: every 1h, timezone: local}}",
    ],
)
def test_local_is_the_zone_of_the_machine(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    expected = [ZoneInfo("Asia/Tokyo")]

    actual = [one.timezone for one in load(f"{written}\n").jobs]

    assert expected == actual


def test_another_zone_of_the_machine_is_another_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    tokyo = job("timezone: local")
    monkeypatch.setenv("TZ", "Europe/Berlin")
    expected = False

    berlin = job("timezone: local")
    actual = tokyo.schedule_digest == berlin.schedule_digest

    assert expected == actual


def test_a_zone_of_the_machine_that_there_is_not_is_said_to_be_the_machine_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The file says 'local', and is right: what is wrong stands in TZ."""
    monkeypatch.setenv("TZ", "CET-1CEST")
    expected = text("""
        schedules.yaml:1:11: error: the zone of this machine, 'CET-1CEST', is not known
        1 | timezone: local
          |           ^^^^^
          = help: name a zone, such as timezone: Europe/Berlin
    """)

    actual = refused("timezone: local\njobs: {a: {command: x, clock: every 1h}}\n")

    assert expected == actual
