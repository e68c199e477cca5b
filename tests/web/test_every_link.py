"""Every page as every kind of reader: each link answers, each form leads somewhere that takes it, no
button is dead and nothing that decides is chosen before anybody looked.
"""

from __future__ import annotations

import shutil
from collections import Counter, deque
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from click.testing import CliRunner
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from oversight import cli, create_app
from oversight.base.clock import StoppedClock
from oversight.base.db import db
from tests.support import explain
from tests.support.html import Reader

ROLES = (
    *("zone.office", "zone.inspector", "zone.committee1"),
    *("zone.sysadmin", "zone.secadmin", "zone.auditor"),
    *("town1.officer", "town1.inspector", "town1.committee1", "dept2.officer"),
    *("branch01.secretary", "branch02.organizer", "branch20.secretary"),
    *("branch02.member01", "branch01.member09"),
)
EACH, OF_A_PAGE, OF_CASES = 1, 2, 8  # links of a kind; pages of a kind, and cases, a reader opens
VOID = {"input", "br", "img", "meta", "link", "hr", "source", "wbr"}
JUDGED = ("min", "max", "required", "pattern")
# Lists whose first entry is what most often applies, and which decide nothing by themselves.
USUAL: set[str] = set()


class Seen(HTMLParser):
    """What of a page leads on, and what in it is dead or chosen before."""

    def __init__(self, text: str):
        super().__init__()
        self.links: list[str] = []
        self.sends: list[tuple[str, str]] = []
        self.faults: list[str] = []
        self.stack: list[tuple[str, dict]] = []
        self.select: tuple[str, list[dict]] | None = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        if tag == "option" and self.select:
            self.select[1].append(given)
        elif tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag in ("form", "button", "input", "select"):
            getattr(self, f"_{tag}")(given)
        if tag not in VOID:
            self.stack.append((tag, given))

    def handle_endtag(self, tag):
        if tag == "select" and self.select:
            name, options = self.select
            self.select = None
            chosen = [one for one in options if "selected" in one]
            if options and not chosen and options[0].get("value") and name not in USUAL:
                self.faults.append(f"{name}: the first of {len(options)} is chosen for one")
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def _within(self, tag: str) -> dict | None:
        return next((given for name, given in reversed(self.stack) if name == tag), None)

    @property
    def _posts(self) -> bool:
        form = self._within("form")
        return form is not None and form.get("method") == "post"

    def _form(self, given):
        if "hidden" in given and "data-seen" not in given:
            return  # holds a token for buttons that say themselves where they lead
        self.sends.append((given.get("method") or "get", given.get("action", "")))

    def _button(self, given):
        if "formaction" in given:
            self.sends.append(("post", given["formaction"]))
        hidden = "hidden" in given or any("hidden" in one for _tag, one in self.stack)
        if given.get("type") == "button" and not hidden:
            self.faults.append(f"a button that only a script works is shown: {given}")

    def _input(self, given):
        form = self._within("form")
        judged = [name for name in JUDGED if name in given]
        if form is None or not judged or "novalidate" in form:
            return
        below = self.stack[self.stack.index(("form", form)) :]
        if any(tag == "details" for tag, _one in below) or "opt-date" in given.get("class", ""):
            self.faults.append(f"{given.get('name')}: blocks its form where it is folded away")

    def _select(self, given):
        if self._posts:
            self.select = given.get("name", ""), []


@pytest.fixture(scope="module")
def zone(sqlite_template, tmp_path_factory):
    """The demo zone, which nobody changes here."""
    folder = tmp_path_factory.mktemp("links")
    shutil.copy(sqlite_template, folder / "oversight.db")
    app = create_app(
        {
            "OVERSIGHT_DATABASE_URL": f"sqlite:///{folder / 'oversight.db'}",
            "OVERSIGHT_INSTANCE": str(folder),
            "OVERSIGHT_SECRET_KEY": "t" * 32,
            "OVERSIGHT_TESTING": "1",
        },
        StoppedClock(datetime(2026, 11, 24, 2, 0, tzinfo=UTC)),
    )
    made = CliRunner().invoke(cli.main, ["demo"], obj=app, prog_name="oversight")
    assert made.exit_code == 0, made.output
    explain.explainer.take()  # what loading the demo reads is nobody's page
    yield app
    with app.app_context():
        db.engine.dispose()


class Walk:
    """One reader who follows the links of each kind of page from his desk on."""

    def __init__(self, app, name: str):
        self.reader, self.name = Reader(app), name
        self.doors = app.url_map.bind("localhost")
        self.kinds: Counter = Counter()
        self.opened: Counter = Counter()
        self.wrong: set[str] = set()
        self.reader.sign_in(name)

    def go(self) -> int:
        """Open what is linked, a few of each kind; returns how many pages were read."""
        todo, known, pages = deque([("", "/desk")]), {"/desk"}, 0
        while todo:
            source, path = todo.popleft()
            answer = self.reader.raw("GET", path)
            if answer.status_code >= 400:
                self.wrong.add(f"{self.name}: {source} → {path}: {answer.status_code}")
                continue
            found = [answer.location] if answer.status_code in (302, 303) else []
            if answer.mimetype == "text/html" and not found:
                pages += 1
                found = self._read(path, answer.get_data(as_text=True))
            for link in found:
                onward = self._onward(path, link)
                if onward and onward not in known:
                    known.add(onward)
                    todo.append((path, onward))
        return pages

    def _read(self, path: str, text: str) -> list[str]:
        seen = Seen(text)
        self.wrong.update(f"{self._endpoint(path)}: {fault}" for fault in seen.faults)
        for method, action in seen.sends:
            target = urlsplit(urljoin(path, action)).path
            try:
                self.doors.match(target, method=method.upper())
            except (NotFound, MethodNotAllowed) as error:
                self.wrong.add(f"{self._endpoint(path)}: {method} {target}: {error.code}")
        return seen.links

    def _onward(self, path: str, link: str) -> str | None:
        """Return where a link leads, unless enough of its kind were followed."""
        parts = urlsplit(urljoin(path, link))
        if link.startswith("#") or parts.netloc not in ("", "localhost"):
            return None
        target = self._endpoint(parts.path)
        kind = self._endpoint(urlsplit(path).path), target
        most = OF_CASES if target == "case.show" else OF_A_PAGE
        if target in ("static", "") or self.kinds[kind] >= EACH and target != "case.show":
            return None if target else self._dead(path, parts.path)
        if self.opened[target] >= most:
            return None
        self.kinds[kind] += 1
        self.opened[target] += 1
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def _dead(self, path: str, target: str) -> None:
        self.wrong.add(f"{self.name}: {path} → {target}: no such address")

    def _endpoint(self, path: str) -> str:
        try:
            return self.doors.match(urlsplit(path).path, method="GET")[0]
        except RequestRedirect:
            return "redirect"
        except (NotFound, MethodNotAllowed):
            return ""


def test_every_link_answers_and_every_form_leads_somewhere(zone):
    walks = [Walk(zone, name) for name in ROLES]
    read = {walk.name: walk.go() for walk in walks}
    print(read)
    wrong = sorted(set().union(*(walk.wrong for walk in walks)))
    assert not wrong, "\n".join(wrong)
    assert min(read.values()) >= 8, read
