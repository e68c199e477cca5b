"""The OpenAPI document of the JSON API as plain data.

Tests hold it to the routes and to real answers.
"""

from __future__ import annotations

from functools import cache

from oversight.base.files import KINDS as KINDS_OF_FILE
from oversight.calendar.party_days import STATUS_LABELS
from oversight.engine import desk_acts
from oversight.engine.inbox import BOXES
from oversight.engine.repeats import LONGEST
from oversight.law.binding import RULE_SETS
from oversight.law.definition import KINDS
from oversight.law.roles import OFFICES
from oversight.models.attendance import CATEGORIES as REASONS
from oversight.models.attendance import CLASSES, FORMS, INVITEES, MODES
from oversight.models.organizations import CATEGORIES, UNIT_KINDS

from .http import BULK, MOST, USUAL
from .shapes import FLAGS

ROOT = "/api/v1"
UUID = {"type": "string", "format": "uuid"}
DAY = {"type": "string", "format": "date"}
TIME = {"type": "string", "format": "date-time"}
TEXT, TRUTH, WHOLE = {"type": "string"}, {"type": "boolean"}, {"type": "integer"}
ANY = {"type": "object"}


def _ref(name: str) -> dict:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(items: dict) -> dict:
    return {"type": "array", "items": items}


def _or_null(schema: dict) -> dict:
    if "$ref" in schema or schema["type"] == "object":
        return {"anyOf": [schema, {"type": "null"}]}
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    more = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [*kinds, "null"], **more}


def _one_of(names) -> dict:
    return {"type": "string", "enum": list(names)}


def _object(optional: dict | None = None, **members: dict) -> dict:
    """Describe an object with just these members; a trailing underscore keeps a name off Python's
    words.
    """
    always = {name.rstrip("_"): schema for name, schema in members.items()}
    return {
        "type": "object",
        "properties": {**always, **(optional or {})},
        "required": list(always),
        "additionalProperties": False,
    }


def _page(items: str, **more: dict) -> dict:
    return _object(items=_list(_ref(items)), next=_or_null(TEXT), **more)


# Schemas -----------------------------------------------------------------------------------------

