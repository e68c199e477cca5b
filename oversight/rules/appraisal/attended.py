"""How members took part in the year of an appraisal, as the record has it now. Source: G-4.4e"""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.models import Activity, Attendance, Case
from oversight.models.attendance import ONLY_TOLD

KINDS = ("present", "other_form", "informed", "leave", "absent")


def of(session: Session, case: Case, people: list[str]) -> dict[str, dict[str, int]]:
    """Count by member the year's party days by class, and the lessons made up (made_up)."""
    attended, made_up = _attended(session, case, people), _made_up(session, case, people)
    return {
        person: {**{kind: attended[person, kind] for kind in KINDS}, "made_up": made_up[person]}
        for person in people
    }


def _attended(session: Session, case: Case, people: list[str]) -> Counter:
    """Count each member's classes of attendance in the year, whatever branch he was in.

    Source: G-4.4e
    """
    kind = sa.case((Attendance.form.in_(ONLY_TOLD), "informed"), else_=Attendance.kind).label(
        "taken"
    )
    counted = session.execute(
        sa.select(Attendance.person_id, kind, sa.func.count())
        .join(Activity, Activity.id == Attendance.activity_id)
        .where(Activity.year == case.facts["year"], Attendance.person_id.in_(people))
        .group_by(Attendance.person_id, "taken")
    )
    return Counter({(person, kind): count for person, kind, count in counted})


def _made_up(session: Session, case: Case, people: list[str]) -> Counter:
    counted = session.execute(
        sa.select(Case.data_subject_id, sa.func.count())
        .where(
            Case.workflow == "absence",
            Case.state == "made_up",
            Case.data_subject_id.in_(people),
            Case.facts["kind"].as_string().in_(("leave", "absent")),  # as the record says now
            sa.func.extract("year", Case.opened_at) == case.facts["year"],
        )
        .group_by(Case.data_subject_id)
    )
    return Counter(dict(counted.all()))
