"""The demo zone:

whole, by the contract, as it stands at any day, and told through the real engine.
"""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from oversight import create_app, workflows
from oversight.base.clock import Clock
from oversight.base.db import db
from oversight.base.refusals import RuleViolation
from oversight.calendar.party_days import status
from oversight.calendar.zone import zone_calendar
from oversight.demo import zone as demo
from oversight.engine import inbox, journal
from oversight.ledger import attendance
from oversight.models import (
    Account,
    Activity,
    Attendance,
    Case,
    JournalRow,
    LifeMeeting,
    Membership,
    Paper,
    Person,
    Post,
    PublishedYear,
    Unit,
    Zone,
    ZoneNotice,
)
from oversight.organization.actor import actor_of
from oversight.organization.members import expected
from oversight.register import credentials
from oversight.rules import absence
from oversight.rules.appraisal import attended
from tests.db import test_boxes as boxes
from tests.support import inbox_oracle
from tests.support.slices import WHOLE

NOW = Clock().at(date(2026, 11, 24), 10)
STATES = {
    "draft",
    "asked",
    "asked_joint",
    "returned",
    "approved",
    "cancel_asked",
    "reported_late",
    "refused",
    "withdrawn",
    "lapsed",
    "accepted_late",
    "excused",
    "revoked",
    "in_force",
    "void",
}
FIXED = (1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 15, 16, 17)


def opened(template, folder):
    shutil.copy(template, folder / "oversight.db")
    return create_app(
        {
            "OVERSIGHT_DATABASE_URL": f"sqlite:///{folder / 'oversight.db'}",
            "OVERSIGHT_INSTANCE": str(folder),
            "OVERSIGHT_SECRET_KEY": "t" * 32,
        }
    )


@pytest.fixture(scope="module")
def zone(sqlite_template, tmp_path_factory):
    """A session on a demo zone that all tests of this module read and none changes."""
    app = opened(sqlite_template, tmp_path_factory.mktemp("demo"))
    with app.app_context():
        demo.build(db.session, NOW)
        db.session.commit()
        yield db.session
        db.session.remove()
        db.engine.dispose()


def account(session, username: str) -> Account | None:
    return session.scalar(sa.select(Account).where(Account.username == username))


def actor(session, username: str, day: date = NOW.today):
    return actor_of(session, account(session, username).person_id, day)


def branch(session, number: int) -> Unit:
    found = account(session, f"branch{number:02d}.secretary")
    return session.scalar(
        sa.select(Unit)
        .join(Post, Post.unit_id == Unit.id)
        .where(Post.person_id == found.person_id, Post.office == "secretary")
    )


def test_accounts_of_the_contract_exist_and_open_with_the_password(zone):
    wanted = [
        f"zone.{name}"
        for name in (
            "office",
            "inspector",
            "committee1",
            "committee2",
            "committee3",
            "sysadmin",
            "secadmin",
            "auditor",
        )
    ]
    wanted += [
        f"{unit}.{name}"
        for unit in ("town1", "town2", "dept1", "dept2")
        for name in (
            "officer",
            "secretary",
            "committee1",
            "committee2",
            "committee3",
            "committee4",
            "committee5",
            "inspector",
        )
    ]
    wanted += [
        f"branch{number:02d}.{name}"
        for number in range(1, 25)
        for name in ("secretary", "organizer", "member01", "member02")
    ]
    found = {row.username: row for row in zone.scalars(sa.select(Account))}
    assert [name for name in wanted if name not in found] == []
    assert all(row.demo and row.enabled for row in found.values())
    hashes = {row.password_hash for row in found.values()}
    assert len(hashes) == 1 and credentials.check(hashes.pop(), "demo-demo-demo")


def test_every_member_has_an_account(zone):
    unknown = (
        sa.select(sa.func.count())
        .select_from(Membership)
        .outerjoin(Account, Account.person_id == Membership.person_id)
        .where(Account.id.is_(None))
    )
    assert zone.scalar(unknown) == 0


