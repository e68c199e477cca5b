"""What was done of the duties that have no record of their own: a branch ticks them on the sheet of its
party day, once that was held; every unit enters those of its year on its year sheet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from oversight.base import typed
from oversight.base.clock import Moment
from oversight.base.db import fetch, insert_once, is_id, new_id
from oversight.base.refusals import Forbidden, InvalidInput, NotFound, RuleViolation
from oversight.base.rows import grouped, ids_of
from oversight.base.sentences import N_, say
from oversight.calendar.party_days import BEFORE, before_start, change
from oversight.engine import authority
from oversight.engine.use_case import use_case
from oversight.law import duties as law
from oversight.law.binding import by_key, own_id
from oversight.law.clauses import register
from oversight.law.duties import BRANCH, SUPERIOR, YEAR_SHEET, ZONE, Duty, duties, part_of
from oversight.law.inputs import read_day
from oversight.law.roles import SUPERIOR as ABOVE
from oversight.models import (
    Activity,
    Attendance,
    DutyRecord,
    Person,
    Post,
    RegisterEntry,
    Unit,
    YearSheet,
    chains,
)
from oversight.organization.actor import Actor, AuthorityBasis
from oversight.organization.members import members
from oversight.organization.standing import in_office
from oversight.organization.units import superiors

from . import entries, on_event

LONGEST, MISSING = 200, ("leave", "absent")
MEETING, CONSULT, OWN = "PLAN.COMMITTEE_MEETING", "PLAN.CONSULT", "PLAN.OWN_ITEMS"
PLANNED = (MEETING, CONSULT, OWN)  # what may be written down before the day
WHY = "why:"  # before the key of what was not done in time, and is explained
OFFICES = frozenset(office for rank in ABOVE.ranks for office in rank)
ONE_LECTURER = N_("一堂党课记一位主讲人；另一位讲的，登记在另一次活动里。")
OF_ITS_YEAR = N_("哪一年做的，登记在哪一年的年度表。")
AFTER = N_("活动开展以后才登记做了什么，不提前确认。")


@dataclass(frozen=True)
class Done:
    """That one duty was done: what, in a line, and the members of whom it does not hold; of a meeting
    before the day `met_on`, when it was, and who came.
    """

    note: str = ""
    without: tuple[str, ...] = ()
    met_on: str = ""
    came: tuple[str, ...] = ()

    @property
    def facts(self) -> dict[str, Any]:
        told = {"note": self.note, "except": sorted(self.without)}
        told |= {"met_on": self.met_on, "came": sorted(self.came)}
        return {name: value for name, value in told.items() if value}


def stood_as(row: DutyRecord) -> Done:
    """Return what a record says, as it would be sent."""
    facts = row.facts
    came, without = tuple(facts.get("came", ())), tuple(facts.get("except", ()))
    return Done(facts.get("note", ""), without, facts.get("met_on", ""), came)


def read(raw: Any) -> dict[str, Done]:
    """Read what was done as page and API send it, by rule key. Raises InvalidInput."""
    if not isinstance(raw, Mapping):
        raise InvalidInput({"duties": N_("应是事项到内容的对照。")})
    return {str(key): _done(str(key), value or {}) for key, value in raw.items()}


def _done(key: str, value: Any) -> Done:
    if not isinstance(value, Mapping):
        raise InvalidInput({key: N_("应写成 {“note”: 内容, “except”: [党员编号]}。")})
    note, without = typed.sentence(str(value.get("note") or "")), value.get("except") or []
    if len(note) > LONGEST:
        raise InvalidInput({key: say("最多写 %(most)s 字。", most=LONGEST)})
    if not isinstance(without, list) or not all(is_id(one) for one in without):
        raise InvalidInput({key: N_("应是党员编号的列表。")})
    return Done(note, tuple(dict.fromkeys(without)))


def of_sheets(session: Session, sheet_ids: Iterable[str]) -> dict[str, dict[str, DutyRecord]]:
    """Return what stands on sheets, by sheet and rule key."""
    rows = session.scalars(
        sa.select(DutyRecord).where(
            DutyRecord.sheet_id.in_(list(sheet_ids)), DutyRecord.withdrawn_at.is_(None)
        )
    )
    found = grouped((row.sheet_id, row) for row in rows)
    return {sheet_id: {row.key: row for row in group} for sheet_id, group in found.items()}


@dataclass(frozen=True)
class Item:
    """One line of a monthly sheet: `owed` this month, or offered besides; `row` where it is recorded."""

    duty: Duty
    clause: str
    owed: bool
    row: Any = None
    people: tuple[Person, ...] = ()
    charter: tuple[str, list[tuple[int, str]]] | None = None


LECTURES = {
    "LECTURE.SECRETARY": N_("支部书记"),
    "LECTURE.LEADERS": N_("上级班子成员"),
    "LECTURE.FIRST_SECRETARY": N_("第一书记、党建指导员"),
    "LECTURE.MEMBERS": N_("普通党员"),
}
JULY, OATH, JOINED = 7, "OATH.FORM", "OATH.JOIN_MONTH"
BY_SECRETARY = "LECTURE.SECRETARY"
CHARTER_PLAN, CHARTER = "CHARTER.PLAN", "CHARTER.FULL_YEARLY"


def items(session: Session, row: Activity, people: list[Person]) -> list[Item]:
    """Return the lines of a party day's sheet for its branch: what it owes this month, then what else it
    may have done; `people` stand on the sheet.
    """
    beside = known(session, row)
    stands, asked = beside.stands, beside.to_tell
    found = []
    for duty in law.on_sheet():
        bound = by_key(duty.key, row.unit.category)
        must = any(one.kind == "must" for one in bound)
        owed = must and (duty.period == law.MONTH or duty.key in asked)
        line = Item(duty, bound[0].id if bound else "", owed, stands.get(duty.key))
        told = beside.charter if duty.key == CHARTER else None
        line = replace(line, people=_concerned(duty, row, people), charter=told)
        found += [line] if bound else []
    shown = _with_form([one for one in found if _in_place(one, row)])
    return sorted(shown, key=lambda one: not one.owed)


def _with_form(found: list[Item]) -> list[Item]:
    """Return the lines with that of the oath's form only beside an oath, asked as that is asked.

    Source: G-3.1.2c
    """
    oaths = [one.owed for one in found if one.duty.key in on_event.WITH[OATH]]
    form = [replace(one, owed=any(oaths)) for one in found if one.duty.key == OATH and oaths]
    return [one for one in found if one.duty.key != OATH] + form


def _concerned(duty: Duty, row: Activity, people: list[Person]) -> tuple[Person, ...]:
    """Return of whom a line may not hold: everybody, or who joined in that month. Source: G-3.1.2a"""
    if not duty.of_some:
        return ()
    if duty.key != JOINED:
        return tuple(people)
    return tuple(one for one in people if one.joined_on and one.joined_on.month == row.month)


def _in_place(one: Item, row: Activity) -> bool:
    """True where a line has something to say this month."""
    if one.duty.key == "OATH.JULY1":
        return row.month == JULY
    return one.duty.key != JOINED or bool(one.people)


@dataclass(frozen=True)
class Known:
    """What is known beside a sheet: its own lines by key, what is to be told at it, the year's plan for the
    charter and what other sheets say was read, by month.
    """

    stands: dict[str, Any]
    to_tell: set[str]
    charter: tuple[str, list[tuple[int, str]]]


def known(session: Session, row: Activity) -> Known:
    """Return what is known beside a party day's sheet, asked at once. Source: G-3.1.3a, G-3.2.4e"""
    mine, told = DutyRecord.__table__.c, on_event.settled_before(row)
    own = sa.select(
        *(mine[name] for name in ("key", "month", "sheet_id", "facts", "noted_at"))
    ).where(
        DutyRecord.unit_id == row.unit_id,
        DutyRecord.year == row.year,
        DutyRecord.withdrawn_at.is_(None),
        sa.or_(DutyRecord.sheet_id == row.id, DutyRecord.key.in_((CHARTER_PLAN, CHARTER))),
    )
    parts = [own]
    if told is not None:
        nothing = sa.cast(sa.null(), mine.facts.type)
        entry = RegisterEntry
        parts.append(
            told.with_only_columns(entry.key, sa.literal(0), entry.id, nothing, entry.noted_at)
        )
    rows = session.execute(sa.union_all(*parts)).all()
    others = [one for one in rows if one.month and one.sheet_id != row.id]
    planned = next((one.facts.get("note", "") for one in others if one.key == CHARTER_PLAN), "")
    read_ = sorted((one.month, one.facts.get("note", "")) for one in others if one.key == CHARTER)
    return Known(
        {one.key: one for one in rows if one.month and one.sheet_id == row.id},
        on_event.asked_by((one.key for one in rows if not one.month), on_event.TOLD_AFTER),
        (planned, read_),
    )


