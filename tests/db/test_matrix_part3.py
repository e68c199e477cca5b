"""The exhaustive matrix of part 3: every actor tries every move from every state of an appraisal
and its deployment.

Expectations come from tests/support/matrix_part3.py alone. One drive passes through many states; at
each of them a denied move leaves the database as it was, and what the page offers is what the
engine allows.
"""

from __future__ import annotations

from datetime import date
from functools import partial

import pytest
import sqlalchemy as sa

from oversight import workflows
from oversight.models import Membership
from tests.db.test_appraisal_cases import move_in, setting
from tests.db.test_appraisal_walk import SELF, Appraising, deploy
from tests.support.actors import CAST, second_hat
from tests.support.matrix import count_cells, misjudged, tried  # noqa: F401 (a fixture of this module)
from tests.support.matrix_part3 import ABROAD, BODY, CAST_MORE, MEMBERS, SPOKEN, TABLES

EVERYBODY = [name for name, _role, _relation in (*CAST, *CAST_MORE)]
WHY = {"reason": "情况属实，需要这样办"}
LOST = ("village.struck", "village.leaver")


@pytest.fixture
def play(session, world):
    second_hat(world)
    for name in (*LOST, "rated.hat"):
        world.person(name, "village")
    world.person("village.new", "village", probationary=True)
    for name in ("village.joiner", "gone.hat"):
        world.person(name)
    world.post("rated.hat", "town1", "committee")
    world.post("gone.hat", "town1", "committee", to_on=date(2026, 11, 1))
    session.commit()
    return Appraising(session, world)


# The drives: each yields the rows of the table that it passes through -----------------------------


def opened(play):
    """Open the village's appraisal; afterwards two members leave and one joins."""
    play.begin()
    people = [play.world.people[name].id for name in LOST]
    play.session.execute(
        sa.update(Membership)
        .where(Membership.person_id.in_(people))
        .values(to_on=date(2026, 11, 23))
    )
    move_in(play, "village.joiner", "village")


def to_the_vote(play):
    for name in (*play.people, "village.new"):
        if name not in (*LOST, "village.member2"):
            play.do(name, "file_self_assessment", **SELF)


def excuse_asked(play):
    play.on("2026-11-24").lead("ask_excuse", member=play.people["village.leaver"], reason="away")


def excused(play):
    play.on("2026-11-24").do("town1.officer", "consent_excuse")


def main(play):
    opened(play)
    yield from ("preparing", "preparing, overdue")
    play.on("2026-11-24").lead("ask_not_counted", member=play.people[ABROAD], reason="abroad")
    yield from ("not counted asked", "not counted asked, overdue")
    play.on("2026-11-24").do("town1.officer", "consent_not_counted")
    play.lead("open_self_assessment")
    play.lead("strike", member=play.people["village.struck"], reason="transfer")
    play.do("village.member2", "file_self_assessment", **SELF)
    yield from ("self-assessment", "self-assessment, overdue")
    excuse_asked(play)
    yield from ("excuse asked", "excuse asked, overdue")
    excused(play)
    to_the_vote(play)
    yield "self done"
    play.lead("open_peer_review")
    yield "peer review, nobody yet"
    for name, person in play.people.items():
        play.do(
            "village.organizer" if name == "village.secretary" else "village.secretary",
            "record_peer_review",
            about=person,
            opinion="认真负责。",
        )
    yield "peer review"
    play.lead("ask_not_counted", member=play.people["village.leaver"], reason="moved")
    yield "not counted asked later"
    play.do("town1.officer", "deny_not_counted")
    play.lead("open_vote")
    yield "vote"
    play.lead("enter_count", **play.ballots())
    yield "vote, counted"
    play.lead("close_vote")
    yield "rating"
    play.lead("propose", ratings=play.ratings())
    yield "deciding"
    for name in SPOKEN:
        play.do(name, "decide", agree=name != SPOKEN[-1], opinion="请再研究")
    yield from ("deciding, some have spoken", "deciding, overdue")
    play.on("2026-11-24").do("town1.officer", "close_meeting")
    yield "returned"
    play.lead("propose", ratings=play.ratings())
    play.decide_all()
    yield "telling"
    play.lead("tell")
    yield from ("told", "told, nobody may ask any more", "told, overdue")
    play.on("2026-11-25").lead("file")
    yield "filed"
    play.do("village.member1", "ask_review", **WHY)
    yield from ("under review", "under review, overdue")
    play.do("zone.officer", "take_over", **WHY)
    yield "under review, taken over"
    play.do("zone.officer", "uphold")
    play.lead("tell")
    play.lead("file")
    play.on("2026-12-18").do(None, "close")
    yield "closed"


