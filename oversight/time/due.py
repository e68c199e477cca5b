"""When the sweep may run: a clock that leaps by more than three days may be wrong, and what time
brings cannot be taken back. So it waits until somebody says that the days have really passed; then
each of them is made up for, one by one, as if it had been lived.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.db import reading
from oversight.base.refusals import RuleViolation
from oversight.base.sentences import say
from oversight.base.signing import Signer
from oversight.engine.use_case import one_transaction
from oversight.models import InstallationFact

from . import sweep as steps

NAME = "swept"
LEAP = 3  # days
LATELY = timedelta(minutes=10)  # how exactly the last run is known
SILENT = timedelta(minutes=20)  # nobody keeps time any more


class Leapt(RuleViolation):
    """The clock stands more than three days after the last run."""


def last(session: Session) -> InstallationFact | None:
    """Return the last run, `value` its day and `at` its end to within ten minutes."""
    return session.get(InstallationFact, NAME)


def ended(session: Session) -> float:
    """Return when the last run ended, in seconds; 0 where there was none."""
    found = last(session)
    return found.at.timestamp() if found else 0


def silent(session: Session, at: Moment) -> bool:
    """True where nobody does the clock's work."""
    before = last(session)
    return before is None or at.now - before.at > SILENT


def only_reads(session: Session) -> bool:
    """True where PostgreSQL takes no writes: a standby, or a server set so."""
    return session.scalar(sa.text("SHOW transaction_read_only")) == "on"


def leapt(session: Session, at: Moment) -> int:
    """Return how many days the clock has leapt since the last run; 0 where it may go on."""
    before = last(session)
    days = (at.today - date.fromisoformat(before.value)).days if before else 0
    return days if days > LEAP else 0


def sweep(session: Session, at: Moment, signer: Signer | None = None) -> dict[str, int]:
    """Run the sweep, unless the clock has leapt. Commits. Raises Leapt."""
    session.rollback()
    with reading():
        days = leapt(session, at)
        session.rollback()
    if days:
        raise Leapt(
            say(
                "距上次办理到期的事已有 %(days)s 天。服务器的时钟若不对，请先校正；若这些天确实没有开机，请在服务器上运行 "
                "oversight sweep --catch-up，逐日补办。在此之前，提醒、到期等都暂停。",
                days=days,
            ),
            rule="clock",
        )
    done = steps.sweep(session, at, signer)
    _note(session, at)
    return done


def catch_up(session: Session, at: Moment, signer: Signer | None = None) -> dict[str, int]:
    """Make up for each day since the last run, with its reminders before its ends, and run. Every
    record tells the true moment, and the day on which it was due. Commits.
    """
    before = last(session)
    day = date.fromisoformat(before.value) if before else at.today
    session.rollback()
    total: dict[str, int] = {}
    while (day := day + timedelta(days=1)) < at.today:
        missed = replace(at, today=day, late=True)
        _add(total, steps.sweep(session, missed, signer, seals_too=False))
        _note(session, missed)
    _add(total, steps.sweep(session, at, signer))
    _note(session, at)
    return total


def _add(total: dict[str, int], done: dict[str, int]) -> None:
    for name, count in done.items():
        total[name] = total.get(name, 0) + count


def _note(session: Session, at: Moment) -> None:
    """Write down that a run has ended; a clock that went back takes nothing away."""
    with reading():
        known = _known(last(session), at)
        session.rollback()
    if not known:
        with one_transaction(session):
            value = at.today.isoformat()
            session.merge(InstallationFact(name=NAME, value=value, at=at.now))


def _known(before: InstallationFact | None, at: Moment) -> bool:
    """True where a later day stands there, or this one of a few minutes ago."""
    if before is None:
        return False
    day = at.today.isoformat()
    return day < before.value or day == before.value and at.now - before.at < LATELY
