"""What people type: examples of every verb, kept by hand. A test reads each as sched would."""

from generators.commands import Example

EXAMPLES: dict[str, list[Example]] = {
    "run": [
        Example("sched run", "run the jobs of ./schedules.yaml until Ctrl-C"),
        Example(
            "sched -c /etc/sched run --log-format json", "a directory of files, the log in JSON"
        ),
        Example("sched run --for 10s --only backup", "ten seconds, with one of the jobs"),
        Example("sched run --dry-run", "what would be caught up on and started now"),
    ],
    "validate": [
        Example("sched validate", "every problem of the file at once"),
        Example("sched validate --strict --format github schedules.yaml", "in CI"),
    ],
    "notify-test": [
        Example("sched notify-test", "whether everybody is reached who is told of jobs"),
        Example("sched notify-test payroll", "those who are told of one of them"),
    ],
    "next": [
        Example("sched next", "the next ten fire times of all jobs"),
        Example("sched next payroll --from 2027-01-01 --until 2027-12-31", "a year of one job"),
        Example("sched next backup -n 3 --skipped", "with what filters drop"),
        Example("sched next --json", "for programs"),
    ],
    "explain": [
        Example("sched explain payroll 2027-05-15", "why it does not run on that day"),
        Example("sched explain payroll", "how its next fire time comes about"),
        Example("sched explain 7k3m2q", "what has caused a run, and what that, to the beginning"),
    ],
    "history": [
        Example("sched history backup -n 5", "the last five runs of a job"),
        Example("sched history --since yesterday --state failed,missed,lost", "what went wrong"),
    ],
    "events": [
        Example("sched events", "what happened beside time, and which runs it caused"),
        Example("sched events 'lead.*' --since yesterday", "of some names"),
    ],
    "list": [
        Example("sched list", "every job: when it fires, its last run, its next"),
        Example("sched list 'etl-*'", "the jobs whose names begin so"),
    ],
    "status": [
        Example("sched status", "what is wrong, if anything is, and what goes on"),
        Example("sched status --check", "one line, and exit 1 unless all is well: for monitoring"),
    ],
    "logs": [
        Example("sched logs backup", "what the last run of a job wrote"),
        Example("sched logs 7k3m2q -n 20", "the last lines of a run"),
        Example("sched logs backup --follow", "what it writes, while it does"),
    ],
    "trigger": [
        Example("sched trigger backup", "run it now"),
        Example("sched trigger migrate --wait", "in a deploy script: exit 1 unless it succeeds"),
        Example("sched trigger report --follow --param MONTH=2026-10", "with a parameter, watched"),
    ],
    "emit": [
        Example("sched emit lead.opted_in email=ann@example.org", "run what waits for it"),
        Example("sched emit order.paid --key 4711 --json '{\"sum\": 9.5}'", "once for each order"),
        Example("tail -f events.jsonl | sched emit --from - -q", "as they come, a line each"),
    ],
    "at": [
        Example("sched at 18:30 report", "once more, this evening"),
        Example("sched at '2026-12-24 06:00' backup", "on a day, in the zone of this machine"),
    ],
    "in": [Example("sched in 90m report --param DRAFT=yes", "once more, with a parameter")],
    "cancel": [
        Example("sched cancel 7k3m2q", "stop a run, with every process that it started"),
        Example("sched cancel backup --signal INT", "all runs of a job, with another signal"),
    ],
    "pause": [
        Example("sched pause --all --until 18:00 --reason 'database upgrade'", "a maintenance"),
        Example("sched pause backup", "one job, until it is resumed"),
    ],
    "resume": [Example("sched resume --all", "go on with everything")],
    "reload": [Example("sched reload", "take the file as it is now, and say what changed")],
    "plan": [
        Example("sched plan", "what the file as it is now would change"),
        Example("sched plan new.yaml --days 30", "the same of another file, in a month"),
    ],
    "import": [
        Example("crontab -l | sched import crontab > schedules.yaml", "your own crontab"),
        Example("sched import crontab --system /etc/crontab", "one with a user in each line"),
        Example("sched import systemd backup.timer", "a timer, and the service that it starts"),
        Example("kubectl get cronjobs -o yaml | sched import k8s", "from a cluster"),
    ],
    "export": [
        Example("sched export crontab backup", "a job as a line of a crontab"),
        Example("sched export systemd --into ~/units", "every job as a timer and its service"),
        Example("sched export k8s backup --image registry.example.org/backup:7", "as a CronJob"),
    ],
    "backfill": [
        Example(
            "sched backfill sales --from 2026-11-01 --to 2026-11-08 --dry-run", "what it would run"
        ),
        Example(
            "sched backfill sales --from 2026-11-01 --to 2026-11-08 --parallel 2 --yes", "run it"
        ),
    ],
    "prune": [
        Example("sched prune --keep 90d --dry-run", "what would go"),
        Example("sched prune old-job --keep-last 1 --yes", "all but the last run of a job"),
    ],
    "audit": [
        Example("sched audit", "who changed, paused, triggered what, and when"),
        Example("sched audit --since yesterday", "the same since yesterday"),
    ],
    "show": [Example("sched show backup", "everything about a job")],
    "schema": [Example("sched schema > schedules.schema.json", "for an editor")],
    "init": [Example("sched init", "write schedules.yaml, and its schema beside it")],
}
