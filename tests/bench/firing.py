"""Row of the decision of a move in memory."""

from __future__ import annotations

from .race import contenders, middle, race
from .rows import Report
from .scene import Scene


def measure(report: Report, scene: Scene) -> None:
    """Measure it; the database is never made."""
    given = {"url": f"sqlite:///{scene.folder}/none.db", "folder": str(scene.folder)}
    with contenders() as start:
        firing = {"firing": start("firing", "decision.Firing", **given)}
        times = race(firing, "cpu", 5, 10, 200 if scene.quick else 2_000)
    report.goal("firing decision in memory, CPU", middle(times, "firing") * 1e6, "µs", 30)
