"""Who may do what in a case today: posts, acting, vacancy, own case, recusal. Decides, never
writes.

A seat that nobody free can fill is filled from the next offices, then by the superior above it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base.refusals import AlreadyTaken, Forbidden, NotFound
from oversight.base.sentences import say
from oversight.law.definition import MANY, Committee, Move, MultiInstance, Party, Workflow, role_of
from oversight.law.roles import (
    ADMINISTRATORS,
    BRANCH_LEADERS,
    CANDIDATE_GROUPS,
    COMMITTEE,
    NO_BUSINESS,
    OFFICES,
    SUPERIOR,
    Role,
)
from oversight.models import (
    Case,
    JournalRow,
    Membership,
    Person,
    Post,
    Substitution,
    Unit,
    WorkItem,
)
from oversight.models.cases import CAME
from oversight.organization import standing, substitution
from oversight.organization.standing import in_office, is_member
from oversight.organization.units import COMMITTEE_FROM, line_above, merged_into, successor_of
from oversight.rules import parties

from .sight import COOLING_OFF, visible


@dataclass(frozen=True)
class Actor:
    """A person as of a day: posts held, branch belonged to, and what is in sight.

    `seats` are (unit id, ladder, tier); `sight` are path prefixes of the units that are visible,
    `business` of those whose cases are: by post, not by membership. `acting` is in whose place he
    acts: never a post of his own. `former` are the branches merged into his: what they left closed
    is read on. `led` are (person id, branch id) of the branches that he, and those he acts for,
    lead by post or acting; `led_before` those whom one of them led lately, with the last day.
    """

    person: Person
    posts: tuple[Post, ...]
    branch: Unit | None
    on: date
    seats: tuple[tuple[str, str, int], ...] = ()
    sight: tuple[str, ...] = ()
    business: tuple[str, ...] = ()
    acting: tuple[Substitution, ...] = ()
    former: tuple[str, ...] = ()
    led: tuple[tuple[str, str], ...] = ()
    led_before: tuple[tuple[str, str, date], ...] = ()

    @property
    def id(self) -> str:
        return self.person.id

    @property
    def zone_id(self) -> str:
        return self.person.zone_id

    @property
    def acting_seats(self) -> list[tuple[Substitution, str, int]]:
        """Return the seats that he fills in others' places: the acting, ladder and tier."""
        return [
            (row, candidate_group, rank)
            for row in self.acting
            for candidate_group, rank in _tiers_of(row.office, row.unit.kind)
        ]

    @property
    def unit_ids(self) -> list[str]:
        return list(dict.fromkeys(unit_id for unit_id, _, _ in self.seats))

    def holds(self, *offices: str) -> bool:
        return any(post.office in offices for post in self.posts)

    def sees(self, unit: Unit) -> bool:
        return any(unit.within(prefix) for prefix in self.sight)

    @property
    def title(self) -> str:
        """Return the first post as people say it, or 党员."""
        if self.posts:
            return f"{self.posts[0].unit.name}{OFFICES[self.posts[0].office]}"
        return f"{self.branch.name}党员" if self.branch else ""


@dataclass(frozen=True)
class AuthorityBasis:
    """On what ground an actor acts: the seat, the ladder and tier, and the slot where many answer.

    `acting`: not by a post of his own, but for `acting_for`, or in an empty post where that is
    None.
    """

    unit_id: str
    role: str
    office: str
    desk_id: str | None = None
    acting: bool = False
    acting_for: str | None = None


@dataclass(frozen=True)
class Assignee:
    """Where a case lies: a unit's ladder at a tier, and who fills it today; `acting` names for
    whom.
    """

    unit: sa.Row | Unit
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


