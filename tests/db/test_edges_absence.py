"""Edges of an absentee's follow-up. From the guidance 三（二）1, 四（四） and the dossier §8."""

from __future__ import annotations

from datetime import date

import pytest

from oversight.time import sweep
from tests.db.test_absence_walk import CALL, do, missing, refused
from tests.support.world import at

FOUND = {"heard": "本人称忘记了时间", "note": "支委会研究认定"}


@pytest.mark.parametrize("answer, kept", [("uphold_finding", True), ("overturn_finding", False)])
def test_with_the_finding_falls_the_talk_that_rested_on_it(session, world, answer, kept):
    case = missing(session, world)
    do(session, world, case, "record_contact", CALL)
    do(session, world, case, "find_unexcused", FOUND)
    do(session, world, case, "educate", {"measure": "谈话提醒"})
    do(session, world, case, "object", {"reason": "当天已口头请假"}, who="village.member1")
    done = do(session, world, case, answer, who="town1.officer")
    assert (bool(done.facts["unexcused"]), bool(done.facts["education"])) == (kept, kept)


def test_the_days_in_which_the_finding_is_disputed_are_no_days_for_the_lesson(session, world):
    """Until 4 December there were sixteen working days, one of them was used: fifteen are left."""
    case = missing(session, world)
    sweep.sweep(session, at("2026-10-09"))
    due = do(session, world, case, "record_contact", CALL).due_on
    do(session, world, case, "find_unexcused", FOUND)
    why = {"reason": "当天已口头请假"}
    do(session, world, case, "object", why, who="village.member1", on="2026-11-13")
    done = do(session, world, case, "uphold_finding", who="town1.officer", on="2026-11-20")
    assert (done.state, due, done.due_on) == ("to_make_up", date(2026, 12, 4), date(2026, 12, 11))


@pytest.mark.parametrize(
    "on, held_on, fits",
    [
        ("2026-11-10", "2026-11-10", True),
        ("2026-11-10", None, True),
        ("2026-11-10", "2026-11-12", False),
        (None, "2026-11-12", True),
        (None, "2026-11-11", False),
    ],
)
def test_a_lesson_entered_with_the_contact_was_given_on_that_day(session, world, on, held_on, fits):
    """Entered on the 12th: where no day of contact is given, it is that one."""
    case = missing(session, world)
    words = {**CALL, "form": "visit", "note": "学党章"}
    words |= {name: day for name, day in (("on", on), ("held_on", held_on)) if day}
    if fits:
        done = do(session, world, case, "record_contact", words)
        assert done.facts["lesson"]["held_on"] == (held_on or on)
    else:
        refused(session, world, case, "record_contact", words, match="同时登记")
