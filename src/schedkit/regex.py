"""`re`, imported when an expression is first used: a verb that answers often uses none."""

from __future__ import annotations

from schedkit.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import re
else:

    class _Expression:
        """An expression that is compiled when it is first used."""

        def __init__(self, text: str, flags: int) -> None:
            self._written = (text, flags)

        def __getattr__(self, name: str) -> Any:
            import re

            found = getattr(re.compile(*self._written), name)
            setattr(self, name, found)
            return found

    class _Module:
        ASCII, IGNORECASE = 256, 2  # what they are in re: written at import, too

        def compile(self, text: str, flags: int = 0) -> _Expression:
            return _Expression(text, flags)

        def __getattr__(self, name: str) -> Any:
            import re

            found = getattr(re, name)
            setattr(self, name, found)
            return found

    re = _Module()

__all__ = ["re"]
