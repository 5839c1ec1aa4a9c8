"""The words of the language in the JSON Schema: clocks, filters and adjustments."""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING, fields
from typing import Any

from schedkit.loader.schema_parts import IN, Schema, kinds_of, of_class, ref, vocabulary_of, wanted
from schedkit.values import inside
from schedkit.vocabulary import Vocabulary

_LONGEST_LABEL = 60  # characters: what is longer a language server cuts, and shows twice
_ABOUT = {
    "clock": "When it fires",
    "filter": "Which times stay",
    "adjustment": "Where times are moved to",
}


def vocabulary_schema(vocabulary: Vocabulary[Any], definitions: Schema) -> Schema:
    """
    Return what is said of a word in each of its forms, as a text and as a mapping.

    Nothing is said of what is neither: a list of words may stand beside them.
    """
    kind, words = vocabulary.kind, vocabulary.words
    mappings, texts = {}, []
    for word in words:
        cls = vocabulary.class_of(word)
        mappings[word] = _word(word, cls, definitions)
        texts.append(_text(word, cls, mappings[word], _ABOUT[kind]))
    definitions[f"{kind}_texts"] = {
        "defaultSnippets": [_snippet(word, vocabulary.class_of(word)) for word in words]
    }
    known = f"unknown {kind}: known are {', '.join(words)}"
    offered = {
        word: {"$ref": f"{IN}{kind}/dependencies/{word}/properties/{word}"} for word in words
    }
    return {
        "pattern": rf"^\s*({'|'.join(words)})(\s|$)",
        "patternErrorMessage": known,
        "dependencies": mappings,
        # Before there is any word, all of them are offered; then the settings of that one alone.
        "if": {"type": "object", "propertyNames": {"pattern": rf"^(?!({'|'.join(words)})$)"}},
        "then": {
            "properties": offered,
            "additionalProperties": False,
            "errorMessage": known,
            "allOf": [ref(f"{kind}_texts")],
        },
        "allOf": texts,
        "oneOf": [
            {"type": "string", "allOf": [ref(f"{kind}_texts")]},
            {"not": {"type": "string"}},
        ],
    }


def _word(word: str, cls: type, definitions: Schema) -> Schema:
    """Return the schema of a word's mapping form."""
    own = of_class(cls, definitions)
    properties: Schema = own.get("properties", {})
    names = [field for field in fields(cls) if field.init]
    value: Schema = {"type": "null", "errorMessage": f"{word} takes no value"}
    if names:
        value = dict(properties.pop(names[0].name))
        value["description"] = f"{_summary(cls)}\n\n{value.get('description', '')}"
        head, _, example = getattr(cls, "EXAMPLE", word).partition(" ")
        if head == word and example and re.search(value.get("pattern", ""), example):
            value["examples"] = [example]
        value["errorMessage"] = f"{word}: {wanted(value)}"
        if names[0].default is not MISSING:
            value = _or_nothing(value)
    else:
        value["description"] = _summary(cls)
    required = [name for name in own.get("required", ()) if name in properties]
    return {
        "properties": {word: value, **properties},
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def _or_nothing(schema: Schema) -> Schema:
    kinds = {"type": [*kinds_of(schema), "null"]}
    return {**schema, **kinds, **({"enum": [*schema["enum"], None]} if "enum" in schema else {})}


def _text(word: str, cls: type, mapping: Schema, about: str) -> Schema:
    """Return the schema of a word's text form: `word`, `word value`, `word value at times`."""
    summary = _summary(cls)
    # What is said of a text is said of the key that it stands at, too.
    said: Schema = {"description": f"{about}, {word}: {summary[0].lower()}{summary[1:]}"}
    example = getattr(cls, "EXAMPLE", word)
    if "required" in mapping:
        said |= {"type": "object", "errorMessage": f"write it as {example}"}
    else:
        said |= {
            "pattern": _text_pattern(word, cls, mapping),
            "patternErrorMessage": f"write it as {example}",
        }
    return {"if": {"type": "string", "pattern": rf"^\s*{word}(\s|$)"}, "then": said}


def _text_pattern(word: str, cls: type, mapping: Schema) -> str:
    names = [field for field in fields(cls) if field.init]
    if not names:
        return rf"^\s*{word}\s*$"
    value = _inner(mapping["properties"][word])
    if names[0].name == "at":
        value = rf"(at\s+)?{value}"
    elif "at" in mapping["properties"]:
        value = rf"{value}(\s+at\s+{_inner(mapping['properties']['at'])})?"
    value = rf"\s+{value}"
    return (
        rf"^\s*{word}{value}\s*$" if names[0].default is MISSING else rf"^\s*{word}({value})?\s*$"
    )


def _inner(schema: Schema) -> str:
    """Return what a text of *schema* looks like, within a longer one."""
    if "enum" in schema:
        return f"({'|'.join(filter(None, schema['enum']))})"
    if (vocabulary := vocabulary_of(schema)) is not None:
        return rf"({'|'.join(vocabulary.words)})(\s.*)?"
    return f"({inside(schema.get('pattern', '.*'))})"


def _summary(cls: type) -> str:
    return inspect.cleandoc(cls.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def _snippet(word: str, cls: type) -> Schema:
    """Return what a completion inserts for a word: its example, what follows the word selected."""
    example: str = getattr(cls, "EXAMPLE", word)
    inner = example[1:-1] if example.startswith("{") else example
    head, colon, value = inner.partition(": ")
    if colon:  # a mapping, which on one line has braces
        body = f"{{{head}: ${{1:{_plain(value)}}}}}"
    else:
        head, blank, value = inner.partition(" ")
        body = f"{head} ${{1:{_plain(value)}}}" if blank else head
    label = example if len(example) < _LONGEST_LABEL else word
    return {"label": label, "description": _summary(cls), "body": body}


def _plain(text: str) -> str:
    """Return *text* as it stands in a placeholder of a snippet."""
    return re.sub(r"([\\$}])", r"\\\1", text)
