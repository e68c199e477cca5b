"""A process that holds one contender and does as it is told, a line of JSON at a time."""

from __future__ import annotations

import json
import os
import sys
import traceback
from importlib import import_module
from time import perf_counter, process_time


def serve(module: str, name: str, given: dict) -> None:
    """Make a contender, say that it is ready, then answer each request with what it returned."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever else is printed must not stand between the answers
    contender = None
    for line in _lines():
        try:
            if contender is None:
                contender = getattr(import_module(f".{module}", __package__), name)(**given)
                answer = {}
            else:
                answer = _answer(contender, **json.loads(line))
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), file=out, flush=True)
    getattr(contender, "close", lambda: None)()


def _lines():
    yield ""
    yield from sys.stdin


def _answer(contender, do: str, given: dict) -> dict:
    """Call a method;

    beside what it returns goes what it cost, in seconds of CPU and by the clock.
    """
    cpu, wall = process_time(), perf_counter()
    value = getattr(contender, do)(**given)
    return {"value": value, "cpu": process_time() - cpu, "wall": perf_counter() - wall}


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
