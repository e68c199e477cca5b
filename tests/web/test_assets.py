"""The program's own files: small, kept for a year at an address that changes with their content."""

from __future__ import annotations

import gzip
import re

import pytest


@pytest.fixture
def addresses(reader):
    text = reader(None).raw("GET", "/login").get_data(as_text=True)
    return sorted(set(re.findall(r'(?:src|href)="(/static/[^"]+)"', text)))


def test_files_are_small_and_kept(reader, addresses):
    assert len(addresses) == 3
    for address in addresses:
        whole = reader(None).raw("GET", address, headers={"Accept-Encoding": "identity"})
        small = reader(None).raw("GET", address, headers={"Accept-Encoding": "gzip"})
        assert whole.status_code == small.status_code == 200
        assert "immutable" in small.headers["Cache-Control"]
        assert small.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(small.data) == whole.data
        assert len(small.data) < len(whole.data)


def test_pages_are_never_compressed(reader):
    page = reader(None).raw("GET", "/login", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in page.headers


def test_another_address_has_nothing(reader, addresses):
    stamp = addresses[0].split("/")[2]
    other = addresses[0].replace(stamp, "0" * len(stamp))
    assert reader(None).raw("GET", other).status_code == 404
