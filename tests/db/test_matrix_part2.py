"""The exhaustive matrix of part 2: every actor tries every move from every state of the four
workflows.

Expectations come from tests/support/matrix_part2.py alone. A denied move leaves the database as it
was.
"""

from __future__ import annotations

from functools import partial

import pytest
import sqlalchemy as sa

from oversight import workflows
from oversight.calendar.party_days import activity_for
from oversight.ledger import attendance
from oversight.models import Case
from oversight.time import sweep
from tests.db.test_attendance import sheet
from tests.db.test_rectification_walk import FINDINGS, ITEMS
from tests.support.actors import CAST, Play, confirming, second_hat
from tests.support.matrix import cells, count_cells, misjudged, tried  # noqa: F401 (a fixture of this module)
from tests.support.matrix_part2 import CAST_MORE, TABLES

EVERYBODY = [name for name, _role, _relation in (*CAST, *CAST_MORE)]
CALL = {"reached": True, "told": True, "way": "phone", "reason": "外出"}
OPINION = {"opinion": "同意"}
REASON = {"reason": "情况属实，需要这样办"}
WORDS = {
    "absence": {
        "record_contact": CALL,
        "record_lesson": {"form": "visit", "held_on": "2026-11-12"},
        "archive": {"archive_no": "机-7"},
        "find_unexcused": {"heard": "称忘记了", "note": "认定"},
        "educate": {"measure": "谈话提醒"},
    },
    "rectification": {
        "issue": {"due_on": "2026-12-11"},
        "report": {"items": ITEMS},
        "accept": {**OPINION, "verdicts": ["accepted", "explained"]},
        "send_back": {**OPINION, "verdicts": ["accepted", "not"]},
        "ask_extension": {**REASON, "until": "2026-12-25"},
    },
    "inspection": {"order": {"findings": FINDINGS}},
    "exemption": {},
}
TALKED = (
    "redo",
    "object",
    "excuse",
    "set_aside",
    "void",
    "terminate",
    "take_over",
    "recuse",
    "not_support",
    "refuse",
    "drop",
    "recall",
    "refer",
)


def words(workflow: str, move: str) -> dict:
    return WORDS[workflow].get(move) or (REASON if move in TALKED else {})


@pytest.fixture
def play(session, world):
    second_hat(world)
    confirming(session, world)
    return Play(session, world)


# Ways to each row --------------------------------------------------------------------------------


def go(play, case, *steps):
    """Make moves with words that will do: each is (day, name, move) or (day, name, move, words)."""
    for day, name, move, *said in steps:
        case = play.on(day).say(case, name, move, said[0] if said else words(case.workflow, move))
    return case


def absence(*steps, kind="absent"):
    def drive(play):
        play.on("2026-11-09")
        row = activity_for(play.session, play.world.units["village"], 2026, 11)
        raw = sheet(play.world, **{kind: ("member1",)})
        raw["present"].append(play.world.people["second.hat"].id)
        done = attendance.submit(
            play.session, row.id, attendance.read_sheet(raw), play.who("village.organizer"), play.at
        )
        return go(play, play.session.get(Case, done.opened[0]), *steps)

    return drive


def miss(way: str, day: str):
    return (
        day,
        "village.secretary",
        "record_contact",
        {"reached": False, "told": False, "way": way},
    )


def archived(play):
    play.world.units["village"].category = "organ"
    play.session.commit()
    return absence(CALLED, TAUGHT, ("2026-11-12", "village.organizer", "confirm"))(play)


def corrected(play):
    case = absence()(play)
    raw = sheet(play.world, why="本人到会，登记有误")
    raw["present"].append(play.world.people["second.hat"].id)
    attendance.submit(
        play.session,
        case.facts["activity"],
        attendance.read_sheet(raw),
        play.who("village.organizer"),
        play.at,
    )
    return play.session.get(Case, case.id)


def exemption(*steps):
    def drive(play):
        facts = {
            "member": play.world.people["village.member1"].id,
            "reason": "年老体弱",
            "from_on": "2026-12-01",
            "until": "2027-06-01",
        }
        return go(
            play.on("2026-11-24"),
            play.open("village.member1", workflow="exemption", **facts),
            *steps,
        )

    return drive


