"""The secretary's evening: what a month asks of a village, an organ and a firm, counted on the pages as a person
fills them in without JavaScript. A submission is a form sent; an entry is a tap, a choice or a line typed that
did not stand there already.
"""

from __future__ import annotations

from collections import Counter

import pytest

from oversight.calendar.party_days import activity_for
from oversight.ledger import obligations
from tests.db.test_attendance import cases
from tests.db.test_obligations import owed

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MONTH = "2026-11"
MOST = {  # submissions, entries; a firm also chooses its day and says where its records lie (P-4.2a)
    "village": (4, 25),
    "organ": (4, 25),
    "firm": (4, 26),
}
NOTES = {
    "STUDY.SPEECHES": "在基层调研时的讲话",
    "PLAN.OWN_ITEMS": "清沟渠",
    "PLAN.CONSULT": "走访六户",
    "PLAN.COMMITTEE_MEETING": "3日，委员都到",
    "RECORD.EVIDENCE": "党建室第二格",
}


class Evening:
    """A secretary at the pages; counts what she sends and enters."""

    def __init__(self, somebody):
        self.somebody, self.told = somebody, Counter()

    def send(self, address: str, action: str, **words):
        page = self.somebody.get(address)
        stands = Counter(page.fields(action))
        given = Counter(
            (name, one)
            for name, value in words.items()
            for one in (value if isinstance(value, list) else [value])
        )
        self.told += Counter(submissions=1, entries=sum((given - stands).values()))
        return self.somebody.submit(page, action, **words)


def absences(world, unit: str) -> dict:
    """Return the entries for one absent and two on leave."""
    who = [world.people[f"{unit}.member{n}"].id for n in (1, 2, 3)]
    words = {f"why-{person}": "外出" for person in who[:2]}
    return {"out": who, f"kind-{who[2]}": "absent", **words}


def month(reader, session, world, unit: str, planned: bool) -> Counter:
    """Live the month of a branch with three absentees: the sheet, the contacts, the lessons."""
    row = activity_for(session, world.units[unit], 2026, 11)
    session.commit()
    evening = Evening(reader(f"{unit}.secretary"))
    if planned:
        words = {"met_on": "2026-11-03", "consulted": "走访六户", "own": "清沟渠"}
        evening.send(f"/activities/{row.id}/plan", "/plan", **words)
    address = f"/activities/{row.id}/attendance"
    asked = [key for key in NOTES if not (planned and key.startswith("PLAN."))]
    shown = {name for name, _value in evening.somebody.get(address).fields("/attendance")}
    notes = {f"note-{key}": NOTES[key] for key in asked if f"note-{key}" in shown}
    held = {"held_on": "2026-11-06"} if not world.units[unit].fixed_day else {}
    evening.send(address, "/attendance", all_done="1", **absences(world, unit), **notes, **held)
    follow = f"/units/{world.units[unit].id}/follow-ups"
    ids = [case.id for case in cases(session)]
    told = {"reached": "true", "way": "phone", "told": "true", "reason": "外出"}
    evening.send(follow, "/record_contact", case=ids, **told)
    lesson = {"form": "visit", "held_on": "2026-11-24", "note": "学习党章"}
    evening.send(follow, "/record_lesson", case=ids, **lesson)
    return evening.told


@pytest.mark.parametrize("planned", [False, True])
@pytest.mark.parametrize("unit", MOST)
def test_a_month_with_three_absentees_is_a_short_evening(
    reader, session, world, unit, planned, capsys
):
    """Where the plan was made before the day its page is one of the submissions, and the sheet asks it
    no more.
    """
    told = month(reader, session, world, unit, planned)
    with capsys.disabled():
        print(
            f"\n{unit}{', planned' if planned else ''}: {told['submissions']} submissions, {told['entries']} entries"
        )
    submissions, entries = MOST[unit]
    assert told["submissions"] <= submissions and told["entries"] <= entries
    left = {
        key
        for (key, period), one in owed(session, world, unit).items()
        if period == MONTH and one.kind == "must" and one.state != obligations.SETTLED
    }
    assert left == set(), "the month is settled with it"
