"""Units that merge, split or move: their members, posts, plans and open cases go with them.

Nothing is deleted; what a unit was stays readable in its changes.
"""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base import typed
from oversight.base.clock import Moment
from oversight.base.refusals import Forbidden, InvalidInput, RuleViolation
from oversight.base.rows import ids_of
from oversight.base.sentences import N_, say
from oversight.engine import boxes, transitions
from oversight.engine.authority import refuse_unconfirmed
from oversight.law.roles import SUPERIOR
from oversight.models import Case, Membership, Post, Unit, UnitChange, WorkItem
from oversight.organization.actor import Actor
from oversight.organization.members import members
from oversight.organization.units import superiors

from . import audit_log, tenure
from .units import BELOW

FURTHEST = timedelta(days=366)


def move(session: Session, unit: Unit, parent: Unit, on: date, who: Actor, at: Moment) -> None:
    """Put a unit with all that is below it under another; open cases go to the new superior's
    desks.

    Does not commit. Raises RuleViolation, Forbidden.
    """
    _entitled(session, unit, who)
    _of_our_time(on, at)
    if parent.within(unit.path) or parent.ended_on or unit.kind not in BELOW.get(parent.kind, ()):
        raise RuleViolation(
            say("%(unit)s不能划到%(parent)s之下。", unit=unit.name, parent=parent.name)
        )
    old, new = unit.path, f"{parent.path}{unit.id}/"
    _note(session, unit, "moved", on, {"parent_id": [unit.parent_id, parent.id]}, who, at)
    for below in session.scalars(sa.select(Unit).where(Unit.path.startswith(old, autoescape=True))):
        below.path = new + below.path[len(old) :]
    unit.parent_id = parent.id
    _record(session, unit, "move", who, at, into=["", parent.name], from_on=["", on.isoformat()])
    session.flush()
    for case_id in _open_cases(session, new):
        transitions.reassign_case(session, case_id, at)


def merge(
    session: Session, units: list[Unit], into: Unit, on: date, who: Actor, at: Moment
) -> None:
    """End branches on a day and hand members and heritable cases to their successor.

    Cases that do not pass on are terminated by the actor, who must be entitled to. Does not commit.
    Raises RuleViolation, Forbidden.
    """
    _of_our_time(on, at)
    for unit in units:
        _entitled(session, unit, who)
        if unit.id == into.id or unit.kind != into.kind or unit.ended_on or into.ended_on:
            raise RuleViolation(say("%(unit)s不能并入%(into)s。", unit=unit.name, into=into.name))
        _hand_over_cases(session, unit, into, who, at)
        _hand_over_members(session, unit, into, on)
        _end_posts(session, unit, on, who, at)
        _end_groups(session, unit, on, who, at)
        _note(session, unit, "merged", on, {"successor_id": [None, into.id]}, who, at)
        unit.ended_on, unit.successor_id = on, into.id
        _record(session, unit, "merge", who, at, into=["", into.name], from_on=["", on.isoformat()])
    session.flush()


def split(
    session: Session, unit: Unit, name: str, people: list[str], on: date, who: Actor, at: Moment
) -> Unit:
    """Found a new branch beside one, of the same category, with some of its members and their own
    open cases.

    Does not commit. Raises Forbidden, InvalidInput.
    """
    _entitled(session, unit, who)
    _of_our_time(on, at)
    name = typed.field("name", typed.organization_name, name)
    if not people or not set(people) < set(ids_of(members(session, unit.id, on))):
        raise InvalidInput({"people": N_("请勾选到新支部的党员，至少一人，原支部也要留人。")})
    new = Unit(
        zone_id=unit.zone_id,
        parent_id=unit.parent_id,
        path="",
        kind=unit.kind,
        category=unit.category,
        name=name,
        sort=unit.sort + 1,
        accountable_from=on,
    )
    session.add(new)
    session.flush()
    new.path = unit.path.removesuffix(f"{unit.id}/") + f"{new.id}/"
    _hand_over_members(session, unit, new, on, people)
    _hand_over_own(session, unit, new, people, who, at)
    _note(session, new, "founded", on, {"split_from": [None, unit.id]}, who, at)
    _note(session, unit, "split", on, {"split_off": [None, new.id]}, who, at)
    count = str(len(people))
    _record(session, unit, "split", who, at, new_branch=["", name], people=["", count])
    return new


