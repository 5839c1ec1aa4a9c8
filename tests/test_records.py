"""What a record is: a dataclass to whom asks, at no cost to who does not."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
import typing

import pytest

from schedkit.records import Record, derived, field, replace
from schedkit.typed import Annotated, Any, ClassVar, Generic, Literal, TypeVar
from schedkit.values import Whole, adapter

T = TypeVar("T")


class Box(Record):
    size: int
    colour: Literal["dark red", "blue"] = "blue"
    labels: dict[str, Annotated[int, Whole(1)] | None] = field(default_factory=dict)
    area: int = derived()
    EDGES: ClassVar[int] = 12

    def __post_init__(self) -> None:
        self.__dict__["area"] = self.size**2


class Crate(Box, kw_only=True):
    owner: str


class Holder(Record, Generic[T]):
    held: T


class Nothing(Record):
    pass


def test_fields_are_given_in_order_or_by_name() -> None:
    assert Box(2, "dark red") == Box(colour="dark red", size=2)


def test_records_are_equal_when_their_class_and_fields_are() -> None:
    assert Box(2) == Box(2)
    assert Box(2) != Box(3)
    assert Box(2) != Crate(size=2, owner="me")
    assert Nothing() == Nothing()
    assert len({Holder("a"), Holder("a"), Holder("b"), Nothing(), Nothing()}) == 3


def test_each_record_has_an_object_of_its_own_where_the_default_is_made() -> None:
    first, second = Box(1), Box(1)

    assert first.labels == second.labels == {}
    assert first.labels is not second.labels


def test_what_is_derived_is_worked_out_again_for_what_is_replaced() -> None:
    assert replace(Box(2), size=3).area == 9


def test_a_record_does_not_change() -> None:
    box = Box(2)

    with pytest.raises(AttributeError, match="'size' stays as it is"):
        box.size = 3  # type: ignore[misc]  # what this is about
    with pytest.raises(AttributeError, match="'size' stays"):
        del box.size


@pytest.mark.parametrize(
    ("values", "given", "said"),
    [
        ((), {}, "Box needs size"),
        ((1,), {"weight": 2}, "Box has no weight"),
        ((1,), {"size": 2}, "Box takes 3 fields, each once"),
        ((1, "blue", {}, 4), {}, "Box takes 3 fields, each once"),
    ],
)
def test_what_is_missing_unknown_or_too_much_is_refused(
    values: tuple[Any, ...], given: dict[str, Any], said: str
) -> None:
    with pytest.raises(TypeError, match=said):
        Box(*values, **given)


def test_a_class_may_take_its_fields_by_name_only() -> None:
    made: Any = Crate

    with pytest.raises(TypeError, match="Crate needs owner, size"):
        made(2, "blue", {}, "me")


def test_a_record_says_what_it_is_made_of() -> None:
    assert repr(Crate(size=2, owner="me")) == "Crate(size=2, colour='blue', labels={}, owner='me')"


def test_a_record_can_be_matched_by_place() -> None:
    match Box(2):
        case Box(size, colour):
            assert (size, colour) == (2, "blue")
        case _:
            pytest.fail("it does not match")


@pytest.mark.parametrize("box", [Box(2), Box(2, "dark red", {"a": 1}), Crate(size=1, owner="me")])
def test_a_record_is_copied_and_pickled_whole(box: Box) -> None:
    for other in (copy.copy(box), copy.deepcopy(box), pickle.loads(pickle.dumps(box))):
        assert (other, other.area) == (box, box.area)


def test_what_is_as_usual_is_not_pickled() -> None:
    assert b"blue" not in pickle.dumps(Box(2, "blue"))
    assert b"blue" not in pickle.dumps(Crate(size=2, colour="blue", owner="me"))


def test_dataclasses_sees_the_fields_with_what_their_annotations_mean() -> None:
    assert dataclasses.is_dataclass(Crate)
    assert {one.name: one.type for one in dataclasses.fields(Crate)} == {
        "size": int,
        "colour": typing.Literal["dark red", "blue"],
        "labels": dict[str, typing.Annotated[int, Whole(1)] | None],
        "owner": str,
    }
    assert dataclasses.fields(Box)[1].default == "blue"
    assert dataclasses.replace(Box(2), size=3) == Box(3)
    assert dataclasses.asdict(Box(2)) == {"size": 2, "colour": "blue", "labels": {}}


def test_a_class_that_is_made_after_another_was_asked_about_has_its_own_fields() -> None:
    assert dataclasses.fields(Nothing) == ()

    class Late(Record):
        size: int

    assert [one.name for one in dataclasses.fields(Late)] == ["size"]


def test_pydantic_reads_a_record_and_writes_it() -> None:
    read = adapter(Crate).validate_python({"size": 2, "owner": "me", "labels": {"a": "1"}})

    assert (read, read.area) == (Crate(size=2, owner="me", labels={"a": 1}), 4)
    assert adapter(Crate).dump_python(read) == {
        "size": 2, "colour": "blue", "labels": {"a": 1}, "owner": "me",
    }  # fmt: skip


def test_a_class_of_records_costs_neither_typing_nor_dataclasses() -> None:
    program = "import sys, schedkit.records; print({'typing', 'dataclasses'} & {*sys.modules})"

    answer = subprocess.check_output([sys.executable, "-c", program], text=True)

    assert answer == "set()\n"