PROBLEM = {
    **_object(
        type=TEXT,
        title=TEXT,
        status=WHOLE,
        detail={**TEXT, "description": "The sentence for the user."},
    ),
    "description": "RFC 9457. The other members are there where they apply.",
    "additionalProperties": True,
}
PROBLEM["properties"] = {
    **PROBLEM["properties"],
    "rule": {**TEXT, "description": "The guard that says no."},
    "clause": {**TEXT, "description": "The clause it rests on."},
    "house_rule": {
        **TEXT,
        "description": "The house rule it rests on, where the guidance is silent.",
    },
    "waits_on": {**TEXT, "description": "Whose turn it is."},
    "since": {**TIME, "description": "Since when."},
    "decided_by": {**TEXT, "description": "Who acted before."},
    "decided_at": TIME,
    "what": {**TEXT, "description": "What was done."},
    "field": {**TEXT, "description": "The word that the guard judged."},
    "fields": {
        "type": "object",
        "additionalProperties": TEXT,
        "description": "A sentence for each wrong word.",
    },
}
NAMED = _object(id=UUID, name=TEXT)
ASK = _object(
    {"choices": _list(_list(TEXT)), "items": _list(_ref("Ask"))},
    name=TEXT,
    kind=_one_of(KINDS),
    required=TRUTH,
    label=TEXT,
)
HEAD = {
    "id": UUID,
    "number": _or_null(TEXT),
    "workflow": TEXT,
    "title": TEXT,
    "state": TEXT,
    "label": TEXT,
    "unit": _ref("Named"),
    "waits_on": _or_null(_ref("WaitsOn")),
    "due_on": _or_null(DAY),
    "version": WHOLE,
    "overdue": TRUTH,
}
OPTION = _object(
    {"house_rule": TEXT},
    name=TEXT,
    label=TEXT,
    asks=_list(_ref("Ask")),
    allowed={**TRUTH, "description": "By authority, state and the guards that need no words."},
    why_not=_or_null(TEXT),
    many={**TRUTH, "description": "One of several who act; needs no If-Match."},
    clause=_or_null(TEXT),
)
ENTRY = _object(
    {"clause": TEXT},
    at=TIME,
    actor=TEXT,
    move=TEXT,
    label=TEXT,
    from_=_or_null(TEXT),
    to=TEXT,
    words=ANY,
    result=ANY,
)
PAPER = _object(id=UUID, kind=TEXT, number=TEXT, title=TEXT, issued_on=DAY, void=TRUTH)
TELLING = _object(
    due=_or_null(_object(id=UUID, on=DAY)),
    told=_or_null(_object(activity=UUID, on=DAY)),
    text={**_list(TEXT), "description": "What is read to the members, one paragraph each."},
)
CASE = _object(
    **HEAD,
    definition_version=WHOLE,
    facts=ANY,
    moves=_list(_ref("Option")),
    acts=_list(TEXT),
    journal=_list(_ref("Entry")),
    documents=_list(_ref("Paper")),
    attachments=_list(_ref("Attachment")),
    seen=_list(_object(by=TEXT, unit=_ref("Named"), at=TIME)),
    optional={"telling": TELLING},
)
ATTACHMENT = _object(
    id=UUID,
    series={**UUID, "description": "The first version; a replacement is a new version of it."},
    version=WHOLE,
    name=TEXT,
    kind=_one_of(KINDS_OF_FILE),
    size={**WHOLE, "description": "Bytes."},
    width=_or_null(WHOLE),
    height=_or_null(WHOLE),
    sha256={**TEXT, "description": "Of the bytes that are downloaded."},
    note=_or_null(TEXT),
    finding={**_or_null(WHOLE), "description": "For which finding, counted from 1."},
    round={**_or_null(WHOLE), "description": "Of the rectification in which it was shown."},
    by=TEXT,
    at=TIME,
    url=TEXT,
)
POST = _object(office=_one_of(OFFICES), label=TEXT, unit=_ref("Named"), from_on=DAY)
ME = _object(
    id=UUID,
    username=TEXT,
    name=TEXT,
    title=TEXT,
    posts=_list(_ref("Post")),
    branch=_or_null(_ref("Named")),
    units=_list(_ref("Named")),
)
UNIT = _object(
    id=UUID,
    name=TEXT,
    kind=_one_of(UNIT_KINDS),
    category=_or_null(_one_of(CATEGORIES)),
    rule_set=_or_null(_one_of(sorted(set(RULE_SETS.values())))),
    parent=_or_null(_ref("Named")),
    ended_on=_or_null(DAY),
)
MEMBER = _object(
    {"flags": _list(_one_of(FLAGS)), "phone": {**_or_null(TEXT), "description": "Masked."}},
    id=UUID,
    name=TEXT,
    unit=_ref("Named"),
)
STATUS = _one_of(STATUS_LABELS)
MONTH = {**WHOLE, "minimum": 1, "maximum": 12}
MOVED = {
    **_or_null(_one_of(("approved", "late_report", "zone_notice"))),
    "description": "By consent beforehand, by a late report accepted (事后补报), or by the zone's notice.",
}
TURNOUT = {
    "attendance": {**_or_null(_ref("Turnout")), "description": "Null where nothing is recorded."},
    "open_make_ups": {
        **_or_null(WHOLE),
        "description": "Follow-ups of absences that have not ended.",
    },
}
ACTIVITY = _object(
    id=UUID,
    name=TEXT,
    unit=_ref("Named"),
    year=WHOLE,
    month=MONTH,
    on={**_or_null(DAY), "description": "The day in force."},
    rule_day=_or_null(DAY),
    held_on=_or_null(DAY),
    status=STATUS,
    moved_how=MOVED,
    **TURNOUT,
)
INVITED = {
    "type": "object",
    "properties": {kind: {**WHOLE, "minimum": 0, "maximum": 1000} for kind in INVITEES},
    "additionalProperties": False,
}
SHEET_MEMBER = _object(
    id=UUID,
    name=TEXT,
    flags=_list(_one_of(FLAGS)),
    class_={**_or_null(_one_of(CLASSES)), "description": "Null until it is recorded."},
    form=_or_null(_one_of(FORMS)),
    category=_or_null(_one_of(REASONS)),
    case=_or_null(_object(id=UUID, state=TEXT)),
)
SHEET = dict(
    id=UUID,
    name=TEXT,
    status=STATUS,
    unit=_ref("Named"),
    year=WHOLE,
    month=MONTH,
    on=_or_null(DAY),
    held_on=_or_null(DAY),
    entered_at={**_or_null(TIME), "description": "Shown beside the day itself (补录)."},
    confirmed_at={**_or_null(TIME), "description": "When the record was filed."},
    host=_or_null(_ref("Named")),
    host_why=_or_null(TEXT),
    mode=_or_null(_one_of(MODES)),
    invitees=INVITED,
    counts=_or_null(_ref("Turnout")),
    open_make_ups=_or_null(WHOLE),
    members=_list(_ref("SheetMember")),
)
STEP = _object(
    text=TEXT,
    kind=_one_of(("start", "skip", "result", "note")),
    day=_or_null(DAY),
    clause=_or_null(TEXT),
)
PARTY_DAY = _object(
    month=MONTH,
    first_friday=_or_null(DAY),
    postponed_for=_or_null(TEXT),
    rule_day={**_or_null(DAY), "description": "Null where the branch chooses its day itself."},
    on={
        **_or_null(DAY),
        "description": "The day in force; never null for a branch with a fixed day.",
    },
    held_on=_or_null(DAY),
    status=STATUS,
    moved_how=MOVED,
    notice={
        **_or_null(TEXT),
        "description": "Number of the zone's notice, where that set the day.",
    },
    owed={**TRUTH, "description": "False for months that the branch does not answer for."},
    case={
        **_or_null(UUID),
        "description": "The open request about this day, or the one that moved it.",
    },
    activity=_or_null(UUID),
    steps=_list(_ref("Step")),
    **TURNOUT,
)
LIFE_MEETING = _object(
    id=UUID,
    unit=_ref("Named"),
    on=DAY,
    noted_at={**TIME, "description": "Shown beside the day itself (补录)."},
    activity={**_or_null(UUID), "description": "The party day that it was combined with."},
    case={**_or_null(UUID), "description": "The appraisal that held it."},
    withdrawn_at={**_or_null(TIME), "description": "A wrong entry is taken back, never deleted."},
    withdrawn_why=_or_null(TEXT),
)
GUARD = _object(name=TEXT, sentence=TEXT, ground=TEXT)
STATE = _object(
    name=TEXT, label=TEXT, waits_on=_or_null(TEXT), due_workdays=_or_null(WHOLE), final=TRUTH
)
MOVE = _object(
    {"clause": TEXT, "house_rule": TEXT},
    name=TEXT,
    label=TEXT,
    leaves=_list(TEXT),
    enters=TEXT,
    by=TEXT,
    asks=_list(_ref("Ask")),
    guards=_list(_ref("Guard")),
    effects=_list(TEXT),
    many=TRUTH,
)
WORKFLOW = _object(
    name=TEXT,
    version=WHOLE,
    title=TEXT,
    opens=TEXT,
    opened_by=TEXT,
    facts=_list(_ref("Ask")),
    states=_list(_ref("State")),
    moves=_list(_ref("Move")),
)
OUTCOME = _object(
    {"state": TEXT, "version": WHOLE, "number": _or_null(TEXT), "problem": _ref("Problem")},
    case=UUID,
    status=WHOLE,
)