def test_offices_are_as_the_user_names_say(zone):
    offices = {
        "zone.office": "officer",
        "zone.committee2": "committee",
        "town1.officer": "officer",
        "town2.committee5": "committee",
        "dept2.inspector": "inspector",
        "zone.auditor": "auditor",
        "branch07.secretary": "secretary",
        "branch07.organizer": "organizer",
    }
    for username, office in offices.items():
        assert office in {post.office for post in actor(zone, username).posts}, username
    assert actor(zone, "zone.committee1").posts[0].unit.kind == "zone"


def test_branches_belong_where_the_contract_says(zone):
    pattern = ["rural", "community", "rural", "rural", "organ", "private", "soe"]
    assert [branch(zone, number).category for number in range(1, 15)] == pattern * 2
    assert {branch(zone, number).category for number in range(15, 20)} == {
        "organ",
        "school",
        "hospital",
    }
    assert {branch(zone, number).category for number in range(20, 25)} == {
        "private",
        "soe",
        "social",
    }
    for numbers, above in (
        (range(1, 8), "town1"),
        (range(8, 15), "town2"),
        (range(15, 20), "dept1"),
        (range(20, 25), "dept2"),
    ):
        seat = actor(zone, f"{above}.officer").posts[0].unit_id
        assert {branch(zone, number).parent_id for number in numbers} == {seat}, above


def test_about_four_hundred_members_with_names_of_their_own(zone):
    assert (
        zone.scalar(sa.select(sa.func.count()).select_from(Unit).where(Unit.kind == "branch")) == 24
    )
    assert 380 <= zone.scalar(sa.select(sa.func.count()).select_from(Membership)) <= 440
    names = zone.scalars(sa.select(Person.name)).all()
    assert len(set(names)) >= len(names) - 5
    for flag in ("mobile", "retired", "elderly", "leading", "in_post", "no_office", "probationary"):
        flagged = sa.select(sa.func.count()).select_from(Person).where(getattr(Person, flag))
        assert zone.scalar(flagged) >= 5, flag


def test_posts_fit_the_size_of_the_branch(zone):
    def offices(number):
        return Counter(
            zone.scalars(sa.select(Post.office).where(Post.unit_id == branch(zone, number).id))
        )

    assert offices(24) == {"secretary": 1}
    assert (
        zone.scalar(
            sa.select(sa.func.count())
            .select_from(Membership)
            .where(Membership.unit_id == branch(zone, 24).id)
        )
        == 4
    )
    assert offices(1) == {
        "secretary": 1,
        "organizer": 1,
        "publicity": 1,
        "discipline": 1,
        "deputy": 1,
        "first_secretary": 1,
    }
    assert offices(6)["instructor"] == 1 and offices(21) == {
        "secretary": 1,
        "deputy": 1,
        "instructor": 1,
    }
    assert (
        zone.scalar(
            sa.select(sa.func.count())
            .select_from(Membership)
            .where(Membership.unit_id == branch(zone, 1).id, Membership.group_id.is_(None))
        )
        == 0
    )


def test_branch01_is_untouched(zone):
    home = branch(zone, 1)
    rows = zone.scalars(
        sa.select(Activity).where(Activity.unit_id == home.id).order_by(Activity.day)
    ).all()
    coming = [row for row in rows if row.day >= NOW.today]
    assert len(coming) == 1 + 12
    assert all(
        row.day == row.rule_day and not row.moved_by and not row.excused_by for row in coming
    )
    past = [row for row in rows if row.day < NOW.today]
    assert past[-1].held_on is None and all(row.held_on for row in past[:-1])
    assert (
        zone.scalar(
            sa.select(sa.func.count())
            .select_from(Case)
            .where(Case.unit_id == home.id, Case.closed_at.is_(None))
        )
        == 0
    )
    assert (
        zone.scalar(
            sa.select(sa.func.count())
            .select_from(ZoneNotice)
            .where(ZoneNotice.ended_at.is_(None), ZoneNotice.day >= NOW.today)
        )
        == 0
    )
    partners = [
        unit for case in zone.scalars(sa.select(Case)) for unit in case.facts.get("with", [])
    ]
    assert home.id not in partners


