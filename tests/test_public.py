"""What schedkit lets others import, and what importing it costs."""

from __future__ import annotations

import importlib
import pickle
import subprocess
import sys

import pytest

import schedkit
from schedkit import Schedule

CORE = ["errors", "timeline", "durations", "scalars", "values", "vocabulary", "schedule"]
CORE += ["clocks", "filters", "adjustments"]
HEAVY = ["pydantic", "pydantic_core", "croniter", "yaml", "sqlite3", "subprocess", "dateutil"]
HEAVY += ["rich", "typer", "asyncio", "socket"]


def imported_after(code: str) -> set[str]:
    """Return the modules that a fresh interpreter has imported after *code*."""
    script = f"{code}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


def test_every_public_name_can_be_imported() -> None:
    expected = dict.fromkeys(schedkit.__all__, True)

    actual = {name: hasattr(schedkit, name) for name in schedkit.__all__}

    assert expected == actual


def test_public_names_are_listed_once() -> None:
    expected = len(set(schedkit.__all__))

    actual = len(schedkit.__all__)

    assert expected == actual


def test_a_star_import_gives_the_public_names() -> None:
    names: dict[str, object] = {}

    exec("from schedkit import *", names)

    assert set(schedkit.__all__) == names.keys() - {"__builtins__"}


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'schedkit' has no attribute 'Scheduler'"):
        _ = schedkit.Scheduler


@pytest.mark.parametrize("module", CORE)
def test_importing_a_module_of_the_time_core_imports_nothing_slow(module: str) -> None:
    expected: set[str] = set()

    actual = imported_after(f"import schedkit.{module}") & set(HEAVY)

    assert expected == actual


def test_importing_the_package_imports_nothing_of_what_it_does() -> None:
    expected = {"schedkit", "schedkit.typed"}

    modules = imported_after("import schedkit")
    actual = {name for name in modules if name.startswith("schedkit")}

    assert expected == actual


def test_a_schedule_that_was_sent_fires_without_the_grammar() -> None:
    """A clock that was read once needs no grammar to be evaluated elsewhere."""
    sent = pickle.dumps(Schedule("cron 0 9 * * mon-fri", timezone="Europe/Berlin"))
    ask = f"import pickle; from datetime import *; sent = pickle.loads({sent!r})"
    expected: set[str] = set()

    modules = imported_after(f"{ask}\nnext(sent.after(datetime(2026, 1, 1, tzinfo=UTC)))")
    actual = modules & {"pydantic", "croniter", "yaml", "sqlite3"}

    assert expected == actual


@pytest.mark.parametrize("module", ["clocks", "filters", "adjustments"])
def test_the_words_of_a_package_are_its_vocabulary(module: str) -> None:
    package = importlib.import_module(f"schedkit.{module}")
    vocabulary = getattr(package, module.upper())

    classes = [vocabulary.class_of(word) for word in vocabulary.words]

    assert all(found.__doc__ for found in classes)