SCHEMAS = {
    "Problem": PROBLEM,
    "Named": NAMED,
    "WaitsOn": _object(role=TEXT, label=TEXT),
    "Ask": ASK,
    "Summary": _object(**HEAD),
    "Case": CASE,
    "Attachment": ATTACHMENT,
    "Option": OPTION,
    "Entry": ENTRY,
    "Paper": PAPER,
    "Post": POST,
    "Me": ME,
    "Unit": UNIT,
    "Member": MEMBER,
    "Activity": ACTIVITY,
    "Step": STEP,
    "PartyDay": PARTY_DAY,
    "Guard": GUARD,
    "State": STATE,
    "Move": MOVE,
    "Workflow": WORKFLOW,
    "Outcome": OUTCOME,
    "Queue": _page("Summary", counts={"type": "object", "additionalProperties": WHOLE}),
    "Units": _page("Unit"),
    "Members": _page("Member"),
    "Activities": _page("Activity"),
    "PartyDays": _page("PartyDay"),
    "LifeMeeting": LIFE_MEETING,
    "LifeMeetings": _page("LifeMeeting"),
    "Workflows": _page("Workflow"),
    "Phone": _object(number=_or_null(TEXT)),
    "Outcomes": _object(items=_list(_ref("Outcome"))),
    "Document": ANY,
    "Turnout": _object(expected=WHOLE, **dict.fromkeys(CLASSES, WHOLE)),
    "SheetMember": SHEET_MEMBER,
    "Sheet": _object(**SHEET),
    "Recorded": _object(**SHEET, opened=_list(UUID)),
}

