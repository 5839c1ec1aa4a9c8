"""CronJobs of Kubernetes, as jobs."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from textwrap import dedent
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schedkit import Schedule, loader
from schedkit.errors import ConfigError
from schedkit.interchange import clock_changes, cronjobs, kubernetes_schedule
from schedkit.interchange.draft import Draft, Imported, to_yaml
from schedkit.interchange.kubernetes_schedule import CHANGES

PLAIN: dict[str, Any] = {
    "apiVersion": "batch/v1",
    "kind": "CronJob",
    "metadata": {"name": "backup"},
    "spec": {
        "schedule": "30 2 * * *",
        "timeZone": "Europe/Berlin",
        "jobTemplate": {
            "spec": {
                "backoffLimit": 0,
                "template": {
                    "spec": {
                        "restartPolicy": "Never",
                        "containers": [{"name": "main", "command": ["/usr/bin/backup"]}],
                    }
                },
            }
        },
    },
}
JOB = ("spec", "jobTemplate", "spec")
POD = (*JOB, "template", "spec")
CONTAINER = (*POD, "containers", 0)
FIVE = ", and takes 5 (minute, hour, day of month, month and weekday)"
NO_COMMAND = (
    "it runs what its image has for an entrypoint, which is not known here "
    "(write command: into the manifest)"
)


def read(text: str, directory: Path) -> Imported:
    """Return what is imported; what is written of it is loaded, too."""
    imported = cronjobs.read([(dedent(text), "cron.yaml")])
    if imported.jobs:
        file = directory / "schedules.yaml"
        file.write_text(to_yaml(imported), encoding="utf-8")
        loader.load([file])
    return imported


def changed(*changes: tuple[tuple[str | int, ...], Any]) -> str:
    """Return the plain CronJob with other values at some paths."""
    found = copy.deepcopy(PLAIN)
    for path, value in changes:
        place: Any = found
        for step in path[:-1]:
            place = place[step] if isinstance(step, int) else place.setdefault(step, {})
        place[path[-1]] = value
    return json.dumps(found)


def only(imported: Imported) -> Draft:
    (draft,) = imported.jobs
    return draft


def said(imported: Imported) -> list[tuple[str, str, bool]]:
    return [(one.text, one.message, one.taken) for one in imported.differences]


# ---- the whole


def test_a_cron_job_becomes_a_job(tmp_path: Path) -> None:
    found = read(
        """
        apiVersion: batch/v1
        kind: CronJob
        metadata:
          name: backup
          namespace: shop
          labels: {app: shop}
          uid: 0b5e4a3c
          annotations:
            kubernetes.io/description: Dump the shop
        spec:
          schedule: "0 3 */2 * 1"
          timeZone: Europe/Berlin
          concurrencyPolicy: Forbid
          startingDeadlineSeconds: 200
          successfulJobsHistoryLimit: 5
          jobTemplate:
            spec:
              backoffLimit: 2
              activeDeadlineSeconds: 600
              template:
                spec:
                  dnsPolicy: ClusterFirst
                  securityContext: {runAsUser: 1000, fsGroup: 5}
                  terminationGracePeriodSeconds: 5
                  initContainers: [{name: wait, image: busybox}]
                  containers:
                    - name: dump
                      image: postgres:16
                      command: [pg_dump, $(DB), --to=$(TARGET)/x, $$(NO), $(UNKNOWN)]
                      args: [-v]
                      workingDir: /srv
                      env:
                        - {name: DB, valueFrom: {secretKeyRef: {name: s, key: k}}}
                        - {name: TARGET, value: /srv}
                        - {name: URL, value: $(TARGET)/y}
                      resources: {limits: {memory: 1Gi}}
        status: {lastScheduleTime: null}
        """,
        tmp_path,
    )

    assert dedent("""
    # Imported by sched. Check it with `sched validate`, preview it with `sched next`.

    timezone: Europe/Berlin

    jobs:
      # from cron.yaml, namespace shop, container dump, image postgres:16
      backup:
        description: Dump the shop
        command: pg_dump "${DB}" --to=/srv/x '$(NO)' '$(UNKNOWN)' -v
        env: {TARGET: /srv, URL: /srv/y}
        working_dir: /srv
        user: '1000'
        clock: cron 0 3 1-31/2 * mon
        catchup_window: 3m20s
        start_deadline: 3m20s
        timeout: 10m
        kill_grace: 5s
        retry:
          max_retries: 2
          delay: 10s
          backoff: exponential
          max_delay: 6m
          within: 10m
        overlap: skip
        history: {keep_runs: 6}

    # Not taken:
    # cron.yaml:34: env: {"name": "DB", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
    #   write its value under env, or {from_file: PATH} for a secret
    # cron.yaml:29: image: postgres:16
    #   it runs on this machine, which has to have its programs
    # cron.yaml:26: initContainers: wait
    #   a job runs one command; write a job of its own, or a script
    # cron.yaml:7: labels: {"app": "shop"}
    #   labels are for Kubernetes
    # cron.yaml:24: fsGroup: 5
    #   it is not confined; run the runner itself so
    # cron.yaml:37: resources: {"limits": {"memory": "1Gi"}}
    #   limits: {memory: 1 GiB} bounds the address space of each process
    """).lstrip("\n") == to_yaml(found)
    assert [
        ("activeDeadlineSeconds: 600",
         "timeout ends an attempt after it, and retry starts none after it"),
        ("concurrencyPolicy: Forbid",
         "what is skipped stays out; Kubernetes may start it late, as queue_one does"),
        ("successfulJobsHistoryLimit: 5", "6 runs are kept, however they ended"),
    ] == [(text, message) for text, message, taken in said(found) if taken]  # fmt: skip


EVERYTHING = changed(
    (("metadata", "namespace"), "shop"),
    (("metadata", "labels"), {"a": "b"}),
    (("metadata", "annotations"), {"description": "Dump", "owner": "me"}),
    (("spec", "suspend"), True),
    (("spec", "concurrencyPolicy"), "Replace"),
    (("spec", "startingDeadlineSeconds"), 30),
    (("spec", "successfulJobsHistoryLimit"), 7),
    (("spec", "failedJobsHistoryLimit"), 2),
    (("spec", "unknown"), {"deep": {"er": 1}}),
    (("spec", "jobTemplate", "metadata"), {"labels": {"x": "y"}}),
    ((*JOB, "backoffLimit"), 3),
    ((*JOB, "activeDeadlineSeconds"), 90),
    ((*JOB, "parallelism"), 2),
    ((*JOB, "completions"), 3),
    ((*JOB, "ttlSecondsAfterFinished"), 60),
    ((*JOB, "podFailurePolicy"), {"rules": []}),
    ((*POD, "activeDeadlineSeconds"), 60),
    ((*POD, "restartPolicy"), "OnFailure"),
    ((*POD, "terminationGracePeriodSeconds"), 5),
    ((*POD, "serviceAccountName"), "x"),
    ((*POD, "volumes"), [{"name": "x"}]),
    ((*POD, "nodeSelector"), {"a": "b"}),
    ((*POD, "initContainers"), [{"name": "first"}]),
    ((*POD, "securityContext"), {"runAsUser": 5, "runAsNonRoot": True}),
    ((*CONTAINER, "image"), "busybox"),
    ((*CONTAINER, "imagePullPolicy"), "Always"),
    ((*CONTAINER, "args"), ["$(A)", "$(B)"]),
    ((*CONTAINER, "workingDir"), "/srv"),
    ((*CONTAINER, "env"), [{"name": "A", "value": "1"}, {"name": "B", "valueFrom": {"x": 1}}]),
    ((*CONTAINER, "envFrom"), [{"secretRef": {"name": "s"}}]),
    ((*CONTAINER, "resources"), {"limits": {"cpu": 1}}),
    ((*CONTAINER, "securityContext"), {"runAsGroup": 6, "readOnlyRootFilesystem": True}),
    ((*CONTAINER, "volumeMounts"), [{"name": "x"}]),
    ((*CONTAINER, "livenessProbe"), {"exec": {}}),
)


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the paths of everything in a manifest that is no mapping of settings."""
    if isinstance(value, dict) and value and path[-1:] not in (("unknown",), ("annotations",)):
        for key, below in value.items():
            yield from leaves(below, (*path, key))
    elif path[-1] == "containers":
        yield from leaves(value[0], (*path, 0))
    elif path[-1] not in ("apiVersion", "kind"):
        yield path


