"""Units that merge, split or move: their members, posts, plans and open cases go with them, on the
day from which it holds and not before.

Nothing is deleted; what a unit was stays readable in its changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base import typed
from oversight.base.clock import Moment
from oversight.base.refusals import Forbidden, InvalidInput, RuleViolation
from oversight.base.rows import ids_of
from oversight.base.sentences import N_, say
from oversight.engine import boxes, transitions
from oversight.engine.authority import refuse_unconfirmed
from oversight.law.clauses import house_rule
from oversight.law.roles import BRANCH, SUPERIOR
from oversight.models import (
    Activity,
    Case,
    Membership,
    Post,
    Reorganization,
    Unit,
    UnitChange,
    WorkItem,
)
from oversight.organization.actor import Actor
from oversight.organization.members import members
from oversight.organization.standing import in_office
from oversight.organization.units import successor_of, superiors

from . import accounts, audit_log, sheets, tenure, told
from .units import BELOW

FURTHEST = timedelta(days=366)
LEADERS = (*BRANCH.ranks[0], *SUPERIOR.ranks[0])
UNDONE = house_rule(
    "并入、分设、划转登记错了的，说明原因可以收回；已据此办过事的，不能收回，只能另行办理。"
)
ONE_AT_A_TIME = house_rule("一个单位同时只办理一项并入、分设或划转；待生效的，可以改期或收回。")


@dataclass(frozen=True)
class Way:
    """How a kind of change is judged, put into force and taken back, where it is told elsewhere."""

    entitled: Callable[[Session, Unit, Actor], None]
    fits: Callable[[Session, Reorganization], None]
    carry_out: Callable[[Session, Reorganization, dict, Actor, Moment], None]
    take_back: Callable[[Session, Reorganization, Actor, Moment], None]
    acted: Callable[[Session, Reorganization], bool]


WAYS: dict[str, Way] = {}


# Asking ------------------------------------------------------------------------------------------


def move(
    session: Session, unit: Unit, parent: Unit, on: date, who: Actor, at: Moment
) -> Reorganization:
    """Put a unit with all that is below it under another from a day on; open cases go to the new
    superior's desks on that day.

    Does not commit. Raises RuleViolation, Forbidden, InvalidInput.
    """
    return _take(session, _wanted(unit, "move", on, who, at, into=parent), who, at)


def merge(
    session: Session, units: list[Unit], into: Unit, on: date, who: Actor, at: Moment
) -> list[Reorganization]:
    """End branches on a day and hand members and heritable cases to their successor; cases that do
    not pass on are terminated.

    Does not commit. Raises RuleViolation, Forbidden, InvalidInput.
    """
    return [
        _take(session, _wanted(unit, "merge", on, who, at, into=into), who, at) for unit in units
    ]


def split(
    session: Session, unit: Unit, name: str, people: list[str], on: date, who: Actor, at: Moment
) -> Reorganization:
    """Found a new branch beside one on a day, of the same category, with some of its members and
    their own open cases; it is the `into` of what is returned once it is there.

    Does not commit. Raises Forbidden, InvalidInput, RuleViolation.
    """
    return _take(session, _wanted(unit, "split", on, who, at, name=name, people=people), who, at)


def _wanted(unit: Unit, kind: str, on: date, who: Actor, at: Moment, **more) -> Reorganization:
    into = more.pop("into", None)
    return Reorganization(
        zone_id=unit.zone_id,
        unit_id=unit.id,
        kind=kind,
        into_id=into.id if into else None,
        day=on,
        by_id=who.id,
        at=at.now,
        **{"people": [], "done": {}, **more},
    )


def _take(session: Session, row: Reorganization, who: Actor, at: Moment) -> Reorganization:
    """Carry out what holds today already; keep what is for a later day."""
    unit = session.get(Unit, row.unit_id)
    entitled(session, unit, who)
    of_our_time(row.day, at)
    _alone(session, unit)
    if row.kind == "split":
        row.name = typed.field("name", typed.organization_name, row.name)
    fits(session, row)
    session.add(row)
    session.flush()
    if row.day > at.today:
        record(session, row, "plan", who, at)
        tell(session, row, N_("%(unit)s%(what)s已登记，%(day)s起生效。"), at)
    else:
        carry_out(session, row, who, at)
    return row


def _alone(session: Session, unit: Unit) -> None:
    waiting = sa.select(Reorganization.id).where(
        Reorganization.unit_id == unit.id,
        Reorganization.kind.in_(("merge", "split", "move")),
        Reorganization.done_at.is_(None),
        Reorganization.ended_at.is_(None),
    )
    if session.scalar(waiting.limit(1)) is not None:
        raise RuleViolation(
            say("%(unit)s还有一项待生效的变动，请先改期或收回。", unit=unit.name),
            rule="one_at_a_time",
            house_rule=ONE_AT_A_TIME.text,
        )


def entitled_to(session: Session, row: Reorganization, who: Actor) -> None:
    """Make sure that the actor answers for a change. Raises Forbidden."""
    unit = session.get(Unit, row.unit_id)
    (WAYS[row.kind].entitled if row.kind in WAYS else entitled)(session, unit, who)


def of_our_time(on: date, at: Moment) -> None:
    """Make sure that a change is of this year or the next. Raises InvalidInput."""
    if not at.today - FURTHEST <= on <= at.today + FURTHEST:
        raise InvalidInput({"on": N_("日期最早写一年以前，最远写一年以后，请核对年份。")})


def answered_from_above(session: Session, unit: Unit, who: Actor) -> None:
    """Make sure that the actor answers for a unit from above. Raises Forbidden."""
    above = set(ids_of(superiors(session, unit)))
    if not any(post.unit_id in above and post.office in SUPERIOR.ranks[0] for post in who.posts):
        raise Forbidden(
            say("%(unit)s的设置由上级党组织办理，不由您办理。", unit=unit.name), rule="authority"
        )


def entitled(session: Session, unit: Unit, who: Actor) -> None:
    """Make sure that the actor answers for a unit above this one, and is the only one at it.

    Raises Forbidden.
    """
    audit_log.alone(session, unit.zone_id)
    session.execute(sa.select(Unit.id).where(Unit.id == unit.id).with_for_update())  # see open_case
    answered_from_above(session, unit, who)
    refuse_unconfirmed(who)


# What can be ------------------------------------------------------------------------------------


def fits(session: Session, row: Reorganization) -> None:
    """Make sure that a change can be made as units and members are. Raises RuleViolation,
    InvalidInput.
    """
    if row.kind in WAYS:
        WAYS[row.kind].fits(session, row)
        return
    unit, into = session.get(Unit, row.unit_id), _into(session, row)
    if unit.ended_on is not None:
        raise RuleViolation(say("%(unit)s已经撤销。", unit=unit.name), rule="unit_ended")
    if row.kind == "split":
        going_from(session, row)
    elif row.kind == "move":
        if into.within(unit.path) or into.ended_on or unit.kind not in BELOW.get(into.kind, ()):
            raise RuleViolation(
                say("%(unit)s不能划到%(parent)s之下。", unit=unit.name, parent=into.name)
            )
    else:
        _can_merge(session, unit, into, row.day)


def _into(session: Session, row: Reorganization) -> Unit | None:
    """Return where it goes; what was merged since it was asked for is followed."""
    into = session.get(Unit, row.into_id) if row.into_id else None
    gone = into is not None and into.ended_on is not None and inspect(row).persistent
    return successor_of(session, into) if gone else into


def _can_merge(session: Session, unit: Unit, into: Unit, on: date) -> None:
    """A branch that has recorded a party day was there that day. Raises RuleViolation, InvalidInput."""
    if unit.id == into.id or unit.kind != into.kind or into.ended_on:
        raise RuleViolation(say("%(unit)s不能并入%(into)s。", unit=unit.name, into=into.name))
    last = session.scalar(
        sa.select(sa.func.max(Activity.held_on)).where(
            Activity.unit_id == unit.id, Activity.confirmed_at.is_not(None)
        )
    )
    if last is not None and last >= on:
        said = N_("%(unit)s已登记 %(day)s 的党日，并入的日期要晚于这一天。")
        raise InvalidInput({"on": say(said, unit=unit.name, day=last.isoformat())})


def going_from(session: Session, row: Reorganization) -> list[str]:
    """Return who goes to the branch split off: those chosen who belong to the old one on the day.

    Raises InvalidInput.
    """
    there = set(ids_of(members(session, row.unit_id, row.day)))
    going = [one for one in row.people if one in there]
    strangers = len(going) < len(row.people) and not inspect(row).persistent
    if not going or strangers or set(going) == there:
        raise InvalidInput({"people": N_("请勾选到新支部的党员，至少一人，原支部也要留人。")})
    return going


# Doing ------------------------------------------------------------------------------------------


def carry_out(session: Session, row: Reorganization, who: Actor, at: Moment) -> None:
    """Put a change into force. Does not commit. Raises InvalidTransition."""
    unit = session.get(Unit, row.unit_id)
    done: dict = {}
    into = _into(session, row)
    row.into_id = into.id if into else None
    ways = {"move": _move, "merge": _merge, "split": _split}
    do = WAYS[row.kind].carry_out if row.kind in WAYS else ways[row.kind]
    do(session, row, done, who, at)
    row.done, row.done_at = done, at.now
    if row.kind in ways:
        record(session, row, row.kind, who, at)
    session.flush()
    tell(session, row, N_("%(unit)s自%(day)s起%(what)s。"), at)
    if row.kind == "move":
        reassign_below(session, unit, at)


def reassign_below(session: Session, unit: Unit, at: Moment) -> None:
    """Lay what is open in a unit and below on the desks of who answers for it now. Does not commit."""
    for case_id in _open_cases(session, unit.path):
        transitions.reassign_case(session, case_id, at)


def _move(session: Session, row: Reorganization, done: dict, who: Actor, at: Moment) -> None:
    unit, parent = session.get(Unit, row.unit_id), session.get(Unit, row.into_id)
    done["parent"] = unit.parent_id
    note(session, unit, "moved", row.day, {"parent_id": [unit.parent_id, parent.id]}, who, at)
    put_under(session, unit, parent)


def put_under(session: Session, unit: Unit, parent: Unit) -> None:
    """Write a unit with all that is below it under another. Does not commit."""
    old, new = unit.path, f"{parent.path}{unit.id}/"
    within = sa.select(Unit).where(
        Unit.zone_id == unit.zone_id, Unit.path.startswith(old, autoescape=True)
    )
    for below in session.scalars(within):
        below.path = new + below.path[len(old) :]
    unit.parent_id = parent.id
    session.flush()


def _merge(session: Session, row: Reorganization, done: dict, who: Actor, at: Moment) -> None:
    unit, into = session.get(Unit, row.unit_id), session.get(Unit, row.into_id)
    done["cases"] = _hand_over_cases(session, unit, into, who, at)
    done["memberships"] = _hand_over_members(session, unit, into, row.day)
    done["posts"] = _end_posts(session, unit, row.day, who, at)
    done["groups"] = _end_groups(session, unit, row.day, done["posts"], who, at)
    note(session, unit, "merged", row.day, {"successor_id": [None, into.id]}, who, at)
    unit.ended_on, unit.successor_id = row.day, into.id
    _let_acting_follow(session, done["memberships"], who, at)


def _split(session: Session, row: Reorganization, done: dict, who: Actor, at: Moment) -> None:
    unit, people = session.get(Unit, row.unit_id), going_from(session, row)
    new = _founded(session, unit, row.name, row.day)
    row.into_id = new.id
    found = sheets.affected(session, unit.id, people, row.day)
    done["cases"] = _hand_over_own(session, unit, new, people, who, at)
    done["memberships"] = _hand_over_members(session, unit, new, row.day, people)
    done["posts"] = _end_posts(session, unit, row.day, who, at, people)
    note(session, new, "founded", row.day, {"split_from": [None, unit.id]}, who, at)
    note(session, unit, "split", row.day, {"split_off": [None, new.id]}, who, at)
    sheets.put_right(session, found, who, at)
    _let_acting_follow(session, done["memberships"], who, at)


def _founded(session: Session, beside: Unit, name: str, on: date) -> Unit:
    new = Unit(
        zone_id=beside.zone_id,
        parent_id=beside.parent_id,
        path="",
        kind=beside.kind,
        category=beside.category,
        name=name,
        sort=beside.sort + 1,
        accountable_from=on,
    )
    session.add(new)
    session.flush()
    new.path = beside.path.removesuffix(f"{beside.id}/") + f"{new.id}/"
    session.flush()
    return new


def note(
    session: Session, unit: Unit, kind: str, on: date, what: dict, who: Actor, at: Moment
) -> None:
    """Write down what happened to a unit. Does not commit."""
    session.add(
        UnitChange(
            zone_id=unit.zone_id,
            unit_id=unit.id,
            kind=kind,
            day=on,
            what=what,
            by_id=who.id,
            at=at.now,
        )
    )


WHAT = {"merge": N_("并入"), "split": N_("分设"), "move": N_("划转到"), "found": N_("下设")}


def target(session: Session, row: Reorganization) -> str:
    """Return the name of where a change leads."""
    return row.name or session.get(Unit, row.into_id).name


def record(session: Session, row: Reorganization, act: str, who: Actor, at: Moment, **more) -> None:
    """Write a step of a change into the record of administration. Does not commit."""
    unit = session.get(Unit, row.unit_id)
    what: dict[str, list] = {"into": ["", target(session, row)]}
    if row.kind == "split":
        what = {"new_branch": ["", row.name], "people": ["", str(len(row.people))]}
    elif row.kind == "found":
        what = {"name": ["", row.name]}
    what["from_on"] = ["", row.day.isoformat()]
    audit_log.note(session, who, at, "units", act, unit, unit.name, unit.id, **(what | more))


def tell(session: Session, row: Reorganization, text: str, at: Moment, **more) -> None:
    """Tell the leaders of the unit and of where it goes. Does not commit."""
    unit = session.get(Unit, row.unit_id)
    what = say("%(act)s%(into)s", act=WHAT[row.kind], into=target(session, row))
    said = say(text, unit=unit.name, what=what, day=told.day(row.day), **more)
    leading = sa.select(Post.person_id).where(
        Post.unit_id.in_([unit.id, unit.parent_id, row.into_id]),
        Post.office.in_(LEADERS),
        in_office(at.today),
    )
    for person_id in sorted({*session.scalars(leading), row.by_id}):
        told.person(session, unit.zone_id, person_id, f"reorganize:{row.id}", said, at)


def _open_cases(session: Session, path: str) -> list[str]:
    """Return what is open in a unit and below, and what these have answered in for themselves."""
    below = boxes.below([path])
    joined = sa.select(WorkItem.case_id).where(WorkItem.slot_id.in_(below))
    theirs = sa.or_(Case.unit_id.in_(below), Case.id.in_(joined))
    return list(session.scalars(sa.select(Case.id).where(Case.closed_at.is_(None), theirs)))


def _hand_over_cases(session: Session, unit: Unit, into: Unit, who: Actor, at: Moment) -> list[str]:
    """Pass on what the successor inherits, and end the rest; returns the ids of the former."""
    passed = []
    for case in session.scalars(
        sa.select(Case).where(Case.unit_id == unit.id, Case.closed_at.is_(None))
    ).all():
        if workflows.of(case).inherits:
            transitions.reassign_unit(session, case.id, into, who, at)
            passed.append(case.id)
        else:
            why = f"{unit.name}并入{into.name}"
            transitions.force_close(session, case.id, why, who, at)
    return passed


def _hand_over_own(
    session: Session, unit: Unit, new: Unit, people: list[str], who: Actor, at: Moment
) -> list[str]:
    """Let what concerns the members who go, such as an unfinished make-up, go with them (承继)."""
    passed = []
    for case in session.scalars(
        sa.select(Case).where(
            Case.unit_id == unit.id, Case.closed_at.is_(None), Case.data_subject_id.in_(people)
        )
    ).all():
        if workflows.of(case).inherits:
            transitions.reassign_unit(session, case.id, new, who, at)
            passed.append(case.id)
    return passed


def _hand_over_members(
    session: Session, unit: Unit, into: Unit, on: date, people: list[str] | None = None
) -> list[list]:
    """Let memberships go on in another branch from a day on; returns of each [the row that ended,
    its last day before, the row that follows]; who had come later is only written over.
    """
    lasting = sa.or_(Membership.to_on.is_(None), Membership.to_on >= on)
    rows = sa.select(Membership).where(Membership.unit_id == unit.id, lasting)
    if people is not None:
        rows = rows.where(Membership.person_id.in_(people))
    return [_go_on(session, row, into, on) for row in session.scalars(rows).all()]


def _go_on(session: Session, row: Membership, into: Unit, on: date) -> list:
    before = row.to_on and row.to_on.isoformat()
    if row.from_on >= on:
        row.unit_id, row.group_id = into.id, None
        session.flush()
        return [row.id, before, row.id]
    follows = Membership(
        zone_id=row.zone_id,
        person_id=row.person_id,
        unit_id=into.id,
        sort=row.sort,
        from_on=on,
        to_on=row.to_on,
    )
    row.to_on = on - timedelta(days=1)
    session.flush()
    session.add(follows)
    session.flush()
    return [row.id, before, follows.id]


def _let_acting_follow(session: Session, passed: list[list], who: Actor, at: Moment) -> None:
    ids = [follows for _row, _before, follows in passed]
    people = session.scalars(sa.select(Membership.person_id).where(Membership.id.in_(ids))).all()
    accounts.follow(session, people, who, at)


def _end_groups(
    session: Session, unit: Unit, on: date, posts: list[list], who: Actor, at: Moment
) -> list[str]:
    """End the 党小组 of a branch that ends, with the posts in them; its successor divides its members
    anew.
    """
    groups = session.scalars(
        sa.select(Unit).where(Unit.parent_id == unit.id, Unit.ended_on.is_(None))
    ).all()
    for group in groups:
        posts += _end_posts(session, group, on, who, at)
        note(session, group, "ended", on, {"parent_id": [unit.id, None]}, who, at)
        group.ended_on = on
    return ids_of(groups)


def _end_posts(
    session: Session, unit: Unit, on: date, who: Actor, at: Moment, people: list[str] | None = None
) -> list[list]:
    """End the posts in a unit that ends, those with a term too, or those of members who go, also in
    its groups; returns of each [id, last day before, last day].
    """
    lasting = sa.or_(Post.to_on.is_(None), Post.to_on >= on)
    found = sa.select(Post).join(Unit, Unit.id == Post.unit_id).where(Post.unit_id == unit.id)
    if people is not None:
        here = sa.or_(Unit.id == unit.id, Unit.parent_id == unit.id)
        found = sa.select(Post).join(Unit, Unit.id == Post.unit_id).where(here)
        found = found.where(Post.person_id.in_(people))
    posts = session.scalars(found.where(lasting)).all()
    before = {post.id: post.to_on for post in posts}
    tenure.end_all(session, posts, on - timedelta(days=1), who, at)
    return [
        [post.id, day_of(before[post.id]), day_of(post.to_on)]
        for post in posts
        if not inspect(post).deleted and not inspect(post).was_deleted
    ]


def day_of(day: date | None) -> str | None:
    """Write a day as what was done keeps it."""
    return day.isoformat() if day else None
