"""Log-in and safety on pages: the second factor, own log-ins, the record, what headers say."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from oversight import create_app
from oversight.models import Account, Login
from oversight.register import zone_settings
from oversight.views.session import sealer
from tests.support.html import PASSWORD, Reader
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NAME = "town1.officer"


def stranger_at(app, address: str) -> Reader:
    found = Reader(app)
    found.client.environ_base["REMOTE_ADDR"] = address
    return found


def try_wrong(who: Reader, times: int, name: str = NAME):
    for _try in range(times):
        form = dict(who.get("/login").fields("/login"))
        answer = who.raw("POST", "/login", data=form | {"username": name, "password": "x" * 12})
    return answer


def test_a_stranger_locks_nobody_out(app, reader):
    answer = try_wrong(stranger_at(app, "192.0.2.7"), 6)
    assert answer.status_code == 429 and answer.headers["Retry-After"] == "2"
    assert "请 2 秒后再试" in answer.text
    owner = Reader(app)
    assert owner.login(NAME, PASSWORD).path == "/desk"


def code(page, clock, ahead: int = 0) -> str:
    """Read a page's secret as a telephone does, and say what it shows."""
    from base64 import b32decode

    typed = re.search(r"((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})", page.main)[1].replace(" ", "")
    when = int(clock.now.timestamp()) + ahead
    return TOTP(b32decode(typed), 6, SHA1(), 30).generate(when).decode()


def set_up(who: Reader, clock):
    page = who.get("/me/second-factor")
    words = {"old": PASSWORD, "code": code(page, clock)}
    return page, who.submit(page, "/me/second-factor", **words)


def test_a_second_factor_is_set_up_used_and_taken_off(app, reader, clock):
    officer = reader(NAME)
    page, done = set_up(officer, clock)
    codes = re.findall(r"[2-9A-Z]{4} [2-9A-Z]{4} [2-9A-Z]{4}", done.main)
    assert len(codes) == 10 and "只显示这一次" in done.main
    other = Reader(app)
    asked = other.submit(other.get("/login"), "/login", username=NAME, password=PASSWORD)
    assert asked.path.startswith("/login/code")
    assert other.get("/desk").path.startswith("/login")
    wrong = other.submit(other.get("/login/code"), "/login/code", 422, code="000000")
    assert "动态码不对" in wrong.main
    assert other.submit(wrong, "/login/code", code=code(page, clock, 30)).path == "/desk"
    third = Reader(app)
    asked = third.submit(third.get("/login"), "/login", username=NAME, password=PASSWORD)
    assert third.submit(asked, "/login/code", code=codes[0]).path == "/desk"
    on = third.get("/me/second-factor")
    assert "还有 9 个" in on.main
    form = dict(on.fields("/me/second-factor"))
    refused = third.raw("POST", "/me/second-factor/off", data=form | {"old": "wrong-wrong"})
    assert refused.status_code == 422 and "原密码不对" in refused.text
    third.raw("POST", "/me/second-factor/off", data=form | {"old": PASSWORD})
    assert "没有开通" in third.get("/me/security").main


def test_a_wrong_code_keeps_the_secret_that_was_scanned(reader, clock):
    officer = reader(NAME)
    page = officer.get("/me/second-factor")
    again = officer.submit(page, "/me/second-factor", 422, old=PASSWORD, code="000000")
    assert code(again, clock) == code(page, clock) and "动态码不对" in again.main
    stale = officer.submit(again, "/me/second-factor", 422, old="wrong-wrong", code="000000")
    assert "原密码不对" in stale.main


def test_who_must_have_one_sets_it_up_first(app, reader, session, world, clock):
    reader("zone.sysadmin")
    zone_settings.change(session, world.zone.id, "second_factor", "organs", None, at("2026-11-24"))
    session.commit()
    officer = reader(NAME)
    for path in ("/desk", "/units", "/me/security"):
        assert officer.get(path).path == "/me/second-factor"
    assert "请先开通" in officer.get("/desk").main
    set_up(officer, clock)
    assert officer.get("/desk").path == "/desk"
    form = dict(officer.get("/me/second-factor").fields("/me/second-factor"))
    kept = officer.raw("POST", "/me/second-factor/off", data=form | {"old": PASSWORD})
    assert kept.status_code == 422 and "不能关闭" in kept.text


