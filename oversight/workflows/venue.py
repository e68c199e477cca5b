"""Venue: a branch borrows a place for its activity from the unit that owns it.

It asks through its superior; then the owner's party organization answers by a numbered letter.
Silence is never consent: what nobody answers goes up to the next superior, and lapses on the day
itself.
"""

from dataclasses import replace
from datetime import timedelta

from oversight.base.sentences import N_
from oversight.base.settings import switch
from oversight.base.terms import REPLY
from oversight.law.clauses import clause, house_rule
from oversight.law.definition import Due, Field, Move, State, Tell, Workflow
from oversight.law.roles import ABOVE, BRANCH, SUPERIOR, TIMER, Role
from oversight.papers import venue as papers
from oversight.papers.numbers import void_papers
from oversight.rules import venue as facts
from oversight.rules.common import another_person, common_moves

SHARED = clause("G-4.3b")
PATH = house_rule("借用阵地由支部提出，经上级同意后，由阵地所属党组织书面答复。")
PROMPT = house_rule(
    "上级和阵地所属党组织各 %(term_reply)s 个工作日内、且在使用日期之前答复；不答复不等于同意。"
)

OWNER = Role(
    "owner",
    "阵地所属党组织",
    "unit",
    BRANCH.ranks,
    group_of=BRANCH.candidate_group,
    fact=facts.OWNER,
)
WHY, NOTE = Field("reason", "text", "理由"), Field("opinion", "text", "意见", required=False)
PART = Field(
    "part", "choice", "什么时段", required=False, choices=papers.PARTS, hint=N_("不选就是全天")
)
ANSWER = Due(REPLY, PROMPT, before=facts.day_before)

ASKED = State("asked", "待上级同意", waits_on=SUPERIOR, due=ANSWER, act=N_("批复"))
FORWARDED = State("forwarded", "待阵地所属党组织答复", waits_on=OWNER, due=ANSWER, act=N_("答复"))
AGREED = State("agreed", "同意借用", waits_on=TIMER, granted=True)
USED = State("used", "使用日期已过", granted=True)
NOT_FORWARDED = State("not_forwarded", "上级不同意")
REFUSED = State("refused", "不同意借用")
WITHDRAWN = State("withdrawn", "已撤回")
LAPSED = State("lapsed", "到期未答复")

# fmt: off
WORKFLOW = Workflow(
    "venue", N_("借用活动阵地"), version=3, opens=ASKED, opened_by=BRANCH, short=N_("借用阵地"),
    setting=switch("venue_lending", N_("借用活动阵地"), N_("开办以后，支部可以向别的单位借用活动阵地；停办的，已提出的照常办完。")),
    facts=(Field(facts.OWNER, "unit", "阵地属于哪个单位"), Field("place", "text", "借用哪处阵地"),
           Field("day", "date", "哪天使用"), PART, Field("purpose", "text", "开展什么活动")),
    open_if=(facts.by_a_branch, facts.owned_by_another, facts.day_ahead), business_key=facts.business_key,
    tells=(Tell(SUPERIOR, "有支部申请借用活动阵地。"),),
    moves=(
        Move("forward", "同意，转阵地所属党组织", ASKED, FORWARDED, by=SUPERIOR, under=PATH, asks=(NOTE,), decides=True,
             only_if=(another_person, facts.day_ahead), does=(facts.begin_with_owner,),
             consequence=N_("同意后由阵地所属党组织答复"), tells=(Tell(BRANCH, "上级已同意，等阵地所属党组织答复。"),)),
        Move("refuse", "不同意", ASKED, NOT_FORWARDED, by=SUPERIOR, under=PATH, asks=(WHY,), decides=True,
             only_if=(another_person,), does=(papers.issue_refusal,), tone="negative",
             tells=(Tell(BRANCH, "上级不同意借用阵地。"),)),
        Move("approve", "同意借用", FORWARDED, AGREED, by=OWNER, under=SHARED, asks=(NOTE,), decides=True,
             only_if=(another_person, facts.day_ahead, facts.free), does=(papers.issue_answer,),
             consequence=N_("同意即编文号印发复函"), phrases=(N_("请爱护设施，用后恢复原状。"),),
             tells=(Tell(BRANCH, "借用阵地已获同意。"), Tell(SUPERIOR, "借用阵地已获同意。"))),
        Move("refuse", "不同意借用", FORWARDED, REFUSED, by=OWNER, under=PATH, asks=(WHY,), decides=True,
             only_if=(another_person,), does=(papers.issue_answer,), tone="negative",
             tells=(Tell(BRANCH, "阵地所属党组织不同意借用。"), Tell(SUPERIOR, "阵地所属党组织不同意借用。"))),
        Move("withdraw", "撤回", (ASKED, FORWARDED), WITHDRAWN, by=BRANCH, under=PATH, place="aside"),
        Move("give_up", "不再借用", AGREED, WITHDRAWN, by=BRANCH, under=PATH, asks=(WHY,), tone="negative",
             only_if=(facts.day_ahead,), does=(void_papers,), tells=(Tell(OWNER, "支部不再借用阵地。"),)),
        Move("lapse", "到期未答复", (ASKED, FORWARDED), LAPSED, by=TIMER, under=PROMPT, on=facts.day,
             tells=(Tell(BRANCH, "借用阵地到期没有答复，已失效。"), Tell(ABOVE, "有借用阵地的申请到期没有答复。"))),
        Move("end", "使用日期已过", AGREED, USED, by=TIMER, under=PATH,
             on=lambda attempt: facts.day(attempt) + timedelta(days=1)),
        *common_moves(ASKED, FORWARDED, AGREED, undo=(void_papers,)),
    ),
)
# fmt: on

# Version 2: a place was asked for whole days, and that it was lent already was pointed out only.
VERSION_2 = replace(
    WORKFLOW,
    version=2,
    facts=tuple(one for one in WORKFLOW.facts if one is not PART),
    moves=tuple(
        replace(
            move,
            only_if=tuple(one for one in move.only_if if one is not facts.free),
            warns=(facts.not_lent,),
        )
        if facts.free in move.only_if
        else move
        for move in WORKFLOW.moves
    ),
)
# Version 1: a superior's no was no paper.
EARLIER = (
    VERSION_2,
    replace(
        VERSION_2,
        version=1,
        moves=tuple(
            replace(move, does=tuple(one for one in move.does if one is not papers.issue_refusal))
            for move in VERSION_2.moves
        ),
    ),
)
