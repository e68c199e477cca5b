"""Absence: one case for each member on leave or absent, so that nobody is dropped.

Contact, tell what happened, make up the lesson, confirm, file. 无故 is found after hearing the member.
"""

from dataclasses import replace
from typing import Any

from oversight.base.sentences import N_
from oversight.law.clauses import clause, house_rule
from oversight.law.definition import INTERNAL, Bulk, Due, Field, Move, State, Tell, Workflow, rule
from oversight.law.roles import ABOVE, AUTOMATIC, BRANCH, MEMBER, SUPERIOR, TIMER
from oversight.organization import members
from oversight.rules import absence as facts
from oversight.rules import lessons, unexcused
from oversight.rules.common import another_person, common_moves
from oversight.rules.context import TransitionContext
from oversight.rules.lessons import AT_ONCE, CONFIRMED, CONTACT, MAKE_UP

TOLD = clause("G-3.2.1c")
FILE, EDUCATE = clause("O-3.2.1e"), clause("G-4.4g")
SOON = house_rule("活动后 %(term_contact)s 个工作日内逐一联系；指导书没有规定期限。")
DAYS_APART = house_rule(
    "三次联系要在三个不同的日子；已在失联查找、一直没有联系上的，不用再试三次。"
)
BEFORE_NEXT = house_rule("%(term_lesson)s补课；指导书没有规定期限。")
PROMPT = house_rule("3 个工作日内确认或答复。")
LOST = house_rule("两种以上方式联系三次仍联系不上的，报上级查找；流动党员先问流入地支部。")
FINDING = house_rule("无故不参加由支委会听取本人说明后认定，本人可以提出异议。")
EXEMPT = house_rule("确有困难的，经上级同意可以不补课。")

REASONS = tuple((value, value) for value in members.CATEGORIES)
WAYS = (
    ("phone", N_("电话")),
    ("visit", N_("上门")),
    ("online", N_("网络")),
    ("receiving_branch", N_("流入地支部")),
)
FORMS = (
    ("visit", N_("送学上门")),
    ("online", N_("网络补课")),
    ("one_on_one", N_("个别补课")),
    ("group", N_("集中补课")),
    ("materials", N_("寄送资料")),
    ("receiving_branch", N_("流入地支部补课")),
)
MEASURES = ((N_("谈话提醒"), N_("谈话提醒")), (N_("批评教育"), N_("批评教育")))
REACHED = (
    Field("reached", "yes_no", "联系上了没有"),
    Field("told", "yes_no", "是否通报活动情况"),
    Field("way", "choice", "联系方式", choices=WAYS),
    Field("reason", "choice", "缺席原因", required=False, choices=REASONS),
    Field("on", "date", "哪天联系的", required=False),
)
LESSON = (
    Field("form", "choice", "补课形式", choices=FORMS),
    Field("held_on", "date", "补课日期"),
    Field("note", "text", "补课内容", required=False),
)
AT_THE_SAME_TIME = (
    Field("form", "choice", "当天补了课的，补课形式", required=False, choices=FORMS),
    Field("held_on", "date", "补课日期", required=False),
    Field("note", "text", "补课内容", required=False),
)
BY = Field("by", "list", "参加认定的人", required=False, hint=N_("不填就是支委会全体和登记人。"))
WHY, NOTE = Field("reason", "text", "理由"), Field("opinion", "text", "意见", required=False)

IN_TIME = Due(facts.CONTACT, SOON, escalate_to=SUPERIOR)
# fmt: off
TO_CONTACT = State("to_contact", "待联系", waits_on=BRANCH, due=IN_TIME, act=N_("联系"))
TO_MAKE_UP = State("to_make_up", "待补课", waits_on=BRANCH,
                   due=Due(22, BEFORE_NEXT, until=facts.lesson_due, keeps=True, escalate_to=SUPERIOR), act=N_("补课"))
TO_CONFIRM = State("to_confirm", "待确认", waits_on=BRANCH, due=Due(3, PROMPT, escalate_to=SUPERIOR), act=N_("确认补课"))
TO_ARCHIVE = State("to_archive", "待归档", waits_on=BRANCH, due=Due(5, FILE, escalate_to=SUPERIOR))
OPEN_TO_OBJECTION = State("open_to_objection", "待异议期满", waits_on=TIMER)
OBJECTED = State("finding_objected", "对认定有异议", waits_on=SUPERIOR,
                 due=Due(5, FINDING, escalate_to=ABOVE), act=N_("答复异议"))
UNREACHED = State("unreached", "报上级查找", waits_on=SUPERIOR, due=Due(5, LOST, escalate_to=ABOVE), act=N_("查找"))
MADE_UP = State("made_up", "已补课归档", granted=True)
EXCUSED = State("excused", "上级同意不补课", granted=True)
SEARCHING = State("searching", "转失联查找")
CORRECTED = State("corrected", "考勤更正，不再补课")
# fmt: on