# The sheet of a party day ------------------------------------------------------------------------


def submit(
    session: Session,
    activity_id: str,
    wanted: dict[str, Done],
    who: Actor,
    at: Moment,
    why: str = "",
    version: int | None = None,
) -> Activity:
    """Let the sheet of a party day say what was done there, in place of what it said, and commit.

    Raises NotFound, Forbidden, InvalidInput, RuleViolation, VersionConflict.
    """
    with use_case(session, who, at, "duties"):
        row = session.get(Activity, activity_id, with_for_update=True, populate_existing=True)
        if row is None:
            raise NotFound()
        basis = authority.enters(session, row.unit, who)
        if version not in (None, row.version):
            raise entries.changed(session, row)
        record(session, row, wanted, who, basis, at, why)
        return row


def record(
    session: Session,
    row: Activity,
    wanted: dict[str, Done],
    who: Actor,
    basis: AuthorityBasis,
    at: Moment,
    why: str = "",
) -> None:
    """Write what was done at a party day and file it with the day's record. Does not commit.

    What stood and is no longer so, or is so otherwise, needs a reason. Raises InvalidInput,
    RuleViolation.
    """
    if row.held_on is None:
        raise RuleViolation("活动开展以后再登记做了什么。", field="duties", house_rule=AFTER)
    _must_fit(session, row, wanted)
    lecturer_came(session, row, wanted)
    stood = of_sheets(session, [row.id]).get(row.id, {})
    gone, fresh = _differs(stood, _as_met(stood, wanted))
    if not gone and not fresh:
        return
    why = _reason(why, [one for one in gone if not _makes_up(one, fresh)])
    _withdraw(session, gone, who, at, why or N_("补记"))
    write(session, row, row.unit, row.month, row.held_on, fresh, who, basis, at)
    told = {"done": sorted(fresh), "gone": sorted(one.key for one in gone)}
    change(
        session,
        row,
        at,
        why or N_("登记做了什么"),
        act="duties",
        by=who.id,
        stand=basis,
        noted={"duties": {name: keys for name, keys in told.items() if keys}},
    )


