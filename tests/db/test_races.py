"""Simultaneous answers on separate connections:

one winner each, all joint answers counted, no gap.
"""

from __future__ import annotations

import threading
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.db import db
from oversight.base.refusals import AlreadyTaken, DomainError, InvalidTransition, VersionConflict
from oversight.calendar.zone import rule_for
from oversight.engine import transitions
from oversight.models import Activity, Case, JournalRow, Paper
from oversight.organization.actor import actor_of
from tests.support.actors import GOOD_WORDS, Play, department_branch

pytestmark = pytest.mark.slow
DEC4, DEC11 = date(2026, 12, 4), date(2026, 12, 11)
PAIRS = 200


@pytest.fixture
def play(session, world):
    department_branch(world)
    session.commit()
    return Play(session, world)


class Racer:
    """A process of its own, as far as the database can tell: a thread with its own session."""

    def __init__(self, play, name: str):
        self.engine, self.at = db.engine, play.at
        self.person_id = play.world.people[name].id

    def make(
        self, barrier, case_id: str, move: str, version: int | None, results: list, slot: int
    ) -> None:
        try:
            with Session(self.engine) as session:
                who = actor_of(session, self.person_id, self.at.today)
                session.commit()
                barrier.wait(timeout=30)
                case = transitions.submit(
                    session,
                    case_id,
                    move,
                    who,
                    GOOD_WORDS.get(move, {}),
                    version=version,
                    at=self.at,
                )
                results[slot] = case.state
        except BaseException as error:
            results[slot] = error


def together(play, *entries) -> list:
    """Make moves at the same instant: entries are (name, case id, move, version); returns what came
    of it.
    """
    barrier, results = threading.Barrier(len(entries)), [None] * len(entries)
    threads = [
        threading.Thread(target=Racer(play, name).make, args=(barrier, *entry, results, slot))
        for slot, (name, *entry) in enumerate(entries)
    ]
    play.session.commit()  # on SQLite even a reader of ours would keep the racers waiting
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    play.session.rollback()
    assert not any(thread.is_alive() for thread in threads), "a racer hangs"
    return results


def test_approve_against_refuse(play):
    """200 pairs: exactly one winner each, and the loser is told who decided."""
    winners, cases = [], []
    for number in range(PAIRS):
        case = play.asked()
        version = case.version if number % 2 else None
        results = together(
            play,
            ("town1.officer", case.id, "approve", version),
            ("town1.secretary", case.id, "refuse", version),
        )
        won = [result for result in results if isinstance(result, str)]
        lost = [result for result in results if not isinstance(result, str)]
        assert len(won) == 1, results
        [loser] = lost
        assert type(loser) is (VersionConflict if version else InvalidTransition), repr(loser)
        winner = "town1.officer" if won == ["approved"] else "town1.secretary"
        assert winner in loser.extra["decided_by"] and loser.extra["decided_at"]
        case = play.session.get(Case, case.id, populate_existing=True)
        assert (case.state, case.version) == (won[0], 3)
        assert play.day_of() == (DEC11 if won == ["approved"] else DEC4)
        winners += won
        cases.append(case.id)
        if won == ["approved"]:
            play.move(case, "town1.officer", "revoke")
    decided = play.session.execute(
        sa.select(JournalRow.case_id, sa.func.count())
        .where(JournalRow.move.in_(("approve", "refuse")))
        .group_by(JournalRow.case_id)
    ).all()
    assert dict(decided) == dict.fromkeys(cases, 1)
    revoked = winners.count("approved")  # by a paper of its own
    assert_gapless(play, "town1", PAIRS + revoked)
    print(
        f"\n{len(winners)} pairs, {winners.count('approved')} approved, {winners.count('refused')} refused"
    )


def test_answer_against_withdrawal(play):
    """The applicant withdraws while the superior approves:

    the day moves only if he came too late.
    """
    for _number in range(20):
        case = play.asked()
        results = together(
            play,
            ("town1.officer", case.id, "approve", case.version),
            ("village.secretary", case.id, "withdraw", case.version),
        )
        [won] = [result for result in results if isinstance(result, str)]
        assert sum(isinstance(result, VersionConflict) for result in results) == 1, results
        assert play.day_of() == (DEC11 if won == "approved" else DEC4)
        if won == "approved":
            play.move(
                play.session.get(Case, case.id, populate_existing=True), "town1.officer", "revoke"
            )


def test_joint_answers_at_the_same_instant_are_all_counted(play):
    for _number in range(20):
        case = play.joint("village2", "office")
        results = together(
            play,
            *(
                (name, case.id, "approve", case.version)
                for name in ("town1.officer", "town2.officer", "dept1.officer")
            ),
        )
        assert all(result in ("asked_joint", "approved") for result in results), results
        case = play.session.get(Case, case.id, populate_existing=True)
        assert case.state == "approved" and len(play.papers(case)) == 3
        assert {play.day_of(unit) for unit in ("village", "village2", "office")} == {DEC11}
        assert [row.move for row in play.journal(case)].count("all_agreed") == 1
        play.move(case, "town1.officer", "revoke")
    for unit, papers in (("town1", 40), ("town2", 20), ("dept1", 20)):  # town1 also revokes
        assert_gapless(play, unit, papers)


def test_two_officers_of_one_town_fill_its_slot_once(play):
    for _number in range(10):
        case = play.joint("village2")
        results = together(
            play,
            ("town1.officer", case.id, "approve", case.version),
            ("town1.secretary", case.id, "approve", case.version),
        )
        assert results.count("asked_joint") == 1, results
        [loser] = [result for result in results if isinstance(result, DomainError)]
        assert isinstance(loser, (AlreadyTaken, InvalidTransition, VersionConflict)), repr(loser)
        play.move(
            play.session.get(Case, case.id, populate_existing=True), "village.secretary", "withdraw"
        )


