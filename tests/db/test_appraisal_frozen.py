"""What a committee is given is frozen as the matter goes up; a later correction stands beside it, marked.
From issue part 6, 2.
"""

from __future__ import annotations

from oversight.calendar.party_days import activity_for
from oversight.casework import appraisal
from oversight.ledger import attendance
from tests.db.test_appraisal_walk import Appraising
from tests.support.world import at


def take(play, day: str, missing: tuple[str, ...] = (), why: str = "") -> None:
    """Record, or correct, the village's November on a day."""
    moment = at(day)
    row = activity_for(play.session, play.world.units["village"], 2026, 11)
    roster = [one.id for one in attendance.roster(play.session, row, row.day)]
    out = [play.world.people[name].id for name in missing]
    raw = {"present": [one for one in roster if one not in out], "absent": out, "why": why}
    who = play.world.actor("village.secretary", moment.today)
    attendance.record(play.session, row.id, attendance.read_sheet(raw), who, moment)
    play.session.commit()


def line(play, name: str) -> appraisal.Line:
    [found] = appraisal.lines(play.session, play.case, play.world.people[name].id)
    return found


def test_a_later_correction_stands_beside_what_went_up(session, world):
    play = Appraising.of_eight(session, world)
    take(play, "2026-11-09", ("village.member1",))
    play.rated()
    assert line(play, "village.member1").attendance["absent"] == 1
    take(play, "2026-11-24", why="本人在分会场")
    found = line(play, "village.member1")
    assert (found.attendance["absent"], found.attendance["present"]) == (1, 0)
    assert (found.corrected["absent"], found.corrected["present"]) == (0, 1)
    assert line(play, "village.member2").corrected is None
