"""Backups of an installation: made while it runs, verified before anybody relies on them, restored
into an empty one. The database, what people sent and the secret key; never the key of the seals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import archive, copies, files, written
from oversight.base.clock import Moment
from oversight.base.refusals import BadRequest
from oversight.base.sentences import N_, say
from oversight.base.settings import SHORTEST_KEY, Environment
from oversight.engine import journal
from oversight.models import records

KEPT = 7
KEPT_WRONG = 30  # where something is wrong: those from before it are needed yet
NAMED = re.compile(r"oversight-(\d{4}-\d\d-\d\d)\.backup")
HOURS = (3, 12)  # at night, or where the server sleeps then, at noon
NOT_EMPTY = N_(
    "数据库里已有数据，不能恢复到这里。请用 OVERSIGHT_INSTANCE 指一个空的数据目录（PostgreSQL 另建一个空库），再恢复。"
)


@dataclass(frozen=True)
class Made:
    """What lies in a backup, and what was found wrong in it."""

    path: Path
    rows: int
    files: int
    problems: list[str]


def make(env: Environment, path: Path, secret: str, heads: set[str], at: Moment, keys) -> Made:
    """Write a backup and read it back. `heads` are the migrations that this program knows, `keys`
    those of its seals. Raises BadRequest where the file is there, OSError.
    """
    if path.exists():
        raise BadRequest(f"{path} 已经有了，请另写一个文件名。")
    with written.folder_aside(path.parent) as aside, _seen(env, aside / "database") as seen:
        about = _about(seen, at)
        with archive.new(path, about, aside) as out, ThreadPoolExecutor(1) as beside:
            out.add_bytes("secret_key", secret.encode())
            packed = beside.submit(_pack_all, out, aside / "database", env.data_dir)
            problems = examined(seen, about, heads, at, keys)
            packed.result()
        wanted = _files(seen)
    there = {
        name[len("uploads/00/") :] for name in archive.read(path)["sha256"] if "uploads" in name
    }
    if lacking := len(wanted - there):
        problems.append(say("有 %(n)s 个附件的文件不在了", n=lacking))
    return Made(path, sum(about["counts"].values()), len(there), problems)


def _seen(env: Environment, folder: Path):
    """Write the database into a folder; returns what yields a connection that sees the same."""
    folder.mkdir(mode=0o700)
    return copies.snapshot(env.owner_url, folder)


def _pack_all(out: archive.Writer, database: Path, data: Path) -> None:
    _pack(out, "database", database.iterdir(), 0)
    _pack(out, "uploads", files.all_of(data), 1)


def _pack(out: archive.Writer, room: str, found: Iterable[Path], above: int) -> None:
    """Take files in under a room, with so many of the folders that they lie in; parts are left."""
    for one in sorted(found):
        name = "/".join((room, *one.parts[-1 - above :]))
        if archive.NAMES.fullmatch(name):
            out.add_file(name, one)


def _about(seen: sa.Connection, at: Moment) -> dict:
    heads = seen.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    kind = seen.dialect.name
    return {"at": at.now.isoformat(), "kind": kind, "heads": heads, "counts": copies.counts(seen)}


def _files(seen: sa.Connection) -> set[str]:
    """Return the names of the files that rows speak of, also before an upgrade."""
    there = set(copies.tables(seen))
    wanted = [column for column in records.stored() if column.table.name in there]
    return {name for column in wanted for name in seen.scalars(sa.select(column)) if name}


def examined(seen: sa.Connection, about: dict, heads: set[str], at: Moment, keys) -> list[str]:
    """Return what is wrong with a database: its file, its rows against what is told of them, its
    journal.
    """
    if not copies.sound(seen):
        return [N_("数据库文件已损坏")]
    found = copies.counts(seen)
    wrong = [
        say("%(table)s 应有 %(n)s 行，实有 %(m)s 行", table=name, n=rows, m=found.get(name, 0))
        for name, rows in about["counts"].items()
        if found.get(name) != rows
    ]
    if set(about["heads"]) != heads:
        return [*wrong, N_("数据库还没有升级到现在的版本，日志没有校验")]
    session = Session(bind=seen)
    return [*wrong, *journal.Verifier(keys, at.now).read(journal.told(session)).done().problems]


# Restoring ---------------------------------------------------------------------------------------


@contextmanager
def unpacked(env: Environment, path: Path, known: set[str]) -> Iterator[tuple[Path, dict]]:
    """Yield the folder of a backup's members, each as it was written, and what it says of itself.

    `known` are all migrations of this program. Raises BadRequest.
    """
    env.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with written.folder_aside(env.data_dir) as folder:
        about = archive.read(path, folder)
        _fits(env, about, known)
        key = (folder / "secret_key").read_text()
        if len(key) < SHORTEST_KEY or env.secret_key not in (None, key):
            raise BadRequest(N_("环境变量里的密钥与备份里的不同，请去掉环境变量里的密钥，再恢复。"))
        yield folder, about


def _fits(env: Environment, about: dict, known: set[str]) -> None:
    """Make sure that this program and this kind of database take the backup. Raises BadRequest."""
    if (about["kind"] == "sqlite") != env.sqlite:
        raise BadRequest(
            say("这份备份是 %(kind)s 的，不能恢复到另一种数据库。", kind=about["kind"])
        )
    if not known.issuperset(about["heads"]):
        raise BadRequest(N_("这份备份是更新的版本做的，请先升级程序，再恢复。"))


def lay_files(env: Environment, folder: Path) -> int:
    """Put what people had sent where it is looked for; returns how many files."""
    found = list((folder / "uploads").glob("??/*"))
    for one in found:
        target = files.place(env.data_dir, one.name)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        one.replace(target)
        files.sync(target)
    return len(found)


def is_empty(connection: sa.Connection) -> bool:
    """True where nothing would be written over."""
    if not sa.inspect(connection).has_table("zones"):
        return True
    return connection.exec_driver_sql("SELECT count(*) FROM zones").scalar() == 0


# Every day ---------------------------------------------------------------------------------------


def daily_name(folder: Path, at: Moment, hour: int | None = None) -> Path | None:
    """Return the file of a day's backup; None where it is there, or where it is not the hour."""
    path = folder / f"oversight-{at.today.isoformat()}.backup"
    return None if path.exists() or hour not in (None, *HOURS) else path


def forget_old(folder: Path, keep: int = KEPT) -> None:
    """Remove daily backups but the newest ones."""
    for path in daily(folder)[:-keep]:
        path.unlink(missing_ok=True)


def daily(folder: Path) -> list[Path]:
    """Return the daily backups, the oldest first."""
    return sorted(path for path in folder.glob("*.backup") if NAMED.fullmatch(path.name))


def ended(folder: Path) -> float:
    """Return when the newest daily backup was done, in seconds; 0 where there is none to be seen."""
    try:
        found = daily(folder)
        return found[-1].stat().st_mtime if found else 0
    except OSError:  # other figures are asked for too
        return 0


def newest(folder: Path) -> date | None:
    """Return the day of the newest daily backup."""
    found = daily(folder)
    return date.fromisoformat(NAMED.fullmatch(found[-1].name)[1]) if found else None
