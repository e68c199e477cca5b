"""What a request costs: processor seconds and statements, by month and by what was done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import process_time

import sqlalchemy as sa


@dataclass
class Cost:
    """What some requests cost together; `refused` is how many of them were."""

    requests: int = 0
    seconds: float = 0
    statements: int = 0
    refused: int = 0
    most: int = 0  # statements of one of them

    def __iadd__(self, other: Cost) -> Cost:
        self.requests += other.requests
        self.seconds += other.seconds
        self.statements += other.statements
        self.refused += other.refused
        self.most = max(self.most, other.most)
        return self

    @property
    def each(self) -> float:
        """Return the processor milliseconds of one."""
        return 1000 * self.seconds / max(1, self.requests)


class Meter:
    """Counts what an engine is asked while it is open; `by` holds costs by month and act."""

    def __init__(self, engine: sa.Engine):
        self.engine, self.asked = engine, 0
        self.by: dict[tuple[int, str], Cost] = defaultdict(Cost)

    def __enter__(self) -> Meter:
        sa.event.listen(self.engine, "before_cursor_execute", self._count)
        return self

    def __exit__(self, *_error) -> None:
        sa.event.remove(self.engine, "before_cursor_execute", self._count)

    def _count(self, *_asked) -> None:
        self.asked += 1

    @contextmanager
    def request(self, month: int, act: str) -> Iterator[Cost]:
        """Measure what happens inside as one request."""
        one, asked, begun = Cost(1), self.asked, process_time()
        try:
            yield one
        finally:
            one.seconds, one.statements = process_time() - begun, self.asked - asked
            one.most = one.statements
            self.by[month, act] += one

    def of_months(self, but: tuple[str, ...] = ("sweep",)) -> dict[int, Cost]:
        """Return what the requests of each month cost, the clock's own work left out."""
        found: dict[int, Cost] = defaultdict(Cost)
        for (month, act), cost in self.by.items():
            if act not in but:
                found[month] += cost
        return dict(sorted(found.items()))

    def of_acts(self) -> dict[str, Cost]:
        """Return what each kind of act cost over the year, the dearest first."""
        found: dict[str, Cost] = defaultdict(Cost)
        for (_month, act), cost in self.by.items():
            found[act] += cost
        return dict(sorted(found.items(), key=lambda pair: -pair[1].seconds))
