"""What the appraisal's page shows beyond any case page: the roster with each member's facts, or one's own line."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa
from flask import url_for

from ..db import db
from ..models import Person, Post
from ..models.appraisal import GRADES
from ..operations import appraisal
from ..rules import appraisal as facts
from ..rules.organization import in_office, superiors
from ..rules.people import members
from .casefile import CaseFile

PUBLIC = ("told", "filed", "closed")


@dataclass
class Appraising:
    """An appraisal as one reader sees it: those who lead it see everybody, a member his own line."""

    file: CaseFile
    grades = GRADES

    @property
    def leads(self) -> bool:
        return self.file.reads_all

    @cached_property
    def lines(self) -> list[appraisal.Line]:
        return appraisal.lines(db.session, self.file.case) if self.leads else []

    @cached_property
    def mine(self) -> appraisal.Line | None:
        found = appraisal.lines(db.session, self.file.case, self.file.who.id)
        return found[0] if found else None

    @cached_property
    def by_person(self) -> dict[str, appraisal.Line]:
        return {line.row.person_id: line for line in self.lines}

    @property
    def graded(self) -> list[appraisal.Line]:
        return [line for line in self.lines if line.row.standing == "graded"]

    @property
    def to_rate(self) -> list[appraisal.Line]:
        """Return whose rating is asked for: all, or those that were sent back."""
        wanted = self.file.case.facts.get("returned")
        return [line for line in self.graded if not wanted or line.row.person_id in wanted]

    @property
    def taking_part(self) -> list[Person]:
        return [line.person for line in self.lines if line.row.standing in ("graded", "ungraded")]

    @property
    def silent(self) -> list[Person]:
        """Return who has not handed in a self-assessment and was not excused."""
        return [line.person for line in self.lines if line.row.standing in ("graded", "ungraded")
                and line.row.self_text is None and line.row.excused is None]

    @property
    def newcomers(self) -> list[Person]:
        """Return the branch's members who are not on the roster."""
        on = {line.row.person_id for line in self.lines if line.row.standing != "struck"}
        return [person for person in members(db.session, self.file.case.unit_id, self.file.at.today)
                if person.id not in on]

    @property
    def leavers(self) -> list[Person]:
        still = {person.id for person in members(db.session, self.file.case.unit_id, self.file.at.today)}
        return [line.person for line in self.lines
                if line.row.standing != "struck" and line.row.person_id not in still]

    @cached_property
    def peers(self) -> list[Person]:
        """Return whom the reader may review: the graded, himself left out. Names only."""
        rows = appraisal.lines(db.session, self.file.case)
        graded = [line.person for line in rows if line.row.standing == "graded"]
        return [person for person in graded if person.id != self.file.who.id]

    @property
    def untold(self) -> list[appraisal.Line]:
        """Return whose grade is settled and who has not been told of it."""
        return [line for line in self.graded if line.row.grade and not line.row.told_on]

    @property
    def unreviewed(self) -> list[str]:
        """Return the names of the graded about whom nobody has said anything yet."""
        return [line.person.name for line in self.graded if not line.peers]

    @property
    def count_form(self):
        """Return the form of the count, with what was counted where it is to be corrected."""
        form = self.file.form(self.file.move("enter_count"), "m")
        if not (self.file.bound and self.file.bound.move == "enter_count"):
            for name, value in (self.file.case.facts.get("counts") or {}).items():
                form[name].data = value
        return form

    @property
    def tellers(self) -> list[Person]:
        """Return who may watch and count: the branch's own people, and those of the superior."""
        unit, today = superiors(db.session, self.file.case.unit)[0], self.file.at.today
        sent = db.session.scalars(sa.select(Person).join(Post, Post.person_id == Person.id).where(
            Post.unit_id == unit.id, in_office(today))
            .distinct().order_by(Person.id))
        return [*self.taking_part, *sent]

    @property
    def excellent(self) -> list[str]:
        """Return the names that are announced inside the branch: only 优秀, once all have been told."""
        if self.file.case.state not in PUBLIC:
            return []
        return [line.person.name for line in appraisal.lines(db.session, self.file.case)
                if line.row.grade == "excellent"]

    @property
    def proposed(self) -> list[tuple[str, list[str]]]:
        """Return the proposed grades with the names under each, the best first."""
        found = [(label, [line.person.name for line in self.graded if line.row.proposed == key])
                 for key, label in GRADES.items()]
        return [(label, names) for label, names in found if names]

    @property
    def open_reviews(self) -> list[appraisal.Line]:
        return [line for line in self.lines if line.row.review and "outcome" not in line.row.review]

    def grade(self, key: str | None) -> str:
        return GRADES.get(key or "", "")

    def voted(self, line: appraisal.Line) -> str | None:
        return facts.voted(line.row)

    def action(self, move: str) -> str:
        return url_for("case.make", case_id=self.file.case.id, name=move)
