"""The JSON Schema of a file of schedules, from the same declarations that read it."""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING, fields
from typing import Any

from schedkit import values
from schedkit.adjustments import ADJUSTMENTS
from schedkit.calendars import SCHEMA as CALENDAR
from schedkit.clocks import CLOCKS
from schedkit.filters import FILTERS
from schedkit.job import Keys
from schedkit.settings import RunnerSettings
from schedkit.values import Whole
from schedkit.vocabulary import VOCABULARY, Vocabulary

_DRAFT = "http://json-schema.org/draft-07/schema#"


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 7, which every editor knows) of a whole file."""
    definitions: dict[str, Any] = {}
    for vocabulary in (CLOCKS, FILTERS, ADJUSTMENTS):
        definitions[vocabulary.kind] = _vocabulary(vocabulary, definitions)
    job = _of(Keys, definitions)
    # What a job has to have may stand in the defaults, and half of a retry in each.
    for own in (job, *(definitions[name] for name in _MERGED)):
        own.pop("required", None)
    defaults = {**job, "type": ["object", "null"]}
    zone = job["properties"]["timezone"]
    return {
        "$schema": _DRAFT,
        "title": "sched schedules",
        "type": "object",
        "properties": {
            "timezone": {**zone, "description": "The zone of every job that names none."},
            "defaults": {**defaults, "description": "Merged under every job."},
            "calendars": {
                "type": ["object", "null"],
                "description": "Calendars by name, for filters and adjustments.",
                "additionalProperties": CALENDAR,
            },
            "pools": {
                "type": ["object", "null"],
                "description": "How many runs there may be at a time in each pool, by its name.",
                "additionalProperties": Whole(1).schema(),
            },
            "runner": _of(RunnerSettings, definitions),
            "state": {"type": "string", "description": "The directory of history and output."},
            "jobs": {
                "type": ["object", "null"],
                "description": "The jobs, by name.",
                "additionalProperties": {"$ref": "#/$defs/job"},
            },
        },
        "patternProperties": {"^x-": {}},
        "additionalProperties": False,
        "$defs": {"job": job, **definitions},
    }


_MERGED = ("Retry", "Success")


def _of(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a dataclass; what it refers to goes into *definitions*."""
    from pydantic.json_schema import GenerateJsonSchema

    generator = GenerateJsonSchema(by_alias=False, ref_template="#/$defs/{model}")
    found: dict[str, Any] = generator.generate(values.adapter(kind).core_schema)
    definitions.update({name: _tidy(one) for name, one in found.pop("$defs", {}).items()})
    tidy: dict[str, Any] = _tidy(found)
    return tidy


def _tidy(schema: Any) -> Any:
    """
    Return a schema of pydantic's as one of a file.

    Without the titles that it makes up, with our references; and a text may stand without quotes
    where YAML takes it for a number, a number in quotes.
    """
    if isinstance(schema, list):
        return [_tidy(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    if VOCABULARY in schema:
        return {"$ref": f"#/$defs/{schema[VOCABULARY]}"}
    kind = schema.get("type")
    if kind == "string" and not schema.keys() & {"pattern", "enum", "const"}:
        schema = {**schema, "type": ["string", "number", "boolean"]}
    elif kind in ("integer", "number"):
        schema = {**schema, "type": [kind, "string"], "pattern": r"^\s*[-+]?[0-9.]+\s*$"}
    dropped = {"title"} if isinstance(schema.get("title"), str) else set()
    if not _can_be_written(schema):
        dropped.add("default")
    return {key: _tidy(entry) for key, entry in schema.items() if key not in dropped}


def _can_be_written(schema: dict[str, Any]) -> bool:
    """Return whether a file could say the default of a schema: pydantic shows a value otherwise."""
    default, pattern = schema.get("default"), schema.get("pattern", "")
    if schema.get("type") == "string":
        return isinstance(default, str) and re.search(pattern, default) is not None
    return not isinstance(default, (dict, list))


def _vocabulary(vocabulary: Vocabulary[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a word: a text that begins with one, or a mapping that has one."""
    mappings = []
    bare, words = [], []
    for word in vocabulary.words:
        cls = vocabulary.class_of(word)
        mapping, needs_value = _word(word, cls, definitions)
        mappings.append(mapping)
        words.append(re.escape(word))
        if not needs_value:
            bare.append(word)
    text = {
        "type": "string",
        "pattern": rf"^\s*({'|'.join(words)})(\s|$)",
        "examples": [
            getattr(vocabulary.class_of(word), "EXAMPLE", word) for word in vocabulary.words
        ],
    }
    return {
        "description": f"One of: {', '.join(vocabulary.words)}.",
        "anyOf": [*([{"enum": bare}] if bare else []), text, *mappings],
    }


def _word(word: str, cls: type, definitions: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return the schema of a word's mapping form, and whether it needs a value."""
    own = _of(cls, definitions)
    properties: dict[str, Any] = own.get("properties", {})
    names = [field for field in fields(cls) if field.init]
    value: dict[str, Any] = {"type": "null"}
    needs_value = False
    if names:
        value = properties.pop(names[0].name)
        needs_value = names[0].default is MISSING
    summary = inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0]
    mapping = {
        "type": "object",
        "description": summary,
        "properties": {word: value, **properties},
        "required": [word],
        "additionalProperties": False,
    }
    return mapping, needs_value
