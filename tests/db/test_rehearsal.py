"""A year of each category, a town and the zone, lived through the real use cases: what `oversight obligations
check` prints. Which keys must be proved is written here from the register.
"""

from __future__ import annotations

import shutil
from datetime import date

import pytest
import sqlalchemy as sa

from oversight import create_app
from oversight.base.clock import Clock
from oversight.base.db import db
from oversight.commands import obligations as command
from oversight.demo import rehearsal, scenarios
from oversight.engine import journal
from oversight.law import duties as law
from oversight.law.binding import by_key
from oversight.law.clauses import register
from oversight.ledger import obligations, overview
from oversight.ledger.tally import Tally
from oversight.models import Unit
from oversight.models.organizations import CATEGORIES

# Owed for a time of the calendar; the appraisal's own walk is in test_appraisal_walk.
TIMED = {key for key, duty in law.duties().items() if duty.period in law.SPANS} - {
    "APPRAISAL.YEARLY",
    "DUES.ONLINE",  # may
    "RIGHTS.MANAGEMENT_LINK",  # may
}


@pytest.fixture(scope="module")
def lived(sqlite_template, tmp_path_factory):
    """Return what was found of each key, and the journal of that year."""
    folder = tmp_path_factory.mktemp("rehearsal")
    shutil.copy(sqlite_template, folder / "year.db")
    url = f"sqlite:///{folder / 'year.db'}"
    source = {"OVERSIGHT_DATABASE_URL": url, "OVERSIGHT_INSTANCE": str(folder)}
    with create_app(source).app_context():
        found = rehearsal.rehearse(db.session, 2026, Clock())
        lines = list(journal.export_lines(db.session))
        offices = _reckoned()
        db.session.remove()
        db.engine.dispose()
    return found, lines, offices


def _reckoned() -> list[overview.Office]:
    zone = db.session.scalars(sa.select(Unit).where(Unit.kind == "zone")).one()
    branches = obligations.branches_below(db.session, [zone])
    groups = overview.seats(db.session, zone, branches)
    return overview.reckon(db.session, groups, Clock().at(date(2026, 12, 31), 22))


def test_what_nobody_recorded_stays_open(lived):
    found, *_more = lived
    open_ = {key for key, told in found.items() if told.left_open == told.bound and told.bound}
    assert open_ >= TIMED


def test_a_year_lived_settles_all_that_it_owes(lived):
    found, *_more = lived
    assert {key for key, told in found.items() if told.proved} == TIMED


def test_each_category_is_bound_by_its_own_document(lived):
    found, *_more = lived
    for key in TIMED:
        if law.duties()[key].by == law.BRANCH:
            silent = {"organ"} if key == "ORGLIFE.Q4" else set()  # each half-year is their must
            bound = {one for one in CATEGORIES if by_key(key, one)} - silent
            assert found[key].bound == bound, key


def test_of_the_year_of_eight_categories_all_is_settled_or_explained(lived):
    """But for the appraisal, which has a walk of its own; and sums are those of the branches."""
    [town, zone] = lived[2]
    assert {line.unit.category for line in town.lines} == set(CATEGORIES)
    for line in town.lines:
        left = {place for place, n in line.tally.items() if place[2] in ("open", "overdue") and n}
        assert left == {(12, "appraisal", "open")}, line.unit.category
        assert line.tally.states()["settled"] > 100
    whole = overview.Sums.total(office.sums for office in lived[2])
    assert whole.below == sum((line.tally for line in town.lines), Tally()) and not zone.lines
    assert whole.own.states()["overdue"] == 0


def test_the_journal_of_the_year_holds(lived):
    _found, lines, _offices = lived
    assert journal.verify_lines(iter(lines)) == []


# What no year shows ------------------------------------------------------------------------------

MUST = {entry["key"] for entry in register().values() if entry["kind"] == "must"}
# Nobody owes what may be done; where that is all that a key says, no scenario speaks of it.
MAY = {
    "DATE.FLEX",
    "PART.INVITEES",
    "FORM.JOINT",
    "FORM.WHOLE_THEN_PARTS",
    "DUES.ONLINE",
    "RIGHTS.MANAGEMENT_LINK",
    "ORGLIFE.ANYTIME",
    "VENUE.SHARED",
    "INSPECT.MICRO",
}


@pytest.fixture(scope="module")
def played(sqlite_template, tmp_path_factory):
    """Return what the scenarios showed by key."""
    folder = tmp_path_factory.mktemp("scenarios")
    shutil.copy(sqlite_template, folder / "played.db")
    url = f"sqlite:///{folder / 'played.db'}"
    source = {"OVERSIGHT_DATABASE_URL": url, "OVERSIGHT_INSTANCE": str(folder)}
    with create_app(source).app_context():
        found = scenarios.play(db.session, 2026, Clock())
        lines = list(journal.export_lines(db.session))
        db.session.remove()
        db.engine.dispose()
    return found, lines


def test_each_must_is_left_open_and_settled(played):
    found, _lines = played
    assert set(found) == MUST - TIMED
    assert {key for key, shown in found.items() if shown != {"open", "settled"}} == set()


def test_what_stays_outside_may_be_done_and_is_owed_by_nobody():
    kinds = {key: {one["kind"] for one in register().values() if one["key"] == key} for key in MAY}
    assert set(map(frozenset, kinds.values())) == {frozenset({"may"})}
    assert set(law.duties()) == MAY | (MUST - TIMED) | TIMED


def test_the_journal_of_the_scenarios_holds(played):
    assert journal.verify_lines(iter(played[1])) == []


def test_a_must_that_nothing_shows_is_missed():
    """The command ends with 1 on it."""
    told = rehearsal.Told(law.duties()["MAKEUP.CONTACT"], played={"open"})
    assert command._stands(told) == command.MISSING
    told.played.add("settled")
    assert command._stands(told) == command.PLAYED
    assert command._stands(rehearsal.Told(law.duties()["DATE.FLEX"])) == command.OFFERED
