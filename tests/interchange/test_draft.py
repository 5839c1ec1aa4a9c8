"""Drafts of jobs: their names, and the file that is made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from files import text
from schedkit.interchange.draft import Difference, Draft, Imported, Names, to_yaml, unique_name
from schedkit.job import name_problem
from schedkit.loader import document

TEXTS = st.text(st.characters(codec="utf-8"), max_size=30) | st.text(" \n\t:#-'\"%a~|>", max_size=8)
LEAVES = st.none() | st.booleans() | st.integers(-99, 99) | TEXTS
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
KEYS = st.dictionaries(
    st.sampled_from(["command", "clock", "env", "on", "no", "x y"]), VALUES, max_size=3
)


def test_a_file_is_written_as_a_person_would_write_it() -> None:
    imported = Imported(
        jobs=(
            Draft("backup", {"description": "Dump: all", "command": "dump |\n  gzip\n"}, "By\nus"),
            Draft("on", {"command": ["a", "-b"], "clock": "cron */5 * * * *", "umask": "027"}),
        ),
        differences=(
            Difference("crontab:1", "MAILTO=me", "no mail is sent"),
            Difference("crontab:3", "* * a", "this is no time", taken=False),
        ),
        settings={"timezone": "local", "defaults": {"overlap": "allow"}},
    )
    expected = text("""
        # Imported by sched. Check it with `sched validate`, preview it with `sched next`.

        timezone: local
        defaults: {overlap: allow}

        jobs:
          # By
          # us
          backup:
            description: 'Dump: all'
            command: |
              dump |
                gzip

          'on':
            command: [a, -b]
            clock: cron */5 * * * *
            umask: '027'

        # Not taken:
        # crontab:3: * * a
        #   this is no time
    """)

    actual = to_yaml(imported)

    assert f"{expected}\n" == actual


def test_a_file_without_jobs_has_the_key_all_the_same() -> None:
    expected: dict[str, Any] = {"jobs": {}}

    actual = yaml.safe_load(to_yaml(Imported(())))

    assert expected == actual


@given(st.dictionaries(TEXTS, KEYS, max_size=2), KEYS, TEXTS)
def test_what_is_written_loads_again_to_the_same(
    jobs: dict[str, dict[str, Any]], settings: dict[str, Any], comment: str
) -> None:
    drafts = tuple(Draft(name, keys, comment) for name, keys in jobs.items())
    lost = (Difference(comment, comment, comment, taken=False),)
    expected = {**settings, "jobs": jobs}

    actual = yaml.safe_load(to_yaml(Imported(drafts, lost, settings)))

    assert expected == actual


@given(st.dictionaries(TEXTS, KEYS, max_size=2), TEXTS)
def test_our_own_reader_takes_every_text_for_the_same(
    tmp_path_factory: pytest.TempPathFactory, jobs: dict[str, dict[str, Any]], comment: str
) -> None:
    drafts = tuple(Draft(name, keys, comment) for name, keys in jobs.items())
    path: Path = tmp_path_factory.getbasetemp() / "drafts.yaml"
    path.write_text(to_yaml(Imported(drafts)), encoding="utf-8")
    expected = _texts({"jobs": jobs})

    actual = document.read(path).plain()

    assert expected == actual


def _texts(value: Any) -> Any:
    """Return *value* as our reader gives it, which leaves the types to the model."""
    if isinstance(value, dict):
        return {key: _texts(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_texts(inner) for inner in value]
    return str(value).lower() if isinstance(value, (bool, int)) else value


@given(st.text(), st.integers(0, 3))
def test_a_name_is_made_of_any_text(wish: str, others: int) -> None:
    taken: set[str] = set()
    for _ in range(others):
        taken.add(unique_name(wish, taken))

    name = unique_name(wish, taken)

    assert others == len(taken)
    assert name not in taken
    assert name_problem(name) is None


@given(st.lists(st.sampled_from(["a", "a-2", "a-3", "b", "/usr/bin/a", ""])))
def test_many_names_are_those_that_are_found_one_by_one(wishes: list[str]) -> None:
    expected: list[str] = []
    for wish in wishes:
        expected.append(unique_name(wish, expected))

    names = Names()
    actual = [names.take(wish) for wish in wishes]

    assert expected == actual