def test_an_old_password_is_changed_first(app, reader, session, world):
    zone_settings.change(
        session, world.zone.id, "password_profile", "graded", None, at("2026-11-24")
    )
    made = at("2026-11-24").now
    session.execute(sa.update(Account).values(password_set_at=made - timedelta(days=91)))
    session.commit()
    officer = reader(NAME)
    page = officer.get("/desk")
    assert page.path == "/password" and "请先换一个" in page.main
    words = {"old": PASSWORD, "password": "Another-word-2", "again": "Another-word-2"}
    officer.submit(page, "/password", **words)
    assert officer.login(NAME, "Another-word-2").path == "/desk"


def test_own_log_ins_are_listed_and_all_ended(app, reader):
    officer, elsewhere = reader(NAME), Reader(app)
    elsewhere.login(NAME)
    page = officer.get("/me/security")
    assert page.main.count("本机") == 1 and "登录记录" in page.main
    refused = officer.submit(page, "/me/security/end", 422, login="", old="wrong-wrong")
    assert "原密码不对" in refused.main and officer.get("/desk").path == "/desk"
    officer.submit(refused, "/me/security/end", login="", old=PASSWORD)
    for one in (officer, elsewhere):
        assert one.get("/desk").path.startswith("/login")


def test_one_of_mine_is_ended_and_nobody_else_s(app, reader, session, world):
    officer, other = reader(NAME), reader("village.secretary")
    words = dict(officer.get("/me/security").fields("/me/security/end")) | {"old": PASSWORD}
    theirs = session.scalar(
        sa.select(Login.id)
        .join(Account, Account.id == Login.account_id)
        .where(Account.username == "village.secretary")
    )
    officer.raw("POST", "/me/security/end", data=words | {"login": theirs})
    assert other.get("/desk").path == "/desk" and officer.get("/desk").path == "/desk"


def test_the_auditor_reads_the_record(app, reader, world):
    try_wrong(stranger_at(app, "192.0.2.7"), 2)
    auditor = next(name for name in world.people if name.endswith("auditor"))
    page = reader(auditor).get("/admin/sign-ins?show=wrong")
    assert page.main.count("密码不对") == 2 and "192.0.2.7" in page.main
    assert "登录记录" in reader(auditor).get("/admin/").main
    assert "审计管理员" in reader(NAME).get("/admin/sign-ins", 403).main


def test_use_is_noted_at_most_every_ten_minutes(reader, clock, session):
    officer = reader(NAME)

    def seen():
        session.rollback()
        return session.scalar(sa.select(Login.seen_at))

    begun = seen()
    clock.now += timedelta(minutes=9)
    officer.get("/me")
    assert seen() == begun
    clock.now += timedelta(minutes=1)
    officer.get("/me")
    assert seen() == clock.now
    for _hour in range(6):
        clock.now += timedelta(minutes=110)
        assert officer.get("/me").path == "/me"
    clock.now += timedelta(minutes=121)
    assert officer.get("/me").path.startswith("/login")


def test_a_stranger_s_body_is_small(app, reader):
    stranger = Reader(app)
    form = dict(stranger.get("/login").fields("/login"))
    answer = stranger.raw("POST", "/login", data=form | {"username": "a" * 70_000})
    assert answer.status_code == 413
    api = app.test_client().post("/api/v1/cases", data=b"a" * 70_000)
    assert api.status_code in (401, 413)
    officer = reader(NAME)
    form = dict(officer.get("/me").fields("/text-size"))
    assert officer.raw("POST", "/text-size", data=form | {"more": "a" * 70_000}).status_code == 302


@pytest.mark.parametrize("https", ["", "1"])
def test_behind_tls_browsers_are_told_to_stay_there(app, https, tmp_path):
    source = {
        "OVERSIGHT_DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
        "OVERSIGHT_INSTANCE": str(tmp_path),
        "OVERSIGHT_HTTPS": https,
    }
    client = create_app(source).test_client()
    page = client.get("/login")
    file = client.get(re.search(r'href="(/static/[^"]+)"', page.text)[1])
    for answer in (page, file):
        said = answer.headers.get("Strict-Transport-Security", "")
        assert ("max-age=31536000" in said) is bool(https)


def test_figures_go_to_who_has_the_token(app, world):
    env = app.config["OVERSIGHT"]
    app.config["OVERSIGHT"] = replace(env, metrics_token="figures-figures")
    far = {"REMOTE_ADDR": "192.0.2.7"}
    try:
        ask = app.test_client().get
        right = {"Authorization": "Bearer figures-figures"}
        assert ask("/metrics", headers=right, environ_base=far).status_code == 200
        assert ask("/metrics", headers={"Authorization": "Bearer x"}).status_code == 404
        assert ask("/metrics").status_code == 404
    finally:
        app.config["OVERSIGHT"] = env


