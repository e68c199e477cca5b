"""Administration by page: a roster in three steps, slips, resets, locks, the record; and a member's
own year.
"""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.db import db
from oversight.engine import transitions
from oversight.models import (
    Account,
    Activity,
    AdminChange,
    Attendance,
    Membership,
    Person,
    Refusal,
    RosterDraft,
)
from oversight.register.roster import parse as rosters
from tests.support import messy
from tests.support.html import Reader
from tests.support.messy import tidy
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
UNITS = [["白沙村党支部", "农村", "青溪镇党委"]]
LINES = [
    ["白沙村党支部", "张三丰", "2010.7.1", "正式党员", "书记", "13800001111", ""],
    ["白沙村党支部", "李四海", "2011.7.1", "预备党员", "", "13800002222", ""],
]
TODAY = date(2026, 11, 24)
NEW = "a-sentence-as-password"


def upload(reader, data: bytes, status: int = 200, name: str = "名册.xlsx"):
    return reader.submit(reader.get("/roster"), "/roster", status, file=(io.BytesIO(data), name))


def code_on(page) -> tuple[str, str]:
    """Return the user name and the code of the first slip on a page."""
    found = re.search(r"用户名\s*(\S+)\s*激活码\s*((?:[2-9A-Z]{4} ){3}[2-9A-Z]{4})", page.main)
    return found[1], found[2]


# Rosters ------------------------------------------------------------------------------------------


def test_upload_look_apply(reader, session):
    root = reader("zone.sysadmin")
    page = upload(root, tidy(LINES, UNITS))
    assert "新增 2" in page.main and "白沙村党支部" in page.main
    assert session.scalar(sa.select(Person.id).where(Person.name == "张三丰")) is None
    done = root.submit(page, "/roster/apply")
    assert "名册已导入：新增 2 人" in done.text
    assert session.scalar(sa.select(Person.id).where(Person.name == "张三丰")) is not None
    assert not done.has_form("/roster/apply")


def test_groups_are_shown_before_and_where_people_are_kept(reader, session):
    root = reader("zone.sysadmin")
    head = ["支部名称", "姓名", "入党日期", "党员类别", "党内职务", "手机", "党小组"]
    lines = [[*line[:6], group] for line, group in zip(LINES, ("1组", "老年组"), strict=True)]
    page = upload(root, tidy(lines, UNITS, head))
    assert "新建的党小组（2）" in page.main and "第一党小组（白沙村党支部）" in page.main
    root.submit(page, "/roster/apply")
    one = session.scalar(sa.select(Person).where(Person.name == "张三丰"))
    unit_id = session.scalar(sa.select(Membership.unit_id).where(Membership.person_id == one.id))
    assert "第一党小组 1 人" in root.get(f"/admin/units/{unit_id}/people").main
    assert "第一党小组" in root.get(f"/admin/people/{one.id}").main


def test_a_roster_put_aside_changes_nothing(reader, session):
    root = reader("zone.sysadmin")
    page = root.submit(upload(root, tidy(LINES, UNITS)), "/roster/discard")
    assert "已放弃" in page.text
    assert session.scalar(sa.select(Person.id).where(Person.name == "张三丰")) is None
    assert session.scalar(sa.select(RosterDraft.by_id)) is None


def test_the_messy_workbook_is_answered_line_by_line(reader, session):
    page = upload(reader("zone.sysadmin"), messy.build().bytes(), 422)
    assert "名册有 25 处要改" in page.main and page.main.count("“党员花名册”表第") >= 25
    assert not page.has_form("/roster/apply")
    assert session.scalar(sa.select(Refusal.status).where(Refusal.move == "roster")) == 422


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (b"%PDF-1.7\n", 415, ".xlsx"),
        (b"PK\x03\x04", 422, "打不开"),
        (b"\xd0\xcf\x11\xe0", 415, "另存为"),
    ],
)
def test_another_file_is_refused_with_what_to_do(reader, data, status, words):
    assert words in upload(reader("zone.sysadmin"), data, status).main


def test_no_file_is_said(reader):
    root = reader("zone.sysadmin")
    assert "请选择一个名册文件" in root.submit(root.get("/roster"), "/roster", 422, file="").main