def inspection(*steps, day="2026-11-24"):
    def drive(play):
        facts = {"method": "on_site", "inspected_on": day}
        return go(
            play.on("2026-11-23"),
            play.open("town1.inspector", workflow="inspection", **facts),
            *steps,
        )

    return drive


def rectification(*steps):
    def drive(play):
        facts = {"method": "random", "inspected_on": "2026-11-20", "findings": FINDINGS}
        return go(
            play.on("2026-11-20"),
            play.open("town1.inspector", workflow="rectification", **facts),
            *steps,
        )

    return drive


CALLED = ("2026-11-12", "village.organizer", "record_contact")
TAUGHT = ("2026-11-12", "village.organizer", "record_lesson")
FOUND = ("2026-11-12", "village.organizer", "find_unexcused")
TALKED_OVER = ("2026-11-12", "village.organizer", "educate")
OBJECTS = ("2026-11-12", "village.member1", "object")
IN_VAIN = (miss("phone", "2026-11-10"), miss("phone", "2026-11-11"), miss("visit", "2026-11-12"))
LOST = (*IN_VAIN, ("2026-11-12", "village.organizer", "search_lost"))
SUPPORTED = ("2026-11-24", "village.secretary", "support")
APPROVED = ("2026-11-25", "town1.officer", "approve")
SIGNED = ("2026-11-23", "town1.secretary", "sign_off")
SENT = (SIGNED, ("2026-11-23", "town1.officer", "issue"))
FIXING = (*SENT, ("2026-11-24", "village.secretary", "acknowledge"))
REPORTED = (*FIXING, ("2026-12-02", "village.secretary", "report"))
OBJECTED = (*SENT, ("2026-11-25", "village.secretary", "object"))
ANSWERED = (*OBJECTED, ("2026-11-26", "town1.officer", "answer_objection"))
REVIEW = (*ANSWERED, ("2026-12-01", "village.secretary", "ask_higher_review"))
RECALLED = (*SENT, ("2026-11-24", "town1.officer", "recall"))
NOBODY = None