def _as_met(stood: dict[str, DutyRecord], wanted: dict[str, Done]) -> dict[str, Done]:
    """Return what a sheet says with what is known of a meeting before the day, which no sheet repeats."""
    met = {key: row.facts for key, row in stood.items() if row.facts.get("met_on")}
    return {
        key: replace(one, met_on=met[key]["met_on"], came=tuple(met[key]["came"]))
        if key in met and not one.met_on
        else one
        for key, one in wanted.items()
    }


def _differs(
    stood: dict[str, DutyRecord], wanted: dict[str, Done]
) -> tuple[list[DutyRecord], dict[str, Done]]:
    """Return what stands no longer as it is, and what is to stand anew."""
    same = {key for key, one in wanted.items() if key in stood and stood[key].facts == one.facts}
    gone = [one for key, one in stood.items() if key not in same]
    return gone, {key: one for key, one in wanted.items() if key not in same}


def _makes_up(row: DutyRecord, fresh: dict[str, Done]) -> bool:
    """True where fewer members are left of whom it does not hold, and nothing else is said otherwise."""
    before, now = row.facts, fresh.get(row.key)
    if now is None or now.note != before.get("note", ""):
        return False
    return set(now.without) < set(before.get("except", ()))


def _reason(why: str, gone: list[DutyRecord]) -> str:
    why = typed.words(why)
    if gone and not why:
        raise RuleViolation(
            "更改已经登记的内容要写明原因。",
            field="why",
            house_rule=N_("更正是新的一版，写明何人、何事、为何。"),
        )
    if len(why) > LONGEST:
        raise InvalidInput({"why": say("最多写 %(most)s 字。", most=LONGEST)})
    return why


