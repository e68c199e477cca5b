"""Units that are founded on a day: one for a later day stands with the mergers, splits and moves
that wait, and does not exist before.

A row of `reorganizations` whose unit is the one above; `done` says what is founded.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.refusals import InvalidInput
from oversight.base.sentences import N_
from oversight.models import Activity, Case, Membership, Post, Reorganization, Unit
from oversight.organization.actor import Actor
from oversight.organization.standing import in_office

from . import audit_log, reorganize, tenure, units

KIND = "found"
RESTS = N_("新单位已有党员、任职、下级或事项，不能收回，请另行办理。")


def ask(
    session: Session,
    parent: Unit,
    kind: str,
    name: str,
    on: date,
    who: Actor,
    at: Moment,
    category: str | None = None,
) -> Reorganization:
    """Found a unit below another on a day; `into` is the unit once it is there. Does not commit.

    Raises Forbidden, InvalidInput, RuleViolation.
    """
    _entitled(session, parent, who)
    if not units.EARLIEST <= on <= at.today + units.AHEAD:
        raise InvalidInput({"on": N_("日期最早写到 2015 年，最远写到一年以后，请核对年份。")})
    row = Reorganization(
        zone_id=parent.zone_id,
        unit_id=parent.id,
        kind=KIND,
        name=units.fitting(session, parent, kind, name, category),
        people=[],
        day=on,
        by_id=who.id,
        at=at.now,
        done={"unit_kind": kind, "category": category},
    )
    session.add(row)
    session.flush()
    if on > at.today:
        reorganize.record(session, row, "plan", who, at)
        reorganize.tell(session, row, N_("%(unit)s%(what)s已登记，%(day)s起生效。"), at)
    else:
        reorganize.carry_out(session, row, who, at)
    return row


def _entitled(session: Session, parent: Unit, who: Actor) -> None:
    audit_log.alone(session, parent.zone_id)
    audit_log.require(session, who, "units", parent if parent.kind != "zone" else None)


def _fits(session: Session, row: Reorganization) -> None:
    parent = session.get(Unit, row.unit_id)
    units.fitting(session, parent, row.done["unit_kind"], row.name, row.done["category"])


def _found(session: Session, row: Reorganization, done: dict, who: Actor, at: Moment) -> None:
    parent, kind, category = session.get(Unit, row.unit_id), *map(row.done.get, WHAT)
    made = units.write(session, parent, kind, row.name, row.day, who, at, category)
    row.into_id = made.id
    done |= row.done


WHAT = ("unit_kind", "category")


def _unfound(session: Session, row: Reorganization, who: Actor, at: Moment) -> None:
    """Let a unit that was founded end on the day on which it began."""
    made = session.get(Unit, row.into_id)
    reorganize.note(
        session, made, "taken_back", row.day, {"parent_id": [row.unit_id, None]}, who, at
    )
    made.ended_on = row.day


def _acted(session: Session, row: Reorganization) -> bool:
    """True where something rests on a unit that was founded."""
    on = row.into_id
    found = (
        sa.select(Membership.id).where(Membership.unit_id == on),
        sa.select(Post.id).where(Post.unit_id == on, in_office(row.day) | (Post.from_on > row.day)),
        sa.select(Case.id).where(Case.unit_id == on),
        sa.select(Unit.id).where(Unit.parent_id == on),
        sa.select(Activity.id).where(Activity.unit_id == on, Activity.confirmed_at.is_not(None)),
    )
    if any(session.scalar(one.limit(1)) is not None for one in found):
        tenure.refuse("rests_on_it", reorganize.UNDONE, RESTS)
    return False


reorganize.WAYS[KIND] = reorganize.Way(_entitled, _fits, _found, _unfound, _acted)