@pytest.mark.parametrize("path", list(leaves(json.loads(EVERYTHING))))
def test_everything_in_a_manifest_makes_something_of_the_job_or_is_told(
    path: tuple[str | int, ...],
) -> None:
    """Without it something else is imported, or said."""
    without = json.loads(EVERYTHING)
    place = without
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]

    def imported(manifest: Any) -> tuple[object, object]:
        found = cronjobs.read([(yaml.safe_dump(manifest), "x")])
        return found.jobs, {(text, message) for text, message, _ in said(found)}

    assert imported(json.loads(EVERYTHING)) != imported(without)


def test_what_a_server_adds_says_nothing(tmp_path: Path) -> None:
    found = read(
        changed(
            (("metadata", "uid"), "5"),
            (("metadata", "creationTimestamp"), "2026-01-01T00:00:00Z"),
            (("metadata", "managedFields"), [{"manager": "x"}]),
            (("metadata", "annotations"),
             {"kubectl.kubernetes.io/last-applied-configuration": "{}"}),
            (("spec", "suspend"), False),
            ((*JOB, "completions"), 1),
            ((*POD, "dnsPolicy"), "ClusterFirst"),
            ((*POD, "securityContext"), {}),
            ((*CONTAINER, "resources"), {}),
            (("status",), {"active": [{"name": "x"}]}),
        ),
        tmp_path,
    )  # fmt: skip

    assert [] == said(found)


