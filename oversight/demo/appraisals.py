"""The demo zone's yearly appraisal: deployed by the zone, and standing at every step in one branch
or another.

Told through the engine; a scenario whose beginning lies outside the window is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from oversight.engine import authority, transitions
from oversight.models import Appraised, Person
from oversight.rules.appraisal.roster import ORDER

from .date_changes import Plot, Scenario, Year, above, tell

WORDS = (
    "按时参加组织生活，带头落实支部任务；学习不够系统。",
    "服从组织安排，热心服务群众；主动思考还不够。",
    "遵守纪律，作风务实；联系群众的办法不多。",
    "立足岗位作表率，完成任务较好；理论学习有差距。",
)
SAYS = (
    "工作扎实，希望多带一带年轻党员。",
    "为人正派，遇事敢说真话，学习再抓紧一些。",
    "服务群众热心，希望多参加志愿服务。",
)


@dataclass
class Appraisal(Scenario):
    """One branch's appraisal of a year."""

    of: int = 0

    def __post_init__(self):
        pass

    def begin(self) -> None:
        case = transitions.open_case(
            self.year.session,
            "appraisal",
            self.year.book.units[self.key],
            {"year": self.of},
            self.year.actor(f"{self.key}.secretary", self.at.today),
            self.at,
        )
        self.case_id = case.id
        self.branch("open_self_assessment")

    @property
    def roster(self) -> dict[str, Person]:
        """Return by user name who writes a self-assessment."""
        names = {person: name for name, person in self.year.book.people.items()}
        rows = self.year.session.execute(
            sa.select(Person)
            .join(Appraised, Appraised.person_id == Person.id)
            .where(
                Appraised.case_id == self.case_id, Appraised.standing.in_(("graded", "ungraded"))
            )
            .order_by(Appraised.sort)
        )
        return {names[person.id]: person for (person,) in rows}

    def graded(self) -> list[str]:
        return list(
            self.year.session.scalars(
                sa.select(Appraised.person_id)
                .where(Appraised.case_id == self.case_id, Appraised.standing == "graded")
                .order_by(Appraised.sort)
            )
        )

    def assess(self, but: int = 0) -> None:
        """Let all hand in, or all but the last few; for the old the branch writes."""
        people = list(self.roster.items())
        for number, (name, person) in enumerate(people[: len(people) - but]):
            words = {
                "text": WORDS[number % 4],
                "grade": "excellent" if number % 5 == 0 else "qualified",
            }
            if person.elderly:
                self.branch("file_for", member=person.id, **words)
            else:
                self.do("file_self_assessment", name, **words)

    def review(self) -> None:
        """Hold the meeting and note what was said of each."""
        self.branch("open_peer_review")
        recorder, own = f"{self.key}.organizer", self.year.book.people[f"{self.key}.organizer"]
        for number, person in enumerate(self.graded()):
            self.do(
                "record_peer_review",
                recorder if person != own else f"{self.key}.secretary",
                about=person,
                opinion=SAYS[number % 3],
            )

    def vote(self) -> None:
        self.branch("open_vote")
        people = self.graded()
        present = len(people) - len(people) // 8
        best = {*people[1 : 1 + max(len(people) // 4, 1)]}
        rows = [
            dict(
                zip(
                    ("member", *ORDER), (person, *self._votes(present, person in best)), strict=True
                )
            )
            for person in people
        ]
        self.branch(
            "enter_count",
            present=present,
            issued=present,
            returned=present,
            valid=present,
            tallies=rows,
            scrutineer=self.year.book.people[f"{above(self.key)}.inspector"],
            teller=people[-1],
        )
        self.branch("close_vote")

    @staticmethod
    def _votes(present: int, best: bool) -> tuple[int, int, int, int]:
        few = present // 5
        return (present - few, few, 0, 0) if best else (few, present - few, 0, 0)

    def propose(self) -> None:
        rows = self.year.session.scalars(
            sa.select(Appraised).where(
                Appraised.case_id == self.case_id, Appraised.standing == "graded"
            )
        )
        self.branch(
            "propose",
            ratings={row.person_id: max(ORDER, key=row.tally.__getitem__) for row in rows},
        )

    def decide(self, but: int = 0) -> None:
        """Let all of the committee agree, or all but the last few, wherever the matter has gone."""
        names = {person: name for name, person in self.year.book.people.items()}
        rows = [desk.person_id for desk in authority.open_desks(self.year.session, self.case_id)]
        for person in rows[: len(rows) - but]:
            self.do("decide", names[person], agree=True, opinion="同意。")


def writing(t: Appraisal) -> Iterator:
    yield t.ago(6)
    t.begin()
    yield t.ago(3)
    t.assess(but=4)


def reviewing(t: Appraisal):
    """The meeting was held; the vote is still to come."""
    yield t.ago(14)
    t.begin()
    yield t.ago(8)
    t.assess()
    yield t.ago(2)
    t.review()


def voted(t: Appraisal):
    """Counted; the branch is to propose the grades."""
    yield t.ago(18)
    t.begin()
    yield t.ago(12)
    t.assess()
    yield t.ago(3)
    t.review()
    t.vote()


def before_committee(t: Appraisal):
    """Half of the superior's committee has agreed."""
    yield from voted(t)
    yield t.ago(1)
    t.propose()
    t.decide(but=3)


def told(t: Appraisal):
    """Decided and told; a review may still be asked for."""
    yield t.ago(20)
    t.begin()
    yield t.ago(14)
    t.assess()
    yield t.ago(10)
    t.review()
    t.vote()
    yield t.ago(8)
    t.propose()
    yield t.ago(4)
    t.decide()
    yield t.ago(2)
    t.branch("tell")


def filed(t: Appraisal):
    yield from told(t)
    yield t.ago(1)
    t.branch("file")


def _drafted(t: Appraisal, begin: date, end: date) -> None:
    """Let the zone office draft a deployment."""
    case = transitions.open_case(
        t.year.session,
        "campaign",
        t.year.book.units["zone"],
        {"year": t.of, "from_on": begin.isoformat(), "until": end.isoformat()},
        t.year.actor("zone.office", t.at.today),
        t.at,
    )
    t.case_id = case.id


def withdrawn(t: Appraisal, begin: date, end: date):
    """Drafted with too early an end, and taken back the same day."""
    yield t.year.moment(date(t.of, 10, 8), 8)
    _drafted(t, begin, end)
    t.do("withdraw", "zone.office")


def drafted(t: Appraisal, begin: date, end: date):
    """Next year's deployment, being drafted."""
    yield t.ago(3)
    _drafted(t, begin, end)


def deployed(t: Appraisal, begin: date, end: date):
    """The zone office drafts, the committee signs."""
    yield t.year.moment(date(t.of, 10, 8))
    _drafted(t, begin, end)
    t.do("propose", "zone.office")
    t.do("sign", "zone.committee1", opinion="同意印发。")


CAST = (
    ("branch06", writing),
    ("branch13", reviewing),
    ("branch20", voted),
    ("branch21", before_committee),
    ("branch23", told),
    ("branch15", filed),
)


def scenarios(year: Year) -> list[tuple[Scenario, Iterator]]:
    """Return the deployments that lie in the window."""
    of = year.today.year if year.today.month >= 10 else year.today.year - 1
    begin, end = date(of, 10, 9), date(of, 12, 31)
    plot: Plot
    found: list[tuple[Scenario, Iterator]] = []
    if date(of, 10, 8) < year.today:
        for plot, until in ((withdrawn, date(of, 11, 30)), (deployed, end)):
            campaign = Appraisal(year, "zone", None, of=of)
            found.append((campaign, plot(campaign, begin, until)))
    ahead = Appraisal(year, "zone", None, of=of + 1)
    found.append((ahead, drafted(ahead, date(of + 1, 10, 9), date(of + 1, 12, 31))))
    return found


def fill(year: Year, _held: object) -> None:
    """Tell the branches' appraisals when the records of the year are written, which the committees
    read.
    """
    of = year.today.year if year.today.month >= 10 else year.today.year - 1
    found: list[tuple[Scenario, Iterator]] = []
    for key, plot in CAST:
        scenario = Appraisal(year, key, None, of=of)
        if date(of, 10, 9) <= next(plot(scenario)).today and year.today <= date(of, 12, 31):
            found.append((scenario, plot(scenario)))
    tell(year, found)
