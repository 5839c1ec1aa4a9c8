"""What most drafts of an import say is said once, at the top of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from schedkit.interchange.draft import Draft

_SHAREABLE = ("working_dir", "user", "retry", "overlap", "history")


def shared(drafts: Sequence[Draft]) -> tuple[tuple[Draft, ...], dict[str, Any]]:
    """Return the drafts without what becomes their defaults, and these."""
    if len(drafts) < 2:
        return tuple(drafts), {}
    defaults = {}
    for key in _SHAREABLE:
        values = [draft.keys[key] for draft in drafts if key in draft.keys]
        usual = max(values, key=values.count, default=None)
        # One that does not have the key would get it from the defaults.
        if len(values) == len(drafts) and values.count(usual) > 1:
            defaults[key] = usual
    own = [
        replace(draft, keys={k: v for k, v in draft.keys.items() if defaults.get(k) != v})
        for draft in drafts
    ]
    return tuple(own), defaults
