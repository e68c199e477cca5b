"""What obliges only once something happened, or stands for good: each key shown left open, then settled, through
the real use cases. A year lived (`rehearsal`) shows what is owed for a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Clock, Moment
from oversight.base.refusals import DomainError
from oversight.calendar.party_days import activity_for, status
from oversight.engine import authority, transitions
from oversight.ledger import (
    attendance,
    duty_records,
    handbooks,
    life_meetings,
    obligations,
    registers,
    reporting,
)
from oversight.ledger.attendance import Sheet
from oversight.ledger.duty_records import Done
from oversight.models import ActivityChange, Appraised, Case, Person, Post, Unit
from oversight.organization.actor import actor_of
from oversight.organization.members import members
from oversight.rules.appraisal.roster import ORDER

from . import rehearsal

OPEN, SETTLED = "open", "settled"
Step = tuple[str, str, bool]
PRESENT = ("present", None, None)
ABSENT = ("absent", None, None)
AFTER = ("CARE.NOTIFY", "ISSUE.FEEDBACK")  # told at the next party day
AT_ONCE = ("RIGHTS.DISCUSS", "CARE.PRAISE")  # owed no earlier than it is on record


class Stage:
    """A zone, a town and one branch of each category, on days of a year."""

    def __init__(self, session: Session, year: int, clock: Clock):
        self.session, self.year, self.clock = session, year, clock
        _top, self.town, units = rehearsal.found_zone(session, self.at(1, 1))
        session.commit()
        self.units = {unit.category: unit for unit in units}

    def at(self, month: int, day: int, hour: int = 9) -> Moment:
        return self.clock.at(date(self.year, month, day), hour)

    def own(self, unit: Unit) -> list[Person]:
        """Return a branch's members: secretary, organizer and two more."""
        return members(self.session, unit.id, date(self.year, 1, 2))

    def in_office(self, unit: Unit, office: str) -> str:
        wanted = sa.select(Post.person_id).where(Post.unit_id == unit.id, Post.office == office)
        return self.session.scalars(wanted).one()

    def who(self, unit: Unit, office: str, at: Moment):
        return actor_of(self.session, self.in_office(unit, office), at.today)

    def day(self, unit: Unit, month: int) -> date:
        return activity_for(self.session, unit, self.year, month).day or date(self.year, month, 20)

    def sheet(self, unit: Unit, month: int, *, on: date | None = None, but: dict | None = None,
              without: int = 0, **more: Any):  # fmt: skip
        """Enter a party day on the day after it: all are present but some (`but`, by place)."""
        row, own = activity_for(self.session, unit, self.year, month), self.own(unit)
        held_on = on or self.day(unit, month)
        entries = {one.id: (but or {}).get(place, PRESENT) for place, one in enumerate(own)}
        for one in own[len(own) - without :]:
            del entries[one.id]
        at = self.clock.at(held_on + timedelta(days=1))
        sheet = Sheet(entries, held_on=held_on, **more)
        return attendance.submit(self.session, row.id, sheet, self.who(unit, "secretary", at), at)

    def tick(self, unit: Unit, month: int, *keys: str, day: int = 28) -> None:
        """Let the sheet of a month say that these were done."""
        row, at = activity_for(self.session, unit, self.year, month), self.at(month, day)
        who = self.who(unit, "secretary", at)
        duty_records.submit(
            self.session, row.id, {key: Done("演练") for key in keys}, who, at, "补记"
        )

    def states(self, unit: Unit, key: str, at: Moment) -> set[str]:
        facts = obligations.read(self.session, [unit], self.year, at)
        return {one.state for one in obligations.of_branch(facts, unit, None, keys=(key,))}

    def refused(self, do: Callable[[], Any]) -> bool:
        try:
            do()
        except DomainError:
            return True
        return False

    def open(self, workflow: str, unit: Unit, words: dict, by: tuple[Unit, str], at: Moment) -> str:
        who = self.who(*by, at)
        case = transitions.submit_opening(self.session, workflow, unit.id, words, who, at)
        return case.id

    def move(
        self, case_id: str, name: str, seat: tuple[Unit, str] | str, at: Moment, **words: Any
    ) -> str:
        """Make a move as who fills a seat, or as a person, and return where the case stands."""
        who = (
            actor_of(self.session, seat, at.today) if isinstance(seat, str) else self.who(*seat, at)
        )
        version = self.case(case_id).version
        transitions.submit(self.session, case_id, name, who, words, version=version, at=at)
        return self.case(case_id).state

    def case(self, case_id: str) -> Case:
        return self.session.get_one(Case, case_id, populate_existing=True)


