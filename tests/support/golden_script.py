"""A fixed play of changes through the API and the pages: every workflow, and refusals of each kind.

Changing it changes every golden text that follows: add at the end of a scene.
"""

from __future__ import annotations

import base64
import io
import json
from datetime import datetime

from tests.support import visible
from tests.support.html import Page

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
FINDINGS = [
    {"clause": "R-2.1.1a", "fact": "11月6日未开展活动", "demand": "说明情况，按期开展"},
    {"clause": "R-3.2.1b", "fact": "缺席党员未逐一联系", "demand": "逐一联系并补课"},
]
CALENDAR = "date,kind,name,source\n2027-02-05,rest,除夕,国办通知\n2027-02-12,rest,春节,国办通知\n"


class Play:
    """What was sent so far and what came of it; `told` and `plain` are those of the tool."""

    def __init__(self, stage, told):
        self.stage, self.names, self.told = stage, stage.names, told
        self.done: list[str] = []
        self.touched: dict[str, str] = {}

    def keep(self, who: str | None, line: str, sent, came: str) -> None:
        """Keep a request and its answer."""
        written = json.dumps(sent, ensure_ascii=False, sort_keys=True) if sent else ""
        head = self.names.plain(f"{who}: {line}\n{written}\n\n")
        self.done.append(head + came)

    # Through the API

    def api(self, who: str | None, method: str, path: str, sent=None, version=None, key=None):
        """Send a request and return the JSON of its answer."""
        heads = {"If-Match": f'"{version}"'} if version is not None else {}
        heads |= {"Idempotency-Key": key} if key else {}
        more = {} if sent is None else {"json": sent}
        response = self.stage.caller(who).send(method, f"/api/v1{path}", heads, **more)
        said = f"{method} {path} version={version} key={key}"
        self.keep(who, said, sent, self.told(response, self.names))
        return response.get_json()

    def post(self, who: str, path: str, **sent):
        return self.api(who, "POST", path, sent, key=f"key-{len(self.done):03d}")

    def open(self, who: str, workflow: str, unit: str, **facts) -> str:
        """Open a case of a unit by its name; returns the id, or nothing where it is refused."""
        where = self.names.unit(unit)
        made = self.post(who, "/cases", workflow=workflow, unit=where, facts=facts)
        if "id" in made:
            self.touched[made["id"]] = who
        return made.get("id", "")

    def move(self, who: str, case: str, name: str, version: int | None = None, **words):
        """Make a move at the version of the case as it stands, unless told otherwise."""
        self.touched.setdefault(case, who)
        stated = self.version(case) if version is None else version
        key = f"key-{len(self.done):03d}"
        return self.api(who, "POST", f"/cases/{case}/moves/{name}", {"words": words}, stated, key)

    def act(self, who: str, case: str, name: str, **words):
        return self.post(who, f"/cases/{case}/desk/{name}", words=words)

    def version(self, case: str) -> int:
        bare = case.replace("-", "")
        return self.names.rows("SELECT version FROM cases WHERE id = ?", bare)[0][0]

    def case(self, workflow: str, state: str, unit: str) -> str:
        """Return the oldest case of a unit that is in a state."""
        return self.names.one(
            "SELECT cases.id FROM cases JOIN units ON units.id = cases.unit_id"
            " WHERE workflow = ? AND state = ? AND units.name = ? ORDER BY cases.id",
            workflow,
            state,
            unit,
        )

    def day(self, unit: str, year: int, month: int) -> str:
        """Return the id of a branch's party day of a month."""
        return self.names.one(
            "SELECT activities.id FROM activities JOIN units ON units.id = activities.unit_id"
            " WHERE units.name = ? AND year = ? AND month = ? AND activities.kind = 'party_day'",
            unit,
            year,
            month,
        )

    def person(self, username: str) -> str:
        return self.names.person(username)

    # Through the pages

    def submit(self, who: str | None, path: str, action: str, **words) -> str:
        """Fill in the form of a page and send it; returns the page that answers."""
        reader = self.stage.reader(who)
        page = Page(reader.get(path), path)
        return self.sent(who, _target(page, action), _stands(page, action) | words)

    def sent(self, who: str | None, path: str, fields: dict) -> str:
        """Send a form as it is, to a path; a file is given as (name, bytes)."""
        reader = self.stage.reader(who)
        files = {
            name: (io.BytesIO(value[1]), value[0])
            for name, value in fields.items()
            if isinstance(value, tuple)
        }
        sent = {**fields, **files, "csrf_token": reader.token("/password" if who else "/login")}
        response = reader.client.post(path, data=sent, content_type="multipart/form-data")
        html = response.get_data(as_text=True)
        came = f"{response.status_code} {response.location or ''}\n{visible.text(html)}"
        shown = {name: str(value) for name, value in fields.items() if name != "csrf_token"}
        self.keep(who, f"POST {path}", shown, self.names.plain(came))
        return html

    def run(self, *words: str) -> None:
        self.keep(None, " ".join(words), None, self.names.plain(self.stage.run(*words)))

    def on(self, day: str) -> None:
        """Let the clock stand at nine on another day; whoever was logged in no longer is."""
        self.stage.clock.now = datetime.fromisoformat(f"{day}T09:00:00+08:00")
        self.stage.readers.clear()


