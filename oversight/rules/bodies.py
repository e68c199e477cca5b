"""How a committee's answers are counted: quorum of those who should attend, majority of those entitled.

The rows on its members' desks are the ballots; they are counted under the case's lock.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import ceil

import sqlalchemy as sa

from ..clauses import house_rule
from ..grammar import Ask, Body, Effect, Rule, rule
from ..models import Desk
from ..models.cases import ABSENT, LEFT, NO, RECUSED, YES
from .organization import has_above

COLLEGIAL = house_rule("会议决定：应到成员半数以上到会方可表决，赞成超过应到且未回避成员的半数为通过。")
MINUTES = Ask("minutes", "text", "会议记录", required=False, hint="时间、到会人员、结论；表态已逐人记录。")


@dataclass(frozen=True)
class Tally:
    """A body's answers so far. `entitled` counts the recused too (应到), not those who left their office."""

    entitled: int
    recused: int
    yes: int
    no: int
    waiting: int

    @property
    def acted(self) -> int:
        return self.yes + self.no


def tally(attempt) -> Tally:
    """Count the rows of the body that has the case now; those of earlier rounds are put by."""
    found = Counter(attempt.session.scalars(sa.select(Desk.answer).where(
        Desk.case_id == attempt.case.id, Desk.role == "committee", Desk.kind == "act")))
    return Tally(found.total() - found[LEFT], found[RECUSED], found[YES], found[NO], found[None])


def quorate(attempt, body: Body, acted: int) -> bool:
    """True where so many are enough; at the top nobody is left to refer to, so the recused are not counted there."""
    count = tally(attempt)
    if has_above(attempt):
        return count.entitled >= body.least and acted >= ceil(count.entitled * body.quorum)
    return acted > 0 and acted >= ceil((count.entitled - count.recused) * body.quorum)


def _carried(attempt, body: Body) -> bool:
    """True where the yes has the majority, also when a yes to one's own matter is left out."""
    count = tally(attempt)
    free = count.entitled - count.recused
    own = _yes_of(attempt, body.steps_aside(attempt))
    return count.yes > free * body.carries and (not own or count.yes - 1 > (free - 1) * body.carries)


def _yes_of(attempt, people: set[str]) -> int:
    return attempt.session.scalar(sa.select(sa.func.count()).select_from(Desk).where(
        Desk.case_id == attempt.case.id, Desk.role == "committee", Desk.kind == "act", Desk.answer == YES,
        Desk.person_id.in_(people)))


def all_acted(body: Body) -> Rule:
    """Make the guard that every member has acted, and enough of them."""

    @rule(COLLEGIAL)
    def everybody_acted(attempt):
        """还有成员没有表态。"""
        return tally(attempt).waiting == 0 and quorate(attempt, body, tally(attempt).acted)

    return everybody_acted


def carried(body: Body) -> Rule:
    """Make the guard that the yes has the majority."""

    @rule(COLLEGIAL)
    def carried_by_most(attempt):
        """赞成没有超过应到且未回避成员的半数。"""
        return _carried(attempt, body)

    return carried_by_most


def not_carried(body: Body) -> Rule:
    """Make the guard that the yes has no majority."""

    @rule(COLLEGIAL)
    def not_carried_by_most(attempt):
        """赞成已超过应到且未回避成员的半数。"""
        return not _carried(attempt, body)

    return not_carried_by_most


def short_of_quorum(body: Body) -> Rule:
    """Make the guard that the body cannot reach its quorum any more, and that there is one above it."""

    @rule(COLLEGIAL)
    def cannot_meet(attempt):
        """应到成员还够半数，不用提请上一级。"""
        count = tally(attempt)
        return has_above(attempt) and not quorate(attempt, body, count.acted + count.waiting)

    return cannot_meet


def enough_acted(body: Body) -> Rule:
    """Make the guard that those who acted are a quorum."""

    @rule(COLLEGIAL)
    def quorum_reached(attempt):
        """表态的成员还不到应到成员的半数，不能结束表决；请等其他成员，或由上一级提级办理。"""
        return quorate(attempt, body, tally(attempt).acted)

    return quorum_reached


def _close_meeting(attempt) -> None:
    """没有表态的成员记为未到会，按已有表态计票。"""
    attempt.session.execute(sa.update(Desk).where(
        Desk.case_id == attempt.case.id, Desk.role == "committee", Desk.closed_at.is_(None),
    ).values(closed_at=attempt.at.now, answer=ABSENT))
    attempt.session.flush()


def _refer_up(attempt) -> None:
    """因回避或缺员不足法定人数，提请上一级会议决定，期限重新计算。"""
    attempt.case.raised += 1
    attempt.restart_clock = True


close_meeting, refer_up = Effect(_close_meeting), Effect(_refer_up)
