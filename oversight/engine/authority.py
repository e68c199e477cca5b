"""Who may do what in a case today: posts, acting, vacancy, own case, recusal. Decides, never
writes.

Where nobody eligible holds an office, the next offices are asked, then the superior above.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base.db import find, held, put
from oversight.base.kept import Kept
from oversight.base.refusals import AlreadyTaken, Forbidden, NotFound
from oversight.base.rows import ids_of
from oversight.base.sentences import N_, say
from oversight.law.binding import own_id
from oversight.law.definition import Committee, Move, Party, Workflow
from oversight.law.roles import BRANCH_LEADERS, CANDIDATE_GROUPS, COMMITTEE, SUPERIOR, Role
from oversight.models import Case, JournalRow, Post, Unit, WorkItem
from oversight.models.cases import CAME
from oversight.organization import standing
from oversight.organization.actor import Actor, AuthorityBasis
from oversight.organization.standing import in_office
from oversight.organization.units import COMMITTEE_FROM, UnitRow, line_above, successor_of
from oversight.rules import parties

from . import statements
from .built import asked
from .sight import COOLING_OFF, readable

RECORDER = "recorder"  # the role of who enters for a branch without a computer


@dataclass(frozen=True)
class Assignee:
    """Who may act today: the people of a unit's candidate group at a fallback rank; `acting` names
    whom a stand-in replaces.
    """

    unit: UnitRow
    candidate_group: str
    rank: int
    people: dict[str, str] = field(default_factory=dict)
    acting: dict[str, str | None] = field(default_factory=dict)

    def basis(self, person_id: str, role: str, desk_id: str | None = None) -> AuthorityBasis:
        """Return the ground on which one of its people acts."""
        return AuthorityBasis(
            self.unit.id,
            role,
            self.people[person_id],
            desk_id,
            person_id in self.acting,
            self.acting.get(person_id),
        )


def chain(session: Session, case: Case, role: Role) -> list[UnitRow]:
    """Return the units that could fill a role, the proper one first; empty where there is none."""
    if role.fact:
        return _chain_of(session, case, role)
    above = line_above(session, case.unit)
    if role.seat == "unit":
        return [case.unit, *(unit for unit in above if unit.id != case.unit_id)]
    if role.seat == "zone":
        return above[-1:]
    return above[case.escalation_level + (role.seat == "above") :] or (
        above[-1:] if role.seat == "superior" else []
    )


def _chain_of(session: Session, case: Case, role: Role) -> list[UnitRow]:
    """Return the units that could fill a role that is counted from the unit a fact names."""
    named = find(session, Unit, case.facts.get(role.fact))
    if named is None:
        return []
    unit = successor_of(session, named)
    above = line_above(session, unit)
    line = [unit, *(one for one in above if one.id != unit.id)] if role.seat == "unit" else above
    return line[case.escalation_level :] or line[-1:]


def barred(
    session: Session,
    workflow: Workflow,
    case: Case,
    role: Role,
    on: date,
    here: standing.Day | None = None,
) -> set[str]:
    """Return who may not act in a role: the recused, and for judging roles the applicant's own
    people, who acted in the branch's place, or where the law says so all members of the branch.
    Who wrote down a member's wish for him does not answer it for the branch.

    One's own case counts as a vacancy. The fact `with` names further branches whose case it is too.
    A stand-in is barred where he or the one he replaces is barred.
    """
    known = parties.of(session, case, workflow.opened_by.name)
    out = set(known.recused)
    if role.seat != "person":
        out |= {case.data_subject_id} - {None}
    if not role.judges:
        written = role.seat == "unit" and workflow.opened_by.seat == "person"
        return out | known.applicants if written else out
    if workflow.outsiders:
        here = standing.day(session, case.zone_id, on, [], here)
        out |= here.members(session, case.unit_id)
    if role.impartial:
        out |= known.applicants | known.stood_in
    if role.anew:
        out |= _decided_before(session, case)
    return out | _leaders(session, case, on, here) if case.unit.kind == "branch" else out


def _decided_before(session: Session, case: Case) -> set[str]:
    """Return who has a work item of his own in a case, has decided in it as a committee, or came to it."""
    acted = sa.select(JournalRow.actor_id).where(
        JournalRow.case_id == case.id, JournalRow.role == COMMITTEE.name
    )
    came = sa.select(WorkItem.person_id).where(WorkItem.case_id == case.id, WorkItem.answer == CAME)
    people = _roster(session, case).people
    return {*people, *session.scalars(acted), *session.scalars(came)}


def _leaders(session: Session, case: Case, on: date, here: standing.Day | None) -> set[str]:
    """Return who leads the branches whose case it is, or has stood in there for a leader."""
    units = [case.unit_id, *(case.facts.get("with") or [])]
    here = standing.day(session, case.zone_id, on, units, here)
    return {
        row.person_id
        for unit_id in units
        for row in (*here.posts[unit_id], *here.acting[unit_id], *_stood(here, unit_id, case))
        if row.office in BRANCH_LEADERS
    }


def _stood(here: standing.Day, unit_id: str, case: Case) -> list[sa.Row]:
    """Return who left an office in a branch that asked, after it asked or too shortly before."""
    asked = case.opened_at.date() if case.opened_at else here.on
    return [row for row in here.left[unit_id] if row.to_on >= asked - COOLING_OFF]


def fill(
    session: Session,
    unit: UnitRow,
    candidate_group: str,
    on: date,
    out: set[str],
    workflow: str | None = None,
    here: standing.Day | None = None,
) -> Assignee | None:
    """Return the first rank of a candidate group that somebody eligible fills in a unit, by post or
    as a stand-in. Whose account opens nothing fills none; another may still stand in for him.
    """
    here = standing.day(session, unit.zone_id, on, [unit.id], here)
    off = out | here.shut
    posts = here.posts[unit.id]
    stand_ins = [
        row
        for row in here.acting[unit.id]
        if row.workflow in (None, workflow) and row.person_id not in off and row.for_id not in out
    ]
    for rank, offices in enumerate(CANDIDATE_GROUPS[candidate_group]):
        people = {
            row.person_id: row.office
            for row in posts
            if row.office in offices and row.person_id not in off
        }
        if "member" in offices:
            people = dict.fromkeys(small_branch(session, unit, on) - out - here.shut, "member")
        acts = {
            row.person_id: row
            for row in stand_ins
            if row.office in offices and row.person_id not in people
        }
        if people or acts:
            return Assignee(
                unit,
                candidate_group,
                rank,
                {**people, **{one: row.office for one, row in acts.items()}},
                {one: row.for_id for one, row in acts.items()},
            )
    return None


def small_branch(session: Session, unit: UnitRow, on: date) -> set[str]:
    """Return the full members of a branch too small for a committee: any of them may step in."""
    full = set(standing.day(session, unit.zone_id, on, []).full_members(session, unit.id))
    return full if len(full) < COMMITTEE_FROM else set()


def resolve(
    session: Session, workflow: Workflow, case: Case, role: Role, on: date
) -> Assignee | None:
    """Find who fills a role today, going up where an office is vacant; None where the role does not
    exist.

    Where nobody at all is left, the topmost unit is returned with no people.
    """
    if role.seat == "person":
        return _own_seat(session, workflow, case, on)
    if role.seat == "roster":
        return _roster(session, case)
    if role.seat == "unit" and not role.fact:  # mostly filled there: nobody above is asked for
        found = _first(session, workflow, case, role, on, [case.unit])
        if found:
            return found
    units = chain(session, case, role)
    found = _first(session, workflow, case, role, on, units)
    return found or (Assignee(units[-1], role.candidate_group, 0) if units else None)


def _first(
    session: Session, workflow: Workflow, case: Case, role: Role, on: date, units: list
) -> Assignee | None:
    """Return who fills a role in the first of these units where anybody does."""
    here = standing.day(session, case.zone_id, on, [case.unit_id, *(ids_of(units))])
    out = barred(session, workflow, case, role, on, here)
    found = (
        fill(session, unit, _group_at(unit, role), on, out, workflow.name, here) for unit in units
    )
    return next(filter(None, found), None)


def _group_at(unit: sa.Row | Unit, role: Role) -> str:
    """Return the offices asked in a unit: above a branch those of a superior fill in for its own."""
    fits = (unit.kind == "branch") == (role.candidate_group == "branch")
    return role.candidate_group if fits else SUPERIOR.candidate_group


def _own_seat(session: Session, workflow: Workflow, case: Case, on: date) -> Assignee:
    """Return the member concerned; the branch may write for him (代录) where he does not himself."""
    people = {case.data_subject_id: "member"} if case.data_subject_id else {}
    branch = fill(session, case.unit, "branch", on, set(people), workflow.name)
    return Assignee(
        case.unit,
        "member",
        0,
        {**(branch.people if branch else {}), **people},
        branch.acting if branch else {},
    )


def _roster(session: Session, case: Case) -> Assignee:
    """Return everybody who has or had a work item of his own in the case."""
    people = session.scalars(
        sa.select(WorkItem.person_id).where(
            WorkItem.case_id == case.id, WorkItem.person_id.is_not(None), WorkItem.role == "member"
        )
    )
    return Assignee(case.unit, "member", 0, dict.fromkeys(people, "member"))


def body_seat(session: Session, case: Case, body: Committee, on: date) -> Assignee:
    """Return the unit and today's members of a committee: nobody is replaced by other offices or
    units.
    """
    unit = chain(session, case, body.role)[0]
    posts = standing.day(session, unit.zone_id, on, [unit.id]).posts[unit.id]
    members = [row for row in posts if row.office in body.role.ranks[0]]
    people = {row.person_id: row.office for row in sorted(members, key=_longest)}
    return Assignee(unit, body.role.candidate_group, 0, people)


def _longest(post) -> tuple[date, str]:
    return post.from_on, post.order


def resolve_slot(
    session: Session, workflow: Workflow, case: Case, party: Party, unit: UnitRow, on: date
) -> Assignee:
    """Find who gives one of many answers: the unit named, or the superior above it."""
    out = barred(session, workflow, case, party.role, on)
    candidates = [unit, *line_above(session, unit)]
    for candidate in candidates[case.escalation_level :] or candidates[-1:]:
        group = _group_at(candidate, party.role)
        found = fill(session, candidate, group, on, out, workflow.name)
        if found:
            return found
    return Assignee(unit, party.role.candidate_group, 0)


def see(session: Session, who: Actor, case: Case) -> None:
    """Make sure that a case is in the actor's sight. Raises NotFound."""
    if case.zone_id != who.zone_id:
        raise NotFound()
    if case.data_subject_id == who.id or any(case.unit.within(path) for path in who.business):
        return  # known without asking
    if not asked(session, who, "sight", lambda: _asked_of(who, case.id), case.id):
        raise NotFound()


