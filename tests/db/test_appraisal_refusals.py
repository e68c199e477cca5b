"""The refusal table of the appraisal: dossier §3 and §8, the contract and every line of "Bad
input".

One drive passes through the states; each row asserts the refusal and that nothing changed but one
row in `refusals`.
"""

from __future__ import annotations

import pytest

from oversight.errors import (
    NotInSight,
    NotOpen,
    NotYours,
    RuleSaysNo,
    SomebodyFirst,
    Stale,
    WordsWrong,
)
from oversight.models import Case
from tests.db import test_matrix_part3 as matrix
from tests.db.test_appraisal_walk import SELF
from tests.db.test_matrix_part3 import campaign, main
from tests.support.matrix_part3 import TABLES

play = matrix.play  # the fixture: eight members, and those that the matrix needs
LONG, STRANGER = "学" * 2001, "01a00000-0000-7000-8000-000000000000"
WHY, YES = {"reason": "情况属实，需要这样办"}, {"agree": True, "opinion": "同意"}
NUMBERS = (-1, 1.5, float("nan"), float("inf"), 10**30, "八", "1e3", True, [8], {"n": 8}, None)


def ballots(**changed):
    return lambda play: {**play.ballots(), **changed}


def tally(change):
    """Return a count whose rows are changed by a function."""
    return lambda play: {**play.ballots(), "tallies": change(play, play.ballots()["tallies"])}


def person(name: str, word: str = "member", **more):
    return lambda play: {word: play.world.people[name].id, **more}


def rated(change, **more):
    return lambda play: {
        "ratings": change(play, play.ratings()),
        **{
            word: {play.world.people[name].id: note for name, note in notes.items()}
            for word, notes in more.items()
        },
    }


def on_paper(play):
    return matrix.Words.on_paper(play.world.people)


def without_first(play, rows):
    return rows[1:] if isinstance(rows, list) else dict(list(rows.items())[1:])


def with_stranger(play, rows):
    return (
        [*rows, {**rows[0], "member": STRANGER}]
        if isinstance(rows, list)
        else {**rows, STRANGER: "qualified"}
    )


def with_neighbour(play, rows):
    return {**rows, play.world.people["community.member1"].id: "qualified"}


def twice(play, rows):
    first = (
        [{"member": member, "grade": grade} for member, grade in rows.items()]
        if isinstance(rows, dict)
        else rows
    )
    return [*first, first[0]]


def graded(**grades):
    return lambda play, rows: {
        **rows,
        **{play.world.people[f"village.{name}"].id: grade for name, grade in grades.items()},
    }


def said_back(name: str, times: int = 1):
    return lambda play: {
        **YES,
        "returned": [
            {"member": getattr(play.world.people.get(name), "id", STRANGER), "note": "事迹不实"}
        ]
        * times,
    }


