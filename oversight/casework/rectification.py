"""What is noted about an order beside its moves: who of the branch first saw it, and when its
members were told.

Neither moves the case: 签收 stays an act of its own, and 销号 waits for nobody's telling.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.db import find, insert_once, new_id
from oversight.base.refusals import DomainError, InvalidInput, InvalidTransition, RuleViolation
from oversight.base.rows import ids_of
from oversight.base.sentences import N_, say
from oversight.engine import authority, transitions
from oversight.engine.use_case import use_case
from oversight.law.binding import own_id
from oversight.models import Activity, Case, Person, Sighting, Unit
from oversight.organization.actor import Actor
from oversight.organization.units import merged_into, successor_of

ORDER = "rectification"
TELL = "G-3.2.5c"


# Seen --------------------------------------------------------------------------------------------


def see(session: Session, case: Case, who: Actor, at: Moment) -> bool:
    """Note once that somebody who keeps the branch's business saw an issued order. Does not commit.

    Reads by others are not recorded. Returns whether this was his first time.
    """
    if not unseen(session, case, who):
        return False
    return insert_once(
        session,
        Sighting,
        id=new_id(),
        zone_id=case.zone_id,
        case_id=case.id,
        person_id=who.id,
        unit_id=case.unit_id,
        at=at.now,
    )


def unseen(session: Session, case: Case, who: Actor, seen: list | None = None) -> bool:
    """True where a look of this reader at this order is to be noted; `seen`: who has seen it."""
    if case.workflow != ORDER or case.number is None:
        return False
    if not authority.is_led_by(session, case.unit, who):
        return False
    seen = seen_by(session, case) if seen is None else seen
    return who.id not in {row.person_id for row, _name in seen}


def seen_by(session: Session, case: Case) -> list[tuple[Sighting, str]]:
    """Return who of the branch has seen an order, with the name, the first of them first."""
    if case.workflow != ORDER:
        return []
    return list(
        session.execute(
            sa.select(Sighting, Person.name)
            .join(Person, Person.id == Sighting.person_id)
            .where(Sighting.case_id == case.id)
            .order_by(Sighting.at, Sighting.id)
        )
    )


# Told --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Telling:
    """When the members are told of an order that was met: at the branch's next party day, and what
    is said then.
    """

    case: Case
    due: Activity | None
    told: dict | None
    chosen_from: tuple[Activity, ...] = ()

    @property
    def text(self) -> list[str]:
        """Return what is to be read to the members, one paragraph each. Source: G-3.2.5c"""
        facts = self.case.facts
        last = facts["rounds"][-1]
        year, month, day = map(int, last["on"].split("-"))
        head = say(
            "%(number)s整改通知书指出我支部%(count)s个问题，已整改到位或说明情况，%(y)s年%(m)s月%(d)s日销号。",
            number=self.case.number,
            count=len(facts["findings"]),
            y=year,
            m=month,
            d=day,
        )
        lines = [
            say(
                "%(n)s. %(fact)s。整改情况：%(measure)s。",
                n=number,
                fact=finding["fact"].rstrip("。"),
                measure=item["measure"].rstrip("。"),
            )
            for number, (finding, item) in enumerate(
                zip(facts["findings"], last["report"], strict=True), 1
            )
        ]
        return [head, *lines]


def telling(session: Session, case: Case) -> Telling | None:
    """Return how the telling about an order stands; None for one that is not met."""
    if case.workflow != ORDER or case.state != "closed" or not case.facts.get("rounds"):
        return None  # without rounds it has been written past the program
    rows = list(
        session.scalars(
            sa.select(Activity)
            .where(
                Activity.unit_id == successor_of(session, case.unit).id,
                Activity.kind == "party_day",
                sa.func.coalesce(Activity.held_on, Activity.day) > _closed_on(case),
            )
            .order_by(sa.func.coalesce(Activity.held_on, Activity.day))
        )
    )
    held = tuple(row for row in rows if row.held_on)
    return Telling(
        case, held[0] if held else rows[0] if rows else None, case.facts.get("told"), held
    )


def _closed_on(case: Case) -> date:
    return date.fromisoformat(case.facts["rounds"][-1]["on"])


def tell_members(session: Session, case_id: str, activity_id: str, who: Actor, at: Moment) -> Case:
    """Note at which party day the members were told, once, and commit; a refusal changes nothing
    but its row.

    Raises NotFound, Forbidden, InvalidTransition, InvalidInput, RuleViolation.
    """
    with use_case(session, who, at, "tell_members", case_id=case_id):
        return _tell(session, case_id, activity_id, who, at)


def _tell(session: Session, case_id: str, activity_id: str, who: Actor, at: Moment) -> Case:
    case = transitions.lock(session, case_id)
    unit = successor_of(session, case.unit)
    basis = authority.leads(session, unit, who)
    found = telling(session, case)
    if found is None:
        raise InvalidTransition("整改销号以后才向党员通报。")
    if found.told:
        raise InvalidTransition(
            "已经登记过向党员通报，不用再登记。", **transitions.last_act(session, case)
        )
    if activity_id not in set(ids_of(found.chosen_from)):
        raise _no(session, activity_id, unit, at)
    facts = {"activity": activity_id, "on": at.today.isoformat(), "by": who.id}
    transitions.amend_facts(session, case.id, "tell_members", {"told": facts}, who, basis, at)
    return case


def _no(session: Session, activity_id: str, unit: Unit, at: Moment) -> DomainError:
    """Say why the members cannot have been told at an activity."""
    row = find(session, Activity, activity_id)
    if row is None or row.unit_id != unit.id:
        return InvalidInput({"activity": N_("请选本支部销号以后开展的一次主题党日。")})
    sentence = (
        N_("这次党日还没有登记开展，通报以后再登记。")
        if row.held_on is None
        else N_("这次党日在销号以前，请选销号以后开展的党日。")
    )
    return RuleViolation(sentence, field="activity", clause=own_id(TELL, unit.category))


def untold(session: Session, unit: Unit) -> dict[str, list[Case]]:
    """Return by activity the met orders that a branch's members are still to be told of there.

    Those of branches merged into it are among them.
    """
    units = [unit.id, *merged_into(session, unit.zone_id, {unit.id})]
    found: dict[str, list[Case]] = {}
    for case in session.scalars(
        sa.select(Case)
        .where(Case.unit_id.in_(units), Case.workflow == ORDER, Case.state == "closed")
        .order_by(Case.closed_at)
    ):
        still = None if case.facts.get("told") else telling(session, case)
        if still is not None and still.due is not None:
            found.setdefault(still.due.id, []).append(case)
    return found
