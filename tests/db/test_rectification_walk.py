"""四4: an order has a deadline that climbs until it is met; author, signer, fixer and re-checker
differ.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.refusals import (
    DomainError,
    Forbidden,
    InvalidInput,
    InvalidTransition,
    RuleViolation,
)
from oversight.engine import inbox, transitions
from oversight.models import Case, Paper, Reminder
from oversight.register import reorganize
from oversight.time import sweep
from oversight.workflows.rectification import WORKFLOW as LAW
from tests.support.world import at

FINDINGS = [
    {"clause": "R-2.1.1a", "fact": "11月6日未开展活动", "demand": "说明情况，按期开展"},
    {"clause": "R-3.2.1b", "fact": "缺席党员未逐一联系", "demand": "逐一联系并补课"},
]
ITEMS = [
    {"measure": "当天换届选举，未请示；今后列入值班表", "done_on": "2026-12-02"},
    {"measure": "已全部联系", "done_on": "2026-12-02"},
]


WALKS = {
    "rectification": "test_from_the_visit_to_the_closing_notice",
    "inspection": "test_an_inspection_that_finds_nothing_makes_no_paper",
}


def opened(session, world, who="town1.inspector", unit="village", on="2026-11-20", findings=None):
    facts = {"method": "random", "inspected_on": "2026-11-20", "findings": findings or FINDINGS}
    return transitions.submit_opening(
        session,
        "rectification",
        world.units[unit].id,
        facts,
        world.actor(who, at(on).today),
        at(on),
    )


def do(session, world, case, move, words=None, who="town1.officer", on="2026-11-23"):
    current = session.get(Case, case.id, populate_existing=True)
    return transitions.submit(
        session,
        case.id,
        move,
        world.actor(who, at(on).today),
        words or {},
        version=current.version,
        at=at(on),
    )


def refused(session, world, case, move, words=None, *, kind=RuleViolation, match=None, **more):
    before = session.get(Case, case.id, populate_existing=True).version
    with pytest.raises(kind, match=match):
        do(session, world, case, move, words, **more)
    assert session.get(Case, case.id, populate_existing=True).version == before


def fixing(session, world, due="2026-12-11"):
    case = opened(session, world)
    do(session, world, case, "sign_off", who="town1.secretary")
    do(session, world, case, "issue", {"due_on": due})
    return do(session, world, case, "acknowledge", who="village.secretary", on="2026-11-24")


def rechecking(session, world):
    case = fixing(session, world)
    return do(
        session, world, case, "report", {"items": ITEMS}, who="village.secretary", on="2026-12-02"
    )


def test_from_the_visit_to_the_closing_notice(session, world):
    case = opened(session, world)
    assert case.state == "draft" and case.number is None
    assert do(session, world, case, "sign_off", who="town1.secretary").state == "signed_off"
    issued = do(session, world, case, "issue", {"due_on": "2026-12-11"})
    assert (issued.state, issued.number) == ("issued", "青委整〔2026〕1号")
    fix = do(session, world, case, "acknowledge", who="village.secretary", on="2026-11-24")
    assert (fix.state, fix.due_on) == ("fixing", date(2026, 12, 11))
    check = do(
        session, world, case, "report", {"items": ITEMS}, who="village.secretary", on="2026-12-02"
    )
    assert (check.state, check.due_on) == ("recheck", date(2026, 12, 16))
    done = do(
        session,
        world,
        case,
        "accept",
        {"verdicts": ["explained", "accepted"], "opinion": "同意销号"},
        on="2026-12-03",
    )
    assert done.state == "closed" and done.number == "青委整〔2026〕1号"
    kinds = session.scalars(
        sa.select(Paper.kind).where(Paper.case_id == case.id).order_by(Paper.seq)
    ).all()
    assert kinds == ["order", "closing"]


def test_the_author_does_not_sign_and_does_not_recheck(session, world):
    case = opened(session, world)
    refused(session, world, case, "sign_off", who="town1.inspector", kind=Forbidden)
    done = rechecking(session, world)
    refused(
        session,
        world,
        done,
        "accept",
        {"verdicts": ["accepted", "accepted"], "opinion": "好"},
        who="town1.inspector",
        kind=Forbidden,
        on="2026-12-03",
    )


def test_the_fixer_does_not_recheck_even_with_a_post_in_town(session, world):
    world.post("village.secretary", "town1", "officer")
    session.commit()
    case = rechecking(session, world)
    refused(
        session,
        world,
        case,
        "accept",
        {"verdicts": ["accepted", "accepted"], "opinion": "好"},
        who="village.secretary",
        kind=Forbidden,
        on="2026-12-03",
    )


@pytest.mark.parametrize(
    "findings, match",
    [
        ([], "问题"),
        ([{"clause": "X-1", "fact": "a", "demand": "b"}], "条款"),
        ([{"clause": "P-4.2", "fact": "没有照片", "demand": "补照片"}], "条款"),
        ([{"clause": "R-2.1.1a", "fact": "", "demand": "b"}], "事实"),
    ],
)
def test_an_order_rests_on_findings_under_clauses_that_bind(session, world, findings, match):
    facts = {"method": "random", "inspected_on": "2026-11-20", "findings": findings}
    with pytest.raises((RuleViolation, InvalidInput), match=match):
        transitions.submit_opening(
            session,
            "rectification",
            world.units["village"].id,
            facts,
            world.actor("town1.inspector", date(2026, 11, 20)),
            at("2026-11-20"),
        )


@pytest.mark.parametrize(
    "who", ["village.secretary", "town2.inspector", "zone.sysadmin", "village.member1"]
)
def test_only_an_inspector_above_may_open(session, world, who):
    with pytest.raises(DomainError):
        opened(session, world, who=who)


def test_a_verdict_for_every_item(session, world):
    case = rechecking(session, world)
    words = {"opinion": "看过"}
    refused(
        session,
        world,
        case,
        "accept",
        {**words, "verdicts": ["accepted"]},
        match="每个问题",
        on="2026-12-03",
    )
    refused(
        session,
        world,
        case,
        "accept",
        {**words, "verdicts": ["accepted", "maybe"]},
        kind=InvalidInput,
        on="2026-12-03",
    )
    refused(
        session,
        world,
        case,
        "accept",
        {**words, "verdicts": ["accepted", "not"]},
        match="不能销号",
        on="2026-12-03",
    )
    refused(
        session,
        world,
        case,
        "send_back",
        {**words, "verdicts": ["accepted", "explained"]},
        match="直接销号",
        on="2026-12-03",
    )


def test_what_was_found_was_put_right_afterwards_at_the_earliest_on_the_spot(session, world):
    """G-4.4f: the visit was on 20 November. 立行立改 that day stands; what was right before was no finding."""
    case, who = fixing(session, world), {"who": "village.secretary", "on": "2026-12-02"}
    before, that_day = ([ITEMS[0], ITEMS[1] | {"done_on": f"2026-11-{n}"}] for n in (19, 20))
    refused(session, world, case, "report", {"items": before}, match="早于督查日期", **who)
    assert do(session, world, case, "report", {"items": that_day}, **who).state == "recheck"


def test_what_was_not_done_is_not_reported_as_done(session, world):
    case = fixing(session, world)
    later = [ITEMS[0], {"measure": "明天去办", "done_on": "2026-12-03"}]
    refused(
        session,
        world,
        case,
        "report",
        {"items": later},
        who="village.secretary",
        on="2026-12-02",
        match="完成日期",
    )
    refused(
        session,
        world,
        case,
        "report",
        {"items": ITEMS[:1]},
        who="village.secretary",
        on="2026-12-02",
        match="每个问题",
    )


def test_sent_back_begins_a_new_round_with_five_working_days(session, world):
    case = rechecking(session, world)
    back = do(
        session,
        world,
        case,
        "send_back",
        {"verdicts": ["accepted", "not"], "opinion": "还有一人未联系"},
        on="2026-12-09",
    )
    assert (back.state, back.facts["round"], back.due_on) == ("fixing", 2, date(2026, 12, 16))
    assert back.facts["report"] is None, "evidence of a closed round does not count"
    do(session, world, case, "report", {"items": ITEMS}, who="village.secretary", on="2026-12-10")
    done = do(
        session,
        world,
        case,
        "accept",
        {"verdicts": ["accepted", "accepted"], "opinion": "同意"},
        on="2026-12-11",
    )
    assert [entry["round"] for entry in done.facts["rounds"]] == [1, 2]


def test_a_round_is_never_shorter_than_what_was_granted_before(session, world):
    """House rule: five working days for another round, and a later day that was given stays."""
    case = fixing(session, world, due="2026-12-18")
    do(session, world, case, "report", {"items": ITEMS}, who="village.secretary", on="2026-12-02")
    back = do(
        session,
        world,
        case,
        "send_back",
        {"verdicts": ["accepted", "not"], "opinion": "还有一人未联系"},
        on="2026-12-03",
    )
    assert (back.facts["due_on"], back.due_on) == ("2026-12-18", date(2026, 12, 18))


def test_the_branch_s_clock_stands_while_an_extension_is_considered(session, world):
    case = fixing(session, world, due="2026-12-11")
    refused(
        session,
        world,
        case,
        "ask_extension",
        {"until": "2026-12-10", "reason": "雨"},
        who="village.secretary",
        match="延期",
        on="2026-11-30",
    )
    do(
        session,
        world,
        case,
        "ask_extension",
        {"until": "2026-12-18", "reason": "连日降雨"},
        who="village.secretary",
        on="2026-11-30",
    )
    denied = do(session, world, case, "deny", on="2026-12-03")
    assert denied.due_on == date(2026, 12, 16), "nine working days were left on 30 November"
    do(
        session,
        world,
        case,
        "ask_extension",
        {"until": "2026-12-23", "reason": "连日降雨"},
        who="village.secretary",
        on="2026-12-04",
    )
    assert do(session, world, case, "grant", on="2026-12-07").due_on == date(2026, 12, 23)


def test_an_objection_stops_the_clock_is_answered_once_and_reviewed_once_above(session, world):
    case = fixing(session, world, due="2026-12-11")
    do(
        session,
        world,
        case,
        "object",
        {"reason": "当天已书面请示"},
        who="village.secretary",
        on="2026-11-26",
    )
    refused(
        session,
        world,
        case,
        "answer_objection",
        {"opinion": "维持"},
        who="town1.inspector",
        kind=Forbidden,
        on="2026-11-27",
    )
    answered = do(
        session, world, case, "answer_objection", {"opinion": "第一条维持"}, on="2026-11-30"
    )
    assert answered.due_on == date(2026, 12, 15)
    refused(
        session,
        world,
        case,
        "object",
        {"reason": "再次异议"},
        who="village.secretary",
        on="2026-12-01",
        match="只提一次",
    )
    do(
        session,
        world,
        case,
        "ask_higher_review",
        {"reason": "仍有异议"},
        who="village.secretary",
        on="2026-12-01",
    )
    refused(session, world, case, "answer_review", {}, kind=Forbidden, on="2026-12-02")
    do(
        session,
        world,
        case,
        "answer_review",
        {"opinion": "维持"},
        who="zone.officer",
        on="2026-12-02",
    )
    heard = case.facts["objection"]
    assert (heard["opinion"], heard["review"]["opinion"]) == ("第一条维持", "维持")
    refused(
        session,
        world,
        case,
        "ask_higher_review",
        {},
        who="village.secretary",
        on="2026-12-02",
        match="复查",
    )


def test_overdue_climbs_and_is_referred_by_people_never_judged_by_the_program(session, world):
    case = fixing(session, world, due="2026-12-11")
    refused(session, world, case, "refer", {"reason": "逾期"}, on="2026-12-11", match="还没有到期")
    for day in ("2026-12-02", "2026-12-08", "2026-12-10", "2026-12-11", "2026-12-14", "2026-12-14"):
        sweep.sweep(session, at(day))
    reminders = session.scalars(sa.select(Reminder.rung).where(Reminder.case_id == case.id)).all()
    assert sorted(reminders) == [-1, 0, 1, 3, 7]
    zone = world.actor("zone.officer", date(2026, 12, 14))
    assert case.id in [row.id for row in inbox.cases(session, zone, "copied", zone.on).items]
    referred = do(
        session, world, case, "refer", {"reason": "逾期未改"}, who="zone.officer", on="2026-12-14"
    )
    assert referred.state == "fixing" and referred.facts["referred"]["reason"] == "逾期未改"


def test_an_order_to_the_wrong_branch_is_recalled_and_goes_to_the_right_one(session, world):
    case = fixing(session, world)
    do(session, world, case, "recall", {"reason": "支部写错"}, on="2026-11-25")
    paper = session.scalars(sa.select(Paper).where(Paper.case_id == case.id)).one()
    assert paper.void_at and paper.number == "青委整〔2026〕1号"
    do(session, world, case, "reissue", {"unit": world.units["community"].id}, on="2026-11-25")
    new = session.scalars(sa.select(Case).where(Case.unit_id == world.units["community"].id)).one()
    assert (new.state, new.facts["findings"]) == ("draft", FINDINGS)
    do(session, world, new, "sign_off", who="town1.secretary", on="2026-11-25")
    assert (
        do(session, world, new, "issue", {"due_on": "2026-12-11"}, on="2026-11-25").number
        == "青委整〔2026〕2号"
    )


def test_the_zone_s_own_order_is_answered_to_the_zone(session, world):
    case = opened(session, world, who="zone.inspector")
    refused(session, world, case, "sign_off", who="town1.secretary", kind=Forbidden)
    do(session, world, case, "sign_off", who="zone.secretary")
    assert (
        do(session, world, case, "issue", {"due_on": "2026-12-11"}, who="zone.officer").number
        == "云党工整〔2026〕1号"
    )


def test_an_order_of_a_merged_branch_passes_to_its_successor(session, world):
    case = fixing(session, world)
    reorganize.merge(
        session,
        [world.units["village"]],
        world.units["community"],
        date(2026, 12, 1),
        world.actor("town1.officer", date(2026, 12, 1)),
        at("2026-12-01"),
    )
    session.commit()
    done = do(
        session, world, case, "report", {"items": ITEMS}, who="community.secretary", on="2026-12-02"
    )
    assert done.state == "recheck" and done.number == "青委整〔2026〕1号"


def test_an_inspection_that_finds_nothing_makes_no_paper(session, world):
    who = world.actor("town1.inspector", date(2026, 11, 20))
    facts = {"method": "desk_review", "inspected_on": "2026-11-20"}
    case = transitions.submit_opening(
        session, "inspection", world.units["village"].id, facts, who, at("2026-11-20")
    )
    words = {"note": "记录齐全", "reminders": ["会议室党旗有褶皱，当场整理"]}
    done = transitions.submit(
        session, case.id, "conclude", who, words, version=case.version, at=at("2026-11-20")
    )
    assert done.state == "clean"
    assert session.scalars(sa.select(Case).where(Case.workflow == "rectification")).all() == []
    again = transitions.submit_opening(
        session, "inspection", world.units["village"].id, facts, who, at("2026-11-23")
    )
    transitions.submit(
        session, again.id, "conclude", who, words, version=again.version, at=at("2026-11-23")
    )
    assert "warned" in transitions.last_row(session, again).result, (
        "one visit a quarter: a warning, not a refusal"
    )


def test_an_inspection_with_findings_opens_an_order_for_somebody_else_to_sign(session, world):
    who, facts = (
        world.actor("town1.inspector", date(2026, 11, 20)),
        {"method": "on_site", "inspected_on": "2026-11-20"},
    )
    case = transitions.submit_opening(
        session, "inspection", world.units["village"].id, facts, who, at("2026-11-20")
    )
    transitions.submit(
        session,
        case.id,
        "order",
        who,
        {"findings": FINDINGS},
        version=case.version,
        at=at("2026-11-20"),
    )
    order = session.scalars(sa.select(Case).where(Case.workflow == "rectification")).one()
    assert order.state == "draft" and order.opened_by == who.id
    officer = world.actor("town1.officer", date(2026, 11, 20))
    assert [row.id for row in inbox.cases(session, officer, "mine", officer.on).items] == [order.id]


def test_a_visit_that_nobody_writes_up_climbs(session, world):
    """House rule: 督查后 5 个工作日内登记情况."""
    who = world.actor("town1.inspector", date(2026, 11, 20))
    facts = {"method": "random", "inspected_on": "2026-11-20"}
    case = transitions.submit_opening(
        session, "inspection", world.units["village"].id, facts, who, at("2026-11-20")
    )
    zone = world.actor("zone.officer", date(2026, 11, 30))
    for day, shown in (("2026-11-27", []), ("2026-11-30", [case.id])):
        sweep.sweep(session, at(day))
        found = inbox.cases(session, zone, "copied", at(day).today).items
        assert [row.id for row in found] == shown


def test_a_closed_order_takes_nothing_more(session, world):
    case = rechecking(session, world)
    do(
        session,
        world,
        case,
        "accept",
        {"verdicts": ["accepted", "accepted"], "opinion": "同意"},
        on="2026-12-03",
    )
    refused(
        session,
        world,
        case,
        "report",
        {"items": ITEMS},
        who="village.secretary",
        kind=InvalidTransition,
        on="2026-12-04",
    )


# The text that is signed --------------------------------------------------------------------------


def test_the_officer_signs_the_very_text_that_is_issued(session, world):
    """Issue 10, 5."""
    case = opened(session, world)
    signed = do(session, world, case, "sign_off", {"due_on": "2026-12-11"}, who="town1.secretary")
    text = signed.facts["signed"]
    assert any("2026年12月11日" in line for line in text["paragraphs"])
    world.units["village"].name = "新石桥村党支部"
    session.commit()
    with pytest.raises(RuleViolation) as no:
        do(session, world, case, "issue", {"due_on": "2026-12-14"})
    assert no.value.extra["rule"] == "as_signed"
    do(session, world, case, "issue", {"due_on": "2026-12-11"}, on="2026-11-24")
    paper = session.scalar(sa.select(Paper).where(Paper.case_id == case.id))
    assert paper.body == {**text, "date": "2026年11月24日"}


def test_the_signer_may_leave_the_deadline_to_the_issuer(session, world):
    case = opened(session, world)
    assert "signed" not in do(session, world, case, "sign_off", who="town1.secretary").facts
    assert do(session, world, case, "issue", {"due_on": "2026-12-11"}).state == "issued"


SIGN_OFF = next(move for move in LAW.moves if move.name == "sign_off")
SIGNED = [
    ("2026-12-12", "要定在今天之后的工作日", "signed_workday"),
    ("2026-11-26", "给支部留出整改的时间", "signed_after_receipt"),
    ("2027-06-01", "超过 90 个工作日", "signed_sensible_term"),
]


@pytest.mark.parametrize("due, says, rule", SIGNED)
def test_a_deadline_that_is_signed_makes_sense(session, world, due, says, rule):
    case = opened(session, world)
    refused(session, world, case, "sign_off", {"due_on": due}, who="town1.secretary", match=says)
    assert rule in {guard.name for guard in SIGN_OFF.only_if}


# An objection -------------------------------------------------------------------------------------


@pytest.mark.parametrize("on, left", [("2026-12-16", date(2026, 12, 11)), ("2026-12-04", None)])
def test_an_objection_does_not_hide_what_was_overdue(session, world, on, left):
    """Answered on the same day a deadline that had passed has passed still; one that runs goes on."""
    case = fixing(session, world)
    objected = do(
        session, world, case, "object", {"reason": "当天已报备"}, who="village.secretary", on=on
    )
    assert bool(objected.facts.get("overdue")) == (left is not None)
    back = do(session, world, case, "answer_objection", {"opinion": "维持"}, on=on)
    assert back.state == "fixing" and back.due_on == (left or date(2026, 12, 11))
