"""Timers with their services, as jobs."""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest

from schedkit import loader
from schedkit.errors import ConfigError
from schedkit.interchange import systemd_units
from schedkit.interchange.draft import Draft, Imported, to_yaml

BERLIN = ZoneInfo("Europe/Berlin")
TIMER = "[Timer]\nOnCalendar=daily\nPersistent=yes\n"
SERVICE = "[Service]\nType=oneshot\nExecStart=/usr/bin/backup\n"


@pytest.fixture
def units(tmp_path: Path) -> Path:
    found = tmp_path / "etc/systemd/system"
    found.mkdir(parents=True)
    return found


def write(directory: Path, **files: str) -> None:
    """Write units: `backup_timer` is backup.timer."""
    for name, text in files.items():
        stem, _, kind = name.rpartition("_")
        (directory / f"{stem}.{kind}").write_text(dedent(text).lstrip("\n"), encoding="utf-8")


def read(*paths: Path, local: ZoneInfo = BERLIN) -> Imported:
    """Return what is imported; what is written of it is loaded, too."""
    imported = systemd_units.read(map(str, paths), local)
    if imported.jobs:
        file = paths[0].parent / "schedules.yaml"
        file.write_text(to_yaml(imported), encoding="utf-8")
        loader.load([file])
    return imported


def only(imported: Imported) -> Draft:
    (draft,) = imported.jobs
    return draft


def one(directory: Path, timer: str = TIMER, service: str = SERVICE) -> Imported:
    write(directory, backup_timer=timer, backup_service=service)
    return read(directory / "backup.timer")


def said(imported: Imported) -> list[tuple[str, str, bool]]:
    """Return what is told: of what, what of it, and whether it is taken."""
    return [(found.text, found.message, found.taken) for found in imported.differences]


def keys(directory: Path, service: str) -> dict[str, object]:
    """Return the keys that a service adds to those of the plainest one."""
    found = only(one(directory, service=f"{SERVICE}{service}")).keys
    plain = only(one(directory)).keys
    return {key: value for key, value in found.items() if plain.get(key) != value}


# ---- the whole


def test_a_timer_and_its_service_become_a_job(units: Path) -> None:
    write(
        units,
        backup_timer="""
        [Unit]
        Description=Back up each night

        [Timer]
        OnCalendar=Mon..Fri *-*-* 02:30
        OnCalendar=*-*~1 23:00
        Persistent=true
        RandomizedDelaySec=10min
        AccuracySec=1us

        [Install]
        WantedBy=timers.target
        """,
        backup_service="""
        [Unit]
        Description=Dump the shop of %H
        Description=Dump the shop (%p)
        Documentation=man:pg_dump(1)
        OnFailure=mail@%n.service

        [Service]
        Type=oneshot
        Environment=LANG=C "GREETING=two words"
        ExecStartPre=-/usr/bin/test -w /srv
        ExecStart=/usr/bin/pg_dump \\
            # to the share
            --file=/srv/dump.sql ${SHOP} \\
            $OPTIONS
        User=shop
        Nice=10
        UMask=027
        LimitNOFILE=4096
        TimeoutStartSec=1h 30min
        TimeoutStopSec=20
        KillSignal=SIGINT
        SuccessExitStatus=TEMPFAIL 3
        Restart=on-failure
        RestartSec=30
        StartLimitBurst=3
        PrivateTmp=yes
        ProtectSystem=full
        ProtectHome=no
        """,
    )

    found = read(units / "backup.timer")

    assert (
        dedent("""
    # Imported by sched. Check it with `sched validate`, preview it with `sched next`.

    timezone: local

    jobs:
      # from TIMER
      # Back up each night
      # man:pg_dump(1)
      backup:
        description: Dump the shop (backup)
        command: |
          set -e
          /usr/bin/test -w /srv || true
          /usr/bin/pg_dump --file=/srv/dump.sql "${SHOP}" $OPTIONS
        clock: ['weekly mon-fri at 02:30', 'monthly last at 23:00']
        env: {LANG: C, GREETING: two words}
        working_dir: /
        user: shop
        umask: '027'
        nice: 10
        limits: {open_files: 4096}
        timeout: 1h30m
        stop_signal: INT
        kill_grace: 20s
        success: {exit_codes: [0, 3, 75]}
        retry: {max_retries: 1000000, delay: 30s}
        catchup: latest
        catchup_window: 1w

    # Not taken:
    # TIMER:8: RandomizedDelaySec=10min
    #   it fires exactly at its times; give each machine its own
    # SERVICE:26: PrivateTmp=yes ; ProtectSystem=full
    #   it is not confined; run the runner itself under such settings
    # SERVICE:5: OnFailure=mail@%n.service
    #   nothing is started after it
    """)
        .lstrip("\n")
        .replace("TIMER", str(units / "backup.timer"))
        .replace("SERVICE", str(units / "backup.service"))
    ) == to_yaml(found)
    assert [
        (
            "ExecStart=/usr/bin/pg_dump --file=/srv/dump.sql ${SHOP} $OPTIONS",
            "the shell splits $NAME at blanks: quotes and wildcards in it count less",
        ),
        (
            "TimeoutStartSec=1h 30min",
            "of all its commands together; systemd counts for each",
        ),
        ("Restart=on-failure", "systemd tries again without end, as nearly does this"),
    ] == [(text, message) for text, message, taken in said(found) if taken]


