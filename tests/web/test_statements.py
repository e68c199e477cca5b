"""How many statements a GET sends: the same for ten cases and for hundreds, and few."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from urllib.parse import parse_qsl

import pytest
import sqlalchemy as sa

from oversight.base.db import db
from oversight.calendar.party_days import activity_for
from oversight.models import Case, Unit
from tests.db.test_absence_walk import missing
from tests.support.client import Api, token_for
from tests.support.copies import copy_case, copy_into

MOST = 20
PAGES = {
    "town1.officer": ["/desk/many?box=mine", "/notices", "/units", "/me", "/admin/units"],
    "village.secretary": ["/desk/many?box=waiting", "/notices", "/units", "/me"],
    "village.member1": ["/desk", "/desk?box=waiting", "/notices", "/units", "/me"],
    "zone.sysadmin": ["/desk", "/accounts", "/admin/units"],
}
LISTS = {
    "town1.officer": [f"/queue?box={box}" for box in ("mine", "units", "done", "copied")],
    "village.secretary": ["/queue", "/queue?box=waiting", "/queue?box=units", "/units"],
    "village.member1": ["/queue", "/queue?box=follow_up", "/units"],
}
# Each row that may be approved at once is checked by its guards; an absence lies in the village.
BESIDE = [
    ("town1.officer", "/desk"),
    ("town1.officer", "/desk?box=units"),
    ("town1.officer", "/desk?box=waiting"),
    ("village.secretary", "/desk"),
    ("village.secretary", "/desk?box=waiting"),
]


@contextmanager
def counted() -> Iterator[list[str]]:
    """Hear the statements that are sent; a transaction's beginning is none."""
    found: list[str] = []

    def hear(_connection, _cursor, statement, *_more):
        found.extend([] if statement.startswith("BEGIN") else [statement])

    sa.event.listen(db.engine, "before_cursor_execute", hear)
    try:
        yield found
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", hear)


@pytest.fixture
def filled(session, world, play, reader, api):
    """Return what lays further cases on the desks of a branch and of its town."""
    kinds = [play.asked(), play.open("community.secretary", "community")]
    kinds += [missing(session, world, "organ"), missing(session, world, "village")]
    session.commit()
    ids = [case.id for case in kinds]

    def more(times: int) -> None:
        for case_id in ids:
            copy_case(session, session.get(Case, case_id), times)
        session.commit()

    more(3)
    return more


def sent(get, path: str) -> int:
    """Count what a GET sends; what is read once a process has been read."""
    bare, _mark, query = path.partition("?")
    ask = partial(get, bare, **dict(parse_qsl(query))) if isinstance(get.__self__, Api) else None
    (ask or partial(get, path))()
    with counted() as found:
        (ask or partial(get, path))()
    return len(found)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_sends_as_much_for_many_cases(filled, reader, name):
    before = {path: sent(reader(name).get, path) for path in PAGES[name]}
    filled(60)
    after = {path: sent(reader(name).get, path) for path in PAGES[name]}
    assert {path: n for path, n in after.items() if n > before[path]} == {}
    assert {path: n for path, n in before.items() if n > MOST} == {}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_the_api_sends_as_much_for_many_cases(filled, api, name):
    before = {path: sent(api(name).get, path) for path in LISTS[name]}
    filled(60)
    after = {path: sent(api(name).get, path) for path in LISTS[name]}
    assert {path: n for path, n in after.items() if n > before[path]} == {}
    assert {path: n for path, n in before.items() if n > MOST} == {}


def test_the_desk_sends_as_much_for_many_cases(filled, reader):
    before = {(name, path): sent(reader(name).get, path) for name, path in BESIDE}
    filled(60)
    after = {(name, path): sent(reader(name).get, path) for name, path in BESIDE}
    assert {way: n for way, n in after.items() if n > before[way]} == {}
    assert {way: n for way, n in before.items() if n > MOST} == {}


def test_the_desk_sends_as_much_for_requests_of_many_branches(session, world, play, reader):
    """Each is about a party day of its own, which its guards look at."""
    case, month = session.get(Case, play.asked().id), 12

    def more(first: int, last: int) -> None:
        for number in range(first, last):
            unit = world.unit(
                f"new{number}", "branch", "town1", "rural", title=f"新村{number}号党支部"
            )
            copy_into(session, case, unit, activity_for(session, unit, 2026, month).id)
        session.commit()

    more(0, 3)
    before = sent(reader("town1.officer").get, "/desk")
    more(3, 30)
    assert sent(reader("town1.officer").get, "/desk") <= before <= MOST


def test_the_page_of_an_absence_sends_few(session, filled, reader, world):
    """It shows the member, who may take it over and whom it may be handed to."""
    found = session.scalars(sa.select(Case.id).where(Case.workflow == "absence")).all()
    for case_id in found:
        unit = session.get(Case, case_id).unit
        name = "organ" if unit.id == world.units["organ"].id else "village"
        assert sent(reader(f"{name}.secretary").get, f"/cases/{case_id}") <= MOST


# Long lists --------------------------------------------------------------------------------------


@pytest.fixture
def many_units(session, world):
    for number in range(230):
        world.unit(f"new{number}", "branch", "town2", "rural", title=f"新村{number}号党支部")
    session.commit()
    return session.scalar(sa.select(sa.func.count()).where(Unit.kind != "group"))


