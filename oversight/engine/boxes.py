"""The folders of a reader: where each begins, and which cases it holds.

A list begins at rows that an index finds from the reader's side: the work items of his seats, his
own units, what he did. Only these are judged, each by the conditions of `sight`.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from oversight import workflows
from oversight.base.db import is_id
from oversight.law.roles import BRANCH_SIDE, CANDIDATE_GROUPS, COMMITTEE
from oversight.models import Case, FollowUp, JournalRow, Membership, Recusal, Unit, WorkItem
from oversight.organization.standing import is_member

from .sight import OPEN, at_seat, joins, on_my_desk, passed_on, visible, wishes

TO_DO, TO_READ = ("act", "help", "sign"), ("copy", "watch", "sign")
OPEN_ONLY = ("waiting", "follow_up")  # boxes that begin at cases of which many are closed
BELOW = ("branch", "member")  # groups of candidates who judge nothing of others
NAMING = ("help", "sign")  # kinds of rows that always name a person


def box(who, box: str):
    """Return the condition on cases that makes up a box."""
    mine = sa.exists().where(on_my_desk(who, TO_DO))
    seen = visible(who)
    conditions = {
        "mine": lambda: sa.and_(OPEN, mine),
        "waiting": lambda: sa.and_(OPEN, ~mine, seen),
        "units": lambda: OPEN,
        "copied": lambda: sa.exists().where(on_my_desk(who, TO_READ)),
        "done": lambda: sa.and_(
            Case.closed_at.is_not(None), seen, sa.or_(Case.id.in_(_acts(who)), passed_on(who))
        ),
        "follow_up": lambda: sa.and_(OPEN, seen),
    }
    return conditions[box]()


# Where a list begins: rows found by an index, before anything is asked of a case ------------------


def among(who, box: str):
    """Return the condition that a case is one of the few that a box can hold."""
    if box == "units":
        return _under(who)
    begin = {
        "mine": lambda: [row.with_only_columns(WorkItem.case_id) for row in rows(who, TO_DO)],
        "copied": lambda: [row.with_only_columns(WorkItem.case_id) for row in rows(who, TO_READ)],
        "waiting": lambda: [_acts(who), *_own(who)],
        "done": lambda: [_acts(who), *_passed_on(who)],
        "follow_up": lambda: [sa.select(FollowUp.case_id).where(FollowUp.person_id == who.id)],
    }
    return Case.id.in_(sa.union_all(*begin[box]()))


def _under(who):
    """Return the condition that a case is of a unit in sight: of the zone, or of those below; or
    that one of these answers in it for itself, at a seat of the reader's.
    """
    if over_zone(who):
        return Case.zone_id == who.zone_id
    units = below(who.business)
    joined = sa.select(WorkItem.case_id).where(WorkItem.slot_id.in_(units), at_seat(who))
    own = sa.select(Case.id).where(Case.unit_id.in_(units))
    return Case.id.in_(own.union(joined))  # an OR of both no index serves


def over_zone(who) -> bool:
    """True where the whole zone's business is the reader's."""
    return any(path.count("/") == 2 for path in who.business)


def below(paths):
    """Select the ids of the units at these places in the tree and of all below them."""
    tops = {top for path in paths if is_id(top := path.strip("/").split("/")[-1])}
    found = sa.select(Unit.id).where(Unit.id.in_(tops)).cte(recursive=True)
    found = found.union(sa.select(Unit.id).where(Unit.parent_id == found.c.id))
    return sa.select(found.c.id)


def _acts(who):
    return sa.select(JournalRow.case_id).where(JournalRow.actor_id == who.id)


def _passed_on(who):
    """Yield what was of the branches merged into the reader's."""
    if who.former:
        yield sa.select(Case.id).where(Case.unit_id.in_(who.former))


def _own(who):
    """Yield what is open in the reader's own units, and what is about himself."""
    yield sa.select(Case.id).where(Case.unit_id.in_([post.unit_id for post in who.posts]), OPEN)
    yield sa.select(Case.id).where(Case.data_subject_id == who.id, OPEN)


def rows(who, kinds: tuple[str, ...]):
    """Yield the open rows of the reader's own, then those of each rank of each office.

    Rows that somebody was asked to help with or to advise on always name him.
    """
    lying = sa.select(WorkItem).where(WorkItem.closed_at.is_(None))
    yield lying.where(WorkItem.person_id == who.id, WorkItem.kind.in_(kinds))
    for seat in _seats(who):
        for kind in kinds:
            if kind not in NAMING:
                yield lying.where(_at(*seat), WorkItem.kind == kind)


