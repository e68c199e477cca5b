"""How many statements a move asks of the database, in a process that has made such a move before.

One of them keeps what was written to be found by; a move without words sends none for that.
"""

from __future__ import annotations

from itertools import groupby

import pytest
import sqlalchemy as sa

from oversight import workflows
from oversight.base.db import db
from oversight.calendar.party_days import activity_for
from oversight.engine import transitions
from oversight.law.clauses import house_rule
from oversight.law.definition import Due, Move, State, Workflow
from oversight.law.roles import BRANCH, SUPERIOR
from oversight.ledger import attendance
from tests.support.actors import GOOD_WORDS, REASON, Play
from tests.support.statements import told
from tests.support.world import at

RULE = house_rule("只用于计数。")
DRAFT = State("draft", "草稿", waits_on=BRANCH)
PENDING = State("pending", "待批复", waits_on=SUPERIOR, due=Due(3, RULE))
THIN = Workflow(
    "thin",
    "计数",
    version=1,
    opens=DRAFT,
    opened_by=BRANCH,
    moves=(
        Move("submit", "提交", DRAFT, PENDING, by=BRANCH, under=RULE),
        Move("send_back", "退回", PENDING, DRAFT, by=SUPERIOR, under=RULE),
        Move("approve", "同意", PENDING, State("approved", "已同意"), by=SUPERIOR, under=RULE),
    ),
)


@pytest.fixture
def database_url(sqlite_stage):
    """SQLite alone tells what its driver was told."""
    sqlite_stage.lay(inhabited=True)
    return sqlite_stage.url


@pytest.fixture
def stage(sqlite_stage, database_url):
    return sqlite_stage


@pytest.fixture
def play(session, world):
    return Play(session, world)


def count(play, case_id: str, name: str, move: str, **words) -> int:
    """Make a move as a request does that has loaded its reader; returns its statements."""
    who = play.who(name)
    loaded = {*who.posts, *(post.unit for post in who.posts), who.person, who.branch} - {None}
    play.session.commit()
    for row in loaded:
        play.session.refresh(row)
    for row in loaded:
        play.session.expunge(row)
    play.session.commit()
    with told(db.engine) as seen:
        transitions.submit(play.session, case_id, move, who, words, version=None, at=play.at)
    for row in loaded:  # what the move leaves of them for what is shown next
        left = play.session.identity_map.get(sa.inspect(row).key)
        if left is not None:
            play.session.expunge(left)
    play.session.add_all(loaded)
    return len(seen)


def there_and_back(play, case_id: str, there: tuple, back: tuple) -> list[int]:
    """Make two moves twice; returns what they cost the second time."""
    (first, out, words), (second, home, answer) = there, back
    for _turn in range(2):
        found = [
            count(play, case_id, first, out, **words),
            count(play, case_id, second, home, **answer),
        ]
    return found


def test_asking_and_returning_a_date_change(play):
    case = play.open("village.secretary").id
    asked, returned = there_and_back(
        play,
        case,
        ("village.secretary", "ask", {"new_day": "2026-12-11", "reason": REASON}),
        ("town1.officer", "return", {"opinion": "请写清人数"}),
    )
    assert (asked, returned) == (11, 8)  # asking looks who else asks; one writer locks no day


def test_approving_a_date_change(play):
    """The move takes what every move takes; the day, its record, the number and the paper are its
    own, of the day's chain the head, read and written, and its row, and what files the case shows.
    """
    play.approved(name="community.secretary", unit="community")
    case = play.asked().id
    assert count(play, case, "town1.officer", "approve", opinion="同意") == 17


def sheet_of(play, unit: str, absent: int) -> int:
    """Record a party day of which nobody has written anything; returns its statements."""
    on = activity_for(play.session, play.world.units[unit], 2026, 11)
    people = [row.id for row in attendance.roster(play.session, on, on.day)]
    entries = {one: ("present", None, None) for one in people}
    entries |= dict.fromkeys(people[len(people) - absent :], ("absent", None, None))
    when, key = at("2026-11-09"), on.id
    who = play.world.actor(f"{unit}.secretary", when.today)
    for held in who.posts:
        held.unit.path  # noqa: B018  loads it
    play.session.flush()
    known = list(play.session)
    play.session.expunge_all()
    play.session.commit()
    with told(db.engine) as seen:
        attendance.submit(play.session, key, attendance.Sheet(entries), who, when)
    play.session.expunge_all()
    play.session.add_all(known)
    return len(list(groupby(text[:30] for text in seen)))  # a list is told of row by row


def test_a_sheet_and_each_missing_member(play):
    """What opens for those missing is written as lists: as many statements for one as for four."""
    alone = sheet_of(play, "village", 0)
    one, more = sheet_of(play, "community", 1), sheet_of(play, "organ", 3)
    assert alone <= 12 and one <= 12 + 4 and more <= 12 + 4


def test_the_thinnest_move(play):
    workflows.register(THIN)
    try:
        case = play.open("village.secretary", workflow="thin").id
        found = there_and_back(
            play, case, ("village.secretary", "submit", {}), ("town1.officer", "send_back", {})
        )
        assert found == [7, 7]
    finally:
        workflows.forget("thin")


def test_as_many_where_the_case_has_a_long_history(play):
    """What it costs doesn't grow with what has been."""
    case = play.open("village.secretary").id
    for _turn in range(5):
        for name, move in (("village.secretary", "ask"), ("town1.officer", "return")):
            count(play, case, name, move, **GOOD_WORDS[move])
    assert count(play, case, "village.secretary", "ask", **GOOD_WORDS["ask"]) == 11


def test_after_a_change_of_posts_the_line_is_read_anew_once(play):
    """Units, posts and acting of the line, each in one statement."""
    case = play.open("village.secretary").id
    turn = (("village.secretary", "ask"), ("town1.officer", "return"))
    for name, move in turn:
        count(play, case, name, move, **GOOD_WORDS[move])
    play.world.post("zone.officer", "zone", "team")
    play.session.commit()
    costs = [count(play, case, name, move, **GOOD_WORDS[move]) for name, move in turn]
    assert 12 < costs[0] <= 19 and costs[1] == 8
