"""Sends a message to a URL: as JSON, or as a body that somebody wrote."""

from __future__ import annotations

import json

from schedkit.notifier import web
from schedkit.notifier.delivery import NotSentError

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from schedkit.notifier.sending import Sending

_JSON = "application/json"


def send(sending: Sending) -> None:
    """
    Send it.

    Raises: NotSentError, OSError.
    """
    to = sending.to
    address = web.Address(to.text("url"))
    sending.where = address.shown
    method = to.optional("method") or "POST"
    if method not in ("POST", "PUT"):
        raise NotSentError("'method' is neither POST nor PUT", again=False)
    headers = to.mapping("headers")
    template = to.optional("body")
    message = _message(sending)
    if template is None:
        kind, body = _JSON, json.dumps(message)
    else:
        kind = _kind(headers, template)
        body = filled(template, message, as_json="json" in kind.lower())
    data = body.encode("utf-8", "replace")
    web.exchange(sending, web.Request(method, address, data, kind, headers=headers))


def filled(template: str, message: Mapping[str, Any], *, as_json: bool) -> str:
    r"""
    Return *template* with `$name` and `${name}` replaced by what the message has; `$$` is a `$`.

    What the message does not have stays as it is. With *as_json* a text is written as it is
    within the quotes of JSON, and what is none as JSON has it.

    >>> filled('{"content": "$title"}', {"title": 'a "b"\n'}, as_json=True)
    '{"content": "a \\"b\\"\\n"}'
    """
    from string import Template

    def written(value: object) -> str:
        if isinstance(value, str):
            return json.dumps(value)[1:-1] if as_json else value
        if as_json:
            return json.dumps(value)
        return "" if value is None else str(value)

    return Template(template).safe_substitute(
        {name: written(value) for name, value in message.items()}
    )


def _message(sending: Sending) -> dict[str, Any]:
    output_tail = sending.output_tail()
    text, title = sending.text(output_tail), sending.said("title")
    # Who shows the text alone, as chats do, would not say what it is about.
    text = text if text.startswith(title) else f"{title}\n{text}"
    return {**sending.message, "text": text, "output_tail": output_tail}


def _kind(headers: Mapping[str, str], template: str) -> str:
    for name, value in headers.items():
        if name.lower() == "content-type":
            return value
    return _JSON if template.lstrip().startswith(("{", "[")) else "text/plain; charset=utf-8"
