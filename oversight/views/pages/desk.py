"""The desk: what waits for me, what I wait for, one answer for many, my notices and my own page."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta

from flask import Blueprint, current_app, redirect, render_template, request
from flask_babel import gettext as _
from flask_login import current_user, login_required

from oversight import workflows
from oversight.base import typed
from oversight.base.db import db
from oversight.base.lazy import cached_property
from oversight.base.refusals import DomainError, InvalidInput, NotFound, VersionMissing
from oversight.base.rows import grouped, grouped_by, ids_of, keyed
from oversight.base.sentences import N_
from oversight.casework import paper_numbers
from oversight.engine import authority, bell, inbox, transitions
from oversight.law.definition import Bulk
from oversight.law.inputs import read_id
from oversight.ledger import to_do
from oversight.ledger.to_do import ToDo
from oversight.models import Case, FollowUp, Unit
from oversight.views import excel, forms, present, session
from oversight.views.present import translated
from oversight.views.said import url_for

from . import casefile, desk_act_forms, listed, own, start
from .casefile import CaseFile

bp = Blueprint("desk", __name__)

TABS = (
    ("mine", N_("等我办")),
    ("waiting", N_("等别人")),
    ("follow_up", N_("跟进")),
    ("units", N_("我管的")),
    ("done", N_("已办结")),
    ("copied", N_("抄送我")),
)
COUNTED = ("waiting", "follow_up")
DUES = (("overdue", N_("已超期")), ("today", N_("今天到期")), ("week", N_("本周到期")))
BULK = "bulk"  # what a refused answer to many is kept as where no one case is meant
BULK_MOST = 50
NOTICES = 100  # on a page


@dataclass(frozen=True)
class View:
    """Where on the desk the reader is: the box, what narrows it, the page and the case that lies
    open.
    """

    box: str = "mine"
    workflow: str = ""
    due: str = ""
    unit: str = ""
    cursor: str = ""
    case: str = ""

    @classmethod
    def of(cls, args) -> View:
        return cls(
            **{name: args.get(name, "")[:80] or default for name, default in asdict(cls()).items()}
        )

    def url(self, **changes) -> str:
        """Return the address of this place, changed; a change of the filter starts at the first
        page.
        """
        first = {} if set(changes) <= {"case"} else {"cursor": "", "case": ""}
        kept = {**vars(self), **first, **changes}
        if kept["box"] == "mine":
            del kept["box"]
        return url_for("desk.queue", **{name: value for name, value in kept.items() if value})


@dataclass(frozen=True)
class Row:
    """One line of the list; `under` is the heading that it stands under."""

    case: Case
    under: str
    waits: str
    holder: str
    tick: bool
    marks: list[str]
    follow: FollowUp | None = None
    mine: bool = False


class DeskPage:
    """One page of the desk for one reader, with the case that lies open on it."""

    def __init__(self, view: View, bound: forms.Bound = forms.NO_FORM, shut: str = ""):
        self.view, self.who, self.at, self.bound = view, session.actor(), session.moment(), bound
        self.shut = shut  # why no case lies open, where one should

    @cached_property
    def unit(self) -> Unit | None:
        found = db.session.get(Unit, _uuid(self.view.unit)) if self.view.unit else None
        if self.view.unit and (found is None or not self.who.sees(found)):
            raise NotFound()
        return found

    @property
    def unnumbered(self) -> int:
        """Count the papers of the reader's units that wait for their number in the office's register."""
        if session.settings()["reply_numbers"] == "own":
            return 0
        return len(paper_numbers.waiting(db.session, self.who))

    @cached_property
    def filters(self) -> inbox.Filters:
        return inbox.Filters(
            self.view.workflow or None, self.view.due or None, self.unit.path if self.unit else None
        )

    @cached_property
    def page(self) -> inbox.Page:
        return inbox.cases(
            db.session,
            self.who,
            self.view.box,
            self.at.today,
            self.filters,
            self.view.cursor or None,
        )

    @cached_property
    def counts(self) -> dict[str, int]:
        filters = replace(self.filters, workflow=None)
        if self.view.box == "mine" and filters == inbox.Filters():
            return session.waiting()
        return inbox.counts(db.session, self.who, self.view.box, self.at.today, filters)

    @property
    def kinds(self) -> list[tuple[str, str, int]]:
        """Return the kinds of business in this box: name, short title, how many."""
        return [
            (w.name, w.short or w.title, self.counts[w.name])
            for w in workflows.every()
            if w.name in self.counts
        ]

    @cached_property
    def tabs(self) -> list[tuple[str, str, int | None]]:
        """Return the boxes: name, label, how many; 跟进 only where the reader has put something
        there.
        """
        counts = self._counted
        hidden = [
            *(["units"] if not self.who.posts else []),
            *(["follow_up"] if not counts["follow_up"] and self.view.box != "follow_up" else []),
        ]
        return [(box, label, counts.get(box)) for box, label in TABS if box not in hidden]

    @cached_property
    def _counted(self) -> dict[str, int]:
        mine = sum(session.waiting().values()) + len(self._duties)
        return {"mine": mine, **session.box_counts(*COUNTED)}

    @cached_property
    def _duties(self) -> list[ToDo]:
        return to_do.of(db.session, self.who, self.at) if self.who.led else []

    @property
    def asks_for(self) -> Unit | None:
        """Return the branch with a fixed day whose leader the reader is, on his own desk."""
        led = {unit_id for person_id, unit_id in self.who.led if person_id == self.who.id}
        found = (post.unit for post in self.who.posts if post.unit_id in led)
        unit = next((one for one in found if one.kind == "branch" and one.fixed_day), None)
        return unit if self.view.box == "mine" else None

    @cached_property
    def duties(self) -> list[ToDo]:
        """Return what the reader's branches are to do that is no case yet; tops 等我办."""
        if self.view.box != "mine" or self.view.cursor or self.view.workflow:
            return []
        wanted = dict(zip(DUE[1:4], ("overdue", "today", "week"), strict=True))
        return [
            one
            for one in self._duties
            if self.unit is None or one.unit.within(self.unit.path)
            if self.view.due in ("", wanted.get(_group(one.due_on, self.at.today)))
        ]

    @cached_property
    def came(self) -> list[Case]:
        """Return what the reader wanted to follow up by today, also where it waits for others; tops
        等我办.
        """
        if self.view.box != "mine" or self.view.cursor or not self._counted["follow_up"]:
            return []
        return inbox.come(db.session, self.who, self.at.today, self.filters)

    @cached_property
    def rows(self) -> list[Row]:
        cases = list(keyed((*self.came, *self.page.items)).values())
        ids = ids_of(cases)
        mine = set(ids_of(self.page.items)) if self.view.box == "mine" else set()
        lying, self._told_of = inbox.lying(db.session, ids), inbox.told_of(db.session, cases)
        holders = {case_id: lying.holder(case_id, self.at.today) for case_id in ids}
        free = [
            case
            for case in cases
            if case.id in mine and holders[case.id] in ("", self.who.person.name)
        ]
        files = casefile.read(free, self.who, self.at) if free else []
        self._files, ticks = {file.case.id: file for file in files}, casefile.clear(files)
        marks = desk_act_forms.marks(lying)
        own = self._counted["follow_up"]
        dates = desk_act_forms.follow_ups(ids, self.who.id) if own else {}
        return [
            Row(
                case,
                self._under(case, dates.get(case.id)),
                "" if case.id in mine else lying.waits(case.id),
                holders[case.id],
                case.id in ticks,
                marks.get(case.id, []),
                dates.get(case.id),
                case.id in mine,
            )
            for case in cases
        ]

    @property
    def ticks(self) -> bool:
        """True where some of the list may be answered in one go."""
        return any(row.tick for row in self.rows)

    def _under(self, case: Case, own: FollowUp | None) -> str:
        """Return the heading of a case: by its deadline, in 跟进 by the reader's own date."""
        if own and (self.view.box == "follow_up" or case in self.came):
            return _group(own.day, self.at.today, FOLLOWED)
        return _group(case.due_on, self.at.today) if self.view.box != "done" else ""

    @property
    def groups(self) -> list[tuple[str, list[ToDo], list[Row]]]:
        """Return what is owed and the cases under their headings, in the order of the list."""
        rows = grouped_by(self.rows, "under")
        owed = grouped((_group(one.due_on, self.at.today), one) for one in self.duties)
        labels = list(dict.fromkeys((*rows, *owed)))
        if owed:
            labels.sort(key=HEADINGS.index)
        return [(label, owed.get(label, []), rows.get(label, [])) for label in labels]

    @cached_property
    def open(self) -> CaseFile | None:
        """Return the case that lies open: the one named, where it is in sight, else the first."""
        rows = [row.case for row in self.rows]
        case = next((case for case in rows if case.id == self.view.case), rows[0] if rows else None)
        if case is None or self.shut:
            return None
        file = self._files.get(case.id) or CaseFile(case, self.who, self.at)
        file.bound = self.bound
        return file

    @property
    def next_url(self) -> str:
        """Return where to go once the open case is decided:

        the same place with the next one open.
        """
        ids = [row.case.id for row in self.rows]
        at = ids.index(self.open.case.id) if self.open else -1
        after = (ids[at + 1 :] + ids[:at][-1:])[:1]
        return self.view.url(case=after[0] if after else "")

    @cached_property
    def coming(self) -> tuple[date, int] | None:
        """Return when the next of what others are to do falls due, and how many then; for an empty
        desk.
        """
        page = inbox.cases(db.session, self.who, "waiting", self.at.today)
        days = [case.due_on for case in page.items if case.due_on]
        return (days[0], days.count(days[0])) if days else None


