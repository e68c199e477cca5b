"""What the steps of the yearly appraisal ask for."""

from oversight.base.sentences import N_
from oversight.law.definition import Field
from oversight.rules import committee

from .roster import GRADE_CHOICES

MEMBER_ASK, WHO = (
    Field("member", "person", "党员"),
    Field("member", "person", "党员", required=False),
)
STRUCK = (
    MEMBER_ASK,
    Field(
        "reason",
        "choice",
        "原因",
        choices=(("transfer", N_("转出")), ("death", N_("去世")), ("left", N_("出党"))),
    ),
)
GONE = (
    MEMBER_ASK,
    Field("reason", "choice", "原因", choices=(("death", N_("去世")), ("left", N_("出党")))),
)
AWAY = (
    MEMBER_ASK,
    Field(
        "reason",
        "choice",
        "原因",
        choices=(
            ("abroad", N_("出国（境）六个月以上")),
            ("lost", N_("失联")),
            ("ill", N_("不能表达意愿或长期卧床")),
            ("held", N_("被留置或羁押")),
            ("moved", N_("外出六个月以上未转组织关系")),
        ),
    ),
)
EXCUSE = (  # until version 2
    MEMBER_ASK,
    Field(
        "reason",
        "choice",
        "原因",
        choices=(("ill", N_("年老体弱")), ("away", N_("长期在外")), ("other", N_("其他"))),
    ),
)
EXCUSE_GROUNDS = (("ill", N_("年老体弱")), ("away", N_("长期在外")))


def batch(choices) -> tuple[Field, ...]:
    """Return the words by which consent is asked for one member or several in one go."""
    why = Field("reason", "choice", "原因", choices=choices)
    return (
        Field("members", "list", "党员和原因", required=False, items=(MEMBER_ASK, why)),
        Field("member", "person", "党员", required=False),
        Field("reason", "choice", "原因", required=False, choices=choices),
    )


AWAY_BATCH, EXCUSE_BATCH = batch(AWAY[1].choices), batch(EXCUSE_GROUNDS)
TELL = (
    Field("members", "list", "告知谁", required=False, hint=N_("不填就是全部。")),
    Field("in_person", "yes_no", "已当面告知", required=False),
)
AGREED = Field("members", "list", "同意哪些党员", required=False, hint=N_("不填就是全部。"))
SELF = (
    Field(
        "text",
        "text",
        "自评",
        hint=N_("对照政治合格、执行纪律合格、品德合格、发挥作用合格，写做得怎样、差在哪里。"),
    ),
    Field("grade", "choice", "自评等次", choices=GRADE_CHOICES),
)
PEER = (Field("about", "person", "评议谁"), Field("opinion", "text", "互评意见"))
SELVES = (Field("selves", "list", "自评", items=(MEMBER_ASK, *SELF)),)
SHEET = (
    Field("by", "person", "发言人", required=False, hint=N_("下面没有另写发言人的，都按他。")),
    Field(
        "reviews",
        "list",
        "互评意见",
        items=(PEER[0], Field("by", "person", "发言人", required=False), PEER[1]),
    ),
)
HELD = Field("meeting_on", "date", "组织生活会日期", required=False, hint=N_("不填就是今天。"))
COUNTED = (
    *(
        Field(name, "number", label)
        for name, label in (
            ("present", N_("实到")),
            ("issued", N_("发出")),
            ("returned", N_("收回")),
            ("valid", N_("有效")),
        )
    ),
    Field("scrutineer", "person", "监票人"),
    Field("teller", "person", "计票人"),
    Field(
        "tallies",
        "list",
        "得票",
        items=(
            MEMBER_ASK,
            *(Field(grade, "number", label, required=False) for grade, label in GRADE_CHOICES),
        ),
    ),
)
NOTES = (MEMBER_ASK, Field("note", "text", "说明"))
PROPOSED = (
    Field(
        "ratings",
        "list",
        "等次",
        items=(MEMBER_ASK, Field("grade", "choice", "等次", choices=GRADE_CHOICES)),
    ),
    Field("reasons", "list", "与测评不一致的理由", required=False, items=NOTES),
    Field("heard", "list", "听取本人意见", required=False, items=NOTES),
    Field(
        "decided_by",
        "choice",
        "由谁提出",
        required=False,
        choices=(("committee", N_("支委会")), ("members", N_("党员大会"))),
    ),
)
ANSWER = (
    Field("agree", "yes_no", "是否同意"),
    Field("opinion", "text", "意见"),
    Field("returned", "list", "退回的党员及理由", required=False, items=NOTES),
)
BALLOTS = (
    *committee.BALLOTS,
    Field(
        "returned",
        "list",
        "退回的党员",
        required=False,
        items=(MEMBER_ASK, Field("votes", "number", "退回票数"), Field("note", "text", "理由")),
    ),
)
WHY, NOTE = Field("reason", "text", "理由"), Field("opinion", "text", "意见", required=False)
CHANGED = (
    WHO,
    Field("grade", "choice", "改为", choices=GRADE_CHOICES),
    Field("opinion", "text", "理由"),
    Field(
        "heard",
        "text",
        "本人意见",
        required=False,
        hint=N_("改为不合格，或与测评相差两个等次的，先听取本人意见并写下来。"),
    ),
)
