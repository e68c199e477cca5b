"""Foundings, mergers, splits and moves that were asked for: shown while they wait, put into force on their day,
put to another day, and taken back with a reason while nothing rests on them.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.paging import First
from oversight.base.refusals import DomainError, InvalidInput
from oversight.base.sentences import N_
from oversight.engine import transitions
from oversight.models import (
    Activity,
    Attendance,
    Case,
    JournalRow,
    Membership,
    Post,
    Reorganization,
    Unit,
)
from oversight.organization.actor import Actor, actor_of
from oversight.organization.units import line_above

from . import accounts, audit_log, founding, reorganize, tenure

UNDONE = reorganize.UNDONE
WAITING = (Reorganization.done_at.is_(None), Reorganization.ended_at.is_(None))
SHOWN = 20


def of_unit(session: Session, unit: Unit) -> First:
    """Return what waits for its day or was put into force about a unit, the newest first."""
    about = sa.or_(Reorganization.unit_id == unit.id, Reorganization.into_id == unit.id)
    rows = (
        sa.select(Reorganization)
        .where(about, Reorganization.ended_at.is_(None))
        .order_by(Reorganization.day.desc(), Reorganization.id.desc())
    )
    return First(session.scalars(rows.limit(SHOWN + 1)), SHOWN)


def waiting(session: Session, zone_id: str) -> list[Reorganization]:
    """Return what waits for its day in a zone, the next first."""
    return list(
        session.scalars(
            sa.select(Reorganization)
            .where(Reorganization.zone_id == zone_id, *WAITING)
            .order_by(Reorganization.day, Reorganization.id)
        )
    )


def redate(
    session: Session, row: Reorganization, on: date, why: str, who: Actor, at: Moment
) -> None:
    """Put a change that waits to another day; one that has come is carried out. Does not commit.

    Raises Forbidden, InvalidInput, RuleViolation.
    """
    reorganize.entitled_to(session, row, who)
    why = tenure.reason(why)
    if not row.pending:
        raise InvalidInput({"on": N_("这项变动已经生效或收回，不能再改日期。")})
    reorganize.of_our_time(on, at)
    before, row.day = row.day, on
    reorganize.fits(session, row)
    days = {"from_on": [before.isoformat(), on.isoformat()], "why": ["", why]}
    reorganize.record(session, row, "replan", who, at, **days)
    if on <= at.today:
        reorganize.carry_out(session, row, who, at)
    else:
        reorganize.tell(session, row, N_("%(unit)s%(what)s改为%(day)s起生效。"), at)
    session.flush()


def take_back(session: Session, row: Reorganization, why: str, who: Actor, at: Moment) -> None:
    """Take a change back: as if it had not been asked for, or, where it is in force and nothing rests
    on it, as if it had not been made. Does not commit. Raises Forbidden, InvalidInput, RuleViolation.
    """
    reorganize.entitled_to(session, row, who)
    why = tenure.reason(why)
    if row.ended_at is not None:
        raise InvalidInput({"why": N_("这项变动已经收回。")})
    if row.done_at is not None:
        _nothing_rests(session, row)
        ways = {"move": _move_back, "merge": _part_again, "split": _join_again}
        back = (
            reorganize.WAYS[row.kind].take_back if row.kind in reorganize.WAYS else ways[row.kind]
        )
        back(session, row, who, at)
    row.ended_at, row.ended_by, row.why = at.now, who.id, why
    reorganize.record(session, row, f"undo_{row.kind}", who, at, why=["", why])
    reorganize.tell(session, row, N_("%(unit)s%(what)s（%(day)s起）已收回。"), at)
    session.flush()


# What rests on it -------------------------------------------------------------------------------


def _nothing_rests(session: Session, row: Reorganization) -> None:
    """Make sure that nobody has acted by a change. Raises RuleViolation."""
    if row.kind in reorganize.WAYS:
        acted = reorganize.WAYS[row.kind].acted
    else:
        acted = _above_acted if row.kind == "move" else _heir_acted
    if _changed_since(session, row) or acted(session, row):
        sentence = N_("变动以后已经据此办过事，不能收回，请另行办理。")
        tenure.refuse("rests_on_it", UNDONE, sentence)


def _changed_since(session: Session, row: Reorganization) -> bool:
    """True where the unit, or what it led to, was changed again, or a member of it."""
    units = {"move": [row.unit_id], founding.KIND: [row.into_id]}.get(
        row.kind, [row.unit_id, row.into_id]
    )
    later = sa.select(Reorganization.id).where(
        Reorganization.unit_id.in_(units),
        Reorganization.ended_at.is_(None),
        Reorganization.id > row.id,
    )
    if session.scalar(later.limit(1)) is not None:
        return True
    for _ended, before, follows in row.done.get("memberships", ()):
        found = session.get(Membership, follows)
        if found is None or (found.unit_id, reorganize.day_of(found.to_on)) != (
            row.into_id,
            before,
        ):
            return True
    return False


def _acts_since(row: Reorganization) -> tuple:
    """Return the conditions on what somebody has done since a change was put into force."""
    kinds = ("open", "move", "desk")
    return (
        JournalRow.at >= row.done_at,
        JournalRow.kind.in_(kinds),
        JournalRow.actor_id.is_not(None),
    )


def _above_acted(session: Session, row: Reorganization) -> bool:
    """True where those who stand above a unit only since it moved have acted in a case of it."""
    unit, old = session.get(Unit, row.unit_id), session.get(Unit, row.done["parent"])
    new = {one.id for one in line_above(session, unit)}
    new -= {old.id, *(one.id for one in line_above(session, old))}
    below = sa.select(Unit.id).where(
        Unit.zone_id == unit.zone_id, Unit.path.startswith(unit.path, autoescape=True)
    )
    acts = (
        sa.select(JournalRow.id)
        .join(Case, Case.id == JournalRow.case_id)
        .where(Case.unit_id.in_(below), JournalRow.unit_id.in_(new), *_acts_since(row))
    )
    return session.scalar(acts.limit(1)) is not None


def _heir_acted(session: Session, row: Reorganization) -> bool:
    """True where the branch that members came to has acted in a case that came with them, or has
    recorded one of them on a sheet, or, where it is new, has done anything.
    """
    came = [follows for _ended, _before, follows in row.done["memberships"]]
    people = sa.select(Membership.person_id).where(Membership.id.in_(came))
    seen = (
        sa.select(Attendance.person_id)
        .join(Activity, Activity.id == Attendance.activity_id)
        .where(Attendance.person_id.in_(people), Activity.unit_id == row.into_id)
    )
    acts = sa.select(JournalRow.id).where(
        JournalRow.case_id.in_(row.done["cases"]), *_acts_since(row)
    )
    found = [seen, acts]
    if row.kind == "split":
        found.append(
            sa.select(Case.id)
            .where(Case.unit_id == row.into_id)
            .where(Case.id.not_in(row.done["cases"]))
        )
        found.append(sa.select(Post.id).where(Post.unit_id == row.into_id))
    return any(session.scalar(one.limit(1)) is not None for one in found)


# As it was --------------------------------------------------------------------------------------


def _move_back(session: Session, row: Reorganization, who: Actor, at: Moment) -> None:
    unit, old = session.get(Unit, row.unit_id), session.get(Unit, row.done["parent"])
    _there(old)
    what = {"parent_id": [unit.parent_id, old.id]}
    reorganize.note(session, unit, "taken_back", row.day, what, who, at)
    reorganize.put_under(session, unit, old)
    reorganize.reassign_below(session, unit, at)


def _part_again(session: Session, row: Reorganization, who: Actor, at: Moment) -> None:
    """Let a merged branch be there again, with members, groups, posts and what its heir had not
    touched; what was terminated stays so.
    """
    unit = session.get(Unit, row.unit_id)
    _there(session.get(Unit, unit.parent_id))
    what = {"successor_id": [unit.successor_id, None]}
    reorganize.note(session, unit, "taken_back", row.day, what, who, at)
    for one in (unit, *(session.get(Unit, group) for group in row.done["groups"])):
        one.ended_on, one.successor_id = None, None
    session.flush()
    _members_back(session, row, who, at)


def _join_again(session: Session, row: Reorganization, who: Actor, at: Moment) -> None:
    """Let a branch that was split off end on the day on which it began."""
    unit, new = session.get(Unit, row.unit_id), session.get(Unit, row.into_id)
    _there(unit)
    reorganize.note(session, unit, "taken_back", row.day, {"split_off": [new.id, None]}, who, at)
    _members_back(session, row, who, at)
    new.ended_on, new.successor_id = row.day, unit.id


def _there(unit: Unit) -> None:
    if unit.ended_on is not None:
        sentence = N_("原来的单位或上级已经不在，不能收回，请另行办理。")
        tenure.refuse("rests_on_it", UNDONE, sentence)


def _members_back(session: Session, row: Reorganization, who: Actor, at: Moment) -> None:
    unit, people = session.get(Unit, row.unit_id), []
    for ended, before, follows in row.done["memberships"]:
        later = session.get(Membership, follows)
        people.append(later.person_id)
        if ended == follows:
            later.unit_id = unit.id
            continue
        session.delete(later)
        session.flush()
        session.get(Membership, ended).to_on = date.fromisoformat(before) if before else None
    session.flush()
    for post_id, before, last in row.done["posts"]:
        tenure.restore(session, post_id, before, last, who, at)
    for case_id in row.done["cases"]:
        if session.get(Case, case_id).open:
            transitions.reassign_unit(session, case_id, unit, who, at)
    accounts.follow(session, people, who, at, reopen=True)


# On its day --------------------------------------------------------------------------------------


class Due:
    """For the sweep: mergers, splits and moves whose day has come."""

    rests_on = ("day",)

    @staticmethod
    def keys(session: Session, at: Moment, _since) -> list[str]:
        due = sa.select(Reorganization.id).where(Reorganization.day <= at.today, *WAITING)
        return list(session.scalars(due.order_by(Reorganization.day, Reorganization.id)))

    @staticmethod
    def one(session: Session, row_id: str, at: Moment) -> bool:
        return put_into_force(session, row_id, at)


def put_into_force(session: Session, row_id: str, at: Moment) -> bool:
    """Carry out a change whose day has come, or note why it can't be; returns whether it was.

    It was judged when it was asked for: who asked need not hold his post any more. Does not commit.
    """
    row = session.get(Reorganization, row_id)
    audit_log.alone(session, row.zone_id)
    locked = sa.select(Unit.id).where(Unit.id == row.unit_id)
    session.execute(locked.with_for_update())  # see open_case
    session.refresh(row)
    if not row.pending or row.day > at.today:
        return False
    who = actor_of(session, row.by_id, at.today)
    try:
        reorganize.fits(session, row)
    except DomainError as no:
        row.ended_at, row.why = at.now, str(no)[:200]
        reorganize.record(session, row, "impossible", who, at, why=["", row.why])
        said = N_("%(unit)s%(what)s（%(day)s起）没有生效：%(why)s")
        reorganize.tell(session, row, said, at, why=row.why)
        return False
    reorganize.carry_out(session, row, who, at)
    return True
