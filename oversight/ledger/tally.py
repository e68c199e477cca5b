"""Counting obligations by month and kind: what a table of many units shows of their ledgers. Counts are
added up, so that those of a town are the sum of its branches'.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from oversight.law import duties as law

from .obligations import DEPLOYED, EXCUSED, EXPLAINED, OPEN, OVERDUE, SETTLED, Obligation

# The first that there is names a place. What is explained is a part of what is overdue, counted in both.
STATES = (OVERDUE, EXPLAINED, OPEN, EXCUSED, DEPLOYED, SETTLED)
BEFORE = 0  # the month under which stands what is left of the year before
Place = tuple[int, str, str]  # month, kind of duty, state
LAST = {"Q": 3, "H": 6}


def month_of(one: Obligation, year: int) -> int:
    """Return the month under which an obligation stands: the last of its time; where something came up,
    the month of its day.
    """
    period = one.period or (one.due_on.isoformat()[:7] if one.due_on else str(year))
    if int(period[:4]) != year:
        return BEFORE if int(period[:4]) < year else 12
    part = period[5:]
    if not part:
        return 12
    return int(part[1:]) * LAST[part[0]] if part[0] in LAST else int(part)


def whole(counts: dict[str, int]) -> int:
    """Return how many obligations there are in all."""
    return sum(counts.values()) - counts.get(EXPLAINED, 0)


class Tally(Counter[Place]):
    """How many obligations stand how, by month and kind; each in one place, of what is overdue what is
    explained apart, so that places add up.
    """

    @classmethod
    def of(cls, found: Iterable[Obligation], year: int) -> Tally:
        """Count what must be done."""
        return cls(
            (month_of(one, year), law.group_of(one.key), EXPLAINED if one.why else one.state)
            for one in found
        )

    def states(self, *, month: int | None = None, group: str = "") -> dict[str, int]:
        """Return by state how many there are, of a month or a kind; in the order of STATES. What is explained is
        overdue, and counted there too.
        """
        counts = dict.fromkeys(STATES, 0)
        for (of_month, of_group, state), n in self.items():
            if month in (None, of_month) and group in ("", of_group):
                _add(counts, state, n)
        return counts

    def months(self) -> dict[int, dict[str, int]]:
        """Return the same by month, in one go."""
        return self._by(0)

    def groups(self) -> dict[str, dict[str, int]]:
        return self._by(1)

    def _by(self, axis: int) -> dict:
        found: dict = {}
        for place, n in self.items():
            counts = found.get(place[axis])
            if counts is None:
                counts = found[place[axis]] = dict.fromkeys(STATES, 0)
            _add(counts, place[2], n)
        return found

    def dump(self) -> list[list]:
        """Return what JSON keeps."""
        return [[*place, n] for place, n in self.items()]

    @classmethod
    def load(cls, kept: list[list]) -> Tally:
        return cls({(month, group, state): n for month, group, state, n in kept})


def _add(counts: dict[str, int], state: str, n: int) -> None:
    counts[state] += n
    if state == EXPLAINED:
        counts[OVERDUE] += n


def total(found: Iterable[Tally]) -> Tally:
    """Add tallies up."""
    whole = Tally()
    for one in found:
        whole.update(one)
    return whole
