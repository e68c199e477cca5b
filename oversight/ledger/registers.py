"""The three small registers of a branch by one mechanism: what came up, and that it was dealt with. Nothing
is owed before something came up, and nobody writes that nothing did.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from oversight.base import typed
from oversight.base.clock import Moment
from oversight.base.db import fetch, new_id
from oversight.base.refusals import (
    Forbidden,
    InvalidInput,
    InvalidTransition,
    NotFound,
    RuleViolation,
)
from oversight.base.rows import ids_of
from oversight.base.sentences import N_, say
from oversight.calendar.workdays import add_workdays
from oversight.calendar.zone import zone_calendar
from oversight.engine import authority, records
from oversight.engine import journal as chained
from oversight.engine.use_case import use_case
from oversight.law.clauses import house_rule
from oversight.law.inputs import read_day
from oversight.law.roles import BRANCH
from oversight.models import Person, Post, RegisterEntry, Unit, chains
from oversight.organization.actor import Actor, AuthorityBasis
from oversight.organization.members import members
from oversight.organization.standing import in_office
from oversight.organization.units import successor_of, with_former

from . import entries, on_event

LONGEST = 200
ISSUE, CARE, BREACH = "issue", "care", "breach"
REGISTERS = {ISSUE: N_("问题登记"), CARE: N_("关心关爱"), BREACH: N_("违纪违法情况报告")}
HAPPENED = house_rule("已经发生的事才登记，办了以后才登记办结。")


@dataclass(frozen=True)
class Kind:
    """What may come up: in which register, under which rule key, within how many working days."""

    register: str
    key: str
    label: str
    workdays: int
    personal: bool = False


# The guidance says 及时 and 即时: the numbers of working days are house rules.
KINDS = {
    "party_building": Kind(ISSUE, "ISSUE.REGISTER", N_("基层党建重点问题"), 22),
    "raised": Kind(ISSUE, "ISSUE.REGISTER", N_("党员群众反映的问题"), 22),
    "life_meeting": Kind(ISSUE, "ISSUE.REGISTER", N_("组织生活会查找的问题"), 22),
    "task": Kind(ISSUE, "ISSUE.TASKS", N_("上级部署的重点任务"), 22),
    "criticized": Kind(CARE, "CARE.TALK", N_("受到批评或处分"), 5, personal=True),
    "hardship": Kind(CARE, "CARE.TALK", N_("遇到困难或挫折"), 5, personal=True),
    "complaint": Kind(CARE, "CARE.TALK", N_("群众有不良反映"), 5, personal=True),
    "july": Kind(CARE, "CARE.VISIT", N_("“七一”走访慰问"), 5, personal=True),
    "spring": Kind(CARE, "CARE.VISIT", N_("春节走访慰问"), 5, personal=True),
    # "七一", 春节 are named by the zone-wide and the rural document alone (G-3.2.4c, R-3.2.4c)
    "needy": Kind(CARE, "CARE.VISIT", N_("老党员、生活困难党员帮扶"), 5, personal=True),
    "disaster": Kind(CARE, "CARE.EMERGENCY", N_("遭受灾害、特殊困难"), 3, personal=True),
    "breach": Kind(BREACH, "VIOLATION.REPORT", N_("发现党员违纪违法情况"), 2),
}


def of_unit(session: Session, unit: Unit, who: Actor) -> list[RegisterEntry]:
    """Return what a branch has entered, and what was left open where it was merged into it, the newest
    first; care for its own leaders alone.

    Source: G-3.2.4b
    """
    hidden = [] if authority.is_led_by(session, unit, who) else _kinds_of(CARE)
    line = with_former([unit.id])
    own = line.c.id == unit.id
    wanted = (
        sa.select(RegisterEntry)
        .join(line, line.c.id == RegisterEntry.unit_id)
        .where(
            RegisterEntry.kind.not_in(hidden),
            on_event.passed_on(line, who.on),
            sa.or_(own, RegisterEntry.withdrawn_at.is_(None)),
        )
        .order_by(RegisterEntry.came_on.desc(), RegisterEntry.id.desc())
        .options(joinedload(RegisterEntry.person), joinedload(RegisterEntry.doer))
    )
    return list(session.scalars(wanted))


def _kinds_of(register: str) -> list[str]:
    return [name for name, kind in KINDS.items() if kind.register == register]


def note(
    session: Session, unit_id: str, words: dict[str, str], who: Actor, at: Moment
) -> RegisterEntry:
    """Enter what came up in a branch, and commit: `kind`, `on`, `what`, for care `person`.

    Raises NotFound, Forbidden, InvalidInput, RuleViolation.
    """
    with use_case(session, who, at, "register"):
        unit = fetch(session, Unit, unit_id)
        basis = authority.enters(session, unit, who)
        kind = KINDS.get(words.get("kind", ""))
        if kind is None:
            raise InvalidInput({"kind": N_("请选择是什么事。")})
        day = _past(words.get("on", ""), at)
        chained.lock(session, unit.zone_id)
        row = RegisterEntry(
            id=new_id(),
            zone_id=unit.zone_id,
            unit_id=unit.id,
            key=kind.key,
            kind=words["kind"],
            came_on=day,
            person_id=_person(session, unit, kind, words.get("person", ""), day),
            what=_what(kind, words.get("what", "")),
            due_on=add_workdays(zone_calendar(session, unit.zone_id), day, kind.workdays),
            noted_by=who.id,
            noted_at=at.now,
        )
        _once(session, row, kind, at)
        session.add(row)
        session.flush()
        _chain(session, row, "enter", at, who, basis)
        return row


def _once(session: Session, row: RegisterEntry, kind: Kind, at: Moment) -> None:
    """What is told in the same words is one thing; of breaches, which have none, each is another.
    Raises RuleViolation.
    """
    if kind.register == BREACH:
        return
    same = (RegisterEntry.unit_id, RegisterEntry.kind, RegisterEntry.came_on, RegisterEntry.what)
    found = session.scalar(
        sa.select(RegisterEntry)
        .where(*(one == getattr(row, one.key) for one in same))
        .where(RegisterEntry.person_id.is_not_distinct_from(row.person_id))
        .where(RegisterEntry.withdrawn_at.is_(None))
        .limit(1)
    )
    if found is not None:
        who = found.noter.name
        said = say(
            "这件事已由%(who)s于%(when)s登记，没有重复登记；另有一件的，请写明不同之处。",
            who=who,
            when=at.written(found.noted_at),
        )
        house = N_("一件事登记一次。")
        raise RuleViolation(
            said,
            field="what",
            house_rule=house,
            decided_by=who,
            decided_at=found.noted_at.isoformat(),
        )


def settle(
    session: Session, entry_id: str, words: dict[str, str], who: Actor, at: Moment
) -> RegisterEntry:
    """Enter that something was dealt with, and commit: `on`, `by`, `note`. A talk is had by a member of
    the committee; of a breach the note says to whom it was reported.

    Raises NotFound, Forbidden, InvalidInput, InvalidTransition, RuleViolation. Source: G-3.2.4b
    """
    with use_case(session, who, at, "register_done"):
        row, basis = _held(session, entry_id, who, at)
        if row.done_on:
            raise _settled(session, row, at)
        day = _past(words.get("on", ""), at)
        if day < row.came_on:
            raise RuleViolation("办结日期不能早于发生日期。", field="on", house_rule=HAPPENED.text)
        note = _line("note", words.get("note", ""))
        row.done_by = _doer(session, row, words.get("by") or who.id, day)
        row.done_on, row.done_note, row.done_noted_at = day, note, at.now
        session.flush()
        _chain(session, row, "settle", at, who, basis)
        return row


def _settled(session: Session, row: RegisterEntry, at: Moment) -> InvalidTransition:
    """Return the refusal of who settles second: who has, and when."""
    first, when = records.newest(session, row.id), row.done_noted_at
    said = N_("这件事已经登记办结，不用再办。")
    if first and when is not None:
        by = first["decided_by"]
        said = say("这件事已经登记办结（%(who)s，%(at)s），不用再办。", who=by, at=at.written(when))
    return InvalidTransition(said, **first)


def take_back(session: Session, entry_id: str, why: str, who: Actor, at: Moment) -> RegisterEntry:
    """Take back a wrong entry with a reason, and commit. Raises as `settle`."""
    with use_case(session, who, at, "register_take_back"):
        row, basis = _held(session, entry_id, who, at)
        row.withdrawn_at, row.withdrawn_by = at.now, who.id
        row.withdrawn_why = _line("reason", why)
        session.flush()
        _chain(session, row, "withdraw", at, who, basis)
        return row


def _held(
    session: Session, entry_id: str, who: Actor, at: Moment
) -> tuple[RegisterEntry, AuthorityBasis]:
    """Return an entry of a branch that somebody leads, locked. Raises NotFound, InvalidTransition."""
    row = session.get(
        RegisterEntry, entry_id, with_for_update={"of": RegisterEntry}, populate_existing=True
    )
    if row is None:
        raise NotFound()
    basis = authority.enters(session, successor_of(session, row.unit), who)
    if row.unit.ended_on and row.done_on and row.done_on < row.unit.ended_on:
        raise InvalidTransition("这件事在支部并入以前已经办结，不用再办。")
    if row.withdrawn_at:
        raise entries.gone(session, row, at)
    return row, basis


def _past(text: str, at: Moment) -> date:
    day = read_day(text)
    if day is None:
        raise InvalidInput({"on": N_("日期要写成 2026-01-09 这样。")})
    if day > at.today:
        raise RuleViolation("还没有到这一天。", field="on", house_rule=HAPPENED.text)
    return day


def _line(name: str, text: str) -> str:
    text = typed.words(text)
    if not 0 < len(text) <= LONGEST:
        raise InvalidInput({name: say("请写一句，最多 %(most)s 字。", most=LONGEST)})
    return text


def _what(kind: Kind, text: str) -> str:
    """Return what came up in a line; of a breach nothing is written. Source: G-3.2.1f"""
    if kind.register != BREACH:
        return _line("what", text)
    if typed.line(text):
        raise InvalidInput({"what": N_("违纪违法的内容和姓名不在这里写，只登记日期和报告情况。")})
    return ""


def _person(session: Session, unit: Unit, kind: Kind, person: str, day: date) -> str | None:
    if not kind.personal:
        return None
    if person not in ids_of(members(session, unit.id, day)):
        raise InvalidInput({"person": N_("请选择本支部的党员。")})
    return person


def _doer(session: Session, row: RegisterEntry, person: str, day: date) -> str:
    """Return who dealt with something: a talk is had by one of the committee, or where there is none by
    any full member; of a merged branch's by one of its heir.
    """
    unit, day = successor_of(session, row.unit), max(day, row.unit.ended_on or day)
    able = talkers(session, unit, day)
    if KINDS[row.kind].key == "CARE.TALK" and person not in ids_of(able):
        raise InvalidInput({"by": N_("谈心由支委会成员进行，请选择谈话的人。")})
    own = {*ids_of(able), *ids_of(members(session, unit.id, day))}
    if person not in own:
        raise InvalidInput({"by": N_("请选择办理的人。")})
    return person


def talkers(session: Session, unit: Unit, on: date) -> list[Person]:
    """Return who serves in a branch's committee on a day; where nobody does, its full members."""
    offices = [office for rank in BRANCH.ranks[:2] for office in rank]
    rows = session.scalars(
        sa.select(Person)
        .join(Post, Post.person_id == Person.id)
        .where(Post.unit_id == unit.id, Post.office.in_(offices), in_office(on))
    )
    return list(rows) or [one for one in members(session, unit.id, on) if not one.probationary]


def _chain(session: Session, row: RegisterEntry, name: str, at: Moment, who: Actor, basis) -> None:
    state = "withdrawn" if row.withdrawn_at else "done" if row.done_on else "open"
    act = chains.Act(
        row.zone_id,
        row.id,
        "register_entry",
        name,
        state,
        at.now,
        who.id,
        basis,
        "",
        {"key": row.key},
    )
    chains.add(session, act)


def may_read(session: Session, unit: Unit, who: Actor) -> None:
    """Make sure that somebody may read a branch's registers: its leaders, and who stands above. Raises
    NotFound, Forbidden.
    """
    if not who.sees(unit) or unit.kind != "branch":
        raise NotFound()
    above = any(unit.within(path) for path in who.business)
    if not above and not authority.may_enter(session, unit, who):
        raise Forbidden(N_("小登记由支部负责人和上级党组织查看。"), rule="authority")
