"""Names, numbers and texts as people type them: what is folded, what is kept, what is refused."""

from __future__ import annotations

import pytest

from oversight.base import typed
from oversight.law.inputs import read_count


@pytest.mark.parametrize(
    "written, name",
    [
        ("张一〇", "张一〇"),
        ("张一○", "张一〇"),
        ("王\u3000明", "王明"),
        ("王\u200b明\ufeff", "王明"),
        ("阿依古丽・买买提", "阿依古丽·买买提"),
        ("阿依古丽･买买提", "阿依古丽·买买提"),
        ("王\U0002ebf0明", "王\U0002ebf0明"),  # CJK I
        ("王\U000313a0明", "王\U000313a0明"),  # CJK H
        ("王\U000323b0明", "王\U000323b0明"),  # CJK J
        ("王\ue863华", "王\ue863华"),
        ("李\U000f0001明", "李\U000f0001明"),
        ("欧阳 明华", "欧阳明华"),
        ("孙\n明", "孙明"),
        ("王伟１", "王伟1"),
    ],
)
def test_a_name_is_kept_whole(written, name):
    assert typed.person_name(written) == name


@pytest.mark.parametrize(
    "written, word",
    [
        ("张三、李四", "两个姓名"),
        ("张三 李四", "两个姓名"),
        ("张三\n李四", "两个姓名"),
        ("王?明", "丢失的字"),
        ("王\ud842明", "丢失的字"),
        ("王\ufffd明", "丢失的字"),
        ("王⿰明", "“⿰”"),
        ("王\U000e0100明", "U+E0100"),
        ("李四（女）", "“(”"),
        ("王", "2 个字以上"),
        ("王" * 20 + "·" + "王" * 20 + "·" + "王" * 20, "2 个字以上"),
    ],
)
def test_a_name_that_would_lose_something_is_refused_aloud(written, word):
    with pytest.raises(typed.Unreadable) as no:
        typed.person_name(written)
    assert word in no.value.args[0]


def test_an_organization_keeps_its_rare_characters():
    assert typed.organization_name("石\U0002ebf0桥 村\u200b党支部") == "石\U0002ebf0桥村党支部"
    with pytest.raises(typed.Unreadable, match="丢失的字"):
        typed.organization_name("石?桥村党支部")


@pytest.mark.parametrize(
    "text, number", [("１２", 12), (" 7 ", 7), ("²", None), ("9" * 5000, None)]
)
def test_a_whole_number_is_read_or_is_none(text, number):
    assert read_count(text) == number


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_text_is_read_in_every_encoding_that_offices_save(encoding):
    assert typed.decoded("日期,元旦".encode(encoding)) == "日期,元旦"


def test_prose_keeps_its_stops_and_folds_the_rest():
    assert (
        typed.sentence("  书记住院，无人主持；（１２人）　已改 ")
        == "书记住院，无人主持；（12人）已改"
    )
    assert typed.sentence("a\u200bb\n c") == "ab c"


@pytest.mark.parametrize(
    "text", ["", " \u3000", "。", "……", "——", "！？、", "\u200b", "\u3164", "√", "🙂"]
)
def test_blanks_and_marks_say_nothing(text):
    assert not typed.says(text) and typed.words(text) == ""


@pytest.mark.parametrize("text", ["无", "3 户", "ok", "“安”", "王\ue863", "①"])
def test_one_character_says_something(text):
    assert typed.says(text) and typed.words(text) == typed.sentence(text)
