"""Case pages of part 2: findings and verdicts in proper forms, the inspector's round, exemption,
absence.
"""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from oversight.models import Case
from tests.db.test_attendance import cases as absences
from tests.db.test_attendance import record, sheet
from tests.db.test_rectification_walk import FINDINGS, ITEMS, do, fixing, opened, rechecking

# What these pages show does not depend on the database; the moves are tried on both in tests/db.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PEOPLE = ("town1.secretary", "town1.officer", "village.secretary")
REPORT = {
    "items-1-measure": "值班表上墙，12月4日按期开展",
    "items-1-done_on": "2026-11-24",
    "items-2-measure": "已全部联系",
    "items-2-done_on": "2026-11-24",
}


def url(case) -> str:
    return f"/cases/{case.id}"


def one(session, workflow: str) -> Case:
    session.expire_all()
    return session.scalars(sa.select(Case).where(Case.workflow == workflow)).one()


# Rectification


def test_each_finished_step_names_who_did_it_not_who_came_to_it(reader, world, session):
    """The branch reported, the town's inspector is to check again: neither stands for the other."""
    case = rechecking(session, world)
    session.commit()
    page = reader("village.secretary").get(url(case))
    steps = {
        node.findtext("b"): "".join(node.itertext())
        for node in page.tree.findall(".//ol[@class='steps']/li")
    }
    acted = [next(n for n in PEOPLE if n in text) for text in list(steps.values())[:4]]
    assert acted == ["town1.secretary", "town1.officer", "village.secretary", "village.secretary"]


def test_an_order_is_drafted_in_blocks_signed_and_issued(reader, world, session):
    inspector = reader("town1.inspector")
    page = inspector.get("/new/rectification")
    assert "石桥村党支部" in page.main and "柏树村" not in page.main
    page = inspector.get(f"/new/rectification?unit={world.units['village'].id}")
    assert page.value("inspected_on") == "2026-11-24"
    words = {
        f"findings-{n}-{name}": value
        for n, row in ((1, FINDINGS[0]), (3, FINDINGS[1]))
        for name, value in row.items()
    }
    wrong = inspector.submit(
        page, "/new/rectification", 422, method="random", **{**words, "findings-3-fact": ""}
    )
    assert "“问题”第 2 条：请填写“事实”。" in wrong.main
    assert (
        wrong.value("findings-1-fact") == FINDINGS[0]["fact"]
        and wrong.value("findings-2-demand") == "逐一联系并补课"
    )
    case = inspector.submit(wrong, "/new/rectification", **{"findings-2-fact": FINDINGS[1]["fact"]})
    assert (
        "通知书已起草，等 青溪镇党委 签发" in case.main
        and one(session, "rectification").facts["findings"] == FINDINGS
    )
    town = reader("town1.secretary")
    page = town.get(url(one(session, "rectification")))
    assert page.value("due_on") == "2026-12-15", "fifteen working days are proposed"
    unset = town.submit(page, "/moves/sign_off", 422, due_on="")
    assert "期限改了，下面的通知书已按新的期限写好。" in unset.main
    signed = town.submit(unset, "/moves/sign_off")
    assert "下一步：请您编号印发" in signed.main, "不予签发 is no answer that is asked for"
    officer = reader("town1.officer")
    page = officer.get(url(one(session, "rectification")))
    assert page.value("due_on") == "2026-12-15", "fifteen working days are proposed"
    weekend = officer.submit(page, "/moves/issue", 422, due_on="2026-12-12")
    assert "于2026年12月12日前" in weekend.main, "what would be issued is shown first"
    weekend = officer.submit(weekend, "/moves/issue", 422)
    assert (
        "整改期限要定在今天之后的工作日。" in weekend.main
        and weekend.value("due_on") == "2026-12-12"
    )
    chosen = officer.submit(weekend, "/moves/issue", 422, due_on="2026-12-11")
    done = officer.submit(chosen, "/moves/issue")
    assert "已印发：青委整〔2026〕1号，等 石桥村党支部 签收" in done.main


