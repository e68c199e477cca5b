"""Facts and effects of the yearly appraisal until the vote: window, roster, self-assessments, peer
reviews.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import sqlalchemy as sa

from oversight.base.db import insert_all, is_id
from oversight.base.prepared import Prepared
from oversight.base.rows import ids_of
from oversight.law.definition import effect, rule
from oversight.models import Appraised, Case, Membership, PeerReview, Person, WorkItem, images
from oversight.models.appraisal import GRADES
from oversight.organization.members import listed, members, of_branch
from oversight.organization.standing import is_member
from oversight.rules import life_meetings
from oversight.rules.campaign import deployed
from oversight.rules.common import answer
from oversight.rules.context import TransitionContext

from .grounds import CONSENT, MEETING, OWED, PACE, STEPS, TIME, YEARLY

ORDER = tuple(GRADES)  # from the best
GRADE_CHOICES = tuple(GRADES.items())

# The roster --------------------------------------------------------------------------------------


def roster(attempt: TransitionContext, *standings: str) -> list[Appraised]:
    """Return the rows of the case in the order of the roster, of these standings or of all."""
    rows = (
        sa.select(Appraised)
        .where(Appraised.case_id == attempt.case.id)
        .order_by(Appraised.sort, Appraised.person_id)
    )
    return list(
        attempt.session.scalars(
            rows.where(Appraised.standing.in_(standings)) if standings else rows
        )
    )


def row_of(attempt: TransitionContext, person: str | None) -> Appraised | None:
    return attempt.session.get(Appraised, (attempt.case.id, person)) if person else None


def rows_of(attempt: TransitionContext, people: Iterable[str]) -> dict[str, Appraised]:
    """Return the rows of several people, asked for at once."""
    mine = (
        Appraised.case_id == attempt.case.id,
        Appraised.person_id.in_([one for one in people if is_id(one)]),
    )
    return {
        row.person_id: row for row in attempt.session.scalars(sa.select(Appraised).where(*mine))
    }


def graded(attempt: TransitionContext) -> dict[str, Appraised]:
    return {row.person_id: row for row in roster(attempt, "graded")}


def asked(attempt: TransitionContext) -> list[str]:
    """Return who is yet to write a self-assessment: probationary members too, who are not graded."""
    attempt.session.flush()
    return [row.person_id for row in _ASKED.rows(attempt.session, of_case=attempt.case.id)]


_rows = Appraised.__table__.c
_ASKED = Prepared(
    sa.select(_rows.person_id)
    .where(
        _rows.case_id == sa.bindparam("of_case"),
        sa.or_(_rows.standing == "graded", _rows.standing == "ungraded"),
        _rows.self_text.is_(None),
        _rows.excused.is_(None),
    )
    .order_by(_rows.sort, _rows.person_id)
)


def on_roster(attempt: TransitionContext) -> set[str]:
    """Return whose own case it is: they step aside from the committee."""
    return {row.person_id for row in roster(attempt)}


def entitled(attempt: TransitionContext) -> int:
    """Count who should attend the vote (应到): full members that are counted. 党章第七条"""
    return sum(row.votes for row in roster(attempt, "graded", "ungraded"))


@effect
def draw_up(attempt: TransitionContext) -> None:
    """党员名单按今天的花名册定下；预备党员参加、不评定等次。"""
    here = listed(attempt.session, attempt.case.unit_id, attempt.today)
    attempt.insert()
    _enrol(attempt, dict(enumerate(here)))


def _enrol(attempt: TransitionContext, people: dict) -> None:
    """Take people into the roster, by their places there, without an object for each."""
    case = attempt.case
    rows = [
        {
            "case_id": case.id,
            "person_id": person.id,
            "zone_id": case.zone_id,
            "sort": sort,
            "votes": not person.probationary,
            "standing": "ungraded" if person.probationary else "graded",
            "why": "probationary" if person.probationary else None,
        }
        for sort, person in people.items()
    ]
    insert_all(attempt.session, Appraised, rows)
    for row in rows:
        left = {name: row.get(name) for name in Appraised.__decided__}
        images.put(attempt.session, case.id, Appraised, [f"{case.id}/{row['person_id']}"], **left)


@effect
def add(attempt: TransitionContext) -> None:
    """新转入的党员列入名单。"""
    person = next(
        row
        for row in members(attempt.session, attempt.case.unit_id, attempt.today)
        if row.id == attempt.words["member"]
    )
    old = row_of(attempt, person.id)
    if old is not None:
        attempt.session.delete(old)
        attempt.session.flush()
    _enrol(attempt, {len(roster(attempt)): person})
    if attempt.state == "self_assessment":
        attempt.seats.append(person.id)
    else:
        attempt.shows.append(person.id)


@effect
def strike(attempt: TransitionContext) -> None:
    """从名单中移出，原因留在记录里；已写的自评不再使用。"""
    row = row_of(attempt, attempt.words["member"])
    row.standing, row.votes, row.why = "struck", False, attempt.words["reason"]
    answer(
        attempt, "strike", WorkItem.case_id == attempt.case.id, WorkItem.person_id == row.person_id
    )


@effect
def fewer_entitled(attempt: TransitionContext) -> None:
    """还没有计票的，应到人数随之减少。"""
    if not attempt.case.facts.get("counts"):
        attempt.set_facts(entitled=entitled(attempt))


@effect
def ask_not_counted(attempt: TransitionContext) -> None:
    """报上级同意后不计入应到。"""
    attempt.set_facts(
        not_counted={
            "member": attempt.raw["member"],
            "reason": attempt.raw["reason"],
            "raised": attempt.case.escalation_level,
        }
    )


@effect
def not_count(attempt: TransitionContext) -> None:
    """这名党员不计入应到，不评定等次。"""
    asked_for = attempt.case.facts["not_counted"]
    row = row_of(attempt, asked_for["member"])
    row.standing, row.votes, row.why = "not_counted", False, asked_for["reason"]
    lower(attempt)


@effect
def lower(attempt: TransitionContext) -> None:
    """提级办理的只是这一次请示，其余仍由直接上级办理。"""
    facts = attempt.case.facts
    asked_for = facts.get("asked_for") or facts["not_counted"]
    attempt.set(escalation_level=asked_for.get("raised", 0))


def still_member(attempt: TransitionContext, person: str) -> bool:
    return person in set(ids_of(members(attempt.session, attempt.case.unit_id, attempt.today)))


@rule(YEARLY)
def once_a_year(attempt: TransitionContext) -> bool:
    """这个年度的民主评议已经开展过。"""
    others = attempt.session.scalars(
        sa.select(Case).where(
            Case.workflow == "appraisal",
            Case.unit_id == attempt.case.unit_id,
            Case.id != attempt.case.id,
            Case.state.not_in(("void", "terminated")),
        )
    )
    return all(case.facts.get("year") != attempt.words["year"] for case in others)


UNDONE = ("void", "terminated", "unfinished")  # rounds that appraised nobody
BEFORE_VOTE = ("preparing", "self_assessment", "self_done", "peer_review")


def _year(attempt: TransitionContext) -> int:
    return attempt.case.facts.get("year") or attempt.words["year"]


def rounds(attempt: TransitionContext, *where) -> list[Case]:
    """Return the other appraisals of the zone in the same year that were or are carried out, of the
    same branch or as the conditions say.
    """
    year = _year(attempt)
    found = attempt.session.scalars(
        sa.select(Case).where(
            Case.workflow == "appraisal",
            Case.zone_id == attempt.case.zone_id,
            Case.id != attempt.case.id,
            Case.state.not_in(UNDONE),
            *(where or (Case.unit_id == attempt.case.unit_id,)),
        )
    )
    return [case for case in found if case.facts.get("year") == year]


def elsewhere(attempt: TransitionContext) -> set[str]:
    """Return the members of the branch who are appraised in another round of the year: one that has
    come to its vote, or is of the branch to which they belong.

    An organ's earlier rounds that are over stand by themselves.
    """
    session = attempt.session
    if session.autoflush:
        session.flush()
    here = {"unit": attempt.unit.id, "day": attempt.today}
    rows = _APPRAISED.rows(session, own=attempt.case.id, **here)
    if not rows:
        return set()
    found = {case.id: case for case in rounds(attempt, Case.id.in_({case for _one, case in rows}))}
    return {
        person for person, case_id in rows if case_id in found and _holds(attempt, found[case_id])
    }


_APPRAISED = Prepared(
    of_branch(_rows.person_id, _rows.case_id)
    .join(Appraised, _rows.person_id == Person.id)
    .where(_rows.standing != "struck", _rows.case_id != sa.bindparam("own"))
)


def _holds(attempt: TransitionContext, case: Case) -> bool:
    """True where a round of the year settles a member who belongs to this branch today."""
    own = case.unit_id == attempt.unit.id
    if own and attempt.unit.rule_set == "organ" and case.closed_at is not None:
        return False
    return own or case.state not in BEFORE_VOTE


@rule(OWED, once=True)
def somebody_is_owed(attempt: TransitionContext) -> bool:
    """这个年度的民主评议已经开展过，本支部党员都已评议。"""
    settled = elsewhere(attempt)
    people = listed(attempt.session, attempt.case.unit_id, attempt.today)
    owed = [one for one in people if one.id not in settled and not one.probationary]
    return bool(owed) or not settled


@effect
def grade_once(attempt: TransitionContext) -> None:
    """本年度已在别的支部或上一件中评议的，参加测评，不再写自评、不再评定等次。"""
    settled = elsewhere(attempt)
    attempt.shows += [person for person in attempt.seats if person in settled]
    attempt.seats = [person for person in attempt.seats if person not in settled]
    for person in settled:
        row = row_of(attempt, person)
        if row is not None and row.standing in ("graded", "ungraded") and row.self_text is None:
            row.standing, row.why, row.excused = "ungraded", "elsewhere", "elsewhere"
    attempt.session.flush()


@rule(OWED, "member")
def appraised_by_somebody(attempt: TransitionContext) -> bool:
    """这名党员现在的支部本年度已经测评，不能再列入那里，仍由本支部评完并告知。"""
    person = attempt.words["member"]
    if attempt.words.get("reason") != "transfer":
        return True
    now = attempt.session.scalar(
        sa.select(Membership.unit_id)
        .where(Membership.person_id == person, is_member(attempt.today))
        .limit(1)
    )
    there = rounds(attempt, Case.unit_id == now) if now else []
    return all(case.state in BEFORE_VOTE for case in there) or _is_graded(attempt, person, there)


def _is_graded(attempt: TransitionContext, person: str, there: list[Case]) -> bool:
    """True where one of these appraisals has a member on its list, so that another must let him go."""
    listed = sa.select(Appraised.person_id).where(
        Appraised.case_id.in_([case.id for case in there]),
        Appraised.person_id == person,
        Appraised.standing == "graded",
    )
    return attempt.session.scalar(listed.limit(1)) is not None


@rule(OWED)
def nobody_is_graded_twice(attempt: TransitionContext) -> bool:
    """有党员已转到别的支部、列在那里的评议名单中，请先移出本名单。"""
    gone = [person for person in graded(attempt) if not still_member(attempt, person)]
    there = attempt.session.scalars(
        sa.select(Appraised.case_id).where(
            Appraised.person_id.in_(gone),
            Appraised.standing == "graded",
            Appraised.case_id != attempt.case.id,
        )
    ).all()
    return not there or not rounds(attempt, Case.id.in_(there))


def window(attempt: TransitionContext) -> tuple[date, date]:
    """Return from when to when a branch appraises: organs within the year, others as the zone
    deploys, by default in the fourth quarter. Source: G-3.1.6d, O-3.1.6c"""
    year = _year(attempt)
    if not 2000 <= year <= 2100:
        return date.max, date.min
    if attempt.unit.rule_set == "organ":
        return date(year, 1, 1), date(year, 12, 31)
    found = deployed(attempt.session, attempt.case.zone_id, year)
    return found or (date(year, 10, 1), date(year, 12, 31))


# Self-assessment and peer review -----------------------------------------------------------------


def write_self(attempt: TransitionContext, row: Appraised, words: dict) -> None:
    """Put a self-assessment into a member's row. Does not commit."""
    row.self_text, row.self_grade = words["text"], words["grade"]
    row.self_by, row.self_at = attempt.actor.id, attempt.at.now


