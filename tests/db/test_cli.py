"""The command line: what each command does, and one Chinese sentence for whatever a user gets
wrong.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from oversight import cli, create_app, workflows
from oversight.base.clock import StoppedClock
from oversight.base.db import db
from oversight.base.refusals import RuleViolation
from oversight.commands import server
from oversight.demo import zone as demo
from oversight.law import model_check, printing
from oversight.models import (
    Account,
    Activity,
    AdminChange,
    Case,
    JournalRow,
    Login,
    Post,
    Refusal,
    Zone,
)
from oversight.register import credentials, installation, tokens

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


class Terminal:
    """An application in a scratch folder and a way to give it commands."""

    def __init__(self, folder, database=None, **settings: str):
        self.path = folder / "oversight.db"
        if database:
            shutil.copy(database, self.path)
        self.app = create_app(
            {
                "OVERSIGHT_DATABASE_URL": f"sqlite:///{self.path}",
                "OVERSIGHT_INSTANCE": str(folder),
                "OVERSIGHT_SECRET_KEY": "t" * 32,
                **settings,
            },
            StoppedClock(NOW),
        )

    def __call__(self, *args: str, typed: str | None = None):
        return CliRunner().invoke(
            cli.main, list(args), obj=self.app, input=typed, prog_name="oversight"
        )

    def ok(self, *args: str, typed: str | None = None) -> str:
        result = self(*args, typed=typed)
        assert result.exit_code == 0, result.output
        return result.stdout

    def refused(self, *args: str, typed: str | None = None) -> str:
        """Return the sentence of a refusal; there must be nothing else."""
        result = self(*args, typed=typed)
        assert result.exit_code in (1, 2), result.output
        assert "Traceback" not in result.output and isinstance(result.exception, SystemExit)
        assert re.search(r"[一-龥].*。$", result.stderr.strip(), re.S), result.stderr
        return result.stderr.strip()

    def ask(self, statement):
        with self.app.app_context():
            found = db.session.execute(statement).scalars().all()
            db.session.remove()
            return found


@pytest.fixture
def empty(tmp_path, sqlite_template):
    """A migrated database with nothing in it."""
    return Terminal(tmp_path, sqlite_template)


@pytest.fixture(scope="module")
def demo_template(sqlite_template, tmp_path_factory):
    terminal = Terminal(tmp_path_factory.mktemp("demo"), sqlite_template)
    terminal.ok("demo")
    with terminal.app.app_context():
        db.engine.dispose()  # closing the last connection folds the write-ahead log into the file
    return terminal.path


@pytest.fixture
def zone(tmp_path, demo_template):
    """A database with the demo zone."""
    return Terminal(tmp_path, demo_template)


def test_no_argument_gives_help_in_chinese(empty):
    text = empty.ok()
    assert text.startswith("用法：oversight [选项] 命令")
    assert re.search(r"^  workflow +流程定义$", text, re.M)
    assert not re.search(r"Usage|Options|Commands|Show this", text + empty.ok("demo", "--help"))


# Setting up


def test_init_migrates_and_makes_the_three_administrators(tmp_path):
    fresh = Terminal(tmp_path)
    out = fresh.ok(
        "init",
        "--zone",
        "云泽高新区",
        "--admin",
        "admin",
        "--password-stdin",
        typed="long-enough-1\n",
    )
    assert "管理员 admin 已建立" in out
    assert [zone.name for zone in fresh.ask(sa.select(Zone))] == ["云泽高新区"]
    offices = [post.office for post in fresh.ask(sa.select(Post).order_by(Post.id))]
    assert offices == ["sysadmin", "secadmin", "auditor"]
    slips = re.findall(r"^(安全|审计)管理员用户名 (\d{7})，.*激活码： ((?:\w{4} ?){4})$", out, re.M)
    assert [slip[0] for slip in slips] == ["安全", "审计"]
    with fresh.app.app_context():
        at = fresh.app.extensions["clock"].moment()
        assert credentials.sign_in(db.session, "admin", "long-enough-1", at)
        db.session.remove()


def test_init_asks_at_the_terminal(empty):
    empty.ok("init", typed="admin\nlong-enough-1\nlong-enough-1\n")
    assert [row.demo for row in empty.ask(sa.select(Account))] == [False] * 3


def test_init_does_not_open_again(empty):
    empty.ok("init", "--admin", "admin", "--password-stdin", typed="long-enough-1\n")
    with empty.app.app_context():
        db.session.execute(sa.update(Account).values(enabled=False))
        db.session.execute(sa.update(Post).values(to_on=date(2026, 12, 1)))
        db.session.commit()
    refusal = empty.refused("init", "--admin", "other", "--password-stdin", typed="long-enough-1\n")
    assert refusal.startswith("已经有管理员了，不能再次初始化")
    with empty.app.app_context(), pytest.raises(RuleViolation):
        installation.first_administrators(
            db.session, "区", "other", "long-enough-1", empty.app.extensions["clock"].moment()
        )
    assert len(empty.ask(sa.select(Account))) == 3


def test_init_makes_who_is_missing_in_a_zone_from_before(empty):
    empty.ok("init", "--admin", "admin", "--password-stdin", typed="long-enough-1\n")
    with empty.app.app_context():
        db.session.execute(sa.delete(Post).where(Post.office == "auditor"))
        db.session.commit()
    out = empty.ok("init", "--admin", "watch", "--password-stdin", typed="long-enough-1\n")
    assert "管理员 watch 已建立" in out and "激活码" not in out
    holder = sa.select(Account.username).join(Post, Post.person_id == Account.person_id)
    assert empty.ask(holder.where(Post.office == "auditor")) == ["watch"]


def test_a_failed_init_leaves_nothing(empty):
    init = ("init", "--password-stdin", "--admin")
    assert empty.refused(*init, "admin", typed="short\n") == "密码要有 10 到 128 个字符。"
    assert empty.refused(*init, "a b", typed="long-enough-1\n").startswith("管理员的用户名")
    assert (
        empty.refused("init", typed="admin\nlong-enough-1\nlong-enough-2\n")
        == "两次输入的密码不一样。"
    )
    assert empty.refused("init", typed="") == "已中止，没有改动。"
    assert empty.ask(sa.select(Zone)) == empty.ask(sa.select(Account)) == []


def test_demo_makes_its_own_tables(tmp_path):
    fresh = Terminal(tmp_path)
    assert "24 个支部" in fresh.ok("demo")


def test_demo_says_what_it_loaded_and_tells_those_who_wait(zone):
    found = Counter(case.workflow for case in zone.ask(sa.select(Case)))
    assert set(found) == {
        workflow.name for workflow in workflows.every() if workflow.setting is None
    }, "every workflow, each in several cases"
    assert min(found.values()) >= 1 and found["date_change"] > 30 and found["absence"] > 20
    with zone.app.app_context():
        assert db.session.scalar(sa.text("select count(*) from notices")) > 20
        assert (
            db.session.scalar(
                sa.text("select count(*) from work where done_at is null and kind <> 'print'")
            )
            == 0
        )
        db.session.remove()


def test_demo_goes_into_an_empty_database_only(zone):
    assert zone.refused("demo") == "数据库里已有数据，示范区只能载入空的数据库。"
    assert zone.ok("demo", "--if-empty") == "数据库里已有数据，没有载入示范区。\n"
    assert len(zone.ask(sa.select(Zone))) == 1


def test_a_broken_demo_leaves_the_database_empty(empty, monkeypatch):
    def broken(*_args):
        raise RuntimeError

    monkeypatch.setattr(demo.date_changes, "live", broken)
    assert isinstance(empty("demo").exception, RuntimeError)
    assert empty.ask(sa.select(Zone)) == []


# Serving


@pytest.fixture
def any_port(monkeypatch):
    """Take every address for free: what else runs on the machine is not asked."""
    monkeypatch.setattr(server, "refuse_taken", lambda _host, _port: None)


def test_a_port_that_is_taken_is_said_before_anything_else(tmp_path, demo_template, monkeypatch):
    started = []
    monkeypatch.setattr(server, "serve", lambda *_args, **_more: started.append(1))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        sentence = Terminal(tmp_path, demo_template, PORT=str(port)).refused("serve")
    assert sentence == f"端口 {port} 已被占用，请用 PORT=… 另选一个。" and started == []


def test_server_stays_at_home_while_demo_accounts_exist(zone, monkeypatch, any_port):
    started = []
    monkeypatch.setattr(server, "serve", lambda served, host, port: started.append((host, port)))
    for host in ("0.0.0.0", "::", "192.168.1.5", "example.org", ""):
        assert "只能在本机（127.0.0.1）上提供服务" in zone.refused("serve", "--host", host)
    assert started == []
    for host in ("127.0.0.1", "127.0.0.2", "::1", "localhost"):
        zone.ok("serve", "--host", host)
    assert [host for host, _port in started] == ["127.0.0.1", "127.0.0.2", "::1", "localhost"]


def test_server_says_who_can_log_in(zone, monkeypatch, any_port):
    monkeypatch.setattr(server, "serve", lambda *_args, **_more: None)
    lines = zone.ok("serve").splitlines()
    assert any(
        re.fullmatch(r"town1\.officer\t\S{2,4}\t青溪镇党委党建办经办人\tdemo-demo-demo", line)
        for line in lines
    )
    assert "请打开 http://127.0.0.1:8000 ，按 Ctrl+C 停止。" in lines


def test_server_without_demo_accounts_listens_where_it_is_told(empty, monkeypatch, any_port):
    started = []
    monkeypatch.setattr(server, "serve", lambda served, host, port: started.append(host))
    assert "demo" not in empty.ok("serve", "--host", "0.0.0.0")
    assert started == ["0.0.0.0"]


# Accounts


def opens(zone, token: str) -> str | None:
    """Return whose account a token opens."""
    row = tokens.found(db.session, token, zone.app.extensions["clock"].moment())
    return db.session.get(Account, row.account_id).username if row else None


def test_token_is_the_last_word_and_opens_the_account(zone):
    token = zone.ok("token", "town1.officer").split()[-1]
    with zone.app.app_context():
        assert opens(zone, token) == "town1.officer"
        db.session.remove()
    assert zone.refused("token", "nobody") == "没有用户名为“nobody”的账号。"


def test_no_token_for_a_disabled_account(zone):
    with zone.app.app_context():
        db.session.execute(
            sa.update(Account).where(Account.username == "town1.officer").values(enabled=False)
        )
        db.session.commit()
    assert zone.refused("token", "town1.officer") == "账号“town1.officer”已停用，不能发令牌。"


def test_reset_ends_log_ins_and_tokens(zone):
    token = zone.ok("token", "town1.officer").split()[-1]
    with zone.app.app_context():
        at = zone.app.extensions["clock"].moment()
        assert credentials.sign_in(db.session, "town1.officer", demo.PASSWORD, at)
        db.session.remove()
    zone.ok("accounts", "reset", "town1.officer", "--password-stdin", typed="another-word-2\n")
    with zone.app.app_context():
        assert opens(zone, token) is None
        assert credentials.sign_in(db.session, "town1.officer", demo.PASSWORD, at) is None
        assert credentials.sign_in(db.session, "town1.officer", "another-word-2", at)
        db.session.remove()
    assert len(zone.ask(sa.select(Login).where(Login.ended_at.is_(None)))) == 1


# Days


def test_schedule_plans_a_year_once(zone):
    assert zone.ok("schedule", "2028") == (
        "2028 年新排 288 个党日，改动 0 个。该年放假安排尚未公布，为预排，导入后自动重排。\n"
    )
    assert zone.ok("schedule", "2028").startswith("2028 年新排 0 个党日，改动 0 个。")
    assert len(zone.ask(sa.select(Activity).where(Activity.year == 2028))) == 288


def test_calendar_import_says_how_many_days_moved(zone, tmp_path):
    file = tmp_path / "notice.csv"
    file.write_text("date,kind,name,source\n2027-05-07,rest,劳动节,国务院办公厅通知\n", "utf-8")
    assert zone.ok("calendar", "import", str(file)) == "已导入 1 天；13 个党日随之改期。\n"
    assert "2027-05-07\t五\t休息\t劳动节\t国务院办公厅通知" in zone.ok("calendar", "show", "2027")


def test_what_is_done_at_the_terminal_is_written_down(zone, tmp_path):
    before = set(zone.ask(sa.select(AdminChange.id)))
    file = tmp_path / "notice.csv"
    file.write_text("date,kind,name,source\n2027-05-07,rest,劳动节,通知\n", "utf-8")
    zone.ok("calendar", "import", str(file))
    zone.ok("token", "town1.officer")
    zone.ok("settings", "set", "july_day", "07-02")
    zone.ok("schedule", "2028")
    zone.ok("accounts", "lock", "town1.officer")
    zone.ok("accounts", "reset", "town2.officer", "--password-stdin", typed="another-word-2\n")
    made = [
        row
        for row in zone.ask(sa.select(AdminChange).order_by(AdminChange.id))
        if row.id not in before
    ]
    assert [(row.area, row.act) for row in made] == [
        ("calendar", "import"),
        ("accounts", "token"),
        ("settings", "set"),
        ("calendar", "schedule"),
        ("accounts", "lock"),
        ("accounts", "password"),
    ]
    assert {(row.by, row.by_id) for row in made} == {("服务器终端", None)}
    assert made[0].what == {"days": ["", "1"], "moved": ["", "13"]}


def test_what_is_refused_at_the_terminal_is_kept_too(zone):
    zone.refused("settings", "set", "july_day", "08-01")
    zone.refused("token", "nobody")
    kept = zone.ask(sa.select(Refusal).order_by(Refusal.id))
    assert [(row.move, row.workflow, row.actor_id, row.status) for row in kept] == [
        ("set_july_day", "terminal", None, 422),
        ("token", "terminal", None, 404),
    ]


def test_calendar_import_is_all_or_nothing(zone, tmp_path):
    file = tmp_path / "notice.csv"
    file.write_text(
        "date,kind,name,source\n2027-05-07,rest,劳动节,通知\n5月8日,rest,劳动节,通知\n", "utf-8"
    )
    refusal = zone("calendar", "import", str(file))
    assert refusal.exit_code == 1
    assert refusal.stderr == "没有导入：\n第 3 行：日期要写成 2027/2/5 这样，这里是“5月8日”\n"
    assert "2027-05-07" not in zone.ok("calendar", "show", "2027")


def test_the_first_answer_needs_no_migrations_and_no_workbooks(zone):
    text = (
        "import os, sys; from oversight import create_app; app = create_app(); "
        "assert app.test_client().get('/login').status_code == 200; "
        "print(*sorted({'alembic', 'mako', 'pygments', 'flask_migrate', 'openpyxl', 'PIL', 'rich'} "
        "& set(sys.modules)))"
    )
    settings = {
        "OVERSIGHT_DATABASE_URL": f"sqlite:///{zone.path}",
        "OVERSIGHT_INSTANCE": str(zone.path.parent),
        "OVERSIGHT_SECRET_KEY": "t" * 32,
    }
    done = subprocess.run(
        [sys.executable, "-c", text],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == ""


def test_a_sweep_of_another_day_leaves_a_record(zone):
    zone.ok("sweep")
    zone.ok("sweep", "--on", "2026-12-04")
    [row] = zone.ask(sa.select(AdminChange).where(AdminChange.act == "sweep"))
    assert (row.area, row.about, row.by) == ("calendar", "2026-12-04", "服务器终端")


def test_sweep_lets_time_pass_and_may_be_repeated(zone):
    first = zone.ok("sweep", "--on", "2026-12-04")
    assert re.match(r"2026-12-04：新排党日 0，到期办理 [1-9]", first)
    assert len(zone.ask(sa.select(Case).where(Case.state == "lapsed"))) > 1
    assert zone.ok("sweep", "--on", "2026-12-04") == (
        "2026-12-04：新排党日 0，到期办理 0，随人转接或终止 0，改由他人办理 0，告知 0，期限随党日调整 0，提醒 0，送达 0。\n"
    )


# The law


def test_workflows_are_listed_and_shown_in_every_form(empty):
    assert "date_change\t变更活动时间请示\t4\t" in empty.ok("workflow", "list")
    definition = workflows.current("date_change")
    assert empty.ok("workflow", "show", "date_change") == printing.table(definition)
    table = json.loads(empty.ok("workflow", "show", "date_change", "--format", "json"))
    assert table["name"] == "date_change"
    assert empty.ok("workflow", "show", "date_change", "--format", "mermaid").startswith(
        "stateDiagram-v2\n"
    )
    assert empty.ok("workflow", "show", "date_change", "--format", "svg").startswith("<svg ")


def test_workflow_check_tells_what_is_unsound(empty, monkeypatch):
    assert empty.ok("workflow", "check").count("没有发现问题。") >= 2
    monkeypatch.setattr(
        model_check, "check", lambda definition: [f"{definition.title}：有人在等答复，却没有期限。"]
    )
    assert "变更活动时间请示：有人在等答复，却没有期限。" in empty.refused("workflow", "check")


# The journal


def test_journal_is_verified_exported_and_sealed(zone, tmp_path):
    cases, rows = len(zone.ask(sa.select(Case))), len(zone.ask(sa.select(JournalRow)))
    assert zone.ok("audit", "verify") == f"日志完整：{cases} 件事，{rows} 条，逐条相连。\n"
    sealed = zone.ok("audit", "checkpoint").split()[-1]
    file = tmp_path / "journal.jsonl"
    zone.ok("audit", "export", str(file))
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert sum("row" in line for line in lines) == len(zone.ask(sa.select(JournalRow)))
    assert lines[-1]["checkpoint"]["hash"] == sealed
    assert zone.ok("audit", "verify", str(file)) == "文件完整，逐条相连。\n"


def test_a_changed_export_is_noticed(zone, tmp_path):
    file = tmp_path / "journal.jsonl"
    zone.ok("audit", "export", str(file))
    text = file.read_text("utf-8")
    file.write_text(text.replace("人居环境整治", "人居环境治理", 1), "utf-8")
    result = zone("audit", "verify", str(file))
    assert result.exit_code == 1 and result.stderr.startswith("日志有 2 处对不上：\n")


# What users get wrong


@pytest.mark.parametrize(
    "args, sentence",
    [
        (("nonsense",), "没有命令 nonsense；可用的有 "),
        (("audit", "nonsense"), "没有命令 nonsense；可用的有 "),
        (("schedule",), "缺少 年份；写法见 oversight schedule --help。"),
        (("schedule", "next"), "年份要在 2000 到 2100 之间，这里是“next”。"),
        (("schedule", "2026", "2027"), "命令的写法不对；写法见 oversight schedule --help。"),
        (("demo", "--huge"), "没有选项 --huge；写法见 oversight demo --help。"),
        (("demo", "--size", "huge"), "--size 只能是 small、county。"),
        (("demo", "--size"), "命令的写法不对；写法见 oversight --help。"),
        (("sweep", "--on", "tomorrow"), "日期要写成 2026-12-04 这样，这里是“tomorrow”。"),
        (("workflow", "show", "nothing"), "没有这种业务。"),
        (
            ("workflow", "show", "date_change", "--format", "pdf"),
            "--format 只能是 table、mermaid、svg、json。",
        ),
        (("schedule", "2026"), "还没有建立区，请先运行 oversight init"),
        (("calendar", "show", "2026"), "还没有建立区，请先运行 oversight init"),
        (("audit", "checkpoint"), "还没有建立区，请先运行 oversight init"),
        (
            ("audit", "export", "/nowhere/journal"),
            "不能写文件 /nowhere/journal，请检查路径和权限。",
        ),
        (
            ("audit", "verify", "/nowhere/journal"),
            "打不开文件 /nowhere/journal，请检查路径和权限。",
        ),
        (("accounts", "reset", "nobody"), "没有用户名为“nobody”的账号。"),
    ],
)
def test_mistakes_are_answered_in_one_sentence(empty, args, sentence):
    refusal = empty.refused(*args)
    assert refusal.startswith(sentence) and "\n" not in refusal


def test_a_file_that_is_not_a_journal_is_refused(empty, tmp_path):
    file = tmp_path / "x"
    for content in ("hello\n", "{}\n", "[]\n", "3\n"):
        file.write_text(content, "utf-8")
        assert empty.refused("audit", "verify", str(file)) == f"{file} 不是导出的日志。"


def test_a_database_without_tables_says_what_to_do(tmp_path):
    assert (
        Terminal(tmp_path).refused("token", "x").endswith("请检查地址，再运行 oversight upgrade。")
    )


@pytest.mark.parametrize(
    "variable, value, said",
    [
        ("PORT", "eighty", "PORT 要写成"),
        ("OVERSIGHT_DATABASE_URL", "nonsense", "环境变量有误，请检查 OVERSIGHT_DATABASE_URL"),
        ("OVERSIGHT_TIMEZONE", "Mars/Base", "OVERSIGHT_TIMEZONE 要写成"),
    ],
)
def test_a_wrong_environment_is_one_sentence(monkeypatch, tmp_path, variable, value, said):
    monkeypatch.setenv("OVERSIGHT_SECRET_KEY", "t" * 32)
    monkeypatch.setenv("OVERSIGHT_DATABASE_URL", f"sqlite:///{tmp_path / 'x.db'}")
    monkeypatch.setenv(variable, value)
    result = CliRunner().invoke(cli.main, ["audit", "verify"])
    assert result.exit_code == 1 and said in result.stderr and result.stderr.count("\n") == 1


def test_help_loads_the_contents_alone_and_the_law_needs_no_web():
    loaded = (
        "import sys; from oversight.cli import main\n"
        "try: main({!r})\nfinally: print([name for name in {!r} if name in sys.modules])"
    )
    for words, heavy in (
        (["--help"], ["sqlalchemy", "flask", "oversight.workflows"]),
        (["workflow", "list"], ["oversight.views", "flask_wtf", "alembic", "openpyxl"]),
    ):
        done = subprocess.run(
            [sys.executable, "-c", loaded.format(words, heavy)], capture_output=True, text=True
        )
        assert done.stdout.splitlines()[-1] == "[]", done.stdout + done.stderr


def test_every_command_of_the_contents_is_there_with_its_line():
    entries = cli.main.commands
    assert {"init", "import-roster", "roster-template", "sweep", "audit", "workflow"} <= set(
        entries
    )
    for name, entry in entries.items():
        assert (entry.load().name, entry.load().help) == (name, entry.help)
