"""Edges of moving a case: since when, how old a version may be, whose claim, which day ends it.

From the contract (409 for a stale version, not for `many` moves) and the guidance 二（一）1.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.refusals import (
    AlreadyTaken,
    Forbidden,
    InvalidTransition,
    NotFound,
    VersionConflict,
)
from oversight.engine import assignment, authority, available, desk_acts, transitions
from oversight.law.roles import SUPERIOR, TIMER
from oversight.models import Case, Notice
from oversight.time import sweep
from tests.db.test_queue_agrees import relieve
from tests.support.actors import REASON, Play


@pytest.fixture
def play(session, world):
    return Play(session, world)


def act(play, case, name: str, what: str, **words):
    return desk_acts.submit(play.session, case.id, what, play.who(name), play.at, words)


def test_since_when_stays_while_the_case_stays(play):
    case = play.asked()
    asked = play.at.now
    assert case.entered_at == asked
    case = play.on("2026-11-25").move(case, "town1.officer", "recuse")
    assert case.entered_at == asked, "another answers, and has waited no shorter"
    case = play.on("2026-11-26").move(case, "town1.secretary", "approve")
    assert case.entered_at == play.at.now


def test_those_who_answer_beside_each_other_know_of_each_other_but_not_of_an_earlier_state(play):
    """Who has the draft open reads another matter than was asked."""
    case = play.joint("village2")
    asked = case.version
    play.no(VersionConflict, None, play.move, case, "town1.officer", "approve", version=asked - 1)
    case = play.move(case, "town1.officer", "approve", version=asked)
    play.no(VersionConflict, None, play.move, case, "town2.officer", "approve", version=asked - 1)
    assert play.move(case, "town2.officer", "approve", version=asked).state == "approved"


def test_a_claim_ends_with_the_seat_that_it_was_made_from(play):
    case = play.asked()
    play.on("2026-11-30")
    act(play, case, "town1.officer", "claim")
    case = play.move(case, "zone.officer", "take_over")
    [desk] = authority.open_desks(play.session, case.id)
    assert (desk.claimed_by, desk.claimed_on) == (None, None)
    assert play.move(case, "zone.secretary", "approve").state == "approved"


def test_a_returned_request_ends_by_the_day_in_force_and_not_by_the_one_that_was_given_up(play):
    """Another day may be asked for until the fixed one comes."""
    case = play.move(play.asked("2026-12-01"), "town1.officer", "return")
    assert (case.due_on, case.wake_on) == (date(2026, 11, 27), date(2026, 12, 4))
    for day in ("2026-12-01", "2026-12-03"):
        play.on(day)
        with pytest.raises(InvalidTransition):
            transitions.perform(play.session, case.id, "expire", None, {}, version=None, at=play.at)
        play.session.rollback()
    ways = play.session.get(Case, case.id)
    again = play.move(ways, "village.secretary", "ask", new_day="2026-12-11", reason=REASON)
    assert again.state == "asked"


def test_a_returned_request_ends_on_the_day_in_force(play):
    case = play.move(play.asked("2026-12-11"), "town1.officer", "return")
    assert play.on("2026-12-04").move(case, None, "expire").state == "expired"
    assert "unanswered" not in play.journal(case)[-1].result, "nobody was asked for an answer"


def test_silence_is_written_down_against_who_was_asked(play):
    case = play.asked()
    case = play.on("2026-12-04").move(case, None, "lapse")
    row = play.journal(case)[-1]
    assert row.result["unanswered"]["by"] == "青溪镇党委"
    assert row.result["unanswered"]["since"] == play.journal(case)[1].at.isoformat()


def test_a_delegation_ends_with_the_seat_that_gave_it(play):
    case = play.asked()
    play.on("2026-11-30")
    act(play, case, "town1.officer", "delegate", person=play.world.people["town1.committee1"].id)
    case = play.move(case, "zone.officer", "take_over")
    [desk] = authority.open_desks(play.session, case.id)
    assert assignment.helper(play.session, desk) is None
    assert play.move(case, "zone.secretary", "approve").state == "approved"


def test_a_claim_holds_the_part_that_was_claimed_and_no_other(play):
    """The zone has its own branch's part from the start, and takes the town's over."""
    play.world.unit("staff", "branch", "zone", "organ", title="党工委机关党支部")
    play.world.person("staff.secretary", "staff")
    play.world.post("staff.secretary", "staff", "secretary")
    play.session.commit()
    case = play.joint("staff")
    act(play.on("2026-11-30"), case, "zone.officer", "claim")
    case = play.move(case, "zone.officer", "take_over")
    case = play.move(case, "zone.secretary", "approve")
    assert case.state == "asked_joint", "the town's part"
    play.refused(AlreadyTaken, None, case, "zone.secretary", "approve")
    assert play.move(case, "zone.officer", "approve").state == "approved"


def test_an_answer_of_one_rings_no_bell_for_the_others_again(play):
    case = play.joint("village2")
    other = play.world.people["town2.officer"].id
    told = []
    for name in (None, "town1.officer"):
        if name:
            play.move(case, name, "approve")
        sweep.sweep(play.session, play.at)
        told.append(
            play.session.scalar(
                sa.select(sa.func.count()).select_from(Notice).where(Notice.person_id == other)
            )
        )
        play.session.execute(sa.update(Notice).values(read_at=play.at.now))
    assert told == [1, 1], "neither where he has not read it nor where he has"


def test_a_stranger_is_not_told_whom_a_case_waits_for(play):
    case = play.asked()
    said = play.refused(NotFound, None, case, "town2.officer", "approve").extra
    assert "waits_on" not in said and "since" not in said
    said = play.refused(Forbidden, "authority", case, "village.secretary", "approve").extra
    assert said["waits_on"] == "青溪镇党委" and said["since"] == case.entered_at.isoformat()


def test_a_case_that_lies_where_it_lay_was_not_moved(play):
    case = play.asked()
    assert not transitions.reassign_case(play.session, case.id, play.at)
    for name in ("town1.officer", "town1.secretary"):
        relieve(play, name)
    assert transitions.reassign_case(play.session, case.id, play.at)


def test_only_whom_it_was_handed_to_is_reminded(play):
    """His unread call is renewed, the others' are gone with the work."""
    case = play.asked()
    sweep.sweep(play.session, play.at)
    act(play, case, "town1.officer", "hand_over", person=play.world.people["town1.secretary"].id)
    sweep.sweep(play.session, play.on("2026-11-27").at)
    assert {name: unread(play, name) for name in ("town1.officer", "town1.secretary")} == {
        "town1.officer": [],
        "town1.secretary": ["remind"],
    }


