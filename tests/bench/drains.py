"""Work of the outbox, asked for in one transaction and done by either way."""

from __future__ import annotations

import sqlalchemy as sa

from .product import Program

NEVER = "0 0 1 1 *"


class Drainer(Program):
    """Reminders of the cases there are, again and again under keys of their own."""

    def lay(self, n: int) -> None:
        """Ask for so many, once all that was due is done."""
        from oversight.engine import outbox
        from oversight.models import Case

        self.drain()
        session = self.db.session
        asked = sa.select(Case.id, Case.zone_id, Case.version).where(Case.closed_at.is_(None))
        cases = session.execute(asked.order_by(Case.id)).all()
        rows = [
            outbox.message(
                case.zone_id,
                f"remind:{case.id}:{case.version}:b{number}",
                "notify",
                {"case": case.id, "version": case.version},
                self.at.now,
            )
            for number in range(n)
            for case in (cases[number % len(cases)],)
        ]
        for start in range(0, n, 500):
            outbox.enqueue_all(session, rows[start : start + 500])
        session.commit()

    def drain(self) -> int:
        """Do all that is due as the thread beside the pages does."""
        from oversight.commands import background
        from oversight.time import work

        return work.drain(self.db.session, self.at, background.hands())

    def work(self) -> int:
        """Do all that is due as a worker does, job by job; returns how many are done."""
        from oversight.commands import background
        from oversight.models import OutboxMessage

        self.db.session.remove()
        pace = background.Pace(once=True, sweep=None, rescue=NEVER)
        background.serve_queue(self.app, pace)
        done = OutboxMessage.done_at.is_not(None), OutboxMessage.key.contains(":b")
        return self.db.session.scalar(sa.select(sa.func.count()).where(*done))
