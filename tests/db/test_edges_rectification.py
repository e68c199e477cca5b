"""Edges of visits and orders. From the guidance 四（四） and the dossier §8 (one visit a quarter)."""

from __future__ import annotations

import pytest

from oversight.base.refusals import RuleViolation
from tests.support.actors import Play


@pytest.fixture
def play(session, world):
    return Play(session, world)


def visit(play, day: str):
    facts = {"method": "on_site", "inspected_on": day}
    case = play.on(day).open("town1.inspector", workflow="inspection", **facts)
    return play.move(case, "town1.inspector", "conclude")


@pytest.mark.parametrize(
    "earlier, warned",
    [("2025-11-24", False), ("2026-09-30", False), ("2026-10-01", True), ("2026-11-23", True)],
)
def test_a_second_visit_within_a_quarter_of_a_year_is_warned_of(play, earlier, warned):
    visit(play, earlier)
    case = visit(play, "2026-11-24")
    assert ("warned" in play.journal(case)[-1].result) == warned


def test_a_visit_that_was_cancelled_does_not_count(play):
    facts = {"method": "on_site", "inspected_on": "2026-11-23"}
    case = play.on("2026-11-23").open("town1.inspector", workflow="inspection", **facts)
    play.move(case, "town1.officer", "cancel")
    case = visit(play, "2026-11-24")
    assert "warned" not in play.journal(case)[-1].result


@pytest.mark.parametrize("unit, refused", [("soe", False), ("firm", True), ("organ", True)])
def test_only_branches_of_state_firms_are_visited_online(play, unit, refused):
    """S-4.4b: 国有企业党组织 look online at their own branches."""
    opening = {"unit": unit, "workflow": "inspection", "inspected_on": "2026-11-24"}
    if refused:
        opening["method"] = "online"
        play.no(RuleViolation, "micro_of_firms", play.open, "town1.inspector", **opening)
    else:
        assert play.open("town1.inspector", method="online", **opening).facts["method"] == "online"
