"""What was typed outlives the log-in: for its author alone, in the form of its address, sent by nobody
but him.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from oversight.base.refusals import AlreadyTaken, Forbidden, NotFound, TooLarge, TooMany
from oversight.models import Case, Login
from oversight.register import credentials, zone_settings
from oversight.views import kept
from oversight.views.refill import refill
from tests.db.test_attendance import record, sheet
from tests.support.html import PASSWORD, Reader, controls, parse
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SAID = "请把受影响的党员人数写清楚"
SAVED = "登录已过期。内容已保存，重新登录后接着填"


def ended(session) -> None:
    """End every log-in, as the clock or an administrator does."""
    session.execute(sa.update(Login).values(ended_at=at("2026-11-24").now))
    session.commit()


def returning(officer: Reader, case):
    """Type an answer into the page of a case."""
    page = officer.get(f"/cases/{case.id}")
    fields = dict(page.fields("/moves/return")) | {"opinion": SAID}
    return f"/cases/{case.id}/moves/return", fields, {"Referer": f"http://localhost{page.path}"}


@pytest.fixture
def asked(play):
    return play.asked()


# The log-in ends ---------------------------------------------------------------------------------


def test_what_was_typed_outlives_the_log_in(reader, asked, clock):
    officer = reader("town1.officer")
    path, fields, headers = returning(officer, asked)
    clock.now = at("2026-11-24", 22).now
    door = officer._page(officer.raw("POST", path, data=fields, headers=headers), path, 401)
    assert SAVED in door.main and SAID not in door.html
    again = officer.submit(door, "/login", username="town1.officer", password=PASSWORD)
    assert again.has_form("/moves/return") and again.value("opinion") == SAID
    assert "还没有提交" in again.main


def test_nothing_is_sent_until_its_author_presses(reader, asked, session):
    officer = reader("town1.officer")
    path, fields, headers = returning(officer, asked)
    ended(session)
    door = officer._page(officer.raw("POST", path, data=fields, headers=headers), path, 401)
    again = officer.submit(door, "/login", username="town1.officer", password=PASSWORD)
    session.expire_all()
    assert session.get(Case, asked.id).state == "asked"
    officer.submit(again, "/moves/return")
    session.expire_all()
    assert session.get(Case, asked.id).state == "returned"


def test_they_outlive_a_lost_cookie_a_wrong_password_and_a_dead_log_in_page(reader, asked):
    officer = reader("town1.officer")
    path, fields, headers = returning(officer, asked)
    officer.client.delete_cookie("oversight")
    door = officer._page(officer.raw("POST", path, data=fields, headers=headers), path, 401)
    wrong = officer.submit(door, "/login", 422, username="town1.officer", password="nonsense")
    officer.client.delete_cookie("oversight")
    fresh = officer.submit(wrong, "/login", 400, username="town1.officer", password=PASSWORD)
    again = officer.submit(fresh, "/login", username="town1.officer", password=PASSWORD)
    assert again.value("opinion") == SAID


def test_signed_in_again_in_another_tab_they_stand_at_once(reader, asked):
    officer = reader("town1.officer")
    path, fields, headers = returning(officer, asked)
    officer.client.delete_cookie("oversight")
    officer.sign_in("town1.officer")
    again = officer._page(officer.raw("POST", path, data=fields, headers=headers), path, 400)
    assert again.value("opinion") == SAID
    assert again.value("csrf_token") != fields["csrf_token"]


def test_a_second_factor_keeps_them(reader, asked, monkeypatch):
    officer = reader("town1.officer")
    path, fields, headers = returning(officer, asked)
    officer.client.delete_cookie("oversight")
    door = officer._page(officer.raw("POST", path, data=fields, headers=headers), path, 401)
    plain = credentials.sign_in
    session_of = {}

    def halved(*args, **more):
        session_of["token"] = plain(*args, **more)
        return session_of["token"]

    monkeypatch.setattr("oversight.views.session.credentials.sign_in", halved)
    monkeypatch.setattr("oversight.views.session.load", lambda _token: None)
    monkeypatch.setattr("oversight.views.session.credentials.waits_for_code", lambda *_: True)
    code = officer.submit(door, "/login", username="town1.officer", password=PASSWORD)
    assert SAVED in code.main
    monkeypatch.undo()
    monkeypatch.setattr("oversight.views.session.credentials.waits_for_code", lambda *_: True)
    monkeypatch.setattr(
        "oversight.views.session.credentials.enter_code", lambda *_: session_of["token"]
    )
    again = officer.submit(code, "/login/code", code="123456")
    assert again.value("opinion") == SAID


# Whose they are ----------------------------------------------------------------------------------


def test_somebody_else_who_logs_in_gets_a_plain_page(reader, asked):
    officer = reader("town1.officer")
    path, fields, headers = returning(officer, asked)
    officer.client.delete_cookie("oversight")
    door = officer._page(officer.raw("POST", path, data=fields, headers=headers), path, 401)
    other = officer.submit(door, "/login", username="town1.deputy", password=PASSWORD)
    assert other.path == "/desk" and SAID not in other.html


def test_a_page_of_the_account_before_leads_to_its_log_in(reader, asked):
    """Somebody else signed in meanwhile, in another tab: the words wait for who typed them."""
    officer = reader("town1.officer")
    path, fields, headers = returning(officer, asked)
    officer.client.delete_cookie("oversight")
    officer.sign_in("town1.deputy")
    door = officer._page(officer.raw("POST", path, data=fields, headers=headers), path, 400)
    assert "现在登录的是 town1.deputy" in door.text and SAID not in door.html
    again = officer.submit(door, "/login", username="town1.officer", password=PASSWORD)
    assert again.value("opinion") == SAID


def test_a_page_of_somebody_else_brings_no_words(reader, asked):
    """A form with the token of another's page, posted for somebody by a foreign site."""
    path, fields, _headers = returning(reader("town1.officer"), asked)
    deputy = reader("town1.deputy")
    refused = deputy.raw("POST", path, data=fields)
    assert refused.status_code == 400 and SAID not in refused.text
    stranger = Reader(deputy.app)
    for token in ("", "x", reader("town1.officer").get("/me").value("csrf_token")[:-2]):
        answer = stranger.raw("POST", path, data=fields | {"csrf_token": token})
        assert answer.status_code == 400 and "kept" not in answer.text, token


