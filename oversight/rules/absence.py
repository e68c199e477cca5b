"""Facts about an absentee's follow-up: tries, what was told, the next party day, and what is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.db import find
from oversight.base.kept import Kept
from oversight.base.prepared import Prepared
from oversight.base.sentences import N_
from oversight.base.terms import CONTACT as CONTACT
from oversight.base.terms import LESSON, NEXT
from oversight.calendar.workdays import add_workdays, last_workday
from oversight.law.definition import effect
from oversight.models import Activity, Attendance, Case, Person, Recusal
from oversight.organization import standing
from oversight.organization.units import successor_of

from .context import TransitionContext
from .unexcused import LEADERS

ALSO_MISSING = N_("同次活动本人也没有到会。")
FOLLOW_UP = "absence"  # the workflow that follows up one absentee


def business_key(attempt: TransitionContext) -> str:
    """Return what the follow-up is about: one member and one activity, for good."""
    facts = attempt.case.facts
    return f"{facts['activity']}:{facts['member']}"


def activity_day(attempt: TransitionContext) -> date:
    """Return the day on which the activity took place."""
    activity = attempt.session.get(Activity, attempt.case.facts["activity"])
    return activity.held_on or activity.day


class Taken(NamedTuple):
    """How a member stands in the record of an activity."""

    kind: str
    form: str | None
    category: str | None


def keep(
    session: Session, activity_id: str, entries: dict[str, tuple], followed: Iterable[str]
) -> None:
    """Keep the record of an activity as it was just written, and of whom follow-ups stand there, for
    the openings that ask for it.
    """
    _taken.of(session)[activity_id] = {one: Taken(*entry) for one, entry in entries.items()}
    _followed.of(session)[activity_id] = set(followed)


def _stands(session: Session, activity_id: str, member: str) -> Taken | Attendance | None:
    record = _taken.of(session).get(activity_id)
    if record is not None:
        return record.get(member)
    return session.get(Attendance, (activity_id, member))


def row(attempt: TransitionContext) -> Taken | Attendance | None:
    facts = attempt.case.facts
    return _stands(attempt.session, facts["activity"], facts["member"])


def _is_missing(session: Session, activity_id: str, member: str) -> bool:
    found = _stands(session, activity_id, member)
    return found is not None and found.kind in ("leave", "absent")


def was_missing(attempt: TransitionContext) -> bool:
    """True where the member is on leave or absent in the record."""
    facts = attempt.case.facts
    return _is_missing(attempt.session, facts["activity"], facts["member"])


def can_be_void(attempt: TransitionContext) -> bool:
    """True where nobody is dropped by it: the record was corrected, or a new follow-up takes its
    place.
    """
    return not was_missing(attempt) or own_activity(attempt)


def own_activity(attempt: TransitionContext) -> bool:
    """True where the activity is the branch's own, or of a branch merged into it."""
    named = attempt.case.facts["activity"]
    activity = find(attempt.session, Activity, named)
    return (
        activity is not None
        and successor_of(attempt.session, activity.unit).id == attempt.case.unit_id
    )


def is_new(attempt: TransitionContext) -> bool:
    """True where the member and activity have no other follow-up, open or ended, but voided ones."""
    session, facts = attempt.session, attempt.case.facts
    followed = _followed.of(session).get(facts["activity"])
    if followed is not None:
        return facts["member"] not in followed
    if session.autoflush:
        session.flush()
    key = business_key(attempt)
    return _STANDS.first(session, of_case=attempt.case.id, about=key) is None


_taken, _followed = Kept("attendance"), Kept("cases")
_cases = Case.__table__.c
_STANDS = Prepared(
    sa.select(_cases.id).where(
        _cases.workflow == FOLLOW_UP,
        Case.business_key == sa.bindparam("about"),
        _cases.id != sa.bindparam("of_case"),
        _cases.state != "void",
        _cases.state != "corrected",
    )
)


def tries(attempt: TransitionContext) -> list[dict]:
    return attempt.case.facts.get("tries") or []


def informed(attempt: TransitionContext) -> bool:
    """True once the member was reached and told what happened. Source: G-3.2.1c"""
    return any(entry["reached"] and entry["told"] for entry in tries(attempt))


def told_on(attempt: TransitionContext) -> date | None:
    """Return the day on which the member was first reached and told what happened; None where that was
    noted without its day: who enters late then says when the lesson was, not when he called.
    """
    told = [entry for entry in tries(attempt) if entry["reached"] and entry["told"]]
    if not told or any(entry["on"] == entry.get("entered_on", entry["on"]) for entry in told):
        return None
    return date.fromisoformat(min(entry["on"] for entry in told))


def reached(attempt: TransitionContext) -> bool:
    return any(entry["reached"] for entry in tries(attempt))


def unreachable(attempt: TransitionContext) -> bool:
    """True after three tries by two ways without success, the receiving branch asked among them if
    mobile.
    """
    failed = [entry["way"] for entry in tries(attempt) if not entry["reached"]]
    mobile = attempt.session.get(Person, attempt.case.facts["member"]).mobile
    return (
        len(failed) >= 3
        and len(set(failed)) >= 2
        and not reached(attempt)
        and (not mobile or "receiving_branch" in failed)
    )


