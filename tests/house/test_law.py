"""The law in the house: definitions are sound, cite what exists, and do not change without a new
version.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from oversight import workflows
from oversight.law import model_check, printing
from oversight.law.clauses import UnknownClause, clause, register

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PRINTS = json.loads((HERE / "tables" / "fingerprints.json").read_text("utf-8"))
CITED = re.compile(r"\b([GROPS]-\d(?:\.\d+)*[a-z]?)\b")


def definitions():
    """Return every version of every definition that was ever agreed: cases live on each of them."""
    return [
        workflows.get(name, int(version))
        for name, versions in PRINTS.items()
        for version in versions
    ]


def test_every_definition_was_agreed():
    files = {path.stem for path in (ROOT / "oversight" / "workflows").glob("[a-z]*.py")}
    assert files == set(PRINTS)
    for name in PRINTS:
        assert str(workflows.current(name).version) == max(PRINTS[name], key=int)


@pytest.mark.parametrize(
    "workflow", definitions(), ids=lambda workflow: f"{workflow.name}.{workflow.version}"
)
def test_model_check_finds_no_counterexample(workflow):
    assert model_check.check(workflow) == []


@pytest.mark.parametrize(
    "workflow", definitions(), ids=lambda workflow: f"{workflow.name}.{workflow.version}"
)
def test_printed_table_is_the_one_that_was_agreed(workflow):
    kept = (HERE / "tables" / f"{workflow.name}.{workflow.version}.txt").read_text("utf-8")
    assert printing.table(workflow).strip() == kept.strip(), (
        "a rule changed, if only a word or the default of a term: CONTRIBUTING.md, A changed rule"
    )


@pytest.mark.parametrize(
    "workflow", definitions(), ids=lambda workflow: f"{workflow.name}.{workflow.version}"
)
def test_table_has_its_version(workflow):
    assert PRINTS[workflow.name][str(workflow.version)] == workflow.fingerprint()


OF_ANOTHER = {("rectification", "extension_asked")}  # its rule limits what is asked for


@pytest.mark.parametrize(
    "workflow", definitions(), ids=lambda workflow: f"{workflow.name}.{workflow.version}"
)
def test_a_deadline_is_the_one_that_its_rule_tells(workflow):
    for state in workflow.states:
        text = state.due.source.text if state.due else ""
        told = re.findall(r"(\d+|%\(\w+\)s) ?个工作日", text)
        if told and (workflow.name, state.name) not in OF_ANOTHER:
            given = state.due.workdays
            assert (str(given) if isinstance(given, int) else f"%({given.name})s") in told, (
                state.name
            )


@pytest.mark.parametrize(
    "workflow", definitions(), ids=lambda workflow: f"{workflow.name}.{workflow.version}"
)
def test_every_guard_speaks_and_has_a_ground(workflow):
    for move in workflow.moves:
        for guard in move.only_if:
            assert guard.sentence.endswith("。"), guard.name
            assert guard.source.is_clause or guard.source.text, guard.name


@pytest.mark.parametrize(
    "workflow", definitions(), ids=lambda workflow: f"{workflow.name}.{workflow.version}"
)
def test_who_may_say_yes_answers_with_a_no_too(workflow):
    """Both stand side by side on the page, and both are told."""
    for state in workflow.states:
        answers = [move for move in workflow.leaving(state) if move.by is state.waits_on]
        if state.waits_on.judges and any(move.decides for move in answers):
            noes = [move for move in answers if move.tone in ("negative", "back")]
            assert all(move.decides for move in noes if move.place != "aside"), state.name


def test_every_clause_named_in_the_code_exists():
    named = {
        found
        for path in (ROOT / "oversight").rglob("*.py")
        for found in CITED.findall(path.read_text("utf-8"))
    }
    assert named - set(register()) == set()
    assert {"G-2.1.1a", "G-2.1.1b", "G-2.1.1c", "G-2.1.3"} <= named


def test_an_unknown_clause_cannot_be_imported():
    with pytest.raises(UnknownClause):
        clause("G-9.9.9")


def test_quotes_are_the_guidance_s_own_words():
    guidance = ROOT.parent / "shared" / "domain" / "guidance.txt"
    quotes = {entry["id"]: entry["quote"] for entry in register().values()}
    assert len(quotes) == 351
    if guidance.exists():
        text = guidance.read_text("utf-8")
        assert [name for name, quote in quotes.items() if quote not in text] == []
