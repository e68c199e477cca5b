"""What an installation knows of itself, beside what its zones have recorded."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from oversight.base.db import Base


class InstallationFact(Base):
    """One such thing under its name: `key` (how the secret key is known), `swept`, `pruned`."""

    __tablename__ = "installation"

    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    value: Mapped[str] = mapped_column(sa.String(200))
    at: Mapped[datetime]
