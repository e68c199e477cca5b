"""Authority asked of the database word for word, a statement a question: the oracle of what is kept."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from oversight.law.roles import BRANCH_LEADERS, CANDIDATE_GROUPS, SUPERIOR
from oversight.models import (
    Account,
    JournalRow,
    Membership,
    Person,
    Post,
    Recusal,
    Substitution,
    Unit,
)
from oversight.organization.substitution import in_force
from oversight.organization.units import COMMITTEE_FROM


def _held(on):
    return sa.and_(Post.from_on <= on, sa.or_(Post.to_on.is_(None), Post.to_on >= on))


def superiors(session, unit) -> list:
    """Return those above a unit, nearest first, without those who pass through."""
    above = [session.get(Unit, one, populate_existing=True) for one in unit.ancestors()]
    return [one for one in above if not one.is_transparent] or [unit]


def barred(session, workflow, case, role, on) -> set[str]:
    """Return who may not act in a role."""
    out = set(session.scalars(sa.select(Recusal.person_id).where(Recusal.case_id == case.id)))
    out |= {case.data_subject_id} - {None}
    answers_a_wish = role.seat == "unit" and workflow.name == "exemption"
    if not role.judges and not answers_a_wish:
        return out
    by_branch = sa.and_(JournalRow.role.in_(["branch", "each_partner"]), JournalRow.kind == "move")
    sides = [JournalRow.role == workflow.opened_by.name, *([by_branch] if role.judges else [])]
    side = sa.and_(JournalRow.case_id == case.id, sa.or_(*sides))
    for row in session.execute(sa.select(JournalRow.actor_id, JournalRow.acting_for).where(side)):
        out |= set(row) - {None} if role.impartial else set()
    if not role.judges:
        return out
    units = [case.unit_id, *(case.facts.get("with") or [])]
    for table, holds in ((Post, _held(on)), (Substitution, in_force(on))):
        leads = sa.and_(table.unit_id.in_(units), table.office.in_(BRANCH_LEADERS), holds)
        out |= set(session.scalars(sa.select(table.person_id).where(leads)))
    lately = sa.and_(
        Post.unit_id.in_(units),
        Post.office.in_(BRANCH_LEADERS),
        Post.from_on <= on,
        Post.to_on >= case.opened_at.date() - timedelta(days=30),
    )
    return out | set(session.scalars(sa.select(Post.person_id).where(lately)))


def fill(session, unit, ladder, on, out, workflow):
    """Return the tier that somebody free fills, with who fills it and for whom; None where nobody."""
    posts = session.execute(
        sa.select(Post.person_id, Post.office).where(Post.unit_id == unit.id, _held(on))
    ).all()
    rows = session.execute(
        sa.select(Substitution.person_id, Substitution.for_id, Substitution.office).where(
            Substitution.unit_id == unit.id,
            in_force(on),
            sa.or_(Substitution.workflow.is_(None), Substitution.workflow == workflow),
        )
    )
    away = shut(session)
    acting = [row for row in rows if row.person_id not in out | away and row.for_id not in out]
    for rank, offices in enumerate(CANDIDATE_GROUPS[ladder]):
        people = {one for one, office in posts if office in offices} - out - away
        if "member" in offices:
            people = small_branch(session, unit, on) - out - away
        stand_ins = {
            row.person_id: row.for_id
            for row in acting
            if row.office in offices and row.person_id not in people
        }
        if people or stand_ins:
            return unit.id, rank, people | set(stand_ins), stand_ins
    return None


def shut(session) -> set[str]:
    """Return whose account is locked or has no password yet."""
    nothing = sa.or_(Account.enabled.is_(False), Account.password_hash == "")
    return set(session.scalars(sa.select(Account.person_id).where(nothing)))


def small_branch(session, unit, on) -> set[str]:
    """Return the full members of a branch that has no committee."""
    found = sa.select(Membership.person_id).join(Person, Person.id == Membership.person_id)
    full = set(
        session.scalars(
            found.where(
                Membership.unit_id == unit.id,
                Membership.from_on <= on,
                sa.or_(Membership.to_on.is_(None), Membership.to_on >= on),
                Person.probationary.is_(False),
                Person.left_on.is_(None),
            )
        )
    )
    return full if len(full) < COMMITTEE_FROM else set()


def resolve(session, workflow, case, role, on):
    """Return where a role's work lies: unit, tier, people, and for whom they act."""
    unit = session.get(Unit, case.unit_id, populate_existing=True)
    above = superiors(session, unit)
    units = above[case.escalation_level :] or above[-1:]
    if role.seat == "unit":
        units = [unit, *(one for one in above if one.id != unit.id)]
    out = barred(session, workflow, case, role, on)
    for one in units:
        own = (one.kind == "branch") == (role.candidate_group == "branch")
        ladder = role.candidate_group if own else SUPERIOR.candidate_group
        found = fill(session, one, ladder, on, out, workflow.name)
        if found:
            return found
    return units[-1].id, 0, set(), {}
