"""The demo zone: units, people, posts and accounts, all fictitious, from one deterministic draw.

What happens in it is told by the modules beside it. Rows are written in bulk, so that a county is
the same code.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import phone_numbers
from oversight.base.clock import Clock, Moment
from oversight.base.db import new_id
from oversight.base.refusals import RuleViolation
from oversight.models import Account, Membership, Person, Post, Unit, Zone
from oversight.register import accounts, credentials, installation, tenure, zone_settings

from . import (
    appraisals,
    attendance,
    date_changes,
    duties,
    life_meetings,
    notices,
    power,
    records,
    rectifications,
)
from .book import Book

PASSWORD = installation.DEMO_PASSWORD
SEED = 20170501
SIZES = {"small": 24, "county": 2_500}
COUNTY_MEMBERS = 60_000

ABOVE = (  # key, kind, name, 机关代字
    ("town1", "town", "青溪镇党委", "青委"),
    ("town2", "town", "柏岭镇党委", "柏委"),
    ("dept1", "department", "区直机关党委", "云直委"),
    ("dept2", "department", "区经济发展局党委", "云经委"),
)
BRANCHES = (  # superior, category, name, members
    ("town1", "rural", "石桥村", 40),
    ("town1", "community", "桃源社区", 28),
    ("town1", "rural", "柳树湾村", 24),
    ("town1", "rural", "大塘村", 22),
    ("town1", "organ", "青溪镇机关", 12),
    ("town1", "private", "恒达纺织公司", 9),
    ("town1", "soe", "青溪水务公司", 14),
    ("town2", "rural", "柏树村", 31),
    ("town2", "community", "新街社区", 25),
    ("town2", "rural", "双井村", 20),
    ("town2", "rural", "枫林村", 18),
    ("town2", "organ", "柏岭镇机关", 10),
    ("town2", "private", "绿野农业公司", 7),
    ("town2", "soe", "柏岭供销公司", 12),
    ("dept1", "organ", "区党政办", 9),
    ("dept1", "organ", "区财政局", 13),
    ("dept1", "organ", "区社会事务局", 15),
    ("dept1", "school", "云泽实验学校", 22),
    ("dept1", "hospital", "云泽医院", 24),
    ("dept2", "private", "明远光电公司", 9),
    ("dept2", "private", "启程软件公司", 6),
    ("dept2", "soe", "云泽产业投资公司", 16),
    ("dept2", "social", "云泽企业家协会", 5),
    ("dept2", "social", "青禾社工服务中心", 4),
)
PATTERN = ("rural", "community", "rural", "rural", "organ", "private", "soe")
OFFICIALS = (
    "officer",
    "secretary",
    "committee1",
    "committee2",
    "committee3",
    "committee4",
    "committee5",
    "inspector",
)
ZONE_OFFICIALS = ("office", "inspector", "committee1", "committee2", "committee3")
ADMINISTRATORS = ("sysadmin", "secadmin", "auditor")
FLAGS = ("probationary", "mobile", "retired", "elderly", "leading", "in_post", "no_office")
# Where officials are members themselves: leaders attend as ordinary members.
AT_HOME = {"town1": 5, "town2": 12, "dept1": 15, "zone": 15}
FIRST_SECRETARIES, INSTRUCTORS, SENDERS = (1, 3, 4, 8, 10, 11), (6, 13, 20, 21), (16, 17)
COMMITTEE = ("publicity", "discipline")

# category: shares of old and young members, share of those working away
PROFILES = {
    "rural": (0.45, 0.15, 0.15),
    "community": (0.55, 0.15, 0.05),
    "organ": (0.10, 0.30, 0.0),
    "school": (0.15, 0.35, 0.0),
    "hospital": (0.15, 0.35, 0.0),
    "soe": (0.15, 0.30, 0.0),
    "private": (0.0, 0.60, 0.10),
    "social": (0.10, 0.50, 0.05),
}


def build(
    session: Session, at: Moment, size: str = "small", clock: Clock | None = None, secret: str = ""
) -> Zone:
    """Load the demo zone as it would stand at a moment. Does not commit. Raises RuleViolation.

    Under `secret` members get made-up telephone numbers, sealed.
    """
    if session.scalar(sa.select(Zone.id).limit(1)):
        raise RuleViolation("数据库里已有数据，示范区只能载入空的数据库。")
    start = date(at.today.year - 1, at.today.month, 1)
    top = installation.found_zone(
        session,
        "云泽高新区",
        at,
        name="云泽高新区党工委",
        doc_prefix="云党工",
        accountable_from=start,
    )
    maker = Maker(top, at, start, secret)
    maker.units_above(size)
    maker.branches(size)
    maker.officials()
    maker.helpers()
    maker.write(session)
    date_changes.live(
        session,
        at,
        clock or Clock(),
        top,
        maker.book,
        (attendance.told, rectifications.told, appraisals.scenarios),
        (
            attendance.fill,
            duties.fill,
            life_meetings.fill,
            appraisals.fill,
            records.fill,
            records.put_off,
            notices.fill,
        ),
    )
    power.tell(session, maker.book, at)
    zone_settings.keep(session, top.zone_id, None, at)
    return session.get(Zone, top.zone_id)


class Maker:
    """Draws people and collects rows by table until `write`."""

    def __init__(self, top: Unit, at: Moment, start: date, secret: str = ""):
        self.secret = secret
        self.zone_id, self.top, self.at, self.start = top.zone_id, top, at, start
        self.rng = random.Random(SEED)
        self.rows: dict[type, list[dict]] = defaultdict(list)
        self.paths = {top.id: top.path}
        self.book = Book(units={"zone": top.id})
        self.hash = credentials.hash_password(PASSWORD)
        self.names = names(self.rng)
        self.since = date(at.today.year - 4, 7, 1)

    # Units

    def unit(self, key: str, parent: str, kind: str, name: str, **more) -> str:
        above, unit_id = self.book.units[parent], new_id()
        self.paths[unit_id] = f"{self.paths[above]}{unit_id}/"
        row = {"category": None, "doc_prefix": None, **more}
        self.rows[Unit].append(
            {
                "id": unit_id,
                "zone_id": self.zone_id,
                "parent_id": above,
                "path": self.paths[unit_id],
                "kind": kind,
                "name": name,
                "sort": len(self.rows[Unit]),
                "accountable_from": self.start,
                "passes_through": False,
                **row,
            }
        )
        self.book.units[key] = unit_id
        return unit_id

    def units_above(self, size: str) -> None:
        for key, kind, name, prefix in ABOVE:
            self.unit(key, "zone", kind, name, doc_prefix=prefix)
        for number in range(3, 41 if size == "county" else 3):
            self.unit(
                f"town{number}", "zone", "town", f"第{number}镇党委", doc_prefix=f"镇{number}委"
            )

    def branches(self, size: str) -> None:
        for number, (above, category, name, members) in enumerate(_branches(size), 1):
            key = f"branch{number:02d}"
            self.unit(key, above, "branch", f"{name}党支部", category=category)
            self.branch_people(key, category, members)

    # People

    def person(self, username: str | None, cohort: str, **flags) -> str:
        person_id = new_id()
        fields = {"joined_on": None, **dict.fromkeys(FLAGS, False)}
        self.rows[Person].append(
            {
                "id": person_id,
                "zone_id": self.zone_id,
                "name": next(self.names[cohort]),
                "phone_sealed": self.phone(person_id) if username else None,
                **fields,
                **flags,
            }
        )
        if username:
            self.book.people[username] = person_id
            self.rows[Account].append(
                {
                    "id": new_id(),
                    "zone_id": self.zone_id,
                    "person_id": person_id,
                    "username": username,
                    "password_hash": self.hash,
                    "enabled": True,
                    "demo": True,
                    "large_text": False,
                    "locale": "zh_CN",
                    "created_at": self.at.now,
                }
            )
        return person_id

    def phone(self, person_id: str) -> str | None:
        """Make up a number: a block of noughts in its middle, so that nobody takes it for a real
        one.
        """
        made = f"1{3 + len(self.rows[Person]) % 7}90000{len(self.rows[Person]) % 10000:04d}"
        return phone_numbers.seal(self.secret, person_id, made) if self.secret else None

    def member(
        self,
        key: str,
        username: str | None,
        cohort: str,
        joined_on: date,
        group: str | None = None,
        **flags,
    ) -> str:
        person_id = self.person(username, cohort, joined_on=joined_on, **flags)
        self.book.members[key] = self.book.members.get(key, 0) + 1
        self.rows[Membership].append(
            {
                "id": new_id(),
                "zone_id": self.zone_id,
                "person_id": person_id,
                "unit_id": self.book.units[key],
                "group_id": group,
                "sort": self.book.members[key],
                "from_on": max(joined_on, self.since),
            }
        )
        return person_id

    def post(self, person_id: str, unit: str, office: str) -> None:
        self.rows[Post].append(
            {
                "id": new_id(),
                "zone_id": self.zone_id,
                "person_id": person_id,
                "unit_id": self.book.units[unit],
                "office": office,
                "from_on": self.since,
            }
        )

    def branch_people(self, key: str, category: str, members: int) -> None:
        offices = _offices(members)
        groups = self.groups(key, members)
        novice = members >= 12
        for index in range(members):
            name = ("secretary", "organizer")[index] if index < 2 else f"member{index - 1:02d}"
            draft = novice and index == members - 1
            cohort, joined, flags = self.draw(category, index < len(offices), draft)
            group = groups[index % len(groups)] if groups else None
            person_id = self.member(key, f"{key}.{name}", cohort, joined, group, **flags)
            if index < len(offices):
                self.post(person_id, key, offices[index])
            elif groups and index < len(offices) + len(groups):
                self.post(person_id, f"{key}.group{index % len(groups) + 1}", "group_leader")

    def groups(self, key: str, members: int) -> list[str]:
        """Make 党小组 of about ten where a branch is large."""
        count = members // 10 if members >= 20 else 0
        return [
            self.unit(f"{key}.group{number}", key, "group", f"第{'一二三四五'[number - 1]}党小组")
            for number in range(1, count + 1)
        ]

    def draw(self, category: str, leads: bool, novice: bool) -> tuple[str, date, dict]:
        """Draw a member's generation, joining date and flags."""
        old, young, away = PROFILES[category]
        roll, today = self.rng.random(), self.at.today
        cohort = (
            "middle"
            if leads
            else "old"
            if roll < old
            else "young"
            if roll > 1 - young
            else "middle"
        )
        if novice:
            return (
                "young",
                today - timedelta(days=self.rng.randrange(30, 300)),
                {"probationary": True, "in_post": category not in ("rural", "community")},
            )
        first, last = {"old": (54, 33), "middle": (30, 13), "young": (12, 3)}[cohort]
        joined = date(
            today.year - self.rng.randint(last, first),
            self.rng.randint(1, 12),
            self.rng.randint(1, 28),
        )
        village = category in ("rural", "community")
        return (
            cohort,
            joined,
            {
                "elderly": cohort == "old" and today.year - joined.year > 42,
                "retired": cohort == "old" and category != "rural",
                "mobile": cohort != "old" and not leads and self.rng.random() < away,
                "in_post": cohort != "old" and not village,
                "no_office": village and not leads,
            },
        )

    def officials(self) -> None:
        for key in [key for key in self.book.units if key.startswith(("town", "dept"))]:
            for name in OFFICIALS:
                self.official(key, f"{key}.{name}", name.rstrip("12345"))
        for name in ZONE_OFFICIALS:
            self.official(
                "zone", f"zone.{name}", {"office": "officer"}.get(name, name.rstrip("123"))
            )
        for office in ADMINISTRATORS:
            self.post(self.person(f"zone.{office}", "young", in_post=True), "zone", office)

    def official(self, unit: str, username: str, office: str) -> None:
        _cohort, joined, _flags = self.draw("organ", True, False)
        flags: dict[str, Any] = {"in_post": True, "leading": office in ("secretary", "committee")}
        home = AT_HOME.get(unit)
        if home:
            person_id = self.member(f"branch{home:02d}", username, "middle", joined, **flags)
        else:
            person_id = self.person(username, "middle", joined_on=joined, **flags)
        self.post(person_id, unit, office)

    def helpers(self) -> None:
        """Send members of the zone's organs as 第一书记 to villages and as 党建指导员 to firms."""
        senders = [f"branch{SENDERS[i % 2]:02d}.member{3 + i // 2:02d}" for i in range(10)]
        places = [
            *((number, "first_secretary") for number in FIRST_SECRETARIES),
            *((number, "instructor") for number in INSTRUCTORS),
        ]
        for sender, (number, office) in zip(senders, places, strict=True):
            self.post(self.book.people[sender], f"branch{number:02d}", office)

    def write(self, session: Session) -> None:
        for model in (Unit, Person, Membership):
            session.execute(sa.insert(model), self.rows[model])
        tenure.found(session, self.zone_id, self.rows[Post])
        accounts.found(session, self.rows[Account])
        session.flush()


