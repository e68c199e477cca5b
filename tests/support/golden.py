"""Write down how the program behaves under a stopped clock, so that two states of it can be
compared.

    python -m tests.support.golden DIR      every page, answer and row, below DIR; then `diff -r`
    python -m tests.support.golden --few DIR    only what is kept with the tests
    python -m tests.support.golden --keep   renew what is kept, in tests/web/golden

Goes by what lasts: `create_app`, the command line, HTTP, and the rows as SQLite holds them. What it
must know of the inside is in `start` and `stop_chance`.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import random
import re
import secrets
import shutil
import sqlite3
import sys
from collections import Counter, deque
from contextlib import suppress
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl, unquote, urlencode, urljoin, urlsplit

from tests.support import golden_script, scratch, visible

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # nine in the morning in the zone
PASSWORD = "demo-demo-demo"
ROLES = (
    "zone.office",
    "zone.inspector",
    "zone.committee1",
    "zone.sysadmin",
    "zone.secadmin",
    "zone.auditor",
    "town1.officer",
    "town1.secretary",
    "town1.committee1",
    "town1.inspector",
    "dept1.officer",
    "branch01.secretary",
    "branch01.organizer",
    "branch01.member01",
    "branch07.secretary",
    "branch15.secretary",
)
CALLERS = (
    "zone.office",
    "zone.auditor",
    "town1.officer",
    "dept1.officer",
    "branch01.secretary",
    "branch01.member01",
)
MOST = 90  # pages an account
KEYS = ("box=", "step=")  # parts of a query that make another kind of page
STATES = 3  # accounts that look at a case in one state
CHOSEN = ("radio", "checkbox")
KEPT = Path(__file__).parents[1] / "web" / "golden"

# What must be known of the inside ----------------------------------------------------------------


def start(folder: Path):
    """Return the application with the demo zone loaded, and a function that runs a command."""
    made = _import("create_app", "oversight")
    clock = _import("StoppedClock", "oversight.base.clock", "oversight.clock")(NOW)
    main = _import("main", "oversight.cli")
    source = {
        "OVERSIGHT_DATABASE_URL": f"sqlite:///{folder / 'oversight.db'}",
        "OVERSIGHT_INSTANCE": str(folder),
        "OVERSIGHT_SECRET_KEY": "t" * 32,
        "OVERSIGHT_TESTING": "1",
    }
    app = made(source, clock)

    def run(*words: str) -> str:
        result = app.test_cli_runner().invoke(main, list(words), obj=app)
        return f"exit {result.exit_code}\n{result.output}"

    print(run("demo"), file=sys.stderr)
    return app, clock, run


def _import(name: str, *rooms: str):
    for room in rooms:
        try:
            return getattr(importlib.import_module(room), name)
        except (ImportError, AttributeError):
            continue
    raise ImportError(f"{name} is in none of {rooms}")


def stop_chance() -> None:
    """Make ids, tokens, codes and names of files come from fixed draws, each kind from its own."""
    draw = {
        name: random.Random(name) for name in ("id", "bits", "bytes", "text", "below", "choice")
    }
    secrets.token_bytes = lambda size=32: draw["bytes"].randbytes(size)
    secrets.token_hex = lambda size=32: draw["bytes"].randbytes(size).hex()
    secrets.token_urlsafe = lambda size=32: draw["text"].randbytes(size).hex()
    secrets.randbelow = draw["below"].randrange
    secrets.choice = draw["choice"].choice
    ids = importlib.import_module("oversight.base.db")
    ids.time = SimpleNamespace(time_ns=lambda: int(NOW.timestamp()) * 10**9)
    ids.secrets = SimpleNamespace(randbits=draw["id"].getrandbits)


# Names instead of ids ----------------------------------------------------------------------------

LABELS = {
    "zones": "zone",
    "units": "unit",
    "persons": "person",
    "cases": "case",
    "activities": "activity",
}
HEX = "[0-9a-f]"
UUID = re.compile(rf"(?<!{HEX}){HEX}{{8}}(?:-{HEX}{{4}}){{3}}-{HEX}{{12}}(?!{HEX})")
BARE = re.compile(rf"(?<!{HEX}){HEX}{{32}}(?!{HEX})")
PLAIN = (
    (re.compile(r'(name="csrf_token"[^>]*?value=")[^"]*'), r"\1CSRF"),
    (re.compile(r"(nonce=['\"]?)[\w+/=-]+"), r"\1NONCE"),
    (re.compile(r"([?&;]v=)[0-9a-f]{12}"), r"\1STAMP"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "HASH"),
    (re.compile(r"(\"size\": |\bsize=)[0-9]+"), r"\1SIZE"),  # of files, which differ by a few bytes
    (re.compile(r"\b[0-9a-f]{40}\b"), "STORED"),
)


class Names:
    """Ids of the database by table and rank, `case-0012`: they last where only ids are drawn
    otherwise.
    """

    def __init__(self, path: Path):
        self.link = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        self.known: dict[str, str] = {}
        self.tables = {name: self._columns(name) for (name,) in self.rows(_TABLES)}

    def rows(self, statement: str, *values) -> list[tuple]:
        return self.link.execute(statement, values).fetchall()

    def _columns(self, table: str) -> list[str]:
        return [row[1] for row in self.rows(f'PRAGMA table_info("{table}")')]

    def learn(self) -> None:
        """Read which ids there are now."""
        for table, columns in self.tables.items():
            if "id" in columns:
                ids = self.rows(f'SELECT id FROM "{table}" ORDER BY id')
                for rank, (key,) in enumerate(ids, 1):
                    self.known[key] = f"{LABELS.get(table, table)}-{rank:04d}"

    def plain(self, text: str) -> str:
        """Return a text with names for ids, and without what is drawn anew each time."""
        for pattern, instead in PLAIN:
            text = pattern.sub(instead, text)
        return BARE.sub(self._name, UUID.sub(self._name, text))

    def _name(self, found: re.Match) -> str:
        bare = found[0].replace("-", "")
        if bare not in self.known:
            self.learn()
        return self.known.setdefault(bare, "id-unknown" if "-" in found[0] else found[0])

    def ids(self, table: str) -> list[str]:
        """Return the ids of a table as they are written in addresses, oldest first."""
        return [dashed(key) for (key,) in self.rows(f'SELECT id FROM "{table}" ORDER BY id')]

    def one(self, statement: str, *values) -> str:
        """Return the id that a statement finds."""
        return dashed(self.rows(statement, *values)[0][0])

    def person(self, username: str) -> str:
        return self.one("SELECT person_id FROM accounts WHERE username = ?", username)

    def unit(self, name: str) -> str:
        return self.one("SELECT id FROM units WHERE name = ? ORDER BY id", name)

    def states(self) -> dict[str, str]:
        """Return what each case is, by its id: workflow and state."""
        rows = self.rows("SELECT id, workflow, state FROM cases ORDER BY id")
        return {dashed(key): f"{workflow}.{state}" for key, workflow, state in rows}


_TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY 1"
)


def dashed(bare: str) -> str:
    return "-".join((bare[:8], bare[8:12], bare[12:16], bare[16:20], bare[20:]))


# People who ask ----------------------------------------------------------------------------------


class Reader:
    """A person at a browser; None is somebody who has not logged in."""

    def __init__(self, app, username: str | None):
        self.client, self.username, self.known = app.test_client(), username, ""
        if username:
            words = {"username": username, "password": PASSWORD}
            self.client.post("/login", data={**words, "csrf_token": self.token("/login")})
            self.known = ""

    def get(self, path: str):
        return self.client.get(path)

    def token(self, path: str) -> str:
        """Return the token of the forms on a page; it holds while the person is logged in."""
        if not self.known or not self.username:
            found = re.search(r'name="csrf_token"[^>]*value="([^"]*)"', self.get(path).text)
            self.known = found[1] if found else ""
        return self.known


class Caller:
    """A program with a person's token; None has no token."""

    def __init__(self, app, run, username: str | None):
        self.client = app.test_client(use_cookies=False)
        token = run("token", username).split()[-1] if username else ""
        self.headers = {"Authorization": f"Bearer {token}"} if username else {}

    def send(self, method: str, path: str, headers: dict | None = None, **more):
        return self.client.open(path, method=method, headers=self.headers | (headers or {}), **more)


