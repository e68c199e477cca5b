"""The journey of issue 11: the appraisal of a branch of forty by its secretary, from the last paper
self-assessments to the filing with the zone, on phone and desktop, with and without scripts.

What others do, members and the superior, is done through the engine.
"""

from __future__ import annotations

import logging
import shutil
import threading
from dataclasses import dataclass, field, replace

import pytest
from selenium.webdriver.common.by import By
from werkzeug.serving import make_server

from oversight import create_app
from oversight.base.clock import StoppedClock
from oversight.base.db import db
from oversight.models import Appraised, Case, PeerReview
from tests.browser.driver import axe_violations, chromium, printed_pages, until
from tests.browser.test_part2 import NOW, Finger, grow
from tests.db.test_appraisal_walk import SELF, Appraising
from tests.support import world as worlds
from tests.support.html import open_accounts

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LEAD, DAY = "village.secretary", "2026-12-03"
ON_PAPER, EXCUSED = ("village.more33", "village.more34"), ("village.more31", "village.more32")
PRESENT, VALID, THIRD = 38, 37, 10
TIED = 20  # the row of the member whose vote is tied
SAID = "能按时参加活动，帮助群众热心，学习还要抓紧。"


@dataclass
class Forty:
    """A branch of forty in the middle of its appraisal, and the server that shows it."""

    file: object
    world: object
    case_id: str
    people: dict[str, str]
    app: object = None
    url: str = ""
    names: dict[str, str] = field(default_factory=dict)

    def say(self, *acts: tuple[str, str, dict]) -> None:
        """Let others act, through the engine."""
        with self.app.app_context():
            play = Appraising(db.session, replace(self.world, session=db.session)).on(DAY)
            play.case = db.session.get(Case, self.case_id)
            for who, move, words in acts:
                play.do(who, move, **words)
            db.session.remove()


def application(folder):
    return create_app(
        {
            "OVERSIGHT_DATABASE_URL": f"sqlite:///{folder / 'oversight.db'}",
            "OVERSIGHT_INSTANCE": str(folder),
            "OVERSIGHT_SECRET_KEY": "t" * 32,
            "OVERSIGHT_TESTING": "1",
        },
        StoppedClock(NOW),
    )


@pytest.fixture(scope="module")
def begun(sqlite_template, tmp_path_factory):
    """Return a branch of forty, of whom all but four have handed in a self-assessment."""
    folder = tmp_path_factory.mktemp("forty")
    shutil.copy(sqlite_template, folder / "oversight.db")
    with application(folder).app_context():
        world = worlds.build(db.session)
        grow(world)
        open_accounts(world)
        play = Appraising(db.session, world).on(DAY)
        play.begin()
        play.lead("open_self_assessment")
        people = play.people
        for name in people.keys() - {*ON_PAPER, *EXCUSED}:
            play.do(name, "file_self_assessment", **SELF)
        names = {name: person.name for name, person in world.people.items()}
        found = Forty(folder / "oversight.db", world, play.case.id, people, names=names)
        db.session.remove()
        db.engine.dispose()
    return found


@pytest.fixture
def forty(begun, tmp_path):
    """Serve a copy of the branch on this machine."""
    shutil.copy(begun.file, tmp_path / "oversight.db")
    app = application(tmp_path)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield replace(begun, app=app, url=f"http://127.0.0.1:{server.port}")
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.engine.dispose()


