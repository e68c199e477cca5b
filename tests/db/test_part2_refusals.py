"""The refusal tables of absence, inspection and rectification: from the guidance, the contract and
"bad input".

Every row asserts the refusal and that nothing changed but one row in `refusals`.
"""

from __future__ import annotations

import pytest

from oversight.base.refusals import (
    AlreadyTaken,
    Forbidden,
    InvalidInput,
    InvalidTransition,
    NotFound,
    RuleViolation,
)
from oversight.engine import transitions
from tests.db.test_matrix_part2 import DRIVES, OBJECTS, absence, go
from tests.db.test_matrix_part2 import FOUND as FINDING
from tests.db.test_rectification_walk import FINDINGS, ITEMS
from tests.support.actors import Play, confirming, second_hat

CALL = {"reached": True, "told": True, "way": "phone", "reason": "外出"}
LESSON = {"form": "visit", "held_on": "2026-11-12"}
FOUND = {"heard": "称忘记了时间", "note": "支委会研究认定"}
WHY = {"reason": "需要这样办"}
BOTH = {"verdicts": ["accepted", "explained"], "opinion": "同意"}


@pytest.fixture
def play(session, world):
    second_hat(world)
    confirming(session, world)
    return Play(session, world)


ABSENCE = [  # state, who, move, words, today, refusal, rule
    ("to_contact", "town1.officer", "recuse", WHY, "2026-11-12", Forbidden, "authority"),
    ("to_contact", "village.organizer", "recuse", {}, "2026-11-12", InvalidInput, None),
    (
        "to_contact",
        "village.secretary",
        "record_contact",
        {**CALL, "on": "2026-11-05"},
        "2026-11-10",
        RuleViolation,
        "called_since",
    ),
    (
        "to_contact, moved with its member",
        "town2.officer",
        "void",
        WHY,
        "2026-11-12",
        RuleViolation,
        "nobody_dropped",
    ),
    (
        "to_make_up, told of nothing",
        "village.secretary",
        "record_lesson",
        LESSON,
        "2026-11-13",
        RuleViolation,
        "informed",
    ),
    (
        "finding_objected",
        "village.secretary",
        "overturn_finding",
        {},
        "2026-11-16",
        Forbidden,
        "authority",
    ),
    ("unreached", "village.secretary", "try_again", {}, "2026-11-16", Forbidden, "authority"),
    ("to_contact", "village.secretary", "record_contact", {}, "2026-11-10", InvalidInput, None),
    (
        "to_contact",
        "village.secretary",
        "record_contact",
        {**CALL, "told": None},
        "2026-11-10",
        InvalidInput,
        None,
    ),
    (
        "to_contact",
        "village.secretary",
        "record_contact",
        {**CALL, "way": "托人带话"},
        "2026-11-10",
        InvalidInput,
        None,
    ),
    (
        "to_contact",
        "village.secretary",
        "record_contact",
        {**CALL, "reason": "高血压"},
        "2026-11-10",
        InvalidInput,
        None,
    ),
    (
        "to_contact",
        "village.secretary",
        "record_contact",
        {**CALL, "reached": "也许"},
        "2026-11-10",
        InvalidInput,
        None,
    ),
    (
        "to_contact",
        "village.secretary",
        "record_contact",
        {**CALL, "reached": False},
        "2026-11-10",
        RuleViolation,
        "told_only_who_was_reached",
    ),
    ("to_contact", "village.member1", "record_contact", CALL, "2026-11-10", Forbidden, "authority"),
    ("to_contact", "village.member2", "record_contact", CALL, "2026-11-10", NotFound, None),
    ("to_contact", "town1.officer", "record_contact", CALL, "2026-11-10", Forbidden, "authority"),
    (
        "to_contact",
        "village.secretary",
        "record_lesson",
        LESSON,
        "2026-11-12",
        InvalidTransition,
        None,
    ),
    (
        "to_contact",
        "village.secretary",
        "find_unexcused",
        FOUND,
        "2026-11-12",
        RuleViolation,
        "member_was_heard",
    ),
    (
        "to_contact",
        "village.secretary",
        "search_lost",
        {},
        "2026-11-12",
        RuleViolation,
        "tried_on_three_days",
    ),
    (
        "to_contact",
        "village.secretary",
        "still_lost",
        {},
        "2026-11-12",
        RuleViolation,
        "lost_before",
    ),
    (
        "to_contact",
        "village.secretary",
        "record_contact",
        {**CALL, "told": False, "form": "visit"},
        "2026-11-12",
        RuleViolation,
        "told_with_lesson",
    ),
    (
        "to_contact",
        "village.secretary",
        "record_contact",
        {**CALL, "form": "visit", "on": "2026-11-10", "held_on": "2026-11-11"},
        "2026-11-12",
        RuleViolation,
        "lesson_that_day",
    ),
    ("to_contact", "village.secretary", "excuse", WHY, "2026-11-12", Forbidden, "authority"),
    ("to_contact", "village.secretary", "contact_made", {}, "2026-11-12", Forbidden, None),
    ("to_contact", "village.secretary", "correct", {}, "2026-11-12", Forbidden, None),
    ("to_contact", "village.secretary", "terminate", WHY, "2026-11-12", Forbidden, "authority"),
    ("to_contact", "village.secretary", "void", WHY, "2026-11-12", Forbidden, "authority"),
    ("to_contact", "town1.officer", "void", {}, "2026-11-12", InvalidInput, None),
    ("to_contact", "town1.officer", "terminate", {}, "2026-11-12", InvalidInput, None),
    ("to_make_up", "village.secretary", "record_lesson", {}, "2026-11-12", InvalidInput, None),
    (
        "to_make_up",
        "village.secretary",
        "record_lesson",
        {**LESSON, "form": "转告"},
        "2026-11-12",
        InvalidInput,
        None,
    ),
    (
        "to_make_up",
        "village.secretary",
        "record_lesson",
        {**LESSON, "held_on": "2026-11-05"},
        "2026-11-12",
        RuleViolation,
        "lesson_since_told",
    ),
    (
        "to_make_up",
        "village.secretary",
        "record_lesson",
        {**LESSON, "held_on": "2026-11-13"},
        "2026-11-12",
        RuleViolation,
        "lesson_since_told",
    ),
    (
        "to_make_up",
        "village.member1",
        "record_lesson",
        LESSON,
        "2026-11-12",
        Forbidden,
        "authority",
    ),
    ("to_make_up", "village.secretary", "confirm", {}, "2026-11-12", InvalidTransition, None),
    (
        "to_make_up",
        "village.secretary",
        "educate",
        {"measure": "谈话提醒"},
        "2026-11-12",
        RuleViolation,
        "found_unexcused",
    ),
    ("to_make_up", "village.member1", "object", WHY, "2026-11-12", RuleViolation, "found_here"),
    (
        "to_make_up",
        "village.secretary",
        "set_aside",
        WHY,
        "2026-11-12",
        RuleViolation,
        "found_here",
    ),
    ("to_make_up", "village.secretary", "search_lost", {}, "2026-11-12", InvalidTransition, None),
    (
        "to_make_up, on leave",
        "village.secretary",
        "find_unexcused",
        FOUND,
        "2026-11-12",
        RuleViolation,
        "absent_without_leave",
    ),
    (
        "to_make_up, found unexcused",
        "village.secretary",
        "educate",
        {"measure": "警告"},
        "2026-11-12",
        InvalidInput,
        None,
    ),
    (
        "to_make_up, found unexcused",
        "village.member1",
        "object",
        {},
        "2026-11-12",
        InvalidInput,
        None,
    ),
    (
        "to_make_up, found unexcused",
        "village.member1",
        "educate",
        {"measure": "谈话提醒"},
        "2026-11-12",
        Forbidden,
        "authority",
    ),
    ("to_confirm", "village.member1", "confirm", {}, "2026-11-13", Forbidden, "authority"),
    ("to_confirm", "village.secretary", "redo", {}, "2026-11-13", InvalidInput, None),
    (
        "to_confirm",
        "village.secretary",
        "archive",
        {"archive_no": "1"},
        "2026-11-13",
        InvalidTransition,
        None,
    ),
    ("to_archive", "village.secretary", "archive", {}, "2026-11-13", InvalidInput, None),
    ("to_archive", "village.secretary", "file", {}, "2026-11-13", Forbidden, None),
    (
        "finding_objected",
        "village.secretary",
        "uphold_finding",
        {},
        "2026-11-16",
        Forbidden,
        "authority",
    ),
    ("finding_objected", "second.hat", "uphold_finding", {}, "2026-11-16", Forbidden, "authority"),
    (
        "finding_objected",
        "zone.officer",
        "take_over",
        WHY,
        "2026-11-16",
        RuleViolation,
        "superior_is_late",
    ),
    ("unreached", "village.secretary", "begin_search", {}, "2026-11-16", Forbidden, "authority"),
    (
        "made_up",
        "village.secretary",
        "record_lesson",
        LESSON,
        "2026-11-26",
        InvalidTransition,
        None,
    ),
    (
        "corrected",
        "village.secretary",
        "record_contact",
        CALL,
        "2026-11-26",
        InvalidTransition,
        None,
    ),
]
RECTIFICATION = [
    ("draft", "town1.inspector", "recuse", WHY, "2026-11-23", Forbidden, "authority"),
    ("fixing", "town1.officer", "void", {}, "2026-12-02", InvalidInput, None),
    ("fixing", "village.secretary", "terminate", WHY, "2026-12-02", Forbidden, "authority"),
    ("recheck", "zone.officer", "take_over", WHY, "2026-12-09", RuleViolation, "superior_is_late"),
    ("recheck", "town1.officer", "take_over", WHY, "2026-12-14", Forbidden, "authority"),
    ("extension_asked", "village.secretary", "deny", {}, "2026-12-03", Forbidden, "authority"),
    ("recalled", "village.secretary", "close_recalled", {}, "2026-11-25", Forbidden, "authority"),
    (
        "fixing, the zone's own order, objection answered",
        "village.secretary",
        "ask_higher_review",
        WHY,
        "2026-12-01",
        RuleViolation,
        "has_above",
    ),
    ("draft", "town1.inspector", "sign_off", {}, "2026-11-23", Forbidden, "authority"),
    ("draft", "town1.deputy", "sign_off", {}, "2026-11-23", Forbidden, "authority"),
    ("draft", "second.hat", "sign_off", {}, "2026-11-23", Forbidden, "authority"),
    ("draft", "town2.secretary", "sign_off", {}, "2026-11-23", NotFound, None),
    ("draft", "town1.officer", "drop", {}, "2026-11-23", InvalidInput, None),
    (
        "draft",
        "town1.officer",
        "issue",
        {"due_on": "2026-12-11"},
        "2026-11-23",
        InvalidTransition,
        None,
    ),
    ("signed_off", "town1.officer", "issue", {}, "2026-11-23", InvalidInput, None),
    (
        "signed_off",
        "town1.officer",
        "issue",
        {"due_on": "2026-11-23"},
        "2026-11-23",
        RuleViolation,
        "workday_ahead",
    ),
    (
        "signed_off",
        "town1.officer",
        "issue",
        {"due_on": "2026-12-12"},
        "2026-11-23",
        RuleViolation,
        "workday_ahead",
    ),
    *(
        ("signed_off", "town1.officer", "issue", {"due_on": day}, "2026-11-23", RuleViolation, rule)
        for day, rule in (("2026-11-24", "after_receipt"), ("2027-12-10", "sensible_term"))
    ),
    (
        "signed_off",
        "town1.officer",
        "issue",
        {"due_on": "半个月"},
        "2026-11-23",
        InvalidInput,
        None,
    ),
    (
        "signed_off",
        "village.secretary",
        "issue",
        {"due_on": "2026-12-11"},
        "2026-11-23",
        Forbidden,
        "authority",
    ),
    ("issued", "town1.officer", "acknowledge", {}, "2026-11-24", Forbidden, "authority"),
    ("issued", "village.member1", "acknowledge", {}, "2026-11-24", NotFound, None),
    (
        "issued",
        "village.secretary",
        "report",
        {"items": ITEMS},
        "2026-12-02",
        InvalidTransition,
        None,
    ),
    ("issued", "village.secretary", "object", {}, "2026-11-24", InvalidInput, None),
    ("fixing", "village.secretary", "report", {}, "2026-12-02", InvalidInput, None),
    (
        "fixing",
        "village.secretary",
        "report",
        {"items": ITEMS[:1]},
        "2026-12-02",
        RuleViolation,
        "one_item_each",
    ),
    (
        "fixing",
        "village.secretary",
        "report",
        {"items": [*ITEMS, ITEMS[0]]},
        "2026-12-02",
        RuleViolation,
        "one_item_each",
    ),
    (
        "fixing",
        "village.secretary",
        "report",
        {"items": ITEMS},
        "2026-12-01",
        RuleViolation,
        "really_done",
    ),
    (
        "fixing",
        "village.secretary",
        "report",
        {"items": [ITEMS[0], {"measure": "已改", "done_on": "2026-11-19"}]},
        "2026-12-02",
        RuleViolation,
        "done_since",
    ),
    (
        "fixing",
        "village.secretary",
        "report",
        {"items": [ITEMS[0], {"measure": "已改"}]},
        "2026-12-02",
        InvalidInput,
        None,
    ),
    (
        "fixing",
        "village.secretary",
        "report",
        {"items": [ITEMS[0], "已改"]},
        "2026-12-02",
        InvalidInput,
        None,
    ),
    (
        "fixing",
        "village.secretary",
        "report",
        {"items": "都改了"},
        "2026-12-02",
        InvalidInput,
        None,
    ),
    ("fixing", "town1.officer", "report", {"items": ITEMS}, "2026-12-02", Forbidden, "authority"),
    ("fixing", "town1.officer", "accept", BOTH, "2026-12-02", InvalidTransition, None),
    (
        "fixing",
        "village.secretary",
        "ask_extension",
        {"until": "2027-01-29", **WHY},
        "2026-12-02",
        RuleViolation,
        "within_ten_days",
    ),
    (
        "fixing",
        "village.secretary",
        "ask_extension",
        {"until": "2026-12-25"},
        "2026-12-02",
        InvalidInput,
        None,
    ),
    (
        "fixing",
        "village.secretary",
        "ask_extension",
        {**WHY, "until": "2026-12-11"},
        "2026-12-02",
        RuleViolation,
        "later_workday",
    ),
    (
        "fixing",
        "village.secretary",
        "ask_extension",
        {**WHY, "until": "2026-12-19"},
        "2026-12-02",
        RuleViolation,
        "later_workday",
    ),
    (
        "fixing",
        "village.secretary",
        "ask_higher_review",
        {},
        "2026-12-02",
        RuleViolation,
        "answered_once",
    ),
    ("fixing", "town1.officer", "refer", WHY, "2026-12-11", RuleViolation, "overdue"),
    ("fixing", "village.secretary", "recall", WHY, "2026-12-02", Forbidden, "authority"),
    ("fixing", "town1.officer", "recall", {}, "2026-12-02", InvalidInput, None),
    ("fixing", "town1.officer", "hold_accountable", WHY, "2026-12-14", NotFound, None),
    ("fixing, overdue", "town1.officer", "refer", {}, "2026-12-14", InvalidInput, None),
    ("fixing, overdue", "village.secretary", "refer", WHY, "2026-12-14", Forbidden, "authority"),
    (
        "fixing, objection answered",
        "village.secretary",
        "object",
        WHY,
        "2026-12-02",
        RuleViolation,
        "not_answered_before",
    ),
    (
        "fixing, reviewed",
        "village.secretary",
        "ask_higher_review",
        WHY,
        "2026-12-02",
        RuleViolation,
        "answered_once",
    ),
    ("recheck", "town1.inspector", "accept", BOTH, "2026-12-03", Forbidden, "authority"),
    ("recheck", "village.secretary", "accept", BOTH, "2026-12-03", Forbidden, "authority"),
    ("recheck", "second.hat", "accept", BOTH, "2026-12-03", Forbidden, "authority"),
    ("recheck", "zone.officer", "accept", BOTH, "2026-12-03", Forbidden, "authority"),
    ("recheck", "town1.officer", "accept", {}, "2026-12-03", InvalidInput, None),
    (
        "recheck",
        "town1.officer",
        "accept",
        {**BOTH, "opinion": ""},
        "2026-12-03",
        InvalidInput,
        None,
    ),
    (
        "recheck",
        "town1.officer",
        "accept",
        {**BOTH, "verdicts": ["accepted"]},
        "2026-12-03",
        RuleViolation,
        "one_verdict_each",
    ),
    (
        "recheck",
        "town1.officer",
        "accept",
        {**BOTH, "verdicts": ["accepted"] * 3},
        "2026-12-03",
        RuleViolation,
        "one_verdict_each",
    ),
    (
        "recheck",
        "town1.officer",
        "accept",
        {**BOTH, "verdicts": ["accepted", ""]},
        "2026-12-03",
        InvalidInput,
        None,
    ),
    (
        "recheck",
        "town1.officer",
        "accept",
        {**BOTH, "verdicts": ["accepted", None]},
        "2026-12-03",
        InvalidInput,
        None,
    ),
    (
        "recheck",
        "town1.officer",
        "accept",
        {**BOTH, "verdicts": ["accepted", {}]},
        "2026-12-03",
        InvalidInput,
        None,
    ),
    (
        "recheck",
        "town1.officer",
        "accept",
        {**BOTH, "verdicts": ["accepted", "not"]},
        "2026-12-03",
        RuleViolation,
        "none_fails",
    ),
    ("recheck", "town1.officer", "send_back", BOTH, "2026-12-03", RuleViolation, "some_fail"),
    (
        "recheck",
        "village.secretary",
        "report",
        {"items": ITEMS},
        "2026-12-03",
        InvalidTransition,
        None,
    ),
    ("extension_asked", "village.secretary", "grant", {}, "2026-12-03", Forbidden, "authority"),
    ("extension_asked", "town1.inspector", "grant", {}, "2026-12-03", Forbidden, "authority"),
    ("objected", "town1.inspector", "answer_objection", {}, "2026-11-27", Forbidden, "authority"),
    ("review", "town1.officer", "answer_review", {}, "2026-12-02", Forbidden, "authority"),
    ("review", "town1.officer", "review_unanswered", {}, "2026-12-30", Forbidden, None),
    ("recalled", "village.secretary", "reissue", {}, "2026-11-25", Forbidden, "authority"),
    ("recalled", "town1.officer", "reissue", {"unit": "不知道"}, "2026-11-25", NotFound, None),
    (
        "recalled",
        "town1.officer",
        "reissue",
        {"unit": "00000000-0000-7000-8000-000000000000"},
        "2026-11-25",
        NotFound,
        None,
    ),
    (
        "closed",
        "village.secretary",
        "report",
        {"items": ITEMS},
        "2026-12-14",
        InvalidTransition,
        None,
    ),
    ("closed", "town1.officer", "recall", WHY, "2026-12-14", InvalidTransition, None),
]
X = {"clause": "R-2.1.1a", "fact": "未开展活动", "demand": "按期开展"}
INSPECTION = [
    ("under_way", "town1.inspector", "cancel", {}, "2026-11-24", Forbidden, "authority"),
    ("under_way", "village.secretary", "cancel", {}, "2026-11-24", Forbidden, "authority"),
    ("under_way", "town1.officer", "recuse", WHY, "2026-11-24", Forbidden, "authority"),
    ("under_way", "town1.inspector", "recuse", {}, "2026-11-24", InvalidInput, None),
    (
        "under_way",
        "zone.officer",
        "take_over",
        WHY,
        "2026-11-24",
        RuleViolation,
        "superior_is_late",
    ),
    ("under_way", "village.secretary", "take_over", WHY, "2026-12-14", Forbidden, "authority"),
    ("under_way", "village.secretary", "void", WHY, "2026-11-24", Forbidden, "authority"),
    ("under_way", "town1.officer", "void", {}, "2026-11-24", InvalidInput, None),
    ("under_way", "village.secretary", "terminate", WHY, "2026-11-24", Forbidden, "authority"),
    ("under_way", "town1.officer", "terminate", {}, "2026-11-24", InvalidInput, None),
    ("under_way", "town1.inspector", "order", {}, "2026-11-24", InvalidInput, None),
    ("under_way", "town1.inspector", "order", {"findings": []}, "2026-11-24", InvalidInput, None),
    (
        "under_way",
        "town1.inspector",
        "order",
        {"findings": [{**X, "clause": "P-4.2"}]},
        "2026-11-24",
        RuleViolation,
        "clauses_bind",
    ),
    (
        "under_way",
        "town1.inspector",
        "order",
        {"findings": [{**X, "clause": "X-1"}]},
        "2026-11-24",
        RuleViolation,
        "clauses_bind",
    ),
    (
        "under_way",
        "town1.inspector",
        "order",
        {"findings": [{**X, "demand": ""}]},
        "2026-11-24",
        InvalidInput,
        None,
    ),
    (
        "under_way",
        "town1.inspector",
        "order",
        {"findings": [{**X, "score": "3"}]},
        "2026-11-24",
        InvalidInput,
        None,
    ),
    ("under_way", "town1.inspector", "conclude", {}, "2026-11-23", RuleViolation, "day_has_come"),
    ("under_way", "town1.officer", "conclude", {}, "2026-11-24", Forbidden, "authority"),
    ("under_way", "town2.inspector", "conclude", {}, "2026-11-24", NotFound, None),
    ("under_way", "village.secretary", "conclude", {}, "2026-11-24", Forbidden, "authority"),
    (
        "clean",
        "town1.inspector",
        "order",
        {"findings": FINDINGS},
        "2026-12-07",
        InvalidTransition,
        None,
    ),
]
REFUSALS = {"absence": ABSENCE, "rectification": RECTIFICATION, "inspection": INSPECTION}
TABLE = [(name, *row) for name, rows in REFUSALS.items() for row in rows]


