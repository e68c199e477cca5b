"""Facts of what a superior takes note of: that it stands in the record of a party day."""

from __future__ import annotations

from oversight.base.db import find
from oversight.base.sentences import N_
from oversight.calendar.party_days import BETTER, entered_late
from oversight.models import Activity

from .context import TransitionContext

ABOUT = (("correction", N_("更正")), ("late_entry", N_("补录")), ("filing", N_("活动情况备案")))
WAS = tuple(BETTER.items())


def business_key(attempt: TransitionContext) -> str:
    """Return what is to be noted: one thing of one version of a record, for good."""
    facts = attempt.case.facts
    row = attempt.session.get(Activity, facts["record"])
    return f"{row.id}:{facts['about']}:{row.version}"


def stands_in_record(attempt: TransitionContext) -> bool:
    """True where the branch's own record as it stands gives rise to it."""
    facts = attempt.case.facts
    row = find(attempt.session, Activity, facts["record"])
    if row is None or row.unit_id != attempt.case.unit_id:
        return False
    return {
        "correction": bool(row.bettered),
        "late_entry": entered_late(attempt.session, row),
        "filing": attempt.unit.rule_set == "soe" and row.confirmed_at is not None,
    }[facts["about"]]
