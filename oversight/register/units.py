"""Units founded and renamed, and what a merger, split or move would pass on.

Doing those is `reorganize`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base import typed
from oversight.base.clock import Moment
from oversight.base.refusals import InvalidInput
from oversight.base.sentences import N_, say
from oversight.models import Activity, Case, Membership, Person, Post, Unit, UnitChange
from oversight.models.organizations import CATEGORIES, UNIT_KINDS
from oversight.organization.actor import Actor
from oversight.organization.members import members
from oversight.organization.standing import in_office
from oversight.organization.units import present, superiors

from . import audit_log

EARLIEST, AHEAD = date(2015, 1, 1), timedelta(days=366)
SUPERIOR_ENTERS = "superior"
NOBODY_ENTERS, BY_SUPERIOR = N_("支部自己登记"), N_("上级经办人")
ENTERING = ("officer", "secretary", "deputy", "committee", "organizer", "inspector")
BELOW = {
    "zone": ("town", "department"),
    "town": ("middle", "branch"),
    "department": ("middle", "branch"),
    "middle": ("branch",),
    "branch": ("group",),
}


@dataclass(frozen=True)
class Preview:
    """What would pass from a unit:

    members, posts that end, cases that pass on and those that end.
    """

    members: int
    posts: int
    inherited: list[Case]
    ended: list[Case]


def preview(session: Session, unit: Unit) -> Preview:
    """Count what a unit would hand on if it were merged now."""
    members = session.scalar(
        sa.select(sa.func.count())
        .select_from(Membership)
        .where(Membership.unit_id == unit.id, Membership.to_on.is_(None))
    )
    posts = session.scalar(
        sa.select(sa.func.count())
        .select_from(Post)
        .where(Post.unit_id == unit.id, Post.to_on.is_(None))
    )
    cases = list(
        session.scalars(sa.select(Case).where(Case.unit_id == unit.id, Case.closed_at.is_(None)))
    )
    heritable = [case for case in cases if workflows.of(case).inherits]
    return Preview(members, posts, heritable, [case for case in cases if case not in heritable])


def tree(session: Session, who: Actor) -> list[Unit]:
    """Return the units that the actor keeps or sees, each below its superior."""
    rows = present(session, who.zone_id)
    all_of_them = who.holds("sysadmin", "secadmin", "auditor")
    order = {unit.id: (unit.sort, unit.id) for unit in rows}
    return sorted(
        (unit for unit in rows if all_of_them or who.sees(unit)),
        key=lambda unit: [order.get(one, (0, one)) for one in unit.path.strip("/").split("/")],
    )


def write(
    session: Session,
    parent: Unit,
    kind: str,
    name: str,
    on: date,
    who: Actor,
    at: Moment,
    category: str | None = None,
) -> Unit:
    """Write down a unit below another that may be founded today. Does not commit."""
    unit = Unit(
        zone_id=parent.zone_id,
        parent_id=parent.id,
        path="",
        kind=kind,
        name=name,
        accountable_from=on,
        category=category if kind == "branch" else None,
    )
    session.add(unit)
    session.flush()
    unit.path = f"{parent.path}{unit.id}/"
    _note(
        session,
        unit,
        "founded",
        "found",
        on,
        {"name": ["", name]},
        who,
        at,
        name=["", name],
        unit_kind=["", UNIT_KINDS[kind]],
        parent=["", parent.name],
    )
    return unit


def fitting(session: Session, parent: Unit, kind: str, name: str, category: str | None) -> str:
    """Return the name of a unit that can be founded below another. Raises InvalidInput."""
    wrong = {}
    if parent.ended_on is not None or kind not in BELOW.get(parent.kind, ()):
        wrong["kind"] = N_("这一级下面不能设这种单位，请另选。")
    if (kind == "branch") != (category in CATEGORIES):
        wrong["category"] = N_("党支部要选类别，其他单位不选。")
    return _name(session, parent, name, wrong)


def rename(session: Session, unit: Unit, name: str, who: Actor, at: Moment) -> None:
    """Give a unit another name; papers already issued keep the old one. Does not commit.

    Raises Forbidden, InvalidInput.
    """
    audit_log.alone(session, unit.zone_id)
    audit_log.require(session, who, "units", unit)
    if typed.line(name) == unit.name:
        raise InvalidInput({"name": N_("新名称与现在的名称相同。")})
    parent = session.get(Unit, unit.parent_id) if unit.parent_id else unit
    before, unit.name = unit.name, _name(session, parent, name, {})
    _note(
        session,
        unit,
        "renamed",
        "rename",
        at.today,
        {"name": [before, unit.name]},
        who,
        at,
        name=[before, unit.name],
    )


def start_using(session: Session, unit: Unit, on: date, who: Actor, at: Moment) -> None:
    """Set the day from which a branch uses the program (启用日期); nothing earlier is owed. Does not
    commit.

    Raises Forbidden, InvalidInput.
    """
    audit_log.require(session, who, "units", unit)
    if not EARLIEST <= on <= at.today + AHEAD:
        raise InvalidInput(
            {"begins": N_("启用日期最早写到 2015 年，最远写到一年以后，请核对年份。")}
        )
    first = _first_entry(session, unit)
    if first is not None and on > first:
        said = say(
            "%(y)s年%(m)s月%(d)s日的活动已经在系统里登记，启用日期不能晚于这一天。",
            y=first.year,
            m=first.month,
            d=first.day,
        )
        raise InvalidInput({"begins": said})
    before, unit.accountable_from = unit.accountable_from, on
    days = [before.isoformat(), on.isoformat()]
    _note(session, unit, "begun", "begin", on, {"begins": days}, who, at, begins=days)


def _first_entry(session: Session, unit: Unit) -> date | None:
    """Return the first activity that was entered here, not copied from the handbook."""
    found = sa.select(sa.func.min(Activity.held_on)).where(
        Activity.unit_id == unit.id, Activity.source.is_(None)
    )
    return session.scalar(found)


def let_enter(session: Session, unit: Unit, how: str, who: Actor, at: Moment) -> None:
    """Say who enters for a branch without a computer (代录): "" nobody, "superior", or beside the
    superior a person by id. Does not commit. Raises Forbidden, InvalidInput.
    """
    audit_log.require(session, who, "units", unit)
    people = {person.id: person.name for person in recorders(session, unit, at.today)}
    if how not in ("", SUPERIOR_ENTERS, *people):
        raise InvalidInput({"recorder": N_("请从名单里选择代录人。")})
    before = recorded_by(session, unit)
    unit.proxied_from = (unit.proxied_from or at.today) if how else None
    unit.recorder_id = how if how in people else None
    told = [before, recorded_by(session, unit)]
    _note(
        session, unit, "recorder", "recorder", at.today, {"recorder": told}, who, at, recorder=told
    )


def recorded_by(session: Session, unit: Unit) -> str:
    """Say who enters for a branch besides itself."""
    if unit.proxied_from is None:
        return NOBODY_ENTERS
    person = session.get(Person, unit.recorder_id) if unit.recorder_id else None
    return person.name if person else BY_SUPERIOR


def recorders(session: Session, unit: Unit, on: date) -> list[Person]:
    """Return who may be named to enter for a branch: its members, and who serves right above it."""
    above = superiors(session, unit)[0]
    serving = session.scalars(
        sa.select(Person)
        .join(Post, Post.person_id == Person.id)
        .where(Post.unit_id == above.id, Post.office.in_(ENTERING), in_office(on))
        .order_by(Person.name, Person.id)
    )
    return list(dict.fromkeys([*serving, *members(session, unit.id, on)]))


def _name(session: Session, parent: Unit, name: str, wrong: dict) -> str:
    """Return a name that no sibling bears. Raises InvalidInput with everything that is wrong."""
    try:
        name = typed.organization_name(name)
    except typed.Unreadable as no:
        wrong["name"] = no.args[0]
        raise InvalidInput(wrong) from None
    if session.scalar(
        sa.select(Unit.id)
        .where(Unit.parent_id == parent.id, Unit.name == name, Unit.ended_on.is_(None))
        .limit(1)
    ):
        wrong["name"] = N_("同一上级下已有同名的单位。")
    if wrong:
        raise InvalidInput(wrong)
    return name


def _note(
    session: Session,
    unit: Unit,
    kind: str,
    act: str,
    on: date,
    what: dict,
    who: Actor,
    at: Moment,
    **said,
) -> None:
    session.add(
        UnitChange(
            zone_id=unit.zone_id,
            unit_id=unit.id,
            kind=kind,
            day=on,
            what=what,
            by_id=who.id,
            at=at.now,
        )
    )
    audit_log.note(session, who, at, "units", act, unit, unit.name, unit.id, **said)
    session.flush()
