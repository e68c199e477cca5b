"""三（一）6: 个人自评, 党员互评, 民主测评, 组织评定, then the superior's committee, each member told, a review by
others.

Written from the guidance, dossier §3 and §8 and the contract.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.base.refusals import Forbidden, NotFound, RuleViolation
from oversight.models import Appraised, WorkItem
from tests.support.actors import Play

PEOPLE = ("secretary", "organizer", "member1", "member2", "member3", "more1", "more2", "more3")
SELF = {"text": "政治上、纪律上、品德上、作用上都合格，学习还不够深。", "grade": "qualified"}


class Appraising(Play):
    """A branch's appraisal step by step; `unit` is the village, which has eight full members."""

    def __init__(self, session, world, unit: str = "village"):
        super().__init__(session, world, "2026-11-24")
        self.unit, self.case = unit, None

    @classmethod
    def of_eight(cls, session, world) -> Appraising:
        """Give the village three members more, so that eight are graded. Commits."""
        for number in (1, 2, 3):
            world.person(f"village.more{number}", "village")
        session.commit()
        return cls(session, world)

    @property
    def people(self) -> dict[str, str]:
        """Return the short names of those who are graded, in the order of the roster, with their
        ids.
        """
        ids = self.session.scalars(
            sa.select(Appraised.person_id)
            .where(Appraised.case_id == self.case.id, Appraised.standing == "graded")
            .order_by(Appraised.sort)
        )
        names = {person.id: name for name, person in self.world.people.items()}
        return {names[person]: person for person in ids}

    def row(self, name: str) -> Appraised:
        return self.session.get(
            Appraised, (self.case.id, self.world.people[name].id), populate_existing=True
        )

    def do(self, who: str | None, move: str, **words):
        self.case = self.say(self.case, who, move, words)
        return self.case

    def lead(self, move: str, **words):
        return self.do(f"{self.unit}.secretary", move, **words)

    def begin(self):
        self.case = self.open(f"{self.unit}.secretary", self.unit, workflow="appraisal", year=2026)
        return self.case

    def assess(self):
        self.lead("open_self_assessment")
        for name in self.people:
            self.do(name, "file_self_assessment", **SELF)
        return self.case

    def review_peers(self):
        self.lead("open_peer_review")
        for name, person in self.people.items():
            recorder = (
                f"{self.unit}.organizer"
                if name == f"{self.unit}.secretary"
                else f"{self.unit}.secretary"
            )
            self.do(
                recorder,
                "record_peer_review",
                about=person,
                opinion="认真负责，联系群众还可以更主动。",
            )
        return self.case

    def ballots(self, **changed) -> dict:
        """Return a count that adds up: everybody 合格, the organizer 优秀; `changed` by short name or
        word.
        """
        present = changed.pop("present", len(self.people))
        rows = []
        for name, person in self.people.items():
            best = present if name == f"{self.unit}.organizer" else 0
            row = {
                "member": person,
                "excellent": best,
                "qualified": present - best,
                "basic": 0,
                "unqualified": 0,
            }
            rows.append(row | changed.pop(name, {}))
        tellers = [f"{self.unit}.member1", f"{self.unit}.member2"]
        return {
            "present": present,
            "issued": present,
            "returned": present,
            "valid": present,
            "tallies": rows,
            "scrutineer": self.world.people[tellers[0]].id,
            "teller": self.world.people[tellers[1]].id,
            **changed,
        }

    def vote(self, **changed):
        self.lead("open_vote")
        self.lead("enter_count", **self.ballots(**changed))
        return self.lead("close_vote")

    def ratings(self, **changed) -> dict:
        """Return what the vote yields; `changed` grades by short name without the branch."""
        grades = {
            name: "excellent" if name.endswith("organizer") else "qualified" for name in self.people
        }
        grades |= {f"{self.unit}.{name}": grade for name, grade in changed.items()}
        return {self.people[name]: grade for name, grade in grades.items()}

    def rated(self, **changed):
        self.begin()
        self.assess()
        self.review_peers()
        self.vote()
        return self.lead("propose", ratings=self.ratings(**changed))

    def decide_all(self, agree: bool = True, **words):
        for name in ("secretary", "deputy", "committee1", "committee2", "committee3"):
            self.do(
                f"town1.{name}",
                "decide",
                agree=agree,
                opinion="同意" if agree else "请重新研究",
                **words,
            )
        return self.case

    def told(self, **changed):
        self.rated(**changed)
        self.decide_all()
        return self.lead("tell")


