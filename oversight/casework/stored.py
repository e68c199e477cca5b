"""Files in the data folder whose row may not have come about."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import files


def drop_unless_named(session: Session, folder: Path, column, kept: list[str]) -> None:
    """Drop files whose row was not committed; `column` names them there."""
    if kept:
        found = session.scalar(sa.select(column).where(column == kept[0]))
        session.rollback()
        if found is None:
            files.drop(folder, *kept)
