"""Administration pages: who may keep what, previews before anything passes on, everything written
down.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.models import (
    AdminChange,
    CalendarRow,
    Case,
    Membership,
    Notice,
    Person,
    Post,
    Refusal,
    Unit,
)
from oversight.time import sweep
from tests.db.test_acting import give
from tests.support.world import at


def acts(session) -> list[tuple[str, str]]:
    rows = session.execute(sa.select(AdminChange.area, AdminChange.act).order_by(AdminChange.id))
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("path", ["/admin/", "/admin/units", "/admin/calendar"])
def test_who_has_nothing_to_keep_does_not_look(reader, path):
    for name, status in (
        ("village.secretary", 403),
        ("village.member1", 403),
        ("town1.inspector", 403),
        ("zone.sysadmin", 200),
        ("zone.auditor", 200),
        ("town1.officer", 200),
    ):
        reader(name).get(path, status)


def test_the_administrator_sees_what_the_sweep_could_not_do(session, world, play, reader):
    case = play.asked()
    session.execute(sa.update(Case).where(Case.id == case.id).values(facts={"reason": "x"}))
    session.commit()
    assert "没有办成" not in reader("zone.sysadmin").get("/admin/").main
    sweep.sweep(session, at("2026-12-05"))
    page = reader("zone.sysadmin").get("/admin/").main
    assert "变更活动时间请示（石桥村党支部）" in page and case.id in page
    assert "没有办成" not in reader("zone.auditor").get("/admin/").main


def test_a_town_sees_its_own_units_only(reader, world):
    officer = reader("town1.officer")
    page = officer.get("/admin/units").main
    assert "石桥村党支部" in page and "柏树村党支部" not in page
    for place in ("", "/people", "/posts"):
        officer.get(f"/admin/units/{world.units['village2'].id}{place}", 404)


def test_the_system_administrator_founds_and_renames(reader, world, session):
    admin, town = reader("zone.sysadmin"), f"/admin/units/{world.units['town1'].id}"
    bad = admin.submit(
        admin.get(town), "/found", 422, kind="branch", new_name="石桥村党支部", on="2026-12-01"
    )
    assert "同名" in bad.main and "选类别" in bad.main and bad.value("new_name") == "石桥村党支部"
    said = next(node for node in bad.tree.iter("p") if node.get("id") == "new_name-e")
    assert "同名" in "".join(said.itertext()), "beside the field too, in the same words"
    done = admin.submit(bad, "/found", new_name="新桥村党支部", category="rural", on="2026-11-24")
    assert "已设立新桥村党支部" in done.main
    new = session.scalar(sa.select(Unit).where(Unit.name == "新桥村党支部"))
    assert new.path == f"{world.units['town1'].path}{new.id}/"
    page = admin.submit(admin.get(f"/admin/units/{new.id}"), "/rename", name="新桥社区党支部")
    assert "由“新桥村党支部”改为“新桥社区党支部”" in page.main
    assert acts(session) == [("units", "found"), ("units", "rename")]


def test_merging_shows_first_what_passes_on(reader, world, session, play):
    case = play.asked()
    officer, path = reader("town1.officer"), f"/admin/units/{world.units['village'].id}/merge"
    shown = officer.submit(
        officer.get(path), "/merge", into=world.units["community"].id, on="2026-11-24"
    )
    assert "5 名党员编入新支部；2 个职务结束；0 件未办事项由新支部承继，1 件终止办理" in shown.main
    session.expire_all()
    assert world.units["village"].ended_on is None and case.state == "asked" and acts(session) == []
    officer.submit(shown, "/merge")
    session.expire_all()
    assert world.units["village"].ended_on == date(2026, 11, 24) and acts(session) == [
        ("posts", "end_post"),
        ("posts", "end_post"),
        ("units", "merge"),
    ]
    told = session.scalars(sa.select(Notice.text)).all()
    assert "石桥村党支部自2026年11月24日起并入桃源社区党支部。" in told
    log = officer.get(f"/admin/units/{world.units['village'].id}").main
    assert "不再任职：village.secretary" in log.replace("： ", "：")
    assert "免职" not in log and "不再有" not in log


def test_the_administrator_does_not_merge(reader, world):
    """Neither is the form shown to him, with the members of a branch to choose from, nor is it taken."""
    admin, village = reader("zone.sysadmin"), f"/admin/units/{world.units['village'].id}"
    for kind in ("merge", "split", "move"):
        page = admin.get(f"{village}/{kind}", 403)
        assert "由上级党组织办理" in page.main and "village.member1" not in page.main
    words = {"into": world.units["community"].id, "on": "2026-12-01"}
    words["csrf_token"] = admin.get(village).value("csrf_token")
    refused = admin.raw("POST", f"{village}/merge", data=words)
    assert refused.status_code == 403 and "由上级党组织办理" in refused.get_data(as_text=True)


def test_what_is_refused_is_kept(reader, world, session):
    zone, village = reader("zone.sysadmin"), world.units["village"].id
    page = zone.get(f"/admin/units/{village}")
    zone.submit(page, "/rename", 422, name="")
    days = zone.get("/admin/calendar")
    zone.submit(days, "/admin/calendar", 422, text="没有表头")
    token = zone.get("/me").fields("/logout")
    answer = zone.raw(
        "POST",
        f"/admin/units/{village}/posts",
        data={
            **dict(token),
            "person": world.people["village.member1"].id,
            "office": "deputy",
            "from_on": "2026-12-01",
        },
    )
    assert answer.status_code == 403
    kept = session.scalars(sa.select(Refusal).order_by(Refusal.id))
    assert [(row.workflow, row.move, row.status) for row in kept] == [
        ("units", "rename", 422),
        ("calendar", "import", 422),
        ("posts", "appoint", 403),
    ]


def test_splitting_and_moving(reader, world, session):
    zone, village = reader("zone.officer"), f"/admin/units/{world.units['village'].id}"
    people = [world.people["village.member1"].id, world.people["village.member2"].id]
    shown = zone.submit(
        zone.get(f"{village}/split"), "/split", name="石桥二支部", people=people, on="2026-11-24"
    )
    zone.submit(shown, "/split", people=people)
    made = session.scalar(sa.select(Unit).where(Unit.name == "石桥二支部"))
    assert (
        session.scalar(
            sa.select(sa.func.count()).select_from(Membership).where(Membership.unit_id == made.id)
        )
        == 2
    )
    asked = zone.submit(
        zone.get(f"{village}/move"), "/move", into=world.units["town2"].id, on="2026-11-24"
    )
    zone.submit(asked, "/move")
    session.expire_all()
    assert world.units["village"].parent_id == world.units["town2"].id
    assert acts(session) == [("units", "split"), ("units", "move")]


def test_people_come_go_and_change(reader, world, session):
    officer, branch = reader("town1.officer"), f"/admin/units/{world.units['village'].id}/people"
    bad = officer.submit(officer.get(branch), "/people", 422, name="新同志", on="明天")
    assert "请在日历里选一天" in bad.main and bad.value("name") == "新同志"
    officer.submit(bad, "/people", on="2026-11-24")
    person = session.scalar(sa.select(Person).where(Person.name == "新同志"))
    page = officer.get(f"/admin/people/{world.people['village.member1'].id}")
    page = officer.submit(page, "/flags", flag=["mobile", "elderly"])
    page = officer.get(f"/admin/people/{world.people['village.member1'].id}")
    assert "流动党员：由“否”改为“是”" in page.main
    officer.submit(page, "/transfer", unit=world.units["organ"].id, on="2026-12-01")
    gone = officer.get(f"/admin/people/{world.people['village.organizer'].id}")
    assert "在支部的 1 个职务同时结束" in gone.main
    officer.submit(gone, "/gone", why="died", on="2026-11-24")
    session.expire_all()
    assert session.scalar(
        sa.select(Post.to_on).where(Post.person_id == world.people["village.organizer"].id)
    ) == date(2026, 11, 23)
    assert person is not None and acts(session) == [
        ("people", "transfer_in"),
        ("people", "flags"),
        ("people", "transfer_out"),
        ("posts", "end_post"),
        ("accounts", "close"),
        ("people", "left"),
    ]


@pytest.mark.parametrize("name", ["zone.secadmin", "zone.auditor"])
def test_members_are_not_theirs_to_keep(reader, world, name, session):
    page = reader(name).get(f"/admin/units/{world.units['village'].id}/people")
    assert not page.has_form("/people")
    token = dict(reader(name).get("/me").fields("/logout"))
    sent = reader(name).raw("POST", page.path, data={**token, "name": "某人", "on": "2026-11-24"})
    assert sent.status_code == 403 and acts(session) == []


def test_posts_begin_and_end(reader, world, session):
    admin, path = reader("zone.secadmin"), f"/admin/units/{world.units['village'].id}/posts"
    person = world.people["village.member2"].id
    page = admin.submit(
        admin.get(path), "/posts", person=person, office="publicity", from_on="2026-11-24"
    )
    assert "已任职" in page.main and "zone.secadmin（云泽高新区党工委安全管理员） 任职" in page.main
    again = admin.submit(
        page, "/posts", 422, person=person, office="publicity", from_on="2026-11-24"
    )
    assert "现在就是" in again.main
    post = session.scalar(sa.select(Post).where(Post.person_id == person))
    done = admin.submit(admin.get(path), f"/posts/{post.id}/end", last="2026-11-24")
    assert "0 件未办事项随职务移交" in done.main


def test_acting_is_given_seen_by_both_and_taken_back(reader, world, play, session):
    officer, deputy = reader("town1.officer"), reader("town1.deputy")
    page = officer.get("/admin/acting")
    seat = f"{world.units['town1'].id}:officer"
    bad = officer.submit(
        page,
        "/acting",
        422,
        seat=seat,
        person=world.people["town1.deputy"].id,
        to_on="2026-11-30",
        reason="",
    )
    assert "事由" in bad.main
    officer.submit(bad, "/acting", reason="外出学习")
    assert "您正在代 town1.officer 办理" in deputy.get("/desk").main
    assert "town1.deputy 正在代您办理" in officer.get("/desk").main
    row = deputy.get("/admin/acting")
    assert "现在没有代理" in deputy.submit(row, "/end").main
    assert acts(session) == [("acting", "give"), ("acting", "end")]


def test_a_calendar_is_looked_at_before_it_is_imported(reader, world, session):
    admin = reader("zone.sysadmin")
    text = "date,kind,name,source\n2027-02-05,rest,除夕,国办通知\n2027-02-12,rest,春节,国办通知\n"
    shown = admin.submit(admin.get("/admin/calendar?year=2027"), "/calendar", text=text)
    assert "确认后改动 2 天" in shown.main
    known = sa.select(CalendarRow.name).where(CalendarRow.day == date(2027, 2, 12))
    assert session.scalar(known) is None
    admin.submit(shown, "/calendar", sure="1")
    assert session.scalar(known) == "春节" and acts(session) == [("calendar", "import")]
    bad = admin.submit(
        admin.get("/admin/calendar"),
        "/calendar",
        422,
        text="date,kind,name,source\n2027-2-30,rest,x,y",
    )
    assert "第 2 行" in bad.main and "2027-2-30" in bad.value("text")
    assert not reader("zone.secadmin").get("/admin/calendar").has_form("/calendar")


def test_only_the_auditor_reads_everything(reader, world):
    admin = reader("zone.sysadmin")
    admin.submit(
        admin.get(f"/admin/units/{world.units['village'].id}"), "/rename", name="石桥新村党支部"
    )
    assert "石桥新村党支部" in reader("zone.auditor").get("/admin/changes").main
    assert "还没有变更" in reader("zone.auditor").get("/admin/changes?area=posts").main
    for name in ("zone.sysadmin", "zone.secadmin", "zone.officer"):
        reader(name).get("/admin/changes", 403)


def test_changes_cannot_be_changed(reader, world, session):
    admin = reader("zone.sysadmin")
    admin.submit(
        admin.get(f"/admin/units/{world.units['village'].id}"), "/rename", name="石桥新村党支部"
    )
    for statement in (sa.update(AdminChange).values(act="x"), sa.delete(AdminChange)):
        with pytest.raises(sa.exc.DBAPIError):
            session.execute(statement)
        session.rollback()


def test_the_handover_list_is_for_those_who_hand_over(reader, world, play):
    play.asked()
    path = f"/admin/units/{world.units['village'].id}/handover"
    page = reader("village.secretary").get(path)
    assert "未办事项 1 件" in page.main and "监交人" in page.main and "待批复" in page.main
    assert "未办事项 0 件" in reader("town1.officer").get(f"{path}?on=2026-11-23").main
    for name in ("community.secretary", "village.member1", "zone.sysadmin"):
        reader(name).get(path, 404)


def test_acting_marks_the_desk(reader, world, play):
    give(play, "town1.officer", "town1", "officer", "town1.committee1")
    assert "您正在代" in reader("town1.committee1").get("/desk").main


@pytest.mark.parametrize("number", ["²", "9" * 5000, "0", "999999"])
@pytest.mark.parametrize(
    "path", ["/units/{unit}/year/{n}", "/zone/rest-days/{n}", "/units/{unit}/year/2026/{n}/held"]
)
def test_a_number_in_a_path_that_is_none_is_no_page(reader, app, world, monkeypatch, path, number):
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    branch = reader("village.secretary")
    known = branch.get("/me")
    where = path.format(unit=world.units["village"].id, n=number)
    sent = branch.raw(
        "POST" if "held" in path else "GET", where, data=dict(known.fields("/logout"))
    )
    assert sent.status_code == 404


@pytest.mark.parametrize("name", ["王\u3000\u200b建・国", "王建·国"])
def test_a_name_typed_by_hand_is_the_one_that_a_roster_finds(reader, session, world, name):
    admin, path = reader("zone.sysadmin"), f"/admin/units/{world.units['village'].id}/people"
    admin.submit(admin.get(path), path, name=name, on="2026-11-24")
    session.expire_all()
    assert session.scalar(sa.select(Person.id).where(Person.name == "王建·国"))


def test_a_name_that_would_lose_a_character_is_refused_with_what_was_typed(reader, world):
    admin, path = reader("zone.sysadmin"), f"/admin/units/{world.units['village'].id}/people"
    again = admin.submit(admin.get(path), path, 422, name="王?明", on="2026-11-24")
    assert "丢失的字" in again.main and again.value("name") == "王?明"


def test_a_member_entered_twice_is_one(reader, world):
    admin, path = reader("zone.sysadmin"), f"/admin/units/{world.units['village'].id}/people"
    page = admin.get(path)
    admin.submit(page, "/people", name="赵老同志", on="2026-11-24")
    again = admin.submit(admin.get(path), "/people", 422, name="赵老同志", on="2026-11-24")
    assert "当天已经登记到" in again.main and again.value("name") == "赵老同志"
    admin.submit(page, "/people", name="赵老同志", on="2026-11-23")


@pytest.mark.parametrize(
    "joined, status", [("1985-07-01", 200), ("1999-12-31", 200), ("2099-01-01", 422)]
)
def test_members_joined_the_party_on_any_day_up_to_today(reader, world, joined, status):
    admin, path = reader("zone.sysadmin"), f"/admin/units/{world.units['village'].id}/people"
    admin.submit(
        admin.get(path), "/people", status, name="赵老同志", on="2026-11-24", joined_on=joined
    )
