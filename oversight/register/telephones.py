"""Members' telephone numbers: who may be shown one in full or change it, and the entry that either
leaves.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import phone_numbers
from oversight.base.clock import Moment
from oversight.base.paging import First
from oversight.base.refusals import Forbidden, NotFound, RuleViolation
from oversight.base.sentences import say
from oversight.engine import authority
from oversight.law.clauses import house_rule
from oversight.models import Membership, Person, PhoneLook, Unit
from oversight.organization.actor import Actor
from oversight.organization.standing import is_member

MOST = 100  # looks in a day and night: more than a branch has members that need a call
FEW = house_rule("电话号码逐个查看，不成批带走。")


def of_business(session: Session, person_id: str, who: Actor) -> Person:
    """Return a member with whose branch the actor has business, by post or as one who keeps its
    record.

    Raises NotFound, Forbidden. Source: dossier, Privacy and security (optional phone, encrypted,
    masked)
    """
    person, unit = session.get(Person, person_id), branch_of(session, person_id, who)
    if person is None or unit is None or not who.sees(unit):
        raise NotFound()
    above = any(unit.within(path) for path in who.business)
    if not above and not authority.is_led_by(session, unit, who):
        raise Forbidden(
            say("电话号码由%(unit)s和上级党组织查看。", unit=unit.name), rule="authority"
        )
    return person


def branch_of(session: Session, person_id: str, who: Actor) -> Unit | None:
    """Return the branch to which a member of the actor's zone belongs today."""
    return session.scalar(
        sa.select(Unit)
        .join(Membership, Membership.unit_id == Unit.id)
        .where(Membership.person_id == person_id, is_member(who.on), Unit.zone_id == who.zone_id)
    )


def show(session: Session, secret: str, person_id: str, who: Actor, at: Moment) -> str | None:
    """Return a member's number in full and note who was shown it.

    Does not commit. Raises as `of_business`, and RuleViolation from the `MOST`th of a day on.
    """
    person = of_business(session, person_id, who)
    _not_by_the_list(session, who, at)
    _note(session, person, who, "shown", at)
    return phone_numbers.unseal(secret, person.id, person.phone_sealed)


def _not_by_the_list(session: Session, who: Actor, at: Moment) -> None:
    """Make sure that nobody carries off the list of all numbers in a day. Raises RuleViolation."""
    since = at.now - timedelta(days=1)
    today = sa.select(sa.func.count()).where(
        PhoneLook.by_id == who.id, PhoneLook.at > since, PhoneLook.what == "shown"
    )
    if session.scalar(today) >= MOST:
        said = say("一天最多查看 %(most)s 个电话号码，请明天再查。", most=MOST)
        raise RuleViolation(said, rule="phone_looks", house_rule=FEW.text)


def keep(
    session: Session, secret: str, person_id: str, number: str, who: Actor, at: Moment
) -> None:
    """Keep a member's number sealed, or none where it is empty. Does not commit.

    The branch keeps its own members' numbers. Raises NotFound, Forbidden, InvalidInput.
    """
    person = of_business(session, person_id, who)
    authority.leads(session, branch_of(session, person_id, who), who)
    person.phone_sealed = (
        phone_numbers.seal(secret, person.id, phone_numbers.read(number))
        if number.strip()
        else None
    )
    _note(session, person, who, "changed", at)


def _note(session: Session, person: Person, who: Actor, what: str, at: Moment) -> None:
    session.add(
        PhoneLook(zone_id=person.zone_id, person_id=person.id, by_id=who.id, what=what, at=at.now)
    )
    session.flush()


def looks(session: Session, person_id: str, limit: int = 5) -> First:
    """Return who was shown or changed a number last, with the name, the newest first."""
    rows = (
        sa.select(PhoneLook, Person.name)
        .join(Person, Person.id == PhoneLook.by_id)
        .where(PhoneLook.person_id == person_id)
        .order_by(PhoneLook.at.desc(), PhoneLook.id.desc())
    )
    return First(session.execute(rows.limit(limit + 1)), limit)
