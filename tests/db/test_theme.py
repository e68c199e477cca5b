"""The theme of a month: the walk and the refusal table.

From the guidance 二（三）1 (月月有安排、次次有主题) and the house rules that it is there by the 25th of the month
before and that the drafter never signs.
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
from oversight.models import Paper
from oversight.rules import theme
from tests.support.actors import Play

WHY = {"reason": "主题需要调整"}
WORDS = {"month": "2026-12", "theme": "学用新思想", "actions": "重温入党誓词\n学习党章第三章"}


@pytest.fixture
def play(session, world):
    return Play(session, world, "2026-11-20")


def draft(play, who="zone.officer", unit="zone", **changed):
    return play.open(who, unit, workflow="theme", **WORDS | changed)


def proposed(play):
    return play.move(draft(play), "zone.officer", "propose")


def in_force(play):
    return play.move(proposed(play), "zone.committee1", "sign")


def test_walk(play, session, world):
    case = draft(play)
    assert (case.state, play.desks(case)) == ("draft", ["zone"])
    case = play.move(case, "zone.officer", "propose")
    case = play.move(case, "zone.secretary", "return", reason="请写明规定动作")
    case = play.move(case, "zone.officer", "propose")
    assert theme.of_month(session, world.zone.id, 2026, 12) is None, "a draft binds nobody"
    case = play.move(case, "zone.committee1", "sign")
    assert (case.state, case.number) == ("in_force", "云党工〔2026〕1号")
    found = theme.of_month(session, world.zone.id, 2026, 12)
    assert (found.title, found.actions) == ("学用新思想", ("重温入党誓词", "学习党章第三章"))
    assert case.wake_on == date(2027, 1, 1)
    case = play.on("2027-01-01").move(case, None, "end")
    assert case.state == "over" and not case.open
    assert theme.of_month(session, world.zone.id, 2026, 12) is not None


def test_the_notice_reads_as_an_office_writes_it(play, session):
    in_force(play)
    paper = session.query(Paper).one()
    assert paper.body["title"] == "关于2026年12月支部主题党日活动安排的通知"
    assert paper.body["paragraphs"][1:5] == [
        "一、活动主题：学用新思想。",
        "二、规定动作：",
        "1.重温入党誓词。",
        "2.学习党章第三章。",
    ]
    assert paper.body["paragraphs"][-1] == "特此通知。"


def test_a_theme_that_was_revoked_is_none(play, session, world):
    play.on("2026-11-24").move(in_force(play), "zone.secretary", "revoke", **WHY)
    assert theme.of_month(session, world.zone.id, 2026, 12) is None
    draft(play)


@pytest.mark.parametrize(
    "month, due", [((2026, 12), date(2026, 11, 25)), ((2026, 1), date(2025, 12, 25))]
)
def test_it_is_due_by_the_25th_of_the_month_before(month, due):
    assert theme.due_on(*month) == due


OPENINGS = [
    ("zone.secretary", "zone", {}, Forbidden, "authority"),
    ("zone.sysadmin", "zone", {}, NotFound, None),
    ("town1.officer", "zone", {}, NotFound, None),
    ("town1.officer", "town1", {}, RuleViolation, "by_the_zone"),
    ("village.secretary", "village", {}, RuleViolation, "by_the_zone"),
    ("zone.officer", "zone", {"month": "十二月"}, RuleViolation, "a_month"),
    ("zone.officer", "zone", {"month": "2026-13"}, RuleViolation, "a_month"),
    ("zone.officer", "zone", {"month": "2026-10"}, RuleViolation, "to_come"),
    ("zone.officer", "zone", {"theme": ""}, InvalidInput, None),
    ("zone.officer", "zone", {"actions": None}, InvalidInput, None),
    ("zone.officer", "zone", {"quota": 3}, InvalidInput, None),
]


@pytest.mark.parametrize("who, unit, changed, kind, rule", OPENINGS)
def test_what_cannot_be_settled(play, who, unit, changed, kind, rule):
    play.no(kind, rule, draft, play, who, unit, **changed)


ROWS = [  # from, who, move, words, today, refusal, rule
    (draft, "zone.secretary", "propose", {}, "2026-11-20", Forbidden, "authority"),
    (draft, "zone.secretary", "withdraw", {}, "2026-11-20", Forbidden, "authority"),
    (draft, "zone.secretary", "sign", {}, "2026-11-20", InvalidTransition, None),
    (draft, "zone.officer", "propose", {}, "2027-01-01", RuleViolation, "not_past"),
    (draft, "zone.officer", "lapse", {}, "2027-01-01", Forbidden, None),
    (draft, "town1.officer", "propose", {}, "2026-11-20", NotFound, None),
    (draft, "zone.officer", "void", WHY, "2026-11-20", Forbidden, "authority"),
    (draft, "zone.secretary", "void", {}, "2026-11-20", InvalidInput, None),
    (draft, "zone.officer", "terminate", WHY, "2026-11-20", Forbidden, "authority"),
    (draft, "zone.secretary", "recuse", WHY, "2026-11-20", Forbidden, "authority"),
    (proposed, "zone.officer", "sign", {}, "2026-11-21", Forbidden, "authority"),
    (proposed, "zone.officer", "return", WHY, "2026-11-21", Forbidden, "authority"),
    (proposed, "zone.inspector", "sign", {}, "2026-11-21", Forbidden, "authority"),
    (proposed, "zone.secretary", "return", {}, "2026-11-21", InvalidInput, None),
    (proposed, "zone.secretary", "recuse", {}, "2026-11-21", InvalidInput, None),
    (proposed, "zone.secretary", "sign", {}, "2027-01-01", RuleViolation, "not_past"),
    (proposed, "town1.secretary", "sign", {}, "2026-11-21", NotFound, None),
    (in_force, "zone.officer", "revoke", WHY, "2026-12-01", Forbidden, "authority"),
    (in_force, "village.secretary", "revoke", WHY, "2026-12-01", Forbidden, "authority"),
    (in_force, "zone.secretary", "revoke", {}, "2026-12-01", InvalidInput, None),
    (in_force, "zone.officer", "withdraw", {}, "2026-12-01", InvalidTransition, None),
    (in_force, "zone.secretary", "end", {}, "2027-01-01", Forbidden, None),
]
WALKS, REFUSALS = {"theme": "test_walk"}, {"theme": [row[1:] for row in ROWS]}


@pytest.mark.parametrize("begin, who, move, words, today, kind, rule", ROWS)
def test_refused(play, begin, who, move, words, today, kind, rule):
    case = begin(play)
    play.on(today).no(kind, rule, play.say, case, who, move, words)


def test_one_theme_a_month_is_under_way(play):
    draft(play)
    play.no(AlreadyTaken, None, draft, play)
    draft(play, month="2027-01")
