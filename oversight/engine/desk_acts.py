"""Acts on a desk that change no state: who works on a row, whose opinion is asked, who is told.

Each is journalled; none has a guard of the law, and none changes who decides. `colleagues` says
whom they may name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base.clock import Moment
from oversight.base.refusals import (
    Forbidden,
    InvalidInput,
    InvalidTransition,
    NotFound,
    RuleViolation,
)
from oversight.base.sentences import N_, say
from oversight.base.terms import URGE, fill
from oversight.calendar.zone import urged_since, zone_settings
from oversight.law.definition import Field
from oversight.law.inputs import read_words
from oversight.models import Case, FollowUp, JournalRow, Unit, WorkItem
from oversight.organization.actor import Actor, AuthorityBasis
from oversight.rules.context import TransitionContext

from . import assignment, authority, colleagues, inbox, journal, outbox, told, transitions
from .sight import at_seat
from .use_case import use_case

SENT_TWICE = timedelta(minutes=10)
TO = Field("person", "person", "给谁")
ASKS: dict[str, tuple[Field, ...]] = {
    "claim": (),
    "release": (),
    "nudge": (),
    "read": (),
    "hand_over": (TO, Field("reason", "text", "说明", required=False)),
    "delegate": (TO, Field("note", "text", "请对方做什么", required=False)),
    "give_back": (Field("note", "text", "办理情况", required=False),),
    "add_signer": (TO, Field("note", "text", "请对方看什么", required=False)),
    "follow_up": (
        Field(
            "day",
            "date",
            "跟进日期",
            required=False,
            hint=N_("只有您自己看得到，到日子列在待办最上面；留空就是取消。"),
        ),
        Field("note", "text", "备注", required=False),
    ),
    "copy": (
        Field("unit", "person", "抄送单位", required=False),
        Field("person", "person", "抄送个人", required=False),
    ),
    "comment": (Field("text", "text", "意见", hint=N_("看得到这件事的人都看得到。")),),
}
ACTS = {
    "claim": N_("认领"),
    "release": N_("释放"),
    "hand_over": N_("转办"),
    "delegate": N_("委派"),
    "give_back": N_("交回"),
    "add_signer": N_("征求意见"),
    "nudge": N_("催办"),
    "follow_up": N_("设跟进日期"),
    "copy": N_("抄送"),
    "comment": N_("发表意见"),
    "read": N_("已阅"),
}
LABELS = {
    **ACTS,
    "open": N_("新开"),
    "attach": N_("上传材料"),
    "number": N_("登记文号"),
    "renumber": N_("更正文号"),
    "print": N_("制成文书文件"),
    "original": N_("存入正本"),
    "inherit": N_("承继"),
    "redate": N_("期限随主题党日调整"),
    "recount": N_("期限随放假安排调整"),
    "reclass": N_("考勤类别更正"),
    "part": N_("同次也没有到会的支部领导不再办这一件"),
    "handover": N_("换届移交"),
    "tell_members": N_("已向党员通报"),
}  # what the journal tells beside moves
# What is said with an act that no desk offers.
SAID = {"renumber": (Field("number", "text", "文号"), Field("reason", "text", "原因"))}
IN_BULK = ("claim", "release", "nudge", "read")
WAITS, NUDGED, ASKED_FOR, COPIED, ANSWERED = (
    N_("您有1件待办：%(matter)s"),
    N_("有人催办，请尽快办理：%(matter)s"),
    N_("请您提意见：%(matter)s"),
    N_("抄送给您：%(matter)s"),
    N_("您征求的意见已答复：%(matter)s"),
)
URGED_ONCE = N_("催办同一件事 %(term_urge)s 个工作日内一次。")


@dataclass(frozen=True)
class Act:
    """One act being done: by whom, on what ground, with which words; `result` goes into the
    journal.
    """

    session: Session
    case: Case
    who: Actor
    at: Moment
    basis: AuthorityBasis
    desk: WorkItem | None
    words: dict
    result: dict

    def tell(self, person_id: str, kind: str, sentence: str) -> None:
        """Put a line about the case in somebody's bell; the sentence has a place for the matter."""
        text = say(sentence, matter=told.matter(self.session, self.case))
        outbox.notify(
            self.session,
            self.case.zone_id,
            person_id,
            f"{kind}:{self.case.id}:{self.case.seq + 1}",
            text,
            self.at,
            self.case.id,
        )

    def lay(self, kind: str, person_id: str | None, unit_id: str, **more) -> None:
        """Create a further work item, beside the one that decides."""
        unit = self.session.get(Unit, unit_id)
        more = {"person_id": person_id, "asked_by": self.who.id, **more}
        assignment.lay_beside(self.session, self.case, unit, kind, self.at, **more)


