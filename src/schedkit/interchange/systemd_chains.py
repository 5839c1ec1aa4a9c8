"""
Services of systemd that start others when they end, as jobs of ours that run after others.

Source: systemd.unit(5), "OnFailure=" and "OnSuccess=".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from schedkit.errors import ConfigError
from schedkit.interchange import unit_values
from schedkit.interchange.systemd_services import one_shot
from schedkit.interchange.telling import Telling
from schedkit.interchange.unit_files import Setting, Unit

NOTHING = "nothing is started after it"
_FAILURES = ("failed", "timed_out", "cancelled")
_SKIPPED = "what its condition leaves out starts nothing; for systemd that is a success"
_STOPPED = "a run that is cancelled is no success; for systemd it is"
_OTHERWISE = "what runs after several jobs runs after the same ends of each"
_ITSELF = "it would run after itself, for ever"


class Link(NamedTuple):
    """A service that starts another one, when it has ended in one of some states."""

    source: str
    target: str
    states: frozenset[str]
    setting: Setting


def links(unit: Unit, specifiers: Mapping[str, str], told: Telling) -> Iterator[Link]:
    """Yield which services the service *unit* starts."""
    is_one_shot = one_shot(unit)
    failed = {"failed", "timed_out", *(["cancelled"] if is_one_shot else [])}
    for name, states in (("OnSuccess", {"succeeded"}), ("OnFailure", failed)):
        for setting in unit.all("Unit", name):
            for word in setting.value.split():
                try:
                    target = unit_values.expanded(word, specifiers)
                except ConfigError as error:
                    told.say(setting, str(error))
                    continue
                yield Link(unit.name, target, frozenset(states), setting)


class Chains:
    """The links that are taken, none of which makes a service start itself."""

    def __init__(self) -> None:
        self._sources: dict[str, dict[str, frozenset[str]]] = {}  # by target
        self._settings: dict[tuple[str, str], Setting] = {}

    def take(self, link: Link, unit: Unit, told: Telling) -> None:
        """Take a link of the service *unit*, or say why it is not taken."""
        if self._leads_to(link.source, link.target):
            told.say(link.setting, _ITSELF)
            return
        sources = self._sources.setdefault(link.target, {})
        sources[link.source] = sources.get(link.source, frozenset()) | link.states
        self._settings[link.target, link.source] = link.setting
        if "succeeded" not in link.states:
            return
        if unit.all("Service", "ExecCondition"):
            told.say(link.setting, _SKIPPED, taken=True)
        if not one_shot(unit):
            told.say(link.setting, _STOPPED, taken=True)

    def after(self, target: str, names: Mapping[str, Sequence[str]], told: Telling) -> Any:
        """
        Return `after` of what a service became, None for no chain, and say what is not taken.

        *names* are those of the jobs that services became.
        """
        sources = self._sources.get(target)
        if not sources:
            return None
        states = next(iter(sources.values()))
        alike = [source for source, own in sources.items() if own == states]
        jobs = [name for source in alike for name in names[source]]
        key: dict[str, Any] = {"job": jobs[0]} if len(jobs) == 1 else {"any": jobs}
        for source in [one for one in sources if one not in alike]:
            told.say(self._settings[target, source], _OTHERWISE)
        if states == {"succeeded"}:
            return jobs[0] if len(jobs) == 1 else key
        ends = "finished" if "succeeded" in states else [s for s in _FAILURES if s in states]
        return {**key, "state": ends}

    def _leads_to(self, source: str, target: str) -> bool:
        """Return whether *source* is started by *target*, if only over others."""
        ways = [source]
        for one in ways:  # which grows
            if one == target:
                return True
            ways += [other for other in self._sources.get(one, ()) if other not in ways]
        return False