def duty_url(duty: ToDo) -> str:
    """Return where a duty is done: the sheet, or its place in the branch's year."""
    if duty.activity_id:
        return url_for("attend.show", activity_id=duty.activity_id)
    anchor = "life" if duty.kind == "meeting" else f"m{duty.due_on.month}"
    return url_for("year.show", unit_id=duty.unit.id, year=duty.year, _anchor=anchor)


def _uuid(value: str) -> str:
    found = read_id(value)
    if found is None:
        raise NotFound()
    return found


DUE = (N_("无期限"), N_("已超期"), N_("今天到期"), N_("本周到期"), N_("下周及以后"))
COME = N_("到了跟进日期")
HEADINGS = (COME, *DUE[1:], DUE[0])
FOLLOWED = ("", COME, COME, N_("本周跟进"), N_("下周及以后跟进"))


def _group(day: date | None, today: date, labels: tuple[str, ...] = DUE) -> str:
    """Return the heading of a day: none, past, today, this week or later."""
    if day is None:
        return labels[0]
    if day <= today:
        return labels[1] if day < today else labels[2]
    return labels[3] if day <= today + timedelta(days=7 - today.isoweekday()) else labels[4]


def page(view: View, bound: forms.Bound = forms.NO_FORM):
    """Render the desk; also for a form that came back from the pane."""
    try:
        return _rendered(DeskPage(view, bound))
    except present.UNREADABLE:  # the case that lies open, written past the program: without it
        current_app.logger.exception("the open case of a desk cannot be shown")
        return _rendered(DeskPage(view, bound, shut=present.BROKEN))


