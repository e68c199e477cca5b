"""What a cell means: names, telephone numbers, yes and no, as offices write them. One value
at a time.
"""

from __future__ import annotations

import re

from oversight.base import typed
from oversight.base.cells import text
from oversight.base.sentences import say
from oversight.base.typed import Unreadable
from oversight.law.roles import ADMINISTRATORS, OFFICES
from oversight.models.organizations import CATEGORIES

MOBILE = re.compile(r"(?<!\d)(?:(?:\+|00)?86[- ]?)?(1[3-9]\d)[- ]?(\d{4})[- ]?(\d{4})(?!\d)")
LANDLINE = re.compile(r"(?<!\d)\(?(0\d{2,3})\)?[- ]?([2-9]\d{6,7})(?:(?:-|转|分机)+\d{1,6})?(?!\d)")
LOCAL = re.compile(
    r"(?<!\d)[2-9]\d{6,7}(?!\d)"
)  # no area code: nobody could ring it from elsewhere
BESIDE_NUMBERS = re.compile(r"[\s、,;/|:()-]|或|手机号?|座机|固话|电话|办公室?|住宅|宅|家|本人")
IN_TENS = re.compile(r"\d+(\.\d+)?[Ee]\+\d+|\d\.\d+[Ee]\d+")
EXACT = 10**15  # beyond it Excel has rounded a number
SAYS_NOTHING = frozenset({"无", "没有", "暂无", "未填", "不详", "空", *"-/\\—", "--", "——"})
AS_ABOVE = frozenset({"同上", "同上行", "〃", "″", "′′", "''", '"', "“", "”"})
# Lines under a table that are about it: 填表人：张三, 填报单位（盖章）.
ABOUT_THE_TABLE = re.compile(
    r"(填表|填报|制表|造册|上报|报送|审核|复核|审批|经办|联系|负责)(人|单位|部门|日期|时间)"
    r"|(主要|单位)负责人|(备注|说明|注|单位|日期|时间|盖章|公章|联系电话|填表|填报|制表)\s*[(:]"
)
FIGURES = "一二三四五六七八九"
COUNTED = re.compile(rf"第?(0*[1-9]\d{{0,2}}|[{FIGURES}]?十[{FIGURES}]?|[{FIGURES}])$")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|_x00(?!0[9AaDd])[0-9A-Fa-f]{2}_")
GROUP_ENDING = re.compile(r"(党小组|小组|组)$")
NO_GROUP = "无"
LONGEST_GROUP = 40
YES, NO = (
    {"是", "有", "√", "✓", "y", "yes", "1", "true", "对"},
    {"否", "无", "×", "x", "n", "no", "0", "false", "-", "/"},
)
CATEGORY_WORDS = {
    "rural": "农村 村 行政村 建制村 村级 乡村",
    "community": "社区 城市社区 居委会 社区(居委会)",
    "organ": "机关 党政机关 行政机关 政府机关",
    "school": "学校 中小学 中学 小学 高校 高等学校 幼儿园",
    "hospital": "医院 公立医院 卫生院",
    "soe": "国有企业 国企 国有 国有独资企业 国有控股企业",
    "private": "非公有制经济组织 非公企业 非公 非公有制企业 民营企业 非公经济组织",
    "social": "社会组织 社团 民办非企业单位 社会团体",
}
CATEGORY_OF = {word: key for key, words in CATEGORY_WORDS.items() for word in words.split()}
KIND_OF = {
    "镇": "town",
    "乡镇": "town",
    "镇党委": "town",
    "乡": "town",
    "街道": "town",
    "街道党工委": "town",
    "乡镇党委": "town",
    "区属部门": "department",
    "部门": "department",
    "区属部门(单位)": "department",
    "单位": "department",
    "区直部门": "department",
    "党总支": "middle",
    "中间层": "middle",
    "党总支部": "middle",
}
OFFICE_OF = {label: key for key, label in OFFICES.items() if key not in ADMINISTRATORS} | {
    "支部书记": "secretary",
    "党支部书记": "secretary",
    "党委书记": "secretary",
    "党工委书记": "secretary",
    "党总支书记": "secretary",
    "党组书记": "secretary",
    "支部副书记": "deputy",
    "党支部副书记": "deputy",
    "党委副书记": "deputy",
    "党组副书记": "deputy",
    "党工委副书记": "deputy",
    "组织": "organizer",
    "支部组织委员": "organizer",
    "宣传": "publicity",
    "支部宣传委员": "publicity",
    "纪检": "discipline",
    "纪律检查委员": "discipline",
    "支部纪检委员": "discipline",
    "支部委员": "committee",
    "党支部委员": "committee",
    "支委": "committee",
    "党委委员": "committee",
    "党组成员": "committee",
    "党小组组长": "group_leader",
    "小组长": "group_leader",
    "党建办": "officer",
    "党建办主任": "officer",
    "经办人": "officer",
    "督查": "inspector",
}
WITHOUT_OFFICE = {"无", "无职务", "党员", "普通党员", "群众", "-", "/", "无职党员"}
# Posts of other bodies, though their words are also those of the Party's: 团支部书记, 村民小组长.
OUTSIDE = re.compile(
    r"(共青)?团(员|支部|总支|委|工委|组织|干部)?|纪委|纪检组|村委|居委|村民|居民|生产|网格|妇联|妇女|工会|监督|监委|监事|理事|董事|调解|治保"
    r"|业委|民兵"
)
IN_BRACKETS = re.compile(r"\(([^()]*)\)(?=$|[、,;/|])")
OF_THE_PARTY = re.compile("党|支部|支委|书记")
MEMBER = {"党员", "中共党员", "中国共产党党员", "中国共产党员"}  # of either standing
FULL = {"正式党员", "正式", "中共正式党员", "已转正", "中共党员(正式)"}
ON_PROBATION = {
    "预备党员",
    "预备",
    "中共预备党员",
    "中国共产党预备党员",
    "预备期",
    "未转正",
    "中共党员(预备)",
}


