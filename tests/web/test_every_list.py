"""Every page that lists something can be taken away as a workbook, or it is said here why not; and what takes
long is told by a page that grows and waits an hour for whoever asked.
"""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
from flask import url_for

from oversight.calendar.party_days import plan_year
from oversight.views import excel
from tests.db.test_attendance import record, sheet
from tests.db.test_registers import note
from tests.support.html import parse
from tests.support.world import at
from tests.web.test_progress import hurry

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
READERS = (
    "zone.officer", "zone.sysadmin", "zone.secadmin", "zone.auditor", "town1.officer", "village.secretary",
    "village.member1",
)  # fmt: skip
LISTS = {"tbl", "list", "lg", "tl", "no-l", "ov-t"}  # classes of what lists things, one a line
NO_PAGES = {"api", "health", "static"}
FORM, MENU, PRINTED = "a form to fill in", "a menu", "leaves as a printed paper"
REASONS = {
    "attend.show": PRINTED,
    "attend.blank": PRINTED,
    "case.show": "leaves as the file of the case, a ZIP",
    "year.show": "a branch of the table of months, which leaves",
    "zone.rest_days": "its days leave from the calendar",
    "admin.index": MENU,
    "admin.unit": "one unit; what was changed leaves with the auditor's record",
    "admin.person": "one person; what was changed leaves with the auditor's record",
    "law.clauses": "the law itself",
    "law.index": "the law itself",
    "law.show": "the law itself",
    "forms.index": MENU,
    "desk.me": MENU,
    "opening.choose": MENU,
    "start.show": MENU,
    "security.show": "the reader's own few log-ins, ended here",
    "tokens.index": "the reader's own few tokens, revoked here",
    "law.one_clause": "the law itself",
    "many.choose": FORM,
}


@pytest.fixture
def lived(session, world, play):
    """A zone in which every list has something; returns what addresses are made of."""
    units = [unit for unit in world.units.values() if unit.kind == "branch"]
    plan_year(session, units, 2026, at("2026-01-05"))
    day = record(session, world, sheet(world, absent=("member1",)), on="2026-11-09")
    note(session, world, "raised", what="路灯不亮")
    case = play.on("2026-11-20").asked()
    session.commit()
    return {
        "unit_id": [world.units[name].id for name in ("village", "town1")],
        "activity_id": [day.id],
        "person_id": [world.people["village.member1"].id],
        "case_id": [case.id],
        "year": [2026],
        "name": ["date_change"],
        "number": ["G-2.1.1a"],
    }


def addresses(app, lived) -> list[tuple[str, str]]:
    """Return the endpoint and address of each page that stands alone or is of what has lived."""
    with app.test_request_context():
        return [
            (rule.endpoint, url_for(rule.endpoint, **dict.fromkeys(rule.arguments, None) | values))
            for rule in app.url_map.iter_rules()
            if "GET" in rule.methods and rule.endpoint.partition(".")[0] not in NO_PAGES
            if rule.arguments <= set(lived)
            for values in combined(rule.arguments, lived)
        ]


def combined(names, lived):
    found = [{}]
    for name in names:
        found = [{**one, name: value} for one in found for value in lived[name]]
    return found


@pytest.fixture
def pages(app, reader, lived):
    """Return by endpoint the pages that somebody reads: who, whether it lists something, the links."""
    found: dict[str, list[tuple[str, bool, list[str]]]] = {}
    for endpoint, address in addresses(app, lived):
        for name in READERS:
            answer = reader(name).raw("GET", address)
            if answer.status_code == 200 and answer.mimetype == "text/html":
                html = answer.get_data(as_text=True).partition("<main")[2]
                classes = {
                    word for many in re.findall(r'class="([^"]*)"', html) for word in many.split()
                }
                links = [
                    one.replace("&amp;", "&") for one in re.findall(r'href="([^"]*as=xlsx)"', html)
                ]
                found.setdefault(endpoint, []).append((name, bool(classes & LISTS), links))
    return found


def test_every_list_leaves_or_it_is_said_why_not(pages, reader):
    """Each with a frozen first row in Chinese and no cell that a spreadsheet would run."""
    without = {
        endpoint
        for endpoint, seen in pages.items()
        if any(lists and not links for _who, lists, links in seen)
    }
    assert without == set(REASONS), "a list without a link, or a reason for none"
    asked = {
        (name, address): endpoint
        for endpoint, seen in pages.items()
        for name, _lists, links in seen
        for address in links
    }
    assert len(set(asked.values())) >= 20
    for (name, address), endpoint in asked.items():
        answer = reader(name).raw("GET", address)
        assert (answer.status_code, answer.mimetype) == (200, excel.TYPE), (endpoint, name)
        found = openpyxl.load_workbook(io.BytesIO(answer.data)).active
        head, *rows = [[cell.value for cell in row] for row in found.iter_rows()]
        assert found.freeze_panes == "A2", endpoint
        assert all(re.search("[\u4e00-\u9fff]", label) for label in head), (endpoint, head)
        cells = [str(cell or "") for row in rows for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "@"))], endpoint


# What takes long ---------------------------------------------------------------------------------


@pytest.fixture
def slow(monkeypatch):
    hurry(monkeypatch)


def fetched(reader, who: str, address: str) -> str:
    """Ask for a list that takes long; returns where it waits."""
    answer = reader(who).raw("GET", address)
    html = answer.get_data(as_text=True)
    parse(html)
    assert answer.status_code == 200 and 'class="prog' in html and "正在导出" in html
    [found] = re.findall(r'href="(/lists/[^"]+)"', html)
    return found


def test_a_long_list_is_told_and_waits_for_who_asked(reader, lived, slow):
    address = fetched(reader, "town1.officer", "/months?year=2026&q=石桥&as=xlsx")
    answer = reader("town1.officer").raw("GET", address)
    assert answer.mimetype == excel.TYPE and "2026" in answer.headers["Content-Disposition"]
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.data)).active.values)
    assert [row[1] for row in rows[1:]] == ["石桥村党支部"]
    assert reader("zone.officer").raw("GET", address).status_code == 404, "somebody else's"
    assert reader("town1.officer").raw("GET", address + "x").status_code == 404
    assert reader(None).raw("GET", address).status_code == 302, "nobody who is logged in"


def test_after_an_hour_it_is_gone(reader, lived, slow, clock, app):
    address = fetched(reader, "town1.officer", "/units?as=xlsx")
    folder = app.config["OVERSIGHT"].data_dir / "shelf"
    assert len(list(folder.iterdir())) == 1
    clock.now = clock.now.replace(hour=clock.now.hour + 1)
    gone = reader("town1.officer").raw("GET", address)
    assert gone.status_code == 404 and "重新导出" in gone.get_data(as_text=True)
    fetched(reader, "town1.officer", "/units?as=xlsx")
    assert len(list(folder.iterdir())) == 1, "the old one went"


def test_who_may_not_see_a_list_is_told_so_also_where_it_is_long(reader, lived, slow, app):
    unit = lived["unit_id"][0]
    html = reader("village.member1").raw("GET", f"/units/{unit}/ledger?as=xlsx")
    assert "/lists/" not in html.get_data(as_text=True)
    assert not (app.config["OVERSIGHT"].data_dir / "shelf").exists()
