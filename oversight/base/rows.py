"""What is asked of every list of rows: their ids, the rows by id, and groups of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

K = TypeVar("K")
T = TypeVar("T")


def ids_of(rows: Iterable[Any]) -> list[str]:
    return [row.id for row in rows]


def keyed(rows: Iterable[T]) -> dict[str, T]:
    """Return rows by id, in their order."""
    found = list(rows)
    return dict(zip(ids_of(found), found, strict=True))


def grouped(pairs: Iterable[tuple[K, T]]) -> dict[K, list[T]]:
    """Return values by key, both in the order in which they came."""
    found: dict[K, list[T]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def grouped_by(rows: Iterable[T], name: str) -> dict[Any, list[T]]:
    """Return rows by what stands in one of their columns."""
    return grouped((getattr(row, name), row) for row in rows)