def open_to(session: Session, who: Actor, case_ids: Iterable[str]) -> set[str]:
    """Return which of these cases are in the actor's sight, asked at once."""
    ids = list(case_ids)
    wanted = sa.select(Case.id).where(Case.id.in_(ids), Case.zone_id == who.zone_id, readable(who))
    return set(session.scalars(wanted)) if ids else set()


def seen(session: Session, who: Actor, case_id: str) -> Case:
    """Return a case in the actor's sight, its unit read with it. Raises NotFound."""
    case = held(session, Case, case_id) or _read(session, case_id)
    see(session, who, case)
    return case


def _read(session: Session, case_id: str) -> Case:
    rows = statements.READ.dicts(session, of_case=case_id)
    if not rows:
        raise NotFound()
    case = put(session, Case, rows[0])
    standing.place(session, [case])
    return case


def _asked_of(who: Actor, case_id: str) -> sa.Select:
    return sa.select(Case.id).where(Case.id == case_id, readable(who))


def reads_all(workflow: Workflow, case: Case, who: Actor) -> bool:
    """True where the reader may see what others wrote: always, but in discreet matters by his
    business there.
    """
    return not workflow.discreet or any(case.unit.within(prefix) for prefix in who.business)


def readable_facts(workflow: Workflow, case: Case, who: Actor) -> dict:
    """Return the facts that the reader may see: in discreet matters the others see what it was
    opened with.
    """
    if reads_all(workflow, case, who):
        return case.facts
    opening = {ask.name for ask in workflow.facts}
    return {name: value for name, value in case.facts.items() if name in opening}


