"""How an installation is: versions, rights, disk, clock, open work, keys, files, backups. Looks and
changes nothing; each finding says what to do.
"""

from __future__ import annotations

import shutil
import sqlite3
import stat
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import files, jobs, written
from oversight.base.clock import Moment
from oversight.base.db import Base, migrated_to, reading
from oversight.base.sentences import N_, say
from oversight.base.settings import KEY_FILE, ZONE_SETTINGS, Environment
from oversight.base.signing import Signer
from oversight.calendar.zone import usable
from oversight.models import (
    Attachment,
    JournalRow,
    PaperFile,
    RosterDraft,
    SealedCopy,
    ZoneSettingRow,
    records,
)
from oversight.register import key_check

from . import backup, due, faults, figures, work

GOOD, ODD, BAD = "good", "odd", "bad"
LEVELS = {GOOD: N_("正常"), ODD: N_("注意"), BAD: N_("要处理")}
ROOM = 2**30  # bytes below which a disk is soon full
OLD_BACKUP = timedelta(days=3)
ASTRAY = timedelta(minutes=5)  # by which two clocks may differ


@dataclass(frozen=True)
class Finding:
    level: str
    name: str
    said: str


@dataclass(frozen=True)
class Known:
    """What the program knows: its newest migrations, its secret key, what signs its seals."""

    heads: set[str]
    secret: str
    signer: Signer


def examine(
    session: Session, env: Environment, instance: Path, known: Known, at: Moment
) -> list[Finding]:
    """Return all findings, the good ones too."""
    with reading():
        session.rollback()
        found = [_versions(session), _schema(session, known.heads)]
        if found[-1].level != BAD:
            found += _running(session, env, known, at)
        session.rollback()
    return [*found, *_folders(env, instance), _disk(env, instance), _backups(env, at)]


def _running(session: Session, env: Environment, known: Known, at: Moment) -> Iterator[Finding]:
    yield _key(session, known.secret)
    yield _seal_key(known.signer)
    yield _kept_time(session, at)
    yield _clock(session, at)
    yield _settings(session)
    yield _work(session, at)
    yield from _files(session, env)
    if not env.sqlite:
        yield _rights(session)


def _versions(session: Session) -> Finding:
    sqlite = session.connection().dialect.name == "sqlite"
    database = (
        f"SQLite {sqlite3.sqlite_version}"
        if sqlite
        else f"PostgreSQL {session.scalar(sa.text('SHOW server_version'))}"
    )
    python = ".".join(map(str, sys.version_info[:3]))
    return Finding(GOOD, N_("版本"), f"Python {python}, {database}")


def _schema(session: Session, heads: set[str]) -> Finding:
    name = N_("数据库结构")
    if migrated_to(session) != heads:
        return Finding(BAD, name, N_("数据库不是现在的版本，请运行 oversight upgrade。"))
    differs, lacks = _differences(session), _triggers() - _triggers_of(session)
    if not (differs or lacks):
        return Finding(GOOD, name, N_("与程序一致，只增不改的表有触发器守着。"))
    said = say(
        "与程序所记的有 %(n)s 处不同，请运行 oversight upgrade；仍不同的，请告诉维护人员。",
        n=differs + len(lacks),
    )
    return Finding(BAD if lacks else ODD, name, said)


def _differences(session: Session) -> int:
    """Count where tables are not as the models say."""
    from alembic.autogenerate import compare_metadata  # slow to load and asked for rarely
    from alembic.migration import MigrationContext

    opts = {"include_name": jobs.ours}
    context = MigrationContext.configure(session.connection(), opts=opts)
    return len(compare_metadata(context, Base.metadata))


def _triggers() -> set[str]:
    """Name the tables that the database itself must guard."""
    return {table.name for table in records.marked()}


def _triggers_of(session: Session) -> set[str]:
    sqlite = session.connection().dialect.name == "sqlite"
    text = (
        "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger'"
        if sqlite
        else "SELECT DISTINCT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE NOT tgisinternal AND tgenabled <> 'D'"
    )
    return set(session.scalars(sa.text(text)))


def _rights(session: Session) -> Finding:
    if records.owned(session.connection()):
        said = N_(
            "程序用的就是表的所有者账户，日志只有触发器守着；可照 deploy/postgresql.sql 分成两个账户。"
        )
        return Finding(ODD, N_("数据库权限"), said)
    may = session.scalar(
        sa.text("SELECT has_table_privilege('journal', 'UPDATE, DELETE, TRUNCATE')")
    )
    if may:
        said = N_("程序所用的数据库账户可以改日志，请以表的所有者运行 oversight upgrade。")
        return Finding(BAD, N_("数据库权限"), said)
    return Finding(GOOD, N_("数据库权限"), N_("程序所用的数据库账户不能改日志。"))


def _key(session: Session, secret: str) -> Finding:
    fits = key_check.fits(session, secret)
    if fits is None:
        said = N_("还没有记下密钥的校验值，请运行 oversight upgrade。")
        return Finding(ODD, N_("密钥"), said)
    if not fits:
        return Finding(BAD, N_("密钥"), key_check.OTHER)
    return Finding(GOOD, N_("密钥"), N_("与数据库相符。"))


def _seal_key(signer: Signer) -> Finding:
    if signer.public.exists() and not signer.path.exists():
        said = N_("封印的签名私钥不见了：以后的封印没有签名。请从另存的地方放回。")
        return Finding(ODD, N_("封印私钥"), said)
    there = N_("在。") if signer.path.exists() else N_("第一次加封时生成。")
    return Finding(GOOD, N_("封印私钥"), there)