FIXTURE_TIMER = """
[Unit]
Description=The timer
Documentation=man:backup(8)
ConditionACPower=true
[Timer]
OnCalendar=02:30
OnBootSec=5min
OnUnitActiveSec=1h
OnClockChange=yes
Persistent=true
RandomizedDelaySec=10min
FixedRandomDelay=yes
AccuracySec=1h
WakeSystem=yes
RemainAfterElapse=no
Unit=other.service
[Install]
WantedBy=backup.target
"""
FIXTURE_SERVICE = """
[Unit]
Description=The service
After=network.target
StartLimitIntervalSec=1min
StartLimitBurst=2
[Service]
Type=oneshot
ExecCondition=/bin/cond
ExecStartPre=/bin/pre
ExecStart=/bin/main
ExecStartPost=/bin/post
ExecStop=/bin/stop
Environment=A=1
EnvironmentFile=/etc/hostname
PassEnvironment=TERM
User=shop
Group=shop
WorkingDirectory=/srv
UMask=027
Nice=5
LimitAS=1G
LimitCPU=1h
LimitNOFILE=100
LimitNPROC=10:20
LimitCORE=0
TimeoutStartSec=1h
TimeoutStopSec=5
RuntimeMaxSec=2h
KillSignal=SIGINT
KillMode=process
SuccessExitStatus=3 SIGKILL
Restart=on-failure
RestartSec=10s
RestartPreventExitStatus=4
RemainAfterExit=yes
DynamicUser=yes
PrivateTmp=yes
MemoryMax=1G
Slice=background.slice
StandardOutput=append:/var/log/x
IOSchedulingClass=idle
StateDirectory=x
LoadCredential=x:/y
SupplementaryGroups=adm
WatchdogSec=5
NobodyKnows=this
[Socket]
ListenStream=80
"""
LINES = [
    (file, number)
    for file, text in enumerate((FIXTURE_TIMER, FIXTURE_SERVICE))
    for number, line in enumerate(text.splitlines())
    if "=" in line
]


@pytest.mark.parametrize(("file", "number"), LINES)
def test_every_setting_makes_something_of_the_job_or_is_told(
    units: Path, file: int, number: int
) -> None:
    """Without it something else is imported, or said."""

    def imported(texts: list[str]) -> tuple[object, object]:
        timer, service = texts
        write(units, backup_timer=timer, other_service=service)
        found = read(units / "backup.timer")
        told = {(one.text, one.message) for one in found.differences}
        return found.jobs, told

    texts = [FIXTURE_TIMER, FIXTURE_SERVICE]
    whole = imported(texts)
    lines = texts[file].splitlines()
    lines[number] = ""  # the places of the others stay
    texts[file] = "\n".join(lines)

    assert whole != imported(texts)


# ---- when


@pytest.mark.parametrize(
    ("timer", "expected"),
    [
        ("OnCalendar=daily UTC", {"clock": "daily at 00:00", "timezone": "UTC"}),
        ("OnCalendar=hourly\nOnCalendar=\nOnCalendar=weekly", {"clock": "weekly mon at 00:00"}),
        ("OnBootSec=5m\nOnCalendar=\nOnCalendar=daily", {"clock": "daily at 00:00"}),
        ("OnCalendar=daily\nOnCalendar=*-*-* 00:00", {"clock": "daily at 00:00"}),
        ("OnCalendar=2028-1-1", {"clock": {"dates": ["2028-01-01 00:00"]}}),
        ("OnBootSec=15min\nOnUnitActiveSec=1d", {"clock": ["startup boot", "every 1d"]}),
        ("OnUnitInactiveSec=90min", {"clock": "every 1h30m"}),
        ("OnUnitActiveSec=36h 1s", {"clock": "every 36h1s"}),
        ("OnStartupSec=infinity\nOnActiveSec=1", {"clock": "startup boot"}),
    ],
)  # fmt: skip
def test_every_kind_of_time_becomes_a_clock(
    units: Path, timer: str, expected: dict[str, object]
) -> None:
    found = one(units, f"[Timer]\n{timer}\n")

    zone = {"timezone": "local", **found.settings}
    assert {"timezone": "local", **expected} == {**zone, "clock": only(found).keys["clock"]}