def test_after_half_an_hour_they_are_gone_aloud(reader, asked, clock):
    officer = reader("town1.officer")
    path, fields, headers = returning(officer, asked)
    officer.client.delete_cookie("oversight")
    door = officer._page(officer.raw("POST", path, data=fields, headers=headers), path, 401)
    clock.now = at("2026-11-24", 15).now
    late = officer.submit(door, "/login", username="town1.officer", password=PASSWORD)
    assert SAID not in late.html and "超过 30 分钟" in late.main


def test_forged_words_open_nothing(reader, asked):
    officer = reader("town1.officer")
    token = officer.get("/me").value("csrf_token")
    for forged in ("", "x", "gAAAAA", "é" * 40):
        answer = officer.raw("POST", "/kept", data={"csrf_token": token, "kept": forged})
        assert answer.status_code == 302 and answer.location == "/desk", forged


def test_what_is_too_long_is_said(reader, asked, session):
    officer = reader("town1.officer")
    path, fields, headers = returning(officer, asked)
    fields["opinion"] = "".join(chr(0x4E00 + i * 7919 % 20000) for i in range(90_000))
    ended(session)
    door = officer._page(officer.raw("POST", path, data=fields, headers=headers), path, 401)
    assert "内容太长，没能保存" in door.main and not door.value("kept")


