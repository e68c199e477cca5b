"""Which party may make which move of an appraisal and of its deployment from which state.

An independent table, written by hand from the guidance 三（一）6, the dossier's §3 and §8, the contract
and the issue; never from the definitions. Names and dates only. The branch is the village in town
1.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.support.actors import CAST

# Parties, as people of the cast (actors.CAST and CAST_MORE).
LEADERS = ("village.secretary", "village.organizer", "second.hat")
MEMBERS = ("village.member1", "village.member2")
RATED_HAT = "rated.hat"  # sits in the town's committee and is rated here
GRADED = (*LEADERS, *MEMBERS, RATED_HAT, "village.leaver")
PROBATIONARY, STRUCK, ABROAD = "village.new", "village.struck", "village.member3"
TAKING_PART = (*GRADED, PROBATIONARY)
SUPERIOR = (
    "town1.officer",
    "town1.secretary",
)  # second.hat is an officer too, but it is his own branch
BODY = (
    "town1.secretary",
    "town1.deputy",
    "town1.committee1",
    "town1.committee2",
    "town1.committee3",
)
SPOKEN, SILENT = BODY[:3], BODY[3:]
REVIEWER = ("town1.officer",)  # the secretary has decided
ABOVE = ("zone.officer", "zone.secretary")
HIGHER_BODY = ("zone.secretary", "zone.deputy", "zone.committee1")
LOOK_ON = ("gone.hat", "town1.inspector", "zone.inspector")
IN_SIGHT = frozenset((*LEADERS, RATED_HAT, *SUPERIOR, *BODY, *ABOVE, *HIGHER_BODY, *LOOK_ON)) - {
    "gone.hat"
}
ROSTER_SEES = frozenset(
    TAKING_PART
)  # from the day they are asked to write; who was struck has left
CAST_MORE = tuple(
    (name, "", "")
    for name in (
        "village.member2",
        ABROAD,
        PROBATIONARY,
        STRUCK,
        "village.leaver",
        "village.joiner",
        RATED_HAT,
        "gone.hat",
        "town1.committee2",
        "town1.committee3",
    )
)
EXITS = ("void", "terminate")
ROSTER = ("add_to_roster", "strike")


@dataclass(frozen=True)
class Row:
    """One state on one day. `rule`: his to make, but a rule says no (422). `spoken`: he has
    answered before (409).

    `system`: the clock's or the count's. `nobodys`: leaves the state, but nobody fills who could
    make it. `enters`: the state where it differs from the table's. `seen_by`: who sees the case
    beside its superiors.
    """

    state: str
    today: str
    may: dict = field(default_factory=dict)
    rule: dict = field(default_factory=dict)
    spoken: dict = field(default_factory=dict)
    system: tuple[str, ...] = ()
    nobodys: tuple[str, ...] = ()
    enters: dict = field(default_factory=dict)
    seen_by: frozenset = ROSTER_SEES


@dataclass(frozen=True)
class Table:
    """`targets`: which state a move enters; those not named stay. `never`: states that no case
    comes to rest in.
    """

    workflow: str
    moves: tuple[str, ...]
    targets: dict
    rows: dict
    never: tuple[str, ...] = ()
    in_sight: frozenset = IN_SIGHT

    def expected(self, row: Row, actor: str, move: str) -> frozenset:
        """Return what may come of it: the state entered, or the status with which it is refused."""
        return frozenset({self._outcome(row, actor, move)})

    def _outcome(self, row: Row, actor: str, move: str):
        if _named(row.may, actor, move):
            return row.enters.get(move) or self.targets.get(move, row.state)
        if actor not in self.in_sight | row.seen_by:
            return 404
        if _named(row.rule, actor, move):
            return 422
        leaves = {name for moves in (*row.may.values(), *row.rule.values()) for name in moves}
        if _named(row.spoken, actor, move) or move not in leaves.union(row.system, row.nobodys):
            return 409
        return 403


def _named(parties: dict, actor: str, move: str) -> bool:
    return any(actor in people and move in moves for people, moves in parties.items())


def ends(today: str, *states: str, **more) -> dict:
    """Return rows of states in which nothing more can be done."""
    return {state: Row(state, today, **more) for state in states}


def at_branch(
    today: str, *moves: str, late: bool = False, may=None, rule=None, **more
) -> tuple[str, dict, dict, dict]:
    """Return what every step of the branch has: its moves and recusal, the exits, ending it once
    the branch is late.
    """
    ending = {SUPERIOR: (*EXITS, "close_unfinished")} if late else {SUPERIOR: EXITS}
    closing = {} if late else {SUPERIOR: ("close_unfinished",)}
    return (
        today,
        {LEADERS: (*moves, "recuse"), **ending, **(may or {})},
        {**closing, **(rule or {})},
        more,
    )


def row(state: str, shape: tuple) -> Row:
    today, may, rule, more = shape
    return Row(state, today, may, rule, **more)


UNSEEN = {"seen_by": frozenset()}
ALIVE = {LEADERS: ("strike_gone",)}  # where nobody else may be struck, who died or quit is


def excusing(today: str, rule: dict, may: dict | None = None) -> Row:
    """Return a day on which the superior is asked to excuse; the others go on writing."""
    writing = (*LEADERS, "village.member1", RATED_HAT, PROBATIONARY, "village.leaver")
    return Row(
        "excuse_asked",
        today,
        {
            SUPERIOR: ("consent_excuse", "deny_excuse", "recuse", *EXITS),
            LEADERS: ("file_for", "file_for_several"),
            writing: ("file_self_assessment",),
            **(may or {}),
        },
        {("village.member2", STRUCK): ("file_self_assessment",), **rule, **ALIVE},
        enters={"consent_excuse": "self_assessment", "deny_excuse": "self_assessment"},
    )


PREPARE = (*ROSTER, "open_self_assessment", "ask_not_counted")
REVIEWABLE = (*LEADERS, "village.member2", RATED_HAT, "village.leaver")  # member1 has asked
NO_REVIEW = ("village.member1", PROBATIONARY, STRUCK)

APPRAISAL = Table(
    "appraisal",
    (
        "add_to_roster",
        "strike",
        "strike_gone",
        "ask_not_counted",
        "consent_not_counted",
        "deny_not_counted",
        "open_self_assessment",
        "file_self_assessment",
        "file_for",
        "file_for_several",
        "ask_excuse",
        "consent_excuse",
        "deny_excuse",
        "all_filed",
        "open_peer_review",
        "record_peer_review",
        "record_reviews",
        "open_vote",
        "enter_count",
        "reconvene",
        "close_vote",
        "propose",
        "send_up",
        "branch_decided",
        "decide",
        "enter_ballots",
        "close_meeting",
        "agreed",
        "some_returned",
        "not_agreed",
        "refer_up",
        "tell",
        "all_told",
        "take_up_review",
        "ask_review",
        "uphold",
        "change_rating",
        "all_reviewed",
        "file",
        "close",
        "close_unfinished",
        "void",
        "terminate",
        "take_over",
        "recuse",
    ),
    {
        "open_self_assessment": "self_assessment",
        "open_peer_review": "peer_review",
        "open_vote": "vote",
        "reconvene": "peer_review",
        "close_vote": "rating",
        "propose": "deciding",
        "tell": "told",
        "file": "filed",
        "close_unfinished": "unfinished",
        "uphold": "telling",
        "change_rating": "telling",
        "ask_review": "under_review",
        "void": "void",
        "terminate": "terminated",
    },
    {
        "preparing": row(
            "preparing",
            at_branch(
                "2026-11-24", *PREPARE, enters={"ask_not_counted": "not_counted_asked"}, **UNSEEN
            ),
        ),
        "preparing, overdue": row(
            "preparing",
            at_branch(
                "2026-12-09",
                *PREPARE,
                late=True,
                enters={"ask_not_counted": "not_counted_asked"},
                **UNSEEN,
            ),
        ),
        "not counted asked": Row(
            "not_counted_asked",
            "2026-11-24",
            {SUPERIOR: ("consent_not_counted", "deny_not_counted", "recuse", *EXITS)},
            {ABOVE: ("take_over",), **ALIVE},
            enters={"consent_not_counted": "preparing", "deny_not_counted": "preparing"},
            **UNSEEN,
        ),
        "not counted asked, overdue": Row(
            "not_counted_asked",
            "2026-12-02",
            {
                SUPERIOR: ("consent_not_counted", "deny_not_counted", "recuse", *EXITS),
                ABOVE: ("take_over",),
            },
            ALIVE,
            enters={"consent_not_counted": "preparing", "deny_not_counted": "preparing"},
            **UNSEEN,
        ),
        "self-assessment": Row(
            "self_assessment",
            "2026-11-24",
            {
                LEADERS: (*ROSTER, "file_for", "file_for_several", "ask_excuse"),
                SUPERIOR: EXITS,
                (*LEADERS, "village.member1", RATED_HAT, PROBATIONARY, "village.leaver"): (
                    "file_self_assessment",
                ),
            },
            {LEADERS: ("open_peer_review",)},
            spoken={("village.member2", STRUCK): ("file_self_assessment",)},
            system=("all_filed",),
            enters={"ask_excuse": "excuse_asked"},
        ),
        "self-assessment, overdue": Row(
            "self_assessment",
            "2026-12-09",
            {
                LEADERS: (
                    *ROSTER,
                    "file_for",
                    "file_for_several",
                    "ask_excuse",
                    "open_peer_review",
                ),
                SUPERIOR: EXITS,
                (*LEADERS, "village.member1", RATED_HAT, PROBATIONARY, "village.leaver"): (
                    "file_self_assessment",
                ),
            },
            spoken={("village.member2", STRUCK): ("file_self_assessment",)},
            system=("all_filed",),
            enters={"ask_excuse": "excuse_asked"},
        ),
        "excuse asked": excusing("2026-11-24", {ABOVE: ("take_over",)}),
        "excuse asked, overdue": excusing("2026-12-02", {}, {ABOVE: ("take_over",)}),
        "self done": row("self_done", at_branch("2026-11-24", *ROSTER, "open_peer_review")),
        "peer review, nobody yet": row(
            "peer_review",
            at_branch(
                "2026-11-24",
                *ROSTER,
                "ask_not_counted",
                "record_reviews",
                rule={
                    LEADERS: ("open_vote",),
                    ("village.member2", STRUCK): ("record_peer_review",),
                },
                may={tuple(set(TAKING_PART) - {"village.member2"}): ("record_peer_review",)},
                enters={"ask_not_counted": "not_counted_asked_later"},
            ),
        ),
        "peer review": row(
            "peer_review",
            at_branch(
                "2026-11-24",
                *ROSTER,
                "ask_not_counted",
                "record_reviews",
                "open_vote",
                rule={("village.member2", STRUCK): ("record_peer_review",)},
                may={tuple(set(TAKING_PART) - {"village.member2"}): ("record_peer_review",)},
                enters={"ask_not_counted": "not_counted_asked_later"},
            ),
        ),
        "not counted asked later": Row(
            "not_counted_asked_later",
            "2026-11-24",
            {SUPERIOR: ("consent_not_counted", "deny_not_counted", "recuse", *EXITS)},
            {ABOVE: ("take_over",), **ALIVE},
            enters={"consent_not_counted": "peer_review", "deny_not_counted": "peer_review"},
        ),
        "vote": row(
            "vote",
            at_branch(
                "2026-11-24",
                "enter_count",
                "reconvene",
                rule={LEADERS: ("close_vote", "strike_gone")},
            ),
        ),
        "vote, counted": row(
            "vote", at_branch("2026-11-24", "enter_count", "reconvene", "close_vote", rule=ALIVE)
        ),
        "rating": row("rating", at_branch("2026-11-24", "propose", rule=ALIVE)),
        "deciding": Row(
            "deciding",
            "2026-11-24",
            {BODY: ("decide", "recuse"), SUPERIOR: EXITS},
            {SUPERIOR: ("close_meeting", "enter_ballots"), ABOVE: ("take_over",), **ALIVE},
            {(RATED_HAT,): ("decide", "recuse")},
            ("agreed", "some_returned", "not_agreed", "refer_up"),
        ),
        "deciding on paper": Row(
            "deciding",
            "2026-11-24",
            {BODY: ("recuse",), SUPERIOR: (*EXITS, "enter_ballots")},
            {BODY: ("decide",), SUPERIOR: ("close_meeting",), ABOVE: ("take_over",), **ALIVE},
            {(RATED_HAT,): ("decide", "recuse")},
            ("agreed", "some_returned", "not_agreed", "refer_up"),
            enters={"enter_ballots": "telling"},
        ),
        "deciding, some have spoken": Row(
            "deciding",
            "2026-11-24",
            {SILENT: ("decide", "recuse"), SUPERIOR: (*EXITS, "close_meeting")},
            {ABOVE: ("take_over",), SUPERIOR: ("enter_ballots",), **ALIVE},
            {(RATED_HAT, *SPOKEN): ("decide", "recuse")},
            ("agreed", "some_returned", "not_agreed", "refer_up"),
            enters={"close_meeting": "returned"},
        ),
        "deciding, overdue": Row(
            "deciding",
            "2026-12-09",
            {
                SILENT: ("decide", "recuse"),
                SUPERIOR: (*EXITS, "close_meeting"),
                ABOVE: ("take_over",),
            },
            {SUPERIOR: ("enter_ballots",), **ALIVE},
            {(RATED_HAT, *SPOKEN): ("decide", "recuse")},
            ("agreed", "some_returned", "not_agreed", "refer_up"),
            enters={"close_meeting": "returned"},
        ),
        "deciding, taken over": Row(
            "deciding",
            "2026-12-09",
            {HIGHER_BODY: ("decide", "recuse"), ABOVE: EXITS},
            {ABOVE: ("close_meeting", "enter_ballots"), **ALIVE},
            {},
            ("agreed", "some_returned", "not_agreed", "refer_up"),
            ("take_over",),
        ),
        "returned": row("returned", at_branch("2026-11-24", "propose", rule=ALIVE)),
        "telling": row(
            "telling",
            at_branch(
                "2026-11-24",
                "tell",
                rule={(*TAKING_PART, STRUCK): ("ask_review",), **ALIVE},
                system=("all_told", "take_up_review"),
            ),
        ),
        "told": row(
            "told",
            at_branch(
                "2026-11-24",
                "file",
                may={GRADED: ("ask_review",)},
                rule={(PROBATIONARY, STRUCK): ("ask_review",), **ALIVE},
            ),
        ),
        "told, nobody may ask any more": row(
            "told",
            at_branch(
                "2026-12-02", "file", rule={(*TAKING_PART, STRUCK): ("ask_review",), **ALIVE}
            ),
        ),
        "told, overdue": row(
            "told",
            at_branch(
                "2026-12-09",
                "file",
                late=True,
                rule={(*TAKING_PART, STRUCK): ("ask_review",), **ALIVE},
            ),
        ),
        "filed": Row(
            "filed",
            "2026-11-25",
            {GRADED: ("ask_review",)},
            {(PROBATIONARY, STRUCK): ("ask_review",)},
            system=("close",),
        ),
        "under review": Row(
            "under_review",
            "2026-11-25",
            {
                REVIEWER: ("uphold", "change_rating", "recuse"),
                SUPERIOR: EXITS,
                REVIEWABLE: ("ask_review",),
            },
            {ABOVE: ("take_over",), NO_REVIEW: ("ask_review",), **ALIVE},
            system=("all_reviewed",),
        ),
        "under review, overdue": Row(
            "under_review",
            "2026-12-03",
            {
                REVIEWER: ("uphold", "change_rating", "recuse"),
                SUPERIOR: EXITS,
                ABOVE: ("take_over",),
            },
            {(*REVIEWABLE, *NO_REVIEW): ("ask_review",), **ALIVE},
            system=("all_reviewed",),
        ),
        "under review, taken over": Row(
            "under_review",
            "2026-12-03",
            {ABOVE: ("uphold", "change_rating", "recuse", *EXITS)},
            {(*REVIEWABLE, *NO_REVIEW): ("ask_review",), **ALIVE},
            system=("all_reviewed",),
            nobodys=("take_over",),
        ),
        **ends("2026-12-18", "closed"),
        **ends("2026-12-09", "unfinished", "void", "terminated", **UNSEEN),
    },
    ("proposed",),
)

# Campaign ----------------------------------------------------------------------------------------

OFFICE, SIGNER = ("zone.officer",), ("zone.secretary", "zone.deputy", "zone.committee1")
ZONE_SEES = frozenset((*OFFICE, *SIGNER, "zone.inspector"))
# Informed once it is signed; whoever has a place in the zone may then read it.
BRANCHES = frozenset(name for name, _role, _relation in (*CAST, *CAST_MORE)) - {
    "gone.hat",
    "village.joiner",
}
OTHERS = ("zone.secretary",)  # of the zone, and did not draft it
CAMPAIGN = Table(
    "campaign",
    (
        "propose",
        "withdraw",
        "return",
        "sign",
        "revoke",
        "lapse",
        "end",
        "void",
        "terminate",
        "recuse",
    ),
    {
        "propose": "proposed",
        "withdraw": "withdrawn",
        "return": "draft",
        "sign": "in_force",
        "revoke": "revoked",
        "void": "void",
        "terminate": "terminated",
    },
    {
        "draft": Row(
            "draft",
            "2026-10-08",
            {OFFICE: ("propose", "withdraw", "recuse"), OTHERS: EXITS},
            system=("lapse",),
            **UNSEEN,
        ),
        "draft, over": Row(
            "draft",
            "2027-02-01",
            {OFFICE: ("withdraw", "recuse"), OTHERS: EXITS},
            {OFFICE: ("propose",)},
            system=("lapse",),
            **UNSEEN,
        ),
        "proposed": Row(
            "proposed",
            "2026-10-08",
            {OFFICE: ("withdraw",), SIGNER: ("return", "sign", "recuse"), OTHERS: EXITS},
            system=("lapse",),
            **UNSEEN,
        ),
        "proposed, over": Row(
            "proposed",
            "2027-02-01",
            {OFFICE: ("withdraw",), SIGNER: ("return", "recuse"), OTHERS: EXITS},
            {SIGNER: ("sign",)},
            system=("lapse",),
            **UNSEEN,
        ),
        "in force": Row(
            "in_force",
            "2026-10-09",
            {SIGNER: ("revoke",)},
            system=("end",),
            seen_by=BRANCHES | {"gone.hat"},
        ),
        **ends("2027-02-01", "over", "revoked", seen_by=BRANCHES),
        **ends("2027-02-01", "withdrawn", "expired", "void", "terminated", **UNSEEN),
    },
    (),
    ZONE_SEES,
)

TABLES = {table.workflow: table for table in (APPRAISAL, CAMPAIGN)}
