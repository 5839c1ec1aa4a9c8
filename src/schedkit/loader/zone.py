"""The zone of this machine."""

from __future__ import annotations

import os
from pathlib import Path

from schedkit.errors import ConfigError
from schedkit.timeline import zone

_LOCALTIME = Path("/etc/localtime")
_NAME = Path("/etc/timezone")


def machine_zone() -> str:
    """
    Return the name, in the tz database, of the zone that this machine is set to.

    From $TZ, else from where /etc/localtime leads, else from /etc/timezone; UTC when none is set.
    Source: localtime(5) of systemd.

    Raises: ConfigError when it is set to something without a name.
    """
    name = os.environ.get("TZ", "").removeprefix(":")
    if name and name != str(_LOCALTIME):
        return _checked(name.partition("/zoneinfo/")[2] or name)
    _, found, name = os.path.realpath(_LOCALTIME).partition("/zoneinfo/")
    if found:
        return name
    try:
        return _NAME.read_text(encoding="ascii").strip() or "UTC"
    except (OSError, UnicodeDecodeError):
        pass
    if not _LOCALTIME.exists():
        return "UTC"
    hint = "name a zone, such as timezone: Europe/Berlin"
    raise ConfigError.of("the zone of this machine has no name", hint).within("timezone")


def _checked(name: str) -> str:
    try:
        return str(zone(name))
    except ConfigError:
        message = f"the zone of this machine, {name!r}, is not known"
        hint = "name a zone, such as timezone: Europe/Berlin"
        raise ConfigError.of(message, hint).within("timezone") from None
