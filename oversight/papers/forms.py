"""Records and registers of a branch as forms: filled from what is recorded, or blank for branches that
write by hand. One function a form, so that both are the same page; none bears a number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from oversight.base.sentences import N_

from .books import branch_book, member_book
from .layout import Annex, Block, Content, Paragraph, Sheet, Table
from .letter import BLANKS

SHORT, LONG = "", "\n\n\n"  # room for a line, and for several
PEOPLE = 24  # lines of a sheet that people sign
POINTS = 6
ONE_PAGE = 17  # lines of those who sign that a page holds
SIDE = 12  # lines of a list that a page holds in one column
HALF = 10  # and in two halves side by side, whose heads take two lines
TO_SIGN = (N_("签名"), N_("备注"))  # the last column of a list that people sign
SIGNED = 20  # lines of those who sign, in each of two halves, that a page holds at 7 mm
Said = Mapping[str, str]
Rows = Sequence[tuple[str, ...]]
NOTHING: Said = {}
GRADES = (N_("优秀"), N_("合格"), N_("基本合格"), N_("不合格"))


def _fields(said: Said, /, *, wide: bool = False, room: str = LONG, **names: str) -> Table:
    """Return a form of two columns: what is asked, and what is known of it or room to write."""
    empty = room if wide else SHORT
    rows = ((label, BLANKS.sub("", said.get(key) or empty)) for key, label in names.items())
    return Table(tuple(rows), (1.3, 3), head=False)


def _list(rows: Rows, *names: str, widths: tuple[float, ...], count: int) -> Table:
    """Return a numbered list under the names of its columns, empty lines where nothing is known."""
    lines = rows or [(SHORT,) * len(names)] * count
    tidy = ((BLANKS.sub("", text) for text in line) for line in lines)
    numbered = ((str(number), *line) for number, line in enumerate(tidy, 1))
    return Table(((N_("序号"), *names), *numbered), (0.09 * sum(widths), *widths))


def _pairs(*parts: tuple[str, str], across: int = 3) -> Table:
    """Return what is asked and what is known of it, several to a line."""
    full = [*parts, *[(SHORT, SHORT)] * (-len(parts) % across)]
    lines = (full[at : at + across] for at in range(0, len(full), across))
    rows = (tuple(text for pair in line for text in pair) for line in lines)
    return Table(tuple(rows), (1, 1.4) * across, head=False)


def _beside(head: tuple[str, ...], rows: Rows, widths: tuple[float, ...]) -> Table:
    """Return a list; one that is long in two halves side by side, so that it stands on a page."""
    if len(rows) <= SIDE:
        return Table((head, *rows), widths)
    return _halves(head, rows, widths, HALF)


def _halves(head: tuple[str, ...], rows: Rows, widths: tuple[float, ...], most: int) -> Table:
    """Return a list in two halves, dense where a half has more lines than `most`."""
    half = -(-len(rows) // 2)
    rest = [*rows[half:], *[(SHORT,) * len(head)] * (2 * half - len(rows))]
    pairs = ((*left, *right) for left, right in zip(rows[:half], rest, strict=True))
    dense = half > most
    roomy = dense and half <= SIGNED and head[-1] in TO_SIGN
    return Table(((*head, *head), *pairs), (*widths, *widths), dense=dense, roomy=roomy)


def _form(title: str, *blocks: Block, unit: str = "", date: str = "") -> Content:
    return Content(title, blocks=blocks, sender=unit, date=date)


def line(*parts: tuple[str, str]) -> Paragraph:
    """Return a line of what is asked, each with what is known of it or room to write."""
    told = "　".join(f"{label}：{said or '　　　　'}" for label, said in parts)
    return Paragraph(told, at="flush")


# A party day --------------------------------------------------------------------------------------


def activity(said: Said = NOTHING, roll: Rows = ()) -> Content:
    """Return the record of a party day, with the sheet on which those who came signed."""
    return _form(
        N_("主题党日活动记录表"),
        _fields(
            said, unit=N_("党支部"), held=N_("时间"), place=N_("地点"), theme=N_("活动主题"),
            host=N_("主持人（委托主持的写明原因）"), recorder=N_("记录人"), counts=N_("应到、实到、请假、缺席人数"),
            missing=N_("请假、缺席人员及原因"), guests=N_("列席人员"), proof=N_("文字、照片、视频留存"),
        ),
        _fields(
            said, wide=True, room="\n\n", required=N_("规定动作（党费收缴、重温誓词、诵读党章、集中学习）"), own=N_("自选动作"),
            discussed=N_("讨论和决定事项"), disclosed=N_("党务公开事项"),
        ),
        Sheet(N_("主题党日活动签到表")),
        _roll(said, roll),
    )  # fmt: skip


def sign_in(said: Said = NOTHING, roll: Rows = ()) -> Content:
    """Return the sheet that those who come sign, alone."""
    return _form(N_("主题党日活动签到表"), _roll(said, roll))


def _roll(said: Said, roll: Rows) -> Table:
    """Return who signs; more than a page holds in two halves side by side."""
    head, rows = (N_("姓名"), N_("签到"), N_("备注")), roll or [(SHORT,) * 3] * 2 * ONE_PAGE
    if len(rows) <= ONE_PAGE:
        return _list(rows, *head, widths=(1, 1.5, 1.5), count=0)
    numbered = [(str(number), *line) for number, line in enumerate(rows, 1)]
    return _halves((N_("序号"), *head), numbered, (0.5, 1, 1.1, 0.85), ONE_PAGE)


def notice(said: Said = NOTHING, roll: Rows = ()) -> Content:
    """Return what a branch tells its members before a party day, with the sheet that they sign."""
    blank = "＿＿＿＿"
    told = [
        f"支部定于{said.get('held') or blank}在{said.get('place') or blank}开展{said.get('month') or '＿＿'}月主题党日活动，"
        f"由{said.get('host') or blank}主持，请准时参加。",
        f"本月主题：{said.get('theme') or blank}",
        *([f"规定动作：{said['actions']}"] if said.get("actions") else []),
        *([f"自选动作：{said['own']}"] if said.get("own") else []),
        N_("不能参加的，请事先向支部请假；请假的，支部会告知内容并安排补课。"),
    ]
    signed = _roll(said, roll)
    counted = [N_("合计"), f"应到：{said.get('expected', '')}", N_("到会："), N_("记录人：")]
    counted += [SHORT] * (len(signed.rows[0]) - len(counted))  # two halves side by side
    return Content(
        N_("主题党日活动通知"),
        to=N_("各位党员："),
        blocks=tuple(map(Paragraph, told)),
        sender=said.get("unit", ""),
        date=said.get("date", ""),
        annexes=(
            Annex(N_("主题党日活动签到表"), replace(signed, rows=(*signed.rows, tuple(counted)))),
        ),
    )


def committee(said: Said = NOTHING) -> Content:
    """Return the minutes of the committee that met before a party day."""
    return _form(
        N_("支部委员会会议记录"),
        _fields(
            said, unit=N_("党支部"), held=N_("时间"), place=N_("地点"), host=N_("主持人"), recorder=N_("记录人"),
            came=N_("应到、实到委员"), missing=N_("缺席委员及原因"),
        ),
        _fields(said, wide=True, asked=N_("征求党员意见情况"), items=N_("议题和讨论情况"), decided=N_("决定事项")),
    )  # fmt: skip


def filing(said: Said = NOTHING) -> Content:
    """Return by which a branch of a state-owned enterprise files its party day above."""
    return _form(
        N_("主题党日活动情况备案表"),
        _fields(
            said, unit=N_("党支部"), held=N_("活动时间"), place=N_("地点"), theme=N_("活动主题"), host=N_("主持人"),
            counts=N_("应到、实到、请假、缺席人数"), filed=N_("报备日期和报备人"),
        ),
        _fields(said, wide=True, required=N_("规定动作完成情况"), own=N_("自选动作"), changed=N_("备案后的更正和补充")),
        _fields(NOTHING, signed=N_("支部书记签名"), taken=N_("上级党组织收件人签名和日期")),
    )  # fmt: skip


def telephone(said: Said = NOTHING) -> Content:
    """Return the record of a telephone call."""
    return _form(
        N_("电话记录单"),
        _fields(
            said, whom=N_("来（去）电单位和姓名"), number=N_("电话号码"), held=N_("时间"), by=N_("接（打）电话人")
        ),
        _fields(said, wide=True, what=N_("内容"), told=N_("领导批示"), done=N_("办理结果")),
    )  # fmt: skip


def calls(unit: str, rows: Rows) -> Content:
    """Return the calls by which the absentees of a party day were told, one line each."""
    return _form(
        N_("电话记录单"),
        line((N_("党支部"), unit)),
        _list(rows, N_("去电对象"), N_("时间"), N_("打电话人"), N_("内容"), N_("结果"),
              widths=(1, 1.2, 1, 1.8, 1), count=POINTS),
    )  # fmt: skip


def contacts(said: Said = NOTHING, rows: Rows = ()) -> Content:
    """Return how the absentees of a party day were contacted and made up their lesson."""
    return _form(
        N_("缺席党员联系和补课登记表"),
        line((N_("党支部"), said.get("unit", "")), (N_("活动日期"), said.get("held", ""))),
        _list(rows, N_("姓名"), N_("缺席原因"), N_("联系人、日期、方式"), N_("补课日期、形式、内容"), N_("本人确认"),
              widths=(1, 1.2, 1.8, 1.8, 1), count=PEOPLE // 2),
    )  # fmt: skip


def life(said: Said = NOTHING, issues: Rows = ()) -> Content:
    """Return the record of a life meeting, with the list of what it found wanting."""
    return _form(
        N_("组织生活会记录"),
        _fields(
            said, unit=N_("党支部"), held=N_("时间"), place=N_("地点"), host=N_("主持人"), recorder=N_("记录人"),
            counts=N_("应到、实到人数"), guests=N_("列席的上级人员"),
        ),
        _fields(
            said, wide=True, before=N_("会前准备（学习、谈心谈话、征求意见）"), body=N_("支部班子对照检查"),
            each=N_("批评和自我批评"),
        ),
        Sheet(N_("问题清单")),
        _list(issues, N_("存在的问题"), N_("整改措施"), N_("责任人"), N_("期限"),
              widths=(2, 2, 1, 1), count=POINTS),
    )  # fmt: skip


# Supervision --------------------------------------------------------------------------------------


def inspection(said: Said = NOTHING, rows: Rows = ()) -> Content:
    """Return the record of a visit: what was looked at by clause, and what was found."""
    return _form(
        N_("主题党日督查记录表"),
        _fields(
            said, unit=N_("被督查党支部"), held=N_("督查时间"),
            method=N_("督查方式（随机抽查、定点监测、现场观摩、网上微督查、查阅记录）"), by=N_("督查人员"),
        ),
        _list(rows, N_("督查内容"), N_("依据"), N_("符合要求"), N_("事实和佐证"),
              widths=(1.5, 1.5, 0.8, 2), count=POINTS),
        _fields(said, wide=True, advice=N_("意见和建议")),
        _fields(NOTHING, inspector=N_("督查人员签名"), leader=N_("被督查党支部负责人签名")),
    )  # fmt: skip


def report(said: Said = NOTHING, rows: Rows = ()) -> Content:
    """Return the form by which a branch reports what it put right."""
    return _form(
        N_("整改情况报告表"),
        _fields(said, unit=N_("报告单位"), number=N_("整改通知书文号"), held=N_("报告日期")),
        _list(rows, N_("问题"), N_("整改措施和结果"), N_("责任人"), N_("完成日期"), N_("佐证"),
              widths=(1.5, 2, 1, 1, 1), count=POINTS),
        _fields(said, wide=True, left=N_("尚未整改的问题和原因"), again=N_("复查意见（销号、退回）")),
        _fields(NOTHING, signed=N_("支部书记签名")),
    )  # fmt: skip


# The appraisal ------------------------------------------------------------------------------------

HOW_TO_VOTE = (
    N_("填票说明：1.不记名。2.每人一行，在您认为合适的等次下打“√”，每行只打一个。"
       "3.每行都要打，本人的一行也要打，以免认出是谁的票；有一行没有打或打了两个以上的，整张票无效。"
       "4.存在问题写在下面，可以不写。"),
)  # fmt: skip


def meeting(said: Said = NOTHING, people: Sequence[str] = ()) -> Content:
    """Return the sheet that those who come to the appraisal's meeting sign."""
    named = list(people) or [SHORT] * PEOPLE
    rows = [(str(number), one, SHORT) for number, one in enumerate(named, 1)]
    return _form(
        N_("民主评议党员签到表"),
        _of_year(said),
        _pairs(
            (N_("日期"), said.get("held", "")), (N_("地点"), ""), (N_("主持人"), ""),
            (N_("记录人"), ""), (N_("应到"), said.get("entitled", "")), (N_("实到"), ""),
        ),
        _beside((N_("序号"), N_("姓名"), N_("签名")), rows, (0.6, 1.4, 1.8)),
        _fields(NOTHING, guests=N_("列席人员")),
    )  # fmt: skip


