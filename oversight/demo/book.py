"""What the demo zone's makers look up by a key that people can read."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Book:
    """Ids of what was made: units by key (town1, branch01), persons by user name, branch sizes."""

    units: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    members: dict[str, int] = field(default_factory=dict)
