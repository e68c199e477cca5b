"""Twenty committee members act at the same instant: all counted, one outcome; also twenty members
writing at once.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.models import Case, JournalRow, WorkItem
from oversight.models.cases import NO, YES
from tests.db import test_races
from tests.db.test_appraisal_walk import SELF, Appraising

pytestmark = pytest.mark.slow
TWENTY = [f"town1.seat{number}" for number in range(1, 17)] + [
    "town1.deputy",
    "town1.committee1",
    "town1.committee2",
    "town1.committee3",
]


@pytest.fixture
def village(session, world):
    for number in (1, 2, 3):
        world.person(f"village.more{number}", "village")
    for name in TWENTY[:16]:
        world.person(name)
        world.post(name, "town1", "committee")
    session.commit()
    return Appraising(session, world)


@pytest.mark.parametrize("against", [0, 11])
def test_twenty_at_the_same_instant(village, monkeypatch, against):
    village.rated()
    village.do("town1.secretary", "recuse", reason="与被评党员有亲属关系")
    monkeypatch.setitem(test_races.GOOD_WORDS, "decide", {"agree": True, "opinion": "同意"})
    results = test_races.together(
        village, *((name, village.case.id, "decide", None) for name in TWENTY[against:])
    )
    assert set(results) <= {"deciding", "telling"}, results
    monkeypatch.setitem(test_races.GOOD_WORDS, "decide", {"agree": False, "opinion": "不同意"})
    if against:
        results += test_races.together(
            village, *((name, village.case.id, "decide", None) for name in TWENTY[:against])
        )
    outcome = "returned" if against else "telling"
    assert set(results) <= {"deciding", outcome} and outcome in results, results
    decided = village.session.scalars(
        sa.select(JournalRow.move).where(
            JournalRow.case_id == village.case.id,
            JournalRow.from_state == "deciding",
            JournalRow.to_state != "deciding",
        )
    )
    assert list(decided) == ["not_agreed" if against else "agreed"], "one outcome"
    answers = list(
        village.session.scalars(
            sa.select(WorkItem.answer).where(
                WorkItem.case_id == village.case.id, WorkItem.role == "committee"
            )
        )
    )
    assert (answers.count(YES), answers.count(NO)) == (20 - against, against)
    assert village.session.get(Case, village.case.id, populate_existing=True).state == outcome


def test_all_members_write_at_the_same_instant(village, monkeypatch):
    village.begin()
    village.lead("open_self_assessment")
    monkeypatch.setitem(test_races.GOOD_WORDS, "file_self_assessment", SELF)
    results = test_races.together(
        village, *((name, village.case.id, "file_self_assessment", None) for name in village.people)
    )
    assert set(results) <= {"self_assessment", "self_done"}, (
        results
    )  # read after the commit, when others may have come
    assert (
        village.session.scalar(
            sa.select(sa.func.count()).where(
                JournalRow.case_id == village.case.id, JournalRow.move == "all_filed"
            )
        )
        == 1
    )