def unreachable_for_days(attempt: TransitionContext) -> bool:
    """True where it is so, and the tries were on three different days."""
    days = {entry["on"] for entry in tries(attempt) if not entry["reached"]}
    return unreachable(attempt) and len(days) >= 3


def lost(attempt: TransitionContext) -> bool:
    """True where a search for the member that began after an earlier activity still stands: he has
    neither taken part nor been reached since.
    """
    member = attempt.case.facts["member"]
    earlier = attempt.session.scalars(
        sa.select(Case).where(
            Case.workflow == FOLLOW_UP, Case.data_subject_id == member, Case.id != attempt.case.id
        )
    ).all()
    searching = [case for case in earlier if case.state == "searching"]
    if not searching:
        return False
    day = activity_day(attempt)
    held = {
        row.id: row.held_on or row.day
        for row in attempt.session.scalars(
            sa.select(Activity).where(
                Activity.id.in_([case.facts["activity"] for case in searching])
            )
        )
    }
    began = max((one for one in held.values() if one < day), default=None)
    return began is not None and not _seen_since(attempt, began, earlier)


def _seen_since(attempt: TransitionContext, began: date, cases: Sequence[Case]) -> bool:
    """True where the member took part or was reached after a search had begun."""
    came = attempt.session.scalar(
        sa.select(Attendance.person_id)
        .join(Activity, Activity.id == Attendance.activity_id)
        .where(
            Attendance.person_id == attempt.case.facts["member"],
            Attendance.kind.in_(("present", "other_form")),
            Activity.held_on > began,
        )
        .limit(1)
    )
    return came is not None or any(
        entry["reached"] and entry["on"] > began.isoformat()
        for case in (*cases, attempt.case)
        for entry in case.facts.get("tries") or []
    )


def lesson_due(attempt: TransitionContext) -> date:
    """Return the day by which the lesson is due: as the zone sets it, else the next party day; of one
    sent back, the one after that.
    """
    if (term := attempt.terms[LESSON.name]) != NEXT:
        return add_workdays(attempt.calendar, attempt.today, int(term))
    first = next_party_day(attempt)
    if attempt.case.facts.get("sent_back_on"):
        after = party_day_after(attempt.session, attempt.case.unit_id, first)
        first = after or add_workdays(attempt.calendar, first, 22)
    return last_workday(attempt.calendar, first)


def next_party_day(attempt: TransitionContext) -> date:
    """Return the day before which the lesson is due: the branch's next party day, or a month of
    work days.
    """
    after = max(activity_day(attempt), attempt.today)
    return party_day_after(attempt.session, attempt.case.unit_id, after) or add_workdays(
        attempt.calendar, attempt.today, 22
    )


def party_day_after(session: Session, unit_id: str, day: date) -> date | None:
    """Return the first day after another on which a branch meets, as far as it is planned."""
    return session.scalar(
        sa.select(sa.func.min(Activity.day)).where(Activity.unit_id == unit_id, Activity.day > day)
    )


def found_unexcused():
    """Return the condition on cases that a person found the absence to be 无故, and it stands."""
    return sa.and_(
        Case.workflow == FOLLOW_UP,
        Case.state.not_in(("void", "corrected")),
        Case.facts["unexcused"]["on"].as_string().is_not(None),
    )


def streak(session: Session, person_id: str) -> list[Case]:
    """Return the absences found 无故 since a member last took part, the oldest first.

    Only 无故 counts: leave and lessons made up neither count nor end it.
    """
    found: list[Case] = []
    cases = {
        case.facts["activity"]: case
        for case in session.scalars(
            sa.select(Case).where(found_unexcused(), Case.data_subject_id == person_id)
        )
    }
    for activity_id, kind in session.execute(
        sa.select(Attendance.activity_id, Attendance.kind)
        .join(Activity, Activity.id == Attendance.activity_id)
        .where(Attendance.person_id == person_id)
        .order_by(Activity.held_on, Activity.id)
    ):
        if kind in ("present", "other_form"):
            found = []
        elif kind == "absent" and activity_id in cases:
            found.append(cases[activity_id])
    return found


def needs_number(attempt: TransitionContext) -> bool:
    """True where the rule set demands that a make-up lesson is filed under a number.

    Source: O-3.2.1c
    """
    return attempt.unit.rule_set == "organ"


@effect
def note_class(attempt: TransitionContext) -> None:
    """记下考勤类别和已知的原因。"""
    found = row(attempt)
    attempt.set_facts(kind=found.kind, reason=found.category)


