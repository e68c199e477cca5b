"""What stands around every command: the application or the law alone, its clock, input and output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import click
from flask import Flask, current_app
from flask.logging import default_handler
from sqlalchemy.exc import ArgumentError, ProgrammingError, SQLAlchemyError

from oversight import ROOT, create_app, workflows
from oversight.base import outages, settings
from oversight.base.clock import Moment
from oversight.base.refusals import BadRequest, DomainError, InvalidInput, NotFound, Unavailable
from oversight.base.sentences import N_
from oversight.register import key_check

if TYPE_CHECKING:
    from flask import Flask

    from oversight.base.signing import Signer
    from oversight.casework.prints import Press

# What mends a lost key, or goes without one.
NEED_NO_KEY = {"reseal", "backup", "restore", "doctor", "verify", "export", "upgrade"}
NOT_ALLOWED = "42501"  # as PostgreSQL says it
STAGES = {
    "read": (N_("读取"), N_("行")),
    "check": (N_("核对"), N_("行")),
    "compare": (N_("比对"), N_("人")),
    "write": (N_("写入"), N_("条")),
    "rollups": (N_("统计"), N_("个单位")),
    "days": (N_("模拟"), N_("天")),
    "rows": (N_("迁移"), N_("行")),
    "held": (N_("核对"), N_("行")),
}


def itself() -> Flask:
    """Return the application, not what stands for it."""
    return cast(Any, current_app)._get_current_object()


def in_app(command):
    """Run a command inside the application; a no becomes its sentence, and nothing half-done stays."""

    @wraps(command)
    def run(*args, **words):
        from oversight.base import logs
        from oversight.base.db import db

        logs.wordless(default_handler)
        with (_brought() or _made(create_app)).app_context():
            try:
                with _said():
                    _know_the_key(command.__name__)
                    return command(*args, **words)
            except (SQLAlchemyError, OSError) as error:
                raise click.ClickException(_why_not(error)) from error
            finally:
                db.session.remove()

    return run


def _why_not(error: Exception) -> str:
    """Return the sentence about a database or disk that fails. Raises what is a bug."""
    refusal = outages.as_refusal(error)
    if getattr(getattr(error, "orig", None), "sqlstate", None) == NOT_ALLOWED:
        return N_(
            "这个数据库账户没有权限办这一步，请在 OVERSIGHT_OWNER_URL 里给出表的所有者账户的地址，再运行。"
        )
    unbuilt = isinstance(error, ProgrammingError) or any(
        words in str(error) for words in outages.NOT_BUILT
    )
    if refusal is None and not unbuilt:
        raise error
    if unbuilt or refusal.sentence == outages.AWAY:
        return N_("数据库打不开或还没有建好，请检查地址，再运行 oversight upgrade。")
    return refusal.sentence


def _know_the_key(command: str) -> None:
    """Say aloud that the key is another's; what could seal by it is refused. Raises Unavailable."""
    from flask import current_app

    from oversight.base.db import db

    if command in NEED_NO_KEY:
        return
    try:
        with db.engine.connect():  # tells
            pass
    except SQLAlchemyError:
        if command != "serve":  # which goes on, and tells once it can be asked
            raise
    if current_app.extensions["other_key"]:
        if command != "serve":
            raise Unavailable(key_check.OTHER)
        click.echo(key_check.OTHER, err=True)


def with_law(command):
    """Run a command that reads nothing but the definitions: without a database, without the web."""

    @wraps(command)
    def run(*args, **words):
        if _brought() is None:
            for folder in _made(lambda: settings.environment(ROOT / "instance")).workflow_dirs:
                workflows.load(folder)
        with _said():
            return command(*args, **words)

    return run


def _brought() -> Flask | None:
    return click.get_current_context().find_root().obj


