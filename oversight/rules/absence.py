"""Facts about an absentee's follow-up: tries, what was told, the next party day, and what is kept."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.db import find
from oversight.calendar.workdays import add_workdays
from oversight.law.definition import effect
from oversight.models import Activity, Attendance, Case, Person
from oversight.organization.units import successor_of

from .context import TransitionContext

FOLLOW_UP = "absence"  # the workflow that follows up one absentee


def business_key(attempt: TransitionContext) -> str:
    """Return what the follow-up is about: one member and one activity, for good."""
    facts = attempt.case.facts
    return f"{facts['activity']}:{facts['member']}"


def activity_day(attempt: TransitionContext) -> date:
    """Return the day on which the activity took place."""
    activity = attempt.session.get(Activity, attempt.case.facts["activity"])
    return activity.held_on or activity.day


def row(attempt: TransitionContext) -> Attendance | None:
    facts = attempt.case.facts
    return attempt.session.get(Attendance, (facts["activity"], facts["member"]))


def was_missing(attempt: TransitionContext) -> bool:
    """True where the member is on leave or absent in the record."""
    found = row(attempt)
    return found is not None and found.kind in ("leave", "absent")


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
    return (
        attempt.session.scalar(
            sa.select(Case.id).where(
                Case.workflow == FOLLOW_UP,
                Case.business_key == business_key(attempt),
                Case.id != attempt.case.id,
                Case.state.not_in(("void", "corrected")),
            )
        )
        is None
    )


def tries(attempt: TransitionContext) -> list[dict]:
    return attempt.case.facts.get("tries") or []


def informed(attempt: TransitionContext) -> bool:
    """True once the member was reached and told what happened. Source: G-3.2.1c"""
    return any(entry["reached"] and entry["told"] for entry in tries(attempt))


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
    attempt.set_facts(
        lesson={
            "form": words["form"],
            "held_on": words["held_on"],
            "note": words["note"],
            "by": attempt.actor.id,
            "entered_on": attempt.today.isoformat(),
        }
    )


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