def _of_our_time(on: date, at: Moment) -> None:
    """Make sure that a change is of this year or the next. Raises InvalidInput."""
    if not at.today - FURTHEST <= on <= at.today + FURTHEST:
        raise InvalidInput({"on": N_("日期最早写一年以前，最远写一年以后，请核对年份。")})


def _entitled(session: Session, unit: Unit, who: Actor) -> None:
    """Make sure that the actor answers for a unit above this one, and is the only one at it.

    Raises Forbidden.
    """
    audit_log.alone(session, unit.zone_id)
    session.execute(sa.select(Unit.id).where(Unit.id == unit.id).with_for_update())  # see open_case
    above = set(ids_of(superiors(session, unit)))
    if not any(post.unit_id in above and post.office in SUPERIOR.ranks[0] for post in who.posts):
        raise Forbidden(
            say("%(unit)s的设置由上级党组织办理，不由您办理。", unit=unit.name), rule="authority"
        )
    refuse_unconfirmed(who)


def _note(
    session: Session, unit: Unit, kind: str, on: date, what: dict, who: Actor, at: Moment
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


def _record(session: Session, unit: Unit, act: str, who: Actor, at: Moment, **what) -> None:
    audit_log.note(session, who, at, "units", act, unit, unit.name, unit.id, **what)


def _open_cases(session: Session, path: str) -> list[str]:
    """Return what is open in a unit and below, and what these have answered in for themselves."""
    below = boxes.below([path])
    joined = sa.select(WorkItem.case_id).where(WorkItem.slot_id.in_(below))
    theirs = sa.or_(Case.unit_id.in_(below), Case.id.in_(joined))
    return list(session.scalars(sa.select(Case.id).where(Case.closed_at.is_(None), theirs)))


def _hand_over_cases(session: Session, unit: Unit, into: Unit, who: Actor, at: Moment) -> None:
    for case in session.scalars(
        sa.select(Case).where(Case.unit_id == unit.id, Case.closed_at.is_(None))
    ):
        if workflows.of(case).inherits:
            transitions.reassign_unit(session, case.id, into, who, at)
        else:
            transitions.perform(
                session,
                case.id,
                "terminate",
                who,
                {"reason": f"{unit.name}并入{into.name}"},
                version=None,
                at=at,
            )


def _hand_over_own(
    session: Session, unit: Unit, new: Unit, people: list[str], who: Actor, at: Moment
) -> None:
    """Let what concerns the members who go, such as an unfinished make-up, go with them (承继)."""
    for case in session.scalars(
        sa.select(Case).where(
            Case.unit_id == unit.id, Case.closed_at.is_(None), Case.data_subject_id.in_(people)
        )
    ).all():
        if workflows.of(case).inherits:
            transitions.reassign_unit(session, case.id, new, who, at)


def _hand_over_members(
    session: Session, unit: Unit, into: Unit, on: date, people: list[str] | None = None
) -> None:
    rows = sa.select(Membership).where(Membership.unit_id == unit.id, Membership.to_on.is_(None))
    if people is not None:
        rows = rows.where(Membership.person_id.in_(people))
    for row in session.scalars(rows).all():
        row.to_on = max(on - timedelta(days=1), row.from_on)
        session.flush()
        session.add(
            Membership(
                zone_id=row.zone_id,
                person_id=row.person_id,
                unit_id=into.id,
                sort=row.sort,
                from_on=on,
            )
        )


def _end_groups(session: Session, unit: Unit, on: date, who: Actor, at: Moment) -> None:
    """End the 党小组 of a branch that ends, with the posts in them; its successor divides its members
    anew.
    """
    for group in session.scalars(
        sa.select(Unit).where(Unit.parent_id == unit.id, Unit.ended_on.is_(None))
    ).all():
        _end_posts(session, group, on, who, at)
        _note(session, group, "ended", on, {"parent_id": [unit.id, None]}, who, at)
        group.ended_on = on


def _end_posts(session: Session, unit: Unit, on: date, who: Actor, at: Moment) -> None:
    """End the posts in a unit that ends, those with a term too."""
    lasting = sa.or_(Post.to_on.is_(None), Post.to_on >= on)
    posts = session.scalars(sa.select(Post).where(Post.unit_id == unit.id, lasting)).all()
    tenure.end_all(session, posts, on - timedelta(days=1), who, at)
