"""Two journeys as people make them, on phone and desk, with and without scripts: asking for another
day until it is in force, and a party day of forty from the sheet to the last make-up in the archive.

Taps, keys, fields and pages are counted, printed and held against the figures that were set.
"""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from oversight.calendar.party_days import plan_year
from tests.browser.conftest import served
from tests.browser.driver import chromium
from tests.browser.test_pages import Person
from tests.support import world as worlds
from tests.support.html import open_accounts
from tests.support.world import at

pytestmark = pytest.mark.browser
WIDTHS = ((390, 844), (1440, 900))
FORTY = 40
REASON = "冬修水利集中施工，全村40名党员中27名在工地"


def _village_of_forty(session):
    world = worlds.build(session)
    village = world.units["village"]
    here = [name for name in world.people if name.startswith("village.")]
    for number in range(FORTY - len(here)):
        world.person(f"village.more{number}", "village", title=f"李{number + 1:02d}")
    open_accounts(world)
    village.accountable_from = date(2026, 8, 1)
    for year in (2026, 2027):
        plan_year(session, [village], year, at("2026-01-05"))
    session.commit()
    return {"village": village.id}, {}


@pytest.fixture(scope="module")
def forty(filled, tmp_path_factory):
    with served(filled, tmp_path_factory.mktemp("journeys"), _village_of_forty) as running:
        yield running


@pytest.fixture(scope="module", params=[True, False], ids=["scripts", "no scripts"])
def browser(request):
    with chromium(*WIDTHS[1], js=request.param) as driver:
        driver.scripts = request.param
        yield driver


@pytest.fixture(params=WIDTHS, ids=["phone", "desk"])
def person(request, browser, forty):
    width, height = request.param
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )
    yours = Counting(browser, forty, wide=width > 760)
    assert browser.execute_script("return innerWidth") == width
    return yours


class Counting(Person):
    """Somebody whose taps, keys, fields and pages are counted."""

    def __init__(self, driver, site, wide: bool):
        super().__init__(driver, site.url)
        self.site, self.wide, self.scripts = site, wide, driver.scripts
        self.count: Counter = Counter()

    def sit_down(self, name: str) -> None:
        """Come as somebody who is logged in, to his desk."""
        self.go("/healthz")
        self.enter(self.site.app, name)
        self.go("/desk")
        self.count = Counter(pages=1)

    def tap(self, node) -> None:
        """Tap what stays on the page."""
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", node)
        node.click()
        self.count["taps"] += 1

    def follow(self, node) -> None:
        """Tap what leads on."""
        self.click(node)
        self.count.update(taps=1, pages=1)

    def says(self, text: str, within: str = "main"):
        """Return the link, button or choice in sight that says just so."""
        nodes = self.seen(f"{within} a, {within} button, {within} label")
        found = sorted((one for one in nodes if text in one.text), key=lambda one: len(one.text))
        assert found, f"nothing in {within} says {text}: {self.find(within).text}"
        return found[0]

    def write(self, css: str, text: str) -> None:
        field = self.find(css)
        self.tap(field)
        field.send_keys(text)
        self.count.update(keys=len(text), fields=1)

    def told(self, journey: str) -> Counter:
        """Print what it took and return it."""
        where = f"{'desk' if self.wide else 'phone'}, {'scripts' if self.scripts else 'no scripts'}"
        said = ", ".join(
            f"{self.count[what]} {what}" for what in ("taps", "keys", "fields", "pages")
        )
        print(f"\n{journey} ({where}): {said}")
        return self.count


def test_another_day_is_asked_for_answered_and_in_force(person):
    person.sit_down("village.secretary")
    person.follow(person.says("请示变更时间"))
    day = person.seen("label.opt")[0]
    asked = day.text.split()[0]
    person.tap(day)
    person.count["fields"] += 1
    person.write("textarea[name=reason]", REASON)
    person.follow(person.says("提交请示", ".cta"))
    assert "已提交，等 青溪镇党委 批复" in person.text
    assert person.told("date change, asked")["taps"] <= 4

    person.sit_down("town1.officer")
    _consent(person)
    assert "批复已印发" in person.text and asked in person.text
    person.told("date change, answered")

    person.sit_down("village.secretary")
    person.go("/desk?box=waiting")
    person.click(next(one for one in person.seen(".q-item a") if asked in one.text))
    assert "已同意" in person.text and asked in person.text


def _consent(person) -> None:
    """Answer the one request on the desk: by two keys where there are any, else by a tap or two."""
    assert "批复 石桥村党支部" in person.seen(".q-item a")[0].text
    if person.wide and person.scripts:
        page = person.find("html")
        keys = ActionChains(person.driver)
        keys.send_keys("a").key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL)
        keys.perform()
        person.wait(lambda: not person._alive(page) and person.find("main"))
        person.count.update(keys=2, pages=1)
        assert person.count["taps"] == 0
        return
    if not person.wide:
        person.follow(person.seen(".q-item a")[0])
        top = person.says("同意", ".decide").rect["y"]
        assert top < WIDTHS[0][1], "the answer stands in the first screen"
    person.follow(person.says("同意", ".decide"))
    assert person.count["taps"] <= 2


def test_a_party_day_of_forty_is_recorded_and_made_up(person):
    person.sit_down("village.secretary")
    person.follow(next(one for one in person.seen(".q-item a") if "登记考勤" in one.text))
    assert f"应到 {FORTY} 人" in person.text
    missing = _record(person)
    assert "缺席补课" in person.find("h1").text, person.text[:600]
    sheet = person.told("attendance of forty")
    assert sheet["taps"] <= 10 and sheet["keys"] == 0

    person.count = Counter(pages=1)
    _make_up(person, missing)
    assert "已登记联系 3 人" in person.text
    assert person.told("contact and lesson of three")["taps"] <= 12
    person.go(f"/units/{person.site.units['village']}/follow-ups?step=done")
    assert all(name in person.text for name in missing) and "已补课归档" in person.text


def _record(person) -> list[str]:
    """Take three out of forty: two on leave, with a category, and one absent; returns their names."""
    tiles = person.seen("label.nm")[-3:]
    names = [tile.text for tile in tiles]
    for tile, kind in zip(tiles, ("外出", "身体", "缺席"), strict=True):
        person.tap(tile)
        card = f"[id='{tile.get_attribute('for')}'] + label + .cls"
        person.tap(person.says(kind, card))
    person.follow(person.says("保存到会情况", ".cta"))
    return names


def _make_up(person, names: list[str]) -> None:
    for name in names:
        person.tap(next(row for row in person.seen("label.con-r") if name in row.text))
    for choice in ("联系上了", "电话", "家事", "已告知", "送学上门"):
        person.tap(person.says(choice, ".batch"))
    person.follow(person.says("登记所选", ".batch"))
