"""The zone's yearly deployment: the walk and the refusal table.

From the guidance 三（一）6 (每年第四季度，按区党工委统一部署) and the house rule that the drafter never signs.
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
from tests.support.actors import Play

WHY = {"reason": "部署时间需要调整"}
DAYS = {"year": 2026, "from_on": "2026-10-20", "until": "2026-12-31"}


@pytest.fixture
def play(session, world):
    return Play(session, world, "2026-10-08")


def draft(play, who="zone.officer", unit="zone", **changed):
    return play.open(who, unit, workflow="campaign", **DAYS | changed)


def proposed(play):
    return play.move(draft(play), "zone.officer", "propose")


def in_force(play):
    return play.move(proposed(play), "zone.committee1", "sign")


def test_walk(play):
    case = draft(play)
    assert (case.state, play.desks(case)) == ("draft", ["zone"])
    case = play.move(case, "zone.officer", "propose")
    case = play.move(case, "zone.secretary", "return", reason="请写明具体要求")
    case = play.move(case, "zone.officer", "propose")
    assert (case.state, case.due_on.isoformat()) == ("proposed", "2026-10-12")
    case = play.move(case, "zone.committee1", "sign")
    assert (case.state, case.number) == ("in_force", "云党工〔2026〕1号")
    assert case.wake_on.isoformat() == "2027-01-01", "it stands on its last day too"
    case = play.on("2027-01-01").move(case, None, "end")
    assert case.state == "over" and not case.open


OPENINGS = [
    ("zone.secretary", "zone", {}, Forbidden, "authority"),
    ("zone.inspector", "zone", {}, Forbidden, "authority"),
    ("zone.sysadmin", "zone", {}, NotFound, None),
    ("town1.officer", "zone", {}, NotFound, None),
    ("town1.officer", "town1", {}, RuleViolation, "by_the_zone"),
    ("village.secretary", "village", {}, RuleViolation, "by_the_zone"),
    ("zone.officer", "zone", {"from_on": "2026-09-30"}, RuleViolation, "about_the_fourth_quarter"),
    ("zone.officer", "zone", {"from_on": "2027-01-04"}, RuleViolation, "about_the_fourth_quarter"),
    ("zone.officer", "zone", {"year": 2025}, RuleViolation, "about_the_fourth_quarter"),
    ("zone.officer", "zone", {"until": "2026-10-20"}, RuleViolation, "about_the_fourth_quarter"),
    ("zone.officer", "zone", {"until": "2027-04-01"}, RuleViolation, "about_the_fourth_quarter"),
    ("zone.officer", "zone", {"until": "年底"}, InvalidInput, None),
    ("zone.officer", "zone", {"year": None}, InvalidInput, None),
    ("zone.officer", "zone", {"quota": 3}, InvalidInput, None),
]


@pytest.mark.parametrize("who, unit, changed, kind, rule", OPENINGS)
def test_what_cannot_be_deployed(play, who, unit, changed, kind, rule):
    play.no(kind, rule, draft, play, who, unit, **changed)


@pytest.mark.parametrize(
    "changed", [{"from_on": "2026-10-01"}, {"from_on": "2026-12-31", "until": "2027-03-31"}]
)
def test_the_first_and_the_last_day_that_can_be_deployed(play, changed):
    assert draft(play, **changed).state == "draft"


ROWS = [  # from, who, move, words, today, refusal, rule
    (draft, "zone.secretary", "propose", {}, "2026-10-08", Forbidden, "authority"),
    (draft, "zone.secretary", "withdraw", {}, "2026-10-08", Forbidden, "authority"),
    (draft, "zone.secretary", "sign", {}, "2026-10-08", InvalidTransition, None),
    (draft, "zone.officer", "propose", {}, "2027-01-01", RuleViolation, "not_over"),
    (draft, "zone.officer", "lapse", {}, "2027-01-01", Forbidden, None),
    (draft, "town1.officer", "propose", {}, "2026-10-08", NotFound, None),
    (draft, "zone.officer", "void", WHY, "2026-10-08", Forbidden, "authority"),
    (draft, "zone.secretary", "void", {}, "2026-10-08", InvalidInput, None),
    (draft, "zone.officer", "terminate", WHY, "2026-10-08", Forbidden, "authority"),
    (draft, "zone.secretary", "recuse", WHY, "2026-10-08", Forbidden, "authority"),
    (proposed, "zone.officer", "sign", {}, "2026-10-09", Forbidden, "authority"),
    (proposed, "zone.officer", "return", WHY, "2026-10-09", Forbidden, "authority"),
    (proposed, "zone.inspector", "sign", {}, "2026-10-09", Forbidden, "authority"),
    (proposed, "zone.secretary", "return", {}, "2026-10-09", InvalidInput, None),
    (proposed, "zone.secretary", "recuse", {}, "2026-10-09", InvalidInput, None),
    (proposed, "zone.secretary", "sign", {}, "2027-01-01", RuleViolation, "not_over"),
    (proposed, "town1.secretary", "sign", {}, "2026-10-09", NotFound, None),
    (in_force, "zone.officer", "revoke", WHY, "2026-10-21", Forbidden, "authority"),
    (in_force, "village.secretary", "revoke", WHY, "2026-10-21", Forbidden, "authority"),
    (in_force, "zone.secretary", "revoke", {}, "2026-10-21", InvalidInput, None),
    (in_force, "zone.officer", "withdraw", {}, "2026-10-21", InvalidTransition, None),
    (in_force, "zone.secretary", "end", {}, "2027-01-01", Forbidden, None),
]
WALKS, REFUSALS = {"campaign": "test_walk"}, {"campaign": [row[1:] for row in ROWS]}


@pytest.mark.parametrize("begin, who, move, words, today, kind, rule", ROWS)
def test_refused(play, begin, who, move, words, today, kind, rule):
    case = begin(play)
    play.on(today).no(kind, rule, play.say, case, who, move, words)


def test_one_deployment_a_year_is_under_way(play):
    draft(play)
    play.no(AlreadyTaken, None, draft, play)
    assert draft(play.on("2027-09-01"), year=2027, from_on="2027-10-20", until="2027-12-31").open