def test_the_branch_reports_one_block_a_finding(reader, world, session):
    case, branch = fixing(session, world), reader("village.secretary")
    page = branch.get(url(case))
    assert (
        "整改通知书" in page.main
        and "没有做的记录不补写" in page.main
        and page.has_form("/ask_extension")
    )
    short = branch.submit(page, "/moves/report", 422, **{**REPORT, "items-1-measure": ""})
    assert "“逐条整改情况”第 1 条：请填写“整改措施或情况说明”。" in short.main
    assert (
        short.value("items-2-measure") == "已全部联系"
        and short.value("items-1-done_on") == "2026-11-24"
    )
    assert "#m-report-items" in short.links("逐条整改情况")
    ahead = branch.submit(
        short, "/moves/report", 422, **{**REPORT, "items-2-done_on": "2026-12-24"}
    )
    assert "完成日期不能晚于今天。" in ahead.main
    done = branch.submit(ahead, "/moves/report", **REPORT)
    assert "现在是“待复核”" in done.main and not done.has_form("/report")


def test_the_recheck_gives_each_finding_a_verdict(reader, world, session, clock):
    case, officer = rechecking(session, world), reader("town1.officer")
    page = officer.get(url(case))
    assert "2 个问题都是“通过”或“说明属实”即销号" in page.main and "值班表" in page.main
    missing = officer.submit(
        page, "/moves/accept", 422, **{"verdicts-1": "accepted"}, opinion="已看材料"
    )
    assert "“逐条结论”第 2 条请从给出的选项中选择。" in missing.main
    assert (missing.value("verdicts-1"), missing.value("opinion")) == ("accepted", "已看材料")
    fails = officer.submit(missing, "/moves/accept", 422, **{"verdicts-2": "not"})
    assert (
        "还有问题不通过，不能销号，请退回再改。" in fails.main
        and fails.value("verdicts-2") == "not"
    )
    done = officer.submit(fails, "/moves/accept", **{"verdicts-2": "explained"})
    assert (
        "已销号：青委整〔2026〕1号" in done.main
        and "整改销号通知" in done.main
        and "说明属实" in done.main
    )


def test_sent_back_shows_the_round_before(reader, world, session):
    case, officer = rechecking(session, world), reader("town1.officer")
    page = officer.submit(
        officer.get(url(case)),
        "/moves/send_back",
        opinion="还有一人未联系",
        **{"verdicts-1": "accepted", "verdicts-2": "not"},
    )
    assert (
        "已退回再改" in page.main and "第 1 轮复核" in page.main and "还有一人未联系" in page.main
    )


def test_extension_and_objection_are_under_other_business(reader, world, session):
    case, branch = fixing(session, world), reader("village.secretary")
    page = branch.get(url(case))
    done = branch.submit(page, "/moves/object", reason="当天已书面请示")
    assert "异议待答复" in done.main
    officer = reader("town1.officer")
    answered = officer.submit(
        officer.get(url(case)),
        "/moves/answer_objection",
        opinion="维持",
        **{"answers-1": "没有收到请示", "answers-2": ""},
    )
    assert one(session, "rectification").facts["objection"]["answers"] == ["没有收到请示", ""]
    assert "答复：维持" in answered.main
    case = branch.submit(branch.get(url(case)), "/moves/ask_higher_review", reason="仍有异议")
    zone = reader("zone.officer")
    heard = zone.submit(zone.get(case.path), "/moves/answer_review", opinion="予以支持")
    assert "答复：维持" in heard.main and "上一级复查答复：予以支持" in heard.main


def test_a_recalled_order_goes_to_the_branch_that_is_chosen(reader, world, session):
    case, officer = fixing(session, world), reader("town1.officer")
    page = officer.submit(officer.get(url(case)), "/moves/recall", reason="支部写错")
    assert "作废" in page.main
    officer.submit(page, "/moves/reissue", unit=world.units["community"].id)
    new = session.scalars(sa.select(Case).where(Case.unit_id == world.units["community"].id)).one()
    assert new.state == "draft"


def test_who_may_not_judge_reads(reader, world, session):
    case = rechecking(session, world)
    for name in ("village.secretary", "town1.inspector"):
        page = reader(name).get(url(case))
        assert not page.has_form("/accept") and "已全部联系" in page.main


def test_a_draft_shows_the_paper_that_is_to_be_signed(reader, world, session):
    case = opened(session, world)
    page = reader("town1.secretary").get(url(case))
    assert "签发、印发的就是这一份" in page.main and "经2026年11月20日督查" in page.main
    assert page.value("due_on") == "2026-12-15" and "于2026年12月15日前（含当日）完成" in page.main
    other = reader("town1.inspector").get(url(case))
    assert "印发前预览" in other.main and "于2026年12月15日前" not in other.main


