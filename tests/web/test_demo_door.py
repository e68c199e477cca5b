"""Where the passwords are known anyway one looks around without typing, on this machine alone."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.demo import zone
from oversight.models import Account
from oversight.views import demo_door
from tests.support.html import Reader
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def asked_anew(app):
    """What a process knows of demo accounts is asked again, before and after."""
    app.extensions.pop(demo_door.KNOWN, None)
    yield
    app.extensions.pop(demo_door.KNOWN, None)


@pytest.fixture
def demo(session, reader, asked_anew):
    """The accounts of the small world have known passwords."""
    session.execute(sa.update(Account).values(demo=True))
    session.commit()


def test_one_enters_as_an_officer_by_one_button(reader, demo):
    page = reader().get("/login")
    assert (
        "批复各支部的变更时间请示" in page.main
        and "town1.officer（青溪镇党委党建办经办人）" in page.main
    )
    [token] = [
        node.get("value") for node in page.tree.iter("input") if node.get("name") == "csrf_token"
    ]
    answer = reader().raw("POST", "/login", data={"csrf_token": token, "guest": "town1.officer"})
    assert answer.status_code == 302
    assert "青溪镇党委" in reader().get("/desk").text


def test_a_zone_of_its_own_offers_nobody(reader, asked_anew):
    page = reader().get("/login")
    assert "示范区" not in page.main
    sent = {"csrf_token": page.value("csrf_token"), "guest": "town1.officer"}
    assert reader().raw("POST", "/login", data=sent).status_code == 422


def test_nobody_is_offered_over_the_network(reader, demo):
    for more in (
        {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}},
        {"headers": {"X-Forwarded-For": "192.0.2.7"}},
    ):
        page = reader().raw("GET", "/login", **more).get_data(as_text=True)
        assert "示范区" not in page
    token = reader().get("/login").value("csrf_token")
    sent = {"csrf_token": token, "guest": "town1.officer"}
    far = reader().raw("POST", "/login", data=sent, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert far.status_code == 422


def test_every_button_of_the_demo_zone_leads_to_what_its_sentence_names(app, session, asked_anew):
    """In the demo zone itself, as it is loaded: each guest lands on a page of his with the thing."""
    zone.build(session, at("2026-11-24"), clock=app.extensions["clock"])
    session.commit()
    door = Reader(app).get("/login")
    assert [b.get("value") for b in door.tree.iter("button") if b.get("name") == "guest"] == list(
        demo_door.TRY
    )
    wrong = {}
    for username, (path, said) in LANDS.items():
        guest = Reader(app)
        page = guest.submit(guest.get("/login"), "/login", guest=username)
        empty = "都办完了" in page.main or "没有符合条件" in page.main
        if not page.path.startswith(path) or said not in page.main or empty:
            wrong[username] = (page.path, page.main[:200])
    assert not wrong


LANDS = {
    "branch01.secretary": ("/activities/", "保存到会情况"),
    "branch01.organizer": ("/units/", "请示变更时间"),
    "branch01.member12": ("/me", "来不了，请假"),
    "town1.officer": ("/desk", "批复意见"),
    "town1.inspector": ("/new/inspection", "督查"),
    "town1.secretary": ("/desk", "补报"),
    "town1.committee1": ("/months", "石桥村党支部"),
    "dept1.officer": ("/desk", "变更时间"),
    "zone.office": ("/months", "催办"),
    "zone.inspector": ("/desk", "我管的"),
    "zone.committee1": ("/desk", "签发"),
    "zone.sysadmin": ("/admin/", "导入名册"),
    "zone.secadmin": ("/desk", "重置账号"),
    "zone.auditor": ("/admin/changes", "变更记录"),
}
