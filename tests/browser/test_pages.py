"""The pages in a real browser: the whole tour on desk and phone, with and without scripts, and what
they weigh.
"""

from __future__ import annotations

import re

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.driver import (
    COLOURS,
    WCAG,
    axe_violations,
    chromium,
    colours,
    printed_pages,
    until,
)
from tests.support.html import PASSWORD, Reader

pytestmark = pytest.mark.browser
WIDTHS = (320, 360, 768, 1024, 1280, 1440)
REASON = "冬修水利集中施工，全村 31 名党员中 27 名在工地"


class Person:
    """Somebody at a browser: waits for pages, never for time."""

    def __init__(self, driver, url: str):
        self.driver, self.url = driver, url

    def go(self, path: str) -> None:
        self.driver.get(self.url + path)

    def find(self, css: str):
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def seen(self, css: str) -> list:
        return [
            node for node in self.driver.find_elements(By.CSS_SELECTOR, css) if node.is_displayed()
        ]

    def press(self, text: str, within: str = "main") -> None:
        """Press the visible link or button that says so, and wait for the page that comes."""
        found = [node for node in self.seen(f"{within} a, {within} button") if text in node.text]
        assert found, f"nothing says {text}: {self.text}"
        self.click(found[0])

    def click(self, node) -> None:
        """Click what the sticky bars do not cover, and wait for the page that comes."""
        page = self.find("html")
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", node)
        node.click()
        self.wait(lambda: not self._alive(page) and self.find("main"))

    def wait(self, wanted) -> None:
        until(self.driver, wanted)

    @staticmethod
    def _alive(node) -> bool:
        try:
            return bool(node.tag_name)
        except Exception:  # a node of a page that has gone
            return False

    def login(self, name: str) -> None:
        self.driver.delete_all_cookies()
        self.go("/login")
        self.find("[name=username]").send_keys(name)
        self.find("[name=password]").send_keys(PASSWORD)
        self.press("登录")

    def enter(self, app, name: str) -> None:
        """Come with the session of somebody who has logged in elsewhere; a page must be open."""
        reader = Reader(app)
        reader.sign_in(name)
        cookie = reader.client.get_cookie("oversight").value
        self.driver.delete_all_cookies()
        self.driver.add_cookie({"name": "oversight", "value": cookie})

    @property
    def text(self) -> str:
        return self.find("main").text


@pytest.mark.parametrize(
    ("width", "js"), [(1440, True), (360, False)], ids=["desk, scripts", "phone, no scripts"]
)
def test_the_whole_tour(site, width, js):
    """A secretary asks, an officer consents from the desk, the year shows the new day, the reply
    its number.
    """
    with chromium(width, 800, js=js) as driver:
        person = Person(driver, site.url)
        person.login("village.secretary")
        person.go(f"/units/{site.units['village']}/year/2026")
        person.press("请示变更", "#m12")
        driver.execute_script(
            "arguments[0].scrollIntoView({block: 'center'})", person.find("label.opt")
        )
        person.seen("label.opt")[1].click()
        person.find("textarea[name=reason]").send_keys(REASON)
        person.press("提交请示", "main .cta")
        assert "已提交，等 青溪镇党委 批复。最晚 11月27日 有结果" in person.text

        person.login("town1.officer")
        person.click(next(node for node in person.seen(".q-item a") if "石桥村" in node.text))
        assert REASON in person.text
        person.find("#say").send_keys("同意，请通知到每名党员。")
        person.press("同意", ".decide")
        assert "批复已印发：青委党日〔2026〕2号，12 月党日改为 12月11日" in person.text

        person.login("village.secretary")
        person.go(f"/units/{site.units['village']}/year/2026")
        december = person.find("#m12").text
        assert "经批复变更" in december and "12月11日" in december
        person.go("/desk?box=waiting")
        person.click(person.seen(".q-item a")[0])
        if width > 760:
            person.press("看完整案卷")
        assert "青委党日〔2026〕2号" in person.text and "盖章处" in person.text