@pytest.mark.parametrize(
    "name, path, above", [("zone.sysadmin", "/accounts", 0), ("zone.sysadmin", "/admin/units", 0)]
    + [("zone.officer", "/units", 4)]
)  # fmt: skip
def test_the_pages_of_a_long_list_lose_nothing(many_units, reader, name, path, above):
    person, found, page = reader(name), [], reader(name).get(path)
    assert sent(person.get, path) <= MOST
    for _page in range(5):
        rows = [link for link in page.links() if "/units/" in link]
        assert len(rows) <= 100 and len(page.html) < 100_000
        found += rows
        following = [link for link in page.links() if "cursor=" in link]
        if not following:
            break
        page = person.get(following[0])
    assert len(found) == len(set(found)) == many_units - above
    found = person.get(f"{path}?q=新村17号").links()
    assert len([link for link in found if "/units/" in link]) == 1


# Every GET ---------------------------------------------------------------------------------------

# Files of the program itself; what asks for a file that somebody put there is counted beside it.
FILES = {"static", "api.document", "evidence.get", "evidence.thumb", "api.attachment"}
# What asks for a paper that was issued, by its id or code.
FILES |= {"prints.get", "prints.week_packed", "prints.check", "api.paper_pdf", "api.paper_docx"}
FILES |= {"api.paper_original", "prints.week_bound"}
FILES |= {"forms.get", "prints.original", "written.get", "excel.fetch"}
# What is printed of an appraisal, counted in test_forty.
PRINTED = {"printed.show", "printed.own"}
# Who asks: whoever may see it and has most to see; the officer of a town where nothing is said.
ASKED_BY = {
    "accounts": "zone.sysadmin",
    "admin": "zone.sysadmin",
    "admin.acting_list": "zone.secadmin",
    "admin.checklist": "town1.officer",
    "admin.log": "zone.auditor",
    "admin.post_list": "zone.secadmin",
    "admin.proposal_list": "zone.secadmin",
    "admin.reorganize_unit": "town1.officer",
    "attend": "village.organizer",
    "brought": "village.secretary",
    "contact": "village.secretary",
    "handbooks": "village.secretary",
    "opening": "village.secretary",
    "phone": "village.secretary",
    "roster": "zone.sysadmin",
    "security.zone": "zone.auditor",
    "zone": "zone.sysadmin",
}
STRANGERS = ("access.login", "access.activate", "health")


def asked_by(endpoint: str) -> str | None:
    if endpoint.startswith(STRANGERS):
        return None
    return ASKED_BY.get(endpoint, ASKED_BY.get(endpoint.partition(".")[0], "town1.officer"))


@pytest.fixture
def addresses(app, session, world, play) -> dict[str, str]:
    """Return the address of every GET by endpoint, with the ids of one branch filled in."""
    village = world.units["village"]
    values = {
        "case_id": session.scalar(sa.select(Case.id).where(Case.unit_id == village.id)),
        "unit_id": village.id,
        "person_id": world.people["village.member1"].id,
        "activity_id": activity_for(session, village, 2026, 11).id,
        "year": 2026,
        "kind": "merge",
        "name": "date_change",
        "letter": "G",
        "number": "G-2.1.1a",
    }
    own = {"written": {"kind": "activity", "of": values["activity_id"]}}
    session.commit()
    rules = {rule.endpoint: rule for rule in app.url_map.iter_rules() if "GET" in rule.methods}
    build = app.url_map.bind("localhost").build
    found = {
        name: build(
            name, {word: own.get(name.split(".")[0], values)[word] for word in rule.arguments}
        )
        for name, rule in rules.items()
        if name not in FILES | PRINTED
    }
    found["overview.stays"] += f"?unit={village.parent_id}&workflow=absence&state=to_contact"
    return found


@pytest.fixture
def client(app, reader, world):
    """Return what sends a GET as whoever asks for it; what is no page is not checked as one."""

    def send(endpoint: str, path: str) -> int:
        if endpoint.startswith("api."):
            headers = {"Authorization": f"Bearer {tokens[asked_by(endpoint)]}"}
            with app.app_context():
                return app.test_client().get(path, headers=headers).status_code
        with app.app_context():
            return reader(asked_by(endpoint)).client.get(path).status_code

    names = {name for name in ASKED_BY.values()} | {"town1.officer"}
    tokens = {name: token_for(world.people[name]) for name in names}
    return send


def counts(client, addresses: dict[str, str]) -> dict[str, int]:
    """Count what each GET sends when it is asked for the second time."""
    found = {}
    for endpoint, path in addresses.items():
        assert client(endpoint, path) in (200, 302), endpoint
        with counted() as statements:
            client(endpoint, path)
        found[endpoint] = len(statements)
    return found


def test_every_get_sends_few_statements_and_as_many_for_many_cases(
    session, filled, addresses, client
):
    session.commit()
    before = counts(client, addresses)
    filled(60)
    session.commit()
    after = counts(client, addresses)
    assert {name: n for name, n in after.items() if n > before[name]} == {}
    assert {name: n for name, n in before.items() if n > MOST} == {}
