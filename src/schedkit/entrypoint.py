"""
Calls one Python function, in a process of its own.

Run as a file by the job's interpreter, which need not have this package nor be as new:

    python entrypoint.py package.module:function PARAMS RESULT

PARAMS are the keyword arguments as JSON. What the function returns, or the exception that it
raises, is written to the file RESULT as JSON; the traceback goes to stderr, as always.
"""

import importlib
import inspect
import json
import os
import sys
from typing import Any

_LONGEST = 10_000  # characters kept of a returned value: it goes into the history


def main() -> None:
    """Call the function that the command line names."""
    target, params, result = sys.argv[1:4]
    # What `python -m` would do: the directory of this file must not shadow other modules.
    sys.path[0] = os.getcwd()
    sys.argv[1:] = []
    try:
        module, _, path = target.partition(":")
        function: Any = importlib.import_module(module)
        for name in path.split("."):
            function = getattr(function, name)
        value = function(**json.loads(params))
        if inspect.iscoroutine(value):
            import asyncio

            value = asyncio.run(value)
    except Exception as error:
        text = str(error)
        name = type(error).__name__
        _write(result, {"raised": f"{name}: {text}" if text else name})
        raise
    if value is not None:
        _write(result, {"returned": _text(value)})


def _text(value: object) -> str:
    try:
        text = value if isinstance(value, str) else json.dumps(value)
    except (TypeError, ValueError):
        text = repr(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


def _write(path: str, content: object) -> None:
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file)


if __name__ == "__main__":
    main()
