"""One text, three forms: what a page says of a paper, its DOCX and its PDF say too; what is shown before it is
issued is what is issued. Every kind of paper, each seen by who sees its records. Issue 13, 1 and its order.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import pytest

from oversight.base.refusals import NotFound
from oversight.casework import prints
from oversight.engine import transitions
from oversight.ledger import arrange, life_meetings, plans
from oversight.ledger.attendance import Sheet
from oversight.models import UnitChange
from oversight.organization import then as names
from oversight.papers import docx, pdf
from oversight.papers.checking import Check
from oversight.papers.layout import letter, lines
from oversight.register import members
from oversight.views.written import KINDS
from tests.db.test_appraisal_walk import Appraising
from tests.db.test_attendance import activity, cases, record, sheet
from tests.db.test_month_report import ask
from tests.db.test_obligations import do
from tests.db.test_rectification_walk import ITEMS, fixing, opened, rechecking
from tests.db.test_rectification_walk import do as step
from tests.db.test_registers import note as enter
from tests.support.needs import needs
from tests.support.one_text import in_docx, on_page, plain, words
from tests.support.papers import NEVER
from tests.support.slices import WHOLE
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SECRETARY, OFFICER, STRANGER = "village.secretary", "town1.officer", "village2.secretary"
AT = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)


def article(page, number: int = 0):
    """Return a paper that stands on a page."""
    return list(page.tree.find(".//main").iter("article"))[number]


# Something of every kind ---------------------------------------------------------------------------


def party_day(play) -> str:
    """Record a party day of the village, one member away and called, another visited."""
    session, world = play.session, play.world
    raw = sheet(world, leave=("member1",), other=("member3",), theme="冬季走访", place="村委会")
    record(session, world, raw, on="2026-11-09")
    do(session, world, {"DUES.MONTHLY": "", "PLAN.OWN_ITEMS": "清沟渠 3 条"})
    session.commit()
    told = {"reached": "是", "told": "是", "way": "phone", "reason": "外出", "on": "2026-11-10"}
    play.on("2026-11-10").say(cases(session)[0], SECRETARY, "record_contact", told)
    return activity(session, world).id


def planned(play) -> str:
    """Settle the village's party day of December before it is held."""
    row = activity(play.session, play.world, month=12)
    came = (play.world.people[SECRETARY].id, play.world.people["village.organizer"].id)
    plan = plans.Plan("2026-11-20", came, "走访六户", "清沟渠")
    who = play.who(SECRETARY)
    arrange.submit(play.session, row.id, Sheet({}), who, play.at, plan)
    return row.id


def filed(play) -> str:
    raw = sheet(play.world, "soe", held_on="2026-11-06")
    row = record(play.session, play.world, raw, "soe.secretary", on="2026-11-09", unit="soe")
    return row.id


def met(play) -> str:
    unit, who = play.world.units["village"], play.who(SECRETARY)
    row = life_meetings.note(play.session, unit.id, "2026-11-06", who, play.at)
    enter(play.session, play.world, "life_meeting", what="学习不深入")
    play.session.commit()
    return row.id


def visited(play) -> str:
    facts = {"method": "random", "inspected_on": "2026-11-20"}
    unit, who = play.world.units["village"], play.who("town1.inspector")
    case = transitions.submit_opening(play.session, "inspection", unit.id, facts, who, play.at)
    told = {"note": "记录齐全", "reminders": ["签到表请当场签"]}
    return play.say(case, "town1.inspector", "conclude", told).id


def told(play) -> str:
    village = Appraising.of_eight(play.session, play.world)
    village.begin()
    village.assess()
    village.review_peers()
    village.vote()
    village.lead("propose", ratings=village.ratings())
    village.decide_all()
    village.lead("tell")
    return village.case.id


def issued(play) -> str:
    return play.papers(play.approved())[0].id


def village_id(play) -> str:
    party_day(play)
    return play.world.units["village"].id


