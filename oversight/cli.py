"""Everything that has no page. Commands wire arguments to the floors below and print sentences.

Whatever a user can get wrong is answered with one sentence and exit code 1 or 2, never with a stack trace.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import wraps
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfoNotFoundError

import click
import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

from . import create_app, workflows
from .clock import Moment
from .db import db
from .errors import BadRequest, No, WordsWrong
from .models import Case, Person, Unit, Zone
from .operations import administration

HOME = "127.0.0.1"
# Who is shown at the start; the other accounts follow the same pattern.
STAGES = {"read": ("读取", "行"), "check": ("核对", "行"), "compare": ("比对", "人"), "write": ("写入", "条")}
SHOWN = ("branch01.secretary", "branch01.organizer", "branch01.member01", "town1.officer", "town1.secretary",
         "town1.committee1", "town1.inspector", "dept1.officer", "zone.office", "zone.inspector",
         "zone.committee1", "zone.sysadmin", "zone.secadmin", "zone.auditor")


# Click in Chinese --------------------------------------------------------------------------------


class _Formatter(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, "用法：")

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        with super().section({"Options": "选项", "Commands": "命令"}.get(name, name)):
            yield


class _Context(click.Context):
    formatter_class = _Formatter


class _Command(click.Command):
    context_class = _Context

    def __init__(self, *args, **more):
        super().__init__(*args, **{"options_metavar": "[选项]", **more})

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "显示这段说明"
        return option


class _Group(_Command, click.Group):
    command_class = _Command
    group_class = type

    def __init__(self, *args, **more):
        super().__init__(*args, **{"subcommand_metavar": "命令 [参数]…", **more})

    def resolve_command(self, ctx: click.Context, args: list[str]):
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise click.UsageError(f"没有命令 {args[0]}；可用的有 {'、'.join(self.list_commands(ctx))}。", ctx)
        return super().resolve_command(ctx, args)

    def main(self, *args, standalone_mode: bool = True, **more):
        """Run, and say what went wrong in one sentence."""
        try:
            code = super().main(*args, standalone_mode=False, **more)
        except click.exceptions.NoArgsIsHelpError as help_:
            click.echo(help_.message)
            code = 0
        except click.UsageError as wrong:
            click.echo(_usage(wrong), err=True)
            code = 2
        except click.ClickException as wrong:
            click.echo(wrong.message, err=True)
            code = 1
        except (click.Abort, EOFError):
            click.echo("已中止，没有改动。", err=True)
            code = 1
        sys.exit(code if isinstance(code, int) else 0)


def _usage(wrong: click.UsageError) -> str:
    """Say in Chinese what is wrong with a command line."""
    hint = f"写法见 {wrong.ctx.command_path if wrong.ctx else 'oversight'} --help。"
    if isinstance(wrong, click.MissingParameter):
        return f"缺少 {wrong.param.get_error_hint(wrong.ctx).strip(chr(39))}；{hint}"
    if isinstance(wrong, click.NoSuchOption):
        return f"没有选项 {wrong.option_name}；{hint}"
    if isinstance(wrong, click.BadParameter) and isinstance(wrong.param.type, click.Choice):
        return f"{wrong.param.opts[0]} 只能是 {'、'.join(wrong.param.type.choices)}。"
    chinese = any(ord(c) > 0x2E80 for c in wrong.message)
    return wrong.message if chinese else f"命令的写法不对；{hint}"


class _Year(click.ParamType):
    name = "year"

    def convert(self, value, param, ctx) -> int:
        if str(value).isascii() and str(value).isdigit() and 2000 <= int(value) <= 2100:
            return int(value)
        self.fail(f"年份要在 2000 到 2100 之间，这里是“{value}”。", param, ctx)


class _Day(click.ParamType):
    name = "date"

    def convert(self, value, param, ctx) -> date:
        try:
            day = value if isinstance(value, date) else date.fromisoformat(value)
            if not 2000 <= day.year <= 2100:
                raise ValueError
            return day
        except ValueError:
            self.fail(f"日期要写成 2026-12-04 这样，这里是“{value}”。", param, ctx)


# The application around a command ----------------------------------------------------------------


def _in_app(command):
    """Run a command inside the application; a no becomes its sentence, and nothing half-done stays."""

    @wraps(command)
    def run(*args, **words):
        app = click.get_current_context().find_root().obj or _make_app()
        with app.app_context():
            try:
                return command(*args, **words)
            except No as no:
                raise click.ClickException(no.sentence) from no
            except (OperationalError, ProgrammingError) as error:
                raise click.ClickException("数据库打不开或还没有建好，请检查地址，再运行 oversight upgrade。") from error
            finally:
                db.session.remove()

    return run


def _make_app() -> Flask:
    try:
        return create_app()
    except (ValueError, ArgumentError, ImportError, ZoneInfoNotFoundError) as error:
        raise click.ClickException("环境变量有误，请检查 PORT、OVERSIGHT_DATABASE_URL 和 OVERSIGHT_TIMEZONE。") from error
    except OSError as error:
        raise click.ClickException(f"不能读写 {error.filename}，请检查路径和权限。") from error


def _now() -> Moment:
    return current_app.extensions["clock"].moment()


def _migrate() -> None:
    from flask_migrate import upgrade as migrate

    from .operations import ownership

    migrate(directory=current_app.extensions["migrate"].directory)
    ownership.grant(current_app.config["OVERSIGHT"])


def _table(title: str, headers: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Print rows: a table for people, tab-separated lines where the output goes on elsewhere."""
    rows = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*headers, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def _password(from_stdin: bool) -> str:
    """Read a new password, asked twice at a terminal."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    first = click.prompt("新密码（10 到 128 个字符）", hide_input=True, prompt_suffix="：")
    if click.prompt("再输一次", hide_input=True, prompt_suffix="：") != first:
        raise WordsWrong({"password": "两次输入的密码不一样。"})
    return first


@click.group(cls=_Group, help="党日督导台：组织生活的排定、督导与台账。")
def main() -> None:
    """Collect the commands; `obj` may bring an application of one's own."""


