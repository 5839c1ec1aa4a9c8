"""
Runs the process: see the package.

    python -P -m schedkit.arrivals, or with less memory
    python -I -S .../schedkit/arrivals/__main__.py
"""

import sys


def main() -> None:
    """Watch for what stdin says, until it ends."""
    # A stub: the package's own __init__ imports what only its users need.
    package = type(sys)("schedkit")
    package.__path__ = [__file__.rpartition("/arrivals/")[0]]
    sys.modules["schedkit"] = package
    from schedkit.arrivals.loop import watch

    watch(0, 1)


main()
