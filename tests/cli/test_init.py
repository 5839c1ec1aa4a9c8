"""`sched init` and `sched schema`: a file to begin with, and what an editor checks it with."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from files import Answer, Sched, text
from schedkit.loader.schema import schema

WROTE = "wrote {0}schedules.yaml and {0}schedules.schema.json\n\n  sched {1}next\n  sched {1}run\n"


def test_the_schema_is_json(sched: Sched) -> None:
    expected = (0, schema(), "")

    answer = sched("schema")
    actual = (answer.code, json.loads(answer.stdout), answer.stderr)

    assert expected == actual


def test_a_file_and_its_schema_are_written(sched: Sched) -> None:
    expected = (Answer(0, WROTE.format("", ""), ""), ["schedules.schema.json", "schedules.yaml"])

    answer = sched("init")
    actual = (answer, sorted(path.name for path in sched.directory.glob("sched*")))

    assert expected == actual


def test_the_file_to_begin_with_has_no_problems(sched: Sched) -> None:
    sched("init")
    expected = (0, "no problems", "")

    answer = sched("validate", "--strict")
    actual = (answer.code, answer.stdout.strip().rpartition(", ")[2], answer.stderr)

    assert expected == actual


def test_the_file_to_begin_with_names_its_schema(sched: Sched) -> None:
    sched("init")
    expected = "# yaml-language-server: $schema=schedules.schema.json"

    actual = (sched.directory / "schedules.yaml").read_text(encoding="utf-8").splitlines()

    assert expected in actual


def test_the_schema_beside_it_is_that_of_the_command(sched: Sched) -> None:
    sched("init")
    expected = schema()

    actual = json.loads((sched.directory / "schedules.schema.json").read_text(encoding="utf-8"))

    assert expected == actual


@pytest.mark.parametrize("target", ["etc", "etc/"])
def test_a_directory_gets_a_file_of_the_usual_name(sched: Sched, target: str) -> None:
    (sched.directory / "etc").mkdir()
    expected = Answer(0, WROTE.format("etc/", "-c etc/schedules.yaml "), "")

    actual = sched("init", target)

    assert expected == actual


def test_a_file_in_a_directory_that_is_not_there_is_written(sched: Sched) -> None:
    expected = Answer(0, WROTE.format("new/", "-c new/schedules.yaml "), "")

    actual = sched("init", "new/schedules.yaml")

    assert expected == actual


def test_a_file_that_is_there_stays(sched: Sched) -> None:
    sched.write("mine\n")
    expected = (
        Answer(
            2,
            "",
            "error: schedules.yaml is there already;"
            " to replace it: sched init --force schedules.yaml\n",
        ),
        "mine\n",
    )

    answer = sched("init")
    actual = (answer, (sched.directory / "schedules.yaml").read_text(encoding="utf-8"))

    assert expected == actual


def test_a_file_that_is_there_is_replaced_by_force(sched: Sched) -> None:
    sched.write("mine\n")
    expected = Answer(0, WROTE.format("", ""), "")

    actual = sched("init", "--force")

    assert expected == actual


def test_a_schema_of_somebody_else_stays(sched: Sched) -> None:
    """Only --force replaces a file that is there: of both that are written."""
    sched.write("mine\n", "schedules.schema.json")
    wrote = (
        "wrote schedules.yaml; schedules.schema.json stays as it is\n\n  sched next\n  sched run\n"
    )
    expected = (Answer(0, wrote, ""), "mine\n")

    answer = sched("init")
    actual = (answer, (sched.directory / "schedules.schema.json").read_text(encoding="utf-8"))

    assert expected == actual


def test_what_is_to_be_typed_next_is_quoted_for_a_shell(sched: Sched) -> None:
    typed = "-c 'of ours/schedules.yaml' "
    expected = [
        Answer(0, WROTE.format("of ours/", typed), ""),
        Answer(
            2,
            "",
            "error: of ours/schedules.yaml is there already;"
            " to replace it: sched init --force 'of ours/schedules.yaml'\n",
        ),
    ]

    assert expected == [sched("init", "of ours/schedules.yaml") for _ in range(2)]


def test_standard_output_is_no_place_for_two_files(sched: Sched) -> None:
    expected = Answer(2, "", "error: init writes a file and one beside it: name where to\n")

    assert expected == sched("init", "-")
    assert not (sched.directory / "-").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_place_that_may_not_be_written_is_a_matter_of_permissions(sched: Sched) -> None:
    closed = sched.directory / "closed"
    closed.mkdir(mode=0o500)
    expected = Answer(77, "", "error: closed/schedules.yaml: permission denied\n")

    assert expected == sched("init", "closed")


def test_a_second_path_is_a_wrong_use(sched: Sched) -> None:
    expected = (2, "", True)

    answer = sched("init", "a", "b")
    actual = (answer.code, answer.stdout, "unexpected extra argument" in answer.stderr)

    assert expected == actual


def test_a_place_that_cannot_be_written_is_said(sched: Sched) -> None:
    sched.write("a file\n", "etc")
    expected = Answer(2, "", "error: etc: file exists\n")

    actual = sched("init", "etc/schedules.yaml")

    assert expected == actual


# ---- from the crontab of the user


def crontab_says(sched: Sched, script: str) -> dict[str, str]:
    """Return the environment in which a script stands for the program crontab."""
    program = sched.directory / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return {"PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}


def test_a_crontab_is_what_to_begin_with(sched: Sched) -> None:
    environment = crontab_says(sched, "echo '# Dump the shop'; echo '30 2 * * * dump -'\"$1\"")
    told = """\