def submit(
    session: Session, case_id: str, name: str, who: Actor, at: Moment, words: dict | None = None
) -> Case:
    """Act on the desk and commit; a refusal changes nothing but a row in `refusals`."""
    with use_case(session, who, at, name, case_id=case_id):
        return act(session, case_id, name, who, at, words)


def act(
    session: Session, case_id: str, name: str, who: Actor, at: Moment, words: dict | None = None
) -> Case:
    """Do one act on a case. Does not commit; what is so already is not journalled again.

    Raises NotFound, InvalidTransition, Forbidden, AlreadyTaken, RuleViolation, InvalidInput.
    """
    case = transitions.lock(session, case_id)
    authority.see(session, who, case)
    if name not in ACTS:
        raise NotFound("没有这种操作。")
    desk, basis = _ground(session, case, who, name)
    if not case.open and name != "read":
        raise InvalidTransition("这件事已经办结，不能再办这一步。")
    typed, plain = read_words(ASKS[name], words or {})
    done = Act(session, case, who, at, basis, desk, typed, {})
    if _DOES[name](done) is not False:
        workflow = workflows.of(case)
        attempt = TransitionContext(
            session,
            workflow,
            case,
            None,
            who,
            at,
            basis=basis,
            state=case.state,
            raw={key: value for key, value in plain.items() if value is not None},
            result=done.result,
        )
        transitions.record(attempt, "desk", name, case.state, case.state)
    session.flush()
    return case


def my_desk(session: Session, case: Case, who: Actor) -> tuple[WorkItem, AuthorityBasis]:
    """Return the open work item that is the actor's to work on. Raises Forbidden."""
    workflow = workflows.reading(case)
    party = workflow.state(case.state).waits_on
    if party.personal:
        raise Forbidden("这件事由每个人自己办理，不用认领。")
    found = authority.basis(session, workflow, case, party, who) if party.human else None
    if found is not None:
        for item in authority.lying(session, workflow, case):
            if (
                item.unit_id == found.unit_id
                and found.desk_id in (None, item.id)
                and item.person_id in (None, who.id)
            ):
                return session.get_one(WorkItem, item.id), found
    raise Forbidden("这件事现在不在您的待办里。")


def _ground(
    session: Session, case: Case, who: Actor, name: str
) -> tuple[WorkItem | None, AuthorityBasis]:
    """Return the row and the ground of an act: the seat's, the delegate's, or a reader's. Raises
    Forbidden.
    """
    try:
        return my_desk(session, case, who)
    except Forbidden:
        delegated = mine(session, case, who, "help")
        if name == "give_back" and delegated is not None:
            office = next(
                (post.office for post in who.posts if post.unit_id == delegated.unit_id), "member"
            )
            return session.get(WorkItem, delegated.beside_id), AuthorityBasis(
                delegated.unit_id, _party(case), office
            )
        if name in SEATED:
            raise
    return None, _reader(session, case, who)


SEATED = ("claim", "release", "hand_over", "delegate", "give_back", "add_signer")


def _party(case: Case) -> str:
    return workflows.of(case).state(case.state).waits_on.name


def _reader(session: Session, case: Case, who: Actor) -> AuthorityBasis:
    """Return the ground of a mere reader: the post nearest to the case, else membership."""
    posts = sorted(
        who.posts, key=lambda post: (not case.unit.within(post.unit.path), -len(post.unit.path))
    )
    if posts:
        return AuthorityBasis(posts[0].unit_id, "reader", posts[0].office)
    if who.acting:
        row = who.acting[0]
        return AuthorityBasis(row.unit_id, "reader", row.office, acting=True, acting_for=row.for_id)
    return AuthorityBasis((who.branch or case.unit).id, "reader", "member")


