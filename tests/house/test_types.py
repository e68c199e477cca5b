"""Types hold: the checker finds nothing, and what it is told to overlook is little and has a reason."""

from __future__ import annotations

import re
from pathlib import Path

from mypy import api

ROOT = Path(__file__).resolve().parents[2]


def test_types_hold():
    found, trouble, status = api.run(
        [
            str(ROOT / "oversight"),
            f"--config-file={ROOT / 'pyproject.toml'}",
            f"--cache-dir={ROOT / '.mypy_cache'}",
        ]
    )
    assert (status, trouble) == (0, ""), found


def test_little_is_overlooked():
    lines = [
        line
        for path in (ROOT / "oversight").rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if "type: ignore" in line
    ]
    assert len(lines) <= 4
    assert [one for one in lines if not re.search(r"# type: ignore\[[a-z-]+\]  # \w", one)] == []


def test_contexts_are_typed():
    """Where a guard, an effect or a letter takes its context untyped, nothing in it is checked."""
    untyped = re.compile(r"def \w+\([^)]*\battempt[,)]")
    found = [
        path.name
        for path in (ROOT / "oversight").rglob("*.py")
        if untyped.search(path.read_text("utf-8"))
    ]
    assert found == []