def pages(site) -> list[tuple[str, str]]:
    """Return every kind of page: who reads it, and where it is."""
    here = f"/units/{site.units['village']}"
    year = f"{here}/year"
    return [
        ("zone.officer", "/overview"),
        ("zone.officer", f"/overview/rows?unit={site.units['town1']}&own=1"),
        ("zone.officer", f"/units/{site.units['zone']}/ledger"),
        ("zone.officer", "/zone/rest-days/2026"),
        ("zone.sysadmin", "/admin/outlets"),
        ("town1.officer", "/papers"),
        ("village.secretary", f"{here}/ledger"),
        ("village.secretary", f"{here}/registers"),
        ("village.secretary", f"{here}/year-sheet/2026"),
        ("village.secretary", f"{here}/handbook/2026"),
        ("village.secretary", f"{here}/reporting/2026"),
        ("village.secretary", "/forms"),
        ("organ.secretary", f"/written/request/{site.cases['approved']}"),
        ("", "/check"),
        ("town1.officer", "/desk"),
        ("town1.officer", "/desk?box=units"),
        ("town1.officer", f"/cases/{site.cases['again']}?from=desk"),
        ("town1.officer", f"/cases/{site.cases['approved']}"),
        ("town1.officer", f"/desk/bulk?case={site.cases['asked']}"),
        ("town1.officer", "/units"),
        ("town1.officer", "/notices"),
        ("organ.secretary", f"/cases/{site.cases['draft']}"),
        ("village.secretary", "/desk"),
        ("village.secretary", "/new"),
        ("village.secretary", "/new/date_change?day=2026-12-04"),
        ("village.secretary", f"{year}/2026"),
        ("village.secretary", f"{year}/2027"),
        ("firm.secretary", f"/units/{site.units['firm']}/year/2026"),
        ("zone.officer", "/new/zone_shift"),
        ("zone.officer", "/me"),
        ("zone.officer", "/password"),
        ("zone.officer", "/law"),
        ("zone.officer", "/law/date_change"),
        ("zone.officer", "/clauses"),
        ("zone.officer", "/nothing"),
        ("", "/login"),
    ]


def visit(person: Person, site):
    """Go to each page as its reader and yield where one is."""
    cookies = {}
    person.go("/login")
    for name, path in pages(site):
        person.driver.delete_all_cookies()
        if name and name not in cookies:
            reader = Reader(site.app)
            reader.sign_in(name)
            cookies[name] = reader.client.get_cookie("oversight").value
        if name:
            person.driver.add_cookie({"name": "oversight", "value": cookies[name]})
        person.go(path)
        yield path


def resize(driver, width: int) -> None:
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False},
    )


def test_every_page_fits_keeps_the_content_policy_and_can_be_used_by_everybody(site):
    """On six widths in both sizes of text; on desk and phone by day and by night."""
    with chromium(1440, 800) as driver:
        wide, found = [], []
        for path in visit(Person(driver, site.url), site):
            wide += [(path, *much) for much in _too_wide(driver)]
            for width in (360, 1440):
                resize(driver, width)
                found += [(path, width, *wrong) for wrong in _unusable(driver)]
        assert wide == [] and found == []
        said = [
            line["message"] for line in driver.get_log("browser") if "404" not in line["message"]
        ]
        assert said == []


def _too_wide(driver):
    for width in WIDTHS:
        resize(driver, width)
        for size in ("large", ""):
            over = driver.execute_script(
                "document.documentElement.dataset.size = arguments[0];"
                "return document.documentElement.scrollWidth - innerWidth",
                size,
            )
            if over > 0:
                yield width, size, over


def _unusable(driver):
    """Yield what axe finds by day, and at night of what the colours decide."""
    for scheme, only in (("light", None), ("dark", COLOURS)):
        colours(driver, scheme)
        for wrong in axe_violations(driver, *WCAG, "best-practice", only=only):
            yield scheme, wrong["id"], wrong["nodes"][0]["html"][:160]
    colours(driver, "light")


def test_folded_parts_can_be_used_by_everybody(site):
    """What is unfolded: other business, reasons, letters, derivations."""
    with chromium(1440, 800) as driver:
        person, found = Person(driver, site.url), []
        for name, path in (
            ("town1.officer", f"/cases/{site.cases['again']}"),
            ("organ.secretary", f"/cases/{site.cases['draft']}"),
            ("village.secretary", "/new/date_change?day=2026-12-04"),
        ):
            person.login(name)
            person.go(path)
            driver.execute_script(
                "document.querySelectorAll('details').forEach(d => d.open = true)"
            )
            found += [
                (path, wrong["id"], wrong["nodes"][0]["html"]) for wrong in axe_violations(driver)
            ]
        assert found == []


