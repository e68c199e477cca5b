"""Date change: a joint activity of several branches asks each superior and moves when all have
agreed.

From the guidance 二（一）1 and 二（五）1.
"""

from __future__ import annotations

from datetime import date

import pytest

from oversight.base.refusals import (
    AlreadyTaken,
    Forbidden,
    InvalidInput,
    InvalidTransition,
    NotFound,
    RuleViolation,
)
from oversight.engine import inbox
from oversight.ledger import own_days
from oversight.models import Case
from tests.support.actors import REASON, Play, department_branch

DEC4, DEC11 = date(2026, 12, 4), date(2026, 12, 11)


@pytest.fixture
def play(session, world):
    department_branch(world)
    session.commit()
    return Play(session, world)


def days(play, *units):
    return [play.day_of(unit) for unit in units]


def test_each_superior_is_asked_once_and_all_move_together(play):
    case = play.joint("community", "village2", "office")
    assert case.state == "asked_joint" and play.desks(case) == ["dept1", "town1", "town2"]
    case = play.move(case, "town2.officer", "approve")
    case = play.move(case, "town1.secretary", "approve")
    assert case.state == "asked_joint" and play.desks(case) == ["dept1"]
    assert days(play, "village", "community", "village2", "office") == [DEC4] * 4, (
        "not before all agree"
    )
    assert play.papers() == []
    case = play.move(case, "dept1.officer", "approve")
    assert case.state == "approved" and play.desks(case) == []
    assert days(play, "village", "community", "village2", "office") == [DEC11] * 4
    assert sorted(paper.number for paper in play.papers(case)) == sorted(
        ["青委〔2026〕1号", "柏委〔2026〕1号", "教党〔2026〕1号"]
    )


def test_one_town_for_several_branches_answers_once(play):
    case = play.joint("community", "organ")
    assert play.desks(case) == ["town1"]
    case = play.move(case, "town1.officer", "approve")
    assert case.state == "approved" and days(play, "village", "community", "organ") == [DEC11] * 3


def test_one_refusal_ends_it_for_all(play):
    case = play.joint("village2")
    case = play.move(case, "town1.officer", "approve")
    case = play.move(case, "town2.officer", "refuse")
    assert case.state == "refused" and days(play, "village", "village2") == [DEC4] * 2
    play.refused(InvalidTransition, None, case, "town1.officer", "approve")


def test_a_refusal_is_a_numbered_answer_here_too(play):
    case = play.move(play.joint("village2"), "town2.officer", "refuse")
    assert [paper.number for paper in play.papers(case)] == ["柏委〔2026〕1号"]


def test_silence_of_one_is_no_consent_of_all(play):
    case = play.move(play.joint("village2"), "town1.officer", "approve")
    case = play.on("2026-12-04").move(case, None, "lapse")
    assert (
        case.state == "lapsed"
        and days(play, "village", "village2") == [DEC4] * 2
        and play.papers() == []
    )


def test_each_superior_has_the_same_clock(play):
    case = play.joint("village2")
    assert case.due_on == date(2026, 11, 27)
    case = play.on("2026-11-26").move(case, "town1.officer", "approve")
    assert (case.due_on, case.wake_on) == (date(2026, 11, 27), DEC4), (
        "an answer restarts no other clock"
    )


def test_a_late_superior_of_a_joint_request_can_be_taken_over(play):
    """Common moves hold in every workflow: the zone may take over from the one that is late."""
    case = play.move(play.joint("village2"), "town1.officer", "approve")
    case = play.on("2026-11-30").move(case, "zone.officer", "take_over")
    assert play.desks(case) == ["zone"]
    case = play.move(case, "zone.officer", "approve")
    assert case.state == "approved" and days(play, "village", "village2") == [DEC11] * 2


def test_who_has_answered_does_not_answer_again(play):
    case = play.move(play.joint("village2"), "town1.officer", "approve")
    said = play.refused(AlreadyTaken, None, case, "town1.officer", "approve").sentence
    assert said == "青溪镇党委刚刚已经答复。"
    assert play.session.get(Case, case.id).state == "asked_joint"


def test_the_second_officer_of_a_town_is_told_that_his_town_has_answered(play):
    """He was entitled and came second: 409, as everywhere."""
    case = play.move(play.joint("village2"), "town1.officer", "approve")
    assert play.refused(AlreadyTaken, None, case, "town1.secretary", "approve").status == 409


def test_an_answer_is_judged_by_its_slot_and_not_by_the_version(play):
    case = play.joint("village2", "office")
    seen = case.version
    for name in ("town1.officer", "town2.officer", "dept1.officer"):
        case = play.move(case, name, "approve", version=seen)
    assert case.state == "approved"


