"""Words and addresses that a process keeps are those that Flask and Babel give."""

import flask
import pytest
from flask_babel import gettext

from oversight.views import said


@pytest.fixture
def at_root(app):
    with app.test_request_context("/desk"):
        yield


@pytest.mark.parametrize(
    "values",
    [{}, {"box": "done"}, {"case": "a b&c", "cursor": 1}, {"cursor": True}, {"box": ["x", "y"]}],
)
def test_an_address_is_flasks_own(at_root, values):
    for _ in range(2):
        assert said.url_for("desk.queue", **values) == flask.url_for("desk.queue", **values)


def test_an_address_lies_under_the_prefix_that_the_request_came_by(app):
    with app.test_request_context("/desk"):
        assert said.url_for("desk.queue") == "/desk"
    with app.test_request_context("/desk", environ_overrides={"SCRIPT_NAME": "/under"}):
        assert said.url_for("desk.queue") == "/under/desk"


def test_values_of_a_page_are_escaped_and_its_own_words_are_not(at_root):
    found = said.on_page("<b>%(who)s</b>", who="<i>")
    assert (found, found.__html__()) == ("<b>&lt;i&gt;</b>", "<b>&lt;i&gt;</b>")
    assert said.on_page("100%%") == "100%"


def test_code_says_what_babel_says(at_root):
    assert said.gettext("待办") == gettext("待办")
    assert said.gettext("%(n)s 件", n=3) == gettext("%(n)s 件", n=3)
