"""Photos from a phone in a real browser: one request each, made smaller, cut off and sent again; and
without scripts in one post. What else was typed stays.
"""

from __future__ import annotations

import io

import pytest
from PIL import Image
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from oversight.base.db import db
from oversight.base.files import read
from oversight.models import Attachment
from tests.browser import driver as browsers
from tests.browser.driver import axe_violations, chromium
from tests.browser.test_part2 import Finger, village  # noqa: F401
from tests.support import hostile

pytestmark = pytest.mark.browser
MEASURE = "已写情况说明"


@pytest.fixture
def photos(tmp_path) -> list[str]:
    """A large photo that is redder than a screen of old, a HEIC, a paper and a file of another kind."""
    red = Image.new("RGB", (4000, 3000), (150, 60, 60))
    made = {
        "大.jpg": hostile.saved(red, "JPEG", icc_profile=hostile.profile()),
        "手机.heic": hostile.heic(),
        "说明.pdf": hostile.CLEAN_PDF,
        "说明.docx": b"word",
    }
    for name, data in made.items():
        (tmp_path / name).write_bytes(data)
    return [str(tmp_path / name) for name in made]


def shown(site) -> list[tuple]:
    with site.app.app_context():
        rows = db.session.query(Attachment).order_by(Attachment.at, Attachment.id)
        found = [(row.name, row.finding, row.width) for row in rows]
        db.session.remove()
    return found


def until(driver, wanted) -> None:
    try:
        browsers.until(driver, wanted, 30)
    except TimeoutException:
        raise AssertionError(driver.find_element(By.TAG_NAME, "main").text) from None


def at_the_order(driver, site) -> Finger:
    finger = Finger(driver, site)
    finger.login("village.secretary")
    finger.open(site.paths["order"])
    driver.find_element(By.NAME, "items-1-measure").send_keys(MEASURE)
    driver.find_element(By.CSS_SELECTOR, "#ev-for option[value='2']").click()
    return finger


def typed(driver) -> str:
    return driver.find_element(By.NAME, "items-1-measure").get_attribute("value")


def test_each_goes_by_itself_made_smaller_and_the_page_stays(village, photos):  # noqa: F811
    with chromium(390, 844) as driver:
        finger = at_the_order(driver, village)
        driver.execute_script(
            "const send = XMLHttpRequest.prototype.send; window.sent = [];"
            "XMLHttpRequest.prototype.send = function (body) {"
            "sent.push([body.get('file').name, body.get('file').size]); send.call(this, body); };"
        )
        driver.find_element(By.ID, "ev-file").send_keys("\n".join(photos))
        refused = "只能传 JPG、PNG 或 PDF。这个文件是 .docx。"
        until(driver, lambda: refused in finger.text)
        assert shown(village) == [("大.jpg", 2, 1600), ("手机.jpg", 2, 640), ("说明.pdf", 2, None)]
        sizes = dict(driver.execute_script("return sent"))
        with open(photos[0], "rb") as large, Image.open(large) as image:
            assert image.width == 4000 and sizes["大.jpg"] < 40_000
        thumbs = "[data-shown='2'] img"
        assert len(driver.find_elements(By.CSS_SELECTOR, thumbs)) == 2
        assert (
            "只能传 JPG、PNG 或 PDF。这个文件是 .docx。" in finger.text and typed(driver) == MEASURE
        )
        assert axe_violations(driver) == []
        with village.app.app_context():
            row = db.session.query(Attachment).order_by(Attachment.at).first()
            data = read(village.app.config["OVERSIGHT"].data_dir, row.stored)
        red, green, blue = Image.open(io.BytesIO(data)).getpixel((800, 600))
        assert red > 157 and green < 58, "the browser converts what it draws"


def test_what_was_cut_off_is_sent_again_alone_and_once(village, photos):  # noqa: F811
    with chromium(390, 844) as driver:
        finger = at_the_order(driver, village)
        driver.execute_script(  # the second is stored, but the answer is lost on the way
            "let n = 0; const open = XMLHttpRequest.prototype.open;"
            "XMLHttpRequest.prototype.open = function (how, where) {"
            "n += 1; if (n === 2) Object.defineProperty(this, 'status', { value: 0 });"
            "open.call(this, how, where); };"
        )
        driver.find_element(By.ID, "ev-file").send_keys("\n".join(photos[:3]))
        until(driver, lambda: "第 2 张没有传完，其余已保存。点“重传”即可" in finger.text)
        until(driver, lambda: len(shown(village)) == 3)
        assert len(driver.find_elements(By.CSS_SELECTOR, "[data-shown='2'] .thumb")) == 2
        finger.tap("//button[text()='重传']", By.XPATH)
        until(driver, lambda: "已上传 3 份" in finger.text)
        assert len(shown(village)) == 3 and typed(driver) == MEASURE


def test_the_report_waits_for_photos_on_their_way(village, photos):  # noqa: F811
    with chromium(390, 844) as driver:
        finger = at_the_order(driver, village)
        for name in ("items-1-done_on", "items-2-done_on"):
            field = driver.find_element(By.NAME, name)
            driver.execute_script("arguments[0].value = '2026-12-02'", field)
        driver.find_element(By.NAME, "items-2-measure").send_keys("已补")
        driver.find_element(By.ID, "ev-file").send_keys("\n".join(photos[:2]))
        send = driver.find_element(By.XPATH, "//button[text()='报送整改报告']")
        send.send_keys(Keys.ENTER)  # photos that come in move it away under a finger
        until(driver, lambda: "待复核" in finger.text and "对方开始办理以前" in finger.text)
        assert len(shown(village)) == 2


def test_without_scripts_all_go_in_one_post_and_words_come_back(village, photos):  # noqa: F811
    with chromium(390, 844, js=False) as driver:
        finger = at_the_order(driver, village)
        driver.find_element(By.ID, "ev-file").send_keys("\n".join(photos))
        finger.tap("button[name='ev']")
        until(
            driver, lambda: "说明.docx：只能传 JPG、PNG 或 PDF。这个文件是 .docx。" in finger.text
        )
        assert [name for name, *_ in shown(village)] == ["大.jpg", "手机.jpg", "说明.pdf"]
        assert typed(driver) == MEASURE
        chosen = driver.find_element(By.CSS_SELECTOR, "#ev-for option:checked")
        assert chosen.get_attribute("value") == "2"