# Pages -------------------------------------------------------------------------------------------


class Links(HTMLParser):
    """Where a page leads by links and by forms that only ask, in order."""

    def __init__(self, html: str):
        super().__init__()
        self.found, self.form = [], None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.found.append(attrs.get("href", ""))
        elif tag == "form" and attrs.get("method", "get").lower() == "get":
            self.form, self.stands, self.lists = attrs.get("action", ""), {}, {}
        elif self.form is not None:
            self._field(tag, attrs)

    def _field(self, tag: str, attrs: dict) -> None:
        name, value = attrs.get("name"), attrs.get("value", "")
        if tag == "select":
            self.choices = self.lists.setdefault(name, [])
        elif tag == "option":
            self.choices.append(value)
        elif name and tag == "input" and (attrs.get("type") not in CHOSEN or "checked" in attrs):
            self.stands[name] = value

    def handle_endtag(self, tag):
        if tag == "form" and self.form is not None:
            self.found += self._asked()
            self.form = None

    def _asked(self) -> list[str]:
        """Return where a form leads: as it stands, and with each choice of a list."""
        first = {
            **self.stands,
            **{name: values[0] for name, values in self.lists.items() if values},
        }
        others = [
            {**first, name: one} for name, values in self.lists.items() for one in values[1:4]
        ]
        return [f"{self.form}?{urlencode(way)}" for way in (first, *others)]