def test_a_roster_that_empties_a_branch_wants_a_tick(reader):
    root = reader("zone.sysadmin")
    page = upload(root, tidy([["石桥村党支部", "新来的", "2010.7.1"]]))
    assert "名册里少了 5 人" in page.main
    again = root.submit(page, "/roster/apply", 422)
    assert "确认这些人已离开" in again.main
    assert "名册已导入" in root.submit(again, "/roster/apply", confirm="1").text


def test_the_template_comes_as_a_workbook(reader):
    answer = reader("zone.sysadmin").raw("GET", "/roster/template.xlsx")
    assert answer.status_code == 200
    assert rosters.read(answer.data, at("2026-11-24").today).troubles == []


@pytest.mark.parametrize(
    "name", ["zone.secadmin", "zone.auditor", "zone.officer", "town1.officer", "village.member1"]
)
def test_administration_is_for_administrators(reader, name):
    person = reader(name)
    for path in ("/roster", "/roster/template.xlsx", "/accounts"):
        person.get(path, 403)
    if name != "zone.auditor":
        person.get("/admin/changes", 403)
    assert "/accounts" not in " ".join(person.get("/me").links("账号"))


# Accounts -----------------------------------------------------------------------------------------


@pytest.fixture
def branch(reader, session, world):
    """A branch some of whose members have no account."""
    for name in ("village.member1", "village.member2"):
        session.execute(sa.delete(Account).where(Account.person_id == world.people[name].id))
    session.commit()
    return world.units["village"]


def test_from_the_printed_slip_to_the_desk(reader, branch, session):
    root = reader("zone.sysadmin")
    page = root.submit(root.get(f"/accounts/units/{branch.id}"), "/issue")
    assert page.main.count("激活码") >= 2 and "village.member1" in page.main
    username, code = code_on(page)
    member = reader()
    form = member.get(member.get("/login").links("用激活单设密码")[0])
    done = member.submit(
        form, "/activate", username=username, code=code.lower(), password=NEW, again=NEW
    )
    assert done.path == "/desk" and "密码已设好，您已登录" in done.text
    assert Reader(member.app).login(username, NEW).path == "/desk"
    assert code.replace(" ", "") not in str(session.execute(sa.text("SELECT * FROM slips")).all())


def test_a_wrong_code_keeps_what_was_typed_but_no_password(reader):
    member = reader()
    page = member.submit(
        member.get("/activate"),
        "/activate",
        422,
        username="123",
        code="ABCD",
        password=NEW,
        again=NEW,
    )
    assert page.value("username") == "123" and page.value("code") == "ABCD" and NEW not in page.html
    assert "用户名或激活码不对" in page.main
    page = member.submit(
        member.get("/activate"),
        "/activate",
        422,
        username="123",
        code="AB",
        password=NEW,
        again="x",
    )
    assert "两次输入的密码不一样" in page.main
    page = member.submit(member.get("/activate"), "/activate", 422)
    assert "请填写激活码" in page.main


def test_reset_lock_unlock_and_leave_by_page(reader, branch, session, world):
    root, member = reader("zone.sysadmin"), reader("village.member3")
    person = world.people["village.member3"].id
    path = f"/accounts/units/{branch.id}"
    page = root.submit(root.get(path), f"/people/{person}/lock")
    assert "账号已锁定" in page.text and "已锁定" in page.main
    assert member.get("/desk").path.startswith("/login")
    page = root.submit(page, f"/people/{person}/unlock")
    assert "已解除锁定" in page.text
    slips = root.submit(page, f"/people/{person}/reset")
    assert code_on(slips)[0] == "village.member3"
    assert "激活单已过期" not in root.get(path).main and "待激活" in root.get(path).main
    page = root.submit(root.get(path), f"/people/{person}/leave")
    assert "账号已停用" in page.text
    acts = session.scalars(
        sa.select(AdminChange.act).order_by(AdminChange.at, AdminChange.id)
    ).all()
    assert acts == ["lock", "unlock", "reset", "close"]


def test_the_overview_counts_who_is_active(reader, branch):
    page = reader("zone.sysadmin").get("/accounts")
    assert "5 人，3 人已激活" in page.main


