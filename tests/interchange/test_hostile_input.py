"""Whatever stands in a unit or a manifest, what is imported can be loaded, or is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from schedkit import loader
from schedkit.errors import ConfigError
from schedkit.interchange import cronjobs, systemd_units
from schedkit.interchange.draft import Imported, to_yaml

UTC = ZoneInfo("UTC")
SETTINGS = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NAMES = """
    OnCalendar OnBootSec OnUnitActiveSec OnUnitInactiveSec Persistent AccuracySec
    RandomizedDelaySec WakeSystem Unit Description Documentation Type ExecStart ExecStartPre
    ExecStartPost ExecCondition Environment EnvironmentFile User Group WorkingDirectory UMask Nice
    LimitAS LimitCPU LimitNOFILE LimitNPROC TimeoutStartSec TimeoutStopSec TimeoutSec RuntimeMaxSec
    KillSignal SuccessExitStatus Restart RestartSec StartLimitBurst StartLimitIntervalSec
    OnSuccess OnFailure PathExists PathExistsGlob PathChanged DirectoryNotEmpty
""".split()  # noqa: SIM905  # these are read as what they are
VALUES = st.one_of(
    st.sampled_from([
        "", "daily", "02:30", "*:*:0/0.000001", "*-*-31/2 1:2", "2026..2199/3-1-1", "Mon *-*~1..7",
        "@0", "infinity", "0", "1us", "9999999y", "1000y", "-1", "1.5", "yes", "no", "maybe",
        "oneshot", "on-failure", "always", "/bin/x", "-/bin/x", "/bin/x $A ${B} '", "%i%n%H", "%",
        "/bin/sh -c 'a\\nb'", "A=1 B", "A=1 'B=2 3'", "~", "-~", "~x", "root", "a:b", "077", "99",
        "10:infinity", "1K:2K", "999999999999999999", "SIGTERM", "65 SIGKILL TEMPFAIL", "9",
        "x.target", "a.service", "b.service a.service", "b@%i.service", "/srv/*", "/srv/[", "/**/x",
        "\\", "a\\", ";", "/bin/a ; ; /bin/b", "\x07", "é\u2028", "'", '"',
    ]),
    st.text(st.characters(codec="utf-8", exclude_characters="\n\0"), max_size=12),
)  # fmt: skip
LINES = st.lists(st.builds("{}={}".format, st.sampled_from(NAMES), VALUES), max_size=6)


def check(imported: Imported, directory: Path) -> None:
    file = directory / "schedules.yaml"
    file.write_text(to_yaml(imported), encoding="utf-8")
    loader.load([file])


@SETTINGS
@given(LINES, LINES, LINES)
@example(["OnCalendar=*:*:0/0.000001"], [], [])
@example(["OnCalendar=2026-02-29"], [], [])
@example([], ["TimeoutStartSec=2000y", "RestartSec=899y", "Restart=always"], [])
def test_whatever_a_unit_says_what_is_imported_can_be_loaded(
    tmp_path: Path, timer: list[str], service: list[str], general: list[str]
) -> None:
    lines = [
        "# /etc/systemd/system/a.timer", "[Unit]", *general, "[Timer]", "OnCalendar=daily", *timer,
        "# /etc/systemd/system/a.service", "[Unit]", *general, "[Service]", "ExecStart=/bin/main",
        *service,
        "# /etc/systemd/system/a.path", "[Path]", *timer,
        "# /etc/systemd/system/b.service", "[Unit]", *general, "[Service]", "ExecStart=/bin/b",
        "# /etc/systemd/system/b@.service", "[Service]", *service,
        "# /etc/systemd/system/b.path", "[Path]", "PathExists=/x", *timer,
    ]  # fmt: skip

    imported = systemd_units.read_stream("\n".join(lines), UTC)

    check(imported, tmp_path)


PLACES: list[tuple[str | int, ...]] = [
    ("metadata", "name"), ("metadata", "namespace"), ("metadata", "annotations"),
    ("spec", "schedule"), ("spec", "timeZone"), ("spec", "suspend"),
    ("spec", "concurrencyPolicy"), ("spec", "startingDeadlineSeconds"),
    ("spec", "successfulJobsHistoryLimit"), ("spec", "jobTemplate"), ("spec",), ("metadata",),
    *(("spec", "jobTemplate", "spec", key)
      for key in ("backoffLimit", "activeDeadlineSeconds", "template")),
    *(("spec", "jobTemplate", "spec", "template", "spec", key)
      for key in ("activeDeadlineSeconds", "terminationGracePeriodSeconds", "securityContext",
                  "containers", "initContainers")),
    *(("spec", "jobTemplate", "spec", "template", "spec", "containers", 0, key)
      for key in ("name", "image", "command", "args", "env", "workingDir", "securityContext")),
]  # fmt: skip
ANYTHING = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-5, 2**40), st.floats(allow_nan=False),
        st.text(st.characters(codec="utf-8"), max_size=8),
        st.sampled_from(["* * * * *", "@every 999999999h", "@every 1ns", "TZ=x 0 0 * * *",
                         "0 0 30 2 *", "0 0 31 */5 0", "Europe/Berlin", "$(A)", "$$", "$("]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["name", "value", "valueFrom", "runAsUser"]), inner),
    ),
    max_leaves=6,
)  # fmt: skip


@SETTINGS
@given(st.lists(st.tuples(st.sampled_from(PLACES), ANYTHING), max_size=4))
def test_whatever_a_manifest_says_what_is_imported_can_be_loaded(
    tmp_path: Path, changes: list[tuple[tuple[str | int, ...], Any]]
) -> None:
    container = {"name": "a", "command": ["/bin/main"]}
    template = {"spec": {"containers": [container]}}
    manifest: dict[str, Any] = {
        "kind": "CronJob",
        "metadata": {"name": "a"},
        "spec": {"schedule": "0 9 * * *", "jobTemplate": {"spec": {"template": template}}},
    }
    for path, value in changes:
        place: Any = manifest
        for step in path[:-1]:
            known = isinstance(place, list) and place if step == 0 else isinstance(place, dict)
            if not known or (step != 0 and step not in place):
                break
            place = place[step]
        else:
            if isinstance(place, dict):
                place[path[-1]] = value

    try:
        imported = cronjobs.read([(json.dumps(manifest), "cron.yaml")])
    except ConfigError:
        return

    check(imported, tmp_path)