def _stands(page: Page, action: str) -> dict:
    """Return what a form would send as it stands; nothing where there is no such form."""
    found: dict[str, list[str]] = {}
    for name, value in page.fields(action) if page.has_form(action) else ():
        found.setdefault(name, []).append(value)
    return found


def _target(page: Page, action: str) -> str:
    """Return where a form leads, or where it would lead from this page if it stood there."""
    if page.has_form(action):
        form = page.form(action)
        ends = [button.get("formaction") or "" for button in form.iter("button")]
        asked = [end for end in ends if end.partition("?")[0].endswith(action)]
        return (asked or [form.get("action") or page.path])[0]
    path = page.path.partition("?")[0]
    cuts = [cut for cut in range(len(action) + 1) if path.endswith(action[:cut])]
    return path + action[max(cuts) :]


# Scenes ------------------------------------------------------------------------------------------

ASK = {"new_day": "2027-01-15", "reason": "1月8日全镇集中开展冬修水利，31名党员中27名在工地"}


def request_walk(play: Play) -> None:
    """A request of the village: opened, refused, asked, worked on, answered, amended, revoked."""
    village, officer = "branch01.secretary", "town1.officer"
    unit = play.names.unit("石桥村党支部")
    body = {"workflow": "date_change", "unit": unit, "facts": {"day": "2027-01-08"}}
    play.api(None, "POST", "/cases", body, key="nobody")
    play.api("branch01.member01", "POST", "/cases", body, key="member")
    play.api("branch07.secretary", "POST", "/cases", body, key="another")
    case = play.api(village, "POST", "/cases", body, key="first")["id"]
    play.touched[case] = village
    play.api(village, "POST", "/cases", body, key="first")
    play.api(village, "POST", "/cases", body, key="second")
    play.api(
        village, "POST", "/cases", {"workflow": "none", "unit": unit, "facts": {}}, key="third"
    )
    play.api(village, "POST", f"/cases/{case}/moves/ask", {"words": ASK}, key="fourth")
    play.move(village, case, "ask", 9, **ASK)
    play.move(village, case, "ask", **{**ASK, "new_day": "2027-02-05"})
    play.move(village, case, "ask", new_day="一月")
    play.move("town2.officer", case, "approve", opinion="同意")
    play.move(village, case, "approve", opinion="同意")
    play.move(village, case, "ask", **ASK)
    play.act(officer, case, "claim")
    play.move("town1.secretary", case, "approve", opinion="同意")
    play.act(officer, case, "release")
    play.act(village, case, "nudge")
    play.act(village, case, "nudge")
    play.act(officer, case, "comment", text="请再说明党员分布")
    play.act(officer, case, "copy", unit=play.names.unit("柳树湾村党支部"))
    play.act(officer, case, "follow_up", day="2026-11-25", note="问水利站")
    play.act(officer, case, "delegate", person=play.person("town1.committee1"))
    play.act("town1.committee1", case, "give_back", note="已核实")
    play.act(officer, case, "add_signer", person=play.person("town1.committee2"))
    play.act("town1.committee2", case, "comment", text="情况属实")
    play.act(officer, case, "hand_over", person=play.person("town1.secretary"))
    play.move("town1.secretary", case, "return", opinion="请写清影响范围")
    play.move(village, case, "ask", **ASK)
    play.move(officer, case, "approve", opinion="同意")
    play.move(officer, case, "approve", opinion="同意")
    play.move(village, case, "amend", **{**ASK, "new_day": "2027-01-14"})
    play.move(officer, case, "approve", opinion="同意")
    play.move(village, case, "ask_cancel", reason="工地提前完工")
    play.move(officer, case, "keep", opinion="按批复执行")
    play.move(officer, case, "revoke", reason="工地停工")