def _must_fit(session: Session, row: Activity, wanted: dict[str, Done]) -> None:
    """Make sure that each item binds this branch, is one of its sheet, and names its own members."""
    strange = [key for key in wanted if not _on_sheet(duties().get(key), row.unit)]
    if strange:
        raise InvalidInput(dict.fromkeys(strange, N_("这一项不在你支部的月度记录表里。")))
    if len(lecturers := [key for key in wanted if key in LECTURES]) > 1:
        raise RuleViolation(
            "一次活动的党课记一位主讲人，不能一次算作两次。",
            field=lecturers[1],
            rule="one_lecturer",
            house_rule=ONE_LECTURER,
        )
    naming = {key: set(one.without) for key, one in wanted.items() if one.without}
    own = set(ids_of(members(session, row.unit_id, row.held_on))) if naming else set()
    wrong = [key for key, named in naming.items() if not (duties()[key].of_some and named <= own)]
    if wrong:
        said = N_("名单里有人当天不是你支部的党员，或这一项不按人登记。")
        raise InvalidInput(dict.fromkeys(wrong, said))


def lecturer_came(session: Session, row: Activity, keys: Iterable[str]) -> None:
    """Make sure that no lecture is the secretary's which he was not there to give. Raises RuleViolation.

    Source: G-3.1.5c
    """
    if BY_SECRETARY not in keys:
        return
    away = session.scalar(
        sa.select(Person.name)
        .join(Post, Post.person_id == Person.id)
        .join(Attendance, Attendance.person_id == Person.id)
        .where(
            Post.unit_id == row.unit_id,
            Post.office == "secretary",
            in_office(row.held_on),
            Attendance.activity_id == row.id,
            Attendance.kind.in_(MISSING),
        )
    )
    if away:
        raise RuleViolation(
            say("支部书记%(name)s没有到会，这堂党课不能记为支部书记讲的。", name=away),
            field="lecturer",
            rule="lecturer_came",
            clause=own_id("G-3.1.5c", row.unit.category),
        )


def _on_sheet(duty: Duty | None, unit: Unit) -> bool:
    return duty is not None and duty.on_sheet and bool(by_key(duty.key, unit.category))


def _withdraw(session: Session, rows: list[DutyRecord], who: Actor, at: Moment, why: str) -> None:
    for row in rows:
        row.withdrawn_at, row.withdrawn_by, row.withdrawn_why = at.now, who.id, why
    session.flush()


def write(
    session: Session,
    sheet: Activity | YearSheet,
    unit: Unit,
    month: int,
    on: date,
    fresh: dict[str, Done],
    who: Actor,
    basis: AuthorityBasis,
    at: Moment,
) -> None:
    """Write on a sheet, for a month, what was done on a day. Does not commit."""
    entered_for = who.id if basis.role == authority.RECORDER else None
    session.add_all(
        DutyRecord(
            id=new_id(),
            zone_id=unit.zone_id,
            unit_id=unit.id,
            sheet_id=sheet.id,
            key=key,
            year=sheet.year,
            month=month,
            done_on=on,
            facts=done.facts,
            noted_by=who.id,
            noted_at=at.now,
            entered_for=entered_for,
        )
        for key, done in fresh.items()
    )
    session.flush()


def plan(
    session: Session,
    row: Activity,
    wanted: dict[str, Done],
    who: Actor,
    basis: AuthorityBasis,
    at: Moment,
) -> dict[str, list[str]]:
    """Write what was done before the day, in place of what stood of the same keys; returns which came
    and went. Does not commit, and leaves the record of it to the caller. Source: G-2.3.2a
    """
    standing = of_sheets(session, [row.id]).get(row.id, {})
    stood = {key: one for key, one in standing.items() if key in PLANNED}
    gone, fresh = _differs(stood, wanted)
    _withdraw(session, gone, who, at, N_("改了活动安排"))
    for key, done in fresh.items():
        on = read_day(done.met_on) or at.today
        write(session, row, row.unit, row.month, on, {key: done}, who, basis, at)
    told = {"done": sorted(fresh), "gone": sorted(one.key for one in gone)}
    return {name: keys for name, keys in told.items() if keys}


