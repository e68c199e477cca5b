"""Contenders side by side:

starts their processes, lets them run in random turn, pairs their times.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import statistics
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parents[2]


class Failed(Exception):
    """A contender that could not be made or broke while it ran."""


class TooLong(Exception):
    """A contender that was ended since it took longer than it was given."""

    def __init__(self, seconds: float):
        super().__init__(f"more than {seconds:.0f} s")
        self.seconds = seconds


class Contender:
    """A child process: `kind` is "module.Class" in this package, `tree` what it imports first."""

    def __init__(self, kind: str, tree: Path = ROOT, limit: float = 240, **given):
        self.kind = kind
        module, name = kind.split(".")
        env = {**os.environ, "PYTHONPATH": str(ROOT / "tests"), "PYTHONHASHSEED": "0"}
        env = {key: value for key, value in env.items() if not key.startswith("OVERSIGHT_")}
        command = [sys.executable, "-m", "bench.child", module, name, json.dumps(given)]
        self.process = subprocess.Popen(
            command,
            cwd=tree,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._read(limit)

    def ask(self, do: str, limit: float = 240, **given) -> dict:
        """Have a method called; returns value, cpu and wall. Raises TooLong, having ended it."""
        line = json.dumps({"do": do, "given": given}) + "\n"
        self.process.stdin.write(line.encode())
        self.process.stdin.flush()
        return self._read(limit)

    def value(self, do: str, limit: float = 240, **given):
        return self.ask(do, limit, **given)["value"]

    def _read(self, limit: float) -> dict:
        if not select.select([self.process.stdout], [], [], limit)[0]:
            self.end()
            raise TooLong(limit)
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": "it ended without a word"}
        if "error" in answer:
            self.end()
            raise Failed(f"{self.kind}: {answer['error'].strip()}")
        return answer

    def end(self) -> None:
        """End the process that was started here, and what it has started itself."""
        if self.process.returncode is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


@contextmanager
def contenders():
    """Yield what starts contenders by name; all are ended at the exit."""
    started: dict[str, Contender] = {}

    def start(name: str, kind: str, /, **given) -> Contender:
        started[name] = Contender(kind, **given)
        return started[name]

    try:
        yield start
    finally:
        for one in started.values():
            one.end()


Times = dict[str, list[float]]


def race(
    runners: dict[str, Contender], clock: str, rounds: int, seconds: float, each: int = 20
) -> Times:
    """Let all take a turn in every round, in random order; returns seconds a unit, by round.

    `clock` is "cpu" or "wall". Ends after so many rounds or seconds, whatever comes first, but not
    before three rounds. The first round warms up.
    """
    times: Times = {name: [] for name in runners}
    chance, begun = random.Random(20170501), perf_counter()
    for number in range(rounds + 1):
        if number > 3 and perf_counter() - begun > seconds:
            break
        for name in chance.sample(sorted(runners), len(runners)):
            took = runners[name].ask("run", n=each)[clock] / each
            times[name] += [took] if number else []
    return times


def ratio(times: Times, name: str, base: str) -> float:
    """Return the median of one's time over another's, round by round."""
    pairs = zip(times[name], times[base], strict=True)
    return statistics.median(one / other for one, other in pairs)


def middle(times: Times, name: str) -> float:
    """Return the median time of one."""
    return statistics.median(times[name])