LEAD, OFFICER, MEMBER, VOTER = (
    "village.secretary",
    "town1.officer",
    "village.member1",
    "town1.deputy",
)
TABLE = {  # by row of the matrix: who, move, words, refusal, rule
    "preparing": [
        (LEAD, "open_vote", {}, NotOpen, None),
        (LEAD, "propose", {}, NotOpen, None),
        (OFFICER, "open_self_assessment", {}, NotYours, "authority"),
        (MEMBER, "open_self_assessment", {}, NotInSight, None),
        (LEAD, "add_to_roster", person("village.member2"), RuleSaysNo, "joined_the_branch"),
        (LEAD, "add_to_roster", person("community.member1"), RuleSaysNo, "joined_the_branch"),
        (LEAD, "add_to_roster", {"member": STRANGER}, RuleSaysNo, "joined_the_branch"),
        (LEAD, "add_to_roster", {"member": "张三"}, WordsWrong, None),
        (LEAD, "add_to_roster", {}, WordsWrong, None),
        (LEAD, "strike", person("village.member2", reason="death"), RuleSaysNo, "has_left"),
        (LEAD, "strike", {"member": STRANGER, "reason": "death"}, RuleSaysNo, "has_left"),
        (LEAD, "strike", person("village.leaver", reason="不想参加"), WordsWrong, None),
        (
            LEAD,
            "ask_not_counted",
            person("village.joiner", reason="abroad"),
            RuleSaysNo,
            "counted_so_far",
        ),
        (LEAD, "ask_not_counted", person("village.member3", reason="在外打工"), WordsWrong, None),
        (OFFICER, "close_unfinished", WHY, RuleSaysNo, "branch_is_late"),
        (OFFICER, "void", {}, WordsWrong, None),
        (LEAD, "void", WHY, NotYours, "authority"),
    ],
    "not counted asked": [
        (LEAD, "consent_not_counted", {}, NotYours, "authority"),
        (LEAD, "deny_not_counted", {}, NotYours, "authority"),
        ("second.hat", "consent_not_counted", {}, NotYours, "authority"),
        ("zone.officer", "consent_not_counted", {}, NotYours, "authority"),
        ("zone.officer", "take_over", WHY, RuleSaysNo, "superior_is_late"),
        (LEAD, "open_self_assessment", {}, NotOpen, None),
    ],
    "self-assessment": [
        (MEMBER, "file_self_assessment", {**SELF, "grade": "一般"}, WordsWrong, None),
        (MEMBER, "file_self_assessment", {**SELF, "text": ""}, WordsWrong, None),
        (MEMBER, "file_self_assessment", {**SELF, "text": LONG}, WordsWrong, None),
        (MEMBER, "file_self_assessment", {**SELF, "text": ["a"]}, WordsWrong, None),
        (MEMBER, "file_self_assessment", {**SELF, "member": STRANGER}, WordsWrong, None),
        (MEMBER, "file_for", person("village.member1", **SELF), NotYours, "authority"),
        ("village.member2", "file_self_assessment", SELF, SomebodyFirst, None),
        ("village.struck", "file_self_assessment", SELF, SomebodyFirst, None),
        ("village.member3", "file_self_assessment", SELF, NotInSight, None),
        ("community.member1", "file_self_assessment", SELF, NotInSight, None),
        (OFFICER, "file_self_assessment", SELF, NotYours, "authority"),
        (LEAD, "file_for", person("village.member2", **SELF), SomebodyFirst, None),
        (LEAD, "file_for", person("village.struck", **SELF), RuleSaysNo, "counted_so_far"),
        (LEAD, "file_for", person("village.member3", **SELF), RuleSaysNo, "counted_so_far"),
        (LEAD, "file_for", {"member": STRANGER, **SELF}, RuleSaysNo, "counted_so_far"),
        (LEAD, "excuse_self", person("village.member1", reason="高血压"), WordsWrong, None),
        (LEAD, "open_peer_review", {}, RuleSaysNo, "self_is_late"),
        (LEAD, "all_filed", {}, NotYours, None),
    ],
    "self done": [
        (LEAD, "open_peer_review", {"meeting_on": "2026-12-01"}, RuleSaysNo, "meeting_was_held"),
        (LEAD, "open_peer_review", {"meeting_on": "2025-12-01"}, RuleSaysNo, "meeting_was_held"),
        (LEAD, "open_peer_review", {"meeting_on": "2026-11-31"}, WordsWrong, None),
        (MEMBER, "file_self_assessment", SELF, NotOpen, None),
    ],
    "peer review, nobody yet": [
        (
            MEMBER,
            "record_peer_review",
            person("village.member1", "about", opinion="很好"),
            RuleSaysNo,
            "not_oneself",
        ),
        (
            MEMBER,
            "record_peer_review",
            person("village.new", "about", opinion="很好"),
            RuleSaysNo,
            "one_of_us",
        ),
        (
            MEMBER,
            "record_peer_review",
            person("village.struck", "about", opinion="很好"),
            RuleSaysNo,
            "one_of_us",
        ),
        (
            MEMBER,
            "record_peer_review",
            person("village.member3", "about", opinion="很好"),
            RuleSaysNo,
            "one_of_us",
        ),
        (
            MEMBER,
            "record_peer_review",
            {"about": STRANGER, "opinion": "很好"},
            RuleSaysNo,
            "one_of_us",
        ),
        (
            MEMBER,
            "record_peer_review",
            person("village.member2", "about", opinion=LONG),
            WordsWrong,
            None,
        ),
        (MEMBER, "record_peer_review", person("village.member2", "about"), WordsWrong, None),
        (
            "village.struck",
            "record_peer_review",
            person("village.member2", "about", opinion="好"),
            RuleSaysNo,
            "still_on_roster",
        ),
        (
            OFFICER,
            "record_peer_review",
            person("village.member2", "about", opinion="好"),
            NotYours,
            "authority",
        ),
        (LEAD, "open_vote", {}, RuleSaysNo, "all_reviewed"),
    ],
    "peer review": [
        (LEAD, "open_vote", {"meeting_on": "2026-11-25"}, RuleSaysNo, "meeting_was_held"),
        (LEAD, "enter_count", ballots(), NotOpen, None),
        (LEAD, "reconvene", {}, NotOpen, None),
    ],
    "vote": [
        (LEAD, "strike", person("village.leaver", reason="transfer"), NotOpen, None),
        (
            LEAD,
            "strike_gone",
            person("village.leaver", reason="death"),
            RuleSaysNo,
            "has_died_or_quit",
        ),
        (LEAD, "terminate", WHY, NotYours, "authority"),
        (LEAD, "close_vote", {}, RuleSaysNo, "enough_came"),
        *(
            (LEAD, "enter_count", ballots(**{word: number}), WordsWrong, None)
            for word in ("present", "valid")
            for number in NUMBERS
        ),
        *(
            (
                LEAD,
                "enter_count",
                tally(lambda play, rows, n=number: [{**rows[0], "basic": n}, *rows[1:]]),
                WordsWrong,
                None,
            )
            for number in NUMBERS
            if number is not None
        ),
        (LEAD, "enter_count", ballots(present=99), RuleSaysNo, "counts_add_up"),
        (LEAD, "enter_count", ballots(issued=99), RuleSaysNo, "counts_add_up"),
        (LEAD, "enter_count", ballots(returned=99), RuleSaysNo, "counts_add_up"),
        (LEAD, "enter_count", ballots(valid=99), RuleSaysNo, "counts_add_up"),
        (LEAD, "enter_count", ballots(valid=0), RuleSaysNo, "grades_add_up"),
        (LEAD, "enter_count", tally(without_first), RuleSaysNo, "everybody_counted"),
        (LEAD, "enter_count", tally(with_stranger), RuleSaysNo, "everybody_counted"),
        (LEAD, "enter_count", tally(twice), RuleSaysNo, "everybody_counted"),
        (LEAD, "enter_count", tally(lambda play, rows: rows * 100), WordsWrong, None),
        (LEAD, "enter_count", tally(lambda play, rows: rows * 60), RuleSaysNo, "everybody_counted"),
        (LEAD, "enter_count", tally(lambda play, rows: []), WordsWrong, None),
        (LEAD, "enter_count", tally(lambda play, rows: {}), WordsWrong, None),
        (LEAD, "enter_count", tally(lambda play, rows: "全部合格"), WordsWrong, None),
        (LEAD, "enter_count", tally(lambda play, rows: [[1, 2]]), WordsWrong, None),
        (
            LEAD,
            "enter_count",
            tally(lambda play, rows: [{**rows[0], "perfect": 1}, *rows[1:]]),
            WordsWrong,
            None,
        ),
        (LEAD, "enter_count", ballots(scrutineer=STRANGER), RuleSaysNo, "two_tellers"),
        (
            LEAD,
            "enter_count",
            lambda play: {**play.ballots(), "teller": play.ballots()["scrutineer"]},
            RuleSaysNo,
            "two_tellers",
        ),
        (
            LEAD,
            "enter_count",
            lambda play: {**play.ballots(), "teller": play.world.people["village.struck"].id},
            RuleSaysNo,
            "two_tellers",
        ),
        (OFFICER, "enter_count", ballots(), NotYours, "authority"),
        (MEMBER, "enter_count", {}, NotYours, "authority"),
    ],
    "rating": [
        (LEAD, "propose", {}, WordsWrong, None),
        (LEAD, "propose", {"ratings": {}}, WordsWrong, None),
        (LEAD, "propose", rated(graded(member1="良好")), WordsWrong, None),
        (LEAD, "propose", rated(graded(member1=["basic"])), WordsWrong, None),
        (LEAD, "propose", rated(without_first), RuleSaysNo, "everybody_rated"),
        (LEAD, "propose", rated(with_stranger), RuleSaysNo, "everybody_rated"),
        (LEAD, "propose", rated(with_neighbour), RuleSaysNo, "everybody_rated"),
        (LEAD, "propose", rated(twice), RuleSaysNo, "everybody_rated"),
        (LEAD, "propose", rated(graded(member3="qualified")), RuleSaysNo, "everybody_rated"),
        (LEAD, "propose", rated(graded(new="qualified")), RuleSaysNo, "everybody_rated"),
        (LEAD, "propose", rated(graded(member1="basic")), RuleSaysNo, "departures_explained"),
        (
            LEAD,
            "propose",
            rated(graded(member1="basic"), reasons={"village.member2": "写错了人"}),
            RuleSaysNo,
            "departures_explained",
        ),
        (
            LEAD,
            "propose",
            rated(graded(member1="basic"), reasons={"village.member1": "  "}),
            WordsWrong,
            None,
        ),
        (
            LEAD,
            "propose",
            rated(graded(member1="basic"), reasons={"village.member1": LONG}),
            WordsWrong,
            None,
        ),
        (
            LEAD,
            "propose",
            rated(graded(member1="unqualified"), reasons={"village.member1": "长期不参加"}),
            RuleSaysNo,
            "harsh_are_heard",
        ),
        (
            LEAD,
            "propose",
            rated(graded(organizer="basic"), reasons={"village.organizer": "事迹不实"}),
            RuleSaysNo,
            "harsh_are_heard",
        ),
        (OFFICER, "propose", rated(graded()), NotYours, "authority"),
        (MEMBER, "propose", {}, NotYours, "authority"),
        (LEAD, "tell", {}, NotOpen, None),
        (LEAD, "branch_decided", {}, NotOpen, None),
    ],
    "deciding": [
        ("rated.hat", "decide", YES, SomebodyFirst, None),
        ("rated.hat", "recuse", WHY, SomebodyFirst, None),
        (OFFICER, "decide", YES, NotYours, "authority"),
        ("zone.secretary", "decide", YES, NotYours, "authority"),
        ("second.hat", "decide", YES, NotYours, "authority"),
        ("gone.hat", "decide", YES, NotInSight, None),
        ("town2.deputy", "decide", YES, NotInSight, None),
        (MEMBER, "decide", YES, NotYours, "authority"),
        (VOTER, "decide", {"opinion": "同意"}, WordsWrong, None),
        (VOTER, "decide", {"agree": True}, WordsWrong, None),
        (VOTER, "decide", {**YES, "agree": "弃权"}, WordsWrong, None),
        (VOTER, "decide", {**YES, "opinion": LONG}, WordsWrong, None),
        (VOTER, "decide", said_back("village.member3"), RuleSaysNo, "returned_known"),
        (VOTER, "decide", said_back("nobody"), RuleSaysNo, "returned_known"),
        (VOTER, "decide", said_back("village.member1", 2), RuleSaysNo, "returned_known"),
        (
            VOTER,
            "decide",
            lambda play: {**YES, "returned": {play.world.people[MEMBER].id: ""}},
            WordsWrong,
            None,
        ),
        (VOTER, "close_meeting", {}, NotYours, "authority"),
        (OFFICER, "enter_ballots", {}, WordsWrong, None),
        (OFFICER, "enter_ballots", on_paper, RuleSaysNo, "by_paper"),
        (VOTER, "enter_ballots", on_paper, NotYours, "authority"),
        (OFFICER, "agreed", {}, NotYours, None),
        (OFFICER, "close_meeting", {}, RuleSaysNo, "quorum_reached"),
        (OFFICER, "refer_up", {}, NotYours, None),
        ("zone.officer", "take_over", WHY, RuleSaysNo, "superior_is_late"),
        (LEAD, "propose", {}, NotOpen, None),
    ],
    "deciding, some have spoken": [
        (VOTER, "decide", {**YES, "agree": False}, SomebodyFirst, None),
        (VOTER, "recuse", WHY, SomebodyFirst, None),
    ],
    "returned": [
        (VOTER, "decide", YES, NotOpen, None),
        (LEAD, "propose", rated(without_first), RuleSaysNo, "everybody_rated"),
    ],
    "telling": [
        (LEAD, "file", {}, NotOpen, None),
        (MEMBER, "tell", {}, NotYours, "authority"),
        (MEMBER, "ask_review", WHY, RuleSaysNo, "asked_once_in_time"),
        (LEAD, "tell", {"members": [STRANGER]}, RuleSaysNo, "told_are_graded"),
        (LEAD, "tell", person("village.new", "only"), WordsWrong, None),
        *(
            (LEAD, "tell", {"members": members}, RuleSaysNo, "told_are_graded")
            for members in ([[1]], [{"member": STRANGER}], [1], [None])
        ),
        *(
            (LEAD, "tell", {"members": members}, WordsWrong, None)
            for members in ("全部", {"a": "b"}, ["x"] * 501)
        ),
    ],
    "told": [
        (MEMBER, "ask_review", {}, WordsWrong, None),
        ("village.new", "ask_review", WHY, RuleSaysNo, "asked_once_in_time"),
        (OFFICER, "file", {}, NotYours, "authority"),
        (OFFICER, "uphold", {}, NotOpen, None),
    ],
    "under review": [
        (LEAD, "file", {}, NotOpen, None),
        (MEMBER, "ask_review", WHY, RuleSaysNo, "asked_once_in_time"),
        ("town1.secretary", "uphold", {}, NotYours, "authority"),
        (LEAD, "uphold", {}, NotYours, "authority"),
        (OFFICER, "uphold", person("village.member2"), RuleSaysNo, "one_review"),
        (OFFICER, "uphold", {"member": STRANGER}, RuleSaysNo, "one_review"),
        (OFFICER, "change_rating", {}, WordsWrong, None),
        (OFFICER, "change_rating", {"grade": "良"}, WordsWrong, None),
        ("zone.officer", "take_over", WHY, RuleSaysNo, "superior_is_late"),
    ],
    "under review, taken over": [
        (OFFICER, "uphold", {}, NotYours, "authority"),
        ("zone.officer", "take_over", WHY, NotYours, "authority"),
        (MEMBER, "uphold", {}, NotYours, "authority"),
    ],
    "closed": [(MEMBER, "ask_review", WHY, NotOpen, None), (LEAD, "file", {}, NotOpen, None)],
    "draft": [
        ("zone.secretary", "propose", {}, NotYours, "authority"),
        ("town1.officer", "propose", {}, NotInSight, None),
    ],
    "proposed": [
        ("zone.officer", "sign", {}, NotYours, "authority"),
        ("zone.secretary", "return", {}, WordsWrong, None),
        ("town1.secretary", "sign", {}, NotInSight, None),
    ],
    "in force": [
        ("zone.officer", "revoke", WHY, NotYours, "authority"),
        (LEAD, "revoke", WHY, NotYours, "authority"),
        ("zone.secretary", "revoke", {}, WordsWrong, None),
    ],
}


