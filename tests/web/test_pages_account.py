"""Logging in and out, the reader's own page, and what pages say when they say no."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from oversight.base.db import db
from oversight.calendar.party_days import activity_for
from oversight.engine import inbox
from oversight.models import Account, Login, Notice
from tests.db.test_attendance import record, sheet
from tests.support.html import PASSWORD, Reader, check
from tests.support.world import at

# What these pages show does not depend on the database; the desk and the case pages are tried on
# both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_logging_in_leads_to_the_desk(reader):
    page = reader("town1.officer").get("/")
    assert page.path == "/desk"
    assert "青溪镇党委党建办经办人" in page.text


def test_a_wrong_password_is_refused_and_not_echoed(reader):
    page = reader().login("town1.officer", "wrong-wrong-wrong", 422)
    assert "用户名或密码不对" in page.main
    assert page.value("username") == "town1.officer"
    assert "wrong-wrong" not in page.html


def test_an_unknown_name_reads_the_same_as_a_wrong_password(reader):
    known, unknown = (
        reader().login("town1.officer", "x" * 12, 422),
        reader().login("nobody", "x" * 12, 422),
    )
    assert known.main == unknown.main


def test_pages_ask_for_a_log_in_and_come_back(reader):
    page = reader().get("/clauses")
    assert page.path.startswith("/login")
    assert (
        reader().submit(page, "/login", username="town1.officer", password=PASSWORD).path
        == "/clauses"
    )


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/%09/evil.example\t",
    ],
)
def test_next_leads_nowhere_but_here(reader, target):
    here = Reader(reader().app)
    page = here.get("/login")
    fields = dict(page.fields("/login"), username="town1.officer", password=PASSWORD)
    answer = here.raw("POST", "/login", query_string={"next": target}, data=fields)
    assert answer.status_code == 302
    assert answer.location == "/desk" or (
        answer.location.startswith("/%09") and "//" not in answer.location[:2]
    )


def test_logging_out_kills_the_session_on_the_server(reader, session):
    officer = reader("town1.officer")
    cookie = officer.client.get_cookie("oversight").value
    officer.submit(officer.get("/me"), "/logout")
    assert (
        session.scalar(
            sa.select(sa.func.count()).select_from(Login).where(Login.ended_at.is_(None))
        )
        == 0
    )
    officer.client.set_cookie("oversight", cookie)
    assert officer.get("/desk").path.startswith("/login")


def test_logging_out_by_a_link_does_nothing(reader):
    assert reader("town1.officer").raw("GET", "/logout").status_code == 405


def test_a_form_without_its_token_is_refused(reader):
    answer = reader("town1.officer").raw("POST", "/text-size", data={})
    assert answer.status_code == 400
    assert "请返回刷新后重试" in answer.text


def test_a_new_password_ends_every_log_in(reader):
    officer, elsewhere = reader("town1.officer"), Reader(reader().app)
    elsewhere.login("town1.officer")
    page = officer.get("/password")
    wrong = officer.submit(
        page, "/password", 422, old="wrong-wrong", password="another-word", again="another-word"
    )
    assert "原密码不对" in wrong.main
    differ = officer.submit(
        wrong, "/password", 422, old=PASSWORD, password="another-word", again="another-ward"
    )
    assert "两次输入的新密码不一样" in differ.main
    done = officer.submit(
        differ, "/password", old=PASSWORD, password="another-word", again="another-word"
    )
    assert "密码已修改" in done.main
    assert elsewhere.get("/desk").path.startswith("/login")
    assert officer.login("town1.officer", "another-word").path == "/desk"


def test_large_text_follows_the_account(reader, session):
    officer = reader("town1.officer")
    assert officer.submit(officer.get("/me"), "/text-size").tree.get("data-size") == "large"
    other = Reader(officer.app)
    other.login("town1.officer")
    assert other.get("/desk").tree.get("data-size") == "large"


def test_my_page_lists_my_posts(reader):
    page = reader("village.secretary").get("/me")
    assert "书记" in page.main and "石桥村党支部" in page.main


def test_notices_are_mine_and_are_marked_read(reader, session, world):
    officer, theirs = world.people["town1.officer"], world.people["town2.officer"]
    for person, text in ((officer, "您有1件待办"), (theirs, "别人的")):
        session.add(
            Notice(
                zone_id=world.zone.id,
                person_id=person.id,
                key="k",
                text=text,
                at=at("2026-11-24").now,
            )
        )
    page = reader("town1.officer").get("/notices")
    assert "您有1件待办" in page.main and "别人的" not in page.main
    assert "1 条未读" in page.html
    after = reader("town1.officer").submit(page, "/notices")
    assert "条未读" not in after.html
    assert session.scalar(sa.select(Notice.read_at).where(Notice.person_id == theirs.id)) is None


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/cases/not-a-uuid",
        "/cases/01a20be9-ab23-721b-ac0a-db4a359eca97",
        "/units/01a20be9-ab23-721b-ac0a-db4a359eca97/year/2026",
        "/law/nothing",
    ],
)
def test_what_is_not_there_is_said_so(reader, path):
    assert "没有" in reader("town1.officer").get(path, 404).main


def test_a_stranger_gets_a_page_too(reader):
    assert "没有找到" in reader().get("/nope", 404).main


def test_a_database_that_is_away_is_said_so_without_asking_it(reader, monkeypatch):
    officer = reader("town1.officer")

    def away(*_args, **_kwargs):
        raise OperationalError("select", {}, Exception("away"))

    monkeypatch.setattr(inbox, "cases", away)
    assert "暂时不可用" in officer.get("/desk", 503).main
    monkeypatch.setattr(db.session, "get", away)
    monkeypatch.setattr(db.session, "execute", away)
    monkeypatch.setattr(db.session, "scalar", away)
    answer = officer.raw("GET", "/desk")
    assert answer.status_code == 503
    check(answer.text)


def test_a_disabled_account_is_out_at_once(reader, session, world):
    officer = reader("town1.officer")
    session.execute(
        sa.update(Account).where(Account.username == "town1.officer").values(enabled=False)
    )
    assert officer.get("/desk").path.startswith("/login")


def test_pages_are_not_kept_and_run_no_foreign_script(reader):
    answer = reader("town1.officer").raw("GET", "/desk")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "'unsafe" not in answer.headers["Content-Security-Policy"]


def test_a_member_reads_first_what_comes_next(reader, world, session):
    member = reader("village.member1")
    assert "下一次主题党日还没有定日期" in member.get("/me").main
    activity_for(session, world.units["village"], 2026, 12)
    session.commit()
    page = member.get("/me").main
    assert "下一次主题党日：12月4日 星期五" in page and "来不了，请假" in page
    assert "轮到您时，会列在这里" in member.get("/desk").main
    assert "抄送给您看的事会列在这里" in member.get("/desk?box=copied").main


def test_a_member_with_a_lesson_to_make_up_is_told_so(reader, world, session):
    record(session, world, sheet(world, absent=("member1",)))
    assert "您有 1 次没有参加的党日要补课" in reader("village.member1").get("/me").main
    assert "要补课" not in reader("village.member2").get("/me").main


def wide(text: str) -> str:
    """Return a text as a Chinese keyboard types it in full width."""
    return "".join(chr(ord(sign) + 0xFEE0) for sign in text)


@pytest.mark.parametrize("in_full_width", ["username", "code"])
def test_full_width_is_read(reader, world, session, in_full_width):
    person = world.people["village.member3"].id
    account = session.scalar(sa.select(Account).where(Account.person_id == person))
    account.username, account.password_hash = "1234567", ""
    session.commit()
    admin, path = reader("zone.sysadmin"), f"/accounts/units/{world.units['village'].id}"
    slip = admin.submit(admin.get(path), f"/people/{person}/reset").main
    code = re.search(r"(?:[2-9A-Z]{4} ){3}[2-9A-Z]{4}", slip)[0].replace(" ", "")
    words = {
        "username": "1234567",
        "code": code,
        "password": "新密码abc-12345",
        "again": "新密码abc-12345",
    }
    words[in_full_width] = wide(words[in_full_width])
    member = reader()
    member.submit(member.get("/activate"), "/activate", **words)
