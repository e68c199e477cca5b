"""Keeping an installation: its backups, what is restored from them, and what ails it."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import current_app

from oversight.base import files, settings, written
from oversight.base.clock import Moment
from oversight.base.copies import load
from oversight.base.db import db
from oversight.base.refusals import BadRequest, Unavailable
from oversight.base.sentences import N_
from oversight.register import key_check
from oversight.time import backup as backups
from oversight.time import doctor as health
from oversight.time import rollups

from .click_i18n import Command
from .context import in_app, migrate, migrations, now, signer, table

NICE = 10
SUMS_EVERY = 10  # minutes, until they are of today
DONE = N_("今天的备份已经做过了。")
RESTORING = N_("另一次恢复正在进行，这一次什么也没有写。请等它结束，再看一看。")
ROOMY = 3  # times the size of the database: room that a backup asks for


@click.command(cls=Command)
@click.argument("file", metavar=N_("[文件]"), required=False)
@click.option("--daily", is_flag=True, help=N_("写进备份目录，只留最近七份；当天已有就不再做"))
@in_app
def backup(file: str | None, daily: bool) -> None:
    """Write a backup while others go on working, and read it back."""
    env, at = current_app.config["OVERSIGHT"], now()
    if bool(file) == daily:
        raise BadRequest(N_("请写备份文件的名字，例如 oversight backup 0701.backup。"))
    path = _of_day(env.backup_dir, at) if daily else Path(file)
    if path is None:
        click.echo(DONE)
        return
    wrong = _wrong_key()
    if wrong and daily:  # nobody writes meanwhile; it would push out those that hold the right key
        raise Unavailable(wrong[0])
    made = _made(env, path, at, daily)
    if made is None:
        click.echo(DONE)
        return
    problems = [*made.problems, *wrong]
    backups.forget_old(env.backup_dir, backups.KEPT_WRONG if problems else backups.KEPT)
    click.echo(f"已备份到 {path}：{made.rows} 行数据，{made.files} 个文件，读回核对无误。")
    if problems:
        said = "\n".join(problems).rstrip("。")
        raise BadRequest(N_("备份已经写好，但原来的数据有问题：\n") + f"{said}。")
    click.echo(N_("备份里有密钥和党员信息，请妥善保管；封印的签名私钥不在里面，请另存。"))


def _wrong_key() -> list[str]:
    """Return what to say where the secret key is not the database's, which a backup holds all the same."""
    with db.engine.connect():  # tells
        return [key_check.OTHER] if current_app.extensions["other_key"] else []


def _of_day(folder: Path, at: Moment) -> Path | None:
    """Return the file of the day's backup, its folder made; None where it is there."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return backups.daily_name(folder, at)


def _made(env: settings.Environment, path: Path, at: Moment, daily: bool) -> backups.Made | None:
    """Write a backup; None where another has written the day's meanwhile. Raises BadRequest."""
    heads, _known = migrations()
    secret, keys = current_app.config["SECRET_KEY"], signer().keys()
    try:
        return backups.make(env, path, secret, heads, at, keys)
    except FileExistsError as error:
        if daily:
            return None
        raise BadRequest(f"{path} 刚刚已由另一次备份写好，这一次没有写。") from error
    except (PermissionError, FileNotFoundError) as error:
        raise BadRequest(f"不能写 {path}，请检查路径和权限。") from error


def _nothing_there() -> None:
    """Raise BadRequest where something would be written over."""
    with db.engine.connect() as there:
        if not backups.is_empty(there):
            raise BadRequest(backups.NOT_EMPTY)


