"""Row of the first answer after a start."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys

from .race import ROOT
from .rows import Report
from .scene import Scene

ASK = """
from wsgiref.util import setup_testing_defaults
from wsgi import app
environ = {"PATH_INFO": "/login"}
setup_testing_defaults(environ)
said = []
body = b"".join(app(environ, lambda status, headers, error=None: said.append(status)))
assert said[0].startswith("200"), said
"""


def measure(report: Report, scene: Scene) -> None:
    """Measure it a few times, once an installation has compiled what it keeps compiled."""
    _start(scene)
    starts = [_start(scene) for _ in range(2 if scene.quick else 5)]
    report.goal("first answer after start, CPU", statistics.median(starts), "s", 1.0)


def _start(scene: Scene) -> float:
    """Start Python, make the application and answer once; returns the process's CPU."""
    ours = ("OVERSIGHT_", "PYTHONDONTWRITEBYTECODE")
    env = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    env |= {"OVERSIGHT_INSTANCE": str(scene.folder), "OVERSIGHT_SECRET_KEY": "bench" * 8}
    env |= {
        "OVERSIGHT_DATABASE_URL": f"sqlite:///{scene.demo}",
        "PYTHONPATH": "",
        "PYTHONPYCACHEPREFIX": str(scene.folder),
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, env=env, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
