"""The pictures of the README, taken of the demo zone in a headless Chromium: `make screenshots`.

Each is written to docs/ and may weigh 200 KB. A picture tells of the day on which it was taken.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import threading
from pathlib import Path

from PIL import Image
from werkzeug.serving import make_server

from oversight import create_app
from oversight.base.db import db
from oversight.commands.context import migrate
from oversight.demo import zone
from tests.browser.driver import chromium
from tests.support.html import Reader

DOCS = Path(__file__).resolve().parents[2] / "docs"
MOST = 200 * 2**10
COLOURS = 128  # few are drawn; a palette weighs a third
DESK, PHONE = (1440, 900), (390, 844)
# name, size, who looks, at which page; empty: where the button of the demo door leads him
PICTURES = (
    ("desk", DESK, "town1.officer", ""),
    ("months", DESK, "zone.office", ""),
    ("change-phone", PHONE, "branch02.secretary", "/new/date_change"),
    ("attend-phone", PHONE, "branch01.secretary", ""),
    ("me-phone", PHONE, "branch01.member12", ""),
)


def take(folder: Path = DOCS) -> list[Path]:
    """Take all pictures; returns their paths. Raises ValueError where one is too heavy."""
    with tempfile.TemporaryDirectory() as home:
        app = create_app({"OVERSIGHT_INSTANCE": home, "OVERSIGHT_TESTING": "1"})
        with app.app_context():
            migrate()
            clock = app.extensions["clock"]
            zone.build(db.session, clock.moment(), clock=clock)
            db.session.commit()
            db.session.remove()
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            return [_one(app, f"http://127.0.0.1:{server.port}", folder, *of) for of in PICTURES]
        finally:
            server.shutdown()
            server.server_close()


def _one(app, url: str, folder: Path, name: str, size, guest: str, onward: str) -> Path:
    path, reader = folder / f"{name}.png", Reader(app)
    reader.sign_in(guest)
    cookie = reader.client.get_cookie("oversight").value
    with chromium(*size) as driver:
        driver.get(f"{url}/healthz")
        driver.add_cookie({"name": "oversight", "value": cookie})
        driver.get(url + (onward or _led(app, guest)))
        driver.save_screenshot(str(path))
    with Image.open(path) as drawn:
        drawn.convert("RGB").quantize(COLOURS).save(path, optimize=True)
    if path.stat().st_size > MOST:
        raise ValueError(f"{path} weighs {path.stat().st_size} bytes")
    return path


def _led(app, guest: str) -> str:
    """Return where the demo door leads a guest."""
    reader = Reader(app)
    page = reader.get("/login")
    sent = {"csrf_token": page.value("csrf_token"), "guest": guest}
    return reader.raw("POST", "/login", data=sent).location


if __name__ == "__main__":
    for made in take():
        sys.stdout.write(f"{made.name} {made.stat().st_size // 1024} KB\n")
