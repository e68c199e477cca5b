"""Laying cases on desks and running their clocks: what writes desk rows, save that a body's or a
roster's effects close those of its own.

Called by the engine while it holds the case's lock; neither authorizes nor commits.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base.clock import Moment
from oversight.base.db import new_id
from oversight.base.refusals import AlreadyTaken
from oversight.base.sentences import say
from oversight.calendar.workdays import add_workdays, workdays_between
from oversight.law.definition import Committee, MultiInstance, State
from oversight.law.roles import TIMER
from oversight.models import Case, Unit, WorkItem
from oversight.models.cases import CAME, LEFT, NEVER, NO, PAST, RECUSED, YES
from oversight.organization import standing
from oversight.organization.units import has_above
from oversight.rules.context import TransitionContext
from oversight.rules.parties import Item

from . import authority, inbox, statements


def enter(attempt: TransitionContext, state: State) -> None:
    """Clear the old desks, lay the case on the new ones and start the clock."""
    _clear(attempt)
    _start_clock(attempt, state)
    _assign_party(attempt, state)
    for unit_id, candidate_group in attempt.copies:
        unit = _unit(attempt, unit_id)
        _lay(attempt, authority.Assignee(unit, candidate_group, 0), kind="copy")
    for person in attempt.shows:
        _lay(attempt, authority.Assignee(attempt.unit, "member", 0), kind="copy", person_id=person)
    _write(attempt)


def _assign_party(attempt: TransitionContext, state: State) -> None:
    party = state.waits_on
    if isinstance(party, Committee):
        _assign_committee(attempt, party)
    elif isinstance(party, MultiInstance) and party.personal:
        _assign_people(attempt, party.over(attempt))
    elif isinstance(party, MultiInstance):
        for unit_id in party.over(attempt):
            seat = authority.resolve_slot(
                attempt.session,
                attempt.workflow,
                attempt.case,
                party,
                _unit(attempt, unit_id),
                attempt.today,
            )
            _lay(attempt, seat, slot_id=unit_id)
    elif party is not None and party.human:
        _lay(attempt, _seat(attempt, state))


def _unit(attempt: TransitionContext, unit_id: str) -> sa.Row:
    return standing.rows(attempt.session, attempt.case.zone_id, [unit_id])[0]


def _assign_people(attempt: TransitionContext, people: list[str]) -> None:
    for person in people:
        _lay(attempt, authority.Assignee(attempt.unit, "member", 0), person_id=person)


def _assign_committee(attempt: TransitionContext, body: Committee) -> None:
    """Give each member of a body a row of his own; whose own case it is steps aside from the start.

    Where that would leave the topmost body nobody to decide, they decide on the others (see
    `rules.bodies`).
    """
    session, case = attempt.session, attempt.case
    session.execute(
        sa.update(WorkItem)
        .where(
            WorkItem.case_id == case.id,
            WorkItem.role == body.role.candidate_group,
            WorkItem.kind == "act",
        )
        .values(kind=PAST)
    )
    seat = authority.body_seat(session, case, body, attempt.today)
    aside = authority.barred(session, attempt.workflow, case, body.role, attempt.today)
    concerned = body.steps_aside(attempt) | aside
    if has_above(attempt) or set(seat.people) - concerned:
        aside = concerned
    for person in seat.people:
        closed = {"closed_at": attempt.at.now, "answer": RECUSED} if person in aside else {}
        _lay(attempt, seat, person_id=person, **closed)


def _seat(attempt: TransitionContext, state: State) -> authority.Assignee:
    return authority.resolve(
        attempt.session, attempt.workflow, attempt.case, state.waits_on, attempt.today
    )


def _clear(attempt: TransitionContext) -> None:
    statements.CLEAR.write(attempt.session, of_case=attempt.case.id, now=attempt.at.now)


def _lay(attempt: TransitionContext, seat: authority.Assignee, kind: str = "act", **more) -> None:
    """Make a work item; `_write` writes all of a step at once."""
    case = attempt.case
    row = {
        "id": new_id(),
        "zone_id": case.zone_id,
        "case_id": case.id,
        "workflow": case.workflow,
        "case_unit_id": case.unit_id,
        "unit_id": seat.unit.id,
        "role": seat.candidate_group,
        "tier": seat.rank,
        "kind": kind,
        "due_on": case.due_on or NEVER,
        "opened_at": attempt.at.now,
    }
    attempt.laid.append(dict.fromkeys(statements.LAID) | row | more)


def _write(attempt: TransitionContext) -> None:
    if attempt.laid:
        statements.LAY.write_all(attempt.session, attempt.laid)
        attempt.laid.clear()


def _start_clock(attempt: TransitionContext, state: State) -> None:
    case, due = attempt.case, state.due
    saved = (
        (case.paused or {}).get(state.name)
        if due and due.keeps and not attempt.restart_clock
        else None
    )
    due_on = None if due is None else _resumed(attempt, saved) if saved else last_day(attempt, due)
    attempt.set(
        running_since=attempt.today if due else None,
        used_workdays=saved[1] if saved else 0,
        due_on=due_on,
        budget_workdays=saved[0]
        if saved
        else (workdays_between(attempt.calendar, attempt.today, due_on) if due else None),
    )
    days = [move.on(attempt) for move in attempt.workflow.leaving(state) if move.by is TIMER]
    attempt.set(wake_on=min((day for day in days if day), default=None))


def _resumed(attempt: TransitionContext, saved: list[int]):
    """Return the last day of a clock that goes on: what was left of it, from today."""
    return add_workdays(attempt.calendar, attempt.today, max(saved[0] - saved[1], 0))


def stop_clock(attempt: TransitionContext, state: State) -> None:
    """Keep what was used of a clock that will go on later."""
    case = attempt.case
    if state.due and state.due.keeps and case.running_since:
        used = case.used_workdays + workdays_between(
            attempt.calendar, case.running_since, attempt.today
        )
        attempt.set(paused={**(case.paused or {}), state.name: [case.budget_workdays, used]})


def last_day(attempt: TransitionContext, due):
    """Return the last day: so many working days from today, never after the cap, never before
    today.
    """
    if due.until and due.until(attempt):
        return max(due.until(attempt), attempt.today)
    last = add_workdays(attempt.calendar, attempt.today, due.workdays)
    cap = due.before(attempt) if due.before else None
    return max(min(last, cap), attempt.today) if cap else last


def stay(attempt: TransitionContext, state: State) -> None:
    """Lay the case anew where it is, since who may act has changed;

    the clock goes on unless told.
    """
    if attempt.restart_clock:
        _start_clock(attempt, state)
    reassign(attempt, state)


def reassign(attempt: TransitionContext, state: State) -> None:
    """Lay open desk rows where their work lies today: after recusal, take-over or a vacancy."""
    party = state.waits_on
    if isinstance(party, Committee):
        _reassign_committee(attempt, party)
    for desk in authority.open_desks(attempt.session, attempt.case.id):
        desk.due_on = attempt.case.due_on or NEVER
        if desk.person_id is None:
            _reassign_row(attempt, state, desk)
    _assign_people(attempt, attempt.seats)
    for person in attempt.shows:
        _lay(attempt, authority.Assignee(attempt.unit, "member", 0), kind="copy", person_id=person)
    _write(attempt)


def _reassign_row(attempt: TransitionContext, state: State, desk: WorkItem) -> None:
    if isinstance(state.waits_on, MultiInstance):
        seat = authority.resolve_slot(
            attempt.session,
            attempt.workflow,
            attempt.case,
            state.waits_on,
            _unit(attempt, desk.slot_id),
            attempt.today,
        )
    else:
        seat = _seat(attempt, state)
    if (desk.unit_id, desk.role, desk.rank) != (seat.unit.id, seat.candidate_group, seat.rank):
        desk.unit_id, desk.role, desk.rank = seat.unit.id, seat.candidate_group, seat.rank
        desk.claimed_by, desk.claimed_on = None, None
        take_back(attempt.session, desk, attempt.at)
    if desk.handed_to and desk.handed_to not in seat.people:
        desk.handed_to = None  # whom it was handed to may not act any more: back to the seat


def _reassign_committee(attempt: TransitionContext, body: Committee) -> None:
    """Pass a matter to another body, or let those who left their office go.

    Another body: the one above it, that of a new superior, or new people where nobody is left to
    speak.
    """
    seat = authority.body_seat(attempt.session, attempt.case, body, attempt.today)
    rows = authority.open_desks(attempt.session, attempt.case.id)
    if attempt.restart_clock or _elsewhere(attempt, body, seat):
        _clear(attempt)
        _assign_committee(attempt, body)
        return
    for desk in rows:
        if desk.person_id not in seat.people:
            desk.closed_at, desk.answer = attempt.at.now, LEFT


def _elsewhere(attempt: TransitionContext, body: Committee, seat: authority.Assignee) -> bool:
    """True where the body's rows lie in another unit, or nobody is left to speak and nobody has."""
    rows = attempt.session.execute(
        sa.select(WorkItem.unit_id, WorkItem.closed_at, WorkItem.answer).where(
            WorkItem.case_id == attempt.case.id,
            WorkItem.role == body.role.candidate_group,
            WorkItem.kind == "act",
        )
    ).all()
    silent = all(row.closed_at and row.answer not in (YES, NO, CAME) for row in rows)
    return silent or any(row.unit_id != seat.unit.id for row in rows)


