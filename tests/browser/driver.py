"""A real headless Chromium for tests, and what is measured with it: pictures and accessibility.

No page of the program is named here.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
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


_IDLE: dict[tuple, list[webdriver.Chrome]] = {}  # by scripts and screen, those used last at the end
MOST_IDLE = 3


@contextmanager
def chromium(
    width: int = 1440, height: int = 900, js: bool = True, dark: bool = False
) -> Iterator[webdriver.Chrome]:
    """Give a browser that knows nothing of earlier tests, whose page is exactly this size;

    `downloads` is the folder it saves to. A process is used again after it was emptied, since one
    costs as much to start as ten pages; after a test that failed it is thrown away.
    """
    touch = js and width < PHONE  # chromedriver's tap never returns on a page whose scripts are off
    kind = (js, (width, height) if touch else None)
    idle = _IDLE.get(kind)
    driver = idle.pop() if idle else _start(*kind)
    try:
        _emulate(driver, None if touch else (width, height), dark)
        yield driver
        _empty(driver)
    except BaseException:
        _quit(driver)
        raise
    _IDLE.setdefault(kind, []).append(driver)
    _IDLE[kind] = _IDLE.pop(kind)
    if sum(map(len, _IDLE.values())) > MOST_IDLE:
        _quit(next(found for found in _IDLE.values() if found).pop(0))


def close_all() -> None:
    """End the browsers that are kept."""
    for found in _IDLE.values():
        while found:
            _quit(found.pop())


def _start(js: bool, screen: tuple[int, int] | None) -> webdriver.Chrome:
    binary = _program("CHROME_BIN", ("chromium", "chromium-browser", "google-chrome"), "chromium")
    driver_binary = _program("CHROMEDRIVER", ("chromedriver",), "chromium-driver")
    home = Path(tempfile.mkdtemp(prefix="oversight-browser-"))
    (home / "downloads").mkdir()
    try:
        service = Service(executable_path=driver_binary)
        driver = webdriver.Chrome(options=_options(binary, home, js, screen), service=service)
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise
    driver.home, driver.downloads = home, home / "downloads"
    return driver


def _options(binary: str, home: Path, js: bool, screen: tuple[int, int] | None):
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (*_FLAGS, "--window-size=1440,900", f"--user-data-dir={home / 'profile'}"):
        options.add_argument(flag)
    preferences = {
        "download.default_directory": str(home / "downloads"),
        "download.prompt_for_download": False,
        "credentials_enable_service": False,
        "profile.password_manager_leak_detection": False,
        "intl.accept_languages": "zh-CN,zh",
    }
    if not js:  # the tests' own execute_script still works; pages run nothing and show <noscript>
        preferences["profile.managed_default_content_settings.javascript"] = 2
    options.add_experimental_option("prefs", preferences)
    if screen:
        size = {"width": screen[0], "height": screen[1], "pixelRatio": 1}
        emulated = {"deviceMetrics": {**size, "touch": True, "mobile": True}}
        options.add_experimental_option("mobileEmulation", emulated)
    return options


def _empty(driver: webdriver.Chrome) -> None:
    """Take away what a test left: the page, cookies, what pages kept, the cache, its log."""
    origin = driver.execute_script("return location.origin")
    driver.get("about:blank")
    kept = {"origin": origin, "storageTypes": "all"}
    if origin.startswith("http"):
        driver.execute_cdp_cmd("Storage.clearDataForOrigin", kept)
    connected = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    for command, words in {
        "Network.clearBrowserCookies": {},
        "Network.clearBrowserCache": {},
        "Network.emulateNetworkConditions": connected,
        "Page.resetNavigationHistory": {},
    }.items():
        driver.execute_cdp_cmd(command, words)
    driver.get_log("browser")
    for path in driver.downloads.iterdir():
        path.unlink()


def _quit(driver: webdriver.Chrome) -> None:
    with suppress(WebDriverException):
        driver.quit()
    shutil.rmtree(driver.home, ignore_errors=True)


def until(driver: webdriver.Chrome, wanted: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something holds, however often the page is left while it is looked at.

    A page that goes takes its parts along while they are read: not found, stale, or a node that
    "does not belong to the document", which is no class of error of its own.
    """
    wait = WebDriverWait(driver, seconds, 0.05, [WebDriverException])
    wait.until(lambda _driver: wanted())


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


def axe_violations(driver: webdriver.Chrome, *tags: str, only: dict | None = None) -> list[dict]:
    """Run axe-core on the page shown and return what it finds wrong (WCAG 2.1 A and AA by default);
    `only` names rules instead, such as those of colours where the rest was looked at by day.
    """
    source = _ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        _missing(
            "缺少 axe-core：请先安装 Node（Debian：apt-get install nodejs npm），再运行 make test。"
        )
    if not driver.execute_script("return !!window.axe"):  # the page is shown the second time
        driver.execute_script(source.read_text(encoding="utf-8"))
    # Of what is in order nothing is told: describing each node takes longer than judging it.
    run_only = list(tags) or list(WCAG)
    result = driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {runOnly: arguments[0], resultTypes: ['violations']})"
        ".then(found => done(found.violations), e => done(String(e)));",
        only or run_only,
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
        {
            "media": "",
            "features": [{"name": name, "value": value} for name, value in features.items()],
        },
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
