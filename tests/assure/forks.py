"""Processes that begin with all libraries read, and end at a bound: a few at a time.

The bound is CPU, so that a busy machine ends nobody; who waits for ever ends after ten times as long.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

from tests.support import scratch

# What every test process would read first. Nothing of the program: its modules are read with the fault.
LIBRARIES = (
    *(
        "hypothesis",
        "hypothesis.strategies",
        "pytest",
        "sqlalchemy.orm",
        "flask_sqlalchemy",
        "flask_migrate",
    ),
    *(
        "flask_login",
        "flask_wtf",
        "flask_babel",
        "wtforms",
        "whitenoise",
        "pydantic",
        "transitions",
    ),
    *(
        "openpyxl",
        "pypdf",
        "PIL.Image",
        "cryptography.fernet",
        "argon2",
        "chinese_calendar",
        "lunar_python",
    ),
    *(
        "psycopg",
        "rich.table",
        "html5lib",
        "prometheus_client",
        "segno",
        "zxcvbn",
        "yaml",
        "click.testing",
    ),
)
CPU, WALL, PATIENCE = (signal.SIGPROF, signal.ITIMER_PROF), (signal.SIGALRM, signal.ITIMER_REAL), 10
Job = tuple[Any, float, Callable[..., int], tuple]  # name, seconds of CPU, what is done, with what


@dataclass(frozen=True)
class End:
    """How a process ended: its code, or nothing when it ran into its bound."""

    code: int | None
    seconds: float


class Forks:
    """Run jobs in forks of this process, `workers` at a time."""

    def __init__(self, workers: int, log: Path):
        self.workers, self.log = workers, log
        self.running: dict[int, tuple[Any, float, Path]] = {}
        for library in LIBRARIES:
            with suppress(ImportError):
                import_module(library)

    def run(self, jobs: Iterable[Job]) -> Iterator[tuple[Any, End]]:
        """Yield how each job ended, in the order of their ends; the next begins when one ends."""
        for job in jobs:
            while len(self.running) >= self.workers:
                yield self._wait()
            self._begin(*job)
        while self.running:
            yield self._wait()

    def _begin(self, name: Any, bound: float, act: Callable[..., int], given: tuple) -> None:
        memory = scratch.MEMORY if scratch.MEMORY.is_dir() else None
        folder = Path(tempfile.mkdtemp(prefix="oversight-assure-", dir=memory))
        sys.stdout.flush()
        child = os.fork()
        if child:
            self.running[child] = name, perf_counter(), folder
            return
        code = 70
        try:
            self._settle(folder, bound)
            code = act(*given)
        finally:
            sys.stdout.flush()
            os._exit(code)

    def _settle(self, folder: Path, bound: float) -> None:
        """Be a group of one's own that the kernel ends at the bound, also from within C."""
        os.setpgid(0, 0)
        for end, timer, seconds in ((*CPU, bound), (*WALL, bound * PATIENCE)):
            signal.signal(end, signal.SIG_DFL)
            signal.setitimer(timer, seconds)
        scratch.MEMORY = folder
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
        out = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(out, 1)
        os.dup2(out, 2)

    def _wait(self) -> tuple[Any, End]:
        child, status = os.wait()
        name, begun, folder = self.running.pop(child)
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # what it started and left
        shutil.rmtree(folder, ignore_errors=True)
        code = os.waitstatus_to_exitcode(status)
        bounded = code in (-CPU[0], -WALL[0])
        return name, End(None if bounded else code, perf_counter() - begun)