def name(value) -> str:
    """Read a person's name. Raises Unreadable."""
    return typed.person_name(value if isinstance(value, str) else text(value))


def unit_name(value) -> str:
    """Read the name of an organization. Raises Unreadable."""
    return typed.organization_name(value if isinstance(value, str) else text(value))


def unit_key(plain: str) -> str:
    """Fold the forms in which one organization is written, so that 中共某村支部委员会 finds 某村党支部."""
    plain = re.sub(r"[()（）\s]", "", re.sub(r"^(中国共产党|中共)", "", plain))
    for ending, short in (
        ("总支部委员会", "党总支"),
        ("总支委员会", "党总支"),
        ("支部委员会", "党支部"),
        ("工作委员会", "党工委"),
        ("委员会", "党委"),
    ):
        if plain.endswith(ending):
            return (plain[: -len(ending)] + short).replace("党党", "党")
    return (
        plain[:-2] + "党支部"
        if plain.endswith("支部") and not plain.endswith(("党支部", "总支部"))
        else plain
    )


def group(value, branch: str) -> str:
    """Read the name of a 党小组 of a branch, 第1组 and 一组 as 第一党小组;

    "无" is none at all. Raises Unreadable.
    """
    if CONTROL.search(str(value)):
        raise Unreadable("党小组名称里有看不见的控制字符，请删去这一格重新输入。")
    plain = text(value).replace(" ", "")
    if plain in ("-", "/", NO_GROUP):
        return NO_GROUP if plain == NO_GROUP else ""
    if re.search(r"[、,;/|]", plain):
        raise Unreadable("一人只在一个党小组，请只写一个。")
    plain = _below(plain, branch)
    bare = _bare(plain)
    if not re.search(r"[^\W_]", bare) or re.fullmatch(r"0+|\d{4,}", bare):
        raise Unreadable("看不出是哪个党小组，请写成“第一党小组”这样。")
    if len(plain) > LONGEST_GROUP:
        raise Unreadable(say("党小组名称最多 %(most)s 个字，请写简称。", most=LONGEST_GROUP))
    counted = COUNTED.fullmatch(bare)
    return f"第{_in_words(_figure(counted[1]))}党小组" if counted else plain


