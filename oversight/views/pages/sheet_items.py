"""The lower half of a monthly sheet: what the branch owes this month, confirmed by one key, and what else
it may have done. Listed and not ticked: nothing is said before somebody says it.
"""

from __future__ import annotations

from dataclasses import dataclass

from oversight.base.db import db
from oversight.base.lazy import cached_property
from oversight.ledger import charter, duty_records
from oversight.ledger.duty_records import LECTURES, PLANNED, Item
from oversight.models import Activity, Person
from oversight.rules import theme

CONFIRMED, NOT, DID, LECTURER, LECTURE = "all_done", "not", "did", "lecturer", "LECTURE.QUARTERLY"


@dataclass(frozen=True)
class Line:
    """An item as it stands in the form: `done`, its note, and the ids of the members without it;
    `planned`: it was written down before the day, and the sheet asks it no more.
    """

    item: Item
    done: bool
    note: str
    without: frozenset[str]
    planned: bool = False

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
        lines = [_line(one, posted, activity) for one in found]
        self.owed = [line for line in lines if line.item.owed]
        self.also = [line for line in lines if not line.item.owed and line.key not in LECTURES]

    @cached_property
    def charter(self) -> tuple[str, list[tuple[int, str]], list[str]]:
        """Return the year's plan of the charter, what other sheets say was read in which month, and what is
        left with what this one says.
        """
        line = next((one for one in self.also if one.key == duty_records.CHARTER), None)
        planned, read_ = (line.item.charter if line else None) or ("", [])
        own = [line.note] if line and line.done else []
        return planned, read_, charter.left([*(note for _month, note in read_), *own])

    @property
    def confirmed(self) -> bool:
        """True where the one key stands pressed: it was, or the sheet says so already."""
        if self.posted is not None:
            return CONFIRMED in self.posted
        return any(line.done and not line.planned for line in self.owed)

    @property
    def lecturer(self) -> str:
        if self.posted is not None:
            return self.posted.get(LECTURER, "")
        return next((key for key in LECTURES if key in self.stands), "")


def _line(item: Item, posted, activity: Activity) -> Line:
    key, row = item.duty.key, item.row
    filed = activity.held_entered_at
    planned = row is not None and key in PLANNED and (filed is None or row.noted_at < filed)
    if posted is None:
        facts = row.facts if row else {}
        said, without = facts.get("note", ""), facts.get("except", ())
        return Line(item, row is not None, said, frozenset(without), planned)
    done = key not in posted.getlist(NOT) if item.owed else key in posted.getlist(DID)
    said, without = posted.get(f"note-{key}", ""), posted.getlist(f"without-{key}")
    return Line(item, done, said, frozenset(without), planned)


def read(items: Items) -> dict[str, dict] | None:
    """Return what the form says was done, in the shape that the API sends; None where it says nothing
    and nothing stood.
    """
    done = [line for line in items.owed if line.done and (items.confirmed or line.planned)]
    done += [line for line in items.also if line.done]
    found = {line.key: {"note": line.note, "except": sorted(line.without)} for line in done}
    if LECTURE in found and items.lecturer in LECTURES:
        found[items.lecturer] = {"note": found[LECTURE]["note"]}
    return found if found or items.stands else None