# Parameters and bodies ---------------------------------------------------------------------------


def _in(where: str, name: str, schema: dict, text: str = "", required: bool = False) -> dict:
    more = {"description": text} if text else {}
    return {
        "name": name,
        "in": where,
        "schema": schema,
        "required": required or where == "path",
        **more,
    }


PATH = {
    "case_id": _in("path", "case_id", UUID),
    "unit_id": _in("path", "unit_id", UUID),
    "activity_id": _in("path", "activity_id", UUID),
    "attachment_id": _in("path", "attachment_id", UUID),
    "name": _in("path", "name", TEXT),
    "person_id": _in("path", "person_id", UUID),
    "meeting_id": _in("path", "meeting_id", UUID),
}
LIMIT = _in("query", "limit", {**WHOLE, "minimum": 1, "maximum": MOST, "default": USUAL})
CURSOR = _in("query", "cursor", TEXT, "`next` of the page before.")
YEAR = _in(
    "query", "year", {**WHOLE, "minimum": 2000, "maximum": 2100}, "This year where left out."
)
KEY_TEXT = "Made by the client; a repeated request with the same key gets the first answer again."
KEY_SHAPE = {**TEXT, "minLength": 1, "maxLength": LONGEST}
KEY = {need: _in("header", "Idempotency-Key", KEY_SHAPE, KEY_TEXT, need) for need in (True, False)}
IF_MATCH = _in(
    "header",
    "If-Match",
    {**TEXT, "pattern": '^([0-9]{1,9}|"[0-9]{1,9}")$'},
    'The case\'s version as read, e.g. "3". Required, but not for moves with `many`.',
)
QUEUE = [
    _in("query", "box", {**_one_of(BOXES), "default": "mine"}),
    _in("query", "workflow", TEXT),
    _in("query", "due", _one_of(("overdue", "today", "week"))),
    _in("query", "unit", UUID, "This unit and all below it."),
    CURSOR,
    LIMIT,
]
OPENING = _object({"facts": ANY}, workflow=TEXT, unit=UUID)
WORDS = _object({"words": ANY})
NOTHING = _object()
ATTENDANCE = _object(
    {
        "present": _list(UUID),
        "absent": _list(UUID),
        "other_form": {"type": "object", "additionalProperties": _one_of(FORMS)},
        "leave": {"type": "object", "additionalProperties": _one_of(REASONS)},
        "held_on": {**DAY, "description": "The day in force where left out."},
        "host": {
            **UUID,
            "description": "Who hosted; for others than the secretary `host_why` says why.",
        },
        "host_why": TEXT,
        "mode": _one_of(MODES),
        "invitees": INVITED,
        "why": {**TEXT, "description": "Needed to correct a record."},
    }
)
PLAN = _object(
    {name: ATTENDANCE["properties"][name] for name in ("host", "host_why", "mode", "invitees")}
)
ITEM = _object({"version": WHOLE}, case=UUID)
MANY = _object({"words": ANY}, items={**_list(ITEM), "minItems": 1, "maxItems": BULK}, move=TEXT)

# Operations --------------------------------------------------------------------------------------

WHY = {
    400: "The request cannot be read, or the Idempotency-Key is missing.",
    401: "No token, or a bad one.",
    403: "In your sight but not yours to do.",
    404: "Not in your sight.",
    409: "Stale version, not open in this state, or somebody was first.",
    413: "Too large.",
    415: "Not JSON, or no photo and no PDF.",
    422: "A rule or a missing word says no, or the key was used for something else.",
    428: "If-Match is missing.",
    503: "The database is not available.",
}
READING, CHANGING = (401, 503), (400, 401, 403, 404, 409, 413, 415, 422, 503)


def _problem(status: int) -> dict:
    return {
        "description": WHY[status],
        "content": {"application/problem+json": {"schema": _ref("Problem")}},
    }


