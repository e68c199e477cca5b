"""Date change: a joint activity of several branches asks each superior and moves when all have
agreed.

From the guidance 二（一）1 and 二（五）1.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.refusals import (
    AlreadyTaken,
    Forbidden,
    InvalidInput,
    InvalidTransition,
    NotFound,
    RuleViolation,
)
from oversight.calendar.party_days import status
from oversight.engine import inbox, transitions
from oversight.ledger import attendance, own_days
from oversight.models import Activity, Case, Membership, Post
from oversight.papers import replies
from oversight.register import reorganize
from tests.db.test_attendance import sheet
from tests.support.actors import REASON, Play, department_branch

DEC4, DEC11 = date(2026, 12, 4), date(2026, 12, 11)


@pytest.fixture
def play(session, world):
    department_branch(world)
    session.commit()
    return Play(session, world)


def unit(play, name: str) -> str:
    return play.world.units[name].id


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
    papers = {paper.body["to"]: paper.number for paper in play.papers(case)}
    assert papers == {
        "桃源社区党支部：": "青委党日〔2026〕1号",
        "石桥村党支部：": "青委党日〔2026〕2号",
        "柏树村党支部：": "柏委党日〔2026〕1号",
        "教育局机关党支部：": "教党党日〔2026〕1号",
    }, "each branch has its own reply, from its own superior"
    assert case.number == "青委党日〔2026〕2号"


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
    assert [(paper.number, paper.body["to"]) for paper in play.papers(case)] == [
        ("柏委党日〔2026〕1号", "柏树村党支部："),
        ("柏委党日〔2026〕2号", "石桥村党支部："),
    ]


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


def test_a_joint_request_is_in_each_branchs_own_list(play):
    case = play.joint("village2")
    for name in ("village2.secretary", "town2.officer", "village.secretary"):
        found = inbox.cases(play.session, play.who(name), "units", play.at.today).items
        assert [row.id for row in found] == [case.id], name
    found = inbox.cases(play.session, play.who("town2.inspector"), "units", play.at.today).items
    assert found == [], "nothing is listed that cannot be opened"
    play.refused(Forbidden, "authority", case, "village2.secretary", "withdraw")


# Each partner agrees itself -----------------------------------------------------------------------


def test_it_goes_up_when_each_partner_has_agreed_itself(play):
    case = play.invited("community", "village2")
    assert case.state == "consulting" and play.desks(case) == ["community", "village2"]
    play.refused(Forbidden, "authority", case, "town1.officer", "join")
    play.refused(Forbidden, "authority", case, "village.secretary", "join")
    play.refused(InvalidTransition, None, case, "town1.officer", "approve")
    case = play.move(case, "village2.organizer", "join")
    assert case.state == "consulting" and play.desks(case) == ["community"]
    case = play.move(case, "community.secretary", "join")
    assert case.state == "asked_joint" and play.desks(case) == ["town1", "town2"]


def test_a_partner_that_declines_sends_it_back_and_is_left_out(play):
    case = play.move(play.invited("community", "village2"), "community.secretary", "join")
    case = play.move(case, "village2.secretary", "decline")
    assert case.state == "returned" and play.desks(case) == ["village"]
    case = play.move(case, "village.secretary", "ask_jointly")
    assert case.state == "asked_joint", "who has agreed to this very day is not asked again"
    assert play.desks(case) == ["town1"]


def test_another_day_needs_another_consent_of_each_partner(play):
    case = play.move(play.invited("community", "village2"), "community.secretary", "join")
    case = play.move(case, "village2.secretary", "decline")
    case = play.move(case, "village.secretary", "ask_jointly", new_day="2026-12-10", reason=REASON)
    assert case.state == "consulting" and play.desks(case) == ["community"]


def test_where_all_decline_the_branch_asks_alone(play):
    case = play.move(play.invited("community"), "community.secretary", "decline")
    play.refused(RuleViolation, "together", case, "village.secretary", "ask_jointly")
    assert play.move(case, "village.secretary", "ask").state == "asked"


def test_partners_who_do_not_answer_let_it_expire_unblamed(play):
    case = play.invited("community")
    assert case.due_on == date(2026, 11, 27)
    case = play.on("2026-12-04").move(case, None, "expire_joint")
    assert case.state == "expired" and days(play, "village", "community") == [DEC4] * 2
    assert "unanswered" not in play.journal(case)[-1].result


def test_a_vacant_partner_is_answered_for_by_its_superior(play):
    for post in play.session.scalars(sa.select(Post).where(Post.unit_id == unit(play, "village2"))):
        post.to_on = date(2026, 11, 20)
    for one in play.session.scalars(
        sa.select(Membership).where(Membership.unit_id == unit(play, "village2"))
    ):
        one.to_on = date(2026, 11, 20)
    play.session.commit()
    case = play.invited("village2")
    assert play.desks(case) == ["town2"]
    assert play.move(case, "town2.officer", "join").state == "asked_joint"


def test_a_partner_that_has_met_or_asks_itself_cannot_join(play):
    case = play.invited("community")
    play.asked(name="community.secretary", unit="community")
    play.refused(RuleViolation, "partner_free", case, "community.secretary", "join")
    assert play.move(case, "community.secretary", "decline").state == "returned"


def test_a_partner_with_another_activity_on_that_day_cannot_join(play):
    branch = play.world.units["community"]
    other = {"year": 2026, "month": 12, "kind": "july", "rule_day": DEC11, "day": DEC11}
    play.session.add(Activity(zone_id=branch.zone_id, unit_id=branch.id, **other))
    play.session.commit()
    case = play.invited("community")
    play.refused(RuleViolation, "partner_not_taken", case, "community.secretary", "join")


def test_a_partner_that_has_joined_cannot_ask_for_itself(play):
    own = play.open("community.secretary", "community")
    play.move(play.invited("community", "village2"), "community.secretary", "join")
    play.refused(RuleViolation, "not_in_another", own, "community.secretary", "ask")


def test_drafts_and_open_invitations_bind_nobody(play):
    play.open("village.secretary", **{"with": [unit(play, "community")]})
    mine = play.open("community.secretary", "community")
    assert play.move(mine, "community.secretary", "ask").state == "asked"


def test_a_draft_is_checked_again_when_it_is_sent(play):
    case = play.open("village.secretary", **{"with": [unit(play, "community")]})
    play.asked(name="community.secretary", unit="community")
    play.refused(RuleViolation, "partners_known", case, "village.secretary", "ask_jointly")


def test_a_branch_that_chooses_its_day_may_join_by_its_own_will(play):
    """Nobody consents for it: it agrees itself, and its superior has nothing to answer."""
    case = play.joint("firm", "village2")
    assert play.desks(case) == ["town1", "town2"]
    case = play.move(play.move(case, "town1.officer", "approve"), "town2.officer", "approve")
    assert days(play, "village", "firm", "village2") == [DEC11] * 3
    assert {paper.body["to"] for paper in play.papers(case)} == {"石桥村党支部：", "柏树村党支部："}
    case = play.move(case, "town1.officer", "revoke")
    assert days(play, "village", "firm", "village2") == [DEC4, None, DEC4]


def test_each_superior_is_asked_as_of_today(play):
    """A partner that comes under another town while the answers are awaited."""
    case = play.joint("community")
    assert play.desks(case) == ["town1"]
    branch, town = play.world.units["community"], play.world.units["town2"]
    reorganize.move(play.session, branch, town, play.at.today, play.who("zone.officer"), play.at)
    play.session.commit()
    assert play.desks(case) == ["town1", "town2"]
    case = play.move(case, "town1.officer", "approve")
    assert case.state == "asked_joint"
    case = play.move(case, "town2.officer", "approve")
    assert {paper.body["to"]: paper.number for paper in play.papers(case)} == {
        "桃源社区党支部：": "柏委党日〔2026〕1号",
        "石桥村党支部：": "青委党日〔2026〕1号",
    }


def test_the_request_is_of_all_branches_to_all_superiors(play):
    case = play.joint("village2")
    attempt = transitions.context(
        play.session, case, play.at, words={"new_day": DEC11, "reason": "因共同开展主题实践。"}
    )
    body = replies.request(attempt)
    assert body["to"] == "青溪镇党委、柏岭镇党委：" and body["from"] == "石桥村党支部"
    assert body["others"] == ["柏树村党支部"], "each signs for itself"
    assert body["title"] == "关于联合变更12月主题党日活动时间的请示"
    assert body["paragraphs"][0] == (
        "因共同开展主题实践，我们12月主题党日活动时间原定2026年12月4日（星期五），"
        "拟改为2026年12月11日（星期五）开展。"
    )


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
    consents = [paper for paper in play.papers(case) if "同意变更" in paper.body["title"]]
    assert len(consents) == 2 and all(paper.void_at for paper in consents)


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


def test_a_partner_may_record_the_hosting_by_the_leading_secretary(play):
    case = play.move(play.joint("community"), "town1.officer", "approve")
    row = play.activity("community")
    led = attendance.joint_hosts(play.session, row, DEC11)
    assert [person.name for person, _office in led] == ["village.secretary"]
    assert attendance.joint_hosts(play.session, play.activity(), DEC11) == []
    sheet = attendance.Sheet({}, about={"host_id": play.world.people["village.secretary"].id})
    attendance.must_be_host(play.session, row, sheet, DEC11)
    sheet = attendance.Sheet({}, about={"host_id": play.world.people["village.organizer"].id})
    with pytest.raises(InvalidInput):
        attendance.must_be_host(play.session, row, sheet, DEC11)
    play.move(case, "town1.officer", "revoke")
    assert attendance.joint_hosts(play.session, play.activity("community"), DEC11) == []


def test_each_branch_of_a_joint_activity_records_its_own(play):
    """二（五）1: 以党支部为基本单元; what the leading branch records settles nothing for its partner."""
    play.move(play.joint("community"), "town1.officer", "approve")
    play.on("2026-12-14")
    own = play.activity("community")
    leads = play.activity()
    raw = attendance.read_sheet(sheet(play.world))
    attendance.submit(play.session, leads.id, raw, play.who("village.secretary"), play.at)
    today = play.at.today
    assert (status(leads, today), status(own, today, entering=True)) == ("held", "unrecorded")
    raw = attendance.read_sheet(sheet(play.world, "community", absent=("member1",)))
    attendance.submit(play.session, own.id, raw, play.who("community.secretary"), play.at)
    assert status(own, today) == "held"
    took = attendance.counts(play.session, [leads.id, own.id])
    assert [took[row.id].took_part for row in (leads, own)] == [5, 4]