def taken_over(play):
    opened(play)
    play.lead("ask_not_counted", member=play.people[ABROAD], reason="abroad")
    play.do("town1.officer", "consent_not_counted")
    play.lead("open_self_assessment")
    for name in (*play.people, "village.new"):
        play.do(name, "file_self_assessment", **SELF)
    play.review_peers()
    play.vote()
    play.lead("propose", ratings=play.ratings())
    play.on("2026-12-09").do("zone.officer", "take_over", **WHY)
    yield "deciding, taken over"


def on_paper(play):
    setting(play, "appraisal_vote", "secret")
    opened(play)
    play.lead("open_self_assessment")
    play.lead("strike", member=play.people["village.struck"], reason="transfer")
    play.do("village.member2", "file_self_assessment", **SELF)
    to_the_vote(play)
    excuse_asked(play)
    excused(play)
    play.review_peers()
    play.vote()
    play.lead("propose", ratings=play.ratings())
    yield "deciding on paper"


def ended(play):
    for move, label in (
        ("close_unfinished", "unfinished"),
        ("void", "void"),
        ("terminate", "terminated"),
    ):
        play.on("2026-11-24").begin()
        play.on("2026-12-09").do("town1.officer", move, **WHY)
        yield label
        if label == "unfinished":  # it counts for the year; the others do not
            play.session.execute(sa.update(type(play.case)).values(facts={"year": 2025}))
            play.session.commit()


def drafted(play):
    play.case = play.on("2026-10-08").open(
        "zone.officer",
        "zone",
        workflow="campaign",
        year=2026,
        from_on="2026-10-20",
        until="2027-01-31",
    )


def campaign(play):
    drafted(play)
    yield from ("draft", "draft, over")
    play.on("2026-10-08").do("zone.officer", "propose")
    yield from ("proposed", "proposed, over")
    play.on("2026-10-08").do("zone.secretary", "sign")
    yield "in force"
    play.on("2027-02-01").do(None, "end")
    yield "over"


def campaigns_ended(play):
    for who, move, day, label in (
        ("zone.officer", "withdraw", "2026-10-08", "withdrawn"),
        (None, "lapse", "2027-02-01", "expired"),
        ("zone.secretary", "void", "2026-10-08", "void"),
        ("zone.secretary", "terminate", "2026-10-08", "terminated"),
    ):
        drafted(play)
        play.on(day).do(who, move, **({} if who in (None, "zone.officer") else WHY))
        yield label
    play.case = deploy(play)
    play.do("zone.secretary", "revoke", **WHY)
    yield "revoked"


DRIVES = (main, taken_over, on_paper, ended, campaign, campaigns_ended)
# Both databases lock, count and refuse alike in the engine; PostgreSQL is tried where many act at
# once, and at the end.
POSTGRES = {
    "self-assessment",
    "peer review",
    "deciding, some have spoken",
    "under review",
    "deciding, taken over",
    "in force",
}


# Trying ------------------------------------------------------------------------------------------


