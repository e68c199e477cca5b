"""Every sentence that people read stands in the catalogue, so that it can be said in another
language.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from oversight.commands import catalogue

ROOT = Path(__file__).resolve().parents[2]


def test_the_catalogue_has_every_key_and_no_other():
    with (ROOT / "oversight" / "translations" / "messages.pot").open("rb") as file:
        kept = {message.id for message in read_po(file) if message.id}
    said = set(catalogue.keys(ROOT / "oversight", ROOT / "templates"))
    assert (sorted(said - kept)[:5], sorted(kept - said)[:5]) == ([], []), "make catalogue"
    assert len(kept) > 500


def test_refusals_and_labels_are_among_the_keys():
    said = catalogue.keys(ROOT / "oversight", ROOT / "templates")
    assert {
        "改到的日期必须在同一个月之内。",
        "待批复",
        "“%(move)s”由%(party)s办理，您可以查看，不能办理。",
        "待办",
    } <= set(said)


def test_what_click_says_is_compiled_from_its_catalogue():
    folder = ROOT / "oversight" / "translations" / "zh" / "LC_MESSAGES"
    with (folder / "click.po").open("rb") as file:
        kept = read_po(file, locale="zh")
    assert list(kept.check()) == []
    compiled = io.BytesIO()
    write_mo(compiled, kept)
    assert compiled.getvalue() == (folder / "click.mo").read_bytes(), "make catalogue"
