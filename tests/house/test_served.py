"""The 96 rule keys of the register: what serves each, shown by behaviour.

`served.json` names for a key a test in which a record settles it and one in which its absence shows
(one test where its rows do both). A clause number that stands in the code counts as nothing.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest

from oversight.law.clauses import register

ROOT = Path(__file__).resolve().parents[2]
SERVED = json.loads((ROOT / "tests" / "house" / "served.json").read_text("utf-8"))
KEYS = list(dict.fromkeys(entry["key"] for entry in register().values()))


@cache
def source(path: str) -> str:
    return (ROOT / "tests" / path).read_text("utf-8")


def test_each_key_of_the_register_stands_once():
    assert list(SERVED) == KEYS and len(KEYS) == 96
    assert not [key for key, found in SERVED.items() if "part" in found]


@pytest.mark.parametrize("key", KEYS)
def test_what_serves_a_key_is_a_test_of_behaviour(key):
    found = SERVED[key]
    assert set(found) == {"settles", "shows"}
    for test in found.values():
        path, name = test.split("::")
        assert path.startswith(("db/", "web/")) and "known_faults" not in path
        before, _, _body = source(path).partition(f"\ndef {name}(")
        assert _body, test
        marks = re.split(r"\n\n", before)[-1]
        assert not re.search("known_fault|xfail|skip", marks), f"{test} is not green"
