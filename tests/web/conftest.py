"""Fixtures for tests over HTTP: a client of the JSON API for each person of the small world."""

from __future__ import annotations

import pytest

from oversight.views import progress
from tests.support.actors import Play
from tests.support.client import Api, token_for
from tests.support.html import Reader, open_accounts


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Answer long work at once, however busy the machine is: who tests its page hurries it."""
    monkeypatch.setattr(progress, "PATIENCE", 60)


@pytest.fixture
def api(app, world):
    """Return the client of a person, by the world's short name; None has no token."""
    clients: dict[str | None, Api] = {None: Api(app, None)}

    def client(name: str | None) -> Api:
        if name not in clients:
            clients[name] = Api(app, token_for(world.people[name]))
        return clients[name]

    return client


@pytest.fixture
def reader(app, world):
    """Return a person at a browser without JavaScript, logged in by the world's short name."""
    open_accounts(world)
    readers: dict[str | None, Reader] = {}

    def sit_down(name: str | None = None) -> Reader:
        if name not in readers:
            readers[name] = Reader(app)
            if name:
                readers[name].sign_in(name)
        return readers[name]

    return sit_down


@pytest.fixture
def play(session, world):
    return Play(session, world)
