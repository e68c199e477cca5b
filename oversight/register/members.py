"""Members who come, go, die, or whose circumstances change.

Their open cases follow or end; nothing is deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base import typed
from oversight.base.cells import FIRST
from oversight.base.clock import Moment
from oversight.base.refusals import Forbidden, InvalidInput, RuleViolation
from oversight.base.sentences import N_, say
from oversight.law.clauses import house_rule
from oversight.models import Activity, Attendance, Case, Membership, Person, Post, Unit
from oversight.organization.actor import Actor
from oversight.organization.members import branch_of
from oversight.organization.standing import is_member

from . import accounts, audit_log, departures, sheets, tenure
from .reorganize import of_our_time

UNDONE = house_rule("转接登记错了的，说明原因可以收回；已据此办过事的，不能收回，只能另行转接。")

FLAGS = {
    "probationary": N_("预备党员"),
    "mobile": N_("流动党员"),
    "retired": N_("离退休党员"),
    "elderly": N_("年老体弱"),
    "leading": N_("党员领导干部"),
    "in_post": N_("在职党员"),
    "no_office": N_("无职党员"),
}
FOLLOWS = N_("%(unit)s%(number)s（%(title)s）转支部时随人转到新支部，去世或出党时终止办理。")
ENDS = N_("%(unit)s%(number)s（%(title)s）终止办理，编号保留。")


def groups_of(session: Session, unit: Unit, on: date) -> dict[str, str]:
    """Return the 党小组 of those members of a branch who are in one, by person."""
    return dict(
        session.execute(
            sa.select(Membership.person_id, Unit.name)
            .join(Unit, Unit.id == Membership.group_id)
            .where(Membership.unit_id == unit.id, is_member(on))
            .order_by(Unit.sort, Unit.id, Membership.sort)
        ).all()
    )


def open_cases(session: Session, person: Person) -> list[Case]:
    """Return the member's own open cases: what a change touches."""
    return list(
        session.scalars(
            sa.select(Case)
            .where(
                Case.data_subject_id == person.id, Case.closed_at.is_(None), departures.goes_along()
            )
            .order_by(Case.id)
        )
    )


def effects(session: Session, person: Person, on: date) -> list[str]:
    """Say what a transfer or a death touches, for the preview."""
    said = []
    for case in open_cases(session, person):
        law = workflows.of(case)
        said.append(
            say(
                FOLLOWS if law.inherits else ENDS,
                unit=case.unit.name,
                number=case.number or "",
                title=law.title,
            )
        )
    posts = tenure.held(session, person.id, on)
    held = len([post for post in posts if post.unit.kind in ("branch", "group")])
    return [*said, *([say("在支部的 %(n)s 个职务同时结束。", n=held)] if held else [])]


def join(
    session: Session,
    unit: Unit,
    name: str,
    on: date,
    who: Actor,
    at: Moment,
    joined_on: date | None = None,
) -> Person:
    """Enter a member who comes from outside the zone (转入).

    Does not commit. Raises Forbidden, InvalidInput.
    """
    audit_log.alone(session, who.zone_id)
    audit_log.require(session, who, "people", unit)
    _branch(unit, "unit")
    name = typed.field("name", typed.person_name, name)
    _joined_in_time(joined_on, at)
    _not_twice(session, unit, name, joined_on, on)
    person = Person(zone_id=unit.zone_id, name=name, joined_on=joined_on)
    session.add(person)
    session.flush()
    _enter(session, person, unit, on)
    audit_log.note(
        session,
        who,
        at,
        "people",
        "transfer_in",
        unit,
        person.name,
        person.id,
        branch=["", unit.name],
        from_on=["", on.isoformat()],
    )
    session.flush()
    return person


def _not_twice(session: Session, unit: Unit, name: str, joined_on: date | None, on: date) -> None:
    """Make sure that a form that was sent twice enters one member. Raises InvalidInput."""
    same = sa.select(Person.id).join(Membership, Membership.person_id == Person.id)
    known = same.where(
        Membership.unit_id == unit.id,
        Membership.from_on == on,
        Person.name == name,
        Person.joined_on == joined_on,  # IS NULL where none is told
    )
    if session.scalar(known.limit(1)):
        sentence = N_(
            "%(name)s当天已经登记到%(unit)s，不用再登记；确是同名的另一人，请写明他的入党日期。"
        )
        raise InvalidInput({"name": say(sentence, name=name, unit=unit.name)})


