"""The only way to change a state: authorize, guard, apply and record in the caller's transaction.

`assignment` writes the work items on its behalf. `submit` and `submit_opening` commit; the rest do
not.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_state
from transitions import Machine

from oversight import workflows
from oversight.base import kept
from oversight.base.clock import Moment
from oversight.base.db import adopt, find, is_id, made, new_id, put
from oversight.base.kept import plain
from oversight.base.refusals import (
    AlreadyTaken,
    Forbidden,
    InvalidTransition,
    NotFound,
    RuleViolation,
    VersionConflict,
)
from oversight.base.sentences import N_, say
from oversight.base.terms import fill
from oversight.calendar.workdays import workdays_between
from oversight.calendar.zone import zone_settings
from oversight.law.binding import own_id
from oversight.law.definition import INTERNAL, Move, MultiInstance, Rule, State, Workflow
from oversight.law.inputs import read_words
from oversight.law.roles import AUTOMATIC, MEMBER, TIMER
from oversight.models import Case, JournalRow, Unit, images
from oversight.organization import standing
from oversight.organization.actor import Actor, AuthorityBasis
from oversight.organization.units import successor_of
from oversight.rules import parties
from oversight.rules.common import raise_level
from oversight.rules.context import TransitionContext

from . import assignment, authority, capsule, inbox, many, outbox, search, statements
from .journal import by_whom, chain_row
from .use_case import shows, use_case

CHANGES = ("restate", "redate", "inherit")  # what makes another matter of a case, and is no move
_LAST = (
    sa.select(JournalRow)
    .where(JournalRow.case_id == sa.bindparam("of_case"), JournalRow.kind == "move")
    .order_by(JournalRow.seq.desc())
    .limit(1)
)
_machines: dict[tuple[str, int], Machine] = {}


# The machine -------------------------------------------------------------------------------------


def machine(workflow: Workflow) -> Machine:
    """Compile a definition once; cases are never registered on it. Guards raise, they never return
    False.
    """
    key = (workflow.name, workflow.version)
    if key not in _machines:
        built = Machine(
            model=None,
            states=[state.name for state in workflow.states],
            initial=workflow.opens.name,
            auto_transitions=False,
            send_event=True,
        )
        for move in workflow.moves:
            for state in move.from_states:
                built.add_transition(
                    move.name,
                    state.name,
                    move.target(state).name,
                    conditions=[_authorize, _read, _guard],
                    before=[_apply],
                )
        _machines[key] = built
    return _machines[key]


def forget_machine(name: str) -> None:
    for key in [key for key in _machines if key[0] == name]:
        del _machines[key]


def _authorize(event) -> bool:
    attempt = event.model
    if attempt.basis is None and attempt.move.by not in (TIMER, AUTOMATIC):
        attempt.basis = authority.require(
            attempt.session, attempt.workflow, attempt.case, attempt.move, attempt.actor
        )
        _respect_claims(attempt)
    return True


def _read(event) -> bool:
    attempt = event.model
    attempt.words, attempt.raw = read_words(attempt.move.asks, attempt.raw)
    return True


def _guard(event) -> bool:
    attempt = event.model
    if attempt.move.by is TIMER:
        due = attempt.move.on(attempt)
        if due is None or attempt.today < due:
            raise InvalidTransition("还没有到时候。", rule="clock")
    for guard in attempt.move.only_if:
        ensure(guard, attempt)
    return True


def _apply(event) -> None:
    attempt = event.model
    unmet = [guard for guard in attempt.move.warns if not guard.test(attempt)]
    warned = [fill(guard.sentence, attempt.settings) for guard in unmet]
    if warned:
        attempt.result["warned"] = warned
    facts = dict(attempt.case.facts)
    for effect in attempt.move.does:
        effect.act(attempt)
    if "paper" in attempt.result:
        names = {guard.name for guard in unmet}
        attempt.result[capsule.NAME] = capsule.frozen(attempt, facts, names)


def ensure(guard: Rule, attempt: TransitionContext) -> None:
    """Evaluate a guard. Raises RuleViolation with its sentence and ground."""
    if not guard.test(attempt):
        ground = (
            {"clause": own_id(guard.source.id, attempt.unit.category)}
            if guard.source.is_clause
            else {"house_rule": fill(guard.source.text, attempt.settings)}
        )
        raise RuleViolation(
            fill(guard.sentence, attempt.settings),
            rule=guard.name,
            field=guard.words[0] if guard.words else None,
            **ground,
        )


def _respect_claims(attempt: TransitionContext) -> None:
    """Refuse a move on work that another has claimed, was handed or was delegated.

    Raises AlreadyTaken.
    """
    for item in authority.lying(attempt.session, attempt.workflow, attempt.case):
        if item.unit_id == attempt.basis.unit_id and attempt.basis.desk_id in (None, item.id):
            assignment.respect(attempt.session, item, item.helper, attempt.actor, attempt.today)


def context(
    session: Session,
    case: Case,
    at: Moment,
    who: Actor | None = None,
    move: Move | None = None,
    **more: Any,
) -> TransitionContext:
    """Return the context of an act in a case as it stands; `more` are further fields of it."""
    law = workflows.of(case)
    barred = partial(authority.barred, session, law, case, on=at.today)
    return TransitionContext(
        session, law, case, move, who, at, state=case.state, barred=barred, **more
    )


# Making a move -----------------------------------------------------------------------------------


def lock(session: Session, case_id: str) -> Case:
    """Load a case under a row lock and as it is now. Raises NotFound."""
    session.flush()
    rows = statements.CASE.dicts(session, of_case=case_id)
    if not rows:
        raise NotFound()
    case = put(session, Case, rows[0])
    kept.forget(session)
    parties.read(session, case, workflows.of(case).opened_by.name)
    standing.place(session, [case])
    return case


def perform(
    session: Session,
    case_id: str,
    name: str,
    actor: Actor | None,
    words: dict,
    *,
    version: int | None,
    at: Moment,
) -> Case:
    """Make one move. Does not commit; after any refusal the caller must roll back.

    `actor` None is the clock. Raises NotFound, VersionConflict, InvalidTransition, Forbidden,
    InvalidInput, RuleViolation, AlreadyTaken.
    """
    session = plain(session)
    case = lock(session, case_id)
    workflow = workflows.of(case)
    if actor is not None:
        authority.see(session, actor, case)
    state = workflow.state(case.state)
    move = workflow.move(state, name)
    if (
        version is not None
        and version != case.version
        and not (move and move.unversioned and version >= _entered_version(session, case))
    ):
        raise _stale(session, case)
    _must_be_open(session, workflow, case, move, name, actor)
    attempt = context(session, case, at, actor, move, raw=words or {})
    _fire(attempt)
    _count(attempt)
    return case


def _entered_version(session: Session, case: Case) -> int:
    """Return the version since which a case is in its state with its facts: an older read is stale."""
    moves = (
        sa.select(sa.func.count())
        .select_from(JournalRow)
        .where(JournalRow.case_id == case.id, JournalRow.kind == "move")
    )
    last = sa.select(sa.func.max(JournalRow.seq)).where(
        JournalRow.case_id == case.id,
        sa.or_(
            JournalRow.kind.in_(CHANGES),
            sa.and_(JournalRow.kind == "move", JournalRow.from_state != JournalRow.to_state),
        ),
    )
    return case.version - session.scalar(
        moves.where(JournalRow.seq > sa.func.coalesce(last.scalar_subquery(), 0))
    )


def _must_be_open(
    session: Session,
    workflow: Workflow,
    case: Case,
    move: Move | None,
    name: str,
    actor: Actor | None,
) -> None:
    if move is not None and (move.by in (TIMER, AUTOMATIC)) == (actor is None):
        return
    if move is not None:
        raise Forbidden(say("“%(move)s”由系统到期自动办理，不由人办理。", move=move.label))
    if not workflow.names(name):
        raise NotFound(
            say("“%(workflow)s”没有这一步：%(move)s。", workflow=workflow.title, move=name)
        )
    state = workflow.state(case.state)
    raise InvalidTransition(
        say("这件事现在是“%(state)s”，不能再办这一步。", state=state.label),
        **last_act(session, case),
    )


def _fire(attempt: TransitionContext) -> None:
    """Fire one transition and record its result."""
    before = attempt.workflow.state(attempt.state)
    _note_silence(attempt, before)
    machine(attempt.workflow).events[attempt.move.name].trigger(attempt)
    state = attempt.workflow.state(attempt.state)
    _set_state(attempt, state)
    _note_side(attempt)
    if attempt.move.enters is not INTERNAL:
        assignment.stop_clock(attempt, before)
        assignment.enter(attempt, state)
    elif attempt.move.per_participant:
        assignment.close_slot(attempt)
    else:
        if attempt.move.closes:
            assignment.close_for(attempt)
        assignment.stay(attempt, state)
    if attempt.move.enters is INTERNAL and not attempt.move.unversioned:
        assignment.start_ladder(attempt, state)
    _open_following(attempt)
    record(attempt, "move", attempt.move.name, before.name, state.name)
    _outgoing(attempt, before.name)
    attempt.session.flush()


def _note_side(attempt: TransitionContext) -> None:
    """Let the work of the next state lie with nobody who has just acted for the branch."""
    stand = attempt.basis
    if attempt.actor is not None and stand is not None:
        people = {attempt.actor.id, stand.acting_for} - {None}
        side = attempt.workflow.opened_by.name
        parties.join(attempt.session, attempt.case, side, stand.role, people)


def _note_silence(attempt: TransitionContext, state: State) -> None:
    """Record who did not answer and since when: where a timer ends the wait for an answer, and where
    the level above takes over. An end that is nobody's fault still names who was passed over.
    """
    move = attempt.move
    ends = move.by is TIMER and state.waits_on.judges
    if ends and move.faultless:
        attempt.result |= _passed_over(attempt) if attempt.case.escalation_level else {}
    elif ends or raise_level in move.does:
        who = authority.waits_label(
            attempt.session, attempt.workflow, attempt.case, state.waits_on, attempt.today
        )
        attempt.result["unanswered"] = {"by": who, "since": attempt.case.entered_at.isoformat()}


def _passed_over(attempt: TransitionContext) -> dict:
    """Return who had not answered when the case was last taken over in the state that it is in."""
    taken = sa.select(JournalRow.result).where(
        JournalRow.case_id == attempt.case.id,
        JournalRow.kind == "move",
        JournalRow.move == "take_over",
        JournalRow.from_state == attempt.case.state,
    )
    row = attempt.session.scalar(taken.order_by(JournalRow.seq.desc()).limit(1))
    return {"unanswered": row["unanswered"]} if row and "unanswered" in row else {}


def _open_following(attempt: TransitionContext) -> None:
    """Open the cases that a transition starts, on the same authority."""
    if attempt.opens:
        _save(attempt)  # their guards ask the database, which must know the state that was entered
    for workflow, unit_id, facts in attempt.opens:
        opened = open_case(
            attempt.session,
            workflow,
            _heir(attempt.session, unit_id),
            facts,
            attempt.actor,
            attempt.at,
            basis=attempt.basis,
        )
        attempt.result.setdefault("opened", []).append(opened.id)


def _heir(session: Session, unit_id: str) -> str:
    """Return the unit that stands in for a merged one; the id itself where it names none."""
    unit = find(session, Unit, unit_id)
    return successor_of(session, unit).id if unit else unit_id


def _set_state(attempt: TransitionContext, state: State) -> None:
    attempt.set(
        state=state.name,
        version=attempt.case.version + 1,
        closed_at=attempt.at.now if attempt.workflow.final(state) else None,
    )
    if attempt.move.enters is not INTERNAL:
        attempt.set(entered_at=attempt.at.now)


def _save(attempt: TransitionContext) -> None:
    """Write all that changed in the case under a version check, although the row is locked: belt
    and braces.
    """
    _save_all(attempt.session, [attempt])


def _save_all(session: Session, attempts: list[TransitionContext]) -> None:
    alike: dict[tuple[str, ...], list[TransitionContext]] = {}
    for attempt in attempts:
        alike.setdefault(_unlike(attempt), []).append(attempt)
    for names, found in alike.items():
        if statements.save(names).write_all(session, [_saved(one, names) for one in found]) != len(
            found
        ):
            raise _stale(session, found[0].case)
    for attempt in attempts:
        state, changed = instance_state(attempt.case), _changed(attempt)
        state._commit_all(state.dict, session.identity_map)  # as a flush does: it is written
        attempt.written |= changed
        attempt.unsaved.clear()


def _saved(attempt: TransitionContext, names: tuple[str, ...]) -> dict:
    """Return the values with which a case is written where its version still stands."""
    case = attempt.case
    was = case.version - ("version" in attempt.unsaved)
    return {"of_case": case.id, "was": was} | {f"to_{name}": getattr(case, name) for name in names}


def _changed(attempt: TransitionContext) -> set[str]:
    """Name what is yet to be written in the case."""
    return attempt.unsaved.keys() | instance_state(attempt.case).committed_state.keys()


def _unlike(attempt: TransitionContext) -> tuple[str, ...]:
    """Name the columns of the case that are not as they were: a database puts a row anew in every
    index of a column that is written, whatever was there.
    """
    changed, before, now = _changed(attempt), attempt.unsaved, vars(attempt.case)
    return tuple(
        name
        for name in statements.ATTRIBUTES
        if name in changed and before.get(name, ...) != now[name]
    )


def _stale(session: Session, case: Case) -> VersionConflict:
    last = last_act(session, case)
    return VersionConflict(
        say(
            "这件事刚刚已由%(who)s处理：%(what)s。您的这一步没有生效，写的内容还在。",
            who=last["decided_by"],
            what=last["what"],
        ),
        **last,
    )


def last_row(session: Session, case: Case) -> JournalRow | None:
    """Return the newest move in the journal of a case."""
    return session.scalar(_LAST, {"of_case": case.id})


def last_act(session: Session, case: Case) -> dict:
    """Return who made the last move, what, and when, to explain a version conflict."""
    row = by_whom(session, last_row(session, case))
    if row is None:
        opened = session.scalar(
            sa.select(JournalRow).where(JournalRow.case_id == case.id, JournalRow.seq == 1)
        )
        return {"decided_by": opened.actor, "decided_at": opened.at.isoformat(), "what": "新开"}
    workflow = workflows.of(case)
    label = next((move.label for move in workflow.moves if move.name == row.move), row.move)
    return {"decided_by": row.actor, "decided_at": row.at.isoformat(), "what": label}


def _count(attempt: TransitionContext) -> None:
    """Fire the first automatic transition that holds; where many answer, once every work item is
    closed.
    """
    session, case = attempt.session, attempt.case
    state = attempt.workflow.state(case.state)
    counting = [move for move in attempt.workflow.leaving(state) if move.by is AUTOMATIC]
    many = isinstance(state.waits_on, MultiInstance)
    if not counting or many and authority.lying(session, attempt.workflow, case):
        return
    for move in counting:
        counted = TransitionContext(
            session, attempt.workflow, case, move, None, attempt.at, state=state.name
        )
        if all(guard.test(counted) for guard in move.only_if):
            _fire(counted)
            return _count(counted)


def tick(session: Session, case_id: str, at: Moment) -> bool:
    """Make the move of the clock that is due in a case, if there is one. Does not commit."""
    session = plain(session)
    attempt = _due(session, lock(session, case_id), at)
    if attempt is None:
        return False
    _fire(attempt)
    _count(attempt)
    return True


def tick_all(session: Session, case_ids: list[str], at: Moment) -> int:
    """Make the moves of the clock that are due in many cases; returns how many. Does not commit.

    Cases that merely end are written together; of the others each is moved alone.
    """
    session = plain(session)
    found = [_due(session, case, at) for case in many.cases(session, case_ids, at, lock=True)]
    due = [attempt for attempt in found if attempt is not None]
    ending = [attempt for attempt in due if _merely_ends(attempt)]
    others = [attempt.case.id for attempt in due if not _merely_ends(attempt)]
    left = {attempt.case.id: attempt.state for attempt in ending}
    rows = [_end(attempt) for attempt in ending]
    if ending:
        given = [{"of_case": row["case_id"], "now": at.now} for row in rows]
        statements.CLEAR.write_all(session, given)
        _append(session, rows)
        _save_all(session, ending)
    outbox.enqueue_all(session, [_message(one, one.move.name, left[one.case.id]) for one in ending])
    return len(ending) + sum(tick(session, case_id, at) for case_id in others)


def _due(session: Session, case: Case, at: Moment) -> TransitionContext | None:
    """Return the attempt at the move of the clock that is due in a case."""
    workflow = workflows.of(case)
    for move in workflow.leaving(workflow.state(case.state)):
        if move.by is TIMER:
            attempt = context(session, case, at, move=move)
            due = move.on(attempt)
            if due is not None and due <= at.today:
                return attempt
    return None


def _merely_ends(attempt: TransitionContext) -> bool:
    """True where all that a move does is to end its case."""
    move, workflow = attempt.move, attempt.workflow
    ends = workflow.final(move.target(workflow.state(attempt.state)))
    asks = move.only_if or move.warns or move.does
    return ends and move.enters is not INTERNAL and not asks


def _end(attempt: TransitionContext) -> dict:
    """Let a case end; returns its row of the journal. Writes nothing."""
    before = attempt.workflow.state(attempt.state)
    _note_silence(attempt, before)
    machine(attempt.workflow).events[attempt.move.name].trigger(attempt)
    state = attempt.workflow.state(attempt.state)
    _set_state(attempt, state)
    assignment.stop_clock(attempt, before)
    assignment.start_clock(attempt, state)
    return _next_row(attempt, "move", attempt.move.name, before.name, state.name)


def evaluate_automatic(session: Session, case_id: str, at: Moment) -> Case:
    """Evaluate the automatic transitions of a case after a record that it depends on was changed.

    Does not commit.
    """
    case = lock(session, case_id)
    _count(context(session, case, at))
    return case


def reassign_case(session: Session, case_id: str, at: Moment) -> bool:
    """Reassign the work items of a case and evaluate its automatic transitions; returns whether any
    item moved. Does not commit.
    """
    case = lock(session, case_id)
    before = [
        (desk.unit_id, desk.role, desk.rank) for desk in authority.open_desks(session, case_id)
    ]
    attempt = context(session, case, at)
    assignment.reassign(attempt, attempt.workflow.state(case.state))
    session.flush()
    _count(attempt)
    after = [
        (desk.unit_id, desk.role, desk.rank) for desk in authority.open_desks(session, case_id)
    ]
    return before != after


def amend_facts(
    session: Session,
    case_id: str,
    name: str,
    facts: dict,
    who: Actor,
    basis: AuthorityBasis,
    at: Moment,
) -> None:
    """Change facts of a case because the record that they depend on was corrected. Does not commit."""
    case = lock(session, case_id)
    attempt = context(session, case, at, who, basis=basis)
    attempt.result = {key: [case.facts.get(key), value] for key, value in facts.items()}
    attempt.set_facts(**facts)
    _raise_version(attempt)
    record(attempt, "restate", name, case.state, case.state)
    session.flush()


def reschedule(
    session: Session, case: Case, due_on: date, at: Moment, move: str = "redate"
) -> bool:
    """Give a locked case another last day, because what it waits for has moved, or the rest days
    have (`recount`). Does not commit.
    """
    if case.due_on == due_on:
        return False
    attempt = context(session, case, at, basis=AuthorityBasis(case.unit_id, "clock", ""))
    attempt.result = {"due_on": [case.due_on.isoformat(), due_on.isoformat()]}
    spent = workdays_between(attempt.calendar, case.running_since, due_on)
    case.due_on, case.budget_workdays = due_on, case.used_workdays + spent
    assignment.follow_case(session, case)
    assignment.set_alarm(attempt, attempt.workflow.state(case.state))
    _raise_version(attempt)
    record(attempt, "redate", move, case.state, case.state)
    session.flush()
    return True


def _raise_version(attempt: TransitionContext) -> None:
    """Let who read the case before read it again, and be reminded, since it is not as it was."""
    attempt.set(version=attempt.case.version + 1)
    assignment.start_ladder(attempt, attempt.workflow.state(attempt.case.state))


def _recorded(case: Case, who: Actor | None, role: str) -> AuthorityBasis:
    """Return the ground of a record made outside the case: the post of who made it; None is the
    system.
    """
    post = who.posts[0] if who and who.posts else None
    return AuthorityBasis(post.unit_id if post else case.unit_id, role, post.office if post else "")


def force_close(session: Session, case_id: str, reason: str, who: Actor | None, at: Moment) -> None:
    """End an open case by its own `terminate`, because its member was recorded as gone. Does not
    commit.

    The authority is that record, not a role in the case; a claim does not prevent it. Raises
    InvalidTransition.
    """
    case = lock(session, case_id)
    workflow = workflows.of(case)
    move = workflow.move(workflow.state(case.state), "terminate")
    if move is None:
        raise InvalidTransition(say("“%(workflow)s”现在不能终止办理。", workflow=workflow.title))
    basis = _recorded(case, who, "registrar")
    _fire(context(session, case, at, who, move, raw={"reason": reason}, basis=basis))


def reassign_unit(
    session: Session,
    case_id: str,
    unit: Unit,
    who: Actor | None,
    at: Moment,
    reason: str = "",
    *,
    afresh: bool = False,
) -> Case:
    """Pass an open case and its work items to the successor of its unit, or to the unit that its
    member joined; `afresh` gives a branch that had no part in it before its own full time.

    Does not commit.
    """
    case = lock(session, case_id)
    attempt = context(session, case, at, who, raw={"reason": reason} if reason else {})
    attempt.basis = _recorded(case, who, "successor")
    attempt.result = {"unit": [case.unit_id, unit.id]}
    first = case.facts.get("came_from") or case.unit_id
    attempt.set_facts(came_from=None if first == unit.id else first)  # None where it comes back
    attempt.set(unit_id=unit.id, unit=unit)
    assignment.follow_case(session, case)
    _raise_version(attempt)
    state = attempt.workflow.state(case.state)
    attempt.restart_clock = afresh and not state.waits_on.role.judges
    assignment.stay(attempt, state)
    record(attempt, "inherit", "inherit", case.state, case.state)
    session.flush()
    _count(attempt)
    return case


# Opening -----------------------------------------------------------------------------------------


def _place(session: Session, unit_id: str, actor: Actor, basis: AuthorityBasis | None) -> Unit:
    """Return the unit in which a case is opened; unseen only where another transition opens it.
    Raises NotFound.
    """
    unit = standing.find(session, actor.zone_id, unit_id)
    if unit is None or basis is None and not actor.sees(unit):
        raise NotFound("没有找到这个单位，或不在您的管理范围内。")
    return unit


def _read_opening(attempt: TransitionContext, facts: dict, basis: AuthorityBasis | None) -> None:
    """Authorize an opening, then read what it is opened with. Raises Forbidden, InvalidInput."""
    case, workflow = attempt.case, attempt.workflow
    concerned = facts.get(workflow.data_subject) if workflow.data_subject else None
    # who may open depends on whose own case it is
    case.data_subject_id = concerned if is_id(concerned) else None
    attempt.basis = basis or _may_open(attempt)
    attempt.words, attempt.raw = read_words(workflow.facts, facts)
    case.facts = {key: value for key, value in attempt.raw.items() if value is not None}
    case.data_subject_id = case.facts.get(workflow.data_subject)


def _ended(session: Session, unit: Unit) -> date | None:
    """Return when a unit was ended, and keep it from being ended until this transaction is over."""
    if kept.only_writer(session):
        return standing.rows(session, unit.zone_id, [unit.id])[0].ended_on
    lasting = sa.select(Unit.ended_on).where(Unit.id == unit.id)
    return session.scalar(lasting.with_for_update(read=True, key_share=True))


def _hold(session: Session, unit: Unit, at: Moment) -> None:
    """Keep a unit from being ended until this transaction is over. Raises RuleViolation where it has
    ended.
    """
    ended = _ended(session, unit)
    if ended is not None and ended <= at.today:
        heir = successor_of(session, unit)
        raise RuleViolation(
            say("%(unit)s已经撤销，不能再立案。", unit=unit.name)
            if heir is unit
            else say(
                "%(unit)s已经并入%(heir)s，请向%(heir)s立案。", unit=unit.name, heir=heir.name
            ),
            rule="unit_ended",
            house_rule=N_("已经撤销或者合并的单位不再立案。"),
        )


def _begun(unit: Unit, workflow: Workflow, actor: Actor, at: Moment) -> Case:
    """Make a case that has not been written yet."""
    begun = {
        "id": new_id(),
        "zone_id": unit.zone_id,
        "workflow": workflow.name,
        "facts": {},
        "unit_id": unit.id,
        "definition_version": workflow.version,
        "state": workflow.opens.name,
        "opened_by": actor.id,
        "opened_at": at.now,
        "entered_at": at.now,
        "version": 1,
        "seq": 0,
        "head": "",
        "escalation_level": 0,
        "used_workdays": 0,
    }
    return made(Case, dict.fromkeys(statements.ATTRIBUTES) | begun | {"unit": unit})


def open_case(
    session: Session,
    name: str,
    unit_id: str,
    facts: dict,
    actor: Actor,
    at: Moment,
    *,
    basis: AuthorityBasis | None = None,
) -> Case:
    """Open a case in a unit. Does not commit. Raises as `perform`, and AlreadyTaken where one is
    open.

    `basis` is the authority of another transition that opens it; without one the actor must hold
    the role.
    """
    return open_cases(session, name, unit_id, [facts], actor, at, basis=basis)[0]


def open_cases(
    session: Session,
    name: str,
    unit_id: str,
    facts: list[dict],
    actor: Actor,
    at: Moment,
    *,
    basis: AuthorityBasis | None = None,
) -> list[Case]:
    """Open several cases of a workflow in a unit, one after the other, and write together what lies
    beside them. Does not commit. Raises as `open_case`.
    """
    session, workflow = plain(session), workflows.current(name)
    if not workflows.offers(zone_settings(session, actor.zone_id), workflow):
        raise NotFound(say("本区没有开办“%(workflow)s”。", workflow=workflow.title))
    unit = _place(session, unit_id, actor, basis)
    _hold(session, unit, at)
    attempts = [_begin(session, workflow, unit, one or {}, actor, at, basis) for one in facts]
    rows = [_open(attempt) for attempt in attempts]
    _save_all(session, [one for one in attempts if sa.inspect(one.case).persistent])
    _insert_all(session, [one for one in attempts if sa.inspect(one.case).transient])
    assignment.write_all(session, attempts)
    _append(session, rows)
    for attempt in attempts:
        attempt.messages += [] if workflow.drafts else [_message(attempt, "open", "")]
    outbox.enqueue_all(session, [one for attempt in attempts for one in attempt.messages])
    session.flush()
    return [attempt.case for attempt in attempts]


def _begin(
    session: Session,
    workflow: Workflow,
    unit: Unit,
    facts: dict,
    actor: Actor,
    at: Moment,
    basis: AuthorityBasis | None,
) -> TransitionContext:
    """Return the attempt to open a case, which its guards allow. Writes nothing."""
    case = _begun(unit, workflow, actor, at)
    attempt = TransitionContext(session, workflow, case, None, actor, at, state=workflow.opens.name)
    attempt.insert = partial(_insert_all, session, [attempt])
    _read_opening(attempt, facts, basis)
    with session.no_autoflush:
        ensure_open(attempt)
        case.business_key = workflow.business_key(attempt) if workflow.business_key else None
    return attempt


def ensure_open(attempt: TransitionContext) -> None:
    """Evaluate the guards of an opening. Raises RuleViolation; AlreadyTaken where who comes second can
    be told who was first.
    """
    for guard in attempt.workflow.open_if:
        try:
            ensure(guard, attempt)
        except RuleViolation:
            if not guard.once:
                raise
            attempt.case.business_key = attempt.workflow.business_key(attempt)
            first = _opened_first([attempt])
            if first is None:
                raise
            raise _second([attempt], first) from None


def _open(attempt: TransitionContext) -> dict:
    """Open a case; returns its row of the journal. It and its work items are yet to be written,
    unless an effect needs it written.
    """
    workflow = attempt.workflow
    parties.begin(attempt.session, attempt.case)
    for effect in workflow.on_open:
        effect.act(attempt)
    assignment.begin(attempt, workflow.opens)
    return _next_row(attempt, "open", "open", "", workflow.opens.name)


def _may_open(attempt: TransitionContext) -> AuthorityBasis:
    workflow, case = attempt.workflow, attempt.case
    found = authority.basis(attempt.session, workflow, case, workflow.opened_by, attempt.actor)
    found = found or authority.entered(attempt.session, workflow, case, "open", attempt.actor)
    if found is None:
        raise Forbidden(
            say(
                "“%(workflow)s”由%(party)s提出，不由您办理。",
                workflow=workflow.title,
                party=workflow.opened_by.label,
            ),
            rule="authority",
        )
    if workflow.opened_by.judges:
        authority.refuse_unconfirmed(attempt.actor)
    return found


def not_by_facts(workflow: Workflow) -> None:
    """Make sure that a case is nobody's to open by its facts alone: some rest on another act, which
    has judged them. Raises Forbidden.
    """
    if not workflow.listed:
        raise Forbidden(
            say("“%(workflow)s”随另一项办理提出，不能单独提出。", workflow=workflow.title),
            rule="authority",
        )


def _insert_all(session: Session, attempts: list[TransitionContext]) -> None:
    """Write new cases. Raises AlreadyTaken where one of their matters is open already."""
    rows = [statements.opened(attempt.case) for attempt in attempts]
    if statements.OPEN.write_all(session, rows) != len(rows):
        raise _second(attempts, _opened_first(attempts))
    adopt(session, [attempt.case for attempt in attempts])
    for attempt in attempts:
        attempt.unsaved.clear()


def _opened_first(attempts: list[TransitionContext]) -> JournalRow | None:
    """Return how one of these matters was opened that is open now."""
    session, case = attempts[0].session, attempts[0].case
    wanted = (
        sa.select(JournalRow)
        .join(Case, Case.id == JournalRow.case_id)
        .where(Case.workflow == case.workflow, Case.business_key.in_(_matters(attempts)))
        .where(Case.unit_id == case.unit_id, Case.closed_at.is_(None), JournalRow.seq == 1)
    )
    with session.no_autoflush:
        return session.scalar(wanted.limit(1))


def _matters(attempts: list[TransitionContext]) -> tuple[str, ...]:
    return tuple(filter(None, (attempt.case.business_key for attempt in attempts)))


def _second(attempts: list[TransitionContext], first: JournalRow | None) -> AlreadyTaken:
    """Return the refusal of who comes second with a matter: who has opened it, and when, unless it has
    come to its end meanwhile.
    """
    refusal = AlreadyTaken("这件事已有一件正在办理，不能重复提出。")
    if first is not None:
        said = say(
            "这件事已由%(who)s于%(when)s提出，正在办理，不能重复提出。",
            who=first.actor,
            when=attempts[0].at.written(first.at),
        )
        refusal = AlreadyTaken(said, decided_by=first.actor, decided_at=first.at.isoformat())
    refusal.matters = _matters(attempts)
    return refusal


# Recording ---------------------------------------------------------------------------------------


def record(attempt: TransitionContext, kind: str, move: str, before: str, after: str) -> None:
    """Append the journal row in the same transaction and write the case, which carries the chain's
    head.
    """
    row = _next_row(attempt, kind, move, before, after)
    _append(attempt.session, [row])
    _save(attempt)


def _append(session: Session, rows: list[dict]) -> None:
    statements.APPEND.write_all(session, rows)
    for row in rows:
        search.keep(session, row)


def _next_row(attempt: TransitionContext, kind: str, move: str, before: str, after: str) -> dict:
    """Make the journal row, whose hash the case then carries."""
    stand = attempt.basis
    if attempt.actor is not None and attempt.actor.token:
        attempt.result["token"] = attempt.actor.token
    if stand is not None and stand.office == authority.RECORDER:
        attempt.result["entered_for"] = attempt.actor.id
        _tell_branch(attempt)
    if attempt.at.late:
        attempt.result["due"] = attempt.today.isoformat()
    row = chain_row(
        attempt.case,
        _left(attempt, kind == "open"),
        kind=kind,
        move=move,
        from_state=before,
        to_state=after,
        at=attempt.at.now,
        actor_id=attempt.actor.id if attempt.actor else None,
        actor=_signature(attempt),
        role=stand.role if stand else attempt.move.by.name,
        unit_id=stand.unit_id if stand else None,
        acting_for=stand.acting_for if stand else None,
        words=attempt.raw,
        result=attempt.result,
    )
    attempt.set(seq=row["seq"], head=row["hash"])
    return row


def _tell_branch(attempt: TransitionContext) -> None:
    """Tell a branch, once a day, what kind of act another has written down for it."""
    unit, who, workflow = attempt.unit, attempt.actor, attempt.workflow
    text = say(
        "%(who)s代录了你支部的“%(what)s”，请核对；有出入的，由支部更正。",
        who=who.person.name,
        what=workflow.title,
    )
    key = f"proxy:{unit.id}:{workflow.name}:{attempt.today.isoformat()}"
    payload = {"unit": unit.id, "text": text, "ladders": ["branch"], "case": attempt.case.id}
    outbox.enqueue(attempt.session, attempt.case.zone_id, key, "tell", payload, attempt.at.now)


def _left(attempt: TransitionContext, new: bool) -> dict:
    """Return how the attempt leaves the case and what else it decided: {table: {key: columns}}."""
    changed = attempt.written | _changed(attempt)
    attempt.session.flush()
    names = [name for name in Case.__decided__ if new or name in changed]
    case = {attempt.case.id: images.of(Case, attempt.case, names)}
    return {"cases": case, **images.take(attempt.session, attempt.case.id)}


def _signature(attempt: TransitionContext) -> str:
    """Name the actor as he acts: person, unit and office at the time."""
    if attempt.actor is None:
        return N_("系统")
    [unit] = standing.rows(attempt.session, attempt.case.zone_id, [attempt.basis.unit_id])
    name, stand = attempt.actor.person.name, attempt.basis
    if stand.acting:  # X acting for Y
        name = (
            f"{name} 代 {inbox.person_name(attempt.session, stand.acting_for)}"
            if stand.acting_for
            else f"{name} 代理"
        )
    elif _writes_for_another(attempt):
        name = f"{name} 代 {inbox.person_name(attempt.session, attempt.case.data_subject_id)}"
    return f"{name}（{unit.name}{inbox.office_label(stand.office)}）"


def _writes_for_another(attempt: TransitionContext) -> bool:
    """True where a step that is a member's own is written down for him (代录)."""
    own = attempt.basis.role == MEMBER.name and attempt.case.data_subject_id is not None
    return own and attempt.actor.id != attempt.case.data_subject_id


