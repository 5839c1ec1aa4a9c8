"""What docs/containers.md has people build and run, as far as that can be told without Docker."""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from schedkit.cli import fastpath
from schedkit.cli.context import Context
from schedkit.job import Keys
from schedkit.settings import RunnerSettings

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "containers.md").read_text("utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
WHEEL = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def instructions() -> Iterator[tuple[str, str]]:
    """Yield the instructions of the Dockerfile, comments left out and continued lines joined."""
    text = re.sub(r"^#.*\n", "", block("dockerfile"), flags=re.MULTILINE)
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        name, _, rest = line.partition(" ")
        yield name, rest


def of(name: str) -> list[str]:
    return [rest for found, rest in instructions() if found == name]


def copied() -> list[str]:
    """Return what the image takes from the checkout."""
    sources = [rest.split()[:-1] for rest in of("COPY")]
    return [source for line in sources for source in line]


def pod() -> dict[str, Any]:
    template: dict[str, Any] = yaml.safe_load(block("yaml kubernetes"))["spec"]["template"]
    spec: dict[str, Any] = template["spec"]
    return spec


def commands() -> list[list[str]]:
    """Return every call of sched on the page, without the word itself."""
    (entrypoint,) = map(json.loads, of("ENTRYPOINT"))
    (command,) = map(json.loads, of("CMD"))
    (container,) = pod()["containers"]
    calls = [
        entrypoint + command,
        entrypoint + container["args"],
        container["livenessProbe"]["exec"]["command"],
        *(json.loads(rest) for rest in of("RUN") if rest.startswith("[")),
        *(json.loads(rest[rest.index("[") :]) for rest in of("HEALTHCHECK")),
        *(call.split() for call in re.findall(r"docker exec sched (sched [^`\n]+)", PAGE)),
        *(call.split() for call in re.findall(r"`(sched [^`\n]+)`", PAGE)),
    ]
    assert {"sched"} == {program for program, *_ in calls}
    return [arguments for _, *arguments in calls]


def test_what_the_image_takes_from_the_checkout_is_there() -> None:
    missing = [source for source in copied() if not (ROOT / source).exists()]

    assert (missing, len(copied())) == ([], 6)


def test_the_image_takes_what_the_package_is_built_from() -> None:
    needed = {PROJECT["readme"], *PROJECT["license-files"], "pyproject.toml", "src"}
    shared = {str(Path(file).parent) for file in WHEEL["shared-data"]}

    assert needed | shared <= set(copied())


def test_the_image_installs_an_extra_that_there_is() -> None:
    extras = re.findall(r"'\S+?\[(\w+)\]'", block("dockerfile"))

    assert (set(extras) <= PROJECT["optional-dependencies"].keys(), len(extras)) == (True, 2)


def test_the_image_has_a_python_that_is_tested() -> None:
    versions = {re.sub(r"python:([\d.]+)-slim.*", r"\1", rest) for rest in of("FROM")}

    known = {name.rpartition(" ")[2] for name in PROJECT["classifiers"] if "Python :: 3." in name}
    assert (versions <= known, len(versions)) == (True, 1)


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_every_call_is_one_that_sched_knows(arguments: list[str]) -> None:
    assert fastpath.parse(arguments) is not None


def test_the_volume_is_where_the_state_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SCHED_STATE", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    (setting,) = of("ENV")
    name, _, file = setting.partition("=")
    monkeypatch.setenv(name, file)

    context = Context((), None, "never", 0)

    assert ((Path(file),), of("VOLUME")) == (context.paths, [str(context.state_place(None))])


def test_the_file_is_where_the_image_says() -> None:
    (setting,) = of("ENV")
    (target,) = (rest.split()[1] for rest in of("COPY") if "schedules" in rest)

    assert f"SCHED_CONFIG={target}" == setting


def test_nothing_runs_as_root() -> None:
    names = [name for name, _ in instructions()]
    (user,) = of("USER")
    (uid,) = re.findall(rf"useradd --uid (\d+) .* {user} ", block("dockerfile").replace("\\", " "))

    assert names.index("USER") < names.index("ENTRYPOINT")
    assert pod()["securityContext"]["runAsUser"] == int(uid) > 0


def test_whoever_stops_a_container_waits_for_longer_than_a_runner_takes() -> None:
    (grace,) = (key.default for key in dataclasses.fields(Keys) if key.name == "kill_grace")
    assert isinstance(grace, timedelta)
    told = [int(seconds) for seconds in re.findall(r"(?:--stop-timeout|stop -t) (\d+)", PAGE)]
    told.append(pod()["terminationGracePeriodSeconds"])

    assert min(told) > (RunnerSettings().drain_timeout + grace).total_seconds()
    assert len(told) == 3


def test_a_pod_mounts_what_a_runner_reads_and_writes() -> None:
    (container,) = pod()["containers"]
    (setting,) = of("ENV")

    mounted = {mount["mountPath"] for mount in container["volumeMounts"]}

    assert {str(Path(setting.partition("=")[2]).parent), *of("VOLUME"), "/tmp"} == mounted
