"""The shape of what `oversight bench` prints; never a time."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from oversight import ROOT
from tests.bench import __main__ as bench_main
from tests.bench import counting, race, rows


def bench(*words: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", "from oversight.cli import main; main()", "bench", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.slow
def test_rows_have_a_number_a_ratio_and_a_target():
    done = bench("--json", "--quick", "--only", "firing")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found) == {"rows"} and len(found["rows"]) == 1
    for row in found["rows"]:
        assert set(row) == {"name", "value", "unit", "ratio", "target"}
        assert all(isinstance(row[name], float | int) for name in ("value", "ratio", "target"))
        assert all(isinstance(row[name], str) and row[name] for name in ("name", "unit"))


def test_a_part_that_does_not_exist_is_refused():
    done = bench("--only", "nothing")
    assert (done.returncode, done.stdout) == (1, "") and "没有测完" in done.stderr


def test_a_part_that_fails_takes_no_other_with_it(monkeypatch, capsys):
    def fails(_report, _scene):
        raise RuntimeError("a machine went away")

    monkeypatch.setattr("tests.bench.load.measure", fails)
    monkeypatch.setattr("sys.argv", ["bench", "--quick", "--only", "firing", "--only", "load"])
    with pytest.raises(SystemExit, match="load"):
        bench_main.main()
    told = capsys.readouterr()
    assert len(json.loads(told.out)["rows"]) == 1 and "a machine went away" in told.err


def test_ratios_are_taken_round_by_round():
    times = {"ours": [2.0, 30.0, 4.0], "raw": [1.0, 10.0, 1.0]}
    assert (race.ratio(times, "ours", "raw"), race.middle(times, "ours")) == (3.0, 4.0)


def test_an_absolute_goal_is_met_at_one():
    report = rows.Report()
    report.goal("page", 12.0, "ms", 8)
    assert json.loads(report.json())["rows"] == [
        {"name": "page (≤ 8 ms)", "value": 12.0, "unit": "ms", "ratio": 1.5, "target": 1}
    ]


def test_a_transaction_that_takes_the_write_lock_counts_once():
    seen = ["BEGIN IMMEDIATE", "SELECT 1", "UPDATE a", "COMMIT", "BEGIN", "SELECT 1", "ROLLBACK"]
    seen += ["BEGIN", "INSERT INTO a", "INSERT INTO b", "COMMIT", "PRAGMA x"]
    assert (counting.asked(seen), counting.write_transactions(seen)) == (5, 2)
