"""Services that start others when they end, and paths, as jobs."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schedkit import loader
from schedkit.interchange import systemd_export, systemd_units
from schedkit.interchange.draft import Imported, to_yaml
from schedkit.job import Job

UTC = ZoneInfo("UTC")
OF = "/etc/systemd/system"
ONE_SHOT = "[Service]\nType=oneshot\nExecStart="
WHEN_CHANGED = "it starts once for what is in a file, when that has not changed for 5s"
WHILE_THERE = "it starts once for each file and what is in it, not again while one is there"
SKIPPED = "what its condition leaves out starts nothing; for systemd that is a success"
STOPPED = "a run that is cancelled is no success; for systemd it is"


def read(units: dict[str, str], directory: Path) -> Imported:
    """Return what is imported of units of the system; it is loaded, too."""
    stream = "".join(f"# {OF}/{name}\n{dedent(text)}\n" for name, text in units.items())
    imported = systemd_units.read_stream(stream, UTC)
    load(to_yaml(imported), directory)
    return imported


def load(text: str, directory: Path) -> tuple[Job, ...]:
    file = directory / "schedules.yaml"
    file.write_text(text, encoding="utf-8")
    return loader.load([file]).jobs


def causes(imported: Imported) -> dict[str, Any]:
    """Return what starts each job."""
    return {
        one.name: {key: one.keys[key] for key in ("clock", "after", "on") if key in one.keys}
        for one in imported.jobs
    }


def told(imported: Imported) -> list[tuple[str, str, bool]]:
    return [(one.text, one.message, one.taken) for one in imported.differences]


def chained(starts: str, directory: Path, kind: str = "oneshot", more: str = "") -> Imported:
    """Return what is imported of a service that *starts* others at its end."""
    first = f"[Unit]\n{starts}\n[Service]\nType={kind}\nExecStart=/bin/a\n{more}"
    others = {f"{name}.service": f"{ONE_SHOT}/bin/{name}\n" for name in "bc"}
    timer = "[Timer]\nOnUnitActiveSec=1h\n"
    return read({"a.timer": timer, "a.service": first, **others}, directory)


# ---- chains


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        ("OnSuccess=b.service", {"b": "a"}),
        ("OnFailure=b.service", {"b": {"job": "a", "state": ["failed", "timed_out", "cancelled"]}}),
        ("OnSuccess=b.service\nOnFailure=b.service", {"b": {"job": "a", "state": "finished"}}),
        ("OnSuccess=b.service c.service", {"b": "a", "c": "a"}),
        ("OnSuccess=b.service\nOnSuccess=\nOnSuccess=c.service", {"c": "a"}),
    ],
)
def test_what_a_service_starts_runs_after_it(
    starts: str, expected: dict[str, Any], tmp_path: Path
) -> None:
    found = causes(chained(starts, tmp_path))

    after = {name: {"after": cause} for name, cause in expected.items()}
    assert {"a": {"clock": "every 1h"}, **after} == found


@pytest.mark.parametrize(
    ("starts", "kind", "more", "expected"),
    [
        ("OnSuccess=x.target", "oneshot", "",
         [("OnSuccess=x.target", "nothing is started after it", False)]),
        ("OnFailure=gone.service", "oneshot", "",
         [("OnFailure=gone.service", "nothing is started after it", False)]),
        ("OnSuccess=a.service", "oneshot", "",
         [("OnSuccess=a.service", "it would run after itself, for ever", False)]),
        ("OnSuccess=b.service", "simple", "", [("OnSuccess=b.service", STOPPED, True)]),
        ("OnSuccess=b.service", "oneshot", "ExecCondition=/bin/c",
         [("OnSuccess=b.service", SKIPPED, True)]),
        ("OnFailure=b.service", "simple", "", []),
    ],
)  # fmt: skip
def test_what_of_a_chain_is_not_the_same_is_told(
    starts: str, kind: str, more: str, expected: list[tuple[str, str, bool]], tmp_path: Path
) -> None:
    found = told(chained(starts, tmp_path, kind, more))

    assert expected == [one for one in found if one[0].startswith(("OnSuccess", "OnFailure"))]


def test_a_service_that_can_be_no_job_is_told_where_it_is_started(tmp_path: Path) -> None:
    units = {
        "a.timer": "[Timer]\nOnUnitActiveSec=1h\n",
        "a.service": f"[Unit]\nOnSuccess=b.service\n{ONE_SHOT}/bin/a\n",
        "b.service": "[Service]\nType=oneshot\n",
    }

    found = read(units, tmp_path)

    why = "nothing is started after it: its service has no ExecStart="
    assert ("OnSuccess=b.service", why, False) in told(found)
    assert ["a"] == [*causes(found)]


def test_one_handler_of_many_runs_after_any_of_them(tmp_path: Path) -> None:
    """And a template is a job for each of its instances."""
    service = f"[Unit]\nOnFailure=alert.service tell@%N.service\n{ONE_SHOT}/bin/x\n"
    timer = "[Timer]\nOnUnitActiveSec=1h\n"
    units = {
        "a.timer": timer, "a.service": service,
        "b.timer": timer, "b.service": service,
        "alert.service": f"{ONE_SHOT}/bin/alert\n",
        "tell@.service": f"{ONE_SHOT}/bin/tell %i\n",
    }  # fmt: skip
    failed = ["failed", "timed_out", "cancelled"]

    found = read(units, tmp_path)

    assert {
        "a": {"clock": "every 1h"},
        "b": {"clock": "every 1h"},
        "alert": {"after": {"any": ["a", "b"], "state": failed}},
        "tell@a": {"after": {"job": "a", "state": failed}},
        "tell@b": {"after": {"job": "b", "state": failed}},
    } == causes(found)


def test_a_job_runs_after_the_same_ends_of_all_it_runs_after(tmp_path: Path) -> None:
    timer = "[Timer]\nOnUnitActiveSec=1h\n"
    units = {
        "a.timer": timer, "a.service": f"[Unit]\nOnSuccess=c.service\n{ONE_SHOT}/bin/a\n",
        "b.timer": timer, "b.service": f"[Unit]\nOnFailure=c.service\n{ONE_SHOT}/bin/b\n",
        "c.timer": timer, "c.service": f"[Unit]\nOnSuccess=a.service\n{ONE_SHOT}/bin/c\n",
    }  # fmt: skip

    found = read(units, tmp_path)

    assert {"clock": "every 1h", "after": "a"} == causes(found)["c"]
    assert [
        ("OnSuccess=a.service", "it would run after itself, for ever", False),
        (
            "OnFailure=c.service",
            "what runs after several jobs runs after the same ends of each",
            False,
        ),
    ] == [one for one in told(found) if one[0].startswith("On") and not one[2]]


# ---- paths


@pytest.mark.parametrize(
    ("setting", "pattern", "message"),
    [
        ("PathExistsGlob=/srv/in/*.csv", "/srv/in/*.csv", WHILE_THERE),
        ("PathExists=/srv/100%%", "/srv/100%", WHILE_THERE),
        ("PathChanged=/srv/x", "/srv/x", WHEN_CHANGED),
        ("PathModified=/srv/x", "/srv/x", WHEN_CHANGED),
        ("PathChanged=/usr", "/usr/*", WHEN_CHANGED),
        ("DirectoryNotEmpty=/srv/spool/", "/srv/spool/*", WHILE_THERE),
    ],
)
def test_a_path_becomes_a_trigger(setting: str, pattern: str, message: str, tmp_path: Path) -> None:
    path = f"[Path]\n{setting}\n[Install]\nWantedBy=paths.target\n"

    found = read({"a.path": path, "a.service": f"{ONE_SHOT}/bin/a\n"}, tmp_path)

    assert {"a": {"on": {"path": pattern}}} == causes(found)
    assert [(setting, message, True)] == told(found)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("PathChanged=x", [("PathChanged=x", "this is no absolute path")]),
        ("PathChanged=/x*", [("PathChanged=/x*", "it would be a pattern here")]),
        ("PathExistsGlob=/{a,b}", [("PathExistsGlob=/{a,b}",
                                    "it is a pattern for something else here")]),
        ("MakeDirectory=yes", [("MakeDirectory=yes", "make the directory: it is waited for")]),
        ("TriggerLimitBurst=5", [("TriggerLimitBurst=5", "nothing bounds how often it starts")]),
    ],
)  # fmt: skip
def test_what_of_a_path_is_not_taken_is_told(
    settings: str, expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    path = f"[Path]\nPathExists=/srv/x\n{settings}\n"

    found = read({"a.path": path, "a.service": f"{ONE_SHOT}/bin/a\n"}, tmp_path)

    assert {"a": {"on": {"path": "/srv/x"}}} == causes(found)
    assert expected == [(text, message) for text, message, taken in told(found) if not taken]


def test_a_path_without_files_is_no_job(tmp_path: Path) -> None:
    units = {"a.path": "[Path]\nPathExists=/x\nPathChanged=\n",
             "a.service": f"{ONE_SHOT}/bin/a\n"}  # fmt: skip

    found = read(units, tmp_path)

    assert ((), [("a.path", "it names no files that a job can run on", False)]) == (
        found.jobs,
        told(found),
    )


def test_a_service_with_a_timer_and_paths_is_one_job(tmp_path: Path) -> None:
    units = {
        "a.path": "[Path]\nPathExists=/srv/x\n",
        "more.path": "[Path]\nPathExists=/srv/y\nPathExists=/srv/z\nUnit=a.service\n",
        "a.timer": "[Timer]\nOnUnitActiveSec=1h\n",
        "a.service": f"{ONE_SHOT}/bin/a\n",
    }

    found = causes(read(units, tmp_path))

    assert {
        "a": {
            "clock": "every 1h",
            "on": [{"path": "/srv/x"}, {"path": ["/srv/y", "/srv/z"]}],
        }
    } == found


def test_files_of_units_are_read_as_well(tmp_path: Path) -> None:
    units = {
        "a.path": "[Path]\nPathExists=/srv/x\n",
        "a.service": f"[Unit]\nOnSuccess=b.service\n{ONE_SHOT}/bin/a\n",
        "b.service": f"{ONE_SHOT}/bin/b\n",
        "t@.path": "[Path]\nPathExists=/srv/x\n",
    }
    for name, text in units.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    of_directory = systemd_units.read([str(tmp_path)], UTC)
    of_file = systemd_units.read([str(tmp_path / "a.path")], UTC)

    expected = {"a": {"on": {"path": "/srv/x"}}, "b": {"after": "a"}}
    assert (expected, expected) == (causes(of_directory), causes(of_file))
    template = "this is a template: name one of its instances, NAME@INSTANCE.path"
    assert ("t@.path", template, False) in told(of_directory)


# ---- there and back

JOBS = """
    defaults: {working_dir: /, user: me, env: {PATH: /bin}, catchup: latest}
    jobs:
      build: {command: /bin/make, clock: daily at 04:30, only_if: test -d /src}
      test: {command: /bin/make test, after: build}
      deploy:
        command: /bin/deploy
        clock: weekly mon at 05:00
        after: {any: [build, test]}
        on: {path: [/srv/in/*.csv, /srv/now]}
      clean: {command: /bin/clean, after: {any: [deploy, test], state: finished}}
      alert: {command: /bin/alert, after: {job: build, state: [failed, timed_out, cancelled]}}
"""


def test_what_is_exported_comes_back(tmp_path: Path) -> None:
    jobs = load(dedent(JOBS), tmp_path)

    exported = systemd_export.write(jobs)
    imported = read(exported.files, tmp_path)

    def said(found: tuple[Job, ...]) -> dict[str, Any]:
        return {one.name: (one.clock, one.after, one.on, one.only_if) for one in found}

    assert said(jobs) == said(load(to_yaml(imported), tmp_path))
