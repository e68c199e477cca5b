"""A real zone, from an empty folder to the first answered request: what `make zone` does, then only by
its pages, with scripts and without. Taps, keys, fields and pages are counted and printed.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import Counter
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from selenium.webdriver.common.by import By
from werkzeug.serving import make_server

from oversight import create_app
from oversight.base.clock import StoppedClock
from oversight.base.db import db
from oversight.cli import main
from oversight.time import sweep
from tests.browser.driver import axe_violations, chromium
from tests.browser.test_pages import Person
from tests.support.messy import tidy

pytestmark = pytest.mark.browser
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
WORD = "a-sentence-as-password"
UNITS = [
    ["青溪镇党委", "镇", ""],
    ["青溪镇机关党支部", "机关", "青溪镇党委"],
    ["石桥村党支部", "农村", "青溪镇党委"],
]
HALL, VILLAGE = "青溪镇机关党支部", "石桥村党支部"
PEOPLE = [
    [HALL, "周德明", "2001-07-01", "正式党员", "青溪镇党委党建办经办人", "", ""],
    [HALL, "何建国", "1999-07-01", "正式党员", "青溪镇党委书记", "", ""],
    [HALL, "孙丽", "2005-07-01", "正式党员", "书记", "", ""],
    [VILLAGE, "张三丰", "2003-07-01", "正式党员", "书记", "", ""],
    *([VILLAGE, f"李{name}", "2010-07-01", "正式党员", "", "", ""] for name in "一二三四五"),
]
REASON = "冬修水利集中施工，全村党员大半在工地"
MOST = {"taps": 60, "fields": 25, "pages": 45}  # of all five people together


@pytest.fixture
def zone(tmp_path):
    """Serve what `oversight init` makes of an empty folder; `slips` are those that it printed."""
    source = {"OVERSIGHT_INSTANCE": str(tmp_path / "zone"), "OVERSIGHT_TESTING": "1"}
    app = create_app(source, StoppedClock(NOW))
    words = ["init", "--if-new", "--zone", "高新区", "--admin", "root", "--password-stdin"]
    made = CliRunner().invoke(main, words, obj=app, input=f"{WORD}\n")
    assert made.exit_code == 0, made.output
    app.slips = re.findall(r"用户名 (\S+)，.*激活码： (.+)", made.output)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    app.url = f"http://127.0.0.1:{server.port}"
    yield app
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.engine.dispose()


class Founder(Person):
    """Whoever sits there: his taps, keys, fields and pages are counted."""

    def __init__(self, driver, url: str):
        super().__init__(driver, url)
        self.count: Counter = Counter()

    def come(self, path: str = "/") -> None:
        """Sit down at a browser of one's own."""
        self.driver.delete_all_cookies()
        self.go(path)
        self.count["pages"] += 1

    def fill(self, **words: str) -> None:
        for name, value in words.items():
            self.find(f"[name={name}]").send_keys(value)
            self.count.update(fields=1, keys=len(value))

    def press(self, text: str, within: str = "main") -> None:
        super().press(text, within)
        self.count.update(taps=1, pages=1)

    def tap(self, css: str) -> None:
        node = self.find(css)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", node)
        node.click()
        self.count["taps"] += 1

    def activate(self, name: str, code: str) -> None:
        self.come("/activate")
        self.fill(username=name, code=code, password=WORD, again=WORD)
        self.press("设好密码")
        assert "密码已设好，您已登录" in self.text

    def log_in(self, name: str) -> None:
        self.come()
        self.fill(username=name, password=WORD)
        self.press("登录")


@pytest.mark.parametrize("js", [True, False], ids=["scripts", "no scripts"])
def test_a_zone_begins_in_an_empty_folder_and_answers_its_first_request(zone, tmp_path, js):
    book = tmp_path / "名册.xlsx"
    book.write_bytes(tidy(PEOPLE, UNITS))
    with chromium(1440, 900, js=js) as driver:
        one = Founder(driver, zone.url)
        one.come()
        if js:
            _look_at_the_password(one)
        one.fill(username="root", password=WORD)
        one.press("登录")
        assert driver.current_url.endswith("/start") and "7 步里办好了 1 步" in one.text
        if js:
            assert [found["id"] for found in axe_violations(driver)] == []
        _import(one, str(book))

        one.activate(*zone.slips[0])
        one.press("去办")
        assert "张三丰" in one.text
        one.press("确认所选")
        with zone.app_context():  # a minute passes
            sweep.sweep(db.session, zone.extensions["clock"].moment(), zone.extensions["signer"])

        slips = _slips(one)
        one.activate(*slips["周德明"])
        assert "都办完了" in one.text, "nothing lacks any more"
        one.activate(*slips["张三丰"])
        _ask(one)
        one.log_in(slips["周德明"][0])
        one.click(next(node for node in one.seen(".q-item a") if "石桥村" in node.text))
        one.count.update(taps=1, pages=1)
        one.press("同意", ".decide")
        assert "批复已印发" in one.text and "12 月党日改为" in one.text
        said = ", ".join(
            f"{one.count[what]} {what}" for what in ("taps", "keys", "fields", "pages")
        )
        print(f"\na zone from nothing ({'scripts' if js else 'no scripts'}): {said}")
        assert all(one.count[what] <= most for what, most in MOST.items()), one.count


def _look_at_the_password(one: Founder) -> None:
    """See what is typed, and leave it hidden again."""
    field, button = one.find("[name=password]"), one.find(".see-box button")
    assert field.get_attribute("type") == "password" and button.text == "显示密码"
    button.click()
    assert field.get_attribute("type") == "text" and button.get_attribute("aria-pressed") == "true"
    button.click()
    assert field.get_attribute("type") == "password"


def _import(one: Founder, book: str) -> None:
    one.press("去办")
    one.find("[name=file]").send_keys(book)
    one.count.update(taps=2, fields=1)
    one.press("上传并比对")
    _see_the_end(one)
    one.press("导入")
    assert "名册已导入" in one.find("body").text
    _see_the_end(one)


def _see_the_end(one: Founder) -> None:
    """Go on from the page that tells how far a long work is, where a slow machine has shown it."""
    if "请不要关闭本页" in one.find("body").text:
        one.press("看结果")


def _slips(one: Founder) -> dict[str, tuple[str, str]]:
    """Go on as the administrator: slips for the town and below, and the settings as they are."""
    one.log_in("root")
    one.press("去办")
    one.press("青溪镇党委")
    one.press("发激活单并打印")
    found = {}
    for slip in one.driver.find_elements(By.CSS_SELECTOR, ".slip"):
        name = slip.find_element(By.TAG_NAME, "h3").text
        username, code = (node.text for node in slip.find_elements(By.CSS_SELECTOR, "dd b"))
        found[name] = (username, code)
        drawn = slip.find_element(By.CSS_SELECTOR, ".qr").size
        assert drawn["width"] >= 25 / 25.4 * 96, "a QR code of 25 mm"
    assert f"{one.url}/activate" in one.text
    one.go("/start")
    one.press("设置")
    one.press("都按默认，不改")
    assert "设置看过了" in one.text
    return found


def _ask(one: Founder) -> None:
    one.press("主题党日", ".side")
    one.press("请示变更", "#m12")
    node = one.seen("label.opt")[1]
    one.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", node)
    node.click()
    one.count.update(taps=1)
    one.fill(reason=REASON)
    one.press("提交请示", "main .cta")
    assert "已提交，等 青溪镇党委 批复" in one.text
