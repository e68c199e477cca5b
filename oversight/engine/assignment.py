"""Creates work items and runs deadlines: the only writer of work items, but for the effects of a
committee or a roster, which close their own.

Called by the engine while it holds the case's lock; neither authorizes nor commits.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base.clock import Moment
from oversight.base.db import new_id, touched
from oversight.base.refusals import AlreadyTaken
from oversight.base.sentences import say
from oversight.calendar.workdays import add_workdays, workdays_between
from oversight.law.definition import Committee, MultiInstance, Party, State, role_of
from oversight.law.roles import TIMER
from oversight.models import Case, Unit, WorkItem, images
from oversight.models.cases import CAME, LEFT, NEVER, NO, PAST, RECUSED, YES
from oversight.organization import standing
from oversight.organization.actor import Actor
from oversight.organization.units import has_above
from oversight.rules import common
from oversight.rules.context import TransitionContext
from oversight.rules.parties import Item

from . import authority, inbox, statements


def enter(attempt: TransitionContext, state: State) -> None:
    """Close the open work items, create those of the new state and start its deadline."""
    _clear(attempt)
    begin(attempt, state)
    _write(attempt)


def begin(attempt: TransitionContext, state: State) -> None:
    """Start a state's deadline and make its work items, which are yet to be written."""
    start_clock(attempt, state)
    _assign_party(attempt, state)
    for unit_id, candidate_group in attempt.copies:
        _lay_at(attempt, (unit_id, candidate_group, 0), kind="copy")  # no unit is read for it
    for person in attempt.shows:
        _lay(attempt, authority.Assignee(attempt.unit, "member", 0), kind="copy", person_id=person)


def _assign_party(attempt: TransitionContext, state: State) -> None:
    party = state.waits_on
    if isinstance(party, Committee):
        _assign_committee(attempt, party)
    elif isinstance(party, MultiInstance) and party.personal:
        _assign_people(attempt, party.over(attempt))
    elif isinstance(party, MultiInstance):
        _lay_slots(attempt, party, party.over(attempt))
    elif party is not None and party.human:
        _lay(attempt, _seat(attempt, party))


def _unit(attempt: TransitionContext, unit_id: str) -> sa.Row:
    return standing.rows(attempt.session, attempt.case.zone_id, [unit_id])[0]


def _assign_people(attempt: TransitionContext, people: list[str]) -> None:
    seat = attempt.unit.id, "member", 0
    for person in people:
        _lay_at(attempt, seat, "act", person_id=person)


def _assign_committee(attempt: TransitionContext, body: Committee) -> None:
    """Create one work item for each member of a committee; whose own case it is is recused from the
    start.

    Where that would leave the topmost committee nobody to decide, they decide on the others (see
    `rules.committee`).
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
        closed: dict[str, Any] = (
            {"closed_at": attempt.at.now, "answer": RECUSED} if person in aside else {}
        )
        _lay(attempt, seat, person_id=person, **closed)


def _seat(attempt: TransitionContext, party: Party) -> authority.Assignee:
    return authority.resolve(
        attempt.session, attempt.workflow, attempt.case, role_of(party), attempt.today
    )


def _clear(attempt: TransitionContext) -> None:
    statements.CLEAR.write(attempt.session, of_case=attempt.case.id, now=attempt.at.now)


def _lay(attempt: TransitionContext, seat: authority.Assignee, kind: str = "act", **more) -> None:
    """Make a work item; `_write` writes all of a step at once."""
    _lay_at(attempt, (seat.unit.id, seat.candidate_group, seat.rank), kind, **more)


def _lay_at(attempt: TransitionContext, seat: tuple[str, str, int], kind: str, **more) -> None:
    """Make one at a unit, a group of candidates there and their rank."""
    case, (unit_id, candidate_group, rank) = attempt.case, seat
    row = {
        "id": new_id(),
        "zone_id": case.zone_id,
        "case_id": case.id,
        "workflow": case.workflow,
        "case_unit_id": case.unit_id,
        "unit_id": unit_id,
        "role": candidate_group,
        "tier": rank,
        "kind": kind,
        "due_on": case.due_on or NEVER,
        "opened_at": attempt.at.now,
    }
    attempt.laid.append(dict.fromkeys(statements.LAID) | row | more)
    if more.get("answer"):
        answered = {name: (row | more).get(name) for name in WorkItem.__decided__}
        images.put(attempt.session, case.id, WorkItem, [attempt.laid[-1]["id"]], **answered)


def _write(attempt: TransitionContext) -> None:
    write_all(attempt.session, [attempt])


def write_all(session: Session, attempts: list[TransitionContext]) -> None:
    """Write the work items that attempts have made."""
    statements.LAY.write_all(session, [row for attempt in attempts for row in attempt.laid])
    for attempt in attempts:
        attempt.laid.clear()


def start_clock(attempt: TransitionContext, state: State) -> None:
    """Give a case the days of a state: its last day, and when the clock has something to do."""
    attempt.set(**_deadline(attempt, state))
    set_alarm(attempt, state)
    start_ladder(attempt, state)


def set_alarm(attempt: TransitionContext, state: State) -> None:
    """Note when the clock next has something to do in a case."""
    days = [move.on(attempt) for move in attempt.workflow.leaving(state) if move.by is TIMER]
    attempt.set(wake_on=min(filter(None, days), default=None))


def start_ladder(attempt: TransitionContext, state: State) -> None:
    """Restart the reminders at the first one, also where its day has passed."""
    days = _rung_days(attempt, state)
    attempt.set(remind_on=min(days, default=None))


def look_at_ladders(session: Session, today: date) -> None:
    """Have every ladder looked at once, since working days are others now. Does not commit."""
    session.execute(
        sa.update(Case)
        .where(Case.closed_at.is_(None), Case.remind_on > today)
        .values(remind_on=today)
    )


def next_rung(attempt: TransitionContext, state: State) -> date | None:
    """Return the day of the next rung after today; None where the last has been reached."""
    return min((day for day in _rung_days(attempt, state) if day > attempt.today), default=None)


def _rung_days(attempt: TransitionContext, state: State) -> list[date]:
    """Return the days of a state's reminders, the day after the last day among them."""
    last = attempt.case.due_on
    if last is None or state.due is None:
        return []
    before = [add_workdays(attempt.calendar, last, -rung) for rung in state.due.reminders]
    return [*before, last + timedelta(days=1)]


