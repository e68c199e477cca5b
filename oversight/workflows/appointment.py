"""Appointment: a post at a town, a department or the zone, which decides on others.

The security administrator, or the organization above, asks; another administrator releases. Nobody
has this power alone, and who is appointed learns of it.
"""

from oversight.base.sentences import N_
from oversight.law.clauses import house_rule
from oversight.law.definition import Due, Field, Move, State, Tell, Workflow
from oversight.law.roles import MEMBER, OFFICES, TIMER
from oversight.rules.common import another_person, common_moves
from oversight.rules.power import APPOINTER, RELEASER, TWO, begin_post, lapses_on, post_key

PROMPT = house_rule("另一名管理员 5 个工作日内答复；30 天没有答复的，这次提出的任职失效。")

WHY, NOTE = Field("reason", "text", "理由"), Field("opinion", "text", "意见", required=False)

ASKED = State(
    "asked", "待另一名管理员放行", waits_on=RELEASER, due=Due(5, PROMPT), act=N_("核实放行")
)
BEGUN = State("begun", "已任职", granted=True)
REFUSED = State("refused", "不予放行")
WITHDRAWN = State("withdrawn", "已撤回")
LAPSED = State("lapsed", "到期未答复")

# fmt: off
WORKFLOW = Workflow(
    "appointment", N_("镇（部门）以上任职"), version=1, opens=ASKED, opened_by=APPOINTER, short="任职", listed=False,
    facts=(Field("member", "person", "任职人"), Field("office", "choice", "职务", choices=tuple(OFFICES.items())),
           Field("from_on", "date", "起"), Field("to_on", "date", "止", required=False)),
    business_key=post_key, data_subject="member", stays=True,
    tells=(Tell(MEMBER, "有人提出由您任一个职务，正等另一名管理员放行。"),),
    moves=(
        Move("release", "放行", ASKED, BEGUN, by=RELEASER, under=TWO, asks=(NOTE,), decides=True,
             only_if=(another_person,), does=(begin_post,), consequence=N_("放行即任职，本人和其他管理员得到通知"),
             tells=(Tell(APPOINTER, "提出的任职已放行。"),)),
        Move("refuse", "不予放行", ASKED, REFUSED, by=RELEASER, under=TWO, asks=(WHY,), decides=True,
             only_if=(another_person,), tone="negative", tells=(Tell(APPOINTER, "提出的任职没有放行。"),)),
        Move("withdraw", "撤回", ASKED, WITHDRAWN, by=APPOINTER, under=TWO, place="aside"),
        Move("lapse", "到期未答复", ASKED, LAPSED, by=TIMER, under=PROMPT, on=lapses_on,
             tells=(Tell(APPOINTER, "提出的任职到期没有答复，已失效。"),)),
        *common_moves(ASKED),
    ),
)
# fmt: on