def _operation(
    name: str,
    summary: str,
    shape: str,
    *parameters: dict,
    refusal: tuple[int, ...] = (),
    sends: dict | None = None,
    needs: bool = True,
    status: int = 200,
) -> dict:
    """Describe one operation: what it answers, and with which statuses it may say no."""
    good = {
        "description": "Done." if sends else "Found.",
        "content": {"application/json": {"schema": _ref(shape)}},
    }
    found = {
        "operationId": name,
        "summary": summary,
        "parameters": list(parameters),
        "responses": {
            str(status): good,
            **{str(code): _problem(code) for code in sorted(set(refusal))},
        },
    }
    if sends is not None:
        found["requestBody"] = {
            "required": needs,
            "content": {"application/json": {"schema": sends}},
        }
    return found


def _read(
    name: str, summary: str, shape: str, *parameters: dict, refusal: tuple[int, ...] = ()
) -> dict:
    return {"get": _operation(name, summary, shape, *parameters, refusal=(*READING, *refusal))}


def _upload(*parameters: dict) -> dict:
    form = _object(
        {
            "note": {**TEXT, "maxLength": 200},
            "finding": WHOLE,
            "round": {**WHOLE, "description": "The current one."},
            "replaces": {
                **UUID,
                "description": "An attachment of the case; the new file is its next version.",
            },
        },
        file={
            "type": "string",
            "format": "binary",
            "description": "JPEG, PNG, WebP or PDF of at most 10 MB.",
        },
    )
    found = _operation(
        "attach",
        "Show a photo or a paper with a case",
        "Attachment",
        *parameters,
        status=201,
        sends=form,
        refusal=CHANGING,
    )
    found["requestBody"]["content"] = {"multipart/form-data": {"schema": form}}
    return found


def _download(*parameters: dict) -> dict:
    found = _operation(
        "attachment",
        "The bytes of an attachment, to be saved",
        "Attachment",
        *parameters,
        refusal=(*READING, 404),
    )
    found["responses"]["200"]["content"] = {
        kind: {"schema": {"type": "string", "format": "binary"}} for kind in KINDS_OF_FILE
    }
    return found


def _marks(case: dict) -> dict:
    """Describe what is noted beside the moves of a case, and of people."""
    return {
        "/cases/{case_id}/seen": {
            "post": _operation(
                "seen",
                "Note that I have seen an issued order to my branch",
                "Case",
                case,
                sends=NOTHING,
                needs=False,
                refusal=CHANGING,
            )
        },
        "/cases/{case_id}/told": {
            "post": _operation(
                "told",
                "Note at which party day the members were told of a met order",
                "Case",
                case,
                sends=_object(activity=UUID),
                refusal=CHANGING,
            )
        },
        "/activities/{activity_id}/plan": {
            "post": _operation(
                "arrange_day",
                "Arrange a party day before it is held: host, manner, invitees",
                "Sheet",
                PATH["activity_id"],
                sends=PLAN,
                refusal=CHANGING,
            )
        },
        "/people/{person_id}/phone": {
            "post": _operation(
                "look_up",
                "A member's number in full; who asked is noted",
                "Phone",
                PATH["person_id"],
                sends=NOTHING,
                needs=False,
                refusal=CHANGING,
            ),
            "put": _operation(
                "put",
                "Keep a member's number, or none where it is empty; answers it masked",
                "Phone",
                PATH["person_id"],
                sends=_object(number=TEXT),
                refusal=CHANGING,
            ),
        },
    }


def _life(unit: dict) -> dict:
    """Describe a branch's 组织生活会."""
    return {
        "/units/{unit_id}/life-meetings": {
            **_read(
                "life_meetings_of",
                "A branch's 组织生活会 of a year, entries taken back among them",
                "LifeMeetings",
                unit,
                YEAR,
                refusal=(404, 422),
            ),
            "post": _operation(
                "note_life_meeting",
                "Note on which day one was held",
                "LifeMeeting",
                unit,
                KEY[False],
                sends=_object(on=DAY),
                refusal=CHANGING,
                status=201,
            ),
        },
        "/life-meetings/{meeting_id}/take-back": {
            "post": _operation(
                "take_back_life_meeting",
                "Take back a wrong entry; it stays on record",
                "LifeMeeting",
                PATH["meeting_id"],
                KEY[False],
                sends=_object(reason=TEXT),
                refusal=CHANGING,
            )
        },
    }


