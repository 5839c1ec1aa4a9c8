"""
The JSON Schema of a file of schedules, from the same declarations that read it.

An editor shows what a schema says is wrong as it is, so there is one thing for it to say: what may
be a text, a list or a mapping is one schema, each keyword of which speaks of one of these alone,
and no choice between several that all fail. What is written `errorMessage` and the like is no
JSON Schema: language servers know it, all else passes over it.
"""

from __future__ import annotations

from schedkit.calendars import SCHEMA as CALENDAR
from schedkit.job import Keys
from schedkit.loader.schema_parts import VOCABULARIES, Schema, of_class, ref, said, tidy
from schedkit.loader.schema_words import vocabulary_schema
from schedkit.settings import RunnerSettings
from schedkit.values import Whole

_DRAFT = "http://json-schema.org/draft-07/schema#"


def schema() -> Schema:
    """Return the JSON Schema (draft 7, which every editor knows) of a whole file."""
    definitions: Schema = {}
    for vocabulary in VOCABULARIES:
        definitions[vocabulary.kind] = vocabulary_schema(vocabulary, definitions)
    keys = of_class(Keys, definitions)
    definitions["calendar"] = tidy(CALENDAR)
    calendar = {
        "type": ["object", "string"],
        "errorMessage": "a calendar is a mapping, such as {country: DE}",
        "allOf": [ref("calendar")],
    }
    # What a job has to have may stand in the defaults, and half of a retry in each.
    for own in (keys, *(definitions[name] for name in _MERGED)):
        own.pop("required", None)
    top = {
        "timezone": {
            **keys["properties"]["timezone"],
            "description": "The zone of every job that names none: local is the machine's.",
        },
        "defaults": _mapping("Keys of jobs, merged under those of every job.", ref("keys")),
        "calendars": _named("Calendars by name, for filters and adjustments.", calendar),
        "pools": _named(
            "How many runs there may be at a time in each pool, by its name.", Whole(1).schema()
        ),
        "notify": {
            **keys["properties"]["notify"],
            "description": "Who is told of the runs of every job that names nobody of its own.",
        },
        "runner": _mapping("Settings of the runner itself.", ref("runner")),
        "state": {**tidy({"type": "string"}), "description": "Where history and output go."},
        "jobs": _named("The jobs, by name.", ref("job")),
    }
    return {
        "$schema": _DRAFT,
        "title": "sched",
        "type": "object",
        "properties": {name: said(name, one) for name, one in top.items()},
        "patternProperties": {"^x-": {}},
        "additionalProperties": False,
        "allOf": _what_each_job_needs(),
        "definitions": {
            "job": _job(),
            "keys": keys,
            "runner": of_class(RunnerSettings, definitions),
            **definitions,
        },
    }


_MERGED = ("Retry", "Success")


def _mapping(description: str, *parts: Schema) -> Schema:
    return {"type": ["object", "null"], "description": description, "allOf": list(parts)}


def _named(description: str, entry: Schema) -> Schema:
    found = {"type": ["object", "null"], "description": description}
    return {**found, "additionalProperties": entry}


# ---- jobs


def _job() -> Schema:
    both = "command and python are both there: keep one"
    return {
        "type": "object",
        "errorMessage": "a job is a mapping: write its keys below its name",
        "allOf": [
            ref("keys"),
            {
                "if": {"required": ["python"], "properties": {"python": {"type": "string"}}},
                "then": {
                    "properties": {
                        "command": {"type": "null", "errorMessage": both, "doNotSuggest": True}
                    }
                },
            },
        ],
    }


def _what_each_job_needs() -> list[Schema]:
    """Return that a job has what runs it, and something to run, unless the defaults have it."""
    clock = {
        "required": ["clock"],
        "errorMessage": "a job needs a clock, such as: clock: daily at 02:30",
    }
    command = {
        "required": ["command"],
        "errorMessage": "a job needs something to run, such as: command: ./backup.sh",
    }
    run = {"if": {"required": ["python"]}, "else": command}
    causes = ("after", "on")
    caused = {"anyOf": [{"required": [key]} for key in causes]}
    return [
        {
            "if": {"anyOf": [_in_defaults(key) for key in ("clock", *causes)]},
            "else": _each_job({"if": caused, "else": clock}),
        },
        {
            "if": {"anyOf": [_in_defaults("command"), _in_defaults("python")]},
            "else": _each_job(run),
        },
    ]


def _in_defaults(key: str) -> Schema:
    has = {"type": "object", "required": [key]}
    return {"required": ["defaults"], "properties": {"defaults": has}}


def _each_job(needs: Schema) -> Schema:
    return {"properties": {"jobs": {"additionalProperties": needs, "doNotSuggest": True}}}