@effect
def file_own(attempt: TransitionContext) -> None:
    """自评存入本人的评议材料。"""
    write_self(attempt, row_of(attempt, attempt.actor.id), attempt.words)


@effect
def file_for(attempt: TransitionContext) -> None:
    """按本人口述代录，注明代录人。"""
    write_self(attempt, row_of(attempt, attempt.words["member"]), attempt.words)


@effect
def excuse_self(attempt: TransitionContext) -> None:
    """免填自评，原因留在记录里。"""
    row_of(attempt, attempt.words["member"]).excused = attempt.words["reason"]


@effect
def hold_meeting(attempt: TransitionContext) -> None:
    """记下组织生活会的日期；没有填的，就是今天。到期没有交自评的，注明未交。"""
    day = attempt.words.get("meeting_on") or attempt.today
    attempt.set_facts(meeting_on=day.isoformat())
    life_meetings.record_for(attempt, day)
    for row in roster(attempt, "graded", "ungraded"):
        if row.self_text is None and row.excused is None:
            row.excused = "late"


@effect
def review_peer(attempt: TransitionContext) -> None:
    """互评意见归入被评党员的材料。"""
    attempt.session.add(
        PeerReview(
            zone_id=attempt.case.zone_id,
            case_id=attempt.case.id,
            about_id=attempt.words["about"],
            by_id=attempt.actor.id,
            opinion=attempt.words["opinion"],
            at=attempt.at.now,
        )
    )
    attempt.session.flush()


