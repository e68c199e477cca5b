"""Date change: the walk, one line a move, and the refusal table. From the guidance 二（一）1 and the
contract.

Every row of the table asserts the refusal and that nothing changed but one row in `refusals`.
"""

from __future__ import annotations

from datetime import date

import pytest

from oversight.base.refusals import (
    Forbidden,
    InvalidInput,
    InvalidTransition,
    NotFound,
    RuleViolation,
)
from oversight.models import CalendarRow
from tests.support.actors import REASON, Play, second_hat


@pytest.fixture
def play(session, world):
    second_hat(world)
    session.commit()
    return Play(session, world)


def test_walk(play):
    case = play.open("village.secretary", day="2026-12-04")
    assert (case.state, case.version) == ("draft", 1) and play.desks(case) == ["village"]
    case = play.move(case, "village.organizer", "ask", new_day="2026-12-11", reason=REASON)
    assert (
        case.state == "asked"
        and play.desks(case) == ["town1"]
        and case.due_on == date(2026, 11, 27)
    )
    assert play.day_of() == date(2026, 12, 4), "asking moves nothing"
    case = play.on("2026-11-25").move(
        case, "town1.officer", "return", opinion="请写明安全员值守安排"
    )
    assert case.state == "returned" and play.desks(case) == ["village"]
    case = play.move(
        case, "village.secretary", "ask", new_day="2026-12-10", reason=REASON + "，留人值守"
    )
    case = play.on("2026-11-26").move(case, "town1.secretary", "approve", opinion="同意")
    assert (
        case.state == "approved" and case.number == "青委党日〔2026〕1号" and play.desks(case) == []
    )
    assert play.day_of() == date(2026, 12, 10) and play.activity().moved_by == case.id
    assert play.activity().rule_day == date(2026, 12, 4), "what the rule yields stays on record"
    [paper] = play.papers(case)
    assert (paper.number, paper.kind, paper.unit_id) == (
        "青委党日〔2026〕1号",
        "reply",
        play.world.units["town1"].id,
    )
    assert "由2026年12月4日（星期五）改为2026年12月10日（星期四）" in "".join(
        paper.body["paragraphs"]
    )
    case = play.on("2026-12-04").move(case, None, "take_effect")
    assert case.state == "in_force" and case.closed_at and play.day_of() == date(2026, 12, 10)
    assert [row.move for row in play.journal(case)] == [
        "open",
        "ask",
        "return",
        "ask",
        "approve",
        "take_effect",
    ]
    assert [row.words.get("opinion") for row in play.journal(case)][2] == "请写明安全员值守安排"


# The refusal table -------------------------------------------------------------------------------
# (actor, move, words, today, refusal, rule); rule None: any. Grouped by the state that the rows
# try.

OK_DAY = {"new_day": "2026-12-11", "reason": REASON}
A = {"opinion": "同意"}
W = {"reason": "情况有变化，需要这样办"}

