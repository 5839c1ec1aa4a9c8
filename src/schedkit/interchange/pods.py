"""
What the pods of a CronJob run, as the keys of a job that say it.

Source: the reference of the Kubernetes API, "PodSpec"; "Define Dependent Environment Variables".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from schedkit.errors import ConfigError
from schedkit.interchange import unit_commands
from schedkit.interchange.manifest_telling import ManifestTelling
from schedkit.interchange.manifests import Path
from schedkit.interchange.unit_commands import Command, Variable, Word

POD: Path = ("spec", "jobTemplate", "spec", "template", "spec")
_REFERENCE = re.compile(r"\$\$|\$\(([^()]*)\)")
_FROM_ELSEWHERE = "write its value under env, or {from_file: PATH} for a secret"


def command(told: ManifestTelling) -> dict[str, Any]:
    """
    Return the keys that say what is run, in which environment and as whom.

    Raises: ConfigError when it cannot be known.
    """
    at: Path = (*POD, "containers", 0)
    if not told.manifest.mapping(*at):
        raise ConfigError.of("it has no container")
    env, elsewhere = _environment(told, at)
    program = told.texts(*at, "command")
    arguments = told.texts(*at, "args")
    if not program:
        raise ConfigError.of(
            "it runs what its image has for an entrypoint, which is not known here",
            "write command: into the manifest",
        )
    words = tuple(_expanded(word, env, elsewhere) for word in (*program, *arguments))
    values = {
        **unit_commands.keys([Command(words)]),
        "env": env,
        "working_dir": told.text(*at, "workingDir"),
        "user": _account(told, at, "runAsUser"),
        "group": _account(told, at, "runAsGroup"),
    }
    image = told.text(*at, "image")
    if image is not None:
        message = "it runs on this machine, which has to have its programs"
        told.say((*at, "image"), message, taken=False)
    return {key: value for key, value in values.items() if value not in (None, {})}


def others(told: ManifestTelling) -> None:
    """Say which other containers the pod has."""
    pod = told.manifest.mapping(*POD)
    for key in ("containers", "initContainers"):
        containers = pod.get(key)
        first = 1 if key == "containers" else 0
        for number, container in enumerate(containers if isinstance(containers, list) else []):
            if number < first:
                continue
            name = container.get("name") if isinstance(container, dict) else container
            told.manifest.get(*POD, key, number)
            message = "a job runs one command; write a job of its own, or a script"
            told.say((*POD, key, number), message, taken=False, text=f"{key}: {name}")


def _account(told: ManifestTelling, at: Path, key: str) -> str | None:
    of_container = told.manifest.get(*at, "securityContext", key)
    of_pod = told.manifest.get(*POD, "securityContext", key)
    found = of_pod if of_container is None else of_container
    return None if found is None else str(found)


def _environment(told: ManifestTelling, at: Path) -> tuple[dict[str, str], set[str]]:
    """Return the variables with their values, and the names of those that come from elsewhere."""
    known: dict[str, str] = {}
    elsewhere: set[str] = set()
    entries = told.manifest.get(*at, "env")
    for number, entry in enumerate(entries if isinstance(entries, list) else []):
        path: Path = (*at, "env", number)
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            told.say(path, "this names no variable", taken=False)
            continue
        name = entry["name"]
        value = entry.get("value")
        if value is None and "valueFrom" in entry:
            elsewhere.add(name)
            told.say(path, _FROM_ELSEWHERE, taken=False)
            continue
        word = _expanded("" if value is None else str(value), known, elsewhere)
        if any(isinstance(piece, Variable) for piece in word):
            elsewhere.add(name)
            told.say(path, f"{_FROM_ELSEWHERE}: it is made of such a one", taken=False)
            continue
        known[name] = "".join(map(str, word))
    if told.manifest.get(*at, "envFrom"):
        told.say((*at, "envFrom"), "write env_file: [PATH]", taken=False)
    return known, elsewhere


def _expanded(text: str, known: Mapping[str, str], elsewhere: set[str]) -> Word:
    """Return a word with the variables that it refers to: their values where these are known."""
    pieces: list[str | Variable] = []
    at = 0
    for match in _REFERENCE.finditer(text):
        pieces.append(text[at : match.start()])
        name = match[1]
        if name is None:
            pieces.append("$")
        elif name in elsewhere:
            pieces.append(Variable(name))
        else:
            pieces.append(known.get(name, match[0]))  # what nobody sets is left as it stands
        at = match.end()
    pieces.append(text[at:])
    return tuple(piece for piece in pieces if piece) or ("",)
