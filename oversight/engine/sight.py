"""Conditions on cases and work items: whose work they are, and who may see them.

They judge rows that were found otherwise (see `boxes`); none of them is a way to find any.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from oversight import workflows
from oversight.law.roles import BRANCH_SIDE, COMMITTEE, Role
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
from oversight.organization.standing import is_member

JUDGING = (
    "superior",
    "zone_signer",
    "committee",
    "releaser",
)  # candidate groups whose people must not be the applicant's own
# House rule: who led a branch stands on its side in what it asked since, or within this time after.
COOLING_OFF = timedelta(days=30)
OPEN = Case.closed_at.is_(None)
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


def visible(who):
    """Return the condition that the reader sees a case, by a ground that he has today; each ground
    lies in his own zone.
    """
    return sa.or_(
        Case.data_subject_id == who.id,
        sa.exists().where(Unit.id == Case.unit_id, in_sight(who)).correlate(Case),
        sa.exists().where(WorkItem.case_id == Case.id, at_seat(who)).correlate(Case),
        passed_on(who),
    )


def readable(who):
    """Return the condition that the reader may open a case: one in his sight, or a notice that a unit
    above him issued to all branches below it. No list holds the latter.
    """
    return sa.or_(visible(who), _published(who)) if who.branch or who.posts else visible(who)


def _published(who):
    found = [(one.name, state) for one in workflows.every() for state in one.published]
    own = [post.unit for post in who.posts] + ([who.branch] if who.branch else [])
    above = {unit_id for unit in own for unit_id in unit.path.split("/") if unit_id}
    return sa.and_(
        Case.zone_id == who.zone_id,
        Case.unit_id.in_(above),
        sa.tuple_(Case.workflow, Case.state).in_(found),
    )


def at_seat(who):
    """Return the condition that a work item, open or closed, was assigned to an office that the
    reader holds today, or names him and is open or lies where he serves or belongs.
    """
    seats = [
        sa.and_(
            WorkItem.unit_id == unit_id, WorkItem.role == candidate_group, WorkItem.rank >= rank
        )
        for unit_id, candidate_group, rank in who.seats
    ]
    held = sa.or_(sa.false(), *seats, *_acting_seats(who))
    return sa.or_(
        sa.and_(WorkItem.person_id == who.id, sa.or_(_still_his(who), held)),
        sa.and_(WorkItem.person_id.is_(None), held),
    )


def _still_his(who):
    """Return the condition that a row that names the reader is still his: as a member while it is
    open, lies in his branch or he is appraised in the case, else where he has a post or stands in
    for one.
    """
    served = [*(post.unit_id for post in who.posts), *(row.unit_id for row in who.acting)]
    branch = [who.branch.id] if who.branch is not None else []
    as_member = sa.or_(
        WorkItem.closed_at.is_(None), WorkItem.unit_id.in_(branch), _appraised(who.id)
    )
    return sa.or_(WorkItem.unit_id.in_(served), sa.and_(WorkItem.role == "member", as_member))


def _appraised(person_id: str):
    """Return the condition that a person's own grade is decided in the case of a row: it stays his
    case when he moves away, unless he was struck.
    """
    return (
        sa.exists()
        .where(
            Appraised.case_id == WorkItem.case_id,
            Appraised.person_id == person_id,
            Appraised.standing != "struck",
        )
        .correlate(WorkItem)
    )


def _acting_seats(who):
    """Yield the condition of each office that the reader fills as a stand-in, that one's own cases
    excepted.
    """
    for row, candidate_group, rank in who.acting_seats:
        for_him = (
            [
                ~_recused(row.for_id),
                ~sa.exists()
                .where(
                    _case.id == WorkItem.case_id,
                    sa.or_(
                        _case.data_subject_id == row.for_id,
                        _barred(who, row.for_id, _case),
                        _wrote(row.for_id, _case),
                    ),
                )
                .correlate(WorkItem),
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


def on_my_desk(who, kinds: tuple[str, ...]):
    """Return the condition that an open work item is the reader's to act on, own cases excepted."""
    return sa.and_(
        WorkItem.case_id == Case.id,
        WorkItem.closed_at.is_(None),
        WorkItem.kind.in_(kinds),
        at_seat(who),
        sa.or_(WorkItem.kind == "copy", ~_barred(who, who.id, Case)),
        sa.or_(WorkItem.kind == "copy", ~_wrote(who.id, Case)),
        sa.or_(
            WorkItem.role == "member",
            Case.data_subject_id.is_(None),
            Case.data_subject_id != who.id,
        ),
        sa.or_(sa.and_(WorkItem.role == "member", WorkItem.person_id == who.id), ~_recused(who.id)),
        sa.or_(WorkItem.kind != "act", _mine_to_do(who)),
    )