def other_requests(play: Play) -> None:
    """Requests of the demo zone in every state, answered over the API and on pages."""
    joint = play.case("date_change", "asked_joint", "柳树湾村党支部")
    play.move("town2.officer", joint, "approve", opinion="同意联合开展")
    play.move("town1.officer", joint, "approve", opinion="同意联合开展")
    late = play.case("date_change", "reported_late", "大塘村党支部")
    play.move("town1.officer", late, "accept_late", opinion="情况属实")
    refused = play.case("date_change", "asked", "柏树村党支部")
    play.move("town2.secretary", refused, "refuse", opinion="仍按原定日期开展")
    excused = play.case("date_change", "asked", "柏岭镇机关党支部")
    play.move("town2.officer", excused, "excuse_month", opinion="同意缓开")
    play.move("zone.office", excused, "void", reason="重复立案")
    overdue = play.case("date_change", "asked", "桃源社区党支部")
    play.move("zone.office", overdue, "take_over", reason="镇党委逾期未答复")
    play.move("zone.office", overdue, "approve", opinion="同意")
    items = [
        {"case": one, "version": play.version(one)}
        for one in (
            play.case("date_change", "asked", "大塘村党支部"),
            play.case("date_change", "cancel_asked", "大塘村党支部"),
        )
    ]
    sent = {"items": items, "move": "approve", "words": {"opinion": "同意"}}
    play.api("town1.officer", "POST", "/moves", sent, key="bulk")
    play.api("town1.officer", "POST", "/moves", sent, key="bulk")
    play.api("town1.officer", "POST", "/moves", {**sent, "items": []}, key="none")
    organ = play.case("date_change", "asked", "青溪镇机关党支部")
    play.submit("town1.officer", f"/cases/{organ}", "/moves/approve", opinion="")
    play.submit("town1.officer", f"/cases/{organ}", "/moves/approve", opinion="同意，请提前通知")
    play.submit("town1.officer", f"/cases/{organ}", "/desk/comment", text="请办公室留存")
    play.sent("branch07.secretary", f"/cases/{organ}/moves/withdraw", {"version": "3"})
    willow = play.case("date_change", "asked", "柳树湾村党支部")
    play.sent("town1.officer", "/desk/many/claim", {"case": [willow], "box": "mine"})
    play.sent("town1.officer", "/desk/many/claim", {"box": "mine"})
    play.sent("town1.officer", "/desk/bulk", {"case": [willow], "version": ["2"], "opinion": ""})
    page = f"/new/date_change?unit={play.names.unit('区社会事务局党支部')}"
    play.submit("branch17.secretary", page, "/new/date_change", then="ask", day="2027-01-08")


