"""The parts of the JSON Schema: what pydantic says of a class, as a file has it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any

from schedkit import records, values
from schedkit.adjustments import ADJUSTMENTS
from schedkit.clocks import CLOCKS
from schedkit.filters import FILTERS
from schedkit.values import DEFINITION, Form
from schedkit.vocabulary import Vocabulary

VOCABULARIES: tuple[Vocabulary[Any], ...] = (CLOCKS, FILTERS, ADJUSTMENTS)
IN = "#/definitions/"
_ANY_TEXT = ["string", "number", "boolean"]  # a text may stand without quotes, whatever it is
_NUMBER = r"^\s*[-+]?[0-9.]+\s*$"  # and a number in quotes
_TRUTH = "|".join(
    form for word in ("true", "false", "yes", "no", "on", "off")
    for form in (word, word.title(), word.upper())
)  # fmt: skip

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    """Return a reference to the definition *name*."""
    return {"$ref": IN + name}


def vocabulary_of(schema: Schema) -> Vocabulary[Any] | None:
    """Return the vocabulary of which words stand where *schema* is, if they do."""
    own = schema.get("allOf", ())
    return next((one for one in VOCABULARIES if ref(one.kind) in own), None)


def of_class(kind: type, definitions: Schema) -> Schema:
    """Return the schema of a dataclass; what it refers to goes into *definitions*."""
    from pydantic.json_schema import GenerateJsonSchema

    generator = GenerateJsonSchema(by_alias=False, ref_template=IN + "{model}")
    found: Schema = generator.generate(values.documented(kind).core_schema)
    for name, default in _defaults(kind):
        found["properties"][name]["default"] = default
    for name, one in found.pop("$defs", {}).items():
        definitions[name] = _body(one)
    return _body(found)


def _defaults(kind: type) -> Iterator[tuple[str, Any]]:
    """Yield the defaults of a class that a file would say otherwise than pydantic does."""
    hints = records.hints(kind, include_extras=True)
    for field in fields(kind):
        for form in getattr(hints[field.name], "__metadata__", ()):
            if field.init and isinstance(form, Form) and field.default is not MISSING:
                yield field.name, form.write(field.default)


def _body(schema: Schema) -> Schema:
    """Return what a class says of its keys; the key that it stands at says all else."""
    return {k: one for k, one in tidy(schema).items() if k not in ("type", "description")}


def tidy(schema: Schema) -> Schema:
    """Return a schema of pydantic's as one of a file: without choices, titles and wrong types."""
    one = _without_choice(schema)
    one.pop("title", None)
    if (reference := one.pop("$ref", None)) is not None:
        one = {"type": "object", "allOf": [{"$ref": reference}], **one}
    if not _can_be_written(one):
        one.pop("default", None)
    one = _as_written(one)
    if (name := one.pop(DEFINITION, None)) is not None:
        one["allOf"] = [ref(name)]
    for key in ("items", "additionalProperties", "if", "then", "else"):
        if isinstance(one.get(key), dict):
            one[key] = tidy(one[key])
    if "properties" in one:
        one["properties"] = {key: said(key, tidy(own)) for key, own in one["properties"].items()}
    return one


def _without_choice(schema: Schema) -> Schema:
    """Return a choice of schemas of different types as the one schema that says the same."""
    merged = {key: value for key, value in schema.items() if key != "anyOf"}
    kinds: list[str] = []
    for one in schema.get("anyOf", ()):
        own = _without_choice(one)
        if "$ref" in own:
            own = {"type": "object", "allOf": [own]}
        kinds += [kind for kind in kinds_of(own) if kind not in kinds]
        merged = {**own, **merged}
    return {**merged, "type": kinds[0] if len(kinds) == 1 else kinds} if kinds else merged


def kinds_of(schema: Schema) -> list[str]:
    """Return the types that a schema takes; none when it says nothing of them."""
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _as_written(schema: Schema) -> Schema:
    """Return a schema that takes texts without quotes, and numbers and truth in quotes."""
    kinds = kinds_of(schema)
    plain = not schema.keys() & {"pattern", "enum", "if", DEFINITION}
    if "string" in kinds and plain:
        kinds = _ANY_TEXT + [kind for kind in kinds if kind not in _ANY_TEXT]
    elif "string" not in kinds and (typed := {"integer", "number", "boolean"} & {*kinds}):
        kinds.append("string")
        schema = {**schema, "pattern": rf"^({_TRUTH})$" if "boolean" in typed else _NUMBER}
    else:
        return schema
    return {**schema, "type": kinds}


def _can_be_written(schema: Schema) -> bool:
    """Return whether a file could say the default of a schema: pydantic shows a value otherwise."""
    default, kinds = schema.get("default"), kinds_of(schema)
    if DEFINITION in schema:
        return False
    if isinstance(default, str):
        return bool(default) and re.search(schema.get("pattern", ""), default) is not None
    return isinstance(default, (int, float)) and bool({"integer", *_ANY_TEXT[1:]} & {*kinds})


def said(name: str, schema: Schema) -> Schema:
    """Return the schema of a key with what is to be said of it, and of a wrong value of it."""
    one = dict(schema)
    if "description" in one and "default" in one:
        default = one["default"]
        text = str(default).lower() if isinstance(default, bool) else default
        one["description"] = f"{one['description'].removesuffix('.')} (default: {text})."
    if "enum" not in one and "type" in one:
        one.setdefault("errorMessage", f"{name}: {wanted(one)}")
    for key in ("items", "additionalProperties"):
        if isinstance(one.get(key), dict):
            one[key] = said(name, one[key])
    if "items" in one and "string" in kinds_of(one):
        # Of two ways to write it an editor begins the one that it sees here: the text.
        inner = {key: one.pop(key) for key in ("items", "minItems") if key in one}
        one["allOf"] = [*one.get("allOf", ()), inner]
    return one


_SHAPES = {
    "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "string": "a text", "array": "a list", "object": "a mapping",
}  # fmt: skip


def wanted(schema: Schema) -> str:
    """Return what may be written where something else stands."""
    kinds = kinds_of(schema)
    if (vocabulary := vocabulary_of(schema)) is not None:
        several = ", or a list of them" if "array" in kinds else ""
        article = "an" if vocabulary.kind.startswith("a") else "a"
        return f"write {article} {vocabulary.kind} such as {_example(vocabulary)}{several}"
    if examples := schema.get("examples"):
        return f"write it as {examples[0]}"
    if set(kinds) >= set(_ANY_TEXT):
        kinds = ["string", *(kind for kind in kinds if kind not in _ANY_TEXT)]
    elif {"integer", "number", "boolean"} & {*kinds}:
        kinds = [kind for kind in kinds if kind != "string"]
    shapes = [_SHAPES[kind] for kind in kinds if kind != "null"]
    return f"write {' or '.join(shapes)}"


def _example(vocabulary: Vocabulary[Any]) -> str:
    word = vocabulary.words[0]
    return getattr(vocabulary.class_of(word), "EXAMPLE", word)