def test_secrets_are_not_kept(app, reader):
    officer = reader("town1.officer")
    token = officer.get("/password").value("csrf_token")
    words = {"csrf_token": token, "old": PASSWORD, "password": "neu-neu-neu", "again": "x"}
    officer.client.delete_cookie("oversight")
    answer = officer.raw("POST", "/password", data=words)
    assert answer.status_code in (302, 400) and 'name="kept"' not in answer.text
    for path in ("/me/tokens", "/me/second-factor"):
        answer = officer.raw("POST", path, data={"csrf_token": token, "code": "1", "name": "令牌"})
        assert 'name="kept"' not in answer.text, path


# Every form --------------------------------------------------------------------------------------

PAGES = {
    "village.secretary": (
        "/new/date_change?day=2026-12-04",
        "/new/exemption",
        "/activities/{activity}/attendance",
        "/activities/{activity}/plan",
        "/units/{village}/follow-ups",
        "/cases/{case}",
    ),
    "town1.officer": ("/cases/{case}", "/desk?case={case}", "/admin/units/{village}/merge"),
    "zone.officer": ("/new/zone_shift",),
    "town1.inspector": ("/new/rectification?unit={village}",),
    "zone.sysadmin": (
        "/admin/units/{village}",
        "/admin/units/{village}/people",
        "/admin/people/{person}",
        "/admin/calendar",
        "/zone/settings",
    ),
    "zone.secadmin": ("/admin/units/{village}/posts",),
}
TYPED = ("text", "", None, "number", "search", "tel")
OWN = ("/login", "/logout", "/text-size", "/password", "/roster", "/kept")


def typed_into(tree, form):
    """Return what a browser sends with a word in every field that takes words."""
    fields, said = [], []
    for node in controls(tree, form, "input", "select", "textarea"):
        kind, name = node.get("type"), node.get("name")
        if kind in ("submit", "file", "password") or name is None:
            continue
        if node.tag == "textarea" or (node.tag == "input" and kind in TYPED):
            word = f'写<b>好"的字&{len(said)}'
            said.append((name, word))
            fields.append((name, word))
        elif node.tag == "select":
            options = [one.get("value", one.text or "") for one in node.iter("option")]
            fields.append((name, options[-1]) if options else (name, ""))
            said.append((name, options[-1])) if options else None
        elif kind == "checkbox":
            if "checked" not in node.attrib:
                fields.append((name, node.get("value", "on")))
                said.append((name, node.get("value", "on")))
        elif kind != "radio" or "checked" in node.attrib:
            fields.append((name, node.get("value", "")))
    return fields, said


def standing(tree, action: str, fields):
    """Return what would be sent of a form again, by the form that fits best."""
    best = []
    for form in tree.iter("form"):
        if (form.get("action") or "").partition("?")[0] != action.partition("?")[0]:
            continue
        found = []
        for node in controls(tree, form, "input", "select", "textarea"):
            kind = node.get("type")
            if kind in ("radio", "checkbox") and "checked" not in node.attrib:
                continue
            if node.tag == "select":
                chosen = [one for one in node.iter("option") if "selected" in one.attrib]
                value = chosen[0].get("value", chosen[0].text or "") if chosen else ""
            else:
                value = (node.text or "") if node.tag == "textarea" else node.get("value", "on")
            found.append((node.get("name"), value))
        if len(set(found) & set(fields)) > len(set(best) & set(fields)):
            best = found
    return best


