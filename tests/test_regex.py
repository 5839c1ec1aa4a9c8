"""That `re` is there when it is used, and not before."""

from __future__ import annotations

import re as real
import subprocess
import sys

from schedkit.regex import re


def test_an_expression_does_what_a_compiled_one_does() -> None:
    ours = re.compile(r"(\d+)\s*([a-z]+)", re.ASCII | re.IGNORECASE)
    theirs = real.compile(r"(\d+)\s*([a-z]+)", real.ASCII | real.IGNORECASE)

    for text in ("12 MB", "12", "\u0661 mb", ""):
        assert bool(ours.fullmatch(text)) == bool(theirs.fullmatch(text))
    assert ours.pattern == theirs.pattern
    assert ours.flags == theirs.flags


def test_the_functions_of_the_module_are_there() -> None:
    assert re.sub("a", "b", "aha") == "bhb"
    assert (re.ASCII, re.IGNORECASE) == (real.ASCII, real.IGNORECASE)


def test_nothing_is_imported_before_an_expression_is_used() -> None:
    program = (
        "import sys\nfrom schedkit.regex import re\none = re.compile('a')\n"
        "print('re' in sys.modules, bool(one.match('a')), 're' in sys.modules)"
    )

    answer = subprocess.check_output([sys.executable, "-c", program], text=True)

    assert answer == "False True True\n"
