"""The register of ASVS: the tests that it names are there, and little is owed."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| ([✓✗]) \| (.+) \|$", re.M)
NAMED = re.compile(r"`((?:unit|db|web|house|browser)/test_\w+\.py)(?:::(test_\w+))?`")


def rows() -> list[tuple[str, str, str, str]]:
    return ROW.findall((ROOT / "docs" / "asvs.md").read_text("utf-8"))


def test_what_is_named_is_there():
    texts = [ROOT / name for name in ("SECURITY.md", "docs/asvs.md")]
    for path, test in NAMED.findall("".join(text.read_text("utf-8") for text in texts)):
        source = ROOT / "tests" / path
        assert source.is_file(), path
        assert not test or f"def {test}(" in source.read_text("utf-8"), f"{path}::{test}"


def test_each_requirement_stands_once_and_says_why():
    numbers = [number for number, *_ in rows()]
    assert len(numbers) == len(set(numbers))
    assert all(reason.strip() for *_, reason in rows())


def test_level_1_is_whole_and_level_2_nearly():
    for level, share in (("1", 1), ("2", 0.95)):
        met = [state == "✓" for _, of, state, _ in rows() if of == level]
        assert sum(met) / len(met) >= share, f"level {level}: {sum(met)} of {len(met)}"