def actor(session: Session, person_id: str, on: date) -> Actor:
    """Gather what a person holds on a day."""
    person = session.get(Person, person_id)
    held = session.scalars(
        _POSTS_OF, {"person": person_id, "day": on, "since": on - standing.REMEMBERED}
    ).all()
    left = [post for post in held if post.to_on is not None and post.to_on < on]
    posts = tuple(post for post in held if post not in left)
    branch = session.scalar(_BRANCH_OF, {"person": person_id, "day": on})
    business = [post.unit.path for post in posts if post.office not in NO_BUSINESS]
    sight = [post.unit.path for post in posts if post.office not in ADMINISTRATORS]
    if branch is not None and not any(post.office in ADMINISTRATORS for post in posts):
        sight.append(branch.path)
    stands_in = substitution.by_person(session, person_id, on)
    sight += [row.unit.path for row in stands_in]
    business += [row.unit.path for row in stands_in if row.workflow is None]
    full = branch if branch is not None and not person.probationary else None
    leading = {
        row.unit_id
        for row in (*posts, *stands_in)
        if row.unit.kind == "branch" and row.unit.path in business
    }
    return Actor(
        person,
        posts,
        branch,
        on,
        tuple(_seats(posts, full)),
        tuple(dict.fromkeys(sight)),
        tuple(dict.fromkeys(business)),
        stands_in,
        merged_into(session, leading),
        tuple(_led(session, person_id, posts, stands_in, on)),
        tuple(_led_before(session, left, stands_in, on)),
    )


def _led(
    session: Session,
    person_id: str,
    posts: tuple[Post, ...],
    stands_in: tuple[Substitution, ...],
    on: date,
):
    """Yield who leads which branch: the person, and those in whose place he acts. See `barred`."""
    for held in (*posts, *stands_in):
        if _leading(held):
            yield person_id, held.unit_id
    principals = {row.for_id for row in stands_in} - {None}
    for table, holds in (
        ((Post, in_office(on)), (Substitution, substitution.in_force(on))) if principals else ()
    ):
        yield from session.execute(
            sa.select(table.person_id, table.unit_id)
            .join(Unit, Unit.id == table.unit_id)
            .where(
                table.person_id.in_(principals),
                table.office.in_(BRANCH_LEADERS),
                Unit.kind == "branch",
                holds,
            )
        )


def _led_before(
    session: Session, left: list[Post], stands_in: tuple[Substitution, ...], on: date
) -> Iterator[tuple[str, str, date]]:
    """Yield who led which branch lately, and until when: the person, and those he acts for."""
    for post in left:
        if _leading(post):
            yield post.person_id, post.unit_id, post.to_on
    principals = {row.for_id for row in stands_in} - {None}
    if principals:
        yield from session.execute(
            sa.select(Post.person_id, Post.unit_id, Post.to_on).where(
                Post.person_id.in_(principals),
                Post.office.in_(BRANCH_LEADERS),
                Post.to_on < on,
                Post.to_on >= on - standing.REMEMBERED,
            )
        )


def _leading(held: Post | Substitution) -> bool:
    return held.office in BRANCH_LEADERS and held.unit.kind == "branch"


def _seats(posts: tuple[Post, ...], branch: Unit | None):
    for post in posts:
        for candidate_group, rank in _tiers_of(post.office, post.unit.kind):
            yield post.unit_id, candidate_group, rank
    if branch is not None:
        yield branch.id, "branch", _member_tier()


def _tiers_of(office: str, unit_kind: str):
    """Yield each ladder of a kind of unit on which an office stands, with its tier."""
    for candidate_group, ranks in CANDIDATE_GROUPS.items():
        if (candidate_group == "branch") == (unit_kind == "branch"):
            yield from (
                (candidate_group, rank) for rank, offices in enumerate(ranks) if office in offices
            )


def _member_tier() -> int:
    return next(
        rank for rank, offices in enumerate(CANDIDATE_GROUPS["branch"]) if "member" in offices
    )


def chain(session: Session, case: Case, role: Role) -> list[sa.Row | Unit]:
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


