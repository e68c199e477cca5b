"""Rows of the sweep: idle at three sizes, and 1,000 due among all cases over set-based SQL."""

from __future__ import annotations

from .race import Contender, TooLong, contenders
from .rows import Report, say
from .scene import Scene

MOST = 60  # seconds that one sweep is waited for


def measure(report: Report, scene: Scene) -> None:
    """Measure idle sweeps, then the due one on the largest county."""
    for size in scene.sizes:
        with contenders() as start:
            sweeper = start(size, "sweeps.Sweeper", **scene.crowded(size))
            _idle(report, sweeper, f"idle sweep at {size:,} cases")
    size = scene.sizes[-1]
    with contenders() as start:
        _due(report, start, scene.crowded(size), f"sweep of 1,000 due of {size:,} cases")


def _idle(report: Report, sweeper: Contender, name: str) -> None:
    try:
        say(f"settled: {sweeper.value('settle', MOST)}")
        found = sweeper.value("idle", MOST)
    except TooLong as late:
        say(f"{name}: {late}; its rows say that time, in milliseconds, for what was not counted")
        found = {"statements": MOST * 1e3, "writes": MOST * 1e3, "done": {}}
    if found["done"]:
        say(f"{name} was not idle: {found['done']}")
    report.goal(f"{name}, statements", found["statements"], "statements", 20)
    report.add(f"{name}, write transactions", found["writes"], "transactions", found["writes"], 0)


def _due(report: Report, start, given: dict, name: str) -> None:
    sweeper = start("sweeper", "sweeps.Sweeper", **given)
    sweeper.ask("lay")
    limit = sweeper.value("limit")
    ids = sweeper.value("lay")
    try:
        took = sweeper.ask("lapse", MOST * 2, ids=ids)
        lapsed, seconds = took["value"], took["cpu"]
    except TooLong as late:
        lapsed, seconds = len(ids), late.seconds
        say(f"{name}: {late}; the row says at least how much it is")
    if lapsed != len(ids):
        say(f"{name}: only {lapsed} of {len(ids)} lapsed")
    report.add(f"{name} over set-based SQL, CPU", seconds * 1e3, "ms", seconds / limit, 5)
