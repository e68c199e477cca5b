"""The yearly appraisal's roster: one row for each member of a case, and what was said about him.

What a member wrote and what others said of him stands here and not among the case's facts, which
all who take part may read.
"""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from oversight.base.db import Base, Id, new_id
from oversight.base.sentences import N_

from .people import Person
from .records import append_only

GRADES = {
    "excellent": N_("优秀"),
    "qualified": N_("合格"),
    "basic": N_("基本合格"),
    "unqualified": N_("不合格"),
}


class Appraised(Base):
    __tablename__ = "appraised"
    __table_args__ = (sa.Index("ix_appraised_person", "person_id"),)

    case_id: Mapped[str] = mapped_column(sa.ForeignKey("cases.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"), primary_key=True)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    sort: Mapped[int] = mapped_column(
        default=0, comment="order of the roster on the day it was drawn up"
    )
    votes: Mapped[bool] = mapped_column(comment="has the right to vote: full members")
    standing: Mapped[str] = mapped_column(
        sa.String(12),
        comment="graded, ungraded (不评定等次), not_counted (with the superior's consent) or struck",
    )
    why: Mapped[str | None] = mapped_column(sa.String(20), comment="why not graded, as a category")
    self_text: Mapped[str | None] = mapped_column(sa.Text)
    self_grade: Mapped[str | None] = mapped_column(sa.String(12), comment="key of GRADES")
    self_by: Mapped[str | None] = mapped_column(
        sa.ForeignKey("persons.id"), comment="who entered it (代录)"
    )
    self_at: Mapped[datetime | None]
    excused: Mapped[str | None] = mapped_column(
        sa.String(20), comment="why without a self-assessment"
    )
    tally: Mapped[dict | None] = mapped_column(comment="valid ballots by key of GRADES")
    proposed: Mapped[str | None] = mapped_column(sa.String(12), comment="key of GRADES")
    proposed_why: Mapped[str | None] = mapped_column(
        sa.Text, comment="where it departs from the vote"
    )
    heard: Mapped[str | None] = mapped_column(
        sa.Text, comment="what the member said before a harsh rating"
    )
    returned: Mapped[str | None] = mapped_column(
        sa.Text, comment="why the superior committee sent it back"
    )
    grade: Mapped[str | None] = mapped_column(sa.String(12), comment="the outcome; key of GRADES")
    told_on: Mapped[date | None] = mapped_column(
        comment="told in person; a review may be asked for from then"
    )
    review: Mapped[dict | None] = mapped_column(
        comment="reason, asked_on; when answered outcome and opinion"
    )
    person: Mapped[Person] = relationship(foreign_keys=[person_id])

    __decided__ = (
        *(
            "zone_id",
            "sort",
            "votes",
            "standing",
            "why",
            "self_text",
            "self_grade",
            "self_by",
            "self_at",
        ),
        *(
            "excused",
            "tally",
            "proposed",
            "proposed_why",
            "heard",
            "returned",
            "grade",
            "told_on",
            "review",
        ),
    )
    # who takes part in a case may read its journal, and these not
    __discreet__ = ("self_text", "self_grade", "proposed_why", "heard", "returned", "review")


class PeerReview(Base):
    """What one member said of another, face to face and noted by the recorder, or in writing.

    Never edited.
    """

    __tablename__ = "peer_reviews"
    __table_args__ = (
        sa.Index("ix_peer_reviews_case", "case_id", "about_id"),
        sa.Index("ix_peer_reviews_seal", "zone_id", "seal"),
        append_only("seal"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    case_id: Mapped[str] = mapped_column(sa.ForeignKey("cases.id"))
    about_id: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"))
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"))
    opinion: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime]
    seal: Mapped[int | None] = mapped_column(comment="number of the daily seal it lies under")
