"""What is reported: rows with a number, its ratio to a limit and the ratio to reach."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Row:
    """`ratio` and `target` are numbers, lower is better; met where ratio is at most target."""

    name: str
    value: float
    unit: str
    ratio: float
    target: float


@dataclass
class Report:
    """Collects rows; what cannot be measured is said on standard error."""

    only: str = ""
    rows: list[Row] = field(default_factory=list)

    def add(self, name: str, value: float, unit: str, ratio: float, target: float) -> None:
        self.rows.append(Row(name, _short(value), unit, _short(ratio), target))
        print(f"  {name}: {_short(value)} {unit}, {_short(ratio)} ({target})", file=sys.stderr)

    def goal(self, name: str, value: float, unit: str, goal: float) -> None:
        """Add a row with an absolute goal: its ratio is the value over it."""
        self.add(f"{name} (≤ {goal:g} {unit})", value, unit, value / goal, 1)

    def json(self) -> str:
        return json.dumps(
            {"rows": [asdict(row) for row in self.rows]}, ensure_ascii=False, indent=1
        )


def say(text: str) -> None:
    """Tell who waits what is going on, beside the report."""
    print(text, file=sys.stderr, flush=True)


def _short(value: float) -> float:
    """Keep four digits."""
    return float(f"{value:.4g}")
