"""
Runs a keeper: JOURNAL and CONTROL are descriptors, a file to append to and a stream socket.

    python -I -S .../schedkit/keeper/__main__.py JOURNAL CONTROL
"""

import sys


def main() -> None:
    """Run a keeper to its end."""
    # A stub: the package's own __init__ imports what only its users need.
    package = type(sys)("schedkit")
    package.__path__ = [__file__.rpartition("/keeper/")[0]]
    sys.modules["schedkit"] = package
    from schedkit.keeper.loop import keep

    keep(*map(int, sys.argv[1:3]))


main()