def test_every_state_occurs_through_the_engine(zone):
    counts = Counter(zone.scalars(sa.select(Case.state).where(Case.workflow == "date_change")))
    assert STATES - set(counts) == set()
    shifts = set(zone.scalars(sa.select(Case.state).where(Case.workflow == "zone_shift")))
    assert {"in_force", "revoked", "proposed"} <= shifts
    told = set(zone.scalars(sa.select(JournalRow.case_id).where(JournalRow.kind != "record")))
    assert told == set(zone.scalars(sa.select(Case.id)))


def test_town1_has_a_lively_desk(zone):
    due = [
        case.due_on
        for case in inbox.cases(zone, actor(zone, "town1.officer"), "mine", NOW.today).items
    ]
    assert len(due) >= 5 and NOW.today in due
    assert sum(day < NOW.today for day in due) >= 2 and len(set(due)) >= 4


def test_past_year_has_late_missed_moved_and_excused_days(zone):
    rows = zone.scalars(sa.select(Activity)).all()
    known = Counter(status(row, NOW.today) for row in rows)
    assert (
        known["late"] >= 3
        and known["missed"] >= 1
        and known["excused"] == 2
        and known["held"] > 250
    )
    assert known["unrecorded"] >= 1 and known["unplanned"] > 0
    moved = [row for row in rows if row.moved_by and row.day < NOW.today]
    assert len(moved) >= 8 and all(row.held_on == row.day != row.rule_day for row in moved)
    july = [row for row in rows if row.month == 7 and row.year == 2026]
    assert len(july) == 24 and {row.held_on for row in july} == {date(2026, 7, 1)}


def test_nothing_is_written_from_the_future(zone):
    rows = zone.scalars(sa.select(Activity).where(Activity.held_on.is_not(None))).all()
    assert all(row.held_on < NOW.today and row.held_entered_at <= NOW.now for row in rows)
    assert all((row.held_on.year, row.held_on.month) == (row.year, row.month) for row in rows)
    assert zone.scalar(sa.select(sa.func.max(JournalRow.at))) <= NOW.now
    assert zone.scalar(sa.select(sa.func.min(Activity.year))) == 2025


def test_flexible_branches_have_chosen_some_days(zone):
    rows = zone.execute(
        sa.select(Activity.day, Unit.category)
        .join(Unit, Unit.id == Activity.unit_id)
        .where(Activity.rule_day.is_(None), Activity.day > NOW.today)
    ).all()
    calendar = zone_calendar(zone, zone.scalar(sa.select(Zone.id)))
    assert rows and all(calendar.is_workday(day) for day, _category in rows)
    assert {category for _day, category in rows} & {"private", "soe", "school", "hospital"}


def test_zone_moved_a_month_for_everybody_with_a_fixed_day(zone):
    notice = zone.scalar(sa.select(ZoneNotice).where(ZoneNotice.ended_at.is_(None)))
    for number in FIXED:
        row = zone.scalar(
            sa.select(Activity).where(
                Activity.unit_id == branch(zone, number).id,
                Activity.year == notice.year,
                Activity.month == notice.month,
            )
        )
        assert row.rule_day == notice.day, number


def test_paper_numbers_run_without_gaps_in_the_order_of_issue(zone):
    papers = zone.scalars(
        sa.select(Paper).order_by(Paper.unit_id, Paper.series, Paper.year, Paper.seq)
    ).all()
    series: dict[tuple, list[Paper]] = {}
    for paper in papers:
        series.setdefault((paper.unit_id, paper.series, paper.year), []).append(paper)
    for known in series.values():
        assert [paper.seq for paper in known] == list(range(1, len(known) + 1))
        assert [paper.issued_at for paper in known] == sorted(paper.issued_at for paper in known)
    assert any(paper.number.startswith("青委党日〔2026〕") for paper in papers)


def test_journal_verifies(zone):
    assert journal.verify_lines(journal.export_lines(zone)) == []


