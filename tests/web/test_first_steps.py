"""A new zone starts by itself: first steps that tick themselves, slips that lead to the page, an
activation that ends logged in, log-ins that stay on a member's phone.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from oversight.calendar.party_days import plan_year
from oversight.models import Account, Login, SettingChange, Substitution
from oversight.register import credentials, first_steps, installation, stays, zone_settings
from tests.support.html import PASSWORD, Reader
from tests.support.world import at

ADMIN = "a long word for the first one"


def left(session, zone_id: str) -> list[str]:
    steps = first_steps.of(session, zone_id, at("2026-11-24").today)
    return [step.key for step in steps if not step.done]


def test_an_empty_zone_tells_everybody_what_is_missing(app, session, clock):
    slips = dict(
        installation.first_administrators(session, "高新区", "root", ADMIN, at("2026-11-24"))
    )
    session.commit()
    root = Reader(app)
    page = root.login("root", ADMIN)
    assert page.path == "/start" and "7 步里办好了 1 步" in page.main
    assert page.links("去办：名册")[0] == "/roster" and "由安全管理员办" in page.main
    assert root.get("/").path == "/start", "until others can work"
    desk = root.get("/desk").main
    assert "都办完了" not in desk and "由系统管理员办" in desk and "还有 6 步" in desk
    guard = Reader(app)
    issued = slips["secadmin"]
    form = guard.get("/activate")
    there = guard.submit(
        form, "/activate", username=issued.username, code=issued.code, password=ADMIN, again=ADMIN
    )
    assert there.path == "/start" and "密码已设好，您已登录" in there.text
    assert "去办：名册" not in there.text, "not his step"


def test_the_steps_tick_themselves(session, world, reader):
    zone = world.zone.id
    root = reader("zone.sysadmin")
    assert left(session, zone) == ["settings", "schedule"]
    settings = root.get("/zone/settings")
    done = root.submit(settings, "/zone/settings", **{})
    assert "设置看过了" in done.text
    assert session.scalar(sa.select(SettingChange.name)) == zone_settings.KEPT
    assert "看过，都按当时的办" in root.get("/zone/settings").main
    plan_year(session, [world.units["village"]], 2026, at("2026-11-24"))
    session.commit()
    assert left(session, zone) == []
    page = root.get("/start")
    assert "区里已经准备好了" in page.main
    assert "/start" not in root.get("/admin/").links("开始使用")
    assert "还有" not in root.get("/desk").main


def test_others_see_no_steps_and_no_false_all_done(session, world, reader):
    officer = reader("dept1.officer")
    assert officer.get("/start").path == "/desk"
    page = officer.get("/desk").main
    assert "都办完了" not in page and "各支部的党日已经排好" in page, "nothing is planned yet"


# Slips --------------------------------------------------------------------------------------------


@pytest.fixture
def bare(session, world):
    """A branch with a member who has no account."""
    one = world.people["village.member1"].id
    session.execute(sa.delete(Account).where(Account.person_id == one))
    session.commit()
    return world.units["village"]


def test_a_slip_carries_the_address_and_its_code(app, reader, bare, monkeypatch):
    env = replace(app.config["OVERSIGHT"], address="http://10.1.2.3:8000")
    monkeypatch.setitem(app.config, "OVERSIGHT", env)
    root = reader("zone.sysadmin")
    page = root.submit(root.get(f"/accounts/units/{bare.id}"), "/issue")
    assert "http://10.1.2.3:8000/activate" in page.main
    assert 'class="qr"' in page.html and page.html.count('id="slip-qr"') == 1
    assert "只有这台机器自己打得开" not in page.main


def test_an_address_of_this_machine_alone_is_said_to_be_one(reader, bare):
    root = reader("zone.sysadmin")
    page = root.submit(root.get(f"/accounts/units/{bare.id}"), "/issue")
    assert "只有这台机器自己打得开" in page.main


def test_passwords_can_be_looked_at(reader):
    for page in (reader().get("/login"), reader().get("/activate")):
        fields = [one for one in page.tree.iter("input") if one.get("type") == "password"]
        assert fields and all(one.get("data-see") for one in fields)


# Log-ins that stay -------------------------------------------------------------------------------


def choose(session, world, value: str) -> None:
    zone_settings.change(session, world.zone.id, "member_login", value, None, at("2026-11-24"))
    session.commit()


def sign_in(app, name: str, **more) -> Reader:
    one = Reader(app)
    form = one.get("/login")
    one.submit(form, "/login", username=name, password=PASSWORD, **more)
    return one


def test_a_members_phone_stays_logged_in_where_the_zone_lets_it(app, reader, world, session, clock):
    reader()
    assert "保持登录" not in reader().get("/login").main
    choose(session, world, "30")
    assert "保持登录" in reader().get("/login").main
    member, usual = (sign_in(app, "village.member1", **more) for more in ({"stay": "1"}, {}))
    secretary = sign_in(app, "village.secretary", stay="1")
    clock.now += timedelta(days=3)
    assert member.get("/me/security").path == "/me/security"
    assert "保持登录，最长 30 天" in member.get("/me/security").main
    for other in (usual, secretary):
        assert other.get("/me").path.startswith("/login")
    clock.now += timedelta(days=28)
    assert member.get("/me").path.startswith("/login"), "thirty days are over"


@pytest.mark.parametrize("what", ["post", "acting", "setting", "graded", "ended"])
def test_it_ends_with_a_post_a_setting_or_a_word(app, reader, world, session, clock, what):
    reader()
    choose(session, world, "30")
    member = sign_in(app, "village.member1", stay="1")
    clock.now += timedelta(days=2)
    assert member.get("/me").path == "/me"
    clock.now += timedelta(days=1)
    one, unit = world.people["village.member1"].id, world.units["village"].id
    today = clock.moment().today
    if what == "post":
        world.post("village.member1", "village", "publicity", today)
    elif what == "acting":
        session.add(
            Substitution(
                zone_id=world.zone.id,
                person_id=one,
                unit_id=unit,
                office="secretary",
                from_on=today,
                to_on=today,
                reason="外出",
                given_by=world.people["zone.secadmin"].id,
                given_at=clock.now,
            )
        )
    elif what == "setting":
        choose(session, world, "off")
    elif what == "graded":
        zone_settings.change(
            session, world.zone.id, "password_profile", "graded", None, at("2026-11-27")
        )
    else:
        found = session.scalar(sa.select(Account).where(Account.person_id == one))
        assert len(credentials.log_ins(session, found, clock.moment())) == 1
        credentials.sign_out(session, found.id, clock.now)
    session.commit()
    assert member.get("/me").path.startswith("/login")


def test_who_holds_a_post_never_stays(session, world, reader):
    reader()
    choose(session, world, "90")
    names = ("village.member1", "village.secretary", "zone.sysadmin")
    found = {
        name: session.scalar(sa.select(Account).where(Account.person_id == world.people[name].id))
        for name in names
    }
    days = {name: stays.days(session, one, at("2026-11-24")) for name, one in found.items()}
    assert days == {"village.member1": 90, "village.secretary": 0, "zone.sysadmin": 0}
    assert not session.scalars(sa.select(Login.stays_days).where(Login.stays_days > 0)).all()