@contextmanager
def _one_at_a_time(instance: Path) -> Iterator[None]:
    """Restore alone: of two at once one would bring the key and the other the database. Raises
    Unavailable.
    """
    held = os.open(instance, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise Unavailable(RESTORING) from error
    finally:
        os.close(held)


@click.command(cls=Command)
@click.argument("file", metavar=N_("备份文件"))
@in_app
def restore(file: str) -> None:
    """Restore a backup into an empty installation: files first, the key, the database last."""
    env, instance = current_app.config["OVERSIGHT"], Path(current_app.instance_path)
    heads, known = migrations()
    _nothing_there()
    with _one_at_a_time(instance), backups.unpacked(env, Path(file), known) as (folder, about):
        _nothing_there()  # still: unpacking takes its time
        if not env.sqlite:
            _build(about["heads"])
        files = backups.lay_files(env, folder)
        if not env.secret_key:
            _keep_key(instance / settings.KEY_FILE, (folder / "secret_key").read_bytes())
        current_app.config["SECRET_KEY"] = (folder / "secret_key").read_text()
        db.session.remove()
        db.engine.dispose()
        load(env.owner_url, folder / "database")
    settings.keep_private(env, instance)
    migrate()
    with db.engine.connect() as there:
        wrong = backups.examined(there, {**about, "heads": list(heads)}, heads, now(), [])
    if wrong:
        raise BadRequest(N_("数据已恢复，但核对发现问题：\n") + "\n".join(wrong) + "。")
    rows = sum(about["counts"].values())
    click.echo(f"已恢复 {rows} 行数据、{files} 个文件（备份于 {about['at'][:16]}），日志逐条相连。")


def _keep_key(path: Path, key: bytes) -> None:
    """Keep the key of a backup, and beside it another that lay there: what it sealed may be elsewhere."""
    new = path in settings.made_now or not path.exists()
    before = key if new else path.read_bytes()
    if before.strip() != key.strip():
        other = path.with_name(f"{path.name}.{files.sha256(before)[:8]}")
        written.whole(other, before)
        click.echo(f"原来的密钥另存为 {other}。")
    written.whole(path, key)


def _build(heads: list[str]) -> None:
    """Make the tables as they were when the backup was made. Raises BadRequest where others stand."""
    from flask_migrate import upgrade

    from oversight.base.db import migrated_to

    if migrated_to(db.session) - set(heads):
        raise BadRequest(N_("空库的版本比备份的新，请另建一个空库（不要先运行 upgrade），再恢复。"))
    db.session.remove()
    for head in heads:
        upgrade(directory=current_app.extensions["migrate"].directory, revision=head)


@click.command(cls=Command)
@in_app
def doctor() -> None:
    """Say how this installation is; exit with 1 where something must be done."""
    env = current_app.config["OVERSIGHT"]
    heads, _known = migrations()
    found = health.examine(
        db.session,
        env,
        Path(current_app.instance_path),
        health.Known(heads, current_app.config["SECRET_KEY"], signer()),
        now(),
    )
    table(
        N_("体检"),
        (N_("结果"), N_("项目"), N_("说明")),
        [(health.LEVELS[one.level], one.name, one.said) for one in found],
    )
    if any(one.level == health.BAD for one in found):
        raise SystemExit(1)


def _has_room(env: settings.Environment) -> bool:
    """True where the disk takes another copy; the log tells where it does not."""
    path = Path(env.database_url.removeprefix("sqlite:///"))
    size = path.stat().st_size if env.sqlite else 0
    roomy = shutil.disk_usage(current_app.instance_path).free > ROOMY * size
    if not roomy:
        current_app.logger.error("backup: no room")
    return roomy


_running: list[subprocess.Popen] = []  # the backup that this process has begun


def begin_daily(at: Moment) -> None:
    """Begin the day's backup beside this process, where it is the hour and there is room."""
    _running[:] = [one for one in _running if one.poll() is None]
    env = current_app.config["OVERSIGHT"]
    hour = at.now.astimezone(current_app.extensions["clock"].zone).hour
    wanted = env.backups and not _running and backups.daily_name(env.backup_dir, at, hour)
    if not (wanted and _has_room(env)):
        return
    _running.append(_beside("backup", "--daily"))


_summing: list[subprocess.Popen] = []  # the sums that this process has begun


def begin_sums(at: Moment) -> None:
    """Begin the day's sums of a large zone beside this process: no term waits for them."""
    _summing[:] = [one for one in _summing if one.poll() is None]
    if _summing or at.now.minute % SUMS_EVERY:
        return
    stale = rollups.stale(db.session, at.today)
    db.session.rollback()
    if stale:
        _summing.append(_beside("obligations", "rollup"))


def _beside(*words: str) -> subprocess.Popen:
    """Run a command in a process of its own, which lets others go first."""
    code = f"import os; os.nice({NICE}); from oversight.cli import main; main({list(words)!r})"
    return subprocess.Popen([sys.executable, "-c", code], env=os.environ, stdout=subprocess.DEVNULL)