def absences(play: Play) -> None:
    """Contact, lesson, confirmation, archive, a finding and an objection, a search."""
    home = "桃源社区党支部"
    first, second = (
        play.names.one(
            "SELECT cases.id FROM cases JOIN accounts ON person_id = concerns_id"
            " WHERE workflow = 'absence' AND state = 'to_contact' AND username = ?",
            name,
        )
        for name in ("branch02.member05", "branch02.member09")
    )
    called = {"reached": True, "told": True, "way": "phone", "reason": "外出", "on": "2026-11-23"}
    play.move("branch02.secretary", first, "record_lesson", form="visit", held_on="2026-11-23")
    play.move("branch02.secretary", first, "record_contact", **{**called, "reached": False})
    play.move("branch02.secretary", first, "record_contact", **called)
    play.move("branch02.secretary", first, "record_lesson", form="visit", held_on="2026-11-23")
    play.move("branch02.secretary", first, "find_unexcused", heard="否", note="无故")
    page = f"/units/{play.names.unit(home)}/follow-ups?step=to_contact"
    words = {"reached": "true", "told": "true", "way": "visit", "reason": "外出", "case": second}
    play.submit("branch02.secretary", page, "/follow-ups/record_contact", **words)
    play.submit("town1.officer", page, "/follow-ups/record_contact", **words)
    number = play.case("absence", "to_archive", "青溪镇机关党支部")
    play.move("branch05.secretary", number, "archive", archive_no="补课〔2026〕12号")
    found = play.case("absence", "finding_objected", "枫林村党支部")
    play.move("town2.officer", found, "overturn_finding", opinion="当天确在医院陪护")
    lost = play.case("absence", "unreached", "新街社区党支部")
    play.move("town2.officer", lost, "begin_search", opinion="转组织部查找")
    excused = play.case("absence", "to_make_up", "区社会事务局党支部")
    play.move("dept1.officer", excused, "excuse", reason="长期住院")


def exemptions(play: Play) -> None:
    """A member asks, the branch supports, the superior consents, the member comes back."""
    member, words = "branch01.member05", {"reason": "年老体弱", "from_on": "2026-12-01"}
    person = play.person(member)
    unit = "石桥村党支部"
    play.open(member, "exemption", unit, member=person, **words, until="2028-12-01")
    case = play.open(member, "exemption", unit, member=person, **words, until="2027-05-31")
    play.move(member, case, "support")
    play.move("branch01.secretary", case, "support", opinion="情况属实")
    play.move("town1.officer", case, "approve", opinion="同意")
    play.move(member, case, "resume")
    asked = play.case("exemption", "asked", "柏树村党支部")
    play.move("branch08.secretary", asked, "not_support", reason="身体尚可")


def orders(play: Play) -> None:
    """Inspections and orders: drafted, signed, issued, reported, checked, objected to, recalled."""
    writer, unit = "town1.inspector", "石桥村党支部"
    facts = {"method": "random", "inspected_on": "2026-11-20", "findings": FINDINGS}
    play.open(writer, "rectification", unit, **{**facts, "findings": []})
    case = play.open(writer, "rectification", unit, **facts)
    play.move(writer, case, "sign_off")
    play.move("town1.secretary", case, "sign_off", opinion="同意")
    play.move("town1.officer", case, "issue", due_on="2026-12-05")
    play.move("town1.officer", case, "issue", due_on="2026-12-11")
    play.post("branch01.secretary", f"/cases/{case}/seen")
    play.move("branch01.secretary", case, "acknowledge")
    picture = {"ev-note": "会议照片", "file": ("会议.png", PICTURE)}
    play.sent("branch01.secretary", f"/cases/{case}/attachments", picture)
    play.sent("branch01.secretary", f"/cases/{case}/attachments", {"file": ("a.png", b"nothing")})
    items = [{"measure": "已向镇党委说明", "done_on": "2026-11-24"}]
    play.move("branch01.secretary", case, "report", items=items)
    play.move("branch01.secretary", case, "report", items=items * 2)
    words = {"verdicts": ["accepted", "not"], "opinion": "第二项再改"}
    play.move("town1.officer", case, "accept", **words)
    play.move("town1.officer", case, "send_back", **words)
    play.move("branch01.secretary", case, "ask_extension", until="2026-12-18", reason="农忙")
    play.move("town1.officer", case, "grant", opinion="同意")
    check = play.case("rectification", "recheck", "区财政局党支部")
    play.submit("dept1.officer", f"/cases/{check}", "/moves/accept", opinion="")
    issued = play.case("rectification", "issued", "柳树湾村党支部")
    play.move("branch03.secretary", issued, "object", reason="当日已按规定请示")
    play.move("town1.officer", issued, "answer_objection", opinion="维持")
    play.move("branch03.secretary", issued, "ask_higher_review", reason="仍有异议")
    play.move("zone.office", issued, "answer_review", opinion="维持镇党委答复")
    late = play.case("rectification", "fixing", "枫林村党支部")
    play.move("town2.officer", late, "refer", reason="逾期未改")
    play.move("town2.officer", late, "recall", reason="下达对象有误")
    visit = play.open(
        "zone.inspector",
        "inspection",
        "恒达纺织公司党支部",
        method="on_site",
        inspected_on="2026-11-24",
    )
    play.move("zone.inspector", visit, "conclude", note="记录齐全", reminders=["补签到"])
    under_way = play.case("inspection", "under_way", "大塘村党支部")
    play.move(
        "town1.inspector", under_way, "order", findings=[{**FINDINGS[0], "clause": "R-3.2.1e"}]
    )


