"""
Calls one Python function, in a process of its own.

Run as a file by the job's interpreter, which need not have this package nor be as new:

    SCHED_PARAMS='{"a": 1}' SCHED_RESULT=3 python entrypoint.py package.module:function

The keyword arguments, as JSON, are no argument of the command: everybody on a machine can read
those. What the function returns, or the exception that it raises, is written as JSON to the
descriptor SCHED_RESULT; the traceback goes to stderr, as always. The function sees neither.
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
    target = sys.argv[1]
    params = json.loads(os.environ.pop("SCHED_PARAMS"))
    result = int(os.environ.pop("SCHED_RESULT"))
    os.set_inheritable(result, False)  # not for what the function starts
    # What `python -m` would do: the directory of this file must not shadow other modules.
    sys.path[0] = os.getcwd()
    sys.argv[1:] = []
    try:
        module, _, path = target.partition(":")
        function: Any = importlib.import_module(module)
        for name in path.split("."):
            function = getattr(function, name)
        value = function(**params)
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


def _write(result: int, content: object) -> None:
    with open(result, "w", encoding="utf-8") as file:
        json.dump(content, file)


if __name__ == "__main__":
    main()
