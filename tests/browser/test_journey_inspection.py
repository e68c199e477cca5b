"""The journey of issue 11 from a visit to its closing, with photos of the visit and of what was mended, on
phone and desk, with and without scripts: inspector, signer, officer and branch each at their page.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from PIL import Image

from oversight.base.db import db
from oversight.models import Attachment, Case
from tests.browser.driver import until
from tests.browser.test_journeys import browser, forty, person  # noqa: F401

pytestmark = pytest.mark.browser
CLAUSE = "R-2.1.1a"
FACT, DEMAND, MENDED = "11月6日没有开展活动", "说明情况，按期开展", "已写情况说明，列入值班表"
MOST = {"visit": 10, "signed": 1, "numbered": 1, "received": 1, "report": 7, "re-check": 3}


@pytest.fixture
def photo(tmp_path) -> str:
    path = tmp_path / "现场.jpg"
    Image.new("RGB", (1200, 900), (90, 120, 90)).save(path)
    return str(path)


def newest(site, workflow: str) -> Case:
    with site.app.app_context():
        wanted = sa.select(Case).where(Case.workflow == workflow).order_by(Case.id.desc()).limit(1)
        found = db.session.scalars(wanted).one()
        db.session.expunge_all()
        db.session.remove()
    return found


def photos(site) -> int:
    with site.app.app_context():
        found = db.session.query(Attachment).count()
        db.session.remove()
    return found


def show(person, photo: str) -> None:  # noqa: F811
    """Choose a photo; a script sends it at once, else a button does, and the words stay."""
    before = photos(person.site)
    person.find("#ev-file").send_keys(photo)
    person.count.update(taps=2, fields=1)  # the field, and the photo in the phone's own list
    if not person.scripts:
        person.follow(person.says("上传"))
    until(person.driver, lambda: person.seen(".thumb") and photos(person.site) == before + 1)


def at_the_order(person, who: str) -> str:  # noqa: F811
    person.sit_down(who)
    path = f"/cases/{newest(person.site, 'rectification').id}"
    person.go(path)
    person.count = person.count.__class__(pages=1)
    return path


def held(person, step: str) -> None:  # noqa: F811
    assert person.told(f"inspection, {step}")["taps"] <= MOST[step]


def test_from_a_visit_to_its_closing_with_photos(person, photo):  # noqa: F811
    _visit(person, photo)
    for who, step, label in (
        ("town1.secretary", "signed", "签发"),
        ("town1.officer", "numbered", "编号印发"),
        ("village.secretary", "received", "签收"),
    ):
        at_the_order(person, who)
        person.follow(person.says(label, "#act"))
        held(person, step)
    _report(person, photo)
    _recheck(person)
    assert newest(person.site, "rectification").state == "closed"


def _visit(person, photo: str) -> None:  # noqa: F811
    person.sit_down("town1.inspector")
    person.go(f"/new/inspection?unit={person.site.units['village']}")
    person.count = person.count.__class__(pages=1)
    person.tap(person.says("随机抽查"))
    person.follow(person.find("#new button.primary"))
    person.tap(person.find(f"label[for='finding-{CLAUSE}']"))
    person.write(f"[name='fact-{CLAUSE}']", FACT)
    person.write(f"[name='demand-{CLAUSE}']", DEMAND)
    show(person, photo)
    assert person.find(f"[name='fact-{CLAUSE}']").get_attribute("value") == FACT
    person.follow(person.says("转整改", "#act"))
    held(person, "visit")


def _report(person, photo: str) -> None:  # noqa: F811
    at_the_order(person, "village.secretary")
    assert person.seen("img"), "the photo of the visit"
    person.write("[name='items-1-measure']", MENDED)
    day = person.find("[name='items-1-done_on']")
    person.driver.execute_script("arguments[0].value = '2026-11-24'", day)
    person.count.update(taps=2, fields=1)
    show(person, photo)
    assert person.find("[name='items-1-measure']").get_attribute("value") == MENDED
    person.follow(person.says("报送整改报告", "#act"))
    held(person, "report")


def _recheck(person) -> None:  # noqa: F811
    at_the_order(person, "town1.officer")
    assert len(person.seen("img")) >= 2, "the photos of the visit and of what was mended"
    person.tap(person.says("通过", "#act"))
    person.write("#act [name=opinion]", "同意销号")
    person.follow(person.says("复核并销号", "#act"))
    held(person, "re-check")
