"""三（一）6: 组织生活会 noted by the branch or held by its appraisal, and told of where a half-year goes
without one.

Written from the guidance: organs 每半年召开1次, a must; all others 一般每半年召开一次, and in the fourth quarter
必须.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from oversight.base.refusals import (
    Forbidden,
    InvalidInput,
    InvalidTransition,
    NotFound,
    RuleViolation,
)
from oversight.calendar.party_days import activity_for
from oversight.ledger import life_meetings, own_days
from oversight.models import LifeMeeting, Notice, OutboxMessage, Post
from oversight.rules import life_meetings as rules
from oversight.time import sweep
from tests.db.test_appraisal_walk import Appraising
from tests.support.actors import Play
from tests.support.world import at

ORGANS = {"organ.secretary", "organ.organizer"}
OTHERS = {
    f"{branch}.{office}"
    for branch in ("village", "community", "firm", "soe", "village2", "school")
    for office in ("secretary", "organizer")
}


class Branch(Play):
    """Notes and takes back, as whoever is named, in whichever branch."""

    def note(
        self,
        day: str,
        name: str = "village.secretary",
        unit: str | None = None,
        today: str = "2026-11-24",
    ):
        unit_id = self.world.units[unit or name.partition(".")[0]].id
        return life_meetings.note(
            self.session, unit_id, day, self.world.actor(name, at(today).today), at(today)
        )

    def take_back(
        self,
        row: LifeMeeting,
        why: str = "日期填错",
        name: str = "village.secretary",
        today: str = "2026-11-25",
    ):
        return life_meetings.take_back(
            self.session, row.id, why, self.world.actor(name, at(today).today), at(today)
        )

    def rows(self, unit: str = "village") -> list[LifeMeeting]:
        return list(
            self.session.scalars(
                sa.select(LifeMeeting)
                .where(LifeMeeting.unit_id == self.world.units[unit].id)
                .order_by(LifeMeeting.id)
                .execution_options(populate_existing=True)
            )
        )


@pytest.fixture
def branch(session, world):
    return Branch(session, world)


@pytest.fixture
def village(session, world):
    """An appraisal of the village, whose members have all written; eight of them."""
    for number in (1, 2, 3):
        world.person(f"village.more{number}", "village")
    session.commit()
    made = Appraising(session, world)
    made.begin()
    made.assess()
    return made


def run(session, *days):
    return [sweep.sweep(session, at(day)) for day in days]


def told(session, world, text: str = "组织生活会") -> list[str]:
    names = {person.id: name for name, person in world.people.items()}
    return sorted(
        names[row]
        for row in session.scalars(sa.select(Notice.person_id).where(Notice.text.contains(text)))
    )


# What is asked for -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "unit, wanted",
    [
        ("organ", {"first": ("O-3.1.6b", True), "second": ("O-3.1.6b", True)}),
        (
            "village",
            {
                "first": ("R-3.1.6b", False),
                "second": ("R-3.1.6b", False),
                "fourth": ("R-3.1.6d", True),
            },
        ),
        (
            "firm",
            {
                "first": ("P-3.1.6b", False),
                "second": ("P-3.1.6b", False),
                "fourth": ("P-3.1.6d", True),
            },
        ),
        (
            "soe",
            {
                "first": ("S-3.1.6b", False),
                "second": ("S-3.1.6b", False),
                "fourth": ("S-3.1.6d", True),
            },
        ),
        (
            "school",
            {
                "first": ("G-3.1.6b", False),
                "second": ("G-3.1.6b", False),
                "fourth": ("G-3.1.6d", True),
            },
        ),
    ],
)
def test_each_branch_is_asked_by_its_own_document(session, world, unit, wanted):
    found = {
        term.name: (term.source.id, term.must) for term in rules.terms(world.units[unit], 2026)
    }
    assert found == wanted


@pytest.mark.parametrize(
    "begins, ends, owes",
    [
        ("2026-06-30", None, {"first", "second"}),
        ("2026-07-01", None, {"second"}),
        ("2027-01-01", None, set()),
        ("2020-01-01", "2026-06-30", set()),
        ("2020-01-01", "2026-07-01", {"first"}),
    ],
)
def test_a_branch_answers_from_when_it_is_accountable_and_while_it_is_there(
    session, world, begins, ends, owes
):
    organ = world.units["organ"]
    organ.accountable_from = date.fromisoformat(begins)
    organ.ended_on = ends and date.fromisoformat(ends)
    assert {term.name for term in rules.terms(organ, 2026) if rules.owed(organ, term)} == owes


# Noting and taking back --------------------------------------------------------------------------


def test_a_leader_notes_a_day_and_the_entry_has_a_day_of_its_own(branch):
    row = branch.note("2026-03-06")
    assert (row.held_on, row.noted_at, row.noter.name) == (
        date(2026, 3, 6),
        at("2026-11-24").now,
        "village.secretary",
    )
    assert row.withdrawn_at is None and row.case_id is None


def test_it_is_combined_with_the_party_day_of_that_day(session, world, branch):
    row = activity_for(session, world.units["village"], 2026, 3)
    own_days.record_held(
        session,
        row,
        date(2026, 3, 13),
        world.actor("village.secretary", date(2026, 3, 13)),
        at("2026-03-13"),
    )
    session.commit()
    assert branch.note("2026-03-13").activity_id == row.id
    assert branch.note("2026-03-06").activity_id is None, (
        "the day in force, but not that on which it was held"
    )


@pytest.mark.parametrize(
    "name, unit, day, kind",
    [
        ("village.secretary", "village", "2026-11-25", RuleViolation),
        ("village.secretary", "village", "", InvalidInput),
        ("village.secretary", "village", "2026-02-30", InvalidInput),
        ("village.member1", "village", "2026-03-06", Forbidden),
        ("town1.officer", "village", "2026-03-06", Forbidden),
        ("town1.officer", "town1", "2026-03-06", Forbidden),
        ("village2.secretary", "village", "2026-03-06", NotFound),
        ("zone.auditor", "village", "2026-03-06", NotFound),
    ],
)
def test_what_is_refused_changes_nothing_but_the_refusals(branch, name, unit, day, kind):
    branch.no(kind, None, branch.note, day, name, unit)


def test_a_day_is_noted_once_and_again_after_it_was_taken_back(branch):
    first = branch.note("2026-03-06")
    branch.no(RuleViolation, None, branch.note, "2026-03-06", "village.organizer")
    branch.take_back(first)
    assert branch.note("2026-03-06").id != first.id
    assert [row.withdrawn_why for row in branch.rows()] == ["日期填错", None]


def test_taking_back_keeps_the_entry_with_who_when_and_why(session, branch):
    row = branch.note("2026-03-06")
    branch.no(InvalidInput, None, branch.take_back, row, "  ")
    branch.no(InvalidInput, None, branch.take_back, row, "长" * 201)
    branch.no(Forbidden, None, branch.take_back, row, "日期填错", "village.member1")
    branch.no(NotFound, None, branch.take_back, row, "日期填错", "village2.secretary")
    branch.take_back(row, name="village.organizer")
    [row] = branch.rows()
    assert (row.withdrawn_why, row.withdrawer.name, row.withdrawn_at) == (
        "日期填错",
        "village.organizer",
        at("2026-11-25").now,
    )
    assert rules.held(session, row.unit_id, date(2026, 1, 1), date(2026, 12, 31)) == []
    branch.no(InvalidTransition, None, branch.take_back, row, "再撤一次")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE life_meetings SET held_on = '2026-02-06'",
        "UPDATE life_meetings SET noted_at = noted_at",
        "DELETE FROM life_meetings",
        "UPDATE life_meetings SET withdrawn_why = '改一改' WHERE withdrawn_at IS NOT NULL",
    ],
)
def test_the_database_itself_keeps_what_was_entered(session, branch, change):
    branch.take_back(branch.note("2026-03-06"))
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(sa.text(change))
    session.rollback()


def test_a_withdrawal_without_a_reason_cannot_be_stored(session, branch):
    row = branch.note("2026-03-06")
    row.withdrawn_at = at("2026-11-25").now
    with pytest.raises(DBAPIError):
        session.commit()
    session.rollback()


# The appraisal's own meeting ----------------------------------------------------------------------


def test_opening_peer_review_records_the_meeting_in_the_same_transaction(session, village, branch):
    village.lead("open_peer_review", meeting_on="2026-11-20")
    [row] = branch.rows()
    assert (row.held_on, row.case_id, row.noter.name) == (
        date(2026, 11, 20),
        village.case.id,
        "village.secretary",
    )


def test_without_a_day_it_is_today(village, branch):
    village.lead("open_peer_review")
    assert [row.held_on for row in branch.rows()] == [date(2026, 11, 24)]


def test_a_meeting_that_is_noted_already_is_that_of_the_appraisal(village, branch):
    noted = branch.note("2026-11-20")
    village.lead("open_peer_review", meeting_on="2026-11-20")
    assert [(row.id, row.case_id) for row in branch.rows()] == [(noted.id, village.case.id)]


def test_a_meeting_that_an_appraisal_rests_on_is_not_taken_back(session, village, branch):
    village.lead("open_peer_review", meeting_on="2026-11-20")
    [row] = branch.rows()
    branch.no(RuleViolation, None, branch.take_back, row)
    village.do("town1.officer", "void", reason="误立，重新开展")
    branch.take_back(row)
    assert branch.rows()[0].withdrawn_at


def test_the_day_given_with_the_vote_is_recorded_too_and_the_former_may_be_taken_back(
    village, branch
):
    village.lead("open_peer_review", meeting_on="2026-11-20")
    for name, person in village.people.items():
        recorder = "village.organizer" if name == "village.secretary" else "village.secretary"
        village.do(
            recorder, "record_peer_review", about=person, opinion="认真负责，联系群众还可以更主动。"
        )
    village.lead("open_vote", meeting_on="2026-11-23")
    assert [row.held_on for row in branch.rows()] == [date(2026, 11, 20), date(2026, 11, 23)]
    branch.take_back(branch.rows()[0])
    branch.no(RuleViolation, None, branch.take_back, branch.rows()[1])


def test_a_refused_move_records_nothing(village, branch):
    village.refused(
        RuleViolation,
        "met_in_this_round",
        village.case,
        "village.secretary",
        "open_peer_review",
        meeting_on="2026-12-01",
    )
    assert branch.rows() == []


# Told --------------------------------------------------------------------------------------------


def test_before_the_half_year_ends_branches_without_one_are_told(session, world, branch):
    """Five working days before 30 June 2026, a Tuesday, is the 23rd."""
    branch.note("2026-03-06", "soe.secretary")
    branch.take_back(branch.note("2026-03-06", "firm.secretary"), name="firm.secretary")
    branch.note("2025-12-26", "school.secretary")
    run(session, "2026-06-22")
    assert told(session, world) == []
    run(session, "2026-06-23", "2026-06-24", "2026-06-30", "2026-06-23")
    assert told(session, world, "每半年应当召开 1 次，请在上半年结束以前召开") == sorted(ORGANS)
    assert told(session, world, "一般每半年召开一次") == sorted(
        OTHERS - {"soe.secretary", "soe.organizer"}
    ), "taken back, and of another half-year: told"
    assert len(told(session, world)) == len(ORGANS | OTHERS) - 2, "once"


def test_only_above_an_organ_is_told_once_the_half_year_is_over(session, world):
    run(session, "2026-07-01", "2026-07-02", "2026-07-10")
    assert told(session, world) == ["town1.officer", "town1.secretary"]
    [text] = set(session.scalars(sa.select(Notice.text)))
    assert text.startswith("青溪镇机关党支部上半年")


def test_nothing_old_is_told_to_who_begins_later(session, world):
    run(session, "2026-07-20")
    assert told(session, world) == []


def test_not_where_it_was_held_or_noted_meanwhile(session, world, branch):
    branch.note("2026-06-30", "organ.secretary", today="2026-07-03")
    run(session, "2026-07-06")
    assert told(session, world) == []


def test_at_the_year_s_end_others_are_told_of_the_fourth_quarter(session, world, branch):
    """每年第四季度，必须按区党工委统一部署，召开一次组织生活会: one in August does not do, for organs it does."""
    for name in ("village", "organ"):
        branch.note("2026-08-07", f"{name}.secretary")
    branch.note("2026-10-09", "soe.secretary")
    run(session, "2026-12-24", "2026-12-31")
    assert told(session, world, "必须按区党工委统一部署") == sorted(
        OTHERS - {"soe.secretary", "soe.organizer"}
    )
    assert told(session, world) == told(session, world, "第四季度")
    session.execute(sa.delete(Notice))
    session.commit()
    run(session, "2027-01-04")
    assert told(session, world) == []


def test_an_organ_without_one_in_the_second_half_is_told_and_above_it_in_january(
    session, world, branch
):
    branch.note("2026-03-06", "organ.secretary")
    run(session, "2026-12-24")
    assert told(session, world, "下半年") == sorted(ORGANS)
    run(session, "2027-01-04", "2027-01-05")
    assert told(session, world, "青溪镇机关党支部下半年") == ["town1.officer", "town1.secretary"]


@pytest.mark.parametrize("begins, ends", [("2026-07-01", None), ("2020-01-01", "2026-06-01")])
def test_a_branch_not_accountable_yet_or_gone_is_not_told_of(session, world, begins, ends):
    organ = world.units["organ"]
    organ.accountable_from, organ.ended_on = (
        date.fromisoformat(begins),
        ends and date.fromisoformat(ends),
    )
    session.commit()
    run(session, "2026-06-24", "2026-07-02")
    assert not ORGANS & set(told(session, world)) and told(session, world, "机关党支部") == []


def test_an_organ_without_leaders_is_its_superior_s_to_mind(session, world):
    session.execute(
        sa.update(Post)
        .where(Post.unit_id == world.units["organ"].id)
        .values(to_on=date(2026, 1, 1))
    )
    for name in ("deputy", "publicity"):
        world.person(f"organ.{name}", "organ")
    session.commit()
    run(session, "2026-06-24")
    assert {"town1.officer", "town1.secretary"} <= set(told(session, world, "上半年"))


def test_each_thing_has_one_key(session, world):
    run(session, "2026-06-24", "2026-07-02", "2026-06-24", "2026-12-30", "2027-01-05")
    keys = session.scalars(
        sa.select(OutboxMessage.key).where(OutboxMessage.key.startswith("life:"))
    ).all()
    assert len(keys) == len(set(keys)) == 7 + 1 + 7 + 1