@effect
def part_absent_leaders(attempt: TransitionContext) -> None:
    """支部领导同次都没有到会的，互相不办对方的联系补课，由到会的人或上级办理。"""
    member = attempt.case.facts["member"]
    leading = _leading(attempt)
    if member not in leading:
        return
    attempt.insert()
    activity = attempt.case.facts["activity"]
    missing = {one for one in leading if _is_missing(attempt.session, activity, one)}
    others = sorted(missing - {member})
    parted = [(attempt.case.id, person) for person in others]
    parted += [(case, member) for case in _open_before(attempt, others)]
    for case, person in parted:
        attempt.session.add(
            Recusal(
                case_id=case,
                person_id=person,
                at=attempt.at.now,
                zone_id=attempt.case.zone_id,
                reason=ALSO_MISSING,
            )
        )
    attempt.session.flush()


def _leading(attempt: TransitionContext) -> set[str]:
    """Return who leads the branch today."""
    unit = attempt.case.unit_id
    here = standing.day(attempt.session, attempt.case.zone_id, attempt.today, [unit])
    return {row.person_id for row in here.posts[unit] if row.office in LEADERS}


def _open_before(attempt: TransitionContext, leaders: list[str]) -> list[str]:
    """Return the open cases about leaders missing at the same activity whom the member may follow up
    still: he was missing himself, as a later correction says.
    """
    member, activity = attempt.case.facts["member"], attempt.case.facts["activity"]
    kept = sa.exists().where(Recusal.case_id == Case.id, Recusal.person_id == member)
    return list(
        attempt.session.scalars(
            sa.select(Case.id).where(
                Case.workflow == FOLLOW_UP,
                Case.business_key.in_([f"{activity}:{person}" for person in leaders]),
                Case.closed_at.is_(None),
                Case.id != attempt.case.id,
                ~kept,
            )
        )
    )


@effect
def open_anew(attempt: TransitionContext) -> None:
    """活动记录里仍是请假或缺席的，随即另立一件重新跟进，不漏一人。"""
    if was_missing(attempt):
        named = {name: attempt.case.facts[name] for name in ("activity", "member")}
        attempt.opens.append((attempt.case.workflow, attempt.case.unit_id, named))


@effect
def note_try(attempt: TransitionContext) -> None:
    """记入联系登记。"""
    words = attempt.raw
    today = attempt.today.isoformat()
    entry = {
        "on": words.get("on") or today,
        "entered_on": today,
        "reached": words["reached"],
        "told": words["told"],
        "way": words["way"],
        "reason": words["reason"],
        "by": attempt.actor.id,
    }
    attempt.set_facts(
        tries=[*tries(attempt), entry], reason=words["reason"] or attempt.case.facts.get("reason")
    )


@effect
def note_lesson(attempt: TransitionContext) -> None:
    """记入补课登记。"""
    words = attempt.raw
    _keep_lesson(attempt, words["form"], words["held_on"], words["note"])


def _keep_lesson(attempt: TransitionContext, form: str, held_on: str, note: str | None) -> None:
    attempt.set_facts(
        lesson={
            "form": form,
            "held_on": held_on,
            "note": note,
            "by": attempt.actor.id,
            "entered_on": attempt.today.isoformat(),
        }
    )


@effect
def note_contact(attempt: TransitionContext) -> None:
    """记入联系登记；同一天补了课的，一并记入补课登记。"""
    note_try(attempt)
    if attempt.raw.get("form"):
        words = attempt.raw
        held_on = words.get("held_on") or words.get("on") or attempt.today.isoformat()
        _keep_lesson(attempt, words["form"], held_on, words.get("note"))


@effect
def send_back_lesson(attempt: TransitionContext) -> None:
    """退回重补，下一次主题党日以后再到期；原来的登记留在案卷里。"""
    facts = attempt.case.facts
    attempt.set_facts(
        lesson=None,
        lessons_sent_back=[*(facts.get("lessons_sent_back") or []), facts.get("lesson")],
        sent_back_on=attempt.today.isoformat(),
    )
    attempt.restart_clock = True


@effect
def note_finding(attempt: TransitionContext) -> None:
    """记下认定为无故不参加的依据。"""
    attempt.set_facts(
        unexcused={
            "on": attempt.today.isoformat(),
            "heard": attempt.raw["heard"],
            "note": attempt.raw["note"],
            "by": attempt.actor.id,
        }
    )


@effect
def note_education(attempt: TransitionContext) -> None:
    """记下谈话提醒或批评教育。"""
    attempt.set_facts(
        education={"measure": attempt.raw["measure"], "on": attempt.today.isoformat()}
    )


@effect
def withdraw_finding(attempt: TransitionContext) -> None:
    """撤销无故不参加的认定。"""
    attempt.set_facts(unexcused=None, education=None)


@effect
def keep_finding(attempt: TransitionContext) -> None:
    """维持原认定。"""
    attempt.set_facts(
        unexcused={**attempt.case.facts["unexcused"], "upheld_on": attempt.today.isoformat()}
    )


@effect
def file(attempt: TransitionContext) -> None:
    """补课情况整理归档。"""
    attempt.set_facts(
        archive_no=attempt.raw.get("archive_no"), archived_on=attempt.today.isoformat()
    )