def test_what_is_signed_is_the_text_that_was_shown(reader, world, session):
    case, town = opened(session, world), reader("town1.secretary")
    changed = town.submit(
        town.get(url(case)), "/moves/sign_off", 422, due_on="2026-12-18", opinion="同意"
    )
    assert "于2026年12月18日前（含当日）完成" in changed.main
    assert "#m-sign_off-due_on" in changed.links("期限改了") and changed.value("opinion") == "同意"
    town.submit(changed, "/moves/sign_off")
    officer = reader("town1.officer")
    page = officer.get(url(case))
    assert "整改期限：12月18日 星期五，签发时已定。" in page.main
    forged = officer.submit(page, "/moves/issue", 422, due_on="2026-12-17")
    assert "整改期限签发时已经定下" in forged.main
    issued = officer.submit(page, "/moves/issue")
    assert "于2026年12月18日前（含当日）完成" in issued.main
    session.expire_all()
    assert one(session, "rectification").facts["due_on"] == "2026-12-18"


# Inspection


def test_a_round_on_a_phone_with_nothing_found(reader, world, session):
    inspector = reader("town1.inspector")
    page = inspector.submit(
        inspector.get(f"/new/inspection?unit={world.units['village'].id}"),
        "/new/inspection",
        method="on_site",
    )
    assert "督查已开始" in page.main and "二（一） 时间安排" in page.main
    done = inspector.submit(
        page,
        "/moves/conclude",
        reminders="党旗有褶皱\n桌牌未摆",
        **{"seen-R-2.1.1b": "ok", "seen-R-3.2.1a": "remind", "fact-R-3.2.1a": "记录少一人签名"},
    )
    case = one(session, "inspection")
    assert case.state == "clean" and case.facts["note"] == "对照条款查看 2 条，1 条没有问题。"
    assert (
        case.facts["reminders"] == ["三（二）1：记录少一人签名", "党旗有褶皱", "桌牌未摆"]
        and "桌牌未摆" in done.main
    )


def test_what_is_found_becomes_an_order_and_nothing_typed_is_lost(reader, world, session):
    inspector = reader("town1.inspector")
    page = inspector.submit(
        inspector.get(f"/new/inspection?unit={world.units['village'].id}"),
        "/new/inspection",
        method="random",
    )
    marked = {"seen-R-3.2.1b": "finding", "fact-R-3.2.1b": "缺席未联系", "note": "到会较好"}
    wrong = inspector.submit(page, "/moves/conclude", 422, **marked)
    assert "清单里记了 1 个组织不力的问题，请选“登记情况并转整改”。" in wrong.main
    assert (
        wrong.value("seen-R-3.2.1b"),
        wrong.value("fact-R-3.2.1b"),
        wrong.value("note"),
    ) == tuple(marked.values())
    asked = inspector.submit(wrong, "/moves/order", 422)
    assert (
        "“组织不力的问题”第 1 条：请填写“整改要求”。" in asked.main
        and asked.value("note") == "到会较好"
    )
    inspector.submit(asked, "/moves/order", **{"demand-R-3.2.1b": "逐一联系"})
    assert one(session, "rectification").facts["findings"] == [
        {"clause": "R-3.2.1b", "fact": "缺席未联系", "demand": "逐一联系"}
    ]


def test_flag_badges_and_books_are_looked_at_by_the_branch_s_own_clause(reader, world, session):
    """四、3 of villages: seen and in order is noted; found wanting becomes an order."""
    inspector = reader("town1.inspector")
    for answer, move, state in (("ok", "conclude", "clean"), ("finding", "order", "ordered")):
        page = inspector.submit(
            inspector.get(f"/new/inspection?unit={world.units['village'].id}"),
            "/new/inspection",
            method="on_site",
        )
        assert "党员活动室悬挂党旗" in page.main
        said = {"fact-R-4.3c": "没有悬挂党旗", "demand-R-4.3c": "悬挂党旗"}
        inspector.submit(page, f"/moves/{move}", **{"seen-R-4.3c": answer}, **said)
        newest = sa.select(Case).where(Case.workflow == "inspection").order_by(Case.id.desc())
        assert session.scalars(newest.limit(1)).one().state == state
    assert one(session, "rectification").facts["findings"][0]["clause"] == "R-4.3c"


