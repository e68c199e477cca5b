"""How long somebody has where the guidance names no number: house rules of a zone, each with its
default; and the sentences in which such a number stands.

A sentence of the law names a term by a placeholder, `%(term_reply)s`; whoever shows it fills it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .sentences import N_, say


@dataclass(frozen=True)
class ZoneSetting:
    """One choice of a zone: `choices` empty means free text, a date, or a number from `least` to
    `most`. `group` is the heading that it stands under.
    """

    name: str
    default: str
    label: str
    effect: str
    choices: tuple[tuple[str, str], ...] = ()
    least: int = 0
    most: int = 0
    unit: str = ""
    group: str = ""

    def shown(self, value: str) -> str:
        """Write a value as people read it."""
        return dict(self.choices).get(value, value)

    def takes(self, value: str) -> bool:
        """True for a value that the rules can work with; a number's digits may be narrow or wide."""
        if self.choices:
            return value in dict(self.choices)
        if self.most:
            written = re.fullmatch(r"[0-9０-９]|[1-9１-９][0-9０-９]", value) is not None
            return written and self.least <= int(value) <= self.most
        return self.name != "july_day" or _day_of_july(value)


def _day_of_july(value: str) -> bool:
    """七一 is kept on its day, or about it: also on its eve."""
    if re.fullmatch(r"0[67]-[0-3][0-9]", value, re.ASCII) is None:
        return False
    number = int(value[3:])
    return 20 <= number <= 30 if value.startswith("06") else 1 <= number <= 31


ASKING, MISSED, INSPECTED, URGED, BEGUN = (
    N_("请示、登记和备案"),
    N_("联系、补课和免予参加"),
    N_("督查整改和申诉"),
    N_("催办"),
    N_("启用和试运行"),
)
WORKDAYS, MONTHS = N_("个工作日"), N_("个月")


def _days(
    name: str, default: int, most: int, label: str, effect: str, group: str, least: int = 1
) -> ZoneSetting:
    return ZoneSetting(
        f"term_{name}",
        str(default),
        label,
        effect,
        least=least,
        most=most,
        unit=WORKDAYS,
        group=group,
    )


NEXT = "next"
REPLY = _days(
    "reply",
    3,
    10,
    N_("上级批复、答复请示的期限"),
    N_("变更活动时间、补报和暂缓开展、借用阵地、延期申请，上级收到以后多少个工作日内答复。"),
    ASKING,
)
RECOVERED = _days(
    "late_report",
    3,
    10,
    N_("情况恢复后补报的期限"),
    N_("遇灾情等先电话请示的，情况恢复以后多少个工作日内补报书面材料。"),
    ASKING,
)
FILING = _days(
    "filing",
    5,
    10,
    N_("活动后登记和备案的期限"),
    N_("活动以后多少个工作日内登记，国有企业党支部同时报上级备案；超过的长期注明补录。"),
    ASKING,
)
CONTACT = _days(
    "contact", 3, 10, N_("联系请假、缺席党员的期限"), N_("活动以后多少个工作日内逐一联系。"), MISSED
)
LESSON = ZoneSetting(
    "term_lesson",
    NEXT,
    N_("补课的期限"),
    N_("请假、缺席的党员什么时候以前补课。"),
    (
        (NEXT, N_("下一次主题党日之前")),
        ("10", N_("联系上以后 10 个工作日内")),
        ("22", N_("联系上以后 22 个工作日内")),
    ),
    group=MISSED,
)
EXEMPTION = ZoneSetting(
    "term_exemption",
    "12",
    N_("免予参加最长多久"),
    N_("一次申请最长多少个月，到期自动恢复，可以续办。"),
    least=1,
    most=24,
    unit=MONTHS,
    group=MISSED,
)
RECEIPT = _days(
    "receipt", 3, 5, N_("签收整改通知书的期限"), N_("送达以后多少个工作日内签收。"), INSPECTED
)
RECTIFY = _days(
    "rectify",
    15,
    90,
    N_("整改的一般期限"),
    N_("签发整改通知书时一般给多少个工作日；签发人可以另定。"),
    INSPECTED,
    least=10,
)
EXTENSION = _days(
    "extension", 10, 30, N_("整改延期最多多久"), N_("一次延期最多多少个工作日。"), INSPECTED
)
EXTENSIONS = ZoneSetting(
    "term_extensions",
    "1",
    N_("整改可以延期几次"),
    N_("每一份整改通知书最多延期几次。"),
    (("1", N_("一次")), ("2", N_("两次")), ("3", N_("三次"))),
    group=INSPECTED,
)
RECHECK = _days(
    "recheck",
    10,
    20,
    N_("复查整改情况的期限"),
    N_("收到整改报告以后多少个工作日内逐条复核。"),
    INSPECTED,
)
APPEAL = _days(
    "appeal",
    5,
    15,
    N_("申诉和答复申诉的期限"),
    N_(
        "对民主评议等次，本人在告知以后多少个工作日内可以申请复核；认定无故不参加以后，多少个工作日内等本人提出异议，再归档；复核、对整改通知书的异议和提请上一级复查，多少个工作日内答复。"
    ),
    INSPECTED,
)
URGE = _days("urge", 3, 10, N_("催办的间隔"), N_("同一件事多少个工作日内只催办一次。"), URGED)
TRIAL = ZoneSetting(
    "term_trial",
    "2",
    N_("启用以后试运行多久"),
    N_("支部从启用日期起多少个月为试运行；试运行期间照常登记和提醒，统计不算未按期、未开展。"),
    least=0,
    most=6,
    unit=MONTHS,
    group=BEGUN,
)

TERMS = (
    *(REPLY, RECOVERED, FILING, CONTACT, LESSON, EXEMPTION, RECEIPT, RECTIFY, EXTENSION),
    *(EXTENSIONS, RECHECK, APPEAL, URGE, TRIAL),
)
_BY_NAME = {term.name: term for term in TERMS}
DEFAULTS = {term.name: term.default for term in TERMS}
_NAMED = re.compile(r"%\((term_\w+)\)s")


def fill(text: str, values: Mapping[str, str] = DEFAULTS) -> str:
    """Say a sentence of the law with a zone's own terms in it; by default with the usual ones."""
    names = _NAMED.findall(text)
    if not names:
        return text
    return say(text, **{name: _BY_NAME[name].shown(values[name]) for name in names})
