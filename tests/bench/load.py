"""Rows of a full office: 200 people at their pages, who think between them; what the slow ones wait,
whether anything fails, what the server's processor does for it, whether it grows. `LOAD_SECONDS` makes a soak of it.
"""

from __future__ import annotations

import os
import random
import sqlite3
import statistics
import threading
from contextlib import closing
from http.client import HTTPException
from pathlib import Path
from time import perf_counter

from .rows import Report, say
from .scene import Scene
from .strangers import User, served

PEOPLE, SECONDS, THINK = 200, 180, (1.0, 3.0)
LIMIT_MS, GROWTH = 300, 0.05
EACH_MS = 8  # 200 people ask 100 times a second: beyond this one core has no time to spare
PAGES = ("/desk", "/desk", "/desk", "/months", "/ledger", "/me")


def measure(report: Report, scene: Scene) -> None:
    """Let people work at the program as it is served."""
    seconds = int(os.environ.get("LOAD_SECONDS", 8 if scene.quick else SECONDS))
    with served(scene) as (port, process):
        people = _logged_in(port, scene, 10 if scene.quick else PEOPLE)
        day = _Day(people, seconds)
        say(f"{len(people)} people for {seconds} s")
        before = _cpu(process)
        sizes = day.lived(lambda: _memory(process))
        cost = (_cpu(process) - before) / len(day.took) * 1e3
    asked = f"{len(day.took)} requests of {len(people)} people"
    p95 = statistics.quantiles(day.took, n=20)[-1] * 1e3
    report.goal(f"{asked}, p95", p95, "ms", LIMIT_MS)
    report.goal("CPU of the server a request, so that one core serves them", cost, "ms", EACH_MS)
    report.add(
        "answers of 500 and more, or none, under load",
        len(day.failed),
        "answers",
        len(day.failed),
        0,
    )
    growth = sizes[-1] / sizes[len(sizes) // 3] - 1
    report.goal("memory after the first third of it", growth, "grown", GROWTH)


def _logged_in(port: int, scene: Scene, n: int) -> list[User]:
    with closing(sqlite3.connect(scene.demo)) as link:
        named = link.execute("SELECT username FROM accounts ORDER BY username").fetchall()
    names = [name for (name,) in named]
    random.Random(1).shuffle(names)
    people: list[User] = []
    for name in names:
        user = User(port)
        if len(people) < n and user.log_in(name=name) == 302:
            people.append(user)
    return people


class _Day:
    """People who work side by side, each in a thread, and what they waited."""

    def __init__(self, people: list[User], seconds: int):
        self.people, self.end = people, perf_counter() + seconds
        self.took: list[float] = []
        self.failed: list[str] = []
        self.stop = threading.Event()

    def lived(self, size) -> list[int]:
        """Work until the end; returns the server's memory, each second or so."""
        threads = [
            threading.Thread(target=self._work, args=(user, random.Random(n)), daemon=True)
            for n, user in enumerate(self.people)
        ]
        for thread in threads:
            thread.start()
        sizes = [size()]
        while perf_counter() < self.end:
            self.stop.wait(1)
            sizes.append(size())
        self.stop.set()
        for thread in threads:
            thread.join(60)
        return sizes

    def _work(self, user: User, chance: random.Random) -> None:
        self.stop.wait(chance.uniform(0, THINK[1]))
        while not self.stop.is_set():
            begun = perf_counter()
            try:
                status = self._one(user, chance)
            except (OSError, HTTPException) as error:
                status, error = 599, error
            if status >= 500:
                self.failed.append(str(status))
            self.took.append(perf_counter() - begun)
            self.stop.wait(chance.uniform(*THINK))

    def _one(self, user: User, chance: random.Random) -> int:
        if chance.random() < 0.1:
            return user.send("POST", "/text-size", {"csrf_token": user.token})[0]
        return user.send("GET", chance.choice(PAGES))[0]


def _memory(process: int) -> int:
    """Return what a process holds, in KiB."""
    told = Path(f"/proc/{process}/status").read_text()
    return int(told.partition("VmRSS:")[2].split()[0])


def _cpu(process: int) -> float:
    """Return the seconds of processor that a process has had, whatever else runs on the machine."""
    told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")