def _chain_of(session: Session, case: Case, role: Role) -> list[sa.Row | Unit]:
    """Return the units that could fill a role that is counted from the unit a fact names."""
    named = session.get(Unit, case.facts.get(role.fact) or "")
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
    people.

    Own case counts as vacant. The fact `with` names further branches whose case it is too. Whoever
    acts in another's place is as if he were both.
    """
    known = parties.of(session, case, workflow.opened_by.name)
    out = set(known.recused)
    if role.seat != "person":
        out |= {case.data_subject_id} - {None}
    if not role.judges:
        return out
    if role.impartial:
        out |= known.applicants
    if role.anew:
        out |= set(_roster(session, case).people) | set(
            session.scalars(
                sa.select(JournalRow.actor_id).where(
                    JournalRow.case_id == case.id, JournalRow.role == COMMITTEE.name
                )
            )
        )
        out |= set(
            session.scalars(
                sa.select(WorkItem.person_id).where(
                    WorkItem.case_id == case.id, WorkItem.answer == CAME
                )
            )
        )
    if case.unit.kind == "branch":
        units = [case.unit_id, *(case.facts.get("with") or [])]
        here = standing.day(session, case.zone_id, on, units, here)
        out |= {
            row.person_id
            for unit_id in units
            for row in (*here.posts[unit_id], *here.acting[unit_id], *_stood(here, unit_id, case))
            if row.office in BRANCH_LEADERS
        }
    return out


def _stood(here: standing.Day, unit_id: str, case: Case) -> list[sa.Row]:
    """Return who left an office in a branch that asked, after it asked or too shortly before."""
    asked = case.opened_at.date() if case.opened_at else here.on
    return [row for row in here.left[unit_id] if row.to_on >= asked - COOLING_OFF]


def fill(
    session: Session,
    unit: sa.Row | Unit,
    candidate_group: str,
    on: date,
    out: set[str],
    workflow: str | None = None,
    here: standing.Day | None = None,
) -> Assignee | None:
    """Return the first tier of a ladder that somebody free fills in a unit, by post or acting in a
    post's place.
    """
    here = standing.day(session, unit.zone_id, on, [unit.id], here)
    posts = here.posts[unit.id]
    stand_ins = [
        row
        for row in here.acting[unit.id]
        if row.workflow in (None, workflow) and not {row.person_id, row.for_id} & out
    ]
    for rank, offices in enumerate(CANDIDATE_GROUPS[candidate_group]):
        people = {
            row.person_id: row.office
            for row in posts
            if row.office in offices and row.person_id not in out
        }
        if "member" in offices:
            people = dict.fromkeys(small_branch(session, unit, on) - out, "member")
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


def small_branch(session: Session, unit: sa.Row | Unit, on: date) -> set[str]:
    """Return the full members of a branch too small for a committee: any of them may step in."""
    full = set(standing.day(session, unit.zone_id, on, []).full_members(session, unit.id))
    return full if len(full) < COMMITTEE_FROM else set()


def resolve(
    session: Session, workflow: Workflow, case: Case, role: Role, on: date
) -> Assignee | None:
    """Find where a role's work lies today, climbing over vacant seats; None where the role does not
    exist.

    Where nobody at all is left the topmost seat is returned with no people.
    """
    if role.seat == "person":
        return _own_seat(session, workflow, case, on)
    if role.seat == "roster":
        return _roster(session, case)
    units = chain(session, case, role)
    here = standing.day(session, case.zone_id, on, [case.unit_id, *(unit.id for unit in units)])
    out = barred(session, workflow, case, role, on, here)
    for unit in units:
        candidate_group = (
            role.candidate_group
            if (unit.kind == "branch") == (role.candidate_group == "branch")
            else SUPERIOR.candidate_group
        )
        found = fill(session, unit, candidate_group, on, out, workflow.name, here)
        if found:
            return found
    return Assignee(units[-1], role.candidate_group, 0) if units else None


def _own_seat(session: Session, workflow: Workflow, case: Case, on: date) -> Assignee:
    """Seat the member concerned; the branch may write for him (代录) where he does not himself."""
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
    """Seat everybody who has or had a row of his own in the case."""
    people = session.scalars(
        sa.select(WorkItem.person_id).where(
            WorkItem.case_id == case.id, WorkItem.person_id.is_not(None), WorkItem.role == "member"
        )
    )
    return Assignee(case.unit, "member", 0, dict.fromkeys(people, "member"))


def body_seat(session: Session, case: Case, body: Committee, on: date) -> Assignee:
    """Return where a body sits and who belongs to it today: nobody is replaced by other offices or
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
    session: Session,
    workflow: Workflow,
    case: Case,
    party: MultiInstance,
    unit: sa.Row | Unit,
    on: date,
) -> Assignee:
    """Find where one of many answers lies: the unit named, or the superior above it."""
    out = barred(session, workflow, case, party.role, on)
    candidates = [unit, *line_above(session, unit)]
    for candidate in candidates[case.escalation_level :] or candidates[-1:]:
        found = fill(session, candidate, party.role.candidate_group, on, out, workflow.name)
        if found:
            return found
    return Assignee(unit, party.role.candidate_group, 0)


