"""Members who come, go, die, or whose circumstances change.

Their open cases follow or end; nothing is deleted.
"""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base import typed
from oversight.base.clock import Moment
from oversight.base.refusals import Forbidden, InvalidInput, RuleViolation
from oversight.base.sentences import N_, say
from oversight.models import Case, Membership, Person, Unit
from oversight.organization.actor import Actor
from oversight.organization.members import branch_of
from oversight.organization.standing import is_member

from . import accounts, audit_log, departures, tenure
from .roster.cells import FIRST

FLAGS = {
    "probationary": N_("预备党员"),
    "mobile": N_("流动党员"),
    "retired": N_("离退休党员"),
    "elderly": N_("年老体弱"),
    "leading": N_("党员领导干部"),
    "in_post": N_("在职党员"),
    "no_office": N_("无职党员"),
}
FOLLOWS = N_("%(unit)s%(number)s（%(title)s）转支部时随人转到新支部，去世或出党时终止办理。")
ENDS = N_("%(unit)s%(number)s（%(title)s）终止办理，编号保留。")


def groups_of(session: Session, unit: Unit, on: date) -> dict[str, str]:
    """Return the 党小组 of those members of a branch who are in one, by person."""
    return dict(
        session.execute(
            sa.select(Membership.person_id, Unit.name)
            .join(Unit, Unit.id == Membership.group_id)
            .where(Membership.unit_id == unit.id, is_member(on))
            .order_by(Unit.sort, Unit.id, Membership.sort)
        ).all()
    )


def open_cases(session: Session, person: Person) -> list[Case]:
    """Return the member's own open cases: what a change touches."""
    return list(
        session.scalars(
            sa.select(Case)
            .where(
                Case.data_subject_id == person.id, Case.closed_at.is_(None), departures.goes_along()
            )
            .order_by(Case.id)
        )
    )


def effects(session: Session, person: Person, on: date) -> list[str]:
    """Say what a transfer or a death touches, for the preview."""
    said = []
    for case in open_cases(session, person):
        law = workflows.of(case)
        said.append(
            say(
                FOLLOWS if law.inherits else ENDS,
                unit=case.unit.name,
                number=case.number or "",
                title=law.title,
            )
        )
    posts = tenure.held(session, person.id, on)
    held = len([post for post in posts if post.unit.kind in ("branch", "group")])
    return [*said, *([say("在支部的 %(n)s 个职务同时结束。", n=held)] if held else [])]


def join(
    session: Session,
    unit: Unit,
    name: str,
    on: date,
    who: Actor,
    at: Moment,
    joined_on: date | None = None,
) -> Person:
    """Enter a member who comes from outside the zone (转入).

    Does not commit. Raises Forbidden, InvalidInput.
    """
    audit_log.alone(session, who.zone_id)
    audit_log.require(session, who, "people", unit)
    _branch(unit, "unit")
    name = typed.field("name", typed.person_name, name)
    if joined_on and not FIRST <= joined_on <= at.today:
        raise InvalidInput(
            {"joined_on": N_("“入党日期”早于建党，或者还没有到，请核对后写成 2010-07-01 这样。")}
        )
    _not_twice(session, unit, name, on)
    person = Person(zone_id=unit.zone_id, name=name, joined_on=joined_on)
    session.add(person)
    session.flush()
    _enter(session, person, unit, on)
    audit_log.note(
        session,
        who,
        at,
        "people",
        "transfer_in",
        unit,
        person.name,
        person.id,
        branch=["", unit.name],
        from_on=["", on.isoformat()],
    )
    session.flush()
    return person


def _not_twice(session: Session, unit: Unit, name: str, on: date) -> None:
    """Make sure that a form that was sent twice enters one member. Raises InvalidInput."""
    same = sa.select(Person.id).join(Membership, Membership.person_id == Person.id)
    known = same.where(Membership.unit_id == unit.id, Membership.from_on == on, Person.name == name)
    if session.scalar(known.limit(1)):
        sentence = N_(
            "%(name)s当天已经转入%(unit)s，不用再登记；确是同名的另一人，请在姓名末尾加一个数字或字母。"
        )
        raise InvalidInput({"name": say(sentence, name=name, unit=unit.name)})