# Setting up --------------------------------------------------------------------------------------


@main.command(help="升级数据库，并备好密钥")
@_in_app
def upgrade() -> None:
    """Migrate the database; making the application has made the key."""
    _migrate()
    click.echo("数据库已是最新。")


@main.command(help="建库并设第一个管理员，只能一次")
@click.option("--zone", "zone_name", default="高新区", metavar="区名", help="区的名称（高新区）")
@click.option("--admin", metavar="用户名", help="管理员的用户名；不写则询问")
@click.option("--password-stdin", is_flag=True, help="从标准输入读密码")
@_in_app
def init(zone_name: str, admin: str | None, password_stdin: bool) -> None:
    """Migrate, make the zone where there is none, and the first administrator."""
    _migrate()
    administration.refuse_second(db.session)
    admin = admin or click.prompt("管理员的用户名", prompt_suffix="：")
    administration.first_administrator(db.session, zone_name, admin, _password(password_stdin), _now())
    db.session.commit()
    click.echo(f"管理员 {admin} 已建立，可以登录了。")


@main.command(help="在空数据库里载入示范区")
@click.option("--size", type=click.Choice(["small", "county"]), default="small",
              help="small 或 county（2500 个支部）")
@click.option("--if-empty", is_flag=True, help="已有数据时不载入，也不算出错")
@_in_app
def demo(size: str, if_empty: bool) -> None:
    """Load the demo zone whole or not at all, then let time catch up."""
    from .operations import demo as zone
    from .operations import sweep as time

    if not sa.inspect(db.engine).has_table("zones"):
        _migrate()
    if if_empty and db.session.scalar(sa.select(Zone.id).limit(1)):
        click.echo("数据库里已有数据，没有载入示范区。")
        return
    at = _now()
    zone.build(db.session, at, size, current_app.extensions["clock"],
               current_app.config["SECRET_KEY"])
    db.session.commit()
    time.sweep(db.session, at)
    branches, people, cases = (db.session.scalar(sa.select(sa.func.count()).select_from(table).where(which))
                               for table, which in ((Unit, Unit.kind == "branch"), (Person, sa.true()),
                                                    (Case, sa.true())))
    click.echo(f"示范区已载入：{branches} 个支部，{people} 人，{cases} 件事；账号的密码都是 {zone.PASSWORD}。")