def _rendered(desk: DeskPage) -> str:
    return render_template("queue.html", desk=desk, view=desk.view, dues=DUES, duty_url=duty_url)


@bp.get("/")
def home():
    """Lead to the desk; an administrator of a zone that others can't work in yet to its first steps."""
    if not current_user.is_authenticated:
        return redirect(url_for("access.login"))
    begins = any(step.needed for step in start.left())
    return redirect(url_for("start.show" if begins else "desk.queue"))


@bp.get("/desk")
@login_required
def queue():
    try:
        if excel.wanted():
            return _as_list(DeskPage(View.of(request.args)))
        return page(View.of(request.args))
    except InvalidInput:  # a mark or filter that somebody typed: begin at the beginning
        return redirect(url_for("desk.queue"))


def _as_list(desk: DeskPage):
    """Answer with a box as it is filtered, all its pages."""
    title = next((translated(label) for box, label in TABS if box == desk.view.box), _("待办"))
    return excel.answer(*listed.cases(title, desk.view.box, desk.filters))


# One answer for many -----------------------------------------------------------------------------


@bp.get("/desk/bulk")
@login_required
def bulk():
    return _confirm(request.args.getlist("case"))


@bp.post("/desk/bulk")
@login_required
def bulk_send():
    ids = request.form.getlist("case")[:BULK_MOST]
    versions = dict(zip(ids, request.form.getlist("version"), strict=False))
    with session.keeping(BULK):
        cases = seen(ids, session.actor())
    if not all(_opinion(case.workflow) for case in cases):
        return _confirm(ids, wrong=_("请填写“批复意见”。")), 422
    results = [_answer(case.id, versions.get(case.id, "")) for case in cases]
    return render_template(
        "bulk_done.html", results=results, done=sum(refusal is None for _case, refusal in results)
    )