def transfer(
    session: Session,
    person: Person,
    unit: Unit,
    on: date,
    who: Actor,
    at: Moment,
    sure: bool = False,
) -> None:
    """Move a member to another branch from a day on; a move that waits for a later day gives way.
    Does not commit.

    Whoever keeps one side may start it; both sides are below him, or he keeps the zone's people.
    `sure`: has seen which recorded sheets an earlier day puts right. Raises Forbidden,
    RuleViolation, InvalidInput.
    """
    old = present(session, person, who, at)
    audit_log.require(session, who, "people", unit)
    _branch(unit, "unit")
    of_our_time(on, at)
    if unit.id == old.id:
        raise InvalidInput(
            {"unit": say("%(name)s已经在%(unit)s。", name=person.name, unit=unit.name)}
        )
    forget_pending(session, person, at.today)
    wrong = sheets.affected(session, old.id, [person.id], on)
    sheets.confirm(wrong, sure)
    leave(session, person, on, who, at)
    _enter(session, person, unit, on)
    accounts.follow(session, [person.id], who, at)
    what = {"branch": [old.name, unit.name], "from_on": ["", on.isoformat()]}
    audit_log.note(session, who, at, "people", "transfer_out", unit, person.name, person.id, **what)
    sheets.put_right(session, wrong, who, at)
    sheets.tell_lacking(session, unit, person, on, at)
    # where the day is still to come, the sweep does it then
    departures.settle_people(session, [person.id], who, at)


def pending(session: Session, person: Person, on: date) -> Membership | None:
    """Return the membership that a person is to begin after a day."""
    return session.scalar(
        sa.select(Membership).where(Membership.person_id == person.id, Membership.from_on > on)
    )


def came_from(session: Session, person: Person, on: date) -> Unit | None:
    """Return the branch from which a member came to the one of a day."""
    row = session.scalar(
        sa.select(Membership).where(Membership.person_id == person.id, is_member(on))
    )
    last = row.from_on - timedelta(days=1) if row else None
    return session.scalar(
        sa.select(Unit)
        .join(Membership, Membership.unit_id == Unit.id)
        .where(Membership.person_id == person.id, Membership.to_on == last)
    )


def coming(session: Session, unit: Unit, on: date) -> list[tuple[Membership, Person]]:
    """Return who is to come to a branch after a day, the next first."""
    rows = (
        sa.select(Membership, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.unit_id == unit.id, Membership.from_on > on)
        .order_by(Membership.from_on, Membership.id)
    )
    return [(row, person) for row, person in session.execute(rows)]


def forget_pending(session: Session, person: Person, on: date) -> Membership | None:
    """Let a move that waits for a later day give way: membership and posts go on as before it.
    Returns the membership that now won't begin. Does not commit.
    """
    row = pending(session, person, on)
    if row is None:
        return None
    last = row.from_on - timedelta(days=1)
    before = session.scalar(
        sa.select(Membership).where(Membership.person_id == person.id, Membership.to_on == last)
    )
    session.delete(row)
    session.flush()
    if before is not None:
        before.to_on = None
        session.flush()
        tenure.reopen_all(session, person, last)
    return row


def take_back(session: Session, person: Person, why: str, who: Actor, at: Moment) -> Unit:
    """Take back the newest move of a member with a reason, one that waits or one on which nothing
    rests; returns the branch to which it had led. Does not commit. Raises Forbidden, InvalidInput,
    RuleViolation.
    """
    audit_log.alone(session, who.zone_id)
    rows = sa.select(Membership).where(Membership.person_id == person.id)
    last = session.scalar(rows.order_by(Membership.from_on.desc()).limit(1))
    unit = session.get(Unit, last.unit_id) if last else None
    audit_log.require(session, who, "people", unit)
    not_own(person, who)
    why, on = tenure.reason(why), last.from_on
    _nothing_rests(session, person, last, at)
    waited = forget_pending(session, person, on - timedelta(days=1))
    what = {"branch": [unit.name, ""], "from_on": [on.isoformat(), ""], "why": ["", why]}
    audit_log.note(
        session, who, at, "people", "undo_transfer", unit, person.name, person.id, **what
    )
    accounts.follow(session, [person.id], who, at, reopen=waited is not None)
    departures.settle_people(session, [person.id], who, at)
    return unit


def _nothing_rests(session: Session, person: Person, row: Membership, at: Moment) -> None:
    """Make sure that nothing was done by a membership, and that there is one to go back to.

    Raises RuleViolation.
    """
    before = sa.select(Membership.unit_id).where(
        Membership.person_id == person.id, Membership.to_on == row.from_on - timedelta(days=1)
    )
    old = session.scalar(before)
    gone = old is not None and session.get(Unit, old).ended_on is not None
    if person.left_on or gone or (old is None and row.from_on <= at.today) or _acted(session, row):
        sentence = N_("转入以后已经据此办过事，或原支部已经不在，不能收回，请另行办理转接。")
        tenure.refuse("rests_on_it", UNDONE, sentence)


def _acted(session: Session, row: Membership) -> bool:
    """True where a branch has recorded a member on a sheet, or he serves there."""
    seen = (
        sa.select(Attendance.person_id)
        .join(Activity, Activity.id == Attendance.activity_id)
        .where(Attendance.person_id == row.person_id, Activity.unit_id == row.unit_id)
        .where(sa.func.coalesce(Activity.held_on, Activity.day) >= row.from_on)
    )
    serves = sa.select(Post.id).where(
        Post.person_id == row.person_id, Post.unit_id == row.unit_id, Post.from_on >= row.from_on
    )
    return any(session.scalar(one.limit(1)) is not None for one in (seen, serves))


