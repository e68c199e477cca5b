"""The month at a glance in a browser: on one printed page, on a narrow phone, in the dark."""

from __future__ import annotations

import pytest

from tests.browser.driver import axe_violations, chromium, printed_pages
from tests.browser.test_pages import Person


@pytest.mark.parametrize("name", ["town1.officer", "zone.officer"])
def test_it_prints_on_one_page_and_fits_a_phone(site, name):
    with chromium(1440, 900) as driver:
        person = Person(driver, site.url)
        person.login(name)
        person.go("/overview")
        assert printed_pages(driver) == 1
    with chromium(320, 700) as driver:
        person = Person(driver, site.url)
        person.login(name)
        person.go("/overview?on=2026-12-20")
        assert driver.execute_script("return document.documentElement.scrollWidth") <= 320
        for theme in ("light", "dark"):
            driver.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
            assert axe_violations(driver, "wcag2a", "wcag2aa", "best-practice") == []