# The sheet of a year -----------------------------------------------------------------------------


def of_year(session: Session, unit: Unit, year: int) -> list[DutyRecord]:
    """Return what was entered on the sheet of a unit's year, what was taken back among it."""
    sheet = sa.select(YearSheet.id).where(YearSheet.unit_id == unit.id, YearSheet.year == year)
    wanted = (
        sa.select(DutyRecord)
        .where(
            DutyRecord.unit_id == unit.id, DutyRecord.year == year, DutyRecord.sheet_id.in_(sheet)
        )
        .order_by(DutyRecord.done_on, DutyRecord.id)
        .options(joinedload(DutyRecord.noter))
    )
    return list(session.scalars(wanted))


def enter(
    session: Session,
    unit_id: str,
    key: str,
    on: str,
    note: str,
    who: Actor,
    at: Moment,
    year: int | None = None,
) -> DutyRecord:
    """Enter on the year sheet of a unit what it did on a day, and commit. What stood there under the
    same key stays; a half-yearly duty is entered once a half-year. `year`: that of the sheet that was
    filled in.

    Raises NotFound, Forbidden, InvalidInput, RuleViolation.
    """
    with use_case(session, who, at, "duty"):
        unit = fetch(session, Unit, unit_id)
        basis = writes(session, unit, who)
        duty = duties().get(key)
        if duty is None or not owes_yearly(duty, unit):
            raise InvalidInput({"key": N_("这一项不在这个单位的年度表里。")})
        day, said = _day(on, at), _said(duty, note)
        if year not in (None, day.year):
            other = say("这是%(y)s年的年度表，请填这一年里的日期。", y=year)
            raise RuleViolation(other, field="on", house_rule=OF_ITS_YEAR)
        _not_before(unit, day)
        sheet = begun(session, unit, day.year, at)
        _once(session, sheet, duty, day)
        write(session, sheet, unit, day.month, day, {key: said}, who, basis, at)
        chain(session, sheet, "duties", at, who, basis, {"done": [key]})
        return session.scalars(_standing(sheet, key).order_by(DutyRecord.id.desc())).first()


def _said(duty: Duty, note: str) -> Done:
    """Read what a line of a year sheet says; where it asks for something it is no bare tick. Raises
    InvalidInput.
    """
    if duty.hint and not typed.says(note):
        raise InvalidInput(
            {"note": say("“%(what)s”请填写“%(hint)s”。", what=duty.title, hint=duty.hint)}
        )
    return _done(duty.key, {"note": note})


def writes(session: Session, unit: Unit, who: Actor) -> AuthorityBasis:
    """Make sure that somebody keeps the year sheet of a unit: a branch's leaders, above them who
    serves there. Raises NotFound, Forbidden.
    """
    if unit.kind == "branch":
        return authority.enters(session, unit, who)
    held = [post.office for post in who.posts if post.unit_id == unit.id and post.office in OFFICES]
    if held:
        return AuthorityBasis(unit.id, "superior", held[0])
    if not who.sees(unit):
        raise NotFound()
    raise Forbidden(N_("年度表由本单位的负责人和经办人填写。"), rule="authority")


def speaker(session: Session, row: DutyRecord) -> Unit:
    """Return the unit that says what a sheet of a year says: of what a superior owed a branch its superior."""
    duty = duties().get(row.key.removeprefix(WHY))
    lent = duty is not None and duty.by == SUPERIOR and row.key.startswith(WHY)
    return superiors(session, row.unit)[0] if lent and row.unit.kind == "branch" else row.unit


def said_of(
    session: Session, unit_ids: list[str], year: int, keys: Collection[str]
) -> list[DutyRecord]:
    """Return what is said under these keys on the year sheets of some units, also what was taken back."""
    wanted = (
        sa.select(DutyRecord)
        .where(DutyRecord.unit_id.in_(unit_ids), DutyRecord.year == year, DutyRecord.key.in_(keys))
        .order_by(DutyRecord.done_on, DutyRecord.id)
        .options(joinedload(DutyRecord.noter), joinedload(DutyRecord.unit))
    )
    return list(session.scalars(wanted))


