"""Crontabs such as packages bring: they are taken whole, and fire when cron would."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path

import pytest

from oracle import Around, Crontab, walked
from schedkit import Schedule
from schedkit.interchange import crontab_file

LIKE_THOSE_OF_PACKAGES = """
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin
MAILTO=root
17 *	* * *	root	cd / && run-parts --report /etc/cron.hourly
25 6	* * *	root	test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }
47 6	* * 7	root	test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.weekly; }
52 6	1 * *	root	test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.monthly; }
5-55/10 * * * * root command -v one-sample > /dev/null && one-sample 1 1
59 23 * * * root command -v one-sample > /dev/null && one-sample 60 2
57 0 * * 0 root if [ -x /usr/share/raid/check ] && [ $(date +\\%d) -le 7 ]; then /usr/share/raid/check; fi
09,39 *     * * *     root   [ -x /usr/lib/web/clean ] && if [ ! -d /run/x ]; then /usr/lib/web/clean; fi
30 3 * * 0 root test -e /run/systemd/system || SERVICE_MODE=1 /usr/lib/fs/scrub-all
0 */12 * * * root test -x /usr/bin/renew -a \\! -d /run/x && perl -e 'sleep int(rand(43200))' && renew -q
@reboot         logs    if [ -x /usr/sbin/logs ]; then nice -n10 /usr/sbin/logs -R; fi
2 * * * *       logs    if [ -x /usr/sbin/logs ]; then nice -n10 /usr/sbin/logs; fi
30 2,14 1-7 */2 mon,thu  list  /usr/bin/list senddigests
"""  # noqa: E501


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("Europe/Berlin", "2026-03-29"),
        ("Europe/Berlin", "2026-10-25"),
        ("America/New_York", "2026-03-08"),
        ("America/New_York", "2026-11-01"),
        ("Australia/Lord_Howe", "2026-04-05"),
        ("Australia/Lord_Howe", "2026-10-04"),
    ],
)
def test_the_lines_of_packages_fire_when_cron_would_fire_them(zone: str, change: str) -> None:
    around = Around(zone, datetime.fromisoformat(change).replace(tzinfo=UTC), 24 * 8)
    moments = walked(around)
    lines = [line for line in LIKE_THOSE_OF_PACKAGES.split("\n") if line[:1] in "0123456789*"]
    lines = [line for line in lines if line]
    expected = [list(Crontab(" ".join(line.split()[:5])).fires(moments)) for line in lines]

    imported = crontab_file.read(LIKE_THOSE_OF_PACKAGES, "crontab", system=True)

    before, last = moments[0].instant - timedelta(minutes=1), moments[-1].instant
    clocks = [job.keys["clock"] for job in imported.jobs if job.keys["clock"] != "startup boot"]
    schedules = [Schedule(clock, timezone=zone) for clock in clocks]
    actual = [
        list(takewhile(lambda fire: fire <= last, schedule.after(before))) for schedule in schedules
    ]
    assert expected == actual
    assert [] == [one for one in imported.differences if not one.taken]


def test_the_crontabs_of_this_machine_are_taken_whole() -> None:
    """Whatever packages are installed where the tests run."""
    places = [Path("/etc/crontab"), *sorted(Path("/etc/cron.d").glob("[!.]*"))]
    sources = [(place.read_text("utf-8", "surrogateescape"), str(place)) for place in places
               if os.access(place, os.R_OK) and place.is_file()]  # fmt: skip

    imported = crontab_file.read_all(sources, system=True)

    assert [] == [one for one in imported.differences if not one.taken]
