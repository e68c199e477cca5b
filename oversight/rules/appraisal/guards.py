"""What the yearly appraisal insists on: the grounds of its rules, and the guards with their
sentences.
"""

from oversight.law.clauses import clause, house_rule
from oversight.law.definition import rule

from . import outcome as outcome
from . import ratings as ratings
from . import roster as facts

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
REVIEW = house_rule(
    "本人可在 5 个工作日内申请复核一次，由没有参与评定的人 5 个工作日内答复，复核期间不备案。"
)


@rule(MEETING)
def in_the_window(attempt):
    """现在不在民主评议的时间内：一般在第四季度，以区里部署为准；机关在当年内。"""
    first, last = facts.window(attempt)
    return first <= attempt.today <= last


@rule(YEARLY)
def once_a_year(attempt):
    """这个年度的民主评议已经开展过。"""
    return facts.this_year(attempt)


@rule(YEARLY, "member")
def joined_the_branch(attempt):
    """这名党员不在本支部，或已在名单里。"""
    row = facts.row_of(attempt, attempt.words["member"])
    return facts.still_member(attempt, attempt.words["member"]) and (
        row is None or row.standing == "struck"
    )


@rule(YEARLY, "member")
def has_left(attempt):
    """这名党员还在本支部，不能移出；转出、去世等先在花名册上登记。"""
    row = facts.row_of(attempt, attempt.words["member"])
    return (
        row is not None
        and row.standing != "struck"
        and not facts.still_member(attempt, row.person_id)
    )


@rule(YEARLY, "member")
def has_died_or_quit(attempt):
    """开始测评以后，只有去世或出党的才移出名单，先在花名册上登记；转出的仍由本支部评完并告知。"""
    row = facts.row_of(attempt, attempt.words["member"])
    return row is not None and row.standing != "struck" and row.person.left_on is not None


@rule(CONSENT, "member")
def counted_so_far(attempt):
    """这名党员不在评议名单里。"""
    row = facts.row_of(attempt, attempt.words["member"])
    return row is not None and row.standing in ("graded", "ungraded")


@rule(CONSENT)
def not_about_oneself(attempt):
    """请示不计入的是您本人，由他人答复。"""
    asked = attempt.case.facts.get("not_counted")
    return asked is None or attempt.actor is None or asked["member"] != attempt.actor.id


@rule(TIME)
def self_is_late(attempt):
    """还有党员没有交自评；全部交齐、免填，或期限过了，才能开展互评。"""
    return attempt.case.due_on is not None and attempt.case.due_on < attempt.today


@rule(PACE)
def branch_is_late(attempt):
    """支部这一步还没有到期。"""
    return attempt.case.due_on is not None and attempt.case.due_on < attempt.today


@rule(STEPS, "about")
def not_oneself(attempt):
    """不能评议自己，请由别人记录。"""
    return attempt.words["about"] != attempt.actor.id


@rule(STEPS, "about")
def one_of_us(attempt):
    """被评议的人不在本支部评定等次的名单里。"""
    return attempt.words["about"] in facts.graded(attempt)


@rule(STEPS)
def still_on_roster(attempt):
    """您不在本次评议的名单里。"""
    row = facts.row_of(attempt, attempt.actor.id)
    return row is not None and row.standing in ("graded", "ungraded")


@rule(MEETING, "meeting_on")
def meeting_was_held(attempt):
    """组织生活会要先召开再测评。请填写已经召开的日期，不能是今天以后或往年的。"""
    return facts.meeting_held(attempt)


@rule(STEPS)
def all_reviewed(attempt):
    """还有党员没有互评意见，补上再测评。"""
    return not facts.unreviewed(attempt)


@rule(PAPER, "present", "issued", "returned", "valid")
def counts_add_up(attempt):
    """人数和票数对不上：实到不能多于应到，发出不能多于实到，收回不能多于发出，有效不能多于收回。"""
    counts = [attempt.case.facts["entitled"], *(attempt.words[name] for name in ratings.COUNTS)]
    return counts == sorted(counts, reverse=True)