@pytest.mark.parametrize(
    ("timer", "expected"),
    [
        ("OnCalendar=daily\nPersistent=no", {"catchup": "none"}),
        ("OnCalendar=daily\nPersistent=yes", {"catchup": "latest"}),
        ("OnCalendar=weekly\nPersistent=yes", {"catchup": "latest", "catchup_window": "1w"}),
        ("OnCalendar=yearly\nPersistent=yes", {"catchup": "latest", "catchup_window": "53w"}),
        (
            "OnCalendar=Mon..Fri *:0/10\nPersistent=yes",
            {"catchup": "latest", "catchup_window": "1w"},
        ),
        ("OnUnitActiveSec=1h", {"catchup": "none"}),
        ("OnBootSec=1h", {}),
    ],
)
def test_what_is_missed_is_run_as_late_as_systemd_would(
    units: Path, timer: str, expected: dict[str, str]
) -> None:
    found = only(one(units, f"[Timer]\n{timer}\n")).keys

    catchup = {key: found[key] for key in ("catchup", "catchup_window") if key in found}
    assert expected == catchup


@pytest.mark.parametrize(
    ("calendar", "expected"),
    [
        ("02:30", {"gap": "skip", "fold": "first"}),
        ("hourly", {"gap": "skip", "fold": "first"}),
        ("03:30", None),
        ("hourly UTC", None),
        ("02:30 Asia/Tokyo", None),
        ("*-01-01 02:30", None),  # the clocks change on no such day
    ],
)
def test_what_clock_changes_do_is_said_where_it_is_not_the_same(
    units: Path, calendar: str, expected: object
) -> None:
    found = one(units, f"[Timer]\nOnCalendar={calendar}\nPersistent=yes\n")

    assert expected == only(found).keys.get("dst")
    assert [] == said(found)


def test_a_date_that_a_clock_change_skips_is_told(units: Path) -> None:
    found = one(units, "[Timer]\nOnCalendar=2027-03-28 02:30\nPersistent=yes\n")

    message = (
        "a clock change skips 2027-03-28 02:30:00: systemd skips it, sched runs after the change"
    )
    assert [("OnCalendar=2027-03-28 02:30", message, True)] == said(found)


def test_times_of_two_zones_become_two_jobs(units: Path) -> None:
    found = one(units, f"{TIMER}OnCalendar=daily UTC\n")

    assert [("backup", None), ("backup-2", "UTC")] == [
        (job.name, job.keys.get("timezone")) for job in found.jobs
    ]
    assert [
        (
            "OnCalendar=daily UTC",
            "another zone takes a job of its own: the two may run at the same time",
            True,
        )
    ] == said(found)


@pytest.mark.parametrize(
    ("timer", "expected"),
    [
        ("OnCalendar=funday", "'funday' is no day of the week"),
        ("OnCalendar=*:*:0.5", "it fires between two seconds, which no clock here does"),
        ("OnCalendar=*-02-30", "'0 0 30 2 *' never fires: no month of '2' has a day '30'"),
        ("OnUnitActiveSec=0", "that is too short: a second is the least"),
        ("OnClockChange=yes", "no clock here fires for that"),
        ("OnCalendar=%H:00", "%H is the name of the host: not known here (write it out)"),
    ],
)
def test_a_time_that_no_clock_has_is_told_and_without_any_there_is_no_job(
    units: Path, timer: str, expected: str
) -> None:
    without = one(units, f"[Timer]\n{timer}\n")
    beside = one(units, f"[Timer]\n{timer}\nOnCalendar=daily UTC\nPersistent=yes\n")

    assert ((), [("backup.timer", "nothing says when it fires that a clock here does", False)]) == (
        without.jobs,
        said(without),
    )
    assert "daily at 00:00" == only(beside).keys["clock"]
    assert [(timer, expected, False)] == said(beside)


