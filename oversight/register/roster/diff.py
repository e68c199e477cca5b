"""A roster held against the database: who and what is new, changed, unchanged or gone. Reads only,
writes nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.db import new_id
from oversight.base.rows import grouped_by, ids_of, keyed
from oversight.base.sealing import Sealer
from oversight.base.sentences import N_, say
from oversight.law.roles import ABOVE_BRANCHES, ADMINISTRATORS
from oversight.models import Membership, Person, Post, Unit, Zone
from oversight.models.organizations import UNIT_KINDS
from oversight.organization.standing import in_office, is_member
from oversight.register import proposals
from oversight.register.proposals import Asked

from .cells import unit_key
from .groups import Groups
from .headers import FLAGS
from .parse import PersonRow, Roster, Tick, UnitRow, silent

TOWN = re.compile(r"([镇乡]党委|街道党(工)?委)$")
ABOVE_ONLY = N_(
    "党建办经办人、督查员、班子成员是镇（部门）以上的职务，请写全，如“青溪镇党委督查员”。"
)
ADMINISTER = N_("管理员不由名册任免，也不兼任办理业务的职务。")
ORDER = {"town": 0, "department": 0, "middle": 1}
MANY = 3  # people leaving a branch, from which a third of it must be confirmed


@dataclass
class Plan:
    """What an import would do, as rows to write; `left` are (person id, name, branch).

    `asked` are posts that would begin or end by the security administrator's word, `dropped` what
    waits for it no longer; `posts_ended` end with a membership. `group_names` are (new group,
    branch), `group_changes` by membership (person id, group before, group after); `departed` are
    all whose membership of a branch ends.
    """

    zone_id: str
    units: list[dict] = field(default_factory=list)
    unit_changes: dict[str, dict] = field(default_factory=dict)
    people: list[dict] = field(default_factory=list)
    people_changes: dict[str, dict] = field(default_factory=dict)
    memberships: list[dict] = field(default_factory=list)
    memberships_ended: dict[str, date] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    posts_ended: dict[str, date] = field(default_factory=dict)
    left: list[tuple[str, str, str]] = field(default_factory=list)
    moved: list[tuple[str, str]] = field(default_factory=list)
    renamed: list[tuple[str, str]] = field(default_factory=list)
    groups: list[dict] = field(default_factory=list)
    group_names: list[tuple[str, str]] = field(default_factory=list)
    group_changes: dict[str, tuple[str, str | None, str | None]] = field(default_factory=dict)
    departed: set[str] = field(default_factory=set)
    thinned: list[str] = field(default_factory=list)
    absent_units: list[str] = field(default_factory=list)
    same: dict[str, int] = field(default_factory=lambda: {"units": 0, "people": 0})

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Count what is new, changed, unchanged and ended, by kind."""
        return {
            "units": {
                "new": len(self.units),
                "changed": len(self.unit_changes),
                "same": self.same["units"],
                "left": len(self.absent_units),
            },
            "people": {
                "new": len(self.people),
                "changed": len(self.people_changes),
                "same": self.same["people"],
                "left": len(self.left),
            },
            "memberships": {"new": len(self.memberships), "ended": len(self.memberships_ended)},
            "groups": {"new": len(self.groups), "changed": self.grouped},
            "posts": {
                "new": len(self.begun),
                "ended": len(self.posts_ended) + len(self.asked) - len(self.begun),
            },
        }

    @property
    def begun(self) -> list[Asked]:
        """Return the posts that the security administrator is asked to let begin."""
        return [one for one in self.asked if one.begins]

    @property
    def grouped(self) -> int:
        """Count who comes into a group or goes from one to another."""
        return len(self.group_changes) + sum(
            row["group_id"] is not None for row in self.memberships
        )

    @property
    def empty(self) -> bool:
        return not (
            self.units
            or self.unit_changes
            or self.people
            or self.people_changes
            or self.memberships
            or self.memberships_ended
            or self.asked
            or self.dropped
            or self.posts_ended
            or self.groups
            or self.group_changes
        )

    @property
    def digest(self) -> str:
        """Return a mark that changes with what the import would do."""
        said = [
            self.counts,
            sorted(self.unit_changes),
            sorted(self.people_changes),
            sorted(self.memberships_ended),
            sorted(self.posts_ended),
            sorted((one.name, one.title, one.begins) for one in self.asked),
            sorted(row["name"] for row in self.people + self.units + self.groups),
            sorted(self.group_changes),
        ]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def compare(
    session: Session,
    zone: Zone,
    roster: Roster,
    sealer: Sealer,
    today: date,
    stage: Callable[..., Tick] = silent,
) -> Plan:
    """Work out what a roster would change; what cannot stand is added to its troubles."""
    work = _Compare(session, zone, roster, sealer, today)
    work.units()
    if not roster.troubles:
        work.people(stage("compare", len(roster.people)))
    return work.plan