def moved_with_its_member(play):
    """Pass a follow-up to the branch of another town, as a transfer does."""
    case, unit = DRIVES["absence"]["to_contact"](play), play.world.units["village2"]
    transitions.reassign_unit(
        play.session, case.id, unit, play.who("town1.officer"), play.at, "转出"
    )
    play.session.commit()
    return case


def of_the_zone(play):
    """Bring an order of the zone's own inspector to the answer on an objection."""
    facts = {"method": "random", "inspected_on": "2026-11-20", "findings": FINDINGS}
    case = play.on("2026-11-20").open("zone.inspector", workflow="rectification", **facts)
    return go(
        play,
        case,
        ("2026-11-23", "zone.secretary", "sign_off"),
        ("2026-11-23", "zone.officer", "issue"),
        ("2026-11-25", "village.secretary", "object"),
        ("2026-11-26", "zone.officer", "answer_objection"),
    )


REACHED = ("2026-11-12", "village.organizer", "record_contact", {**CALL, "told": False})
FURTHER = {
    "to_contact, moved with its member": moved_with_its_member,
    "to_make_up, told of nothing": absence(
        REACHED, FINDING, OBJECTS, ("2026-11-13", "town1.officer", "uphold_finding")
    ),
    "fixing, the zone's own order, objection answered": of_the_zone,
}


