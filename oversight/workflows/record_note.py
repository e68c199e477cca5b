"""Record note: what a branch wrote about its party day and its superior takes note of.

Opened by the record itself: a correction that makes a breach look better, a late entry, and what a
state-owned enterprise files. Taking note settles nothing: what it was before stays to be read.
"""

from oversight.base.sentences import N_
from oversight.law.clauses import house_rule
from oversight.law.definition import Bulk, Due, Field, Move, State, Tell, Workflow, rule
from oversight.law.roles import BRANCH, SUPERIOR
from oversight.rules import record_note as facts
from oversight.rules.common import another_person, common_moves
from oversight.rules.context import TransitionContext

SEEN = house_rule(
    "使未按期、请假、缺席变好的更正，逾期的补录，以及国有企业报备的活动情况，由上级阅知；阅知不改变原来的事实。"
)
PROMPT = house_rule("上级 5 个工作日内阅知。")
NOTE = Field("opinion", "text", "意见", required=False)

TO_NOTE = State("to_note", "待阅知", waits_on=SUPERIOR, due=Due(5, PROMPT))
NOTED = State("noted", "已阅知", granted=True)


@rule(SEEN)
def from_the_record(attempt: TransitionContext) -> bool:
    """要阅知的事项由支部的登记、更正产生，不能单独提出。"""
    return facts.stands_in_record(attempt)


# fmt: off
WORKFLOW = Workflow(
    "record_note", N_("党日记录阅知"), version=1, opens=TO_NOTE, opened_by=BRANCH, short=N_("记录阅知"), listed=False,
    begins=N_("登记"),
    facts=(Field("record", "text", "党日"), Field("about", "choice", "事项", choices=facts.ABOUT),
           Field("before", "list", "更正前", required=False, choices=facts.WAS)),
    open_if=(from_the_record,), business_key=facts.business_key, tells=(Tell(SUPERIOR, "有支部的党日记录要阅知。"),),
    moves=(
        Move("take_note", "阅知", TO_NOTE, NOTED, by=SUPERIOR, under=SEEN, asks=(NOTE,), decides=True,
             only_if=(another_person,), unsaid=N_("已阅。"), phrases=(N_("请按时登记，如实更正。"),),
             tells=(Tell(BRANCH, "上级已阅知党日记录。"),),
             bulk=Bulk(N_("意见（写进每一件）"), N_("已阅。"), N_("阅知不改变原来的事实，更正前的内容照样保留。"))),
        *common_moves(TO_NOTE),
    ),
)
# fmt: on
