"""The refusal table of the appraisal: dossier §3 and §8, the contract and every line of "Bad
input".

One drive passes through the states; each row asserts the refusal and that nothing changed but one
row in `refusals`.
"""

from __future__ import annotations

import pytest

from oversight.base.refusals import (
    AlreadyTaken,
    Forbidden,
    InvalidInput,
    InvalidTransition,
    NotFound,
    RuleViolation,
    VersionConflict,
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


def said(about: str, by: str = "", common: str = "", opinion: str = "能带头。"):
    """Return a sheet of one line: who spoke, in the line or for all of it, about whom."""

    def words(play):
        ids = {name: play.world.people[name].id for name in {about, by, common} if name}
        line = {"about": ids[about], "opinion": opinion, **({"by": ids[by]} if by else {})}
        return {"reviews": [line], **({"by": ids[common]} if common else {})}

    return words


def selves(*names: str, **changed):
    return lambda play: {
        "selves": [{"member": play.world.people[name].id, **SELF, **changed} for name in names]
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
        (LEAD, "open_vote", {}, InvalidTransition, None),
        (LEAD, "propose", {}, InvalidTransition, None),
        (OFFICER, "open_self_assessment", {}, Forbidden, "authority"),
        (MEMBER, "open_self_assessment", {}, NotFound, None),
        (LEAD, "add_to_roster", person("village.member2"), RuleViolation, "joined_the_branch"),
        (LEAD, "add_to_roster", person("community.member1"), RuleViolation, "joined_the_branch"),
        (LEAD, "add_to_roster", {"member": STRANGER}, RuleViolation, "joined_the_branch"),
        (LEAD, "add_to_roster", {"member": "张三"}, InvalidInput, None),
        (LEAD, "add_to_roster", {}, InvalidInput, None),
        (LEAD, "strike", person("village.member2", reason="death"), RuleViolation, "has_left"),
        (LEAD, "strike", {"member": STRANGER, "reason": "death"}, RuleViolation, "has_left"),
        (LEAD, "strike", person("village.leaver", reason="不想参加"), InvalidInput, None),
        (
            LEAD,
            "ask_not_counted",
            person("village.joiner", reason="abroad"),
            RuleViolation,
            "all_take_part",
        ),
        (LEAD, "ask_not_counted", person("village.member3", reason="在外打工"), InvalidInput, None),
        (OFFICER, "close_unfinished", WHY, RuleViolation, "branch_is_late"),
        (OFFICER, "void", {}, InvalidInput, None),
        (LEAD, "void", WHY, Forbidden, "authority"),
    ],
    "not counted asked": [
        (LEAD, "consent_not_counted", {}, Forbidden, "authority"),
        (LEAD, "deny_not_counted", {}, Forbidden, "authority"),
        ("second.hat", "consent_not_counted", {}, Forbidden, "authority"),
        ("zone.officer", "consent_not_counted", {}, Forbidden, "authority"),
        ("zone.officer", "take_over", WHY, RuleViolation, "superior_is_late"),
        (LEAD, "open_self_assessment", {}, InvalidTransition, None),
    ],
    "self-assessment": [
        (MEMBER, "file_self_assessment", {**SELF, "grade": "一般"}, InvalidInput, None),
        (MEMBER, "file_self_assessment", {**SELF, "text": ""}, InvalidInput, None),
        (MEMBER, "file_self_assessment", {**SELF, "text": LONG}, InvalidInput, None),
        (MEMBER, "file_self_assessment", {**SELF, "text": ["a"]}, InvalidInput, None),
        (MEMBER, "file_self_assessment", {**SELF, "member": STRANGER}, InvalidInput, None),
        (MEMBER, "file_for", person("village.member1", **SELF), Forbidden, "authority"),
        ("village.member2", "file_self_assessment", SELF, AlreadyTaken, None),
        ("village.struck", "file_self_assessment", SELF, NotFound, None),
        ("village.member3", "file_self_assessment", SELF, NotFound, None),
        ("community.member1", "file_self_assessment", SELF, NotFound, None),
        (OFFICER, "file_self_assessment", SELF, Forbidden, "authority"),
        (LEAD, "file_for", person("village.member2", **SELF), AlreadyTaken, None),
        (LEAD, "file_for", person("village.struck", **SELF), RuleViolation, "counted_so_far"),
        (LEAD, "file_for", person("village.member3", **SELF), RuleViolation, "counted_so_far"),
        (LEAD, "file_for", {"member": STRANGER, **SELF}, RuleViolation, "counted_so_far"),
        (MEMBER, "file_for_several", selves("village.member1"), Forbidden, "authority"),
        (OFFICER, "file_for_several", selves("village.member1"), Forbidden, "authority"),
        (LEAD, "file_for_several", {"selves": []}, InvalidInput, None),
        (LEAD, "file_for_several", selves("village.member1", text=""), InvalidInput, None),
        (LEAD, "file_for_several", selves("village.member1", grade="一般"), InvalidInput, None),
        (LEAD, "file_for_several", selves("village.member2"), RuleViolation, "none_has_written"),
        (
            LEAD,
            "file_for_several",
            selves("village.member1", "village.member1"),
            RuleViolation,
            "each_takes_part",
        ),
        (
            LEAD,
            "file_for_several",
            selves("village.member1", "village.struck"),
            RuleViolation,
            "each_takes_part",
        ),
        (LEAD, "ask_excuse", person("village.member1", reason="高血压"), InvalidInput, None),
        (LEAD, "ask_excuse", person("village.member1", reason="other"), InvalidInput, None),
        (LEAD, "ask_excuse", {}, RuleViolation, "each_with_a_ground"),
        (LEAD, "ask_excuse", person("village.member1"), RuleViolation, "each_with_a_ground"),
        (
            LEAD,
            "ask_excuse",
            person("village.member2", reason="ill"),
            RuleViolation,
            "none_has_written",
        ),
        (
            LEAD,
            "ask_excuse",
            person("village.struck", reason="ill"),
            RuleViolation,
            "all_take_part",
        ),
        (OFFICER, "ask_excuse", person("village.member1", reason="ill"), Forbidden, "authority"),
        (LEAD, "open_peer_review", {}, RuleViolation, "self_is_late"),
        (LEAD, "all_filed", {}, Forbidden, None),
    ],
    "excuse asked": [
        (LEAD, "consent_excuse", {}, Forbidden, "authority"),
        (LEAD, "deny_excuse", {}, Forbidden, "authority"),
        (
            OFFICER,
            "consent_excuse",
            {"members": [STRANGER]},
            RuleViolation,
            "agreed_were_asked_for",
        ),
        ("village.member2", "file_self_assessment", SELF, RuleViolation, "not_written_yet"),
        (LEAD, "file_for", person("village.member2", **SELF), RuleViolation, "he_has_not_written"),
        (LEAD, "file_for_several", selves("village.member2"), RuleViolation, "none_has_written"),
        ("zone.officer", "take_over", WHY, RuleViolation, "superior_is_late"),
    ],
    "self done": [
        (
            LEAD,
            "open_peer_review",
            {"meeting_on": "2026-09-30"},
            RuleViolation,
            "met_in_this_round",
        ),
        (
            LEAD,
            "open_peer_review",
            {"meeting_on": "2026-12-01"},
            RuleViolation,
            "met_in_this_round",
        ),
        (
            LEAD,
            "open_peer_review",
            {"meeting_on": "2025-12-01"},
            RuleViolation,
            "met_in_this_round",
        ),
        (LEAD, "open_peer_review", {"meeting_on": "2026-11-31"}, InvalidInput, None),
        (MEMBER, "file_self_assessment", SELF, InvalidTransition, None),
    ],
    "peer review, nobody yet": [
        (
            MEMBER,
            "record_peer_review",
            person("village.member1", "about", opinion="很好"),
            RuleViolation,
            "not_oneself",
        ),
        (
            MEMBER,
            "record_peer_review",
            person("village.new", "about", opinion="很好"),
            RuleViolation,
            "one_of_us",
        ),
        (
            MEMBER,
            "record_peer_review",
            person("village.struck", "about", opinion="很好"),
            RuleViolation,
            "one_of_us",
        ),
        (
            MEMBER,
            "record_peer_review",
            person("village.member3", "about", opinion="很好"),
            RuleViolation,
            "one_of_us",
        ),
        (
            MEMBER,
            "record_peer_review",
            {"about": STRANGER, "opinion": "很好"},
            RuleViolation,
            "one_of_us",
        ),
        (
            MEMBER,
            "record_peer_review",
            person("village.member2", "about", opinion=LONG),
            InvalidInput,
            None,
        ),
        (MEMBER, "record_peer_review", person("village.member2", "about"), InvalidInput, None),
        (
            "village.struck",
            "record_peer_review",
            person("village.member2", "about", opinion="好"),
            NotFound,
            None,
        ),
        (
            OFFICER,
            "record_peer_review",
            person("village.member2", "about", opinion="好"),
            Forbidden,
            "authority",
        ),
        *(
            (LEAD, "record_reviews", words, RuleViolation, guard)
            for words, guard in (
                (said("village.member1"), "speakers_take_part"),
                (said("village.member1", by="village.struck"), "speakers_take_part"),
                (said("village.member1", by="town1.officer"), "speakers_take_part"),
                (said("village.member1", common="village.member3"), "speakers_take_part"),
                (said("village.member1", by="village.member1"), "nobody_on_himself"),
                (said("village.member1", common="village.member1"), "nobody_on_himself"),
                (said("village.new", by="village.member1"), "about_the_graded"),
                (said("village.struck", by="village.member1"), "about_the_graded"),
            )
        ),
        (LEAD, "record_reviews", {}, InvalidInput, None),
        (
            LEAD,
            "record_reviews",
            said("village.member1", by="village.member2", opinion=LONG),
            InvalidInput,
            None,
        ),
        *(
            (who, "record_reviews", said("village.member1", by="village.member2"), no, guard)
            for who, no, guard in (
                (MEMBER, Forbidden, "authority"),
                (OFFICER, Forbidden, "authority"),
                ("village.struck", NotFound, None),
            )
        ),
        (LEAD, "open_vote", {}, RuleViolation, "all_reviewed"),
    ],
    "peer review": [
        (LEAD, "open_vote", {"meeting_on": "2026-11-25"}, RuleViolation, "met_in_this_round"),
        (LEAD, "enter_count", ballots(), InvalidTransition, None),
        (LEAD, "reconvene", {}, InvalidTransition, None),
    ],
    "vote": [
        (LEAD, "strike", person("village.leaver", reason="transfer"), InvalidTransition, None),
        (
            LEAD,
            "strike_gone",
            person("village.leaver", reason="death"),
            RuleViolation,
            "has_died_or_quit",
        ),
        (LEAD, "terminate", WHY, Forbidden, "authority"),
        (LEAD, "close_vote", {}, RuleViolation, "enough_came"),
        *(
            (LEAD, "enter_count", ballots(**{word: number}), InvalidInput, None)
            for word in ("present", "valid")
            for number in NUMBERS
        ),
        *(
            (
                LEAD,
                "enter_count",
                tally(lambda play, rows, n=number: [{**rows[0], "basic": n}, *rows[1:]]),
                InvalidInput,
                None,
            )
            for number in NUMBERS
            if number is not None
        ),
        (LEAD, "enter_count", ballots(present=99), RuleViolation, "counts_add_up"),
        (LEAD, "enter_count", ballots(issued=99), RuleViolation, "counts_add_up"),
        (LEAD, "enter_count", ballots(returned=99), RuleViolation, "counts_add_up"),
        (LEAD, "enter_count", ballots(valid=99), RuleViolation, "counts_add_up"),
        (LEAD, "enter_count", ballots(valid=0), RuleViolation, "grades_add_up"),
        (LEAD, "enter_count", tally(without_first), RuleViolation, "everybody_counted"),
        (LEAD, "enter_count", tally(with_stranger), RuleViolation, "everybody_counted"),
        (LEAD, "enter_count", tally(twice), RuleViolation, "everybody_counted"),
        (LEAD, "enter_count", tally(lambda play, rows: rows * 100), InvalidInput, None),
        (
            LEAD,
            "enter_count",
            tally(lambda play, rows: rows * 60),
            RuleViolation,
            "everybody_counted",
        ),
        (LEAD, "enter_count", tally(lambda play, rows: []), InvalidInput, None),
        (LEAD, "enter_count", tally(lambda play, rows: {}), InvalidInput, None),
        (LEAD, "enter_count", tally(lambda play, rows: "全部合格"), InvalidInput, None),
        (LEAD, "enter_count", tally(lambda play, rows: [[1, 2]]), InvalidInput, None),
        (
            LEAD,
            "enter_count",
            tally(lambda play, rows: [{**rows[0], "perfect": 1}, *rows[1:]]),
            InvalidInput,
            None,
        ),
        (LEAD, "enter_count", ballots(scrutineer=STRANGER), RuleViolation, "two_tellers"),
        (
            LEAD,
            "enter_count",
            lambda play: {**play.ballots(), "teller": play.ballots()["scrutineer"]},
            RuleViolation,
            "two_tellers",
        ),
        (
            LEAD,
            "enter_count",
            lambda play: {**play.ballots(), "teller": play.world.people["village.struck"].id},
            RuleViolation,
            "two_tellers",
        ),
        (OFFICER, "enter_count", ballots(), Forbidden, "authority"),
        (MEMBER, "enter_count", {}, Forbidden, "authority"),
    ],
    "rating": [
        (LEAD, "propose", {}, InvalidInput, None),
        (LEAD, "propose", {"ratings": {}}, InvalidInput, None),
        (LEAD, "propose", rated(graded(member1="良好")), InvalidInput, None),
        (LEAD, "propose", rated(graded(member1=["basic"])), InvalidInput, None),
        (LEAD, "propose", rated(without_first), RuleViolation, "everybody_rated"),
        (LEAD, "propose", rated(with_stranger), RuleViolation, "everybody_rated"),
        (LEAD, "propose", rated(with_neighbour), RuleViolation, "everybody_rated"),
        (LEAD, "propose", rated(twice), RuleViolation, "everybody_rated"),
        (LEAD, "propose", rated(graded(member3="qualified")), RuleViolation, "everybody_rated"),
        (LEAD, "propose", rated(graded(new="qualified")), RuleViolation, "everybody_rated"),
        (LEAD, "propose", rated(graded(member1="basic")), RuleViolation, "departures_explained"),
        (
            LEAD,
            "propose",
            rated(graded(member1="basic"), reasons={"village.member2": "写错了人"}),
            RuleViolation,
            "departures_explained",
        ),
        (
            LEAD,
            "propose",
            rated(graded(member1="basic"), reasons={"village.member1": "  "}),
            InvalidInput,
            None,
        ),
        (
            LEAD,
            "propose",
            rated(graded(member1="basic"), reasons={"village.member1": LONG}),
            InvalidInput,
            None,
        ),
        (
            LEAD,
            "propose",
            rated(graded(member1="unqualified"), reasons={"village.member1": "长期不参加"}),
            RuleViolation,
            "harsh_are_heard",
        ),
        (
            LEAD,
            "propose",
            rated(graded(organizer="basic"), reasons={"village.organizer": "事迹不实"}),
            RuleViolation,
            "harsh_are_heard",
        ),
        (OFFICER, "propose", rated(graded()), Forbidden, "authority"),
        (MEMBER, "propose", {}, Forbidden, "authority"),
        (LEAD, "tell", {}, InvalidTransition, None),
        (LEAD, "branch_decided", {}, InvalidTransition, None),
    ],
    "deciding": [
        ("rated.hat", "decide", YES, AlreadyTaken, None),
        ("rated.hat", "recuse", WHY, AlreadyTaken, None),
        (OFFICER, "decide", YES, Forbidden, "authority"),
        ("zone.secretary", "decide", YES, Forbidden, "authority"),
        ("second.hat", "decide", YES, Forbidden, "authority"),
        ("gone.hat", "decide", YES, NotFound, None),
        ("town2.deputy", "decide", YES, NotFound, None),
        (MEMBER, "decide", YES, Forbidden, "authority"),
        (VOTER, "decide", {"opinion": "同意"}, InvalidInput, None),
        (VOTER, "decide", {"agree": True}, InvalidInput, None),
        (VOTER, "decide", {**YES, "agree": "弃权"}, InvalidInput, None),
        (VOTER, "decide", {**YES, "opinion": LONG}, InvalidInput, None),
        (VOTER, "decide", said_back("village.member3"), RuleViolation, "returned_known"),
        (VOTER, "decide", said_back("nobody"), RuleViolation, "returned_known"),
        (VOTER, "decide", said_back("village.member1", 2), RuleViolation, "returned_known"),
        (
            VOTER,
            "decide",
            lambda play: {**YES, "returned": {play.world.people[MEMBER].id: ""}},
            InvalidInput,
            None,
        ),
        (VOTER, "close_meeting", {}, Forbidden, "authority"),
        (OFFICER, "enter_ballots", {}, InvalidInput, None),
        (OFFICER, "enter_ballots", on_paper, RuleViolation, "by_paper"),
        (VOTER, "enter_ballots", on_paper, Forbidden, "authority"),
        (OFFICER, "agreed", {}, Forbidden, None),
        (OFFICER, "close_meeting", {}, RuleViolation, "quorum_reached"),
        (OFFICER, "refer_up", {}, Forbidden, None),
        ("zone.officer", "take_over", WHY, RuleViolation, "superior_is_late"),
        (LEAD, "propose", {}, InvalidTransition, None),
    ],
    "deciding, some have spoken": [
        (VOTER, "decide", {**YES, "agree": False}, AlreadyTaken, None),
        (VOTER, "recuse", WHY, AlreadyTaken, None),
    ],
    "returned": [
        (VOTER, "decide", YES, InvalidTransition, None),
        (LEAD, "propose", rated(without_first), RuleViolation, "everybody_rated"),
    ],
    "telling": [
        (LEAD, "file", {}, InvalidTransition, None),
        (MEMBER, "tell", {}, Forbidden, "authority"),
        (MEMBER, "ask_review", WHY, RuleViolation, "asked_once_in_time"),
        (LEAD, "tell", {"members": [STRANGER]}, RuleViolation, "told_are_graded"),
        (LEAD, "tell", {"in_person": "当面"}, InvalidInput, None),
        (LEAD, "tell", person("village.new", "only"), InvalidInput, None),
        *(
            (LEAD, "tell", {"members": members}, RuleViolation, "told_are_graded")
            for members in ([[1]], [{"member": STRANGER}], [1], [None])
        ),
        *(
            (LEAD, "tell", {"members": members}, InvalidInput, None)
            for members in ("全部", {"a": "b"}, ["x"] * 501)
        ),
    ],
    "told": [
        (MEMBER, "ask_review", {}, InvalidInput, None),
        ("village.new", "ask_review", WHY, RuleViolation, "asked_once_in_time"),
        (OFFICER, "file", {}, Forbidden, "authority"),
        (OFFICER, "uphold", {}, InvalidTransition, None),
    ],
    "under review": [
        (LEAD, "file", {}, InvalidTransition, None),
        (MEMBER, "ask_review", WHY, RuleViolation, "asked_once_in_time"),
        ("town1.secretary", "uphold", {}, Forbidden, "authority"),
        (LEAD, "uphold", {}, Forbidden, "authority"),
        (OFFICER, "uphold", person("village.member2"), RuleViolation, "one_review"),
        (OFFICER, "uphold", {"member": STRANGER}, RuleViolation, "one_review"),
        (OFFICER, "change_rating", {}, InvalidInput, None),
        (OFFICER, "change_rating", {"grade": "良"}, InvalidInput, None),
        (OFFICER, "change_rating", {"grade": "basic"}, InvalidInput, None),
        ("zone.officer", "take_over", WHY, RuleViolation, "superior_is_late"),
    ],
    "under review, taken over": [
        (OFFICER, "uphold", {}, Forbidden, "authority"),
        ("zone.officer", "take_over", WHY, Forbidden, "authority"),
        (MEMBER, "uphold", {}, Forbidden, "authority"),
    ],
    "closed": [
        (MEMBER, "ask_review", WHY, InvalidTransition, None),
        (LEAD, "file", {}, InvalidTransition, None),
    ],
    "draft": [
        ("zone.secretary", "propose", {}, Forbidden, "authority"),
        ("town1.officer", "propose", {}, NotFound, None),
    ],
    "proposed": [
        ("zone.officer", "sign", {}, Forbidden, "authority"),
        ("zone.secretary", "return", {}, InvalidInput, None),
        ("town1.secretary", "sign", {}, NotFound, None),
    ],
    "in force": [
        ("zone.officer", "revoke", WHY, Forbidden, "authority"),
        (LEAD, "revoke", WHY, Forbidden, "authority"),
        ("zone.secretary", "revoke", {}, InvalidInput, None),
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
    kind = RuleViolation if year in (1999, 2101, 0, 1_000_000) else InvalidInput
    play.no(kind, None, play.open, "village.secretary", workflow="appraisal", year=year)


@pytest.mark.parametrize(
    "who, kind",
    [
        ("village.member1", Forbidden),
        ("town1.officer", Forbidden),
        ("village2.secretary", NotFound),
        ("zone.auditor", NotFound),
    ],
)
def test_who_may_not_open_it(play, who, kind):  # noqa: F811
    play.no(kind, None, play.open, who, workflow="appraisal", year=2026)


def test_one_open_a_branch_and_year(play):  # noqa: F811
    play.begin()
    refusal = play.no(AlreadyTaken, None, play.begin)
    assert play.world.people["village.secretary"].name in refusal.sentence
    assert "2026-11-24 09:00" in refusal.sentence and refusal.extra["decided_at"]


def test_a_stale_version_moves_nothing(play):  # noqa: F811
    case = play.begin()
    version = case.version
    play.lead("ask_not_counted", member=play.people["village.member3"], reason="abroad")
    play.do("town1.officer", "deny_not_counted")
    play.no(
        VersionConflict,
        None,
        play.say,
        play.case,
        "village.secretary",
        "open_self_assessment",
        {},
        version,
    )
