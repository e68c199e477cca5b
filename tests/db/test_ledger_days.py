"""The ledger of any day: of a past one as it stood then, of one to come as it will stand if nobody acts.

Each day's ledger is written down in its evening; asked for later, or before, it must be the same.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from oversight.calendar.party_days import plan_year
from oversight.engine import open_work
from oversight.ledger import life_meetings, obligations, registers, to_do
from oversight.time import sweep
from tests.db.test_attendance import record, sheet
from tests.db.test_obligations import do, enter
from tests.support.actors import Play
from tests.support.world import at

READERS = {
    "village": "village.secretary",
    "firm": "firm.secretary",
    "town1": "town1.officer",
    "zone": "zone.officer",
}


@pytest.fixture
def planned(session, world):
    """Every branch answers from October on."""
    for unit in world.units.values():
        if unit.kind == "branch":
            unit.accountable_from = date(2026, 10, 1)
            plan_year(session, [unit], 2026, at("2026-10-01"))
    session.commit()
    return world


def ledger(session, world, on: str, cases: bool = True) -> dict[str, set]:
    """Return all that the ledgers of some units tell in the evening of a day."""
    session.rollback()
    found = {}
    for unit, name in READERS.items():
        who = world.actor(name, date(2026, 11, 24))
        sides = obligations.sides(session, world.units[unit], who, at(on, 23))
        every = sides.every
        found[unit] = {
            (one.key, str(one.title), one.period, one.due_on, one.state, str(one.about),
             str(one.settled_by), one.case_id)
            for one in every if cases or not one.case_id
        }  # fmt: skip
    return found


def note(session, world, day: str, on: str):
    who = world.actor("village.secretary", at(on).today)
    life_meetings.note(session, world.units["village"].id, day, who, at(on))


def correct(session, world, on: str, **words):
    """Correct November's record of the village."""
    raw = sheet(world, why="实际改在另一天", version=None, **words)
    record(session, world, raw, on=on)


def acts(session, world):
    """Return by day what happens: records and their corrections, a meeting, consents, an appraisal, a
    deployment, an issue that is registered and answered.
    """
    play, cases = Play(session, world), {}

    def ask():
        cases["asked"] = play.on("2026-11-25").asked()

    def excuse():
        play.on("2026-11-27").move(cases["asked"], "town1.officer", "excuse_month")

    def deploy():
        words = {"year": 2026, "from_on": "2026-11-26", "until": "2027-01-31"}
        play.on("2026-11-26")
        case = play.open("zone.officer", "zone", workflow="campaign", **words)
        case = play.move(case, "zone.officer", "propose")
        cases["campaign"] = play.move(case, "zone.committee1", "sign")

    def revoke():
        play.on("2026-12-01").move(
            cases["campaign"], "zone.secretary", "revoke", reason="部署需要调整"
        )

    def appraise():
        play.on("2026-11-30").open("village.secretary", workflow="appraisal", year=2026)

    def register():
        who = world.actor("village.secretary", date(2026, 11, 12))
        words = {"kind": "raised", "on": "2026-11-12", "what": "路灯不亮", "person": ""}
        cases["issue"] = registers.note(
            session, world.units["village"].id, words, who, at("2026-11-12")
        )

    def answer():
        who, words = world.actor("village.secretary", date(2026, 11, 28)), {"on": "2026-11-28"}
        registers.settle(
            session, cases["issue"].id, words | {"note": "已修好"}, who, at("2026-11-28")
        )

    return {
        "2026-11-09": lambda: record(session, world, sheet(world)),
        "2026-11-11": lambda: do(session, world, {"DUES.MONTHLY": ""}, on="2026-11-11"),
        "2026-11-12": register,
        "2026-11-16": lambda: correct(session, world, "2026-11-16", held_on="2026-11-13"),
        "2026-11-18": lambda: do(session, world, {}, on="2026-11-18", why="填错了月份"),
        "2026-11-19": lambda: enter(session, world, "FAMILY", on="2026-11-19"),
        "2026-11-20": lambda: note(session, world, "2026-11-20", "2026-11-20"),
        "2026-11-25": ask,
        "2026-11-26": deploy,
        "2026-11-27": excuse,
        "2026-11-28": answer,
        "2026-11-30": appraise,
        "2026-12-01": revoke,
    }