def links(html: str, at: str) -> list[str]:
    """Return the addresses of our own that a page leads to, each once."""
    found = (urljoin(at, path) for path in Links(html).found if _own(path))
    return list(dict.fromkeys(tidy(path) for path in found))


def _own(path: str) -> bool:
    parts = urlsplit(path)
    return bool(path) and not path.startswith("#") and not parts.scheme and not parts.netloc


def tidy(address: str) -> str:
    """Return an address with its query in order and without its fragment."""
    parts = urlsplit(address)
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return parts.path + (f"?{query}" if query else "")


def file_name(address: str, names: Names) -> str:
    name = names.plain(unquote(address)).strip("/") or "start"
    return re.sub(r"[^\w.=&?-]+", "~", name)[:60].replace("?", "@").replace("&", "+")


class Crawl:
    """One account's way through the pages, a few of each shape;

    `states` counts over all accounts.
    """

    def __init__(self, app, names: Names, username: str | None, states: Counter):
        self.names, self.reader = names, Reader(app, username)
        self.kinds, self.states, self.count, self.pages = names.states(), states, Counter(), {}
        self.queue = deque(["/", *starts(app)])
        self.seen = set(self.queue)

    def run(self) -> dict[str, str]:
        """Return what came of each address."""
        while self.queue and len(self.pages) < MOST:
            address = self.queue.popleft()
            if self._wanted(address):
                self._fetch(address)
        return self.pages

    def _wanted(self, address: str) -> bool:
        case = re.match(r"/cases/([0-9a-f-]{36})(.*)", address)
        kind = case and f"{self.kinds.get(case[1])} {shape(case[2])}"
        self.count[kind or shape(address)] += 1
        self.states[kind] += self.count[kind] == 1
        if case:
            return self.count[kind] == 1 and self.states[kind] <= STATES
        return self.count[shape(address)] <= (1 if "?" in address else 2)

    def _fetch(self, address: str) -> None:
        response = self.reader.get(address)
        self.pages[address] = shown(response, self.names)
        further = []
        if response.location:
            further = [tidy(response.location)]
        elif response.mimetype == "text/html":
            further = links(response.get_data(as_text=True), address)
        for one in further:
            if one not in self.seen and not one.startswith(("/static", "/api/")):
                self.seen.add(one)
                self.queue.append(one)


