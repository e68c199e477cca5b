"""Attacks of outsiders and of accounts on each other, over the forms of all roles: planted sessions,
hostile uploads, one key of two people.
"""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa

from oversight.models import Attachment
from tests.db.test_rectification_walk import fixing
from tests.support import hostile
from tests.support.dump import dump
from tests.support.html import PASSWORD, Reader, open_accounts

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PHOTO = hostile.photo()
ROLES = (
    *("village.secretary", "village.member1", "community.secretary", "town1.officer"),
    *("town1.inspector", "town2.officer", "dept1.officer", "zone.officer", "zone.inspector"),
    *("zone.sysadmin", "zone.secadmin", "zone.auditor"),
)
EVIL = {
    "页面.jpg": b"<html><script>alert(1)</script></html>",
    "图.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "包.png": hostile.archive(),
    "跳.pdf": hostile.pdf()[:40],
    "空.jpg": b"",
    "程序.exe": b"MZ" + b"\0" * 100,
}


def send(user, case, files: dict[str, bytes], key: str = ""):
    form = {
        "csrf_token": user.get("/me").value("csrf_token"),
        "file": [(io.BytesIO(data), name) for name, data in files.items()],
    }
    headers = {"Idempotency-Key": key} if key else {}
    path = f"/cases/{case.id}/attachments"
    return user.raw("POST", path, data=form, headers=headers, content_type="multipart/form-data")


def stored(session) -> int:
    session.expire_all()
    return session.scalar(sa.select(sa.func.count()).select_from(Attachment))


def test_a_planted_session_and_its_token_end_with_the_log_in(app, world):
    """Whoever puts his own cookie into a browser knows nothing of what is done there afterwards."""
    open_accounts(world)
    victim = Reader(app)
    planted = victim.get("/login").value("csrf_token")
    victim.sign_in("village.secretary")
    assert victim.raw("POST", "/text-size", data={"csrf_token": planted}).status_code == 400
    fresh = victim.get("/me").value("csrf_token")
    assert victim.raw("POST", "/text-size", data={"csrf_token": fresh}).status_code == 302


def test_a_cookie_from_before_the_log_in_opens_nothing(app, world):
    open_accounts(world)
    client = app.test_client()
    first = client.get("/login")
    before = [one.partition(";")[0] for one in first.headers.getlist("Set-Cookie")]
    token = Reader(app).get("/login")
    client.post(
        "/login",
        data={
            "csrf_token": token.value("csrf_token"),
            "username": "village.secretary",
            "password": PASSWORD,
        },
    )
    thief = app.test_client(use_cookies=False)
    answer = thief.get("/desk", headers={"Cookie": "; ".join(before)})
    assert answer.status_code == 302 and answer.location.startswith("/login")


@pytest.mark.parametrize("name", ROLES)
def test_no_role_brings_a_hostile_file_into_a_case(session, world, reader, name):
    case, before = fixing(session, world), stored(session)
    for file, data in EVIL.items():
        answer = send(reader(name), case, {file: data})
        assert 400 <= answer.status_code < 500, (name, file, answer.status_code)
    assert stored(session) == before


def test_one_key_of_two_people_is_two_keys_and_tells_neither_of_the_other(session, world, reader):
    """A key that was used by somebody else answers nothing of his, to whoever may not see the case."""
    case = fixing(session, world)
    assert send(reader("village.secretary"), case, {"甲.jpg": PHOTO}, "k" * 8).status_code < 400
    assert stored(session) == 1
    kept = dump(session)
    session.commit()
    stranger = send(reader("town2.officer"), case, {"乙.jpg": PHOTO}, "k" * 8)
    assert stranger.status_code == 404 and "甲" not in stranger.get_data(as_text=True)
    session.expire_all()
    after = dump(session)
    assert {name for name in kept if kept[name] != after[name]} <= {
        "refusals",
        "logins",
        "sign_ins",
    }
