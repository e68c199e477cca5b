"""Who lives a year: one zone, a town for every sixty branches, branches of all eight categories with
their members, all made up from the seed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.refusals import RuleViolation
from oversight.demo import zone as demo
from oversight.models import Unit, Zone
from oversight.models.organizations import CATEGORIES
from oversight.register import installation, zone_settings

KINDS = tuple(CATEGORIES)
BELOW = 60  # branches of one town
MEMBERS = (4, 44)  # of one branch, 24 in the middle


@dataclass
class Cast:
    """Ids by key, and keys by id: `units` and `people`; `members` how many a branch has; `branches`
    by key with their town's."""

    zone_id: str
    units: dict[str, str]
    people: dict[str, str]
    members: dict[str, int]
    branches: dict[str, str]
    keys: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.keys = {one: key for book in (self.units, self.people) for key, one in book.items()}

    @property
    def towns(self) -> list[str]:
        return list(dict.fromkeys(self.branches.values()))


class _Maker(demo.Maker):
    """Draws as the demo zone does, with officials who are members of no branch here."""

    def __init__(self, top: Unit, at: Moment, seed: int):
        super().__init__(top, at, date(at.today.year, 1, 1))
        self.rng = random.Random(seed)
        self.names = demo.names(self.rng)
        self.above: dict[str, str] = {}

    def towns(self, count: int) -> None:
        for number in range(1, count + 1):
            self.unit(
                f"town{number}", "zone", "town", f"第{number}镇党委", doc_prefix=f"镇{number}委"
            )

    def all_branches(self, count: int, towns: int) -> None:
        for number in range(1, count + 1):
            key, town = f"branch{number:02d}", f"town{(number - 1) % towns + 1}"
            category = KINDS[(number - 1) % len(KINDS)]
            self.unit(key, town, "branch", f"第{number}党支部", category=category)
            self.branch_people(key, category, self.rng.randint(*MEMBERS))
            self.above[key] = town

    def official(self, unit: str, username: str, office: str) -> None:
        _cohort, joined, _flags = self.draw("organ", True, False)
        flags = {"in_post": True, "leading": office in ("secretary", "committee")}
        self.post(self.person(username, "middle", joined_on=joined, **flags), unit, office)


def found(session: Session, at: Moment, branches: int, seed: int) -> Cast:
    """Found a zone with so many branches, in bulk. Does not commit. Raises RuleViolation."""
    if session.scalar(sa.select(Zone.id).limit(1)):
        raise RuleViolation("数据库里已有数据，模拟只在空的数据库里进行。")
    top = installation.found_zone(
        session, "模拟区", at, name="模拟区党工委", doc_prefix="模党工", accountable_from=at.today
    )
    maker, towns = _Maker(top, at, seed), -(-branches // BELOW)
    maker.towns(towns)
    maker.all_branches(branches, towns)
    maker.officials()
    maker.write(session)
    zone_settings.keep(session, top.zone_id, None, at)
    return Cast(top.zone_id, maker.book.units, maker.book.people, maker.book.members, maker.above)