@rule(clause("G-3.2.1a"))
def missing_in_record(attempt: TransitionContext) -> bool:
    """活动记录里这名党员不是请假或缺席，不用补课。"""
    return facts.own_activity(attempt) and facts.was_missing(attempt)


@rule(house_rule("每人每次活动只立一件。"))
def only_once(attempt: TransitionContext) -> bool:
    """这名党员的这次缺席已经立过一件。"""
    return facts.is_new(attempt)


@rule(TOLD)
def informed(attempt: TransitionContext) -> bool:
    """还没有联系上本人并通报活动情况，请先做联系登记。"""
    return facts.informed(attempt)


@rule(TOLD, "reached", "told")
def told_only_who_was_reached(attempt: TransitionContext) -> bool:
    """没有联系上，不能登记为已通报活动情况。"""
    return attempt.words["reached"] or not attempt.words["told"]


@rule(DAYS_APART)
def tried_on_three_days(attempt: TransitionContext) -> bool:
    """要在三个不同的日子、用两种以上方式联系，都没有联系上，才能报上级查找；流动党员还要问过流入地支部。"""
    return facts.unreachable_for_days(attempt)


@rule(DAYS_APART)
def lost_before(attempt: TransitionContext) -> bool:
    """这名党员没有在失联查找，或已经参加活动、联系上了，请照常联系。"""
    return facts.lost(attempt)


@rule(LOST)
def tried_enough(attempt: TransitionContext) -> bool:
    """要用两种以上方式联系三次、都没有联系上，才能报上级查找；流动党员还要问过流入地支部。"""
    return facts.unreachable(attempt)


@rule(FINDING, "heard")
def member_was_heard(attempt: TransitionContext) -> bool:
    """认定无故不参加之前，要先听取本人说明。"""
    return attempt.words["heard"] != "否" and facts.reached(attempt)


@rule(FINDING)
def absent_without_leave(attempt: TransitionContext) -> bool:
    """请了假的党员不能认定为无故不参加。"""
    return facts.row(attempt).kind == "absent"


@rule(FILE)
def number_demanded(attempt: TransitionContext) -> bool:
    """机关党支部补课情况要编号归档。"""
    return not facts.needs_number(attempt)


@rule(clause("G-3.2.1a"))
def no_longer_missing(attempt: TransitionContext) -> bool:
    """活动记录里仍是请假或缺席，不能作废；登记有误的，请支部先更正考勤。"""
    return not facts.was_missing(attempt)


@rule(clause("G-3.2.1a"))
def nobody_dropped(attempt: TransitionContext) -> bool:
    """这件是随人转来的，活动记录里仍是请假或缺席，不能作废；登记有误的，请原支部先更正考勤。"""
    return facts.can_be_void(attempt)


