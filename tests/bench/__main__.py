"""Runs the sections that were asked for and prints their rows as JSON."""

from __future__ import annotations

import argparse
import tempfile
from importlib import import_module
from pathlib import Path
from time import perf_counter

from .rows import Report, say
from .scene import Scene

SECTIONS = {
    "firing": "firing",
    "start": "first",
    "unit": "unit",
    "web": "served",
    "bulk": "lists",
    "desk": "desk",
    "glance": "glance",
    "sweep": "clockwork",
    "drain": "drain",
    "strangers": "strangers",
    "papers": "papers",
    "load": "load",
    "backup": "kept",
}


def main() -> None:
    """Measure and print; scratch files go with the folder."""
    words = argparse.ArgumentParser(prog="oversight bench")
    words.add_argument("--against", metavar="COMMIT")
    words.add_argument("--quick", action="store_true")
    words.add_argument("--only", choices=sorted(SECTIONS), action="append")
    given = words.parse_args()
    report = Report()
    with tempfile.TemporaryDirectory(prefix="oversight-bench-") as folder:
        scene = Scene(Path(folder), quick=given.quick)
        if given.against:
            try:
                scene.against(given.against)
            except LookupError as error:
                raise SystemExit(str(error)) from error
        for name, module in SECTIONS.items():
            if not given.only or name in given.only:
                begun = perf_counter()
                import_module(f".{module}", __package__).measure(report, scene)
                say(f"{name}: {perf_counter() - begun:.0f} s")
    print(report.json())


if __name__ == "__main__":
    main()
