"""Posts begin and end here, and nowhere else, whoever asks: page, roster, reorganization, workflow.

Inside: nobody appoints himself, the three administrators stay apart, the account of who holds
nothing any more is closed, and he and the administrators are told.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NoReturn

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import typed
from oversight.base.clock import Moment
from oversight.base.db import id_of
from oversight.base.refusals import Forbidden, InvalidInput, RuleViolation
from oversight.base.sentences import N_, say
from oversight.engine import authority, transitions
from oversight.law.clauses import house_rule
from oversight.law.roles import ADMINISTRATORS, OFFICES, SUPERIOR, single, there_is
from oversight.models import (
    Activity,
    AdminChange,
    Case,
    JournalRow,
    LifeMeeting,
    Person,
    Post,
    Substitution,
    Unit,
)
from oversight.organization.actor import Actor
from oversight.organization.members import branch_of
from oversight.organization.units import superiors, zone_unit
from oversight.rules import power
from oversight.rules.context import TransitionContext

from . import accounts, audit_log, handover, told

NOT_OWN = house_rule("任何人不能给自己任职、免职或指定代理权限。")
APART = house_rule("三员分立：系统、安全、审计管理员互不兼任，也不兼任办理业务的职务。")
LONGER = house_rule("结束任职只能提前，不能借此延长任期；延长就是任职，按任职办理。")
ONE = house_rule(
    "一个党组织的书记、组织委员、宣传委员、纪检委员，支部的副书记，党小组的组长，同一时间各只有一人。"
)
UNDONE = house_rule("任免登记错了的，说明原因可以收回；已据此办过事的，不能收回，只能另行登记。")
# Posts here decide on others: one administrator asks for them, another releases them.
RELEASED = ("zone", "town", "department")
AHEAD_OF_UTC = timedelta(hours=14)  # no place on earth is further
UNDONE_WITHIN = timedelta(days=31)
FURTHEST = timedelta(days=366)  # how far ahead, or back, a post is entered


def refuse(rule: str, source, sentence: str, **more) -> NoReturn:
    """Say no by a house rule. Raises RuleViolation."""
    raise RuleViolation(sentence, rule=rule, house_rule=source.text, **more)


@dataclass(frozen=True)
class Seat:
    """A post that somebody is to hold."""

    unit: Unit
    person: Person
    office: str
    from_on: date
    to_on: date | None = None

    @property
    def title(self) -> str:
        return f"{self.unit.name}{OFFICES[self.office]}"


# Beginning ----------------------------------------------------------------------------------------


def appoint(session: Session, seat: Seat, who: Actor, at: Moment) -> Post | Case:
    """Give a person a post, or open the case in which others must agree first; returns which.

    Does not commit. Raises Forbidden, RuleViolation, InvalidInput.
    """
    audit_log.require(session, who, "posts", seat.unit)
    _read(seat, at)
    if seat.office in ADMINISTRATORS and not who.holds("secadmin"):
        _keeper()
    audit_log.alone(session, seat.unit.zone_id)
    _fit(session, seat, who.id)
    if seat.unit.kind in RELEASED:
        return _ask(session, "appointment", power.APPOINTER.name, seat, who, at)
    side = _side(session, seat, who, at.today)
    if side is not None:
        return _ask(session, "secondment", power.ASKER.name, seat, who, at, side=side.id)
    return begin(session, seat, who, at)


def begin(
    session: Session, seat: Seat, who: Actor | None, at: Moment, one_of_many: bool = False
) -> Post:
    """Write down a post that all who must have agreed to. Does not commit.

    `one_of_many`: the caller tells the administrators of all together. Raises RuleViolation,
    InvalidInput.
    """
    audit_log.alone(session, seat.unit.zone_id)
    _fit(session, seat, id_of(who))
    post = Post(
        zone_id=seat.unit.zone_id,
        person_id=seat.person.id,
        unit_id=seat.unit.id,
        office=seat.office,
        from_on=seat.from_on,
        to_on=seat.to_on,
    )
    session.add(post)
    session.flush()
    accounts.prepare(session, seat.person, at)
    days = {"from_on": ["", seat.from_on.isoformat()]}
    days["to_on"] = ["", seat.to_on.isoformat() if seat.to_on else ""]
    days["appointed"] = ["", seat.person.name]
    _note(session, seat, "appoint", who, at, one_of_many, **days)
    accounts.follow(session, [seat.person.id], who, at)
    return post


def found(session: Session, zone_id: str, rows: list[dict]) -> None:
    """Write the posts with which a zone is founded. Does not commit. Raises RuleViolation."""
    if session.scalar(sa.select(Post.id).where(Post.unit_id == zone_unit(session, zone_id).id)):
        raise RuleViolation("这个区已有人任职，不能再成批写入职务。")
    session.execute(sa.insert(Post), rows)


def _ask(
    session: Session, workflow: str, role: str, seat: Seat, who: Actor, at: Moment, **more
) -> Case:
    """Open the case in which others agree to a post."""
    facts = {
        "member": seat.person.id,
        "office": seat.office,
        "from_on": seat.from_on.isoformat(),
        "to_on": seat.to_on.isoformat() if seat.to_on else None,
        **more,
    }
    post = _entitling(seat.unit, who)
    basis = authority.AuthorityBasis(post.unit_id, role, post.office)
    case = transitions.open_case(session, workflow, seat.unit.id, facts, who, at, basis=basis)
    transitions.reassign_case(session, case.id, at)  # who has asked does not answer himself
    return case


def _entitling(unit: Unit, who: Actor) -> Post:
    """Return the post by which the actor appoints in a unit."""
    above = [post for post in who.posts if unit.within(post.unit.path)]
    keeping = [post for post in above if post.office in ("secadmin", *SUPERIOR.ranks[0])]
    return (keeping or above or who.posts)[0]


def _agreed(attempt: TransitionContext) -> None:
    """Begin the post that a case has asked for."""
    facts, session = attempt.case.facts, attempt.session
    to_on = attempt.fact_day("to_on")
    person = session.get(Person, facts["member"])
    seat = Seat(attempt.unit, person, facts["office"], attempt.fact_day("from_on"), to_on)
    begin(session, seat, attempt.actor, attempt.at)


power.DOES["begin_post"] = _agreed


def _side(session: Session, seat: Seat, who: Actor, on: date) -> Unit | None:
    """Return the unit whose consent is asked: the highest in which the person serves out of the
    actor's reach, or what stands above his branch there; None where there is none.
    """
    if who.holds("secadmin"):
        return None
    paths = [post.unit.path for post in who.posts]
    served = [post.unit for post in held(session, seat.person.id, on)]
    if not served:
        branch = branch_of(session, seat.person, on)
        if branch and not any(branch.within(path) for path in paths):
            return superiors(session, branch)[0]
    outside = [unit for unit in served if not any(unit.within(path) for path in paths)]
    return min(outside, key=lambda unit: (len(unit.path), unit.id), default=None)


# Ending -------------------------------------------------------------------------------------------


def end(session: Session, post: Post, last: date, who: Actor, at: Moment) -> int:
    """End a post with a last day; returns how many open things of the leaver followed the post.

    Where the day is still to come, they follow when it has passed. Does not commit. Raises
    Forbidden, RuleViolation, InvalidInput.
    """
    audit_log.require(session, who, "posts", post.unit)
    if post.office in ADMINISTRATORS and not who.holds("secadmin"):
        _keeper()
    if post.person_id == who.id:
        refuse("not_own", NOT_OWN, N_("不能免去自己的职务，请由他人办理。"))
    _fits(post, last, at)
    end_all(session, [post], last, who, at)
    return handover.release(session, post.person_id, who, at) if last < at.today else 0


def _fits(post: Post, last: date, at: Moment) -> None:
    """Make sure that a post can end with a day. Raises InvalidInput, RuleViolation."""
    if last < post.from_on:
        raise InvalidInput({"last": N_("最后一天不能早于任职的第一天。")})
    if last > at.today + FURTHEST:
        raise InvalidInput({"last": N_("“最后一天”最远写到一年以后。")})
    if post.to_on is None:
        return
    if post.to_on < at.today:
        raise InvalidInput({"last": N_("这个职务已经结束，不能再改。")})
    if last > post.to_on:
        refuse(
            "longer", LONGER, N_("“最后一天”不能晚于原定的任期，延长的请另行任职。"), field="last"
        )


def end_all(
    session: Session,
    posts: Iterable[Post],
    last: date,
    who: Actor | None,
    at: Moment,
    one_of_many: bool = False,
) -> None:
    """End posts that rest on something that ended: a membership, a unit, a life; a term that is
    over sooner stays. Does not commit.
    """
    posts = list(posts)
    for post in posts:
        if post.from_on > max(last, at.today):
            _drop(session, post, who, at, one_of_many)  # it has never been held
            continue
        before = post.to_on
        post.to_on = min(max(last, post.from_on), before or date.max)
        seat = Seat(post.unit, session.get(Person, post.person_id), post.office, post.from_on)
        days = [before.isoformat() if before else "", post.to_on.isoformat()]
        what = {"relieved": [seat.person.name, ""], "to_on": days}
        _note(session, seat, "end_post", who, at, one_of_many, **what)
    session.flush()
    accounts.follow(session, [post.person_id for post in posts], who, at)


def _drop(session: Session, post: Post, who: Actor | None, at: Moment, one_of_many: bool) -> None:
    """Let a post go that was to begin after what it rests on has ended."""
    seat = Seat(post.unit, session.get(Person, post.person_id), post.office, post.from_on)
    session.delete(post)
    what = {"appointed": [seat.person.name, ""], "from_on": [seat.from_on.isoformat(), ""]}
    _note(session, seat, "undo_post", who, at, one_of_many, **what)


def restore(
    session: Session, post_id: str, before: str | None, last: str | None, who: Actor, at: Moment
) -> None:
    """Let a post go on that ended with a change of its unit which is taken back, where nobody has
    followed and nothing else has ended it since. Does not commit.
    """
    post = session.get(Post, post_id)
    if post is None or (post.to_on and post.to_on.isoformat()) != last or _followed(session, post):
        return
    post.to_on = date.fromisoformat(before) if before else None
    seat = Seat(post.unit, session.get(Person, post.person_id), post.office, post.from_on)
    _note(session, seat, "undo_end", who, at, True, appointed=["", seat.person.name])


# Taking back --------------------------------------------------------------------------------------


def undo_begin(session: Session, post: Post, why: str, who: Actor, at: Moment) -> None:
    """Take back that a post was begun, while nobody has acted by it: it is as if it had not been.

    Does not commit. Raises Forbidden, RuleViolation, InvalidInput.
    """
    seat, why = _undoing(session, post, why, who)
    _nothing_done(session, post)
    session.delete(post)
    session.flush()
    what: dict[str, Any] = {"appointed": [seat.person.name, ""], "why": ["", why]}
    _note(session, seat, "undo_post", who, at, **what)
    accounts.follow(session, [seat.person.id], who, at)


def undo_end(session: Session, post: Post, why: str, who: Actor, at: Moment) -> None:
    """Take back that a post was ended, while nobody has followed in it. Does not commit.

    Raises Forbidden, RuleViolation, InvalidInput.
    """
    seat, why = _undoing(session, post, why, who)
    if post.to_on is None:
        raise InvalidInput({"post": N_("这个职务没有结束。")})
    if not undoable(post, at.today):
        refuse("too_late", UNDONE, N_("离任已过一个月，不能收回，请另行任职。"))
    _not_followed(session, post, seat.person)
    apart(
        [one for one in held(session, seat.person.id, at.today) if one.id != post.id],
        seat.person,
        post.office,
    )
    post.to_on = _term(session, post, seat)
    session.flush()
    what: dict[str, Any] = {"appointed": ["", seat.person.name], "why": ["", why]}
    _note(session, seat, "undo_end", who, at, **what)
    accounts.follow(session, [seat.person.id], who, at, reopen=True)


def _term(session: Session, post: Post, seat: Seat) -> date | None:
    """Return the last day that a post had before it was ended, as the record has it; None where it
    was open. Raises RuleViolation where no act has ended it.
    """
    ended = sa.select(AdminChange.what).where(
        AdminChange.about_id == post.unit_id,
        AdminChange.act == "end_post",
        AdminChange.about == seat.title,
    )
    for what in session.scalars(ended.order_by(AdminChange.id.desc())):
        if what["relieved"][0] == seat.person.name and what["to_on"][1] == post.to_on.isoformat():
            return date.fromisoformat(what["to_on"][0]) if what["to_on"][0] else None
    refuse("term_over", UNDONE, N_("这个职务是任期届满，没有登记过离任，不能收回，请另行任职。"))


def undoable(post: Post, on: date) -> bool:
    """True where it may still be taken back that a post was ended: later it is a new appointment,
    which others must agree to.
    """
    return post.to_on is not None and post.to_on >= on - UNDONE_WITHIN


def reopen_all(session: Session, person: Person, ended: date) -> None:
    """Let posts go on that ended on a day with a leaving that is taken back, where nobody followed.

    Does not commit.
    """
    posts = sa.select(Post).where(Post.person_id == person.id, Post.to_on == ended)
    for post in session.scalars(posts).all():
        with suppress(RuleViolation):  # whose term was over that day stays as it is
            if not _followed(session, post):
                post.to_on = _term(
                    session, post, Seat(post.unit, person, post.office, post.from_on)
                )
    session.flush()


def _undoing(session: Session, post: Post, why: str, who: Actor) -> tuple[Seat, str]:
    audit_log.require(session, who, "posts", post.unit)
    if post.office in ADMINISTRATORS and not who.holds("secadmin"):
        _keeper()
    if post.person_id == who.id:
        refuse("not_own", NOT_OWN, N_("自己的职务由他人办理。"))
    audit_log.alone(session, post.zone_id)
    person = session.get(Person, post.person_id)
    return Seat(post.unit, person, post.office, post.from_on, post.to_on), reason(why)


def reason(why: str) -> str:
    """Return a reason as it is kept. Raises InvalidInput."""
    why = why.strip()
    if not typed.says(why) or len(why) > 200:
        raise InvalidInput({"why": N_("请写明原因，最多 200 字。")})
    return why


def _nothing_done(session: Session, post: Post) -> None:
    """Make sure that nobody has acted by a post. Raises RuleViolation."""
    begun = datetime.combine(post.from_on, time(), UTC) - AHEAD_OF_UTC
    acted = (
        sa.select(JournalRow.id).where(
            JournalRow.actor_id == post.person_id,
            JournalRow.unit_id == post.unit_id,
            JournalRow.at >= begun,
        ),
        sa.select(Substitution.id).where(
            Substitution.for_id == post.person_id,
            Substitution.unit_id == post.unit_id,
            Substitution.office == post.office,
            Substitution.given_at >= begun,
        ),
        sa.select(Activity.id).where(
            Activity.unit_id == post.unit_id, Activity.confirmed_by == post.person_id
        ),
        sa.select(LifeMeeting.id).where(
            LifeMeeting.unit_id == post.unit_id,
            LifeMeeting.noted_by == post.person_id,
            LifeMeeting.noted_at >= begun,
        ),
    )
    if any(session.scalar(one.limit(1)) is not None for one in acted):
        sentence = N_("他已按这个职务办过事，任职不能收回，请改为结束任职。")
        refuse("rests_on_it", UNDONE, sentence)


def _not_followed(session: Session, post: Post, person: Person) -> None:
    """Make sure that a post that ended may go on. Raises RuleViolation."""
    if _followed(session, post) or person.left_on or post.unit.ended_on:
        sentence = N_("这个职务已由他人接任，或人和单位已经不在，离任不能收回，请另行任职。")
        refuse("rests_on_it", UNDONE, sentence)


def _followed(session: Session, post: Post) -> bool:
    """True where somebody else came into a post after it had ended."""
    later = sa.select(Post.id).where(
        Post.unit_id == post.unit_id, Post.office == post.office, Post.from_on > post.to_on
    )
    return session.scalar(later.limit(1)) is not None


# Shared -------------------------------------------------------------------------------------------


def held(session: Session, person_id: str, on: date) -> list[Post]:
    """Return the posts that a person holds on a day or begins later."""
    return list(
        session.scalars(
            sa.select(Post)
            .where(Post.person_id == person_id, sa.or_(Post.to_on.is_(None), Post.to_on >= on))
            .order_by(Post.from_on, Post.id)
        )
    )


def _keeper():
    sentence = N_("管理员由安全管理员任免，不由您办理。")
    raise Forbidden(sentence, rule="keeper", house_rule=APART.text)


def _read(seat: Seat, at: Moment) -> None:
    """Make sure that a post can be there as it is written. Raises InvalidInput."""
    wrong = {}
    if not there_is(seat.office, seat.unit.kind):
        wrong["office"] = N_("这个单位没有这种职务，请从给出的选项中选择。")
    if seat.to_on is not None and seat.to_on < seat.from_on:
        wrong["to_on"] = N_("“止”不能早于“起”。")
    if seat.from_on > at.today + FURTHEST:
        wrong["from_on"] = N_("“起”最远写到一年以后。")
    if wrong:
        raise InvalidInput(wrong)


def _fit(session: Session, seat: Seat, by_id: str | None) -> None:
    """Make sure that a person may hold a post. Raises RuleViolation, InvalidInput."""
    person, unit = seat.person, seat.unit
    if person.id == by_id:
        refuse("not_own", NOT_OWN, N_("不能给自己任职，请由他人办理。"), field="person")
    if person.zone_id != unit.zone_id or person.left_on or unit.ended_on:
        raise InvalidInput({"person": N_("这个人或这个单位已经不在，不能任职。")})
    _one_at_a_time(session, seat)
    posts = held(session, person.id, seat.from_on)
    apart(posts, person, seat.office)
    if any((post.unit_id, post.office) == (unit.id, seat.office) for post in posts):
        office = OFFICES[seat.office]
        said = say(
            "%(name)s现在就是%(unit)s%(office)s。", name=person.name, unit=unit.name, office=office
        )
        raise InvalidInput({"person": said})


def _one_at_a_time(session: Session, seat: Seat) -> None:
    """Make sure that nobody else has what one person has, in the time of a post. Raises RuleViolation."""
    if not single(seat.office, seat.unit.kind):
        return
    beside = (
        sa.select(Person)
        .join(Post, Post.person_id == Person.id)
        .where(
            Post.unit_id == seat.unit.id,
            Post.office == seat.office,
            Post.person_id != seat.person.id,
            sa.or_(Post.to_on.is_(None), Post.to_on >= seat.from_on),
            Post.from_on <= (seat.to_on or date.max),
        )
    )
    other = session.scalar(beside.limit(1))
    if other is not None:
        said = say(
            "%(unit)s在这段时间已由%(name)s任%(office)s，请先登记他离任。",
            unit=seat.unit.name,
            name=other.name,
            office=OFFICES[seat.office],
        )
        # what programs know a second secretary's refusal by is older
        rule = "one_secretary" if seat.office == "secretary" else "one_holder"
        refuse(rule, ONE, said, field="person")


def apart(posts: list, person, office: str) -> None:
    """Keep the three administrators apart from each other and from business. Raises RuleViolation."""
    for post in posts:
        if {office, post.office} & ADMINISTRATORS and post.office != office:
            known = OFFICES[post.office]
            said = say("%(name)s已任%(office)s，不能兼任。", name=person.name, office=known)
            refuse("apart", APART, said, field="person")


def _note(
    session: Session,
    seat: Seat,
    act: str,
    who: Actor | None,
    at: Moment,
    one_of_many: bool = False,
    **what,
) -> None:
    """Record what was done to a post, and tell those whom it concerns."""
    unit = seat.unit
    audit_log.note(session, who, at, "posts", act, unit, seat.title, unit.id, **what)
    text = say(TOLD[act], name=seat.person.name, title=seat.title)
    key = f"{act}:{unit.id}:{seat.office}:{seat.person.id}"
    told.person(session, unit.zone_id, seat.person.id, key, text, at)
    if not one_of_many:
        told.others(session, unit.zone_id, key, text, id_of(who), at)


TOLD = {
    "appoint": N_("%(name)s已任%(title)s。"),
    "end_post": N_("%(name)s不再任%(title)s。"),
    "undo_post": N_("%(name)s任%(title)s的登记已收回。"),
    "undo_end": N_("%(name)s离任%(title)s的登记已收回，继续任职。"),
}
