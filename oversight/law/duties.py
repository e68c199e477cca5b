"""What the guidance obliges to: for each rule key of the register who owes it, for what time, and by which
record it is settled. Who is bound by which clause of it is said by `binding`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from oversight.base.sentences import N_

# Who owes it.
BRANCH, SUPERIOR, ZONE = "branch", "superior", "zone"
# For what time: one obligation for each; an event obliges once it was recorded that it happened; what
# stands is held by the program itself, or by the case that it opens.
MONTH, QUARTER, HALF, YEAR, EVENT, STANDING = (
    "month",
    "quarter",
    "half",
    "year",
    "event",
    "standing",
)
SPANS = {MONTH: 1, QUARTER: 3, HALF: 6, YEAR: 12}  # months
# By which record it is settled.
SHEET, YEAR_SHEET = N_("月度记录表"), N_("年度表")
ACTIVITY, ROLL = N_("主题党日开展"), N_("考勤登记")
MEETING, APPRAISAL = N_("组织生活会登记"), N_("民主评议归档")
THEME, INSPECTION, BULLETIN = N_("月度主题安排"), N_("督查记录"), N_("情况通报")
CASE, GUARD, SMALL_REGISTER = N_("在办事项办结"), N_("系统按条款办理"), N_("小登记")
OF_THE_DAY = (ACTIVITY, ROLL, SHEET)  # all of them by the record of one party day


@dataclass(frozen=True)
class Duty:
    """One rule key: `title` is what is to be done, `settled` the record that settles it.

    `of_some`: owed member by member, all but those whom the record names. `hidden`: that it is owed is
    told to the branch's own leaders alone. `hint` says in the sheet what
    is to be written, empty: nothing but that it was done.
    """

    key: str
    title: str
    by: str
    period: str
    settled: str
    of_some: bool = False
    hidden: bool = False
    hint: str = ""

    @property
    def on_sheet(self) -> bool:
        """True where it is settled by the sheet that a branch fills each month."""
        return self.settled == SHEET


_WHAT, _WHO, _WHERE = N_("写一句内容"), N_("谁讲的、讲什么"), N_("存放处")

# fmt: off
_TABLE = (
    # the day
    Duty("DATE.FIXED", N_("按固定日期开展"), BRANCH, MONTH, ACTIVITY),
    Duty("DATE.NO_UNAPPROVED_CHANGE", N_("不擅自更改活动时间"), BRANCH, STANDING, GUARD),
    Duty("DATE.CHANGE_APPROVAL", N_("更改活动时间书面报上级同意"), BRANCH, STANDING, CASE),
    Duty("DATE.FLEX", N_("自定活动日"), BRANCH, STANDING, GUARD),
    Duty("DATE.MONTHLY_ONCE", N_("当月开展一次"), BRANCH, MONTH, ACTIVITY),
    Duty("DATE.JULY1", N_("“七一”统一开展"), BRANCH, YEAR, ACTIVITY),
    # who takes part
    Duty("PART.ALL_MEMBERS", N_("全体党员参加"), BRANCH, STANDING, ROLL),
    Duty("PART.INVITEES", N_("邀请列席"), BRANCH, STANDING, ROLL),
    Duty("PART.LEADERS", N_("党员领导干部以普通党员身份参加"), BRANCH, STANDING, ROLL),
    Duty("ATT.RECORD", N_("登记考勤"), BRANCH, MONTH, ROLL),
    Duty("MEMBERS.COVER", N_("每名党员不漏登记"), BRANCH, STANDING, ROLL),
    Duty("MOBILE", N_("流动党员就近参加、送学、通报"), BRANCH, STANDING, ROLL),
    Duty("ELDERLY", N_("年老体弱党员送学、通报"), BRANCH, STANDING, ROLL),
    # before the day
    Duty("THEME.ZONE", N_("确定全区当月基本主题"), ZONE, MONTH, THEME),
    Duty("PLAN.CONSULT", N_("征求党员群众意见"), BRANCH, MONTH, SHEET, hint=N_("怎样征求的")),
    Duty("PLAN.COMMITTEE_MEETING", N_("会前召开支委会研究内容"), BRANCH, MONTH, SHEET, hint=N_("哪天开、谁参加")),
    Duty("PLAN.OWN_ITEMS", N_("确定自选动作"), BRANCH, MONTH, SHEET, hint=_WHAT),
    Duty("IMPL.COMMITTEE", N_("支委会组织实施"), BRANCH, MONTH, SHEET),
    Duty("IMPL.HOST", N_("书记主持，委托他人的写明原因"), BRANCH, STANDING, ROLL),
    Duty("IMPL.POVERTY", N_("围绕乡村全面振兴开展"), BRANCH, MONTH, SHEET),
    Duty("FORM.UNIT", N_("以党支部为单位开展"), BRANCH, STANDING, ACTIVITY),
    Duty("FORM.JOINT", N_("联合开展，各支部各自记录"), BRANCH, STANDING, ACTIVITY),
    Duty("FORM.WHOLE_THEN_PARTS", N_("先统后分"), BRANCH, STANDING, ACTIVITY),
    # at the activity
    Duty("DUES.MONTHLY", N_("交纳党费"), BRANCH, MONTH, SHEET, of_some=True),
    Duty("DUES.ONLINE", N_("网络交纳党费"), BRANCH, MONTH, SHEET),
    Duty("OATH.JOIN_MONTH", N_("入党月份重温入党誓词"), BRANCH, MONTH, SHEET, of_some=True),
    Duty("OATH.JULY1", N_("“七一”集中重温入党誓词"), BRANCH, YEAR, SHEET),
    Duty("OATH.FORM", N_("宣誓程式：起立、面对党旗、举右手"), BRANCH, EVENT, SHEET),
    Duty("CHARTER.PLAN", N_("安排全年诵读党章计划"), BRANCH, YEAR, YEAR_SHEET, hint=_WHAT),
    Duty("CHARTER.FULL_YEARLY", N_("全年诵读党章一遍"), BRANCH, YEAR, SHEET, hint=N_("读了哪一章，如“第三章”")),
    Duty("STUDY.RULES", N_("学习准则、条例等党规党纪"), BRANCH, QUARTER, SHEET, hint=_WHAT),
    Duty("STUDY.SPEECHES", N_("专题学习重要讲话"), BRANCH, MONTH, SHEET, hint=_WHAT),
    Duty("STUDY.DISCUSS", N_("交流讨论"), BRANCH, QUARTER, SHEET, hint=N_("方式、谁发言")),
    Duty("LECTURE.QUARTERLY", N_("每季度党课"), BRANCH, QUARTER, SHEET, hint=_WHO),
    Duty("LECTURE.SECRETARY", N_("书记讲党课"), BRANCH, YEAR, SHEET, hint=_WHO),
    Duty("LECTURE.LEADERS", N_("班子成员到所在支部讲党课"), SUPERIOR, YEAR, SHEET, hint=_WHO),
    Duty("LECTURE.FIRST_SECRETARY", N_("第一书记、党建指导员讲党课"), SUPERIOR, YEAR, SHEET, hint=_WHO),
    Duty("LECTURE.MEMBERS", N_("普通党员讲党课"), BRANCH, YEAR, SHEET, hint=_WHO),
    Duty("RIGHTS.MEMBERS_FIRST", N_("党员先知道、先讨论、先带头"), BRANCH, EVENT, SHEET),
    Duty("RIGHTS.DISCUSS", N_("重大事项民主讨论"), BRANCH, EVENT, SHEET, hint=N_("讨论了什么")),
    Duty("RIGHTS.MANAGEMENT_LINK", N_("与经营管理层双向互动"), BRANCH, QUARTER, SHEET, hint=_WHAT),
    Duty("DISCLOSE.ITEMS", N_("公开上级部署、重点工作、党费收缴"), BRANCH, MONTH, SHEET),
    Duty("DISCLOSE.VILLAGE", N_("通报村（居）务、财务、重要事务"), BRANCH, MONTH, SHEET),
    Duty("DISCLOSE.SUPERVISION", N_("接受党员监督"), BRANCH, MONTH, SHEET),
    Duty("CARE.PRAISE", N_("表扬好人好事好作风"), BRANCH, EVENT, SHEET, hint=_WHAT),
    Duty("CARE.NOTIFY", N_("通报关爱帮扶情况"), BRANCH, EVENT, SHEET, hint=N_("未经同意不写姓名")),
    Duty("ISSUE.FEEDBACK", N_("通报整改落实情况"), BRANCH, EVENT, SHEET, hint=_WHAT),
    Duty("RECORD.EVIDENCE", N_("留存文字、照片、视频档案"), BRANCH, MONTH, SHEET, hint=_WHERE),
    Duty("RECORD.CROSSCHECK", N_("记录、影像与计划相互印证"), BRANCH, MONTH, SHEET),
    Duty("RECORD.BRANCH_HANDBOOK", N_("记入基层党组织工作手册"), BRANCH, MONTH, ROLL),
    Duty("RECORD.MEMBER_HANDBOOK", N_("记入党员手册"), BRANCH, STANDING, ROLL),
    Duty("RECORD.TRUTHFUL", N_("如实记录"), BRANCH, STANDING, GUARD),
    Duty("FILING", N_("活动情况报上级备案"), BRANCH, MONTH, ROLL),
    # who was missing
    Duty("MAKEUP.CONTACT", N_("联系请假、缺席党员"), BRANCH, STANDING, CASE),
    Duty("MAKEUP.INFORM", N_("告知活动内容"), BRANCH, STANDING, CASE),
    Duty("MAKEUP.DONE", N_("补课"), BRANCH, STANDING, CASE),
    Duty("MAKEUP.ARCHIVE", N_("补课记录归档"), BRANCH, STANDING, CASE),
    Duty("ACC.ABSENT_MEMBERS", N_("无故不参加的批评教育"), BRANCH, STANDING, CASE),
    # meetings and the appraisal
    Duty("ORGLIFE.COMBINED", N_("结合主题党日召开组织生活会"), BRANCH, STANDING, MEETING),
    Duty("ORGLIFE.HALF_YEAR", N_("召开组织生活会"), BRANCH, HALF, MEETING),
    Duty("ORGLIFE.ANYTIME", N_("随时召开组织生活会"), BRANCH, STANDING, MEETING),
    Duty("ORGLIFE.Q4", N_("四季度召开组织生活会"), BRANCH, YEAR, MEETING),
    Duty("ORGLIFE.LEADERS", N_("党员领导干部参加双重组织生活"), BRANCH, STANDING, MEETING),
    Duty("APPRAISAL.PROCEDURE", N_("民主评议按程序进行"), BRANCH, STANDING, CASE),
    Duty("APPRAISAL.YEARLY", N_("民主评议党员"), BRANCH, YEAR, APPRAISAL),
    # registers
    Duty("VIOLATION.REPORT", N_("违纪违法情况及时报告上级"), BRANCH, EVENT, SMALL_REGISTER),
    Duty("CARE.TALK", N_("支委会成员谈心"), BRANCH, EVENT, SMALL_REGISTER, hidden=True),
    Duty("CARE.VISIT", N_("重点帮扶老党员、生活困难党员"), BRANCH, HALF, SMALL_REGISTER),
    Duty("CARE.EMERGENCY", N_("即时帮扶"), BRANCH, EVENT, SMALL_REGISTER, hidden=True),
    Duty("ISSUE.REGISTER", N_("问题登记和解决"), BRANCH, EVENT, SMALL_REGISTER),
    Duty("ISSUE.TASKS", N_("上级部署重点任务落实"), BRANCH, EVENT, SMALL_REGISTER),
    # the year of a branch
    Duty("PLAN.YEAR", N_("制定年度活动计划"), BRANCH, YEAR, YEAR_SHEET, hint=_WHAT),
    Duty("DUTY.POSTS_NO_OFFICE", N_("无职党员设岗定责"), BRANCH, YEAR, YEAR_SHEET, hint=_WHAT),
    Duty("DUTY.ZONES", N_("设立责任区、示范岗、先锋岗"), BRANCH, YEAR, YEAR_SHEET, hint=_WHAT),
    Duty("DUTY.REVIEW", N_("党员汇报履职，书记或组长点评"), BRANCH, HALF, YEAR_SHEET),
    Duty("VOL.PROJECTS", N_("确定志愿服务重点项目"), BRANCH, YEAR, YEAR_SHEET, hint=_WHAT),
    Duty("VOL.ACTIVITY", N_("开展志愿服务"), BRANCH, YEAR, YEAR_SHEET, hint=_WHAT),
    Duty("FAMILY", N_("“三好”创评：好家庭、好家教、好家风"), BRANCH, YEAR, YEAR_SHEET),
    Duty("VENUE.PLACE", N_("用好党员群众服务中心"), BRANCH, YEAR, YEAR_SHEET),
    Duty("VENUE.SYMBOLS", N_("活动场所有党旗、标识、书籍"), BRANCH, YEAR, YEAR_SHEET),
    Duty("VENUE.SHARED", N_("阵地共用"), BRANCH, STANDING, CASE),
    Duty("PUBLICITY.MEDIA", N_("利用媒介展示活动"), BRANCH, YEAR, YEAR_SHEET, hint=_WHAT),
    Duty("ACC.DIRECT", N_("书记负直接责任"), BRANCH, STANDING, GUARD),
    Duty("ACC.TARGET", N_("支部动起来、党员不掉队"), BRANCH, STANDING, GUARD),
    Duty("RECTIFY.DEADLINE", N_("限期整改"), BRANCH, STANDING, CASE),
    # above the branches
    Duty("ACC.MAIN", N_("担当主体责任"), SUPERIOR, YEAR, YEAR_SHEET, hint=_WHAT),
    Duty("ACC.ASSESS", N_("纳入书记述职评议和履职考核"), SUPERIOR, YEAR, YEAR_SHEET, hint=_WHAT),
    Duty("PLAN.SUPERIOR_SCHEME", N_("制定本级具体方案"), SUPERIOR, YEAR, YEAR_SHEET, hint=_WHAT),
    Duty("VENUE.FUNDS", N_("阵地建设经费支持"), SUPERIOR, YEAR, YEAR_SHEET, hint=_WHAT),
    Duty("PUBLICITY", N_("集中宣传，推广典型"), SUPERIOR, YEAR, YEAR_SHEET, hint=_WHAT),
    Duty("INSPECT.TOWN", N_("督促检查"), SUPERIOR, YEAR, INSPECTION),
    Duty("INSPECT.FULL", N_("归口单位督查全覆盖"), SUPERIOR, YEAR, INSPECTION),
    Duty("INSPECT.MICRO", N_("网上微督查"), SUPERIOR, STANDING, INSPECTION),
    Duty("INSPECT.ZONE_MONTHLY", N_("区级每月督办检查"), ZONE, MONTH, INSPECTION),
    Duty("INSPECT.ZONE_SPOT", N_("区级随机抽查、定点监测、现场观摩"), ZONE, YEAR, INSPECTION),
    Duty("BULLETIN.MONTHLY", N_("通报检查情况"), ZONE, MONTH, BULLETIN),
)
# fmt: on


# Kinds of duties as a table shows them: the keys that begin with one of these words, the first that fits.
GROUPS = {
    "day": (N_("活动"), ("DATE.",)),
    "record": (N_("记录"), ("ATT.", "RECORD.", "FILING")),
    "plan": (N_("安排"), ("THEME.", "PLAN.CO", "PLAN.OWN", "IMPL.")),
    "dues": (N_("党费"), ("DUES.",)),
    "oath": (N_("誓词"), ("OATH.",)),
    "study": (N_("学习"), ("CHARTER.", "STUDY.")),
    "lecture": (N_("党课"), ("LECTURE.",)),
    "open": (N_("公开"), ("DISCLOSE.", "RIGHTS.")),
    "meeting": (N_("生活会"), ("ORGLIFE.",)),
    "appraisal": (N_("评议"), ("APPRAISAL.",)),
    "care": (N_("关爱"), ("CARE.",)),
    "issue": (N_("问题"), ("ISSUE.", "VIOLATION.")),
    "inspect": (N_("督查"), ("INSPECT.", "BULLETIN.")),
    "year": (N_("年度"), ("",)),
}


@cache
def group_of(key: str) -> str:
    """Return the kind of a duty."""
    return next(name for name, (_label, words) in GROUPS.items() if key.startswith(words))


def part_of(period: str, month: int) -> int:
    """Return which month, quarter, half-year or year of a year a month lies in, counted from 1."""
    return (month - 1) // SPANS.get(period, 1) + 1


@cache
def duties() -> dict[str, Duty]:
    """Return every duty by its rule key, in the order of a branch's work."""
    return {duty.key: duty for duty in _TABLE}


@cache
def on_sheet() -> tuple[Duty, ...]:
    """Return what the monthly sheet of a branch can settle."""
    return tuple(duty for duty in _TABLE if duty.on_sheet)
