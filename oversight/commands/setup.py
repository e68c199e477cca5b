"""Setting up and serving: migrate, the first administrator, the demo zone, the web server."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from oversight.base import outages, settings, shelf
from oversight.base.alone import SEVERAL, Alone
from oversight.base.clock import Moment
from oversight.base.db import db
from oversight.base.refusals import BadRequest
from oversight.base.sealing import Sealer
from oversight.base.sentences import N_
from oversight.engine.use_case import one_transaction
from oversight.law.roles import OFFICES
from oversight.models import Case, Person, Unit, Zone
from oversight.register import installation, key_check, resealing, sign_ins

from .click_i18n import Command
from .context import in_app, itself, migrate, now, password, read_file, signer, table

HOME = "127.0.0.1"
GOES_ON = N_("先启动着，好了以后自动恢复。")
FORGETS = 7  # at this minute of every hour
# Who is shown at the start; the other accounts follow the same pattern.
SHOWN = (
    "branch01.secretary",
    "branch01.organizer",
    "branch01.member01",
    "town1.officer",
    "town1.secretary",
    "town1.committee1",
    "town1.inspector",
    "dept1.officer",
    "zone.office",
    "zone.inspector",
    "zone.committee1",
    "zone.sysadmin",
    "zone.secadmin",
    "zone.auditor",
)


@click.command(cls=Command)
@in_app
def upgrade() -> None:
    """Migrate the database; making the application has made the key."""
    migrate()
    click.echo(N_("数据库已是最新。"))


@click.command(cls=Command)
@click.option(
    "--zone", "zone_name", default=N_("高新区"), metavar=N_("区名"), help=N_("区的名称（高新区）")
)
@click.option("--admin", metavar=N_("用户名"), help=N_("管理员的用户名；不写则询问"))
@click.option("--password-stdin", is_flag=True, help=N_("从标准输入读密码"))
@click.option("--if-new", is_flag=True, help=N_("已有三位管理员时不再建立，也不算出错"))
@in_app
def init(zone_name: str, admin: str | None, password_stdin: bool, if_new: bool) -> None:
    """Migrate, make the zone where there is none, and the three administrators."""
    migrate()
    if if_new and not installation.missing(db.session):
        click.echo(N_("区和三位管理员已经建立，数据都在。"))
        return
    installation.refuse_second(db.session)
    admin = admin or click.prompt(N_("管理员的用户名"), prompt_suffix="：")
    chosen = password(password_stdin)
    with one_transaction(db.session):
        slips = installation.first_administrators(db.session, zone_name, admin, chosen, now())
    click.echo(f"管理员 {admin} 已建立，可以登录了；登录以后照“开始使用”一步步办。")
    for office, slip in slips:
        click.echo(
            f"{OFFICES[office]}用户名 {slip.username}，{slip.until:%Y-%m-%d} 前有效，激活码： {slip.code}"
        )
    if slips:
        click.echo(N_("请把激活码分别交给这两位管理员本人，由他们自己设密码；三员不能是同一个人。"))


@click.command(cls=Command)
@click.argument("old", metavar=N_("旧密钥文件"), required=False)
@click.option("--lost", "gone", is_flag=True, help=N_("旧密钥找不回了，从现在起用新的"))
@in_app
def reseal(old: str | None, gone: bool) -> None:
    """Seal anew what the secret key of a file had sealed, or begin with another where that is lost."""
    secret = current_app.config["SECRET_KEY"]
    if not old and not gone:
        raise BadRequest(N_("请写旧密钥的文件；确实找不回的，运行 oversight reseal --lost。"))
    settings.keep_key(current_app.config["OVERSIGHT"], Path(current_app.instance_path), secret)
    with one_transaction(db.session):
        key_check.replace(db.session, secret, now())
        if old is None:
            click.echo(
                N_("从现在起用新的密钥。原来登记的电话和动态码打不开了，请重新登记、重新开通。")
            )
            return
        former = Sealer(read_file(old).decode("utf-8", "replace").strip())
        zone, sealer = installation.zone(db.session), Sealer(secret)
        done, lost = resealing.anew(db.session, zone.id, former, sealer, now())
    click.echo(f"已按新密钥重新封存 {done} 条。")
    if lost:
        click.echo(
            f"有 {lost} 条用两把密钥都打不开，电话请重新登记，动态码请本人重新开通。", err=True
        )


@click.command(cls=Command)
@click.option(
    "--size",
    type=click.Choice(["small", "county"]),
    default="small",
    help=N_("small 或 county（2500 个支部）"),
)
@click.option("--if-empty", is_flag=True, help=N_("已有数据时不载入，也不算出错"))
@in_app
def demo(size: str, if_empty: bool) -> None:
    """Load the demo zone in one transaction, then run the sweep."""
    from oversight.demo import zone as zone
    from oversight.time import sweep as time

    if not sa.inspect(db.engine).has_table("zones"):
        migrate()
    if if_empty and db.session.scalar(sa.select(Zone.id).limit(1)):
        click.echo(N_("数据库里已有数据，没有载入示范区。"))
        return
    at = now()
    with one_transaction(db.session):
        zone.build(
            db.session, at, size, current_app.extensions["clock"], current_app.config["SECRET_KEY"]
        )
    time.sweep(db.session, at, signer())
    branches, people, cases = (
        db.session.scalar(sa.select(sa.func.count()).select_from(noun).where(which))
        for noun, which in ((Unit, Unit.kind == "branch"), (Person, sa.true()), (Case, sa.true()))
    )
    click.echo(
        f"示范区已载入：{branches} 个支部，{people} 人，{cases} 件事；账号的密码都是 {zone.PASSWORD}。"
    )


@click.command(cls=Command)
@click.option("--host", default=HOME, metavar=N_("地址"), help=f"监听的地址（{HOME}）")
@in_app
def serve(host: str) -> None:
    """Say who can log in, then serve until stopped."""
    from oversight.base import copies

    from . import background
    from . import server as server

    away = _away(host)
    port = current_app.config["OVERSIGHT"].port
    server.refuse_taken(host, port)  # before anything is said
    _serve_alone()
    if away:
        click.echo(f"{away}{GOES_ON}", err=True)
    else:
        _who_can_log_in()
        _say_leap()
    db.session.remove()
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"请打开 http://{shown}:{port} ，按 Ctrl+C 停止。")
    sys.stdout.flush()
    clock = current_app.extensions["clock"]
    app = itself()
    logged = app.config["OVERSIGHT"].log_requests and not sys.stderr.isatty()
    served = server.Service(
        app,
        **app.config["SERVED"],
        beat=lambda: beat(clock.moment()),
        beside=(partial(background.keep_draining, app),),
        ended=partial(copies.made_whole, app.config["SQLALCHEMY_DATABASE_URI"]),
        requests_logged=logged,
    )
    server.serve(served, host, port)


def _away(host: str) -> str:
    """Return the sentence where the database or its disk is away, so that nothing can be asked of it
    yet: what is served to this machine only may begin all the same. Raises what is raised.
    """
    try:
        installation.has_demo_accounts(db.session)
        installation.refuse_beyond_loopback(db.session, host)
    except (SQLAlchemyError, OSError) as error:
        refusal = outages.as_refusal(error)
        if refusal is None or outages.unbuilt(error) or not installation.is_loopback(host):
            raise
        return refusal.sentence
    return ""


def _serve_alone() -> None:
    """Make sure that no other process serves this SQLite database. Raises BadRequest."""
    current_app.extensions["alone"] = Alone(current_app.config["SQLALCHEMY_DATABASE_URI"])
    if not current_app.extensions["alone"].mine():
        raise BadRequest(SEVERAL)


def _say_leap() -> None:
    """Say that what time brings waits, where the clock has leapt."""
    from oversight.time import due

    days = due.leapt(db.session, now())
    if days:
        click.echo(
            f"距上次办理到期的事已有 {days} 天，提醒、到期等暂停。时钟无误，请运行 oversight sweep --catch-up。",
            err=True,
        )


def beat(at: Moment) -> None:
    """Do what every minute brings: the sweep, the morning's reminders, and what is old goes. Where the
    clock has leapt only what a wrong one cannot spoil is done.
    """
    from oversight.register.roster import apply
    from oversight.time import due, growth

    from . import background, keeping

    _apart(keeping.begin_daily, at)
    _apart(keeping.begin_sums, at)
    try:
        due.sweep(db.session, at, signer())
    except due.Leapt:  # the pages say so
        return
    data = current_app.config["OVERSIGHT"].data_dir
    background.remind(at)
    _apart(apply.forget_old, db.session, data, at)
    if at.now.minute == FORGETS:
        _apart(_forget_sign_ins, at)
        _apart(shelf.forget_old, data, at.now)
        _apart(growth.daily, db.session, data, at)


def _apart(do: Callable, *given) -> None:
    """Do a piece of what every minute brings; the log tells where it fails, and the others are done."""
    try:
        do(*given)
    except Exception:
        db.session.rollback()
        current_app.logger.exception("beat")


def _forget_sign_ins(at: Moment) -> None:
    with one_transaction(db.session):
        sign_ins.forget_old(db.session, at)


def _who_can_log_in() -> None:
    from oversight.demo.zone import PASSWORD

    shown = installation.demo_accounts(db.session, SHOWN)
    if shown:
        table(
            N_("示范账号"),
            (N_("用户名"), N_("姓名"), N_("身份"), N_("密码")),
            [(*row, PASSWORD) for row in shown],
        )
        click.echo(N_("town2、dept2、branch02 到 branch24 的账号同此规律。"))