def reads_row(workflow: Workflow, case: Case, who: Actor, row: JournalRow) -> bool:
    """True where the reader may know of a step: not of others' reminders, nor in discreet matters
    of what they said, nor how a notice to all branches was drafted.
    """
    if row.kind == "desk" and row.move == "follow_up":
        return row.actor_id == who.id
    if workflow.published and not any(case.unit.within(prefix) for prefix in who.business):
        return row.actor_id == who.id or row.to_state in workflow.published and row.kind == "move"
    many = {move.name for move in workflow.moves if move.unversioned}
    return row.actor_id == who.id or row.move not in many or reads_all(workflow, case, who)


def require(
    session: Session, workflow: Workflow, case: Case, move: Move, who: Actor
) -> AuthorityBasis:
    """Make sure that the actor holds the move's role in this case today. Raises Forbidden."""
    found = basis(session, workflow, case, move.by, who)
    found = found or entered(session, workflow, case, move.name, who)
    if found is None and move.by.many:
        _answered_already(session, workflow, case, move.by, who)
    if found is None:
        raise Forbidden(
            say(
                "“%(move)s”由%(party)s办理，您可以查看，不能办理。",
                move=move.label,
                party=waits_label(session, workflow, case, move.by, who.on),
            ),
            rule="authority",
            clause=own_id(move.under.id, case.unit.category) if move.under.id else None,
        )
    if move.decides or move.by.role.judges:
        refuse_unconfirmed(who)
    return found


