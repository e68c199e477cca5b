"""Rows of background work: what a message that is due costs by each way that does it."""

from __future__ import annotations

from .race import contenders
from .rows import Report
from .scene import Scene
from .unit import own

MANY, FEW = 2_000, 100
WAYS = (  # name, database, by a worker, which clock, milliseconds a message may take
    ("the thread beside the pages, SQLite", "FULL", False, "cpu", 2),
    ("the thread beside the pages, PostgreSQL", "PG", False, "wall", 4),
    ("a worker, PostgreSQL", "PG", True, "wall", 40),
)


def measure(report: Report, scene: Scene) -> None:
    """Let each way do as many reminders, of cases as they come."""
    many = FEW if scene.quick else MANY
    for name, kind, worker, clock, goal in WAYS:
        with contenders() as start:
            one = start(name, "drains.Drainer", **own(scene, kind, "drain"))
            one.ask("lay", n=many)
            took = one.ask("work" if worker else "drain")
        assert took["value"] == many, f"{name}: {took['value']} of {many} done"
        report.goal(f"a reminder of {many:,}, by {name}", took[clock] / many * 1e3, "ms", goal)
