"""Timers of systemd with their services, as jobs of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from schedkit.errors import ConfigError
from schedkit.interchange import (
    systemd_ends,
    systemd_services,
    systemd_timers,
    unit_settings,
    unit_values,
)
from schedkit.interchange import unit_files as files
from schedkit.interchange.draft import Difference, Draft, Imported, unique_name
from schedkit.interchange.shared_keys import shared
from schedkit.interchange.sound_keys import sound
from schedkit.interchange.telling import Telling
from schedkit.interchange.unit_files import Unit

WHERE = "such as /etc/systemd/system/timers.target.wants, or the output of: systemctl cat NAME..."
# Finds the unit of this name that belongs to a timer; None when there is none.
_Finder = Callable[[str], Unit | None]


def read(paths: Iterable[str], local: ZoneInfo) -> Imported:
    """
    Return the jobs of timers: files, or directories of them. *local* is the zone of the machine.

    Services and drop-ins are looked for where systemd would find them.

    Raises: OSError when a path cannot be read; ConfigError when there is no timer.
    """
    given = [Path(path) for path in paths]
    # A timer that is enabled is linked to from another directory.
    found = {(one.name, files.real(one)): one for path in given for one in _timers(path)}
    if not found:
        raise ConfigError.of("there are no timers", f"name files or directories, {WHERE}")
    return _imported(_read_files(path, local, path in given) for path in found.values())


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

    timers = [unit for name in units if name.endswith(".timer") and (unit := find(name))]
    if not timers:
        hint = "write into it: systemctl cat NAME.timer NAME.service"
        raise ConfigError.of("there is no timer on standard input", hint)
    return _imported(_read(timer, find, local) for timer in timers)


def _timers(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(path.glob("*.timer"))
    elif path.suffix != ".timer":
        hint = f"name a .timer, its service is found beside it: {path.stem}.timer"
        raise ConfigError.of(f"{path} is no timer", hint)
    else:
        yield path


def _read_files(path: Path, local: ZoneInfo, named: bool) -> Iterator[Draft | Difference]:  # noqa: FBT001
    """Yield the jobs of a timer, which was *named*, or found in a directory, and what differs."""

    def find(name: str) -> Unit | None:
        file = files.beside(path, name)
        return None if file is None else files.load(file)

    if path.name.partition("@")[2] == ".timer":
        message = "this is a template: name one of its instances, NAME@INSTANCE.timer"
        yield Difference(str(path), path.name, message, taken=False)
        return
    try:
        timer = files.load(path)
    except OSError as error:  # such as what is left of a package that is gone
        if named:
            raise
        yield Difference(str(path), path.name, (error.strerror or "").lower(), taken=False)
        return
    except ConfigError as error:
        yield Difference(str(path), path.name, str(error), taken=False)
        return
    if timer is None:
        yield Difference(str(path), path.name, "masked: systemd does not start it", taken=False)
        return
    yield from _read(timer, find, local)


def _read(timer: Unit, find: _Finder, local: ZoneInfo) -> Iterator[Draft | Difference]:
    """Yield the jobs of a timer and its service, and what differs."""
    told = Telling(timer.wrong)
    try:
        service = _service(timer, find)
        told += service.wrong
        yield from _drafts(timer, service, local, told)
    except ConfigError as error:
        yield Difference(timer.path, timer.name, str(error), taken=False)
        return
    yield from told


def _service(timer: Unit, find: _Finder) -> Unit:
    setting = timer.last("Timer", "Unit")
    name = f"{timer.name.removesuffix('.timer')}.service"
    if setting is not None:
        given = unit_values.specifiers(timer.name, timer.path, user=timer.user)
        name = unit_values.expanded(setting.value, given)
    if not name.endswith(".service"):
        raise ConfigError.of(f"it starts {name}, which is no service")
    service = find(name)
    if service is None:
        raise ConfigError.of(f"its service {name} is not there", "or masked")
    return service


def _drafts(timer: Unit, service: Unit, local: ZoneInfo, told: Telling) -> Iterator[Draft]:
    for_timer = unit_values.specifiers(timer.name, timer.path, user=timer.user)
    for_service = unit_values.specifiers(service.name, service.path, user=service.user)
    command = systemd_services.command(service, for_service, told)
    found = systemd_timers.times(timer, for_timer, local, told)
    if not found:
        raise ConfigError.of("nothing says when it fires that a clock here does")
    description, comment = _texts(timer, service, for_timer, for_service, told)
    after = {
        **systemd_services.surroundings(service, for_service, told),
        **systemd_ends.ends(service, told),
        **systemd_ends.retry(service, told),
    }
    systemd_timers.exactness(timer, told)
    for one in found:
        caught_up = systemd_timers.catchup(timer, one, told if one is found[0] else Telling())
        keys = {**description, **command, **one.keys(local), **after, **caught_up}
        keys, refused = sound(keys, service.path)
        told += refused
        yield Draft(unit_values.job_name(timer.name), keys, comment)
    unit_settings.tell(timer, told)
    unit_settings.tell(service, told)


def _texts(
    timer: Unit,
    service: Unit,
    for_timer: Mapping[str, str],
    for_service: Mapping[str, str],
    told: Telling,
) -> tuple[dict[str, str], str]:
    """Return the description as a key, and what else is written there for people, as a comment."""
    texts: list[str] = []
    pages: list[str] = []
    for unit, given in ((service, for_service), (timer, for_timer)):
        description = unit.last("Unit", "Description")
        if description is not None:
            text = told.read(description, _expanding(given))
            texts += [text] if text else []
        pages += [one.value for one in unit.all("Unit", "Documentation")]
    more = [text for text in texts[1:] if text != texts[0]]
    comment = "\n".join(dict.fromkeys([f"from {timer.path}", *more, *pages]))
    says_more = texts and texts[0] != unit_values.job_name(timer.name)
    return {"description": texts[0]} if says_more else {}, comment


def _expanding(specifiers: Mapping[str, str]) -> Callable[[str], str]:
    return lambda text: unit_values.expanded(text, specifiers)


def _imported(read: Iterable[Iterator[Draft | Difference]]) -> Imported:
    found = [one for timer in read for one in timer]
    taken: set[str] = set()
    drafts = []
    for one in found:
        if isinstance(one, Draft):
            drafts.append(replace(one, name=unique_name(one.name, taken)))
            taken.add(drafts[-1].name)
    jobs, settings = shared(drafts, "local")
    differences = tuple(one for one in found if isinstance(one, Difference))
    return Imported(jobs, differences, settings)
