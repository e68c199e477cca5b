"""Rows in which any two values of any two factors meet at least once."""

from __future__ import annotations

from itertools import combinations

Values = dict[str, tuple[str, ...]]
Pair = tuple[tuple[str, str], tuple[str, str]]


def pairwise(factors: Values) -> list[dict[str, str]]:
    """Return few rows that cover every pair, always the same ones: greedy, a pair at a time."""
    names = list(factors)
    left = {
        ((one, a), (two, b)): None
        for one, two in combinations(names, 2)
        for a in factors[one]
        for b in factors[two]
    }
    rows = []
    while left:
        row = dict(next(iter(left)))
        for name in names:
            if name not in row:
                row[name] = max(
                    factors[name], key=lambda value: _met(row, name, value, names, left)
                )
        rows.append({name: row[name] for name in names})
        for pair in _pairs(rows[-1], names):
            left.pop(pair, None)
    return rows


def _pairs(row: dict[str, str], names: list[str]) -> list[Pair]:
    return [((one, row[one]), (two, row[two])) for one, two in combinations(names, 2)]


def _met(row: dict[str, str], name: str, value: str, names: list[str], left: dict) -> int:
    """Count the pairs still wanted that a value would make with what the row has already."""
    order = {one: place for place, one in enumerate(names)}
    met = 0
    for other, held in row.items():
        ends = sorted(((name, value), (other, held)), key=lambda end: order[end[0]])
        met += tuple(ends) in left
    return met
