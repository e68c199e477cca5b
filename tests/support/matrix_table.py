"""Which party may make which move of a date change from which state: an independent table, written
by hand.

From the guidance 二（一）1, the contract and the issue, never from the definition. Names and dates
only.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# Parties of a request of the village in town 1, as people of the cast (actors.CAST).
BRANCH = ("village.secretary", "village.organizer", "second.hat")
SUPERIOR = (
    "town1.officer",
    "town1.secretary",
)  # second.hat is an officer too, but it is his own branch
ABOVE = ("zone.officer", "zone.secretary")
PARTNERS_SUPERIOR = ("town2.officer", "town2.secretary")
PARTNER = "village2.secretary"  # of a joint request: agrees for its branch, and no more
PARTNERS = ("village2.secretary",)
LOOK_ON = (
    "town1.deputy",
    "town1.committee1",
    "town1.inspector",
    "zone.deputy",
    "zone.committee1",
    "zone.inspector",
)
IN_SIGHT = frozenset(BRANCH + SUPERIOR + ABOVE + LOOK_ON)
# A member belongs to the branch without holding an office: he decides nothing; 403 and 404 are both
# right.
EITHER = frozenset({"village.member1"})

MOVES = (
    "save",
    "ask",
    "ask_jointly",
    "join",
    "decline",
    "withdraw",
    "approve",
    "refuse",
    "return",
    "excuse_month",
    "revoke",
    "amend",
    "ask_cancel",
    "cancel",
    "keep",
    "report_late",
    "accept_late",
    "not_accept",
    "void",
    "terminate",
    "take_over",
    "recuse",
    "drop_amendment",
    "all_joined",
    "all_agreed",
    "lapse",
    "run_out",
    "lapse_amendment",
    "run_out_amendment",
    "expire",
    "expire_joint",
    "discard",
    "take_effect",
)

TARGETS = {
    "ask": "asked",
    "ask_jointly": "consulting",
    "join": "asked_joint",
    "decline": "returned",
    "drop_amendment": "approved",
    "withdraw": "withdrawn",
    "approve": "approved",
    "refuse": "refused",
    "return": "returned",
    "excuse_month": "excused",
    "revoke": "revoked",
    "amend": "amend_asked",
    "ask_cancel": "cancel_asked",
    "cancel": "cancelled",
    "keep": "approved",
    "report_late": "reported_late",
    "accept_late": "accepted_late",
    "not_accept": "not_accepted",
    "void": "void",
    "terminate": "terminated",
}

EXITS = ("void", "terminate")
ANSWERS = ("approve", "refuse", "return", "excuse_month", "recuse")


@dataclass(frozen=True)
class Row:
    """One state on one day. `rule`: his, but a rule says no (422). `system`: the clock's or the
    count's.

    `nobodys`: leaves the state, but nobody fills the party that could make it.
    """

    state: str
    today: str
    may: dict = field(default_factory=dict)
    rule: dict = field(default_factory=dict)
    system: tuple[str, ...] = ()
    nobodys: tuple[str, ...] = ()
    joint: bool = False
    invited: bool = False  # the partner is asked, its superior not yet


def _end(state: str, today: str) -> Row:
    return Row(state, today)


ROWS = {
    "draft": Row(
        "draft",
        "2026-11-24",
        {BRANCH: ("save", "ask", "withdraw", "recuse"), SUPERIOR: EXITS},
        {BRANCH: ("ask_jointly", "report_late")},
        ("discard",),
    ),
    "draft, the day has come": Row(
        "draft",
        "2026-12-07",
        {BRANCH: ("save", "report_late", "withdraw", "recuse"), SUPERIOR: EXITS},
        {BRANCH: ("ask", "ask_jointly")},
        ("discard",),
    ),
    "asked": Row(
        "asked",
        "2026-11-24",
        {BRANCH: ("withdraw",), SUPERIOR: ANSWERS + EXITS},
        {ABOVE: ("take_over",)},
        ("lapse", "run_out"),
    ),
    "asked, overdue": Row(
        "asked",
        "2026-11-30",
        {BRANCH: ("withdraw",), SUPERIOR: ANSWERS + EXITS, ABOVE: ("take_over",)},
        {},
        ("lapse", "run_out"),
    ),
    "asked, taken over": Row(
        "asked",
        "2026-12-01",
        {BRANCH: ("withdraw",), ABOVE: ANSWERS + EXITS},
        {},
        ("lapse", "run_out"),
        ("take_over",),
    ),
    "asked jointly": Row(
        "asked_joint",
        "2026-11-24",
        {
            BRANCH: ("withdraw",),
            SUPERIOR: ("approve", "refuse", "return", "recuse") + EXITS,
            PARTNERS_SUPERIOR: ("approve", "refuse", "return", "recuse"),
        },
        {ABOVE: ("take_over",)},
        ("lapse", "run_out", "all_agreed"),
        joint=True,
    ),
    "partners asked": Row(
        "consulting",
        "2026-11-24",
        {BRANCH: ("withdraw",), PARTNERS: ("join", "decline", "recuse"), SUPERIOR: EXITS},
        {},
        ("expire_joint", "all_joined"),
        invited=True,
    ),
    "asked urgently, on the day": Row(
        "asked",
        "2026-12-04",
        {BRANCH: ("withdraw",), SUPERIOR: ANSWERS + EXITS},
        {ABOVE: ("take_over",)},
        ("lapse", "run_out"),
    ),
    "amending asked": Row(
        "amend_asked",
        "2026-11-25",
        {BRANCH: ("drop_amendment",), SUPERIOR: ("approve", "refuse", "recuse", *EXITS)},
        {ABOVE: ("take_over",)},
        ("lapse_amendment", "run_out_amendment"),
    ),
    "returned": Row(
        "returned",
        "2026-11-25",
        {BRANCH: ("ask", "withdraw", "recuse"), SUPERIOR: EXITS},
        {BRANCH: ("ask_jointly",)},
        ("expire",),
    ),
    "approved": Row(
        "approved",
        "2026-11-25",
        {BRANCH: ("amend", "ask_cancel"), SUPERIOR: ("revoke", *EXITS)},
        {},
        ("take_effect",),
    ),
    "approved, the day has come": Row(
        "approved",
        "2026-12-04",
        {SUPERIOR: EXITS},
        {BRANCH: ("amend", "ask_cancel"), SUPERIOR: ("revoke",)},
        ("take_effect",),
    ),
    "approved by the zone": Row(
        "approved",
        "2026-12-01",
        {BRANCH: ("amend", "ask_cancel"), ABOVE: ("revoke", *EXITS)},
        {},
        ("take_effect",),
    ),
    "cancelling asked": Row(
        "cancel_asked",
        "2026-11-25",
        {SUPERIOR: ("cancel", "keep", "recuse", *EXITS)},
        {ABOVE: ("take_over",)},
        ("take_effect",),
    ),
    "reported late": Row(
        "reported_late",
        "2026-12-07",
        {SUPERIOR: ("accept_late", "not_accept", "excuse_month", "recuse", *EXITS)},
        {ABOVE: ("take_over",)},
    ),
    "reported late, overdue": Row(
        "reported_late",
        "2026-12-11",
        {
            SUPERIOR: ("accept_late", "not_accept", "excuse_month", "recuse", *EXITS),
            ABOVE: ("take_over",),
        },
    ),
    **{
        state: _end(state, "2026-12-07")
        for state in (
            "withdrawn",
            "refused",
            "lapsed",
            "too_short",
            "expired",
            "revoked",
            "cancelled",
            "in_force",
            "accepted_late",
            "not_accepted",
            "excused",
            "void",
            "terminated",
        )
    },
}


def expected(row: Row, actor: str, move: str) -> frozenset:
    """Return what may come of it:

    the state entered, or the statuses with which it may be refused.
    """
    if any(actor in people and move in moves for people, moves in row.may.items()):
        kept = move == "approve" and row.joint or move == "refuse" and row.state == "amend_asked"
        target = {"approve": row.state, "refuse": "approved"} if kept else TARGETS
        return frozenset({target.get(move, row.state)})
    if any(actor in people and move in moves for people, moves in row.rule.items()):
        return frozenset({422})
    leaves = {name for moves in (*row.may.values(), *row.rule.values()) for name in moves}
    said = 403 if move in leaves.union(row.system, row.nobodys) else 409
    if actor in EITHER or (
        row.joint and actor.startswith("town2.") and actor not in PARTNERS_SUPERIOR
    ):
        return frozenset({said, 404})
    joined = (PARTNER,) if row.invited else (*PARTNERS_SUPERIOR, PARTNER) if row.joint else ()
    if actor in IN_SIGHT or actor in joined:
        return frozenset({said})
    return frozenset({404})
