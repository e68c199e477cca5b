"""Draw mutants, run the tests that reach each, and say which faults nobody finds.

    python -m tests.assure [--seed N] [--sample N] [--minutes N] [--workers N] [--only PATH] [--under N]

Ends with 1 where fewer than --under percent are found. Survivors with their difference are written to
.assure/survivors.txt; those that are known stand with their reason in tests/assure/known.toml.
"""

from __future__ import annotations

import argparse
import math
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path
from time import perf_counter

import pytest

from .forks import End, Forks, Job
from .mutants import ROOT, Mutant, sample, sources
from .reach import ARGUMENTS, Reach, reach

KEPT = ROOT / ".assure"
KNOWN = Path(__file__).with_name("known.toml")
# Seconds of CPU: a portion of tests, as they took without a fault; what starting takes; by how much a fault may slow.
TESTED, STARTING, SLOWER = 20.0, 30.0, 4.0
CONTROLS = 3
FOUND = {"killed", "timeout"}


class Faulty:
    """Import one module with its fault, everything else as it is."""

    def __init__(self, mutant: Mutant):
        name = mutant.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        self.name, self.source = name, mutant.source

    def find_spec(self, name, path, target=None):
        spec = PathFinder.find_spec(name, path, target) if name == self.name else None
        if spec:
            spec.loader = _Loader(name, spec.origin)
            spec.loader.source = self.source
        return spec


class _Loader(SourceFileLoader):
    source = ""

    def get_code(self, fullname):
        return compile(self.source, self.path, "exec", dont_inherit=True)