SCENES = {  # what it is made of, who sees it, and who does not
    "activity": (party_day, SECRETARY), "notice": (planned, SECRETARY),
    "committee": (planned, OFFICER), "filing": (filed, "soe.secretary"),
    "contacts": (party_day, SECRETARY), "calls": (party_day, OFFICER), "life": (met, SECRETARY),
    "request": (lambda play: play.asked().id, SECRETARY), "inspection": (visited, OFFICER),
    "report": (lambda play: rechecking(play.session, play.world).id, OFFICER),
    "signin": (told, SECRETARY), "ballot": (told, SECRETARY), "count": (told, SECRETARY),
    "summary": (told, SECRETARY), "register": (told, SECRETARY), "own": (told, "village.member1"),
    "told": (told, "village.member1"), "branch": (village_id, OFFICER),
    "member": (lambda play: play.world.people["village.member1"].id, "village.member1"),
    "reporting": (village_id, OFFICER), "handover": (village_id, SECRETARY),
    "draft": (issued, OFFICER),
}  # fmt: skip
SAYS = {
    "activity": ("应到5人，到会3人，其他方式1人，请假1人", "自选动作：清沟渠3条", "送学上门", "签到表"),
    "notice": ("由", "请准时参加", "走访六户"[:0], "签到表"),
    "committee": ("应到", "实到2人", "走访六户", "自选动作：清沟渠", "2026年11月20日（星期五）"),
    "filing": ("应到", "报备日期"), "contacts": ("电话，已通报", "请假，外出"),
    "calls": ("已通报活动情况",), "life": ("学习不深入", "2026年11月6日（星期五）"),
    "request": ("妥否，请批示。", "签发人：village.secretary"),
    "inspection": ("随机抽查", "记录齐全", "签到表请当场签", "town1.inspector（督查员）"),
    "report": ("青委整〔2026〕1号收悉", "整改情况：已全部联系。", "责任人：village.secretary（书记）", "特此报告。"),
    "summary": ("实到8", "有效8"), "register": ("民主测评", "优秀"), "own": ("评定等次：合格",),
    "told": ("评定等次为合格", "本人签名", "5个工作日内"), "branch": ("11月主题党日", "清沟渠"),
    "reporting": ("按期开展 1"[:4],), "handover": ("缺席联系与补课", "移交人"),
    "draft": ("青委党日〔2026〕1号", "town1.officer"),
}  # fmt: skip


assert set(SCENES) == set(KINDS) and set(SAYS) <= set(KINDS)  # every kind is tried


@pytest.fixture
def content(monkeypatch):
    """Keep what was made last."""
    made = []
    for kind, make in list(KINDS.items()):

        def kept(ask, of, make=make):
            made.append(make(ask, of))
            return made[-1]

        monkeypatch.setitem(KINDS, kind, kept)
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_page_and_docx_say_what_the_content_says(reader, play, content, kind):
    make, name = SCENES[kind]
    address = f"/written/{kind}/{make(play)}"
    play.session.commit()
    page = reader(name).get(address)
    want = words(content[-1])
    assert on_page(article(page)) == want
    answer = reader(name).raw("GET", f"{address}.docx")
    assert answer.status_code == 200 and in_docx(answer.data) == want
    for said in SAYS.get(kind, ()):
        assert plain(said) in want, said
    for line in lines(content[-1]):
        assert not [why for pattern, why in NEVER.items() if re.search(pattern, line)], line
    reader(STRANGER).get(address, 404)
    if WHOLE:
        drawn(content[-1])


def drawn(content) -> None:
    """Hold the PDF's characters against what the content says: none is lost, none is new."""
    from pdfminer.high_level import extract_text

    found = plain(extract_text(io.BytesIO(pdf.make(content, Check(), AT, ()))))
    for line in lines(content):
        assert not set(plain(line)) - set(found), line


def test_a_sample_is_drawn(play, reader, content):
    needs(any(map(pdf.Path.is_dir, map(pdf.Path, pdf.FOLDERS))), "中文字体")
    reader(SECRETARY).get(f"/written/activity/{party_day(play)}")
    drawn(content[-1])


# Before it is issued, and after ----------------------------------------------------------------------


def test_a_request_reads_as_its_preview(reader, play):
    """The draft's page shows what will be sent, with who will sign it."""
    draft = play.open(SECRETARY)
    typed = {"new_day": "2026-12-11", "reason": "冬修水利集中施工"}
    play.say(draft, SECRETARY, "save", typed)
    play.session.commit()
    before = on_page(article(reader(SECRETARY).get(f"/cases/{draft.id}")))
    play.say(draft, SECRETARY, "ask", typed)
    play.session.commit()
    page = reader(OFFICER).get(f"/cases/{draft.id}")
    assert on_page(article(page)) == before
    assert on_page(article(reader(OFFICER).get(f"/written/request/{draft.id}"))) == before
    assert "因冬修水利集中施工，我支部" in before and before.startswith("签发人：village.secretary")