DRAFT_ROWS = [
    *(
        ("village.secretary", "report_late", {**W, **more}, today, RuleViolation, rule)
        for more, today, rule in (
            ({"new_day": "2026-12-04"}, "2026-12-07", "another_if_told"),
            ({"new_day": "2027-01-08"}, "2026-12-07", "another_if_told"),
            ({"recovered_on": "2026-12-07"}, "2026-12-11", "within_three_days"),
            ({"recovered_on": "2026-12-08"}, "2026-12-07", "within_three_days"),
            ({}, "2026-12-03", "day_has_come"),
        )
    ),
    ("town1.officer", "save", {}, "2026-11-24", Forbidden, "authority"),
    ("village.secretary", "save", {"new_day": "下周五"}, "2026-11-24", InvalidInput, None),
    ("village.secretary", "ask_jointly", OK_DAY, "2026-11-24", RuleViolation, "together"),
    ("village.secretary", "ask", {}, "2026-11-24", InvalidInput, None),
    ("village.secretary", "ask", {"new_day": "2026-12-11"}, "2026-11-24", InvalidInput, None),
    ("village.secretary", "ask", {"reason": REASON}, "2026-11-24", InvalidInput, None),
    (
        "village.secretary",
        "ask",
        {"new_day": "2026-12-11", "reason": "  \n"},
        "2026-11-24",
        InvalidInput,
        None,
    ),
    (
        "village.secretary",
        "ask",
        {"new_day": "2026-12-11", "reason": "\u200b\ufeff"},
        "2026-11-24",
        InvalidInput,
        None,
    ),
    (
        "village.secretary",
        "ask",
        {"new_day": "下周五", "reason": REASON},
        "2026-11-24",
        InvalidInput,
        None,
    ),
    (
        "village.secretary",
        "ask",
        {"new_day": "2026-12-32", "reason": REASON},
        "2026-11-24",
        InvalidInput,
        None,
    ),
    ("village.secretary", "ask", {**OK_DAY, "state": "approved"}, "2026-11-24", InvalidInput, None),
    (
        "village.secretary",
        "ask",
        {**OK_DAY, "new_day": "2027-01-08"},
        "2026-11-24",
        RuleViolation,
        "same_month",
    ),
    (
        "village.secretary",
        "ask",
        {**OK_DAY, "new_day": "2026-11-30"},
        "2026-11-24",
        RuleViolation,
        "same_month",
    ),
    (
        "village.secretary",
        "ask",
        {**OK_DAY, "new_day": "2027-12-10"},
        "2026-11-24",
        RuleViolation,
        "same_month",
    ),
    (
        "village.secretary",
        "ask",
        {**OK_DAY, "new_day": "2026-12-04"},
        "2026-11-24",
        RuleViolation,
        "another_day",
    ),
    (
        "village.secretary",
        "ask",
        {**OK_DAY, "new_day": "2026-12-03"},
        "2026-12-03",
        RuleViolation,
        "asked_ahead",
    ),
    (
        "village.secretary",
        "ask",
        {**OK_DAY, "new_day": "2026-12-02"},
        "2026-12-03",
        RuleViolation,
        "asked_ahead",
    ),
    ("village.secretary", "ask", OK_DAY, "2026-12-04", RuleViolation, "still_ahead"),
    ("village.secretary", "ask", OK_DAY, "2026-12-07", RuleViolation, "still_ahead"),
    (
        "village.secretary",
        "ask",
        {**OK_DAY, "new_day": "2026-12-03"},
        "2026-12-02",
        RuleViolation,
        "leaves_room",
    ),
    ("village.secretary", "join", A, "2026-11-24", InvalidTransition, None),
    ("village.secretary", "report_late", W, "2026-12-03", RuleViolation, "day_has_come"),
    ("village.secretary", "report_late", {}, "2026-12-07", InvalidInput, None),
    (
        "village.secretary",
        "report_late",
        {**W, "new_day": "2027-01-04"},
        "2026-12-07",
        RuleViolation,
        None,
    ),
    (
        "village.secretary",
        "report_late",
        {**W, "new_day": "2026-12-04"},
        "2026-12-07",
        RuleViolation,
        None,
    ),
    (
        "village.secretary",
        "report_late",
        {**W, "recovered_on": "2026-12-04"},
        "2026-12-10",
        RuleViolation,
        None,
    ),
    ("village.secretary", "approve", A, "2026-11-24", InvalidTransition, None),
    ("village.secretary", "revoke", W, "2026-11-24", InvalidTransition, None),
    ("village.secretary", "discard", {}, "2026-11-24", Forbidden, None),
    ("village.secretary", "set_state", {"state": "approved"}, "2026-11-24", NotFound, None),
    ("town1.officer", "ask", OK_DAY, "2026-11-24", Forbidden, "authority"),
    ("town1.officer", "withdraw", {}, "2026-11-24", Forbidden, "authority"),
    ("zone.officer", "ask", OK_DAY, "2026-11-24", Forbidden, "authority"),
    ("community.secretary", "ask", OK_DAY, "2026-11-24", NotFound, None),
    ("village2.secretary", "ask", OK_DAY, "2026-11-24", NotFound, None),
    ("town2.officer", "void", W, "2026-11-24", NotFound, None),
    ("village.secretary", "void", W, "2026-11-24", Forbidden, "authority"),
    ("village.secretary", "terminate", W, "2026-11-24", Forbidden, "authority"),
    ("village.secretary", "recuse", {}, "2026-11-24", InvalidInput, None),
]
ASKED_ROWS = [
    ("village.secretary", "approve", A, "2026-11-25", Forbidden, "authority"),
    ("village.organizer", "approve", A, "2026-11-25", Forbidden, "authority"),
    ("second.hat", "approve", A, "2026-11-25", Forbidden, "authority"),
    ("second.hat", "refuse", A, "2026-11-25", Forbidden, "authority"),
    ("second.hat", "return", A, "2026-11-25", Forbidden, "authority"),
    ("second.hat", "excuse_month", {}, "2026-11-25", Forbidden, "authority"),
    ("village.secretary", "ask", OK_DAY, "2026-11-25", InvalidTransition, None),
    ("village.secretary", "all_agreed", {}, "2026-11-25", InvalidTransition, None),
    ("village.secretary", "lapse", {}, "2026-12-04", Forbidden, None),
    ("town1.officer", "lapse", {}, "2026-12-04", Forbidden, None),
    ("town1.officer", "withdraw", {}, "2026-11-25", Forbidden, "authority"),
    ("town1.officer", "approve", {}, "2026-11-25", InvalidInput, None),
    ("town1.officer", "refuse", {"opinion": " "}, "2026-11-25", InvalidInput, None),
    ("town1.officer", "return", {}, "2026-11-25", InvalidInput, None),
    ("town1.officer", "approve", {"opinion": "同意" * 1001}, "2026-11-25", InvalidInput, None),
    ("town1.officer", "approve", A, "2026-12-04", RuleViolation, "still_ahead"),
    ("town1.officer", "approve", A, "2026-12-08", RuleViolation, "still_ahead"),
    # Once the day has come it lapses against the superior; he cannot answer his way out of that.
    ("town1.officer", "refuse", A, "2026-12-04", RuleViolation, "still_ahead"),
    ("town1.officer", "return", A, "2026-12-04", RuleViolation, "still_ahead"),
    ("town1.officer", "excuse_month", A, "2026-12-04", RuleViolation, "still_ahead"),
    # What nobody asked for is granted with the reason why nothing can be held.
    ("town1.officer", "excuse_month", {}, "2026-11-25", InvalidInput, None),
    ("town1.officer", "void", {}, "2026-11-25", InvalidInput, None),
    ("town1.deputy", "approve", A, "2026-11-25", Forbidden, "authority"),
    ("town1.committee1", "approve", A, "2026-11-25", Forbidden, "authority"),
    ("town1.inspector", "approve", A, "2026-11-25", Forbidden, "authority"),
    ("town1.officer", "take_over", W, "2026-11-30", Forbidden, "authority"),
    ("zone.officer", "approve", A, "2026-11-25", Forbidden, "authority"),
    ("zone.officer", "approve", A, "2026-11-30", Forbidden, "authority"),
    ("zone.officer", "take_over", W, "2026-11-25", RuleViolation, "superior_is_late"),
    ("zone.officer", "take_over", W, "2026-11-27", RuleViolation, "superior_is_late"),
    ("zone.officer", "take_over", {}, "2026-11-30", InvalidInput, None),
    ("zone.inspector", "take_over", W, "2026-11-30", Forbidden, "authority"),
    ("zone.sysadmin", "approve", A, "2026-11-25", NotFound, None),
    ("zone.secadmin", "approve", A, "2026-11-25", NotFound, None),
    ("zone.auditor", "void", W, "2026-11-25", NotFound, None),
    ("town2.officer", "approve", A, "2026-11-25", NotFound, None),
    ("community.secretary", "withdraw", {}, "2026-11-25", NotFound, None),
]
APPROVED_ROWS = [
    ("town1.officer", "approve", A, "2026-11-26", InvalidTransition, None),
    ("town1.officer", "refuse", A, "2026-11-26", InvalidTransition, None),
    ("village.secretary", "withdraw", {}, "2026-11-26", InvalidTransition, None),
    ("village.secretary", "revoke", W, "2026-11-26", Forbidden, "authority"),
    ("second.hat", "revoke", W, "2026-11-26", Forbidden, "authority"),
    ("zone.officer", "revoke", W, "2026-11-26", Forbidden, "authority"),
    ("town1.officer", "revoke", {}, "2026-11-26", InvalidInput, None),
    ("town1.officer", "revoke", W, "2026-12-04", RuleViolation, "still_ahead"),
    ("town1.officer", "revoke", W, "2026-12-09", RuleViolation, "still_ahead"),
    ("village.secretary", "amend", OK_DAY, "2026-12-04", RuleViolation, "still_ahead"),
    (
        "village.secretary",
        "amend",
        {**OK_DAY, "new_day": "2027-01-05"},
        "2026-11-26",
        RuleViolation,
        "same_month",
    ),
    ("village.secretary", "amend", OK_DAY, "2026-11-26", RuleViolation, "not_as_approved"),
    (
        "village.secretary",
        "amend",
        {**OK_DAY, "new_day": "2026-12-04"},
        "2026-11-26",
        RuleViolation,
        "not_as_approved",
    ),
    ("town1.officer", "amend", OK_DAY, "2026-11-26", Forbidden, "authority"),
    ("village.secretary", "ask_cancel", {}, "2026-12-04", RuleViolation, "still_ahead"),
    ("town1.officer", "ask_cancel", W, "2026-11-26", Forbidden, "authority"),
    ("village.secretary", "take_effect", {}, "2026-12-04", Forbidden, None),
]
CONSULTING_ROWS = [
    ("village.secretary", "join", A, "2026-11-25", Forbidden, "authority"),
    ("village.secretary", "decline", W, "2026-11-25", Forbidden, "authority"),
    ("town1.officer", "join", A, "2026-11-25", Forbidden, "authority"),
    ("village2.secretary", "join", A, "2026-11-25", NotFound, None),
    ("community.member1", "join", A, "2026-11-25", NotFound, None),
    ("community.secretary", "decline", {}, "2026-11-25", InvalidInput, None),
    ("community.secretary", "withdraw", {}, "2026-11-25", Forbidden, "authority"),
    ("community.secretary", "join", A, "2026-12-04", RuleViolation, "still_ahead"),
    ("town1.officer", "approve", A, "2026-11-25", InvalidTransition, None),
    ("zone.officer", "take_over", W, "2026-11-30", InvalidTransition, None),
    ("community.secretary", "expire_joint", {}, "2026-12-04", Forbidden, None),
]
AMEND_ROWS = [
    ("village.secretary", "approve", A, "2026-11-26", Forbidden, "authority"),
    ("second.hat", "approve", A, "2026-11-26", Forbidden, "authority"),
    ("zone.officer", "refuse", A, "2026-11-26", Forbidden, "authority"),
    ("town1.officer", "drop_amendment", {}, "2026-11-26", Forbidden, "authority"),
    ("town1.officer", "approve", {}, "2026-11-26", InvalidInput, None),
    ("town1.officer", "approve", A, "2026-12-04", RuleViolation, "still_ahead"),
    ("village.secretary", "amend", OK_DAY, "2026-11-26", InvalidTransition, None),
    ("village.secretary", "withdraw", {}, "2026-11-26", InvalidTransition, None),
    ("town1.officer", "lapse_amendment", {}, "2026-12-04", Forbidden, None),
]
CANCEL_ROWS = [
    ("village.secretary", "keep", {}, "2026-11-26", Forbidden, "authority"),
    ("zone.officer", "keep", {}, "2026-11-26", Forbidden, "authority"),
    ("village.secretary", "cancel", A, "2026-11-26", Forbidden, "authority"),
    ("second.hat", "cancel", A, "2026-11-26", Forbidden, "authority"),
    ("zone.officer", "cancel", A, "2026-11-26", Forbidden, "authority"),
    ("town1.officer", "revoke", W, "2026-11-26", InvalidTransition, None),
    ("town1.officer", "cancel", A, "2026-12-04", RuleViolation, "still_ahead"),
    ("town1.officer", "cancel", A, "2026-12-09", RuleViolation, "still_ahead"),
]
REPORTED_ROWS = [
    ("village.secretary", "accept_late", {}, "2026-12-08", Forbidden, "authority"),
    ("village.secretary", "not_accept", {}, "2026-12-08", Forbidden, "authority"),
    ("second.hat", "accept_late", {}, "2026-12-08", Forbidden, "authority"),
    ("zone.officer", "not_accept", {}, "2026-12-08", Forbidden, "authority"),
    ("town2.officer", "accept_late", {}, "2026-12-08", NotFound, None),
    ("village.secretary", "withdraw", {}, "2026-12-08", InvalidTransition, None),
    ("zone.officer", "take_over", W, "2026-12-08", RuleViolation, "superior_is_late"),
]
CLOSED_ROWS = [
    (name, move, words, "2026-12-07", InvalidTransition, None)
    for name in ("village.secretary", "town1.officer", "zone.officer")
    for move, words in (
        ("ask", OK_DAY),
        ("approve", A),
        ("withdraw", {}),
        ("void", W),
        ("revoke", W),
        ("take_over", W),
    )
]

