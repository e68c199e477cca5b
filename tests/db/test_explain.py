"""The watch over statements sees what reads a table that grows from end to end, on both databases."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import sqlalchemy as sa

from oversight.models import Case, Unit, WorkItem
from tests.house.scans import ALLOWED
from tests.support import explain

ID = "00000000-0000-0000-0000-000000000000"
SENDER = "def send():\n    session.execute(statement)"
_late = sa.select(WorkItem.id).where(WorkItem.case_id == Case.id, WorkItem.rank > 0).exists()
SCANS = {
    "a column without an index": (sa.select(Case.id).where(Case.state == "asked"), {"cases"}),
    "the order of an index": (sa.select(Case.id).order_by(Case.id), {"cases"}),
    "all of a partial index": (sa.select(Case.id).where(Case.closed_at.is_(None)), {"cases"}),
    "a join from the wrong end": (
        sa.select(Case.id).join(Unit, Unit.id == Case.unit_id).where(Unit.name == "x"),
        {"cases", "units"},
    ),
    "an update": (sa.update(WorkItem).where(WorkItem.rank == 1).values(rank=2), {"desks"}),
}
LOOKUPS = {
    "a key": sa.select(Case.id).where(Case.id == ID),
    "an index": sa.select(WorkItem.id).where(
        WorkItem.case_id.in_([ID]), WorkItem.closed_at.is_(None)
    ),
    "a partial index": sa.select(WorkItem.id).where(
        WorkItem.beside_id == ID, WorkItem.closed_at.is_(None)
    ),
    "beside a row": sa.select(Case.id).where(Case.unit_id == ID, _late),
    "two indexes": sa.select(Case.id).where(sa.or_(Case.data_subject_id == ID, Case.id == ID)),
    "no table": sa.select(sa.literal(1)),
}


def _told_of(session, statement, folder: str) -> str:
    """Return what is told of a statement that is sent from a file of a folder."""
    names = {"session": session, "statement": statement}
    exec(compile(SENDER, f"{folder}invented.py", "exec"), names)
    explain.explainer.told.clear()
    names["send"]()
    session.rollback()
    return explain.explainer.take()


@pytest.mark.parametrize("name", SCANS)
def test_a_scan_is_told_of_with_its_line(session, name):
    statement, tables = SCANS[name]
    told = _told_of(session, statement, explain.PACKAGE)
    assert any(f"invented.py:2 send reads all of {table}: " in told for table in tables), told


@pytest.mark.parametrize("name", LOOKUPS)
def test_what_is_looked_up_is_not(session, name):
    assert _told_of(session, LOOKUPS[name], explain.PACKAGE) == ""


@pytest.mark.parametrize("place", [explain.TESTS, explain.MIGRATIONS], ids=["tests", "migrations"])
def test_a_statement_that_the_product_does_not_send_is_not(session, place):
    assert _told_of(session, SCANS["an update"][0], place) == ""


def test_a_whole_zone_is_a_scan_on_sqlite():
    assert any(scan.match("SEARCH persons USING INDEX i (zone_id=?)") for scan in explain.SCANS)
    assert not any(
        scan.match("SEARCH units USING INDEX i (zone_id=? AND path=?)") for scan in explain.SCANS
    )


def test_the_list_names_functions_that_are_there():
    there = {
        f"{outer.name}.{node.name}" if isinstance(outer, ast.ClassDef) else node.name
        for path in Path(explain.PACKAGE).rglob("*.py")
        for outer in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(outer, ast.Module | ast.ClassDef)
        for node in outer.body
        if isinstance(node, ast.FunctionDef)
    }
    assert {function for function, _ in ALLOWED} - there == set()
