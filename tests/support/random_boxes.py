"""A small world filled at random with cases, rows on desks, acts, recusals and stand-ins.

Rows alone, held only to what the engine keeps: an open row that waits for somebody has the day of
its case, a help or sign row names a person, and what was delegated lies beside it.
"""

from __future__ import annotations

import random
from datetime import date, timedelta

import sqlalchemy as sa

from oversight import workflows
from oversight.base.db import new_id
from oversight.law.roles import CANDIDATE_GROUPS, NOBODY, ROLES
from oversight.models import Case, FollowUp, JournalRow, Post, Recusal, Substitution, WorkItem
from oversight.models.cases import NEVER
from tests.support.actors import second_hat
from tests.support.world import World, at


class Filling:
    """Fills one world from one seed, as of one day."""

    def __init__(self, world: World, seed: int, day: str):
        self.world, self.draw, self.at = world, random.Random(seed), at(day)
        self.session, self.zone_id = world.session, world.zone.id
        second_hat(world)
        self.people = [row.id for row in world.people.values()]
        self.units = list(world.units.values())
        self.lying: set[str] = set()  # cases in which a row that names nobody lies
        self.branches = [unit for unit in self.units if unit.kind == "branch"]

    def often(self, share: float) -> bool:
        return self.draw.random() < share

    def one(self, rows):
        return self.draw.choice(rows)

    def fill(self, cases: int) -> None:
        """Add everything. Does not commit."""
        self._stand_ins(8)
        merged, heir = self.world.units["firm"], self.world.units["village"]
        merged.successor_id, merged.ended_on = heir.id, date(2026, 6, 1)
        for _number in range(cases):
            self._case()
        self.session.flush()

    def _stand_ins(self, n: int) -> None:
        posts = self.session.scalars(sa.select(Post).order_by(Post.id)).all()
        for post in self.draw.sample(posts, n):
            acts = self.one([one for one in self.people if one != post.person_id])
            self._add(
                Substitution,
                person_id=acts,
                for_id=post.person_id,
                unit_id=post.unit_id,
                office=post.office,
                workflow=self.one([None, None, "date_change", "absence"]),
                from_on=date(2026, 1, 1),
                to_on=date(2026, 12, 31),
                reason="外出学习",
                given_by=acts,
                given_at=self.at.now,
            )

    def _add(self, model, **values):
        row = model(zone_id=self.zone_id, **values)
        self.session.add(row)
        return row

    def _case(self) -> None:
        workflow = self.one(workflows.every())
        state = self.one(workflow.states)
        unit, ended = self.one([*self.branches * 3, *self.units]), state.waits_on is NOBODY
        due = self.one([None, *(self.at.today + timedelta(days=n) for n in (-9, -1, 0, 2, 2, 30))])
        case = self._add(
            Case,
            id=new_id(),
            workflow=workflow.name,
            definition_version=workflow.version,
            state=state.name,
            unit_id=unit.id,
            data_subject_id=self.one(self.people) if self.often(0.3) else None,
            facts=self._joined(workflow),
            opened_by=self.one(self.people),
            opened_at=self.at.now,
            entered_at=self.at.now,
            closed_at=self.at.now if ended else None,
            due_on=None if ended else due,
        )
        self.session.flush()
        self._beside(case)
        for _row in range(self.draw.randint(1, 4)):
            self._row(case, unit)

    def _joined(self, workflow) -> dict:
        """Return the facts that let a branch join, where the business knows of any."""
        joins = any(fact.name == "with" for fact in workflow.facts)
        return {"with": [self.one(self.branches).id]} if joins and self.often(0.6) else {}

    def _beside(self, case: Case) -> None:
        for seq in range(1, self.draw.randint(1, 4)):
            self._act(case, seq)
        if self.often(0.15):
            self._add(
                Recusal,
                case_id=case.id,
                person_id=self.one(self.people),
                reason="回避",
                at=self.at.now,
            )
        for person in self.draw.sample(self.people, 3):
            day = self.at.today + timedelta(days=self.draw.randint(-3, 3))
            self._add(FollowUp, case_id=case.id, person_id=person, day=day)

    def _act(self, case: Case, seq: int) -> None:
        self._add(
            JournalRow,
            case_id=case.id,
            seq=seq,
            at=self.at.now,
            kind="move",
            move="ask",
            from_state="",
            to_state=case.state,
            actor_id=self.one(self.people),
            acting_for=self.one([None, None, self.one(self.people)]),
            actor="某人",
            role=self.one([*ROLES, "branch", "branch"]),
            unit_id=case.unit_id,
            words={},
            result={},
            previous="",
            hash="",
        )

    def _row(self, case: Case, unit) -> None:
        kind = self.one(["act", "act", "act", "act", "sign", "watch", "copy", "past"])
        named = kind == "sign" or self.often(0.2)
        group = self.one(["member", "committee"] if named else list(CANDIDATE_GROUPS))
        above = [one for one in self.units if unit.path.startswith(one.path)]
        row = self._add(
            WorkItem,
            id=new_id(),
            case_id=case.id,
            workflow=case.workflow,
            case_unit_id=unit.id,
            unit_id=self.one(above).id,
            role=group,
            rank=self.draw.randrange(len(CANDIDATE_GROUPS[group])),
            person_id=self.one(self.people) if named else None,
            kind=kind,
            due_on=(case.due_on or NEVER) if kind == "act" else self.one([NEVER, self.at.today]),
            opened_at=self.at.now,
            closed_at=None if kind == "copy" or case.open and self.often(0.8) else self.at.now,
            handed_to=self.one(self.people) if kind == "act" and self.often(0.15) else None,
            slot_id=self._slot(case, unit) if kind == "act" and not named else None,
        )
        if kind == "act" and row.closed_at is None and self.often(0.15):
            self._delegate(row)

    def _slot(self, case: Case, unit) -> str | None:
        """Return for which unit a row answers: as the engine lays them, a second one of a case that
        names nobody is the answer of a unit.
        """
        first = case.id not in self.lying
        self.lying.add(case.id)
        return None if first else unit.id

    def _delegate(self, row: WorkItem) -> None:
        same = ("case_id", "workflow", "case_unit_id", "unit_id", "role", "rank", "due_on")
        self._add(
            WorkItem,
            kind="help",
            person_id=self.one(self.people),
            beside_id=row.id,
            opened_at=self.at.now,
            **{name: getattr(row, name) for name in same},
        )