def take_back(session: Session, desk: WorkItem, at: Moment) -> bool:
    """End the delegation of a row, if there is one; returns whether there was."""
    done = session.execute(
        sa.update(WorkItem)
        .where(WorkItem.beside_id == desk.id, WorkItem.closed_at.is_(None))
        .values(closed_at=at.now)
    )
    return bool(done.rowcount)


def helper(session: Session, desk: WorkItem) -> WorkItem | None:
    """Return the row of whoever works on a delegated row."""
    return session.scalar(
        sa.select(WorkItem).where(WorkItem.beside_id == desk.id, WorkItem.closed_at.is_(None))
    )


def respect_row(
    session: Session, desk: WorkItem, who: authority.Actor, today, handed: bool = True
) -> None:
    """Let a row be worked on by nobody but whose it is. Raises SomebodyFirst."""
    helping = helper(session, desk)
    respect(session, desk, helping and helping.person_id, who, today, handed)


def respect(
    session: Session,
    desk: WorkItem | Item,
    helper_id: str | None,
    who: authority.Actor,
    today,
    handed: bool = True,
) -> None:
    """A row claimed today, handed over or delegated is another's to work on.

    Raises SomebodyFirst.
    """
    holder = desk.claimed_by if desk.claimed_on == today else None
    if holder not in (None, who.id):
        name = inbox.person_name(session, holder)
        raise AlreadyTaken(
            say("%(name)s已认领这件事，请等对方办理或释放。", name=name), decided_by=name
        )
    if handed and desk.handed_to not in (None, who.id):
        raise AlreadyTaken(
            say(
                "这件事已转办给%(name)s；要由您办，请先转办给您自己。",
                name=inbox.person_name(session, desk.handed_to),
            )
        )
    if helper_id is not None:
        raise AlreadyTaken(
            say(
                "这件事已委派给%(name)s，请等对方交回，或先收回。",
                name=inbox.person_name(session, helper_id),
            )
        )


