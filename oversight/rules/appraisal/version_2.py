"""The appraisal's moves as version 2 had them: the branch excused from the self-assessment, members
were named one by one, and all might be told at once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from oversight.law.definition import Move
from oversight.rules.common import another_person

from . import outcome, ratings, roster
from .words import AWAY, NOTE, TELL

LATER = ("ask_excuse", "consent_excuse", "deny_excuse")
OLD_GUARDS = {roster.met_in_this_round: roster.meeting_was_held}
SINCE_3 = (
    *(roster.appraised_by_somebody, roster.nobody_is_graded_twice, roster.grade_once),
    *(ratings.note_share, outcome.harsh_one_by_one),
)
ALONE = (another_person, roster.not_about_oneself)
CHANGED: dict[str, dict[str, Any]] = {
    "ask_not_counted": {
        "asks": AWAY,
        "place": "aside",
        "only_if": (roster.counted_so_far,),
        "does": (roster.ask_not_counted,),
    },
    "consent_not_counted": {
        "asks": (NOTE,),
        "place": "",
        "only_if": ALONE,
        "does": (roster.not_count,),
    },
    "deny_not_counted": {"only_if": ALONE},
    "tell": {"asks": TELL[:1], "does": (outcome.tell,)},
}


def move(now: Move) -> Move:
    """Return a move as version 2 had it."""
    only_if = tuple(OLD_GUARDS.get(guard, guard) for guard in now.only_if if guard not in SINCE_3)
    does = tuple(one for one in now.does if one not in SINCE_3)
    return replace(replace(now, only_if=only_if, does=does), **CHANGED.get(now.name, {}))
