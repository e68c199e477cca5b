"""Who acts in a test: one-line moves through the engine, and the cast of the matrix."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.refusals import DomainError
from oversight.engine import transitions
from oversight.models import (
    Activity,
    Case,
    JournalRow,
    Paper,
    Post,
    Refusal,
    WorkItem,
    ZoneSettingRow,
)
from oversight.organization.units import COMMITTEE_FROM
from tests.support.dump import difference, dump
from tests.support.world import World, at

REASON = "冬修水利集中施工，全村 31 名党员中 27 名在工地"
GOOD_WORDS = {
    "ask": {"new_day": "2026-12-11", "reason": REASON},
    "ask_jointly": {"new_day": "2026-12-11", "reason": REASON},
    "amend": {"new_day": "2026-12-10", "reason": REASON},
    "join": {"opinion": "同意联合开展"},
    "decline": {"reason": "当天另有安排，本次不参加"},
    "approve": {"opinion": "同意"},
    "refuse": {"opinion": "不同意，仍按原定日期开展"},
    "excuse_month": {"opinion": "全月抢险救灾，当月确实无法开展"},
    "return": {"opinion": "请写清受影响的党员人数"},
    "revoke": {"reason": "情况已经变化"},
    "ask_cancel": {"reason": "工地提前完工"},
    "report_late": {"reason": "山洪冲断道路，当日无法到会"},
    "void": {"reason": "重复立案，作废"},
    "terminate": {"reason": "支部撤并，终止办理"},
    "recuse": {"reason": "涉及本人，申请回避"},
    "take_over": {"reason": "镇党委逾期未答复"},
}


def confirming(session, world: World) -> None:
    """Let the zone demand that another confirms each make-up lesson. Commits."""
    session.merge(
        ZoneSettingRow(
            zone_id=world.zone.id, name="makeup_confirmation", value="on", at=at("2026-01-01").now
        )
    )
    session.commit()


@dataclass
class Play:
    """Moves on a day: `day` is the local date, `hour` the wall time, in the world's zone."""

    session: object
    world: World
    day: str = "2026-11-24"
    hour: int = 9
    refusals: int = field(default=0, init=False)

    @property
    def at(self):
        return at(self.day, self.hour)

    def on(self, day: str) -> Play:
        self.day = day
        return self

    def who(self, name: str | None):
        """Return the person as an actor of the day; None is the clock."""
        return self.world.actor(name, self.at.today) if name else None

    def open(
        self,
        name: str,
        unit: str = "village",
        day: str = "2026-12-04",
        workflow: str = "date_change",
        **facts,
    ) -> Case:
        """Open a case, by default a request of the village's secretary about 4 December."""
        facts = {"day": day, **facts} if workflow == "date_change" else facts
        return transitions.submit_opening(
            self.session, workflow, self.world.units[unit].id, facts, self.who(name), self.at
        )

    def move(
        self, case: Case, name: str | None, move: str, version: int | None = None, **words
    ) -> Case:
        """Make a move with the version as it stands, and with words that will do where none are
        given.
        """
        return self.say(case, name, move, words or GOOD_WORDS.get(move, {}), version)

    def say(
        self, case: Case, name: str | None, move: str, words: dict, version: int | None = None
    ) -> Case:
        """Make a move with exactly these words."""
        return transitions.submit(
            self.session,
            case.id,
            move,
            self.who(name),
            words,
            version=case.version if version is None else version,
            at=self.at,
        )

    def asked(self, new_day: str = "2026-12-11", **opening) -> Case:
        """Open and submit a request of the village."""
        name = opening.pop("name", "village.secretary")
        return self.move(self.open(name, **opening), name, "ask", new_day=new_day, reason=REASON)

    def approved(self, new_day: str = "2026-12-11", **opening) -> Case:
        return self.move(self.asked(new_day, **opening), "town1.officer", "approve")

    def joint(self, *partners: str, new_day: str = "2026-12-11") -> Case:
        """Open and submit a request for the village and its partners together, who all agree."""
        case = self.invited(*partners, new_day=new_day)
        for name in partners:
            own = f"{name}.secretary"  # a vacant branch is answered for from above
            case = self.move(case, own if own in self.world.people else "zone.officer", "join")
        return case

    def invited(self, *partners: str, new_day: str = "2026-12-11") -> Case:
        """Open a request for the village and others, and ask these whether they join."""
        case = self.open(
            "village.secretary", **{"with": [self.world.units[name].id for name in partners]}
        )
        return self.move(case, "village.secretary", "ask_jointly", new_day=new_day, reason=REASON)

    def no(self, kind: type[DomainError], rule: str | None, call, *args, **kwargs) -> DomainError:
        """Call, and assert that it is refused so, and that nothing changed but one row in
        `refusals`.
        """
        before, rows = dump(self.session), self.count(Refusal)
        with pytest.raises(DomainError) as caught:
            call(*args, **kwargs)
        error = caught.value
        assert type(error) is kind, f"{type(error).__name__}: {error.sentence}"
        assert rule is None or error.extra.get("rule") == rule, error.extra
        assert not difference(before, dump(self.session))
        assert self.count(Refusal) == rows + 1
        assert error.sentence
        return error

    def refused(
        self, kind: type[DomainError], rule: str | None, case: Case, name: str, move: str, **words
    ) -> DomainError:
        return self.no(kind, rule, self.move, case, name, move, **words)

    def count(self, model) -> int:
        return self.session.scalar(sa.select(sa.func.count()).select_from(model))

    def activity(self, unit: str = "village", month: int = 12, year: int = 2026) -> Activity | None:
        return self.session.scalar(
            sa.select(Activity)
            .where(
                Activity.unit_id == self.world.units[unit].id,
                Activity.year == year,
                Activity.month == month,
                Activity.kind == "party_day",
            )
            .execution_options(populate_existing=True)
        )

    def day_of(self, unit: str = "village", month: int = 12) -> date | None:
        return self.activity(unit, month).day

    def papers(self, case: Case | None = None) -> list[Paper]:
        query = sa.select(Paper).order_by(Paper.unit_id, Paper.year, Paper.seq)
        return list(self.session.scalars(query.where(Paper.case_id == case.id) if case else query))

    def journal(self, case: Case) -> list[JournalRow]:
        return list(
            self.session.scalars(
                sa.select(JournalRow).where(JournalRow.case_id == case.id).order_by(JournalRow.seq)
            )
        )

    def desks(self, case: Case, kind: str = "act") -> list[str]:
        """Return the short names of the units on whose desk the case lies open."""
        units = {unit.id: name for name, unit in self.world.units.items()}
        rows = self.session.scalars(
            sa.select(WorkItem).where(
                WorkItem.case_id == case.id, WorkItem.closed_at.is_(None), WorkItem.kind == kind
            )
        )
        return sorted(units[row.unit_id] for row in rows)