def _made(make):
    try:
        return make()
    except settings.Unfit as error:
        raise click.ClickException(str(error)) from error
    except (ValueError, ArgumentError, ImportError) as error:
        raise click.ClickException(
            N_("环境变量有误，请检查 OVERSIGHT_DATABASE_URL 和 OVERSIGHT_OWNER_URL。")
        ) from error
    except OSError as error:
        raise click.ClickException(f"不能读写 {error.filename}，请检查路径和权限。") from error


@contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except DomainError as refusal:
        raise click.ClickException(refusal.sentence) from refusal


@contextmanager
def acting(act: str, trial: bool = False) -> Iterator[None]:
    """End what is done at the terminal as a use case; its refusals are the installation's zone's."""
    from oversight.base.db import db
    from oversight.engine.use_case import use_case
    from oversight.register import installation

    try:
        zone_id = installation.zone(db.session).id
    except NotFound:
        zone_id = None
    with use_case(db.session, None, now(), act, workflow="terminal", zone_id=zone_id, trial=trial):
        yield


def now() -> Moment:
    """Read the application's clock."""
    from flask import current_app

    return current_app.extensions["clock"].moment()


def signer() -> Signer:
    """Return what signs the application's seals."""
    from flask import current_app

    return current_app.extensions["signer"]


def press() -> Press:
    """Return what makes the files of papers, as this installation is set up."""
    from flask import current_app

    from oversight.casework.prints import Press

    env = current_app.config["OVERSIGHT"]
    return Press(env.data_dir, env.address)


def migrate() -> None:
    """Bring the database up to date and give the application's role its rights."""
    from flask import current_app
    from flask_migrate import upgrade

    from oversight.base.db import db
    from oversight.engine.use_case import one_transaction

    from . import postgres_rights

    upgrade(directory=current_app.extensions["migrate"].directory)
    postgres_rights.grant(current_app.config["OVERSIGHT"])
    if current_app.extensions["other_key"]:
        raise Unavailable(key_check.OTHER)
    with one_transaction(db.session):
        key_check.vouch(db.session, current_app.config["SECRET_KEY"], now())


def migrations() -> tuple[set[str], set[str]]:
    """Return the newest migrations that this program knows, and all of them."""
    from alembic.script import ScriptDirectory
    from flask import current_app

    script = ScriptDirectory(current_app.extensions["migrate"].directory)
    return set(script.get_heads()), {one.revision for one in script.walk_revisions()}


def table(title: str, headers: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Print rows: a table for people, tab-separated lines where the output goes on elsewhere."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in texts:
            click.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table

    drawn = Table(*headers, title=title, title_justify="left")
    for row in texts:
        drawn.add_row(*row)
    Console().print(drawn)


@contextmanager
def progress():
    """Show a bar for each stage at a terminal; elsewhere be silent. Yields what begins a stage and
    ends the last.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} {task.fields[of]}"),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, disable=not sys.stderr.isatty() or console.is_dumb_terminal
    ) as bar:

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


def password(from_stdin: bool) -> str:
    """Read a new password, asked twice at a terminal. Raises InvalidInput."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    first = click.prompt(N_("新密码（10 到 128 个字符）"), hide_input=True, prompt_suffix="：")
    if click.prompt(N_("再输一次"), hide_input=True, prompt_suffix="：") != first:
        raise InvalidInput({"password": N_("两次输入的密码不一样。")})
    return first


def read_file(path: str) -> bytes:
    """Read a file that the user named. Raises BadRequest."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise BadRequest(f"打不开文件 {path}，请检查路径和权限。") from error


@contextmanager
def new_file(path: str) -> Iterator[BinaryIO]:
    """Open a file that only its owner reads, and never over another; where what is to be written fails
    it goes again. Raises BadRequest.
    """
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            try:
                yield file
            except BaseException:
                Path(path).unlink(missing_ok=True)
                raise
    except FileExistsError as error:
        raise BadRequest(f"{path} 已经有了，请另写一个文件名。") from error
    except OSError as error:
        raise BadRequest(f"不能写 {path}，请检查路径和权限。") from error