LIVE = (TO_CONTACT, TO_MAKE_UP, TO_CONFIRM, TO_ARCHIVE)
FOUND = (*LIVE, OPEN_TO_OBJECTION)  # where a finding of 无故 may stand
# fmt: off
WORKFLOW = Workflow(
    "absence", N_("缺席联系与补课"), version=4, opens=TO_CONTACT, begins=N_("登记"), opened_by=BRANCH, short=N_("缺席补课"),
    facts=(Field("activity", "text", "活动"), Field("member", "person", "党员")), data_subject="member",
    inherits=True, icon="people", listed=False, recorded=("record_contact", "record_lesson"),
    tells=(Tell(MEMBER, "支部会把这次活动情况告诉您，再约您补课。"),),
    open_if=(missing_in_record, only_once), business_key=facts.business_key,
    on_open=(facts.note_class, facts.part_absent_leaders),
    moves=(
        Move("record_contact", "联系登记", (TO_CONTACT, TO_MAKE_UP), INTERNAL, by=BRANCH, under=CONTACT,
             asks=(*REACHED, *AT_THE_SAME_TIME),
             only_if=(told_only_who_was_reached, lessons.called_since, lessons.told_with_lesson,
                      lessons.lesson_that_day),
             does=(facts.note_contact,),
             bulk=Bulk(done=N_("已登记联系 %(n)s 人：%(names)s"))),
        Move("contact_made", "已联系并通报", TO_CONTACT, TO_MAKE_UP, by=AUTOMATIC, under=TOLD, only_if=(informed,)),
        Move("record_lesson", "补课登记", TO_MAKE_UP, TO_CONFIRM, by=BRANCH, under=MAKE_UP, asks=LESSON,
             only_if=(informed, lessons.lesson_since_told), does=(facts.note_lesson,),
             bulk=Bulk(done=N_("已登记补课 %(n)s 人：%(names)s"))),
        Move("lesson_made", "联系时已补课", TO_MAKE_UP, TO_CONFIRM, by=AUTOMATIC, under=AT_ONCE,
             only_if=(informed, lessons.lesson_noted)),
        Move("unconfirmed", "不要求确认", TO_CONFIRM, TO_ARCHIVE, by=AUTOMATIC, under=CONFIRMED,
             only_if=(lessons.not_to_be_confirmed,)),
        Move("confirm", "补课确认", TO_CONFIRM, TO_ARCHIVE, by=BRANCH, under=MAKE_UP,
             bulk=Bulk(done=N_("已确认补课 %(n)s 人：%(names)s"))),
        Move("redo", "退回重补", TO_CONFIRM, TO_MAKE_UP, by=BRANCH, under=MAKE_UP, asks=(WHY,),
             does=(facts.send_back_lesson,), place="aside"),
        Move("file", "自动归档", TO_ARCHIVE, MADE_UP, by=AUTOMATIC, under=FILE,
             only_if=(number_demanded, unexcused.educated, unexcused.past_objecting), does=(facts.file,)),
        Move("await_objection", "等异议期满", TO_ARCHIVE, OPEN_TO_OBJECTION, by=AUTOMATIC, under=unexcused.UNTIL,
             only_if=(unexcused.educated, unexcused.may_object)),
        Move("objection_past", "异议期满", OPEN_TO_OBJECTION, TO_ARCHIVE, by=TIMER, under=unexcused.UNTIL,
             on=unexcused.objection_past_on),
        Move("not_awaited", "不用再等异议", OPEN_TO_OBJECTION, TO_ARCHIVE, by=AUTOMATIC, under=unexcused.UNTIL,
             only_if=(unexcused.past_objecting,)),
        Move("archive", "编号归档", TO_ARCHIVE, MADE_UP, by=BRANCH, under=FILE,
             asks=(Field("archive_no", "text", "档案编号", alone=True, line=True),),
             only_if=(unexcused.educated, unexcused.past_objecting),
             does=(facts.file,),
             bulk=Bulk(done=N_("已编号归档 %(n)s 人：%(names)s"))),
        Move("find_unexcused", "认定无故不参加", (TO_CONTACT, TO_MAKE_UP, TO_CONFIRM), INTERNAL, by=BRANCH,
             under=EDUCATE, asks=(Field("heard", "text", "本人说明"), Field("note", "text", "支委会意见"), BY),
             only_if=(absent_without_leave, member_was_heard, unexcused.found_by_the_committee,
                      unexcused.not_overturned),
             does=(unexcused.note_finding,), place="aside",
             tells=(Tell(MEMBER, "支委会认定您这次无故不参加，您可以在归档以前提出一次异议。"),)),
        Move("set_aside", "撤回认定", FOUND, INTERNAL, by=BRANCH, under=unexcused.ASIDE, asks=(WHY, BY), place="aside",
             only_if=(unexcused.found_here, unexcused.found_by_the_committee), does=(unexcused.set_aside,),
             tells=(Tell(MEMBER, "支委会撤回了对您无故不参加的认定。"),)),
        Move("educate", "谈话提醒或批评教育", (TO_CONTACT, TO_MAKE_UP, TO_CONFIRM, TO_ARCHIVE), INTERNAL, by=BRANCH,
             under=EDUCATE,
             asks=(Field("measure", "choice", "方式", choices=MEASURES),), only_if=(unexcused.found_unexcused,),
             does=(facts.note_education,), place="aside"),
        Move("object", "对认定提出异议", FOUND, OBJECTED, by=MEMBER,
             under=FINDING, asks=(WHY,), only_if=(unexcused.found_here, unexcused.objects_once),
             does=(unexcused.note_objection,)),
        Move("uphold_finding", "维持认定", OBJECTED, TO_MAKE_UP, by=SUPERIOR, under=FINDING, asks=(NOTE,),
             only_if=(another_person,), does=(facts.keep_finding,), decides=True,
             tells=(Tell(MEMBER, "对认定的异议已有答复：维持认定。"), Tell(BRANCH, "上级维持无故不参加的认定。"),)),
        Move("overturn_finding", "撤销认定", OBJECTED, TO_MAKE_UP, by=SUPERIOR, under=FINDING, asks=(NOTE,),
             only_if=(another_person,), does=(unexcused.overturn,), decides=True,
             tells=(Tell(MEMBER, "对认定的异议已有答复：撤销认定。"), Tell(BRANCH, "上级撤销无故不参加的认定。"),)),
        Move("search_lost", "报上级查找失联党员", TO_CONTACT, UNREACHED, by=BRANCH, under=LOST,
             only_if=(tried_on_three_days,), place="aside", bulk=Bulk(done=N_("已报上级查找：%(names)s"))),
        Move("still_lost", "仍在失联查找", TO_CONTACT, SEARCHING, by=BRANCH, under=DAYS_APART,
             only_if=(lost_before,), place="aside", bulk=Bulk(done=N_("仍在失联查找：%(names)s"))),
        Move("begin_search", "转失联查找", UNREACHED, SEARCHING, by=SUPERIOR, under=LOST, asks=(NOTE,),
             only_if=(another_person,), decides=True, tells=(Tell(BRANCH, "上级已转失联查找。"),)),
        Move("try_again", "请支部再联系", UNREACHED, TO_CONTACT, by=SUPERIOR, under=LOST, asks=(NOTE,),
             only_if=(another_person,), decides=True, tells=(Tell(BRANCH, "上级请支部再联系。"),)),
        Move("excuse", "同意不补课", LIVE, EXCUSED, by=SUPERIOR, under=EXEMPT, asks=(WHY,),
             only_if=(unexcused.past_objecting,)),
        Move("correct", "考勤更正", (*FOUND, OBJECTED, UNREACHED), CORRECTED, by=AUTOMATIC, under=clause("G-3.2.1a"),
             only_if=(no_longer_missing,)),
        *common_moves(*FOUND, OBJECTED, UNREACHED, void_if=(nobody_dropped,), void_then=(facts.open_anew,)),
    ),
)
# fmt: on


