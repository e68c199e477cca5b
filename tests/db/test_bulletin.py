"""The zone's monthly bulletin: the walk, the figures and the refusal table.

From the guidance 四、4 (每月开展督办检查，并对检查情况进行通报) and the house rules that it is there by the 10th of
the month after, never ranks, and that the drafter never signs.
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
from oversight.calendar.party_days import plan_year
from oversight.engine import authority
from oversight.ledger import obligations
from oversight.models import Paper, Unit
from oversight.rules import bulletin
from tests.db.test_attendance import record, sheet
from tests.support.actors import Play
from tests.support.world import at

WHY = {"reason": "数字需要更正"}
WORDS = {"month": "2026-11", "comment": "多数支部按期开展"}


@pytest.fixture
def play(session, world):
    return Play(session, world, "2026-12-04")


def draft(play, who="zone.officer", unit="zone", **changed):
    return play.open(who, unit, workflow="bulletin", **WORDS | changed)


def proposed(play):
    return play.move(draft(play), "zone.officer", "propose")


def in_force(play):
    return play.move(proposed(play), "zone.committee1", "sign")


def test_walk(play):
    case = draft(play)
    assert (case.state, play.desks(case)) == ("draft", ["zone"])
    case = play.move(case, "zone.officer", "propose")
    case = play.move(case, "zone.secretary", "return", reason="请补充点评")
    case = play.move(case, "zone.officer", "propose")
    case = play.move(case, "zone.committee1", "sign")
    assert (case.state, case.number) == ("published", "云党工〔2026〕1号")
    case = play.on("2027-05-01").move(case, None, "keep")
    assert case.state == "kept" and not case.open


def test_the_figures_stand_in_the_units_own_order_and_rank_nobody(play, session, world):
    units = [unit for unit in world.units.values() if unit.kind == "branch"]
    plan_year(session, units, 2026, at("2026-01-05"))
    session.commit()
    record(session, world, sheet(world), "village.secretary")
    raw = sheet(world, "organ", held_on="2026-11-12")
    record(session, world, raw, "organ.secretary", "2026-11-13", "organ")
    case = in_force(play)
    first, *others = case.facts["figures"]
    assert first == {"unit": "青溪镇党委", "expected": 5, "held": 1, "late": 1, "missed": 3}
    assert [one["unit"] for one in others] == ["柏岭镇党委", "区教育局党组"]
    text = "".join(session.query(Paper).one().body["paragraphs"])
    assert "青溪镇党委：应开展支部5个，按期开展1个，未按期开展1个，未开展3个。" in text
    assert "排名" not in text and "第一名" not in text


def test_a_month_of_which_nothing_is_known_is_told_in_one_sentence(play, session):
    in_force(play)
    text = "".join(session.query(Paper).one().body["paragraphs"])
    assert "一、总体情况。全区没有列入统计的支部。二、情况点评。" in text
    assert "各单位情况" not in text and "0个" not in text


def test_a_branch_on_trial_is_named_as_such_and_judged_nowhere(play, session, world):
    """It ought to hold its party day as everybody (G-2.1.2): that none ought to would be untrue."""
    units = [unit for unit in world.units.values() if unit.kind == "branch"]
    plan_year(session, units, 2026, at("2026-01-05"))
    session.get(Unit, world.units["village"].id).accountable_from = date(2026, 10, 15)
    session.commit()
    case = in_force(play)
    told = {"unit": "青溪镇党委", "expected": 4, "missed": 4, "trial": 1}
    assert case.facts["figures"][0] == told
    text = "".join(session.query(Paper).one().body["paragraphs"])
    assert "另有支部1个在试运行期间，不作统计。" in text


def test_in_the_first_month_of_a_zone_all_are_on_trial(play, session, world):
    units = [unit for unit in world.units.values() if unit.kind == "branch"]
    plan_year(session, units, 2026, at("2026-01-05"))
    for unit in units:
        session.get(Unit, unit.id).accountable_from = date(2026, 11, 1)
    session.commit()
    record(session, world, sheet(world), "village.secretary")
    in_force(play)
    text = "".join(session.query(Paper).one().body["paragraphs"])
    assert "一、总体情况。全区都在试运行期间，不作统计。二、" in text
    assert "应开展" not in text and "各单位情况" not in text


def test_what_was_wrong_is_corrected_by_another_one(play, session):
    first = in_force(play)
    play.no(AlreadyTaken, None, draft, play)
    second = draft(play, corrects=first.number)
    second = play.move(second, "zone.officer", "propose")
    play.move(second, "zone.committee1", "sign")
    titles = [paper.body["title"] for paper in session.query(Paper).order_by(Paper.seq)]
    assert titles[1] == "关于更正2026年11月支部主题党日活动开展情况通报的通知"


def test_only_a_bulletin_of_its_own_is_corrected(play):
    number = in_force(play).number
    words = {"month": "2026-10", "corrects": number}
    play.no(RuleViolation, "corrects_its_own", draft, play, **words)
    words = {"who": "town1.officer", "unit": "town1", "corrects": number}
    play.no(RuleViolation, "corrects_its_own", draft, play, **words)


# Towns and departments: 情况通报 is one of their ways to inspect, and owes no period (四、4) -----------------


@pytest.fixture
def of_the_town(play, session, world):
    units = [unit for unit in world.units.values() if unit.kind == "branch"]
    plan_year(session, units, 2026, at("2026-01-05"))
    session.commit()
    record(session, world, sheet(world), "village.secretary")
    case = draft(play, "town1.officer", "town1")
    return play.move(play.move(case, "town1.officer", "propose"), "town1.secretary", "sign")


def test_a_town_names_its_branches_in_their_own_order(of_the_town, session):
    assert of_the_town.number == "青委〔2026〕1号"
    body = session.query(Paper).one().body
    assert body["to"].startswith("各党支部") and body["from"] == "青溪镇党委"
    text = "".join(body["paragraphs"])
    assert "按期开展的：石桥村党支部。" in text
    assert "未开展的：桃源社区党支部、青溪镇机关党支部、恒达公司党支部、城投公司党支部。" in text
    assert "柏树村" not in text and "全区" not in text


def test_a_town_s_bulletin_is_read_below_it_alone(of_the_town, play, session):
    for name, kind in (("village.secretary", None), ("village2.secretary", NotFound)):
        who = play.who(name)
        if kind is None:
            assert authority.seen(session, who, of_the_town.id).state == "published"
        else:
            with pytest.raises(kind):
                authority.seen(session, who, of_the_town.id)


def test_a_bulletin_is_an_inspection_and_owes_a_town_no_month(of_the_town, session, world):
    towns = [world.units["town1"], world.units["town2"]]
    facts = obligations.read(session, towns, 2026, at("2026-12-05"))
    found = obligations.of_superior(facts, world.units["town1"], {"rural"})
    stands = {one.key: one for one in found}
    assert stands["INSPECT.TOWN"].state == "settled"
    assert "通报" in str(stands["INSPECT.TOWN"].settled_by)
    assert "BULLETIN.MONTHLY" not in stands
    other = obligations.of_superior(facts, world.units["town2"], {"rural"})
    assert {one.key: one.state for one in other}["INSPECT.TOWN"] == "open"


def test_a_town_s_draft_is_signed_by_another_of_its_own(play):
    case = draft(play, "town1.officer", "town1")
    case = play.move(case, "town1.officer", "propose")
    play.no(Forbidden, "authority", play.say, case, "town1.officer", "sign", {})
    play.no(Forbidden, "authority", play.say, case, "zone.secretary", "sign", {})
    play.no(NotFound, None, play.say, case, "town2.secretary", "sign", {})


def test_it_is_due_by_the_10th_of_the_month_after():
    assert bulletin.due_on(2026, 11) == date(2026, 12, 10)
    assert bulletin.due_on(2026, 12) == date(2027, 1, 10)


OPENINGS = [
    ("zone.secretary", "zone", {}, Forbidden, "authority"),
    ("zone.sysadmin", "zone", {}, NotFound, None),
    ("town1.officer", "zone", {}, NotFound, None),
    ("village.secretary", "village", {}, RuleViolation, "above_the_branches"),
    ("town1.officer", "village", {}, Forbidden, "authority"),
    ("zone.officer", "zone", {"corrects": "云党工〔2026〕9号"}, RuleViolation, "corrects_its_own"),
    ("zone.officer", "zone", {"month": "十一月"}, RuleViolation, "a_month"),
    ("zone.officer", "zone", {"month": "2027-01"}, RuleViolation, "has_begun"),
    ("zone.officer", "zone", {"month": "2019-12"}, RuleViolation, "not_before"),
    ("town1.officer", "town1", {"month": "2019-12"}, RuleViolation, "not_before"),
    ("zone.officer", "zone", {"comment": ""}, InvalidInput, None),
    ("zone.officer", "zone", {"rank": 3}, InvalidInput, None),
]


@pytest.mark.parametrize("who, unit, changed, kind, rule", OPENINGS)
def test_what_cannot_be_told(play, who, unit, changed, kind, rule):
    play.no(kind, rule, draft, play, who, unit, **changed)


def test_the_month_of_the_beginning_is_told_and_one_of_a_branch_that_began_before(play, session):
    """Before the zone and everybody below it began, paper counts; the first who did begins it."""
    for unit in play.world.units.values():
        session.get(Unit, unit.id).accountable_from = date(2026, 11, 30)
    session.commit()
    play.no(RuleViolation, "not_before", draft, play, month="2026-10")
    draft(play)
    village = session.get(Unit, play.world.units["village"].id)
    village.accountable_from = date(2026, 10, 31)
    plan_year(session, [village], 2026, at("2026-11-30"))
    session.commit()
    draft(play, month="2026-10")
    words = {"who": "town2.officer", "unit": "town2", "month": "2026-10"}
    play.no(RuleViolation, "not_before", draft, play, **words)


ROWS = [  # from, who, move, words, today, refusal, rule
    (draft, "zone.secretary", "propose", {}, "2026-12-04", Forbidden, "authority"),
    (draft, "zone.secretary", "withdraw", {}, "2026-12-04", Forbidden, "authority"),
    (draft, "zone.secretary", "sign", {}, "2026-12-04", InvalidTransition, None),
    (draft, "zone.officer", "lapse", {}, "2027-05-01", Forbidden, None),
    (draft, "town1.officer", "propose", {}, "2026-12-04", NotFound, None),
    (draft, "zone.officer", "void", WHY, "2026-12-04", Forbidden, "authority"),
    (draft, "zone.secretary", "void", {}, "2026-12-04", InvalidInput, None),
    (draft, "zone.officer", "terminate", WHY, "2026-12-04", Forbidden, "authority"),
    (draft, "zone.secretary", "recuse", WHY, "2026-12-04", Forbidden, "authority"),
    (proposed, "zone.officer", "sign", {}, "2026-12-05", Forbidden, "authority"),
    (proposed, "zone.officer", "return", WHY, "2026-12-05", Forbidden, "authority"),
    (proposed, "zone.inspector", "sign", {}, "2026-12-05", Forbidden, "authority"),
    (proposed, "zone.secretary", "return", {}, "2026-12-05", InvalidInput, None),
    (proposed, "zone.secretary", "recuse", {}, "2026-12-05", InvalidInput, None),
    (proposed, "town1.secretary", "sign", {}, "2026-12-05", NotFound, None),
    (in_force, "zone.officer", "revoke", WHY, "2026-12-08", Forbidden, "authority"),
    (in_force, "village.secretary", "revoke", WHY, "2026-12-08", Forbidden, "authority"),
    (in_force, "zone.secretary", "revoke", {}, "2026-12-08", InvalidInput, None),
    (in_force, "zone.officer", "withdraw", {}, "2026-12-08", InvalidTransition, None),
    (in_force, "zone.secretary", "keep", {}, "2027-05-01", Forbidden, None),
]
WALKS, REFUSALS = {"bulletin": "test_walk"}, {"bulletin": [row[1:] for row in ROWS]}


@pytest.mark.parametrize("begin, who, move, words, today, kind, rule", ROWS)
def test_refused(play, begin, who, move, words, today, kind, rule):
    case = begin(play)
    play.on(today).no(kind, rule, play.say, case, who, move, words)
