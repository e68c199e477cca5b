"""What each box holds, asked of every case of the zone in turn: slow, and what `inbox` is held to.

The conditions are those by which the lists were made before they began at the work items of a seat.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from oversight import workflows
from oversight.engine.inbox import Filters
from oversight.law.definition import role_of
from oversight.law.roles import COMMITTEE
from oversight.models import (
    Appraised,
    Case,
    FollowUp,
    JournalRow,
    Membership,
    Recusal,
    Unit,
    WorkItem,
)
from oversight.models.cases import NEVER
from oversight.organization.standing import is_member

JUDGING = (
    "superior",
    "zone_signer",
    "committee",
)  # ladders whose people must not be the applicant's own
_helping, _beside, _case = (
    aliased(WorkItem),
    aliased(WorkItem),
    aliased(Case),
)  # asked about beside the row or case of a query


def in_sight(who):
    """Return the condition on units whose business is the reader's by post; False for those without
    any.
    """
    paths = [Unit.path.startswith(prefix, autoescape=True) for prefix in who.business]
    return sa.and_(Unit.zone_id == who.zone_id, sa.or_(sa.false(), *paths))


def at_seat(who):
    """Return the condition that a row is of a seat that the reader holds, or names him: as a member
    while it is open or lies in his branch, else where he has a post or stands in for one.
    """
    served = [*(post.unit_id for post in who.posts), *(row.unit_id for row in who.acting)]
    there = [
        WorkItem.unit_id.in_(served),
        sa.and_(WorkItem.role == "member", WorkItem.closed_at.is_(None)),
    ]
    graded = sa.exists().where(
        Appraised.case_id == WorkItem.case_id,
        Appraised.person_id == who.id,
        Appraised.standing != "struck",
    )
    there.append(sa.and_(WorkItem.role == "member", graded))
    if who.branch is not None:
        there.append(sa.and_(WorkItem.role == "member", WorkItem.unit_id == who.branch.id))
    seats = [
        sa.and_(
            WorkItem.unit_id == unit_id, WorkItem.role == candidate_group, WorkItem.rank >= rank
        )
        for unit_id, candidate_group, rank in who.seats
    ]
    return sa.or_(
        sa.and_(WorkItem.person_id == who.id, sa.or_(*there, *seats, *_acting_seats(who))),
        sa.and_(WorkItem.person_id.is_(None), sa.or_(sa.false(), *seats, *_acting_seats(who))),
    )


def _acting_seats(who):
    """Yield the condition of each seat that the reader fills in another's place, that one's own
    cases excepted.
    """
    for row, candidate_group, rank in who.acting_seats:
        for_him = (
            [
                ~sa.exists().where(
                    Recusal.case_id == WorkItem.case_id, Recusal.person_id == row.for_id
                ),
                ~sa.exists().where(
                    _case.id == WorkItem.case_id,
                    sa.or_(
                        _case.data_subject_id == row.for_id,
                        _barred(who, row.for_id, _case),
                        _wrote(row.for_id, _case),
                    ),
                ),
            ]
            if row.for_id
            else []
        )
        scope = [WorkItem.workflow == row.workflow] if row.workflow else []
        yield sa.and_(
            WorkItem.unit_id == row.unit_id,
            WorkItem.role == candidate_group,
            WorkItem.rank >= rank,
            *scope,
            *for_him,
        )


def _on_my_desk(who, kinds: tuple[str, ...]):
    """Return the condition that an open desk row is the reader's to act on, own cases excepted."""
    return sa.and_(
        WorkItem.case_id == Case.id,
        WorkItem.closed_at.is_(None),
        WorkItem.kind.in_(kinds),
        at_seat(who),
        sa.or_(WorkItem.kind == "copy", ~sa.or_(_barred(who, who.id, Case), _wrote(who.id, Case))),
        sa.or_(
            WorkItem.role == "member",
            Case.data_subject_id.is_(None),
            Case.data_subject_id != who.id,
        ),
        sa.or_(
            sa.and_(WorkItem.role == "member", WorkItem.person_id == who.id),
            ~sa.exists().where(Recusal.case_id == WorkItem.case_id, Recusal.person_id == who.id),
        ),
        sa.or_(WorkItem.kind != "act", _mine_to_do(who)),
    )


