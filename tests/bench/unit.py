"""Rows of the unit of work: the program and its peers over raw SQL, on three databases."""

from __future__ import annotations

import shutil
from pathlib import Path

from .race import Contender, Failed, contenders, middle, race, ratio
from .rows import Report, say
from .scene import Scene

PEERS = {
    "SpiffWorkflow": "peers.Spiff",
    "transitions + ORM": "peers.Orm",
    "python-statemachine + ORM": "peers.StateMachine",
    "django-fsm": "peers.DjangoFsm",
}
KINDS = {"NORMAL": "SQLite NORMAL", "FULL": "SQLite FULL", "PG": "PostgreSQL"}
WHOLE = {"NORMAL": 20, "FULL": 4, "PG": 2.5}
RAW, SCHEMA, THIN, DATE = (
    "raw U",
    "raw U in the program's schema",
    "thinnest move",
    "date_change ask/return",
)
FLOOR = {
    "NORMAL": 5,
    "FULL": 2,
    "PG": 2,
}  # no goal: where the floor of the program's own schema lies
OLD = " of the other commit"


def measure(report: Report, scene: Scene) -> None:
    """Measure the unit of work on each database, at most 40 seconds' worth of turns on each."""
    for kind in ["NORMAL"] if scene.quick else list(KINDS):
        say(f"unit of work, {KINDS[kind]}")
        with contenders() as start:
            runners = _runners(scene, kind, start)
            clock = "cpu" if kind == "NORMAL" else "wall"
            rounds, each = (3, 5) if scene.quick else (15, 20)
            times = race(runners, clock, rounds, 40, each)
            _rows(report, scene, kind, times)
            if kind == "NORMAL":
                _statements(report, runners)


def _runners(scene: Scene, kind: str, start) -> dict[str, Contender]:
    """Start everybody on a database of his own; a peer that is not installed is left out."""
    runners = {RAW: start(RAW, "raw.Own", **empty(scene, kind, "raw"))}
    for name, module in ((SCHEMA, "raw.Schema"), (THIN, "moves.Thin"), (DATE, "moves.DateChange")):
        runners[name] = start(name, module, **own(scene, kind, module))
    if scene.other:
        for name, module in ((THIN, "moves.Thin"), (DATE, "moves.DateChange")):
            given = own(scene.other, kind, "other-" + module)
            runners[name + OLD] = start(name + OLD, module, tree=scene.other.tree, **given)
    for name, module in PEERS.items():
        try:
            runners[name] = start(name, module, **empty(scene, kind, module))
        except Failed as error:
            say(f"{name} is left out: {str(error).splitlines()[-1]} (make tools)")
    return runners


def empty(scene: Scene, kind: str, name: str) -> dict:
    """Return where a contender finds an empty database."""
    if kind == "PG":
        return {"url": scene.postgres(), "folder": str(scene.folder)}
    path = scene.folder / f"{kind}-{name}.db"
    return {"url": f"sqlite:///{path}", "folder": str(scene.folder), "sync": kind}


def own(scene: Scene, kind: str, name: str) -> dict:
    """Return where a contender finds the demo zone, for himself alone."""
    if kind == "PG":
        return {"url": scene.postgres(scene.demo_postgres), "folder": str(scene.folder)}
    given = empty(scene, kind, name)
    shutil.copy(scene.demo, Path(given["url"].removeprefix("sqlite:///")))
    return given


def _rows(report: Report, scene: Scene, kind: str, times: dict) -> None:
    on, unit = KINDS[kind], "µs"
    value = {name: middle(times, name) * 1e6 for name in times}
    over = {name: ratio(times, name, RAW) for name in times}
    report.add(f"{DATE} over {RAW}, {on}", value[DATE], unit, over[DATE], WHOLE[kind])
    report.add(f"{THIN} over {RAW}, {on}", value[THIN], unit, over[THIN], WHOLE[kind])
    report.add(f"{SCHEMA} over {RAW}, {on}", value[SCHEMA], unit, over[SCHEMA], FLOOR[kind])
    for peer in [peer for peer in PEERS if peer in times]:
        say(f"{peer} over {RAW}: {value[peer]:.0f} µs, {over[peer]:.1f}")
        against = ratio(times, THIN, peer)
        report.add(f"{THIN} over {peer}, {on}", value[THIN], unit, against, 1)
    for name, target in ((DATE, 0.125), (THIN, 1)) if scene.other else ():
        against = ratio(times, name, name + OLD)
        report.add(f"{name} against {scene.commit}, {on}", value[name], unit, against, target)


def _statements(report: Report, runners: dict[str, Contender]) -> None:
    for name in (THIN, DATE):
        for move, count in runners[name].value("statements").items():
            report.goal(f"statements of {move}", count, "statements", 12 if move == "ask" else 8)