def play(session: Session, year: int, clock: Clock) -> dict[str, set[str]]:
    """Play every scenario in an empty database and return by key what it showed: OPEN, SETTLED or both.
    Commits.
    """
    stage, found = Stage(session, year, clock), dict[str, set[str]]()
    for scenario in SCENARIOS:
        for key, state, shown in scenario(stage):
            found.setdefault(key, set()).update({state} if shown else ())
        session.commit()
    return found


def roll(s: Stage) -> Iterator[Step]:
    """A sheet without a member, or with another host and no reason, is refused. Source: G-2.2.1, G-2.4.2,
    G-3.2.1e
    """
    unit = s.units["rural"]
    host = {"host_id": s.own(unit)[1].id}
    short = s.refused(lambda: s.sheet(unit, 3, without=1))
    yield from (("PART.ALL_MEMBERS", OPEN, short), ("MEMBERS.COVER", OPEN, short))
    yield "IMPL.HOST", OPEN, s.refused(lambda: s.sheet(unit, 3, about=host))
    before = _took_part(s, unit)
    done = s.sheet(unit, 3, about=host | {"host_why": "书记外出开会"}).activity
    whole = len(attendance.rows_of(s.session, done)) == len(s.own(unit))
    yield from (("PART.ALL_MEMBERS", SETTLED, whole), ("MEMBERS.COVER", SETTLED, whole))
    yield "IMPL.HOST", SETTLED, done.host_id == host["host_id"]
    yield "RECORD.MEMBER_HANDBOOK", OPEN, before == 0
    yield "RECORD.MEMBER_HANDBOOK", SETTLED, _took_part(s, unit) == 1


def _took_part(s: Stage, unit: Unit) -> int:
    at, member = s.at(3, 28), s.own(unit)[3]
    who = actor_of(s.session, member.id, at.today)
    return handbooks.of_member(s.session, member.id, s.year, who, at).mine.took_part


def corrected(s: Stage) -> Iterator[Step]:
    """What was written is not changed without a reason, and what it was stays. Source: O-4.3a"""
    unit, other = s.units["organ"], {3: ABSENT}
    row = s.sheet(unit, 2).activity
    yield "RECORD.TRUTHFUL", OPEN, s.refused(lambda: s.sheet(unit, 2, but=other))
    s.sheet(unit, 2, but=other, why="当天他没有到会")
    kept = sa.select(sa.func.count()).where(ActivityChange.activity_id == row.id)
    yield "RECORD.TRUTHFUL", SETTLED, (s.session.scalar(kept) or 0) > 1


def leaders(s: Stage) -> Iterator[Step]:
    """A leader of an organ comes himself, to its meeting too. Source: O-2.2.1b, O-3.1.6d, G-3.1.6a"""
    unit, at = s.units["organ"], s.at(5, 28)
    elsewhere = {1: ("other_form", "online", None)}
    yield "PART.LEADERS", OPEN, s.refused(lambda: s.sheet(unit, 3, but=elsewhere))
    row = s.sheet(unit, 3).activity
    came = attendance.rows_of(s.session, row)[s.own(unit)[1].id].kind
    yield "PART.LEADERS", SETTLED, came == "present"
    away = s.sheet(unit, 5, but={1: ("leave", None, "因公")}).activity
    days = {row.held_on: row, away.held_on: away, date(s.year, 5, 26): None}
    who = s.who(unit, "secretary", at)
    met = [life_meetings.note(s.session, unit.id, on.isoformat(), who, at) for on in days]
    by_day = {one.held_on: one.activity_id for one in met}
    yield "ORGLIFE.COMBINED", OPEN, by_day[date(s.year, 5, 26)] is None
    yield "ORGLIFE.COMBINED", SETTLED, by_day[row.held_on] == row.id
    there = life_meetings.leaders(s.session, met)
    yield "ORGLIFE.LEADERS", OPEN, there[away.id] == (0, 1)
    yield "ORGLIFE.LEADERS", SETTLED, there[row.id] == (1, 1)