# The cast of the matrix: name, role held, and how it is related to a request of the village in town
# 1.
CAST = (
    ("village.secretary", "branch leader", "own branch"),
    ("village.organizer", "branch leader", "own branch"),
    ("village.member1", "member", "own branch"),
    ("second.hat", "branch leader and town officer", "own branch and its superior"),
    ("community.secretary", "branch leader", "other branch of the town"),
    ("community.member1", "member", "other branch of the town"),
    ("village2.secretary", "branch leader", "branch of another town"),
    ("town1.officer", "officer", "superior"),
    ("town1.secretary", "secretary", "superior"),
    ("town1.deputy", "deputy", "superior"),
    ("town1.committee1", "committee", "superior"),
    ("town1.inspector", "inspector", "superior"),
    ("town2.officer", "officer", "another town"),
    ("town2.secretary", "secretary", "another town"),
    ("town2.deputy", "deputy", "another town"),
    ("town2.committee1", "committee", "another town"),
    ("town2.inspector", "inspector", "another town"),
    ("dept1.officer", "officer", "a department"),
    ("zone.officer", "officer", "above"),
    ("zone.secretary", "secretary", "above"),
    ("zone.deputy", "deputy", "above"),
    ("zone.committee1", "committee", "above"),
    ("zone.inspector", "inspector", "above"),
    ("zone.sysadmin", "administrator", "none"),
    ("zone.secadmin", "administrator", "none"),
    ("zone.auditor", "administrator", "none"),
)


def second_hat(world: World) -> None:
    """Give the village a deputy secretary who is an officer of its town as well.

    Does not commit.
    """
    world.person("second.hat", "village")
    world.post("second.hat", "village", "deputy")
    world.post("second.hat", "town1", "officer")


def end_posts(play: Play, unit: str, *, but: set[str] = frozenset()) -> None:
    """Leave the posts of a unit vacant since autumn, but for those of some people; a branch has so
    many members that none of them steps in. Commits.
    """
    if play.world.units[unit].kind == "branch":
        for number in range(COMMITTEE_FROM):
            play.world.person(f"{unit}.another{number}", unit)
    kept = [play.world.people[name].id for name in but]
    play.session.execute(
        sa.update(Post)
        .where(Post.unit_id == play.world.units[unit].id, Post.person_id.not_in(kept))
        .values(to_on=date(2026, 9, 30))
    )
    play.session.commit()


def department_branch(world: World) -> None:
    """Give the department a branch of its own office, with a secretary. Does not commit."""
    world.unit("office", "branch", "dept1", "organ", title="教育局机关党支部")
    world.person("office.secretary", "office")
    world.post("office.secretary", "office", "secretary")
