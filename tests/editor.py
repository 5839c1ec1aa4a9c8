"""An editor, as far as a language server can tell: it opens files and asks about them."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

_LONGEST = 60.0  # seconds: the server starts in two
_SETTINGS = {
    "yaml": {
        "validate": True,
        "hover": True,
        "completion": True,
        "schemaStore": {"enable": False},  # nothing here is fetched from anywhere
        "kubernetesCRDStore": {"enable": False},
    }
}


def server() -> str | None:
    """Return the program of the YAML language server, None where it is not installed."""
    return os.environ.get("YAML_LANGUAGE_SERVER") or shutil.which("yaml-language-server")


class Said(NamedTuple):
    """A squiggle: its line, from 1, what it underlines and what it says."""

    line: int
    at: str
    message: str


class Offer(NamedTuple):
    """What may be completed: its label, what it inserts and what is said of it."""

    label: str
    inserts: str
    about: str


class Editor:
    """An editor with a directory of files open, whose schema each file names in its first line."""

    def __init__(self, program: str, directory: Path) -> None:
        self._directory = directory
        self._last = 0
        self._said: dict[str, list[dict[str, Any]]] = {}
        self._buffer = b""
        self._process = subprocess.Popen(
            [program, "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=directory,
        )
        markdown = {"completionItem": {"documentationFormat": ["markdown"], "snippetSupport": True}}
        able = {"workspace": {"configuration": True}, "textDocument": {"completion": markdown}}
        root = {"uri": directory.as_uri(), "name": "files"}
        self._ask(
            "initialize",
            {"processId": os.getpid(), "rootUri": root["uri"], "workspaceFolders": [root],
             "capabilities": able},
        )  # fmt: skip
        self._tell("initialized", {})
        self._tell("workspace/didChangeConfiguration", {"settings": _SETTINGS})

    def close(self) -> None:
        """Let the server end."""
        self._ask("shutdown", None)
        self._tell("exit", None)
        self._process.communicate(timeout=_LONGEST)

    def open(self, text: str) -> str:
        """Open a new file of *text*; return its address."""
        self._last += 1
        path = self._directory / f"{self._last}.yaml"
        path.write_text(text, encoding="utf-8")
        uri = path.as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})
        return uri

    def problems(self, text: str) -> list[Said]:
        """Return the squiggles that an editor shows in a file of *text*."""
        uri = self.open(text)
        deadline = time.monotonic() + _LONGEST
        while uri not in self._said:
            self._take(self._read(deadline))
        lines = text.splitlines()
        found = []
        for one in self._said[uri]:
            begin, end = one["range"]["start"], one["range"]["end"]
            line = lines[begin["line"]] if begin["line"] < len(lines) else ""
            same = begin["line"] == end["line"]
            at = line[begin["character"] : end["character"] if same else None]
            found.append(Said(begin["line"] + 1, at, one["message"]))
        return sorted(found)

    def offers(self, text: str) -> list[Offer]:
        """Return what may be completed at the mark `|` in *text*."""
        answer = self._at_mark("textDocument/completion", text)
        items = answer["items"] if isinstance(answer, dict) else answer
        return [
            Offer(
                item["label"],
                item.get("textEdit", {}).get("newText") or item.get("insertText", ""),
                _plain(item.get("documentation", "")),
            )
            for item in items
        ]

    def hover(self, text: str) -> str:
        """Return what is shown for what the mouse is on, at the mark `|` in *text*."""
        answer = self._at_mark("textDocument/hover", text)
        return "" if answer is None else _plain(answer["contents"])

    def _at_mark(self, method: str, text: str) -> Any:
        before, _, after = text.partition("|")
        place = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        uri = self.open(before + after)
        return self._ask(method, {"textDocument": {"uri": uri}, "position": place})

    # ---- messages

    def _ask(self, method: str, params: Any) -> Any:
        self._last += 1
        number = self._last
        self._send({"id": number, "method": method, "params": params})
        deadline = time.monotonic() + _LONGEST
        while True:
            message = self._read(deadline)
            if message.get("id") == number and "method" not in message:
                return message["result"]
            self._take(message)

    def _tell(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def _take(self, message: dict[str, Any]) -> None:
        """Do what an editor does with a message that answers nothing it asked."""
        method, params = message.get("method"), message.get("params")
        if method == "textDocument/publishDiagnostics" and params:
            self._said[params["uri"]] = params["diagnostics"]
        elif method == "workspace/configuration" and params:
            wanted: Sequence[dict[str, Any]] = params["items"]
            result = [_SETTINGS.get(item.get("section", ""), {}) for item in wanted]
            self._send({"id": message["id"], "result": result})
        elif "id" in message and method:
            self._send({"id": message["id"], "result": None})

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _read(self, deadline: float) -> dict[str, Any]:
        while True:
            head, separator, rest = self._buffer.partition(b"\r\n\r\n")
            length = head.lower().partition(b"content-length:")[2].split()
            if separator and len(rest) >= int(length[0]):
                end = int(length[0])
                self._buffer = rest[end:]
                message: dict[str, Any] = json.loads(rest[:end])
                return message
            self._fill(deadline)

    def _fill(self, deadline: float) -> None:
        assert self._process.stdout is not None
        left = deadline - time.monotonic()
        ready, _, _ = select.select([self._process.stdout], [], [], max(left, 0))
        assert ready, "the language server does not answer"
        part = os.read(self._process.stdout.fileno(), 1 << 16)
        assert part, "the language server has ended"
        self._buffer += part


def _plain(documentation: Any) -> str:
    text = documentation["value"] if isinstance(documentation, dict) else documentation
    return str(text)