@pytest.mark.parametrize(
    ("more", "rest"),
    [
        ("", ""),
        ("SuccessExitStatus=3", "; all but 0 leave it out, also those of SuccessExitStatus="),
    ],
)
def test_exit_codes_of_a_condition_that_mean_something_else_are_told(
    units: Path, more: str, rest: str
) -> None:
    found = one(units, service=f"{SERVICE}ExecCondition=/bin/c\n{more}\n")

    message = "exit code 255 leaves the run out, 126 and 127 fail it; systemd has it the other way"
    assert [("ExecCondition=/bin/c", f"{message}{rest}", True)] == said(found)


def test_what_passes_while_the_machine_sleeps_is_told(units: Path) -> None:
    found = one(units, "[Timer]\nOnCalendar=daily\n")

    message = "what passes while the machine sleeps is left out; systemd runs it on waking"
    assert [("OnCalendar=daily", message, True)] == said(found)


# ---- what is run


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("ExecStart=/bin/b", {"command": "set -e\n/usr/bin/backup\n/bin/b\n"}),
        ("ExecStart=\nExecStart=/bin/b", {"command": "/bin/b"}),
        ("ExecCondition=/bin/c -x", {"only_if": "/bin/c -x"}),
        ("ExecCondition=/bin/c 'a b'", {"only_if": ["/bin/c", "a b"]}),
        ("ExecCondition=/bin/sh -c 'test -f a'", {"only_if": "test -f a"}),
        ("ExecCondition=/bin/bash -c 'test -f a'", {"only_if": ["/bin/bash", "-c", "test -f a"]}),
        (
            "ExecCondition=/bin/c\nExecCondition=-/bin/d $A",
            {"only_if": "set -e\n/bin/c\n/bin/d $A || true\n"},
        ),
        ("ExecStartPost=/bin/p", {"command": "set -e\n/usr/bin/backup\n/bin/p\n"}),
        ("WorkingDirectory=~", {"working_dir": "~root"}),
        ("WorkingDirectory=-/srv", {"working_dir": "/srv"}),
        ("WorkingDirectory=%S/x", {"working_dir": "/var/lib/x"}),
        ("User=1000\nWorkingDirectory=~", {"working_dir": "~1000", "user": "1000"}),
        ("LimitAS=512M", {"limits": {"memory": "512 MiB"}}),
        ("LimitCPU=90", {"limits": {"cpu_time": "1m30s"}}),
        ("LimitNPROC=8:16", {"limits": {"processes": 8}}),
        ("TimeoutSec=10", {"timeout": "10s", "kill_grace": "10s"}),
        ("TimeoutSec=10\nTimeoutStartSec=20", {"timeout": "20s", "kill_grace": "10s"}),
        ("TimeoutStartSec=20\nTimeoutSec=10", {"timeout": "10s", "kill_grace": "10s"}),
        ("TimeoutStartSec=infinity", {}),
        ("TimeoutStartSec=0", {}),
        ("KillSignal=10", {"stop_signal": "USR1"}),
        ("Type=exec\nRuntimeMaxSec=1h", {"timeout": "1h"}),
        (
            "Restart=on-failure",
            {"retry": {"max_retries": 4, "delay": "100ms"}},
        ),
        (
            "Restart=on-failure\nRestartSec=1min\n[Unit]\nStartLimitIntervalSec=1h",
            {"retry": {"max_retries": 4, "delay": "1m"}},
        ),
        (
            "Restart=always\nRestartSec=2d",
            {"retry": {"max_retries": 1000000, "delay": "2d", "max_delay": "2d"}},
        ),
        ("Restart=no", {}),
    ],
)
def test_a_setting_of_a_service_becomes_a_key(
    units: Path, service: str, expected: dict[str, object]
) -> None:
    assert expected == keys(units, f"{service}\n")


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("[Service]\nType=oneshot\nExecStop=/bin/x\n", "its service has no ExecStart="),
        (
            "[Service]\nExecStart=/bin/a\nExecStart=/bin/b\n",
            "its service has several ExecStart=, which takes Type=oneshot",
        ),
        (
            "[Service]\nExecStart=/bin/a on %m\n",
            "ExecStart=/bin/a on %m: %m is the machine id: not known here (write it out)",
        ),
        (
            "[Service]\nExecStart=/bin/a 'b\n",
            "ExecStart=/bin/a 'b: the quote ' is not closed",
        ),
    ],
)
def test_a_service_that_can_be_no_job_is_refused_with_its_reason(
    units: Path, service: str, expected: str
) -> None:
    found = one(units, service=service)

    assert ((), [("backup.timer", expected, False)]) == (found.jobs, said(found))