REFUSALS = {"appraisal": [row for rows in TABLE.values() for row in rows]}


def rows_refused(play, label: str) -> int:
    """Try every row of a stop; each changes nothing but one row in `refusals`."""
    for who, move, words, kind, rule in TABLE[label]:
        said = words(play) if callable(words) else words
        try:
            play.no(kind, rule, play.say, play.session.get(Case, play.case.id), who, move, said)
        except (AssertionError, pytest.fail.Exception) as wrong:
            raise AssertionError(f"{label}: {who} {move} {str(said)[:200]}: {wrong}") from wrong
    return len(TABLE[label])


@pytest.mark.slow
def test_every_row_is_refused(play):  # noqa: F811
    tried = {}
    for drive in (main, campaign):
        for label in drive(play):
            play.on(TABLES[play.case.workflow].rows[label].today)
            tried |= {label: rows_refused(play, label)} if label in TABLE else {}
    assert set(tried) == set(TABLE) and sum(tried.values()) > 150


@pytest.mark.parametrize(
    "year", [1999, 2101, 0, 1_000_000, 1_000_001, -1, "今年", None, 2026.5, float("nan"), [2026]]
)
def test_a_year_that_is_none(play, year):  # noqa: F811
    kind = RuleSaysNo if year in (1999, 2101, 0, 1_000_000) else WordsWrong
    play.no(kind, None, play.open, "village.secretary", workflow="appraisal", year=year)


@pytest.mark.parametrize(
    "who, kind",
    [
        ("village.member1", NotYours),
        ("town1.officer", NotYours),
        ("village2.secretary", NotInSight),
        ("zone.auditor", NotInSight),
    ],
)
def test_who_may_not_open_it(play, who, kind):  # noqa: F811
    play.no(kind, None, play.open, who, workflow="appraisal", year=2026)


def test_one_open_a_branch_and_year(play):  # noqa: F811
    play.begin()
    play.no(RuleSaysNo, "once_a_year", play.begin)


def test_a_stale_version_moves_nothing(play):  # noqa: F811
    case = play.begin()
    version = case.version
    play.lead("ask_not_counted", member=play.people["village.member3"], reason="abroad")
    play.do("town1.officer", "deny_not_counted")
    play.no(
        Stale, None, play.say, play.case, "village.secretary", "open_self_assessment", {}, version
    )