def shape(address: str) -> str:
    """Return an address without what differs from page to page of one kind."""
    path, _, query = unquote(address).partition("?")
    pairs = (pair if pair.startswith(KEYS) else pair.partition("=")[0] for pair in query.split("&"))
    return re.sub(r"\d+", "#", UUID.sub("ID", path)) + "?" * bool(query) + "&".join(pairs)


def starts(app) -> list[str]:
    """Return the addresses that anybody can type: those without an id."""
    rules = (rule for rule in app.url_map.iter_rules() if "GET" in rule.methods)
    return sorted(rule.rule for rule in rules if not rule.arguments and not _is_api(rule.rule))


def _is_api(path: str) -> bool:
    return path.startswith(("/api/", "/static"))


def shown(response, names: Names) -> str:
    """Return an answer as text: the status, where it leads, and what it holds."""
    head = f"<!-- {response.status_code} {response.mimetype} {response.location or ''} -->\n"
    if response.mimetype.startswith("text/") or "json" in response.mimetype:
        return names.plain(head + response.get_data(as_text=True))
    return names.plain(f"{head}{response.headers.get('Content-Disposition', '')}\n")


def write_pages(folder: Path, app, names: Names) -> int:
    """Fetch the pages of every account and of a stranger; returns how many."""
    number, states = 0, Counter()
    for username in (*ROLES, None):
        for address, page in Crawl(app, names, username, states).run().items():
            place, name = username or "stranger", file_name(address, names)
            write(folder / "pages" / place / f"{name}.html", page)
            write(folder / "text" / place / f"{name}.txt", _read(page, address))
            number += 1
    return number


def _read(page: str, address: str) -> str:
    """Return what is seen of a page; say at the terminal where a blank was gained."""
    if "text/html" not in page[:40]:
        return ""
    for blank in visible.broken(page):
        print(f"{address}: a line breaks between two Chinese characters: {blank}", file=sys.stderr)
    return visible.text(page)


def write(path: Path, text: str) -> None:
    """Write a file, beside and not over another of the same name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    free = (path.with_stem(f"{path.stem}{end}") for end in ("", *(f"~{n}" for n in range(2, 99))))
    next(one for one in free if not one.exists()).write_text(text, "utf-8")


# The JSON API ------------------------------------------------------------------------------------

BOXES = ("mine", "waiting", "units", "copied", "done", "follow_up", "none")
MORE = {
    "/queue": (
        *(f"?box={box}" for box in BOXES),
        *(f"?box=units&due={due}" for due in ("overdue", "today", "week")),
        "?box=units&workflow=date_change",
        "?box=units&workflow=none",
        "?box=units&limit=2",
    ),
    "/units": ("", "?limit=3", "?limit=0"),
}


def api_paths(app, names: Names) -> list[str]:
    """Return every address of the API that is read, with ids from the database."""
    found = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if "GET" in rule.methods and rule.rule.startswith("/api/"):
            found += _filled(rule.rule, names)
    return found


def _filled(rule: str, names: Names) -> list[str]:
    before, _, after = rule.partition("<")
    noun, rest = before.strip("/").rpartition("/")[2], after.partition(">")[2]
    if not after:
        return [rule + more for more in MORE.get(rule.removeprefix("/api/v1"), ("",))]
    return [f"{before}{key}{rest}" for key in _samples(noun, names)]


def _samples(noun: str, names: Names) -> list[str]:
    """Return ids, or names, of a noun of the API; the last is of nothing."""
    if noun == "workflows":
        rows = names.rows("SELECT DISTINCT workflow FROM cases ORDER BY 1")
        return [*(name for (name,) in rows), "none"]
    if noun == "cases":
        return [*{kind: key for key, kind in names.states().items()}.values(), dashed("0" * 32)]
    ids = names.ids(noun)
    return [
        *ids[:2],
        *ids[5:8],
        *ids[len(ids) // 2 : len(ids) // 2 + 2],
        *ids[-2:],
        dashed("0" * 32),
    ]


def write_answers(folder: Path, app, callers: dict, names: Names) -> int:
    """Ask the API everything for a few accounts and for nobody; returns how many answers."""
    paths, number = api_paths(app, names), 0
    for username in (*CALLERS, None):
        for path in paths if username else paths[::7]:
            name = file_name(path.removeprefix("/api/v1"), names)
            write(
                folder / (username or "stranger") / f"{name}.json",
                asked(callers[username], path, names),
            )
            number += 1
    return number


def asked(caller: Caller, path: str, names: Names) -> str:
    """Return the API's answer to a GET, indented."""
    return told(caller.send("GET", path), names)