@dataclass
class _Known:
    """A unit of the database or of the file."""

    id: str
    name: str
    kind: str
    category: str | None
    parent_id: str | None
    path: str
    since: date
    new: bool = False


def _forms(name: str) -> set[str]:
    """Return how a zone and its committee are written: 高新区, 高新区党工委, 高新区党委."""
    bare = name.removesuffix("党工委").removesuffix("党委")
    return {name, bare, f"{bare}党工委", f"{bare}党委"}


def _month(day: date) -> tuple[int, int]:
    return day.year, day.month


def _same_day(row: PersonRow, day: date | None) -> bool:
    """True where a row tells this day of joining, or its month where it tells no day."""
    if row.joined is None or day is None:
        return False
    return _month(row.joined) == _month(day) if row.rough else row.joined == day


class _Compare:
    """The state of the zone, indexed, and the plan that grows."""

    def __init__(self, session: Session, zone: Zone, roster: Roster, sealer: Sealer, today: date):
        self.roster, self.sealer, self.today = roster, sealer, today
        self.zone, self.yesterday = zone, today - timedelta(days=1)
        self.plan = Plan(zone.id)
        self.by_id: dict[str, _Known] = {}
        self.by_key: dict[str, list[_Known]] = defaultdict(list)
        for row in session.scalars(
            sa.select(Unit).where(
                Unit.zone_id == zone.id, Unit.ended_on.is_(None), Unit.kind != "group"
            )
        ):
            self._know(
                _Known(
                    row.id,
                    row.name,
                    row.kind,
                    row.category,
                    row.parent_id,
                    row.path,
                    row.accountable_from,
                )
            )
        self.groups = Groups(session, roster, self.plan, today)
        self.top = next(unit for unit in self.by_id.values() if unit.kind == "zone")
        for called in _forms(zone.name) | _forms(self.top.name):
            if self.top not in self.by_key[unit_key(called)]:
                self.by_key[unit_key(called)].append(self.top)
        self._load_people(session)

    def _know(self, unit: _Known) -> None:
        self.by_id[unit.id] = unit
        self.by_key[unit_key(unit.name)].append(unit)

    def _load_people(self, session: Session) -> None:
        table = Person.__table__
        self.persons = keyed(
            session.execute(
                sa.select(table).where(table.c.zone_id == self.zone.id, table.c.left_on.is_(None))
            )
        )
        self.member = {
            row.person_id: row
            for row in session.execute(
                sa.select(
                    Membership.id,
                    Membership.person_id,
                    Membership.unit_id,
                    Membership.group_id,
                    Membership.from_on,
                ).where(Membership.zone_id == self.zone.id, is_member(self.today))
            )
        }
        posts = session.execute(
            sa.select(Post.id, Post.person_id, Post.unit_id, Post.office, Post.from_on).where(
                Post.zone_id == self.zone.id, in_office(self.today)
            )
        )
        self.posts: dict[str, list] = defaultdict(list, grouped_by(posts, "person_id"))
        self.waiting = grouped_by(proposals.of_zone(session, self.zone.id), "person_id")
        self.in_unit: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.by_number = {row.number: row.id for row in self.persons.values() if row.number}
        self.by_joined: dict[tuple, list[str]] = defaultdict(list)
        for person in self.persons.values():
            places = {self.member[person.id].unit_id} if person.id in self.member else set()
            for unit_id in places | {post.unit_id for post in self.posts[person.id]}:
                self.in_unit[unit_id, person.name].append(person.id)
            if person.joined_on:
                self.by_joined[person.name, _month(person.joined_on)].append(person.id)

    # Units

    def units(self) -> None:
        """Find or found every organization of the file, superiors first."""
        waiting = sorted(self.roster.units, key=lambda row: ORDER.get(row.kind, 2))
        named = set()
        for row in waiting:
            found = self._find(*row.key)
            if len(found) > 1:
                self.roster.trouble(
                    row.place, row.name, N_("有几个同名的党组织，请写明上级党组织。")
                )
            elif found:
                named.add(found[0].id)
                self._changed(row, found[0])
            else:
                self._found(row, named)
        rows = {unit_key(row.unit) for row in self.roster.people}
        branches = [unit for unit in self.by_id.values() if unit.kind == "branch"]
        self.plan.absent_units = [
            unit.name
            for unit in branches
            if unit.id not in named and unit_key(unit.name) not in rows
        ]

    def _find(self, key: str, parent: str) -> list[_Known]:
        found = self.by_key.get(key, [])
        if not parent:
            return found
        above = set(ids_of(self.by_key.get(parent, [])))
        return [unit for unit in found if unit.parent_id in above]

    def _changed(self, row: UnitRow, unit: _Known) -> None:
        if row.kind and row.kind != unit.kind:
            self.roster.trouble(
                row.place,
                row.name,
                say("库里它是“%(kind)s”，种类不能由名册改。", kind=UNIT_KINDS[unit.kind]),
            )
        elif row.category and row.category != unit.category:
            self.plan.unit_changes[unit.id] = {"category": [unit.category, row.category]}
        else:
            self.plan.same["units"] += not unit.new

    def _found(self, row: UnitRow, named: set[str]) -> None:
        others = self.by_key.get(row.key[0], [])
        if others and not others[0].new:
            self.roster.trouble(
                row.place,
                row.name,
                say(
                    "库里它在%(above)s之下。划转由上级在网页上办理；如是同名的新支部，请把名称写得能区分。",
                    above=self.by_id[others[0].parent_id].name
                    if others[0].parent_id
                    else others[0].name,
                ),
            )
            return
        if not row.kind:
            self.roster.trouble(
                row.place,
                row.name,
                N_("库里没有这个党组织。请写明支部类别和上级党组织，或改成库里的名称。"),
            )
            return
        above = self._above(row)
        if above:
            named.add(self._made(row.name, row.kind, row.category, above).id)

    def _above(self, row: UnitRow) -> _Known | None:
        """Return the superior of a new organization, founding a town that only its branches name."""
        if not row.parent:
            if row.kind in ("town", "department"):
                return self.top
            return self._no_superior(row, N_("请写上级党组织。"))
        found = self.by_key.get(row.key[1], [])
        if len(found) == 1 and found[0].kind != "branch":
            return found[0]
        if found:
            return self._no_superior(row, N_("上级不能是党支部。"))
        if TOWN.search(row.key[1]):
            return self._made(row.parent, "town", None, self.top)
        return self._no_superior(
            row, N_("没有这个上级党组织，请在“党组织”表里加上它并写明类别（镇或区属部门）。")
        )

    def _no_superior(self, row: UnitRow, sentence: str) -> _Known | None:
        """Note what is wrong with the superior that a row names."""
        self.roster.trouble(row.parent_place or row.place, row.parent or row.name, sentence)
        return None

    def _made(self, name: str, kind: str, category: str | None, above: _Known) -> _Known:
        unit_id = new_id()
        since = self.today.replace(day=1)
        made = _Known(
            unit_id, name, kind, category, above.id, f"{above.path}{unit_id}/", since, True
        )
        self._know(made)
        self.plan.units.append(
            {
                "id": unit_id,
                "zone_id": self.zone.id,
                "parent_id": above.id,
                "path": made.path,
                "kind": kind,
                "category": category,
                "name": name,
                "sort": len(self.by_id),
                "passes_through": kind == "middle",
                "accountable_from": since,
            }
        )
        return made

    # People

    def people(self, tick: Tick) -> None:
        """Match every row with a person, then tell what changes for each and who is gone."""
        rows = [(row, unit) for row in self.roster.people if (unit := self._unit_of(row))]
        self.matched: dict[str, PersonRow] = {}
        self.who: dict[int, str] = {}
        self._match_numbers(rows)
        self._match_names(rows)
        self._match_moved(rows)
        for row, unit in rows:
            self.groups.named(row, unit)  # all are known before a leader is seated
        if self.roster.troubles:
            return
        self.order: dict[str, int] = defaultdict(int)
        for row, unit in rows:
            self.order[unit.id] += 1
            tick(1)
            self._person(row, unit, self.who.get(id(row)))
        self.groups.tell()
        self._gone({unit.id: unit for _row, unit in rows if unit.kind == "branch"})

    def _unit_of(self, row: PersonRow) -> _Known | None:
        found = self._find(*row.unit_key)
        if len(found) == 1:
            return found[0]
        self.roster.trouble(
            row.place,
            row.unit,
            N_("有几个同名的党组织，请加“上级党组织”一列写明是哪个。")
            if found
            else N_("没有这个党组织，请改成库里的名称，或在“党组织”表里加上它。"),
        )
        return None

    def _take(self, row: PersonRow, person_id: str) -> None:
        self.who[id(row)] = person_id
        self.matched[person_id] = row

    def _match_numbers(self, rows: list) -> None:
        for row, _unit in rows:
            person_id = self.by_number.get(row.number) if row.number else None
            if person_id and not self._is_called(row, person_id):
                self.roster.trouble(
                    row.place,
                    row.name,
                    say(
                        "编号 %(number)s 在库里是%(name)s，请核对编号或姓名；更正姓名的，请把他的入党日期或手机一起填上。",
                        number=row.number,
                        name=self.persons[person_id].name,
                    ),
                )
            elif person_id:
                self._take(row, person_id)

    def _is_called(self, row: PersonRow, person_id: str) -> bool:
        """True where a number is that person's under this name, or under one that is put right: the
        telephone agrees, or the day of joining and a part of the name.
        """
        person = self.persons[person_id]
        if person.name == row.name:
            return True
        if row.joined and person.joined_on and not _same_day(row, person.joined_on):
            return False
        by_day = _same_day(row, person.joined_on) and not set(row.name).isdisjoint(person.name)
        return by_day or (bool(row.phone) and row.phone == self.sealer.phone(person))

    def _match_names(self, rows: list) -> None:
        groups: dict[tuple[str, str], list[PersonRow]] = defaultdict(list)
        for row, unit in rows:
            if id(row) not in self.who:
                groups[unit.id, row.name].append(row)
        for key, same in groups.items():
            free = [
                person_id
                for person_id in self.in_unit.get(key, ())
                if person_id not in self.matched
            ]
            if free:
                self._pair(same, free)

    def _pair(self, rows: list[PersonRow], free: list[str]) -> None:
        """Match namesakes of one branch by what tells them apart; a lone pair belongs together."""
        if len(rows) == len(free) == 1 and not self._another(rows[0], free[0]):
            self._take(rows[0], free[0])
            return
        rest = []
        for row in rows:
            person_id = next(
                (one for one in free if one not in self.matched and self._alike(row, one)), None
            )
            if person_id:
                self._take(row, person_id)
            else:
                rest.append(row)
        for row in rest:
            if not row.joined and not row.phone and any(one not in self.matched for one in free):
                self.roster.trouble(
                    row.place,
                    row.name,
                    N_("库里这个支部有同名的人，请填入党日期、手机或编号来区分。"),
                )

    def _alike(self, row: PersonRow, person_id: str) -> bool:
        person = self.persons[person_id]
        return _same_day(row, person.joined_on) or (
            bool(row.phone) and row.phone == self.sealer.phone(person)
        )

    def _another(self, row: PersonRow, person_id: str) -> bool:
        """True where day and telephone are both known and both differ: a namesake came for one who
        left.
        """
        person = self.persons[person_id]
        return bool(
            row.joined
            and person.joined_on
            and not _same_day(row, person.joined_on)
            and row.phone
            and person.phone_sealed
            and row.phone != self.sealer.phone(person)
        )

    def _match_moved(self, rows: list) -> None:
        for row, _unit in rows:
            if id(row) not in self.who and row.joined:
                free = [
                    one
                    for one in self.by_joined.get((row.name, _month(row.joined)), ())
                    if one not in self.matched and _same_day(row, self.persons[one].joined_on)
                ]
                if len(free) == 1:
                    self._take(row, free[0])

    def _person(self, row: PersonRow, unit: _Known, person_id: str | None) -> None:
        if person_id is None:
            person_id = new_id()
            self.plan.people.append(self._new_person(row, person_id))
        elif changes := self._changes(row, self.persons[person_id]):
            self.plan.people_changes[person_id] = changes
            self.plan.renamed += [tuple(changes["name"])] if "name" in changes else []
        else:
            self.plan.same["people"] += 1
        if unit.kind == "branch":
            self._membership(row, unit, person_id)
        if "offices" in row.given:
            self._posts(row, unit, person_id)

    def _new_person(self, row: PersonRow, person_id: str) -> dict:
        return {
            "id": person_id,
            "zone_id": self.zone.id,
            "name": row.name,
            "joined_on": row.joined,
            "probationary": bool(row.standing),
            "number": row.number or None,
            "phone_sealed": self.sealer.seal_phone(person_id, row.phone) if row.phone else None,
            **{flag: flag in row.flags for flag in FLAGS},
        }

    def _changes(self, row: PersonRow, person) -> dict:
        """Return what a row says otherwise than the database; an empty cell says nothing, and a month
        nothing where a day is known.
        """
        said: dict[str, object] = {
            "name": row.name,
            **{flag: flag in row.flags for flag in FLAGS if flag in row.given},
        }
        said |= {"joined_on": row.joined} if row.joined and not self._vague(row, person) else {}
        said |= {"number": row.number} if row.number else {}
        said |= {"probationary": row.standing} if row.standing is not None else {}
        found = {
            name: [getattr(person, name), value]
            for name, value in said.items()
            if getattr(person, name) != value
        }
        if row.phone and row.phone != self.sealer.phone(person):
            found["phone_sealed"] = [
                person.phone_sealed,
                self.sealer.seal_phone(person.id, row.phone),
            ]
        return found

    def _vague(self, row: PersonRow, person) -> bool:
        """True where a row tells a month and the database a day; one of another month is said."""
        if not (row.rough and person.joined_on):
            return False
        if not _same_day(row, person.joined_on):
            self.roster.note(
                say(
                    "%(place)s的%(name)s入党日期只写到 %(month)s，库里是 %(day)s，没有改；要改请写到日。",
                    place=row.place,
                    name=row.name,
                    month=f"{row.joined:%Y-%m}",
                    day=person.joined_on.isoformat(),
                )
            )
        return True

    def _membership(self, row: PersonRow, unit: _Known, person_id: str) -> None:
        now, group_id = self.member.get(person_id), self.groups.named(row, unit)
        if now and now.unit_id == unit.id:
            if row.group and group_id != now.group_id:
                self.plan.group_changes[now.id] = person_id, now.group_id, group_id
            return
        if now:
            self.plan.memberships_ended[now.id] = max(self.yesterday, now.from_on)
            self.plan.moved.append((row.name, unit.name))
            self.plan.departed.add(person_id)
            self._end_posts(person_id, now.unit_id)
        self.plan.memberships.append(
            {
                "id": new_id(),
                "zone_id": self.zone.id,
                "person_id": person_id,
                "unit_id": unit.id,
                "group_id": group_id,
                "sort": self.order[unit.id],
                "from_on": unit.since if unit.new else self.today,
            }
        )

    def _posts(self, row: PersonRow, unit: _Known, person_id: str) -> None:
        wanted = {
            (seat, office)
            for office, where in row.offices
            if (seat := self._seat(row, unit, office, where, person_id))
        }
        held = {(post.unit_id, post.office): post for post in self.posts.get(person_id, ())}
        relieved = {key for key in held.keys() - wanted if self._relieves(unit, held[key])}
        waits = {
            (one.unit_id, one.office, one.begins): one for one in self.waiting.get(person_id, ())
        }
        asked = {(*key, True) for key in wanted - set(held)} | {(*key, False) for key in relieved}
        for seat_id, office, begins in sorted(asked - set(waits)):
            if begins and not self._may_hold(row, held, office):
                continue
            day = (row.since or self.today) if begins else self.yesterday
            name = self._name_of(seat_id)
            self.plan.asked.append(Asked(person_id, seat_id, office, day, begins, row.name, name))
        self.plan.dropped += [one.id for key, one in waits.items() if key not in asked]

    def _relieves(self, unit: _Known, post: Post) -> bool:
        """True where a roster of the branch that doesn't name a post means that it ends."""
        return (
            self.groups.inside(post.unit_id, unit.id)
            and post.office not in ADMINISTRATORS
            and post.id not in self.plan.posts_ended
        )

    def _may_hold(self, row: PersonRow, held: dict, office: str) -> bool:
        """True where a post goes with those that a person holds; otherwise a trouble."""
        apart = {office, *(post.office for post in held.values())} & ADMINISTRATORS
        if apart and (held or office in ADMINISTRATORS):
            self.roster.trouble(row.place, row.name, ADMINISTER)
            return False
        return True

    def _name_of(self, unit_id: str) -> str:
        if unit_id in self.by_id:
            return self.by_id[unit_id].name
        return self.by_id[self.groups.branch_of[unit_id]].name + self.groups.names[unit_id]

    def _seat(
        self, row: PersonRow, unit: _Known, office: str, where: str, person_id: str
    ) -> str | None:
        """Return the organization of a post: one's own, or the one that is named; of a group leader
        the group.
        """
        if office == "group_leader" and unit.kind == "branch":
            now = self.member.get(person_id)
            return self.groups.led(
                row, unit, where, now.group_id if now and now.unit_id == unit.id else None
            )
        seat = unit
        if where:
            keys = (
                unit_key(where),
                unit_key(f"{where}党委"),
            )  # 青溪镇党委书记 reads 党委书记 of 青溪镇
            found = next((self.by_key[key] for key in keys if key in self.by_key), [])
            if len(found) != 1:
                self.roster.trouble(
                    row.place, where, N_("职务里写的党组织没有找到，请写库里的名称。")
                )
                return None
            seat = found[0]
        if seat.kind == "branch" and office in ABOVE_BRANCHES:
            self.roster.trouble(row.place, row.name, ABOVE_ONLY)
            return None
        return seat.id

    def _end(self, post) -> None:
        if post.office not in ADMINISTRATORS:
            self.plan.posts_ended[post.id] = max(self.yesterday, post.from_on)

    def _end_posts(self, person_id: str, unit_id: str) -> None:
        for post in self.posts.get(person_id, ()):
            if self.groups.inside(post.unit_id, unit_id):
                self._end(post)

    def _gone(self, covered: dict[str, _Known]) -> None:
        """End the membership of those whom a roster of their branch no longer names."""
        members: dict[str, int] = defaultdict(int)
        leaving: dict[str, int] = defaultdict(int)
        for person_id, row in self.member.items():
            if row.unit_id not in covered or person_id not in self.persons:
                continue
            members[row.unit_id] += 1
            if person_id not in self.matched:
                leaving[row.unit_id] += 1
                self.plan.departed.add(person_id)
                self.plan.left.append(
                    (person_id, self.persons[person_id].name, covered[row.unit_id].name)
                )
                self.plan.memberships_ended[row.id] = max(self.yesterday, row.from_on)
                self._end_posts(person_id, row.unit_id)
                self.plan.dropped += ids_of(self.waiting.get(person_id, ()))
        for unit_id, count in leaving.items():
            if count >= MANY and 3 * count > members[unit_id]:
                self.plan.thinned.append(
                    say(
                        "%(unit)s现有 %(members)s 人，名册里少了 %(count)s 人",
                        count=count,
                        unit=covered[unit_id].name,
                        members=members[unit_id],
                    )
                )