def ballot(
    said: Said = NOTHING, people: Sequence[str] = (), grades: Sequence[str] = GRADES
) -> Content:
    """Return the ballot, the same for all and without a number."""
    names = list(people) or [SHORT] * PEOPLE
    rows = [(one, *[SHORT] * len(grades)) for one in names]
    return _form(
        N_("民主评议党员民主测评票"),
        _of_year(said),
        *map(Paragraph, HOW_TO_VOTE),
        _beside((N_("姓名"), *grades), rows, (1.8, *[1] * len(grades))),
        _fields(NOTHING, wide=True, room="\n", wrong=N_("存在问题")),
    )


def count(
    said: Said = NOTHING, rows: Rows = (), grades: Sequence[str] = GRADES, *, summary: bool = False
) -> Content:
    """Return the sheet on which ballots are counted, or the summary of what was counted."""
    empty = [(SHORT,) * (len(grades) + 2)] * PEOPLE
    numbered = [(str(number), *one) for number, one in enumerate(rows or empty, 1)]
    names = (N_("序号"), N_("姓名"), *grades, N_("合计"))
    asked = (
        ("held", N_("日期")), ("entitled", N_("应到")), ("present", N_("实到")), ("issued", N_("发出")),
        ("returned", N_("收回")), ("valid", N_("有效")), ("void", N_("无效")),
    )  # fmt: skip
    return _form(
        N_("民主评议党员民主测评汇总表") if summary else N_("民主评议党员民主测评计票表"),
        _of_year(said),
        _pairs(*((label, said.get(key, "")) for key, label in asked)),
        _beside(names, numbered, (0.6, 1.6, *[0.9] * len(grades), 0.8)),
        _pairs((N_("监票人（签名）"), ""), (N_("计票人（签名）"), ""), (N_("日期"), "")),
    )