def told(response, names: Names) -> str:
    """Return an answer of the API: status, what its headers say, and its body indented."""
    heads = ("ETag", "Location", "WWW-Authenticate", "Allow", "Idempotent-Replayed")
    lines = [f"{response.status_code} {response.mimetype}"]
    lines += [f"{name}: {response.headers[name]}" for name in heads if name in response.headers]
    body = response.get_data(as_text=True) if response.mimetype != "image/png" else ""
    if "json" in response.mimetype:
        body = json.dumps(json.loads(body), ensure_ascii=False, indent=1)
    return names.plain("\n".join((*lines, body, "")))


# Rows --------------------------------------------------------------------------------------------

SECRET = (
    "accounts",
    "logins",
    "sign_ins",
    "recovery_codes",
    "api_tokens",
    "slips",
    "idempotency",
    "alembic_version",
)
UNNAMED = ("id", "zone_id", "hash", "previous", "head", "root", "phone_sealed", "changed")
FIRST = ("case_id", "seq")


def lines(names: Names, table: str) -> list[str]:
    """Return the rows of a table as sorted lines, without what says nothing or is drawn anew."""
    names.learn()
    columns = names.tables[table]
    order = sorted(columns, key=lambda name: (name not in FIRST, name))
    return sorted(
        names.plain(
            " | ".join(
                _cell(name, row[columns.index(name)]) for name in order if _told(name, row, columns)
            )
        )
        for row in names.rows(f'SELECT * FROM "{table}"')
    )


def _told(name: str, row: tuple, columns: list[str]) -> bool:
    return name not in UNNAMED and row[columns.index(name)] is not None


def _cell(name: str, value) -> str:
    if name == "seq":
        return f"seq={value:04d}"
    if isinstance(value, str) and value[:1] in ("{", "["):
        with suppress(ValueError):
            value = json.dumps(json.loads(value), ensure_ascii=False, sort_keys=True)
    return f"{name}={value}"


def write_rows(folder: Path, names: Names) -> int:
    """Write every table that tells of what happened; returns how many rows."""
    number = 0
    for table in names.tables:
        if table not in SECRET:
            rows = lines(names, table)
            write(folder / f"{table}.txt", "".join(f"{row}\n" for row in rows))
            number += len(rows)
    return number


# All of it ---------------------------------------------------------------------------------------


class Stage:
    """The program on a scratch database, with its people."""

    def __init__(self, folder: Path):
        stop_chance()
        self.app, self.clock, self.run = start(folder)
        self.names = Names(folder / "oversight.db")
        self.names.learn()
        gc.freeze()
        gc.set_threshold(50_000)
        self.callers, self.readers = {}, {}

    def caller(self, username: str | None) -> Caller:
        if username not in self.callers:
            self.callers[username] = Caller(self.app, self.run, username)
        return self.callers[username]

    def reader(self, username: str | None) -> Reader:
        if username not in self.readers:
            self.readers[username] = Reader(self.app, username)
        return self.readers[username]