def test_pages_are_light(site):
    """Phone pages weigh 60 KB at most, reference pages 100, with style sheet, script and mark."""
    heavy = []
    for name, path in pages(site):
        reader = Reader(site.app)
        if name:
            reader.sign_in(name)
        answer = reader.raw("GET", path)
        parts = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', answer.text))
        assert len(parts) - sum(name in answer.text for name in ("photo.js", "draft.js")) == 4
        sent = (
            reader.raw("GET", part, headers={"Accept-Encoding": "gzip"}) for part in [path, *parts]
        )
        weight = sum(len(one.data) for one in sent)
        most = 100_000 if path.startswith("/law/") else 60_000
        heavy += [(path, weight)] if weight > most else []
    assert heavy == []


def test_single_keys_move_the_focus_and_decide_nothing(site):
    with chromium(1440, 800) as driver:
        person = Person(driver, site.url)
        person.login("town1.officer")
        focus = driver.switch_to
        body = person.find("body")
        body.send_keys("j")
        assert "变更时间请示" in focus.active_element.text
        first = focus.active_element.text
        body.send_keys("k")
        assert focus.active_element.text != first
        row = focus.active_element.find_element(By.XPATH, "./..")
        focus.active_element.send_keys("x")
        assert row.find_element(By.CSS_SELECTOR, "input").is_selected()
        for key, label in (("a", "同意"), ("r", "退回修改"), ("n", "不同意")):
            focus.active_element.send_keys(key)
            assert focus.active_element.text.startswith(label)
        assert not person.seen(".toast"), "a key decided"
        person.find("#say").send_keys("xanr")
        assert person.find("#say").get_attribute("value") == "xanr"
        page = person.find("html")
        person.find("#say").send_keys(Keys.CONTROL, Keys.ENTER)
        person.wait(lambda: not person._alive(page) and person.seen(".toast"))
        assert "不同意变更" in person.text


def test_keys_can_be_turned_off(site):
    with chromium(1440, 800) as driver:
        person = Person(driver, site.url)
        person.login("town1.officer")
        person.go("/me")
        person.seen("[data-keys] button")[0].click()
        person.go("/desk")
        person.find("body").send_keys("a")
        assert driver.switch_to.active_element.tag_name == "body"
        assert not person.seen(".q-keys")


def test_the_letter_is_written_along(site):
    with chromium(360, 800) as driver:
        person = Person(driver, site.url)
        person.login("village.secretary")
        person.go("/new/date_change?day=2026-12-04")
        person.find("textarea[name=reason]").send_keys("全村清淤")
        assert person.find("#say-reason").get_attribute("textContent") == "全村清淤"


def test_a_refused_form_takes_the_focus(site):
    with chromium(1440, 800) as driver:
        person = Person(driver, site.url)
        person.login("town1.officer")
        person.press("退回修改", ".decide")
        assert "有 1 处需要修改" in driver.switch_to.active_element.text


def test_paper_shows_what_a_phone_leaves_out(site):
    """A sheet of A4 is as narrow as a phone: the calendars of a year and all steps are printed though."""
    with chromium(1440, 800) as driver:
        person = Person(driver, site.url)
        person.login("town1.officer")
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        resize(driver, 672)
        person.go(f"/units/{site.units['village']}/year/2026")
        assert len(person.seen(".mini")) == 12
        person.go(f"/cases/{site.cases['approved']}")
        assert len(person.seen(".steps li")) == len(
            person.driver.find_elements("css selector", ".steps li")
        )
        assert "一般共" not in person.text


def test_letters_print_on_pages_of_their_own(site):
    with chromium(1440, 800) as driver:
        person = Person(driver, site.url)
        person.login("town1.officer")
        for path in ("/months", f"/units/{site.units['village']}/year/2026"):
            person.go(path)
            assert printed_pages(driver) == 1, path
        person.go(f"/cases/{site.cases['approved']}")
        assert printed_pages(driver) == 4, "the record, the reply, the request, the course"
        night = [{"name": "prefers-color-scheme", "value": "dark"}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": night})
        assert not person.seen(".top, .side, .decide")
        assert person.seen(".letter")
        assert person.find("html").value_of_css_property("color-scheme") == "light", "no dark paper"