def register(people: Sequence[Said] = (NOTHING,), *, votes: bool = True) -> Content:
    """Return the register of the appraisal, a page a member; his own copy says no votes."""
    title = N_("民主评议党员登记表")
    pages = [_registered(one, votes) for one in people]
    rest = [block for page in pages[1:] for block in (Sheet(title), *page)]
    return _form(title, *pages[0], *rest)


def _registered(said: Said, votes: bool) -> tuple[Block, ...]:
    room = "\n\n"
    end = {
        N_("支部评定意见"): said.get("outcome", "") + room + N_("书记（签名）：　　　　（盖章处）　　　年　月　日"),
        N_("上级党组织意见"): room + N_("（盖章处）　　　年　月　日"),
        N_("本人意见"): room + N_("本人（签名）：　　　　　　　年　月　日"),
    }  # fmt: skip
    return (
        _of_year(said),
        _fields(
            said, name=N_("姓名"), joined=N_("入党时间"), kind=N_("党员类别"), attended=N_("全年活动"),
        ),
        _fields(said, wide=True, self=N_("个人自评（对照“四个合格”）"), peers=N_("党员互评")),
        *((_fields(said, tally=N_("民主测评")),) if votes else ()),
        Table(tuple(end.items()), (1, 3), head=False),
    )  # fmt: skip


