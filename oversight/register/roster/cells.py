"""What a cell means: names, days, telephone numbers, yes and no, as offices write them. One value
at a time.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from oversight.base import typed
from oversight.base.sentences import say
from oversight.base.typed import Unreadable
from oversight.law.roles import ADMINISTRATORS, OFFICES
from oversight.models.organizations import CATEGORIES

FIRST = date(1921, 7, 1)
ERRORS = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!)")
IDENTITY = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)|(?<!\d)\d{15}(?!\d)")
LONG_NUMBER = re.compile(r"\d{11,}[Xx]?")
DAY = re.compile(r"(\d{4})[./\-年](\d{1,2})(?:[./\-月](\d{1,2})?日?|月)?")
MONTH = re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])")  # 199007
TIMER = re.compile(r"\s+\d{1,2}:\d\d(:\d\d)?$")
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


def text(value) -> str:
    """Return a cell as plain text: full-width forms narrowed, no invisible characters, no blanks at
    the ends.
    """
    if value is None:
        return ""
    if isinstance(value, list):
        return value[0]
    if isinstance(value, float) and value == int(value):
        value = int(value)
    return typed.line(str(value))


def shown(value) -> str:
    """Return a value fit for a message: shortened, and long numbers hidden but for their ends."""
    plain = text(value)
    plain = LONG_NUMBER.sub(lambda found: f"{found[0][:3]}…{found[0][-2:]}", plain)
    return plain[:30] + ("…" if len(plain) > 30 else "")


def refuse_errors(value) -> None:
    """Refuse what Excel writes where a formula failed, and identity numbers. Raises Unreadable."""
    plain = text(value)
    if ERRORS.fullmatch(plain):
        raise Unreadable("这个公式出错了，请改成数值。")
    if IDENTITY.search(plain.replace(" ", "")):
        raise Unreadable("这里像是身份证号。本系统不登记身份证号，请删掉或换到单独的“身份证号”列。")


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


def day(value, today: date, old_epoch: bool = False) -> tuple[date, bool]:
    """Read a day; also returns whether only its month was written. Raises Unreadable."""
    found, rough = _day(value, old_epoch)
    if not found >= FIRST:
        raise Unreadable(
            say("%(day)s 早于建党，请核对年份，写成 2010-07-01 这样。", day=found.isoformat())
        )
    if found > today:
        raise Unreadable(
            say("%(day)s 还没有到，请核对，写成 2010-07-01 这样。", day=found.isoformat())
        )
    return found, rough


def _day(value, old_epoch: bool) -> tuple[date, bool]:
    if isinstance(value, bool):
        raise Unreadable("请写成 2010-07-01 这样的日期。")
    if isinstance(value, int | float):
        return _number_day(value, old_epoch)
    plain = TIMER.sub("", text(value)).replace(" ", "")
    if re.fullmatch(r"\d{8}", plain):
        return _made(plain[:4], plain[4:6], plain[6:]), False
    if MONTH.fullmatch(plain):
        return _made(plain[:4], plain[4:], "1"), True
    if re.fullmatch(r"\d{5}(\.0+)?", plain):
        return _serial(int(float(plain)), old_epoch), False
    found = DAY.fullmatch(plain)
    if found is None:
        raise Unreadable("看不出是哪一天，请写成 2010-07-01 或 2010年7月1日 这样。")
    return _made(found[1], found[2], found[3] or "1"), found[3] is None


def _number_day(value: int | float, old_epoch: bool) -> tuple[date, bool]:
    """Read a number: a serial of Excel, 20100701, or a year and month written as 2010.07."""
    if value == int(value) and 19210000 < value < 21010000:
        plain = str(int(value))
        return _made(plain[:4], plain[4:6], plain[6:]), False
    if value == int(value) and MONTH.fullmatch(str(int(value))):
        return _day(str(int(value)), old_epoch)
    if value == int(value) and 1900 <= value <= 2100:
        raise Unreadable("只有年份，请写成 2010-07-01 这样，至少写到月。")
    if 1900 < value < 2101:
        month = f"{value:.2f}"[5:].rstrip("0")
        if month == "1":
            raise Unreadable("看不出是 1 月还是 10 月，请写成 2010-01-01 或 2010-10-01 这样。")
        return _made(str(int(value)), month, "1"), True
    return _serial(int(value), old_epoch), False


def _serial(number: int, old_epoch: bool) -> date:
    if not 0 < number < 80_000:
        raise Unreadable("看不出是哪一天，请写成 2010-07-01 这样。")
    return (date(1904, 1, 1) if old_epoch else date(1899, 12, 30)) + timedelta(days=number)


def _made(year: str, month: str, of_month: str) -> date:
    try:
        return date(int(year), int(month), int(of_month))
    except ValueError:
        raise Unreadable("没有这一天，请核对后写成 2010-07-01 这样。") from None


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