def test_another_town_has_no_say(play):
    case = play.joint("community")
    play.refused(NotFound, None, case, "town2.officer", "approve")
    play.refused(NotFound, None, case, "dept1.officer", "approve")
    play.refused(Forbidden, "authority", case, "zone.officer", "approve")
    play.refused(Forbidden, "authority", case, "village.secretary", "approve")


def test_a_partners_leader_does_not_consent_for_his_own_branch(play):
    """Own case counts as vacant:

    the secretary of a partner branch answers as officer of its town.
    """
    play.world.post("village2.secretary", "town2", "officer")
    play.session.commit()
    case = play.joint("village2")
    play.refused(Forbidden, "authority", case, "village2.secretary", "approve")
    assert play.move(case, "town2.officer", "approve").state == "asked_joint"


def test_the_partners_learn_of_it(play):
    case = play.joint("community")
    found = inbox.cases(
        play.session, play.who("community.secretary"), "copied", play.at.today
    ).items
    assert [row.id for row in found] == [case.id]
    play.refused(Forbidden, "authority", case, "community.secretary", "withdraw")


def test_withdrawn_jointly(play):
    case = play.move(play.joint("village2"), "town1.officer", "approve")
    case = play.move(case, "village.secretary", "withdraw")
    assert case.state == "withdrawn" and play.desks(case) == []
    assert days(play, "village", "village2") == [DEC4] * 2


@pytest.mark.parametrize("how", ["revoke", "cancel", "void", "terminate"])
def test_taken_back_for_all_with_all_papers_void(play, how):
    case = play.move(play.joint("village2"), "town2.officer", "approve")
    case = play.move(case, "town1.officer", "approve")
    if how == "cancel":
        case = play.move(case, "village.secretary", "ask_cancel")
    case = play.move(case, "town1.officer", how)
    assert not case.open and days(play, "village", "village2") == [DEC4] * 2
    assert len(play.papers(case)) == 2 and all(paper.void_at for paper in play.papers(case))


def test_a_joint_request_names_its_partners_and_a_single_one_none(play):
    joint = play.open("village.secretary", **{"with": [play.world.units["community"].id]})
    play.refused(
        RuleViolation,
        "alone",
        joint,
        "village.secretary",
        "ask",
        new_day="2026-12-11",
        reason=REASON,
    )
    single = play.open("organ.secretary", "organ")
    play.refused(
        RuleViolation,
        "together",
        single,
        "organ.secretary",
        "ask_jointly",
        new_day="2026-12-11",
        reason=REASON,
    )


def partners(play, kind):
    units = play.world.units
    return {
        "itself": [units["village"].id],
        "twice": [units["community"].id] * 2,
        "a town": [units["town2"].id],
        "no unit": ["0190a000-0000-7000-8000-000000000000"],
        "not an id": ["桃源社区"],
        "numbers": [7],
        "a list": [[units["community"].id]],
        "an object": [{"id": units["community"].id}],
    }[kind]


@pytest.mark.parametrize(
    "kind", ["itself", "twice", "a town", "no unit", "not an id", "numbers", "a list", "an object"]
)
def test_partners_that_are_none_are_refused_and_break_nothing(play, kind):
    with pytest.raises((RuleViolation, InvalidInput)) as caught:
        play.open("village.secretary", **{"with": partners(play, kind)})
    play.session.rollback()
    play.no(caught.type, None, play.open, "village.secretary", **{"with": partners(play, kind)})


def test_a_partner_that_asks_on_its_own_cannot_be_named(play):
    play.asked(name="community.secretary", unit="community")
    play.no(
        RuleViolation,
        "partners_known",
        play.open,
        "village.secretary",
        **{"with": [play.world.units["community"].id]},
    )


def test_at_most_one_open_request_per_party_day_also_for_partners(play):
    """Invariant 6:

    while the joint request is open the partner cannot ask for the same party day.
    """
    play.joint("community")
    play.no(RuleViolation, "not_in_another", play.open, "community.secretary", "community")


def test_a_partner_is_in_one_joint_request_at_a_time(play):
    play.joint("community")
    partners = {"with": [play.world.units["community"].id]}
    play.no(RuleViolation, "partners_known", play.open, "organ.secretary", "organ", **partners)


def test_a_partner_that_has_met_already_is_not_moved(play):
    from oversight.calendar import party_days

    case = play.joint("community")
    row = party_days.activity_for(play.session, play.world.units["community"], 2026, 12)
    play.on("2026-12-02")
    who = play.who("community.secretary")
    own_days.record_held(play.session, row, date(2026, 12, 2), who, play.at)
    play.session.commit()
    with pytest.raises(RuleViolation):
        play.move(case, "town1.officer", "approve")
    play.session.rollback()
    assert play.day_of("community") == DEC4
