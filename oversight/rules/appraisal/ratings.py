"""Facts and effects of the yearly appraisal from the count to the committee: votes, ratings, what
came back.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import sqlalchemy as sa

from oversight.law.definition import effect, rule
from oversight.models import JournalRow, Post, WorkItem
from oversight.models.appraisal import Appraised
from oversight.models.cases import NO, YES
from oversight.organization.units import COMMITTEE_FROM, in_office, superiors
from oversight.rules.context import TransitionContext

from . import attended
from .grounds import DECIDED, HEARD, PAPER, QUORUM, RATING, SHARE
from .roster import ORDER, graded, roster, row_of, rows_of

# The vote on paper -------------------------------------------------------------------------------

COUNTS = ("present", "issued", "returned", "valid")


def quorum_share(attempt: TransitionContext) -> Fraction:
    return (
        Fraction(2, 3) if attempt.settings["appraisal_quorum"] == "two_thirds" else Fraction(1, 2)
    )


@rule(QUORUM)
def enough_came(attempt: TransitionContext) -> bool:
    """还没有录入计票，或到会人数不够，本次测评无效；请另定日期重新召开。"""
    counts = attempt.case.facts.get("counts")
    return counts is not None and counts["present"] >= attempt.case.facts[
        "entitled"
    ] * quorum_share(attempt)


def tallies(attempt: TransitionContext) -> dict[str, dict[str, int]]:
    """Return the votes by member and grade; what was left empty is none."""
    return {
        entry["member"]: {grade: entry.get(grade) or 0 for grade in ORDER}
        for entry in attempt.words.get("tallies") or []
    }


def every_graded_once(attempt: TransitionContext, word: str, among: set[str] | None = None) -> bool:
    """True where a list names each graded member once and nobody else."""
    named = [entry["member"] for entry in attempt.words.get(word) or []]
    return sorted(named) == sorted(among if among is not None else graded(attempt))


def small(attempt: TransitionContext) -> bool:
    return sum(row.votes for row in roster(attempt)) < COMMITTEE_FROM


def of_superior(attempt: TransitionContext, person: str) -> bool:
    """True where a person holds a post in the organization directly above."""
    unit = superiors(attempt.session, attempt.unit)[0]
    return (
        attempt.session.scalar(
            sa.select(Post.id)
            .where(Post.unit_id == unit.id, Post.person_id == person, in_office(attempt.today))
            .limit(1)
        )
        is not None
    )


@rule(PAPER, "scrutineer", "teller")
def two_tellers(attempt: TransitionContext) -> bool:
    """监票人和计票人应是两名不同的党员；不满 7 人的支部，监票人由上级派。"""
    watch, count = attempt.words["scrutineer"], attempt.words["teller"]
    on_roster = {row.person_id for row in roster(attempt, "graded", "ungraded")}
    watched = (
        of_superior(attempt, watch)
        if small(attempt)
        else watch in on_roster or of_superior(attempt, watch)
    )
    return watch != count and watched and (count in on_roster or of_superior(attempt, count))


@effect
def enter_count(attempt: TransitionContext) -> None:
    """记下应到、实到、发出、收回、有效票数和每名党员的得票，监票人、计票人各自签名。"""
    attempt.set_facts(
        counts={name: attempt.words[name] for name in COUNTS},
        scrutineer=attempt.words["scrutineer"],
        teller=attempt.words["teller"],
    )
    counted = tallies(attempt)
    rows = rows_of(attempt, counted)
    for person, votes in counted.items():
        rows[person].tally = votes


@effect
def forget_count(attempt: TransitionContext) -> None:
    """本次计票作废，另定日期重新召开。"""
    attempt.set_facts(counts=None, meeting_on=None)
    for row in roster(attempt):
        row.tally = None


# Ratings -----------------------------------------------------------------------------------------


def leading(row: Appraised) -> list[str]:
    """Return the grades with the most votes, the best first: several where they are tied."""
    tally = row.tally or {}
    most = max(tally.values(), default=0)
    return [grade for grade in ORDER if tally.get(grade) == most > 0]


def voted(row: Appraised) -> str | None:
    """Return the grade with the most votes; of several the better one."""
    return next(iter(leading(row)), None)


def to_rate(attempt: TransitionContext) -> set[str]:
    """Return whose rating is to be proposed: all, or those that were sent back and are still there."""
    here = set(graded(attempt))
    return here & set(attempt.case.facts.get("returned") or here) or here


def ratings(attempt: TransitionContext) -> dict[str, str]:
    return {entry["member"]: entry["grade"] for entry in attempt.words.get("ratings") or []}


def told(attempt: TransitionContext, word: str) -> set[str]:
    """Return about whom a list says something."""
    return {entry["member"] for entry in attempt.words.get(word) or []}


@rule(RATING, "ratings", "reasons")
def departures_explained(attempt: TransitionContext) -> bool:
    """与测评结果不一致的等次，要写明理由。"""
    rows = rows_of(attempt, ratings(attempt))
    return all(
        grade == voted(rows[person]) or person in told(attempt, "reasons")
        for person, grade in ratings(attempt).items()
    )


@rule(HEARD, "ratings", "heard")
def harsh_are_heard(attempt: TransitionContext) -> bool:
    """与测评相差两个等次，或定为不合格的，要先听取本人意见并写下来。"""
    rows = rows_of(attempt, ratings(attempt))
    return all(
        person in told(attempt, "heard")
        for person, grade in ratings(attempt).items()
        if harsh(voted(rows[person]), grade)
    )


def harsh(vote: str | None, grade: str) -> bool:
    """True for a rating two grades from the vote, or into 不合格: the member is heard first."""
    return grade == ORDER[-1] or (
        vote is not None and abs(ORDER.index(vote) - ORDER.index(grade)) >= 2
    )


def share(attempt: TransitionContext) -> tuple[int, int]:
    """Return how many are or would be proposed as 优秀, and of how many they are a share."""
    proposed = {row.person_id: row.proposed for row in roster(attempt, "graded")} | ratings(attempt)
    return Counter(proposed.values())["excellent"], share_base(attempt)


def share_base(attempt: TransitionContext) -> int:
    """Return of how many 优秀 is a share: of those who were present, or of all members."""
    if attempt.settings["appraisal_share_of"] == "present":
        return (attempt.case.facts.get("counts") or {}).get("present", 0)
    return len(roster(attempt, "graded", "ungraded", "not_counted"))


@rule(SHARE, "ratings")
def within_share(attempt: TransitionContext) -> bool:
    """优秀等次超过了党员总数的三分之一。"""
    excellent, base = share(attempt)
    return excellent * 3 <= base


@rule(SHARE, "ratings")
def share_kept(attempt: TransitionContext) -> bool:
    """优秀等次超过三分之一，本区规定不能超过。"""
    return attempt.settings["appraisal_share"] != "refuse" or within_share.test(attempt)


@effect
def propose(attempt: TransitionContext) -> None:
    """等次建议列入名册。"""
    why, heard = _notes(attempt, "reasons"), _notes(attempt, "heard")
    rows = rows_of(attempt, ratings(attempt))
    for person, grade in ratings(attempt).items():
        row = rows[person]
        row.proposed, row.proposed_why, row.heard = grade, why.get(person), heard.get(person)
        row.returned, row.grade, row.told_on = None, None, None
    attempt.set_facts(returned=None, proposed_by=attempt.words.get("decided_by") or "committee")


@effect
def note_share(attempt: TransitionContext) -> None:
    """优秀超过三分之一的，注明人数和比例，审批的人看得到。"""
    excellent, base = share(attempt)
    over = {"excellent": excellent, "of": base} if excellent * 3 > base else None
    attempt.set_facts(over_share=over)


def _notes(attempt: TransitionContext, word: str) -> dict[str, str]:
    return {entry["member"]: entry["note"] for entry in attempt.words.get(word) or []}


def final_step(attempt: TransitionContext) -> str:
    return attempt.settings["appraisal_final_step"]


@effect
def settle(attempt: TransitionContext) -> None:
    """等次确定，逐人告知。"""
    for row in roster(attempt, "graded"):
        row.grade = row.proposed


# The superior committee --------------------------------------------------------------------------


def votes_of_round(attempt: TransitionContext) -> list[dict]:
    """Return the last words of each who has answered in the body that has the case now."""
    voters = sa.select(WorkItem.person_id).where(
        WorkItem.case_id == attempt.case.id,
        WorkItem.role == "committee",
        WorkItem.kind == "act",
        WorkItem.answer.in_((YES, NO)),
    )
    rows = attempt.session.execute(
        sa.select(JournalRow.actor_id, JournalRow.words)
        .where(
            JournalRow.case_id == attempt.case.id,
            JournalRow.move == "decide",
            JournalRow.actor_id.in_(voters),
        )
        .order_by(JournalRow.seq)
    )
    return list({person: words for person, words in rows}.values())


@effect
def freeze_manner(attempt: TransitionContext) -> None:
    """会议按区里现在规定的方式表决，开会以后不再改变。"""
    rated = [row.person_id for row in roster(attempt, "graded")]
    known = attended.of(attempt.session, attempt.case, rated)
    attempt.set_facts(
        secret=attempt.settings["appraisal_vote"] == "secret", ballots=None, attended=known
    )


def by_paper(attempt: TransitionContext) -> bool:
    """True where the committee that has the case votes by unsigned paper."""
    return bool(attempt.case.facts.get("secret"))


def sent_back(attempt: TransitionContext) -> dict[str, str]:
    """Return whom more than half of those who voted want back, with the reasons."""
    words, ballots = votes_of_round(attempt), attempt.case.facts.get("ballots")
    named = [
        entry for said in ([ballots] if ballots else words) for entry in said.get("returned") or []
    ]
    count: Counter[str] = Counter()
    for entry in named:
        count[entry["member"]] += entry.get("votes", 1)
    voters, here = ballots["valid"] if ballots else len(words), graded(attempt)
    return {
        person: "；".join(entry["note"] for entry in named if entry["member"] == person)
        for person, times in count.items()
        if times * 2 > voters and person in here
    }


@rule(DECIDED, "returned")
def returned_known(attempt: TransitionContext) -> bool:
    """退回的人应在名单里，每人只写一次。"""
    named = [entry["member"] for entry in attempt.words.get("returned") or []]
    return len(named) == len(set(named)) and set(named) <= set(graded(attempt))


@rule(DECIDED, "returned", "valid")
def returned_votes_fit(attempt: TransitionContext) -> bool:
    """退回某名党员的票数至少 1 票，不能多于有效票。"""
    return all(
        0 < entry["votes"] <= attempt.words["valid"]
        for entry in attempt.words.get("returned") or []
    )


@effect
def send_back(attempt: TransitionContext) -> None:
    """退回的等次写明理由，由支部重新提出。"""
    back = sent_back(attempt)
    for person, why in back.items():
        row_of(attempt, person).returned = why
    attempt.set_facts(returned=sorted(back))


@effect
def send_all_back(attempt: TransitionContext) -> None:
    """全部等次退回，理由是没有同意的成员的意见。"""
    ballots = attempt.case.facts.get("ballots")
    why = (
        ballots["opinion"]
        if ballots
        else "；".join(said["opinion"] for said in votes_of_round(attempt) if not said["agree"])
    )
    for row in roster(attempt, "graded"):
        row.returned = why
    attempt.set_facts(returned=sorted(graded(attempt)))


# Guards of these steps ---------------------------------------------------------------------------


@rule(PAPER, "present", "issued", "returned", "valid")
def counts_add_up(attempt: TransitionContext) -> bool:
    """人数和票数对不上：实到不能多于应到，发出不能多于实到，收回不能多于发出，有效不能多于收回。"""
    counts = [attempt.case.facts["entitled"], *(attempt.words[name] for name in COUNTS)]
    return counts == sorted(counts, reverse=True)


@rule(PAPER, "tallies", "valid")
def grades_add_up(attempt: TransitionContext) -> bool:
    """每名党员各等次的得票相加，应等于有效票数。"""
    return all(sum(entry.values()) == attempt.words["valid"] for entry in tallies(attempt).values())


@rule(PAPER, "tallies")
def everybody_counted(attempt: TransitionContext) -> bool:
    """名单上评定等次的党员每人一行，不多不少。"""
    return every_graded_once(attempt, "tallies")


@rule(RATING, "ratings")
def everybody_rated(attempt: TransitionContext) -> bool:
    """要评定的党员每人一个等次，不多不少。"""
    return every_graded_once(attempt, "ratings", to_rate(attempt))


@rule(DECIDED)
def goes_to_committee(attempt: TransitionContext) -> bool:
    """本区规定等次由支部确定，不报上级审批。"""
    return final_step(attempt) == "approve"


@rule(DECIDED)
def branch_decides(attempt: TransitionContext) -> bool:
    """本区规定等次要由上级会议审定。"""
    return final_step(attempt) != "approve"


@rule(DECIDED)
def nobody_sent_back(attempt: TransitionContext) -> bool:
    """多数成员要求退回个别党员的等次。"""
    return not sent_back(attempt)


@rule(DECIDED)
def somebody_sent_back(attempt: TransitionContext) -> bool:
    """没有多数成员要求退回的等次。"""
    return bool(sent_back(attempt))