@main.command(help="启动网页服务（端口由 PORT 指定）")
@click.option("--host", default=HOME, metavar="地址", help=f"监听的地址（{HOME}）")
@_in_app
def serve(host: str) -> None:
    """Say who can log in, then serve until stopped."""
    from .operations import serve as server

    administration.refuse_beyond_loopback(db.session, host)
    port = current_app.config["OVERSIGHT"].port
    _who_can_log_in()
    db.session.remove()
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"请打开 http://{shown}:{port} ，按 Ctrl+C 停止。")
    sys.stdout.flush()
    clock = current_app.extensions["clock"]
    server.serve(current_app._get_current_object(), host, port, beat=lambda: _beat(clock.moment()))


def _beat(at: Moment) -> None:
    """Do what time brings, and drop rosters that nobody came back for."""
    from .operations import roster
    from .operations import sweep as time

    time.sweep(db.session, at)
    roster.forget_old(db.session, current_app.config["OVERSIGHT"].data_dir, at)


def _who_can_log_in() -> None:
    from .operations.demo import PASSWORD

    shown = administration.demo_accounts(db.session, SHOWN)
    if shown:
        _table("示范账号", ("用户名", "姓名", "身份", "密码"), [(*row, PASSWORD) for row in shown])
        click.echo("town2、dept2、branch02 到 branch24 的账号同此规律。")


# Accounts ----------------------------------------------------------------------------------------


@main.group(help="账号")
def accounts() -> None:
    pass


@accounts.command(help="给一个党组织及其下级还没有密码的人发激活单（网页文件，可打印）")
@click.argument("unit", metavar="党组织")
@click.option("--out", metavar="文件", default="激活单.html", help="写到哪个文件（激活单.html）")
@click.option("--again", is_flag=True, help="已有激活单还没有用的，也换一张新的")
@_in_app
def issue(unit: str, out: str, again: bool) -> None:
    """Issue slips and write them as a page to print; the codes are kept nowhere else."""
    from .operations import accounts as keeping

    made = keeping.issue_unit(db.session, administration.unit(db.session, unit), None, _now(), again)
    if not made:
        click.echo("这里的人都已有密码或激活单，没有可发的；没有用的激活单要全部换新，请加 --again。")
        return
    with _new_file(out) as file:
        db.session.commit()  # first: the codes on paper must hold
        file.write(_slips(made).encode())
    click.echo(f"已发 {len(made)} 张激活单，写在 {out}；打印后请删除这个文件。")


def _slips(made: list) -> str:
    """Draw the slips; ends the session's transaction, as a request does."""
    from flask import render_template

    with current_app.test_request_context():
        return render_template("slips.html", slips=made)


@contextmanager
def _new_file(path: str) -> Iterator[BinaryIO]:
    """Open a file that only its owner reads, and never over another. Raises BadRequest."""
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
    except FileExistsError as error:
        raise BadRequest(f"{path} 已经有了，请另写一个文件名。") from error
    except OSError as error:
        raise BadRequest(f"不能写 {path}，请检查路径和权限。") from error


