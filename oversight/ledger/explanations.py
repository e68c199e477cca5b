"""What a unit says of what it did not do in time: one sentence, shown beside it as such. It stays open and overdue;
nobody waives a 必须 by a sentence of his own, and what was done late after all is settled as ever.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from oversight.base import typed
from oversight.base.clock import Moment
from oversight.base.db import fetch
from oversight.base.refusals import InvalidInput, RuleViolation
from oversight.base.sentences import say
from oversight.engine.use_case import use_case
from oversight.law import duties as law
from oversight.law.clauses import house_rule
from oversight.models import DutyRecord, Unit
from oversight.organization.actor import Actor

from . import duty_records, obligations
from .duty_records import LONGEST, WHY, Done
from .obligations import OVERDUE, Obligation
from .tally import month_of

SAID = house_rule("没有按期做的如实说明情况；说明不等于结清，必须做的不能免除。")


def explainable(session: Session, unit: Unit, year: int, at: Moment) -> list[Obligation]:
    """Return what a unit owed of a year, also to its branches, must have done by now, has not and has not
    explained.
    """
    facts = obligations.read(session, [unit], year, at)
    if unit.kind == "branch":
        found = list(obligations.of_branch(facts, unit, None, own=False))
    else:
        below = {one.category for one in facts.records.branches}
        found = list(obligations.of_superior(facts, unit, below))
        found += obligations.of_lectures(session, unit, (year,), at)
    late = (one for one in found if one.state == OVERDUE and not one.why)
    return [one for one in late if one.kind == "must" and one.period]


def explain(
    session: Session, unit_id: str, year: int, what: str, note: str, who: Actor, at: Moment
) -> list[str]:
    """Say why something was not done in time, and commit; returns the keys. `what`: a period and a key
    (of what is owed to a branch its id too), or a month alone for all that its sheet settles.

    Raises NotFound, Forbidden, InvalidInput, RuleViolation.
    """
    with use_case(session, who, at, "explain"):
        unit = fetch(session, Unit, unit_id)
        basis = duty_records.writes(session, unit, who)
        said = typed.words(note)
        if not 0 < len(said) <= LONGEST:
            raise InvalidInput({"why": say("请写一句，最多 %(most)s 字。", most=LONGEST)})
        meant = [one for one in explainable(session, unit, year, at) if _is(one, what)]
        if not meant:
            raise RuleViolation(
                "这一项现在不是没有按期做的，不用说明；已经说明的，写错了先撤回。",
                field="what",
                house_rule=SAID.text,
            )
        of = meant[0].to or unit  # what is owed to a branch lies on its sheets
        sheet = duty_records.begun(session, of, year, at)
        keys = {WHY + one.key: Done(said) for one in meant}
        month = month_of(meant[0], year)
        duty_records.write(session, sheet, of, month, at.today, keys, who, basis, at)
        duty_records.chain(session, sheet, "duties", at, who, basis, {"done": sorted(keys)})
        return sorted(one.key for one in meant)


def explained(session: Session, unit: Unit, year: int) -> list[DutyRecord]:
    """Return what a unit said of what it did not do in a year, of what it owed its branches too, and what
    was taken back of it.
    """
    keys = {WHY + key: duty.by for key, duty in law.duties().items()}
    if unit.kind == "branch":
        rows = duty_records.of_year(session, unit, year)
        return [row for row in rows if keys.get(row.key) == law.BRANCH]
    below = [one.id for one in obligations.branches_below(session, [unit])]
    theirs = duty_records.said_of(session, below, year, obligations.LENT)
    own = [row for row in duty_records.of_year(session, unit, year) if row.key in keys]
    return own + [row for row in theirs if duty_records.speaker(session, row).id == unit.id]


def about(row: DutyRecord) -> tuple[str, str]:
    """Return of which time and of which duty something is said."""
    duty = law.duties()[row.key.removeprefix(WHY)]
    return obligations.named(row.year, duty.period, row.month), duty.title


def _is(one: Obligation, what: str) -> bool:
    period, _, rest = what.partition(":")
    key, _, to = rest.partition(":")
    if one.period != period or to != (one.to.id if one.to else ""):
        return False
    return one.key == key if key else law.duties()[one.key].settled in law.OF_THE_DAY
