"""Date change under random hands: thousands of moves by anybody on any day, against an oracle.

The oracle is written from the guidance 二（一）1 and the contract; invariants 1 to 8 hold after every
step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from oversight.base.refusals import DomainError
from oversight.engine import journal, records, transitions
from oversight.models import Activity, Case, JournalRow, Paper, WorkItem
from tests.support.actors import GOOD_WORDS, REASON, Play, second_hat
from tests.support.slices import WHOLE

DAY, BEGIN, DAYS = date(2026, 12, 4), date(2026, 11, 24), timedelta(days=1)
UNITS = ("village", "community")
PEOPLE = (
    "village.secretary",
    "village.organizer",
    "second.hat",
    "community.secretary",
    "town1.officer",
    "town1.secretary",
    "town1.inspector",
    "zone.officer",
    "town2.officer",
    "zone.auditor",
)
LEADERS = {
    "village": {"village.secretary", "village.organizer", "second.hat"},
    "community": {"community.secretary"},
}
TOWN = {"town1.officer", "town1.secretary", "second.hat"}
ENDS = {
    "withdrawn",
    "refused",
    "lapsed",
    "too_short",
    "expired",
    "revoked",
    "cancelled",
    "in_force",
    "accepted_late",
    "not_accepted",
    "excused",
    "void",
    "terminated",
}
EXAMPLES = 100 if WHOLE else 20
WINDOW = st.dates(date(2026, 11, 23), date(2027, 1, 5))


@dataclass(frozen=True)
class Request:
    """What a well-read official believes about one branch's request.

    `level`: 0 the town, 1 the zone.
    """

    state: str = "none"
    new: date | None = None
    due: date | None = None
    level: int = 0
    in_force: date = DAY
    amended: date | None = None
    since: date = BEGIN

    @property
    def first(self) -> date:
        pending = self.new if self.state not in ("draft", "returned", "none") else None
        return min(DAY, pending or DAY, self.amended or DAY)

    @property
    def urgent(self) -> bool:
        """No working day was left for an answer when the clock began to run."""
        return later(self.since, 1) >= self.first

    @property
    def ends(self) -> date:
        return self.first + self.urgent * DAYS


def working(day: date) -> bool:
    return day.weekday() < 5 and day != date(2027, 1, 1)


def later(day: date, count: int) -> date:
    step = DAYS if count > 0 else -DAYS
    while count:
        day += step
        count -= (1 if count > 0 else -1) * working(day)
    return day


def answer_by(today: date, first: date) -> date:
    """Never a rest day, nor before anybody could act."""
    before = later(first, -1)
    return min(later(today, 3), before) if before > today else later(max(first, today) - DAYS, 1)


def deciders(unit: str, request: Request) -> set[str]:
    return {"zone.officer"} if request.level else TOWN - LEADERS[unit]


def good_day(today: date, new: date) -> bool:
    """A rest day too: the superior decides. An earlier one leaves him a working day."""
    room = new > DAY or later(today, 1) < new
    return (new.year, new.month) == (2026, 12) and new != DAY and new > today and room


def after(
    unit: str, was: Request, who: str | None, move: str, today: date, new: date
) -> Request | None:
    """Return the request as it must stand after the move, or None where it must be refused."""
    by_branch, by_superior = who in LEADERS[unit], who in deciders(unit, was)
    ahead, asking = today < was.first, replace(was, new=new, since=today)
    in_time = ahead or was.urgent and today == was.first
    ends = {"void": "void", "terminate": "terminated"}
    late = was.level == 0 and was.due is not None and was.due < today
    # Once one of the two days has come, the change is in force, whatever becomes of the paper.
    back = DAY if was.state in GRANTED and ahead else was.in_force
    match (was.state, move):
        case ("none" | "closed", "open"):
            return (
                Request("draft", in_force=was.in_force)
                if by_branch and was.in_force == DAY
                else None
            )
        case ("draft" | "returned", "ask") if by_branch and today < DAY and good_day(today, new):
            return replace(asking, state="asked", due=answer_by(today, min(DAY, new)))
        case ("approved", "amend") if (
            by_branch and ahead and good_day(today, new) and new != was.new
        ):
            amended = replace(was, state="amend_asked", amended=new, since=today)
            return replace(amended, due=answer_by(today, amended.first))
        case ("amend_asked", "approve") if by_superior and in_time:
            return replace(
                was, state="approved", new=was.amended, in_force=was.amended, amended=None, due=None
            )
        case ("amend_asked", "refuse") if by_superior and in_time:
            return replace(was, state="approved", amended=None, due=None)
        case ("amend_asked", "drop_amendment") if by_branch:
            return replace(was, state="approved", amended=None, due=None)
        case ("amend_asked", "lapse_amendment" | "run_out_amendment") if (
            who is None and was.urgent == (move == "run_out_amendment") and today >= was.ends
        ):
            return replace(was, state="approved", amended=None, due=None)
        case ("draft" | "asked" | "returned", "withdraw") if by_branch:
            return replace(was, state="withdrawn")
        case ("asked", "approve") if by_superior and in_time:
            return replace(was, state="approved", in_force=was.new, due=None)
        case ("asked", "refuse") if by_superior and in_time:
            return replace(was, state="refused")
        case ("asked", "return") if by_superior and in_time:
            return replace(was, state="returned", since=today, due=answer_by(today, DAY))
        case ("approved", "revoke") if by_superior and ahead:
            return replace(was, state="revoked", in_force=DAY)
        case ("approved", "ask_cancel") if by_branch and ahead:
            return replace(was, state="cancel_asked", since=today, due=answer_by(today, was.first))
        case ("cancel_asked", "cancel") if by_superior and ahead:
            return replace(was, state="cancelled", in_force=DAY)
        case ("cancel_asked", "keep") if by_superior:
            return replace(was, state="approved", due=None)
        case ("asked" | "cancel_asked" | "amend_asked", "take_over") if (
            who == "zone.officer" and late
        ):
            return replace(was, level=1, since=today, due=answer_by(today, was.first))
        case (state, "void" | "terminate") if (
            state not in ("none", "closed", *ENDS) and by_superior
        ):
            return replace(was, state=ends[move], in_force=back)
        case ("asked", "lapse") if who is None and not was.urgent and today >= was.ends:
            return replace(was, state="lapsed")
        case ("asked", "run_out") if who is None and was.urgent and today >= was.ends:
            return replace(was, state="too_short")
        case ("returned", "expire") if who is None and today >= was.first:
            return replace(was, state="expired")
        case ("approved" | "cancel_asked", "take_effect") if who is None and today >= was.first:
            return replace(was, state="in_force")
        case _:
            return None


GRANTED = ("approved", "cancel_asked", "amend_asked")
MOVES = (
    "ask",
    "drop_amendment",
    "withdraw",
    "approve",
    "refuse",
    "return",
    "revoke",
    "amend",
    "ask_cancel",
    "cancel",
    "keep",
    "take_over",
    "void",
    "terminate",
)
STOPS = ("void", "terminate", "withdraw", "refuse", "lapse", "run_out", "expire", "take_effect")
TIMER = ("lapse", "run_out", "lapse_amendment", "run_out_amendment", "expire", "take_effect")


class DateChange(RuleBasedStateMachine):
    """One database, one connection: every example runs in a transaction that is taken back."""

    play: Play
    steps = 0
    made = 0

    def __init__(self):
        super().__init__()
        self.today = BEGIN
        self.believed = dict.fromkeys(UNITS, Request())
        self.case_ids: dict[str, str] = {}
        self.closed: dict[str, str] = {}
        self.since: dict[str, datetime] = {}
        self.play.session.rollback()

    def teardown(self):
        """32: what an example has told in the end verifies, chain by chain."""
        assert journal.verify_lines(journal.export_lines(self.play.session)) == []
        self.play.session.rollback()

    def attempt(self, unit: str, who: str | None, move: str, new: date) -> None:
        DateChange.steps += 1
        was = self.believed[unit]
        want = after(unit, was, who, move, self.today, new)
        got = self.make(unit, who, move, new)
        told = f"{who} {move} {unit} ({was}) on {self.today}, new day {new}: "
        assert (want is None) == (got is None), told + ("made" if got else "refused")
        if got is not None:
            DateChange.made += 1
            assert got.state == want.state, told + got.state
            self.holds(unit, got, want, move, told)
            self.believed[unit] = want
            if want.state in ENDS:
                self.closed[got.id] = got.state
                self.believed[unit] = Request("closed", in_force=want.in_force)

    def holds(self, unit: str, got: Case, want: Request, move: str, told: str) -> None:
        """Hold level, terms and since-when against what the official believes."""
        assert got.escalation_level == want.level, told + str(got.escalation_level)
        if got.open:
            assert got.due_on == want.due, told + str(got.due_on)
            asked = want.state in ("asked", "amend_asked")
            ends = want.ends if asked else want.first
            ends = DAY + 31 * DAYS if want.state == "draft" else ends
            assert got.wake_on == ends, told + str(got.wake_on)
        since = self.since.get(unit) if move == "take_over" else self.play.at.now
        assert got.entered_at == since, told + str(got.entered_at)
        self.since[unit] = since

    def make(self, unit: str, who: str | None, move: str, new: date) -> Case | None:
        """Make the move inside a savepoint; None where it is refused."""
        session, play = self.play.session, self.play.on(self.today.isoformat())
        asking = {"new_day": new.isoformat(), "reason": REASON}
        words = asking if move in ("ask", "amend") else GOOD_WORDS.get(move, {})
        mark = session.begin_nested()
        try:
            if move == "open":
                case = transitions.open_case(
                    session,
                    "date_change",
                    play.world.units[unit].id,
                    {"day": DAY.isoformat()},
                    play.who(who),
                    play.at,
                )
                self.case_ids[unit] = case.id
            else:
                actor = play.who(who) if who else None
                case = transitions.perform(
                    session, self.case_ids[unit], move, actor, words, version=None, at=play.at
                )
            records.settle(session)  # as it happens where each move is a transaction
            mark.commit()
            return case
        except DomainError:
            mark.rollback()
            return None

    @rule(unit=st.sampled_from(UNITS), who=st.sampled_from(PEOPLE))
    def open(self, unit, who):
        self.attempt(unit, who, "open", DAY)

    @precondition(lambda self: self.case_ids)
    @rule(
        unit=st.sampled_from(UNITS),
        who=st.sampled_from(PEOPLE),
        move=st.sampled_from(MOVES),
        new=WINDOW,
    )
    def anybody_tries_anything(self, unit, who, move, new):
        if unit in self.case_ids:
            self.attempt(unit, who, move, new)

    @rule(unit=st.sampled_from(UNITS), days=st.integers(1, 9), choice=st.integers(0, 999))
    def somebody_entitled_goes_on(self, unit, days, choice):
        """Most random moves are refused; these lead deeper."""
        new = later(max(self.today, date(2026, 11, 30)), days)
        ways = sorted(
            {
                (move, who or "")
                for who in (*PEOPLE, None)
                for move in ("open", *MOVES, *TIMER)
                if after(unit, self.believed[unit], who, move, self.today, new)
            }
        )
        moves = sorted({move for move, _who in ways})
        onward = [move for move in moves if move not in STOPS]
        moves = onward if onward and choice % 8 else moves
        if moves:
            move = moves[choice % len(moves)]
            people = [who for name, who in ways if name == move]
            self.attempt(unit, people[choice // 7 % len(people)] or None, move, new)

    @rule(unit=st.sampled_from(UNITS), days=st.integers(1, 9), choice=st.integers(0, 999))
    def and_somebody_else_too(self, unit, days, choice):
        self.somebody_entitled_goes_on(unit, days, choice)

    @precondition(lambda self: self.case_ids)
    @rule(unit=st.sampled_from(UNITS), move=st.sampled_from(TIMER))
    def the_clock_tries(self, unit, move):
        if unit in self.case_ids:
            self.attempt(unit, None, move, DAY)

    @precondition(lambda self: self.today < date(2026, 12, 20))
    @rule(days=st.sampled_from((0, 1, 1, 4)))
    def time_goes_by(self, days):
        self.today += days * DAYS

    @invariant()
    def the_day_in_force_is_what_was_consented_to(self):
        """1 and 7: another day than the rule's only by an approval that stands and came before both
        days, or on the first where no working day had been left to answer.
        """
        for unit, believed in self.believed.items():
            row = self.play.activity(unit)
            assert (row.day if row else DAY) == believed.in_force
            if row is not None and row.day != row.rule_day:
                on = {entry.move: entry.at.date() for entry in self.rows(row.moved_by)}
                asked = max(on[move] for move in ("ask", "amend", "take_over") if move in on)
                first = min(row.day, row.rule_day)
                assert row.day.month == row.rule_day.month
                assert on["approve"] < first or on["approve"] == first <= later(asked, 1)

    @invariant()
    def each_request_is_answered_once_by_somebody_else(self):
        """2, 3 and 4: after each asking at most one answer, by nobody who acted for the branch."""
        for case_id in self.case_ids.values():
            answers, askers = 0, set()
            for row in self.rows(case_id):
                if row.role == "branch":
                    askers.add(row.actor_id)
                    answers = 0 if row.move in ("ask", "amend") else answers
                if row.move in ("approve", "refuse", "return"):
                    answers += 1
                    assert answers == 1 and row.actor_id not in askers
                    assert row.unit_id in {
                        self.play.world.units[name].id for name in ("town1", "zone")
                    }

    @invariant()
    def at_most_one_open_request_a_party_day(self):
        """6, and 33: a closed case lies on no desk, an open one that waits for people on exactly
        one.
        """
        session = self.play.session
        cases = session.scalars(sa.select(Case)).all()
        opened = [case.business_key for case in cases if case.open]
        assert len(opened) == len(set(opened))
        desks = session.execute(
            sa.select(WorkItem.case_id, sa.func.count())
            .where(WorkItem.closed_at.is_(None), WorkItem.kind == "act")
            .group_by(WorkItem.case_id)
        ).all()
        human = {case.id for case in cases if case.open and case.state != "approved"}
        assert dict(desks) == dict.fromkeys(human, 1)

    @invariant()
    def what_has_ended_stays_ended(self):
        """8: withdrawn, lapsed or expired is never approved afterwards."""
        for case_id, state in self.closed.items():
            case = self.play.session.get(Case, case_id)
            assert case.state == state and case.closed_at is not None

    @invariant()
    def numbers_have_no_gap_and_papers_stand_with_their_decision(self):
        session = self.play.session
        papers = session.scalars(sa.select(Paper).order_by(Paper.unit_id, Paper.seq)).all()
        for unit_id in {paper.unit_id for paper in papers}:
            seqs = [paper.seq for paper in papers if paper.unit_id == unit_id]
            assert seqs == list(range(1, len(seqs) + 1))
        for paper in papers:
            state = session.get(Case, paper.case_id).state
            consent = paper.body["title"].startswith("关于同意变更")
            if consent and state in ("revoked", "cancelled", "void", "terminated", "asked"):
                assert paper.void_at is not None

    @invariant()
    def the_journal_tells_every_step(self):
        """32: versions and rows run together."""
        for case in self.play.session.scalars(sa.select(Case)):
            rows = self.rows(case.id)
            assert case.version == case.seq == len(rows) and rows[-1].to_state == case.state

    def rows(self, case_id) -> list[JournalRow]:
        return list(
            self.play.session.scalars(
                sa.select(JournalRow).where(JournalRow.case_id == case_id).order_by(JournalRow.seq)
            )
        )


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_model(session, world):
    second_hat(world)
    session.commit()
    DateChange.play = Play(session, world)
    run_state_machine_as_test(
        DateChange,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=50,
            phases=[Phase.generate],  # to shorten what failed would take minutes
            report_multiple_bugs=False,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
    print(f"\n{DateChange.steps} attempts, {DateChange.made} of them made")
    assert session.scalar(sa.select(sa.func.count()).select_from(Activity)) == 0, (
        "nothing was committed"
    )
