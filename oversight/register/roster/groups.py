"""党小组 in a roster: which are there, which are new, and where their leaders sit. Fills a plan,
writes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.db import new_id
from oversight.base.sentences import N_, say
from oversight.models import Unit

from . import cells
from .parse import PersonRow, Roster

UNNUMBERED = 1000  # groups with a name of their own come after the numbered ones


class Groups:
    """The groups of a zone as the database and the file know them; a branch is anything with id,
    path and kind.
    """

    def __init__(self, session: Session, roster: Roster, plan, today: date):
        self.roster, self.plan, self.today = roster, plan, today
        self.by_key: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.branch_of: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.unnamed: list[str] = []
        for row in session.execute(
            sa.select(Unit.id, Unit.parent_id, Unit.name).where(
                Unit.zone_id == plan.zone_id, Unit.kind == "group", Unit.ended_on.is_(None)
            )
        ):
            self._know(row.id, row.parent_id, row.name)

    def _know(self, group_id: str, branch_id: str, name: str) -> None:
        self.by_key[branch_id, cells.group_key(name)].append(group_id)
        self.branch_of[group_id] = branch_id
        self.names[group_id] = name

    def inside(self, unit_id: str, branch_id: str) -> bool:
        """True of a branch itself and its groups."""
        return branch_id in (unit_id, self.branch_of.get(unit_id))

    def named(self, row: PersonRow, branch) -> str | None:
        """Return the group that a row names, founded where it is new; None where it names none."""
        if row.group in ("", cells.NO_GROUP):
            return None
        if branch.kind != "branch":
            self.roster.trouble(
                row.place,
                row.group,
                N_("党小组只设在党支部里，请清空“党小组”一格，或改写支部名称。"),
            )
            return None
        return self._known(row, branch, row.group) or self._made(row.group, branch)

    def _known(self, row: PersonRow, branch, name: str) -> str | None:
        found = self.by_key[branch.id, cells.group_key(name)]
        if len(found) > 1:
            self.roster.trouble(
                row.place, name, N_("库里这个支部有几个同名的党小组，请先在“管理”里更名。")
            )
        return found[0] if found else None

    def _made(self, name: str, branch) -> str:
        group_id, counted = new_id(), cells.group_key(name)
        self._know(group_id, branch.id, name)
        self.plan.group_names.append((name, branch.name))
        self.plan.groups.append(
            {
                "id": group_id,
                "zone_id": self.plan.zone_id,
                "parent_id": branch.id,
                "path": f"{branch.path}{group_id}/",
                "kind": "group",
                "category": None,
                "name": name,
                "passes_through": False,
                "sort": int(counted) if counted.isdecimal() else UNNUMBERED,
                "accountable_from": branch.since if branch.new else self.today.replace(day=1),
            }
        )
        return group_id

    def led(self, row: PersonRow, branch, where: str, now: str | None) -> str | None:
        """Return where a 党小组长 sits: the group named in the post, else his own, else the branch, and
        that is told.
        """
        if where and cells.unit_key(where) != cells.unit_key(branch.name):
            return self._led(row, branch, where)
        group_id = self.named(row, branch) if row.group else now
        if group_id is None:
            self.unnamed.append(row.name)
        return group_id or branch.id

    def _led(self, row: PersonRow, branch, where: str) -> str | None:
        try:
            found = self._known(row, branch, cells.group(where, branch.name))
        except cells.Unreadable as refusal:
            self.roster.trouble(row.place, where, refusal.args[0])
            return None
        if found is None:
            self.roster.trouble(
                row.place, where, N_("职务里写的党小组没有找到，请在“党小组”一列写上。")
            )
        return found

    def tell(self) -> None:
        """Note the leaders of whom nobody knows the group; once, also where a kept roster is
        compared again.
        """
        note = say(
            "这些党小组长没有写党小组，职务先记在支部：%(names)s。",
            names="、".join(self.unnamed[:20]),
        )
        if self.unnamed:
            self.roster.note(note)
