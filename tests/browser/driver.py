"""A real headless Chromium for tests, and what is measured with it: pictures and accessibility.

No page of the program is named here.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

PHONE = 600  # narrower than this, the page is shown as on a phone

_ROOT = Path(__file__).resolve().parents[2]
_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--lang=zh-CN",
)


@contextmanager
def chromium(
    width: int = 1440, height: int = 900, js: bool = True, dark: bool = False
) -> Iterator[webdriver.Chrome]:
    """Give a fresh browser whose page is exactly this size;

    `downloads` is the folder it saves to.
    """
    binary = _program("CHROME_BIN", ("chromium", "chromium-browser", "google-chrome"), "chromium")
    driver_binary = _program("CHROMEDRIVER", ("chromedriver",), "chromium-driver")
    home = Path(tempfile.mkdtemp(prefix="oversight-browser-"))
    downloads = home / "downloads"
    downloads.mkdir()
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (*_FLAGS, f"--window-size={width},{height}", f"--user-data-dir={home / 'profile'}"):
        options.add_argument(flag)
    preferences = {
        "download.default_directory": str(downloads),
        "download.prompt_for_download": False,
        "credentials_enable_service": False,
        "profile.password_manager_leak_detection": False,
        "intl.accept_languages": "zh-CN,zh",
    }
    if not js:  # the tests' own execute_script still works; pages run nothing and show <noscript>
        preferences["profile.managed_default_content_settings.javascript"] = 2
    options.add_experimental_option("prefs", preferences)
    touch = js and width < PHONE  # chromedriver's tap never returns on a page whose scripts are off
    if touch:
        screen = {"width": width, "height": height, "pixelRatio": 1, "touch": True, "mobile": True}
        options.add_experimental_option("mobileEmulation", {"deviceMetrics": screen})
    try:
        driver = webdriver.Chrome(options=options, service=Service(executable_path=driver_binary))
        try:
            _emulate(driver, None if touch else (width, height), dark)
            driver.downloads = downloads
            yield driver
        finally:
            driver.quit()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def screenshot_full(driver: webdriver.Chrome, path: str | os.PathLike[str]) -> Path:
    """Write a PNG of the whole page, however long, and return its path."""
    size = driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
    clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
    shot = driver.execute_cdp_cmd(
        "Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True, "clip": clip}
    )
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(base64.b64decode(shot["data"]))
    return target


def printed_pages(driver: webdriver.Chrome) -> int:
    """Print the page shown, as its style sheet lays it out on paper, and return on how many sheets."""
    options = {"preferCSSPageSize": True, "printBackground": True}
    data = driver.execute_cdp_cmd("Page.printToPDF", options)["data"]
    return len(re.findall(rb"/Type\s*/Page\b", base64.b64decode(data)))


def axe_violations(driver: webdriver.Chrome, *tags: str) -> list[dict]:
    """Run axe-core on the page shown and return what it finds wrong (WCAG 2.1 A and AA by default)."""
    source = _ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        _missing(
            "缺少 axe-core：请先安装 Node（Debian：apt-get install nodejs npm），再运行 make test。"
        )
    if not driver.execute_script("return !!window.axe"):  # the page is shown the second time
        driver.execute_script(source.read_text(encoding="utf-8"))
    # Of what is in order nothing is told: describing each node takes longer than judging it.
    run_only = list(tags) or ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
    result = driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {runOnly: arguments[0], resultTypes: ['violations']})"
        ".then(found => done(found.violations), e => done(String(e)));",
        run_only,
    )
    if isinstance(result, str):
        raise RuntimeError(result)
    return result


def _emulate(driver: webdriver.Chrome, size: tuple[int, int] | None, dark: bool) -> None:
    if size:
        driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False},
        )
    colours(driver, "dark" if dark else "light")


def colours(driver: webdriver.Chrome, scheme: str) -> None:
    """Show the page by day or by night, at once and without a fading of colours."""
    features = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": name, "value": value} for name, value in features.items()]},
    )


def _program(variable: str, names: tuple[str, ...], package: str) -> str:
    given = os.environ.get(variable)
    found = given or next((path for path in map(shutil.which, names) if path), None)
    if not found or not Path(found).exists():
        _missing(f"缺少 {names[0]}：请先安装 {package}（Debian：apt-get install {package}）。")
    return found


def _missing(sentence: str) -> None:
    if os.environ.get("CI") == "true":
        raise RuntimeError(sentence)
    pytest.skip(sentence)
