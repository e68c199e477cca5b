"""How a committee's answers are counted, said aloud or on paper: quorum of 应到, majority of those
entitled.

The members' work items are the ballots; they are counted under the case's lock.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import ceil

import sqlalchemy as sa

from oversight.base.sentences import N_
from oversight.law.clauses import house_rule
from oversight.law.definition import Committee, Field, Rule, effect, rule
from oversight.law.roles import COMMITTEE
from oversight.models import Person, Post, Unit, WorkItem
from oversight.models.cases import ABSENT, CAME, LEFT, NO, RECUSED, YES
from oversight.organization.units import has_above, in_office, superiors

from .common import answer
from .context import TransitionContext

COLLEGIAL = house_rule(
    "会议决定：应到成员半数以上到会方可表决，赞成超过应到且未回避成员的半数为通过。"
)
SECRET = house_rule(
    "无记名表决用纸票，监票人、计票人当场计票，只录入到会人员和票数，票由上级封存。"
)
MINUTES = Field(
    "minutes", "text", "会议记录", required=False, hint=N_("时间、到会人员、结论；表决已逐人记录。")
)
BALLOTS = (
    Field("came", "list", "到会成员"),
    *(
        Field(name, "number", label)
        for name, label in (
            ("issued", N_("发出")),
            ("collected", N_("收回")),
            ("valid", N_("有效")),
            ("in_favour", N_("赞成")),
            ("against", N_("反对")),
            ("abstained", N_("弃权")),
        )
    ),
    Field("scrutineer", "person", "监票人"),
    Field("teller", "person", "计票人"),
    Field("opinion", "text", "会议意见"),
)


@dataclass(frozen=True)
class Tally:
    """A committee's answers so far.

    `entitled` counts the recused too (应到), not those who left their office.
    """

    entitled: int
    recused: int
    yes: int
    acted: int
    waiting: int


def _rows(attempt: TransitionContext, *answers: str):
    """Return the condition on the work items of the committee that has the case now, without those
    of earlier rounds.
    """
    mine = sa.and_(
        WorkItem.case_id == attempt.case.id,
        WorkItem.role == COMMITTEE.candidate_group,
        WorkItem.kind == "act",
    )
    return sa.and_(mine, WorkItem.answer.in_(answers)) if answers else mine


def tally(attempt: TransitionContext) -> Tally:
    """Count the work items of the committee; after a secret vote the yes is the count on paper."""
    found = Counter(attempt.session.scalars(sa.select(WorkItem.answer).where(_rows(attempt))))
    yes = attempt.case.facts["ballots"]["in_favour"] if found[CAME] else found[YES]
    return Tally(
        found.total() - found[LEFT],
        found[RECUSED],
        yes,
        found[YES] + found[NO] + found[CAME],
        found[None],
    )


def quorate(attempt: TransitionContext, body: Committee, acted: int) -> bool:
    """True where so many are enough; at the top nobody is left to refer to, so the recused are not
    counted there.
    """
    count = tally(attempt)
    if has_above(attempt):
        return count.entitled >= body.least and acted >= ceil(count.entitled * body.quorum)
    return acted > 0 and acted >= ceil((count.entitled - count.recused) * body.quorum)


def _carried(attempt: TransitionContext, body: Committee) -> bool:
    """True where the yes has the majority, also when a yes to one's own matter is left out."""
    count = tally(attempt)
    free = count.entitled - count.recused
    own = set(_people(attempt, YES, CAME)) & body.steps_aside(attempt)
    return count.yes > free * body.carries and (
        not own or count.yes - 1 > (free - 1) * body.carries
    )


def _people(attempt: TransitionContext, *answers: str) -> list[str]:
    return list(
        attempt.session.scalars(sa.select(WorkItem.person_id).where(_rows(attempt, *answers)))
    )


def all_acted(body: Committee) -> Rule:
    """Make the guard that every member has acted, and enough of them."""

    @rule(COLLEGIAL)
    def everybody_acted(attempt: TransitionContext):
        """还有成员没有表决。"""
        return tally(attempt).waiting == 0 and quorate(attempt, body, tally(attempt).acted)

    return everybody_acted


def carried(body: Committee) -> Rule:
    """Make the guard that the yes has the majority."""

    @rule(COLLEGIAL)
    def carried_by_most(attempt: TransitionContext):
        """赞成没有超过应到且未回避成员的半数。"""
        return _carried(attempt, body)

    return carried_by_most


def not_carried(body: Committee) -> Rule:
    """Make the guard that the yes has no majority."""

    @rule(COLLEGIAL)
    def not_carried_by_most(attempt: TransitionContext):
        """赞成已超过应到且未回避成员的半数。"""
        return not _carried(attempt, body)

    return not_carried_by_most


def short_of_quorum(body: Committee) -> Rule:
    """Make the guard that the committee cannot reach its quorum any more, and that there is one
    above it.
    """

    @rule(COLLEGIAL)
    def cannot_meet(attempt: TransitionContext):
        """应到成员还够半数，不用提请上一级。"""
        count = tally(attempt)
        return has_above(attempt) and not quorate(attempt, body, count.acted + count.waiting)

    return cannot_meet


def enough_acted(body: Committee) -> Rule:
    """Make the guard that those who acted are a quorum."""

    @rule(COLLEGIAL)
    def quorum_reached(attempt: TransitionContext):
        """参加表决的成员还不到应到成员的半数，不能结束表决；请等其他成员，或由上一级提级办理。"""
        return quorate(attempt, body, tally(attempt).acted)

    return quorum_reached


