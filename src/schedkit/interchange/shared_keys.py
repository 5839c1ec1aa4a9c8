"""What most drafts of an import say is said once, at the top of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from schedkit.interchange.draft import Draft

_SHAREABLE = ("working_dir", "user", "retry", "overlap", "history")


def shared(drafts: Sequence[Draft], zone: str) -> tuple[tuple[Draft, ...], dict[str, Any]]:
    """
    Return the drafts without what is said for all of them, and the settings that say it.

    *zone* is that of a draft that names none.
    """
    zones = {draft.keys.get("timezone", zone) for draft in drafts}
    common = zones.pop() if len(zones) == 1 else zone
    settings: dict[str, Any] = {"timezone": common}
    defaults = _defaults(drafts) if len(drafts) > 1 else {}
    if defaults:
        settings["defaults"] = defaults
    usual = {**defaults, "timezone": common}
    own = [
        replace(draft, keys={k: v for k, v in draft.keys.items() if usual.get(k) != v})
        for draft in drafts
    ]
    return tuple(own), settings


def _defaults(drafts: Sequence[Draft]) -> dict[str, Any]:
    defaults = {}
    for key in _SHAREABLE:
        values = [draft.keys[key] for draft in drafts if key in draft.keys]
        usual = max(values, key=values.count, default=None)
        # One that does not have the key would get it from the defaults.
        if len(values) == len(drafts) and values.count(usual) > 1:
            defaults[key] = usual
    return defaults
