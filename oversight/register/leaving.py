"""A person leaves for good here, and nowhere else: membership, posts and account end with him.

Nobody writes himself or an administrator down as gone. A mistake is taken back with a reason.
"""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.refusals import Forbidden, InvalidInput
from oversight.base.sentences import N_, say
from oversight.law.clauses import house_rule
from oversight.law.roles import ADMINISTRATORS
from oversight.models import Membership, Person, Post, Unit, images
from oversight.organization.actor import Actor

from . import accounts, audit_log, departures, members, sheets, tenure, told

LEFT = {"died": N_("去世"), "left": N_("出党"), "moved": N_("转出到区外")}
LONG_AGO = timedelta(days=10 * 366)  # no mistake of the year is that far back
UNDONE = house_rule(
    "去世、出党、转出登记错了的，说明原因可以收回；已终止的事项不恢复，需要的另行提出。"
)


def gone(
    session: Session, person: Person, why: str, on: date, who: Actor, at: Moment, sure: bool = False
) -> None:
    """Write down that a member died, left the Party or moved out of the zone, from a day on. Does not
    commit.

    `sure`: has seen which recorded sheets an earlier day puts right. Raises Forbidden,
    RuleViolation, InvalidInput.
    """
    branch = members.present(session, person, who, at)
    posts = tenure.held(session, person.id, on)
    _no_administrator(session, person, at.today)
    _read(why, on, at)
    wrong = sheets.affected(session, branch.id, [person.id], on)
    sheets.confirm(wrong, sure)
    members.forget_pending(session, person, at.today)
    members.leave(session, person, on, who, at)
    person.left_on, person.left_why = on, why
    tenure.end_all(session, [post for post in posts if _lasts(post, on)], _before(on), who, at)
    what = {"fate": ["", LEFT[why]], "on": ["", on.isoformat()]}
    audit_log.note(session, who, at, "people", "left", branch, person.name, person.id, **what)
    _tell(session, person)
    accounts.follow(session, [person.id], who, at)
    text = say("%(name)s已登记为%(fate)s。", name=person.name, fate=LEFT[why])
    told.others(session, person.zone_id, f"left:{person.id}", text, who.id, at)
    sheets.put_right(session, wrong, who, at)
    departures.settle_people(session, [person.id], who, at)


def _tell(session: Session, person: Person) -> None:
    """Let the record of the act tell how it left the person."""
    session.flush()
    images.put(session, person.zone_id, Person, [person.id], **images.of(Person, person))


def _before(on: date) -> date:
    return on - timedelta(days=1)


def _lasts(post: Post, on: date) -> bool:
    return post.to_on is None or post.to_on >= on


def _no_administrator(session: Session, person: Person, on: date) -> None:
    """Make sure that no administrator is written down as gone while he is one. Raises Forbidden."""
    if any(post.office in ADMINISTRATORS for post in tenure.held(session, person.id, on)):
        raise Forbidden(
            "他是管理员，请先由安全管理员免去他的管理员职务，再登记离开。",
            rule="apart",
            house_rule=tenure.APART.text,
        )


def _read(why: str, on: date, at: Moment) -> None:
    if why not in LEFT:
        raise InvalidInput({"why": N_("“原因”请从给出的选项中选择。")})
    if on > at.today:
        raise InvalidInput({"on": N_("日期还没有到，请在当天或以后登记。")})
    if on < at.today - LONG_AGO:
        raise InvalidInput({"on": N_("日期太早了，请核对年份。")})


# Taking back --------------------------------------------------------------------------------------


def recent(session: Session, unit: Unit, on: date) -> list[Person]:
    """Return who left a branch for good within a year."""
    return list(
        session.scalars(
            sa.select(Person)
            .join(Membership, Membership.person_id == Person.id)
            .where(Membership.unit_id == unit.id, Person.left_on > on - timedelta(days=366))
            .order_by(Person.left_on.desc(), Person.id)
        ).unique()
    )


def take_back(session: Session, person: Person, why: str, who: Actor, at: Moment) -> Unit:
    """Undo that a member was written down as gone; returns his branch, where he is again.

    His posts come back where nobody has followed in them. Does not commit. Raises Forbidden,
    RuleViolation, InvalidInput.
    """
    audit_log.alone(session, who.zone_id)
    last = session.scalar(
        sa.select(Membership)
        .where(Membership.person_id == person.id)
        .order_by(Membership.from_on.desc())
        .limit(1)
    )
    branch = session.get(Unit, last.unit_id) if last else None
    audit_log.require(session, who, "people", branch)
    members.not_own(person, who)
    if person.left_on is None:
        raise InvalidInput({"person": say("%(name)s没有登记离开。", name=person.name)})
    if branch.ended_on is not None:
        sentence = N_("原支部已经不在，登记不能收回，请办理转入。")
        tenure.refuse("rests_on_it", UNDONE, sentence)
    why, ended = tenure.reason(why), _before(person.left_on)
    fate = LEFT[person.left_why]
    person.left_on, person.left_why, last.to_on = None, None, None
    _tell(session, person)
    tenure.reopen_all(session, person, ended)
    what = {"fate": [fate, ""], "why": ["", why]}
    audit_log.note(session, who, at, "people", "undo_left", branch, person.name, person.id, **what)
    accounts.follow(session, [person.id], who, at, reopen=True)
    text = say("%(name)s的离开登记已收回。", name=person.name)
    told.others(session, person.zone_id, f"undo_left:{person.id}", text, who.id, at)
    return branch