@accounts.command(help="重置账号：发新的激活单，原密码、登录和令牌都失效")
@click.argument("username", metavar="用户名")
@click.option("--password-stdin", is_flag=True, help="不发激活单，直接从标准输入读新密码")
@_in_app
def reset(username: str, password_stdin: bool) -> None:
    """Give an account a new slip, or a new password where the operator has one."""
    from .operations import accounts as keeping

    found = administration.account(db.session, username)
    if password_stdin:
        administration.reset_password(db.session, username, _password(True), _now())
        keeping.note(db.session, found, "password", None, _now())
        db.session.commit()
        click.echo(f"{username} 的密码已重设，原来的登录和令牌都已失效。")
        return
    slip = keeping.issue_one(db.session, found.person_id, None, _now())
    db.session.commit()
    click.echo(f"{slip.person}（{slip.unit}）用户名 {slip.username}，{slip.until:%Y-%m-%d} 前有效，激活码： {slip.code}")


@accounts.command(help="锁定账号")
@click.argument("username", metavar="用户名")
@_in_app
def lock(username: str) -> None:
    """Shut an account for now."""
    _account_act("lock", username, "已锁定，登录和令牌都已失效")


@accounts.command(help="解除锁定")
@click.argument("username", metavar="用户名")
@_in_app
def unlock(username: str) -> None:
    """Open an account again."""
    _account_act("unlock", username, "已解除锁定")


@accounts.command(help="停用已离开的人的账号")
@click.argument("username", metavar="用户名")
@_in_app
def leave(username: str) -> None:
    """Close the account of somebody who left."""
    _account_act("leave", username, "已停用")


def _account_act(act: str, username: str, said: str) -> None:
    from .operations import accounts as keeping

    getattr(keeping, act)(db.session, administration.account(db.session, username).person_id, None, _now())
    db.session.commit()
    click.echo(f"{username} {said}。")


# Rosters -----------------------------------------------------------------------------------------


@main.command("roster-template", help="写一份空的名册模板")
@click.argument("file", metavar="文件.xlsx")
@_in_app
def roster_template(file: str) -> None:
    """Write the empty roster."""
    from .exchange import template

    with _new_file(file) as out:
        out.write(template.write())
    click.echo(f"模板已写到 {file}。")


@main.command("import-roster", help="从 Excel 导入党组织和党员，有一处不对就一行也不导入")
@click.argument("file", metavar="文件.xlsx")
@click.option("--dry-run", is_flag=True, help="只看会改什么，不导入")
@click.option("--confirm-left", is_flag=True, help="确认名册里没有的人已离开")
@_in_app
def import_roster(file: str, dry_run: bool, confirm_left: bool) -> None:
    """Read, compare, show, and write all or nothing."""
    from .operations import roster
    from .sealing import Sealer

    zone = administration.zone(db.session)
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise BadRequest(f"打不开文件 {file}，请检查路径和权限。") from error
    with _progress() as stage:
        try:
            found = roster.read(db.session, zone, data, Path(file).name, Sealer(current_app.secret_key), _now(),
                                stage)
        except roster.Troubled as no:
            raise BadRequest("\n".join([*no.notes, *no.troubles, no.sentence])) from no
        if not dry_run:
            roster.apply(db.session, found, None, _now(), confirm_left, stage)
            db.session.commit()
    _tell(found, dry_run)


def _tell(found, dry_run: bool) -> None:
    from .operations import roster

    for note in found.roster.notes:
        click.echo(note, err=True)
    for heading, figures in roster.summary(found.plan):
        click.echo(f"{heading}：" + "，".join(f"{label} {number}" for label, number in figures) + "。")
    for _id, name, unit in found.plan.left[:50]:
        click.echo(f"离开：{unit} {name}")
    for warning in found.plan.thinned:
        click.echo(f"请留意：{warning}。", err=True)
    click.echo("只是预览，没有导入。" if dry_run else "已导入。")