def test_a_joint_answer_against_a_refusal(play):
    for _number in range(20):
        case = play.joint("village2")
        play.move(case, "town1.officer", "approve")
        version = play.session.get(Case, case.id, populate_existing=True).version
        results = together(
            play,
            ("town2.officer", case.id, "approve", version),
            ("town2.secretary", case.id, "refuse", version),
        )
        [won] = [result for result in results if isinstance(result, str)]
        assert (
            play.day_of("village")
            == play.day_of("village2")
            == (DEC11 if won == "approved" else DEC4)
        )
        if won == "approved":
            play.move(
                play.session.get(Case, case.id, populate_existing=True), "town1.officer", "revoke"
            )


def test_numbers_given_at_the_same_instant_have_no_gap_and_no_double(play):
    for number in range(1, 11):
        units = ("village", "community", "organ")
        cases = [play.asked(name=f"{unit}.secretary", unit=unit) for unit in units]
        entries = zip(("town1.officer", "town1.secretary", "town1.officer"), cases, strict=True)
        results = together(
            play, *((name, case.id, "approve", case.version) for name, case in entries)
        )
        assert results == ["approved"] * 3, results
        assert_gapless(
            play, "town1", 6 * number - 3
        )  # three revoked by papers in each round before
        for case in cases:
            play.move(
                play.session.get(Case, case.id, populate_existing=True), "town1.officer", "revoke"
            )


def test_a_refused_answer_in_between_takes_no_number(play):
    """One of three at the same instant is refused by a rule: the other two are numbers 1 and 2."""
    cases = [
        play.asked(name=f"{unit}.secretary", unit=unit)
        for unit in ("village", "community", "organ")
    ]
    results = together(
        play,
        ("town1.officer", cases[0].id, "approve", 99),
        ("town1.officer", cases[1].id, "approve", cases[1].version),
        ("town1.secretary", cases[2].id, "approve", cases[2].version),
    )
    assert isinstance(results[0], VersionConflict) and results[1:] == ["approved"] * 2
    assert_gapless(play, "town1", 2)


def open_together(play, *entries, day: str = "2026-12-04") -> list:
    """Open requests at the same instant: entries are (name, unit, partners)."""
    engine_, at = db.engine, play.at
    units = {name: unit.id for name, unit in play.world.units.items()}
    people = {name: person.id for name, person in play.world.people.items()}
    play.session.commit()
    barrier, results = threading.Barrier(len(entries)), [None] * len(entries)

    def begin(slot, name, unit, partners):
        facts = {"day": day, "with": [units[partner] for partner in partners]}
        try:
            with Session(engine_) as session:
                who = actor_of(session, people[name], at.today)
                session.commit()
                barrier.wait(timeout=30)
                opened = transitions.submit_opening(
                    session, "date_change", units[unit], facts, who, at
                )
                results[slot] = opened.state
        except BaseException as error:
            results[slot] = error

    threads = [
        threading.Thread(target=begin, args=(slot, *entry)) for slot, entry in enumerate(entries)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    play.session.rollback()
    return results


def test_two_requests_for_one_party_day_at_the_same_instant(play):
    """Invariant 6, raced: the loser hears that one is open; there is one activity and one case."""
    results = open_together(
        play, ("village.secretary", "village", ()), ("village.organizer", "village", ())
    )
    assert results.count("draft") == 1, results
    assert isinstance(next(result for result in results if result != "draft"), AlreadyTaken), (
        results
    )
    assert play.count(Case) == 1 and play.count(Activity) == 1


def test_a_partner_joining_and_asking_itself_at_the_same_instant(play):
    """Invariant 6, raced: the community is in one request, its own or the village's, never in both."""
    for _number in range(10):
        case = play.invited("community")
        own = play.open("community.secretary", "community")
        results = together(
            play,
            ("community.secretary", case.id, "join", case.version),
            ("community.secretary", own.id, "ask", own.version),
        )
        assert sum(isinstance(result, str) for result in results) == 1, results
        assert sum(isinstance(result, DomainError) for result in results) == 1, results
        for one, who in ((case, "village.secretary"), (own, "community.secretary")):
            found = play.session.get(Case, one.id, populate_existing=True)
            if (
                found.state == "draft"
            ):  # the village's waits in vain, or the community's is given up
                transitions.force_close(play.session, found.id, "改由另一件办理", None, play.at)
                play.session.commit()
            else:
                play.move(found, who, "withdraw")


def test_two_that_name_each_other_in_a_month_that_nobody_has_planned(play):
    """Each plans the other's month too: they must not wait in a circle. Drafts bind nobody."""
    village, community = (play.world.units[name] for name in ("village", "community"))
    for month in (1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12):
        day = rule_for(play.session, village, 2027, month).on.isoformat()
        results = open_together(
            play,
            ("village.secretary", "village", ("community",)),
            ("community.secretary", "community", ("village",)),
            day=day,
        )
        assert results == ["draft", "draft"], results
        assert {unit.id for unit in (village, community)} == set(
            play.session.scalars(
                sa.select(Activity.unit_id).where(Activity.year == 2027, Activity.month == month)
            )
        )


def assert_gapless(play, unit: str, count: int) -> None:
    found = play.session.scalars(
        sa.select(Paper.seq)
        .where(Paper.unit_id == play.world.units[unit].id, Paper.year == 2026)
        .order_by(Paper.seq)
    ).all()
    assert found == list(range(1, count + 1))