def refuse_unconfirmed(who: Actor) -> None:
    """Make sure that an account which was reset decides nothing until somebody else has confirmed
    that its owner uses it. Raises Forbidden.
    """
    if who.person.reset_at is not None:
        raise Forbidden(
            "您的账号重置过，请先由您的同事或上级确认是您本人在用，再办理决定事项。",
            rule="unconfirmed",
            house_rule=N_("重置过的账号，由本人的同事或上级确认以后，才能办理决定事项。"),
        )


def basis(
    session: Session, workflow: Workflow, case: Case, party: Party, who: Actor
) -> AuthorityBasis | None:
    """Return the ground on which the actor fills a party today, or None."""
    if party.personal:
        return _own_slot(session, workflow, case, party, who)
    if party.many:
        return _slot_standing(session, workflow, case, party, who)
    for seat in _seats_of(session, workflow, case, party.role, who.on):
        if seat is not None and who.id in seat.people:
            return seat.basis(who.id, party.name)
    return None


def _seats_of(
    session: Session, workflow: Workflow, case: Case, role: Role, on: date
) -> list[Assignee | None]:
    """Return every assignee of a role: one, or one at each level."""
    if not role.human:
        return []
    if not role.any_level:
        return [resolve(session, workflow, case, role, on)]
    out = barred(session, workflow, case, role, on)
    return [
        fill(session, unit, role.candidate_group, on, out, workflow.name)
        for unit in chain(session, case, role)
    ]


def _slot_standing(session: Session, workflow: Workflow, case: Case, party: Party, who: Actor):
    for desk in lying(session, workflow, case):
        [unit] = standing.rows(session, case.zone_id, [desk.slot_id])
        seat = resolve_slot(session, workflow, case, party, unit, who.on)
        if who.id in seat.people:
            return seat.basis(who.id, party.name, desk.id)
    return None


def _own_slot(
    session: Session, workflow: Workflow, case: Case, party: Party, who: Actor
) -> AuthorityBasis | None:
    """Return the ground of one who acts in his own name; in a committee only while he holds his
    office there.

    Who is recused from leading a case still acts for himself.
    """
    mine = (item for item in lying(session, workflow, case) if item.person_id == who.id)
    desk = next(mine, None)
    if (
        desk is None
        or isinstance(party, Committee)
        and who.id in barred(session, workflow, case, party.role, who.on)
    ):
        return None
    office = (
        body_seat(session, case, party, who.on).people.get(who.id)
        if isinstance(party, Committee)
        else "member"
    )
    return AuthorityBasis(desk.unit_id, party.name, office, desk.id) if office else None


