"""What the yearly appraisal rests on: clauses, and what the zone has agreed where they are silent."""

from oversight.law.clauses import clause, house_rule

STEPS, YEARLY, MEETING = clause("G-3.1.6e"), clause("G-3.1.6f"), clause("G-3.1.6d")
TIME = house_rule("自评一般 10 个工作日；逾期未交的注明未交，不影响其他人。")
PACE = house_rule(
    "支部的各个步骤有期限，逾期提醒上级；一直不办的，由上级按未完成结束，记入当年情况。"
)
CONSENT = house_rule("长期在外、失联、重病等党员经上级同意不计入应到，不评定等次。")
PAPER = house_rule("测评用纸票，当场发出、收回、计票，监票人和计票人分别签名，票由支部封存。")
QUORUM = house_rule("有表决权的党员到会不少于应到人数的一半（区里可定三分之二）方可测评。")
RATING = house_rule("支委会或党员大会根据测评结果和日常表现提出等次；与测评不一致的写明理由。")
HEARD = house_rule("与测评相差两个等次，或定为不合格的，先听取本人意见。")
SHARE = house_rule("优秀等次一般不超过党员总数的三分之一。")
DECIDED, TOLD = (
    house_rule("上级党组织会议 10 个工作日内审批。"),
    house_rule("等次逐人告知；基本合格、不合格的当面告知。"),
)
SELF_OWED = house_rule(
    "个人自评人人要写；年老体弱或长期在外确实写不了的，经上级同意，一批一件，注明免写。"
)
OWED = house_rule("每名党员每年评议一次：转移组织关系的只在一个支部评定，未完成的可以再开展。")
ONE_BY_ONE = house_rule("基本合格、不合格的当面告知，一次登记一人。")
REVIEW = house_rule(
    "本人可在 %(term_appeal)s 个工作日内申请复核一次，由没有参与评定的人 %(term_appeal)s 个工作日内答复，复核期间不备案。"
)
