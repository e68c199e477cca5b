"""At the same instant:

two who keep the record, two who follow up, a photo and the end of its case.
"""

from __future__ import annotations

import threading
from collections import Counter

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.db import db
from oversight.base.refusals import (
    DomainError,
    Forbidden,
    InvalidTransition,
    NotFound,
    RuleViolation,
    VersionConflict,
)
from oversight.calendar.party_days import activity_for
from oversight.casework import attachments
from oversight.engine import transitions
from oversight.engine.use_case import use_case
from oversight.ledger import attendance
from oversight.models import (
    Activity,
    ActivityChange,
    Attachment,
    Attendance,
    Case,
    JournalRow,
    Unit,
)
from oversight.organization.actor import actor_of
from oversight.register import reorganize
from tests.db.test_attendance import sheet
from tests.db.test_rectification_walk import ITEMS, do, fixing
from tests.support import hostile
from tests.support.actors import confirming
from tests.support.world import at

MONTHS = range(1, 11)
CALL = {"reached": True, "told": True, "way": "phone", "reason": "外出"}


def together(session, moment, *deeds) -> list:
    """Do things at the same instant, each in a session of its own: (person id, deed); returns what
    came of each.
    """
    bind, barrier, results = db.engine, threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(slot: int, person_id: str, deed) -> None:
        try:
            with Session(bind) as own:
                who = actor_of(own, person_id, moment.today)
                own.commit()
                barrier.wait(timeout=30)
                results[slot] = deed(own, who)
        except BaseException as error:
            results[slot] = error

    session.commit()  # on SQLite even a reader of ours would keep them waiting
    threads = [threading.Thread(target=run, args=(slot, *deed)) for slot, deed in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    session.rollback()
    session.expire_all()
    assert not any(thread.is_alive() for thread in threads), "a racer hangs"
    return results


def test_two_sheets_of_one_day(session, world):
    """One record, one follow-up each; a different sheet that comes second is a correction and must
    say why.
    """
    people = [world.people[f"village.{name}"].id for name in ("secretary", "organizer")]
    for month in MONTHS:
        row, moment = (
            activity_for(session, world.units["village"], 2026, month),
            at(f"2026-{month:02d}-28"),
        )
        row_id, same = row.id, month % 2
        raws = [
            sheet(world, absent=("member1",)),
            sheet(world, absent=("member1",) if same else ("member2",)),
        ]
        deeds = [
            (
                person,
                lambda own, who, raw=raw, row_id=row_id, moment=moment: (
                    attendance.submit(own, row_id, attendance.read_sheet(raw), who, moment).opened
                ),
            )
            for person, raw in zip(people, raws, strict=True)
        ]
        results = together(session, moment, *deeds)
        opened = [result for result in results if isinstance(result, tuple)]
        assert sum(len(each) for each in opened) == 1, results
        assert len(opened) == (2 if same else 1), results
        assert same or any(isinstance(result, RuleViolation) for result in results)
        assert (
            session.scalar(
                sa.select(sa.func.count())
                .select_from(ActivityChange)
                .where(ActivityChange.activity_id == row_id)
            )
            == 1
        )
        assert (
            session.scalar(
                sa.select(sa.func.count())
                .select_from(Attendance)
                .where(Attendance.activity_id == row_id)
            )
            == 5
        )
        found = attendance.balance(session, session.get(Activity, row_id))
        assert found["absent"] == found["end_open"] == 1


def test_a_lesson_and_a_correction_at_the_same_instant(session, world):
    """Whoever comes first, no follow-up is left for one who was present after all."""
    confirming(session, world)
    outcomes = Counter()
    for month in MONTHS:
        row, moment = (
            activity_for(session, world.units["village"], 2026, month),
            at(f"2026-{month:02d}-28"),
        )
        row_id, leader = row.id, world.actor("village.organizer", moment.today)
        [case_id] = attendance.record(
            session,
            row_id,
            attendance.read_sheet(sheet(world, absent=("member1",))),
            leader,
            moment,
        ).opened
        transitions.perform(
            session, case_id, "record_contact", leader, CALL, version=None, at=moment
        )
        session.commit()
        lesson = {"form": "visit", "held_on": moment.today.isoformat()}
        raw = attendance.read_sheet(sheet(world, why="本人到会，漏登"))
        results = together(
            session,
            moment,
            (
                leader.id,
                lambda own, who, case_id=case_id, moment=moment, lesson=lesson: (
                    transitions.submit(
                        own, case_id, "record_lesson", who, lesson, version=None, at=moment
                    ).state
                ),
            ),
            (
                world.people["village.secretary"].id,
                lambda own, who, row_id=row_id, moment=moment, raw=raw: (
                    attendance.submit(own, row_id, raw, who, moment).opened
                ),
            ),
        )
        assert results[1] == (), results
        # The state is read after the commit: by then the correction may have come.
        assert results[0] in ("to_confirm", "corrected") or isinstance(
            results[0], (InvalidTransition, VersionConflict)
        ), results
        assert session.get(Case, case_id).state == "corrected"
        outcomes[type(results[0]).__name__] += 1
    print(f"\n{dict(outcomes)}")


def test_a_photo_and_the_report_of_its_round(app, session, world):
    """A photo is in the round or refused; never behind the report that ended the branch's turn."""
    photo, folder = hostile.photo(), app.config["OVERSIGHT"].data_dir
    for _number in range(5):
        case = fixing(session, world)
        case_id, moment, leader = case.id, at("2026-12-02"), world.people["village.secretary"].id
        results = together(
            session,
            moment,
            (
                leader,
                lambda own, who, case_id=case_id, moment=moment: (
                    attachments.submit(
                        own, folder, case_id, attachments.Sent(photo, "a.jpg"), who, moment
                    ).id
                ),
            ),
            (
                leader,
                lambda own, who, case_id=case_id, moment=moment: (
                    transitions.submit(
                        own, case_id, "report", who, {"items": ITEMS}, version=None, at=moment
                    ).state
                ),
            ),
        )
        assert results[1] == "recheck", results
        assert isinstance(results[0], (str, DomainError)), results
        moves = session.scalars(
            sa.select(JournalRow.move).where(JournalRow.case_id == case_id).order_by(JournalRow.seq)
        ).all()
        kept = session.scalar(
            sa.select(sa.func.count()).select_from(Attachment).where(Attachment.case_id == case_id)
        )
        # before or after the report: until the re-check begins more may be shown
        assert "report" in moves[-2:] and kept == moves.count("attach") == isinstance(
            results[0], str
        )
        do(
            session,
            world,
            session.get(Case, case_id),
            "void",
            {"reason": "下一件"},
            on="2026-12-02",
        )
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 2 * session.scalar(sa.select(sa.func.count()).select_from(Attachment)), (
        "no orphan on the disk"
    )


def test_a_merger_and_an_opening_at_the_same_instant(session, world):
    """Whoever comes first, no case is left in a branch that has ended."""
    moment = at("2026-11-24")
    into, officer = world.units["community"].id, world.people["town1.officer"].id
    for name in ("village", "organ"):
        unit_id = world.units[name].id
        day = activity_for(session, world.units[name], 2026, 12).day.isoformat()

        def merge(own, who, unit_id=unit_id):
            with use_case(own, who, moment, "merge"):
                units = [own.get(Unit, unit_id)]
                return reorganize.merge(own, units, own.get(Unit, into), moment.today, who, moment)

        def ask(own, who, unit_id=unit_id, day=day):
            facts = {"day": day}
            return transitions.submit_opening(own, "date_change", unit_id, facts, who, moment)

        secretary = world.people[f"{name}.secretary"].id
        merged, opened = together(session, moment, (officer, merge), (secretary, ask))
        assert isinstance(merged, list), merged
        assert isinstance(opened, Case | RuleViolation | Forbidden | NotFound), opened
        left = sa.select(Case.id).where(Case.unit_id == unit_id, Case.closed_at.is_(None))
        assert session.scalars(left).all() == []
