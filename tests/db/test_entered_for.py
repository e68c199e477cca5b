"""代录 of contacts, lessons and requests for a branch without a computer (issue 10, 9): written down in
the branch's place, marked for good, told to it, and answered by somebody else.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.base.refusals import Forbidden, InvalidTransition, NotFound
from oversight.models import Notice
from oversight.register import units
from oversight.time import sweep
from tests.db.test_further_cases import CALLED, missing
from tests.support.actors import REASON, Play

OFFICER = "town1.officer"
LESSON = {"form": "visit", "held_on": "2026-11-24", "note": "学习党章"}


@pytest.fixture
def play(session, world):
    return Play(session, world)


def lent(play: Play, how: str = "superior") -> None:
    """Let others enter for the village."""
    keeper = play.who("zone.sysadmin")
    units.let_enter(play.session, play.world.units["village"], how, keeper, play.at)
    play.session.commit()


def signed(play: Play, case) -> list[tuple[str, str, bool]]:
    """Return of each act of the branch in a case: what, by whom as it stands there, if entered for it."""
    rows = [row for row in play.journal(case) if row.actor_id]
    return [(row.move, row.actor, "entered_for" in row.result) for row in rows]


def test_a_contact_and_a_lesson_are_written_down_for_the_branch(play):
    lent(play)
    case = missing(play, "village")
    case = play.say(case, OFFICER, "record_contact", CALLED)
    case = play.say(case, OFFICER, "record_lesson", LESSON)
    assert case.closed_at is not None
    sweep.sweep(play.session, play.at)
    told = sa.select(Notice.text).where(
        Notice.person_id == play.world.people["village.secretary"].id
    )
    assert any("代录了你支部的“缺席联系与补课”" in one for one in play.session.scalars(told))
    signature = "town1.officer（石桥村党支部代录）"
    moves = ("record_contact", "record_lesson")
    assert signed(play, case)[1:3] == [(move, signature, True) for move in moves]


def test_a_request_is_written_down_and_answered_by_another(play):
    lent(play)
    case = play.open(OFFICER)
    case = play.say(case, OFFICER, "ask", {"new_day": "2026-12-11", "reason": REASON})
    assert case.state == "asked"
    play.refused(Forbidden, "authority", case, OFFICER, "approve")
    play.refused(Forbidden, "authority", case, OFFICER, "withdraw")
    assert play.move(case, "town1.secretary", "approve").state == "approved"


@pytest.mark.parametrize("move", ["find_unexcused", "educate", "archive", "search_lost"])
def test_what_the_branch_judges_is_not_written_down_for_it(play, move):
    lent(play)
    case = missing(play, "village")
    state = case.state
    with pytest.raises(Forbidden if move != "archive" else InvalidTransition):
        play.say(case, OFFICER, move, {"heard": "是", "note": "认定", "measure": "talk"})
    play.session.rollback()
    play.session.refresh(case)
    assert case.state == state


@pytest.mark.parametrize(
    ("how", "who", "kind"),
    [
        ("", OFFICER, Forbidden),
        ("superior", "town1.inspector", Forbidden),
        ("superior", "town2.officer", NotFound),
        ("superior", "community.secretary", NotFound),
    ],
)
def test_nobody_else_writes_for_the_branch(play, how, who, kind):
    if how:
        lent(play, how)
    case = missing(play, "village")
    with pytest.raises(kind):
        play.say(case, who, "record_contact", CALLED)


def test_a_named_person_who_serves_above_writes_too(play):
    lent(play, play.world.people["town1.inspector"].id)
    case = missing(play, "village")
    assert play.say(case, "town1.inspector", "record_contact", CALLED).state == "to_make_up"
