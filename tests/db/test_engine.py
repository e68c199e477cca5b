"""The only door: what the engine does in one transaction, and tests that bite.

Taking authority, words, guards, deadline, version check or journal out of it breaks the test named
so. Also a workflow that nobody knew of before: one file and one template in a folder.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight import create_app, workflows
from oversight.base.clock import StoppedClock
from oversight.base.db import db, new_id
from oversight.base.refusals import (
    AlreadyTaken,
    Forbidden,
    InvalidInput,
    InvalidTransition,
    NotFound,
    RuleViolation,
    VersionConflict,
)
from oversight.engine import desk_acts, inbox, journal
from oversight.engine import transitions as engine
from oversight.models import Case, JournalRow, OutboxMessage, Refusal, WorkItem
from tests.conftest import NOW
from tests.support import world as worlds
from tests.support.actors import REASON, Play
from tests.support.dump import difference, dump


@pytest.fixture
def play(session, world):
    return Play(session, world)


# Tests that bite ---------------------------------------------------------------------------------


def test_bites_authority(play):
    case = play.asked()
    play.refused(Forbidden, "authority", case, "zone.inspector", "approve")


def test_bites_words(play):
    play.no(InvalidInput, None, play.say, play.asked(), "town1.officer", "approve", {})


def test_bites_guards(play):
    case = play.asked()
    play.on("2026-12-04").refused(RuleViolation, "still_ahead", case, "town1.officer", "approve")


def test_bites_guards_of_opening(play):
    play.no(RuleViolation, "fixed_branch", play.open, "firm.secretary", "firm")


def test_bites_deadline_of_the_clocks_move(play):
    case = play.asked()
    before = dump(play.session)
    with pytest.raises(InvalidTransition):
        play.on("2026-12-03").move(case, None, "lapse")
    play.session.rollback()
    assert not difference(before, dump(play.session))


def test_bites_deadline_of_the_state(play):
    case = play.asked()
    assert (case.due_on, case.wake_on) == (date(2026, 11, 27), date(2026, 12, 4))
    assert (
        play.session.scalar(
            sa.select(WorkItem.due_on).where(
                WorkItem.case_id == case.id, WorkItem.closed_at.is_(None)
            )
        )
        == case.due_on
    )


@pytest.mark.parametrize("many", [False, True])
def test_who_read_a_case_before_its_last_day_moved_reads_it_again(play, many):
    """Also where many answer, each without waiting for the others."""
    case = play.joint("village2") if many else play.asked()
    if many:
        case = play.move(case, "town2.officer", "approve")
    read = case.version
    engine.reschedule(play.session, engine.lock(play.session, case.id), date(2026, 11, 30), play.at)
    play.session.commit()
    assert case.version == read + 1
    play.no(VersionConflict, None, play.move, case, "town1.officer", "approve", version=read)
    assert play.move(case, "town1.officer", "approve").version > read + 1


def test_bites_version_check(play):
    case = play.asked()
    error = play.no(
        VersionConflict, None, play.move, case, "town1.officer", "approve", version=case.version - 1
    )
    assert error.extra["decided_by"] and error.extra["decided_at"] and "没有生效" in error.sentence
    play.no(
        VersionConflict, None, play.move, case, "town1.officer", "approve", version=case.version + 1
    )


def test_bites_version_written_under_a_check_of_its_own(play, monkeypatch):
    """Belt and braces:

    where the row lock did not hold, the guarded update still finds the change.
    """
    case = play.asked()
    real = engine._guard

    def overtaken(event):
        event.model.session.execute(
            sa.update(Case)
            .where(Case.id == case.id)
            .values(version=Case.version + 1)
            .execution_options(synchronize_session=False)
        )
        return real(event)

    monkeypatch.setattr(engine, "_guard", overtaken)
    engine.forget_machine("date_change")
    try:
        with pytest.raises(VersionConflict):
            play.move(case, "town1.officer", "approve")
    finally:
        engine.forget_machine("date_change")
    play.session.rollback()
    assert play.day_of() == date(2026, 12, 4)


def test_bites_journal(play):
    case = play.approved()
    rows = play.journal(case)
    assert [(row.seq, row.move, row.from_state, row.to_state) for row in rows] == [
        (1, "open", "", "draft"),
        (2, "ask", "draft", "asked"),
        (3, "approve", "asked", "approved"),
    ]
    last = rows[-1]
    assert last.actor_id == play.world.people["town1.officer"].id
    assert "town1.officer" in last.actor and "青溪镇党委" in last.actor and "经办人" in last.actor
    assert last.unit_id == play.world.units["town1"].id and last.role == "superior"
    assert last.words == {"opinion": "同意"} and last.result["paper"] == case.number
    assert last.at == play.at.now and (case.seq, case.head) == (3, last.hash)


def test_bites_journal_in_the_same_transaction(play, monkeypatch):
    """A move that cannot be recorded is not made."""
    case = play.asked()
    before = dump(play.session)

    def fail(*_args, **_kwargs):
        raise RuntimeError("no room for the journal")

    monkeypatch.setattr(engine, "chain_row", fail)
    with pytest.raises(RuntimeError):
        play.move(case, "town1.officer", "approve")
    play.session.rollback()
    assert not difference(before, dump(play.session))


def test_replaying_the_journal_rebuilds_every_state(play):
    """Invariant 32: state change and journal row are one."""
    play.approved()
    play.move(play.asked(name="community.secretary", unit="community"), "town1.officer", "refuse")
    play.move(play.asked(name="organ.secretary", unit="organ"), "organ.organizer", "withdraw")
    for case in play.session.scalars(sa.select(Case)):
        state = ""
        for row in play.journal(case):
            assert row.from_state == state
            state = row.to_state
        assert state == case.state and case.version == len(play.journal(case))


# One transaction ---------------------------------------------------------------------------------


def test_a_refusal_is_kept_with_its_rule_and_ground(play):
    case = play.open("village.secretary")
    play.no(
        RuleViolation,
        "same_month",
        play.say,
        case,
        "village.secretary",
        "ask",
        {"new_day": "2027-01-08", "reason": REASON},
    )
    row = play.session.scalar(sa.select(Refusal))
    assert (row.case_id, row.workflow, row.move, row.status, row.rule) == (
        case.id,
        "date_change",
        "ask",
        422,
        "same_month",
    )
    assert row.ground and row.sentence == "改到的日期必须在同一个月之内。"
    assert row.actor_id == play.world.people["village.secretary"].id and row.at == play.at.now


def test_an_unknown_case_is_not_found(play):
    with pytest.raises(NotFound):
        engine.submit(
            play.session, new_id(), "approve", play.who("town1.officer"), {}, version=1, at=play.at
        )
    play.session.rollback()


def test_an_unknown_workflow_or_unit_cannot_be_opened(play):
    for workflow, unit in (("no_such", play.world.units["village"].id), ("date_change", new_id())):
        with pytest.raises(NotFound):
            engine.submit_opening(
                play.session,
                workflow,
                unit,
                {"day": "2026-12-04"},
                play.who("village.secretary"),
                play.at,
            )
        play.session.rollback()
    assert play.count(Case) == 0


def test_an_opening_and_its_first_move_are_one(play):
    before = dump(play.session)
    with pytest.raises(RuleViolation):
        engine.submit_opening(
            play.session,
            "date_change",
            play.world.units["village"].id,
            {"day": "2026-12-04"},
            play.who("village.secretary"),
            play.at,
            then=("ask", {"new_day": "2026-12-04", "reason": REASON}),
        )
    play.session.rollback()
    assert not difference(before, dump(play.session))


def test_perform_does_not_commit(play):
    case = play.asked()
    before = dump(play.session)
    engine.perform(
        play.session,
        case.id,
        "approve",
        play.who("town1.officer"),
        {"opinion": "同意"},
        version=case.version,
        at=play.at,
    )
    play.session.rollback()
    assert not difference(before, dump(play.session))


def test_one_effect_that_fails_takes_the_others_back(play, monkeypatch):
    """An `after` that raises must not leave the new state behind."""
    case = play.asked()
    before = dump(play.session)
    monkeypatch.setattr(engine.outbox, "enqueue_all", lambda *_args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        play.move(case, "town1.officer", "return")
    play.session.rollback()
    assert not difference(before, dump(play.session))


def test_what_a_change_causes_later_is_planned_with_the_change(play):
    case = play.asked()
    assert (
        play.session.scalar(
            sa.select(OutboxMessage.key).where(
                OutboxMessage.key == f"desk:{case.id}:{case.version}"
            )
        )
        is not None
    )


def test_every_row_of_the_machine_raises_and_none_returns_false(play):
    """transitions takes a false condition in silence: a refusal must never pass for a move."""
    for workflow in workflows.every():
        machine = engine.machine(workflow)
        assert not [name for name in machine.events if name.startswith("to_")], (
            "no way around the guards"
        )
        for event in machine.events.values():
            for transitions in event.transitions.values():
                assert all(len(transition.conditions) >= 3 for transition in transitions)


def test_guards_of_a_move_are_compiled_once(play):
    workflow = workflows.current("date_change")
    assert engine.machine(workflow) is engine.machine(workflow)


# Desks -------------------------------------------------------------------------------------------


def test_only_one_desk_holds_a_case_and_none_when_it_is_closed(play):
    case = play.open("village.secretary")
    assert play.desks(case) == ["village"]
    case = play.move(case, "village.secretary", "ask")
    assert play.desks(case) == ["town1"]
    case = play.move(case, "town1.officer", "refuse")
    assert play.desks(case) == []


def test_what_somebody_has_claimed_today_is_his(play):
    case = play.asked()
    desk_acts.act(play.session, case.id, "claim", play.who("town1.officer"), play.at)
    play.session.commit()
    play.refused(AlreadyTaken, None, case, "town1.secretary", "approve")
    assert play.on("2026-11-25").move(case, "town1.secretary", "approve").state == "approved", (
        "for a day"
    )


def test_a_claim_does_not_bind_the_branch_or_the_zone(play):
    case = play.asked()
    desk_acts.act(play.session, case.id, "claim", play.who("town1.officer"), play.at)
    play.session.commit()
    assert play.move(case, "village.secretary", "withdraw").state == "withdrawn"


def test_a_released_case_is_free_again(play):
    case = play.asked()
    for act in ("claim", "release"):
        desk_acts.act(play.session, case.id, act, play.who("town1.officer"), play.at)
        play.session.commit()
    assert play.move(case, "town1.secretary", "approve").state == "approved"
    assert [row.move for row in play.journal(case)] == [
        "open",
        "ask",
        "claim",
        "release",
        "approve",
    ]
    assert not journal.verify_lines(journal.export_lines(play.session))


def test_a_desk_act_needs_the_desk(play):
    case = play.asked()
    for name in ("village.secretary", "zone.officer", "town1.inspector"):
        with pytest.raises(Forbidden):
            desk_acts.act(play.session, case.id, "claim", play.who(name), play.at)
        play.session.rollback()
    with pytest.raises(NotFound):
        desk_acts.act(play.session, case.id, "claim", play.who("town2.officer"), play.at)
    play.session.rollback()
    with pytest.raises(NotFound):
        desk_acts.act(play.session, case.id, "approve", play.who("town1.officer"), play.at)
    play.session.rollback()


# A workflow from a folder ------------------------------------------------------------------------

TOY = '''"""Key loan: a branch borrows the key of the activity room."""

from oversight.law.clauses import house_rule
from oversight.law.definition import Field, Due, Move, State, Workflow, rule
from oversight.law.roles import BRANCH, SUPERIOR

KEY = house_rule("活动室钥匙借用须登记。")
WANTED = State("wanted", "待借出", waits_on=SUPERIOR, due=Due(2, KEY))
LENT = State("lent", "已借出", waits_on=BRANCH)
BACK = State("back", "已归还")
REFUSED = State("refused", "不借")


@rule(KEY, "room")
def room_exists(attempt):
    """没有这个活动室。"""
    return attempt.words["room"] in ("一楼", "二楼")


WORKFLOW = Workflow(
    "key_loan", "活动室钥匙借用", version=1, opens=WANTED, opened_by=BRANCH,
    facts=(Field("why", "text", "用途"),), short="借钥匙",
    moves=(
        Move("lend", "借出", WANTED, LENT, by=SUPERIOR, under=KEY, asks=(Field("room", "text", "哪一间"),),
             only_if=(room_exists,), decides=True),
        Move("refuse", "不借", WANTED, REFUSED, by=SUPERIOR, under=KEY, decides=True),
        Move("give_back", "归还", LENT, BACK, by=BRANCH, under=KEY),
    ),
)
'''
TEMPLATE = (
    '{% extends "cases/any.html" %}{% block facts %}<p id="toy">用途：{{ case.facts["why"] }}</p>'
    "{% endblock %}"
)


@pytest.fixture
def toy(database_url, tmp_path):
    """An application that finds one more workflow in a folder, and the world in its database."""
    folder = tmp_path / "more"
    (folder / "templates" / "cases").mkdir(parents=True)
    (folder / "key_loan.py").write_text(TOY, "utf-8")
    (folder / "templates" / "cases" / "key_loan.html").write_text(TEMPLATE, "utf-8")
    source = {
        "OVERSIGHT_DATABASE_URL": database_url,
        "OVERSIGHT_INSTANCE": str(tmp_path),
        "OVERSIGHT_SECRET_KEY": "t" * 32,
        "OVERSIGHT_WORKFLOW_DIRS": str(folder),
    }
    app = create_app(source, StoppedClock(NOW))
    app.testing = True
    with app.app_context():
        made = worlds.build(db.session)
        db.session.commit()
        yield app, Play(db.session, made)
        db.session.remove()
        db.engine.dispose()
    workflows.forget("key_loan")
    engine.forget_machine("key_loan")


def test_a_workflow_costs_one_file_and_one_template(toy):
    _app, play = toy
    case = play.open("village.secretary", workflow="key_loan", why="老党员座谈")
    assert (
        case.state == "wanted"
        and case.due_on == date(2026, 11, 26)
        and play.desks(case) == ["town1"]
    )
    mine = inbox.cases(play.session, play.who("town1.officer"), "mine", play.at.today)
    assert [row.id for row in mine.items] == [case.id]
    assert inbox.counts(play.session, play.who("town1.officer"), "mine", play.at.today) == {
        "key_loan": 1
    }
    play.refused(RuleViolation, "room_exists", case, "town1.officer", "lend", room="三楼")
    play.refused(Forbidden, "authority", case, "village.secretary", "lend", room="一楼")
    case = play.move(case, "town1.officer", "lend", room="一楼")
    assert play.desks(case) == ["village"]
    case = play.move(case, "village.organizer", "give_back")
    assert case.state == "back" and not case.open
    assert not journal.verify_lines(journal.export_lines(play.session))


def test_a_workflow_from_a_folder_is_in_the_api(toy):
    from tests.support.client import Api, token_for

    app, play = toy
    people, village = play.world.people, play.world.units["village"]
    tokens = {name: token_for(people[name]) for name in ("village.secretary", "town1.officer")}
    branch, town = Api(app, tokens["village.secretary"]), Api(app, tokens["town1.officer"])
    table = branch.get("/workflows/key_loan")
    assert table["title"] == "活动室钥匙借用" and [move["name"] for move in table["moves"]] == [
        "lend",
        "refuse",
        "give_back",
    ]
    case = branch.open(village, workflow="key_loan", why="老党员座谈")
    assert case["label"] == "待借出"
    assert [item["id"] for item in town.get("/queue", box="mine")["items"]] == [case["id"]]
    case = town.get(f"/cases/{case['id']}")
    case = town.move(case, "lend", room="二楼")
    assert case["state"] == "lent"


def test_a_workflow_from_a_folder_has_its_page_and_its_picture(toy):
    from tests.support.html import Reader, open_accounts

    app, play = toy
    case_id = play.open("village.secretary", workflow="key_loan", why="老党员座谈").id
    open_accounts(play.world)
    play.session.commit()
    reader = Reader(app)
    reader.login("town1.officer")
    assert "活动室钥匙借用" in reader.get("/law").text
    law = reader.get("/law/key_loan").html
    assert "<svg" in law and "没有这个活动室。" in law and "待借出" in law
    assert 'id="toy"' in reader.get(f"/cases/{case_id}").html
    assert "借钥匙" in reader.get("/desk").text


def test_an_unknown_version_is_said_and_not_guessed(play):
    case = play.asked()
    play.session.execute(sa.update(Case).where(Case.id == case.id).values(definition_version=99))
    play.session.commit()
    with pytest.raises(NotFound) as caught:
        play.move(case, "town1.officer", "approve")
    play.session.rollback()
    assert "99" in caught.value.sentence


def test_a_case_stays_on_the_version_that_it_began_with(play):
    """A new version without `refuse` leaves the old case its old move."""
    from dataclasses import replace

    from oversight.workflows import date_change

    old = workflows.current("date_change")
    case = play.asked()
    kept = tuple(move for move in old.moves if move.name != "refuse")
    new = replace(old, version=old.version + 1, moves=kept)
    workflows.register(new)
    try:
        fresh = play.asked(name="community.secretary", unit="community")
        assert (case.definition_version, fresh.definition_version) == (old.version, new.version)
        play.no(NotFound, None, play.move, fresh, "town1.officer", "refuse")
        assert play.move(case, "town1.officer", "refuse").state == "refused"
    finally:
        workflows.forget("date_change")
        workflows._register_module(date_change)
        engine.forget_machine("date_change")
    mine = JournalRow.case_id.in_([case.id, fresh.id])
    assert play.session.scalar(sa.select(sa.func.count()).where(mine)) == 5
