"""The reader of written words: what is taken, what is refused and what is said about it. No
database.
"""

from __future__ import annotations

import json
from datetime import date

import pytest

from oversight.base.refusals import InvalidInput
from oversight.law.definition import Field
from oversight.law.inputs import LONGEST, read_count, read_id, read_words

SIMPLE = ("text", "date", "number", "yes_no", "list", "person", "file")
ASKS = {kind: Field("word", kind, "要填的") for kind in SIMPLE}
ASKS["choice"] = Field("word", "choice", "要填的", choices=(("a", "甲"), ("b", "乙")))

GOOD = [
    ("text", "冬修水利", "冬修水利"),
    ("text", "  两头有空 \n", "两头有空"),
    ("text", "一\n二", "一\n二"),
    ("text", "a\x00b\x07c", "abc"),
    ("text", "字" * LONGEST, "字" * LONGEST),
    ("text", "𠮷野家", "𠮷野家"),
    ("text", "<script>alert(1)</script>", "<script>alert(1)</script>"),
    ("text", "=1+1", "=1+1"),
    ("date", "2026-12-11", date(2026, 12, 11)),
    ("date", " 2026-12-11 ", date(2026, 12, 11)),
    ("date", "2028-02-29", date(2028, 2, 29)),
    ("number", 0, 0),
    ("number", 17, 17),
    ("number", "17", 17),
    ("number", 1_000_000, 1_000_000),
    ("choice", "a", "a"),
    ("yes_no", True, True),
    ("yes_no", False, False),
    ("yes_no", "是", True),
    ("yes_no", "否", False),
    ("yes_no", "true", True),
    ("yes_no", "on", True),
    ("yes_no", "0", False),
    ("list", [{"measure": "开会"}], [{"measure": "开会"}]),
    ("list", ["a"], ["a"]),
]
BAD = [
    *[(kind, value) for kind in ASKS for value in (None, "", "   ", "\u3000", [])],
    ("text", 5),
    ("text", ["a"]),
    ("text", {"a": 1}),
    ("text", "字" * (LONGEST + 1)),
    ("text", "\x00\x07"),
    ("text", "\u200b"),
    ("text", "\u200b\u200d\ufeff"),
    ("text", "\u2060 \u200e"),
    ("text", "\ud800"),
    ("date", "2026-02-29"),
    ("date", "2026-13-01"),
    ("date", "12月4日"),
    ("date", "2026/12/04"),
    ("date", "20261204"),
    ("date", "2026-12-4"),
    ("date", "2026-W50-5"),
    ("date", "0001-01-01"),
    ("date", "9999-12-31"),
    ("date", 20261204),
    ("date", "2026-12-04T09:00"),
    ("date", "２０２６-12-04"),
    ("number", -1),
    ("number", 1_000_001),
    ("number", "十"),
    ("number", 1.5),
    ("number", float("nan")),
    ("number", float("inf")),
    ("number", True),
    ("number", "1e3"),
    ("number", [1]),
    ("number", {}),
    ("number", "1.5"),
    ("choice", "c"),
    ("choice", "丙"),
    ("choice", 1),
    ("choice", ["a"]),
    ("choice", {"a": 1}),
    ("yes_no", "maybe"),
    ("yes_no", 2),
    ("yes_no", ["true"]),
    ("yes_no", {"a": 1}),
    ("list", "a"),
    ("list", {"a": 1}),
    ("list", ["a"] * 501),
    ("list", 3),
    ("person", 7),
    ("file", ["x"]),
]


@pytest.mark.parametrize("kind, value, typed", GOOD, ids=lambda value: repr(value)[:24])
def test_read(kind, value, typed):
    words, plain = read_words((ASKS[kind],), {"word": value})
    assert words == {"word": typed} and type(words["word"]) is type(typed)
    assert json.loads(json.dumps(plain)) == plain