def told(said: Said = NOTHING) -> Content:
    """Return by which a member is told of his grade in writing, and signs that he was."""
    year, name, grade = (said.get(key) or "　　　　" for key in ("year", "name", "grade"))
    text = (
        f"经民主评议，你{year}年度评定等次为{grade}。对评定有意见的，可以在{said.get('days') or '　　'}个工作日内"
        "以书面形式申请复核。"
    )
    return Content(
        N_("民主评议党员结果告知书"),
        to=f"{name}同志：",
        blocks=(Paragraph(text), Paragraph(N_("特此告知。"))),
        sender=said.get("unit", ""),
        date=said.get("date", "") or N_("　　年　月　日"),
        after=(
            N_("以上内容本人已知悉。本人签名：　　　　　年　月　日"),
            N_("告知人签名：　　　　　年　月　日"),
        ),
    )


def _of_year(said: Said) -> Paragraph:
    return line((N_("党支部"), said.get("unit", "")), (N_("年度"), said.get("year", "")))


# The office ---------------------------------------------------------------------------------------


def handover(said: Said = NOTHING, rows: Rows = (), months: Rows = ()) -> Content:
    """Return what is handed over in a unit, as of the end of a day."""
    listed = [
        Sheet(N_("未登记的主题党日")),
        _list(months, N_("党支部"), N_("日期"), widths=(2, 1), count=0),
    ]
    return _form(
        N_("交接清单"),
        line((N_("单位"), said.get("unit", "")), (N_("截至"), said.get("held", ""))),
        _list(rows, N_("事项"), N_("党支部"), N_("文号"), N_("办理到哪一步"), N_("最晚"),
              widths=(1.4, 1.4, 1.3, 1.1, 1.5), count=POINTS * 2),
        *(listed if months else ()),
        _fields(NOTHING, giver=N_("移交人（签名）"), taker=N_("接收人（签名）"), witness=N_("监交人（签名）"),
                day=N_("日期")),
    )  # fmt: skip


