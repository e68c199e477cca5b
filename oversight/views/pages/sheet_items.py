"""The lower half of a monthly sheet: what the branch owes this month, confirmed by one key, and what else
it may have done. Listed and not ticked: nothing is said before somebody says it.
"""

from __future__ import annotations

from dataclasses import dataclass

from oversight.base.db import db
from oversight.ledger import duty_records
from oversight.ledger.duty_records import LECTURES, Item
from oversight.models import Activity, Person
from oversight.rules import theme

CONFIRMED, NOT, DID, LECTURER, LECTURE = "all_done", "not", "did", "lecturer", "LECTURE.QUARTERLY"


@dataclass(frozen=True)
class Line:
    """An item as it stands in the form: `done`, its note, and the ids of the members without it."""

    item: Item
    done: bool
    note: str
    without: frozenset[str]

    @property
    def key(self) -> str:
        return self.item.duty.key


class Items:
    """The items of one sheet; `posted` is a form that came back."""

    lecturers = LECTURES

    def __init__(self, activity: Activity, people: list[Person], posted=None):
        found = duty_records.items(db.session, activity, people)
        self.theme = theme.of_month(db.session, activity.zone_id, activity.year, activity.month)
        self.posted, self.stands = posted, {one.duty.key for one in found if one.row}
        lines = [_line(one, posted) for one in found]
        self.owed = [line for line in lines if line.item.owed]
        self.also = [line for line in lines if not line.item.owed and line.key not in LECTURES]

    @property
    def confirmed(self) -> bool:
        """True where the one key stands pressed: it was, or the sheet says so already."""
        if self.posted is not None:
            return CONFIRMED in self.posted
        return any(line.done for line in self.owed)

    @property
    def lecturer(self) -> str:
        if self.posted is not None:
            return self.posted.get(LECTURER, "")
        return next((key for key in LECTURES if key in self.stands), "")


def _line(item: Item, posted) -> Line:
    key, row = item.duty.key, item.row
    if posted is None:
        facts = row.facts if row else {}
        return Line(
            item, row is not None, facts.get("note", ""), frozenset(facts.get("except", ()))
        )
    done = key not in posted.getlist(NOT) if item.owed else key in posted.getlist(DID)
    return Line(
        item, done, posted.get(f"note-{key}", ""), frozenset(posted.getlist(f"without-{key}"))
    )


def read(items: Items) -> dict[str, dict] | None:
    """Return what the form says was done, in the shape that the API sends; None where it says nothing
    and nothing stood.
    """
    done = [line for line in items.owed if line.done and items.confirmed]
    done += [line for line in items.also if line.done]
    found = {line.key: {"note": line.note, "except": sorted(line.without)} for line in done}
    if LECTURE in found and items.lecturer in LECTURES:
        found[items.lecturer] = {"note": found[LECTURE]["note"]}
    return found if found or items.stands else None