WALKS = {"appraisal": "test_from_the_roster_to_the_archive"}


@pytest.fixture
def village(session, world):
    return Appraising.of_eight(session, world)


def test_from_the_roster_to_the_archive(village):
    village.begin()
    assert village.case.state == "preparing" and len(village.people) == 8
    village.lead("open_self_assessment")
    assert village.case.due_on.isoformat() == "2026-12-08"
    for name in village.people:
        assert village.case.state == "self_assessment"
        village.do(name, "file_self_assessment", **SELF)
    assert village.case.state == "self_done"
    assert village.row("village.member3").self_grade == "qualified"
    village.review_peers()
    assert village.case.facts["meeting_on"] == "2026-11-24"
    village.lead("open_vote")
    assert village.case.facts["entitled"] == 8
    village.lead("enter_count", **village.ballots())
    village.lead("close_vote")
    village.lead("propose", ratings=village.ratings())
    assert village.case.state == "deciding" and village.case.due_on.isoformat() == "2026-12-08"
    for name in ("secretary", "deputy", "committee1", "committee2"):
        village.do(f"town1.{name}", "decide", agree=True, opinion="同意")
    assert village.case.state == "deciding", "one member has not spoken"
    village.do("town1.committee3", "decide", agree=True, opinion="同意")
    assert village.case.state == "telling"
    assert village.row("village.organizer").grade == "excellent"
    village.lead("tell")
    assert village.case.state == "told"
    village.lead("file")
    assert village.case.state == "filed" and village.case.open
    village.on("2026-12-01")
    assert not tick(village), "a review may still be asked for"
    village.on("2026-12-02")
    assert tick(village) and village.case.state == "closed" and not village.case.open


def tick(play) -> bool:
    from oversight.engine import transitions

    done = transitions.tick(play.session, play.case.id, play.at)
    play.session.commit()
    return done


def test_each_member_finds_the_self_assessment_on_the_desk(village):
    village.begin()
    village.lead("open_self_assessment")
    rows = village.session.scalars(
        sa.select(WorkItem).where(WorkItem.case_id == village.case.id, WorkItem.closed_at.is_(None))
    )
    assert {row.person_id for row in rows} == set(village.people.values())
    village.do("village.member1", "file_self_assessment", **SELF)
    rows = village.session.scalars(
        sa.select(WorkItem).where(WorkItem.case_id == village.case.id, WorkItem.closed_at.is_(None))
    )
    assert village.people["village.member1"] not in {row.person_id for row in rows}


def deploy(play, begin: str = "2026-10-20", end: str = "2027-01-31"):
    """Let the zone deploy the year's appraisal; leaves the play on the day of the signature."""
    case = play.on("2026-10-08").open(
        "zone.officer", "zone", workflow="campaign", year=2026, from_on=begin, until=end
    )
    play.move(case, "zone.officer", "propose")
    return play.move(case, "zone.secretary", "sign")


def test_the_zone_deploys_when_and_every_branch_gets_the_notice(village):
    """三（一）6: 每年第四季度，必须按区党工委统一部署."""
    case = deploy(village)
    assert case.state == "in_force" and case.number == "云党工〔2026〕1号"
    assert "village" in village.desks(case, "copy") and "organ" in village.desks(case, "copy")
    village.no(RuleViolation, "in_the_window", village.begin)
    village.on("2027-01-20")
    assert village.begin().state == "preparing"


def test_who_drafts_the_deployment_does_not_sign_it(village):
    village.world.post("zone.officer", "zone", "deputy")
    village.session.commit()
    case = village.on("2026-10-08").open(
        "zone.officer",
        "zone",
        workflow="campaign",
        year=2026,
        from_on="2026-10-20",
        until="2026-12-31",
    )
    village.move(case, "zone.officer", "propose")
    village.refused(Forbidden, "authority", case, "zone.officer", "sign")
    village.no(
        NotFound,
        None,
        village.open,
        "town1.officer",
        "zone",
        workflow="campaign",
        year=2026,
        from_on="2026-10-20",
        until="2026-12-31",
    )
    village.no(
        RuleViolation,
        "about_the_fourth_quarter",
        village.open,
        "zone.officer",
        "zone",
        workflow="campaign",
        year=2027,
        from_on="2027-03-01",
        until="2027-12-31",
    )