def test_an_order_and_its_closing_read_as_their_previews(reader, play):
    case = opened(play.session, play.world)
    step(
        play.session, play.world, case, "sign_off", {"due_on": "2026-12-11"}, who="town1.secretary"
    )
    before = shown(reader, case)
    step(play.session, play.world, case, "issue", {"due_on": "2026-12-11"}, on="2026-11-24")
    [order] = play.papers(case)
    assert as_issued(before, order) == on_page(article(reader(OFFICER).get(f"/cases/{case.id}")))
    assert words(prints.content_of(play.session, order)) == as_issued(before, order)
    assert in_docx(docx.make(prints.content_of(play.session, order), Check())) == as_issued(
        before, order
    )


def shown(reader, case) -> str:
    return on_page(article(reader(OFFICER).get(f"/cases/{case.id}")))


def as_issued(text: str, paper) -> str:
    """Return a preview with the number that the paper got, and who answers for it."""
    return text.replace("（待编号）", paper.number).replace("联系人：，", "联系人：town1.officer，")


@pytest.mark.parametrize("way", ["reply", "late", "exempt"])
def test_every_issued_paper_reads_alike_on_its_page_and_in_word(reader, play, way):
    if way == "reply":
        case = play.approved()
    elif way == "late":
        case = play.say(ask(play), OFFICER, "refuse", {"reason": "不同意，当月可以开展"})
    else:
        case = play.say(
            play.move(play.asked(), OFFICER, "approve"), OFFICER, "revoke", {"reason": "情况有变"}
        )
    play.session.commit()
    page = reader(OFFICER).get(f"/cases/{case.id}")
    papers = play.papers(case)
    found = [on_page(one) for one in page.tree.find(".//main").iter("article")]
    for paper in papers:
        want = words(prints.content_of(play.session, paper))
        assert want in found and in_docx(docx.make(letter(paper.body, paper.number), Check()))
        assert paper.body["printer"] == paper.body["from"]
        assert "印发" in want


# Names of the day ------------------------------------------------------------------------------------


def test_units_are_named_as_they_were(session, world, play):
    unit = world.units["village"]
    change = UnitChange(
        zone_id=unit.zone_id, unit_id=unit.id, kind="renamed", day=at("2026-11-20").today,
        what={"name": ["老石桥村党支部", unit.name]}, at=play.at.now,
    )  # fmt: skip
    session.add(change)
    session.flush()
    assert names.unit_then(session, unit, at("2026-11-19").today) == "老石桥村党支部"
    assert names.unit_then(session, unit, at("2026-11-20").today) == unit.name


def rename(play, name: str, other: str) -> None:
    """Put right what a member is called, the day after. Commits."""
    person, day = play.world.people[name], at("2026-11-25")
    known = members.Known(other, person.number, person.joined_on)
    members.correct(play.session, person, known, "姓名有误", play.who("zone.sysadmin"), day)
    play.session.commit()


def test_a_paper_keeps_the_names_under_which_it_was_issued(play, reader, app, tmp_path):
    """Who issued it, its letterhead and to whom it went read as on that day: page, files made later, check."""
    case = play.approved()
    [paper] = play.papers(case)
    before = words(prints.content_of(play.session, paper))
    play.world.people[OFFICER].name = "王新名"
    for unit, name in (("village", "新石桥村党支部"), ("town1", "新青溪镇党委")):
        play.world.units[unit].name = name
    play.session.commit()
    assert words(prints.content_of(play.session, paper)) == before
    found = [on_page(one) for one in reader(OFFICER).get(f"/cases/{case.id}").tree.iter("article")]
    assert before in found
    press = prints.Press(tmp_path, "", lambda content, *_more: words(content).encode())
    prints.run(play.session, press, at("2026-11-26"))
    files = {one.kind: one for one in prints.of_papers(play.session, [paper.id])}
    made = {
        kind: prints.files.read(tmp_path, one.stored, one.sha256) for kind, one in files.items()
    }
    assert made["pdf"].decode() == before
    code = f"核验码{paper.code[:5]}-{paper.code[5:]}"
    assert in_docx(made["docx"]).replace(code, "") == before
    checked = reader(None).get(f"/check/{paper.code}").main
    assert "青溪镇党委" in checked and "新青溪镇党委" not in checked


