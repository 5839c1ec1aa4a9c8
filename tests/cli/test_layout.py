"""Columns that give way in an order of their own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedkit.cli.layout import fitted, narrowed

NEEDED = {"A": 20, "B": 30, "C": 10}
GIVING_WAY = (("B", 12), ("C", 0), ("A", 5), ("B", 4))


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (100, {"A": 20, "B": 30, "C": 10}),
        (64, {"A": 20, "B": 30, "C": 10}),
        (63, {"A": 20, "B": 29, "C": 10}),
        (46, {"A": 20, "B": 12, "C": 10}),
        (45, {"A": 20, "B": 23}),
        (34, {"A": 20, "B": 12}),
        (33, {"A": 19, "B": 12}),
        (19, {"A": 5, "B": 12}),
        (18, {"A": 5, "B": 11}),
        (11, {"A": 5, "B": 4}),
        (1, {"A": 5, "B": 4}),
    ],
)
def test_columns_give_way_in_turn_and_what_goes_leaves_its_room(
    room: int, expected: dict[str, int]
) -> None:
    assert expected == fitted(NEEDED, GIVING_WAY, room)


@given(
    st.dictionaries(st.sampled_from("ABCDE"), st.integers(1, 60), min_size=1),
    st.lists(st.tuples(st.sampled_from("ABCDE"), st.integers(0, 20)), max_size=8),
    st.integers(1, 200),
)
def test_no_column_is_wider_than_it_needs_and_none_gives_way_without_need(
    needed: dict[str, int], giving_way: list[tuple[str, int]], room: int
) -> None:
    widths = fitted(needed, giving_way, room)

    def total(of: dict[str, int]) -> int:
        return sum(of.values()) + 2 * (len(of) - 1)

    assert all(0 < cells <= needed[name] for name, cells in widths.items())
    assert widths == needed or total(widths) <= max(room, total(needed))
    assert total(needed) > room or widths == needed
    can_drop = {name for name, least in giving_way if not least}
    assert needed.keys() - widths.keys() <= can_drop


@given(
    st.dictionaries(st.sampled_from("ABCDE"), st.integers(1, 60), min_size=1), st.integers(1, 200)
)
def test_without_an_order_only_the_widest_columns_give_way(
    needed: dict[str, int], room: int
) -> None:
    widths = narrowed(needed, room)

    gaps = 2 * (len(needed) - 1)
    cut = {name for name in needed if widths[name] < needed[name]}
    limit = max((widths[name] for name in cut), default=60)
    assert all(widths[name] <= limit + 1 for name in needed) or not cut
    assert sum(widths.values()) + gaps <= room or max(widths.values()) <= 12
    assert not cut or sum(widths.values()) + gaps == room or max(widths.values()) == 12
