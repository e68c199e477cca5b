"""The exhaustive matrix of a date change: every actor tries every move from every state.

Expectations come from tests/support/matrix_table.py alone. A denied move leaves the database as it was.
"""

from __future__ import annotations

from collections import Counter

import pytest

from oversight import engine, outlook, workflows
from oversight.errors import No
from oversight.models import Case, Refusal
from oversight.rules.calendar import forget
from tests.support.actors import CAST, GOOD_WORDS, REASON, Play, second_hat
from tests.support.dump import difference, dump
from tests.support.matrix_table import MOVES, ROWS, expected

CELLS: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def count_cells():
    yield
    print(f"\nmatrix: {sum(CELLS.values())} cells run ({dict(CELLS)})")


@pytest.fixture
def play(session, world):
    second_hat(world)
    session.commit()
    return Play(session, world)


def reported(play):
    return play.move(play.on("2026-12-07").open("village.secretary"), "village.secretary", "report_late")


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


def expired(play):
    case = returned(play)
    return play.on("2026-12-04").move(case, None, "expire")


def in_force(play):
    case = play.approved()
    return play.on("2026-12-04").move(case, None, "take_effect")


DRIVES = {
    "draft": lambda play: play.open("village.secretary"),
    "draft, the day has come": lambda play: play.open("village.secretary"),
    "asked": lambda play: play.asked(), "asked, overdue": lambda play: play.asked(),
    "asked, taken over": taken_over,
    "asked jointly": lambda play: play.joint("village2"),
    "returned": returned, "approved": lambda play: play.approved(),
    "approved, the day has come": lambda play: play.approved(),
    "approved by the zone": lambda play: play.move(taken_over(play), "zone.officer", "approve"),
    "cancelling asked": cancelling, "reported late": reported, "reported late, overdue": reported,
    "withdrawn": lambda play: play.move(play.asked(), "village.secretary", "withdraw"),
    "refused": lambda play: play.move(play.asked(), "town1.officer", "refuse"),
    "lapsed": lapsed, "expired": expired, "in_force": in_force,
    "revoked": lambda play: play.move(play.approved(), "town1.officer", "revoke"),
    "cancelled": lambda play: play.move(cancelling(play), "town1.officer", "cancel"),
    "accepted_late": lambda play: play.move(reported(play), "town1.officer", "accept_late"),
    "not_accepted": lambda play: play.move(reported(play), "town1.officer", "not_accept"),
    "excused": lambda play: play.move(play.asked(), "town1.officer", "excuse_month"),
    "void": lambda play: play.move(play.asked(), "town1.officer", "void"),
    "terminated": lambda play: play.move(play.approved(), "town1.officer", "terminate"),
}


def words(move: str, row) -> dict:
    if move == "ask" and row.state == "returned":
        return {"new_day": "2026-12-10", "reason": REASON}
    return GOOD_WORDS.get(move, {})


def test_the_table_knows_every_move_and_state_of_the_definition():
    workflow = workflows.current("date_change")
    assert {move.name for move in workflow.moves} == set(MOVES)
    assert {state.name for state in workflow.states} == {row.state for row in ROWS.values()}
    assert set(DRIVES) == set(ROWS)


# Ended cases, where only sight can differ, are tried on SQLite; everything else on both databases.
CELLS_OF = [(database, name) for database in ("sqlite", "postgresql") for name, row in ROWS.items()
            if row.may or database == "sqlite"]


@pytest.mark.slow
@pytest.mark.parametrize("database_url, name", CELLS_OF, indirect=["database_url"])
def test_matrix(play, name):
    row, case = ROWS[name], DRIVES[name](play)
    assert case.state == row.state
    play.on(row.today)
    case_id, version = case.id, case.version
    before, refusals, wrong, denied = dump(play.session), play.count(Refusal), [], 0
    for person, _role, _relation in CAST:
        who = detached(play, person)
        for move in MOVES:
            want = expected(row, person, move)
            got = attempt(play, case_id, version, who, move, words(move, row))
            denied += isinstance(got, int)
            CELLS[play.session.get_bind().dialect.name] += 1
            if got not in want:
                wrong.append(f"{name}: {person} {move}: {got}, expected {set(want)}")
    changed = difference(before, dump(play.session))
    assert not wrong, f"{len(wrong)} deviations\n" + "\n".join(wrong[:40])
    assert not changed, "\n".join(changed)
    assert play.count(Refusal) == refusals + denied


class Allowed(Exception):
    """Raised just before the commit, so that an allowed move is taken back."""


def attempt(play, case_id: str, version: int, who, move: str, words: dict):
    """Try a move at the door that commits; return the state it would enter, or the status of the refusal."""

    def stop(case):
        raise Allowed(case.state)

    try:
        engine.submit(play.session, case_id, move, who, words, version=version, at=play.at, finish=stop)
    except No as no:
        return no.status
    except Allowed as allowed:
        play.session.rollback()
        forget(play.session)
        return allowed.args[0]


def detached(play, person: str):
    """Return an actor whose rows are loaded once and not again after every rollback."""
    who = play.who(person)
    units = {post.unit for post in who.posts} | ({who.branch} if who.branch else set())
    for row in (who.person, *who.posts, *units):
        play.session.expunge(row)
    return who


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.may])
def test_what_the_page_offers_is_what_the_engine_allows(play, name):
    """The prediction and the decision agree, for everybody who sees the case."""
    row, case = ROWS[name], DRIVES[name](play)
    play.on(row.today)
    wrong = []
    for person, _role, _relation in CAST:
        who = play.who(person)
        try:
            engine.authority.see(play.session, who, case)
        except No:
            continue
        for option in outlook.options(play.session, case, who, play.at):
            want = expected(row, person, option.move.name)
            good = any(isinstance(outcome, str) for outcome in want)
            if option.allowed != good and not (want == {422} and option.move.asks):
                wrong.append(f"{name}: {person} {option.move.name}: offered {option.allowed}, {set(want)}")
            assert option.allowed or option.why_not
    assert not wrong, "\n".join(wrong)
    assert play.session.get(Case, case.id).state == row.state
