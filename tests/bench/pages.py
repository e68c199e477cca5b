"""Readers of pages in one process: what a page costs and asks the database."""

from __future__ import annotations

import re
from time import process_time

from .counting import asked
from .product import PASSWORD, TODAY, Program, dashed, find

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
OFFICER, SECRETARY, KEEPER = "town3.officer", "branch101.secretary", "zone.sysadmin"
MEMBER = """SELECT a.username FROM accounts a JOIN memberships m ON m.person_id=a.person_id
WHERE a.username LIKE 'branch101.member%' AND m.to_on IS NULL
AND NOT EXISTS (SELECT 1 FROM posts p WHERE p.person_id=a.person_id)
AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.concerns_id=a.person_id AND c.closed_at IS NULL)
ORDER BY a.username LIMIT 1"""
SECRETARIES = """SELECT username FROM accounts WHERE username LIKE 'branch1%.secretary'
ORDER BY username LIMIT ?"""


class Reader(Program):
    """People at a browser, logged in once, on a database that nobody else writes."""

    def __init__(self, **given):
        super().__init__(**given)
        self.context.pop()  # each request has one of its own, as on a server
        self.app.testing = True
        self.clients: dict = {}
        self.path, self.name = "/desk", OFFICER

    def client(self, name: str):
        """Return the browser of an account."""
        if name not in self.clients:
            made = self.clients[name] = self.app.test_client()
            token = TOKEN.search(made.get("/login").text)[1]
            words = {"username": name, "password": PASSWORD, "csrf_token": token}
            assert made.post("/login", data=words).status_code == 302, f"{name} can't log in"
        return self.clients[name]

    def rows(self, sql: str, *given) -> list[tuple]:
        with self.app.app_context():
            return super().rows(sql, *given)

    def get(self, name: str, path: str):
        """Fetch a page, which must be there."""
        answer = self.client(name).get(path)
        assert answer.status_code == 200, f"{path} for {name}: {answer.status_code}"
        return answer

    def log_in(self) -> None:
        self.client(OFFICER)

    def run(self, n: int) -> None:
        """Fetch the page that was chosen so many times."""
        for _ in range(n):
            self.get(self.name, self.path)

    def choose(self, path: str, name: str = OFFICER) -> None:
        self.path, self.name = path, name

    def last_page(self) -> str:
        """Return the address of the last page of the officer's desk."""
        cursor, path = "", "/desk"
        while True:
            found = re.search(r'href="/desk\?[^"]*cursor=([^"&]+)', self.get(OFFICER, path).text)
            if not found or found[1] == cursor:
                return path
            cursor, path = found[1], f"/desk?cursor={found[1]}"

    def empty_desk(self) -> str:
        """Choose a member for whom nothing waits; returns the account."""
        self.choose("/desk", self.rows(MEMBER)[0][0])
        return self.name

    def newcomers(self, n: int) -> list[float]:
        """Return the seconds of CPU of the first desk, and of the next, of people who come one by one."""
        spent = [0.0, 0.0]
        for place, (name,) in enumerate(self.rows(SECRETARIES, n + 1)):
            self.client(name)
            for turn in (0, 1):
                begun = process_time()
                self.get(name, "/desk")
                spent[turn] += (
                    process_time() - begun if place else 0
                )  # whoever is first finds it new
        return [one / n for one in spent]

    def badge(self, n: int) -> float:
        """Return the seconds of CPU that it takes to count what waits for the officer."""
        sql = "SELECT person_id FROM accounts WHERE username=?"
        person, count = self.rows(sql, OFFICER)[0][0], find("inbox", "badge", "box_count")
        with self.app.app_context(), find("db", "reading")():
            who, session = self.actor(person), self.db.session
            self._count(count, session, who)
            begun = process_time()
            for _ in range(n):
                self._count(count, session, who)
            return (process_time() - begun) / n

    def _count(self, count, session, who) -> None:
        count(session, who, "mine") if count.__name__ == "box_count" else count(session, who)

    def statements(self) -> dict[str, int]:
        """Count what each kind of page asks, once it was fetched before."""
        found = {}
        for title, (name, path) in self.pages().items():
            self.get(name, path)
            with self.counted() as seen:
                self.get(name, path)
            found[title] = asked(seen)
        return found

    def pages(self) -> dict[str, tuple[str, str]]:
        """Return the pages to count: who reads what."""
        unit, above = self.rows(
            "SELECT p.unit_id, u.parent_id FROM accounts a JOIN posts p ON p.person_id=a.person_id"
            " JOIN units u ON u.id=p.unit_id WHERE a.username=?",
            SECRETARY,
        )[0]
        asks = self.rows(
            "SELECT c.id FROM cases c JOIN units u ON u.id=c.unit_id WHERE u.parent_id=?"
            " AND c.workflow='date_change' AND c.state='asked' ORDER BY c.id LIMIT 1",
            above,
        )
        held = self.rows(
            "SELECT id FROM activities WHERE unit_id=? AND day<? ORDER BY day DESC LIMIT 1",
            unit,
            TODAY,
        )
        unit, activity = dashed(unit), dashed(held[0][0])
        return {
            "desk": (OFFICER, "/desk"),
            "desk, my units": (OFFICER, "/desk?box=units"),
            "desk, waiting": (SECRETARY, "/desk?box=waiting"),
            "desk, done": (OFFICER, "/desk?box=done"),
            "case": (OFFICER, f"/cases/{dashed(asks[0][0])}"),
            "year": (SECRETARY, f"/units/{unit}/year/2026"),
            "attendance": (SECRETARY, f"/activities/{activity}/attendance"),
            "units": (OFFICER, "/units"),
            "new date change": (SECRETARY, "/new/date_change"),
            "notices": (OFFICER, "/notices"),
            "my own page": (SECRETARY, "/me"),
            "accounts": (KEEPER, "/accounts"),
            "people of a unit": (KEEPER, f"/admin/units/{unit}/people"),
            "all units": (KEEPER, "/admin/units"),
        }
