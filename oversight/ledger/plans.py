"""What a branch settles before its party day: it asks members and people, its committee meets, and its own
items are chosen. What is written here settles the same duties as the sheet, which asks it no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from oversight.base import typed
from oversight.base.clock import Moment
from oversight.base.refusals import InvalidInput, RuleViolation
from oversight.base.rows import ids_of
from oversight.base.sentences import N_, say
from oversight.calendar.party_days import month_end
from oversight.engine import authority
from oversight.law.binding import own_id
from oversight.law.clauses import house_rule
from oversight.law.inputs import read_day
from oversight.models import Activity, Person, Unit
from oversight.organization.actor import Actor, AuthorityBasis
from oversight.organization.members import members

from . import duty_records, registers
from .duty_records import CONSULT, LONGEST, MEETING, OWN, Done

EARLIEST = timedelta(days=62)  # house rule: before the day
NEAR = house_rule("会前的支委会在党日以前两个月内召开，开了以后再登记。")


@dataclass(frozen=True)
class Plan:
    """When the committee met and who came, how members and people were asked, and the own items."""

    met_on: str = ""
    came: tuple[str, ...] = ()
    consulted: str = ""
    own: str = ""

    @property
    def done(self) -> dict[str, Done]:
        found = {
            MEETING: Done(met_on=self.met_on, came=self.came) if self.met_on else None,
            CONSULT: Done(self.consulted) if self.consulted else None,
            OWN: Done(self.own) if self.own else None,
        }
        return {key: done for key, done in found.items() if done}


def read(raw: Mapping[str, object]) -> Plan:
    """Read a plan as a page sends it: `met_on`, `came`, `consulted`, `own`. Who came counts only with
    the day on which they met. Raises InvalidInput.
    """
    day, came = str(raw.get("met_on") or "").strip(), raw.get("came") or []
    if day and read_day(day) is None:
        raise InvalidInput({"met_on": N_("日期要写成 2026-01-09 这样。")})
    if day and not came:
        raise InvalidInput({"came": N_("请点出哪些人参加了会议。")})
    people = tuple(dict.fromkeys(map(str, came))) if day and isinstance(came, list) else ()
    return Plan(day, people, _line(raw, "consulted"), _line(raw, "own"))


def _line(raw: Mapping[str, object], name: str) -> str:
    said = typed.sentence(str(raw.get(name) or ""))
    if said and not typed.says(said):
        raise InvalidInput({name: say("请写一句，最多 %(most)s 字。", most=LONGEST)})
    if len(said) > LONGEST:
        raise InvalidInput({name: say("最多写 %(most)s 字。", most=LONGEST)})
    return said


def of(session: Session, row: Activity) -> Plan:
    """Return what stands of a party day's plan."""
    stands = duty_records.of_sheets(session, [row.id]).get(row.id, {})
    facts = {key: one.facts for key, one in stands.items()}
    meeting = facts.get(MEETING, {})
    return Plan(
        meeting.get("met_on", ""),
        tuple(meeting.get("came", ())),
        facts.get(CONSULT, {}).get("note", ""),
        facts.get(OWN, {}).get("note", ""),
    )


def has_committee(session: Session, unit: Unit, on: date) -> bool:
    """True where a branch has a committee; else its secretary and members settle it. Source: G-2.3.2a"""
    return not authority.small_branch(session, unit, on)


def who_meets(session: Session, unit: Unit, on: date) -> list[Person]:
    """Return who may have come to the meeting before a party day: the committee, and where there is
    none the full members.
    """
    found = list(registers.talkers(session, unit, on))
    if not has_committee(session, unit, on):
        found += [one for one in members(session, unit.id, on) if not one.probationary]
    return list({one.id: one for one in found}.values())


def write(
    session: Session, row: Activity, plan: Plan, who: Actor, basis: AuthorityBasis, at: Moment
) -> dict[str, object]:
    """Write a plan beside the arrangement of a day; returns what changed. Does not commit.

    Raises InvalidInput, RuleViolation.
    """
    if plan.met_on:
        _must_have_met(session, row, plan, at)
    changed = duty_records.plan(session, row, plan.done, who, basis, at)
    return {"plan": changed} if changed else {}


def _must_have_met(session: Session, row: Activity, plan: Plan, at: Moment) -> None:
    """A meeting is written down once it was held, and before the day. Raises InvalidInput,
    RuleViolation.
    """
    day = row.day or month_end(row.year, row.month)
    met = read_day(plan.met_on) or day
    if met > at.today:
        raise RuleViolation("会还没有开，开了以后再登记。", field="met_on", house_rule=NEAR.text)
    if met > day:
        raise RuleViolation(
            "支委会要在主题党日以前召开。",
            field="met_on",
            clause=own_id("G-2.3.2a", row.unit.category),
        )
    if met < day - EARLIEST:
        raise RuleViolation("这次会离党日太远，请核对日期。", field="met_on", house_rule=NEAR.text)
    if not set(plan.came) <= set(ids_of(who_meets(session, row.unit, met))):
        raise InvalidInput({"came": N_("参加会议的，应是本支部的支委；没有支委会的，是正式党员。")})