WALKS = {"date_change": "test_walk"}


def reported(play):
    case = play.on("2026-12-07").open("village.secretary")
    return play.move(case, "village.secretary", "report_late")


STARTS = {
    "draft": (lambda play: play.open("village.secretary"), DRAFT_ROWS),
    "asked": (lambda play: play.asked(), ASKED_ROWS),
    "consulting": (lambda play: play.invited("community"), CONSULTING_ROWS),
    "approved": (lambda play: play.approved(), APPROVED_ROWS),
    "amend_asked": (
        lambda play: play.move(play.approved(), "village.secretary", "amend"),
        AMEND_ROWS,
    ),
    "cancel_asked": (
        lambda play: play.move(play.approved(), "village.secretary", "ask_cancel"),
        CANCEL_ROWS,
    ),
    "withdrawn": (
        lambda play: play.move(play.asked(), "village.secretary", "withdraw"),
        CLOSED_ROWS,
    ),
    "refused": (lambda play: play.move(play.asked(), "town1.officer", "refuse"), CLOSED_ROWS),
    "reported_late": (reported, REPORTED_ROWS),
    "revoked": (lambda play: play.move(play.approved(), "town1.officer", "revoke"), CLOSED_ROWS),
}

REFUSALS = {"date_change": [row for _begin, rows in STARTS.values() for row in rows]}