@pytest.mark.parametrize("workflow, state, who, move, words, today, kind, rule", TABLE)
def test_refused(play, workflow, state, who, move, words, today, kind, rule):
    case = (FURTHER.get(state) or DRIVES[workflow][state])(play)
    play.on(today).no(kind, rule, play.say, case, who, move, words)


ORDER = {"method": "random", "inspected_on": "2026-11-20", "findings": FINDINGS}
OPENINGS = [
    ("town1.inspector", {**ORDER, "findings": []}, InvalidInput, None),
    (
        "town1.inspector",
        {**ORDER, "findings": [{**X, "clause": "X-1"}]},
        RuleViolation,
        "clauses_bind",
    ),
    ("town1.inspector", {**ORDER, "findings": [{**X, "fact": " "}]}, InvalidInput, None),
    (
        "town1.inspector",
        {**ORDER, "inspected_on": "2026-11-25"},
        RuleViolation,
        "already_inspected",
    ),
    ("town1.inspector", {**ORDER, "inspected_on": "2026-05-08"}, RuleViolation, "of_late"),
    ("town1.inspector", {**ORDER, "method": "online"}, RuleViolation, "micro_of_firms"),
    *(
        (
            "town1.inspector",
            {**ORDER, "findings": [{**X, "clause": number}]},
            RuleViolation,
            "clauses_bind",
        )
        for number in (
            "S-2.1.1b",
            "R-2.5.2",
            "G-4.4b",
            "G-2.1.2b",
        )  # a firm's, may, the zone's, who chooses
    ),
    ("town1.inspector", {**ORDER, "method": "暗访"}, InvalidInput, None),
    ("town1.inspector", {**ORDER, "issuer": "x"}, InvalidInput, None),
    ("town1.officer", ORDER, Forbidden, "authority"),  # there is an inspector: it is his
    ("village.secretary", ORDER, Forbidden, "authority"),
    ("village.member1", ORDER, Forbidden, "authority"),
    ("town2.inspector", ORDER, NotFound, None),
    ("zone.sysadmin", ORDER, NotFound, None),
]


