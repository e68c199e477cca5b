"""Edges of visits and orders. From the guidance 四（四） and the dossier §8 (one visit a quarter)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oversight.base.refusals import Forbidden, RuleViolation
from oversight.calendar.workdays import add_workdays
from oversight.calendar.zone import zone_calendar
from oversight.engine import inbox
from oversight.models import Case
from oversight.time import sweep
from tests.db import test_rectification_walk as order
from tests.db.test_queue_agrees import disagreements
from tests.db.test_rectification_walk import FINDINGS, ITEMS
from tests.support.actors import Play, end_posts
from tests.support.world import at


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


def taken_to_town(play):
    end_posts(play, "village")
    facts = {"method": "random", "inspected_on": "2026-11-24", "findings": FINDINGS}
    case = play.on("2026-11-24").open("town1.inspector", workflow="rectification", **facts)
    case = play.say(case, "town1.secretary", "sign_off", {"due_on": "2026-12-18"})
    case = play.say(case, "town1.inspector", "issue", {"due_on": "2026-12-18"})
    return play.say(case, "town1.officer", "acknowledge", {})


def test_who_stood_in_for_a_vacant_branch_does_not_judge_what_he_did_for_it(play):
    """House rules 5 and 8 of G-4.4f: an objection is heard, and a report re-checked, by others."""
    case = taken_to_town(play)
    case = play.say(case, "town1.officer", "object", {"reason": "当日已请示"})
    assert disagreements(play) == []
    play.no(Forbidden, "authority", play.say, case, "town1.officer", "answer_objection", {})
    case = play.say(case, "town1.secretary", "answer_objection", {"opinion": "维持"})
    case = play.on("2026-12-03").say(case, "town1.officer", "report", {"items": ITEMS})
    assert disagreements(play) == []
    for move in ("accept", "send_back"):
        play.no(Forbidden, "authority", play.say, case, "town1.officer", move, {})
    officer = play.who("town1.officer")
    assert inbox.cases(play.session, officer, "mine", officer.on).items == []
    verdicts = {"verdicts": ["accepted", "accepted"], "opinion": "已整改"}
    assert play.say(case, "town1.secretary", "accept", verdicts).state == "closed"


def test_nor_may_he_let_himself_have_more_time(play):
    case = play.on("2026-12-01").say(
        taken_to_town(play),
        "town1.officer",
        "ask_extension",
        {"until": "2026-12-22", "reason": "材料未齐"},
    )
    for move in ("grant", "deny"):
        play.no(Forbidden, "authority", play.say, case, "town1.officer", move, {})
    assert play.say(case, "town1.secretary", "grant", {}).state == "fixing"


def test_of_two_who_stood_in_neither_judges(play):
    case = taken_to_town(play)
    case = play.on("2026-12-03").say(case, "town1.secretary", "report", {"items": ITEMS})
    verdicts = {"verdicts": ["accepted", "accepted"], "opinion": "已整改"}
    for name in ("town1.secretary", "town1.officer"):
        play.no(Forbidden, "authority", play.say, case, name, "accept", verdicts)
    assert play.desks(case) == ["town1"] and disagreements(play) == []
    assert play.say(case, "town1.deputy", "accept", verdicts).state == "closed"


def test_a_review_that_nobody_answers_gives_the_term_back(play):
    """House rule 8 of G-4.4f: what is above does not answer, and the order does not lie for ever."""
    case = order.fixing(play.session, play.world)
    case = play.on("2026-11-25").say(case, "village.secretary", "object", {"reason": "已请示"})
    case = play.say(case, "town1.officer", "answer_objection", {"opinion": "维持"})
    case = play.say(case, "village.secretary", "ask_higher_review", {})
    assert case.state == "review"
    last = case.due_on
    sweep.sweep(play.session, at(last.isoformat()))
    assert play.session.get(Case, case.id, populate_existing=True).state == "review"
    day = last + timedelta(days=1)
    sweep.sweep(play.session, at(day.isoformat()))
    case = play.session.get(Case, case.id, populate_existing=True)
    calendar = zone_calendar(play.session, case.zone_id)
    assert (case.state, case.due_on) == ("fixing", add_workdays(calendar, day, 12)), "13, one used"
