"""What a runner tells its keeper, however it arrives."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schedkit.keeper import messages

_VALUES = st.recursive(
    st.none() | st.integers() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.binary(), inner),
    max_leaves=10,
)


@given(st.lists(st.tuples(st.text(), _VALUES), max_size=5), st.integers(1, 50))
def test_messages_arrive_whole_and_in_order_in_whatever_parts(
    sent: list[tuple[Any, ...]], size: int
) -> None:
    data = b"".join(messages.packed(message) for message in sent)
    incoming = messages.Incoming()

    parts = [data[start : start + size] for start in range(0, len(data), size)]

    assert [message for part in parts for message in incoming.feed(part)] == sent


def test_of_half_a_message_nothing_arrives() -> None:
    incoming = messages.Incoming()

    assert list(incoming.feed(messages.packed(("start", []))[:-1])) == []
