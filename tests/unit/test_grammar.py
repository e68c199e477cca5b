"""What may not be said in a definition: each forbidden sentence is refused while it is made. No
database.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from oversight.base.refusals import InvalidDefinition, NotFound
from oversight.law.clauses import UnknownClause, clause, house_rule
from oversight.law.definition import (
    INTERNAL,
    Bulk,
    Due,
    Field,
    Move,
    MultiInstance,
    Rule,
    State,
    Tell,
    Workflow,
    as_table,
    effect,
    rule,
)
from oversight.law.roles import ABOVE, AUTOMATIC, BRANCH, SUPERIOR, TIMER, Role
from oversight.workflows import current, every, forget, get, load, register

ROOT = Path(__file__).resolve().parents[2]
GROUND = house_rule("为测试而设。")
CLAUSE = clause("G-2.1.1c")
SOON = Due(3, GROUND)
DRAFT = State("draft", "草稿", waits_on=BRANCH)
ASKED = State("asked", "待批复", waits_on=SUPERIOR, due=SOON)
DONE = State("done", "办结")
ALL = MultiInstance(SUPERIOR, lambda attempt: [], "各方")
MANY = State("many", "待各方批复", waits_on=ALL, due=SOON)


def move(name, leaves, enters, by, **more):
    return Move(name, name, leaves, enters, by=by, under=CLAUSE, **more)


ASK = move("ask", DRAFT, ASKED, BRANCH)
APPROVE = move("approve", ASKED, DONE, SUPERIOR)


def workflow(*moves, opens=DRAFT, **more):
    return Workflow("toy", "试办", version=1, opens=opens, opened_by=BRANCH, moves=moves, **more)


def some_day(_attempt):
    return date(2026, 12, 4)


def test_a_sound_definition_is_accepted():
    made = workflow(ASK, APPROVE)
    assert [state.name for state in made.states] == ["draft", "asked", "done"]
    assert made.final(DONE) and not made.final(ASKED)
    assert made.move(ASKED, "approve") is APPROVE and made.move(DRAFT, "approve") is None


LONELY = State("lonely", "孤立", waits_on=BRANCH)
PIT = State("pit", "坑", waits_on=BRANCH)
NOBODY = State("nobody", "无人")
CLOCKLESS = State("clockless", "无期限", waits_on=SUPERIOR)
EMPTY = Role("nobody", "没有人", "unit")
DREAM = Role("dream", "想象", "")
NEEDED = Field("opinion", "text", "意见")


@rule(GROUND, "new_day")
def day_is_good(attempt):
    """日期须合适。"""
    return attempt.words["new_day"] is not None


FORBIDDEN = {
    "unreachable state": (ASK, APPROVE, move("leave", LONELY, DONE, BRANCH)),
    "trap": (ASK, APPROVE, move("fall", DRAFT, PIT, BRANCH), move("turn", PIT, INTERNAL, BRANCH)),
    "trap of two states": (
        ASK,
        APPROVE,
        move("fall", DRAFT, PIT, BRANCH),
        move("there", PIT, LONELY, BRANCH),
        move("back", LONELY, PIT, BRANCH),
    ),
    "a way out only by being voided": (
        ASK,
        APPROVE,
        move("fall", DRAFT, PIT, BRANCH),
        move("turn", PIT, INTERNAL, BRANCH),
        move("void", PIT, DONE, SUPERIOR),
    ),
    "ownerless state": (
        ASK,
        APPROVE,
        move("lose", DRAFT, NOBODY, BRANCH),
        move("find", NOBODY, DONE, BRANCH),
    ),
    "an end that waits for somebody": (ASK, APPROVE, move("stop", DRAFT, LONELY, BRANCH)),
    "no end": (ASK, move("return", ASKED, DRAFT, SUPERIOR)),
    "two moves of one name": (ASK, APPROVE, move("ask", DRAFT, DONE, BRANCH)),
    "two states of one name": (
        ASK,
        APPROVE,
        move("stop", DRAFT, State("done", "另一个办结"), BRANCH),
    ),
    "superior without a clock": (
        move("ask", DRAFT, CLOCKLESS, BRANCH),
        move("approve", CLOCKLESS, DONE, SUPERIOR),
    ),
    "each superior without a clock": (
        move("ask", DRAFT, State("many", "待各方", waits_on=ALL), BRANCH),
        move("agreed", State("many", "待各方", waits_on=ALL), DONE, AUTOMATIC),
    ),
    "a move that nobody can make": (ASK, APPROVE, move("stop", DRAFT, DONE, EMPTY)),
    "a move of a role that is no person": (ASK, APPROVE, move("stop", DRAFT, DONE, DREAM)),
    "who is waited for has no move": (ASK, move("stop", ASKED, DONE, BRANCH)),
    "COUNT without Each": (ASK, APPROVE, move("agreed", ASKED, DONE, AUTOMATIC)),
    "COUNT from a state beside the one with Each": (
        ASK,
        APPROVE,
        move("ask_all", DRAFT, MANY, BRANCH),
        move("say", MANY, INTERNAL, ALL, per_participant=True),
        move("fall", DRAFT, PIT, BRANCH),
        move("agreed", (MANY, PIT), DONE, AUTOMATIC),
    ),
    "one of many where one is waited for": (
        ASK,
        APPROVE,
        move("say", ASKED, INTERNAL, SUPERIOR, per_participant=True),
    ),
    "each where one is waited for": (
        ASK,
        APPROVE,
        move("say", ASKED, INTERNAL, ALL, per_participant=True),
    ),
    "the clock is not told when": (ASK, APPROVE, move("lapse", ASKED, DONE, TIMER)),
    "the clock is asked for words": (
        ASK,
        APPROVE,
        move("lapse", ASKED, DONE, TIMER, on=some_day, asks=(NEEDED,)),
    ),
    "the count is asked for words": (
        move("ask", DRAFT, MANY, BRANCH),
        move("say", MANY, INTERNAL, ALL, per_participant=True),
        move("agreed", MANY, DONE, AUTOMATIC, asks=(NEEDED,)),
    ),
    "a guard reads a word that nobody is asked for": (
        ASK,
        replace(APPROVE, only_if=(day_is_good,)),
    ),
}


@pytest.mark.parametrize("sentence", FORBIDDEN)
def test_forbidden(sentence):
    with pytest.raises(InvalidDefinition):
        workflow(*FORBIDDEN[sentence])


def test_a_guard_without_a_sentence_is_refused():
    for text in (None, "", "   \n "):

        def silent(attempt):
            return True

        silent.__doc__ = text
        with pytest.raises(InvalidDefinition):
            rule(GROUND)(silent)


@pytest.mark.parametrize("number", ["G-9.9.9z", "", "G-2.1.1", "g-2.1.1c", "House rule"])
def test_an_unknown_clause_is_an_error_at_import(number):
    with pytest.raises(UnknownClause):
        clause(number)


def test_a_clause_and_a_house_rule_never_blur():
    assert CLAUSE.is_clause and "指导书" in CLAUSE.cite and CLAUSE.text in register_text("G-2.1.1c")
    assert not GROUND.is_clause and GROUND.cite == "本区约定"


def register_text(number):
    from oversight.law.clauses import register as clauses

    return clauses()[number]["quote"]


@pytest.mark.parametrize(
    "kind, choices",
    [("texte", ()), ("choice", ()), ("text", (("a", "甲"),)), ("", ()), ("checkbox", ())],
)
def test_a_word_of_no_kind_is_refused(kind, choices):
    with pytest.raises(InvalidDefinition):
        Field("word", kind, "词", choices=choices)


def test_a_guard_and_an_effect_say_their_sentence_in_one_line():
    assert day_is_good.sentence == "日期须合适。" and day_is_good.name == "day_is_good"
    assert isinstance(day_is_good, Rule) and day_is_good.words == ("new_day",)

    def tell(attempt):
        """党日
        改期。"""

    assert effect(tell).sentence == "党日 改期。" and effect(tell).name == "tell"
    with pytest.raises(InvalidDefinition):
        effect(lambda attempt: None)


@pytest.mark.parametrize("word", [{"tone": "loud"}, {"place": "nowhere"}])
def test_a_move_stands_where_pages_know(word):
    with pytest.raises(InvalidDefinition):
        move("ask", DRAFT, ASKED, BRANCH, **word)


def test_words_for_the_screen_are_no_part_of_the_printed_law():
    said = replace(APPROVE, tone="negative", place="aside", phrases=("好。",), unsaid="同意")
    told = replace(said, tells=(Tell(BRANCH, "已同意。"),), bulk=Bulk("意见", "同意。"))
    assert workflow(ASK, told).fingerprint() == workflow(ASK, APPROVE).fingerprint()


def test_the_way_ahead_takes_each_first_step_and_none_that_stands_aside():
    aside = move("withdraw", DRAFT, DONE, BRANCH, place="aside")
    assert workflow(aside, ASK, APPROVE).ahead(DRAFT) == [ASKED, DONE]
    named = State("named", "待确认", waits_on=SUPERIOR, due=SOON)
    pass_on, back = move("pass_on", ASKED, named, SUPERIOR), move("back", named, DRAFT, SUPERIOR)
    made = workflow(ASK, pass_on, back, APPROVE)
    assert made.ahead(DRAFT) == [ASKED, named, DRAFT], "a circle is gone round once"


def test_the_way_ahead_passes_by_a_question_that_leads_back_to_where_it_was_asked():
    aside = State("aside", "请示中", waits_on=SUPERIOR, due=SOON)
    out, home = move("consult", DRAFT, aside, BRANCH), move("answer", aside, DRAFT, SUPERIOR)
    assert workflow(out, home, ASK, APPROVE).ahead(DRAFT) == [ASKED, DONE]


def test_a_role_counted_from_a_unit_that_a_fact_names_judges_and_is_taken_over_there():
    owner = replace(BRANCH, name="owner", label="所属党组织", group_of="branch", fact="owner")
    assert owner.judges and not BRANCH.judges
    assert (owner.above.fact, owner.above.seat) == ("owner", "superior")
    assert SUPERIOR.above is ABOVE


# Versions and discovery --------------------------------------------------------------------------


@pytest.fixture
def toy():
    yield
    forget("toy")


def test_the_same_version_cannot_read_otherwise(toy):
    register(workflow(ASK, APPROVE))
    register(workflow(ASK, APPROVE))
    with pytest.raises(InvalidDefinition):
        register(workflow(ASK, APPROVE, move("stop", DRAFT, DONE, BRANCH)))


def test_an_older_version_stays_callable_and_new_cases_take_the_new_one(toy):
    old, new = workflow(ASK, APPROVE), replace(workflow(ASK, APPROVE), version=2)
    register(new)
    register(old, current=False)
    assert current("toy") is new and get("toy", 1) is old and get("toy", 2) is new
    with pytest.raises(NotFound):
        get("toy", 3)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: replace(m, by=BRANCH),
        lambda m: replace(m, only_if=(day_is_good,), asks=(Field("new_day", "date", "日"),)),
        lambda m: replace(m, under=GROUND),
        lambda m: replace(m, asks=(NEEDED,)),
        lambda m: replace(m, label="批准"),
    ],
)
def test_whatever_the_table_says_is_in_the_fingerprint(change):
    changed = change(APPROVE)
    more = (move("refuse", ASKED, DONE, SUPERIOR),)
    assert (
        workflow(ASK, APPROVE, *more).fingerprint() != workflow(ASK, changed, *more).fingerprint()
    )


def test_the_table_is_plain_data():
    import json

    table = as_table(workflow(ASK, APPROVE))
    assert json.loads(json.dumps(table)) == table
    assert table["moves"][1] == {
        "name": "approve",
        "label": "approve",
        "leaves": ["asked"],
        "enters": "done",
        "by": "superior",
        "asks": [],
        "guards": [],
        "effects": [],
        "many": False,
        "clause": "G-2.1.1c",
    }
    assert [state["name"] for state in table["states"] if state["final"]] == ["done"]


def test_an_unsound_file_is_refused_while_it_is_imported(tmp_path, toy):
    (tmp_path / "toy.py").write_text(
        "from oversight.law.clauses import clause\nfrom oversight.law.definition import Move, State, Workflow\n"
        "from oversight.law.roles import BRANCH\nA = State('a', '甲', waits_on=BRANCH)\n"
        "B = State('b', '乙', waits_on=BRANCH)\n"
        "WORKFLOW = Workflow('toy', '试办', version=1, opens=A, opened_by=BRANCH, moves=(\n"
        "    Move('go', '走', A, B, by=BRANCH, under=clause('G-2.1.1c')),))\n"
    )
    with pytest.raises(InvalidDefinition):
        load(tmp_path)
    assert "toy" not in [found.name for found in every()]


def test_an_unknown_clause_in_a_file_is_refused_while_it_is_imported(tmp_path):
    (tmp_path / "toy.py").write_text(
        "from oversight.law.clauses import clause\nGROUND = clause('G-0.0.0')\n"
    )
    with pytest.raises(UnknownClause):
        load(tmp_path)


def test_a_misspelt_state_is_a_name_error(tmp_path):
    (tmp_path / "toy.py").write_text(
        "from oversight.law.definition import State\nA = State('a', '甲')\nMOVES = (AA,)\n"
    )
    with pytest.raises(NameError):
        load(tmp_path)


def test_the_shipped_definitions_are_found_by_being_there():
    assert {"date_change", "zone_shift"} <= {found.name for found in every()}


def test_a_definition_can_be_read_without_the_database_or_the_web():
    """Pure grammar: importing it brings neither SQLAlchemy nor Flask."""
    code = (
        "import sys, oversight.law.definition, oversight.law.inputs; "
        "sys.exit(bool({'sqlalchemy', 'transitions'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_another_version_has_its_own_deadline():
    now = workflow(ASK, APPROVE)
    then = now.with_states(2, replace(ASKED, due=Due(9, GROUND)))
    assert (then.version, then.state("asked").due.workdays) == (2, 9)
    assert (now.version, now.state("asked").due.workdays) == (1, 3)
    assert then.move(then.state("draft"), "ask").enters is then.state("asked")