def another_day(s: Stage) -> Iterator[Step]:
    """Held on another day without consent is said to be so; asked for, the day stays until it is
    granted. Source: G-2.1.1b, G-2.1.1c
    """
    unit, at = s.units["community"], s.at(4, 1)
    old = s.day(unit, 3)
    late = s.sheet(unit, 3, on=old + timedelta(days=4)).activity
    yield "DATE.NO_UNAPPROVED_CHANGE", OPEN, status(late, date(s.year, 3, 31)) == "late"
    row, day = activity_for(s.session, unit, s.year, 4), s.day(unit, 4)
    new = day + timedelta(days=4)
    case = s.open("date_change", unit, {"day": day.isoformat()}, (unit, "secretary"), at)
    words = {"new_day": new.isoformat(), "reason": "当天全村防汛"}
    s.move(case, "ask", (unit, "secretary"), at, **words)
    yield "DATE.CHANGE_APPROVAL", OPEN, row.day == day
    s.move(case, "approve", (s.town, "officer"), at, opinion="同意")
    yield "DATE.CHANGE_APPROVAL", SETTLED, row.day == new
    held = s.sheet(unit, 4, on=new).activity
    yield "DATE.NO_UNAPPROVED_CHANGE", SETTLED, status(held, date(s.year, 4, 30)) == "held"


def followed(s: Stage) -> Iterator[Step]:
    """Who was absent is reached, told and taught, and of an organ filed; 无故 is found by people.
    Source: G-3.2.1b, G-3.2.1c, G-3.2.1d, O-3.2.1e, G-4.4g
    """
    unit = s.units["organ"]
    blamed, case = s.sheet(unit, 6, but={2: ABSENT, 3: ABSENT}).opened
    at, by = s.clock.at(s.day(unit, 6) + timedelta(days=4)), (unit, "secretary")
    lesson = {"form": "visit", "held_on": at.today.isoformat(), "note": "补学当月内容"}
    yield "MAKEUP.CONTACT", OPEN, s.case(case).state == "to_contact"
    yield "MAKEUP.INFORM", OPEN, s.refused(lambda: s.move(case, "record_lesson", by, at, **lesson))
    told = {"reached": True, "told": True, "way": "phone", "reason": "其他"}
    made = s.move(case, "record_contact", by, at, **told)
    yield from ((key, SETTLED, made == "to_make_up") for key in ("MAKEUP.CONTACT", "MAKEUP.INFORM"))
    yield "MAKEUP.DONE", OPEN, made == "to_make_up"
    s.move(blamed, "record_contact", by, at, **told)
    measure, body = {"measure": "谈话提醒"}, [one.id for one in s.own(unit)[:2]]
    yield (
        "ACC.ABSENT_MEMBERS",
        OPEN,
        s.refused(lambda: s.move(blamed, "educate", by, at, **measure)),
    )
    s.move(blamed, "find_unexcused", by, at, heard="忘记了日期", note="支委会研究认定", by=body)
    s.move(blamed, "educate", by, at, **measure)
    yield "ACC.ABSENT_MEMBERS", SETTLED, bool(s.case(blamed).facts.get("education"))
    made = s.move(case, "record_lesson", by, at, **lesson)
    yield from (
        ("MAKEUP.DONE", SETTLED, made == "to_archive"),
        ("MAKEUP.ARCHIVE", OPEN, made == "to_archive"),
    )
    made = s.move(case, "archive", by, at, archive_no="演练-1")
    yield "MAKEUP.ARCHIVE", SETTLED, made == "made_up"


