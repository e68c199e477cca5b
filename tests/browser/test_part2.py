"""A month in a real browser: 40 attendances on a phone with and without scripts, no sideways
scroll, axe.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from selenium.webdriver.common.by import By

from oversight.base.db import db
from oversight.calendar.party_days import activity_for, plan_year
from oversight.engine import transitions
from oversight.ledger import attendance
from oversight.models import Membership, Sighting
from tests.browser.conftest import application, running
from tests.browser.driver import COLOURS, axe_violations, chromium, colours, until
from tests.db.test_rectification_walk import fixing, rechecking
from tests.support import world as worlds
from tests.support.html import Reader, open_accounts
from tests.support.world import at

pytestmark = pytest.mark.browser
NOW = datetime(2026, 12, 3, 1, 0, tzinfo=UTC)
SURNAMES, GIVEN = (
    "王刘孙吴郑马黄徐李张陈杨赵周胡郭何罗梁宋唐韩曹袁邓许",
    ("建国", "玉芬", "立军", "海燕", "国平", "文涛"),
)
WIDTHS = (320, 360, 768, 1024, 1280, 1440)


@dataclass
class Site:
    """A running application: its address, and what lies where in it."""

    url: str
    app: object
    paths: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def village(filled, tmp_path):
    """Serve a village branch of 40 whose October is recorded: two take part in other forms every
    month.
    """
    paths, people = filled(_fill, tmp_path, NOW)
    app = application(tmp_path, NOW)
    with running(app) as url:
        yield Site(url, app, paths, people)


def grow(world, unit: str = "village", to: int = 40) -> None:
    """Let a branch of five grow to 40 members in three groups. Does not commit."""
    groups = [
        world.unit(f"{unit}.group{n}", "group", unit, title=f"{name}组").id
        for n, name in enumerate("一二三", 1)
    ]
    for n in range(to - 5):
        world.person(
            f"{unit}.more{n}", unit, title=SURNAMES[n % len(SURNAMES)] + GIVEN[n % len(GIVEN)]
        )
    members = (
        world.session.query(Membership)
        .filter_by(unit_id=world.units[unit].id)
        .order_by(Membership.sort)
    )
    for n, row in enumerate(members):
        row.group_id = groups[n % 3]


def settle(
    session, world, month: int, day: str, other: dict[str, str], unit: str = "village"
) -> None:
    """Record a month in which everybody took part, some in another form. Commits."""
    activity = activity_for(session, world.units[unit], 2026, month)
    everybody = [person.id for person in attendance.people(session, activity, at(day).today)]
    for name in other:
        world.people[name].mobile = world.people[name].elderly = True
    forms = {world.people[name].id: form for name, form in other.items()}
    sheet = attendance.read_sheet(
        {"present": [one for one in everybody if one not in forms], "other_form": forms}
    )
    attendance.record(
        session, activity.id, sheet, world.actor(f"{unit}.secretary", at(day).today), at(day)
    )
    session.commit()


def _fill(session) -> tuple[dict[str, str], dict[str, str]]:
    world = worlds.build(session)
    grow(world)
    for person in world.people.values():
        person.name = {"village.secretary": "李春梅", "village.organizer": "孙立军"}.get(
            person.name, person.name
        )
    open_accounts(world)
    plan_year(
        session,
        [unit for unit in world.units.values() if unit.kind == "branch"],
        2026,
        at("2026-01-05"),
    )
    settle(
        session,
        world,
        10,
        "2026-10-12",
        {"village.more0": "visit", "village.more1": "receiving_branch"},
    )
    people = {name: person.id for name, person in world.people.items()}
    unit = world.units["village"].id
    november = activity_for(session, world.units["village"], 2026, 11).id
    december = activity_for(session, world.units["village"], 2026, 12).id
    order, recheck = fixing(session, world), rechecking(session, world)
    officer = world.actor("town1.inspector", at("2026-11-06").today)
    round_ = transitions.submit_opening(
        session,
        "inspection",
        world.units["community"].id,
        {"method": "on_site", "inspected_on": "2026-11-06"},
        officer,
        at("2026-11-06"),
    )
    asked = transitions.submit_opening(
        session,
        "exemption",
        unit,
        {
            "member": people["village.more5"],
            "reason": "年老体弱",
            "from_on": "2026-12-01",
            "until": "2027-05-31",
        },
        world.actor("village.secretary", at("2026-11-06").today),
        at("2026-11-06"),
    )
    paths = {
        "sheet": f"/activities/{november}/attendance",
        "contacts": f"/units/{unit}/follow-ups",
        "year": f"/units/{unit}/year/2026",
        "plan": f"/activities/{december}/plan",
        "phone": f"/people/{people['village.more7']}/phone",
        "order": f"/cases/{order.id}",
        "recheck": f"/cases/{recheck.id}",
        "round": f"/cases/{round_.id}",
        "exemption": f"/cases/{asked.id}",
        "new order": f"/new/rectification?unit={unit}",
        "new": "/new",
    }
    return paths, people


class Finger:
    """A finger on a page: it taps what can be seen, and counts."""

    def __init__(self, driver, site: Site):
        self.driver, self.site, self.taps = driver, site, 0

    def open(self, path: str) -> None:
        self.driver.get(self.site.url + path)

    def login(self, name: str) -> None:
        """Bring the cookie of somebody who has logged in; the log-in page has its own tests."""
        reader = Reader(self.site.app)
        reader.sign_in(name)
        self.open("/healthz")
        self.driver.add_cookie(
            {"name": "oversight", "value": reader.client.get_cookie("oversight").value}
        )

    def wait_for(self, path: str) -> None:
        """Wait until a page whose address contains this has come."""
        until(
            self.driver,
            lambda: (
                path in self.driver.current_url
                and self.driver.execute_script("return document.readyState") == "complete"
            ),
        )

    def tap(self, place: str, by: str = By.CSS_SELECTOR) -> None:
        """Touch the middle of what is there; the driver's own click waits for a script where there
        may be none.
        """
        found = self.driver.find_element(by, place)
        x, y, hit = self.driver.execute_script(
            "arguments[0].scrollIntoView({block: 'center'}); const r = arguments[0].getBoundingClientRect(),"
            "x = r.x + r.width / 2, y = r.y + r.height / 2, top = document.elementFromPoint(x, y);"
            "return [x, y, arguments[0].contains(top)];",
            found,
        )
        assert hit, f"{place} is covered"
        for kind in ("mousePressed", "mouseReleased"):
            self.driver.execute_cdp_cmd(
                "Input.dispatchMouseEvent",
                {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1},
            )
        self.taps += 1

    def tally(self) -> str:
        """Return the sums as the reader sees them, which the stylesheet counts."""
        nodes = {
            node["nodeId"]: node
            for node in self.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        }
        status = next(
            node for node in nodes.values() if node.get("role", {}).get("value") == "status"
        )
        return "".join(self._leaves(nodes, status))

    def _leaves(self, nodes: dict, node: dict):
        if node.get("role", {}).get("value") == "StaticText":
            yield node["name"]["value"].strip()
            return
        for child in node.get("childIds", ()):
            yield from self._leaves(nodes, nodes[child])

    @property
    def text(self) -> str:
        return self.driver.find_element(By.TAG_NAME, "body").text


@pytest.mark.parametrize("js", [True, False], ids=["scripts", "no scripts"])
def test_forty_attendances_in_ten_taps_on_a_phone(village, js):
    with chromium(390, 844, js=js) as driver:
        finger = Finger(driver, village)
        finger.login("village.secretary")
        finger.open(village.paths["sheet"] + "/blank")
        assert driver.find_element(By.CSS_SELECTOR, "[data-act=print]").is_displayed() == js
        finger.open(village.paths["sheet"])
        # last month's form is a suggestion; the sums are always all forty
        assert finger.tally() == "到会38其他方式0请假0缺席0按上次2"
        a, b, c = (village.people[f"village.more{n}"] for n in (7, 8, 9))
        for person in (a, b, c):
            finger.tap(f"label[for='out-{person}']")
        finger.tap(f"label[for='absent-{c}']")
        for person, value in ((a, "外出"), (b, "身体")):
            finger.tap(f"//label[input[@name='why-{person}' and @value='{value}']]", By.XPATH)
        assert finger.tally() == "到会35其他方式0请假2缺席1按上次2"
        finger.tap("//label[input[@name='as_before']]", By.XPATH)
        finger.tap(".cta button.primary")
        finger.wait_for("/follow-ups")
        assert finger.taps <= 10, finger.taps
        assert "请假、缺席的人转入联系登记，12月8日前联系" in finger.text
        for node in driver.find_elements(By.CSS_SELECTOR, "input[name=case]"):
            assert node.is_displayed()
    with village.app.app_context():
        activity = village.paths["sheet"].split("/")[2]
        assert attendance.counts(db.session, [activity])[activity].classes == {
            "expected": 40,
            "present": 35,
            "other_form": 2,
            "leave": 2,
            "absent": 1,
        }
        db.session.remove()


PAGES = {
    "village.secretary": (
        "sheet",
        "year",
        "plan",
        "phone",
        "order",
        "exemption",
        "contacts",
        "new",
    ),
    "town1.officer": ("recheck", "sheet", "contacts"),
    "town1.inspector": ("round", "new order", "new"),
}


def _size(driver, width: int, dark: bool = False) -> None:
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    colours(driver, "dark" if dark else "light")
    until(driver, lambda: driver.execute_script("return innerWidth") == width)


def _unfold(driver) -> None:
    """Open everything that is folded, so that it is looked at too."""
    driver.execute_script(
        "document.querySelectorAll('details').forEach(d => d.open = true);"
        "document.querySelectorAll('.ex, .k-finding').forEach(i => i.checked = true);"
    )


@pytest.mark.parametrize("name", PAGES)
def test_no_page_scrolls_sideways_and_axe_finds_nothing(village, name):
    wrong = []
    with chromium(1440, 900) as driver:
        finger = Finger(driver, village)
        finger.login(name)
        if name == "village.secretary":
            _absences(finger, village)
        for page in PAGES[name]:
            finger.open(village.paths[page])
            _unfold(driver)
            for width in WIDTHS:
                _size(driver, width)
                over = driver.execute_script(
                    "return document.documentElement.scrollWidth - innerWidth"
                )
                wrong += [(page, width, f"{over} px too wide")] if over > 0 else []
            for width, dark in ((390, False), (390, True), (1440, False), (1440, True)):
                _size(driver, width, dark)
                wrong += [
                    (page, width, dark, rule["id"], rule["nodes"][0]["html"][:200])
                    for rule in axe_violations(driver, only=COLOURS if dark else None)
                ]
    assert wrong == []


def _absences(finger: Finger, village: Site) -> None:
    """Let three be missing, so that the contact page has something to show."""
    finger.open(village.paths["sheet"])
    for n in (7, 8):
        finger.tap(f"label[for='out-{village.people[f'village.more{n}']}']")
        finger.tap(f"label[for='absent-{village.people[f'village.more{n}']}']")
    finger.tap("//label[input[@name='as_before']]", By.XPATH)
    finger.tap(".cta button.primary")
    finger.wait_for("/follow-ups")


def _seen(village: Site) -> int:
    with village.app.app_context():
        found = db.session.query(Sighting).count()
        db.session.remove()
    return found


@pytest.mark.parametrize("js", [True, False], ids=["scripts", "no scripts"])
def test_that_an_order_was_read_is_told_by_the_script_and_never_by_the_get(village, js):
    with chromium(390, 844, js=js) as driver:
        finger = Finger(driver, village)
        finger.login("village.secretary")
        finger.open(village.paths["order"])
        if js:
            until(driver, lambda: _seen(village) == 1)
        finger.open(village.paths["order"])
        assert ("支部首次查看：李春梅" in finger.text) == js and _seen(village) == js
