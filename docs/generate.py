"""Writes the pages of the docs that are generated: `python docs/generate.py`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from generators import cli, man, reference

DOCS = Path(__file__).parent
PAGES: dict[str, Callable[[], str]] = {
    "reference.md": reference.page,
    "cli.md": cli.page,
    "man/sched.1": man.page,
}


def main() -> None:
    """Write every page that is not what it should be, and say which."""
    for name, page in PAGES.items():
        path = DOCS / name
        text = page()
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"written: docs/{name}")


if __name__ == "__main__":
    main()