@rule(PAPER, "tallies", "valid")
def grades_add_up(attempt):
    """每名党员各等次的得票相加，应等于有效票数。"""
    return all(
        sum(entry.values()) == attempt.words["valid"] for entry in ratings.tallies(attempt).values()
    )


@rule(PAPER, "tallies")
def everybody_counted(attempt):
    """名单上评定等次的党员每人一行，不多不少。"""
    return ratings.every_graded_once(attempt, "tallies")


@rule(PAPER, "scrutineer", "teller")
def two_tellers(attempt):
    """监票人和计票人应是两名不同的党员；不满 7 人的支部，监票人由上级派。"""
    return ratings.tellers_fit(attempt)


@rule(QUORUM)
def enough_came(attempt):
    """还没有录入计票，或到会人数不够，本次测评无效；请另定日期重新召开。"""
    return ratings.enough_present(attempt)


@rule(RATING, "ratings")
def everybody_rated(attempt):
    """要评定的党员每人一个等次，不多不少。"""
    return ratings.every_graded_once(attempt, "ratings", ratings.to_rate(attempt))


@rule(RATING, "ratings", "reasons")
def departures_explained(attempt):
    """与测评结果不一致的等次，要写明理由。"""
    return ratings.departures_explained(attempt)


@rule(HEARD, "ratings", "heard")
def harsh_are_heard(attempt):
    """与测评相差两个等次，或定为不合格的，要先听取本人意见并写下来。"""
    return ratings.harsh_are_heard(attempt)


@rule(SHARE, "ratings")
def within_share(attempt):
    """优秀等次超过了党员总数的三分之一。"""
    return ratings.excellent_within_share(attempt)


@rule(SHARE, "ratings")
def share_kept(attempt):
    """优秀等次超过三分之一，本区规定不能超过。"""
    return ratings.share_kept(attempt)


@rule(DECIDED)
def goes_to_committee(attempt):
    """本区规定等次由支部确定，不报上级审批。"""
    return ratings.final_step(attempt) == "approve"


@rule(DECIDED)
def branch_decides(attempt):
    """本区规定等次要由上级会议审批。"""
    return ratings.final_step(attempt) != "approve"


@rule(DECIDED)
def nobody_sent_back(attempt):
    """多数成员要求退回个别党员的等次。"""
    return not ratings.sent_back(attempt)


@rule(DECIDED)
def somebody_sent_back(attempt):
    """没有多数成员要求退回的等次。"""
    return bool(ratings.sent_back(attempt))


@rule(DECIDED, "returned")
def returned_known(attempt):
    """退回的人应在名单里，每人只写一次。"""
    return ratings.returned_known(attempt)


@rule(DECIDED, "returned", "valid")
def returned_votes_fit(attempt):
    """退回某名党员的票数至少 1 票，不能多于有效票。"""
    return ratings.returned_votes_fit(attempt)


@rule(TOLD, "members")
def told_are_graded(attempt):
    """告知的人应是名单上已确定等次、还没有告知的党员。"""
    return set(map(str, attempt.words.get("members") or [])) <= set(outcome.untold(attempt))


@rule(TOLD)
def everybody_told(attempt):
    """还有党员没有告知。"""
    return not outcome.untold(attempt)


@rule(REVIEW)
def somebody_asked(attempt):
    """没有人申请复核。"""
    return bool(outcome.open_reviews(attempt))


@rule(REVIEW)
def all_answered(attempt):
    """还有复核申请没有答复。"""
    return not outcome.open_reviews(attempt)


@rule(REVIEW)
def asked_once_in_time(attempt):
    """复核由本人在告知后 5 个工作日内申请，只能申请一次。"""
    row = facts.row_of(attempt, attempt.actor.id)
    return outcome.may_still_ask(attempt) and row.review is None


@rule(REVIEW, "member")
def one_review(attempt):
    """请选明答复哪一名党员的复核申请。"""
    return outcome.reviewed(attempt) is not None


@rule(REVIEW)
def by_others(attempt):
    """参与提出或决定等次的人不能复核，由他人办理。"""
    return attempt.actor is None or attempt.actor.id not in outcome.decided(attempt)
