"""
CronJobs of Kubernetes, as jobs of ours.

Source: the documentation of Kubernetes, "CronJob" and "Jobs"; the reference of its API.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from schedkit import durations
from schedkit.clocks import CLOCKS
from schedkit.errors import ConfigError
from schedkit.interchange import clock_changes, kubernetes_schedule, missed, pods
from schedkit.interchange.draft import Difference, Draft, Imported, unique_name
from schedkit.interchange.manifest_telling import ManifestTelling
from schedkit.interchange.manifests import Manifest, Path, manifests
from schedkit.interchange.shared_keys import shared
from schedkit.interchange.sound_keys import sound
from schedkit.timeline import zone as known_zone

_SPEC: Path = ("spec",)
_JOB: Path = ("spec", "jobTemplate", "spec")
_OVERLAPS = {"Allow": "allow", "Forbid": "skip", "Replace": "replace"}
_DESCRIPTIONS = ("kubernetes.io/description", "description")
_USUAL_RETRIES = 6
_MOST_RETRIES = 1_000_000
_FIRST_DELAY = timedelta(seconds=10)
_GRACE = timedelta(seconds=60)  # what is on time for a job of ours


def read(sources: Iterable[tuple[str, str]]) -> Imported:
    """
    Return the CronJobs of manifests, YAML or JSON, each given as its text and its name.

    Raises: ConfigError when one is no YAML, or no CronJob is in any.
    """
    found = [manifest for text, name in sources for manifest in manifests(text, name)]
    if not any(manifest.data.get("kind") == "CronJob" for manifest in found):
        raise ConfigError.of("there is no CronJob", "such as: kubectl get cronjobs -o yaml")
    drafts: list[Draft] = []
    differences: list[Difference] = []
    taken: set[str] = set()
    for manifest in found:
        told = ManifestTelling(manifest)
        try:
            draft = _draft(told)
        except ConfigError as error:
            kind = f"{manifest.data.get('kind')} {_name(manifest)}"
            differences.append(Difference(manifest.place(), kind, str(error), taken=False))
            continue
        drafts.append(replace(draft, name=_unique(manifest, taken)))
        taken.add(drafts[-1].name)
        differences += told
    jobs, settings = shared(drafts, "UTC")
    return Imported(jobs, tuple(differences), settings)


def _name(manifest: Manifest) -> str:
    metadata = manifest.data.get("metadata")
    named = metadata if isinstance(metadata, dict) else {}
    return str(named.get("name") or named.get("generateName") or "without a name").rstrip("-")


def _unique(manifest: Manifest, taken: set[str]) -> str:
    name = _name(manifest)
    namespace = manifest.get("metadata", "namespace")
    if (
        isinstance(namespace, str)
        and namespace
        and unique_name(name, taken) != unique_name(name, ())
    ):
        name = f"{namespace}-{name}"
    return unique_name(name, taken)


def _draft(told: ManifestTelling) -> Draft:
    manifest = told.manifest
    if manifest.data.get("kind") != "CronJob":
        raise ConfigError.of("only CronJobs are read")
    for path in (("kind",), ("apiVersion",), ("metadata", "name"), ("metadata", "generateName")):
        manifest.get(*path)
    namespace = told.text("metadata", "namespace")
    container = told.text(*pods.POD, "containers", 0, "name")
    image = manifest.get(*pods.POD, "containers", 0, "image")
    places = (("namespace", namespace), ("container", container), ("image", image))
    parts = [f"from {manifest.file}", *(f"{what} {name}" for what, name in places if name)]
    description = _description(told)
    keys = {
        **({"description": description} if description else {}),
        **pods.command(told),
        **_when(told),
        **_ends(told),
        **_concurrency(told),
        **_history(told),
    }
    pods.others(told)
    told.leave_the_rest()
    sound_keys, refused = sound(keys, manifest.place())
    told += refused
    return Draft(_name(manifest), sound_keys, ", ".join(parts))


def _description(told: ManifestTelling) -> str | None:
    for name in _DESCRIPTIONS:
        found = told.manifest.get("metadata", "annotations", name)
        if isinstance(found, str) and found.strip():
            return " ".join(found.split())
    return None


# ---- when


def _when(told: ManifestTelling) -> dict[str, Any]:
    """
    Return the keys that say when it fires.

    Raises: ConfigError when no clock here fires so.
    """
    text = told.text(*_SPEC, "schedule")
    if text is None:
        raise ConfigError.of("it has no schedule")
    when = kubernetes_schedule.schedule(text)
    name = _zone(told, when.zone)
    zone = known_zone(name)
    clock = CLOCKS.read(when.clock)
    if when.is_interval:
        message = "it fires at fixed times, not so long after its last start"
        told.say((*_SPEC, "schedule"), message)
    changes = clock_changes.needed([clock], zone, kubernetes_schedule.CHANGES)
    keys: dict[str, Any] = {"enabled": False} if told.manifest.get(*_SPEC, "suspend") else {}
    keys["clock"] = when.clock
    keys |= {} if name == "UTC" else {"timezone": name}
    keys |= {} if changes is None else {"dst": changes}
    return keys | _lateness(told, missed.window([clock]))


def _zone(told: ManifestTelling, of_schedule: str | None) -> str:
    named = told.text(*_SPEC, "timeZone")
    if named is None and of_schedule is None:
        message = "the zone of its controller is taken to be UTC, which it is mostly"
        told.say((*_SPEC, "schedule"), message)
    name = named or of_schedule or "UTC"
    return "UTC" if name in ("Etc/UTC", "UTC") else name


def _lateness(told: ManifestTelling, window: str | None) -> dict[str, Any]:
    """Return the keys that say how late a run may start, *window* being without a limit."""
    path: Path = (*_SPEC, "startingDeadlineSeconds")
    seconds = told.number(*path)
    if seconds is None:
        return {} if window is None else {"catchup_window": window}
    if not seconds:
        told.say(path, "nothing would ever start in time", taken=False)
        return {}
    deadline = durations.text(timedelta(seconds=seconds))
    grace = {"grace": deadline} if timedelta(seconds=seconds) < _GRACE else {}
    return {"catchup_window": deadline, **grace, "start_deadline": deadline}


# ---- how it ends, and again


def _ends(told: ManifestTelling) -> dict[str, Any]:
    keys: dict[str, Any] = {}
    of_pod = told.number(*pods.POD, "activeDeadlineSeconds")
    of_job = told.number(*_JOB, "activeDeadlineSeconds")
    given = told.number(*_JOB, "backoffLimit")
    retries = min(_USUAL_RETRIES if given is None else given, _MOST_RETRIES)
    lengths = [seconds for seconds in (of_pod, of_job) if seconds]
    if lengths:
        keys["timeout"] = durations.text(timedelta(seconds=min(lengths)))
    grace = told.number(*pods.POD, "terminationGracePeriodSeconds")
    if grace is not None:
        keys["kill_grace"] = durations.text(timedelta(seconds=grace))
    if not retries:
        return keys
    keys["retry"] = {
        "max_retries": retries, "delay": "10s", "backoff": "exponential", "max_delay": "6m",
    }  # fmt: skip
    if of_job:
        message = "timeout ends an attempt after it, and retry starts none after it"
        within = timedelta(seconds=of_job)
        if within > _FIRST_DELAY:
            keys["retry"]["within"] = durations.text(within)
        else:
            del keys["retry"]
            message = "it is not tried again: there would be no time for it"
        told.say((*_JOB, "activeDeadlineSeconds"), message)
    return keys


def _concurrency(told: ManifestTelling) -> dict[str, Any]:
    path: Path = (*_SPEC, "concurrencyPolicy")
    policy = told.manifest.get(*path)
    if policy is not None and not (isinstance(policy, str) and policy in _OVERLAPS):
        told.say(path, "this is no policy of Kubernetes", taken=False)
        policy = None
    if policy == "Forbid":
        message = "what is skipped stays out; Kubernetes may start it late, as queue_one does"
        told.say(path, message)
    return {"overlap": _OVERLAPS.get(policy, "allow")}


def _history(told: ManifestTelling) -> dict[str, Any]:
    succeeded: Path = (*_SPEC, "successfulJobsHistoryLimit")
    failed: Path = (*_SPEC, "failedJobsHistoryLimit")
    counts = [told.number(*succeeded), told.number(*failed)]
    if counts == [None, None]:
        return {}
    number = sum(usual if n is None else n for n, usual in zip(counts, (3, 1), strict=True))
    message = f"{max(number, 1)} runs are kept, however they ended"
    told.say(failed if counts[0] is None else succeeded, message)
    return {"history": {"keep_runs": max(number, 1)}}