def draft(said: Said = NOTHING) -> Content:
    """Return the sheet under which a paper is drafted, checked and signed before it is issued."""
    return _form(
        N_("发文稿纸"),
        _fields(
            said, title=N_("文件标题"), number=N_("发文字号"), issuer=N_("发文机关"), to=N_("主送"), copies=N_("抄送"),
            enclosed=N_("附件"), drafted=N_("拟稿人和日期"), checked=N_("核稿人和日期"), signed=N_("签发人和日期"),
            issued=N_("印发日期"),
        ),
        _fields(said, wide=True, opinion=N_("签发意见"), text=N_("正文")),
    )  # fmt: skip


def reporting(said: Said = NOTHING, rows: Rows = ()) -> Content:
    """Return the facts of a year on which a secretary reports; no points and no rank."""
    year = f"{said['year']}年" if said.get("year") else ""
    told = [tuple(BLANKS.sub("", text) for text in row) for row in rows]
    named = told or [(one, SHORT) for one in REPORTED]
    return _form(
        f"{year}党支部书记抓党建述职评议参考表",
        line((N_("党支部"), said.get("unit", "")), (N_("书记"), said.get("secretaries", ""))),
        Table(((N_("事项"), N_("记录里的情况")), *named), (1, 2.4)),
        _fields(NOTHING, wide=True, asked=N_("现场提问和回答"), said=N_("评议意见")),
        _fields(NOTHING, signed=N_("评议人（签名）和日期")),
    )  # fmt: skip


REPORTED = (
    N_("每月主题党日"), N_("活动记录"), N_("党员参加"), N_("缺席、请假党员的联系和补课"), N_("组织生活会"),
    N_("民主评议党员"), N_("书记讲党课"), N_("督查整改"), N_("应办台账（必须做的）"),
)  # fmt: skip


# Blank, by the name of their address --------------------------------------------------------------

_MADE: dict[str, Callable[[], Content]] = {
    "activity": activity, "signin": sign_in, "notice": notice, "committee": committee, "life": life,
    "telephone": telephone, "contact": contacts, "filing": filing, "inspection": inspection,
    "report": report, "meeting": meeting, "ballot": ballot, "count": count,
    "summary": lambda: count(summary=True), "register": register, "told": told,
    "handover": handover, "reporting": reporting, "draft": draft, "branch": branch_book,
    "member": member_book,
}  # fmt: skip
FORMS = {name: make() for name, make in _MADE.items()}
