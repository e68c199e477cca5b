"""Secondment: a post for somebody who serves out of the reach of who appoints him, or above it.

His own side is asked first. So a town cannot make the zone's people its own and be judged by
nobody.
"""

from oversight.base.sentences import N_
from oversight.law.clauses import house_rule
from oversight.law.definition import Due, Field, Move, State, Tell, Workflow
from oversight.law.roles import MEMBER, OFFICES, TIMER
from oversight.rules.common import another_person, common_moves
from oversight.rules.power import ASKER, SIDE, SIDE_FACT, begin_post, lapses_on, post_key

CONSENT = house_rule("任用本单位管理范围以外、以上的任职人员，先征得他所在单位同意。")
PROMPT = house_rule("任职人所在单位 5 个工作日内答复；30 天没有答复的，这次提出的任职失效。")

WHY, NOTE = Field("reason", "text", "理由"), Field("opinion", "text", "意见", required=False)

ASKED = State("asked", "待任职人所在单位同意", waits_on=SIDE, due=Due(5, PROMPT), act=N_("答复"))
BEGUN = State("begun", "已任职", granted=True)
REFUSED = State("refused", "所在单位不同意")
WITHDRAWN = State("withdrawn", "已撤回")
LAPSED = State("lapsed", "到期未答复")

# fmt: off
WORKFLOW = Workflow(
    "secondment", N_("任用外单位人员"), version=1, opens=ASKED, opened_by=ASKER, short=N_("任用外单位人员"), listed=False,
    facts=(Field("member", "person", "任职人"), Field("office", "choice", "职务", choices=tuple(OFFICES.items())),
           Field("from_on", "date", "起"), Field("to_on", "date", "止", required=False),
           Field(SIDE_FACT, "unit", "任职人所在单位")),
    business_key=post_key, data_subject="member", stays=True,
    tells=(Tell(MEMBER, "有单位提出由您任一个职务，正等您所在单位同意。"),),
    moves=(
        Move("approve", "同意", ASKED, BEGUN, by=SIDE, under=CONSENT, asks=(NOTE,), decides=True,
             only_if=(another_person,), does=(begin_post,), consequence=N_("同意即任职，本人和管理员得到通知"),
             tells=(Tell(ASKER, "任职人所在单位已同意，任职生效。"),)),
        Move("refuse", "不同意", ASKED, REFUSED, by=SIDE, under=CONSENT, asks=(WHY,), decides=True,
             only_if=(another_person,), tone="negative", tells=(Tell(ASKER, "任职人所在单位不同意这次任职。"),)),
        Move("withdraw", "撤回", ASKED, WITHDRAWN, by=ASKER, under=CONSENT, place="aside"),
        Move("lapse", "到期未答复", ASKED, LAPSED, by=TIMER, under=PROMPT, on=lapses_on,
             tells=(Tell(ASKER, "提出的任职到期没有答复，已失效。"),)),
        *common_moves(ASKED),
    ),
)
# fmt: on
