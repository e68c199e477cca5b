"""文号 that the office keeps in its own register: 文号待登记 until it is copied from there, once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.engine import journal
from oversight.models import Case, Paper, ZoneSettingRow
from tests.db.test_appraisal_cases import setting
from tests.db.test_rectification_walk import do
from tests.db.test_told import ITEMS, MET, issued


@pytest.fixture
def waiting(session, play):
    """An approved request whose reply waits for its number."""
    setting(play, "reply_numbers", "typed")
    case = play.approved()
    session.commit()
    return case


def papers(session) -> list[str]:
    session.expire_all()
    return [paper.number for paper in session.scalars(sa.select(Paper).order_by(Paper.id))]


def test_a_reply_is_issued_before_its_number_is_typed(session, reader, waiting):
    assert papers(session) == ["文号待登记"]
    officer = reader("town1.officer")
    assert "文号待登记" in officer.get(f"/cases/{waiting.id}").main
    assert "有 1 份文书的文号待登记" in officer.get("/desk").main
    assert "待登记" not in reader("town2.officer").get("/desk").main
    done = officer.submit(officer.get("/papers"), "/number", number=" 青委[2026]３１号 ")
    assert "已登记文号：青委〔2026〕31号" in done.main and "没有等着" in done.main
    assert papers(session) == ["青委〔2026〕31号"]
    assert session.get(Case, waiting.id).number == "青委〔2026〕31号"
    page = officer.get(f"/cases/{waiting.id}").main
    assert "青委〔2026〕31号" in page and "登记文号" in page
    assert journal.verify_lines(journal.export_lines(session)) == []


@pytest.mark.parametrize(
    "number, said",
    [
        ("", "文号请写成"),
        ("31", "文号请写成"),
        ("青委〔2026〕" + "9" * 5000 + "号", "文号请写成"),
        ("青委〔2025〕31号", "印发的那一年（2026）"),
        ("青委党日〔2026〕1号", "系统连续编号"),
    ],
)
def test_what_is_no_number_of_the_register_is_said(session, reader, play, world, number, said):
    play.approved(unit="community", name="community.secretary")  # 党日 is counted by the program
    setting(play, "reply_numbers", "typed")
    play.approved()
    session.commit()
    officer = reader("town1.officer")
    page = officer.submit(officer.get("/papers"), "/number", 422, number=number)
    assert said in page.main and page.value("number") in (number, number.strip())
    assert papers(session)[1] == "文号待登记"


def test_a_number_stands_on_one_paper_only_and_for_good(session, reader, play, waiting):
    play.approved(unit="community", name="community.secretary")
    session.commit()
    officer = reader("town1.officer")
    page = officer.get("/papers")
    officer.submit(page, "/number", number="青委〔2026〕31号")
    [again] = [
        form.get("action")
        for form in officer.get("/papers").tree.iter("form")
        if form.get("action").endswith("/number")
    ]
    token = page.value("csrf_token")
    twice = officer.raw("POST", again, data={"csrf_token": token, "number": "青委〔2026〕31号"})
    assert twice.status_code == 422 and "已经用在另一份文书上" in twice.text
    changed = officer.submit(page, "/number", number="青委〔2026〕32号")
    assert "已经登记为青委〔2026〕31号" in changed.main
    assert papers(session) == ["青委〔2026〕31号", "文号待登记"]


@pytest.mark.parametrize(
    "name, status", [("village.secretary", 403), ("town2.officer", 404), ("town1.inspector", 403)]
)
def test_only_the_issuing_office_enters_it(session, reader, waiting, name, status):
    [paper] = session.scalars(sa.select(Paper))
    one = reader(name)
    token = one.get("/me").value("csrf_token")
    answer = one.raw(
        "POST", f"/papers/{paper.id}/number", data={"csrf_token": token, "number": "x"}
    )
    assert answer.status_code == status
    assert papers(session) == ["文号待登记"]


def enter(reader, number: str):
    """Let the officer enter the number of the one paper that waits; returns the page."""
    officer = reader("town1.officer")
    return officer.submit(officer.get("/papers"), "/number", number=number)


def test_a_number_copied_wrongly_is_put_right_with_a_reason(session, reader, waiting):
    page, officer = enter(reader, "青委〔2026〕31号"), reader("town1.officer")
    refused = officer.submit(page, "/correct", 422, number="青委〔2026〕32号", why="")
    assert "原因" in refused.main and refused.value("number") == "青委〔2026〕32号"
    done = officer.submit(refused, "/correct", number="青委〔2026〕32号", why="抄错一行")
    assert "已更正为青委〔2026〕32号" in done.main
    assert papers(session) == ["青委〔2026〕32号"]
    assert session.get(Case, waiting.id).number == "青委〔2026〕32号"
    shown = officer.get(f"/cases/{waiting.id}").main
    assert "更正文号" in shown and "抄错一行" in shown
    assert "现更正为青委〔2026〕32号" in reader("village.secretary").get("/notices").main
    assert journal.verify_lines(journal.export_lines(session)) == []


@pytest.mark.parametrize(
    "number, said", [("青委〔2026〕31号", "与登记的相同"), ("31", "请写成"), ("", "请写成")]
)
def test_a_correction_is_another_number_of_the_register(session, reader, waiting, number, said):
    page = enter(reader, "青委〔2026〕31号")
    again = reader("town1.officer").submit(page, "/correct", 422, number=number, why="抄错")
    assert said in again.main and again.value("why") == "抄错"
    assert papers(session) == ["青委〔2026〕31号"]


def test_what_the_program_counted_is_not_corrected_and_nobody_else_corrects(
    session, reader, play, waiting
):
    session.execute(sa.update(ZoneSettingRow).values(value="own"))
    counted = play.approved(unit="community", name="community.secretary")
    session.commit()
    enter(reader, "青委〔2026〕31号")
    before = papers(session)
    own = session.scalar(sa.select(Paper.id).where(Paper.case_id == counted.id))
    typed = session.scalar(sa.select(Paper.id).where(Paper.case_id == waiting.id))
    words = {"number": "青委〔2026〕99号", "why": "更正"}
    for name, paper, status in (
        ("town1.officer", own, 422),
        ("village.secretary", typed, 403),
        ("town2.officer", typed, 404),
    ):
        one = reader(name)
        data = {"csrf_token": one.get("/me").value("csrf_token"), **words}
        assert one.raw("POST", f"/papers/{paper}/correct", data=data).status_code == status
    assert papers(session) == before


def test_every_paper_that_takes_a_number_may_be_numbered_by_the_office(
    session, world, reader, play
):
    """An order, and the notice that closes it, which names it by its day while it has no number."""
    setting(play, "reply_numbers", "all")
    case = issued(session, world)
    branch = {"who": "village.secretary"}
    do(session, world, case, "acknowledge", **branch, on="2026-11-24")
    do(session, world, case, "report", {"items": ITEMS}, **branch, on="2026-12-02")
    do(session, world, case, "accept", MET, on="2026-12-03")
    assert papers(session) == ["文号待登记"] * 2
    order, closing = session.scalars(sa.select(Paper).order_by(Paper.id))
    assert (order.kind, closing.kind) == ("order", "closing")
    assert "2026年11月23日印发的整改通知书所列" in str(closing.body)
    officer = reader("town1.officer")
    page = officer.get("/papers")
    for paper, number in ((closing, "青委〔2026〕9号"), (order, "青委〔2026〕7号")):
        path = f"/papers/{paper.id}/number"
        words = {"csrf_token": page.value("csrf_token"), "number": number}
        assert officer.raw("POST", path, data=words).status_code == 302
    assert session.get(Case, case.id, populate_existing=True).number == "青委〔2026〕7号"