def unreviewed(attempt: TransitionContext) -> set[str]:
    """Return the graded members of whom nothing was said yet."""
    done = set(
        attempt.session.scalars(
            sa.select(PeerReview.about_id).where(PeerReview.case_id == attempt.case.id)
        )
    )
    return set(graded(attempt)) - done


@rule(MEETING, "meeting_on")
def meeting_was_held(attempt: TransitionContext) -> bool:
    """组织生活会要先召开再测评。请填写已经召开的日期，不能是今天以后或往年的。"""
    today = attempt.today if attempt.move.name == "open_peer_review" else None
    day = attempt.words.get("meeting_on") or attempt.fact_day("meeting_on") or today
    return day is not None and day <= attempt.today and day.year >= attempt.case.facts["year"]


def _round_begins(attempt: TransitionContext) -> date:
    """Return the first day on which a meeting belongs to this round: in the fourth quarter, or as
    the zone deploys; of an organ after its last round of the year. Source: G-3.1.6d, O-3.1.6c
    """
    year = attempt.case.facts["year"]
    if attempt.unit.rule_set != "organ":
        return min(date(year, 10, 1), window(attempt)[0])
    last = [case.facts.get("meeting_on") for case in rounds(attempt)]
    held = max((date.fromisoformat(day) for day in last if day), default=None)
    return held + timedelta(days=1) if held else date(year, 1, 1)


