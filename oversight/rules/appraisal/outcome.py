"""Facts and effects of the yearly appraisal after the decision: each is told, may ask for a review,
and it is filed.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from oversight.base.terms import APPEAL
from oversight.calendar.workdays import add_workdays
from oversight.calendar.zone import term_on
from oversight.law.definition import effect, rule
from oversight.law.roles import Role
from oversight.models import Appraised, JournalRow, WorkItem
from oversight.models.cases import CAME
from oversight.rules.context import TransitionContext

from . import ratings
from .grounds import HEARD, ONE_BY_ONE, REVIEW, SHARE, TOLD
from .roster import on_roster, roster, row_of, rows_of

HARSH = ("basic", "unqualified")  # told in person, one at a time
THE_TOLD = Role("the_told", "被告知的党员", "named", (("member",),), group_of="member")

# Telling, review, filing -------------------------------------------------------------------------


def untold(attempt: TransitionContext) -> list[str]:
    return [row.person_id for row in roster(attempt, "graded") if row.told_on is None]


@effect
def tell(attempt: TransitionContext) -> None:
    """告知本人，从告知起 %(term_appeal)s 个工作日内可以申请复核一次。"""
    for row in rows_of(attempt, attempt.words.get("members") or untold(attempt)).values():
        row.told_on = attempt.today


@effect
def tell_each(attempt: TransitionContext) -> None:
    """逐人告知，本人收到提醒；从告知起 %(term_appeal)s 个工作日内可以申请复核一次。"""
    people = attempt.words.get("members") or untold(attempt)
    rows = rows_of(attempt, people)
    for person in people:
        rows[person].told_on = attempt.today
        attempt.names.append(person)


def review_until(attempt: TransitionContext) -> date | None:
    """Return the last day on which anybody may still ask for a review. Local date."""
    days = [row.told_on for row in roster(attempt, "graded") if row.told_on]
    return max((_asked_until(attempt, day) for day in set(days)), default=None)


def _asked_until(attempt: TransitionContext, told_on: date) -> date:
    days = term_on(attempt.session, attempt.case.zone_id, APPEAL, told_on)
    return add_workdays(attempt.calendar, told_on, days)


def may_still_ask(attempt: TransitionContext) -> bool:
    row = row_of(attempt, attempt.actor.id)
    if row is None or row.told_on is None:
        return False
    return attempt.today <= _asked_until(attempt, row.told_on)


@effect
def ask_review(attempt: TransitionContext) -> None:
    """复核期间不归档备案。"""
    row_of(attempt, attempt.actor.id).review = {
        "reason": attempt.words["reason"],
        "asked_on": attempt.today.isoformat(),
    }


def open_reviews(attempt: TransitionContext) -> list[Appraised]:
    return [row for row in roster(attempt, "graded") if row.review and "outcome" not in row.review]


def reviewed(attempt: TransitionContext) -> Appraised | None:
    """Return whose review is answered: the member named, or the only one."""
    found = open_reviews(attempt)
    named = attempt.words.get("member")
    if named:
        return next((row for row in found if row.person_id == named), None)
    return found[0] if len(found) == 1 else None


def _answer_review(attempt: TransitionContext, grade: str | None) -> None:
    row = reviewed(attempt)
    row.review = {
        **row.review,
        "outcome": attempt.move.name,
        "opinion": attempt.words.get("opinion") or "",
        "by": attempt.actor.id,
        "answered_on": attempt.today.isoformat(),
    }
    row.grade, row.told_on = grade or row.grade, None


@effect
def uphold(attempt: TransitionContext) -> None:
    """维持原等次，告知本人。"""
    _answer_review(attempt, None)


@effect
def change(attempt: TransitionContext) -> None:
    """改定等次，告知本人。"""
    _answer_review(attempt, attempt.words["grade"])


@effect
def change_heard(attempt: TransitionContext) -> None:
    """改定等次，写明理由和本人意见，告知本人。"""
    row = reviewed(attempt)
    change(attempt)
    if heard := attempt.words.get("heard"):
        row.review = {**row.review, "heard": heard}


def decided(attempt: TransitionContext) -> set[str]:
    """Return who was rated, proposed or decided, aloud or on paper; they review nobody's rating."""
    said = sa.select(JournalRow.actor_id).where(
        JournalRow.case_id == attempt.case.id, JournalRow.move.in_(("propose", "decide"))
    )
    voted_on_paper = sa.select(WorkItem.person_id).where(
        WorkItem.case_id == attempt.case.id, WorkItem.answer == CAME
    )
    return on_roster(attempt) | set(attempt.session.scalars(said.union(voted_on_paper)))