@pytest.mark.parametrize("start", STARTS)
def test_refusals(play, start):
    begin, rows = STARTS[start]
    case, wrong = begin(play), []
    assert case.state == start
    for actor, move, words, today, refusal, rule in rows:
        try:
            play.on(today).no(refusal, rule, play.say, case, actor, move, words)
        except (AssertionError, pytest.fail.Exception) as problem:
            wrong.append(f"{actor} {move} {words} on {today}: {str(problem).splitlines()[0]}")
            case = _anew(play, case, begin, start)
    assert not wrong, "\n".join(wrong)


def _anew(play, case, begin, start):
    """Begin again after a move that should have been refused, so that the other rows are still
    tried.
    """
    play.session.rollback()
    play.session.refresh(case)
    if case.state == start:
        return case
    play.on("2026-11-24")
    if case.open:
        play.move(case, "town1.officer", "void")
    return begin(play)


OPENING_ROWS = [
    # (actor, unit, day, today, refusal, rule)
    ("village.secretary", "village", "2026-12-11", "2026-11-24", RuleViolation, "day_in_force"),
    ("village.secretary", "village", "2026-12-05", "2026-11-24", RuleViolation, "day_in_force"),
    ("village.secretary", "village", "2019-12-06", "2026-11-24", RuleViolation, "day_in_force"),
    ("village.secretary", "village", "2026-07-01", "2026-06-20", RuleViolation, "not_july"),
    ("village.secretary", "village", "2026-07-03", "2026-06-20", RuleViolation, "not_july"),
    ("village.secretary", "village", "", "2026-11-24", InvalidInput, None),
    ("village.secretary", "village", "12月4日", "2026-11-24", InvalidInput, None),
    ("firm.secretary", "firm", "2026-12-04", "2026-11-24", RuleViolation, "fixed_branch"),
    ("soe.secretary", "soe", "2026-12-04", "2026-11-24", RuleViolation, "fixed_branch"),
    ("school.secretary", "school", "2026-12-04", "2026-11-24", RuleViolation, "fixed_branch"),
    ("village.member1", "village", "2026-12-04", "2026-11-24", Forbidden, "authority"),
    ("town1.officer", "village", "2026-12-04", "2026-11-24", Forbidden, "authority"),
    ("zone.officer", "village", "2026-12-04", "2026-11-24", Forbidden, "authority"),
    ("community.secretary", "village", "2026-12-04", "2026-11-24", NotFound, None),
    ("town2.officer", "village", "2026-12-04", "2026-11-24", NotFound, None),
    ("zone.sysadmin", "village", "2026-12-04", "2026-11-24", NotFound, None),
    ("town1.officer", "town1", "2026-12-04", "2026-11-24", None, None),
    ("zone.officer", "zone", "2026-12-04", "2026-11-24", None, None),
]