def _units(unit: dict) -> dict:
    """Describe the units in the reader's subtree and what is listed of each."""
    return {
        "/units": _read(
            "units", "What is in my subtree, own unit first", "Units", CURSOR, LIMIT, refusal=(422,)
        ),
        "/units/{unit_id}": _read("unit", "One unit", "Unit", unit, refusal=(404,)),
        "/units/{unit_id}/members": _read(
            "members",
            "Its members and those of all units below it",
            "Members",
            unit,
            CURSOR,
            LIMIT,
            refusal=(404, 422),
        ),
        "/units/{unit_id}/activities": _read(
            "activities",
            "Its activities of a year and those below it",
            "Activities",
            unit,
            YEAR,
            CURSOR,
            LIMIT,
            refusal=(404, 422),
        ),
        "/units/{unit_id}/party-days": _read(
            "party_days",
            "A branch's twelve party days of a year",
            "PartyDays",
            unit,
            YEAR,
            refusal=(404, 422),
        ),
        **_life(unit),
    }


def _acts() -> str:
    """Name every desk act with its words."""
    return ", ".join(
        f"{name} ({', '.join(ask.name for ask in asks)})" if asks else name
        for name, asks in desk_acts.ASKS.items()
    )


def _paths() -> dict:
    """List every route; `document` puts the root before them."""
    case, unit, name = PATH["case_id"], PATH["unit_id"], PATH["name"]
    return {
        "/me": _read("me", "Who I am, my posts, my units", "Me"),
        "/queue": _read(
            "queue",
            "Cases by due date, and how many of each workflow",
            "Queue",
            *QUEUE,
            refusal=(404, 422),
        ),
        "/cases": {
            "post": _operation(
                "open_case",
                "Open a case",
                "Case",
                KEY[False],
                sends=OPENING,
                refusal=CHANGING,
                status=201,
            )
        },
        "/cases/{case_id}": _read("case", "One case", "Case", case, refusal=(404,)),
        "/cases/{case_id}/moves/{name}": {
            "post": _operation(
                "move",
                "Make a move",
                "Case",
                case,
                name,
                IF_MATCH,
                KEY[True],
                sends=WORDS,
                needs=False,
                refusal=(*CHANGING, 428),
            )
        },
        "/cases/{case_id}/desk/{name}": {
            "post": _operation(
                "desk",
                f"An act on the desk, never a move; words bare or in `words`: {_acts()}",
                "Case",
                case,
                name,
                KEY[False],
                sends=WORDS,
                needs=False,
                refusal=CHANGING,
            )
        },
        "/cases/{case_id}/attachments": {"post": _upload(case, KEY[False])},
        "/attachments/{attachment_id}": {"get": _download(PATH["attachment_id"])},
        "/moves": {
            "post": _operation(
                "moves",
                "Make one move in many cases, each in a transaction of its own",
                "Outcomes",
                KEY[True],
                sends=MANY,
                refusal=(400, 401, 413, 415, 422, 503),
            )
        },
        **_marks(case),
        **_units(unit),
        "/activities/{activity_id}/attendance": {
            **_read(
                "attendance",
                "The sheet of a party day: its roster by class",
                "Sheet",
                PATH["activity_id"],
                refusal=(403, 404),
            ),
            "post": _operation(
                "record_attendance",
                "Record who took part; opens a follow-up for each on leave or absent",
                "Recorded",
                PATH["activity_id"],
                KEY[False],
                sends=ATTENDANCE,
                refusal=CHANGING,
            ),
        },
        "/workflows": _read(
            "workflows",
            "The law: every workflow as data",
            "Workflows",
            CURSOR,
            LIMIT,
            refusal=(422,),
        ),
        "/workflows/{name}": _read("workflow", "One workflow", "Workflow", name, refusal=(404,)),
        "/openapi.json": {
            "get": {**_operation("openapi", "This document", "Document"), "security": []}
        },
    }


@cache
def document() -> dict:
    """Return the document; callers do not change it."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "党日督导台",
            "version": "1",
            "description": "Same doors, same engine as the pages.",
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": {ROOT + path: operations for path, operations in _paths().items()},
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }
