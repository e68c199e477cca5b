"""The table of hard cases: each has its ground and a test that is there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from oversight.law.clauses import register

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = {"总": "G", "农": "R", "机": "O", "企": "P", "国": "S"}
OURS, OWED = "本区口径", "未做"
TEST = re.compile(r"`((?:unit|db|web|house|browser)/test_\w+\.py)::(test_\w+)`")
TABLES = ("docs/cases.md",)


@cache
def rows() -> list[tuple[str, ...]]:
    """Return the rows of the tables: situation, what should be, ground, test."""
    lines = [line for name in TABLES for line in (ROOT / name).read_text("utf-8").splitlines()]
    cells = [tuple(cell.strip() for cell in line.strip("| ").split(" | ")) for line in lines]
    found = [row for line, row in zip(lines, cells, strict=True) if line.startswith("| ")]
    return [row for row in found if row[0] != "情形"]


@cache
def source(path: str) -> str:
    return (ROOT / "tests" / path).read_text("utf-8")


def is_ground(text: str) -> bool:
    """True where a ground is a section of a document, or a house rule."""
    sections = {(entry["doc"], entry["section"].replace("、", "")) for entry in register().values()}
    return text == OURS or (DOCUMENTS.get(text[:1]), text[1:]) in sections


def test_each_case_is_told_once_and_whole():
    assert len(rows()) >= 100 and all(len(row) == 4 and all(row) for row in rows())
    situations = [row[0] for row in rows()]
    assert [one for one in situations if situations.count(one) > 1] == []


def test_each_case_rests_on_a_section_or_a_house_rule():
    grounds = [(row[0], one) for row in rows() for one in row[2].split("、")]
    assert [pair for pair in grounds if not is_ground(pair[1])] == []


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_each_case_has_its_test(row):
    if row[3] == OWED:
        pytest.xfail("not built yet")
    [(path, test)] = TEST.findall(row[3])
    assert (ROOT / "tests" / path).is_file(), path
    assert re.search(rf"^def {test}\(", source(path), re.M), f"{path}::{test}"
