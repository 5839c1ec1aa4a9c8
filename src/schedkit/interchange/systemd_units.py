"""Timers and paths of systemd with the services that they start, as jobs of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from schedkit.errors import ConfigError
from schedkit.interchange import (
    systemd_chains,
    systemd_ends,
    systemd_paths,
    systemd_services,
    systemd_timers,
    unit_settings,
    unit_values,
)
from schedkit.interchange import unit_files as files
from schedkit.interchange.draft import Difference, Draft, Imported, unique_name
from schedkit.interchange.shared_keys import shared
from schedkit.interchange.sound_keys import sound
from schedkit.interchange.systemd_chains import Chains, Link
from schedkit.interchange.systemd_timers import Times
from schedkit.interchange.telling import Telling
from schedkit.interchange.unit_files import Unit

WHERE = "such as /etc/systemd/system/timers.target.wants, or the output of: systemctl cat NAME..."
# Finds the unit of this name that belongs to another; None when there is none.
_Finder = Callable[[str], Unit | None]
_TO_COME = "job"  # what a job runs after until all have their names
_FIRST = ("description", "command", "shell", "only_if", "clock", "on")  # of the keys of a job


def read(paths: Iterable[str], local: ZoneInfo) -> Imported:
    """
    Return the jobs of timers: files, or directories of them. *local* is the zone of the machine.

    Services and drop-ins are looked for where systemd would find them.

    Raises: OSError when a path cannot be read; ConfigError when there is no timer.
    """
    given = [Path(path) for path in paths]
    # A timer that is enabled is linked to from another directory.
    found = {(one.name, files.real(one)): one for path in given for one in _starters(path)}
    if not found:
        raise ConfigError.of("there are no timers", f"name files or directories, {WHERE}")
    services = _Services(local)
    for path in sorted(found.values(), key=_is_path):
        services.take_file(path, named=path in given)
    return services.imported()


def read_stream(text: str, local: ZoneInfo) -> Imported:
    """
    Return the jobs of what `systemctl cat A.timer A.service ...` writes.

    Raises: ConfigError when there is no timer in it.
    """
    units = files.split_stream(text)

    def find(name: str) -> Unit | None:
        stem, at, instance = name.partition("@")
        known = (name, f"{stem}@.{instance.rpartition('.')[2]}" if at else name)
        texts = next((units[one] for one in known if one in units), None)
        return None if texts is None else files.of_texts(name, texts)

    names = [name for name in units if name.endswith((".timer", ".path"))]
    starters = [unit for name in sorted(names, key=_is_path) if (unit := find(name))]
    if not starters:
        hint = "write into it: systemctl cat NAME.timer NAME.service"
        raise ConfigError.of("there is no timer on standard input", hint)
    services = _Services(local)
    for unit in starters:
        services.take(unit, find)
    return services.imported()


def _is_path(unit: Path | str) -> bool:
    """Return whether it is no timer: they come first, and what paths add to their jobs after."""
    return str(unit).endswith(".path")


def _starters(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(one for kind in ("timer", "path") for one in path.glob(f"*.{kind}"))
    elif path.suffix not in (".timer", ".path"):
        hint = f"name a .timer, its service is found beside it: {path.stem}.timer"
        raise ConfigError.of(f"{path} is no timer", hint)
    else:
        yield path


class _Services:
    """The services that were found, and the jobs that they become."""

    def __init__(self, local: ZoneInfo) -> None:
        self._local = local
        self._differences: list[Difference] = []
        self._drafts: dict[str, list[Draft]] = {}  # by the service
        self._chains = Chains()
        self._links: list[tuple[Link, Unit, _Finder]] = []

    def take_file(self, path: Path, *, named: bool) -> None:
        """Take what a file of a timer or a path starts; it was *named*, or is of a directory."""

        def find(name: str) -> Unit | None:
            file = files.beside(path, name)
            return None if file is None else files.load(file)

        if path.stem.endswith("@"):
            message = f"this is a template: name one of its instances, NAME@INSTANCE{path.suffix}"
            self._differences.append(Difference(str(path), path.name, message, taken=False))
            return
        try:
            unit = files.load(path)
            why = "masked: systemd does not start it"
        except OSError as error:  # such as what is left of a package that is gone
            if named:
                raise
            unit, why = None, (error.strerror or "").lower()
        except ConfigError as error:
            unit, why = None, str(error)
        if unit is None:
            self._differences.append(Difference(str(path), path.name, why, taken=False))
        else:
            self.take(unit, find)

    def take(self, starter: Unit, find: _Finder) -> None:
        """Take what a timer or a path starts."""
        told = Telling(starter.wrong)
        try:
            service = _service(starter, find)
            if _is_path(starter.name) and service.name in self._drafts:
                _add_trigger(self._drafts[service.name][0], starter, told)
            else:
                self._add(starter, service, told, find)
        except ConfigError as error:
            told = Telling([Difference(starter.path, starter.name, str(error), taken=False)])
        self._differences += told

    def _add(self, starter: Unit | None, service: Unit, told: Telling, find: _Finder) -> None:
        told += service.wrong
        is_new = service.name not in self._drafts
        specifiers = unit_values.specifiers(service.name, service.path, user=service.user)
        links = list(systemd_chains.links(service, specifiers, told))
        drafts = list(_drafts(starter, service, self._local, told))
        self._drafts.setdefault(service.name, []).extend(drafts)
        self._links += [(link, service, find) for link in links if is_new]

    def imported(self) -> Imported:
        """Return the jobs of all that were taken, and of what these start when they end."""
        for link, service, find in self._links:  # which grows
            told = Telling()
            self._follow(link, service, find, told)
            self._differences += told
        taken: set[str] = set()
        names: dict[str, list[str]] = {}
        for service_name, drafts in self._drafts.items():
            for draft in drafts:
                names.setdefault(service_name, []).append(unique_name(draft.name, taken))
                taken.add(names[service_name][-1])
        found: list[Draft] = []
        for service_name, drafts in self._drafts.items():
            told = Telling()
            after = self._chains.after(service_name, names, told)
            self._differences += told
            for n, (draft, name) in enumerate(zip(drafts, names[service_name], strict=True)):
                keys = draft.keys if after is None or n else _with_after(draft.keys, after)
                found.append(replace(draft, name=name, keys=keys))
        jobs, settings = shared(found, "local")
        return Imported(jobs, tuple(self._differences), settings)

    def _follow(self, link: Link, service: Unit, find: _Finder, told: Telling) -> None:
        """Take what a service starts when it ends."""
        if link.target not in self._drafts:
            target = find(link.target) if link.target.endswith(".service") else None
            if target is None:
                told.say(link.setting, systemd_chains.NOTHING)
                return
            try:
                self._add(None, target, told, find)
            except ConfigError as error:
                told.say(link.setting, f"{systemd_chains.NOTHING}: {error}")
                return
        self._chains.take(link, service, told)


def _with_after(keys: dict[str, Any], after: Any) -> dict[str, Any]:
    first = {key: keys[key] for key in keys if key in _FIRST}
    rest = {key: keys[key] for key in keys if key not in (*first, "after")}
    return {**first, "after": after, **rest}


def _add_trigger(draft: Draft, path: Unit, told: Telling) -> None:
    """Add to a job what a path unit says that starts its service as well."""
    specifiers = unit_values.specifiers(path.name, path.path, user=path.user)
    trigger = systemd_paths.trigger(path, specifiers, told)
    known = draft.keys.get("on")
    draft.keys["on"] = trigger if known is None else [*_listed(known), trigger]
    unit_settings.tell(path, told)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _service(starter: Unit, find: _Finder) -> Unit:
    stem, _, kind = starter.name.rpartition(".")
    setting = starter.last(kind.capitalize(), "Unit")
    name = f"{stem}.service"
    if setting is not None:
        given = unit_values.specifiers(starter.name, starter.path, user=starter.user)
        name = unit_values.expanded(setting.value, given)
    if not name.endswith(".service"):
        raise ConfigError.of(f"it starts {name}, which is no service")
    service = find(name)
    if service is None:
        raise ConfigError.of(f"its service {name} is not there", "or masked")
    return service


def _drafts(starter: Unit | None, service: Unit, local: ZoneInfo, told: Telling) -> Iterator[Draft]:
    """Yield the jobs of a service: one, or one for each zone of the timer that is its *starter*."""
    unit = starter or service
    of_starter = unit_values.specifiers(unit.name, unit.path, user=unit.user)
    for_service = unit_values.specifiers(service.name, service.path, user=service.user)
    command = systemd_services.command(service, for_service, told)
    times = _times(starter, of_starter, local, told)
    causes = [one.keys(local) for one in times] or [{"after": _TO_COME}]
    if starter is not None and _is_path(starter.name):
        causes = [{"on": systemd_paths.trigger(starter, of_starter, told)}]
    description, comment = _texts(unit, service, of_starter, for_service, told)
    around = {
        **systemd_services.surroundings(service, for_service, told),
        **systemd_ends.ends(service, told),
        **systemd_ends.retry(service, told),
    }
    if times:
        systemd_timers.exactness(unit, told)
    for n, when in enumerate(causes):
        about = Telling() if n else told
        caught_up = systemd_timers.catchup(unit, times[n], about) if times else {}
        keys, refused = sound(
            {**description, **command, **when, **around, **caught_up}, service.path
        )
        told += refused
        yield Draft(unit_values.job_name(unit.name), keys, comment)
    for one in {unit.name: unit, service.name: service}.values():
        unit_settings.tell(one, told)


def _times(
    starter: Unit | None, specifiers: Mapping[str, str], local: ZoneInfo, told: Telling
) -> list[Times]:
    """Return when a timer fires; nothing for what is none."""
    if starter is None or _is_path(starter.name):
        return []
    found = systemd_timers.times(starter, specifiers, local, told)
    if not found:
        raise ConfigError.of("nothing says when it fires that a clock here does")
    return found


def _texts(
    starter: Unit,
    service: Unit,
    of_starter: Mapping[str, str],
    for_service: Mapping[str, str],
    told: Telling,
) -> tuple[dict[str, str], str]:
    """Return the description as a key, and what else is written there for people, as a comment."""
    texts: list[str] = []
    pages: list[str] = []
    for unit, given in ((service, for_service), (starter, of_starter)):
        description = unit.last("Unit", "Description")
        if description is not None:
            text = told.read(description, _expanding(given))
            texts += [text] if text else []
        pages += [one.value for one in unit.all("Unit", "Documentation")]
    more = [text for text in texts[1:] if text != texts[0]]
    comment = "\n".join(dict.fromkeys([f"from {starter.path}", *more, *pages]))
    says_more = texts and texts[0] != unit_values.job_name(starter.name)
    return {"description": texts[0]} if says_more else {}, comment


def _expanding(specifiers: Mapping[str, str]) -> Callable[[str], str]:
    return lambda text: unit_values.expanded(text, specifiers)
