"""What the JSON API is sent and what it answers, one model each; routes read through them, and the
OpenAPI document is made from them.

Bodies and queries are read by `reading`; answers are typed dicts, held by mypy and by the tests.
"""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from typing_extensions import TypedDict, is_typeddict

from oversight.base.files import KINDS as KINDS_OF_FILE
from oversight.calendar.party_days import BETTER, STATUS_LABELS
from oversight.engine.inbox import BOXES
from oversight.law.definition import KINDS
from oversight.law.roles import OFFICES
from oversight.models.attendance import CATEGORIES as REASONS
from oversight.models.attendance import CLASSES, FORMS, INVITEES, MODES
from oversight.models.organizations import CATEGORIES, RULE_SETS, UNIT_KINDS

from .reading import STRICT, By, Unreadable, as_id, id_or_empty, one_of, whole

USUAL, MOST, BULK = 25, 1000, 200  # rows of a list, and items of a bulk request
NEWEST = 10**9  # no version is so high
FLAGS = ("probationary", "mobile", "retired", "elderly", "leading", "in_post", "no_office")

Id = Annotated[str, By(format="uuid")]
Day = Annotated[str, By(format="date")]
Time = Annotated[str, By(format="date-time")]
Month = Annotated[int, By(minimum=1, maximum=12)]
Status = Annotated[str, one_of(STATUS_LABELS)]
Flags = list[Annotated[str, one_of(FLAGS)]]
Form = Annotated[str, one_of(FORMS)]
Reason = Annotated[str, one_of(REASONS)]
Mode = Annotated[str, one_of(MODES)]
Moved = Annotated[
    Annotated[str, one_of(("approved", "late_report", "zone_notice"))] | None,
    By("By consent beforehand, by a late report accepted (事后补报), or by the zone's notice."),
]
Invited = Annotated[
    dict,
    By(
        properties={kind: {"type": "integer", "minimum": 0, "maximum": 1000} for kind in INVITEES},
        additionalProperties=False,
    ),
]
Entered = Annotated[
    Annotated[str, one_of(("in_time", "late"))] | None,
    By("Entered within 5 working days after the day (及时), or later (补录); null: not held."),
]
CorrectedFrom = Annotated[
    list[Annotated[str, one_of(BETTER)]], By("What corrections have made better, as it was before.")
]
NotedAt = Annotated[Time, By("Shown beside the day itself (补录).")]


# Answers: a no -----------------------------------------------------------------------------------


class Problem(TypedDict):
    """RFC 9457. The other members are there where they apply."""

    type: Annotated[str, By("Names the kind of no, for ever.")]
    title: str
    status: int
    detail: Annotated[str, By("The sentence for the user.")]
    rule: NotRequired[Annotated[str, By("The guard that says no.")]]
    clause: NotRequired[Annotated[str, By("The clause it rests on.")]]
    house_rule: NotRequired[
        Annotated[str, By("The house rule it rests on, where the guidance is silent.")]
    ]
    waits_on: NotRequired[Annotated[str, By("Whose turn it is.")]]
    since: NotRequired[Annotated[Time, By("Since when.")]]
    decided_by: NotRequired[Annotated[str, By("Who acted before.")]]
    decided_at: NotRequired[Time]
    what: NotRequired[Annotated[str, By("What was done.")]]
    field: NotRequired[Annotated[str, By("The word that the guard judged.")]]
    fields: NotRequired[Annotated[dict[str, str], By("A sentence for each wrong word.")]]


# Answers: cases ----------------------------------------------------------------------------------


class Named(TypedDict):
    id: Id
    name: str


class WaitsOn(TypedDict):
    role: str
    label: str


class Ask(TypedDict):
    name: str
    kind: Annotated[str, one_of(KINDS)]
    required: bool
    label: str
    choices: NotRequired[list[list[str]]]
    items: NotRequired[list[Ask]]


class Head(TypedDict):
    id: Id
    number: str | None
    workflow: str
    title: str
    state: str
    label: str
    unit: Named
    due_on: Day | None
    version: int
    overdue: bool


class Summary(Head):
    waits_on: WaitsOn | None


class Ground(TypedDict):
    clause: str | None
    house_rule: NotRequired[str]


