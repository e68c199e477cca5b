"""The journal at the terminal: verify, export, seal."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app

from oversight.base.db import db, reading
from oversight.base.refusals import BadRequest
from oversight.base.sentences import N_
from oversight.engine import seals
from oversight.engine.use_case import use_case
from oversight.register import installation

from . import audit as journal
from .click_i18n import Group
from .context import acting, in_app, now, signer


@click.group(cls=Group)
def audit() -> None:
    """Collect what is done with the journal."""


@audit.command(help=N_("校验日志是否完整；可校验导出的文件"))
@click.argument("file", metavar=N_("[文件]"), required=False)
@click.option(
    "--against",
    "other",
    metavar=N_("文件"),
    help=N_("与另外留存的封印、导出文件或情况通报上印的封印核对"),
)
@in_app
@reading()
def verify(file: str | None, other: str | None) -> None:
    """Verify the journal of the database or of an export, alone or against what was kept."""
    keys = signer().keys()
    found = (
        journal.verify_file(Path(file), keys) if file else journal.judged(db.session, keys, now())
    )
    if other:
        journal.against(found, other, keys)
    for warning in found.warnings:
        click.echo(f"注意：{warning}。", err=True)
    if found.problems:
        raise BadRequest(f"日志有 {len(found.problems)} 处对不上：\n" + "\n".join(found.problems))
    cases, rows = journal.size(db.session)
    click.echo(
        N_("文件完整，逐条相连。") if file else f"日志完整：{cases} 件事，{rows} 条，逐条相连。"
    )


@audit.command(help=N_("导出日志，每行一条 JSON"))
@click.argument("file", metavar=N_("文件"))
@in_app
@reading()
def export(file: str) -> None:
    """Export the journal as JSON lines."""
    click.echo(f"已导出 {journal.export(db.session, Path(file), now())} 行到 {file}。")


@audit.command(help=N_("给日志现状加封，打印封印"))
@in_app
def checkpoint() -> None:
    """Seal the journal as it stands."""
    with acting("checkpoint"):
        journal.begin(db.session, installation.zone(db.session), now())
    with acting("checkpoint"):
        zone = installation.zone(db.session)
        point = journal.checkpoint(db.session, zone, now(), signer())
    signer().keep(*seals.file_of(point))
    click.echo(f"已加封 {point.cases} 件事、{point.rows} 条日志： {point.hash}")


@audit.command(help=N_("清理早于保留期的拒绝记录；封印里的条数和根保留，校验时说明"))
@click.option(
    "--days",
    default=journal.KEPT_DAYS,
    show_default=True,
    metavar=N_("天数"),
    help=N_("保留多少天，不少于 183 天"),
)
@in_app
def prune(days: int) -> None:
    """Remove refusals that SECURITY.md no longer asks to keep."""
    env = current_app.config["OVERSIGHT"]
    with journal.as_owner(env, db.session) as session:
        zone, act = installation.zone(session), "prune"
        with use_case(session, None, now(), act, workflow="terminal", zone_id=zone.id):
            rows = journal.prune(session, zone, days, now())
    click.echo(f"已清理 {rows} 条拒绝记录。")