def mine(session: Session, case: Case, who: Actor, kind: str) -> WorkItem | None:
    """Return the reader's own open row of a kind: delegated to him, or for his opinion."""
    return session.scalar(
        sa.select(WorkItem)
        .where(
            WorkItem.case_id == case.id,
            WorkItem.kind == kind,
            WorkItem.person_id == who.id,
            WorkItem.closed_at.is_(None),
        )
        .limit(1)
    )


def _beside(session: Session, case: Case, who: Actor) -> set[str]:
    """Return the kinds of open rows beside the desk that decides: delegated to the reader, or a copy
    that lies at his seat.
    """
    his = sa.and_(WorkItem.kind == "help", WorkItem.person_id == who.id)
    rows = sa.select(WorkItem.kind).where(
        WorkItem.case_id == case.id,
        WorkItem.closed_at.is_(None),
        sa.or_(his, sa.and_(WorkItem.kind == "copy", at_seat(who))),
    )
    return set(session.scalars(rows))


def follow_ups(session: Session, case_ids: list[str], person_id: str) -> dict[str, FollowUp]:
    """Return by case a person's own reminder."""
    wanted = sa.select(FollowUp).where(
        FollowUp.case_id.in_(case_ids), FollowUp.person_id == person_id
    )
    return {row.case_id: row for row in session.scalars(wanted)}


def desk_of(session: Session, case: Case, who: Actor) -> WorkItem | None:
    """Return the open desk row that is the actor's to work on, if there is one."""
    try:
        return my_desk(session, case, who)[0]
    except Forbidden:
        return None


def possible(session: Session, case: Case, who: Actor, at: Moment) -> list[str]:
    """Return the desk acts open to the actor now."""
    return possible_at(session, case, who, at, desk_of(session, case, who))


def possible_at(
    session: Session, case: Case, who: Actor, at: Moment, desk: WorkItem | None
) -> list[str]:
    """Return the same where it is known which row is the actor's to work on, if any."""
    if not case.open:
        return ["read"] if "copy" in _beside(session, case, who) else []
    talk = ["follow_up", *_if(_may_copy(who, case), "copy"), "comment"]
    acts = _aside(session, case, who) if desk is None else _at_desk(session, case, who, at, desk)
    return [*acts, *talk]


def _if(open_: bool, *acts: str) -> tuple[str, ...]:
    return acts if open_ else ()


def _aside(session: Session, case: Case, who: Actor) -> list[str]:
    """Return the acts of somebody who has no work item to decide at."""
    beside = _beside(session, case, who)
    waits = bool(authority.lying(session, workflows.reading(case), case))
    return [
        *_if("copy" in beside, "read"),
        *_if("help" in beside, "give_back"),
        *_if(waits and "help" not in beside, "nudge"),
    ]


def _at_desk(session: Session, case: Case, who: Actor, at: Moment, desk: WorkItem) -> list[str]:
    """Return the acts on a work item, by who has it: a helper, somebody who claimed it or to whom it
    was reassigned, or nobody yet.
    """
    held = desk.claimed_by if desk.claimed_on == at.today else None
    lying = authority.lying(session, workflows.reading(case), case)
    if any(item.helper for item in lying if item.id == desk.id):
        return ["give_back", "nudge"]
    if held not in (None, who.id):
        return []
    if desk.handed_to not in (None, who.id):
        return ["hand_over", "nudge"]
    moves = _if(colleagues.transferable(session, case, desk), "hand_over", "delegate")
    return ["release" if held else "claim", *moves, "add_signer"]


# Claim and release -------------------------------------------------------------------------------


def _claim(act: Act) -> bool:
    if (act.desk.claimed_by, act.desk.claimed_on) == (act.who.id, act.at.today):
        return False
    assignment.respect_row(act.session, act.desk, act.who, act.at.today)
    assignment.claim(act.desk, act.who.id, act.at.today)
    return True


def _release(act: Act) -> None:
    if act.desk.claimed_by != act.who.id:
        raise Forbidden("您没有认领这件事，不用释放。")
    assignment.claim(act.desk, None, None)


# Who works on it ---------------------------------------------------------------------------------