@pytest.mark.parametrize("who, facts, kind, rule", OPENINGS)
def test_an_order_that_cannot_be_opened(play, who, facts, kind, rule):
    play.on("2026-11-24").no(kind, rule, play.open, who, workflow="rectification", **facts)


OF_A_FIRM = [  # moving the day binds no firm; may; the zone's own duty each month
    *("G-2.1.1b", "R-2.1.1b", "O-2.1.1b", "S-4.4b", "G-4.4b")
]


@pytest.mark.parametrize("number", OF_A_FIRM)
def test_a_firm_gets_no_order_for_what_does_not_bind_it(play, number):
    facts = {**ORDER, "findings": [{**X, "clause": number}]}
    opening = ("town1.inspector", "soe")
    play.on("2026-11-24").no(
        RuleViolation, "clauses_bind", play.open, *opening, workflow="rectification", **facts
    )
    facts["findings"][0]["clause"] = "S-2.1.1b"
    assert play.open(*opening, workflow="rectification", **facts).state == "draft"


VISIT = {"method": "on_site", "inspected_on": "2026-11-24"}
VISITS = [
    ("town1.inspector", {**VISIT, "method": "暗访"}, InvalidInput, None),
    ("town1.inspector", {**VISIT, "method": "online"}, RuleViolation, "micro_of_firms"),
    ("town1.inspector", {**VISIT, "inspected_on": "明天"}, InvalidInput, None),
    ("town1.officer", VISIT, Forbidden, "authority"),  # there is an inspector: it is his
    ("village.secretary", VISIT, Forbidden, "authority"),
    ("town2.inspector", VISIT, NotFound, None),
    ("zone.auditor", VISIT, NotFound, None),
]