def _kept_time(session: Session, at: Moment) -> Finding:
    days, name = due.leapt(session, at), N_("到期办理")
    if days:
        said = say(
            "距上次办理到期的事已有 %(days)s 天；时钟无误，请运行 oversight sweep --catch-up。",
            days=days,
        )
        return Finding(BAD, name, said)
    if due.silent(session, at):
        return Finding(
            ODD,
            name,
            N_("最近没有办理过到期的事：请用 oversight serve 启动，或定时运行 oversight sweep。"),
        )
    return Finding(GOOD, name, N_("刚刚办过。"))


def _settings(session: Session) -> Finding:
    rows = session.execute(sa.select(ZoneSettingRow.name, ZoneSettingRow.value))
    wrong = sorted({str(ZONE_SETTINGS[row.name].label) for row in rows if not usable(*row)})
    if not wrong:
        return Finding(GOOD, N_("区的设置"), N_("都能用。"))
    said = say("%(names)s 的值不能用，现在按默认办理，请重新设定。", names="、".join(wrong))
    return Finding(BAD, N_("区的设置"), said)


def _clock(session: Session, at: Moment) -> Finding:
    newest = session.scalar(sa.select(sa.func.max(JournalRow.at)))
    if newest is not None and newest > at.now + ASTRAY:
        return Finding(BAD, N_("时钟"), N_("服务器的时钟比最近一条日志还早，请校正时钟。"))
    return Finding(GOOD, N_("时钟"), at.today.isoformat())


def _work(session: Session, at: Moment) -> Finding:
    waiting, late, failed, broken = (
        figures.work_waiting(session, at),
        work.late(session, at),
        figures.work_failed(session),
        faults.count(session),
    )
    said = say(
        "到期未送达 %(a)s 件，其中迟了十分钟以上 %(d)s 件，失败 %(b)s 件，没有办成 %(c)s 件。",
        a=waiting,
        d=late,
        b=failed,
        c=broken,
    )
    return Finding(ODD if late or failed or broken else GOOD, N_("后台办理"), said)


# Files -------------------------------------------------------------------------------------------


def _files(session: Session, env: Environment) -> Iterator[Finding]:
    lacking, changed, loose, parts = astray(session, env.data_dir)
    if lacking or changed:
        said = say(
            "有 %(a)s 个附件的文件不在，%(b)s 个与登记时不一致，请从备份里取回。",
            a=lacking,
            b=changed,
        )
        yield Finding(BAD, N_("附件"), said)
    else:
        yield Finding(GOOD, N_("附件"), N_("文件都在，与登记时一致。"))
    if loose or parts:
        said = say("有 %(a)s 个文件没有登记，一天以后自动清理。", a=loose + parts)
        yield Finding(ODD, N_("没有登记的文件"), said)


def astray(session: Session, folder: Path) -> tuple[int, int, int, int]:
    """Count rows without files, files that are not as recorded, files without rows, and those that
    were never whole.
    """
    wanted = sa.select(Attachment.stored, Attachment.thumb, Attachment.sha256)
    known = dict.fromkeys(session.scalars(sa.select(RosterDraft.stored)))
    for stored, thumb, sha256 in session.execute(wanted):
        known |= {thumb: None, stored: sha256}
    for model in (PaperFile, SealedCopy):
        known.update(session.execute(sa.select(model.stored, model.sha256)).all())
    known.pop(None, None)
    states = Counter(files.state(folder, name, expected) for name, expected in known.items())
    loose = [path.name for path in files.all_of(folder) if path.name not in known]
    parts = len([name for name in loose if name.endswith(written.PART)])
    return states["lacking"], states["changed"], len(loose) - parts, parts


def _folders(env: Environment, instance: Path) -> Iterator[Finding]:
    private = [instance / KEY_FILE, instance, env.data_dir]
    if env.sqlite:
        private.append(Path(env.database_url.removeprefix("sqlite:///")))
    open_ = [str(path) for path in private if path.exists() and _others_read(path)]
    if open_:
        said = say("别人也能读：%(paths)s，请改为只有本账户可读。", paths="、".join(open_))
        yield Finding(ODD, N_("文件权限"), said)
    else:
        yield Finding(GOOD, N_("文件权限"), N_("只有本账户可读。"))


def _others_read(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _disk(env: Environment, instance: Path) -> Finding:
    trouble = next(filter(None, map(written.trouble, {env.data_dir, instance})), None)
    if trouble:
        return Finding(BAD, N_("磁盘"), say("写不进去：%(why)s。", why=trouble))
    free = min(shutil.disk_usage(path).free for path in (env.data_dir, instance))
    said = say("剩余 %(n)s GB。", n=round(free / ROOM, 1))
    return Finding(ODD if free < ROOM else GOOD, N_("磁盘"), said)


def _backups(env: Environment, at: Moment) -> Finding:
    newest = None
    with suppress(OSError):
        newest = backup.newest(env.backup_dir)
    if newest is None or at.today - newest > OLD_BACKUP:
        said = say("%(folder)s 里没有三天以内的备份。", folder=env.backup_dir)
        return Finding(ODD, N_("备份"), said)
    return Finding(GOOD, N_("备份"), say("最近一份是 %(day)s 的。", day=newest.isoformat()))
