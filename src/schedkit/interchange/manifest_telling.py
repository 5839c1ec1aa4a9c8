"""How what differs is collected while a manifest is read."""

from __future__ import annotations

import re
from typing import Any

from schedkit.errors import ConfigError
from schedkit.interchange.draft import Difference
from schedkit.interchange.manifests import Manifest, Path

# What a server adds to an object, and the defaults that it writes out: none of it says anything.
_BY_THE_SERVER = (
    "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink",
    "kubectl.kubernetes.io/last-applied-configuration",
)  # fmt: skip
_DEFAULTS = {
    "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler", "restartPolicy": "Never",
    "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
    "parallelism": 1, "completions": 1, "completionMode": "NonIndexed", "suspend": False,
}  # fmt: skip
_AGAIN = "after a failure retry starts all of it again"
_OWN_RETRY = "retry says how often it is tried again"
_ELSEWHERE = "it runs where the runner does"
_ONE_RUN = "a fire time makes one run"
_MESSAGES = {
    "parallelism": _ONE_RUN, "completions": _ONE_RUN, "completionMode": _ONE_RUN,
    "podFailurePolicy": _OWN_RETRY, "backoffLimitPerIndex": _OWN_RETRY,
    "maxFailedIndexes": _OWN_RETRY,
    "ttlSecondsAfterFinished": "history says how long its runs are kept",
    "resources": "limits: {memory: 1 GiB} bounds the address space of each process",
    "restartPolicy": _AGAIN,
    "imagePullPolicy": _ELSEWHERE, "imagePullSecrets": _ELSEWHERE, "nodeSelector": _ELSEWHERE,
    "nodeName": _ELSEWHERE, "affinity": _ELSEWHERE, "tolerations": _ELSEWHERE,
    "topologySpreadConstraints": _ELSEWHERE, "runtimeClassName": _ELSEWHERE,
    "schedulerName": _ELSEWHERE, "hostNetwork": _ELSEWHERE, "hostPID": _ELSEWHERE,
    "dnsPolicy": _ELSEWHERE, "dnsConfig": _ELSEWHERE, "hostAliases": _ELSEWHERE,
    "priorityClassName": "nice and priority are for the runs of one machine",
    "volumes": "it has the files of this machine",
    "volumeMounts": "it has the files of this machine",
    "securityContext": "it is not confined; run the runner itself so",
    "serviceAccountName": "user says as whom it runs",
    "serviceAccount": "user says as whom it runs",
    "lifecycle": "put it into the command",
    "livenessProbe": "timeout bounds how long it may take",
    "labels": "labels are for Kubernetes",
    "annotations": "annotations are for Kubernetes",
    "ports": "nothing is in between",
}  # fmt: skip


class ManifestTelling(list[Difference]):
    """The differences that were found in *manifest*, in order."""

    def __init__(self, manifest: Manifest) -> None:
        super().__init__()
        self.manifest = manifest

    def say(self, path: Path, message: str, *, taken: bool = True, text: str = "") -> None:
        """Add what is to be said of what stands at *path*."""
        place = self.manifest.place(path)
        self.append(Difference(place, text or self.manifest.text(path), message, taken))

    def text(self, *path: str | int) -> str | None:
        """Return a text; None, and say so, when something else stands there."""
        found = self.manifest.get(*path)
        if found is None or (isinstance(found, str) and found):
            return found
        self.say(path, "this is no text", taken=False)
        return None

    def number(self, *path: str | int) -> int | None:
        """Return a number that is not negative; None, and say so, when something else is there."""
        found = self.manifest.get(*path)
        if found is None:
            return None
        if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 2**31:
            return found
        self.say(path, "this is no number", taken=False)
        return None

    def texts(self, *path: str | int) -> list[str]:
        """
        Return a list of texts.

        Raises: ConfigError when something else stands there.
        """
        found = self.manifest.get(*path)
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise ConfigError.of(f"{self.manifest.text(path)} is no list of texts")
        return found

    def leave_the_rest(self) -> None:
        """Say of all that nobody asked for what becomes of it, what is alike together."""
        alike: dict[str, list[Path]] = {}
        for path in self.manifest.rest():
            names = [step for step in path if isinstance(step, str)]
            if path[:1] != ("status",) and not _says_nothing(names, self._value(path)):
                alike.setdefault(_message(names), []).append(path)
        for message, paths in alike.items():
            text = " ; ".join(self.manifest.text(path) for path in paths)
            self.say(paths[0], message, taken=message == _AGAIN, text=text)

    def _value(self, path: Path) -> Any:
        value: Any = self.manifest.data
        for step in path:
            value = value[step]
        return value


def _says_nothing(names: list[str], value: Any) -> bool:
    if any(name in _BY_THE_SERVER for name in names):
        return True
    # kubectl writes its own annotation into all that it applies.
    if names[-1:] == ["annotations"] and isinstance(value, dict):
        return all(key in _BY_THE_SERVER for key in value)
    return names[-1] in _DEFAULTS and value == _DEFAULTS[names[-1]]


def _message(names: list[str]) -> str:
    if re.search("(P|p)robe$", names[-1]):
        return _MESSAGES["livenessProbe"]
    for name in reversed(names):
        if name in _MESSAGES:
            return _MESSAGES[name]
    return "nothing here does that"