def _outgoing(attempt: TransitionContext, left: str) -> None:
    """Leave what a move tells, and whose work waits after it, to the outbox."""
    if attempt.move.tells or not attempt.move.per_participant:
        attempt.messages.append(_message(attempt, attempt.move.name, left))
    outbox.enqueue_all(attempt.session, attempt.messages)


def _message(attempt: TransitionContext, move: str, left: str) -> dict:
    """Make the message of what a move tells; told later, it names the paper that stood then, or none."""
    case = attempt.case
    payload = {
        "case": case.id,
        "entered": case.entered_at.isoformat(),
        "version": case.version,
        "move": move,
        "left": left,
        "by": attempt.actor.id if attempt.actor else None,
        "at": attempt.at.now.isoformat(),
        **({"names": attempt.names} if attempt.names else {}),
        "number": attempt.result.get("paper") or case.number or "",
    }
    key = f"desk:{case.id}:{case.version}"
    return outbox.message(case.zone_id, key, "notify", payload, attempt.at.now)


# The door that commits ---------------------------------------------------------------------------


def submit(
    session: Session,
    case_id: str,
    name: str,
    actor: Actor | None,
    words: dict,
    *,
    version: int | None,
    at: Moment,
) -> Case:
    """Make one move and commit; a refusal changes nothing but a row in `refusals`."""
    with use_case(session, actor, at, name, case_id=case_id):
        case = perform(session, case_id, name, actor, words, version=version, at=at)
        shows(session, case, case.unit, *([actor.person] if actor else []))
        return case


def submit_opening(
    session: Session,
    workflow: str,
    unit_id: str,
    facts: dict,
    actor: Actor,
    at: Moment,
    *,
    then: tuple[str, dict] | None = None,
) -> Case:
    """Open a case, make its first move where one is given, and commit both or neither."""
    with use_case(session, actor, at, then[0] if then else "open", workflow=workflow):
        not_by_facts(workflows.current(workflow))
        case = open_case(session, workflow, unit_id, facts, actor, at)
        if then:
            perform(session, case.id, then[0], actor, then[1], version=None, at=at)
        shows(session, case, case.unit, actor.person)
        return case
