"""Forms for branches that write by hand: blank, on the same page as every paper, without a number."""

from __future__ import annotations

from oversight.base.sentences import N_

from .layout import Content, Table

SHORT, LONG = "", "\n\n\n\n\n"  # room for a line, and for several
PEOPLE = 24  # lines of a sheet that people sign
POINTS = 6


def _fields(*names: str, long: tuple[str, ...] = ()) -> Table:
    """Return a form of two columns: what is asked, and room to write."""
    return Table(
        (*((name, SHORT) for name in names), *((name, LONG) for name in long)), (1, 3), head=False
    )


def _list(*names: str, widths: tuple[float, ...], count: int) -> Table:
    """Return a numbered list under the names of its columns."""
    empty = (SHORT,) * len(names)
    lines = ((str(number), *empty) for number in range(1, count + 1))
    return Table(((N_("序号"), *names), *lines), (0.5, *widths))


def _form(title: str, *tables: Table) -> Content:
    return Content(title, blocks=tables)


# What dossier §4 lists of each.
FORMS: dict[str, Content] = {
    "activity": _form(
        N_("主题党日活动记录表"),
        _fields(
            N_("党支部"), N_("时间"), N_("地点"), N_("活动主题"), N_("主持人（委托主持的写明原因）"),
            N_("记录人"), N_("应到、实到、请假、缺席人数"), N_("请假、缺席人员及原因"), N_("列席人员"),
            long=(N_("规定动作（党费收缴、重温誓词、诵读党章、集中学习）"), N_("自选动作"),
                  N_("讨论和决定事项"), N_("党务公开事项")),
        ),
    ),
    "signin": _form(
        N_("主题党日活动签到表"),
        _list(N_("姓名"), N_("签到"), N_("备注"), widths=(1, 1.5, 1.5), count=PEOPLE),
    ),
    "committee": _form(
        N_("支部委员会会议记录"),
        _fields(N_("时间"), N_("地点"), N_("主持人"), N_("记录人"), N_("应到、实到委员"), N_("缺席委员及原因"),
                long=(N_("征求党员意见情况"), N_("议题和讨论情况"), N_("决定事项"))),
    ),
    "life": _form(
        N_("组织生活会记录"),
        _fields(N_("党支部"), N_("时间"), N_("地点"), N_("主持人"), N_("记录人"), N_("应到、实到人数"), N_("列席的上级人员"),
                long=(N_("会前准备（学习、谈心谈话、征求意见）"), N_("支部班子对照检查"), N_("批评和自我批评"))),
        _list(N_("存在的问题"), N_("整改措施"), N_("责任人"), N_("期限"), widths=(2, 2, 1, 1), count=POINTS),
    ),
    "telephone": _form(
        N_("电话记录单"),
        _fields(N_("来（去）电单位和姓名"), N_("电话号码"), N_("时间"), N_("接（打）电话人"),
                long=(N_("内容"), N_("领导批示"), N_("办理结果"))),
    ),
    "contact": _form(
        N_("缺席党员联系和补课登记表"),
        _list(N_("姓名"), N_("缺席原因"), N_("联系人、日期、方式"), N_("补课日期、形式、内容"), N_("本人确认"),
              widths=(1, 1.2, 1.8, 1.8, 1), count=PEOPLE // 2),
    ),
    "inspection": _form(
        N_("主题党日督查记录表"),
        _fields(N_("被督查党支部"), N_("督查时间"), N_("督查方式（随机抽查、定点监测、现场观摩、网上微督查、查阅记录）"), N_("督查人员")),
        _list(N_("督查内容"), N_("依据"), N_("符合要求"), N_("事实和佐证"), widths=(1.5, 1.5, 0.8, 2), count=POINTS),
        _fields(N_("督查人员签名"), N_("被督查党支部负责人签名"), long=(N_("意见和建议"),)),
    ),
    "report": _form(
        N_("整改情况报告表"),
        _fields(N_("报告单位"), N_("整改通知书文号"), N_("报告日期")),
        _list(N_("问题"), N_("整改措施和结果"), N_("责任人"), N_("完成日期"), N_("佐证"),
              widths=(1.5, 2, 1, 1, 1), count=POINTS),
        _fields(N_("支部书记签名"), long=(N_("尚未整改的问题和原因"), N_("复查意见（销号、退回）"))),
    ),
}  # fmt: skip
