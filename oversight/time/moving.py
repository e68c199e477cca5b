"""An installation moved from one database into another, empty one: all of it, held against what was there row
by row, or nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import carried, copies, files
from oversight.base.clock import Moment
from oversight.base.db import Base, migrated_to, prepare
from oversight.base.refusals import BadRequest
from oversight.base.sentences import N_, say
from oversight.engine import journal

OWN = ("installation",)  # what an empty database says of itself
Stage = Callable[..., Callable[[int], object]]


@dataclass(frozen=True)
class Moved:
    """How much was moved; `problems` are the journal's, from before."""

    tables: int
    rows: int
    problems: list[str]


def move(source: str, url: str, keys: list[str], at: Moment, stage: Stage) -> Moved:
    """Move all rows into an empty, migrated database, both by their owners' addresses; meanwhile nobody
    writes. `stage` begins a bar. Raises BadRequest, where nothing has been moved.
    """
    with _engine(source) as of, _engine(url) as into, of.connect() as old, into.begin() as new:
        tables = _tables(old)
        carried.held_still(old, tables)
        _fits(old, new, tables)
        new.exec_driver_sql("DELETE FROM installation")
        rows = carried.carry(old, new, tables, stage("rows"))
        held = stage("held")
        wrong = carried.differing(carried.sums(old, tables, held), carried.sums(new, tables, held))
        if wrong:
            raise BadRequest(
                say("这些表迁移后与原来的不一致，已全部撤回：%(names)s。", names="、".join(wrong))
            )
        problems = _problems(new, keys, at)
        if problems and problems != _problems(old, keys, at):
            raise BadRequest(N_("日志迁移后对不上，已全部撤回：\n") + "\n".join(problems))
    return Moved(len(tables), rows, problems)


@contextmanager
def _engine(url: str) -> Iterator[sa.Engine]:
    try:
        engine = sa.create_engine(url, hide_parameters=True)  # waits as long as it takes
    except (sa.exc.ArgumentError, ImportError) as error:
        raise BadRequest(
            N_("目标数据库的地址写得不对，例如 postgresql+psycopg://用户@主机/库。")
        ) from error
    if engine.dialect.name == "sqlite":
        prepare(engine)
    try:
        yield engine
    finally:
        engine.dispose()


def _tables(old: sa.Connection) -> list[sa.Table]:
    """Return the tables of the database, each behind those that it refers to."""
    known = Base.metadata.tables
    return [known[name] for name in copies.tables(old) if name in known]


def _fits(old: sa.Connection, new: sa.Connection, tables: list[sa.Table]) -> None:
    """Make sure that the other database is another one, as new as this, and empty. Raises BadRequest."""
    heads = [migrated_to(Session(bind=one)) for one in (old, new)]
    if not heads[1] or heads[0] != heads[1]:
        raise BadRequest(
            N_(
                "目标数据库还没有建好，或与现在的版本不同。请先以它为 OVERSIGHT_DATABASE_URL 运行 oversight upgrade。"
            )
        )
    there = [name for name in carried.filled(new, tables) if name not in OWN]
    if there:
        raise BadRequest(
            say(
                "目标数据库里已有数据（%(names)s），只能迁移到空的数据库。",
                names="、".join(there[:5]),
            )
        )


def _problems(connection: sa.Connection, keys: list[str], at: Moment) -> list[str]:
    session = Session(bind=connection, join_transaction_mode="create_savepoint")
    return journal.Verifier(keys, at.now).read(journal.told(session)).done().problems


def copy_files(old: Path, new: Path) -> int:
    """Copy what people sent into another folder; what is there already stays. Returns how many."""
    found = [one for one in files.all_of(old) if not files.place(new, one.name).exists()]
    for one in found:
        target = files.place(new, one.name)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = target.with_name(f"{target.name}.part")
        shutil.copyfile(one, part)
        part.chmod(0o600)
        part.replace(target)
        files.sync(target)
    return len(found)