# ---- single settings


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("spec", "schedule"), "@hourly", {"clock": "cron @hourly"}),
        (("spec", "schedule"), "@every 1h30m", {"clock": "every 1h30m"}),
        (("spec", "schedule"), "0 9-17 * * MON-FRI", {"clock": "cron 0 9-17 * * MON-FRI"}),
        (("spec", "schedule"), "0 9 ? * ?", {"clock": "cron 0 9 ? * ?"}),
        (("spec", "timeZone"), "Asia/Tokyo", {"timezone": "Asia/Tokyo"}),
        (("spec", "timeZone"), "Etc/UTC", {"timezone": "UTC"}),
        (("spec", "suspend"), True, {"enabled": False}),
        (("spec", "concurrencyPolicy"), "Allow", {"overlap": "allow"}),
        (("spec", "concurrencyPolicy"), "Replace", {"overlap": "replace"}),
        (
            ("spec", "startingDeadlineSeconds"), 30,
            {"catchup_window": "30s", "grace": "30s", "start_deadline": "30s"},
        ),
        (("spec", "schedule"), "0 0 1 * *", {"catchup_window": "5w"}),
        (("spec", "failedJobsHistoryLimit"), 5, {"history": {"keep_runs": 8}}),
        ((*POD, "activeDeadlineSeconds"), 60, {"timeout": "1m"}),
        ((*JOB, "activeDeadlineSeconds"), 60, {"timeout": "1m", "retry": None}),
        ((*CONTAINER, "command"), ["/bin/sh", "-c", "a | b"], {"command": "a | b"}),
        ((*CONTAINER, "securityContext"), {"runAsUser": 0}, {"user": "0"}),
        ((*CONTAINER, "args"), ["a b"], {"command": ["/usr/bin/backup", "a b"]}),
    ],
)  # fmt: skip
def test_a_setting_becomes_a_key(
    path: tuple[str | int, ...], value: Any, expected: dict[str, Any], tmp_path: Path
) -> None:
    imported = read(changed((path, value)), tmp_path)

    found = {**imported.settings, **only(imported).keys}
    assert expected == {key: found.get(key) for key in expected}