def appraisals(play: Play) -> None:
    """A committee decides, members file and ask for a review, a count that does not add up."""
    case = play.case("appraisal", "deciding", "启程软件公司党支部")
    for name in ("secretary", *(f"committee{n}" for n in range(1, 6))):
        play.move(f"dept2.{name}", case, "decide", agree=True, opinion="同意")
    play.move("branch21.secretary", case, "tell")
    play.move("branch21.member01", case, "ask_review", reason="请复核等次")
    play.move("dept2.officer", case, "uphold", opinion="维持")
    own = play.case("appraisal", "self_assessment", "恒达纺织公司党支部")
    words = {"text": "政治上、纪律上都合格，学习还不够深。", "grade": "qualified"}
    for name in ("member01", "member02", "member05", "member06"):
        play.move(f"branch06.{name}", own, "file_self_assessment", **words)
    play.move("town1.officer", own, "file_self_assessment", **words)
    excused = {"members": {play.person("branch06.member07"): "ill"}}
    play.move("branch06.secretary", own, "ask_excuse", **excused)
    play.move("town1.officer", own, "consent_excuse", opinion="同意")
    peers = play.case("appraisal", "peer_review", "绿野农业公司党支部")
    about = {"about": play.person("branch13.member01"), "opinion": "联系群众还可以更主动"}
    play.move("branch13.secretary", peers, "record_peer_review", **about)
    play.move("branch13.member01", peers, "record_peer_review", **about)
    play.move("branch13.secretary", peers, "open_vote")
    rating = play.case("appraisal", "rating", "明远光电公司党支部")
    play.move("branch20.secretary", rating, "propose", ratings={})
    play.move("branch24.secretary", rating, "propose", ratings={})
    told = play.case("appraisal", "told", "云泽企业家协会党支部")
    play.move("branch23.secretary", told, "file")
    play.open("branch07.secretary", "appraisal", "青溪水务公司党支部", year=2026)
    play.open("branch07.secretary", "appraisal", "青溪水务公司党支部", year=2025)


def notices(play: Play) -> None:
    """The zone's own notices: a shift signed, one drafted and dropped, a deployment."""
    shift = play.case("zone_shift", "proposed", "云泽高新区党工委")
    play.move("zone.office", shift, "publish")
    play.submit("zone.committee1", f"/cases/{shift}", "/moves/publish", opinion="同意")
    words = {"new_day": "2027-05-14", "reason": "五一假期调休"}
    play.open("town1.officer", "zone_shift", "云泽高新区党工委", **words)
    draft = play.open("zone.office", "zone_shift", "云泽高新区党工委", **words)
    play.move("zone.office", draft, "propose")
    play.move("zone.committee1", draft, "return", reason="请核对日期")
    play.move("zone.office", draft, "withdraw")
    planned = play.case("campaign", "draft", "云泽高新区党工委")
    play.move("zone.office", planned, "propose")
    play.move("zone.committee2", planned, "sign", opinion="同意")
    play.move("zone.committee2", planned, "revoke", reason="另行部署")


