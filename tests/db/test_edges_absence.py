"""Edges of an absentee's follow-up. From the guidance 三（二）1, 四（四） and the dossier §8."""

from __future__ import annotations

import pytest

from tests.db.test_absence_walk import CALL, do, missing

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
