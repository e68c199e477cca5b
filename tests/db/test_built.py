"""Statements of where a reader stands are kept as long as he stands there, whatever changes around him."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import chain

import pytest
import sqlalchemy as sa

from oversight.base.refusals import NotFound
from oversight.engine import authority, boxes, built, inbox
from oversight.models import Case, Post, Substitution, Unit
from oversight.models.epochs import epoch
from oversight.organization.actor import actor_of
from tests.support.actors import Play

TODAY = date(2026, 11, 24)
# What `Actor.ground` says of a post, a unit or an acting, and what is always the same of a person.
SAID = {"unit_id", "id", "path", "kind", "office", "for_id", "workflow", "person_id", "unit"}
OF_WHO = {
    *("id", "on", "zone_id", "posts", "branch", "acting", "acting_seats", "replaced_by"),
    *("seats", "sight", "business", "former", "led", "led_before"),
}


class Watched:
    """A post, unit or acting that tells what is asked of it."""

    def __init__(self, of, asked: set[str]):
        self._of, self._asked = of, asked

    def __getattr__(self, name: str):
        self._asked.add(name)
        found = getattr(self._of, name)
        return Watched(found, self._asked) if isinstance(found, Unit) else found


class Reader:
    """An actor that tells what is asked of him."""

    def __init__(self, who):
        self._who, self.of_who, self.of_places = who, set(), set()

    def __getattr__(self, name: str):
        self.of_who.add(name)
        return self._watched(getattr(self._who, name))

    def _watched(self, found):
        if isinstance(found, (Post, Substitution, Unit)):
            return Watched(found, self.of_places)
        return type(found)(map(self._watched, found)) if type(found) in (tuple, list) else found


def stand(session, world, name: str):
    return actor_of(session, world.people[name].id, TODAY)


def statements(who):
    """Make all that is kept of a reader."""
    openers = frozenset({"branch", "superior", "member", "body"})
    boxes_ = ("mine", "copied", "waiting", "done", "follow_up", "units")
    made = ((boxes.among(who, box), boxes.box(who, box)) for box in boxes_)
    return [
        *chain.from_iterable(made),
        authority._asked_of(who, who.id),
        inbox._all_waiting(who, openers),
        inbox._counts_of(who, ("copied", "waiting", "done", "follow_up", "units")),
    ]


@pytest.mark.parametrize(
    "name", ["village.secretary", "town1.officer", "zone.officer", "village.member1"]
)
def test_they_are_made_of_nothing_but_his_ground(session, world, name):
    if name not in world.people:
        pytest.fail(f"{name}: {sorted(world.people)}")
    reader = Reader(stand(session, world, name))
    assert statements(reader)
    assert reader.of_who <= OF_WHO
    assert reader.of_places <= SAID


@pytest.fixture
def made(monkeypatch):
    """Which statements are made anew."""
    found: list = []
    real = built.Fixed.__init__

    def begin(self, statement):
        found.append(statement)
        real(self, statement)

    monkeypatch.setattr(built.Fixed, "__init__", begin)
    return found


def test_they_stay_while_others_come_and_go(session, world, made):
    reader = "village.secretary"
    inbox.box_counts(session, stand(session, world, reader), "done", "waiting")
    token, n = epoch(session, world.zone.id), len(made)
    post = session.query(Post).filter(Post.person_id == world.people["town1.officer"].id).first()
    post.to_on = TODAY - timedelta(days=1)
    session.commit()
    assert epoch(session, world.zone.id) != token
    inbox.box_counts(session, stand(session, world, reader), "done", "waiting")
    assert len(made) == n


def test_they_are_made_anew_when_he_stands_elsewhere(session, world, made):
    reader = "village.secretary"
    inbox.box_counts(session, stand(session, world, reader), "done", "waiting")
    n = len(made)
    post = session.query(Post).filter(Post.person_id == world.people[reader].id).first()
    post.to_on = TODAY - timedelta(days=1)
    session.commit()
    inbox.box_counts(session, stand(session, world, reader), "done", "waiting")
    assert len(made) == n + 1


def test_who_stands_alike_is_asked_with_his_own_ids(session, world, made):
    """A statement made for another tells a reader what one of his own would."""
    Play(session, world).asked()
    cases = session.scalars(sa.select(Case)).all()

    def told(name: str) -> tuple:
        who = stand(session, world, name)
        waits, unread = inbox.waiting(session, who)
        counts = inbox.box_counts(session, who, "copied", "done", "follow_up", "units", "waiting")
        pages = (inbox.cases(session, who, box, TODAY) for box in ("mine", "units", "waiting"))
        lists = [[case.id for case in page.items] for page in pages]
        branches = [row.name for row in inbox.branches_in_sight(session, who)]
        return waits, unread, counts, lists, branches, [_sees(session, who, case) for case in cases]

    alone = {}
    for name in world.people:
        built._shelf.cache_clear()
        alone[name] = told(name)
    built._shelf.cache_clear()
    made.clear()
    each = len(world.people)
    assert {name: told(name) for name in reversed(world.people)} == alone
    assert len({repr(one) for one in alone.values()}) > 5, "they are told different things"
    assert len(made) < 6 * each, "most stand as somebody else does"


def test_an_id_that_is_not_of_his_ground_is_not_shared(session, world):
    who, other = (stand(session, world, name) for name in ("village.secretary", "town1.officer"))
    with pytest.raises(KeyError):
        built.asked(session, who, "odd", lambda: sa.select(Case.id).where(Case.id == other.id))


def _sees(session, who, case) -> bool:
    try:
        authority.see(session, who, case)
    except NotFound:
        return False
    return True