def claim(desk: WorkItem, person_id: str | None, on: date | None) -> None:
    """Let a person work on a row for a day; None: nobody in particular."""
    desk.claimed_by, desk.claimed_on = person_id, on


def hand_to(desk: WorkItem, person_id: str | None) -> None:
    """Give a row for good to another who may decide; None: back to the seat."""
    desk.handed_to = person_id
    claim(desk, None, None)


def close(desk: WorkItem, at: Moment, answer: str | None = None) -> None:
    desk.closed_at, desk.answer = at.now, answer


def lay_beside(session: Session, case: Case, unit: Unit, kind: str, at: Moment, **more) -> None:
    """Lay a case on a further desk, beside the one that decides."""
    row = {
        "zone_id": case.zone_id,
        "case_id": case.id,
        "workflow": case.workflow,
        "case_unit_id": case.unit_id,
        "unit_id": unit.id,
        "role": "branch" if unit.kind == "branch" else "superior",
        "kind": kind,
        "due_on": case.due_on or NEVER,
        "opened_at": at.now,
        **more,
    }
    session.add(WorkItem(**row))


def follow_case(session: Session, case: Case) -> None:
    """Let the open rows of a case tell its unit and its last day as they are now."""
    session.execute(
        sa.update(WorkItem)
        .where(WorkItem.case_id == case.id, WorkItem.closed_at.is_(None))
        .values(case_unit_id=case.unit_id, due_on=case.due_on or NEVER)
    )


def close_slot(attempt: TransitionContext) -> None:
    """Close the actor's own slot with his answer.

    Raises SomebodyFirst where it was closed a moment ago.
    """
    party, answer = attempt.move.by, attempt.move.name
    if isinstance(party, Committee) and party.answer in attempt.words:
        answer = YES if attempt.words[party.answer] else NO
    if not _close(attempt, WorkItem.id == attempt.basis.desk_id, answer):
        raise AlreadyTaken("这一方刚刚已经答复。")


def close_for(attempt: TransitionContext) -> None:
    """Close the slot of the one whom the move names, in his stead.

    Raises SomebodyFirst where it is closed.
    """
    person = attempt.words[attempt.move.closes]
    mine = sa.and_(
        WorkItem.case_id == attempt.case.id, WorkItem.person_id == person, WorkItem.kind == "act"
    )
    if not _close(attempt, mine, attempt.move.name):
        raise AlreadyTaken("这名党员的这一步已经办过，或不在名单里。")


def _close(attempt: TransitionContext, which, answer: str) -> bool:
    return (
        attempt.session.execute(
            sa.update(WorkItem)
            .where(which, WorkItem.closed_at.is_(None))
            .values(closed_at=attempt.at.now, answer=answer)
        ).rowcount
        > 0
    )


def escalate(session: Session, case: Case, at: Moment) -> bool:
    """Show a case to the organization above the one that is late, beside its own desk.

    Does not commit.
    """
    workflow = workflows.get(case.workflow, case.definition_version)
    state = workflow.state(case.state)
    move = workflow.move(state, "take_over")
    role = state.due.escalate_to or (move.by if move else None)
    if role is None:
        return False
    attempt = TransitionContext(session, workflow, case, move, None, at, state=case.state)
    seat = authority.resolve(session, workflow, case, role, at.today)
    if seat is None:
        return False
    _lay(attempt, seat, kind="watch")
    _write(attempt)
    return True
