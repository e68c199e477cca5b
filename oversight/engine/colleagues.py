"""Whom a desk act may name: those who may decide in a seat's place, help there, advise, or read.
Reads only.
"""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base.kept import Kept
from oversight.base.refusals import Forbidden, InvalidInput, NotFound, RuleViolation
from oversight.base.rows import ids_of
from oversight.base.sentences import N_, say
from oversight.calendar.zone import zone_calendar
from oversight.law.definition import Workflow
from oversight.law.roles import NO_BUSINESS
from oversight.models import Case, Person, Post, Unit, WorkItem
from oversight.organization import reach, substitution
from oversight.organization.actor import Actor
from oversight.organization.members import members
from oversight.organization.standing import in_office
from oversight.organization.units import superiors
from oversight.rules.common import applicants
from oversight.rules.context import TransitionContext

from . import assignment, authority

PERSONAL = N_("须由本人办理的事项，不能转办、委派。")
FOUR_EYES = ("second_person", "another_person")


def _law(case: Case) -> Workflow:
    return workflows.of(case)


def transferable(session: Session, case: Case, desk: WorkItem, refuse: bool = False) -> bool:
    """True where a work item is an office's, not one person's own. Raises RuleViolation where told
    to.
    """
    party = _law(case).state(case.state).waits_on
    found = desk.person_id is None and party.human and party.role.seat != "person"
    if refuse and not found:
        raise RuleViolation(PERSONAL, rule="in_person", house_rule=PERSONAL)
    return found


def seat(session: Session, case: Case, desk: WorkItem, on: date) -> authority.Assignee:
    """Return who may decide at a row today."""
    law = _law(case)
    party = law.state(case.state).waits_on
    if party.many:
        return authority.resolve_slot(
            session, law, case, party, session.get(Unit, desk.slot_id), on
        )
    return authority.resolve(session, law, case, party.role, on)


def at_work(session: Session, case: Case, desk: WorkItem, on: date) -> list[str]:
    """Return who works on an item today: the delegate, the transferee, or all who may decide."""
    if desk.person_id:
        return [desk.person_id]
    helper = assignment.helper(session, desk)
    if helper is not None:
        return [helper.person_id]
    people = seat(session, case, desk, on).people
    return [desk.handed_to] if desk.handed_to in people else list(people)


def entitled(session: Session, case: Case, desk: WorkItem, on: date) -> dict[str, str]:
    """Return those who may decide at a row, with the seat's unit; whom four eyes bar are not among
    them.
    """
    out = _second_eyes(session, case, on)
    return {one: desk.unit_id for one in seat(session, case, desk, on).people if one not in out}


def helpers(session: Session, case: Case, desk: WorkItem, who: Actor) -> dict[str, str]:
    """Return those of the row's unit who may work on it for the actor."""
    unit, out = session.get(Unit, desk.unit_id), _barred(session, case, who.on) | {who.id}
    found = {person for person, at in _officers(session, unit, who.on) if at == unit.id}
    if unit.kind == "branch":
        found |= {one.id for one in members(session, unit.id, who.on) if not one.probationary}
    return dict.fromkeys(found - out, unit.id)


def advisers(session: Session, case: Case, desk: WorkItem, who: Actor) -> dict[str, str]:
    """Return the officers of the row's unit and of those above it whose opinion may be asked, with
    their units.
    """
    rows = _officers(session, session.get(Unit, desk.unit_id), who.on)
    out = _barred(session, case, who.on) | {who.id}
    return {person: unit_id for person, unit_id in rows if person not in out}


def _officers(session: Session, unit: Unit, on: date) -> list[tuple[str, str]]:
    """Return who holds an office of business in a unit and in those above it, with the unit."""
    store = _seen.of(session)
    if (unit.id, on) not in store:
        units = [unit.id, *(ids_of(superiors(session, unit)))]
        rows = session.execute(
            sa.select(Post.person_id, Post.unit_id)
            .join(Person, Person.id == Post.person_id)
            .where(
                Post.unit_id.in_(units),
                Post.office.not_in(NO_BUSINESS),
                authority.in_office(on),
                ~substitution.shut_out(Post.person_id),
                _living(on),
            )
        )
        store[unit.id, on] = [tuple(row) for row in rows]
    return store[unit.id, on]


_seen = Kept("posts", "persons", "units", "accounts")