# A secret vote, on paper -------------------------------------------------------------------------


def openly(body: Committee) -> Rule:
    """Make the guard that the members say aloud how they vote."""

    @rule(SECRET)
    def said_aloud(attempt: TransitionContext):
        """这次会议无记名表决，请到会投纸票，不在这里表决；计票后由监票人、计票人签名，统一录入。"""
        return not body.secret(attempt)

    return said_aloud


def secretly(body: Committee) -> Rule:
    """Make the guard that the members vote by unsigned paper."""

    @rule(SECRET)
    def by_paper(attempt: TransitionContext):
        """这次会议由每名成员记名表决，不投纸票。"""
        return body.secret(attempt)

    return by_paper


@rule(SECRET, "came")
def came_are_members(attempt: TransitionContext) -> bool:
    """到会成员应是还没有表决、没有回避的会议成员，每人一次。"""
    came = [str(person) for person in attempt.words["came"]]
    waiting = sa.select(WorkItem.person_id).where(_rows(attempt), WorkItem.closed_at.is_(None))
    free = set(attempt.session.scalars(waiting)) - attempt.barred(COMMITTEE)
    return len(came) == len(set(came)) and free.issuperset(came)


def enough_came(body: Committee) -> Rule:
    """Make the guard that those who came are a quorum."""

    @rule(COLLEGIAL, "came")
    def quorum_came(attempt: TransitionContext):
        """到会成员不到应到成员的半数，不能表决；请另定时间开会。"""
        return quorate(attempt, body, len(attempt.words["came"]))

    return quorum_came


@rule(SECRET, "came", "issued", "collected", "valid", "in_favour", "against", "abstained")
def ballots_add_up(attempt: TransitionContext) -> bool:
    """票数对不上：发出不能多于到会，收回不能多于发出，有效不能多于收回；赞成、反对、弃权相加等于有效。"""
    words = attempt.words
    counts = [len(words["came"]), words["issued"], words["collected"], words["valid"]]
    return counts == sorted(counts, reverse=True) and words["valid"] == sum(
        words[name] for name in ("in_favour", "against", "abstained")
    )


def tellers_apart(body: Committee) -> Rule:
    """Make the guard that two people counted, both of the committee's own unit and neither
    concerned.
    """

    @rule(SECRET, "scrutineer", "teller")
    def two_of_the_unit(attempt: TransitionContext):
        """监票人和计票人应是上级党组织的两个人，而且不是被评议的党员。"""
        two = {attempt.words["scrutineer"], attempt.words["teller"]}
        return (
            len(two) == 2
            and not two & body.steps_aside(attempt)
            and two
            <= set(
                attempt.session.scalars(
                    sa.select(Post.person_id).where(
                        Post.unit_id == _unit(attempt), in_office(attempt.today)
                    )
                )
            )
        )

    return two_of_the_unit


def _unit(attempt: TransitionContext) -> str:
    """Return the unit of the committee; where it has no members at all, the unit that the case was
    escalated to.
    """
    above = superiors(attempt.session, attempt.unit)
    seated = attempt.session.scalar(sa.select(WorkItem.unit_id).where(_rows(attempt)).limit(1))
    return seated or above[min(attempt.case.escalation_level, len(above) - 1)].id


@effect
def enter_ballots(attempt: TransitionContext) -> None:
    """记下到会人员和票数，没有到会的记为未到会；谁投了什么不记录。"""
    attempt.set_facts(
        ballots={name: value for name, value in attempt.raw.items() if name != "came"}
    )
    answer(attempt, CAME, _rows(attempt), WorkItem.person_id.in_(attempt.words["came"]))
    close_meeting(attempt)


@effect
def keep_minutes(attempt: TransitionContext) -> None:
    """会议情况存入会议记录：应到、到会、回避、票数和结论。"""
    count, ballots = tally(attempt), attempt.case.facts.get("ballots")
    rows = attempt.session.execute(
        sa.select(Person.name, WorkItem.answer)
        .join(Person, Person.id == WorkItem.person_id)
        .where(_rows(attempt))
        .order_by(WorkItem.id)
    )
    kept = {
        "unit": attempt.session.get(Unit, _unit(attempt)).name,
        "on": attempt.today.isoformat(),
        "secret": ballots is not None,
        "entitled": count.entitled,
        "recused": count.recused,
        "came": count.acted,
        "yes": count.yes,
        "no": ballots["against"] if ballots else count.acted - count.yes,
        "members": [list(row) for row in rows],
        "outcome": attempt.move.label,
        "minutes": attempt.case.facts.get("minutes"),
    }
    attempt.set_facts(meetings=[*(attempt.case.facts.get("meetings") or []), kept], minutes=None)


@effect
def close_meeting(attempt: TransitionContext) -> None:
    """没有表决的成员记为未到会，按已有的表决计票。"""
    attempt.set_facts(minutes=attempt.words.get("minutes") or attempt.words.get("opinion"))
    answer(attempt, ABSENT, _rows(attempt))
    attempt.session.flush()


@effect
def refer_up(attempt: TransitionContext) -> None:
    """因回避或缺员不足法定人数，提请上一级会议决定，期限重新计算。"""
    attempt.set(escalation_level=attempt.case.escalation_level + 1)
    attempt.restart_clock = True
