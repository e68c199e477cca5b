"""What the appraisal's page shows beyond any case page: the roster with each member's facts, or
one's own line.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from flask import url_for

from oversight.base.db import db
from oversight.casework import appraisal
from oversight.models import Person
from oversight.models.appraisal import GRADES
from oversight.organization.members import in_office_of
from oversight.organization.units import superiors
from oversight.rules.appraisal import ratings as ratings
from oversight.rules.appraisal.words import AWAY, EXCUSE_GROUNDS
from oversight.views.present import apart

from .casefile import VOTES, CaseFile

ASKING = ("not_counted_asked", "not_counted_asked_later", "excuse_asked")
PUBLIC = ("told", "filed", "closed")


@dataclass
class Appraising:
    """An appraisal as one reader sees it:

    those who lead it see everybody, a member his own line.
    """

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
    def _called(self) -> dict[str, str]:
        return apart(line.person for line in self.lines)

    def call(self, person: Person) -> str:
        """Return how a member is called among those of the page."""
        return self._called.get(person.id, person.name)

    @cached_property
    def by_person(self) -> dict[str, appraisal.Line]:
        return {line.row.person_id: line for line in self.lines}

    @property
    def graded(self) -> list[appraisal.Line]:
        return appraisal.graded(self.lines)

    @property
    def to_rate(self) -> list[appraisal.Line]:
        """Return whose rating is asked for: all, or those that were sent back."""
        return appraisal.to_rate(self.file.case, self.lines)

    @property
    def taking_part(self) -> list[Person]:
        return [line.person for line in self.lines if line.row.standing in ("graded", "ungraded")]

    @property
    def silent(self) -> list[Person]:
        """Return who has not handed in a self-assessment and was not excused."""
        return [
            line.person
            for line in self.lines
            if line.row.standing in ("graded", "ungraded")
            and line.row.self_text is None
            and line.row.excused is None
        ]

    @cached_property
    def peers(self) -> list[Person]:
        """Return whom the reader may review: the graded, himself left out. Names only."""
        rows = appraisal.lines(db.session, self.file.case)
        graded = [line.person for line in rows if line.row.standing == "graded"]
        return [person for person in graded if person.id != self.file.who.id]

    @cached_property
    def asked_for(self) -> list[tuple[Person, str]]:
        """Return for whom the superior's consent is asked now, each with the ground in words."""
        facts, state = self.file.case.facts, self.file.case.state
        if state not in ASKING:
            return []
        asked = (facts.get("asked_for") or {}).get("members") or [facts["not_counted"]]
        grounds = dict(EXCUSE_GROUNDS if state == "excuse_asked" else AWAY[1].choices)
        return [
            (db.session.get(Person, one["member"]), grounds.get(one["reason"], "")) for one in asked
        ]

    @property
    def untold(self) -> list[appraisal.Line]:
        """Return whose grade is settled and who has not been told of it."""
        return appraisal.untold(self.lines)

    @property
    def unreviewed(self) -> list[str]:
        """Return the names of the graded about whom nobody has said anything yet."""
        return [line.person.name for line in self.graded if not line.peers]

    @property
    def count_form(self):
        """Return the form of the count, with what was counted where it is to be corrected."""
        form = self.file.form(self.file.move("enter_count"), "m")
        if not self.file.bound.of_move("enter_count"):
            for name, value in (self.file.case.facts.get("counts") or {}).items():
                form[name].data = value
        return form

    @property
    def tellers(self) -> list[Person]:
        """Return who may watch and count: the branch's own people, and those of the superior."""
        above = superiors(db.session, self.file.case.unit)[0].id
        return [*self.taking_part, *in_office_of(db.session, [above], self.file.at.today)]

    @cached_property
    def _seats(self) -> list[tuple[str, Person]]:
        return appraisal.voters(db.session, self.file.case)

    @property
    def voters(self) -> list[Person]:
        """Return the members of the committee who may come and vote on paper."""
        return [person for _unit, person in self._seats]

    @property
    def ballot_tellers(self) -> list[Person]:
        """Return who may count the committee's ballots: people of its unit whose own case it is
        not.
        """
        units = {unit for unit, _person in self._seats}
        there = in_office_of(db.session, units, self.file.at.today)
        return [person for person in there if person.id not in self.by_person]

    @property
    def excellent(self) -> list[str]:
        """Return the names that are announced inside the branch:

        only 优秀, once all have been told.
        """
        if self.file.case.state not in PUBLIC:
            return []
        return [
            line.person.name
            for line in appraisal.lines(db.session, self.file.case)
            if line.row.grade == "excellent"
        ]

    @property
    def proposed(self) -> list[tuple[str, list[str]]]:
        """Return the proposed grades with the names under each, the best first."""
        found = [
            (label, [line.person.name for line in self.graded if line.row.proposed == key])
            for key, label in GRADES.items()
        ]
        return [(label, names) for label, names in found if names]

    @property
    def meetings(self) -> list[dict]:
        """Return the minutes of the committees that had the case, with what each member did."""
        return [
            kept | {"said": [(name, VOTES.get(answer, "")) for name, answer in kept["members"]]}
            for kept in self.file.case.facts.get("meetings") or []
        ]

    @property
    def open_reviews(self) -> list[appraisal.Line]:
        return [line for line in self.lines if line.row.review and "outcome" not in line.row.review]

    def grade(self, key: str | None) -> str:
        return GRADES.get(key or "", "")

    def voted(self, line: appraisal.Line) -> str | None:
        return ratings.voted(line.row)

    def action(self, move: str) -> str:
        return url_for("case.make", case_id=self.file.case.id, name=move)
