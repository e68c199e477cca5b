"""The journal at the terminal: verify it, export it, seal it. The chain itself is `journal`'s."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.refusals import BadRequest, InvalidInput
from oversight.base.sentences import N_, say
from oversight.base.settings import Environment
from oversight.base.signing import Signer
from oversight.engine import journal, seals, verifier
from oversight.models import Case, Checkpoint, JournalRow, Zone
from oversight.register import audit_log
from oversight.time import growth

SHORTEST_DAYS = 183  # half a year, as the law on network security asks of logs
KEPT_DAYS = 3 * 366
PRINTED = re.compile(r"(\d+)-([0-9a-f]{8})-([0-9a-f]{8})", re.ASCII)


def judged(session: Session, keys: list[str], at: Moment) -> journal.Verifier:
    """Hold the journal of the database against all that stands in it."""
    return journal.Verifier(keys, at.now).read(journal.told(session)).done()


def verify(session: Session) -> list[str]:
    """Return what is wrong with the journal in the database, whatever the day and the keys."""
    return journal.Verifier().read(journal.told(session)).done().problems


def verify_file(path: Path, keys: list[str]) -> journal.Verifier:
    """Hold an exported journal against itself. Raises BadRequest where the file is none."""
    found = journal.Verifier(keys)
    _read(found, path, N_("导出的日志"))
    if not found.chains:
        raise BadRequest(f"{path} 里没有一条日志，不能算完整。")
    return found.done()


def against(found: verifier.Verifier, other: str, keys: list[str]) -> None:
    """Hold what was read against a file that was kept elsewhere, or a seal as a bulletin prints it. Raises
    BadRequest where the file is neither seal nor export.
    """
    printed = PRINTED.fullmatch(other.strip().lower())
    if printed is None:
        found.against(kept(Path(other), keys))
        return
    number, digest = int(printed[1]), printed[2] + printed[3]
    mine = [seal["hash"] for (_zone, of), seal in found.seals.items() if of == number]
    if not any(one.startswith(digest) for one in mine):
        found.no(f"通报上印的第 {number} 号封印：现在没有，或已被改动")


def kept(path: Path, keys: list[str]) -> verifier.Verifier:
    """Read a seal or an export that was kept elsewhere. Raises BadRequest where it is neither."""
    found = verifier.Verifier(keys, alone=True)
    _read(found, path, N_("封印，也不是导出的日志"))
    if not found.chains and not found.seals:
        raise BadRequest(f"{path} 里没有封印，也没有日志。")
    return found


def _read(found: verifier.Verifier, path: Path, what: str) -> None:
    try:
        with path.open(encoding="utf-8") as lines:
            found.read(journal.entries(lines))
    except OSError as error:
        raise BadRequest(f"打不开文件 {path}，请检查路径和权限。") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadRequest(f"{path} 不是{what}。") from error


def size(session: Session) -> tuple[int, int]:
    """Count cases and journal rows."""
    return (
        session.scalar(sa.select(sa.func.count()).select_from(Case)),
        session.scalar(sa.select(sa.func.count()).select_from(JournalRow)),
    )


def export(session: Session, path: Path, at: Moment) -> int:
    """Write the journal to a file, whole or not at all; returns the number of lines. Raises
    BadRequest.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        with open(
            os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8"
        ) as file:
            count = sum(
                bool(file.write(line + "\n")) for line in journal.export_lines(session, at.now)
            )
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise BadRequest(f"不能写文件 {path}，请检查路径和权限。") from error
    return count


def begin(session: Session, zone: Zone, at: Moment) -> None:
    """Let what a seal covers begin, where nothing has begun it. Does not commit."""
    audit_log.begin(session, zone.id, at)


def checkpoint(session: Session, zone: Zone, at: Moment, signer: Signer) -> Checkpoint:
    """Seal a zone as it stands, whether or not the day has its seal. Does not commit."""
    return seals.seal(session, zone.id, at.now, None, signer)


def prune(session: Session, zone: Zone, older_days: int, at: Moment) -> int:
    """Remove refusals that are older than so many days, whole seals at a time, and write it down;
    returns how many. Does not commit. Raises InvalidInput.
    """
    if older_days < SHORTEST_DAYS:
        said = say("拒绝记录至少保留 %(days)s 天，不能清理更近的。", days=SHORTEST_DAYS)
        raise InvalidInput({"days": said})
    return growth.prune_refusals(session, zone.id, older_days, at)


@contextmanager
def as_owner(env: Environment, session: Session) -> Iterator[Session]:
    """Yield a session of the owner of the tables."""
    if env.sqlite or env.owner_url == env.database_url:
        yield session
        return
    engine = sa.create_engine(env.owner_url, hide_parameters=True)
    try:
        with Session(engine) as own:
            yield own
    finally:
        engine.dispose()