def test_a_timer_of_no_service_is_refused(units: Path) -> None:
    found = one(units, f"{TIMER}Unit=backup.target\n")

    assert [("backup.timer", "it starts backup.target, which is no service", False)] == said(found)


def test_a_unit_of_a_user_runs_at_home_and_as_nobody_else(tmp_path: Path) -> None:
    directory = tmp_path / ".config/systemd/user"
    directory.mkdir(parents=True)

    found = only(one(directory)).keys

    assert ("~", None) == (found["working_dir"], found.get("user"))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            "KillMode=process",
            "a timeout ends all that it started; what outlives it by itself goes on",
        ),
        (
            "Type=forking",
            "a run ends with the process that it starts: what this leaves behind goes on",
        ),
    ],
)
def test_what_becomes_of_what_a_command_leaves_behind_is_told(
    units: Path, setting: str, message: str
) -> None:
    found = one(units, service=f"[Service]\n{setting}\nExecStart=/usr/bin/backup\n")

    assert [(setting, message, False)] == said(found)


def test_a_unit_of_the_system_is_one_by_whatever_path_it_is_named(
    units: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(units, backup_timer=TIMER, backup_service=SERVICE)
    monkeypatch.chdir(units)

    imported = systemd_units.read(["backup.timer"], BERLIN)

    assert ("root", []) == (only(imported).keys["user"], said(imported))


def test_that_nobody_says_as_whom_a_unit_runs_is_told(tmp_path: Path) -> None:
    message = "it has no User=: of the system it would run as root, here it runs as the runner does"

    imported = one(tmp_path)

    assert [("backup.service", message, True)] == said(imported)
    assert "user" not in only(imported).keys


def test_an_optional_file_of_variables_that_is_not_there_is_left_out(
    units: Path, tmp_path: Path
) -> None:
    there = tmp_path / "there.env"
    there.write_text("A=1\n", encoding="utf-8")
    files = f"EnvironmentFile=-{there}\nEnvironmentFile=-/nowhere\nEnvironmentFile=/x/*\n"

    found = one(units, service=f"{SERVICE}{files}Environment=A=2\n")

    assert [str(there)] == only(found).keys["env_file"]
    assert [
        "it has to be there; systemd would go on without it",
        "what env says goes before it; for systemd the file does",
        "it is not there now, and a file of env_file has to be",
        "a wildcard: write each file under env_file",
    ] == [message for _, message, _ in said(found)]


# ---- which files


def test_a_directory_has_every_timer_in_it(units: Path) -> None:
    write(units, a_timer=TIMER, a_service=SERVICE, b_timer=TIMER, b_service=SERVICE)

    found = read(units)

    assert ["a", "b"] == [job.name for job in found.jobs]
    assert {"timezone": "local", "defaults": {"working_dir": "/", "user": "root"}} == found.settings


def test_a_link_to_a_timer_finds_what_is_beside_the_timer(units: Path) -> None:
    """So are those linked that are enabled."""
    write(units, backup_timer=TIMER, backup_service=SERVICE)
    wants = units / "timers.target.wants"
    wants.mkdir()
    (wants / "backup.timer").symlink_to(units / "backup.timer")

    found = read(wants, units)

    assert ["backup"] == [job.name for job in found.jobs]


def test_drop_ins_are_applied_in_the_order_of_their_names(units: Path) -> None:
    write(units, **{"my-backup_timer": TIMER, "my-backup_service": SERVICE})
    for name, text in {
        "my-backup.timer.d/20-later.conf": "[Timer]\nOnCalendar=weekly\n",
        "my-.timer.d/10-first.conf": "[Timer]\nOnCalendar=\nOnCalendar=monthly\n",
        "my-backup.service.d/x.conf": "[Service]\nNice=7\n",
        "service.d/x.conf": "[Service]\nNice=8\n",  # of the same name: the nearer one counts
        "service.d/y.conf": "[Service]\nUMask=077\n",
        "other.timer.d/x.conf": "[Timer]\nOnCalendar=hourly\n",
    }.items():
        (units / name).parent.mkdir(exist_ok=True)
        (units / name).write_text(text, encoding="utf-8")

    found = only(read(units / "my-backup.timer")).keys

    clocks = ["monthly 1 at 00:00", "weekly mon at 00:00"]
    assert (clocks, 7, "077") == (found["clock"], found["nice"], found["umask"])


def test_an_instance_is_read_from_its_template(units: Path) -> None:
    write(units, **{"backup@_timer": TIMER, "backup@_service": f"{SERVICE}Environment=OF=%i\n"})

    found = read(units / "backup@shop.timer")

    assert ("backup@shop", {"OF": "shop"}) == (only(found).name, only(found).keys["env"])


def test_a_template_without_an_instance_is_refused(units: Path) -> None:
    write(units, **{"backup@_timer": TIMER})

    found = read(units)

    message = "this is a template: name one of its instances, NAME@INSTANCE.timer"
    assert [("backup@.timer", message, False)] == said(found)


def test_a_masked_timer_is_told(units: Path) -> None:
    (units / "backup.timer").symlink_to("/dev/null")

    found = read(units)

    assert [("backup.timer", "masked: systemd does not start it", False)] == said(found)


def test_what_systemctl_cat_writes_is_read_as_it_stands() -> None:
    text = (
        f"# /lib/systemd/system/backup.timer\n{TIMER}\n"
        "# /etc/systemd/system/backup.timer.d/override.conf\n[Timer]\nOnCalendar=weekly\n\n"
        f"# /lib/systemd/system/backup.service\n# by hand\n{SERVICE}"
    )

    found = systemd_units.read_stream(text, BERLIN)

    assert (["daily at 00:00", "weekly mon at 00:00"], "/usr/bin/backup", "root") == tuple(
        only(found).keys[key] for key in ("clock", "command", "user")
    )
    assert [] == said(found)


def test_a_file_that_is_no_timer_is_an_error() -> None:
    with pytest.raises(ConfigError) as caught:
        systemd_units.read(["x.service"], BERLIN)

    hint = "name a .timer, its service is found beside it: x.timer"
    assert f"x.service is no timer ({hint})" == str(caught.value)


def test_a_directory_without_timers_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        systemd_units.read([str(tmp_path)], BERLIN)

    where = "/etc/systemd/system/timers.target.wants, or the output of: systemctl cat NAME..."
    assert f"there are no timers (name files or directories, such as {where})" == str(caught.value)


def test_what_cannot_be_read_in_a_directory_keeps_nothing_from_being_read(units: Path) -> None:
    write(units, backup_timer=TIMER, backup_service=SERVICE)
    (units / "gone.timer").symlink_to(units / "away.timer")
    (units / "loop.timer").symlink_to(units / "loop.timer")
    (units / "within.timer").mkdir()
    os.mkfifo(units / "pipe.timer")
    expected = [
        ("gone.timer", "no such file or directory", False),
        ("loop.timer", "too many levels of symbolic links", False),
        ("pipe.timer", f"{units}/pipe.timer: this is no file", False),
        ("within.timer", f"{units}/within.timer: this is no file", False),
    ]

    imported = read(units)

    assert expected == said(imported)
    assert ["backup"] == [job.name for job in imported.jobs]


@pytest.mark.parametrize("target", ["away.timer", "a.timer"])
def test_a_link_that_leads_nowhere_is_an_error_when_it_is_named(units: Path, target: str) -> None:
    (units / "a.timer").symlink_to(units / target)

    with pytest.raises(OSError, match="a\\.timer"):
        read(units / "a.timer")


def test_a_stream_without_a_timer_is_an_error() -> None:
    with pytest.raises(ConfigError) as caught:
        systemd_units.read_stream("# /x/a.service\n[Service]\n", BERLIN)

    hint = "write into it: systemctl cat NAME.timer NAME.service"
    assert f"there is no timer on standard input ({hint})" == str(caught.value)


# ---- syntax


def test_what_systemd_passes_over_is_told(units: Path) -> None:
    found = one(
        units, f"Lost=1\n{TIMER}not an assignment\n[X-Mine]\nAnything=1\n[Timer]\nX-Own=2\n"
    )

    assert [
        ("Lost=1", "this stands before any section: systemd passes over it", False),
        ("not an assignment", "this is no assignment: systemd passes over it", False),
    ] == said(found)


def test_a_file_that_is_no_utf_8_is_told(units: Path) -> None:
    (units / "backup.timer").write_bytes(b"[Timer]\nOnCalendar=\xff\n")

    found = read(units)

    message = f"{units / 'backup.timer'}: this is not UTF-8"
    assert [("backup.timer", message, False)] == said(found)