def party_days(play: Play) -> None:
    """Attendance read, recorded, corrected and refused; a day planned and chosen; life meetings."""
    home, leader = "石桥村党支部", "branch01.secretary"
    unit, past = play.names.unit(home), play.day(home, 2026, 11)
    path = f"/activities/{past}/attendance"
    sheet = play.api(leader, "GET", path)
    ids = [row["id"] for row in sheet["members"]]
    old = next(
        row["id"] for row in sheet["members"][2:] if {"elderly", "retired"} & {*row["flags"]}
    )
    whole = {
        "present": [one for one in ids[2:] if one != old],
        "absent": ids[:1],
        "leave": {ids[1]: "外出"},
        "other_form": {old: "visit"},
    }
    play.post(leader, path, **{**whole, "absent": []})
    play.post(leader, path, **whole)
    play.post(leader, path, **whole, why="核对签到后更正")
    play.post("branch01.member01", path, **whole, why="更正")
    ahead = play.day(home, 2026, 12)
    play.post(leader, f"/activities/{ahead}/plan", mode="joint", invitees={"masses": 3})
    host = play.person("branch01.organizer")
    play.submit(leader, f"/activities/{ahead}/plan", "/plan", host=host)
    play.submit(leader, f"/activities/{ahead}/plan", "/plan", host=host, host_why="书记外出学习")
    play.submit(leader, f"/activities/{past}/attendance", "/attendance", held_on="2026-12-24")
    water = play.names.unit("青溪水务公司党支部")
    play.sent("branch07.secretary", f"/units/{water}/year/2027/3/day", {"on": "2027-03-18"})
    play.sent("branch07.secretary", f"/units/{water}/year/2027/3/day", {"on": "三月"})
    play.sent(leader, f"/units/{unit}/year/2027/3/day", {"on": "2027-03-18"})
    play.sent("branch07.secretary", f"/units/{water}/year/2026/12/held", {"on": "2026-12-01"})
    made = play.post(leader, f"/units/{unit}/life-meetings", on="2026-11-20")
    play.post(leader, f"/units/{unit}/life-meetings", on="2026-11-20")
    play.post("town1.officer", f"/units/{unit}/life-meetings", on="2026-11-19")
    play.post(leader, f"/life-meetings/{made.get('id')}/take-back", reason="")
    play.post(leader, f"/life-meetings/{made.get('id')}/take-back", reason="日期有误")
    play.sent(leader, f"/units/{unit}/life-meetings", {"on": "2026-11-13", "year": "2026"})


def offices(play: Play) -> None:
    """Units, members, posts, substitution, calendar and settings, by who keeps them."""
    town, home = play.names.unit("青溪镇党委"), play.names.unit("大塘村党支部")
    new = {"kind": "branch", "new_name": "新桥村党支部", "on": "2026-12-01"}
    play.submit("zone.sysadmin", f"/admin/units/{town}", "/found", **new)
    play.submit("zone.sysadmin", f"/admin/units/{town}", "/found", **new, category="rural")
    play.submit("zone.sysadmin", f"/admin/units/{home}", "/rename", name="大塘新村党支部")
    people = f"/admin/units/{home}/people"
    play.submit("town1.officer", people, "/people", name="新同志", on="明天")
    play.submit("town1.officer", people, "/people", name="新同志", on="2026-11-24")
    play.sent("zone.auditor", people, {"name": "某人", "on": "2026-11-24"})
    person = play.person("branch04.member03")
    play.submit("town1.officer", f"/admin/people/{person}", "/flags", flag="mobile")
    moving = {"unit": play.names.unit("石桥村党支部"), "on": "2026-12-01"}
    play.submit("town1.officer", f"/admin/people/{person}", "/transfer", **moving)
    gone = f"/admin/people/{play.person('branch04.member04')}"
    play.submit("town1.officer", gone, "/gone", why="died", on="2026-11-24")
    seat, words = f"/admin/units/{home}/posts", {"office": "committee", "from_on": "2026-11-24"}
    candidate = play.person("branch04.member05")
    play.submit("zone.secadmin", seat, "/posts", person=candidate, **words)
    play.submit("zone.secadmin", seat, "/posts", person=candidate, **words)
    play.submit(
        "zone.secadmin", seat, "/posts", person=candidate, **words | {"office": "publicity"}
    )
    acting = {"seat": f"{town}:officer", "person": play.person("town1.committee1")}
    until = {"from_on": "2026-11-24", "to_on": "2026-11-30"}
    play.submit("town1.officer", "/admin/acting", "/acting", **acting, **until, reason="")
    play.submit("town1.officer", "/admin/acting", "/acting", **acting, **until, reason="外出学习")
    play.submit("town1.committee1", "/admin/acting", "/end")
    play.submit("zone.sysadmin", "/admin/calendar?year=2027", "/calendar", text=CALENDAR)
    play.submit("zone.sysadmin", "/admin/calendar?year=2027", "/calendar", text=CALENDAR, sure="1")
    merge, into = (
        f"/admin/units/{play.names.unit('柏岭供销公司党支部')}/merge",
        "绿野农业公司党支部",
    )
    words = {"into": play.names.unit(into), "on": "2026-12-01"}
    play.submit("town2.officer", merge, "/merge", **words)
    play.submit("town2.officer", merge, "/merge", **words, sure="1")
    play.submit("zone.sysadmin", merge, "/merge", **words)
    for who, value in (
        ("town1.officer", "07-02"),
        ("zone.sysadmin", "06-30"),
        ("zone.sysadmin", "07-02"),
    ):
        play.sent(who, "/zone/settings/july_day", {"value": value})
    play.sent("zone.sysadmin", "/zone/settings/week_rule", {"value": "full_week"})


