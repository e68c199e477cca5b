"""Edges of the clocks: what is left of a term, terms that end on the day they begin, and whose row
shows it.

From the guidance 二（一）1, the dossier §8 and the contract (整改期限: 复核、延期期间不走).
"""

from __future__ import annotations

from datetime import date

import pytest

from oversight.base.refusals import RuleViolation
from oversight.engine import authority
from oversight.models import Case
from tests.db import test_rectification_walk as order
from tests.support.actors import REASON, Play

WHY = {"reason": "材料采购需要时间"}


@pytest.fixture
def play(session, world):
    return Play(session, world)


def paused(session, world, case, begin: str, end: str, until: str) -> Case:
    """Let the branch ask for an extension on a day and be denied it on another."""
    more = {"until": until, **WHY}
    order.do(session, world, case, "ask_extension", more, who="village.secretary", on=begin)
    return order.do(session, world, case, "deny", on=end)


def test_what_is_used_of_a_term_adds_up_over_its_pauses(session, world):
    """13 working days from 24 November: two used, then two more, so nine are left on 7 December."""
    case = order.fixing(session, world)
    assert (case.budget_workdays, case.due_on) == (13, date(2026, 12, 11))
    case = paused(session, world, case, "2026-11-26", "2026-12-01", "2026-12-25")
    assert (case.used_workdays, case.due_on) == (2, date(2026, 12, 16))
    case = paused(session, world, case, "2026-12-03", "2026-12-07", "2026-12-25")
    assert (case.used_workdays, case.due_on) == (4, date(2026, 12, 18))


def test_a_term_that_was_over_stays_over_by_as_much(session, world):
    """Two working days late when more time was asked for, and so still when it is denied."""
    case = order.fixing(session, world)
    case = paused(session, world, case, "2026-12-15", "2026-12-16", "2026-12-25")
    assert case.due_on == date(2026, 12, 14)


def test_an_order_taken_late_is_due_today_at_the_earliest(session, world):
    case = order.opened(session, world)
    order.do(session, world, case, "sign_off", who="town1.secretary")
    order.do(session, world, case, "issue", {"due_on": "2026-11-27"})
    late = {"who": "village.secretary", "on": "2026-11-30"}
    case = order.do(session, world, case, "acknowledge", **late)
    assert case.due_on == date(2026, 11, 30)


def test_an_answer_is_never_due_before_it_was_asked_for(play):
    """Asked on a Sunday to meet on the Tuesday: only the Monday lies between."""
    case = play.on("2026-11-01").asked("2026-11-03", day="2026-11-06")
    assert case.due_on == date(2026, 11, 2)


def test_who_takes_over_has_the_new_term_on_his_desk_too(play):
    case = play.asked()
    case = play.on("2026-11-30").move(case, "zone.officer", "take_over")
    [desk] = authority.open_desks(play.session, case.id)
    assert desk.due_on == case.due_on == date(2026, 12, 3)


@pytest.mark.parametrize("new, month", [("2026-11-12", "2026-11-06"), ("2026-12-11", "2026-12-04")])
def test_a_partner_is_bound_for_the_month_alone(play, new, month):
    """The village joins the community in November: its own December is free."""
    play.on("2026-10-12")
    case = play.open(
        "community.secretary",
        "community",
        day="2026-11-06",
        **{"with": [play.world.units["village"].id]},
    )
    words = {"new_day": "2026-11-12", "reason": REASON}
    play.say(case, "community.secretary", "ask_jointly", words)
    play.move(case, "village.secretary", "join")
    if month.startswith("2026-11"):
        play.no(RuleViolation, "not_in_another", play.open, "village.secretary", day=month)
    else:
        assert play.asked(new, day=month).state == "asked"