def test_an_order_without_a_finding_is_refused(reader, world, session):
    inspector = reader("town1.inspector")
    page = inspector.submit(
        inspector.get(f"/new/inspection?unit={world.units['firm'].id}"),
        "/new/inspection",
        method="desk_review",
    )
    assert "请填写“组织不力的问题”。" in inspector.submit(page, "/moves/order", 422).main


# Exemption and absence


def test_a_member_asks_for_himself_and_his_branch_for_anybody(reader, world, session):
    member = reader("village.member1")
    page = member.get("/new/exemption")
    assert page.value("member") == world.people["village.member1"].id
    wrong = member.submit(
        page, "/new/exemption", 422, reason="年老体弱", from_on="2026-12-01", until="2026-11-01"
    )
    assert "起止日期要写清楚" in wrong.main and wrong.value("until") == "2026-11-01"
    done = member.submit(wrong, "/new/exemption", until="2027-05-31")
    assert (
        "village.member1 申请免予参加活动" in done.title
        or "village.member1 申请免予参加活动" in done.main
    )
    leader = reader("village.secretary")
    assert "village.member2" in leader.get("/new/exemption").main
    case = leader.submit(leader.get(url(one(session, "exemption"))), "/moves/support")
    assert "village.member1" in case.main and one(session, "exemption").state == "supported"
    assert world.people["village.member1"].id not in case.main


def test_an_absence_shows_tries_lesson_and_finding(reader, world, session):
    record(session, world, sheet(world, absent=("member1",)))
    case, branch = absences(session)[0], reader("village.secretary")
    assert (
        "支部会联系您，把活动情况告诉您" in reader("village.member1").get(f"/cases/{case.id}").main
    )
    page = branch.get(url(case))
    assert "village.member1 缺席联系与补课" in page.main and "还没有联系。" in page.main
    page = branch.submit(
        page, "/moves/record_contact", reached="true", told="true", way="phone", reason="家事"
    )
    assert "11月24日 电话，联系上，已通报活动情况" in page.main
    page = branch.submit(page, "/moves/find_unexcused", heard="忘记了时间", note="支委会认定")
    assert "无故不参加" in page.main and "忘记了时间" in page.main
    page = branch.submit(page, "/moves/educate", measure="谈话提醒")
    assert "谈话提醒" in page.main and page.has_form("/record_lesson")
    own = reader("village.member1").get(url(case))
    assert own.has_form("/object") and not own.links("和其他缺席的人一起登记")


def test_a_lesson_that_a_superior_excused_is_shown_as_granted(reader, world, session):
    record(session, world, sheet(world, absent=("member1",)))
    [case] = absences(session)
    do(session, world, case, "excuse", {"reason": "驻外执勤"}, who="town1.officer")
    session.commit()
    assert 'class="chip ok">上级同意不补课<' in reader("village.secretary").get(url(case)).html


def test_a_document_is_offered_where_it_can_be_sent(reader, world, session):
    case = fixing(session, world)
    page = reader("village.secretary").get(url(case))
    assert page.has_form("/attachments") and "1. 11月6日未开展活动" in page.main
    do(
        session,
        world,
        case,
        "report",
        {"items": [{"measure": "已办", "done_on": "2026-12-02"}] * 2},
        who="village.secretary",
        on="2026-12-02",
    )
    sent = reader("village.secretary").get(url(case))
    assert sent.has_form("/attachments") and "对方开始办理以前，还可以补照片和材料。" in sent.main
    officer = reader("town1.officer")
    officer.submit(officer.get(url(case)), "/desk/claim")
    assert not reader("village.secretary").get(url(case)).has_form("/attachments")


# Sent back ----------------------------------------------------------------------------------------


@pytest.fixture
def sent_back(reader, session, world):
    """An order whose report came back for its second finding, as the branch sees it."""
    case, officer = rechecking(session, world), reader("town1.officer")
    verdicts = {"verdicts-1": "accepted", "verdicts-2": "not"}
    page = officer.get(f"/cases/{case.id}")
    officer.submit(page, "/moves/send_back", opinion="还有一人未联系", **verdicts)
    session.expire_all()
    return reader("village.secretary").get(f"/cases/{case.id}")


def test_a_report_that_is_sent_back_stands_again(sent_back):
    assert sent_back.value("items-1-measure") == ITEMS[0]["measure"]


def test_a_verdict_is_shown_in_words(sent_back):
    assert "['" not in sent_back.main and not re.search(r"\baccepted\b", sent_back.main)