@pytest.mark.parametrize(
    "who, page", [(who, page) for who, pages in PAGES.items() for page in pages]
)
def test_every_form_stands_again_with_its_words(reader, world, play, asked, session, who, page):
    record(session, world, sheet(world, absent=("member1",), leave=("member2",)))
    session.commit()
    ids = {
        "village": world.units["village"].id,
        "person": world.people["village.member1"].id,
        "activity": play.activity().id,
        "case": asked.id,
    }
    one, path = reader(who), page.format(**ids)
    tried: set[tuple] = set()
    tree = one.get(path).tree
    for form in tree.iter("form"):
        action = form.get("action") or path
        if form.get("method") != "post" or action.startswith(OWN):
            continue
        fields, said = typed_into(tree, form)
        shape = tuple(sorted(name for name, _value in fields))
        if not said or shape in tried:  # one of the forms that are alike
            continue
        tried.add(shape)
        data = {}
        for name, value in fields:
            data.setdefault(name, []).append(value)
        one.client.delete_cookie("oversight")
        headers = {"Referer": f"http://localhost{path}"}
        answer = one.raw("POST", action, data=data, headers=headers)
        door = one._page(answer, action, 401)
        again = one.submit(door, "/login", username=who, password=PASSWORD)
        stands = standing(again.tree, action, fields)
        lost = [pair for pair in said if pair not in stands]
        assert not lost, (action, lost[:4])
        assert "<b>好" not in again.html
    assert tried, path


def test_every_address_that_takes_a_form_leads_back_to_a_page(app, world):
    """A log-in that ends at any of them ends on no 405."""
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "POST" not in rule.methods or rule.rule.startswith("/api/"):
                continue
            path = re.sub(r"<int:\w+>", "2026", rule.rule)
            path = re.sub(r"<any\((\w+)[^>]*>", r"\1", path)
            path = re.sub(r"<[^>]+>", world.units["village"].id, path)
            found = kept.above(path)
            assert not found or kept.readable(found), path


def test_a_reload_of_a_refused_form_is_no_dead_end(reader, asked):
    page = reader("town1.officer").get(f"/cases/{asked.id}/moves/approve")
    assert page.path == f"/cases/{asked.id}"


# Other refusals ----------------------------------------------------------------------------------


def test_a_stale_version_leads_back_with_the_words(reader, asked, play, session):
    officer = reader("town1.officer")
    path, fields, headers = returning(officer, asked)
    asked.version += 1
    session.commit()
    lost = officer._page(officer.raw("POST", path, data=fields, headers=headers), path, 409)
    again = officer.submit(lost, "/kept")
    assert again.value("opinion") == SAID
    officer.submit(again, "/moves/return")


def test_a_refusal_of_any_cause_leads_back_with_the_words(reader, asked, monkeypatch):
    def broken(*_args, **_more):
        raise OperationalError("x", {}, Exception("locked"))

    officer = reader("town1.officer")
    path, fields, headers = returning(officer, asked)
    monkeypatch.setattr("oversight.views.pages.case.transitions.submit", broken)
    lost = officer._page(officer.raw("POST", path, data=fields, headers=headers), path, 503)
    assert officer.submit(lost, "/kept").value("opinion") == SAID


def test_a_form_without_its_version_leads_back_with_the_words(reader, asked):
    officer = reader("town1.officer")
    path, fields, headers = returning(officer, asked)
    del fields["version"]
    lost = officer._page(officer.raw("POST", path, data=fields, headers=headers), path, 400)
    assert "缺少版本号" in lost.main and officer.submit(lost, "/kept").value("opinion") == SAID


@pytest.mark.parametrize(
    "refusal, status",
    [
        (Forbidden("不由您办理。"), 403),
        (NotFound("没有找到。"), 404),
        (TooMany("请稍后再试。", retry_after=5), 429),
        (TooLarge("内容太大。"), 413),
        (AlreadyTaken("已有人先办。"), 409),
    ],
)
def test_whatever_the_refusal_the_words_come_back(reader, asked, monkeypatch, refusal, status):
    def refuse(*_args, **_more):
        raise refusal

    officer = reader("town1.officer")
    path, fields, headers = returning(officer, asked)
    monkeypatch.setattr("oversight.views.pages.case.transitions.submit", refuse)
    lost = officer._page(officer.raw("POST", path, data=fields, headers=headers), path, status)
    assert officer.submit(lost, "/kept").value("opinion") == SAID


