"""Slip: the account of somebody who decides on others gets one, its first or after a reset.

One administrator asks, another releases, and until a colleague or superior of the owner has
confirmed that it was the owner himself who took it, nothing is decided by it. A first slip has nobody
to be compared with: there two hands are enough.
"""

from dataclasses import replace

from oversight.base.sentences import N_
from oversight.law.clauses import house_rule
from oversight.law.definition import Due, Field, Move, State, Tell, Workflow
from oversight.law.roles import AUTOMATIC, KEEPER, MEMBER, RELEASER, TIMER
from oversight.rules import power
from oversight.rules.common import another_person, common_moves
from oversight.rules.power import COLLEAGUE, TWO

KNOWN = house_rule("重置过的账号，由本人的同事或上级确认是本人在用以后，才能办理决定事项。")
PROMPT = house_rule(
    "各方 5 个工作日内办理；30 天没有放行、没有发激活单的，这次重置失效；发了激活单 30 天没有确认的，账号锁定。"
)

WHY, NOTE = Field("reason", "text", "理由"), Field("opinion", "text", "意见", required=False)

ASKED = State(
    "asked", "待另一名管理员放行", waits_on=RELEASER, due=Due(5, PROMPT), act=N_("核实放行")
)
RELEASED = State("released", "待发激活单", waits_on=KEEPER, due=Due(5, PROMPT), act=N_("发激活单"))
TO_CONFIRM = State(
    "to_confirm", "待同事或上级确认", waits_on=COLLEAGUE, due=Due(5, PROMPT), act=N_("核实")
)
CONFIRMED = State("confirmed", "已确认是本人", granted=True)
HANDED = State("handed", "已发激活单", granted=True)
DENIED = State("denied", "不是本人，已锁定")
UNCONFIRMED = State("unconfirmed", "到期未确认，已锁定")
REFUSED = State("refused", "不予放行")
WITHDRAWN = State("withdrawn", "已撤回")
LAPSED = State("lapsed", "到期未办")

# fmt: off
WORKFLOW = Workflow(
    "account_reset", N_("重置决定事项的账号"), version=2, opens=ASKED, opened_by=KEEPER, short=N_("重置账号"), listed=False,
    facts=(Field("member", "person", "账号是谁的"), Field("reason", "text", "原因"),
           Field("first", "yes_no", "第一张激活单", required=False)),
    business_key=power.owner, data_subject="member", stays=True,
    tells=(Tell(MEMBER, "有人提出给您的账号发激活单，正等另一名管理员放行；重置不是您要求的，请马上告诉管理员。"),),
    moves=(
        Move("release", "放行", ASKED, RELEASED, by=RELEASER, under=TWO, asks=(NOTE,), decides=True,
             only_if=(another_person,), consequence=N_("放行后由系统管理员打印激活单，当面交给本人"),
             tells=(Tell(KEEPER, "激活单已放行，请打印后当面交给本人。"), Tell(MEMBER, "给您的账号发激活单，已放行。"))),
        Move("refuse", "不予放行", ASKED, REFUSED, by=RELEASER, under=TWO, asks=(WHY,), decides=True,
             only_if=(another_person,), tone="negative",
             tells=(Tell(KEEPER, "激活单没有放行。"), Tell(MEMBER, "给您的账号发激活单，没有放行。"))),
        Move("withdraw", "撤回", (ASKED, RELEASED), WITHDRAWN, by=KEEPER, under=TWO, place="aside",
             tells=(Tell(MEMBER, "给您的账号发激活单，已撤回。"),)),
        Move("lapse", "到期未办", (ASKED, RELEASED), LAPSED, by=TIMER, under=PROMPT, on=power.lapses_on,
             tells=(Tell(KEEPER, "激活单到期没有发，这次申请已失效。"), Tell(MEMBER, "给您的账号发激活单，到期没有办完，已失效。"))),
        Move("hand_out", "激活单已发，待确认", RELEASED, TO_CONFIRM, by=AUTOMATIC, under=KNOWN,
             only_if=(power.slip_issued, power.reset_to_be_confirmed), does=(power.hold,)),
        Move("finish", "激活单已发", RELEASED, HANDED, by=AUTOMATIC, under=KNOWN,
             only_if=(power.slip_issued, power.nobody_to_confirm)),
        Move("confirm", "确认是本人", TO_CONFIRM, CONFIRMED, by=COLLEAGUE, under=KNOWN, asks=(NOTE,),
             does=(power.lift,), consequence=N_("确认后，这个账号可以办理决定事项"),
             tells=(Tell(MEMBER, "您的账号已由同事或上级确认，可以办理决定事项。"), Tell(KEEPER, "重置的账号已确认是本人在用。"))),
        Move("deny", "不是本人，锁定账号", TO_CONFIRM, DENIED, by=COLLEAGUE, under=KNOWN, asks=(WHY,),
             does=(power.lock_account,), tone="negative", consequence=N_("账号马上锁定，登录和令牌都失效"),
             tells=(Tell(MEMBER, "您的账号重置后不是本人在用，已锁定。"), Tell(KEEPER, "重置的账号不是本人在用，已锁定。"))),
        Move("shut", "到期未确认，锁定账号", TO_CONFIRM, UNCONFIRMED, by=TIMER, under=PROMPT, on=power.confirmed_by,
             does=(power.lock_account,),
             tells=(Tell(MEMBER, "您的账号重置后一直没有人确认，已锁定。"), Tell(KEEPER, "重置的账号到期没有人确认，已锁定。"))),
        *common_moves(ASKED, RELEASED),
    ),
)
# fmt: on
_BEFORE = {  # version 1 knew no first slips
    "hand_out": (power.slip_issued, power.to_be_confirmed),
    "finish": (power.slip_issued, power.not_to_be_confirmed),
}
EARLIER = (
    replace(
        WORKFLOW,
        version=1,
        facts=WORKFLOW.facts[:2],
        moves=tuple(
            replace(move, only_if=_BEFORE.get(move.name, move.only_if)) for move in WORKFLOW.moves
        ),
    ),
)