@rule(MEETING, "meeting_on")
def met_in_this_round(attempt: TransitionContext) -> bool:
    """组织生活会要在这一次评议期间召开（机关以外的，在第四季度），请填写已经召开的日期。"""
    today = attempt.today if attempt.move.name == "open_peer_review" else None
    day = attempt.words.get("meeting_on") or attempt.fact_day("meeting_on") or today
    return day is not None and _round_begins(attempt) <= day <= attempt.today


@effect
def open_vote(attempt: TransitionContext) -> None:
    """名单就此定下，列出应到人数。"""
    day = attempt.words.get("meeting_on")
    attempt.set_facts(
        entitled=entitled(attempt), **({"meeting_on": day.isoformat()} if day else {})
    )
    if day:
        life_meetings.record_for(attempt, day)


# Guards of these steps ---------------------------------------------------------------------------


@rule(MEETING)
def in_the_window(attempt: TransitionContext) -> bool:
    """现在不在民主评议的时间内：一般在第四季度，以区里部署为准；机关在当年内。"""
    first, last = window(attempt)
    return first <= attempt.today <= last


@rule(YEARLY, "member")
def joined_the_branch(attempt: TransitionContext) -> bool:
    """这名党员不在本支部，或已在名单里。"""
    row = row_of(attempt, attempt.words["member"])
    return still_member(attempt, attempt.words["member"]) and (
        row is None or row.standing == "struck"
    )


@rule(YEARLY, "member")
def has_left(attempt: TransitionContext) -> bool:
    """这名党员还在本支部，不能移出；转出、去世等先在花名册上登记。"""
    row = row_of(attempt, attempt.words["member"])
    return row is not None and row.standing != "struck" and not still_member(attempt, row.person_id)


@rule(YEARLY, "member")
def has_died_or_quit(attempt: TransitionContext) -> bool:
    """开始测评以后，只有去世或出党的才移出名单，先在花名册上登记；转出的仍由本支部评完并告知。"""
    row = row_of(attempt, attempt.words["member"])
    return row is not None and row.standing != "struck" and row.person.left_on is not None


@rule(CONSENT, "member")
def counted_so_far(attempt: TransitionContext) -> bool:
    """这名党员不在评议名单里。"""
    row = row_of(attempt, attempt.words["member"])
    return row is not None and row.standing in ("graded", "ungraded")


@rule(CONSENT)
def not_about_oneself(attempt: TransitionContext) -> bool:
    """请示不计入的是您本人，由他人答复。"""
    asked = attempt.case.facts.get("not_counted")
    return asked is None or attempt.actor is None or asked["member"] != attempt.actor.id


@rule(TIME)
def self_is_late(attempt: TransitionContext) -> bool:
    """还有党员没有交自评；全部交齐、免填，或期限过了，才能开展互评。"""
    return attempt.case.due_on is not None and attempt.case.due_on < attempt.today


@rule(PACE)
def branch_is_late(attempt: TransitionContext) -> bool:
    """支部这一步还没有到期。"""
    return attempt.case.due_on is not None and attempt.case.due_on < attempt.today


@rule(STEPS, "about")
def not_oneself(attempt: TransitionContext) -> bool:
    """不能评议自己，请由别人记录。"""
    return attempt.words["about"] != attempt.actor.id


@rule(STEPS, "about")
def one_of_us(attempt: TransitionContext) -> bool:
    """被评议的人不在本支部评定等次的名单里。"""
    return attempt.words["about"] in graded(attempt)


@rule(STEPS)
def still_on_roster(attempt: TransitionContext) -> bool:
    """您不在本次评议的名单里。"""
    row = row_of(attempt, attempt.actor.id)
    return row is not None and row.standing in ("graded", "ungraded")


@rule(STEPS)
def all_reviewed(attempt: TransitionContext) -> bool:
    """还有党员没有互评意见，补上再测评。"""
    return not unreviewed(attempt)
