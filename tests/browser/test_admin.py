"""Accounts and rosters in a real browser: a member sets his password on a phone, with and without
scripts.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from selenium.webdriver.common.by import By

from oversight.base.db import db
from oversight.models import Account, Person
from oversight.register import accounts
from tests.browser.driver import axe_violations, chromium, until
from tests.support import messy
from tests.support.html import PASSWORD
from tests.support.messy import tidy
from tests.support.world import at

pytestmark = pytest.mark.browser
NEW = "a-sentence-as-password"
LINES = [["石桥村党支部", f"新来的{name}", "2010.7.1", "正式党员"] for name in "甲乙丙丁"]


def type_in(page, **words) -> None:
    for name, value in words.items():
        page.find_element(By.NAME, name).send_keys(value)


def press(page, text: str, then: str, within: str = "") -> None:
    """Press a button and wait for the words of the page that it leads to."""
    button = page.find_element(By.XPATH, f"{within}//button[contains(., '{text}')]")
    page.execute_script(
        "arguments[0].scrollIntoView({block: 'center'})", button
    )  # clear of the bar at the foot
    button.click()
    until(page, lambda: then in body(page), 30)


def log_in(page, site, name: str) -> None:
    page.get(f"{site.url}/login")
    type_in(page, username=name, password=PASSWORD)
    press(page, "登录", "待办")


def body(page) -> str:
    return page.find_element(By.TAG_NAME, "body").text


@pytest.mark.parametrize("js", [True, False], ids=["scripts", "none"])
def test_a_member_sets_his_password_on_a_phone(site, js):
    with site.app.app_context():
        person = db.session.scalar(sa.select(Person.id).where(Person.name == "village.member1"))
        db.session.execute(sa.delete(Account).where(Account.person_id == person))
        slip = accounts.issue_one(db.session, person, None, at("2026-11-24"))
        db.session.commit()
        db.session.remove()
    with chromium(360, 740, js=js) as page:
        page.get(f"{site.url}/login")
        page.find_element(By.LINK_TEXT, "用激活单设密码").click()
        type_in(page, username=slip.username, code=slip.code.lower(), password=NEW, again=NEW)
        press(page, "设好密码", "密码已设好，您已登录")
        assert page.current_url.endswith("/desk")


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, False), (1280, True)])
def test_administration_fits_and_is_accessible(site, tmp_path, width, dark):
    files = {"good": tidy(LINES), "messy": messy.build().bytes()}
    for name, data in files.items():
        (tmp_path / f"{name}.xlsx").write_bytes(data)
    with chromium(width, 900, dark=dark) as page:
        page.get(f"{site.url}/activate")
        assert_sound(page)
        log_in(page, site, "zone.sysadmin")
        for path in ("/accounts", f"/accounts/units/{site.units['village']}", "/me", "/roster"):
            page.get(site.url + path)
            assert_sound(page)
        for name in files:
            page.get(f"{site.url}/roster")
            page.find_element(By.NAME, "file").send_keys(str(Path(tmp_path / f"{name}.xlsx")))
            press(page, "上传并比对", "名册里少了 5 人" if name == "good" else "名册有 25 处要改")
            assert_sound(page)


def test_a_reset_shows_a_slip_that_can_be_printed(site):
    with chromium(1280, 900) as page:
        log_in(page, site, "zone.sysadmin")
        page.get(f"{site.url}/accounts/units/{site.units['village']}")
        press(page, "重置", "激活码", "//tr[contains(., 'village.member1')]")
        assert re.search(r"(?:[2-9A-Z]{4} ){3}[2-9A-Z]{4}", body(page))
        assert_sound(page)
        assert page.execute_cdp_cmd("Page.printToPDF", {})["data"]


def test_a_member_s_page_fits_and_is_accessible(site):
    for width in (320, 1280):
        with chromium(width, 800) as page:
            log_in(page, site, "village.member1")
            page.get(f"{site.url}/me")
            assert "2026 年" in body(page)
            assert_sound(page)


def assert_sound(page) -> None:
    """Hold the page shown against sideways scroll and axe."""
    wide = page.execute_script(
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide <= 0, page.current_url
    found = [(one["id"], one["nodes"][0]["html"][:200]) for one in axe_violations(page)]
    assert found == [], page.current_url