DRIVES = {
    "absence": {
        "to_contact": absence(),
        "to_contact, overdue": absence(),
        "to_contact, three tries in vain": absence(*IN_VAIN),
        "to_make_up": absence(CALLED),
        "to_make_up, found unexcused": absence(CALLED, FOUND),
        "open_to_objection": absence(
            CALLED, FOUND, TALKED_OVER, TAUGHT, ("2026-11-12", "village.organizer", "confirm")
        ),
        "to_make_up, on leave": absence(CALLED, kind="leave"),
        "to_confirm": absence(CALLED, TAUGHT),
        "to_archive": archived,
        "finding_objected": absence(CALLED, FOUND, OBJECTS),
        "finding_objected, overdue": absence(CALLED, FOUND, OBJECTS),
        "finding_objected, taken over": absence(
            CALLED, FOUND, OBJECTS, ("2026-11-24", "zone.officer", "take_over")
        ),
        "unreached": absence(*LOST),
        "made_up": absence(CALLED, TAUGHT, ("2026-11-12", "village.secretary", "confirm")),
        "excused": absence(("2026-11-12", "town1.officer", "excuse")),
        "searching": absence(*LOST, ("2026-11-12", "town1.officer", "begin_search")),
        "corrected": corrected,
        "void": absence(("2026-11-12", "town1.officer", "void")),
        "terminated": absence(("2026-11-12", "town1.officer", "terminate")),
    },
    "exemption": {
        "asked": exemption(),
        "asked, overdue": exemption(),
        "supported": exemption(SUPPORTED),
        "supported, overdue": exemption(SUPPORTED),
        "supported, too late": exemption(SUPPORTED),
        "supported, taken over": exemption(SUPPORTED, ("2026-12-07", "zone.officer", "take_over")),
        "in_force": exemption(SUPPORTED, APPROVED),
        "ended": exemption(SUPPORTED, APPROVED, ("2027-06-02", NOBODY, "end")),
        "not_supported": exemption(("2026-11-24", "village.secretary", "not_support")),
        "refused": exemption(SUPPORTED, ("2026-11-25", "town1.officer", "refuse")),
        "withdrawn": exemption(("2026-11-24", "village.member1", "withdraw")),
        "resumed": exemption(SUPPORTED, APPROVED, ("2026-12-10", "village.member1", "resume")),
        "void": exemption(("2026-11-24", "town1.officer", "void")),
        "terminated": exemption(SUPPORTED, APPROVED, ("2026-12-10", "town1.officer", "terminate")),
    },
    "inspection": {
        "under_way": inspection(),
        "under_way, the day is to come": inspection(),
        "under_way, overdue": inspection(),
        "clean": inspection(("2026-11-24", "town1.inspector", "conclude")),
        "ordered": inspection(("2026-11-24", "town1.inspector", "order")),
        "cancelled": inspection(("2026-11-24", "town1.officer", "cancel")),
        "void": inspection(("2026-11-24", "town1.officer", "void")),
        "terminated": inspection(("2026-11-24", "town1.officer", "terminate")),
    },
    "rectification": {
        "draft": rectification(),
        "draft, overdue": rectification(),
        "draft, taken over": rectification(("2026-11-30", "zone.officer", "take_over")),
        "signed_off": rectification(SIGNED),
        "issued": rectification(*SENT),
        "fixing": rectification(*FIXING),
        "fixing, overdue": rectification(*FIXING),
        "fixing, objection answered": rectification(*ANSWERED),
        "fixing, reviewed": rectification(*REVIEW, ("2026-12-01", "zone.officer", "answer_review")),
        "recheck": rectification(*REPORTED),
        "recheck, overdue": rectification(*REPORTED),
        "recheck, taken over": rectification(
            *REPORTED, ("2026-12-18", "zone.officer", "take_over")
        ),
        "extension_asked": rectification(
            *FIXING, ("2026-12-02", "village.secretary", "ask_extension")
        ),
        "objected": rectification(*OBJECTED),
        "review": rectification(*REVIEW),
        "recalled": rectification(*RECALLED),
        "closed": rectification(*REPORTED, ("2026-12-03", "town1.officer", "accept")),
        "dropped": rectification(("2026-11-23", "town1.officer", "drop")),
        "reissued": rectification(*RECALLED, ("2026-11-24", "town1.officer", "reissue")),
        "ended": rectification(*RECALLED, ("2026-11-24", "town1.officer", "close_recalled")),
        "void": rectification(*SENT, ("2026-11-24", "town1.officer", "void")),
        "terminated": rectification(*FIXING, ("2026-11-24", "town1.officer", "terminate")),
    },
}
ROWS = [
    ((name, label), bool(row.may))
    for name, table in TABLES.items()
    for label, row in table.rows.items()
]


@pytest.mark.parametrize("name", TABLES)
def test_the_table_knows_every_move_and_state_of_the_definition(name):
    workflow, table = workflows.current(name), TABLES[name]
    assert {move.name for move in workflow.moves} == set(table.moves)
    assert {state.name for state in workflow.states} - set(table.never) == {
        row.state for row in table.rows.values()
    }
    assert set(DRIVES[name]) == set(table.rows)


@pytest.mark.slow
@pytest.mark.parametrize("database_url, name, label", cells(ROWS), indirect=["database_url"])
def test_matrix(play, name, label):
    """A denied move changes nothing, and what the page offers is what the engine allows."""
    sweep.sweep(play.session, play.on("2026-10-09").at)  # plan the year, so that no attempt does
    table = TABLES[name]
    row, case = table.rows[label], DRIVES[name][label](play)
    assert case.state == row.state
    play.on(row.today)
    wrong = tried(
        play, case, EVERYBODY, table.moves, partial(table.expected, row), partial(words, name)
    )
    case = play.session.get(Case, case.id, populate_existing=True)
    wrong += misjudged(play, case, EVERYBODY, partial(table.expected, row))
    assert not wrong, f"{len(wrong)} deviations\n" + "\n".join(wrong[:60])
    assert play.session.scalar(sa.select(Case.state).where(Case.id == case.id)) == row.state