def test_characters_that_json_writes_as_two_come_as_one(tmp_path: Path) -> None:
    found = read(changed(((*CONTAINER, "command"), ["echo", "\N{GRINNING FACE}"])), tmp_path)

    assert ["echo", "\N{GRINNING FACE}"] == only(found).keys["command"]


def test_without_a_limit_it_is_tried_again_as_often_as_kubernetes_does(tmp_path: Path) -> None:
    manifest = json.loads(changed())
    del manifest["spec"]["jobTemplate"]["spec"]["backoffLimit"]
    found = only(read(json.dumps(manifest), tmp_path))

    assert {
        "max_retries": 6, "delay": "10s", "backoff": "exponential", "max_delay": "6m",
    } == found.keys["retry"]  # fmt: skip


@pytest.mark.parametrize(
    ("schedule", "zone"), [("TZ=Asia/Tokyo 0 9 * * *", "Asia/Tokyo"), ("0 9 * * *", "UTC")]
)
def test_without_a_zone_that_of_the_schedule_or_utc_is_taken(
    schedule: str, zone: str, tmp_path: Path
) -> None:
    manifest = json.loads(changed((("spec", "schedule"), schedule)))
    del manifest["spec"]["timeZone"]

    found = read(json.dumps(manifest), tmp_path)

    message = "the zone of its controller is taken to be UTC, which it is mostly"
    keys = {**found.settings, **only(found).keys}
    assert ("cron 0 9 * * *", zone) == (keys["clock"], keys["timezone"])
    assert ([] if zone != "UTC" else [(f"schedule: {schedule}", message, True)]) == said(found)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("spec", "schedule"), "0 9 * *", f"'0 9 * *' has 4 fields{FIVE}"),
        (("spec", "schedule"), "0 9 * * 7", "weekday '7' is outside 0-6"),
        (("spec", "schedule"), "0 9 L * *", "'L' is no day of month of Kubernetes"),
        (("spec", "schedule"), "0 9-7 * * *", "'9-7' runs backwards"),
        (("spec", "schedule"), "*/0 9 * * *", "a step of 0 goes nowhere"),
        (("spec", "schedule"), "@every soon", "'soon' is no duration (such as @every 1h30m)"),
        (("spec", "schedule"), "@reboot", f"'@reboot' has 1 fields{FIVE}"),
        (("spec", "timeZone"), "Nowhere", "unknown zone 'Nowhere'"),
        (("spec", "schedule"), None, "it has no schedule"),
        ((*POD, "containers"), [], "it has no container"),
        ((*CONTAINER, "command"), [], NO_COMMAND),
        ((*CONTAINER, "command"), "ls", "command: ls is no list of texts"),
        (("kind",), "Deployment", None),
    ],
)  # fmt: skip
def test_what_can_be_no_job_is_refused_with_its_reason(
    path: tuple[str | int, ...], value: Any, expected: str | None, tmp_path: Path
) -> None:
    text = changed((path, value))
    if expected is None:
        text, expected = f"{changed()}\n---\n{text}", "only CronJobs are read"

    found = read(text, tmp_path)

    kind = "Deployment" if path == ("kind",) else "CronJob"
    assert [(f"{kind} backup", expected, False)] == said(found)


# ---- which manifests


def test_lists_and_several_documents_are_read_and_names_stay_apart(tmp_path: Path) -> None:
    of_shop = json.loads(changed((("metadata", "namespace"), "shop")))
    untyped = {key: value for key, value in PLAIN.items() if key not in ("kind", "apiVersion")}
    documents = [
        PLAIN,
        {"kind": "List", "items": [of_shop, PLAIN]},
        None,
        {"kind": "CronJobList", "items": [untyped]},
    ]

    found = read(yaml.safe_dump_all(documents), tmp_path)

    assert ["backup", "shop-backup", "backup-2", "backup-3"] == [job.name for job in found.jobs]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind: Deployment", "there is no CronJob (such as: kubectl get cronjobs -o yaml)"),
        ("", "there is no CronJob (such as: kubectl get cronjobs -o yaml)"),
        ("- a", "cron.yaml:1: this is no manifest"),
        ("a: &a [*a]", "cron.yaml: this is no YAML: its aliases expand to too much"),
        ("[" * 5000 + "]" * 5000, "cron.yaml: it is nested too deeply"),
        ("a: *b", "cron.yaml:1: this is no YAML: found undefined alias 'b'"),
        ("a: \udcff", "cron.yaml: this is no YAML: the character #xdcff cannot stand in it"),
    ],
)  # fmt: skip
def test_what_is_no_manifest_is_an_error(text: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        cronjobs.read([(text, "cron.yaml")])

    assert expected == str(caught.value)


def test_aliases_that_expand_to_very_much_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]" for n in range(9)]

    with pytest.raises(ConfigError, match=r"^cron.yaml: this is no YAML: its aliases expand"):
        cronjobs.read([("\n".join(lines), "cron.yaml")])