def _living(on: date):
    return sa.or_(Person.left_on.is_(None), Person.left_on > on)


def _barred(session: Session, case: Case, on: date) -> set[str]:
    """Return who may not touch a case where it lies: own case, recusal, the applicant's side."""
    law = _law(case)
    party = law.state(case.state).waits_on
    return authority.barred(session, law, case, party.role, on) | _second_eyes(session, case, on)


def _second_eyes(session: Session, case: Case, on: date) -> frozenset[str]:
    """Return whom a step of this state would refuse because he drafted or asked himself."""
    law = _law(case)
    guarded = any(
        guard.name in FOUR_EYES
        for move in law.leaving(law.state(case.state))
        for guard in move.only_if
    )
    return (
        applicants(TransitionContext(session, law, case, None, None, None, state=case.state))
        if guarded
        else frozenset()
    )


def require(session: Session, who: Actor, person_id: str, among: dict[str, str]) -> str:
    """Return the unit for which a named person takes part.

    Raises Forbidden naming him where he may not, InvalidInput where the actor knows of nobody so.
    """
    if person_id not in among:
        person = reach.person_in_reach(session, person_id, who)
        if person is None:
            raise InvalidInput({"person": N_("“给谁”填写的人不存在。")})
        raise Forbidden(
            say(
                "%(name)s不能经办这件事：本单位没有相应职务、事涉本人、已经回避，或是提出的一方。",
                name=person.name,
            ),
            rule="colleague",
            house_rule=N_("转办、委派、征求意见只给有职务且不须回避的人。"),
        )
    return among[person_id]


def readers(session: Session, units: list[Unit], on: date) -> list[tuple[Person, Post]]:
    """Return who in these units may read a copy, and by which post: of several, the one held
    longest.
    """
    ids = set(ids_of(units))
    rows = session.execute(
        _reading(on)
        .add_columns(Person)
        .join(Person, Person.id == Post.person_id)
        .where(
            Post.person_id.in_(sa.select(Post.person_id).where(Post.unit_id.in_(ids))), _living(on)
        )
    )
    found: dict[str, tuple[Person, Post]] = {}
    for post, person in rows:
        found.setdefault(person.id, (person, post))
    return [(person, post) for person, post in found.values() if post.unit_id in ids]


def _reading(on: date):
    """Select the posts that make somebody a reader of copies, the longest held first."""
    return (
        sa.select(Post)
        .where(Post.office.not_in(NO_BUSINESS), in_office(on))
        .order_by(Post.from_on, Post.id)
    )


def known(case: Case, unit: Unit, who: Actor) -> bool:
    """True where the actor may know who serves in a unit: it stands in the case's line, or in his
    sight. Anywhere else a unit is named, not a person.
    """
    return case.unit.within(unit.path) or who.sees(unit)


def reader_seat(
    session: Session, case: Case, unit_id: str | None, person_id: str | None, who: Actor
) -> Unit:
    """Return the unit whose desk a copy goes to. Raises InvalidInput, NotFound, RuleViolation.

    A branch gets copies only of its own matters, or from above it. A member's own case is copied
    only inside its branch's line: it is nobody else's business.
    """
    field = "person" if person_id else "unit"
    if person_id:
        post = session.scalar(_reading(who.on).where(Post.person_id == person_id).limit(1))
        unit = post.unit if post and known(case, post.unit, who) else None
    else:
        unit = session.get(Unit, unit_id)
    if unit is None or unit.zone_id != case.zone_id or unit.ended_on or unit.kind == "group":
        raise InvalidInput({field: N_("没有这个单位，或这个人没有职务，不能抄送。")})
    if unit.kind == "branch" and not (case.unit_id == unit.id or who.sees(unit)):
        raise NotFound("没有这个支部，或不在您的管理范围内，不能抄送。")
    if case.data_subject_id and not case.unit.within(unit.path):
        raise RuleViolation(
            "涉及党员本人的事项，只能抄送本支部和上级党组织。",
            rule="personal",
            field=field,
            house_rule=N_("涉及党员本人的事项不向其他单位抄送。"),
        )
    return unit


def workday(session: Session, case: Case, today: date) -> date:
    """Return today, or the last working day before it."""
    calendar = zone_calendar(session, case.zone_id)
    while not calendar.is_workday(today):
        today -= timedelta(days=1)
    return today
