"""The command line for people: rosters from files, slips as a page, resets, locks."""

from __future__ import annotations

import os
import pty
import re
from datetime import date

import openpyxl
import pytest
import sqlalchemy as sa

from oversight.commands import context
from oversight.models import Account, AdminChange, Membership, Person, Slip, Unit
from tests.db.test_cli import Terminal
from tests.support import messy
from tests.support.messy import tidy

UNITS = [["青溪镇党委", "镇", ""], ["白沙村党支部", "农村", "青溪镇党委"]]
LINES = [
    ["白沙村党支部", "张三丰", "2010.7.1", "正式党员", "书记", "13800001111", ""],
    ["白沙村党支部", "李四海", "2011.7.1", "预备党员", "", "13800002222", ""],
]


@pytest.fixture
def zone(tmp_path, sqlite_template):
    """An installation with its first administrator and nothing else."""
    terminal = Terminal(tmp_path, sqlite_template)
    terminal.ok(
        "init",
        "--zone",
        "云泽高新区",
        "--admin",
        "root",
        "--password-stdin",
        typed="a-long-password\n",
    )
    return terminal


@pytest.fixture
def file(tmp_path):
    def write(data: bytes, name: str = "名册.xlsx") -> str:
        (tmp_path / name).write_bytes(data)
        return str(tmp_path / name)

    return write


def test_a_roster_comes_in_and_a_second_time_changes_nothing(zone, file):
    path = file(tidy(LINES, UNITS))
    assert "只是预览，没有导入。" in zone.ok("import-roster", path, "--dry-run")
    assert zone.ask(sa.select(Membership.id)) == []
    assert "人员：新增 2，更新 0，不变 0，离开 0。" in zone.ok("import-roster", path)
    assert "人员：新增 0，更新 0，不变 2，离开 0。" in zone.ok("import-roster", path)
    assert len(zone.ask(sa.select(Membership.id))) == 2
    acts = zone.ask(sa.select(AdminChange.act).where(AdminChange.area == "rosters"))
    assert acts == ["roster", "roster"]


@pytest.mark.parametrize("top", ["云泽高新区", "云泽高新区党工委", ""])
def test_a_town_may_name_the_zone_above_it(zone, file, top):
    units = [["甲镇党委", "镇", top], ["甲村党支部", "农村", "甲镇党委"]]
    people = [["甲村党支部", name, "", "", "", "", ""] for name in ("王伟1", "党员0001")]
    zone.ok("import-roster", file(tidy(people, units)))
    assert set(zone.ask(sa.select(Unit.name))) >= {"甲镇党委", "甲村党支部"}


@pytest.mark.parametrize(
    ("term", "bars"), [("xterm-256color", True), ("dumb", False), (None, False)]
)
def test_bars_are_for_terminals_only(monkeypatch, tmp_path, term, bars):
    """In a pseudo terminal each stage has a bar that ends full; in a pipe, file or dumb terminal
    there is nothing.
    """
    monkeypatch.setenv("TERM", term or "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    reader, writer = pty.openpty() if term else os.pipe()
    with os.fdopen(writer, "w") as screen:
        monkeypatch.setattr("sys.stderr", screen)
        with context.progress() as stage:
            stage("read")(7)
            stage("write", 40)(30)
        screen.write("end")
        screen.flush()
        said = b""
        while not said.endswith(b"end"):
            said += os.read(reader, 65536)
    os.close(reader)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.decode())
    assert ("读取" in plain and "7 行" in plain and "30 条" in plain) == bars and (
        plain == "end"
    ) == (not bars)


def test_a_bad_cell_changes_nothing_and_is_named(zone, file):
    said = zone.refused(
        "import-roster", file(tidy([*LINES, ["白沙村党支部", "王五岳", "2010.13.1"]], UNITS))
    )
    assert "“党员”表第 4 行 C 列“2010.13.1”：没有这一天" in said
    assert zone.ask(sa.select(Membership.id)) == []


def test_the_messy_workbook_names_all_its_troubles(zone, file):
    said = zone.refused("import-roster", file(messy.build().bytes()))
    assert said.count("“党员花名册”表第") >= 25 and "名册有 25 处要改" in said


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("名册.xls", b"\xd0\xcf\x11\xe0", "另存为"),
        ("名册.csv", b"a,b", "没有找到表头"),
        ("坏.xlsx", b"PK\x03\x04", "打不开"),
    ],
)
def test_another_file_is_refused(zone, file, name, data, words):
    assert words in zone.refused("import-roster", file(data, name))