def _second(move: Move) -> Move:
    """Return a move as version 2 had it."""
    later = (BY, *(AT_THE_SAME_TIME if move.name == "record_contact" else ()))
    asks = tuple(ask for ask in move.asks if ask not in later)
    only_if = tuple(OLD.get(one, one) for one in move.only_if if one not in SINCE_3)
    does = tuple(OLD.get(one, one) for one in move.does if one not in SINCE_3)
    leaves = move.leaves
    if move.name in ("educate", "object"):
        leaves = (TO_CONTACT, TO_MAKE_UP, TO_CONFIRM)
    return replace(move, asks=asks, only_if=only_if, does=does, leaves=leaves)


def _third(move: Move) -> Move:
    """Return a move as version 3 had it."""
    only_if = tuple(OLD_3.get(one, one) for one in move.only_if if one not in SINCE_4)
    leaves = tuple(state for state in move.from_states if state is not OPEN_TO_OBJECTION)
    tells = (TOLD_OF_FINDING,) if move.name == "find_unexcused" else move.tells
    return replace(move, only_if=only_if, leaves=leaves, tells=tells)


NEW_4 = ("await_objection", "objection_past", "not_awaited", "set_aside")
SINCE_4 = (unexcused.past_objecting,)
OLD_3: dict[Any, Any] = {
    lessons.lesson_since_told: lessons.lesson_since,
    unexcused.found_here: unexcused.found_unexcused,
}
TOLD_OF_FINDING = Tell(MEMBER, "支委会认定您这次无故不参加，您可以提出一次异议。")
# Version 3: a file closed at once, before the member could object, and a correction of the record
# undid a finding.
VERSION_3 = replace(
    WORKFLOW,
    version=3,
    moves=tuple(_third(move) for move in WORKFLOW.moves if move.name not in NEW_4),
)
NEW = ("lesson_made", "unconfirmed", "still_lost")
OLD: dict[Any, Any] = {
    lessons.lesson_since: lessons.lesson_was_held,
    tried_on_three_days: tried_enough,
    facts.note_contact: facts.note_try,
    unexcused.note_finding: facts.note_finding,
    unexcused.overturn: facts.withdraw_finding,
}
SINCE_3 = (
    *(
        lessons.told_with_lesson,
        lessons.lesson_that_day,
        unexcused.educated,
        unexcused.objects_once,
    ),
    *(unexcused.found_by_the_committee, unexcused.not_overturned),
    *(facts.send_back_lesson, unexcused.note_objection),
)
# Version 2: each lesson was confirmed by another, and one person found an absence 无故.
VERSION_2 = replace(
    VERSION_3,
    version=2,
    on_open=(facts.note_class,),
    moves=tuple(_second(move) for move in VERSION_3.moves if move.name not in NEW),
)
# Version 1: no follow-up was void while the record said absent.
EARLIER = (
    VERSION_3,
    VERSION_2,
    replace(
        VERSION_2,
        version=1,
        moves=tuple(
            replace(move, only_if=(no_longer_missing,), does=()) if move.name == "void" else move
            for move in VERSION_2.moves
        ),
    ),
)