class Secretary(Finger):
    """The branch's secretary at the case's page: counts taps, keys, fields and pages."""

    keys = fields = pages = 0

    def come(self) -> None:
        self.open(f"/cases/{self.site.case_id}")
        self.pages += 1

    def fill(self, words: dict[str, str]) -> None:
        """Write words into fields by their names, as fingers would: each a field, each letter a key."""
        missing = self.driver.execute_script(
            "const lost = [];"
            "for (const [name, text] of Object.entries(arguments[0])) {"
            '  const f = document.querySelector(`[name="${name}"]`);'
            "  if (!f) { lost.push(name); continue; }"
            "  f.value = text; if (f.value !== text) lost.push(name);"
            "  f.dispatchEvent(new Event('input', {bubbles: true}));"
            "} return lost;",
            words,
        )
        assert not missing, missing
        self.fields += len(words)
        self.keys += sum(map(len, words.values()))

    def choose(self, name: str, value: str) -> None:
        """Choose in a picker: one tap opens it, one takes the line."""
        keys = self.keys
        self.fill({name: value})
        self.taps, self.keys = self.taps + 2, keys

    def tick(self, css: str) -> None:
        """Tick all that is found, a tap each."""
        self.taps += self.driver.execute_script(
            "const found = [...document.querySelectorAll(arguments[0])];"
            "for (const box of found) box.checked = true; return found.length;",
            css,
        )

    def lead(self, place: str) -> None:
        """Press what leads to another form: without scripts a page shows one that takes words."""
        found = self.driver.find_elements(By.CSS_SELECTOR, place)
        if found and found[0].is_displayed():
            page = self.driver.find_element(By.TAG_NAME, "html")
            self.tap(place)
            until(self.driver, lambda: self._gone(page))
            self.pages += 1

    def send(self, move: str) -> None:
        """Press the button of a move's form and wait for the page that comes."""
        page = self.driver.find_element(By.TAG_NAME, "html")
        self.tap(f"form[action$='/moves/{move}'] button.btn:not([type=button]):not([formaction])")
        until(self.driver, lambda: self._gone(page))
        self.wait_for("/cases/")
        self.pages += 1

    @staticmethod
    def _gone(node) -> bool:
        try:
            return not node.tag_name
        except Exception:  # a node of a page that has gone
            return True

    def rows(self, word: str, of: str) -> dict[str, str]:
        """Return by person the beginning of the names of his fields in a list."""
        found = self.driver.execute_script(
            'return [...document.querySelectorAll(`input[name^="${arguments[0]}-"]`)]'
            ".map(f => [f.name, f.value]);",
            word,
        )
        return {value: name.removesuffix(of) for name, value in found if name.endswith(f"-{of}")}


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("js", [True, False], ids=["scripts", "no scripts"])
def test_the_appraisal_of_a_branch_of_forty(forty, js, width, capsys):
    with chromium(width, 844, js=js) as driver:
        she = Secretary(driver, forty)
        she.login(LEAD)
        she.come()
        _paper(she, forty)
        she.send("open_peer_review")
        _sheet(she, forty, js)
        she.send("open_vote")
        _count(she, forty, js)
        she.send("close_vote")
        _propose(she, forty)
        forty.say(*((f"town1.{one}", "decide", ANSWER) for one in COMMITTEE))
        she.come()
        if js:
            she.tap("[data-all=told]")
        else:
            she.tick("#told input")
        she.send("tell")
        she.send("file")
        assert "已报区备案" in she.text
        if js and width > 1000:
            assert _printed(she) == {"signin": 1, "ballot": 1, "summary": 1, "register": 40}
    told = f"{she.taps} taps, {she.keys} keys, {she.fields} fields, {she.pages} pages"
    with capsys.disabled():
        print(f"\nappraisal of forty, {width} px, {'scripts' if js else 'no scripts'}: {told}")
    # without scripts each who was told is ticked by himself
    assert she.taps <= (30 if js else 70) and she.fields <= 112 and she.pages <= 16
    with forty.app.app_context():
        rows = db.session.query(Appraised).filter_by(case_id=forty.case_id).all()
        assert len(rows) == 40 and all(row.grade and row.told_on for row in rows)
        assert sum(row.grade == "excellent" for row in rows) == THIRD
        about = {row.about_id for row in db.session.query(PeerReview)}
        assert about == set(forty.people.values())
        db.session.remove()


ANSWER = {"agree": True, "opinion": "同意"}
COMMITTEE = ("secretary", "deputy", "committee1", "committee2", "committee3")


def _paper(she: Secretary, forty: Forty) -> None:
    """Two are excused in one request, two hand in on paper."""
    she.tap("details.panel:has(form[action$='/moves/ask_excuse']) summary")
    rows = she.rows("members", "member")
    for name in EXCUSED:
        she.choose(rows[forty.people[name]] + "reason", "ill")
    she.send("ask_excuse")
    forty.say(("town1.officer", "consent_excuse", {"opinion": "同意"}))
    she.come()
    she.tap("details.panel:has(form[action$='/moves/file_for_several']) summary")
    she.lead("details.panel:has(form[action$='/moves/file_for_several']) .only-plain .btn")
    rows = she.rows("selves", "member")
    she.fill({rows[forty.people[name]] + "text": SELF["text"] for name in ON_PAPER})
    for name in ON_PAPER:
        she.choose(rows[forty.people[name]] + "grade", "qualified")
    she.send("file_for_several")
    assert "召开组织生活会" in she.text