def _deadline(attempt: TransitionContext, state: State) -> dict:
    """Return the columns of a state's deadline: none, the one that was kept, or a new one."""
    due, today = state.due, attempt.today
    if due is None:
        return dict.fromkeys(("running_since", "due_on", "budget_workdays")) | {"used_workdays": 0}
    kept = (attempt.case.paused or {}).get(state.name)
    if kept and due.keeps and not attempt.restart_clock:
        budget, used = kept
        due_on = add_workdays(attempt.calendar, today, budget - used)  # what was late stays late
    else:
        due_on, used = last_day(attempt, due), 0
        budget = workdays_between(attempt.calendar, today, due_on)
    return {
        "running_since": today,
        "due_on": due_on,
        "budget_workdays": budget,
        "used_workdays": used,
    }


def stop_clock(attempt: TransitionContext, state: State) -> None:
    """Remember how much of a deadline was used, so that it can be resumed."""
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
    last = add_workdays(attempt.calendar, attempt.today, attempt.days(due))
    cap = due.before(attempt) if due.before else None
    return max(min(last, cap), attempt.today) if cap else last


def stay(attempt: TransitionContext, state: State) -> None:
    """Reassign the work items of a case that stays in its state, because who may act has changed;
    the deadline goes on unless it is to be restarted.
    """
    if attempt.restart_clock:
        start_clock(attempt, state)
    reassign(attempt, state)


def reassign(attempt: TransitionContext, state: State) -> None:
    """Reassign open work items to whoever fills the role today: after a recusal, a take-over or a
    vacancy.
    """
    party = state.waits_on
    if isinstance(party, Committee):
        _reassign_committee(attempt, party)
    elif isinstance(party, MultiInstance) and not party.personal:
        _follow_units(attempt, party)
    for desk in authority.open_desks(attempt.session, attempt.case.id):
        desk.due_on = attempt.case.due_on or NEVER
        if desk.person_id is None:
            _reassign_row(attempt, state, desk)
        elif isinstance(party, MultiInstance):
            desk.unit_id = attempt.unit.id  # a member answers in the branch that has the case now
    _assign_people(attempt, attempt.seats)
    for person in attempt.shows:
        _lay(attempt, authority.Assignee(attempt.unit, "member", 0), kind="copy", person_id=person)
    _write(attempt)


def _follow_units(attempt: TransitionContext, party: MultiInstance) -> None:
    """Let the units answer that are named today: after a re-organization others may be."""
    wanted = party.over(attempt)
    rows = attempt.session.scalars(
        sa.select(WorkItem).where(
            WorkItem.case_id == attempt.case.id,
            WorkItem.kind == "act",
            WorkItem.slot_id.is_not(None),
            WorkItem.opened_at >= attempt.case.entered_at,
            sa.or_(WorkItem.closed_at.is_(None), WorkItem.answer.is_not(None)),
        )
    ).all()
    for desk in rows:
        if desk.closed_at is None and desk.slot_id not in wanted:
            close(desk, attempt.at)
    known = {desk.slot_id for desk in rows}
    _lay_slots(attempt, party, [unit_id for unit_id in wanted if unit_id not in known])
    attempt.session.flush()


def _lay_slots(attempt: TransitionContext, party: MultiInstance, units: list[str]) -> None:
    for unit_id in units:
        seat = authority.resolve_slot(
            attempt.session,
            attempt.workflow,
            attempt.case,
            party,
            _unit(attempt, unit_id),
            attempt.today,
        )
        _lay(attempt, seat, slot_id=unit_id)


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
        seat = _seat(attempt, state.waits_on)
    if (desk.unit_id, desk.role, desk.rank) != (seat.unit.id, seat.candidate_group, seat.rank):
        desk.unit_id, desk.role, desk.rank = seat.unit.id, seat.candidate_group, seat.rank
        desk.claimed_by, desk.claimed_on = None, None
        take_back(attempt.session, desk, attempt.at)
    if desk.handed_to and desk.handed_to not in seat.people:
        desk.handed_to = None  # whom it was handed to may not act any more: back to the seat


