"""Accounts and rosters: activation slips, resets, locks, tokens, members from Excel."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click
from flask import current_app, render_template

from oversight.base.db import db
from oversight.base.refusals import BadRequest
from oversight.base.sealing import Sealer
from oversight.base.sentences import N_
from oversight.register import accounts as keeping
from oversight.register import installation, tokens
from oversight.register.roster import apply, template

from .click_i18n import Command, Group
from .context import acting, in_app, new_file, now, password, progress, read_file

# Accounts ----------------------------------------------------------------------------------------


@click.group(cls=Group)
def accounts() -> None:
    """Collect what is done with accounts."""


@accounts.command(help=N_("给一个党组织及其下级还没有密码的人发激活单（网页文件，可打印）"))
@click.argument("unit", metavar=N_("党组织"))
@click.option(
    "--out", metavar=N_("文件"), default=N_("激活单.html"), help=N_("写到哪个文件（激活单.html）")
)
@click.option("--again", is_flag=True, help=N_("已有激活单还没有用的，也换一张新的"))
@in_app
def issue(unit: str, out: str, again: bool) -> None:
    """Issue slips and write them as a page to print; the codes are kept nowhere else."""
    with ExitStack() as opened:
        with acting("issue"):
            top = installation.unit(db.session, unit)
            made = keeping.issue_unit(db.session, top, None, now(), again)
            file = opened.enter_context(new_file(out)) if made else None
        if file is None:
            click.echo(
                N_(
                    "这里的人都已有密码或激活单，没有可发的；没有用的激活单要全部换新，请加 --again。"
                )
            )
            return
        file.write(_slips(made).encode())  # last: the codes on paper must hold
    click.echo(f"已发 {len(made)} 张激活单，写在 {out}；打印后请删除这个文件。")


def _slips(made: list) -> str:
    """Draw the slips; ends the session's transaction, as a request does."""
    with current_app.test_request_context():
        return render_template("slips.html", slips=made)


@accounts.command(help=N_("重置账号：发新的激活单，原密码、登录和令牌都失效"))
@click.argument("username", metavar=N_("用户名"))
@click.option("--password-stdin", is_flag=True, help=N_("不发激活单，直接从标准输入读新密码"))
@in_app
def reset(username: str, password_stdin: bool) -> None:
    """Give an account a new slip, or a new password where the operator has one."""
    if password_stdin:
        with acting("password"):
            installation.reset_password(db.session, username, password(True), now())
            found = installation.account(db.session, username)
            whose = installation.whose(db.session, found, now())
        click.echo(f"{username}（{whose}）的密码已重设，原来的登录和令牌都已失效。")
        return
    with acting("reset"):
        found = installation.account(db.session, username)
        slip = keeping.issue_one(db.session, found.person_id, None, now())
    click.echo(
        f"{slip.person}（{slip.unit}）用户名 {slip.username}，{slip.until:%Y-%m-%d} 前有效，激活码： {slip.code}"
    )


def _account_act(act: str, line: str, said: str) -> None:
    """Make a command of an act on one account."""

    @accounts.command(act, help=line)
    @click.argument("username", metavar=N_("用户名"))
    @in_app
    def run(username: str) -> None:
        with acting(act):
            found = installation.account(db.session, username)
            getattr(keeping, act.replace("-", "_"))(db.session, found.person_id, None, now())
            whose = installation.whose(db.session, found, now())
        click.echo(f"{username}（{whose}）{said}。")


_account_act("lock", N_("锁定账号"), N_("已锁定，登录和令牌都已失效"))
_account_act("unlock", N_("解除锁定"), N_("已解除锁定"))
_account_act("leave", N_("停用已离开的人的账号"), N_("已停用"))
_account_act("drop-factor", N_("手机丢失时取消动态码"), N_("的动态码已取消，登录已退出"))


@click.command(cls=Command)
@click.argument("username", metavar="用户名")
@click.option(
    "--name", default=tokens.NAMED, metavar=N_("用途"), help=N_("给什么程序用（接口令牌）")
)
@click.option(
    "--scope",
    type=click.Choice(list(tokens.SCOPES)),
    default="act",
    help=N_("read 只能查看，act 可以办理（act）"),
)
@click.option("--days", type=int, default=tokens.LASTS, metavar="天数", help=N_("有效天数（365）"))
@in_app
def token(username: str, name: str, scope: str, days: int) -> None:
    """Print an API token as the last word."""
    with acting("token"):
        made = installation.token(db.session, username, now(), name, scope, days)
        whose = installation.whose(db.session, installation.account(db.session, username), now())
    click.echo(f"{username}（{whose}）的接口令牌： {made}")


# Rosters -----------------------------------------------------------------------------------------


@click.command(cls=Command)
@click.argument("file", metavar=N_("文件.xlsx"))
@in_app
def roster_template(file: str) -> None:
    """Write the empty roster."""
    with new_file(file) as out:
        out.write(template.write())
    click.echo(f"模板已写到 {file}。")


@click.command(cls=Command)
@click.argument("file", metavar=N_("文件.xlsx"))
@click.option("--dry-run", is_flag=True, help=N_("只看会改什么，不导入"))
@click.option("--confirm-left", is_flag=True, help=N_("确认名册里没有的人已离开"))
@in_app
def import_roster(file: str, dry_run: bool, confirm_left: bool) -> None:
    """Read, compare, show, and write all or nothing."""
    data, sealer = read_file(file), Sealer(current_app.config["SECRET_KEY"])
    try:
        with progress() as stage, acting("roster", trial=dry_run):
            zone = installation.zone(db.session)
            found = apply.read(db.session, zone, data, Path(file).name, sealer, now(), stage)
            if not dry_run:
                apply.apply(db.session, found, None, now(), confirm_left, stage)
    except apply.Troubled as refusal:
        raise BadRequest(
            "\n".join([*refusal.notes, *refusal.troubles, refusal.sentence])
        ) from refusal
    _tell(found, dry_run)


def _tell(found, dry_run: bool) -> None:
    for note in found.roster.notes:
        click.echo(note, err=True)
    for heading, figures in apply.summary(found.plan):
        click.echo(
            f"{heading}：" + "，".join(f"{label} {number}" for label, number in figures) + "。"
        )
    called = installation.called(
        db.session, [person_id for person_id, _name, _unit in found.plan.left]
    )
    for person_id, name, unit in found.plan.left[:50]:
        click.echo(f"离开：{unit} {called.get(person_id, name)}")
    if len(found.plan.left) > 50:
        click.echo(f"离开的共 {len(found.plan.left)} 人，这里只列出前 50 人。")
    for warning in found.plan.thinned:
        click.echo(f"请留意：{warning}。", err=True)
    click.echo(N_("只是预览，没有导入。") if dry_run else N_("已导入。"))