def _opinion(workflow: str) -> str:
    """Return the text written for the cases of one workflow."""
    one = request.form.get(forms.SAY, "")
    said = request.form.get(f"{forms.SAY}-{workflow}", one).strip()
    return said if typed.says(said) else ""


@dataclass(frozen=True)
class Group:
    """Cases of one workflow that are answered together: with one text, and what comes of it."""

    name: str
    files: list[CaseFile]

    @property
    def bulk(self) -> Bulk:
        return self.files[0].in_bulk.bulk

    @property
    def say(self) -> str:
        return request.form.get(self.name, self.bulk.phrase)

    @property
    def consequences(self) -> list[str]:
        return list(dict.fromkeys(file.in_bulk.bulk.consequence for file in self.files))


def _confirm(ids: list[str], wrong: str = ""):
    """List what will be answered with one text, by workflow, and what will not, with the reason."""
    who, at = session.actor(), session.moment()
    files = [CaseFile(case, who, at) for case in seen(ids, who)]
    good = grouped((file.case.workflow, file) for file in files if file.in_bulk)
    return render_template(
        "bulk.html",
        groups=[
            Group(forms.SAY if len(good) == 1 else f"{forms.SAY}-{name}", found)
            for name, found in good.items()
        ],
        rest=[file for file in files if not file.in_bulk],
        wrong=wrong,
    )


def seen(ids: list[str], who) -> list[Case]:
    """Return the cases chosen, all of them in sight. Raises NotFound."""
    return [
        authority.seen(db.session, who, _uuid(case_id))
        for case_id in dict.fromkeys(ids[:BULK_MOST])
    ]


def _answer(case_id: str, version: str) -> tuple[Case, DomainError | None]:
    """Answer one of many by the same door as any; returns the case and the refusal, if any."""
    case = db.session.get(Case, case_id)
    workflow = workflows.reading(case)
    move = workflow.bulk_move(workflow.state(case.state))
    name = move.name if move else BULK
    words = {ask.name: _opinion(workflow.name) for ask in move.asks} if move else {}
    try:
        if not version.strip():
            raise VersionMissing("缺少版本号，没有办理：请从待办重新勾选后再一并同意。")
        return transitions.submit(
            db.session,
            case_id,
            name,
            session.actor(),
            words,
            at=session.moment(),
            version=forms.number(version),
        ), None
    except VersionMissing as refusal:
        session.journal(refusal, name, case_id)
        return db.session.get(Case, case_id), refusal
    except DomainError as refusal:
        return db.session.get(Case, case_id), refusal


# Notices and my own page -------------------------------------------------------------------------


KEPT = 10_000  # notices in a workbook


@bp.get("/notices")
@login_required
def notices():
    if excel.wanted():
        return excel.answer(*listed.notices(bell.lines(db.session, session.actor(), KEPT)))
    page = forms.page_number(request.args)
    rows = bell.lines(db.session, session.actor(), NOTICES, (page - 1) * NOTICES)
    return render_template("notices.html", rows=rows[:NOTICES], page=page, more=len(rows) > NOTICES)


@bp.post("/notices")
@login_required
def read_notices():
    """Mark one notice read and go to its case, or mark all."""
    one = request.form.get("notice")
    bell.read(db.session, session.actor(), session.moment(), _uuid(one) if one else None)
    return redirect(session.own_path(request.form.get("next")) or url_for("desk.notices"))


@bp.get("/me")
@login_required
def me():
    return own.page()
