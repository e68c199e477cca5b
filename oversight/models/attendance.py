"""Who took part in a party day: one row a member of the roster as it was on the day, and who was
invited.
"""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from oversight.base.db import Base, Id, new_id
from oversight.base.sentences import N_

CLASSES = {
    "present": N_("到会"),
    "other_form": N_("其他方式"),
    "leave": N_("请假"),
    "absent": N_("缺席"),
}
# Ways of taking part for those whom the clauses name. Source: G-4.2b, G-4.2c; 流入地支部 by house rule
FORMS = {
    "visit": N_("送学上门"),
    "online": N_("网络互动"),
    "receiving_branch": N_("流入地支部参加"),
    "materials": N_("寄送资料"),
    "informed": N_("通报情况"),
}
# House rule: who was only told knows of it (了解), did not take part, and makes nothing up.
ONLY_TOLD = ("materials", "informed")
FITS = {
    "mobile": ("online", "receiving_branch", "materials", "informed"),
    "retired": ("visit", "online", "materials", "informed"),
    "elderly": ("visit", "online", "materials", "informed"),
}
CATEGORIES = (N_("因公"), N_("外出"), N_("身体"), N_("家事"), N_("其他"))
MODES = {"own": N_("单独开展"), "joint": N_("联合开展"), "whole_then_parts": N_("先统后分")}
INVITEES = {
    "first_secretary": N_("第一书记"),
    "stationed": N_("驻点干部"),
    "instructor": N_("党建指导员"),
    "activist": N_("入党积极分子"),
    "masses": N_("群众代表"),
    "owner": N_("非中共党员业主"),
    "served": N_("服务对象"),
    "staff": N_("职工代表"),
    "leader": N_("有关领导"),
}

# Whom each document names; where a branch has none of its own, the zone-wide one. Source: G-2.2.2
INVITED_BY = {
    "rural": ("first_secretary", "stationed", "instructor", "activist", "masses"),
    "organ": ("activist", "masses", "served"),
    "private": ("instructor", "activist", "staff", "owner"),
    "soe": ("instructor", "activist", "leader", "masses"),
    "public": ("first_secretary", "stationed", "instructor", "activist", "masses", "owner"),
}


class Attendance(Base):
    """The snapshot of the roster: every member expected on the day stands in exactly one class.

    Source: G-2.2.1, G-3.2.1a
    """

    __tablename__ = "attendance"
    __table_args__ = (
        sa.CheckConstraint(
            "class IN ('present', 'other_form', 'leave', 'absent')", name="one_of_four"
        ),
        sa.CheckConstraint(
            "(class = 'other_form') = (form IS NOT NULL)", name="form_of_other_form"
        ),
        sa.Index("ix_attendance_person", "person_id"),
    )

    activity_id: Mapped[str] = mapped_column(sa.ForeignKey("activities.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"), primary_key=True)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    kind: Mapped[str] = mapped_column("class", sa.String(10), comment="key of CLASSES")
    form: Mapped[str | None] = mapped_column(sa.String(20), comment="key of FORMS")
    category: Mapped[str | None] = mapped_column(
        sa.String(10), comment="one of CATEGORIES; never health text"
    )


class Exempted(Base):
    """Who stood outside 应到 on the day by the superior's consent, and what he was told of it.

    Source: G-4.2c
    """

    __tablename__ = "exempted"
    __table_args__ = (sa.Index("ix_exempted_person", "person_id"),)

    activity_id: Mapped[str] = mapped_column(sa.ForeignKey("activities.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"), primary_key=True)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    told: Mapped[str] = mapped_column(
        sa.String(100), default="", comment="one line; never health text"
    )


class Invitee(Base):
    """Who took part without belonging to the branch; never counted in the roster. Source: G-2.2.2"""

    __tablename__ = "invitees"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    activity_id: Mapped[str] = mapped_column(sa.ForeignKey("activities.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(20), comment="key of INVITEES")
    number: Mapped[int] = mapped_column(default=1)
    entered_at: Mapped[datetime]


class LeaveNotice(Base):
    """A member's own word, before a party day, that he cannot come. It binds nobody: the sheet takes
    it as a proposal. What was said before is in the chain of the party day.
    """

    __tablename__ = "leave_notices"
    __table_args__ = (sa.Index("ix_leave_notices_person", "person_id"),)

    activity_id: Mapped[str] = mapped_column(sa.ForeignKey("activities.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"), primary_key=True)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    day: Mapped[date] = mapped_column(comment="the day it was said for; lapses with another day")
    category: Mapped[str] = mapped_column(
        sa.String(10), comment="one of CATEGORIES; never health text"
    )
    said_at: Mapped[datetime]
    taken_back_at: Mapped[datetime | None]