def _below(plain: str, branch: str) -> str:
    """Return a group's name without that of its branch. Raises Unreadable where it is another's."""
    found = re.fullmatch(r"(.{2,}支部(?:委员会)?)(.*)", plain)
    if found is None:
        return plain
    if unit_key(found[1]) != unit_key(branch):
        raise Unreadable("这里写的是另一个支部的党小组，请核对，或只写党小组的名称。")
    return found[2]


def group_key(plain: str) -> str:
    """Fold the forms in which a branch writes one group, so that 老年组 finds 老年党小组."""
    bare = _bare(re.sub(r"[()\s]", "", plain))
    return COUNTED.sub(lambda found: f"{_figure(found[1])}", bare)


def _bare(plain: str) -> str:
    return re.sub(r"^(党小组|小组)(?=.)", "", GROUP_ENDING.sub("", plain))


def _figure(word: str) -> int:
    """Read 12 or 十二."""
    if word.isdecimal():
        return int(word)
    tens, ten, ones = word.rpartition("十")
    return (FIGURES.index(tens) + 1 if tens else len(ten)) * 10 + (
        FIGURES.index(ones) + 1 if ones else 0
    )


def _in_words(figure: int) -> str:
    """Write 12 as 十二; beyond 99 figures stay."""
    tens, ones = divmod(figure, 10)
    if tens > 9:
        return str(figure)
    ten = "" if not tens else "十" if tens == 1 else FIGURES[tens - 1] + "十"
    return ten + (FIGURES[ones - 1] if ones else "")


def phone(value) -> tuple[str, str]:
    """Read a telephone number, a mobile before a landline; also returns what was left out of a cell:
    "more" numbers, or one that is "local". Raises Unreadable.
    """
    plain = text(value)
    if IN_TENS.fullmatch(plain):
        raise Unreadable("号码被 Excel 写成了科学计数，请把这一列设为“文本”再填 11 位手机号。")
    numbers, local = _numbers(plain)
    if numbers:
        return numbers[0], "more" if len(numbers) > 1 or local else ""
    return "", "local"


def _numbers(plain: str) -> tuple[list[str], list[str]]:
    """Return the mobiles and landlines in a cell, and the numbers without an area code. Raises
    Unreadable where it says something else.
    """
    mobiles = ["".join(found.groups()) for found in MOBILE.finditer(plain)]
    rest = MOBILE.sub(" ", plain)
    landlines = ["-".join(found.groups()) for found in LANDLINE.finditer(rest)]
    rest = LANDLINE.sub(" ", rest)
    numbers, local = list(dict.fromkeys(mobiles + landlines)), LOCAL.findall(rest)
    if BESIDE_NUMBERS.sub("", LOCAL.sub(" ", rest)) or not numbers + local:
        raise Unreadable("电话应是 11 位手机号，或带区号的座机号，如 0722-3591234。")
    return numbers, local


def number(value) -> str:
    """Read the office's own number for a person. Raises Unreadable."""
    plain = text(value)
    if IN_TENS.fullmatch(plain) or (isinstance(value, int | float) and abs(value) >= EXACT):
        raise Unreadable("编号被 Excel 改成了近似数，后几位已丢失，请把这一列设为“文本”再填一次。")
    if len(plain) > 40:
        raise Unreadable("编号最多 40 个字符。")
    return plain


def yes_no(value) -> bool:
    """Read a mark. Raises Unreadable."""
    plain = text(value).lower()
    if plain not in YES | NO:
        raise Unreadable("请写“是”或“否”，空着就是否。")
    return plain in YES