def record(target: Path, stage: Stage) -> str:
    """Write everything below a folder, which must be new or empty; returns how much it was."""
    callers = {name: stage.caller(name) for name in (*CALLERS, None)}
    pages = write_pages(target, stage.app, stage.names)
    answers = write_answers(target / "api", stage.app, callers, stage.names)
    posts = golden_script.play(stage, told)
    for number, post in enumerate(posts, 1):
        write(target / "posts" / f"{number:03d}.txt", post)
    rows = write_rows(target / "tables", stage.names)
    return f"{pages} pages, {answers} answers, {len(posts)} posts, {rows} rows"


# The few that are kept ---------------------------------------------------------------------------

# Who looks at what: `{unit-0006}` is an id by its name, `{absence.to_contact}` the oldest such
# case.
PAGES = (
    (None, "/login"),
    (None, "/activate"),
    ("branch01.secretary", "/desk"),
    ("branch01.secretary", "/me"),
    ("branch01.secretary", "/notices"),
    ("branch01.secretary", "/new"),
    ("branch01.secretary", "/new/date_change?unit={unit-0006}"),
    ("branch01.secretary", "/new/exemption?unit={unit-0006}"),
    ("branch01.secretary", "/units/{unit-0006}/year/2026"),
    ("branch01.secretary", "/activities/{activity-0060}/plan"),
    ("branch01.secretary", "/admin/units/{unit-0006}/handover"),
    ("branch01.secretary", "/people/{person-0013}/phone"),
    ("branch02.secretary", "/units/{unit-0011}/follow-ups?step=to_contact"),
    ("branch02.secretary", "/cases/{absence.to_contact}"),
    ("branch03.secretary", "/cases/{rectification.issued}"),
    ("branch06.member05", "/cases/{appraisal.self_assessment}"),
    ("branch07.secretary", "/units/{unit-0022}/year/2027"),
    ("branch08.secretary", "/cases/{exemption.asked}"),
    ("branch20.secretary", "/cases/{appraisal.rating}"),
    ("branch24.secretary", "/activities/{activity-0336}/attendance"),
    ("dept1.officer", "/cases/{rectification.recheck}"),
    ("dept2.committee4", "/cases/{appraisal.deciding}"),
    ("town1.officer", "/desk"),
    ("town1.officer", "/desk?box=units&due=overdue"),
    ("town1.officer", "/desk/many"),
    ("town1.officer", "/desk/bulk?case={date_change.asked}&case={date_change.asked_joint}"),
    ("town1.officer", "/units"),
    ("town1.officer", "/cases/{date_change.asked}"),
    ("town1.officer", "/cases/{date_change.asked_joint}"),
    ("town1.officer", "/cases/{date_change.reported_late}"),
    ("town1.officer", "/admin/units/{unit-0017}"),
    ("town1.officer", "/admin/units/{unit-0017}/merge"),
    ("town1.officer", "/admin/acting"),
    ("town1.officer", "/admin/people/{person-0097}"),
    ("town2.inspector", "/cases/{inspection.under_way}"),
    ("zone.inspector", "/new/inspection?unit={unit-0022}"),
    ("zone.committee1", "/cases/{zone_shift.proposed}"),
    ("zone.sysadmin", "/zone/settings"),
    ("zone.sysadmin", "/accounts/units/{unit-0006}"),
    ("zone.sysadmin", "/roster"),
    ("zone.auditor", "/admin/changes"),
    ("zone.auditor", "/desk"),
    ("zone.office", "/law/date_change"),
)
ANSWERS = (
    (None, "/queue"),
    ("branch01.member01", "/me"),
    ("branch01.member01", "/queue?box=units"),
    ("branch01.secretary", "/units/{unit-0006}/party-days?year=2026"),
    ("branch01.secretary", "/units/{unit-0006}/life-meetings"),
    ("branch01.secretary", "/units/{unit-0002}/members"),
    ("branch01.secretary", "/activities/{activity-0059}/attendance"),
    ("branch06.member05", "/cases/{appraisal.self_assessment}"),
    ("town1.officer", "/me"),
    ("town1.officer", "/queue"),
    ("town1.officer", "/queue?box=units&workflow=absence&limit=3"),
    ("town1.officer", "/queue?box=waiting"),
    ("town1.officer", "/queue?box=copied"),
    ("town1.officer", "/queue?box=done&limit=3"),
    ("town1.officer", "/queue?box=none"),
    ("town1.officer", "/units?limit=4"),
    ("town1.officer", "/units/{unit-0006}"),
    ("town1.officer", "/units/{unit-0035}"),
    ("town1.officer", "/units/{unit-0006}/activities?year=2026&limit=4"),
    ("town1.officer", "/cases/{date_change.asked}"),
    ("town1.officer", "/cases/{rectification.issued}"),
    ("town2.officer", "/cases/{absence.finding_objected}"),
    ("zone.office", "/cases/{zone_shift.proposed}"),
    ("zone.office", "/cases/{campaign.in_force}"),
    ("zone.office", "/workflows/inspection"),
    ("zone.office", "/workflows/none"),
)
TABLES = (
    "journal",
    "refusals",
    "papers",
    "admin_changes",
    "unit_changes",
    "setting_changes",
    "reminders",
)


