"""The burden budget: the month of a village branch of 40 with three absentees, driven through the
pages and counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from oversight.calendar.party_days import plan_year
from oversight.models import Activity, Case
from tests.browser.test_part2 import grow, settle
from tests.support.html import Page, Reader
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ENTRIES, SENTENCES, SUBMISSIONS = 25, 4, 6  # a branch and month, at most


@dataclass
class Diligent:
    """A secretary who fills in forms and is counted: what is tapped or chosen, what is typed, what
    is sent.
    """

    reader: Reader
    entries: int = 0
    sentences: int = 0
    submissions: int = 0

    def send(self, page: Page, action: str, **words) -> Page:
        stands = page.fields(action)
        for name, value in words.items():
            for one in value if isinstance(value, list) else [value]:
                self.entries += (name, one) not in stands
                self.sentences += (name, one) not in stands and name in ("note", "why", "host_why")
        self.submissions += 1
        return self.reader.submit(page, action, **words)


def test_the_month_of_a_village_fits_the_budget(reader, world, session, clock):
    grow(world)
    plan_year(session, [world.units["village"]], 2026, at("2026-01-05"))
    settle(
        session,
        world,
        10,
        "2026-10-12",
        {"village.more0": "visit", "village.more1": "receiving_branch"},
    )
    clock.now = at("2026-11-09").now
    secretary = Diligent(reader("village.secretary"))
    contacts = f"/units/{world.units['village'].id}/follow-ups"
    a, b, c = (world.people[f"village.more{n}"].id for n in (7, 8, 9))

    november = session.scalar(
        sa.select(Activity.id).where(
            Activity.unit_id == world.units["village"].id, Activity.month == 11
        )
    )
    sheet = secretary.reader.get(f"/activities/{november}/attendance")
    usual = [value for name, value in sheet.fields("/attendance") if name == "out"]
    page = secretary.send(
        sheet,
        "/attendance",
        out=[*usual, a, b, c],
        as_before="1",
        **{f"why-{a}": "外出", f"why-{b}": "身体", f"kind-{c}": "absent"},
    )
    missing = session.scalars(sa.select(Case.id).where(Case.workflow == "absence")).all()
    assert len(missing) == 3
    secretary.send(
        page,
        "/record_contact",
        case=missing,
        reached="true",
        way="phone",
        told="true",
        reason="外出",
    )
    clock.now = at("2026-11-20").now
    secretary.reader.login("village.secretary")
    page = secretary.send(
        secretary.reader.get(contacts),
        "/record_lesson",
        case=missing,
        form="visit",
        held_on="2026-11-18",
        note="送学上门，学习党章第一章",
    )
    session.expire_all()
    assert set(session.scalars(sa.select(Case.state))) == {"made_up"}, "nobody is dropped"
    counted = (secretary.entries, secretary.sentences, secretary.submissions)
    assert counted == (20, 1, 3), (
        "what the pages ask for has changed: look whether the budget still holds"
    )
    assert (
        secretary.entries <= ENTRIES
        and secretary.sentences <= SENTENCES
        and secretary.submissions <= SUBMISSIONS
    )