def _recused(person_id: str):
    """Return the condition that a person stepped aside from the case of a row."""
    return (
        sa.exists()
        .where(Recusal.case_id == WorkItem.case_id, Recusal.person_id == person_id)
        .correlate(WorkItem)
    )


def _barred(who, person_id: str, case):
    """Return the condition that a person may not judge what a row waits for, as `authority.barred`
    has it.

    Each question names the row or case that it is about: it may stand several questions deep.
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
        ~waits_on(case, lambda role: not role.judges),
        sa.or_(
            _leads(who, person_id, case),
            _belongs(who, person_id, case),
            sa.and_(WorkItem.role.in_(JUDGING), _applied(person_id)),
            sa.and_(waits_on(case, anew), decided),
        ),
    )


def _wrote(person_id: str, case):
    """Return the condition that a person wrote down a member's wish on which the branch is to
    answer, as `authority.barred` has it.
    """
    wrote = sa.exists().where(
        JournalRow.case_id == case.id,
        JournalRow.role.in_(wishes()),
        sa.or_(JournalRow.actor_id == person_id, JournalRow.acting_for == person_id),
    )
    answers = waits_on(case, lambda role: role.seat == "unit" and not role.judges)
    laws = [law.name for law in workflows.every() if law.opened_by.seat == "person"]
    return sa.and_(case.workflow.in_(laws), answers, wrote.correlate(case))


def wishes() -> set[str]:
    """Return the roles in which a member asks for himself, or somebody writes for him."""
    laws = workflows.every()
    return {law.opened_by.name for law in laws if law.opened_by.seat == "person"}


def _belongs(who, person_id: str, case):
    """Return the condition that a person belongs to the branch of a case in which no member of it
    judges.
    """
    law = sa.tuple_(case.workflow, case.definition_version)
    here = sa.exists().where(
        Membership.person_id == person_id, Membership.unit_id == case.unit_id, is_member(who.on)
    )
    return sa.and_(law.in_(workflows.keeping_members_out()), here.correlate(case))


def waits_on(case, which):
    """Return the condition that a case waits for a role of a kind.

    A branch's own work that went up to its superior is not judged.
    """
    found = [
        (workflow.name, state.name)
        for workflow in workflows.every()
        for state in workflow.states
        if state.waits_on.human and which(state.waits_on.role)
    ]
    return sa.tuple_(case.workflow, case.state).in_(found)


def anew(role: Role) -> bool:
    return role.anew


def _leads(who, person_id: str, case):
    """Return the condition that a person leads the branch of a case, or one that is joined to it,
    or led it when it asked or shortly before.
    """
    units = [unit_id for one, unit_id in who.led if one == person_id]
    before = [
        sa.and_(_of(case, [unit_id]), case.opened_at < _end_of(last + COOLING_OFF))
        for one, unit_id, last in who.led_before
        if one == person_id
    ]
    return sa.or_(sa.false(), *([_of(case, units)] if units else []), *before)


def _of(case, units: list[str]):
    return sa.or_(case.unit_id.in_(units), joins(units, case))


def _end_of(day) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def joins(units: list[str], case):
    """Return the condition that one of these branches is joined to a case."""
    joined = sa.func.coalesce(case.facts["with"].as_string(), "")
    return sa.or_(sa.false(), *(joined.contains(unit_id) for unit_id in units))


def _mine_to_do(who):
    """Return the condition that a row was neither handed to somebody else nor delegated."""
    return sa.and_(
        sa.or_(WorkItem.handed_to.is_(None), WorkItem.handed_to == who.id),
        ~sa.exists()
        .where(_helping.beside_id == WorkItem.id, _helping.closed_at.is_(None))
        .correlate(WorkItem),
    )


def _applied(person_id: str):
    """Return the condition that a person acted for the side that opened the case, or for the branch
    that it is about: he does not judge it.
    """
    openers = {workflow.name: workflow.opened_by.name for workflow in workflows.every()}
    grounds = (
        sa.and_(JournalRow.role.in_(BRANCH_SIDE), JournalRow.kind == "move"),
        JournalRow.role == sa.case(openers, value=WorkItem.workflow),
    )
    # each asked from the person's side: the rows of a case are many, and wide
    return sa.or_(
        *(
            sa.exists()
            .where(JournalRow.case_id == WorkItem.case_id, acting == person_id, ground)
            .correlate(WorkItem)
            for acting in (JournalRow.actor_id, JournalRow.acting_for)
            for ground in grounds
        )
    )


def followed(who):
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
