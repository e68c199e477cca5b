"""Moving an installation into another database, when one machine or one file is too small."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app

from oversight.base.db import db
from oversight.base.refusals import BadRequest
from oversight.base.sentences import N_
from oversight.time import moving

from .click_i18n import Command
from .context import in_app, now, progress, signer


@click.command(cls=Command)
@click.argument("url", metavar=N_("数据库地址"))
@click.option(
    "--files", "folder", metavar=N_("目录"), help=N_("附件也复制到这个目录；不写则仍在原处")
)
@in_app
def migrate_to(url: str, folder: str | None) -> None:
    """Move everything into another, empty database, and say what is to be set from now on."""
    env = current_app.config["OVERSIGHT"]
    if url in (env.database_url, env.owner_url):
        raise BadRequest(N_("目标就是现在用的数据库，请写另一个地址。"))
    db.session.remove()
    with progress() as stage:
        moved = moving.move(env.owner_url, url, signer().keys(), now(), stage)
    copied = moving.copy_files(env.data_dir, Path(folder)) if folder else None
    click.echo(f"已迁移 {moved.tables} 张表、{moved.rows} 行，逐行核对一致，日志逐条相连。")
    where = f"，OVERSIGHT_DATA_DIR 改为 {folder}（复制了 {copied} 个文件）" if folder else ""
    click.echo(
        f"请停下现在的服务，把 OVERSIGHT_DATABASE_URL 改为新地址{where}，密钥不变，再启动。"
        "原来的数据库没有改动，此后写进去的不会过来。"
    )
    if moved.problems:
        raise BadRequest(N_("原来的日志有问题，照样迁移了：\n") + "\n".join(moved.problems))
