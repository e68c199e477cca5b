"""Which party may make which move of absence, exemption, inspection and rectification from which
state.

An independent table, written by hand from the guidance 三（二）1 and 四4, the dossier's practice, the
contract and the issue; never from the definitions. Names and dates only. The branch is the village
in town 1, the member its first.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# Parties, as people of the cast (actors.CAST and CAST_MORE).
BRANCH = ("village.secretary", "village.organizer", "second.hat")
MEMBER = ("village.member1", *BRANCH)  # the branch may write for him (代录)
SUPERIOR = (
    "town1.officer",
    "town1.secretary",
)  # second.hat is an officer too, but it is his own branch
ABOVE = ("zone.officer", "zone.secretary")
OVERSEER = SUPERIOR + ABOVE
INSPECTORS = ("town1.inspector", "zone.inspector")
ISSUER = ("town1.inspector", *SUPERIOR)
LOOK_ON = (
    "town1.deputy",
    "town1.committee1",
    "town1.inspector",
    "zone.deputy",
    "zone.committee1",
    "zone.inspector",
)
IN_SIGHT = frozenset(BRANCH + SUPERIOR + ABOVE + LOOK_ON)
CONCERNED = "village.member1"
CAST_MORE = (("village.member2", "member", "own branch"),)
EXITS = ("void", "terminate")
EXIT_STATES = {"void": "void", "terminate": "terminated"}


@dataclass(frozen=True)
class Row:
    """One state on one day. `rule`: his to make, but a rule says no (422). `system`: the clock's or
    the count's.

    `enters` names the state where it differs from the table's. `nobodys`: leaves the state, but who
    could make it does not exist.
    """

    state: str
    today: str
    may: dict = field(default_factory=dict)
    rule: dict = field(default_factory=dict)
    system: tuple[str, ...] = ()
    nobodys: tuple[str, ...] = ()
    enters: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """`targets`: which state a move enters; those not named stay. `seen_by`: who sees the case
    beside its superiors.

    `never`: states that no case gets into.
    """

    workflow: str
    moves: tuple[str, ...]
    targets: dict
    rows: dict
    seen_by: frozenset = frozenset()
    never: tuple[str, ...] = ()

    def expected(self, row: Row, actor: str, move: str) -> frozenset:
        """Return what may come of it: the state entered, or the status with which it is refused."""
        if any(actor in people and move in moves for people, moves in row.may.items()):
            return frozenset({row.enters.get(move) or self.targets.get(move, row.state)})
        if actor not in IN_SIGHT | self.seen_by:
            return frozenset({404})
        if any(actor in people and move in moves for people, moves in row.rule.items()):
            return frozenset({422})
        leaves = {name for moves in (*row.may.values(), *row.rule.values()) for name in moves}
        return frozenset({403 if move in leaves.union(row.system, row.nobodys) else 409})


def ends(today: str, *states: str) -> dict:
    """Return rows of states in which nothing more can be done."""
    return {state: Row(state, today) for state in states}


# Absence -----------------------------------------------------------------------------------------
# 误立 is open to the superior as everywhere; while the record says absent another follow-up begins at
# once.

OPEN_BRANCH = {SUPERIOR: ("excuse", *EXITS)}
BEFORE_CONTACT = {  # what is not yet to be done of an absentee who was not reached
    BRANCH: ("find_unexcused", "educate", "search_lost", "still_lost", "object", "set_aside"),
    MEMBER: ("object",),
}
ABSENCE = Table(
    "absence",
    (
        "record_contact",
        "contact_made",
        "lesson_made",
        "unconfirmed",
        "still_lost",
        "record_lesson",
        "confirm",
        "redo",
        "file",
        "await_objection",
        "objection_past",
        "not_awaited",
        "archive",
        "find_unexcused",
        "set_aside",
        "educate",
        "object",
        "uphold_finding",
        "overturn_finding",
        "search_lost",
        "begin_search",
        "try_again",
        "excuse",
        "correct",
        "void",
        "terminate",
        "take_over",
        "recuse",
    ),
    {
        "record_lesson": "to_confirm",
        "confirm": "made_up",
        "redo": "to_make_up",
        "archive": "made_up",
        "object": "finding_objected",
        "uphold_finding": "to_make_up",
        "overturn_finding": "to_make_up",
        "search_lost": "unreached",
        "begin_search": "searching",
        "try_again": "to_contact",
        "excuse": "excused",
        **EXIT_STATES,
    },
    {
        "to_contact": Row(
            "to_contact",
            "2026-11-10",
            {BRANCH: ("record_contact", "recuse"), **OPEN_BRANCH},
            BEFORE_CONTACT,
            ("contact_made", "correct"),
            enters={"record_contact": "to_make_up"},
        ),
        "to_contact, overdue": Row(
            "to_contact",
            "2026-11-20",
            {BRANCH: ("record_contact", "recuse"), **OPEN_BRANCH},
            BEFORE_CONTACT,
            ("contact_made", "correct"),
            enters={"record_contact": "to_make_up"},
        ),
        "to_contact, three tries in vain": Row(
            "to_contact",
            "2026-11-12",
            {BRANCH: ("record_contact", "search_lost", "recuse"), **OPEN_BRANCH},
            {
                BRANCH: ("find_unexcused", "educate", "still_lost", "object", "set_aside"),
                MEMBER: ("object",),
            },
            ("contact_made", "correct"),
            enters={"record_contact": "to_make_up"},
        ),
        "to_make_up": Row(
            "to_make_up",
            "2026-11-12",
            {
                BRANCH: ("record_contact", "record_lesson", "find_unexcused", "recuse"),
                **OPEN_BRANCH,
            },
            {BRANCH: ("educate", "object", "set_aside"), MEMBER: ("object",)},
            ("lesson_made", "correct"),
        ),
        "to_make_up, found unexcused": Row(
            "to_make_up",
            "2026-11-12",
            {
                BRANCH: (
                    *("record_contact", "record_lesson", "find_unexcused", "educate", "recuse"),
                    "set_aside",
                ),
                SUPERIOR: EXITS,
                MEMBER: ("object",),
            },
            {SUPERIOR: ("excuse",)},
            ("lesson_made", "correct"),
        ),
        "open_to_objection": Row(
            "open_to_objection",
            "2026-11-16",
            {BRANCH: ("set_aside",), MEMBER: ("object",), SUPERIOR: EXITS},
            {},
            ("objection_past", "not_awaited", "correct"),
            enters={"set_aside": "made_up"},
        ),
        "to_make_up, on leave": Row(
            "to_make_up",
            "2026-11-12",
            {BRANCH: ("record_contact", "record_lesson", "recuse"), **OPEN_BRANCH},
            {BRANCH: ("find_unexcused", "educate", "object", "set_aside"), MEMBER: ("object",)},
            ("lesson_made", "correct"),
        ),
        "to_confirm": Row(
            "to_confirm",
            "2026-11-13",
            {BRANCH: ("confirm", "redo", "find_unexcused", "recuse"), **OPEN_BRANCH},
            {BRANCH: ("educate", "object", "set_aside"), MEMBER: ("object",)},
            ("unconfirmed", "correct"),
        ),
        "to_archive": Row(
            "to_archive",
            "2026-11-13",
            {BRANCH: ("archive", "recuse"), **OPEN_BRANCH},
            {BRANCH: ("educate", "object", "set_aside"), MEMBER: ("object",)},
            ("file", "await_objection", "correct"),
        ),
        "finding_objected": Row(
            "finding_objected",
            "2026-11-16",
            {SUPERIOR: ("uphold_finding", "overturn_finding", "recuse", *EXITS)},
            {ABOVE: ("take_over",)},
            ("correct",),
        ),
        "finding_objected, overdue": Row(
            "finding_objected",
            "2026-11-25",
            {
                SUPERIOR: ("uphold_finding", "overturn_finding", "recuse", *EXITS),
                ABOVE: ("take_over",),
            },
            {},
            ("correct",),
        ),
        "finding_objected, taken over": Row(
            "finding_objected",
            "2026-11-25",
            {ABOVE: ("uphold_finding", "overturn_finding", "recuse", *EXITS)},
            {},
            ("correct",),
            ("take_over",),
        ),
        "unreached": Row(
            "unreached",
            "2026-11-16",
            {SUPERIOR: ("begin_search", "try_again", "recuse", *EXITS)},
            {ABOVE: ("take_over",)},
            ("correct",),
        ),
        **ends("2026-11-26", "made_up", "excused", "searching", "corrected", "void", "terminated"),
    },
    frozenset({CONCERNED}),
)

# Exemption ---------------------------------------------------------------------------------------

EXEMPTION = Table(
    "exemption",
    (
        "support",
        "not_support",
        "withdraw",
        "approve",
        "refuse",
        "resume",
        "end",
        "void",
        "terminate",
        "take_over",
        "recuse",
    ),
    {
        "support": "supported",
        "not_support": "not_supported",
        "withdraw": "withdrawn",
        "approve": "in_force",
        "refuse": "refused",
        "resume": "resumed",
        **EXIT_STATES,
    },
    {
        "asked": Row(
            "asked",
            "2026-11-24",
            {BRANCH: ("support", "not_support", "recuse"), MEMBER: ("withdraw",), SUPERIOR: EXITS},
        ),
        "asked, overdue": Row(
            "asked",
            "2026-12-07",
            {BRANCH: ("support", "not_support", "recuse"), MEMBER: ("withdraw",), SUPERIOR: EXITS},
        ),
        "supported": Row(
            "supported",
            "2026-11-25",
            {MEMBER: ("withdraw",), SUPERIOR: ("approve", "refuse", "recuse", *EXITS)},
            {ABOVE: ("take_over",)},
        ),
        "supported, overdue": Row(
            "supported",
            "2026-12-07",
            {
                MEMBER: ("withdraw",),
                SUPERIOR: ("approve", "refuse", "recuse", *EXITS),
                ABOVE: ("take_over",),
            },
        ),
        "supported, taken over": Row(
            "supported",
            "2026-12-07",
            {MEMBER: ("withdraw",), ABOVE: ("approve", "refuse", "recuse", *EXITS)},
            nobodys=("take_over",),
        ),
        "supported, too late": Row(
            "supported",
            "2027-06-02",
            {MEMBER: ("withdraw",), SUPERIOR: ("refuse", "recuse", *EXITS), ABOVE: ("take_over",)},
            {SUPERIOR: ("approve",)},
        ),
        "in_force": Row(
            "in_force", "2026-12-01", {MEMBER: ("resume",), SUPERIOR: EXITS}, {}, ("end",)
        ),
        **ends(
            "2027-06-02",
            "ended",
            "not_supported",
            "refused",
            "withdrawn",
            "resumed",
            "void",
            "terminated",
        ),
    },
    frozenset({CONCERNED}),
)

# Inspection --------------------------------------------------------------------------------------

INSPECTION = Table(
    "inspection",
    ("conclude", "order", "cancel", "void", "terminate", "take_over", "recuse"),
    {"conclude": "clean", "order": "ordered", "cancel": "cancelled", **EXIT_STATES},
    {
        "under_way": Row(
            "under_way",
            "2026-11-24",
            {INSPECTORS: ("conclude", "order", "recuse"), OVERSEER: ("cancel",), SUPERIOR: EXITS},
            {ABOVE: ("take_over",)},
        ),
        "under_way, the day is to come": Row(
            "under_way",
            "2026-11-23",
            {INSPECTORS: ("recuse",), OVERSEER: ("cancel",), SUPERIOR: EXITS},
            {INSPECTORS: ("conclude", "order"), ABOVE: ("take_over",)},
        ),
        "under_way, overdue": Row(
            "under_way",
            "2026-12-07",
            {
                INSPECTORS: ("conclude", "order", "recuse"),
                OVERSEER: ("cancel",),
                SUPERIOR: EXITS,
                ABOVE: ("take_over",),
            },
        ),
        **ends("2026-12-07", "clean", "ordered", "cancelled", "void", "terminated"),
    },
)

# Rectification -----------------------------------------------------------------------------------

RECTIFICATION = Table(
    "rectification",
    (
        "sign_off",
        "drop",
        "issue",
        "acknowledge",
        "report",
        "accept",
        "send_back",
        "ask_extension",
        "grant",
        "deny",
        "object",
        "answer_objection",
        "ask_higher_review",
        "answer_review",
        "review_unanswered",
        "recall",
        "reissue",
        "close_recalled",
        "refer",
        "void",
        "terminate",
        "take_over",
        "recuse",
    ),
    {
        "sign_off": "signed_off",
        "drop": "dropped",
        "issue": "issued",
        "acknowledge": "fixing",
        "report": "recheck",
        "accept": "closed",
        "send_back": "fixing",
        "ask_extension": "extension_asked",
        "grant": "fixing",
        "deny": "fixing",
        "object": "objected",
        "answer_objection": "fixing",
        "ask_higher_review": "review",
        "answer_review": "fixing",
        "recall": "recalled",
        "reissue": "reissued",
        "close_recalled": "ended",
        **EXIT_STATES,
    },
    {
        "draft": Row(
            "draft",
            "2026-11-23",
            {SUPERIOR: ("sign_off", "drop", "recuse", *EXITS)},
            {ABOVE: ("take_over",)},
        ),
        "draft, overdue": Row(
            "draft",
            "2026-12-01",
            {SUPERIOR: ("sign_off", "drop", "recuse", *EXITS), ABOVE: ("take_over",)},
        ),
        "draft, taken over": Row(
            "draft",
            "2026-12-01",
            {ABOVE: ("sign_off", "drop", "recuse", *EXITS)},
            nobodys=("take_over",),
        ),
        "signed_off": Row(
            "signed_off", "2026-11-23", {ISSUER: ("issue", "recuse"), SUPERIOR: ("drop", *EXITS)}
        ),
        "issued": Row(
            "issued",
            "2026-11-24",
            {BRANCH: ("acknowledge", "object", "recuse"), SUPERIOR: ("recall", *EXITS)},
        ),
        "fixing": Row(
            "fixing",
            "2026-12-02",
            {BRANCH: ("report", "ask_extension", "object", "recuse"), SUPERIOR: ("recall", *EXITS)},
            {BRANCH: ("ask_higher_review",), OVERSEER: ("refer",)},
        ),
        "fixing, overdue": Row(
            "fixing",
            "2026-12-14",
            {
                BRANCH: ("report", "ask_extension", "object", "recuse"),
                SUPERIOR: ("recall", *EXITS),
                OVERSEER: ("refer",),
            },
            {BRANCH: ("ask_higher_review",)},
        ),
        "fixing, objection answered": Row(
            "fixing",
            "2026-12-02",
            {
                BRANCH: ("report", "ask_extension", "ask_higher_review", "recuse"),
                SUPERIOR: ("recall", *EXITS),
            },
            {BRANCH: ("object",), OVERSEER: ("refer",)},
        ),
        "fixing, reviewed": Row(
            "fixing",
            "2026-12-02",
            {BRANCH: ("report", "ask_extension", "recuse"), SUPERIOR: ("recall", *EXITS)},
            {BRANCH: ("object", "ask_higher_review"), OVERSEER: ("refer",)},
        ),
        "recheck": Row(
            "recheck",
            "2026-12-03",
            {SUPERIOR: ("accept", "send_back", "recuse", "recall", *EXITS)},
            {ABOVE: ("take_over",)},
        ),
        "recheck, overdue": Row(
            "recheck",
            "2026-12-18",
            {SUPERIOR: ("accept", "send_back", "recuse", "recall", *EXITS), ABOVE: ("take_over",)},
        ),
        "recheck, taken over": Row(
            "recheck",
            "2026-12-18",
            {ABOVE: ("accept", "send_back", "recuse", "recall", *EXITS)},
            nobodys=("take_over",),
        ),
        "extension_asked": Row(
            "extension_asked",
            "2026-12-03",
            {SUPERIOR: ("grant", "deny", "recuse", "recall", *EXITS)},
            {ABOVE: ("take_over",)},
        ),
        "objected": Row(
            "objected",
            "2026-11-27",
            {SUPERIOR: ("answer_objection", "recuse", "recall", *EXITS)},
            {ABOVE: ("take_over",)},
        ),
        "review": Row(
            "review",
            "2026-12-02",
            {ABOVE: ("answer_review", "recuse"), SUPERIOR: EXITS},
            {},
            ("review_unanswered",),
        ),
        "recalled": Row(
            "recalled",
            "2026-11-25",
            {ISSUER: ("reissue", "recuse"), OVERSEER: ("close_recalled",), SUPERIOR: EXITS},
        ),
        **ends("2026-12-14", "closed", "dropped", "reissued", "ended", "void", "terminated"),
    },
)

TABLES = {table.workflow: table for table in (ABSENCE, EXEMPTION, INSPECTION, RECTIFICATION)}
