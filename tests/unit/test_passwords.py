"""What a new password may be, in both profiles."""

from __future__ import annotations

import pytest

from oversight.base.refusals import InvalidInput
from oversight.register import passwords

NAMES = ("village.secretary", "张建国")


@pytest.mark.parametrize(
    "common",
    [
        "1234567890",
        "qwertyuiop",
        "Password2026!",
        "administrator",
        "aaaaaaaaaaaa",
        "abcabcabcabc1",
        "abcdefghijkl",
        "9876543210",
        "woaizhongguo1949",
        "xuexiqiangguo",
        "13800001111",
        "11010519491231002X",
    ],
)
def test_what_everybody_uses_is_refused(common):
    with pytest.raises(InvalidInput, match="太常见"):
        passwords.refuse_weak(common, NAMES)


@pytest.mark.parametrize(
    "own",
    [
        "village.secretary1",
        "x-VILLAGE.Secretary",
        "张建国1234567",
        "党日督导台党日督导台",
        "张建国-password",
    ],
)
def test_own_names_are_refused(own):
    with pytest.raises(InvalidInput, match="姓名"):
        passwords.refuse_weak(own, NAMES)


@pytest.mark.parametrize(
    "good",
    [
        "a-sentence-as-password",
        "another-word-2",
        "long-enough-1",
        "village-in-the-morning",
        "窗前种了三棵石榴树呀",
    ],
)
def test_a_sentence_will_do(good):
    passwords.refuse_weak(good, NAMES)


@pytest.mark.parametrize(("password", "said"), [("short", "10 到 128"), ("a" * 129, "10 到 128")])
def test_length(password, said):
    with pytest.raises(InvalidInput, match=said):
        passwords.refuse_weak(password)


def test_the_graded_profile_asks_for_three_kinds():
    with pytest.raises(InvalidInput, match="至少三种"):
        passwords.refuse_weak("a-sentence-as-password", NAMES, "graded")
    passwords.refuse_weak("a-sentence-as-password-7", NAMES, "graded")


def test_enough_are_known():
    """The standard asks for 3,000 that the policy lets through otherwise."""
    affixed = [word + end for word in passwords._common() for end in ("", "123", "2026", "888888")]
    assert len({word for word in affixed if len(word) >= passwords.SHORTEST}) > 3_000