def transfer(
    session: Session, person: Person, unit: Unit, on: date, who: Actor, at: Moment
) -> None:
    """Move a member to another branch from a day on. Does not commit. Raises Forbidden,
    RuleViolation, InvalidInput.

    Whoever keeps one side may start it; both sides are below him, or he keeps the zone's people.
    """
    old = present(session, person, who, at)
    audit_log.require(session, who, "people", unit)
    _branch(unit, "unit")
    if unit.id == old.id:
        raise InvalidInput(
            {"unit": say("%(name)s已经在%(unit)s。", name=person.name, unit=unit.name)}
        )
    leave(session, person, on, who, at)
    _enter(session, person, unit, on)
    accounts.follow(session, [person.id], who, at)
    audit_log.note(
        session,
        who,
        at,
        "people",
        "transfer_out",
        unit,
        person.name,
        person.id,
        branch=[old.name, unit.name],
        from_on=["", on.isoformat()],
    )
    session.flush()
    departures.settle_people(
        session, [person.id], who, at
    )  # where the day is still to come, the sweep does it then


def set_flags(session: Session, person: Person, flags: set[str], who: Actor, at: Moment) -> None:
    """Change a member's circumstances; only what differs is written down. Does not commit. Raises
    Forbidden.
    """
    branch = present(session, person, who, at)
    changed = {
        name: [_yes(getattr(person, name)), _yes(name in flags)]
        for name in FLAGS
        if getattr(person, name) != (name in flags)
    }
    if not changed:
        return
    for name in FLAGS:
        setattr(person, name, name in flags)
    audit_log.note(session, who, at, "people", "flags", branch, person.name, person.id, **changed)
    session.flush()


def _yes(value: bool) -> str:
    return N_("是") if value else N_("否")


def present(session: Session, person: Person, who: Actor, at: Moment) -> Unit:
    """Return the member's branch, having asked whether the actor keeps it.

    Raises Forbidden, InvalidInput.
    """
    audit_log.alone(session, who.zone_id)
    branch = branch_of(session, person, at.today)
    audit_log.require(session, who, "people", branch)
    if branch is None or person.left_on:
        raise InvalidInput({"person": say("%(name)s现在不属于任何支部。", name=person.name)})
    not_own(person, who)
    return branch


def not_own(person: Person, who: Actor) -> None:
    """Make sure that nobody writes down what is his own. Raises Forbidden."""
    if person.id == who.id:
        sentence = N_("自己的情况由他人登记。")
        raise Forbidden(sentence, rule="not_own", house_rule=N_("任何人不登记自己的情况。"))


def _branch(unit: Unit, field: str) -> None:
    if unit.kind != "branch" or unit.ended_on:
        raise InvalidInput({field: N_("请选一个现有的党支部。")})


def leave(session: Session, person: Person, on: date, who: Actor, at: Moment) -> None:
    """End the membership the day before; posts in the branch end with it. Does not commit.

    Raises RuleViolation.
    """
    row = session.scalar(
        sa.select(Membership).where(Membership.person_id == person.id, Membership.to_on.is_(None))
    )
    if row is None or on <= row.from_on:
        raise RuleViolation(
            "日期要晚于编入现支部的日期。",
            rule="order",
            field="on",
            house_rule=N_("组织关系前后相接。"),
        )
    row.to_on = on - timedelta(days=1)
    posts = tenure.held(session, person.id, on)
    here = [post for post in posts if row.unit_id in (post.unit_id, post.unit.parent_id)]
    tenure.end_all(session, here, row.to_on, who, at)  # of the branch, or of one of its groups
    session.flush()


def _enter(session: Session, person: Person, unit: Unit, on: date) -> None:
    last = (
        session.scalar(sa.select(sa.func.max(Membership.sort)).where(Membership.unit_id == unit.id))
        or 0
    )
    session.add(
        Membership(
            zone_id=unit.zone_id, person_id=person.id, unit_id=unit.id, sort=last + 1, from_on=on
        )
    )
