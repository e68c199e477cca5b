"""What a phone loads for a page: at most 60 KB with style sheet and scripts, as they are sent."""

from __future__ import annotations

import re

import pytest

from oversight.law.clauses import DOCUMENTS

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MOST, PLAIN = 60_000, 200_000  # bytes on the way; bytes of the page itself
PAGES = {
    "town1.officer": [
        "/desk",
        "/units",
        "/months",
        "/new",
        "/search?q=支部",
        "/notices",
        "/admin/units",
    ],
    "village.secretary": ["/desk", "/new/date_change?day=2026-12-04", "/me", "/law/appraisal"],
    "zone.sysadmin": ["/accounts", "/roster", "/admin/", "/law/rectification"],
    "village.member1": ["/desk", "/me", *(f"/clauses/{letter}" for letter in DOCUMENTS)],
}


def sent(reader, path: str) -> bytes:
    answer = reader.raw("GET", path, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200, path
    return answer.data


def test_main_pages_are_light(reader, play):
    play.asked()
    play.session.commit()
    heavy = []
    for name, paths in PAGES.items():
        person = reader(name)
        for path in paths:
            plain = person.raw("GET", path).get_data(as_text=True)
            parts = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', plain))
            weight = len(sent(person, path)) + sum(len(sent(person, part)) for part in parts)
            heavy += [(path, weight)] if weight > MOST or len(plain.encode()) > PLAIN else []
    assert heavy == []