def test_the_auditor_reads_what_was_done(reader, branch, world):
    root, auditor = reader("zone.sysadmin"), reader("zone.auditor")
    root.submit(
        root.get(f"/accounts/units/{branch.id}"),
        f"/people/{world.people['village.member3'].id}/lock",
    )
    page = auditor.get("/admin/changes?area=accounts")
    assert (
        "zone.sysadmin" in page.main and "锁定账号" in page.main and "village.member3" in page.main
    )
    auditor.get("/accounts", 403)
    root.get("/admin/changes", 403)


def test_a_refusal_is_shown_and_kept(reader, session, world):
    root = reader("zone.sysadmin")
    page = root.get(f"/accounts/units/{world.units['zone'].id}")
    auditor = world.people["zone.auditor"].id
    assert "三员互不经手" in root.submit(page, f"/people/{auditor}/reset", 403).main
    assert (
        session.scalar(sa.select(Refusal.rule).where(Refusal.workflow == "accounts"))
        == "three_administrators"
    )
    assert db.session.scalar(sa.select(AdminChange.id)) is None


def test_a_unit_that_there_is_not_is_not_found(reader):
    reader("zone.sysadmin").get("/accounts/units/01a20d19-2dd3-750e-b8e2-a660b2af10a0", 404)


# One's own year -----------------------------------------------------------------------------------


@pytest.fixture
def lived(session, world):
    """A year of the village: November held with one class for each, December to come."""
    village = world.units["village"]
    rows = [
        Activity(
            zone_id=world.zone.id,
            unit_id=village.id,
            year=2026,
            month=month,
            rule_day=day,
            day=day,
            held_on=day if month < 12 else None,
        )
        for month, day in (
            (10, date(2026, 10, 9)),
            (11, date(2026, 11, 6)),
            (12, date(2026, 12, 4)),
        )
    ]
    session.add_all(rows)
    session.flush()
    for number, more in (
        (1, {"kind": "present"}),
        (2, {"kind": "other_form", "form": "visit"}),
        (3, {"kind": "absent"}),
    ):
        session.add(
            Attendance(
                activity_id=rows[1].id,
                person_id=world.people[f"village.member{number}"].id,
                zone_id=world.zone.id,
                **more,
            )
        )
    session.commit()
    return rows


@pytest.mark.parametrize(
    ("number", "label", "sum_"),
    [(1, "到会", "1 / 1"), (2, "送学上门", "1 / 1"), (3, "缺席", "0 / 1")],
)
def test_a_member_sees_how_he_took_part(reader, lived, number, label, sum_):
    text = reader(f"village.member{number}").get("/me").main
    assert f"11月6日 星期五{label}" in text.replace("星期五 ", "星期五")
    assert f"参加 {sum_} 次" in text
    assert "12月4日" in text and "已安排" in text


def test_a_member_sees_nothing_of_another_branch(reader, lived):
    text = reader("organ.member1").get("/me").main
    assert "11月6日" not in text and "今年还没有排定" in text


def test_who_came_later_sees_only_his_own_days(reader, lived, session, world):
    session.execute(
        sa.update(Membership)
        .where(Membership.person_id == world.people["village.member1"].id)
        .values(from_on=date(2026, 11, 1))
    )
    assert "10月9日" not in reader("village.member1").get("/me").main


def test_a_member_sees_what_he_is_to_make_up_and_his_exemption(reader, session, world, lived):
    absence = {"activity": lived[1].id, "member": world.people["village.member3"].id}
    transitions.open_case(
        session,
        "absence",
        world.units["village"].id,
        absence,
        world.actor("village.secretary", TODAY),
        at("2026-11-24"),
    )
    world.people["village.member3"].exempt_from = date(2026, 11, 20)
    world.people["village.member3"].exempt_until = date(2027, 11, 20)
    session.commit()
    page = reader("village.member3").get("/me")
    assert "待补课" in page.main and "免予参加到 2027年11月20日" in page.main
    assert [link for link in page.links() if "/cases/" in link]
    assert "待补课" not in reader("village.member1").get("/me").main