def away(s: Stage) -> Iterator[Step]:
    """Who is away or infirm and was reached in no way is to be reached; another form counts. Source:
    G-4.2b, G-4.2c
    """
    unit = s.units["rural"]
    mobile, elderly = s.own(unit)[2:]
    mobile.mobile, elderly.elderly = True, True
    s.session.commit()
    opened = s.sheet(unit, 6, but={2: ABSENT, 3: ABSENT}).opened
    waits = {s.case(one).data_subject_id for one in opened}
    forms = {2: ("other_form", "online", None), 3: ("other_form", "visit", None)}
    reached = s.sheet(unit, 8, but=forms)
    kinds = attendance.rows_of(s.session, reached.activity)
    for key, one in (("MOBILE", mobile), ("ELDERLY", elderly)):
        yield key, OPEN, one.id in waits
        yield key, SETTLED, kinds[one.id].kind == "other_form" and not reached.opened


def each_its_own(s: Stage) -> Iterator[Step]:
    """What one branch recorded settles nothing for another. Source: G-2.5.1a"""
    unit, at = s.units["hospital"], s.at(5, 31)
    s.sheet(s.units["school"], 5)
    yield "FORM.UNIT", OPEN, SETTLED not in s.states(unit, "ATT.RECORD", at)
    s.sheet(unit, 5)
    yield "FORM.UNIT", SETTLED, SETTLED in s.states(unit, "ATT.RECORD", at)


def registered(s: Stage) -> Iterator[Step]:
    """What came up is owed until it was dealt with, and then told at the next party day. Source: G-3.2.1f,
    G-3.2.4b, G-3.2.4d, G-3.2.4e, G-3.2.5a, G-3.2.5b, G-3.2.5c
    """
    unit, at = s.units["rural"], s.at(9, 15)
    who, words = s.who(unit, "secretary", at), {"on": at.today.isoformat(), "note": "演练"}
    rows = {}
    for kind in ("raised", "task", "hardship", "disaster", "breach"):
        told = words | {"kind": kind, "person": s.own(unit)[2].id}
        told["what"] = "" if kind == "breach" else "演练"
        rows[registers.KINDS[kind].key] = registers.note(s.session, unit.id, told, who, at)
    for key, row in rows.items():
        yield key, OPEN, s.states(unit, key, at) == {OPEN}
        registers.settle(s.session, row.id, words, who, at)
        yield key, SETTLED, s.states(unit, key, at) == {SETTLED}
    s.sheet(unit, 10)
    end = s.at(10, 31)
    yield from ((key, OPEN, OPEN in s.states(unit, key, s.at(10, 12))) for key in AFTER)
    s.tick(unit, 10, *AFTER)
    yield from ((key, SETTLED, s.states(unit, key, end) == {SETTLED}) for key in AFTER)


def in_its_form(s: Stage) -> Iterator[Step]:
    """An oath and a discussion are owed in their form once they stand on the sheet; what is praised or
    discussed is owed no earlier than it is on record. Source: G-3.1.2c, G-3.2.2a, G-3.2.2b, G-3.2.4a
    """
    unit, end = s.units["school"], s.at(9, 30)
    s.sheet(unit, 9)
    row = activity_for(s.session, unit, s.year, 9)
    offered = {
        one.duty.key for one in duty_records.items(s.session, row, s.own(unit)) if not one.owed
    }
    yield from ((key, OPEN, key in offered) for key in AT_ONCE)
    asked = {"OATH.FORM": "OATH.JOIN_MONTH", "RIGHTS.MEMBERS_FIRST": "RIGHTS.DISCUSS"}
    done = [*AT_ONCE, "OATH.JOIN_MONTH"]
    s.tick(unit, 9, *done)
    stands = set(duty_records.of_sheets(s.session, [row.id])[row.id])
    yield from ((key, SETTLED, key in stands) for key in AT_ONCE)
    yield from ((key, OPEN, not s.states(unit, key, end) <= {SETTLED}) for key in asked)
    s.tick(unit, 9, *done, *asked, day=29)
    yield from ((key, SETTLED, s.states(unit, key, end) == {SETTLED}) for key in asked)


