"""What the branch enters for many at once: the sheet of what was said at the meeting, and
self-assessments that were handed in on paper. Also what a tie of votes lets it propose.
"""

from __future__ import annotations

import sqlalchemy as sa

from oversight.law.definition import effect, rule
from oversight.models import PeerReview
from oversight.rules.context import TransitionContext

from .grounds import CONSENT, RATING, SELF_OWED, STEPS
from .ratings import leading, ratings, told
from .roster import graded, roster, rows_of, write_self

Said = tuple[str | None, str, str]  # who spoke, about whom, what


def said(attempt: TransitionContext) -> list[Said]:
    """Return what a sheet says: who spoke (None where it names nobody), about whom, what."""
    common = attempt.words.get("by")
    return [
        (entry.get("by") or common, entry["about"], entry["opinion"])
        for entry in attempt.words["reviews"]
    ]


def _taking_part(attempt: TransitionContext) -> set[str]:
    return {row.person_id for row in roster(attempt, "graded", "ungraded")}


@rule(STEPS, "by", "reviews")
def speakers_take_part(attempt: TransitionContext) -> bool:
    """每条意见都要有发言人，发言人应是参加评议的党员。"""
    return {by for by, _about, _opinion in said(attempt)} <= _taking_part(attempt)


@rule(STEPS, "reviews")
def about_the_graded(attempt: TransitionContext) -> bool:
    """被评议的人应在本支部评定等次的名单里。"""
    return {about for _by, about, _opinion in said(attempt)} <= set(graded(attempt))


@rule(STEPS, "reviews")
def nobody_on_himself(attempt: TransitionContext) -> bool:
    """发言人不评自己，请写别人对他的意见。"""
    return all(by != about for by, about, _opinion in said(attempt))


@effect
def review_each(attempt: TransitionContext) -> None:
    """互评意见按发言人归入被评党员的材料；同一个人说的同一句话只记一次。"""
    known = _recorded(attempt)
    for by, about, opinion in dict.fromkeys(said(attempt)):
        if (by, about, opinion) not in known:
            attempt.session.add(_review(attempt, by, about, opinion))
    attempt.session.flush()


def _recorded(attempt: TransitionContext) -> set[Said]:
    rows = sa.select(PeerReview.by_id, PeerReview.about_id, PeerReview.opinion)
    found = attempt.session.execute(rows.where(PeerReview.case_id == attempt.case.id))
    return {(by, about, opinion) for by, about, opinion in found}


def _review(attempt: TransitionContext, by: str, about: str, opinion: str) -> PeerReview:
    return PeerReview(
        zone_id=attempt.case.zone_id,
        case_id=attempt.case.id,
        about_id=about,
        by_id=by,
        opinion=opinion,
        at=attempt.at.now,
    )


# Self-assessments on paper -----------------------------------------------------------------------


@rule(CONSENT, "selves")
def each_takes_part(attempt: TransitionContext) -> bool:
    """有党员不在评议名单里，或写了两次。"""
    named = [entry["member"] for entry in attempt.words["selves"]]
    return len(set(named)) == len(named) and set(named) <= _taking_part(attempt)


@rule(SELF_OWED, "selves")
def none_has_written(attempt: TransitionContext) -> bool:
    """有党员已经交了自评，或已同意免写，不用再代录。"""
    rows = rows_of(attempt, (entry["member"] for entry in attempt.words["selves"]))
    return all(row.self_text is None and row.excused is None for row in rows.values())


@effect
def file_for_each(attempt: TransitionContext) -> None:
    """按本人口述或纸质自评代录，几名党员一次录入，注明代录人。"""
    rows = rows_of(attempt, (entry["member"] for entry in attempt.words["selves"]))
    for entry in attempt.words["selves"]:
        write_self(attempt, rows[entry["member"]], entry)


# Ties --------------------------------------------------------------------------------------------


@rule(RATING, "ratings", "reasons")
def departures_explained(attempt: TransitionContext) -> bool:
    """与测评结果不一致的等次，要写明理由；得票并列的，取其中一个即可。"""
    rows = rows_of(attempt, ratings(attempt))
    return all(
        grade in leading(rows[person]) or person in told(attempt, "reasons")
        for person, grade in ratings(attempt).items()
    )