class Option(Ground):
    name: str
    label: str
    asks: list[Ask]
    allowed: Annotated[bool, By("By authority, state and the guards that need no words.")]
    why_not: str | None
    many: Annotated[bool, By("One of several who act; needs no If-Match.")]


Entry = TypedDict(
    "Entry",
    {
        "at": Time,
        "actor": str,
        "move": str,
        "label": str,
        "from": str | None,
        "to": str,
        "words": dict[str, Any],
        "result": dict[str, Any],
        "clause": NotRequired[str],
    },
)


class Paper(TypedDict):
    id: Id
    kind: str
    number: str
    title: str
    issued_on: Day
    void: bool
    sha256: Annotated[str, By("Of the text as the journal has it.")]
    pdf: Annotated[str | None, By("Where the bytes are; null while they are made.")]
    docx: Annotated[str | None, By("Where the bytes are; null while they are made.")]
    pdf_sha256: Annotated[str | None, By("Of the bytes.")]
    docx_sha256: Annotated[str | None, By("Of the bytes.")]
    original: Annotated[str | None, By("Where the newest scan of the sealed paper (正本) is.")]
    original_sha256: Annotated[str | None, By("Of its bytes.")]


class Attachment(TypedDict):
    id: Id
    series: Annotated[Id, By("The first version; a replacement is a new version of it.")]
    version: int
    name: str
    kind: Annotated[str, one_of(KINDS_OF_FILE)]
    size: Annotated[int, By("Bytes.")]
    width: int | None
    height: int | None
    sha256: Annotated[str, By("Of the bytes that are downloaded.")]
    note: str | None
    finding: Annotated[int | None, By("For which finding, counted from 1.")]
    round: Annotated[int | None, By("Of the rectification in which it was shown.")]
    by: str
    at: Time
    url: str


class Seen(TypedDict):
    by: str
    unit: Named
    at: Time


class DueAt(TypedDict):
    id: Id
    on: Day


class ToldAt(TypedDict):
    activity: Id
    on: Day


class Telling(TypedDict):
    due: DueAt | None
    told: ToldAt | None
    text: Annotated[list[str], By("What is read to the members, one paragraph each.")]


class MaybeTelling(TypedDict):
    telling: NotRequired[Telling]


class Case(Summary, MaybeTelling):
    definition_version: int
    facts: dict[str, Any]
    moves: list[Option]
    acts: list[str]
    journal: list[Entry]
    documents: list[Paper]
    attachments: list[Attachment]
    seen: list[Seen]


class Notice(TypedDict):
    id: Id
    at: Time
    text: str
    case: Annotated[Id | None, By("The case that it is about, where the caller sees it today.")]
    number: Annotated[str | None, By("Of the paper that the case led to.")]
    seen_at: Annotated[Time | None, By("When the caller opened it.")]


class Notices(TypedDict):
    items: list[Notice]
    next: str | None


class Obligation(TypedDict):
    key: Annotated[str, By("Rule key of the register; empty: a case under a house rule.")]
    clause: Annotated[str, By("In the branch's own document, where that has it.")]
    title: str
    kind: Annotated[str, one_of(("must", "should", "may"))]
    owed_by: Named
    owed_to: Named | None
    period: Annotated[str, By("2026-11, 2026-Q4, 2026-H2, 2026; empty: a case.")]
    due_on: Day | None
    state: Annotated[str, one_of(("open", "overdue", "settled", "excused", "deployed"))]
    settled_by: str | None
    about: Annotated[str | None, By("What is left of it.")]
    explained: Annotated[str | None, By("What the unit says of what is overdue, which it stays.")]
    activity: Id | None
    case: Id | None


class Obligations(TypedDict):
    items: list[Obligation]
    next: str | None
    counts: Annotated[dict[str, int], By("How many stand in each state; `explained` of `overdue`.")]


DutyDone = TypedDict(
    "DutyDone", {"note": str, "except": list[Id], "done_on": Day, "noted_at": Time}
)


class Duties(TypedDict):
    activity: Id
    version: int
    duties: Annotated[dict[str, DutyDone], By("By rule key.")]


class YearEntry(TypedDict):
    id: Id
    key: str
    on: Day


class Queue(TypedDict):
    items: list[Summary]
    next: str | None
    counts: dict[str, int]


