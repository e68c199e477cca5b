"""Every workflow has a walk from its opening to an end, and a table of what is refused in it.

A module among tests/db says so: `WALKS` gives a workflow the name of its test, `REFUSALS` its rows.
Each row names the move that is refused.
"""

from __future__ import annotations

import ast
import inspect
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from oversight import workflows
from oversight.law.roles import AUTOMATIC, TIMER

ROOT = Path(__file__).resolve().parents[2]
# Never heard: whoever acted for the opening side or stepped aside does not fill the role at all, a
# list that must not be empty is asked for as a word, who was rated or decided fills no role, and who
# was struck from the roster no longer sees the appraisal.
BEHIND_AUTHORITY = {
    "another_person",
    "second_person",
    "not_yet_recused",
    "by_others",
    "still_on_roster",
}
BEHIND_WORDS = {"has_findings"}


@cache
def modules() -> list:
    """Import the test modules that claim a workflow."""
    claims = ("WALKS", "REFUSALS")
    paths = sorted((ROOT / "tests" / "db").glob("test_*.py"))
    return [
        import_module(f"tests.db.{path.stem}")
        for path in paths
        if any(line.startswith(claims) for line in path.read_text("utf-8").splitlines())
    ]


def claims(table: str, workflow: str) -> list[tuple]:
    """Return the modules that claim a workflow in a table, each with what it says of it."""
    found = [(module, getattr(module, table, {}).get(workflow)) for module in modules()]
    return [(module, said) for module, said in found if said]


def strings(source: str) -> set[str]:
    nodes = ast.walk(ast.parse(source))
    return {node.value for node in nodes if isinstance(node, ast.Constant)}


@cache
def named() -> set[str]:
    """Return what the tests of tests/db name."""
    paths = (ROOT / "tests" / "db").glob("test_*.py")
    return set().union(*(strings(path.read_text("utf-8")) for path in paths))


def by_people(workflow) -> list:
    return [move for move in workflow.moves if move.by not in (TIMER, AUTOMATIC)]


@pytest.fixture(params=workflows.every(), ids=lambda workflow: workflow.name)
def workflow(request):
    return request.param


def test_nothing_is_claimed_for_a_workflow_that_is_none():
    names = {workflow.name for workflow in workflows.every()}
    for module in modules():
        assert {*getattr(module, "WALKS", {}), *getattr(module, "REFUSALS", {})} <= names


def test_every_workflow_is_walked_to_an_end(workflow):
    walks = claims("WALKS", workflow.name)
    assert walks, f"no module of tests/db has {workflow.name} in its WALKS"
    ends = {state.name for state in workflow.states if workflow.final(state)}
    for module, test in walks:
        assert ends & strings(inspect.getsource(getattr(module, test))), f"{test} reaches no end"


def test_every_move_of_a_person_is_refused_somewhere(workflow):
    tables = claims("REFUSALS", workflow.name)
    assert tables, f"no module of tests/db has {workflow.name} in its REFUSALS"
    tried = {word for _module, rows in tables for row in rows for word in map(str, row)}
    assert {move.name for move in by_people(workflow)} - tried == set()


def test_every_guard_is_heard_somewhere(workflow):
    guards = [guard for move in by_people(workflow) for guard in move.only_if]
    names = {guard.name for guard in (*guards, *workflow.open_if)}
    assert names - named() - BEHIND_AUTHORITY - BEHIND_WORDS == set()