crontab: every job
  = note: cron gives it HOME, LOGNAME, SHELL, PATH and what the crontab sets; here it has the \
environment of the runner, too
crontab: every job
  = note: no mail is sent: what it writes is kept, see: sched logs JOB
cron still runs these jobs, too; take them out there: crontab -e
"""
    written = text("""
        # yaml-language-server: $schema=schedules.schema.json
        #
        # What `crontab -l` said. Preview it with `sched next`, start it with `sched run`.

        timezone: local
        defaults:
          working_dir: '~'
          overlap: allow
          catchup: none
          env: {PATH: '/usr/bin:/bin'}

        jobs:
          dump:
            description: Dump the shop
            command: dump --l
            clock: cron 30 2 * * *
    """)

    answer = sched("init", "--from-crontab", **environment)

    assert Answer(0, WROTE.format("", ""), told) == answer
    assert f"{written}\n" == (sched.directory / "schedules.yaml").read_text(encoding="utf-8")


def test_a_crontab_that_is_not_taken_whole_fails_and_is_written(sched: Sched) -> None:
    environment = crontab_says(sched, "echo '61 * * * * x'")
    expected = (1, WROTE.format("", ""), True)

    answer = sched("init", "--from-crontab", **environment)

    written = (sched.directory / "schedules.yaml").exists()
    assert expected == (answer.code, answer.stdout, written)


def test_without_a_crontab_nothing_is_written(sched: Sched) -> None:
    environment = crontab_says(sched, "echo no crontab for me >&2; exit 1")
    expected = (Answer(1, "", "error: crontab -l: no crontab for me\n"), False)

    answer = sched("init", "--from-crontab", **environment)

    assert expected == (answer, (sched.directory / "schedules.yaml").exists())


def test_without_a_program_to_ask_nothing_is_written(sched: Sched, tmp_path: Path) -> None:
    expected = Answer(
        1,
        "",
        "error: crontab cannot be asked: no such file or directory\n"
        "  = help: of a file that you have: sched import crontab FILE\n",
    )

    actual = sched("init", "--from-crontab", PATH=str(tmp_path))

    assert expected == actual


def test_a_file_that_is_there_stays_before_a_crontab_is_asked_for(sched: Sched) -> None:
    sched.write("mine\n")
    expected = 2

    answer = sched("init", "--from-crontab")

    assert expected == answer.code
