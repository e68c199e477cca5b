"""A whole appraisal of one demo branch in a browser, from the secretary's opening to the filing
with the zone.

The branch is 青禾社工服务中心: four members, no committee, so the superior sends the scrutineer (dossier
§8).
"""

from __future__ import annotations

import logging
import shutil
import threading
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from selenium.webdriver.support.select import Select
from werkzeug.serving import make_server

from oversight import create_app
from oversight.base.clock import StoppedClock
from oversight.base.db import db
from oversight.demo import zone as demo
from oversight.models import Account, Appraised, Case, Unit
from tests.browser.driver import axe_violations, chromium
from tests.browser.test_pages import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


@pytest.fixture
def zone(sqlite_template, tmp_path, monkeypatch):
    """Serve the demo zone on this machine with a stopped clock; returns address and application."""
    shutil.copy(sqlite_template, tmp_path / "oversight.db")
    monkeypatch.setattr("tests.browser.test_pages.PASSWORD", demo.PASSWORD)
    app = create_app(
        {
            "OVERSIGHT_DATABASE_URL": f"sqlite:///{tmp_path / 'oversight.db'}",
            "OVERSIGHT_INSTANCE": str(tmp_path),
            "OVERSIGHT_SECRET_KEY": "t" * 32,
            "OVERSIGHT_TESTING": "1",
        },
        StoppedClock(NOW),
    )
    with app.app_context():
        demo.build(db.session, app.extensions["clock"].moment())
        db.session.commit()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}", app
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


class Hand(Person):
    """A person at the branch's appraisal: fills the form of a move and sends it."""

    case = ""
    app = None

    def come(self, name: str) -> None:
        self.enter(self.app, name)
        if self.case:
            self.go(self.case)

    def form(self, move: str):
        return self.find(f"form[action$='/moves/{move}']")

    def fill(self, move: str, **words) -> None:
        """Write words into the form of a move; a radio or a select takes its value or its text."""
        form = self.form(move)
        for name, value in words.items():
            nodes = form.find_elements("name", name)
            assert nodes, f"{move} asks for no {name}"
            if nodes[0].get_attribute("type") == "radio":
                node = next(node for node in nodes if node.get_attribute("value") == value)
                self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", node)
                self.driver.execute_script("arguments[0].click()", node)
            elif nodes[0].tag_name == "select":
                Select(nodes[0]).select_by_visible_text(value)
            else:
                nodes[0].clear()
                nodes[0].send_keys(value)

    def send(self, move: str, **words) -> None:
        self.fill(move, **words)
        self.click(self.form(move).find_element("css selector", "button.btn:not([type=button])"))


def test_a_whole_appraisal(zone):
    url, app = zone
    with app.app_context():
        unit = db.session.scalar(sa.select(Unit).where(Unit.name == "青禾社工服务中心党支部"))
        unit_id = unit.id
        names = dict(
            db.session.execute(
                sa.select(Account.username, Account.person_id).where(
                    Account.username.startswith("branch24.")
                )
            ).all()
        )
        people = demo_names(names)
    with chromium(390, 844) as driver:
        hand = Hand(driver, url)
        hand.app = app
        hand.login("branch24.secretary")
        hand.go(f"/new/appraisal?unit={unit_id}")
        assert hand.find("main [name=year]").get_attribute("value") == "2026"
        hand.press("建立名册")
        hand.case = driver.current_url.removeprefix(url).split("?")[0]
        hand.send("open_self_assessment")
        for name in sorted(names):
            hand.come(name)
            assert "提交后不能再改" in hand.text
            assert "名册" not in hand.text or name.endswith(
                ("secretary", "organizer", "publicity", "discipline")
            )
            hand.send("file_self_assessment", text="对照四个合格，学习还不够。", grade="qualified")
        assert axe_violations(driver) == []
        hand.come("branch24.secretary")
        hand.send("open_peer_review")
        for name in sorted(names):
            recorder = (
                "branch24.secretary"
                if name != "branch24.secretary"
                else next(other for other in sorted(names) if other != name)
            )
            hand.come(recorder)
            hand.send("record_peer_review", about=people[name], opinion="热心公益，按时参加活动。")
        hand.come("branch24.secretary")
        hand.send("open_vote")
        _count(hand, app, returned="5")
        assert (
            "对不上" in hand.text
            and hand.form("enter_count").find_element("name", "returned").get_attribute("value")
            == "5"
        ), "nothing that was typed is lost"
        _count(hand, app, returned="4")
        hand.send("close_vote")
        hand.click(hand.form("propose").find_element("css selector", "button.btn.primary"))
        assert "会议审定" in hand.text
        with app.app_context():
            committee = [
                account
                for (account,) in db.session.execute(
                    sa.select(Account.username)
                    .where(Account.username.like("dept2.committee%"))
                    .order_by(Account.username)
                )
            ] + ["dept2.secretary"]
        for name in committee:
            hand.come(name)
            hand.send("decide", agree="true", opinion="同意")
        hand.come("branch24.secretary")
        hand.send("tell")
        hand.send("file")
        assert "已报区备案" in hand.text
        hand.come(next(name for name in sorted(names) if "member" in name))
        assert "评定等次\n合格" in hand.text and "申请复核" in hand.text
        assert axe_violations(driver) == []
    with app.app_context():
        case = db.session.scalar(
            sa.select(Case).where(Case.unit_id == unit_id, Case.workflow == "appraisal")
        )
        grades = db.session.scalars(
            sa.select(Appraised.grade).where(Appraised.case_id == case.id)
        ).all()
        assert case.state == "filed" and set(grades) == {"qualified"}


def demo_names(accounts: dict[str, str]) -> dict[str, str]:
    """Return the people's names by user name."""
    from oversight.models import Person as Row

    return {account: db.session.get(Row, person).name for account, person in accounts.items()}


def _count(hand: Hand, app, returned: str) -> None:
    """Enter the count of four ballots, watched by the superior's inspector."""
    from oversight.models import Person as Row

    with app.app_context():
        sent = db.session.scalar(
            sa.select(Row.name)
            .join(Account, Account.person_id == Row.id)
            .where(Account.username == "dept2.inspector")
        )
    teller = Select(hand.form("enter_count").find_element("name", "teller")).options[1].text
    rows = len(hand.form("enter_count").find_elements("css selector", "tbody tr"))
    hand.send(
        "enter_count",
        present="4",
        issued="4",
        returned=returned,
        valid="4",
        scrutineer=sent,
        teller=teller,
        **{f"tallies-{n}-qualified": "4" for n in range(1, rows + 1)},
    )
