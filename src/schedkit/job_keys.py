"""How the keys of a job are written that are written as no other value is, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping

from schedkit.clocks.clock import ClockChanges
from schedkit.errors import ConfigError
from schedkit.filters import FILTERS, Filter
from schedkit.scalars import DATES_PATTERN
from schedkit.typed import Any
from schedkit.values import DEFINITION, Form, Meanings, shape
from schedkit.vocabulary import Many


class ClockChangesForm(Form):
    """What a clock change does, as a mapping of gap and fold."""

    def value(self, raw: object) -> ClockChanges:
        """Return what the mapping says."""
        if isinstance(raw, ClockChanges):
            return raw
        if not isinstance(raw, Mapping):
            raise ConfigError.of(f"{shape(raw)} stands where a mapping belongs", "{gap: skip}")
        return ClockChanges.read(raw)

    def write(self, value: ClockChanges) -> dict[str, str]:
        """Return the mapping."""
        return {name: rule for name, rule in value._asdict().items() if rule is not None}

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema."""
        gap = "A time that is skipped: run it once right after the change, or skip it too."
        fold = "A time that comes twice: run it the first time, both times or the second."
        return {
            "type": "object",
            "properties": {
                "gap": {"enum": ["run", "skip"], "description": gap},
                "fold": {"enum": ["first", "both", "second"], "description": fold},
            },
            "additionalProperties": False,
        }


class NeverOn(Many[Filter]):
    """Filters, or dates alone."""

    def __init__(self) -> None:
        super().__init__(FILTERS)

    def value(self, raw: object) -> tuple[Filter, ...]:
        """Return the filters in *raw*, a date being `on_date`."""
        if isinstance(raw, (list, tuple)):
            return super().value([_on_date(entry) for entry in raw])
        return super().value(_on_date(raw))

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema: what filters have, or dates."""
        own = super().schema()
        days = {
            "if": {"type": "string", "pattern": r"^\s*\d"},
            "then": {"pattern": DATES_PATTERN, "patternErrorMessage": "write it as 12-25"},
            "else": {DEFINITION: own.pop(DEFINITION)},
        }
        one = {"type": ["string", "object"], **days}
        return {**own, **days, "items": one, "examples": ["12-25"]}


def _on_date(raw: object) -> object:
    is_date = isinstance(raw, str) and raw.strip()[:1].isdigit()
    return {"on_date": raw} if is_date else raw


OVERLAPS = Meanings(
    (
        "It is skipped.",
        "It waits for that run; one that comes while another waits is skipped.",
        "It waits for that run, and so does each that follows, in order.",
        "It ends that run, then starts.",
        "It starts beside that run.",
    )
)
CATCHUPS = Meanings(("None of them is.", "The latest of them is.", "All of them are."))
INTERRUPTED = Meanings(("It is over.", "It runs again: once, or as retry allows."))