def test_a_file_that_there_is_not(zone, tmp_path):
    assert "打不开文件" in zone.refused("import-roster", str(tmp_path / "nowhere.xlsx"))


def test_the_template_is_written_once(zone, tmp_path):
    path = str(tmp_path / "模板.xlsx")
    zone.ok("roster-template", path)
    assert openpyxl.load_workbook(path).sheetnames == ["填写说明", "党组织", "党员"]
    assert "已经有了" in zone.refused("roster-template", path)


def test_leaving_many_wants_a_word(zone, file):
    lines = [["白沙村党支部", f"人{name}", "2010.7.1"] for name in "甲乙丙丁戊"]
    zone.ok("import-roster", file(tidy(lines, UNITS)))
    assert "--confirm-left" in zone.refused("import-roster", file(tidy(lines[:1], UNITS)))
    assert "离开：白沙村党支部 人乙" in zone.ok(
        "import-roster", file(tidy(lines[:1], UNITS)), "--confirm-left"
    )
    assert (
        len(zone.ask(sa.select(Membership.id).where(Membership.to_on == date(2026, 11, 23)))) == 4
    )
    assert len(zone.ask(sa.select(Membership.id).where(Membership.to_on.is_(None)))) == 1


def test_slips_are_written_as_a_page_that_only_the_owner_reads(zone, file, tmp_path):
    zone.ok("import-roster", file(tidy(LINES, UNITS)))
    out = tmp_path / "单.html"
    assert "已发 2 张激活单" in zone.ok("accounts", "issue", "白沙村党支部", "--out", str(out))
    page = out.read_text("utf-8")
    assert "张三丰" in page and len(re.findall(r"(?:[2-9A-Z]{4} ){3}[2-9A-Z]{4}", page)) == 2
    assert out.stat().st_mode & 0o077 == 0
    again = str(tmp_path / "again.html")
    assert "没有可发的" in zone.ok("accounts", "issue", "白沙村党支部", "--out", again)
    assert "已发 2 张" in zone.ok("accounts", "issue", "白沙村党支部", "--out", again, "--again")
    assert "没有叫“没有的”的党组织" in zone.refused("accounts", "issue", "没有的")


def test_reset_gives_a_slip_and_takes_the_password(zone):
    said = zone.ok("accounts", "reset", "root")
    assert re.search(r"激活码： (?:[2-9A-Z]{4} ){3}[2-9A-Z]{4}$", said.strip())
    root = sa.select(Account.id).where(Account.username == "root")
    assert zone.ask(sa.select(Account.password_hash).where(Account.id.in_(root))) == [""]
    live = sa.select(Slip.id).where(Slip.ended_at.is_(None), Slip.account_id.in_(root))
    assert len(zone.ask(live)) == 1


def test_lock_unlock_leave(zone):
    assert "已锁定" in zone.ok("accounts", "lock", "root")
    enabled = sa.select(Account.enabled).where(Account.username == "root")
    assert zone.ask(enabled) == [False]
    assert "已解除锁定" in zone.ok("accounts", "unlock", "root")
    assert "已停用" in zone.ok("accounts", "leave", "root")
    about = AdminChange.area == "accounts", AdminChange.about.startswith("root")
    assert zone.ask(sa.select(AdminChange.act).where(*about).order_by(AdminChange.id)) == [
        "init",
        "lock",
        "unlock",
        "close",
    ]
    for act in ("lock", "unlock", "leave", "reset"):
        assert "没有用户名为“nobody”的账号" in zone.refused("accounts", act, "nobody")


def test_people_from_the_roster_have_no_identity_number(zone, file):
    head = ["支部名称", "姓名", "身份证号"]
    zone.ok(
        "import-roster", file(tidy([["白沙村党支部", "张三丰", "420000197001011234"]], UNITS, head))
    )
    assert "420000197001011234" not in zone.path.read_bytes().decode("latin-1")
    assert "张三丰" in zone.ask(sa.select(Person.name))


def test_namesakes_are_told_apart_at_the_terminal(zone, file):
    lines = [["白沙村党支部", "李伟", f"20{year}.7.1"] for year in (10, 11)]
    lines += [["白沙村党支部", f"人{name}", "2010.7.1"] for name in "甲乙丙丁戊"]
    zone.ok("import-roster", file(tidy(lines, UNITS)))
    said = zone.ok("import-roster", file(tidy(lines[2:], UNITS)), "--confirm-left")
    assert "李伟（2010-07-01 入党）" in said and "李伟（2011-07-01 入党）" in said
