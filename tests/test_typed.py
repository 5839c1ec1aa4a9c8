"""That a stand-in does what the real one of `typing` does."""

from __future__ import annotations

import pickle
import typing
from typing import Any

import pytest

from schedkit import typed


class Ours(typed.NamedTuple):
    """A pair."""

    first: int
    second: str = "x"

    @property
    def both(self) -> str:
        return f"{self.first}{self.second}"

    def __str__(self) -> str:
        return self.both


class Theirs(typing.NamedTuple):
    """A pair."""

    first: int
    second: str = "x"

    @property
    def both(self) -> str:
        return f"{self.first}{self.second}"

    def __str__(self) -> str:
        return self.both


WAYS: list[typing.Callable[[Any], object]] = [
    lambda kind: kind(1),
    lambda kind: kind(1, "y"),
    lambda kind: kind(second="y", first=1),
    lambda kind: kind(1, second="z").both,
    lambda kind: str(kind(1)),
    lambda kind: repr(kind(1)).partition("(")[2],
    lambda kind: kind(1)._replace(second="y"),
    lambda kind: kind(1)._asdict(),
    lambda kind: kind._make([1, "y"]),
    lambda kind: (kind._fields, kind._field_defaults, kind.__match_args__, kind.__doc__),
    lambda kind: hash(kind(1)),
    lambda kind: sorted([kind(2), kind(1)]),
    lambda kind: kind(1) < (1, "z"),
    lambda kind: pickle.loads(pickle.dumps(kind(1, "y"))),
    lambda kind: hasattr(kind(1), "__dict__"),
]


@pytest.mark.parametrize("way", WAYS)
def test_a_named_tuple_is_as_that_of_typing(way: typing.Callable[[Any], object]) -> None:
    assert way(Ours) == way(Theirs)


@pytest.mark.parametrize(
    ("values", "given"), [((), {}), ((1, "y", 2), {}), ((1,), {"third": 3}), ((1,), {"first": 1})]
)
def test_a_named_tuple_refuses_what_that_of_typing_does(
    values: tuple[Any, ...], given: dict[str, Any]
) -> None:
    for kind in (Ours, Theirs):
        made: Any = kind
        with pytest.raises(TypeError):
            made(*values, **given)


def test_a_type_written_with_stand_ins_means_what_typing_means_by_it() -> None:
    written: Any = tuple[typed.Annotated[typed.Literal["a b", "c"] | int | None, 5], ...]

    assert (
        typed.real(written)
        == tuple[typing.Annotated[typing.Literal["a b", "c"] | int | None, 5], ...]
    )
    assert typed.real(typed.Any) is Any
    assert typed.real(int | None) == int | None


def test_there_is_a_stand_in_for_all_that_a_type_checker_sees() -> None:
    assert [name for name in typed.__all__ if not hasattr(typed, name)] == []