def see(session: Session, who: Actor, case: Case) -> None:
    """Make sure that a case is in the actor's sight. Raises NotFound."""
    if case.zone_id != who.zone_id:
        raise NotFound()
    if case.data_subject_id == who.id or any(case.unit.within(path) for path in who.business):
        return  # known without asking
    if session.scalar(sa.select(Case.id).where(Case.id == case.id, visible(who))) is None:
        raise NotFound()


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
    of what they said.
    """
    if row.kind == "desk" and row.move == "follow_up":
        return row.actor_id == who.id
    many = {move.name for move in workflow.moves if move.unversioned}
    return row.actor_id == who.id or row.move not in many or reads_all(workflow, case, who)


def require(
    session: Session, workflow: Workflow, case: Case, move: Move, who: Actor
) -> AuthorityBasis:
    """Make sure that the actor holds the move's role in this case today. Raises NotYours."""
    found = basis(session, workflow, case, move.by, who)
    if found is None and isinstance(move.by, MANY):
        _answered_already(session, workflow, case, move.by, who)
    if found is None:
        raise Forbidden(
            say(
                "“%(move)s”由%(party)s办理，您可以查看，不能办理。",
                move=move.label,
                party=waits_label(session, workflow, case, move.by, who.on),
            ),
            rule="authority",
            clause=move.under.id or None,
        )
    return found


def basis(
    session: Session, workflow: Workflow, case: Case, party: Party, who: Actor
) -> AuthorityBasis | None:
    """Return the ground on which the actor fills a party today, or None."""
    if isinstance(party, MANY) and party.personal:
        return _own_slot(session, workflow, case, party, who)
    if isinstance(party, MultiInstance):
        return _slot_standing(session, workflow, case, party, who)
    for seat in _seats_of(session, workflow, case, party, who.on):
        if seat is not None and who.id in seat.people:
            return seat.basis(who.id, party.name)
    return None


def _seats_of(
    session: Session, workflow: Workflow, case: Case, role: Role, on: date
) -> list[Assignee | None]:
    """Return every seat from which a role may be played: one, or one at each level."""
    if not role.human:
        return []
    if not role.any_level:
        return [resolve(session, workflow, case, role, on)]
    out = barred(session, workflow, case, role, on)
    return [
        fill(session, unit, role.candidate_group, on, out, workflow.name)
        for unit in chain(session, case, role)
    ]


def _slot_standing(
    session: Session, workflow: Workflow, case: Case, party: MultiInstance, who: Actor
):
    for desk in lying(session, workflow, case):
        [unit] = standing.rows(session, case.zone_id, [desk.slot_id])
        seat = resolve_slot(session, workflow, case, party, unit, who.on)
        if who.id in seat.people:
            return seat.basis(who.id, party.name, desk.id)
    return None


