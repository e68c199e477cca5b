"""Which two characters stand side by side in what was written in a case, so that it can be found."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from oversight.base.db import Base, Id


class CaseGram(Base):
    """Two characters that are written somewhere in a case: by them it is found, and then read as its
    reader may.
    """

    __tablename__ = "case_grams"
    __table_args__ = {"sqlite_with_rowid": False}

    gram: Mapped[str] = mapped_column(sa.String(2), primary_key=True)
    case_id: Mapped[str] = mapped_column(Id, primary_key=True, comment="of a case")