def _answered_already(
    session: Session, workflow: Workflow, case: Case, party: Party, who: Actor
) -> None:
    """Tell an entitled person that his work item was answered before him. Raises AlreadyTaken."""
    for desk in _answered(session, case, party.role):
        if party.personal:
            if desk.person_id == who.id:
                raise AlreadyTaken("这一步您已经办过，或已替您登记。")
            continue
        [unit] = standing.rows(session, case.zone_id, [desk.slot_id])
        if who.id in resolve_slot(session, workflow, case, party, unit, who.on).people:
            raise AlreadyTaken(say("%(unit)s刚刚已经答复。", unit=unit.name))


def _answered(session: Session, case: Case, role: Role) -> list[WorkItem]:
    """Return the work items of a role that were answered since a case is where it is."""
    kept, key = _ANSWERED.of(session), (case.id, case.entered_at, role.candidate_group)
    if key not in kept:
        kept[key] = session.scalars(
            sa.select(WorkItem).where(
                WorkItem.case_id == case.id,
                WorkItem.kind == "act",
                WorkItem.answer.is_not(None),
                WorkItem.opened_at >= case.entered_at,
                WorkItem.role == role.candidate_group,
            )
        ).all()
    return kept[key]


def lying(session: Session, workflow: Workflow, case: Case) -> list[parties.Item]:
    """Return the open work items that a case waits for, read-only."""
    return parties.items(session, case, workflow.opened_by.name)


def open_desks(session: Session, case_id: str) -> list[WorkItem]:
    return list(session.scalars(_OPEN_DESKS, {"case": case_id}))


def waits_label(session: Session, workflow: Workflow, case: Case, party: Party, on: date) -> str:
    """Name whom a case waits for today: the unit that answers, or the label of the timer."""
    if party.personal:
        waiting = [item.unit_id for item in lying(session, workflow, case)]
        unit = _name(session, case, waiting[0]) if waiting else case.unit.name
        return say(
            "%(unit)s：%(party)s（还有 %(count)s 人）",
            unit=unit,
            party=party.label,
            count=len(waiting),
        )
    if party.many:
        units = [_name(session, case, item.unit_id) for item in lying(session, workflow, case)]
        return "、".join(dict.fromkeys(units)) or party.label
    seat = resolve(session, workflow, case, party.role, on) if party.human else None
    return seat.unit.name if seat else party.label


def _name(session: Session, case: Case, unit_id: str) -> str:
    return standing.rows(session, case.zone_id, [unit_id])[0].name


def leads(session: Session, unit: Unit, who: Actor) -> AuthorityBasis:
    """Make sure that the actor leads the branch today. Raises NotFound, Forbidden."""
    if not who.sees(unit) or unit.zone_id != who.zone_id:
        raise NotFound()
    seat = fill(session, unit, "branch", who.on, set()) if unit.kind == "branch" else None
    if seat is None or who.id not in seat.people:
        raise Forbidden(
            say("这件事由%(unit)s办理，您可以查看，不能办理。", unit=unit.name), rule="authority"
        )
    return seat.basis(who.id, "branch")


def enters(session: Session, unit: Unit, who: Actor) -> AuthorityBasis:
    """Make sure that the actor may write the branch's records today: he leads it or, where it has no
    computer, enters for it (代录, role "recorder"). Raises NotFound, Forbidden.
    """
    if not unit.proxied_from or is_led_by(session, unit, who) or not who.sees(unit):
        return leads(session, unit, who)
    seat = fill(session, line_above(session, unit)[0], "superior", who.on, set())
    if seat is not None and who.id in seat.people:
        return replace(seat.basis(who.id, "superior"), role=RECORDER)
    if who.id == unit.recorder_id:
        return AuthorityBasis(unit.id, RECORDER, "")
    return leads(session, unit, who)


def entered(
    session: Session, workflow: Workflow, case: Case, act: str, who: Actor
) -> AuthorityBasis | None:
    """Return the ground on which the actor writes down an act of a branch without a computer (代录),
    in the branch's place: he then answers nothing in that case. None where there is none.
    """
    if act not in workflow.recorded or case.unit.kind != "branch":
        return None
    known = parties.of(session, case, workflow.opened_by.name)
    if who.id == case.data_subject_id or who.id in known.recused or not case.unit.proxied_from:
        return None
    try:
        found = enters(session, case.unit, who)
    except (NotFound, Forbidden):
        return None
    if found.role != RECORDER:
        return None
    return AuthorityBasis(case.unit_id, workflow.opened_by.name, RECORDER)