def accounts(play: Play) -> None:
    """Log-in, password, slips, locks, telephones, the bell and the size of the text."""
    play.sent(None, "/login", {"username": "town1.officer", "password": "wrong-wrong"})
    play.sent(None, "/activate", {"username": "1", "code": "2", "password": "3", "again": "4"})
    home = play.names.unit("石桥村党支部")
    play.sent("zone.secadmin", f"/accounts/units/{home}/issue", {})
    play.sent("zone.sysadmin", f"/accounts/units/{home}/issue", {})
    member = play.person("branch01.member02")
    for act in ("reset", "lock", "unlock"):
        play.sent("zone.sysadmin", f"/accounts/people/{member}/{act}", {})
    play.sent("town1.inspector", f"/accounts/people/{member}/reset", {})
    again = {"old": "demo-demo-demo", "password": "short", "again": "short"}
    play.submit("branch15.secretary", "/password", "/password", **again)
    number = play.person("branch01.member03")
    play.sent("branch01.secretary", f"/people/{number}/phone", {})
    play.sent("branch01.secretary", f"/people/{number}/phone/keep", {"number": "123"})
    play.sent("branch01.secretary", f"/people/{number}/phone/keep", {"number": "13812345678"})
    play.post("branch01.member01", f"/people/{number}/phone")
    play.api("branch01.secretary", "PUT", f"/people/{number}/phone", {"number": "13812345679"})
    play.sent("town1.officer", "/notices", {})
    play.sent("branch01.member01", "/text-size", {})
    play.sent("zone.sysadmin", "/roster", {"file": ("名册.xlsx", b"no workbook")})
    play.sent("town1.secretary", "/logout", {})


def time_passes(play: Play) -> None:
    """The clock's own moves: reminders, lapses, days come; and what is too late then."""
    play.run("sweep")
    for day in ("2026-11-27", "2026-11-30", "2026-12-03", "2026-12-05", "2026-12-07"):
        play.on(day)
        play.run("sweep")
    lapsed = play.case("date_change", "lapsed", "区党政办党支部")
    play.move("dept1.officer", lapsed, "approve", opinion="同意")
    play.run("sweep")
    play.run("schedule", "2028")
    play.run("settings", "list")
    play.run("audit", "verify")


SCENES = (
    request_walk,
    other_requests,
    absences,
    exemptions,
    orders,
    appraisals,
    notices,
    party_days,
    offices,
    accounts,
    time_passes,
)


FEW = tuple(scene for scene in SCENES if scene not in (other_requests, accounts))


def play(stage, told, scenes=SCENES) -> list[str]:
    """Play scenes and return what came of each change; after all, also where the cases stand."""
    made = Play(stage, told)
    for scene in scenes:
        scene(made)
    for case, who in made.touched.items() if scenes == SCENES else ():
        made.api(who, "GET", f"/cases/{case}")
    return made.done
