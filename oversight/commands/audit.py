"""The journal at the terminal: verify it, export it, seal it. The chain itself is `journal`'s."""

from __future__ import annotations

import os
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.refusals import BadRequest
from oversight.engine import journal
from oversight.models import Case, Checkpoint, JournalRow, Zone


def verify(session: Session) -> list[str]:
    """Return what is wrong with the journal in the database; empty where every chain holds."""
    return journal.verify_lines(journal.export_lines(session))


def verify_file(path: Path) -> list[str]:
    """Return what is wrong with an exported journal. Raises BadRequest where it is none."""
    try:
        with path.open(encoding="utf-8") as lines:
            return journal.verify_lines(lines)
    except OSError as error:
        raise BadRequest(f"打不开文件 {path}，请检查路径和权限。") from error
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration) as error:
        raise BadRequest(f"{path} 不是导出的日志。") from error


def size(session: Session) -> tuple[int, int]:
    """Count cases and journal rows."""
    return (
        session.scalar(sa.select(sa.func.count()).select_from(Case)),
        session.scalar(sa.select(sa.func.count()).select_from(JournalRow)),
    )


def export(session: Session, path: Path) -> int:
    """Write the journal to a file, whole or not at all; returns the number of lines. Raises
    BadRequest.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        with open(
            os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8"
        ) as file:
            count = sum(bool(file.write(line + "\n")) for line in journal.export_lines(session))
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise BadRequest(f"不能写文件 {path}，请检查路径和权限。") from error
    return count


def checkpoint(session: Session, zone: Zone, at: Moment) -> Checkpoint:
    """Seal the heads of all cases of a zone as they stand. Does not commit."""
    return journal.checkpoint(session, zone.id, at.now)