def rectified(s: Stage) -> Iterator[Step]:
    """An order has a deadline and is closed by who re-checks. Source: G-4.4f"""
    unit, at = s.units["rural"], s.at(11, 3)
    finding = {"clause": "R-3.2.1b", "fact": "缺席党员未逐一联系", "demand": "逐一联系并补课"}
    words = {"method": "random", "inspected_on": at.today.isoformat(), "findings": [finding]}
    case = s.open("rectification", unit, words, (s.town, "inspector"), at)
    s.move(case, "sign_off", (s.town, "secretary"), at)
    s.move(case, "issue", (s.town, "officer"), at, due_on=date(s.year, 11, 20).isoformat())
    fixing = s.move(case, "acknowledge", (unit, "secretary"), at)
    yield "RECTIFY.DEADLINE", OPEN, fixing == "fixing" and s.case(case).due_on is not None
    items = [{"measure": "已全部联系", "done_on": at.today.isoformat()}]
    s.move(case, "report", (unit, "secretary"), at, items=items)
    verdict = {"verdicts": ["accepted"], "opinion": "同意销号"}
    yield (
        "RECTIFY.DEADLINE",
        SETTLED,
        s.move(case, "accept", (s.town, "officer"), at, **verdict) == "closed",
    )


def appraised(s: Stage) -> Iterator[Step]:
    """No vote before the meeting; a year is settled once each was told. Source: G-3.1.6e, G-3.1.6f"""
    unit, at, by = s.units["community"], s.at(11, 5), (s.units["community"], "secretary")
    own, end = [one.id for one in s.own(unit)], s.at(12, 1)
    yield "APPRAISAL.YEARLY", OPEN, s.states(unit, "APPRAISAL.YEARLY", end) == {OPEN}
    case = s.open("appraisal", unit, {"year": s.year}, by, at)
    s.move(case, "open_self_assessment", by, at)
    for one in own:
        s.move(case, "file_self_assessment", one, at, text="按时参加组织生活。", grade="qualified")
    yield "APPRAISAL.PROCEDURE", OPEN, s.refused(lambda: s.move(case, "open_vote", by, at))
    life_meetings.note(s.session, unit.id, at.today.isoformat(), s.who(*by, at), at)
    s.move(case, "open_peer_review", by, at, meeting_on=at.today.isoformat())
    for one in own:
        s.move(case, "record_peer_review", own[one == own[0]], at, about=one, opinion="工作扎实。")
    s.move(case, "open_vote", by, at)
    none = dict.fromkeys(ORDER, 0)
    tallies = [none | {"member": one, "qualified": len(own)} for one in own]
    count = dict.fromkeys(("present", "issued", "returned", "valid"), len(own))
    scrutineer = s.in_office(s.town, "inspector")
    s.move(
        case, "enter_count", by, at, **count, tallies=tallies, scrutineer=scrutineer, teller=own[3]
    )
    s.move(case, "close_vote", by, at)
    graded = s.session.scalars(sa.select(Appraised.person_id).where(Appraised.case_id == case))
    s.move(case, "propose", by, at, ratings=dict.fromkeys(graded, "qualified"))
    for desk in authority.open_desks(s.session, case):
        s.move(case, "decide", desk.person_id, at, agree=True, opinion="同意。")
    told = s.move(case, "tell", by, at)
    yield "APPRAISAL.PROCEDURE", SETTLED, told == "told"
    yield "APPRAISAL.YEARLY", SETTLED, s.states(unit, "APPRAISAL.YEARLY", end) == {SETTLED}


def answered(s: Stage) -> Iterator[Step]:
    """What was not done stands under the branch's secretary, and what was done. Source: G-4.1c, G-4.1d"""
    unit, end = s.units["social"], s.at(12, 31, 22)
    named = bool(reporting.secretaries(s.session, unit, s.year))
    held = reporting.of_branch(s.session, unit, s.year, end)[0]
    yield from (("ACC.TARGET", OPEN, held.left), ("ACC.DIRECT", OPEN, named and held.left))
    for month in range(1, 13):
        rehearsal.hold(s.session, unit, s.own(unit), date(s.year, month, 1), s.clock)
    held = reporting.of_branch(s.session, unit, s.year, end)[0]
    yield from (
        ("ACC.TARGET", SETTLED, not held.left),
        ("ACC.DIRECT", SETTLED, named and not held.left),
    )


SCENARIOS = (
    roll, corrected, leaders, another_day, followed, away, each_its_own, registered, in_its_form, rectified,
    appraised, answered,
)  # fmt: skip