def _hand_over(act: Act) -> bool:
    """转办: give a row for good to another who may decide, or take it back to oneself."""
    desk, to = act.desk, act.words["person"]
    colleagues.transferable(act.session, act.case, desk, refuse=True)
    if to == desk.handed_to:
        return False
    assignment.respect_row(act.session, desk, act.who, act.at.today, handed=False)
    among = colleagues.entitled(act.session, act.case, desk, act.at.today)
    colleagues.require(act.session, act.who, to, among)
    assignment.hand_to(desk, to)
    act.result["to"] = [inbox.person_name(act.session, to)]
    if to != act.who.id:
        act.tell(to, "handed", WAITS)
    return True


def _delegate(act: Act) -> bool:
    """委派: another of the same unit works on it and gives it back; who decides stays who he was."""
    desk, to = act.desk, act.words["person"]
    colleagues.transferable(act.session, act.case, desk, refuse=True)
    helper = assignment.helper(act.session, desk)
    if helper is not None and helper.person_id == to:
        return False
    assignment.respect_row(act.session, desk, act.who, act.at.today)
    colleagues.require(
        act.session, act.who, to, colleagues.helpers(act.session, act.case, desk, act.who)
    )
    act.lay("help", to, desk.unit_id, role=desk.role, rank=desk.rank, beside_id=desk.id)
    act.result["to"] = [inbox.person_name(act.session, to)]
    act.tell(to, "delegated", WAITS)
    return True


def _give_back(act: Act) -> None:
    """交回: the delegate returns the row, or the seat takes it back."""
    helper = assignment.helper(act.session, act.desk)
    if helper is None:
        raise InvalidTransition("这件事没有委派，不用交回。")
    assignment.take_back(act.session, act.desk, act.at)
    other = helper.asked_by if helper.person_id == act.who.id else helper.person_id
    act.result["to"] = [inbox.person_name(act.session, other)]
    act.tell(other, "given_back", WAITS)


def _add_signer(act: Act) -> bool:
    """加签: ask another officer's opinion; he answers with a comment, and decides nothing."""
    to = act.words["person"]
    asked = sa.select(WorkItem.id).where(
        WorkItem.case_id == act.case.id,
        WorkItem.kind == "sign",
        WorkItem.person_id == to,
        WorkItem.closed_at.is_(None),
    )
    if act.session.scalar(asked.limit(1)):
        return False
    unit_id = colleagues.require(
        act.session, act.who, to, colleagues.advisers(act.session, act.case, act.desk, act.who)
    )
    act.lay("sign", to, unit_id)
    act.result["to"] = [inbox.person_name(act.session, to)]
    act.tell(to, "asked", ASKED_FOR)
    return True


# Telling -----------------------------------------------------------------------------------------


def _nudge(act: Act) -> None:
    """催办: remind those it waits for, once within the zone's term while it waits for them; whom it
    reached is written down.
    """
    if act.desk is not None and act.who.id in colleagues.at_work(
        act.session, act.case, act.desk, act.at.today
    ):
        raise Forbidden("这件事正等您办理，不用催办。")
    day = colleagues.workday(act.session, act.case, act.at.today).isoformat()
    last = act.session.scalar(
        sa.select(JournalRow)
        .where(
            JournalRow.case_id == act.case.id,
            JournalRow.kind == "desk",
            JournalRow.move == "nudge",
            JournalRow.at >= act.case.entered_at,
        )
        .order_by(JournalRow.seq.desc())
        .limit(1)
    )
    since = urged_since(act.session, act.case.zone_id, act.at.today).isoformat()
    if last is not None and last.result["day"] > since:
        terms = zone_settings(act.session, act.case.zone_id)
        raise RuleViolation(
            say(
                "%(name)s在%(m)s月%(d)s日催办过，同一件事 %(n)s 个工作日内只催办一次。",
                name=last.actor,
                m=int(last.result["day"][5:7]),
                d=int(last.result["day"][8:]),
                n=terms[URGE.name],
            ),
            rule="nudge",
            house_rule=fill(URGED_ONCE, terms),
        )
    reached = [
        person
        for desk in authority.open_desks(act.session, act.case.id)
        for person in colleagues.at_work(act.session, act.case, desk, act.at.today)
        if person != act.who.id
    ]
    if not reached:
        raise RuleViolation("现在没有等谁办理，不用催办。", rule="nudge")
    for person in dict.fromkeys(reached):
        act.tell(person, "nudge", NUDGED)
    outbox.enqueue(
        act.session,
        act.case.zone_id,
        f"urgent:nudge:{act.case.id}:{act.case.seq + 1}",
        "urgent",
        {"case": act.case.id, "on": day},
        act.at.now,
    )
    act.result.update(
        day=day, to=[inbox.person_name(act.session, one) for one in dict.fromkeys(reached)]
    )


