"""The program's own files: small, kept for a year at an address that changes with their content."""

from __future__ import annotations

import gzip
import re
from itertools import pairwise

import pytest

from oversight.views.masking import small

TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')


@pytest.fixture
def addresses(reader):
    text = reader(None).raw("GET", "/login").get_data(as_text=True)
    return sorted(set(re.findall(r'(?:src|href)="(/static/[^"]+)"', text)))


def test_files_are_small_and_kept(reader, addresses):
    assert len(addresses) == 4
    for address in addresses:
        whole = reader(None).raw("GET", address, headers={"Accept-Encoding": "identity"})
        small = reader(None).raw("GET", address, headers={"Accept-Encoding": "gzip"})
        assert whole.status_code == small.status_code == 200
        assert "immutable" in small.headers["Cache-Control"]
        assert small.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(small.data) == whole.data
        assert len(small.data) < len(whole.data)


def test_pages_are_small_on_the_way(reader):
    whole = reader(None).raw("GET", "/login")
    page = reader(None).raw("GET", "/login", headers={"Accept-Encoding": "gzip"})
    plain = gzip.decompress(page.data).decode()
    assert (
        page.headers["Content-Encoding"] == "gzip" and page.headers["Cache-Control"] == "no-store"
    )
    assert int(page.headers["Content-Length"]) == len(page.data) < len(whole.data) * 0.7
    assert "Accept-Encoding" in whole.headers["Vary"] or "Content-Encoding" not in whole.headers
    assert TOKEN.sub("", plain) == TOKEN.sub("", whole.get_data(as_text=True))


def test_who_does_not_take_gzip_gets_none(reader):
    for said in ("", "br", "gzip;q=0, br", "identity"):
        page = reader(None).raw("GET", "/login", headers={"Accept-Encoding": said})
        assert "Content-Encoding" not in page.headers
    head = reader(None).raw("HEAD", "/login", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in head.headers


def test_a_token_looks_different_in_every_answer_and_stays_the_same_token(reader):
    """Nothing of it repeats that could be guessed from how small a page gets."""
    person = reader("town1.officer")
    shown = [person.get("/me").value("csrf_token") for _time in range(3)]
    assert len(set(shown)) == 3
    assert all(not set(parts(one)) & set(parts(other)) for one, other in pairwise(shown))
    for one in shown:
        answer = person.raw("POST", "/notices", data={"csrf_token": one})
        assert answer.status_code == 302
    assert person.raw("POST", "/notices", data={"csrf_token": shown[0][:-8]}).status_code == 400


def parts(token: str) -> list[str]:
    return [token[at : at + 6] for at in range(0, len(token) - 5)]


def test_the_length_of_a_page_is_blurred():
    assert len({len(small(b"x" * 5000)) for _time in range(200)}) > 20


def test_another_address_has_nothing(reader, addresses):
    stamp = addresses[0].split("/")[2]
    other = addresses[0].replace(stamp, "0" * len(stamp))
    assert reader(None).raw("GET", other).status_code == 404
