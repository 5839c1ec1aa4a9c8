"""Patterns, held against the module glob."""

from __future__ import annotations

import glob
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedkit.arrivals import patterns

_NAMES = st.sampled_from(["a", "b", "ab", ".a", "a.b", "[a]", "*", "a\nb", "ä", "..a"])
_PARTS = st.sampled_from(
    ["a", "b", "ab", ".a", "[a]", "ä", "*", "?", "a*", "*b", ".*", "[ab]", "[!a]*", "[[]a]", "[.]a"]
    + ["**"] * 5 + ["a**", "a[", ".", "*.b", "??"]
)  # fmt: skip
_PATHS = st.lists(st.lists(_NAMES, min_size=1, max_size=4).map("/".join), max_size=12)
_PATTERNS = st.lists(_PARTS, min_size=1, max_size=5).map("/".join)


def _is_wanted(pattern: str, path: str, *, link: bool = False) -> bool:
    *directories, name = path.strip("/").split("/")
    said = patterns.steps(pattern, 7)
    for directory in directories:
        said = patterns.inside(said, directory, link=link)
    return patterns.goals(said, name) == {7}


def _make(root: Path, paths: list[str]) -> None:
    for path in paths:
        file = root / path
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            continue


@settings(max_examples=300, deadline=None)
@given(paths=_PATHS, pattern=_PATTERNS)
def test_the_files_that_glob_finds_are_wanted(paths: list[str], pattern: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory).resolve()
        _make(root, paths)
        found = glob.glob(f"{glob.escape(str(root))}/{pattern}", recursive=True)  # noqa: PTH207
        # A Path would drop the slash of `file/`, which glob finds where it looks for `file/**`.
        expected = {os.path.normpath(path) for path in found if os.path.isfile(path)}  # noqa: PTH113
        files = [str(Path(parent, name)) for parent, _, names in os.walk(root) for name in names]

        wanted = {path for path in files if _is_wanted(f"{root}/{pattern}", path)}

    assert expected == wanted


def test_only_a_pattern_that_begins_with_a_dot_finds_what_is_hidden() -> None:
    found = [pattern for pattern in ("*", "**", ".*", "[.]a", ".a", "?a")
             if _is_wanted(f"/{pattern}", "/.a")]  # fmt: skip

    assert found == [".*", ".a"]


def test_any_depth_does_not_lead_through_links() -> None:
    assert _is_wanted("/**/a", "/b/a")
    assert not _is_wanted("/**/a", "/b/a", link=True)
    assert _is_wanted("/*/a", "/b/a", link=True)


@pytest.mark.parametrize("pattern", ["/srv/in/", "/", "", "/srv/**/", "/srv/in/."])
def test_a_pattern_of_directories_wants_no_file(pattern: str) -> None:
    assert patterns.steps(pattern, 0) == frozenset()


def test_bytes_that_are_no_text_match_as_any_others() -> None:
    name = os.fsdecode(b"\xff.csv")

    assert _is_wanted("/in/*.csv", f"/in/{name}")
    assert _is_wanted(f"/in/{name}", f"/in/{name}")


def test_several_want_the_same_file() -> None:
    said = patterns.steps("/a*", 1) | patterns.steps("/*b", 2) | patterns.steps("/b", 3)

    assert patterns.goals(said, "ab") == {1, 2}


def test_a_directory_in_which_nothing_is_wanted_says_nothing() -> None:
    assert patterns.inside(patterns.steps("/srv/in/*.csv", 0), "var") == frozenset()