def test_openings_refused(play):
    wrong = []
    for actor, unit, day, today, refusal, rule in OPENING_ROWS:
        try:
            play.on(today)
            kinds = (Forbidden, RuleViolation) if refusal is None else (refusal,)
            with pytest.raises(kinds) as caught:
                play.open(actor, unit, day)
            play.session.rollback()
            play.no(caught.type, rule, play.open, actor, unit, day)
        except (AssertionError, pytest.fail.Exception) as problem:
            wrong.append(f"{actor} {unit} {day} on {today}: {str(problem).splitlines()[0]}")
            play.session.rollback()
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "new_day, warned",
    [
        ("2026-12-12", True),  # a Saturday
        ("2026-12-13", True),
        ("2026-12-10", False),
    ],
)
def test_no_document_forbids_a_saturday_the_superior_decides_and_is_warned(play, new_day, warned):
    case = play.approved(new_day)
    assert case.state == "approved" and play.day_of() == date.fromisoformat(new_day)
    asked, approved = (play.journal(case)[at].result.get("warned") for at in (1, 2))
    assert bool(asked) == bool(approved) == warned


@pytest.mark.parametrize("new_day, warned", [("2026-10-05", True), ("2026-10-10", False)])
def test_a_holiday_is_warned_of_and_a_make_up_working_day_is_not(play, new_day, warned):
    """National Day 2026 is off on a weekday; 10 October 2026 was made a working Saturday."""
    play.on("2026-09-21")
    case = play.open("village.secretary", day="2026-10-09")
    case = play.move(case, "village.secretary", "ask", new_day=new_day, reason=REASON)
    assert bool(play.journal(case)[-1].result.get("warned")) == warned