@pytest.mark.parametrize("kind, value", BAD, ids=lambda value: repr(value)[:24])
def test_refused(kind, value):
    with pytest.raises(InvalidInput) as caught:
        read_words((ASKS[kind],), {"word": value})
    [sentence] = caught.value.fields.values()
    assert (
        list(caught.value.fields) == ["word"] and "要填的" in sentence and sentence.endswith("。")
    )
    assert caught.value.status == 422


@pytest.mark.parametrize("value", ["十", "1e3", True, [1]])
def test_what_is_no_number_is_told_apart_from_a_wrong_one(value):
    with pytest.raises(InvalidInput) as caught:
        read_words((ASKS["number"],), {"word": value})
    assert caught.value.fields == {"word": "“要填的”应是数字。"}


@pytest.mark.parametrize("value", ["-3", "1.5", "1,000", -1, 1.5, 1_000_001, "1000001"])
def test_a_number_of_no_use_is_told_its_bounds(value):
    with pytest.raises(InvalidInput) as caught:
        read_words((ASKS["number"],), {"word": value})
    assert caught.value.fields == {"word": "“要填的”应是 0 到 1000000 之间的整数。"}


@pytest.mark.parametrize("kind", ASKS)
@pytest.mark.parametrize("value", [None, "", "  ", []])
def test_what_need_not_be_written_may_be_left_out(kind, value):
    ask = Field("word", kind, "要填的", required=False, choices=ASKS[kind].choices)
    assert read_words((ask,), {"word": value}) == ({"word": None}, {"word": None})
    assert read_words((ask,), {}) == ({"word": None}, {"word": None})


def test_every_fault_is_named_at_once():
    asks = (Field("new_day", "date", "改到哪一天"), Field("reason", "text", "为什么要改"))
    with pytest.raises(InvalidInput) as caught:
        read_words(asks, {"new_day": "下周五", "state": "approved"})
    assert set(caught.value.fields) == {"new_day", "reason", "state"}
    assert all(sentence in caught.value.sentence for sentence in caught.value.fields.values())


@pytest.mark.parametrize("raw", ["new_day=2026-12-11", ["new_day"], 7, "x"])
def test_words_that_are_no_words(raw):
    with pytest.raises(InvalidInput):
        read_words((ASKS["text"],), raw)


@pytest.mark.parametrize("name", ["state", "actor_id", "version", "__class__", "facts", "字" * 500])
def test_nothing_else_can_be_smuggled_in(name):
    with pytest.raises(InvalidInput) as caught:
        read_words((ASKS["text"],), {"word": "好", name: "x"})
    assert all(len(field) <= 40 for field in caught.value.fields)


def test_an_added_opinion_or_reason_is_kept():
    _typed, plain = read_words((), {"opinion": "同意", "note": "电话告知"})
    assert plain == {"opinion": "同意", "note": "电话告知"}


def test_a_word_is_not_read_twice():
    asks = (Field("reason", "text", "理由", required=False),)
    assert read_words(asks, {"reason": "有"})[1] == {"reason": "有"}


@pytest.mark.parametrize(
    "text, number", [("0", 0), (" 12 ", 12), ("999999999", 999_999_999), ("007", 7)]
)
def test_a_count_is_read(text, number):
    assert read_count(text) == number


@pytest.mark.parametrize(
    "text", ["", " ", "-1", "1.5", "1e3", "1_000", "²", "٣", "十", "9999999999", None, 3, ["3"]]
)
def test_what_is_no_count_is_none(text):
    assert read_count(text) is None


def test_a_count_has_a_limit():
    assert (read_count("500", most=500), read_count("501", most=500)) == (500, None)


@pytest.mark.parametrize("text", ["", "7", "../x", None, 7, ["a"]])
def test_what_is_no_id_is_none(text):
    assert read_id(text) is None


def test_an_id_is_read_as_it_is_written():
    written = "0192F7E0-0000-7000-8000-000000000001"
    assert read_id(written) == written.lower()