@pytest.mark.parametrize("who, facts, kind, rule", VISITS)
def test_a_visit_that_cannot_be_opened(play, who, facts, kind, rule):
    play.on("2026-11-24").no(kind, rule, play.open, who, workflow="inspection", **facts)


def test_an_order_is_extended_once(play):
    """House rule: once, by ten working days at most."""
    case = DRIVES["rectification"]["extension_asked"](play)
    case = play.on("2026-12-03").say(case, "town1.officer", "grant", {})
    play.no(
        RuleViolation,
        "not_extended_before",
        play.say,
        case,
        "village.secretary",
        "ask_extension",
        {"until": "2026-12-30", **WHY},
    )


def test_a_visit_of_long_ago_is_no_ground(play):
    case = play.on("2026-05-08").open(
        "town1.inspector", workflow="inspection", **{**VISIT, "inspected_on": "2026-05-08"}
    )
    play.on("2026-11-24").no(
        RuleViolation, "of_late", play.say, case, "town1.inspector", "conclude", {}
    )


def test_one_open_visit_of_a_branch_by_a_level(play):
    play.on("2026-11-24").open("town1.inspector", workflow="inspection", **VISIT)
    again = {"workflow": "inspection", **VISIT}
    play.no(AlreadyTaken, None, play.open, "town1.inspector", **again)
    assert play.open("zone.inspector", **again).state == "under_way"


@pytest.mark.parametrize(
    "who, rule", [("village.member2", "missing_in_record"), ("village.member1", "only_once")]
)
def test_a_follow_up_that_cannot_be_opened(play, who, rule):
    """Member 1 was absent and is followed up already; member 2 took part. By hand none is opened."""
    case = DRIVES["absence"]["to_contact"](play)
    facts = {"activity": case.facts["activity"], "member": play.world.people[who].id}
    play.no(Forbidden, "authority", play.open, "village.secretary", workflow="absence", **facts)
    who = play.who("village.secretary")
    with pytest.raises(RuleViolation) as caught:
        transitions.open_case(play.session, "absence", case.unit_id, facts, who, play.at)
    assert caught.value.extra["rule"] == rule
