"""The thinnest workflow: a branch submits, its superior sends it back. No guard, no effect."""

try:
    from oversight.clauses import house_rule
    from oversight.grammar import Due, Move, State, Workflow
    from oversight.roles import BRANCH, SUPERIOR
except ImportError:
    from oversight.law.clauses import house_rule
    from oversight.law.definition import Due, Move, State, Workflow
    from oversight.law.roles import BRANCH, SUPERIOR

RULE = house_rule("只用于测速。")
DRAFT = State("draft", "草稿", waits_on=BRANCH)
PENDING = State("pending", "待批复", waits_on=SUPERIOR, due=Due(3, RULE))
APPROVED = State("approved", "已同意")

WORKFLOW = Workflow(
    "bench_thin",
    "测速",
    version=1,
    opens=DRAFT,
    opened_by=BRANCH,
    moves=(
        Move("submit", "提交", DRAFT, PENDING, by=BRANCH, under=RULE),
        Move("send_back", "退回", PENDING, DRAFT, by=SUPERIOR, under=RULE),
        Move("approve", "同意", PENDING, APPROVED, by=SUPERIOR, under=RULE),
    ),
)