def test_only_a_named_proxy_is_believed(app, tmp_path):
    source = {
        "OVERSIGHT_DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
        "OVERSIGHT_INSTANCE": str(tmp_path),
        "OVERSIGHT_PROXIES": "10.0.0.1",
    }
    made = create_app(source)
    from flask import request

    made.add_url_rule("/whence", "whence", lambda: str(request.remote_addr))
    told = {"X-Forwarded-For": "203.0.113.9"}
    for peer, believed in (("10.0.0.1", "203.0.113.9"), ("10.0.0.2", "10.0.0.2")):
        answer = made.test_client().get("/whence", headers=told, environ_base={"REMOTE_ADDR": peer})
        assert answer.text == believed


def test_a_secret_is_sealed(reader, session, clock):
    officer = reader(NAME)
    page, _done = set_up(officer, clock)
    session.rollback()
    kept = session.scalar(sa.select(Account.totp_sealed).where(Account.username == NAME))
    typed = re.search(r"((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})", page.main)[1]
    assert typed.replace(" ", "") not in kept and sealer().open_file(kept.encode())


def test_a_changed_second_factor_ends_other_log_ins(app, reader, clock):
    officer, elsewhere = reader(NAME), Reader(app)
    elsewhere.login(NAME)
    set_up(officer, clock)
    assert elsewhere.get("/desk").path.startswith("/login")
    assert officer.get("/desk").path == "/desk"


def test_logging_out_clears_the_browser(reader):
    officer = reader(NAME)
    answer = officer.raw("POST", "/logout", data=dict(officer.get("/me").fields("/logout")))
    assert answer.headers["Clear-Site-Data"] == '"cache"'


def test_passwords_are_masked_and_may_be_pasted(reader):
    officer = reader(NAME)
    pages = [Reader(officer.app).get(path) for path in ("/login", "/activate")]
    pages += [officer.get(path) for path in ("/password", "/me/second-factor", "/me/security")]
    found = [
        node
        for page in pages
        for node in page.tree.iter("input")
        if node.get("name") in ("password", "old", "again")
    ]
    assert len(found) == 8 and {node.get("type") for node in found} == {"password"}
    assert {node.get("autocomplete") for node in found} == {"current-password", "new-password"}


def test_every_answer_carries_the_same_headers(app, reader):
    officer = reader(NAME)
    ask = app.test_client().get
    answers = [officer.raw("GET", path) for path in ("/desk", "/nope", "/cases/x")]
    answers += [ask("/api/v1/openapi.json"), ask("/api/v1/me"), ask("/healthz")]
    answers += [ask(re.search(r'href="(/static/[^"]+)"', ask("/login").text)[1])]
    answers += [app.test_client().open("/login", method="TRACE")]
    assert answers[-1].status_code == 405
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in answer.headers
        text = answer.mimetype.startswith("text/")
        assert not text or "charset=utf-8" in answer.headers["Content-Type"].lower()


@pytest.mark.parametrize("host", ["a" * 300, "a..b", "x" * 64 + ".example"])
def test_a_host_that_is_none_is_a_bad_request(app, host):
    for path, kind in (("/login", "text/html"), ("/api/v1/me", "application/problem+json")):
        answer = app.test_client().get(path, headers={"Host": host})
        assert (answer.status_code, answer.mimetype) == (400, kind)


def test_the_cookie_stays_here(app, tmp_path):
    source = {
        "OVERSIGHT_DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
        "OVERSIGHT_INSTANCE": str(tmp_path),
        "OVERSIGHT_HTTPS": "1",
    }
    client = create_app(source).test_client()
    said = client.get("/login", base_url="https://localhost").headers["Set-Cookie"]
    assert said.startswith("__Host-oversight=") and "Path=/" in said and "Domain" not in said
    for word in ("Secure", "HttpOnly", "SameSite=Lax"):
        assert word in said
    whole = said.partition(";")[0].partition("=")[2]
    forged = whole[:-3] + ("aaa" if whole[-3:] != "aaa" else "bbb")
    client.set_cookie("__Host-oversight", forged, secure=True)
    fresh = client.get("/login", base_url="https://localhost").headers["Set-Cookie"]
    assert whole.partition(".")[0] not in fresh, "a forged cookie is no session"