def set_flags(session: Session, person: Person, flags: set[str], who: Actor, at: Moment) -> None:
    """Change a member's circumstances; only what differs is written down. Does not commit. Raises
    Forbidden.
    """
    branch = present(session, person, who, at)
    changed = {
        name: [_yes(getattr(person, name)), _yes(name in flags)]
        for name in FLAGS
        if getattr(person, name) != (name in flags)
    }
    if not changed:
        return
    for name in FLAGS:
        setattr(person, name, name in flags)
    audit_log.note(session, who, at, "people", "flags", branch, person.name, person.id, **changed)
    session.flush()


@dataclass(frozen=True)
class Known:
    """What a member is known by."""

    name: str
    number: str | None
    joined_on: date | None


def correct(
    session: Session, person: Person, known: Known, why: str, who: Actor, at: Moment
) -> None:
    """Put right what a member is known by, with a reason; he stays the same person, and what was
    issued stays as it was. Does not commit. Raises Forbidden, InvalidInput.
    """
    branch = present(session, person, who, at)
    found = Known(
        typed.field("name", typed.person_name, known.name),
        typed.line(known.number or "") or None,
        known.joined_on,
    )
    _joined_in_time(found.joined_on, at)
    _number_is_free(session, person, found.number)
    changed = {
        field: [_said(getattr(person, field)), _said(getattr(found, field))]
        for field in ("name", "number", "joined_on")
        if getattr(person, field) != getattr(found, field)
    }
    if not changed:
        raise InvalidInput({"name": N_("没有改动。")})
    changed["why"] = ["", tenure.reason(why)]
    before = person.name
    person.name, person.number, person.joined_on = found.name, found.number, found.joined_on
    audit_log.note(session, who, at, "people", "correct", branch, before, person.id, **changed)
    session.flush()


def _said(value: str | date | None) -> str:
    return value.isoformat() if isinstance(value, date) else value or ""


def _joined_in_time(joined_on: date | None, at: Moment) -> None:
    if joined_on and not FIRST <= joined_on <= at.today:
        raise InvalidInput(
            {"joined_on": N_("“入党日期”早于建党，或者还没有到，请核对后写成 2010-07-01 这样。")}
        )


def _number_is_free(session: Session, person: Person, number: str | None) -> None:
    """Make sure that a 编号 is nobody else's. Raises InvalidInput."""
    if number is None:
        return
    if len(number) > 40:
        raise InvalidInput({"number": N_("“编号”最多 40 个字。")})
    other = session.scalar(
        sa.select(Person).where(
            Person.zone_id == person.zone_id, Person.number == number, Person.id != person.id
        )
    )
    if other is not None:
        said = say("编号 %(number)s 已是%(name)s的，请核对。", number=number, name=other.name)
        raise InvalidInput({"number": said})


def _yes(value: bool) -> str:
    return N_("是") if value else N_("否")


def present(session: Session, person: Person, who: Actor, at: Moment) -> Unit:
    """Return the member's branch, having asked whether the actor keeps it.

    Raises Forbidden, InvalidInput.
    """
    audit_log.alone(session, who.zone_id)
    branch = branch_of(session, person, at.today)
    audit_log.require(session, who, "people", branch)
    if branch is None or person.left_on:
        raise InvalidInput({"person": say("%(name)s现在不属于任何支部。", name=person.name)})
    not_own(person, who)
    return branch


def not_own(person: Person, who: Actor) -> None:
    """Make sure that nobody writes down what is his own. Raises Forbidden."""
    if person.id == who.id:
        sentence = N_("自己的情况由他人登记。")
        raise Forbidden(sentence, rule="not_own", house_rule=N_("任何人不登记自己的情况。"))


def _branch(unit: Unit, field: str) -> None:
    if unit.kind != "branch" or unit.ended_on:
        raise InvalidInput({field: N_("请选一个现有的党支部。")})


def leave(session: Session, person: Person, on: date, who: Actor, at: Moment) -> None:
    """End the membership the day before; posts in the branch end with it. Does not commit.

    Raises RuleViolation.
    """
    row = session.scalar(
        sa.select(Membership).where(Membership.person_id == person.id, Membership.to_on.is_(None))
    )
    if row is None or on <= row.from_on:
        raise RuleViolation(
            "日期要晚于编入现支部的日期。",
            rule="order",
            field="on",
            house_rule=N_("组织关系前后相接。"),
        )
    row.to_on = on - timedelta(days=1)
    posts = tenure.held(session, person.id, on)
    here = [post for post in posts if row.unit_id in (post.unit_id, post.unit.parent_id)]
    tenure.end_all(session, here, row.to_on, who, at)  # of the branch, or of one of its groups
    session.flush()


def _enter(session: Session, person: Person, unit: Unit, on: date) -> None:
    last = (
        session.scalar(sa.select(sa.func.max(Membership.sort)).where(Membership.unit_id == unit.id))
        or 0
    )
    session.add(
        Membership(
            zone_id=unit.zone_id, person_id=person.id, unit_id=unit.id, sort=last + 1, from_on=on
        )
    )