def _at(unit_id: str, candidate_group: str, rank: int, workflow: str | None):
    """Return the condition that a row stands at an office's rank and names nobody."""
    return sa.and_(
        WorkItem.unit_id == unit_id,
        WorkItem.role == candidate_group,
        WorkItem.rank == rank,
        WorkItem.person_id.is_(None),
        *([WorkItem.workflow == workflow] if workflow else []),
    )


def at_offices(who):
    """Return the condition that a row is one of those that `rows` finds at the reader's offices, to be
    done.
    """
    seats = sa.or_(sa.false(), *(_at(*seat) for seat in _seats(who)))
    return sa.and_(WorkItem.closed_at.is_(None), WorkItem.kind == "act", seats)


def _seats(who) -> list[tuple[str, str, int, str | None]]:
    """Return each office once for each of its ranks, so that no row stands at two; those filled as a
    stand-in may have one kind of business.
    """
    held = [
        *((unit_id, group, rank, None) for unit_id, group, rank in who.seats),
        *((row.unit_id, group, rank, row.workflow) for row, group, rank in who.acting_seats),
    ]
    seats = dict.fromkeys(
        (unit_id, group, fallback, workflow)
        for unit_id, group, rank, workflow in held
        for fallback in range(rank, len(CANDIDATE_GROUPS[group]))
    )
    return [seat for seat in seats if seat[3] is None or (*seat[:3], None) not in seats]


def doubtful(who, openers: frozenset[str]):
    """Return the ids of cases that may lie at the reader's seats and yet not be his to act on, or lie
    there twice: since several answer in them, or one lies with himself too. `openers` are the roles
    by which the business that lies there is opened.

    More than are kept from him, never fewer: he and those in whose place he acts, each asked from
    his side.
    """
    people = [who.id, *{row.for_id for row in who.acting} - {None}]
    units = {unit_id for unit_id, *_seat in _seats(who)}
    found = [
        sa.select(Recusal.case_id).where(Recusal.person_id.in_(people)),
        sa.select(Case.id).where(Case.data_subject_id.in_(people), OPEN),
        sa.select(WorkItem.case_id).where(
            WorkItem.person_id == who.id, WorkItem.closed_at.is_(None)
        ),
        sa.select(WorkItem.case_id).where(
            WorkItem.unit_id.in_(units),
            WorkItem.closed_at.is_(None),
            sa.or_(WorkItem.handed_to.is_not(None), WorkItem.beside_id.is_not(None)),
        ),
        sa.select(WorkItem.case_id).where(
            WorkItem.unit_id.in_(units), WorkItem.closed_at.is_(None), WorkItem.slot_id.is_not(None)
        ),
    ]
    if not _judges(who):
        return sa.union_all(*found, *_acted(people, wishes()))
    return sa.union_all(*found, *_judged(who, people, openers))


def _acted(people: list[str], roles: Iterable[str]):
    """Yield the cases in which somebody acted in one of these roles, each asked from his side."""
    for acting in (JournalRow.actor_id, JournalRow.acting_for):
        yield sa.select(JournalRow.case_id).where(
            acting.in_(people), acting.is_not(None), JournalRow.role.in_(set(roles))
        )


def _judges(who) -> bool:
    """True where the reader has a seat above branches; rows that name him are judged in any case."""
    return any(group not in BELOW for _unit, group, *_more in _seats(who))


def _judged(who, people: list[str], openers: frozenset[str]):
    """Yield the cases that somebody may not judge: of his branch, of his asking, decided before."""
    led = [unit_id for _person, unit_id, *_last in (*who.led, *who.led_before)]
    if led:
        yield sa.select(Case.id).where(Case.unit_id.in_(led), OPEN)
        yield sa.select(Case.id).where(Case.workflow.in_(_jointly()), OPEN, joins(led, Case))
    law = sa.tuple_(Case.workflow, Case.definition_version).in_(workflows.keeping_members_out())
    own = sa.select(Membership.unit_id).where(Membership.person_id.in_(people), is_member(who.on))
    yield sa.select(Case.id).where(Case.unit_id.in_(own), law, OPEN)
    # who sat in a body decides nothing anew, whatever waits for that now
    yield from _acted(people, {*openers, *wishes(), *BRANCH_SIDE, COMMITTEE.name})
    yield sa.select(WorkItem.case_id).where(
        WorkItem.person_id.in_(people), WorkItem.role == "member"
    )


def _jointly() -> list[str]:
    """Return the workflows in which other branches may join the one that asks."""
    return [
        workflow.name
        for workflow in workflows.every()
        if any(fact.name == "with" for fact in workflow.facts)
    ]
