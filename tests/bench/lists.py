"""Rows of bulk work:

a year's schedule and the opening of appraisals over the same rows written raw.
"""

from __future__ import annotations

from . import county
from .race import contenders
from .rows import Report, say
from .scene import Scene

ACTS = {
    "schedule": "schedule of a year for 2,500 branches",
    "appraise": "opening of 20 appraisals",
    "sheets": "20 sheets of a month, 40 members each, nobody missing",
    "absences": "20 sheets of a month, 40 members each, four missing",
}


def measure(report: Report, scene: Scene) -> None:
    """Measure each act on a copy of the county, and its rows written raw into another at once."""
    for act, name in ACTS.items():
        path, other = scene.folder / f"{act}.db", scene.folder / f"{act}-raw.db"
        county.copy(scene.county, path)
        with contenders() as start:
            given = {"url": f"sqlite:///{path}", "folder": str(scene.folder), "sync": "OFF"}
            bulk = start(act, "bulk.Bulk", **given)
            took = bulk.value(act, raw=str(other))
            say(f"{bulk.value('rows_since', before=str(other))} rows")
            limit = bulk.value("again", path=str(other))
        report.add(f"{name} over raw bulk, CPU", took * 1e3, "ms", took / limit, 4)
        for one in (path, other):
            one.unlink()
    _statements(report, scene)


def _statements(report: Report, scene: Scene) -> None:
    """Count what one sheet asks of the database."""
    path = scene.folder / "sheet.db"
    county.copy(scene.county, path)
    given = {"url": f"sqlite:///{path}", "folder": str(scene.folder), "sync": "OFF"}
    with contenders() as start:
        bulk = start("sheet", "bulk.Bulk", **given)
        alone, missing = bulk.value("statements", absent=0), bulk.value("statements", absent=4)
        late = bulk.value("statements", absent=0, late=True)
    report.goal("one sheet of 40 members, nobody missing", alone, "statements", 12)
    report.goal("the same for each member missing", (missing - alone) / 4, "statements", 1)
    report.goal("one sheet that is late, which the superior is told of", late, "statements", 18)
    path.unlink()
