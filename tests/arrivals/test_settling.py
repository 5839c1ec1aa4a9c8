"""When a file is due, by a clock that the tests set."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedkit.arrivals.settling import Settling

_A, _B = ("/a", 0), ("/b", 0)
_SETTLE_S = 4.0


@pytest.fixture
def settling() -> Settling:
    return Settling()


def _see(settling: Settling, now: float, mark: int = 1, settle_s: float = _SETTLE_S) -> None:
    settling.see(_A, mark, 0, settle_s, now)


def test_what_stays_as_it_is_is_due_once(settling: Settling) -> None:
    _see(settling, 100.0)

    assert settling.next_due() == 104.0
    assert settling.due(103.9) is None
    assert settling.due(104.0) == (_A, 1)
    assert settling.due(200.0) is None
    assert settling.next_due() is None


def test_what_changes_begins_again(settling: Settling) -> None:
    _see(settling, 100.0)
    _see(settling, 103.0, mark=2)

    assert settling.due(106.9) is None
    assert settling.due(107.0) == (_A, 2)


def test_what_is_seen_again_as_it_was_goes_on_settling(settling: Settling) -> None:
    _see(settling, 100.0)
    _see(settling, 103.0)

    assert settling.due(104.0) == (_A, 1)


def test_what_changes_after_it_was_due_settles_again(settling: Settling) -> None:
    _see(settling, 100.0)
    settling.due(104.0)
    _see(settling, 105.0, mark=2)

    assert settling.next_due() == 109.0


def test_what_somebody_has_open_is_looked_at_more_and_more_rarely(settling: Settling) -> None:
    _see(settling, 0.0, settle_s=1.0)
    pauses = []
    now = 1.0
    for _ in range(5):
        assert settling.due(now) == (_A, 1)
        settling.put_off(_A, 1.0, now)
        due = settling.next_due()
        assert due is not None
        pauses.append(due - now)
        now = due

    assert pauses == [1.0, 2.0, 4.0, 5.0, 5.0]


def test_a_file_that_need_not_settle_is_not_looked_at_all_the_time(settling: Settling) -> None:
    _see(settling, 0.0, settle_s=0.0)
    first = settling.next_due()
    settling.due(0.05)
    settling.put_off(_A, 0.0, 0.05)

    assert (first, settling.next_due()) == (0.05, 0.1)


def test_what_was_open_and_tells_of_something_is_due_at_once(settling: Settling) -> None:
    _see(settling, 0.0)
    settling.due(4.0)
    settling.put_off(_A, _SETTLE_S, 4.0)
    _see(settling, 5.0)

    assert settling.due(5.0) == (_A, 1)


def test_what_is_dropped_is_never_due(settling: Settling) -> None:
    _see(settling, 0.0)
    settling.drop(_A)
    settling.drop(_A)

    assert (settling.next_due(), settling.due(9.0), len(settling)) == (None, None, 0)


def test_of_those_due_at_once_the_one_that_changed_first_comes_first(settling: Settling) -> None:
    settling.see(("/c", 0), 1, 2_000, 1.0, 0.0)
    settling.see(_B, 1, 1_000, 1.0, 0.0)
    settling.see(_A, 1, 1_000, 1.0, 0.0)

    due = [settling.due(1.0) for _ in range(3)]

    assert [one[0][0] for one in due if one] == ["/a", "/b", "/c"]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 3)), min_size=1, max_size=20))
def test_it_is_due_when_nothing_changed_for_long_enough(looks: list[tuple[int, int]]) -> None:
    """Oracle: go back from the last look for as long as it looked the same."""
    settling = Settling()
    looks.sort(key=lambda one: one[0])
    for time, mark in looks:
        _see(settling, float(time), mark)
    first = len(looks) - 1
    while first > 0 and looks[first - 1][1] == looks[-1][1]:
        first -= 1

    assert settling.next_due() == looks[first][0] + _SETTLE_S
    assert len(settling) == 1