def test_the_zones_own_rest_day_counts(play):
    play.session.add(
        CalendarRow(
            zone_id=play.world.zone.id,
            day=date(2026, 12, 10),
            kind="rest",
            name="防疫停工",
            statutory=False,
            source="区通知",
        )
    )
    play.session.commit()
    case = play.asked("2026-12-10")
    assert play.journal(case)[-1].result["warned"]


def test_every_refusal_says_who_and_why(play):
    case = play.asked()
    error = play.refused(Forbidden, "authority", case, "zone.officer", "approve", opinion="同意")
    assert error.status == 403 and "青溪镇党委" in error.sentence
    error = play.on("2026-11-25").refused(
        RuleViolation, "superior_is_late", case, "zone.officer", "take_over"
    )
    assert error.status == 422 and error.extra.get("house_rule") and not error.extra.get("clause")
    play.move(case, "town1.officer", "approve")
    error = play.refused(InvalidTransition, None, case, "town1.secretary", "refuse")
    assert (
        error.status == 409
        and "town1.officer" in error.extra["decided_by"]
        and error.extra["decided_at"]
    )
    case = play.open("community.secretary", "community")
    error = play.refused(
        RuleViolation,
        "same_month",
        case,
        "community.secretary",
        "ask",
        new_day="2027-01-08",
        reason=REASON,
    )
    assert error.extra["clause"].startswith(("G-", "R-"))


def test_the_clock_may_not_run_ahead(play):
    case = play.asked()
    for day in ("2026-11-24", "2026-12-03"):
        with pytest.raises(InvalidTransition):
            play.on(day).move(case, None, "lapse")
        play.session.rollback()
    assert play.on("2026-12-04").move(case, None, "lapse").state == "lapsed"


def test_the_clock_makes_no_persons_move(play):
    case = play.asked()
    with pytest.raises(Forbidden):
        play.move(case, None, "approve")
    assert play.session.get(type(case), case.id, populate_existing=True).state == "asked"
