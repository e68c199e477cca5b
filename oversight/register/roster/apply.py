"""Rosters come in here: read, compared, shown, and written all or nothing, with a record of who did
it.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import files
from oversight.base.clock import Moment
from oversight.base.db import by_ids, reading
from oversight.base.refusals import (
    AlreadyTaken,
    BadRequest,
    DomainError,
    Forbidden,
    NotFound,
    RuleViolation,
    VersionConflict,
)
from oversight.base.sealing import Sealer
from oversight.base.sentences import N_, say
from oversight.engine.use_case import after, one_transaction
from oversight.models import Membership, Person, Post, RosterDraft, Unit, UnitChange, Zone
from oversight.organization.actor import Actor, actor_of
from oversight.register import accounts, audit_log, departures, proposals, tenure

from . import parse as rosters
from .diff import Plan, compare

CHUNK = 2000
KEPT_FOR = timedelta(days=1)
LATEST = 5  # imports among which that of who was first is looked for


class Troubled(BadRequest):
    """The roster cannot be taken as it is; `troubles` and `notes` are lines for people."""

    status, title = 422, N_("名册需要修改")

    def __init__(self, troubles: list, notes: list):
        super().__init__(say("名册有 %(count)s 处要改，改好前一行也不导入。", count=len(troubles)))
        shown = [str(one) for one in troubles[: rosters.MOST_TROUBLES]]
        if len(troubles) > len(shown):
            shown.append(say("只列出前 %(count)s 处，改好后再传，会列出其余的。", count=len(shown)))
        self.troubles, self.notes = shown, [str(one) for one in notes]


@dataclass(frozen=True)
class Read:
    """A roster that can be applied: what it says and would change, and which file it was."""

    roster: rosters.Roster
    plan: Plan
    name: str
    sha256: str


def read(
    session: Session,
    zone: Zone,
    data: bytes,
    name: str,
    sealer: Sealer,
    at: Moment,
    stage: Callable[..., rosters.Tick] = rosters.silent,
) -> Read:
    """Read a workbook and compare it with the database. Raises Troubled, TooLarge, WrongType,
    InvalidInput.

    Ends the transaction before; until the next end no other roster can be applied.
    """
    session.rollback()  # nobody waits for a lock while a workbook is parsed
    roster = rosters.read(data, at.today, stage)
    audit_log.alone(session, zone.id)
    return _compared(
        session, zone, roster, sealer, at, name, hashlib.sha256(data).hexdigest(), stage
    )


def _compared(
    session: Session,
    zone: Zone,
    roster: rosters.Roster,
    sealer: Sealer,
    at: Moment,
    name: str,
    sha256: str,
    stage: Callable[..., rosters.Tick] = rosters.silent,
) -> Read:
    plan = compare(session, zone, roster, sealer, at.today, stage)
    if roster.troubles:
        raise Troubled(roster.troubles, roster.notes)
    return Read(roster, plan, name[:100], sha256)


def apply(
    session: Session,
    found: Read,
    by_id: str | None,
    at: Moment,
    confirmed: bool = False,
    stage: Callable[..., rosters.Tick] = rosters.silent,
) -> None:
    """Write what a roster changes and note who did it. Does not commit. Raises RuleViolation.

    Nobody is deleted: memberships and posts end, the accounts of those who left are closed, and
    what was open of them is passed on or ended.
    """
    plan = found.plan
    if plan.thinned and not confirmed:
        raise RuleViolation(
            say(
                "%(branches)s。如名册完整、确是离开，请勾选“确认这些人已离开”（命令行加 --confirm-left）；否则请补全名册。",
                branches="；".join(plan.thinned[:5]),
            ),
            rule="many_left",
            house_rule=N_("名册不全时不误记离开。"),
        )
    who = actor_of(session, by_id, at.today) if by_id else None
    _end(session, Membership, plan.memberships_ended)
    _make_way(session, plan, at.today)
    made = ((Unit, plan.units + plan.groups), (Person, plan.people), (Membership, plan.memberships))
    tick = stage("write", sum(len(rows) for _table, rows in made) + len(plan.people_changes))
    for table, rows in made:
        _insert(session, table, rows, tick)
    _regroup(session, plan)
    _change_people(session, plan, tick)
    _change_units(session, plan, by_id, at)
    _end_posts(session, plan, who, at)
    accounts.follow(session, plan.departed, who, at)
    proposals.ask(session, plan.zone_id, plan.asked, plan.dropped, found.name, by_id, at)
    audit_log.by_id(
        session, plan.zone_id, by_id, at, "rosters", "roster", found.name, **_record(found)
    )
    session.flush()
    session.expire_all()
    departures.settle_people(session, plan.departed, who, at)


def _insert(session: Session, table: type, rows: list[dict], tick: rosters.Tick) -> None:
    for start in range(0, len(rows), CHUNK):
        session.execute(sa.insert(table), rows[start : start + CHUNK])
        tick(len(rows[start : start + CHUNK]))


def _end(session: Session, table: type, ended: dict) -> None:
    if ended:
        session.execute(
            sa.update(table), [{"id": row_id, "to_on": on} for row_id, on in ended.items()]
        )


def _make_way(session: Session, plan: Plan, today: date) -> None:
    """Let moves that wait for a later day give way to what the roster says of today."""
    people = sorted({row["person_id"] for row in plan.memberships} | plan.departed)
    for start in range(0, len(people), CHUNK):
        later = Membership.person_id.in_(people[start : start + CHUNK]), Membership.from_on > today
        session.execute(sa.delete(Membership).where(*later))


def _end_posts(session: Session, plan: Plan, who: Actor | None, at: Moment) -> None:
    """End the posts of those who left the branch in which they held them."""
    by_day: dict[date, list[str]] = defaultdict(list)
    for post_id, on in plan.posts_ended.items():
        by_day[on].append(post_id)
    for on, ids in sorted(by_day.items()):
        posts = list(by_ids(session, Post, ids).values())
        tenure.end_all(session, posts, on, who, at, one_of_many=True)


def _regroup(session: Session, plan: Plan) -> None:
    if plan.group_changes:
        session.execute(
            sa.update(Membership),
            [
                {"id": row_id, "group_id": after}
                for row_id, (_person, _before, after) in plan.group_changes.items()
            ],
        )


def _change_people(session: Session, plan: Plan, tick: rosters.Tick) -> None:
    for person_id, found in plan.people_changes.items():
        tick(1)
        session.execute(
            sa.update(Person)
            .where(Person.id == person_id)
            .values({name: after for name, (_before, after) in found.items()})
        )


def _change_units(session: Session, plan: Plan, by_id: str | None, at: Moment) -> None:
    """Note the founding and every change of a unit."""
    said = [
        (row["id"], "founded", {"name": [None, row["name"]]}) for row in plan.units + plan.groups
    ]
    said += [(unit_id, "changed", found) for unit_id, found in plan.unit_changes.items()]
    for unit_id, found in plan.unit_changes.items():
        session.execute(
            sa.update(Unit)
            .where(Unit.id == unit_id)
            .values({name: after for name, (_before, after) in found.items()})
        )
    session.add_all(
        UnitChange(
            zone_id=plan.zone_id,
            unit_id=unit_id,
            kind=kind,
            day=at.today,
            what=what,
            by_id=by_id,
            at=at.now,
        )
        for unit_id, kind, what in said
    )


def _record(found: Read) -> dict:
    """Return what the record keeps: whose what was changed, but no telephone number."""
    plan = found.plan
    people = {
        person_id: {
            name: "changed" if name == "phone_sealed" else [str(before), str(after)]
            for name, (before, after) in changes.items()
        }
        for person_id, changes in plan.people_changes.items()
    }
    return {
        "file": found.name,
        "sha256": found.sha256,
        "digest": plan.digest,
        "counts": plan.counts,
        "people": people,
        "left": [person_id for person_id, _name, _unit in plan.left],
        "groups": [list(change) for change in plan.group_changes.values()],
        "posts_asked": [[one.name, one.title, one.begins] for one in plan.asked],
        "posts_ended": list(plan.posts_ended),
    }


# On the page: read now, applied after a look ------------------------------------------------------


def propose(
    session: Session,
    folder: Path,
    zone: Zone,
    data: bytes,
    name: str,
    sealer: Sealer,
    who,
    at: Moment,
    stage: Callable[..., rosters.Tick] = rosters.silent,
) -> Read:
    """Read a roster and keep what was read, sealed, until its sender has looked; one a person.
    Commits.

    Raises Forbidden, Troubled, TooLarge, WrongType, InvalidInput.
    """
    with one_transaction(session):
        entitled(who)
        found = read(session, zone, data, name, sealer, at, stage)
        plain = json.dumps(rosters.to_plain(found.roster), ensure_ascii=False).encode()
        stored = files.keep(folder, sealer.seal_file(plain))
        old = _forget(session, who.id)
        session.add(
            RosterDraft(
                by_id=who.id,
                zone_id=zone.id,
                name=found.name,
                sha256=found.sha256,
                stored=stored,
                at=at.now,
            )
        )
        after(session, lambda: _drop_unless_named(session, folder, stored, *old))
        session.flush()
        return found


def entitled(who) -> None:
    """Make sure that the actor is system administrator of the zone. Raises Forbidden."""
    if not any(post.office == "sysadmin" and post.unit.kind == "zone" for post in who.posts):
        raise Forbidden("名册由区的系统管理员导入，不由您办理。", rule="authority")


def draft(
    session: Session,
    folder: Path,
    zone: Zone,
    sealer: Sealer,
    who,
    at: Moment,
    stage: Callable[..., rosters.Tick] = rosters.silent,
) -> Read | None:
    """Return the roster that waits for the actor, compared with the database of now.

    Raises Forbidden, Troubled.
    """
    entitled(who)
    row = session.get(RosterDraft, who.id)
    if row is None or row.at < at.now - KEPT_FOR:
        return None
    try:
        plain = json.loads(sealer.open_file(files.read(folder, row.stored)))
    except ValueError:
        raise NotFound("暂存的名册打不开了，请重新上传。") from None
    kept = rosters.from_plain(plain)
    return _compared(session, zone, kept, sealer, at, row.name, row.sha256, stage)


def accept(
    session: Session,
    folder: Path,
    zone: Zone,
    sealer: Sealer,
    who,
    at: Moment,
    digest: str,
    confirmed: bool,
    stage: Callable[..., rosters.Tick] = rosters.silent,
) -> Read:
    """Apply the roster that waits, if it still does what its sender was shown, and drop the file.
    Commits.

    Raises Forbidden, NotFound, VersionConflict, RuleViolation, Troubled.
    """
    with one_transaction(session):
        audit_log.alone(session, zone.id)
        found = draft(session, folder, zone, sealer, who, at, stage)
        if found is None or found.plan.digest != digest:
            raise _second(session, zone, found, digest, at)
        apply(session, found, who.id, at, confirmed, stage)
        discard(session, folder, who)
        return found


def _second(
    session: Session, zone: Zone, found: Read | None, digest: str, at: Moment
) -> DomainError:
    """Return the refusal of who comes second with a roster: who has brought it in, and when."""
    latest = audit_log.listed(session, zone.id, area="rosters", limit=LATEST)
    first = next((one for one in latest if one.what.get("digest") == digest), None)
    if first is None and found is None:
        return NotFound("没有等待导入的名册，可能已经导入或放弃，请重新上传。")
    if first is None:
        return VersionConflict("上传之后库里有了变化，下面是重新比对的结果，请看过再导入。")
    kind, said = (
        (AlreadyTaken, N_("名册“%(name)s”已由%(who)s于%(at)s导入，您的这一步没有生效。"))
        if found is None
        else (
            VersionConflict,
            N_("名册“%(name)s”已由%(who)s于%(at)s导入，下面是重新比对的结果，请看过再导入。"),
        )
    )
    said = say(said, name=first.about, who=first.by, at=at.written(first.at))
    return kind(said, decided_by=first.by, decided_at=first.at.isoformat())


def discard(session: Session, folder: Path, who) -> None:
    """Drop the roster that waits. Commits. Raises Forbidden."""
    with one_transaction(session):
        entitled(who)
        audit_log.alone(session, who.zone_id)
        old = _forget(session, who.id)
        after(session, lambda: _drop_unless_named(session, folder, *old))


def _drop_unless_named(session: Session, folder: Path, *stored: str) -> None:
    """Drop those of the files that no draft names once the transaction has ended."""
    named = session.scalars(sa.select(RosterDraft.stored).where(RosterDraft.stored.in_(stored)))
    files.drop(folder, *(set(stored) - set(named)))
    session.rollback()


def _forget(session: Session, person_id: str) -> Iterable[str]:
    row = session.get(RosterDraft, person_id)
    if row is None:
        return ()
    session.delete(row)
    session.flush()
    return (row.stored,)


def forget_old(session: Session, folder: Path, at: Moment) -> int:
    """Drop the rosters that nobody came back for within a day. Commits."""
    is_old = RosterDraft.at < at.now - KEPT_FOR
    session.rollback()
    with reading():
        found = session.scalar(sa.select(RosterDraft.stored).where(is_old).limit(1))
        session.rollback()
    if found is None:
        return 0
    with one_transaction(session):
        old = session.scalars(
            sa.delete(RosterDraft).where(is_old).returning(RosterDraft.stored)
        ).all()
        after(session, lambda: _drop_unless_named(session, folder, *old))
    return len(old)


# Told ---------------------------------------------------------------------------------------------


def summary(plan: Plan) -> list[tuple[str, list[tuple[str, int]]]]:
    """Return the counts as people read them: a heading and its figures."""
    counts = plan.counts
    return [
        (
            N_("党组织"),
            [
                (N_("新建"), counts["units"]["new"]),
                (N_("改动"), counts["units"]["changed"]),
                (N_("不变"), counts["units"]["same"]),
                (N_("名册里没有"), counts["units"]["left"]),
            ],
        ),
        (
            N_("人员"),
            [
                (N_("新增"), counts["people"]["new"]),
                (N_("更新"), counts["people"]["changed"]),
                (N_("不变"), counts["people"]["same"]),
                (N_("离开"), counts["people"]["left"]),
            ],
        ),
        (
            N_("组织关系"),
            [
                (N_("开始"), counts["memberships"]["new"]),
                (N_("结束"), counts["memberships"]["ended"]),
            ],
        ),
        (
            N_("党小组"),
            [
                (N_("新建"), counts["groups"]["new"]),
                (N_("编入或调整"), counts["groups"]["changed"]),
            ],
        ),
        (
            N_("职务"),
            [(N_("任职"), counts["posts"]["new"]), (N_("离任"), counts["posts"]["ended"])],
        ),
    ]