# ---- the rules of its schedules, by brute force

ITEMS = st.one_of(
    st.just("*"), st.just("?"), st.integers(1, 6).map("*/{}".format),
    st.integers(0, 6).map(str),
    st.tuples(st.integers(1, 3), st.integers(3, 6)).map("{0[0]}-{0[1]}".format),
    st.tuples(st.integers(1, 6), st.integers(1, 4)).map("{0[0]}/{0[1]}".format),
)  # fmt: skip
FIELDS = st.lists(ITEMS, min_size=1, max_size=2).map(",".join)
BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))


def values(text: str, low: int, high: int) -> tuple[set[int], bool]:
    """Return what a field admits, and whether it has a star: as parser.go of robfig/cron does."""
    found: set[int] = set()
    starred = False
    for item in text.split(","):
        span, _, step = item.partition("/")
        if span in "*?":
            begin, end = low, high
            starred = starred or step in ("", "1")
        else:
            first, _, last = span.partition("-")
            begin, end = int(first), int(last or (high if step else first))
        found |= set(range(begin, end + 1, int(step or 1)))
    return found, starred


def fires(text: str, begin: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield the minutes (UTC) after *begin* at which the wall clock shows what the fields admit."""
    fields = [values(word, *bounds) for word, bounds in zip(text.split(), BOUNDS, strict=True)]
    instant = begin.replace(second=0, microsecond=0)
    for _ in range(60 * 24 * 40):
        instant += timedelta(minutes=1)
        wall = instant.astimezone(zone)
        shown = (wall.minute, wall.hour, wall.day, wall.month, wall.isoweekday() % 7)
        fits = [shown[n] in fields[n][0] for n in range(5)]
        either = not fields[2][1] and not fields[4][1]
        day = any(fits[2::2]) if either else all(fits[2::2])
        if fits[0] and fits[1] and fits[3] and day:
            yield instant


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(FIELDS, FIELDS, FIELDS, st.just("*"), FIELDS).map(" ".join).filter(
        lambda text: "0" not in text.split()[2].replace("/", ",").replace("-", ",").split(",")
    ),
    st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe"]),
    st.sampled_from([datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 10, 31, tzinfo=UTC),
                     datetime(2026, 4, 4, tzinfo=UTC), datetime(2026, 10, 3, tzinfo=UTC)]),
)  # fmt: skip
@example("0 3 */2 * 1", "UTC", datetime(2026, 3, 7, tzinfo=UTC))
@example("30 2 * * *", "America/New_York", datetime(2026, 3, 7, tzinfo=UTC))
@example("30 1 * * *", "America/New_York", datetime(2026, 10, 31, tzinfo=UTC))
def test_any_schedule_fires_as_kubernetes_reads_it(text: str, zone: str, begin: datetime) -> None:
    clock = kubernetes_schedule.schedule(text).clock
    schedule = Schedule(clock, timezone=zone)
    changes = clock_changes.needed(schedule.clocks, ZoneInfo(zone), CHANGES)
    if changes is not None:
        schedule = Schedule(clock, timezone=zone, dst=changes)

    expected = list(islice(fires(text, begin, ZoneInfo(zone)), 100))

    assert expected == list(islice(schedule.after(begin), len(expected)))