def _sheet(she: Secretary, forty: Forty, js: bool) -> None:
    """What was said of forty: by one for the most, of oneself and of the speaker by another."""
    if js:
        assert axe_violations(she.driver) == []
        _helped(she, forty.names["village.more3"])
    own, speaker = forty.people[LEAD], forty.people["village.organizer"]
    she.choose("by", speaker)
    rows = she.rows("reviews", "about")
    she.fill({rows[person] + "opinion": SAID for person in forty.people.values()})
    another = forty.names["village.more3"]
    she.fill({rows[own] + "by": another, rows[speaker] + "by": "王方"})
    she.send("record_reviews")
    assert "“王方”不在名单上" in she.text, "a name that nobody has"
    kept = she.driver.find_element(By.NAME, rows[own] + "opinion").get_attribute("value")
    assert kept == SAID, "nothing that was typed is lost"
    she.fill({rows[speaker] + "by": another})
    she.send("record_reviews")
    assert "每人都有意见了" in she.text


def _helped(she: Secretary, name: str) -> None:
    """A name is looked for in the sheet, and one more line about him written; no script fails."""
    finder = she.driver.find_element(By.CSS_SELECTOR, "[data-find='said-of']")
    finder.send_keys(name)
    lines = ".said-of > li:not([hidden])"
    (line,) = she.driver.find_elements(By.CSS_SELECTOR, lines)
    line.find_element(By.CSS_SELECTOR, "[data-more]").click()
    assert len(she.driver.find_elements(By.CSS_SELECTOR, lines)) == 2
    finder.clear()
    finder.send_keys(" ")
    assert len(she.driver.find_elements(By.CSS_SELECTOR, lines)) > 40
    log = she.driver.get_log("browser")
    assert [one for one in log if one["source"] == "javascript"] == []


def _votes(n: int) -> tuple[str, str]:
    if n == TIED:
        return "18", "18"
    return ("25", "12") if n <= THIRD else ("", str(VALID))


def _count(she: Secretary, forty: Forty, js: bool) -> None:
    """The counts, with a slip in one row that page and server both see."""
    ids = list(forty.people.values())
    she.fill({"present": str(PRESENT), "issued": str(PRESENT), "returned": str(PRESENT)})
    she.fill({"valid": str(VALID), f"tallies-{TIED}-basic": "1"})
    votes = {n: _votes(n) for n in range(1, 41)}
    she.fill({f"tallies-{n}-excellent": best for n, (best, _more) in votes.items() if best})
    she.fill({f"tallies-{n}-qualified": more for n, (_best, more) in votes.items()})
    she.fill({"tallies-33-qualified": "36"})
    assert ("还有 1 人的票数不等于有效票数" in she.text) == js
    she.choose("scrutineer", ids[5])
    she.choose("teller", ids[6])
    she.send("enter_count")
    assert "应等于有效票数" in she.text and ("应为 37" in she.text or js)
    she.fill({"tallies-33-qualified": "37"})
    assert "人的票数不等于" not in she.text
    she.send("enter_count")
    assert "实到 38，发出 38，收回 38，有效 37" in she.text


def _propose(she: Secretary, forty: Forty) -> None:
    assert "得票并列、要另选的 1 人" in she.text
    number = she.rows("ratings", "member")[list(forty.people.values())[TIED - 1]]
    she.tap(f"//label[input[@name='{number}grade' and @value='qualified']]", By.XPATH)
    she.send("propose")


def _printed(she: Secretary) -> dict[str, int]:
    """Return on how many pages each paper prints on A4."""
    found = {}
    for what in ("signin", "ballot", "summary", "register"):
        she.open(f"/cases/{she.site.case_id}/print/{what}")
        found[what] = printed_pages(she.driver)
    return found
