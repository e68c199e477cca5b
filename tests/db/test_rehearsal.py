"""A year of each category, a town and the zone, lived through the real use cases: what `oversight obligations
check` prints. Which keys must be proved is written here from the register.
"""

from __future__ import annotations

import shutil

import pytest

from oversight import create_app
from oversight.base.clock import Clock
from oversight.base.db import db
from oversight.commands import obligations as command
from oversight.demo import rehearsal
from oversight.engine import journal
from oversight.law import duties as law
from oversight.law.binding import by_key
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
        db.session.remove()
        db.engine.dispose()
    return found, lines


def test_what_nobody_recorded_stays_open(lived):
    found, _lines = lived
    open_ = {key for key, told in found.items() if told.left_open == told.bound and told.bound}
    assert open_ >= TIMED


def test_a_year_lived_settles_all_that_it_owes(lived):
    found, _lines = lived
    assert {key for key, told in found.items() if told.proved} == TIMED


def test_each_category_is_bound_by_its_own_document(lived):
    found, _lines = lived
    for key in TIMED:
        if law.duties()[key].by == law.BRANCH:
            silent = {"organ"} if key == "ORGLIFE.Q4" else set()  # each half-year is their must
            bound = {one for one in CATEGORIES if by_key(key, one)} - silent
            assert found[key].bound == bound, key


def test_the_journal_of_the_year_holds(lived):
    _found, lines = lived
    assert journal.verify_lines(iter(lines)) == []


def test_no_must_is_without_a_home(lived):
    found, _lines = lived
    left = [key for key, told in found.items() if command._stands(told) == command.MISSING]
    assert left == []