def _offices(members: int) -> tuple[str, ...]:
    """Say which posts a branch of a size has: a committee from seven members on, else one or two."""
    if members < 5:
        return ("secretary",)
    if members < 7:
        return ("secretary", "deputy")
    more = COMMITTEE[1:] if members < 12 else COMMITTEE
    return ("secretary", "organizer", *more, *(("deputy",) if members >= 20 else ()))


def _branches(size: str) -> Iterator[tuple[str, str, str, int]]:
    """Yield the branches of the small zone, then as many again as a county has."""
    yield from BRANCHES
    more = SIZES[size] - len(BRANCHES)
    left = COUNTY_MEMBERS - sum(members for *_rest, members in BRANCHES)
    for index in range(more):
        members = left // (more - index) + (index % 5 - 2 if index < more - 1 else 0)
        left -= members
        yield f"town{3 + index % 38}", PATTERN[index // 38 % 7], f"第{index + 25}", members


def names(rng: random.Random) -> dict[str, Iterator[str]]:
    """Draw names by generation; nobody shares one until all are used up."""
    lists = json.loads(files("oversight.demo").joinpath("demo_names.json").read_text("utf-8"))
    surnames = lists["surnames"].split()
    return {
        cohort: _draw_names(rng, surnames, lists[cohort].split())
        for cohort in ("old", "middle", "young")
    }


def _draw_names(rng: random.Random, surnames: list[str], given: list[str]) -> Iterator[str]:
    used: set[str] = set()
    while True:
        name = surnames[int(len(surnames) * rng.random() ** 2)] + rng.choice(given)
        if name not in used or len(used) > len(surnames) * len(given) // 4:
            used.add(name)
            yield name