def _barred(who, person_id: str, case):
    """Return the condition that a person may not judge what a row waits for, as `authority.barred`
    has it.
    """
    decided = sa.or_(
        sa.exists()
        .where(
            JournalRow.case_id == case.id,
            JournalRow.actor_id == person_id,
            JournalRow.role == COMMITTEE.name,
        )
        .correlate(case),
        sa.exists()
        .where(_beside.case_id == case.id, _beside.person_id == person_id, _beside.role == "member")
        .correlate(case),
    )
    return sa.and_(
        WorkItem.role.not_in(("branch", "member")),
        ~_waits_on(case, lambda role: not role.judges),
        sa.or_(
            _leads(who, person_id, case),
            _belongs(who, person_id, case),
            sa.and_(WorkItem.role.in_(JUDGING), _applied(person_id)),
            sa.and_(_waits_on(case, lambda role: role.anew), decided),
        ),
    )


def _wrote(person_id: str, case):
    """Return the condition that a person wrote down the wish of a member that the branch studies."""
    wrote = sa.exists().where(
        JournalRow.case_id == case.id,
        JournalRow.role == "member",
        sa.or_(JournalRow.actor_id == person_id, JournalRow.acting_for == person_id),
    )
    return sa.and_(case.workflow == "exemption", case.state == "asked", wrote.correlate(case))


def _belongs(who, person_id: str, case):
    """Return the condition that a person belongs to the branch of a case in which no member of it
    judges.
    """
    law = sa.tuple_(case.workflow, case.definition_version)
    here = sa.exists().where(
        Membership.person_id == person_id, Membership.unit_id == case.unit_id, is_member(who.on)
    )
    return sa.and_(law.in_(workflows.keeping_members_out()), here.correlate(case))


def _waits_on(case, which):
    """Return the condition that a case waits for a role of a kind.

    A branch's own work that climbed is not judged.
    """
    found = [
        (
            workflow.name,
            [
                state.name
                for state in workflow.states
                if state.waits_on is not None
                and role_of(state.waits_on).human
                and which(role_of(state.waits_on))
            ],
        )
        for workflow in workflows.every()
    ]
    return sa.or_(
        sa.false(),
        *(
            sa.and_(case.workflow == name, case.state.in_(states))
            for name, states in found
            if states
        ),
    )


def _leads(who, person_id: str, case):
    """Return the condition that a person leads the branch of a case, or one that is joined to it; or
    did so thirty days before it was opened, or later.
    """
    units = [unit_id for one, unit_id in who.led if one == person_id]
    joined = sa.func.coalesce(case.facts["with"].as_string(), "")
    before = [
        sa.and_(
            sa.or_(case.unit_id == unit_id, joined.contains(unit_id)),
            case.opened_at < datetime.combine(last + timedelta(days=31), time(), UTC),
        )
        for one, unit_id, last in who.led_before
        if one == person_id
    ]
    return sa.or_(
        sa.false(),
        case.unit_id.in_(units),
        *(joined.contains(unit_id) for unit_id in units),
        *before,
    )


def _mine_to_do(who):
    """Return the condition that a row was neither handed to somebody else nor delegated."""
    return sa.and_(
        sa.or_(WorkItem.handed_to.is_(None), WorkItem.handed_to == who.id),
        ~sa.exists().where(_helping.beside_id == WorkItem.id, _helping.closed_at.is_(None)),
    )


def _applied(person_id: str):
    """Return the condition that a person acted for the side that opened the case: he does not judge
    it.
    """
    sides = [
        sa.and_(WorkItem.workflow == workflow.name, JournalRow.role == workflow.opened_by.name)
        for workflow in workflows.every()
    ]
    return (
        sa.exists()
        .where(
            JournalRow.case_id == WorkItem.case_id,
            sa.or_(
                sa.and_(JournalRow.role.in_(["branch", "each_partner"]), JournalRow.kind == "move"),
                *sides,
            ),
            sa.or_(JournalRow.actor_id == person_id, JournalRow.acting_for == person_id),
        )
        .correlate(WorkItem)
    )


def _acted(who):
    return sa.exists().where(JournalRow.case_id == Case.id, JournalRow.actor_id == who.id)