class Words:
    """Words that will do for each move in a case as it stands."""

    def __init__(self, play):
        people = play.world.people
        self.member1, self.leaver = people[MEMBERS[0]].id, people["village.leaver"].id
        self.known = {
            "add_to_roster": {"member": people["village.joiner"].id},
            "strike": {"member": self.leaver, "reason": "transfer"},
            "strike_gone": {"member": self.leaver, "reason": "death"},
            "ask_not_counted": {"member": self.leaver, "reason": "abroad"},
            "file_self_assessment": SELF,
            "file_for": {"member": self.member1, **SELF},
            "file_for_several": {"selves": [{"member": self.member1, **SELF}]},
            "ask_excuse": {"member": self.member1, "reason": "away"},
            "record_peer_review": {"about": people[MEMBERS[1]].id, "opinion": "热心。"},
            "record_reviews": {
                "by": self.member1,
                "reviews": [{"about": people[MEMBERS[1]].id, "opinion": "热心。"}],
            },
            "enter_ballots": self.on_paper(people),
            "decide": {"agree": True, "opinion": "同意"},
            "change_rating": {"grade": "basic", "opinion": "经复核"},
            **dict.fromkeys(
                (
                    "ask_review",
                    "close_unfinished",
                    "void",
                    "terminate",
                    "take_over",
                    "recuse",
                    "return",
                    "revoke",
                ),
                WHY,
            ),
        }
        if play.case.workflow == "appraisal" and play.case.facts.get("entitled"):
            self.known |= {"enter_count": play.ballots(), "propose": {"ratings": play.ratings()}}

    @staticmethod
    def on_paper(people) -> dict:
        came = [people[name].id for name in BODY]
        return {
            "came": came,
            "issued": 5,
            "collected": 5,
            "valid": 5,
            "in_favour": 5,
            "against": 0,
            "abstained": 0,
            "scrutineer": people["town1.officer"].id,
            "teller": people["town1.secretary"].id,
            "opinion": "同意",
        }

    def of(self, move: str) -> dict:
        return self.known.get(move, {})


def people(table, row) -> list[str]:
    """Return who tries: everybody, and where a state is only looked at on another day, all who see
    it.
    """
    first = next(other for other in table.rows.values() if other.state == row.state)
    return [name for name in EVERYBODY if row is first or name in table.in_sight | row.seen_by]


@pytest.mark.parametrize("name", TABLES)
def test_the_table_knows_every_move_and_state_of_the_definition(name):
    workflow, table = workflows.current(name), TABLES[name]
    assert {move.name for move in workflow.moves} == set(table.moves)
    assert {state.name for state in workflow.states} - set(table.never) == {
        row.state for row in table.rows.values()
    }


@pytest.mark.slow
@pytest.mark.parametrize("drive", DRIVES, ids=lambda drive: drive.__name__)
def test_matrix(play, drive):
    some = play.session.get_bind().dialect.name == "postgresql"
    found = {}
    for label in drive(play):
        table = TABLES[play.case.workflow]
        row = table.rows[label]
        assert play.case.state == row.state, label
        play.on(row.today)
        PASSED.add((table.workflow, label))
        if not some or label in POSTGRES:
            found[label] = [
                *tried(
                    play,
                    play.case,
                    people(table, row),
                    table.moves,
                    partial(table.expected, row),
                    Words(play).of,
                ),
                *misjudged(play, play.case, EVERYBODY, partial(table.expected, row)),
            ]
        play.case = play.session.get(type(play.case), play.case.id, populate_existing=True)
    wrong = [f"{label}: {line}" for label, lines in found.items() for line in lines]
    assert not wrong, f"{len(wrong)} deviations\n" + "\n".join(line for line in wrong[:60])


PASSED: set[tuple[str, str]] = set()


def test_every_row_of_the_table_was_passed_through():
    if len(PASSED) > 1:  # not where a single drive was chosen
        assert {(name, label) for name, table in TABLES.items() for label in table.rows} == PASSED
