"""What the appraisal's page shows beyond any case page: the roster with each member's facts, or
one's own line.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from oversight.base.db import db
from oversight.base.lazy import cached_property
from oversight.base.refusals import InvalidInput
from oversight.base.sentences import N_, say
from oversight.casework import appraisal
from oversight.law.inputs import read_count
from oversight.models import Case, Person, Unit
from oversight.models.appraisal import GRADES
from oversight.organization.members import in_office_of
from oversight.organization.units import superiors
from oversight.rules.appraisal import ratings as ratings
from oversight.rules.appraisal.words import AWAY, EXCUSE_GROUNDS
from oversight.views import session
from oversight.views.forms import Choice
from oversight.views.present import apart

from .casefile import VOTES, CaseFile

PRINTS = {
    "signin": N_("签到表"),
    "ballot": N_("民主测评票"),
    "count": N_("计票表"),
    "summary": N_("测评汇总表"),
    "register": N_("评议登记表"),
    "told": N_("告知书"),
}
BY_NAME = "called"  # marks a form in which speakers are written by their names
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
    def tied(self) -> list[str]:
        """Return the names of those whose vote is tied and for whom nothing was proposed yet."""
        return [
            self.call(line.person)
            for line in self.to_rate
            if len(self.leading(line)) > 1 and not line.row.proposed
        ]

    @property
    def printable(self) -> list[tuple[str, str]]:
        """Return what can be printed of it now, for who leads it: the summary once it is counted, the
        notices once there is a grade.
        """
        not_yet = {
            "summary": not self.file.case.facts.get("counts"),
            "told": not any(line.row.grade for line in self.graded),
        }
        return [(key, label) for key, label in PRINTS.items() if not not_yet.get(key)]

    @property
    def present_lines(self) -> list[appraisal.Line]:
        """Return who comes to the meeting: also those who are not graded."""
        return [line for line in self.lines if line.row.standing in ("graded", "ungraded")]

    @property
    def entitled(self) -> int:
        """Return how many should attend the vote (应到), as fixed at its beginning or as of now."""
        fixed = self.file.case.facts.get("entitled")
        return sum(line.row.votes for line in self.present_lines) if fixed is None else fixed

    @property
    def taking_part(self) -> list[Person]:
        return [line.person for line in self.present_lines]

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

    def entries(self, move: str, word: str, person: str, name: str = "member") -> list[dict]:
        """Return what came back of a list about one member; an empty entry where nothing did."""
        bound = self.file.bound.of_move(move)
        found = [one for one in bound.words.get(word) or [] if one.get(name) == person]
        return found or [{}]

    def spoken(self, said: str | None) -> str:
        """Return by what name a speaker stands in the form: as he is called, or as it was typed."""
        return self._called.get(said or "", said or "")

    def summed(self, line: appraisal.Line) -> tuple[int, int]:
        """Return of a count that came back what a member's votes add up to, and what they should."""
        entry = self.entries("enter_count", "tallies", line.row.person_id)[0]
        valid = self.file.bound.of_move("enter_count").words.get("valid")
        return sum(_votes(entry.get(grade)) for grade in GRADES), _votes(valid)

    @property
    def count_form(self):
        """Return the form of the count, with what was counted where it is to be corrected."""
        form = self.file.form(self.file.move("enter_count"), "m")
        if not self.file.bound.of_move("enter_count"):
            for name, value in (self.file.case.facts.get("counts") or {}).items():
                form[name].data = value
        return form

    @property
    def tellers(self) -> list[Choice]:
        """Return who may watch and count, each under his unit: the branch's own people, and those
        of the superior.
        """
        above, own = superiors(db.session, self.file.case.unit)[0], self.file.case.unit
        theirs = in_office_of(db.session, [above.id], self.file.at.today)
        return _under({own: self.taking_part, above: theirs})

    @cached_property
    def _seats(self) -> list[tuple[str, Person]]:
        return appraisal.voters(db.session, self.file.case)

    @property
    def voters(self) -> list[Person]:
        """Return the members of the committee who may come and vote on paper."""
        return [person for _unit, person in self._seats]

    @property
    def ballot_tellers(self) -> list[Choice]:
        """Return who may count the committee's ballots, each under his unit: people of its unit
        whose own case it is not.
        """
        units = {db.session.get(Unit, unit) for unit, _person in self._seats}
        there = {unit: in_office_of(db.session, [unit.id], self.file.at.today) for unit in units}
        free = {
            unit: [person for person in people if person.id not in self.by_person]
            for unit, people in there.items()
        }
        return _under(free)

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

    def leading(self, line: appraisal.Line) -> list[str]:
        """Return the grades with the most votes: where several are tied, none is preset."""
        return ratings.leading(line.row)

    def action(self, move: str) -> str:
        return url_for("case.make", case_id=self.file.case.id, name=move)


def _votes(typed) -> int:
    return read_count(str(typed)) or 0


def _under(people: dict[Unit, list[Person]]) -> list[Choice]:
    """Return whom a field may name, each once, by name under the heading of his unit."""
    called = apart([one for found in people.values() for one in found])
    listed: dict[str, Choice] = {}
    for unit, found in people.items():
        for one in sorted(found, key=lambda person: (person.name, person.id)):
            listed.setdefault(one.id, Choice(one.id, called[one.id], unit.name))
    return list(listed.values())


# The sheet of the meeting, on which speakers are written by their names ---------------------------


def read_names(case: Case, words: dict) -> dict:
    """Return a sheet's words with the ids of those who are written by name. Raises InvalidInput."""
    people = Appraising(CaseFile(case, session.actor(), session.moment())).taking_part
    known = {"": "", **{name: person for person, name in apart(people).items()}}
    found = [entry | {"by": _id_of(entry["by"], known)} for entry in words.get("reviews", ())]
    return words | {"reviews": found}


def _id_of(name: str, known: dict[str, str]) -> str:
    """Return the id of who is written in a line, as he is called on the page."""
    if name in known:
        return known[name]
    why = N_("“%(name)s”不在名单上，或不止一人，请从列表里选发言人。")
    raise InvalidInput({"reviews": say(why, name=name[:40])})
