"""A case's page without JavaScript: the walk, what is refused and kept, who came second, who may
look.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from oversight import workflows
from oversight.engine import transitions
from oversight.law.clauses import house_rule
from oversight.law.definition import Field, Move, State, Workflow
from oversight.law.roles import BRANCH
from oversight.models import Case, JournalRow, Paper
from oversight.workflows import date_change
from tests.support.actors import REASON


def url(case: Case) -> str:
    return f"/cases/{case.id}"


def test_the_whole_walk_by_forms(reader, session):
    """The secretary asks, the officer sends it back, is asked again and consents; both read what
    came of it.
    """
    branch, officer = reader("village.secretary"), reader("town1.officer")
    form = branch.get("/new/date_change")
    asked = branch.submit(form, "/new/date_change", new_day="2026-12-11", reason=REASON, then="ask")
    assert "已提交，等 青溪镇党委 批复。最晚 11月27日 有结果，批复之前可以撤回" in asked.main
    assert "等 青溪镇党委 办理" in asked.main
    desk = officer.get("/desk")
    officer.submit(desk, "/moves/return", say="请写清受影响的党员人数")
    back = branch.get(asked.path)
    assert "请写清受影响的党员人数" in back.main
    assert back.value("new_day") == "2026-12-11" and back.value("reason") == REASON
    again = branch.submit(back, "/moves/ask", new_day="other", new_day_other="2026-12-10")
    assert "12月10日" in again.main
    officer.submit(officer.get("/desk"), "/moves/approve", say="同意，请通知到每名党员。")
    read = branch.get(asked.path)
    assert "青委党日〔2026〕1号" in read.main
    assert (
        "同意你支部12月主题党日由2026年12月4日（星期五）改为2026年12月10日（星期四）开展"
        in read.main
    )
    assert "盖章处" in read.main and "关于变更12月主题党日活动时间的请示" in read.main
    case = session.scalar(sa.select(Case))
    assert (case.state, case.facts["new_day"]) == ("approved", "2026-12-10")


def test_the_way_so_far_and_ahead_is_shown(reader, play):
    case = play.asked()
    page = reader("town1.officer").get(url(case))
    steps = next(node for node in page.tree.iter("ol") if node.get("class") == "steps")
    shown = [(node.get("class"), node.find("b").text) for node in steps.iter("li")]
    assert shown == [("done", "提交请示"), ("now", "待批复"), (None, "已同意"), ("far", "已执行")]


def test_a_refusal_keeps_what_was_written(reader, play):
    case = play.open("village.secretary")
    branch = reader("village.secretary")
    page = branch.submit(
        branch.get(url(case)),
        "/moves/ask",
        422,
        new_day="other",
        new_day_other="2027-01-08",
        reason="写了很久的原因",
    )
    assert "改到的日期必须在同一个月之内。" in page.main
    assert page.value("reason") == "写了很久的原因"
    assert page.value("new_day_other") == "2027-01-08"
    assert page.links("改到的日期必须在同一个月之内。") == ["#w-new_day"]


def test_missing_words_are_named_each(reader, play):
    case = play.open("village.secretary")
    branch = reader("village.secretary")
    page = branch.submit(branch.get(url(case)), "/moves/ask", 422)
    assert "有 2 处需要修改" in page.main
    assert "请填写“改到哪一天”。" in page.main and "请填写“为什么要改”。" in page.main


def test_who_comes_second_is_told_who_was_first_and_keeps_his_words(reader, play, session):
    case = play.asked()
    officer, boss = reader("town1.officer"), reader("town1.secretary")
    first, second = officer.get(url(case)), boss.get(url(case))
    officer.submit(first, "/moves/approve", say="同意。")
    late = boss.submit(second, "/moves/return", 409, say="请说明<原因>再报")
    assert "town1.officer" in late.main and "同意" in late.main and "11月24日" in late.main
    assert "您的“退回修改”没有生效" in late.main and late.main.count("没有生效") == 1
    assert next(node.text for node in late.tree.iter("textarea")) == "请说明<原因>再报"
    session.expire_all()
    assert case.state == "approved"


def test_two_presses_of_one_button_decide_once(reader, play, session):
    case = play.asked()
    officer = reader("town1.officer")
    page = officer.get(url(case))
    officer.submit(page, "/moves/approve", say="同意。")
    again = officer.submit(page, "/moves/approve", say="同意。")
    assert "这一步刚才已经办好，没有重复办理。" in again.main
    assert session.scalar(sa.select(sa.func.count()).select_from(Paper)) == 1


def test_a_form_without_a_version_is_refused(reader, play):
    case = play.asked()
    page = reader("town1.officer").get(url(case))
    assert (
        "缺少版本号" in reader("town1.officer").submit(page, "/moves/approve", 400, version="").main
    )


def test_a_move_that_is_not_the_reader_s_is_refused_by_the_engine(reader, play, session):
    case = play.asked()
    branch = reader("village.secretary")
    page = branch.get(url(case))
    assert not page.has_form("/moves/approve")
    data = {**dict(page.fields("/moves/withdraw")), "opinion": "同意"}
    answer = branch.raw("POST", f"{url(case)}/moves/approve", data=data)
    assert answer.status_code == 403 and "由青溪镇党委办理" in answer.text
    assert case.state == "asked"


def test_an_unknown_move_is_not_found(reader, play):
    case = play.asked()
    officer = reader("town1.officer")
    data = dict(officer.get(url(case)).fields("/moves/approve"))
    assert officer.raw("POST", f"{url(case)}/moves/nothing", data=data).status_code == 404


@pytest.mark.parametrize(
    "name", ["town2.officer", "village2.secretary", "village.member1", "zone.sysadmin"]
)
def test_a_case_out_of_sight_does_not_exist(reader, play, name):
    case = play.asked()
    stranger = reader(name)
    gone = stranger.get(url(case), 404)
    assert "石桥村" not in gone.main
    token = dict(stranger.get("/me").fields("/logout"))
    for path in (f"{url(case)}/moves/approve", f"{url(case)}/desk/claim"):
        assert stranger.raw("POST", path, data={**token, "version": "1"}).status_code == 404


def test_why_something_cannot_be_done_is_said_with_the_rule(reader, play):
    case = play.asked()
    page = reader("village.secretary").get(url(case)).main
    assert "“同意”由青溪镇党委办理，您可以查看，不能办理。" in page
    above = reader("zone.officer").get(url(case)).main
    assert "上级还没有到期，到期不答复才能提级办理。" in above


def test_other_business_is_folded_away_and_works(reader, play, session):
    case = play.asked()
    officer = reader("town1.officer")
    page = officer.submit(officer.get(url(case)), "/moves/void", 422, reason="")
    assert "请填写“理由”。" in page.main
    done = officer.submit(page, "/moves/void", reason="重复立案")
    assert "误立作废" in done.main and "重复立案" in done.main
    (way,) = (one for one in done.tree.iter() if one.get("class") == "steps")
    ends = ["".join(one.itertext()) for one in way.iter() if one.tag.endswith("b")]
    assert ends.count("误立作废") == 1 and len(ends) > 1, "a case ends once"
    session.expire_all()
    assert case.state == "void"


def test_a_revoked_reply_is_marked_void_and_keeps_its_number(reader, play):
    case = play.approved()
    officer = reader("town1.officer")
    page = officer.submit(officer.get(url(case)), "/moves/revoke", reason="情况已经变化")
    assert "作废" in page.main and "青委党日〔2026〕1号" in page.main


def test_a_late_superior_is_shown_and_taken_over(reader, play, clock):
    case = play.asked()
    clock.now += timedelta(days=6)
    zone = reader("zone.officer")
    page = zone.get(url(case))
    assert "已超期" in page.main
    done = zone.submit(page, "/moves/take_over", reason="镇党委逾期未答复")
    assert "已提级办理" in done.main
    assert "下一步：请您批复" in zone.get(url(case)).main


def test_where_many_answer_each_is_shown(reader, play):
    case = play.joint("village2")
    page = reader("town1.officer").get(url(case))
    assert "青溪镇党委：还没有答复" in page.main and "柏岭镇党委：还没有答复" in page.main
    reader("town1.officer").submit(page, "/moves/approve", say="同意。")
    second = reader("town2.officer").get(url(case))
    assert "青溪镇党委：同意" in second.main
    reader("town2.officer").submit(second, "/moves/approve", say="同意。")
    final = reader("village.secretary").get(url(case)).main
    assert "青委党日〔2026〕1号" in final and "柏委党日〔2026〕1号" in final


def test_the_course_of_things_is_told_newest_first(reader, play):
    case = play.approved()
    page = reader("village.secretary").get(url(case))
    told = next(node for node in page.tree.iter("ol") if node.get("class") == "tl")
    lines = [" ".join("".join(node.itertext()).split()) for node in told.iter("li")]
    assert [
        bool(re.search(word, line))
        for word, line in zip(
            ("已同意", "town1.officer.* 同意 11月24日", "提交请示", "起草"), lines, strict=True
        )
    ] == [True] * 4


def test_on_a_phone_an_answer_leads_to_the_next_case(reader, play):
    first, second = play.asked(), play.asked(name="community.secretary", unit="community")
    officer = reader("town1.officer")
    page = officer.get(f"{url(first)}?from=desk")
    after = officer.submit(page, "/moves/approve", say="同意。")
    assert after.path == f"{url(second)}?from=desk"
    assert officer.submit(after, "/moves/approve", say="同意。").path == "/desk"


@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/"])
def test_an_answer_leads_nowhere_but_here(reader, play, target):
    case = play.asked()
    officer = reader("town1.officer")
    assert officer.submit(
        officer.get(url(case)), "/moves/approve", say="同意。", next=target
    ).path == url(case)


def test_what_people_wrote_is_shown_as_they_wrote_it(reader, play):
    case = play.open("village.secretary")
    play.say(
        case,
        "village.secretary",
        "ask",
        {"new_day": "2026-12-11", "reason": "<b>x</b> & \"引号\" '单'"},
    )
    for name, path in (
        ("town1.officer", "/desk"),
        ("town1.officer", url(case)),
        ("village.secretary", url(case)),
    ):
        assert "<b>x</b> &" in reader(name).get(path).main


TOY = """
{% block facts %}<p>{{ _("玩具：") }}{{ case.facts.colour }}</p>{% endblock %}
"""


@pytest.fixture
def toy(app, tmp_path):
    """A workflow that came as one definition;

    its template is written by the test that wants one.
    """
    asked = State("asked", "在办", waits_on=BRANCH)
    rule = house_rule("玩具规则。")
    workflow = Workflow(
        "toy",
        "玩具",
        version=1,
        opens=asked,
        opened_by=BRANCH,
        facts=(Field("colour", "text", "颜色"),),
        moves=(
            Move(
                "finish",
                "完成",
                asked,
                State("done", "完成了"),
                by=BRANCH,
                under=rule,
                asks=(
                    Field("size", "number", "大小"),
                    Field("good", "yes_no", "好不好"),
                    Field("kind", "choice", "种类", choices=(("a", "甲"), ("b", "乙"))),
                ),
            ),
        ),
    )
    workflows.register(workflow)
    yield workflow
    workflows.forget("toy")
    transitions.forget_machine("toy")


def test_a_workflow_without_a_template_has_pages(reader, toy, session):
    branch = reader("firm.secretary")
    assert "玩具" in branch.get("/new").main
    page = branch.submit(branch.get("/new/toy"), "/new/toy", colour="红")
    assert "颜色" in page.main and "红" in page.main
    wrong = branch.submit(page, "/moves/finish", 422, size="abc", kind="b", good="true")
    assert "“大小”应是数字。" in wrong.main
    assert (
        wrong.value("size") == "abc"
        and wrong.value("kind") == "b"
        and wrong.value("good") == "true"
    )
    done = branch.submit(wrong, "/moves/finish", size="3")
    assert "完成了" in done.main and "乙" in done.main
    row = session.scalars(sa.select(JournalRow).order_by(JournalRow.seq.desc())).first()
    assert row.words == {"size": 3, "good": True, "kind": "b"}


def test_one_template_is_enough_to_say_it_in_its_own_way(reader, toy, app, tmp_path, monkeypatch):
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "toy.html").write_text(TOY, encoding="utf-8")
    from jinja2 import ChoiceLoader, FileSystemLoader

    loader = ChoiceLoader([app.jinja_loader, FileSystemLoader(str(tmp_path))])
    monkeypatch.setattr(app, "jinja_loader", loader)
    monkeypatch.setattr(app.jinja_env, "loader", loader)
    monkeypatch.delitem(app.extensions, "templates_of", raising=False)  # found once a process
    branch = reader("firm.secretary")
    page = branch.submit(branch.get("/new/toy"), "/new/toy", colour="红")
    assert "颜色" in page.main
    assert "玩具：红" in branch.get("/desk").main


def test_every_workflow_of_the_house_has_its_own_template(app):
    for workflow in (date_change.WORKFLOW, *workflows.every()):
        app.jinja_env.get_template(f"cases/{workflow.name}.html")