def unread(play, name: str) -> list[str]:
    """Return of what kind the lines are that a person has not read."""
    mine = sa.select(Notice.key).where(
        Notice.person_id == play.world.people[name].id, Notice.read_at.is_(None)
    )
    return [key.partition(":")[0] for key in play.session.scalars(mine)]


def test_what_the_clock_does_is_nobodys_to_do(play):
    found = available.options(
        play.session, play.asked(), play.who("town1.officer"), play.on("2026-12-03").at
    )
    yours = {option.move.name: option.yours for option in found if option.move.by is SUPERIOR}
    assert yours and all(yours.values())
    clocks = [option for option in found if option.move.by is TIMER]
    assert clocks and not any(option.yours or option.allowed for option in clocks)


def test_who_was_passed_over_for_a_request_is_not_blamed_for_its_amendment(play):
    """The zone took over the request; the amendment came with no working day left to answer it."""
    case = play.asked()
    case = play.on("2026-11-30").move(case, "zone.officer", "take_over")
    case = play.move(case, "zone.secretary", "approve")
    amendment = {"new_day": "2026-12-18", "reason": REASON}
    case = play.on("2026-12-03").move(case, "village.secretary", "amend", **amendment)
    case = play.on("2026-12-05").move(case, None, "run_out_amendment")
    assert case.state == "approved" and "unanswered" not in play.journal(case)[-1].result


def test_who_comes_second_is_told_so_though_the_first_has_ended_meanwhile(play, monkeypatch):
    """Between the clash and the question who was first, the first may be decided."""
    play.asked()
    monkeypatch.setattr(transitions, "_opened_first", lambda _attempts: None)
    said = play.no(AlreadyTaken, None, play.open, "village.organizer")
    assert "不能重复提出" in said.sentence