def test_this_year_is_published_and_the_next_provisional(zone):
    assert set(zone.scalars(sa.select(PublishedYear.year))) == set(range(2004, 2027))
    planned = zone.scalars(sa.select(Activity).where(Activity.year == 2027)).all()
    assert len(planned) == 24 * 12
    assert {status(row, NOW.today, True) for row in planned if row.day and not row.moved_by} == {
        "provisional"
    }


def test_a_second_demo_is_refused_in_a_sentence(zone):
    before = zone.scalar(sa.select(sa.func.count()).select_from(Person))
    with pytest.raises(RuleViolation) as no:
        demo.build(zone, NOW)
    assert no.value.sentence == "数据库里已有数据，示范区只能载入空的数据库。"
    assert zone.scalar(sa.select(sa.func.count()).select_from(Person)) == before


# A Saturday at the start of a year, July after 七一, a make-up Saturday, the day after a postponed
# party day.
DAYS = ["2027-01-02", "2026-07-15", "2026-02-28", "2026-10-10"]


@pytest.mark.parametrize("day", DAYS if WHOLE else DAYS[:1])
def test_stands_on_any_day(sqlite_template, tmp_path, day):
    at = Clock().at(date.fromisoformat(day), 10)
    app = opened(sqlite_template, tmp_path)
    with app.app_context():
        demo.build(db.session, at)
        db.session.commit()
        states = set(db.session.scalars(sa.select(Case.state)))
        desk = inbox.cases(
            db.session, actor(db.session, "town1.officer", at.today), "mine", at.today
        ).items
        latest = db.session.scalars(
            sa.select(Activity)
            .where(Activity.unit_id == branch(db.session, 1).id, Activity.day < at.today)
            .order_by(Activity.day.desc())
        ).first()
        db.session.remove()
        db.engine.dispose()
    assert STATES - states == set()
    assert len(desk) >= 5 and min(case.due_on for case in desk) < at.today
    assert latest.held_on is None and latest.day > at.today - timedelta(days=45)


def test_stands_on_both_databases(session):
    demo.build(session, NOW)
    session.commit()
    assert journal.verify_lines(journal.export_lines(session)) == []
    assert credentials.sign_in(session, "branch01.member01", demo.PASSWORD, NOW)


def test_the_county_has_its_size():
    rows = list(demo._branches("county"))
    assert (len(rows), sum(members for *_rest, members in rows)) == (2_500, 60_000)
    assert rows[:24] == list(demo.BRANCHES) and min(members for *_rest, members in rows) >= 4


# Attendance, absence, orders ---------------------------------------------------------------------


def test_every_activity_that_was_held_has_its_sheet_and_branch01_s_latest_has_none(zone):
    held = zone.scalars(sa.select(Activity).where(Activity.held_on.is_not(None))).all()
    for row in held:
        sums = attendance.balance(zone, row)
        missing = sums.get("leave", 0) + sums.get("absent", 0)
        assert sums["expected"] == len(expected(zone, row.unit_id, row.held_on)) > 0
        assert missing == sum(count for name, count in sums.items() if name.startswith("end_"))
        assert row.confirmed_at and row.confirmed_by
    recorded = set(zone.scalars(sa.select(Attendance.activity_id)))
    assert recorded == {row.id for row in held} and len(held) > 250
    latest = zone.scalars(
        sa.select(Activity)
        .where(Activity.unit_id == branch(zone, 1).id, Activity.day < NOW.today)
        .order_by(Activity.day.desc())
    ).first()
    assert latest.id not in recorded


def test_absences_orders_and_visits_stand_in_many_states(zone):
    states = {
        workflow: set(zone.scalars(sa.select(Case.state).where(Case.workflow == workflow)))
        for workflow in ("absence", "exemption", "inspection", "rectification")
    }
    assert states["absence"] >= {
        "to_contact",
        "to_make_up",
        "to_archive",
        "finding_objected",
        "unreached",
        "made_up",
        "excused",
        "searching",
        "corrected",
    }
    assert states["rectification"] >= {"draft", "issued", "fixing", "recheck", "closed"}
    assert states["inspection"] >= {"clean", "ordered", "under_way"}
    assert states["exemption"] == {"asked", "in_force", "refused"}