@contextmanager
def _progress():
    """Show a bar for each stage at a terminal; elsewhere be silent. Yields what begins a stage and ends the last."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed} {task.fields[of]}"),
               TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not sys.stderr.isatty() or console.is_dumb_terminal) as bar:
        def stage(name: str, total: int | None = None):
            _full(bar)
            label, of = STAGES[name]
            task = bar.add_task(label, total=total, of=of)
            return lambda rows: bar.advance(task, rows)

        yield stage
        _full(bar)


def _full(bar) -> None:
    """Fill the bar of the stage before: how many rows it has is known at its end."""
    for task in bar.tasks[-1:]:
        bar.update(task.id, total=task.completed)


@main.command(help="发一个接口令牌，只显示这一次")
@click.argument("username", metavar="用户名")
@_in_app
def token(username: str) -> None:
    """Print an API token as the last word."""
    made = administration.token(db.session, username, _now())
    db.session.commit()
    click.echo(f"{username} 的接口令牌： {made}")


# Days --------------------------------------------------------------------------------------------


@main.command(help="排定各支部一年的党日")
@click.argument("year", type=_Year(), metavar="年份")
@_in_app
def schedule(year: int) -> None:
    """Plan a year for every branch."""
    from .operations import calendar

    zone = administration.zone(db.session)
    made, moved = calendar.schedule(db.session, zone.id, year, _now())
    db.session.commit()
    published, _days = calendar.days_of(db.session, zone.id, year)
    note = "" if published else "该年放假安排尚未公布，为预排，导入后自动重排。"
    click.echo(f"{year} 年新排 {made} 个党日，改动 {moved} 个。{note}")


@main.group("calendar", help="放假安排")
def calendar_() -> None:
    pass


@calendar_.command("import", help="从 CSV 导入放假安排并重排党日")
@click.argument("file", metavar="文件")
@_in_app
def import_(file: str) -> None:
    """Import a holiday notice, all or nothing."""
    from .operations import calendar

    zone = administration.zone(db.session)
    try:
        days = calendar.read_csv(Path(file).read_bytes())
    except OSError as error:
        raise BadRequest(f"打不开文件 {file}，请检查路径和权限。") from error
    except WordsWrong as wrong:
        raise BadRequest("没有导入：\n" + "\n".join(wrong.fields.values())) from wrong
    done = calendar.load(db.session, zone.id, days, _now())
    db.session.commit()
    years = "、".join(map(str, done.years))
    published = f"，{years} 年记为已公布" if years else ""
    click.echo(f"已导入 {done.days} 天{published}；{done.moved} 个党日随之改期。")


@calendar_.command(help="列出一年的放假与调休上班")
@click.argument("year", type=_Year(), metavar="年份")
@_in_app
def show(year: int) -> None:
    """List the rest days and make-up working days of a year."""
    from .operations import calendar

    published, days = calendar.days_of(db.session, administration.zone(db.session).id, year)
    if not published:
        click.echo(f"{year} 年放假安排尚未公布，下面只有法定节假日和已录入的日子。", err=True)
    _table(f"{year} 年", ("日期", "星期", "类别", "名称", "来源"), [
        (day.on, "一二三四五六日"[day.on.weekday()], calendar.KINDS[day.kind], day.name, day.source)
        for day in days])


@main.group("settings", help="区的设置")
def settings_() -> None:
    pass


@settings_.command("list", help="列出区的设置")
@_in_app
def list_settings() -> None:
    """List every choice of the zone with its value."""
    from .rules.calendar import zone_settings as chosen
    from .settings import ZONE_SETTINGS

    values = chosen(db.session, administration.zone(db.session).id)
    _table("区的设置", ("名称", "值", "含义", "可选"), [
        (one.name, values[one.name], one.label, "、".join(key for key, _label in one.choices) or "月-日")
        for one in ZONE_SETTINGS.values()])


@settings_.command("set", help="改一项设置，还没有到的党日随之重排")
@click.argument("name", metavar="名称")
@click.argument("value", metavar="值")
@_in_app
def set_setting(name: str, value: str) -> None:
    """Change one choice of the zone."""
    from .operations import zone_settings

    try:
        moved = zone_settings.change(db.session, administration.zone(db.session).id, name, value, None, _now())
    except WordsWrong as wrong:
        raise BadRequest("没有设定：" + "".join(wrong.fields.values())) from wrong
    db.session.commit()
    click.echo(f"{name} 已设为 {value}；{moved} 个还没有到的党日随之改期。")


@main.command(help="办理到期的事：提醒、失效、送达，可重复运行")
@click.option("--on", "day", type=_Day(), metavar="日期", help="按这一天办理（今天）")
@_in_app
def sweep(day: date | None) -> None:
    """Do everything that time brings; a day given counts to its end."""
    from .operations import sweep as time

    at = current_app.extensions["clock"].at(day, 23, 59) if day else _now()
    if at.today > _now().today:
        click.echo("注意：按将来的日期办理，未答复的请示会真的到期失效。", err=True)
    done = time.sweep(db.session, at)
    labels = {"planned": "新排党日", "moved": "到期办理", "settled": "随人转接或终止", "reseated": "改由他人办理", "told": "告知",
              "redated": "期限随党日调整", "reminded": "提醒", "delivered": "送达"}
    told = "，".join(f"{label} {done.get(name, 0)}" for name, label in labels.items())
    click.echo(f"{at.today}：{told}。")


# The law -----------------------------------------------------------------------------------------


@main.group(help="流程定义")
def workflow() -> None:
    pass


@workflow.command("list", help="列出全部流程")
@_in_app
def list_() -> None:
    """List the definitions."""
    _table("流程", ("名称", "标题", "版本", "状态", "办理"), [
        (each.name, each.title, each.version, len(each.states), len(each.moves))
        for each in workflows.every()])


@workflow.command("show", help="打印一个流程")
@click.argument("name", metavar="名称")
@click.option("--format", "form", type=click.Choice(["table", "mermaid", "svg", "json"]), default="table",
              help="table、mermaid、svg 或 json")
@_in_app
def show_(name: str, form: str) -> None:
    """Print a definition in one of its forms."""
    from .operations import law

    click.echo(law.FORMATS[form](workflows.current(name)), nl=False)


@workflow.command(help="检查全部流程有没有死角")
@_in_app
def check() -> None:
    """Model-check every definition."""
    from .operations import soundness

    stories = []
    for each in workflows.every():
        found = soundness.check(each)
        stories += found
        click.echo(f"{soundness.describe(each)}{'' if found else '没有发现问题。'}")
    if stories:
        raise BadRequest("\n".join(stories))


# The journal -------------------------------------------------------------------------------------


@main.group(help="办理日志")
def audit() -> None:
    pass


@audit.command(help="校验日志是否完整；可校验导出的文件")
@click.argument("file", metavar="[文件]", required=False)
@_in_app
def verify(file: str | None) -> None:
    """Verify the journal of the database or of an export."""
    from .operations import audit as journal

    problems = journal.verify_file(Path(file)) if file else journal.verify(db.session)
    if problems:
        raise BadRequest(f"日志有 {len(problems)} 处对不上：\n" + "\n".join(problems))
    cases, rows = journal.size(db.session)
    click.echo("文件完整，逐条相连。" if file else f"日志完整：{cases} 件事，{rows} 条，逐条相连。")


@audit.command(help="导出日志，每行一条 JSON")
@click.argument("file", metavar="文件")
@_in_app
def export(file: str) -> None:
    """Export the journal as JSON lines."""
    from .operations import audit as journal

    click.echo(f"已导出 {journal.export(db.session, Path(file))} 行到 {file}。")


@audit.command(help="给日志现状加封，打印封印")
@_in_app
def checkpoint() -> None:
    """Seal the journal as it stands."""
    from .operations import audit as journal

    point = journal.checkpoint(db.session, administration.zone(db.session), _now())
    db.session.commit()
    click.echo(f"已加封 {point.cases} 件事、{point.rows} 条日志： {point.hash}")