def test_much_that_is_refused_comes_back_to_who_is_logged_in(reader, asked, session):
    officer, much = (
        reader("town1.officer"),
        "".join(chr(0x4E00 + i * 7919 % 20000) for i in range(30_000)),
    )
    path, fields, headers = returning(officer, asked)
    asked.version += 1
    session.commit()
    fields["opinion"] = much
    lost = officer._page(officer.raw("POST", path, data=fields, headers=headers), path, 409)
    assert officer.submit(lost, "/kept").value("opinion") == much


def test_a_stranger_hears_that_too_much_was_not_kept(reader, asked):
    officer = reader("town1.officer")
    path, fields, headers = returning(officer, asked)
    officer.client.delete_cookie("oversight")
    fields["opinion"] = "写" * 40_000
    lost = officer._page(officer.raw("POST", path, data=fields, headers=headers), path, 413)
    assert "登录已过期。内容太长，没能保存" in lost.text


# How long a log-in lasts -------------------------------------------------------------------------


def choose(session, world, **chosen):
    for name, value in chosen.items():
        zone_settings.change(session, world.zone.id, name, value, None, at("2026-11-24"))
    session.commit()


@pytest.mark.parametrize(
    "chosen, minutes",
    [
        ({}, 120),
        ({"login_idle": "30"}, 30),
        ({"login_idle": "240"}, 240),
        ({"login_idle": "240", "password_profile": "graded"}, 30),
    ],
)
def test_a_log_in_ends_unused_and_use_renews_it(reader, session, world, clock, chosen, minutes):
    choose(session, world, **chosen)
    officer, begin = reader("town1.officer"), clock.now
    for step in (minutes - 1, 2 * minutes - 3):
        clock.now = begin + timedelta(minutes=step)
        assert officer.raw("GET", "/password").status_code == 200, step
    clock.now += timedelta(minutes=minutes)
    assert officer.raw("GET", "/password").status_code == 302


@pytest.mark.parametrize("hours", [8, 12, 24])
def test_a_log_in_ends_in_the_end_however_it_is_used(reader, session, world, clock, hours):
    choose(session, world, login_hours=str(hours))
    officer, begin = reader("town1.officer"), clock.now
    for hour in range(1, hours):
        clock.now = begin + timedelta(hours=hour)
        assert officer.raw("GET", "/password").status_code == 200, hour
    clock.now = begin + timedelta(hours=hours)
    assert officer.raw("GET", "/password").status_code == 302


# The form itself ---------------------------------------------------------------------------------

FORM = """<!doctype html><html><body><main id="main"><details><summary>开</summary>
<form method="post" action="/a/1"><input type="hidden" name="version" value="7">
<input name="x" value="alt"><input type="checkbox" name="c" value="1" checked>
<input type="radio" name="r" value="1" checked><input type="radio" name="r" value="2">
<select name="s"><option value="">无</option><option selected>甲</option><option>乙</option></select>
<textarea name="t">
alt</textarea><input type="file" name="f"><button name="b" value="1">好</button></form></details>
<form method="post" action="/a/2"><input name="x" value="fremd"></form></main></body></html>"""


def test_a_form_takes_back_its_words_and_no_other(database_url):
    words = [
        ("x", 'a"<b>'),
        ("r", "2"),
        ("s", "乙"),
        ("t", "\n一\n二"),
        ("version", "3"),
        ("y", "多"),
    ]
    found = refill(FORM, "/a/1", "/a", words)
    html = found.html
    assert found.left == [("y", "多")] and found.files
    assert 'value="a&quot;&lt;b&gt;"' in html and 'value="fremd"' in html
    assert (
        'name="version" value="7"' in html and '<input type="hidden" name="y" value="多">' in html
    )
    assert 'name="c" value="1">' in html and 'value="2" checked=""' in html
    assert '<option selected="">乙' in html and "<details open" in html
    area = next(parse(html).iter("textarea"))
    assert area.text == "\n一\n二"
    assert refill(FORM, "/b", "/a", words) is None
