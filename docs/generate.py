"""
Writes what is generated in the docs: whole pages, and the answers in those written by hand.

    python docs/generate.py
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from generators import answers, cli, man, reference

DOCS = Path(__file__).parent
PAGES: dict[str, Callable[[], str]] = {
    "reference.md": reference.page,
    "cli.md": cli.page,
    "man/sched.1": man.page,
}


def typed() -> list[Path]:
    """Return the pages whose commands are typed, and their answers held to what is shown."""
    pages = [DOCS.parent / "README.md", *sorted(DOCS.glob("*.md"))]
    docker = DOCS / "containers.md"
    return [page for page in pages if page != docker and answers.has_any(page.read_text("utf-8"))]


def main() -> None:
    """Write every page that is not what it should be, and say which."""
    for name, page in PAGES.items():
        path = DOCS / name
        path.parent.mkdir(exist_ok=True)
        _write(path, page())
    if not answers.can_be_asked():
        print("libfaketime is not installed: the answers of pages are left as they are")
        return
    for path in typed():
        _write(path, answers.answered(path.read_text("utf-8")))


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, encoding="utf-8")
        print(f"written: {path.relative_to(DOCS.parent)}")


if __name__ == "__main__":
    main()
