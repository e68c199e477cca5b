"""Terms and sentences as an office writes them: what is never said. From shared domain/wording.md."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

import oversight
from oversight import workflows
from oversight.commands import catalogue
from oversight.law import printing
from oversight.papers import letter, orders, replies
from oversight.papers.forms import FORMS
from oversight.papers.layout import lines
from oversight.rules.appraisal import version_3
from tests.support.papers import NEVER as ON_PAPER

PACKAGE = Path(oversight.__file__).parent
SAID = sorted(
    catalogue.keys(PACKAGE, PACKAGE.parent / "templates").keys()
    - {*version_3.LABELS.values(), *version_3.SENTENCES.values(), version_3.WAITS}  # of old cases
)
NEVER = {
    "各方齐备": "条件具备，自动流转",
    "上级未答复：|已办结：上级": "已终止：上级逾期未批复",
    "本人告知后": "告知本人后",
    "把关": "办理条件",
    "改为 请示": "请示改为",
    "现在是“草稿”": "有一份草稿未提交",
    r"超期 %\(n\)s 天": "超期 N 个工作日",
    "(?<!基层党组织)工作手册": "基层党组织工作手册",
    "两学一做|系列重要讲话|脱贫攻坚": "the words of the time",
    "为什么有的不能办": "不能办理的事项及原因",
    "看看会怎样": "预览",
    "没有登记上": "登记未成功",
    "表态|会议审批": "表决, 会议审定",
    "oversight calendar": "no command",
    "date,kind|rest（|work（|chinesecalendar": "no word of a file",
    r"\[%\(|\['": "no list of Python",
}


@pytest.mark.parametrize("pattern", NEVER)
def test_what_is_never_said(pattern):
    found = [text for text in SAID if re.search(pattern, text)]
    assert not found, NEVER[pattern]


@pytest.mark.parametrize("name", [one.name for one in workflows.every()])
def test_a_print_says_conditions_and_who_votes(name):
    table = printing.table(workflows.current(name))
    assert "把关" not in table and "各方齐备" not in table
    assert not re.search("(会议审[批定]|自评)分别答复", table)


# Papers ------------------------------------------------------------------------------------------


def test_a_document_is_named_once():
    assert orders.cite_all(["R-3.2.1b", "R-2.1.1a"]) == (
        "《农村（社区）党支部主题党日活动指导书》第三部分第（二）项第1条、第二部分第（一）项第1条"
    )
    assert orders.cite_all(["G-4.4a", "R-2.1.1a"]).count("《") == 2
    assert orders.in_full("四、4") == "第四部分第4条"


@pytest.mark.parametrize(
    "opinion, said",
    [
        ("同意", ""),
        ("同意。", ""),
        ("同意，请按新日期组织。", "请按新日期组织。"),
        ("同意。同意。", "同意。"),
        ("请做好缺席补课", "请做好缺席补课。"),
        ("不同意。与镇级活动冲突", "与镇级活动冲突。"),
        ("同意你支部意见", ""),
        ("原则同意你支部意见，请注意安全", "请注意安全。"),
        ("", ""),
    ],
)
def test_an_opinion_says_the_answer_once(opinion, said):
    assert letter.remark(opinion, "不同意", "同意") == said


@pytest.mark.parametrize(
    "number, written",
    [(1, "一"), (9, "九"), (10, "十"), (12, "十二"), (20, "二十"), (35, "三十五")],
)
def test_headings_are_numbered_in_characters(number, written):
    assert letter.chinese_count(number) == written


def test_a_day_has_its_year_and_weekday():
    assert letter.full_day(date(2026, 10, 9)) == "2026年10月9日（星期五）"


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_worded_as_a_paper_is(name):
    for line in lines(FORMS[name]):
        assert not [why for pattern, why in ON_PAPER.items() if re.search(pattern, line)], line


def test_an_order_from_above_goes_to_the_superior_too_and_a_joint_reply_to_the_others():
    """抄送 is whom it concerns besides whom it is addressed to: never the addressee."""
    branches = [type("Unit", (), {"id": one, "name": one}) for one in "甲乙丙"]
    assert replies._copied({"title": "t"}, branches, branches[1])["copies"] == ["甲", "丙"]
