"""Terms that the guidance leaves open: each is a choice of the zone with the default of issue part 6,
9; a change holds for what begins afterwards.
"""

from __future__ import annotations

from datetime import date

import pytest

from oversight import workflows
from oversight.base.refusals import InvalidInput, RuleViolation
from oversight.base.terms import DEFAULTS, FILING, TERMS, fill
from oversight.calendar.party_days import entry_due
from oversight.calendar.workdays import CalendarDay
from oversight.calendar.zone import term_on, zone_terms
from oversight.organization.members import CARE_REASONS
from oversight.register import rest_days, zone_settings
from oversight.time import sweep
from tests.db.test_absence_walk import CALL, missing
from tests.db.test_absence_walk import do as absence
from tests.db.test_rectification_walk import do, fixing, opened, rechecking
from tests.support.actors import Play
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def play(session, world):
    return Play(session, world)


def choose(session, world, day: str = "2026-11-24", hour: int = 8, **terms) -> None:
    for name, value in terms.items():
        zone_settings.change(session, world.zone.id, f"term_{name}", value, None, at(day, hour))
    session.commit()


@pytest.mark.parametrize("term", [one for one in TERMS if one.most], ids=lambda one: one.name)
def test_only_values_that_work_are_taken(session, world, term):
    for value in (term.least, term.most):
        zone_settings.change(session, world.zone.id, term.name, str(value), None, at("2026-11-24"))
    for value in ("", "-0", str(term.most + 1), "-1", "3.5", "²", "三", "9" * 50, f"0{term.least}"):
        with pytest.raises(InvalidInput, match="整数"):
            zone_settings.change(session, world.zone.id, term.name, value, None, at("2026-11-24"))


def test_digits_of_full_width_are_read(session, world):
    choose(session, world, reply="５")
    assert zone_terms(session, world.zone.id, at("2026-11-24").now)["term_reply"] == "5"


# Where each is read ------------------------------------------------------------------------------


def test_a_reply(session, world, play):
    choose(session, world, reply="2")
    assert play.asked("2026-12-11").due_on == date(2026, 11, 26)


def rest_day(session, world, day: str, moment) -> None:
    row = CalendarDay(date.fromisoformat(day), "rest", "临时放假", False, "区通知")
    rest_days.load(session, world.zone.id, [row], None, moment)
    session.commit()


def test_what_is_being_answered_keeps_its_term_and_follows_the_calendar(session, world, play):
    case = play.asked("2026-12-11")
    choose(session, world, hour=10, reply="2")
    rest_day(session, world, "2026-11-26", at("2026-11-24", 11))
    session.refresh(case)
    assert case.due_on == date(2026, 11, 30), "three working days, as when it was asked"
    other = play.on("2026-11-25").asked(unit="community", name="community.secretary")
    assert other.due_on == date(2026, 11, 30), "two, as asked afterwards"


def test_contact(session, world):
    choose(session, world, day="2026-11-01", contact="5")
    assert missing(session, world).due_on == date(2026, 11, 16)


def test_a_lesson_within_ten_days_does_not_wait_for_the_party_day(session, world):
    choose(session, world, day="2026-11-01", lesson="10")
    case = missing(session, world)
    assert absence(session, world, case, "record_contact", CALL).due_on == date(2026, 11, 26)
    choose(session, world, day="2026-11-13", lesson="next")
    sweep.sweep(session, at("2026-11-13"))
    session.refresh(case)
    assert case.due_on == date(2026, 11, 26)
    said = workflows.current("absence").state("to_make_up").due.source.text
    assert fill(said, {**DEFAULTS, "term_lesson": "10"}).startswith("联系上以后 10 个工作日内补课")


def test_an_entry_is_late_by_the_term_of_its_day(session, world):
    choose(session, world, day="2026-11-20", filing="2")
    before, after = date(2026, 11, 6), date(2026, 11, 23)
    assert entry_due(session, world.zone.id, before) == date(2026, 11, 13)
    assert entry_due(session, world.zone.id, after) == date(2026, 11, 25)


def test_of_two_terms_of_a_day_the_longer_holds(session, world):
    choose(session, world, day="2026-11-20", filing="2")
    choose(session, world, day="2026-11-23", filing="7")
    zone = world.zone.id
    days = [date(2026, 11, day) for day in (19, 20, 21, 23, 24)]
    assert [term_on(session, zone, FILING, day) for day in days] == [5, 5, 2, 7, 7]


def test_receipt_rectification_and_recheck(session, world):
    case = opened(session, world)
    do(session, world, case, "sign_off", who="town1.secretary")
    issued = do(session, world, case, "issue", {"due_on": "2026-12-11"})
    assert issued.due_on == date(2026, 11, 26)


def test_a_recheck(session, world):
    choose(session, world, recheck="3")
    assert rechecking(session, world).due_on == date(2026, 12, 7)


def test_an_extension(session, world):
    choose(session, world, extension="2")
    case = fixing(session, world)
    ask = ("ask_extension", {"until": "2026-12-16", "reason": "材料还没有备齐"})
    with pytest.raises(RuleViolation, match="延期最多 2 个工作日"):
        do(session, world, case, *ask, who="village.secretary", on="2026-12-01")


def extended(session, world, case, until: str, on: str):
    words = {"until": until, "reason": "材料还没有备齐"}
    do(session, world, case, "ask_extension", words, who="village.secretary", on=on)
    return do(session, world, case, "grant", who="town1.secretary", on=on)


def test_how_often_an_order_is_extended(session, world):
    choose(session, world, extensions="2")
    case = fixing(session, world)
    extended(session, world, case, "2026-12-14", "2026-12-01")
    extended(session, world, case, "2026-12-16", "2026-12-02")
    with pytest.raises(RuleViolation, match="只延两次"):
        extended(session, world, case, "2026-12-17", "2026-12-03")


def test_an_exemption_is_no_longer_than_the_zone_lets_it_be(session, world, play):
    choose(session, world, exemption="6")
    words = {"workflow": "exemption", "member": world.people["village.member1"].id}
    words |= {"reason": CARE_REASONS[0][0], "from_on": "2026-12-01"}
    with pytest.raises(RuleViolation, match="最长 6 个月"):
        play.open("village.member1", until="2027-06-02", **words)
    assert play.open("village.member1", until="2027-06-01", **words).state == "asked"


def test_a_refusal_says_the_number_of_the_zone(session, world, play):
    choose(session, world, late_report="2")
    case = play.on("2026-12-09").open("village.secretary")
    words = {
        "new_day": "2026-12-08",
        "reason": "当日山洪断路，人员无法集中",
        "recovered_on": "2026-12-04",
    }
    with pytest.raises(RuleViolation, match="恢复后 2 个工作日内") as refused:
        play.say(case, "village.secretary", "report_late", words)
    assert refused.value.extra["house_rule"].endswith("恢复后 2 个工作日内补报。")
