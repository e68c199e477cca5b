"""The exhaustive matrix of a date change: every actor tries every move from every state.

Expectations come from tests/support/matrix_table.py alone. A denied move leaves the database as it
was.
"""

from __future__ import annotations

from functools import partial

import pytest
import sqlalchemy as sa

from oversight import workflows
from oversight.models import Case
from tests.support.actors import CAST, GOOD_WORDS, REASON, Play, second_hat
from tests.support.matrix import cells, count_cells, misjudged, tried  # noqa: F401 (a fixture of this module)
from tests.support.matrix_table import MOVES, ROWS, expected

EVERYBODY = [name for name, _role, _relation in CAST]


@pytest.fixture
def play(session, world):
    second_hat(world)
    session.commit()
    return Play(session, world)


def reported(play):
    return play.move(
        play.on("2026-12-07").open("village.secretary"), "village.secretary", "report_late"
    )


def taken_over(play):
    case = play.asked()
    return play.on("2026-11-30").move(case, "zone.officer", "take_over")


def cancelling(play):
    return play.move(play.approved(), "village.secretary", "ask_cancel")


def returned(play):
    return play.move(play.asked(), "town1.officer", "return")


def lapsed(play):
    case = play.asked()
    return play.on("2026-12-04").move(case, None, "lapse")


def too_short(play):
    case = play.on("2026-12-03").asked()
    return play.on("2026-12-05").move(case, None, "run_out")


def expired(play):
    case = returned(play)
    return play.on("2026-12-04").move(case, None, "expire")


def in_force(play):
    case = play.approved()
    return play.on("2026-12-04").move(case, None, "take_effect")


DRIVES = {
    "draft": lambda play: play.open("village.secretary"),
    "draft, the day has come": lambda play: play.open("village.secretary"),
    "asked": lambda play: play.asked(),
    "asked, overdue": lambda play: play.asked(),
    "asked, taken over": taken_over,
    "asked jointly": lambda play: play.joint("village2"),
    "partners asked": lambda play: play.invited("village2"),
    "asked urgently, on the day": lambda play: play.on("2026-12-03").asked(),
    "amending asked": lambda play: play.move(play.approved(), "village.secretary", "amend"),
    "too_short": too_short,
    "returned": returned,
    "approved": lambda play: play.approved(),
    "approved, the day has come": lambda play: play.approved(),
    "approved by the zone": lambda play: play.move(taken_over(play), "zone.officer", "approve"),
    "cancelling asked": cancelling,
    "reported late": reported,
    "reported late, overdue": reported,
    "withdrawn": lambda play: play.move(play.asked(), "village.secretary", "withdraw"),
    "refused": lambda play: play.move(play.asked(), "town1.officer", "refuse"),
    "lapsed": lapsed,
    "expired": expired,
    "in_force": in_force,
    "revoked": lambda play: play.move(play.approved(), "town1.officer", "revoke"),
    "cancelled": lambda play: play.move(cancelling(play), "town1.officer", "cancel"),
    "accepted_late": lambda play: play.move(reported(play), "town1.officer", "accept_late"),
    "not_accepted": lambda play: play.move(reported(play), "town1.officer", "not_accept"),
    "excused": lambda play: play.move(play.asked(), "town1.officer", "excuse_month"),
    "void": lambda play: play.move(play.asked(), "town1.officer", "void"),
    "terminated": lambda play: play.move(play.approved(), "town1.officer", "terminate"),
}


def words(row, move: str) -> dict:
    if move == "ask" and row.state == "returned":
        return {"new_day": "2026-12-10", "reason": REASON}
    return GOOD_WORDS.get(move, {})


def test_the_table_knows_every_move_and_state_of_the_definition():
    workflow = workflows.current("date_change")
    assert {move.name for move in workflow.moves} == set(MOVES)
    assert {state.name for state in workflow.states} == {row.state for row in ROWS.values()}
    assert set(DRIVES) == set(ROWS)


@pytest.mark.slow
@pytest.mark.parametrize(
    "database_url, name",
    cells(((name,), bool(row.may)) for name, row in ROWS.items()),
    indirect=["database_url"],
)
def test_matrix(play, name):
    """A denied move changes nothing, and what the page offers is what the engine allows."""
    row, case = ROWS[name], DRIVES[name](play)
    assert case.state == row.state
    play.on(row.today)
    wrong = tried(play, case, EVERYBODY, MOVES, partial(expected, row), partial(words, row))
    case = play.session.get(Case, case.id, populate_existing=True)
    wrong += misjudged(play, case, EVERYBODY, partial(expected, row))
    assert not wrong, f"{len(wrong)} deviations\n" + "\n".join(wrong[:40])
    assert play.session.scalar(sa.select(Case.state).where(Case.id == case.id)) == row.state