def test_a_past_day_is_told_as_it_stood(session, planned):
    what, day, kept = acts(session, planned), date(2026, 11, 5), {}
    while day <= date(2026, 12, 3):
        if str(day) in what:
            what[str(day)]()
            session.commit()
        kept[str(day)] = ledger(session, planned, str(day))
        day += timedelta(days=1)
    assert len({repr(sorted(map(repr, one["village"]))) for one in kept.values()}) > len(what)
    for on, told in kept.items():
        again = ledger(session, planned, on)
        assert again == told, on


def test_a_day_to_come_is_what_running_the_clock_brings(session, planned):
    """Of what nobody does; a case that the clock moves is told by its deadline until then."""
    record(session, planned, sheet(planned))
    Play(session, planned).asked()
    ahead = ["2026-11-30", "2026-12-15", "2026-12-31", "2027-01-20"]
    said = {on: ledger(session, planned, on, cases=False) for on in ahead}
    late = {on: {row for row in said[on]["village"] if row[4] == "overdue"} for on in ahead}
    assert len(late[ahead[0]]) < len(late[ahead[1]]) < len(late[ahead[3]])
    assert any(row[2] == "2026-12" for row in late[ahead[3]])  # what the old year leaves
    day = date(2026, 11, 24)
    while day <= date(2027, 1, 20):
        sweep.sweep(session, at(str(day)))
        session.commit()
        if str(day) in said:
            assert ledger(session, planned, str(day), cases=False) == said[str(day)], day
        day += timedelta(days=1)


def test_what_the_old_year_leaves_stands_for_a_quarter(session, planned):
    last = {row[2] for row in ledger(session, planned, "2027-03-31")["village"]}
    assert "2026-11" in last
    later = {row[2] for row in ledger(session, planned, "2027-04-01")["village"]}
    assert "2026-11" not in later and "2027-03" in later


def test_a_case_is_told_in_the_state_in_which_it_was(session, planned):
    play = Play(session, planned)
    case = play.asked()
    play.on("2026-11-26").move(case, "town1.officer", "approve", opinion="同意")
    stood = {
        on: open_work.states(session, [case], at(on, 23).now).get(case.id)
        for on in ("2026-11-23", "2026-11-24", "2026-11-26")
    }
    assert list(stood.values()) == [None, "asked", "approved"]


def test_the_desk_reckons_a_day_once(session, planned):
    """A day that was held later than planned has its record due from then, on the desk as in the ledger."""
    from oversight.ledger import own_days

    who, now = planned.actor("firm.secretary", date(2026, 11, 24)), at("2026-11-24")
    unit = planned.units["firm"]
    row = own_days.sheet_of(session, unit, 2026, 11, who)
    own_days.set_own_day(session, unit, 2026, 11, date(2026, 11, 10), who, at("2026-11-02"))
    own_days.record_held(session, row, date(2026, 11, 19), who, now)
    session.commit()
    [one] = [one for one in to_do.of(session, who, now) if one.activity_id == row.id]
    facts = obligations.read(session, [unit], 2026, now)
    [owed] = [
        one
        for one in obligations.of_branch(facts, unit, None, keys=("ATT.RECORD",))
        if one.period == "2026-11"
    ]
    assert one.due_on == owed.due_on == date(2026, 11, 26)


def test_what_is_put_off_by_consent_is_shown_as_such_and_not_as_settled(session, world):
    """House rule: 经上级书面同意暂缓 settles nothing."""
    play = Play(session, world)
    play.move(play.asked(), "town1.officer", "excuse_month")
    unit, now = world.units["village"], at("2026-12-24")
    sides = obligations.sides(session, unit, world.actor("village.secretary", now.today), now)
    put_off = {(one.key, one.period): one.state for one in sides.put_off}
    assert put_off["DATE.FIXED", "2026-12"] == put_off["DUES.MONTHLY", "2026-12"] == "excused"
    assert not put_off.keys() & {(one.key, one.period) for one in [*sides.settled, *sides.owe]}