def test_every_workflow_stands_in_several_states(zone):
    """Contract: the demo zone has every workflow that it offers in several states."""
    for workflow in (one for one in workflows.every() if one.setting is None):
        states = set(zone.scalars(sa.select(Case.state).where(Case.workflow == workflow.name)))
        assert len(states) >= 3, (workflow.name, states)


def test_one_order_is_late_and_one_recheck_is_late_by_a_day(zone):
    orders = {
        case.unit.name: case
        for case in zone.scalars(
            sa.select(Case).where(Case.workflow == "rectification", Case.closed_at.is_(None))
        )
    }
    late = [case for case in orders.values() if case.due_on < NOW.today]
    assert sorted(case.state for case in late) == ["fixing", "recheck"]
    recheck = next(case for case in late if case.state == "recheck")
    assert recheck.due_on == date(2026, 11, 23), "a working day before 24 November"
    rounds = [
        case.facts["round"]
        for case in zone.scalars(
            sa.select(Case).where(Case.workflow == "rectification", Case.state == "closed")
        )
    ]
    assert sorted(rounds) == [1, 2]


def test_a_member_stands_outside_the_roster_for_half_a_year(zone):
    [case] = zone.scalars(
        sa.select(Case).where(Case.workflow == "exemption", Case.state == "in_force")
    )
    person = zone.get(Person, case.facts["member"])
    assert person.exempt_from <= NOW.today < person.exempt_until and person.elderly
    assert person.id not in {row.id for row in expected(zone, case.unit_id, NOW.today)}


def test_a_member_was_found_unexcused_three_times_in_a_row(zone):
    streaks = {
        case.data_subject_id: len(absence.streak(zone, case.data_subject_id))
        for case in zone.scalars(sa.select(Case).where(Case.workflow == "absence"))
    }
    assert max(streaks.values()) == 3


def test_what_a_committee_read_of_an_appraisal_is_what_was_recorded(zone):
    """四（四）: 党员参加活动的情况作为民主评议党员的重要内容, so the committee reads it true."""
    cases = zone.scalars(sa.select(Case).where(Case.workflow == "appraisal")).all()
    read = [case for case in cases if case.facts.get("attended")]
    assert read
    for case in read:
        assert case.facts["attended"] == attended.of(zone, case, list(case.facts["attended"]))


def test_some_branches_held_a_life_meeting_and_an_organ_lacks_the_first_half(zone):
    held = {
        number: {
            (row.held_on.year, row.held_on.month > 6)
            for row in zone.scalars(
                sa.select(LifeMeeting).where(LifeMeeting.unit_id == branch(zone, number).id)
            )
        }
        for number in (1, 5, 12, 15)
    }
    assert {(2026, False), (2026, True)} <= held[1] and {(2026, False), (2026, True)} <= held[5]
    assert (2026, True) in held[12] and (2026, False) not in held[12], "branch12 is an organ"
    assert zone.scalars(
        sa.select(LifeMeeting).where(
            LifeMeeting.unit_id == branch(zone, 15).id, LifeMeeting.case_id.is_not(None)
        )
    ).all(), "by its appraisal"
    assert (
        zone.scalar(
            sa.select(sa.func.count())
            .select_from(LifeMeeting)
            .where(LifeMeeting.held_on > NOW.today)
        )
        == 0
    )


def test_the_boxes_of_fifty_people_hold_what_is_theirs(zone):
    """Each box of every eighth office-holder and of some members, against every case in turn."""
    offices = zone.scalars(sa.select(Post.person_id).distinct().order_by(Post.person_id)).all()
    members = zone.scalars(sa.select(Membership.person_id).order_by(Membership.person_id)).all()
    for person in [*offices[:: len(offices) // 40], *members[:: len(members) // 10]]:
        who = actor_of(zone, person, NOW.today)
        rows = inbox_oracle.asked(zone, who)
        for box in inbox.BOXES:
            boxes.hold(zone, who, box, rows, limit=25)
