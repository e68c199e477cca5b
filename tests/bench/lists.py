"""Rows of bulk work:

a year's schedule and the opening of appraisals over the same rows written raw.
"""

from __future__ import annotations

from . import county
from .race import contenders
from .rows import Report, say
from .scene import Scene


def measure(report: Report, scene: Scene) -> None:
    """Measure each act on a copy of the county, and its rows written raw into another."""
    for act, name in (
        ("schedule", "schedule of a year for 2,500 branches"),
        ("appraise", "opening of 20 appraisals"),
    ):
        path, other = scene.folder / f"{act}.db", scene.folder / f"{act}-raw.db"
        for one in (path, other):
            county.copy(scene.county, one)
        with contenders() as start:
            given = {"url": f"sqlite:///{path}", "folder": str(scene.folder), "sync": "OFF"}
            bulk = start(act, "bulk.Bulk", **given)
            took = bulk.value(act)
            say(f"{bulk.value('rows_since', before=str(other))} rows")
            limit = bulk.value("again", before=str(scene.county), path=str(other))
        report.add(f"{name} over raw bulk, CPU", took * 1e3, "ms", took / limit, 4)
        for one in (path, other):
            one.unlink()
