"""Acting (代理): who stands in for whom. Who holds a post, and who could, is told here too."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base import typed
from oversight.base.clock import Moment
from oversight.base.db import is_id
from oversight.base.paging import First
from oversight.base.refusals import AlreadyTaken, Forbidden, InvalidInput
from oversight.base.rows import ids_of, keyed
from oversight.base.sentences import N_, say
from oversight.calendar.party_days import lock_units
from oversight.engine import outbox
from oversight.engine.authority import refuse_unconfirmed
from oversight.law.clauses import house_rule
from oversight.law.roles import ADMINISTRATORS, NO_BUSINESS, OFFICES, SUPERIOR
from oversight.models import Membership, Person, Post, Substitution, Unit
from oversight.organization import reach, substitution
from oversight.organization.actor import Actor
from oversight.organization.members import in_office_of, members
from oversight.organization.standing import in_office, is_member
from oversight.organization.units import outline

from . import audit_log, handover, tenure

MOST = 100  # people of a kind that a choice offers
LONGEST = timedelta(days=184)  # half a year of acting; after that the post is to be filled
STAND_IN = house_rule("代理由本人指定同单位的人，职务空缺时由上级指定，最长半年，不能转代。")


# Acting ------------------------------------------------------------------------------------------


def give(
    session: Session,
    unit: Unit,
    office: str,
    person: Person,
    from_on: date,
    to_on: date,
    reason: str,
    who: Actor,
    at: Moment,
    workflow: str | None = None,
) -> Substitution:
    """Let a person act in the giver's own post, or from above in an empty one. Does not commit.

    Raises Forbidden, RuleViolation, InvalidInput.
    """
    own = any(post.unit_id == unit.id and post.office == office for post in who.posts)
    holders = session.scalars(
        sa.select(Post.person_id).where(
            Post.unit_id == unit.id,
            Post.office == office,
            in_office(at.today),
            ~substitution.shut_out(Post.person_id),
        )
    ).all()
    if office not in OFFICES or office in NO_BUSINESS:
        tenure.refuse("no_stand_in", STAND_IN, N_("这个职务不能由别人代理。"), field="office")
    if not own and (holders or not audit_log.answers_for(session, who, unit)):
        raise Forbidden(
            "代理由任职的人自己指定；职务空缺时由上级党组织指定。",
            rule="stand_in",
            house_rule=STAND_IN.text,
        )
    refuse_unconfirmed(who)
    _fit(session, unit, person, from_on, to_on, reason, workflow, who, at)
    row = Substitution(
        zone_id=unit.zone_id,
        person_id=person.id,
        for_id=who.id if own else None,
        unit_id=unit.id,
        office=office,
        workflow=workflow,
        from_on=from_on,
        to_on=to_on,
        reason=reason.strip(),
        given_by=who.id,
        given_at=at.now,
    )
    _not_yet(session, row)
    session.add(row)
    session.flush()
    _note(session, row, "give", who, at, ["", person.name])
    outbox.notify(
        session, unit.zone_id, person.id, f"acting:{row.id}", say("您被指定为代理，请看“我的”"), at
    )
    return row


def _fit(
    session: Session,
    unit: Unit,
    person: Person,
    from_on: date,
    to_on: date,
    reason: str,
    workflow: str | None,
    who: Actor,
    at: Moment,
) -> None:
    """Make sure that a person may stand in, in this time and scope.

    Raises InvalidInput, RuleViolation.
    """
    said = {
        "from_on": (from_on < at.today, N_("“起”不能早于今天。")),
        "to_on": (
            not from_on <= to_on <= from_on + LONGEST,
            N_("“止”不能早于“起”，代理最长半年。"),
        ),
        "reason": (
            not typed.says(reason) or len(reason.strip()) > 200,
            N_("请填写“事由”，最多 200 字。"),
        ),
        "workflow": (
            workflow not in {None, "", *(known.name for known in workflows.every())},
            N_("没有这种业务。"),
        ),
    }
    wrong = {name: sentence for name, (bad, sentence) in said.items() if bad}
    if wrong:
        raise InvalidInput(wrong)
    _may_stand_in(session, unit, person, who, at)


def _not_yet(session: Session, new: Substitution) -> None:
    """Make sure that nobody is given the same acting twice: taken back once it would go on. Raises
    AlreadyTaken.
    """
    lock_units(session, [new.unit_id])  # of two at once the second sees the first
    same = (
        Substitution.unit_id == new.unit_id,
        Substitution.office == new.office,
        Substitution.person_id == new.person_id,
        Substitution.ended_at.is_(None),
        Substitution.from_on <= new.to_on,
        Substitution.to_on >= new.from_on,
    )
    for row in session.scalars(sa.select(Substitution).where(*same)):
        if not row.workflow or not new.workflow or row.workflow == new.workflow:
            giver = session.get_one(Person, row.given_by).name
            said = say(
                "%(giver)s已指定%(name)s代理（%(from_on)s 至 %(to_on)s），您的这一步没有生效；要改的，先收回那一项。",
                giver=giver,
                name=session.get_one(Person, row.person_id).name,
                from_on=row.from_on.isoformat(),
                to_on=row.to_on.isoformat(),
            )
            raise AlreadyTaken(said, decided_by=giver, decided_at=row.given_at.isoformat())


def _may_stand_in(session: Session, unit: Unit, person: Person, who: Actor, at: Moment) -> None:
    """Make sure that a person belongs where he is to stand in. Raises RuleViolation."""
    if person.id == who.id:
        tenure.refuse("not_own", tenure.NOT_OWN, N_("不能由自己代理，请另选一人。"), field="person")
    posts = tenure.held(session, person.id, at.today)
    if any(post.office in ADMINISTRATORS for post in posts):
        tenure.refuse("apart", tenure.APART, N_("管理员不办理业务，不能代理。"), field="person")
    in_branch = session.scalar(
        sa.select(Membership.id)
        .where(
            Membership.person_id == person.id, Membership.unit_id == unit.id, is_member(at.today)
        )
        .limit(1)
    )
    here = any(post.unit_id == unit.id for post in posts) or in_branch and not person.probationary
    if person.left_on or person.zone_id != unit.zone_id or not here:
        tenure.refuse(
            "stand_in",
            STAND_IN,
            say(
                "%(name)s不在%(unit)s任职，也不是本支部正式党员，不能代理。",
                name=person.name,
                unit=unit.name,
            ),
            field="person",
        )


def _note(
    session: Session, row: Substitution, act: str, who: Actor, at: Moment, change: list
) -> None:
    audit_log.note(
        session,
        who,
        at,
        "acting",
        act,
        row.unit,
        f"{row.unit.name}{OFFICES[row.office]}",
        row.unit_id,
        stand_in=change,
        from_on=["", row.from_on.isoformat()],
        to_on=["", row.to_on.isoformat()],
        scope=["", row.workflow or ""],
    )


def take_back(session: Session, row: Substitution, who: Actor, at: Moment) -> None:
    """End acting before its last day: by who gave it, who acts, or who keeps posts. Does not
    commit.

    Raises Forbidden, InvalidInput.
    """
    if who.id not in (row.given_by, row.person_id, row.for_id):
        audit_log.require(session, who, "acting", row.unit)
    if row.ended_at is not None or row.to_on < at.today:
        raise InvalidInput({"acting": N_("这项代理已经结束。")})
    row.ended_at, row.ended_by = at.now, who.id
    session.flush()
    _note(session, row, "end", who, at, [row.person.name, ""])
    handover.release(session, row.person_id, who, at)


def actings(session: Session, unit_ids: list[str], on: date) -> list[Substitution]:
    """Return acting in units that is in force or still to come."""
    return list(
        session.scalars(
            sa.select(Substitution)
            .where(
                Substitution.unit_id.in_(unit_ids),
                Substitution.to_on >= on,
                Substitution.ended_at.is_(None),
            )
            .order_by(Substitution.from_on)
        )
    )


def in_force(session: Session, row: Substitution, on: date) -> bool:
    """True where a substitution is in force on a day."""
    return (
        session.scalar(
            sa.select(Substitution.id).where(Substitution.id == row.id, substitution.in_force(on))
        )
        is not None
    )


# Offered -----------------------------------------------------------------------------------------


def of_unit(session: Session, unit: Unit) -> list[tuple[Post, Person]]:
    """Return who holds or held a post in a unit, those who hold one first."""
    return list(
        session.execute(
            sa.select(Post, Person)
            .join(Person, Person.id == Post.person_id)
            .where(Post.unit_id == unit.id)
            .order_by(Post.to_on.is_not(None), Post.from_on.desc(), Post.id)
        ).all()
    )


def candidates(
    session: Session, unit: Unit, who: Actor, find: str = "", chosen: str | None = None
) -> First:
    """Return whom the actor can choose for a post: members of the branch, holders of posts around
    the unit, whoever was looked for or chosen; within his reach, others he names by `named`.
    """
    living = reach.people(who)
    near = living.join(Post, Post.person_id == Person.id).where(
        Post.unit_id.in_([unit.id, *unit.ancestors()]), in_office(who.on)
    )
    further: sa.ColumnElement[bool] = sa.false()
    if find:
        further = Person.name.contains(find, autoescape=True)
    if is_id(chosen):
        further = Person.id == chosen
    parts = [
        First(session.scalars(query.order_by(Person.name, Person.id).limit(MOST + 1)), MOST)
        for query in (near, living.where(further))
    ]
    found = keyed((*members(session, unit.id, who.on), *parts[0], *parts[1]))
    people = First(found.values(), len(found))
    people.more = any(part.more for part in parts)
    return people


def named(session: Session, who: Actor, name: str, unit_name: str) -> Person:
    """Return somebody out of reach by what one must know already: his whole name, and the name of
    his branch or of where he serves. Raises InvalidInput.
    """
    name = typed.field("name", typed.person_name, name)
    unit_name = typed.field("of_unit", typed.organization_name, unit_name)
    there = [row.id for row in outline(session, who.zone_id, Unit.name == unit_name)]
    exact = sa.select(Person).where(Person.name == name, Person.left_on.is_(None))
    member = exact.join(Membership, Membership.person_id == Person.id)
    serving = exact.join(Post, Post.person_id == Person.id)
    found = {
        *session.scalars(member.where(Membership.unit_id.in_(there), is_member(who.on))),
        *session.scalars(serving.where(Post.unit_id.in_(there), in_office(who.on))),
    }
    if len(found) != 1:
        sentence = N_("没有查到这个人，请把姓名和他所在单位的全称写准确；同名的，请对方单位办理。")
        raise InvalidInput({"name": sentence})
    return found.pop()


def stand_ins(session: Session, unit_ids: set[str], who: Actor) -> list[Person]:
    """Return those who could stand in: who serve in these units or belong to these branches."""
    found = {one.id: one for unit_id in unit_ids for one in members(session, unit_id, who.on)}
    found |= keyed(in_office_of(session, unit_ids, who.on))
    found.pop(who.id, None)
    return sorted(found.values(), key=lambda one: (one.name, one.id))


def vacant(session: Session, who: Actor, units: list[Unit]) -> list[tuple[Unit, str]]:
    """Return the seats that nobody holds in units below the actor, or nobody who can act: secretary,
    and officer above branches.
    """
    led = [
        post.unit
        for post in who.posts
        if post.office in SUPERIOR.ranks[0] and post.unit.kind != "branch"
    ]
    below = [
        unit for unit in units if any(unit.within(top.path) and unit.id != top.id for top in led)
    ]
    seats_held = sa.select(Post.unit_id, Post.office).where(
        Post.unit_id.in_(ids_of(below)), in_office(who.on), ~substitution.shut_out(Post.person_id)
    )
    held = set(map(tuple, session.execute(seats_held)))
    seats = [(unit, "secretary") for unit in below]
    seats += [(unit, "officer") for unit in below if unit.kind != "branch"]
    return [(unit, office) for unit, office in seats if (unit.id, office) not in held]