class Outcome(TypedDict):
    case: Id
    status: int
    state: NotRequired[str]
    version: NotRequired[int]
    number: NotRequired[str | None]
    problem: NotRequired[Problem]


class Outcomes(TypedDict):
    items: list[Outcome]


# Answers: people and units -----------------------------------------------------------------------


class Post(TypedDict):
    office: Annotated[str, one_of(OFFICES)]
    label: str
    unit: Named
    from_on: Day


class Me(TypedDict):
    id: Id
    username: str
    name: str
    title: str
    posts: list[Post]
    branch: Named | None
    units: list[Named]


class Unit(TypedDict):
    id: Id
    name: str
    kind: Annotated[str, one_of(UNIT_KINDS)]
    category: Annotated[str, one_of(CATEGORIES)] | None
    rule_set: Annotated[str, one_of(sorted(set(RULE_SETS.values())))] | None
    parent: Named | None
    ended_on: Day | None


class Units(TypedDict):
    items: list[Unit]
    next: str | None


class Member(TypedDict):
    id: Id
    name: str
    called: Annotated[str, By("Told apart from namesakes of the page.")]
    unit: Named
    flags: NotRequired[Flags]
    phone: NotRequired[Annotated[str | None, By("Masked.")]]


class Members(TypedDict):
    items: list[Member]
    next: str | None


class Phone(TypedDict):
    number: str | None


# Answers: party days -----------------------------------------------------------------------------

Turnout = Annotated[
    dict[str, int],
    By(
        properties={name: {"type": "integer"} for name in ("expected", *CLASSES)},
        required=["expected", *CLASSES],
        additionalProperties=False,
    ),
]


class TitleAndStatus(TypedDict):
    name: str
    status: Status


class Standing(TypedDict):
    status: Status
    owed: Annotated[bool, By("False for months that the branch does not answer for.")]


class Counted(TypedDict):
    attendance: Annotated[Turnout | None, By("Null where nothing is recorded.")]
    open_make_ups: Annotated[int | None, By("Follow-ups of absences that have not ended.")]


class Activity(TitleAndStatus, Counted):
    id: Id
    unit: Named
    year: int
    month: Month
    on: Annotated[Day | None, By("The day in force.")]
    rule_day: Day | None
    held_on: Day | None
    moved_how: Moved


class Activities(TypedDict):
    items: list[Activity]
    next: str | None


class Step(TypedDict):
    text: str
    kind: Annotated[str, one_of(("start", "skip", "result", "note"))]
    day: Day | None
    clause: str | None


class PartyDay(Standing, Counted):
    month: Month
    first_friday: Day | None
    postponed_for: str | None
    rule_day: Annotated[Day | None, By("Null where the branch chooses its day itself.")]
    on: Annotated[Day | None, By("The day in force; never null for a branch with a fixed day.")]
    held_on: Day | None
    moved_how: Moved
    notice: Annotated[str | None, By("Number of the zone's notice, where that set the day.")]
    case: Annotated[Id | None, By("The open request about this day, or the one that moved it.")]
    activity: Id | None
    steps: list[Step]


class PartyDays(TypedDict):
    items: list[PartyDay]
    next: str | None


class Followed(TypedDict):
    id: Id
    state: str


SheetMember = TypedDict(
    "SheetMember",
    {
        "id": Id,
        "name": str,
        "flags": Flags,
        "class": Annotated[
            Annotated[str, one_of(CLASSES)] | None, By("Null until it is recorded.")
        ],
        "form": Form | None,
        "category": Reason | None,
        "asked_leave": Annotated[
            Reason | None, By("What he said before the day, to who writes the sheet.")
        ],
        "case": Followed | None,
    },
)


class RecordLine(TypedDict):
    at: Time
    who: str
    act: str
    label: str
    state: str
    why: str


class ExemptMember(TypedDict):
    id: Id
    name: str
    told: Annotated[str, By("What he was told of the activity.")]


