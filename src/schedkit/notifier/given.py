"""What a delivery says of its receiver, with the secrets that are kept elsewhere."""

from __future__ import annotations

import os

from schedkit.notifier.delivery import NotSentError

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    from typing import Any

_LARGEST = 65_536  # bytes of a file that holds a secret
_SHORTEST = 4  # characters; to hide what is shorter would blot out half a text, and tell of it


class Given:
    """
    The values of *to*, each read when it is asked for.

    Every way to ask raises NotSentError when the value is of another kind, or cannot be read.
    """

    def __init__(self, values: dict[str, Any], directory: str) -> None:
        self._values = values
        self._directory = directory
        self._secrets: set[str] = set()

    def raw(self, name: str) -> object:
        """Return the value as it was sent, None when there is none."""
        return self._values.get(name)

    def text(self, name: str) -> str:
        """Return a text that has to be there."""
        text = self.optional(name)
        if text is None:
            raise NotSentError(f"{name!r} is missing", again=False)
        return text

    def optional(self, name: str) -> str | None:
        """Return a text, or None."""
        value = self._values.get(name)
        return None if value is None else self._text(name, value)

    def texts(self, name: str) -> list[str]:
        """Return a list of texts, at least one."""
        value = self._values.get(name)
        if not isinstance(value, list) or not value:
            raise NotSentError(f"{name!r} is no list of texts", again=False)
        return [self._text(name, one) for one in value]

    def mapping(self, name: str) -> dict[str, str]:
        """Return texts by their names, perhaps none."""
        value = self._values.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise NotSentError(f"{name!r} is no mapping", again=False)
        return {key: self._text(name, one) for key, one in value.items()}

    def path(self, path: str) -> str:
        """Return where a path leads."""
        return os.path.join(self._directory, os.path.expanduser(path))

    def hide(self, secret: str) -> None:
        """Remember a text that is not to be shown."""
        self._secrets.update(line for line in secret.splitlines() if len(line) >= _SHORTEST)

    def hidden(self, text: str) -> str:
        """Return *text* without the secrets that were read so far."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "…")
        return text

    def _text(self, name: str, value: object) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, dict) and len(value) == 1:
            ((source, place),) = value.items()
            if source in ("from_file", "from_env") and isinstance(place, str):
                text = self._from_file(place) if source == "from_file" else _from_env(place)
                self.hide(text)
                return text
        raise NotSentError(f"{name!r} is no text", again=False)

    def _from_file(self, place: str) -> str:
        path = self.path(place)
        try:
            # A FIFO that nobody writes to would never be opened otherwise.
            with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
                data = file.read(_LARGEST + 1) or b""
        except (OSError, ValueError) as error:
            reason = (getattr(error, "strerror", None) or "this is no path").lower()
            raise NotSentError(f"{path} cannot be read: {reason}", again=True) from None
        if len(data) > _LARGEST:
            raise NotSentError(f"{path} is too large for a secret", again=False)
        try:
            return data.decode("utf-8").removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            raise NotSentError(f"{path} is not UTF-8", again=False) from None


def _from_env(name: str) -> str:
    value = os.environ.get(name)
    if value is None:
        # Another notifier may have it: the environment is that of the runner.
        raise NotSentError(f"the variable {name!r} is not set", again=True)
    return value