def probationary(value) -> bool | None:
    """Tell whether somebody is 预备党员, None where only 党员 is said. Raises Unreadable."""
    plain = text(value).replace(" ", "")
    if plain in MEMBER:
        return None
    if plain in ON_PROBATION or plain in FULL:
        return plain in ON_PROBATION
    raise Unreadable(
        "请写“正式党员”或“预备党员”；发展对象、积极分子和群众不在名册里，请删去这一行。"
    )


def on_probation(value) -> bool | None:
    """Read a column 是否预备党员. Raises Unreadable."""
    plain = text(value).lower()
    return plain in YES if plain in YES | NO else probationary(value)


def full(value) -> bool | None:
    """Read a column 是否正式党员 or 是否转正; tells whether somebody is 预备党员. Raises Unreadable."""
    plain = text(value).lower()
    return plain in NO if plain in YES | NO else probationary(value)


def category(value) -> str:
    """Read one of the eight categories. Raises Unreadable."""
    plain = re.sub(r"(党支部|支部|类)$", "", text(value).replace(" ", ""))
    found = CATEGORY_OF.get(plain)
    if found is None:
        raise Unreadable(
            say("请从这八类里选一类写：%(kinds)s。", kinds="、".join(CATEGORIES.values()))
        )
    return found


def category_or_kind(value) -> tuple[str, str | None]:
    """Read what an organization is: a kind above branches, or a branch of a category. Raises
    Unreadable.
    """
    plain = text(value).replace(" ", "")
    return (KIND_OF[plain], None) if plain in KIND_OF else ("branch", category(value))


def offices(value) -> list[tuple[str, str]]:
    """Read posts as (office, organization as written; empty: one's own). Raises Unreadable."""
    return list(dict.fromkeys(found for part in _posts(value) if (found := _office(part))))


def outside(value) -> list[str]:
    """Return the posts in a cell that are none of the Party's, such as 治保主任."""
    return [part for part in _posts(value) if _office(part) is None]


def _posts(value) -> list[str]:
    """Part a cell of posts, also at its line breaks, and at blanks between posts."""
    broken = re.sub(r"[\r\n]+|_x000[9AaDd]_", "、", str(value))
    found: list[str] = []
    beside = IN_BRACKETS.sub(r"、\1", typed.line(broken))  # 书记（兼村主任）
    for part in re.split(r"[、,;/|]|兼", beside):
        found += part.split() if _several(part) else [part.replace(" ", "")]
    return [part for part in found if part and part not in WITHOUT_OFFICE]


def _several(part: str) -> bool:
    """True of 支部书记 村委会主任, but neither of 组 织 委 员 nor of 青溪镇党委 督查员."""
    whole = part.replace(" ", "")
    return (
        whole not in OFFICE_OF
        and not OUTSIDE.match(whole)
        and all(one in OFFICE_OF or not OF_THE_PARTY.search(one) for one in part.split())
    )


def _office(part: str) -> tuple[str, str] | None:
    """Read a post; None where it is none of the Party's. Raises Unreadable."""
    if part in (OFFICES[key] for key in ADMINISTRATORS):
        raise Unreadable("系统、安全、审计管理员不由名册设定，请删去。")
    if part in OFFICE_OF:
        return OFFICE_OF[part], ""
    label = _ending(part)
    seat = part.removesuffix(label)
    if OUTSIDE.match(part) or (label and OUTSIDE.search(seat) and "党" not in seat):
        return None
    if label:
        return OFFICE_OF[label], seat
    if not OF_THE_PARTY.search(part):
        return None
    raise Unreadable(
        say(
            "没有“%(part)s”这个党内职务，请从这些里选：%(offices)s；没有职务就空着。",
            part=part[:20],
            offices="、".join(OFFICES[key] for key in OFFICES if key not in ADMINISTRATORS),
        )
    )


def _ending(part: str) -> str:
    """Return the longest office with which a post ends behind the name of an organization."""
    labels = sorted(OFFICE_OF, key=len, reverse=True)
    return next((one for one in labels if part.endswith(one) and len(part) - len(one) >= 2), "")
