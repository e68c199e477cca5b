"""A year lived by made-up branches through the real use cases, calendar and sweep, day by day: what
`oversight simulate` runs. One seed always tells the same year.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from oversight.base.clock import Clock
from oversight.ledger.tally import Tally, total

from . import checks, people
from .checks import Check
from .days import Clockwork as Clockwork
from .days import Life
from .meter import Cost as Cost
from .meter import Meter


@dataclass(frozen=True)
class Year:
    """What came of a year: how its obligations stand, what it cost, what holds; `digest` is the same
    wherever the same seed was lived.
    """

    life: Life
    meter: Meter
    tally: Tally
    checks: list[Check]
    digest: str
    counts: dict[str, int]


def live(
    session: Session,
    year: int,
    branches: int,
    seed: int,
    clock: Clock,
    clockwork: Clockwork,
    *,
    months: int = 12,
    day_done: Callable[[date], object] = lambda _day: None,
) -> Year:
    """Live a year, or its first months, in an empty database and check what must hold at its end.
    Commits. Raises RuleViolation where the database holds a zone.
    """
    begin = clock.at(date(year, 1, 1), 0)
    cast = people.found(session, begin, branches, seed)
    session.commit()
    session.close()
    with Meter(session.connection().engine) as meter:
        life = Life(session, cast, seed, clock, meter, clockwork)
        day, end = begin.today, date(year + months // 12, months % 12 + 1, 1)
        while day < end:
            life.live(day)
            day_done(day)
            day += timedelta(days=1)
    at = clock.at(end - timedelta(days=1), 23)
    offices = checks.offices_at(session, at)
    tally = total(line.tally for office in offices for line in office.lines)
    found = checks.hold(session, life, offices, at)
    return Year(life, meter, tally, found, checks.digest(session, cast), checks.counts(session))