def _reassign_committee(attempt: TransitionContext, body: Committee) -> None:
    """Pass a case to another committee, or close the work items of those who left their office.

    Another committee: the one above, that of a new superior, or new people where nobody is left to
    vote.
    """
    seat = authority.body_seat(attempt.session, attempt.case, body, attempt.today)
    rows = authority.open_desks(attempt.session, attempt.case.id)
    if attempt.restart_clock or _elsewhere(attempt, body, seat):
        _clear(attempt)
        _assign_committee(attempt, body)
        return
    for desk in rows:
        if desk.person_id not in seat.people:
            close(desk, attempt.at, LEFT)


def _elsewhere(attempt: TransitionContext, body: Committee, seat: authority.Assignee) -> bool:
    """True where the committee's work items belong to another unit, or nobody is left to vote and
    nobody has voted.
    """
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
    """End the delegation of an item, if there is one; returns whether there was."""
    delegated = sa.update(WorkItem).where(
        WorkItem.beside_id == desk.id, WorkItem.closed_at.is_(None)
    )
    return bool(touched(session, delegated.values(closed_at=at.now)))


def helper(session: Session, desk: WorkItem) -> WorkItem | None:
    """Return the work item of the delegate."""
    return session.scalar(
        sa.select(WorkItem).where(WorkItem.beside_id == desk.id, WorkItem.closed_at.is_(None))
    )


def respect_row(session: Session, desk: WorkItem, who: Actor, today, handed: bool = True) -> None:
    """Refuse work on an item that is another's. Raises AlreadyTaken."""
    helping = helper(session, desk)
    respect(session, desk, helping.person_id if helping else None, who, today, handed)


def respect(
    session: Session,
    desk: WorkItem | Item,
    helper_id: str | None,
    who: Actor,
    today,
    handed: bool = True,
) -> None:
    """Refuse work on an item that another has claimed today, was handed or was delegated.

    Raises AlreadyTaken.
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
    """Claim an item for a person for a day; None releases it."""
    desk.claimed_by, desk.claimed_on = person_id, on


def hand_to(desk: WorkItem, person_id: str | None) -> None:
    """Transfer an item to another who may decide; None returns it to the office."""
    desk.handed_to = person_id
    claim(desk, None, None)


def close(desk: WorkItem, at: Moment, answer: str | None = None) -> None:
    desk.closed_at, desk.answer = at.now, answer
    if answer:
        _told(sa.orm.object_session(desk), desk)


def _told(session: Session, desk: WorkItem) -> None:
    """Let the journal keep how a row was answered."""
    images.put(session, desk.case_id, WorkItem, [desk.id], **images.of(WorkItem, desk))


def lay_beside(session: Session, case: Case, unit: Unit, kind: str, at: Moment, **more) -> None:
    """Create a further work item, beside the one that decides."""
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
    """Copy the unit and the last day of a case to its open work items."""
    session.execute(
        sa.update(WorkItem)
        .where(WorkItem.case_id == case.id, WorkItem.closed_at.is_(None))
        .values(case_unit_id=case.unit_id, due_on=case.due_on or NEVER)
    )


def close_slot(attempt: TransitionContext) -> None:
    """Close the actor's own work item with his answer.

    Raises AlreadyTaken where it was closed a moment ago.
    """
    party, answer = attempt.move.by, attempt.move.name
    if isinstance(party, Committee) and party.answer in attempt.words:
        answer = YES if attempt.words[party.answer] else NO
    if not _close(attempt, WorkItem.id == attempt.basis.desk_id, answer):
        raise AlreadyTaken("这一方刚刚已经答复。")


def close_for(attempt: TransitionContext) -> None:
    """Close the work item of the person whom the move names, or of each whom a list names.

    Raises AlreadyTaken where one is closed.
    """
    said = attempt.words[attempt.move.closes]
    for person in [one["member"] for one in said] if isinstance(said, list) else [said]:
        mine = sa.and_(
            WorkItem.case_id == attempt.case.id,
            WorkItem.person_id == person,
            WorkItem.kind == "act",
        )
        if not _close(attempt, mine, attempt.move.name):
            raise AlreadyTaken("这名党员的这一步已经办过，或不在名单里。")


def _close(attempt: TransitionContext, which, answer: str) -> bool:
    return bool(common.answer(attempt, answer, which))


def escalate(session: Session, case: Case, at: Moment) -> bool:
    """Show an overdue case to the organization above, by a work item that only informs.

    Does not commit.
    """
    workflow = workflows.of(case)
    state = workflow.state(case.state)
    move = workflow.move(state, "take_over")
    role = state.due.escalate_to or (role_of(move.by) if move else None)
    if role is None:
        return False
    attempt = TransitionContext(session, workflow, case, move, None, at, state=case.state)
    seat = authority.resolve(session, workflow, case, role, at.today)
    if seat is None:
        return False
    _lay(attempt, seat, kind="watch")
    _write(attempt)
    return True
