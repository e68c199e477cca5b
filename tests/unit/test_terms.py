"""Terms that the guidance leaves open, and the sentences in which they stand. From issue part 6, 9."""

from __future__ import annotations

import pytest

from oversight import workflows
from oversight.base.terms import DEFAULTS
from oversight.law.definition import as_table

# Issue part 6, 9: what each is where a zone has chosen nothing.
USUAL = {
    "reply": "3",
    "contact": "3",
    "lesson": "next",
    "filing": "5",
    "receipt": "3",
    "rectify": "15",
    "extensions": "1",
    "extension": "10",
    "recheck": "10",
    "late_report": "3",
    "appeal": "5",
    "exemption": "12",
    "urge": "3",
    "trial": "2",
}


def test_the_terms_of_the_issue_and_no_others():
    assert {name.removeprefix("term_"): value for name, value in DEFAULTS.items()} == USUAL


@pytest.mark.parametrize("name", [one.name for one in workflows.every()])
def test_no_sentence_is_left_unfilled(name):
    law = workflows.current(name)
    assert "%(" not in str(as_table(law))
