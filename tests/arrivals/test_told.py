"""What a job was told of, and is not told again."""

from __future__ import annotations

import pytest

from schedkit.arrivals.told import Told

_A, _B = "a" * 32, "b" * 32


@pytest.fixture
def told() -> Told:
    return Told()


def test_content_is_news_to_each_job_once_at_each_path(told: Told) -> None:
    told.add("import", "/in/a", _A, 1)

    assert not told.is_news("import", "/in/a", _A)
    assert told.is_news("import", "/in/a", _B)
    assert told.is_news("import", "/in/b", _A)
    assert told.is_news("export", "/in/a", _A)


def test_the_last_content_counts(told: Told) -> None:
    told.add("import", "/in/a", _A, 1)
    told.add("import", "/in/a", _B, 2)

    assert told.is_news("import", "/in/a", _A)


def test_how_it_looked_is_known_when_it_was_said(told: Told) -> None:
    told.add("import", "/in/a", _A, -1)
    told.add("import", "/in/b", _A, None)

    assert told.looks("import", "/in/a", -1)
    assert not told.looks("import", "/in/a", 1)
    assert not told.looks("import", "/in/b", -1)
    assert not told.looks("export", "/in/a", -1)


def test_what_is_forgotten_is_news(told: Told) -> None:
    told.add("import", "/in/a", _A, 1)
    told.add("export", "/in/a", _A, 1)

    assert told.forget("/in/a") == ["import", "export"]
    assert told.is_news("import", "/in/a", _A)
    assert told.forget("/in/a") == []
    assert told.within("") == []


def test_what_is_missing_of_a_directory_is_found_in_it_alone(told: Told) -> None:
    for path in ("/in/a", "/in/b", "/in/c/a", "/inner/a", "/a"):
        told.add("import", path, _A, 1)

    assert told.missing("/in", ["b", "c"]) == ["/in/a"]
    assert sorted(told.within("/in")) == ["/in/a", "/in/b", "/in/c/a"]
    assert len(told.within("")) == 5


def test_only_some_jobs_are_kept(told: Told) -> None:
    told.add("import", "/in/a", _A, 1)
    told.add("export", "/in/a", _A, 1)
    told.add("export", "/out/a", _A, 1)

    told.keep({"import"})

    assert (told.jobs("/in/a"), told.within("")) == (["import"], ["/in/a"])


def test_the_file_system_of_a_directory_is_the_one_last_seen(told: Told) -> None:
    told.add("import", "/in/a", _A, 1)
    assert told.device("/in") is None

    told.add("import", "/in/a", _A, 1, 5)
    told.add("import", "/in/b", _A, 1)

    assert (told.device("/in"), told.device("/out")) == (5, None)