def past_review(attempt: TransitionContext) -> date | None:
    """Return the first day on which no review can be asked for any more."""
    last = review_until(attempt)
    return add_workdays(attempt.calendar, last, 1) if last else None


# Guards of these steps ---------------------------------------------------------------------------


@rule(TOLD, "members")
def told_are_graded(attempt: TransitionContext) -> bool:
    """告知的人应是名单上已确定等次、还没有告知的党员。"""
    return set(map(str, attempt.words.get("members") or [])) <= set(untold(attempt))


@rule(ONE_BY_ONE, "members", "in_person")
def harsh_one_by_one(attempt: TransitionContext) -> bool:
    """基本合格、不合格的要当面告知，一次登记一人，并注明已当面告知。"""
    told = attempt.words.get("members") or untold(attempt)
    rows = [row for row in (row_of(attempt, person) for person in told) if row is not None]
    harsh = any(row.grade in HARSH for row in rows)
    return not harsh or (len(told) == 1 and bool(attempt.words.get("in_person")))


@rule(TOLD)
def everybody_told(attempt: TransitionContext) -> bool:
    """还有党员没有告知。"""
    return not untold(attempt)


@rule(REVIEW)
def somebody_asked(attempt: TransitionContext) -> bool:
    """没有人申请复核。"""
    return bool(open_reviews(attempt))


@rule(REVIEW)
def all_answered(attempt: TransitionContext) -> bool:
    """还有复核申请没有答复。"""
    return not open_reviews(attempt)


@rule(REVIEW)
def asked_once_in_time(attempt: TransitionContext) -> bool:
    """复核由本人在告知后 %(term_appeal)s 个工作日内申请，只能申请一次。"""
    row = row_of(attempt, attempt.actor.id)
    return may_still_ask(attempt) and row.review is None


@rule(REVIEW, "member")
def one_review(attempt: TransitionContext) -> bool:
    """请选明答复哪一名党员的复核申请。"""
    return reviewed(attempt) is not None


@rule(REVIEW)
def by_others(attempt: TransitionContext) -> bool:
    """参与提出或决定等次的人不能复核，由他人办理。"""
    return attempt.actor is None or attempt.actor.id not in decided(attempt)


@rule(HEARD, "heard", "grade")
def changed_is_heard(attempt: TransitionContext) -> bool:
    """改为不合格，或改得与测评相差两个等次的，要先听取本人意见并写下来。"""
    row, grade = reviewed(attempt), attempt.words["grade"]
    hard = row is not None and ratings.harsh(ratings.voted(row), grade)
    return not hard or bool(attempt.words.get("heard"))


@rule(SHARE, "grade")
def share_after(attempt: TransitionContext) -> bool:
    """改定以后，优秀等次超过了党员总数的三分之一。"""
    if attempt.words["grade"] != ratings.ORDER[0] or (row := reviewed(attempt)) is None:
        return True
    others = (one for one in roster(attempt, "graded") if one.person_id != row.person_id)
    excellent = 1 + sum(one.grade == ratings.ORDER[0] for one in others)
    return excellent * 3 <= ratings.share_base(attempt)


@rule(SHARE, "grade")
def change_keeps_share(attempt: TransitionContext) -> bool:
    """改定以后，优秀等次超过三分之一，本区规定不能超过。"""
    return attempt.settings["appraisal_share"] != "refuse" or share_after.test(attempt)
