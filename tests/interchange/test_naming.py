"""What a job is called that has nothing but a command."""

from __future__ import annotations

import pytest

from schedkit.interchange.naming import wish


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("/usr/local/bin/backup.sh --all", "backup"),
        ("backup", "backup"),
        ("A=1 B='2' /srv/x", "x"),
        ("cd /srv && ./x", "x"),
        ("[ -x /srv/x ] && /srv/y", "y"),
        ("if [ -x /srv/x ] && [ $(date +%d) -le 7 ]; then /srv/y; fi", "y"),
        ("command -v x > /dev/null && x 1 1", "x"),
        ("test -x /x -a \\! -d /run/y && perl -e 'sleep int(rand(43200))' && y -q", "y"),
        ("test -x /a || { cd / && run-parts --report /etc/cron.daily; }", "cron.daily"),
        ("nice -n 19 ionice -c3 /usr/bin/python3 -u scripts/report.py", "report"),
        ("sudo -u www-data php /var/www/cron.php", "cron"),
        ("flock -n /tmp/a.lock /usr/bin/x", "x"),
        ("timeout 10m x", "x"),
        ("a=$({ cat /x | sed 's/^(.)$/1/p'; }); a=${a:-/y}; if [ -d \"$a\" ]; then z; fi", "z"),
        ("x 2>&1 | mail -s x root", "x"),
        ("> /tmp/log x", "x"),
        ("true", "true"),
        ("exec python3", "exec"),
        ("", ""),
        ("# nothing", ""),
    ],
)
def test_a_job_is_called_as_the_program_that_does_the_work(command: str, expected: str) -> None:
    assert expected == wish(command)
