"""Runs the sections that were asked for and prints their rows as JSON."""

from __future__ import annotations

import argparse
import tempfile
import traceback
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
    report, failed = Report(), set[str]()
    with tempfile.TemporaryDirectory(prefix="oversight-bench-") as folder:
        scene = Scene(Path(folder), quick=given.quick)
        if given.against:
            try:
                scene.against(given.against)
            except LookupError as error:
                raise SystemExit(str(error)) from error
        for name, module in SECTIONS.items():
            if not given.only or name in given.only:
                failed |= {name} - _measured(name, module, report, scene)
    print(report.json())
    if failed:
        raise SystemExit(f"not measured to the end: {', '.join(sorted(failed))}")


def _measured(name: str, module: str, report: Report, scene: Scene) -> set[str]:
    """Measure a part; returns it where that came to its end. What was measured before stays."""
    begun = perf_counter()
    try:
        import_module(f".{module}", __package__).measure(report, scene)
    except Exception:
        traceback.print_exc()
        return set()
    say(f"{name}: {perf_counter() - begun:.0f} s")
    return {name}


if __name__ == "__main__":
    main()
