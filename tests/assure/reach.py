"""Which tests reach which line, and how much CPU each takes: told once, by test file, and kept.

Only tests on SQLite, without processes of their own, count: what they find, they find in seconds.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time

import pytest
from coverage import Coverage

from .forks import Forks
from .mutants import ROOMS, ROOT, Mutant

CHOSEN = ("unit", "db", "web")
# They build the whole demo zone or run other processes: seconds each, and they reach everything.
SLOW = (
    "test_cli",
    "test_demo",
    "test_kill",
    "test_migrations",
    "test_bench",
    "test_golden",
    "test_server",
)
# These read the definitions themselves: what a module says outside of functions they print and compare.
READ = ""  # in the place of a test: what runs as the module is read, a default too, is every test's
PRINTS = ("tests/house/test_law.py", "tests/house/test_workflows.py")
BATCH, BOUND = 12, 900.0  # files that share a process, and its seconds of CPU
ARGUMENTS = ["-q", "-p", "no:cacheprovider"]
ONLY = ["-k", "not postgresql", "-m", "not slow and not browser and not postgres"]


@dataclass
class Reach:
    """What the tests of some files reach: seconds of each test, tests of each line of a module."""

    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[int, list[str]]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, told: dict) -> None:
        self.seconds |= told["seconds"]
        for path, lines in told["lines"].items():
            for line, tests in lines.items():
                self.lines[path].setdefault(int(line), []).extend(tests)

    def of(self, mutant: Mutant) -> list[str]:
        """Return the tests that reach a mutant, fastest first."""
        lines = self.lines[mutant.path]
        found = next((lines[line] for line in mutant.lines if line in lines), [])
        if READ in found or not mutant.in_function:
            found = [test for tests in lines.values() for test in tests]
            found += [test for test in self.seconds if test.startswith(PRINTS)]
        tests = {*found} - {READ}
        return sorted(tests, key=lambda test: (not test.startswith(PRINTS), self.seconds[test]))


class _Recorder:
    """Tell coverage which test runs, and keep the seconds of those that pass."""

    def __init__(self, coverage: Coverage):
        self.coverage, self.seconds, self.failed = coverage, dict[str, float](), set[str]()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        self.coverage.switch_context(item.nodeid)
        begun = process_time()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = round(process_time() - begun, 3)
            self.coverage.switch_context("")

    def pytest_runtest_logreport(self, report):
        if report.failed or report.skipped:
            self.failed.add(report.nodeid)

    def told(self, file: str) -> dict:
        """Return the map of one test file; tests that fail without a fault say nothing about one."""
        data = self.coverage.get_data()
        passed = {test for test in self.seconds.keys() - self.failed if test.startswith(file)}
        lines = {
            str(Path(module).relative_to(ROOT)): {
                line: sorted(told)
                for line, tests in data.contexts_by_lineno(module).items()
                if (told := (passed | {READ}).intersection(tests))
            }
            for module in data.measured_files()
        }
        return {"seconds": {test: self.seconds[test] for test in sorted(passed)}, "lines": lines}


def _record(batch: dict[str, Path]) -> int:
    folders = [str(ROOT / "oversight" / room) for room in ROOMS]
    coverage = Coverage(data_file=None, config_file=False, source=folders)
    recorder = _Recorder(coverage)
    coverage.start()
    code = pytest.main([*ARGUMENTS, *ONLY, *batch], plugins=[recorder])
    coverage.stop()
    for file, path in batch.items() if code in (0, 1) else ():  # else it did not come to the tests
        path.write_text(json.dumps(recorder.told(file)), "utf-8")
    return code


def _digest(*paths: Path) -> str:
    seen = hashlib.sha256()
    for path in sorted(paths):
        seen.update(str(path).encode() + path.read_bytes())
    return seen.hexdigest()[:16]


def files() -> list[str]:
    """Return the test files that are asked."""
    found = (path for room in CHOSEN for path in (ROOT / "tests" / room).glob("test_*.py"))
    asked = {str(path.relative_to(ROOT)) for path in found if not path.stem.startswith(SLOW)}
    return sorted(asked | {*PRINTS})


def reach(forks: Forks, folder: Path) -> Reach:
    """Return the map; only what changed since it was kept is told anew."""
    shared = (*(ROOT / "oversight").rglob("*.py"), *(ROOT / "tests" / "support").rglob("*.py"))
    program = _digest(*shared, ROOT / "tests" / "conftest.py")
    kept = {
        file: folder / f"{Path(file).stem}-{_digest(ROOT / file)}-{program}.json"
        for file in files()
    }
    folder.mkdir(parents=True, exist_ok=True)
    for old in {*folder.glob("*.json")} - {*kept.values()}:
        old.unlink()
    missing = [(file, path) for file, path in kept.items() if not path.exists()]
    batches = (dict(missing[at : at + BATCH]) for at in range(0, len(missing), BATCH))
    for batch, end in forks.run((tuple(one), BOUND, _record, (one,)) for one in batches):
        print(f"  {batch[0]} …: {end.seconds:.0f} s, {end.code}", flush=True)
    whole = Reach()
    for path in kept.values():
        if path.exists():
            whole.add(json.loads(path.read_text("utf-8")))
    return whole
