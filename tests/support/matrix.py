"""How a matrix is tried: everybody makes every move from a state, and each move is taken back.

What ought to come of it the tables beside this file say; nothing here knows a workflow.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable

import pytest

from oversight.base.refusals import DomainError
from oversight.engine import available, transitions
from oversight.engine.use_case import one_transaction
from oversight.models import Refusal
from tests.support.dump import difference, dump
from tests.support.slices import WHOLE

CELLS: Counter[str] = Counter()
# `make test` tries all that is allowed and this share of what is refused; `make assure` tries all.
SLICE = 1.0 if WHOLE else 0.12


@pytest.fixture(scope="module", autouse=True)
def count_cells(request):
    """Print how many cells a module has tried, by database."""
    CELLS.clear()
    yield
    print(f"\n{request.module.__name__}: {sum(CELLS.values())} cells run ({dict(CELLS)})")


def cells(rows: Iterable[tuple[tuple, bool]]) -> list[tuple]:
    """Return (database, *name) for each row: ended cases, where only sight can differ, are tried on
    SQLite alone.
    """
    rows = list(rows)
    return [
        (database, *name)
        for database in ("sqlite", "postgresql")
        for name, open_ in rows
        if open_ or database == "sqlite"
    ]


def tried(
    play, case, people: Iterable[str], moves: Iterable[str], expected: Callable, words: Callable
) -> list[str]:
    """Let everybody try everything, or the slice of it; return what came out otherwise than `expected(person, move)`, a
    set, says.

    What a refusal left behind in the transaction is committed at the end, so that it comes to
    light. Of each outcome one is tried again at the door that commits: it says the same and keeps
    the refusal.
    """
    case_id, version, wrong, doors = case.id, case.version, [], {}
    draw = random.Random(f"{case.workflow} {case.state}")
    before, refusals = dump(play.session), play.count(Refusal)
    for person in people:
        who = detached(play, person)
        for move in moves:
            want = expected(person, move)
            if draw.random() > SLICE and all(isinstance(one, int) for one in want):
                continue
            got = judged(play, case_id, version, who, move, words(move))
            doors.setdefault(got, (who, move))
            CELLS[play.session.get_bind().dialect.name] += 1
            if got not in want:
                wrong.append(f"{person} {move}: {got}, expected {set(want)}")
    wrong += difference(before, dump(play.session))
    for got, (who, move) in doors.items():
        said = attempt(play, case_id, version, who, move, words(move))
        wrong += (
            [] if said == got else [f"{who.person.name} {move}: {said} at the door, {got} inside"]
        )
    wrong += difference(before, dump(play.session))
    kept = play.count(Refusal) - refusals
    return (
        wrong
        if kept == sum(isinstance(got, int) for got in doors)
        else [*wrong, f"{kept} refusals kept"]
    )


def judged(play, case_id: str, version: int, who, move: str, words: dict):
    """Return the state that a move would enter, taken back, or the status of its refusal."""
    try:
        state = transitions.perform(
            play.session, case_id, move, who, words, version=version, at=play.at
        ).state
    except DomainError as no:
        return no.status
    play.session.rollback()
    return state


class Allowed(Exception):
    """Raised just before the commit, so that an allowed move is taken back."""


def attempt(play, case_id: str, version: int, who, move: str, words: dict):
    """Try a move at the door that commits; return the state it would enter, or the status of the
    refusal.
    """
    try:
        with one_transaction(play.session):
            raise Allowed(
                transitions.submit(
                    play.session, case_id, move, who, words, version=version, at=play.at
                ).state
            )
    except DomainError as no:
        return no.status
    except Allowed as allowed:
        return allowed.args[0]


def detached(play, person: str):
    """Return an actor whose rows are loaded once and not again after every rollback."""
    who = play.who(person)
    units = {post.unit for post in who.posts} | ({who.branch} if who.branch else set())
    for row in (who.person, *who.posts, *units):
        play.session.expunge(row)
    return who


def misjudged(play, case, people: Iterable[str], expected: Callable) -> list[str]:
    """Return where the prediction on the page and the decision of the engine differ, for everybody
    who sees it.
    """
    wrong = []
    for person in people:
        who = play.who(person)
        try:
            transitions.authority.see(play.session, who, case)
        except DomainError:
            continue
        for option in available.options(play.session, case, who, play.at):
            want = expected(person, option.move.name)
            good = any(isinstance(outcome, str) for outcome in want)
            if option.allowed != good and not (want == {422} and option.move.asks):
                wrong.append(
                    f"{person} is offered {option.move.name}: {option.allowed}, expected {set(want)}"
                )
            if not option.allowed and not option.why_not:
                wrong.append(f"{person} is not told why not {option.move.name}")
    return wrong
