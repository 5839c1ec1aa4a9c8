"""Sends a message to a URL: as JSON, or as a body that somebody wrote."""

from __future__ import annotations

import json
import re

from schedkit.message_parts import PARTS
from schedkit.notifier import web
from schedkit.notifier.delivery import NotSentError

TYPE_CHECKING = False  # as far as the type checker believes
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from schedkit.notifier.sending import Sending

_JSON = "application/json"
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)  # a text of JSON


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

    What no message has stays as it is, and what this one has not is nothing. With *as_json* it is
    written as JSON has it, and within the quotes of a text as a part of that.

    >>> filled('{"content": "$title", "code": $exit_code}', {"title": 'a "b"\n'}, as_json=True)
    '{"content": "a \\"b\\"\\n", "code": null}'
    """
    from string import Template

    quoted = [one.span() for one in _QUOTED.finditer(template)] if as_json else []

    def written(found: re.Match[str]) -> str:
        name = found["named"] or found["braced"]
        if name is None:
            return "$" if found["escaped"] is not None else found[0]
        if name not in message and name not in PARTS:
            return found[0]
        value = message.get(name)
        if as_json and not any(begin < found.start() < end for begin, end in quoted):
            return json.dumps(value)
        plain = "" if value is None else str(value)
        return json.dumps(plain)[1:-1] if as_json else plain

    return Template.pattern.sub(written, template)


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
