"""What is typed survives in a real browser: saved while it is typed, kept on the device without a
connection, beside every other press.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.base.db import db
from oversight.models import Draft
from tests.browser.driver import axe_violations, chromium
from tests.browser.test_pages import Person

pytestmark = pytest.mark.browser
SAID = "请把受影响的党员人数写清楚"
OFFLINE = "网络已断开。您填的内容存在本机，连上后自动补传"


class Writer(Person):
    """Somebody who types and leaves the field, whom the bar tells what became of it."""

    def write(self, css: str, text: str) -> None:
        self.find(css).send_keys(text)
        self.driver.execute_script("document.activeElement.blur()")

    def hears(self, said: str) -> None:
        status = "#answer .draft [role=status]"
        self.wait(lambda: said in self.find(status).text)

    def value(self, css: str) -> str:
        return self.find(css).get_attribute("value")

    def kept(self) -> list[str]:
        """Return what lies on the device of drafts and of forms beside."""
        here = self.driver.execute_script(
            "return [...Object.keys(localStorage), ...Object.keys(sessionStorage)]"
        )
        return [key.split(":")[0] for key in here if key.startswith(("draft:", "stash:"))]

    def connect(self, on: bool) -> None:
        self.driver.execute_cdp_cmd("Network.enable", {})
        conditions = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.driver.execute_cdp_cmd(
            "Network.emulateNetworkConditions", {"offline": not on, **conditions}
        )


def drafts(site) -> int:
    with site.app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(Draft))


@pytest.mark.parametrize("width", [1440, 360])
def test_what_is_pressed_stays_where_it_is_when_a_draft_is_saved(site, width):
    """The bar says so while the pointer is on its way: a press must not fall beside the button."""
    with chromium(width, 800) as driver:
        one = Writer(driver, site.url)
        one.login("village.secretary")
        one.go("/new/date_change?day=2026-12-04")
        button = next(node for node in one.seen(".cta button") if "提交请示" in node.text)
        driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
        place = "const r = arguments[0].getBoundingClientRect(); return [r.x, r.y]"
        before = driver.execute_script(place, button)
        driver.execute_script(
            "const field = document.querySelector('[name=reason]');"
            "field.focus({ preventScroll: true }); field.value = arguments[0];"
            "field.dispatchEvent(new Event('input', { bubbles: true })); field.blur();",
            SAID,
        )
        one.wait(lambda: "放弃草稿" in one.find(".draft").text)
        assert driver.execute_script(place, button) == before


def test_words_are_saved_while_they_are_typed(site):
    path = f"/cases/{site.cases['asked']}"
    with chromium(1440, 900) as driver:
        one = Writer(driver, site.url)
        one.login("town1.officer")
        one.go(path)
        assert drafts(site) == 0, "nothing typed, nothing saved"
        one.write("#say", SAID)
        one.hears("草稿已于 09:00 保存")
        assert drafts(site) == 1 and one.kept() == []
        assert axe_violations(driver) == []
        one.go(f"/desk?case={site.cases['asked']}")
        assert one.value("#say") == SAID
        one.press("放弃草稿")
        assert one.value("#say") == "" and drafts(site) == 0


def test_without_a_connection_they_lie_on_the_device_and_are_sent_later(site):
    path = f"/cases/{site.cases['asked']}"
    with chromium(390, 844) as driver:
        one = Writer(driver, site.url)
        one.login("town1.officer")
        one.go(path)
        one.connect(False)
        one.write("#say", SAID)
        one.hears(OFFLINE)
        assert one.kept() == ["draft"] and drafts(site) == 0
        button = one.find("#answer .btn.primary")
        driver.execute_script("arguments[0].click()", button)
        assert one.value("#say") == SAID, "no page of the browser's own took its place"
        one.connect(True)
        one.hears("草稿已于 09:00 保存")
        assert one.kept() == [] and drafts(site) == 1


def test_another_page_sends_what_the_device_kept(site):
    with chromium(390, 844) as driver:
        one = Writer(driver, site.url)
        one.login("town1.officer")
        one.go(f"/cases/{site.cases['asked']}")
        one.connect(False)
        one.write("#say", SAID)
        one.hears(OFFLINE)
        one.connect(True)
        one.go("/me")
        one.wait(lambda: drafts(site) == 1 and one.kept() == [])


def test_logging_out_leaves_nothing_on_the_device(site):
    with chromium(1440, 900) as driver:
        one = Writer(driver, site.url)
        one.login("town1.officer")
        one.go(f"/cases/{site.cases['asked']}")
        driver.execute_script("localStorage.setItem('draft:x:/cases/1', '{\"when\": 4e12}')")
        one.go("/me")
        assert one.kept() == ["draft"]
        one.press("退出登录")
        assert one.kept() == []


@pytest.mark.parametrize("js", [True, False], ids=["scripts", "no scripts"])
def test_a_press_of_the_frame_keeps_what_stands_in_the_form(site, js):
    with chromium(1440, 900, js=js) as driver:
        one = Writer(driver, site.url)
        one.login("town1.officer")
        one.go(f"/cases/{site.cases['asked']}")
        one.find("#say").send_keys(SAID)
        one.press("大字", within=".to-size")
        assert one.find("html").get_attribute("data-size") == "large"
        assert one.value("#say") == SAID
        one.find("#say").send_keys("，谢谢")
        one.press("认领")
        assert one.value("#say") == SAID + "，谢谢" and "已认领" in one.text


def test_a_second_form_keeps_its_words_when_the_first_is_sent(site):
    with chromium(1440, 900) as driver:
        one = Writer(driver, site.url)
        one.login("town1.officer")
        one.go(f"/cases/{site.cases['asked']}")
        driver.execute_script("document.querySelector('#hands').open = true")
        beside = one.find("#hand-delegate textarea")
        beside.send_keys("另一个表单里的话")
        one.find("#say").send_keys(SAID)
        one.press("大字", within=".to-size")
        said = [node.get_attribute("value") for node in one.seen("#hands textarea")]
        assert "另一个表单里的话" in said and one.value("#say") == SAID
        assert "没有提交的内容已填回" in one.text and one.kept() == []


def test_what_is_sent_is_never_saved_after_it(site):
    with chromium(1440, 900) as driver:
        one = Writer(driver, site.url)
        one.login("town1.officer")
        one.go(f"/cases/{site.cases['asked']}")
        one.find("#say").send_keys(SAID)
        one.press("退回", within="#answer")
        assert drafts(site) == 0 and one.kept() == []