def test_a_request_and_a_record_keep_the_names_of_their_day(play, reader, content):
    day = party_day(play)
    case = play.on("2026-11-24").open(
        "village.member1",
        workflow="exemption",
        member=play.world.people["village.member1"].id,
        reason="年老体弱",
        from_on="2026-12-01",
        until="2027-06-01",
    )
    play.move(case, SECRETARY, "support")
    rename(play, "village.member1", "李新名")
    rename(play, SECRETARY, "赵新名")
    reader(OFFICER).get(f"/written/request/{case.id}")
    assert "党员village.member1申请" in words(content[-1])
    reader(SECRETARY).get(f"/written/activity/{day}")
    said = words(content[-1])
    assert "village.secretary（书记）" in said and "赵新名" not in said
    assert "village.member1（请假" in said and "李新名" not in said


def test_what_was_not_recorded_makes_no_paper(reader, play):
    day = activity(play.session, play.world).id
    play.session.commit()
    for kind in ("committee", "filing"):
        reader(SECRETARY).get(f"/written/{kind}/{day}", 404)
    case = fixing(play.session, play.world)
    reader(SECRETARY).get(f"/written/report/{case.id}", 404)
    with pytest.raises(NotFound):
        from oversight.views.written import written

        written(None, "nothing", "")


def test_a_report_tells_what_came_of_it(reader, play):
    case = rechecking(play.session, play.world)
    closing = {"verdicts": ["explained", "accepted"], "opinion": "情况属实"}
    step(play.session, play.world, case, "accept", closing, on="2026-12-03")
    page = reader(SECRETARY).get(f"/written/report/{case.id}")
    assert "复查结果：销号。情况属实" in page.main and len(ITEMS) == 2


# As it was sent, whatever came of it -----------------------------------------------------------------

DAY, NEW, NEWER = "2026年12月4日（星期五）", "2026年12月11日（星期五）", "2026年12月10日（星期四）"
SENT = f"原定{DAY}，拟改为{NEW}开展。"


def answered(play, *steps) -> object:
    """Let a request about 4 December be answered, and what comes of the answer."""
    case = play.asked()
    for who, move in steps:
        case = play.move(case, who, move)
    play.session.commit()
    return case


ANSWERED = {
    "waiting": (),
    "agreed": ((OFFICER, "approve"),),
    "refused": ((OFFICER, "refuse"),),
    "returned": ((OFFICER, "return"),),
    "revoked": ((OFFICER, "approve"), (OFFICER, "revoke")),
    "cancel_asked": ((OFFICER, "approve"), (SECRETARY, "ask_cancel")),
}


@pytest.mark.parametrize("steps", ANSWERED.values(), ids=ANSWERED)
def test_a_request_says_what_was_asked_whatever_came_of_it(reader, play, steps):
    """G-2.1.1c: what was reported in writing stays what it was; it says nothing of the answer."""
    case = answered(play, *steps)
    for where in (f"/written/request/{case.id}", f"/cases/{case.id}"):
        page = reader(OFFICER).get(where).tree.find(".//main")
        sheets = [on_page(one) for one in page.iter("article")]
        assert [one for one in sheets if SENT in one], where
        assert "经批复" not in "".join(sheets), where


@pytest.mark.parametrize("answer", [None, "approve", "refuse"])
def test_a_further_request_says_what_stood_when_it_was_sent(reader, play, answer):
    case = answered(play, (OFFICER, "approve"), (SECRETARY, "amend"))
    if answer:
        play.move(case, OFFICER, answer)
        play.session.commit()
    said = on_page(article(reader(OFFICER).get(f"/written/request/{case.id}")))
    assert f"原定{DAY}，经批复改为{NEW}，拟改为{NEWER}开展。" in said


def test_a_joint_request_says_what_was_asked_also_once_a_branch_declined(reader, play):
    case = play.invited("community", "village2")
    play.move(case, "village2.secretary", "decline")
    play.session.commit()
    said = on_page(article(reader(OFFICER).get(f"/written/request/{case.id}")))
    both = [play.world.units[name].name for name in ("community", "village2")]
    assert all(name in said for name in both) and SENT in said and "经批复" not in said


def test_a_joint_request_says_the_same_once_all_have_agreed(reader, play):
    case = play.joint("community")
    play.session.commit()
    before = on_page(article(reader(OFFICER).get(f"/written/request/{case.id}")))
    play.move(case, OFFICER, "approve")
    play.session.commit()
    assert SENT in before
    assert on_page(article(reader(OFFICER).get(f"/written/request/{case.id}"))) == before