def _followed(who):
    """Return the condition that a follow-up is the reader's own on the case asked for; nobody sees
    another's.
    """
    return sa.and_(FollowUp.case_id == Case.id, FollowUp.person_id == who.id)


def passed_on(who):
    """Return the condition that a closed case of a branch merged into the reader's is his to read:
    no member's own.
    """
    heritable = [
        workflow.name
        for workflow in workflows.every()
        if workflow.inherits and not workflow.discreet
    ]
    return sa.and_(
        Case.unit_id.in_(who.former),
        Case.closed_at.is_not(None),
        Case.workflow.in_(heritable),
        Case.data_subject_id.is_(None),
    )


def asked(session: Session, who) -> list[sa.Row]:
    """Return every case of the zone with what each condition says of it and the reader."""
    reach = sa.or_(
        sa.exists().where(WorkItem.case_id == Case.id, at_seat(who)),
        Case.data_subject_id == who.id,
        passed_on(who),
    )  # as authority.see, but for what is in sight
    one = aliased(Unit)
    under = sa.or_(
        sa.false(), *(one.path.startswith(path, autoescape=True) for path in who.business)
    )
    answering = sa.exists().where(one.id == WorkItem.slot_id, under).correlate(WorkItem)
    said = {
        "mine": sa.exists().where(_on_my_desk(who, ("act", "help", "sign"))),
        "copied": sa.exists().where(_on_my_desk(who, ("copy", "watch", "sign"))),
        "visible": in_sight(who),
        "joined": sa.exists().where(WorkItem.case_id == Case.id, answering, at_seat(who)),
        "reach": sa.func.coalesce(reach, sa.false()),
        "acted": _acted(who),
        "own": sa.func.coalesce(
            sa.or_(
                Case.unit_id.in_([post.unit_id for post in who.posts]),
                Case.data_subject_id == who.id,
            ),
            sa.false(),
        ),
        "inherited": passed_on(who),
        "followed": sa.exists().where(_followed(who)),
    }
    day = sa.select(FollowUp.day).where(_followed(who)).correlate(Case).scalar_subquery()
    return session.execute(
        sa.select(
            Case.id,
            Case.workflow,
            Case.due_on,
            Case.closed_at,
            Unit.path,
            day.label("day"),
            *(condition.label(name) for name, condition in said.items()),
        )
        .join(Unit, Unit.id == Case.unit_id)
        .where(Case.zone_id == who.zone_id)
    ).all()


def _holds(row, box: str) -> bool:
    """True where a case is in a box."""
    reach, open_ = row.visible or row.reach, row.closed_at is None
    return {
        "mine": open_ and row.mine,
        "waiting": open_ and not row.mine and reach and (row.acted or row.own),
        "units": open_ and (row.visible or row.joined),
        "copied": row.copied,
        "done": not open_ and (reach and row.acted or row.inherited),
        "follow_up": open_ and reach and row.followed,
    }[box]


def _order(row, box: str) -> tuple:
    """Return by what the cases of a box are ordered: the reader's own date, or the deadline."""
    if box == "done":
        return row.closed_at, row.id
    return (row.day if box == "follow_up" else row.due_on or NEVER), row.id


def _due(row, today: date) -> set[str]:
    """Return which of the words for a deadline hold of a case; none where it has none."""
    if row.due_on is None:
        return set()
    week = today <= row.due_on <= today + timedelta(days=7 - today.isoweekday())
    holds = {"overdue": row.due_on < today, "today": row.due_on == today, "week": week}
    return {name for name, true in holds.items() if true}


def listed(
    rows: list[sa.Row],
    box: str,
    today: date,
    filters: Filters = Filters(),  # noqa: B008
) -> list[tuple[str, str]]:
    """Return every case of a box and its workflow, in the order of its pages."""
    found = [
        row
        for row in rows
        if _holds(row, box)
        and filters.workflow in (None, row.workflow)
        and row.path.startswith(filters.unit_path or "")
        and (not filters.due or filters.due in _due(row, today))
    ]
    found.sort(key=lambda row: _order(row, box), reverse=box == "done")
    return [(row.id, row.workflow) for row in found]