class Sheet(TitleAndStatus):
    id: Id
    unit: Named
    year: int
    month: Month
    on: Day | None
    held_on: Day | None
    entered_at: Annotated[Time | None, By("Shown beside the day itself (补录).")]
    entry: Entered
    copied: Annotated[bool, By("Copied from the paper handbook of before (转录).")]
    entered_for: Annotated[Named | None, By("Who entered it for the branch (代录).")]
    corrected_from: CorrectedFrom
    confirmed_at: Annotated[Time | None, By("When the record was filed.")]
    host: Named | None
    host_why: str | None
    mode: Mode | None
    begins: Annotated[str | None, By("The hour, 09:00.")]
    place: str | None
    theme: str | None
    invitees: Invited
    counts: Turnout | None
    open_make_ups: int | None
    version: Annotated[int, By("Of the record; send it back to be refused where it has changed.")]
    journal: Annotated[list[RecordLine], By("What was done about the day, the newest first.")]
    exempt: Annotated[list[ExemptMember], By("免予参加: outside those expected.")]
    members: list[SheetMember]


class Recorded(Sheet):
    opened: list[Id]


class Planned(Sheet):
    met_on: Day | None
    came: list[Id]
    consulted: str
    own: str


class LifeMeeting(TypedDict):
    id: Id
    unit: Named
    on: Day
    noted_at: NotedAt
    activity: Annotated[Id | None, By("The party day that it was combined with.")]
    case: Annotated[Id | None, By("The appraisal that held it.")]
    journal: Annotated[list[RecordLine], By("What was done about it, the newest first.")]
    withdrawn_at: Annotated[Time | None, By("A wrong entry is taken back, never deleted.")]
    withdrawn_why: str | None


class LifeMeetings(TypedDict):
    items: list[LifeMeeting]
    next: str | None


# Answers: the law --------------------------------------------------------------------------------


class Guard(TypedDict):
    name: str
    sentence: str
    ground: str


class State(TypedDict):
    name: str
    label: str
    waits_on: str | None
    due_workdays: int | None
    final: bool


class Move(TypedDict):
    name: str
    label: str
    leaves: list[str]
    enters: str
    by: str
    asks: list[Ask]
    guards: list[Guard]
    effects: list[str]
    many: bool
    clause: NotRequired[str]
    house_rule: NotRequired[str]


class Workflow(TypedDict):
    name: str
    version: int
    title: str
    opens: str
    opened_by: str
    facts: list[Ask]
    states: list[State]
    moves: list[Move]
    outsiders: NotRequired[
        Annotated[str, By("The rule by which no member of its unit judges in it.")]
    ]


class Workflows(TypedDict):
    items: list[Workflow]
    next: str | None


# Queries -----------------------------------------------------------------------------------------

Limit = Annotated[int, whole(1, MOST, default=USUAL)]
After = Annotated[str, By("`next` of the page before.", id_or_empty)]
Year = Annotated[int, whole(2000, 2100, "This year where left out.")]


class Paging(TypedDict, total=False):
    cursor: After
    limit: Limit


class OfYear(TypedDict, total=False):
    year: Year


class YearPaging(OfYear, Paging, total=False):
    pass


class ByName(TypedDict, total=False):
    cursor: Annotated[str, By("`next` of the page before.")]
    limit: Limit


class InLedger(TypedDict, total=False):
    box: Annotated[
        str, one_of(("owe", "owed", "units", "settled", "put_off", "encouraged"), default="owe")
    ]
    unit: Annotated[str, By("Whose ledger; the caller's own unit.", id_or_empty, format="uuid")]
    as_of: Annotated[str, By("As it stood at the end of a day.", format="date")]
    on: Annotated[
        str, By("The same; of a day to come: as it will stand if nobody acts.", format="date")
    ]
    cursor: Annotated[str, By("`next` of the page before; `units` only.")]
    limit: Limit


class InQueue(TypedDict, total=False):
    box: Annotated[str, one_of(BOXES, default="mine")]
    workflow: str
    due: Annotated[str, one_of(("overdue", "today", "week"))]
    unit: Annotated[str, By("This unit and all below it.", id_or_empty, format="uuid")]
    cursor: Annotated[str, By("`next` of the page before.")]
    limit: Limit


# Bodies ------------------------------------------------------------------------------------------


def _unit(sent):
    return as_id(sent) if isinstance(sent, str) else sent


class Nothing(TypedDict):
    pass


class Opening(TypedDict):
    workflow: str
    unit: Annotated[str, By("", _unit, format="uuid")]
    facts: NotRequired[dict]