def _own_slot(
    session: Session, workflow: Workflow, case: Case, party: MultiInstance | Committee, who: Actor
) -> AuthorityBasis | None:
    """Return the ground of one who acts in his own name; in a body only while he holds his office
    there.

    Who stepped aside from leading a case still speaks for himself.
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
    session: Session, workflow: Workflow, case: Case, party: MultiInstance | Committee, who: Actor
) -> None:
    """Tell an entitled person that his slot was answered before him. Raises SomebodyFirst."""
    for desk in session.scalars(
        sa.select(WorkItem).where(
            WorkItem.case_id == case.id,
            WorkItem.kind == "act",
            WorkItem.answer.is_not(None),
            WorkItem.opened_at >= case.entered_at,
            WorkItem.role == party.role.candidate_group,
        )
    ):
        if party.personal:
            if desk.person_id == who.id:
                raise AlreadyTaken("这一步您已经办过，或已替您登记。")
            continue
        [unit] = standing.rows(session, case.zone_id, [desk.slot_id])
        if who.id in resolve_slot(session, workflow, case, party, unit, who.on).people:
            raise AlreadyTaken(say("%(unit)s刚刚已经答复。", unit=unit.name))


def lying(session: Session, workflow: Workflow, case: Case) -> list[parties.Item]:
    """Return the open items on which a case waits, to read."""
    return parties.items(session, case, workflow.opened_by.name)


def open_desks(session: Session, case_id: str) -> list[WorkItem]:
    return list(session.scalars(_OPEN_DESKS, {"case": case_id}))


def waits_label(
    session: Session, workflow: Workflow, case: Case, party: Party | None, on: date
) -> str:
    """Name who a party is today: the unit of the seat, or what the clock waits for."""
    if party is None:
        return ""
    if isinstance(party, MANY) and party.personal:
        waiting = [item.unit_id for item in lying(session, workflow, case)]
        unit = _name(session, case, waiting[0]) if waiting else case.unit.name
        return say(
            "%(unit)s：%(party)s（还有 %(count)s 人）",
            unit=unit,
            party=party.label,
            count=len(waiting),
        )
    if isinstance(party, MultiInstance):
        units = [_name(session, case, item.unit_id) for item in lying(session, workflow, case)]
        return "、".join(dict.fromkeys(units)) or party.label
    seat = resolve(session, workflow, case, party, on) if party.human else None
    return seat.unit.name if seat else party.label


def _name(session: Session, case: Case, unit_id: str) -> str:
    return standing.rows(session, case.zone_id, [unit_id])[0].name


def leads(session: Session, unit: Unit, who: Actor) -> AuthorityBasis:
    """Make sure that the actor fills the branch's own ladder today. Raises NotInSight, NotYours."""
    if not who.sees(unit) or unit.zone_id != who.zone_id:
        raise NotFound()
    seat = fill(session, unit, "branch", who.on, set()) if unit.kind == "branch" else None
    if seat is None or who.id not in seat.people:
        raise Forbidden(
            say("这件事由%(unit)s办理，您可以查看，不能办理。", unit=unit.name), rule="authority"
        )
    return seat.basis(who.id, "branch")


def is_led_by(session: Session, unit: Unit, who: Actor) -> bool:
    """True where the actor fills the branch's own ladder today, by post or in somebody's place."""
    try:
        leads(session, unit, who)
    except (NotFound, Forbidden):
        return False
    return True


def desk_people(session: Session, desk: WorkItem, on: date) -> list[str]:
    """Return who finds an open desk row in their box on a day, by office; who may not act in the
    case does not.
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
    return [person for person in dict.fromkeys([*found, *stand_ins]) if person not in out]


def _kept_off(session: Session, desk: WorkItem, on: date) -> set[str]:
    """Return who is barred from what a desk row waits for; from what is only watched nobody is."""
    case = session.get(Case, desk.case_id)
    workflow = workflows.get(case.workflow, case.definition_version)
    party = workflow.state(case.state).waits_on
    return (
        barred(session, workflow, case, role_of(party), on)
        if desk.kind == "act" and party is not None
        else set()
    )


def gone_from_bodies(session: Session, on: date) -> list[str]:
    """Return the cases in which a body waits for somebody who left his office, or for nobody at
    all.
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
    """True where somebody fills a tier of a unit's ladder on a day, whoever may be barred in a
    case.
    """
    offices = CANDIDATE_GROUPS[candidate_group][rank]
    if "member" in offices:
        return True
    here = standing.day(session, zone_id, on, [unit_id])
    acting = (row for row in here.acting[unit_id] if row.workflow is None)
    return any(row.office in offices for row in (*here.posts[unit_id], *acting))


# Asked at every step of every case: built once, not at each question ------------------------------

_DAY, _CASE, _PERSON = (sa.bindparam(name) for name in ("day", "case", "person"))
_POSTS_OF = (
    sa.select(Post)
    .where(
        Post.person_id == _PERSON,
        Post.from_on <= _DAY,
        sa.or_(Post.to_on.is_(None), Post.to_on >= sa.bindparam("since")),
    )
    .order_by(Post.from_on, Post.id)
)
_BRANCH_OF = (
    sa.select(Unit)
    .join(Membership, Membership.unit_id == Unit.id)
    .where(Membership.person_id == _PERSON, is_member(_DAY))
)
_OPEN_DESKS = (
    sa.select(WorkItem)
    .where(WorkItem.case_id == _CASE, WorkItem.kind == "act", WorkItem.closed_at.is_(None))
    .order_by(WorkItem.id)
)
