"""Rows of backups: the demo zone's year a hundred times over, written out and read back while people
work, restored elsewhere and verified; beside copying and hashing the same bytes once.
"""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from .load import _Day, _logged_in
from .race import Contender
from .rows import Report, say
from .scene import Scene
from .strangers import environment, served

TIMES, PEOPLE, LIMIT_S, OVER = 100, 20, 60, 20
PIECE = 2**20


def measure(report: Report, scene: Scene) -> None:
    """Make one, restore it, and hold both against the disk and the hash alone."""
    times = 3 if scene.quick else TIMES
    here, there = scene.folder / "kept", scene.folder / "restored"
    here.mkdir()
    there.mkdir()
    database, file = here / "oversight.db", scene.folder / "one.backup"
    shutil.copy(scene.demo, database)
    rows = _laid(scene, database, times)
    name = f"{rows:,} rows, {database.stat().st_size // 2**20} MB"
    with _working(scene, database) as day:
        bare = _bare(database, there / "bare")
        made = _command(scene, here, "backup", str(file))
        back = _command(scene, there, "restore", str(file))
    report.goal(f"backup while {PEOPLE} people work, {name}", made, "s", LIMIT_S)
    report.goal("its restore elsewhere while they work, verified", back, "s", LIMIT_S)
    failed = len(day.failed)
    report.add(
        f"answers of 500 and more of {len(day.took)} meanwhile", failed, "answers", failed, 0
    )
    for what, took in (("backup", made), ("restore", back)):
        over = took / bare
        report.add(f"{what} over copying and hashing as many bytes", over, "times", over, OVER)


def _laid(scene: Scene, database: Path, times: int) -> int:
    say(f"the demo zone {times} times")
    url = f"sqlite:///{database}"
    maker = Contender("hundredfold.Many", scene.tree, url=url, folder=str(database.parent))
    try:
        return maker.ask("lay", limit=1_200, n=times)["value"]
    finally:
        maker.end()


@contextmanager
def _working(scene: Scene, database: Path):
    """Let people work at the program on a database meanwhile."""
    with served(scene, database) as (port, _process):
        day = _Day(_logged_in(port, scene, PEOPLE), seconds=3_600)
        going = threading.Thread(target=day.lived, args=(lambda: 0,), daemon=True)
        going.start()
        try:
            yield day
        finally:
            day.end = 0
            day.stop.set()
            going.join(60)


def _bare(source: Path, target: Path) -> float:
    """Copy a file to the disk and hash what was copied; returns the seconds."""
    begun, digest = perf_counter(), hashlib.sha256()
    with source.open("rb") as old, target.open("wb") as new:
        shutil.copyfileobj(old, new, PIECE)
        new.flush()
        os.fsync(new.fileno())
    with target.open("rb") as new:
        while piece := new.read(PIECE):
            digest.update(piece)
    target.unlink()
    return perf_counter() - begun


def _command(scene: Scene, folder: Path, *words: str) -> float:
    """Run a command in a process of its own; returns the seconds."""
    env = environment(scene, folder, folder / "oversight.db")
    code = "from oversight.cli import main; main()"
    before, begun = _cpu(), perf_counter()
    subprocess.run(
        [sys.executable, "-c", code, *words], cwd=scene.tree, env=env, check=True, stdout=sys.stderr
    )
    took = perf_counter() - begun
    say(f"{words[0]}: {took:.1f} s, of processor {_cpu() - before:.1f} s")
    return took


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