def may_record(session: Session, unit: Unit, who: Actor) -> bool:
    """True where the actor writes down the branch's acts today: he leads it, or enters for it."""
    return is_led_by(session, unit, who) or may_enter(session, unit, who)


def may_enter(session: Session, unit: Unit, who: Actor) -> bool:
    """True where the actor may write the branch's records today."""
    try:
        enters(session, unit, who)
    except (NotFound, Forbidden):
        return False
    return True


def is_led_by(session: Session, unit: Unit, who: Actor) -> bool:
    """True where the actor leads the branch today, by post or as a stand-in."""
    try:
        leads(session, unit, who)
    except (NotFound, Forbidden):
        return False
    return True


def desk_people(session: Session, desk: WorkItem | sa.Row, on: date) -> list[str]:
    """Return who finds an open work item in their inbox on a day, by office; not those barred from
    the case.
    """
    if desk.person_id:
        return [desk.person_id]
    if desk.handed_to:
        return [desk.handed_to]
    offices, out = CANDIDATE_GROUPS[desk.role][desk.rank], _kept_off(session, desk, on)
    here = standing.day(session, desk.zone_id, on, [desk.unit_id])
    found = [row.person_id for row in here.posts[desk.unit_id] if row.office in offices]
    stand_ins = [
        row.person_id
        for row in here.acting[desk.unit_id]
        if row.workflow in (None, desk.workflow)
        and row.office in offices
        and not {row.person_id, row.for_id} & out
    ]
    out = out | here.shut
    return [person for person in dict.fromkeys([*found, *stand_ins]) if person not in out]


def _kept_off(session: Session, desk: WorkItem | sa.Row, on: date) -> set[str]:
    """Return who is barred from deciding at a work item; from one that only informs nobody is."""
    case = session.get(Case, desk.case_id)
    workflow = workflows.of(case)
    party = workflow.state(case.state).waits_on
    return barred(session, workflow, case, party.role, on) if desk.kind == "act" else set()


def gone_from_bodies(session: Session, on: date) -> list[str]:
    """Return the cases in which a committee waits for somebody who left his office, or for nobody
    at all.
    """
    here = sa.exists().where(
        Post.unit_id == WorkItem.unit_id,
        Post.person_id == WorkItem.person_id,
        in_office(on),
        Post.office.in_(COMMITTEE.ranks[0]),
    )
    left = sa.select(WorkItem.case_id).where(
        WorkItem.closed_at.is_(None),
        WorkItem.kind == "act",
        WorkItem.role == COMMITTEE.candidate_group,
        ~here,
    )
    waiting = sa.exists().where(
        WorkItem.case_id == Case.id, WorkItem.kind == "act", WorkItem.closed_at.is_(None)
    )
    bodies = [
        sa.and_(Case.workflow == workflow.name, Case.state == state.name)
        for workflow in workflows.every()
        for state in workflow.states
        if isinstance(state.waits_on, Committee)
    ]
    empty = sa.select(Case.id).where(
        Case.closed_at.is_(None), sa.or_(sa.false(), *bodies), ~waiting
    )
    return [*session.scalars(left), *session.scalars(empty)]


def seated(
    session: Session, zone_id: str, unit_id: str, candidate_group: str, rank: int, on: date
) -> bool:
    """True where somebody fills a rank of a unit's candidate group on a day, recusals aside."""
    offices = CANDIDATE_GROUPS[candidate_group][rank]
    if "member" in offices:
        return True
    here = standing.day(session, zone_id, on, [unit_id])
    acting = (row for row in here.acting[unit_id] if row.workflow is None)
    return any(
        row.office in offices and row.person_id not in here.shut
        for row in (*here.posts[unit_id], *acting)
    )


# Asked at every step of every case: built once, not at each question ------------------------------

_ANSWERED = Kept("desks", "cases")
_CASE: sa.BindParameter[str] = sa.bindparam("case")
_OPEN_DESKS = (
    sa.select(WorkItem)
    .where(WorkItem.case_id == _CASE, WorkItem.kind == "act", WorkItem.closed_at.is_(None))
    .order_by(WorkItem.id)
)