def few(target: Path, stage: Stage) -> str:
    """Write the texts that are kept with the tests: some pages as read, some answers, and the rows
    that the play adds.
    """
    before = {table: Counter(lines(stage.names, table)) for table in TABLES}
    gained = []
    for who, address in PAGES:
        path = _meant(address, stage.names)
        html = shown(stage.reader(who).get(path), stage.names)
        write(target / f"page--{who}--{file_name(path, stage.names)}.txt", visible.text(html))
        gained += [f"{who} {address}: {blank}\n" for blank in visible.broken(html)]
    write(target / "blanks.txt", "".join(gained))
    for who, address in ANSWERS:
        path = _meant(address, stage.names)
        name = f"answer--{who}--{file_name(path, stage.names)}.txt"
        write(target / name, asked(stage.caller(who), f"/api/v1{path}", stage.names))
    posts = golden_script.play(stage, told, golden_script.FEW)
    write(target / "posts.txt", "".join(f"{_short(post)}\n" for post in posts))
    for table, old in before.items():
        added = (Counter(lines(stage.names, table)) - old).elements()
        write(target / f"rows--{table}.txt", "".join(f"{row}\n" for row in sorted(added)))
    return f"{len(PAGES)} pages, {len(ANSWERS)} answers, {len(posts)} posts"


def _meant(address: str, names: Names) -> str:
    """Fill in the ids of an address."""
    oldest = {kind: key for key, kind in reversed(names.states().items())}
    labels = {label: dashed(key) for key, label in names.known.items()}
    return re.sub(r"\{([^}]+)\}", lambda found: (oldest | labels)[found[1]], address)


def _short(post: str) -> str:
    """Return one line of a request: who sent what, the status, and what was said or came of it."""
    line, _sent, _, *came = post.splitlines()
    more = [text.strip() for text in came[1:] if re.match(r' ?"(state|detail)"|Location', text)]
    return " ".join((line, "=>", came[0], *more[:2]))


def keep(target: Path, stage: Stage) -> str:
    """Write the texts that are kept in the place of those of before."""
    shutil.rmtree(target, ignore_errors=True)
    return few(target, stage)


def main() -> None:
    """Read the command line."""
    reading = argparse.ArgumentParser(prog="python -m tests.support.golden")
    reading.add_argument("folder", nargs="?", type=Path, default=KEPT)
    reading.add_argument("--few", action="store_true", help="only what is kept with the tests")
    reading.add_argument("--keep", action="store_true", help="renew what is kept with the tests")
    given = reading.parse_args()
    if given.folder == KEPT and not given.keep:
        reading.error("a folder, or --keep")
    folder = scratch.folder("oversight-golden-")
    try:
        do = keep if given.keep else few if given.few else record
        print(do(given.folder, Stage(folder)))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