def _follow_up(act: Act) -> bool:
    """Keep the reader's own reminder, change it, or drop it where no day is given."""
    row, day, note = (
        act.session.get(FollowUp, (act.case.id, act.who.id)),
        act.words["day"],
        act.words["note"],
    )
    if day is not None and day < act.at.today:
        raise InvalidInput({"day": N_("“跟进日期”已经过去，请选今天或以后的日期。")})
    if len(note or "") > 200:
        raise InvalidInput({"note": N_("“备注”最多 200 字。")})
    kept = None if row is None else (row.day, row.note)
    if kept == (None if day is None else (day, note)):
        return False
    if row is not None:
        act.session.delete(row)
        act.session.flush()
    if day is not None:
        act.session.add(
            FollowUp(
                case_id=act.case.id,
                person_id=act.who.id,
                zone_id=act.case.zone_id,
                day=day,
                note=note,
            )
        )
    return True


def _may_copy(who: Actor, case: Case) -> bool:
    return any(case.unit.within(prefix) for prefix in who.business)


def _copy(act: Act) -> bool:
    """抄送: a row to read on another unit's or person's desk."""
    if not _may_copy(act.who, act.case):
        raise Forbidden("抄送由经办单位办理，您可以查看，不能抄送。")
    unit_id, person = act.words["unit"], act.words["person"]
    if (unit_id is None) == (person is None):
        raise InvalidInput({"unit": N_("请选一个“抄送单位”或“抄送个人”，只选其中一项。")})
    seat = colleagues.reader_seat(act.session, act.case, unit_id, person, act.who)
    there = sa.select(WorkItem.id).where(
        WorkItem.case_id == act.case.id,
        WorkItem.kind == "copy",
        WorkItem.closed_at.is_(None),
        WorkItem.person_id == person
        if person
        else sa.and_(WorkItem.person_id.is_(None), WorkItem.unit_id == seat.id),
    )
    if act.session.scalar(there.limit(1)):
        return False
    act.lay("copy", person, seat.id)
    act.result["to"] = [inbox.person_name(act.session, person) if person else seat.name]
    if person:
        act.tell(person, "copied", COPIED)
    return True


def _read(act: Act) -> bool:
    """已阅: the copies that lie at the reader's seat leave it, also after the case has ended. Nobody
    counts who has read what: it is not journalled.
    """
    copies = sa.select(WorkItem).where(
        WorkItem.case_id == act.case.id,
        WorkItem.kind == "copy",
        WorkItem.closed_at.is_(None),
        at_seat(act.who),
    )
    rows = act.session.scalars(copies).all()
    if not rows:
        raise Forbidden("这件事没有抄送给您，或者已经标为已阅。")
    for row in rows:
        assignment.close(row, act.at, "read")
    return False


def _comment(act: Act) -> bool | None:
    """意见交流: a word for all who see the case; it answers where the writer was asked."""
    row = mine(act.session, act.case, act.who, "sign")
    if row is None and _just_said(act):
        return False
    if row is not None:
        assignment.close(row, act.at, "comment")
        act.result["to"] = [inbox.person_name(act.session, row.asked_by)]
        act.tell(row.asked_by, "answered", ANSWERED)
    return None


def _just_said(act: Act) -> bool:
    """True where the newest row of the case is this very comment: a page was sent twice."""
    last = journal.last(act.session, act.case.id)
    mine = (last.move, last.actor_id, last.words.get("text"))
    said = ("comment", act.who.id, act.words["text"])
    return mine == said and act.at.now - last.at < SENT_TWICE


_DOES: dict[str, Callable[[Act], bool | None]] = {
    "claim": _claim,
    "release": _release,
    "hand_over": _hand_over,
    "delegate": _delegate,
    "give_back": _give_back,
    "add_signer": _add_signer,
    "nudge": _nudge,
    "follow_up": _follow_up,
    "copy": _copy,
    "read": _read,
    "comment": _comment,
}