class Words(TypedDict):
    words: NotRequired[dict]


BareWords = dict[str, Any]
Document = dict[str, Any]


class Told(TypedDict):
    activity: Id


def _items(sent):
    """Read which cases to move, and at which version each."""
    if not isinstance(sent, list):
        return sent
    if not 1 <= len(sent) <= BULK:
        raise Unreadable("“items”应有 1 到 %(most)s 件。", most=BULK)
    if not all(isinstance(item, dict) and _is_item(**item) for item in sent):
        raise Unreadable('“items”的每一件写成 {"case": id, "version": 版本号}。')
    return [{"case": None, **item} for item in sent]


def _is_item(case=None, version=0, **unknown) -> bool:
    return not unknown and type(version) is int and 0 <= version < NEWEST


class Item(TypedDict):
    case: Annotated[str, By("", as_id, format="uuid")]
    version: NotRequired[Annotated[int, By(minimum=0, maximum=NEWEST - 1)]]


class Many(TypedDict):
    items: Annotated[list[Item], By("", _items, minItems=1, maxItems=BULK)]
    move: str
    words: NotRequired[dict]


class Plan(TypedDict, total=False):
    host: Annotated[Id, By("Who hosted; for others than the secretary `host_why` says why.")]
    host_why: str
    mode: Mode
    begins: Annotated[str, By("The hour, 09:00.")]
    place: str
    theme: str
    invitees: Invited


class PlanAhead(Plan, total=False):
    met_on: Annotated[
        Day, By("When the committee met; where there is none, the secretary and the members.")
    ]
    came: Annotated[list, By(items={"type": "string", "format": "uuid"})]
    consulted: Annotated[str, By("How members and people were asked.")]
    own: Annotated[str, By("The branch's own items.")]


class AskLeave(TypedDict):
    category: Annotated[Reason | None, By("Why, by category; null takes it back.")]


class OwnLeave(TypedDict):
    """A member's own word about a party day ahead; `category` null: he has taken it back."""

    activity: Id
    on: Day
    category: Reason | None


class Attendance(Plan, total=False):
    present: Annotated[list, By(items={"type": "string", "format": "uuid"})]
    absent: Annotated[list, By(items={"type": "string", "format": "uuid"})]
    other_form: Annotated[dict, By(additionalProperties={"type": "string", "enum": [*FORMS]})]
    leave: Annotated[dict, By(additionalProperties={"type": "string", "enum": [*REASONS]})]
    held_on: Annotated[Day, By("The day in force where left out.")]
    why: Annotated[str, By("Needed to correct a record.")]
    told: Annotated[
        dict, By("What who is exempt was told, by person.", additionalProperties={"type": "string"})
    ]
    version: Annotated[int, By("As the sheet was read; 409 where it has changed since.")]
    duties: Annotated[dict, By("What was done of the branch's duties, as PUT …/duties takes it.")]


class DutiesDone(TypedDict):
    duties: Annotated[
        dict, By("By rule key what was done: `note`, a line; `except`, the members without it.")
    ]
    why: NotRequired[Annotated[str, By("Needed where what stood is taken back or said otherwise.")]]
    version: NotRequired[
        Annotated[int, By("As the sheet was read; 409 where it has changed since.")]
    ]


class EntersDuty(TypedDict):
    key: str
    on: Day
    note: NotRequired[str]


class HeldOn(TypedDict):
    on: Day


class TakenBack(TypedDict):
    reason: str


class Number(TypedDict):
    number: str


class Upload(TypedDict):
    """The parts of a form; `pages.attachments` reads it for people too."""

    file: Annotated[str, By("JPEG, PNG, WebP or PDF of at most 10 MB.", format="binary")]
    note: NotRequired[Annotated[str, By(maxLength=200)]]
    finding: NotRequired[int]
    round: NotRequired[Annotated[int, By("The current one.")]]
    replaces: NotRequired[
        Annotated[Id, By("An attachment of the case; the new file is its next version.")]
    ]


for _model in [found for found in vars().values() if is_typeddict(found)]:
    _model.__pydantic_config__ = STRICT
Problem.__pydantic_config__ = {"extra": "allow"}  # type: ignore[attr-defined]  # pydantic reads it
