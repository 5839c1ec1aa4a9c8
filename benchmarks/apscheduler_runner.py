"""
Runs the jobs of a crontab with APScheduler, as its documentation shows it.

    python apscheduler_runner.py CRONTAB
"""
# mypy: disable-error-code="import-not-found, import-untyped"

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger

_FIELDS = 5


def main() -> None:
    """Run them until somebody ends it."""
    scheduler = BlockingScheduler(timezone="UTC")
    for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines():
        trigger, command = _read(line)
        # What runs at the start would be missed where so many are read for more than a second.
        grace = {} if trigger is not None else {"misfire_grace_time": None}
        scheduler.add_job(subprocess.run, trigger, [shlex.split(command)], **grace)
    scheduler.start()


def _read(line: str) -> tuple[CronTrigger | None, str]:
    """Return when a line says that its command runs, None for once and at the start."""
    if line.startswith("@reboot"):
        return None, line.removeprefix("@reboot")
    *fields, command = line.split(" ", _FIELDS)
    return CronTrigger.from_crontab(" ".join(fields), timezone="UTC"), command


if __name__ == "__main__":
    main()
