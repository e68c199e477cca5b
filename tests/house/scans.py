"""Which tables stay small, and who may read one that grows from end to end: function, table, why.

What begins with `NEXT` is owed: it goes when the long pages are rebuilt.
"""

from __future__ import annotations

# A zone has one row, or a few a year or an administrator.
SMALL = {"zones", "zone_settings", "zone_notices", "published_years", "calendar_days"}
SMALL |= {"alembic_version", "setting_changes", "roster_drafts"}
# A row a step; what has not been mended within a day.
SMALL |= {"sweep_marks", "sweep_faults"}
# A row a name.
SMALL |= {"installation"}

INBOX = "counts what is open in a whole zone, from an index"
STANDING = "asked once a day, and once after who stands where has changed"
PAGES = "NEXT: begins at the reader's units or his own rows, cut to a page"
WHOLE = "tells of every row: an export, a seal, a check, a roster of everybody"
ZONE = "acts on every branch of a zone"
CHOICE = "offers every unit of the zone to choose from"
SERVER = "asked at the terminal, or for the figures of the one who runs the server"
RARE = "once in a reorganization"
NAMED = "looks for a name or a part of it"
PRUNE = "drops what is old, once an hour"
FIRST = "ends at the first row, where a zone has begun at all"
DEMO = "builds the demo zone, once"
LIVED = "looks at all of a simulated year, in an instance of its own"

_BY_REASON = {
    INBOX: {"cases": "box_counts counts"},
    STANDING: {
        "units": "_plan.keys _plan.one Unheld.keys Meetings.keys _without_meeting stale rebuild",
        "cases": "Departed.keys Streaks.keys gone_from_bodies",
        "desks": "_empty_seats gone_from_bodies Leavers.keys",
        "posts": "Leavers.keys",
        "actings": "Leavers.keys",
        "follow_ups": "Leavers.keys",
        "life_meetings": "_without_meeting",
        "activity_changes": "Lessons.keys Orders.keys",
    },
    PAGES: {
        "units": "units units_in_sight branches_in_sight page_of present offices refuse_touching is_large",
        "persons": "people_of",
        "activities": "_days _unrecorded",
        "cases": "checklist read",
        "admin_changes": "listed",
        "sign_ins": "of_zone",
    },
    WHOLE: {
        "cases": "told _heads due size",
        "journal": "size",
        "admin_changes": "told _each _standing _earlier due",
        "checkpoints": "told _before _keys due _seals",
        "papers": "_made",
        "number_series": "_standing",
        **dict.fromkeys(
            [
                "unit_changes",
                "activity_changes",
                "sightings",
                "phone_looks",
                "peer_reviews",
                "attachments",
            ],
            "_loose",
        ),
        "refusals": "_loose ripe prune",
        "life_meetings": "_loose",
        "duty_records": "_loose",
        "register_entries": "_loose",
        "record_chains": "told _heads due",
        "units": "_Compare.__init__ Groups.__init__ outline zone_unit",
        "persons": "_Compare._load_people",
        "memberships": "_Compare._load_people standing",
        "posts": "_Compare._load_people",
        "post_proposals": "of_zone",
    },
    ZONE: {
        "units": "schedule issue_unit ask_unit _branches to_every_branch _lines",
        "activities": "replan _days_in_force _years_ahead _figures",
        **dict.fromkeys(["accounts", "outlets"], "_digest"),
    },
    CHOICE: {"units": "others_of_zone branches_to_join"},
    SERVER: {
        "cases": "open_cases demo",
        "work": "_count retry late given_up listed",
        "journal": "_clock",
        "attachments": "astray _files",
        "paper_files": "astray _files",
        "sealed_copies": "astray _files",
        "units": "unit first_administrators demo",
        "persons": "demo _numbers",
        "posts": "missing",
        "accounts": "has_demo_accounts _factors addressed",
        "outlets": "listed _robots",
        "reaches": "wake reaches",
        "api_tokens": "migrate",
        "checkpoints": "migrate",
    },
    RARE: {
        "units": "put_under _above_acted",
        "cases": "_open_cases",
        "persons": "_number_is_free",
        "reorganizations": "waiting",
    },
    NAMED: {
        "persons": "candidates people_called",
        "units": "candidates people_called cut unit_named",
    },
    PRUNE: {
        "sign_ins": "forget_old",
        **dict.fromkeys(["logins", "api_tokens", "notices", "work", "reminders"], "_drop_some"),
        "attachments": "tidy",
        "paper_files": "tidy",
        "sealed_copies": "tidy",
    },
    FIRST: {
        **dict.fromkeys(
            ["units", "memberships", "post_proposals", "posts", "activities"], "_there"
        ),
        **dict.fromkeys(["accounts", "outlets"], "_reachable"),
        "checkpoints": "_sealed",
    },
    DEMO: {
        "cases": "Roll.note",
        "activities": "_held fill _filed",
        "units": "fill",
        "record_chains": "fill",
        "memberships": "_rolls",
        "life_meetings": "fill",
        "accounts": "found",
    },
    LIVED: {
        "cases": "Life._lying _holders _nobody_dropped _swept digest",
        "desks": "Life._lying _holders",
        "activities": "Life.activities digest",
        "attendance": "_nobody_dropped digest",
        "journal": "digest",
        "units": "offices_at",
    },
}
# Read all of whatever table there is.
EVERY = {"read_whole": WHOLE, "go_on_counting": SERVER, "filled": FIRST, "counts": LIVED}
ALLOWED = {
    (function, table): why
    for why, tables in _BY_REASON.items()
    for table, functions in tables.items()
    for function in functions.split()
}