class _InOrder:
    """Run the tests in the order in which they were named."""

    def __init__(self, tests: list[str]):
        self.place = {test: at for at, test in enumerate(tests)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        items.sort(key=lambda item: self.place.get(item.nodeid, len(self.place)))


def attack(mutant: Mutant, tests: list[str]) -> int:
    """Run tests until one finds the fault; return what pytest says."""
    sys.meta_path.insert(0, Faulty(mutant))
    return pytest.main([*ARGUMENTS, "-x", "--no-header", *tests], plugins=[_InOrder(tests)])


@dataclass
class Known:
    """A mutant that need not be found, or is not yet, and why."""

    reason: str
    equivalent: bool


def known() -> dict[tuple[str, str, str, str], Known]:
    """Read the survivors that were looked at, by function and text, so that they outlive edits."""
    rows = tomllib.loads(KNOWN.read_text("utf-8")).get("mutant", [])
    return {
        (row["path"], row["function"], row["was"].strip(), row["now"].strip()): Known(
            row["reason"], row.get("equivalent", True)
        )
        for row in rows
    }


def portions(tests: list[str], seconds: dict[str, float]) -> list[list[str]]:
    """Cut tests, fastest first, into portions that take as long as a mutant may have at once."""
    found: list[list[str]] = []
    left = 0.0
    for test in tests:
        if not found or seconds[test] > left:
            found.append([])
            left = TESTED
        left -= seconds[test]
        found[-1].append(test)
    return found


def jobs(mutants: list[Mutant], told: Reach, turn: int, ends: float) -> Iterator[Job]:
    """Yield the run of each mutant against a portion of its tests, while there is time."""
    for mutant in mutants:
        tests = portions(told.of(mutant), told.seconds)[turn]
        if perf_counter() < ends:
            spent = sum(told.seconds[test] for test in tests)
            yield mutant, STARTING + SLOWER * spent, attack, (mutant, tests)


def verdict(end: End) -> str:
    """Say what an end means, by the exit codes of pytest: 0 all passed, 5 no test was there."""
    return {None: "timeout", 0: "survived", 5: "unreached"}.get(end.code, "killed")


def control(forks: Forks, mutants: list[Mutant], told: Reach) -> None:
    """Run the tests of a mutant without its fault: what fails then would be taken for found."""
    sound = [
        replace(one, source=(ROOT / one.path).read_text("utf-8"))
        for one in [mutant for mutant in mutants if told.of(mutant)][:CONTROLS]
    ]
    for mutant, end in forks.run(jobs(sound, told, 0, math.inf)):
        if verdict(end) != "survived":
            raise SystemExit(
                f"{mutant.path}: its tests fail without a fault, see {KEPT / 'tests.log'}"
            )


def judge(forks: Forks, mutants: list[Mutant], told: Reach, ends: float) -> dict[Mutant, str]:
    """Return what came of each mutant; one that no test reaches is `unreached`, one too late left out.

    All meet the first portion of their tests, then those that survived meet the next.
    """
    found = {mutant: "unreached" for mutant in mutants if not told.of(mutant)}
    alive, turn = [mutant for mutant in mutants if mutant not in found], 0
    while alive and perf_counter() < ends:
        for mutant, end in forks.run(jobs(alive, told, turn, ends)):
            found[mutant] = verdict(end)
            line = f"{found[mutant]:9} {end.seconds:5.0f} s  {mutant.path} {mutant.function}"
            print(f"  {len(found):4} {line}", flush=True)
        turn += 1
        alive = [
            mutant
            for mutant in alive
            if found.get(mutant) == "survived"
            and len(portions(told.of(mutant), told.seconds)) > turn
        ]
    return found


def table(found: dict[Mutant, str]) -> str:
    """Return killed, survived, timeout and unreached by module."""
    columns = ("killed", "timeout", "survived", "unreached")
    counts: dict[str, Counter] = defaultdict(Counter)
    for mutant, what in found.items():
        counts[mutant.path][what] += 1
        counts["all"][what] += 1
    rows = [f"{'':44}" + "".join(f"{column:>10}" for column in columns)]
    rows += [
        f"{path:44}" + "".join(f"{count[column]:10}" for column in columns)
        for path, count in sorted(counts.items(), key=lambda row: (row[0] == "all", row[0]))
    ]
    return "\n".join(rows)


def story(mutant: Mutant, what: str, why: Known | None, reached: int) -> str:
    """Tell a survivor: where, what was changed, how many tests reach it, the reason if one is kept."""
    reason = (
        f"{'equivalent' if why.equivalent else 'known'}: {why.reason}" if why else "no reason kept"
    )
    head = f"{mutant.path} {mutant.function}: {what}, {reached} tests reach it ({reason})"
    return f"{head}\n{mutant.diff}\n"


def main() -> None:
    """Judge the tests by a sample of faults."""
    words = argparse.ArgumentParser(prog="python -m tests.assure")
    words.add_argument("--seed", type=int, default=8)
    words.add_argument("--sample", type=int, default=300)
    words.add_argument("--minutes", type=float, default=60)
    words.add_argument("--workers", type=int, default=2)
    words.add_argument("--under", type=float, default=85, help="percent that must be found")
    words.add_argument("--only", default="", help="modules whose path holds this")
    given = words.parse_args()
    begun = perf_counter()
    KEPT.mkdir(exist_ok=True)
    forks = Forks(given.workers, KEPT / "tests.log")
    told = reach(forks, KEPT / "reach")
    print(f"{len(told.seconds)} tests mapped after {perf_counter() - begun:.0f} s", flush=True)
    mutants = sample(given.seed, given.sample, [path for path in sources() if given.only in path])
    control(forks, mutants, told)
    found = judge(forks, mutants, told, begun + given.minutes * 60)
    raise SystemExit(report(found, len(mutants), told, given.under))


def report(found: dict[Mutant, str], drawn: int, told: Reach, under: float) -> int:
    """Print the table and write the survivors; return the exit code."""
    reasons = known()
    left = {mutant: what for mutant, what in found.items() if what not in FOUND}
    stories = [
        story(mutant, what, reasons.get(mutant.key), len(told.of(mutant)))
        for mutant, what in left.items()
    ]
    (KEPT / "survivors.txt").write_text("\n".join(stories), "utf-8")
    equal = [mutant for mutant in left if mutant.key in reasons and reasons[mutant.key].equivalent]
    judged = len(found) - len(equal)
    percent = 100 * (len(found) - len(left)) / max(judged, 1)
    print(table(found), "", *stories, sep="\n")
    print(
        f"{len(found)} of {drawn} mutants judged, {len(equal)} equivalent; "
        f"found: {percent:.1f} % (at least {under:g} %)"
    )
    return int(percent < under or not judged)


if __name__ == "__main__":
    main()