def owes_yearly(duty: Duty, unit: Unit) -> bool:
    """True where a duty is one of a unit's year sheet."""
    if duty.settled != YEAR_SHEET:
        return False
    if unit.kind == "branch":
        return duty.by == BRANCH and bool(by_key(duty.key, unit.category))
    return duty.by == (ZONE if unit.kind == "zone" else SUPERIOR)


def _day(on: str, at: Moment) -> date:
    day = read_day(on)
    if day is None:
        raise InvalidInput({"on": N_("日期要写成 2026-01-09 这样。")})
    if day > at.today:
        raise RuleViolation("还没有到这一天，做了以后再登记。", field="on", house_rule=AFTER)
    return day


def _not_before(unit: Unit, day: date) -> None:
    """Make sure that the unit used the program in a year: of earlier ones nothing is owed."""
    if before_start(unit, date(day.year, 12, 31)):
        raise RuleViolation(
            "这一年在启用以前，以纸质手册为准，不用登记。", field="on", house_rule=BEFORE
        )


def begun(session: Session, unit: Unit, year: int, at: Moment) -> YearSheet:
    """Return the sheet of a unit's year, locked; the first time it is begun."""
    insert_once(
        session,
        YearSheet,
        id=new_id(),
        zone_id=unit.zone_id,
        unit_id=unit.id,
        year=year,
        begun_at=at.now,
    )
    found = sa.select(YearSheet).where(YearSheet.unit_id == unit.id, YearSheet.year == year)
    return session.scalars(found.with_for_update()).one()


def _standing(sheet: YearSheet, key: str):
    return sa.select(DutyRecord).where(
        DutyRecord.sheet_id == sheet.id, DutyRecord.key == key, DutyRecord.withdrawn_at.is_(None)
    )


def _once(session: Session, sheet: YearSheet, duty: Duty, day: date) -> None:
    """Of one time a duty is entered once. Raises RuleViolation."""
    now = part_of(duty.period, day.month)
    for row in session.scalars(_standing(sheet, duty.key)):
        if part_of(duty.period, row.month) == now:
            raise RuleViolation(
                say(
                    "这一项在这段时间里已经登记过（%(who)s，%(m)s月%(d)s日）；写错了的，先撤回再登记。",
                    who=row.noter.name,
                    m=row.done_on.month,
                    d=row.done_on.day,
                ),
                field="key",
                house_rule=N_("一项职责在一段时间里登记一次。"),
                decided_by=row.noter.name,
                decided_at=row.noted_at.isoformat(),
            )


def take_back(session: Session, record_id: str, why: str, who: Actor, at: Moment) -> DutyRecord:
    """Take back a wrong entry of a year sheet with a reason, and commit; it stays on record.

    Raises NotFound, Forbidden, InvalidInput, InvalidTransition.
    """
    with use_case(session, who, at, "duty_take_back"):
        row = fetch(session, DutyRecord, record_id)
        basis = writes(session, speaker(session, row), who)
        sheet = session.get(YearSheet, row.sheet_id, with_for_update=True)
        if sheet is None:
            raise NotFound()  # an item of a party day is corrected on its sheet
        session.refresh(row)
        if row.withdrawn_at:
            raise entries.gone(session, row, at)
        why = typed.words(why)
        if not 0 < len(why) <= LONGEST:
            raise InvalidInput(
                {"reason": say("请写明撤回的原因，最多 %(most)s 字。", most=LONGEST)}
            )
        _withdraw(session, [row], who, at, why)
        chain(session, sheet, "duties", at, who, basis, {"gone": [row.key]}, why)
        return row


def chain(session: Session, sheet: YearSheet, name: str, at, who, basis, told, why="") -> None:
    """Let the record of a year sheet tell an act."""
    act = chains.Act(
        sheet.zone_id, sheet.id, "year_sheet", name, "kept", at.now, who.id, basis, why, told
    )
    chains.add(session, act)


def ground(key: str, unit: Unit) -> str:
    """Return the clause under which a unit owes something, in its own document."""
    found = by_key(key, unit.category) if unit.category else []
    if found:
        return found[0].id
    return next((number for number, entry in register().items() if entry["key"] == key), key)
