"""What records have in common that may be taken back with a reason, and stay."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

COLUMNS = ("withdrawn_at", "withdrawn_by", "withdrawn_why")


class TakenBack:
    """Who took a record back, when and why; none of it while the record stands."""

    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(sa.ForeignKey("persons.id"))
    withdrawn_why: Mapped[str | None] = mapped_column(sa.String(200))


def with_a_reason() -> sa.CheckConstraint:
    """Return the constraint that the three are there together or not at all."""
    return sa.CheckConstraint(
        "(withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND "
        "(withdrawn_at IS NULL) = (withdrawn_why IS NULL)",
        name="withdrawn_with_a_reason",
    )
