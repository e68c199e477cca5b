"""A person as of a day: what he holds, sees and stands in for, and the ground on which he acts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from oversight.base.db import columns, known
from oversight.base.kept import write_out
from oversight.base.lazy import cached_property
from oversight.base.prepared import Prepared, numbered
from oversight.law.roles import (
    ADMINISTRATORS,
    BRANCH_LEADERS,
    CANDIDATE_GROUPS,
    NO_BUSINESS,
    OFFICES,
)
from oversight.models import Membership, Person, Post, Substitution, Unit

from . import standing, substitution
from .standing import in_office, is_member
from .units import merged_into


@dataclass(frozen=True)
class Actor:
    """A person as of a day: posts held, branch belonged to, and what is in sight.

    `seats` are (unit id, candidate group, rank); `sight` are path prefixes of the units that are
    visible, `business` of those whose cases are: by post, not by membership. `acting` are the
    substitutions by which he stands in for others, never posts of his own. `former` are the
    branches merged into his: what they left closed is read on. `led` are (person id, branch id) of
    the branches that he, and those he acts for, lead by post or acting; `led_before` those whom one
    of them led lately, with the last day. `replaced_by` are the substitutions by which others stand
    in for him. `token` is the name of that by which a program acts for him.
    """

    person: Person
    posts: tuple[Post, ...]
    branch: Unit | None
    on: date
    seats: tuple[tuple[str, str, int], ...] = ()
    sight: tuple[str, ...] = ()
    business: tuple[str, ...] = ()
    acting: tuple[Substitution, ...] = ()
    former: tuple[str, ...] = ()
    led: tuple[tuple[str, str], ...] = ()
    led_before: tuple[tuple[str, str, date], ...] = ()
    replaced_by: tuple[Substitution, ...] = ()
    token: str = ""

    @property
    def id(self) -> str:
        return self.person.id

    @property
    def zone_id(self) -> str:
        return self.person.zone_id

    @cached_property
    def ground(self) -> tuple:
        """Return by value all that a statement of where he stands is made of."""
        own = [self.branch] if self.branch else []
        return (
            tuple((*_place(post.unit), post.office) for post in self.posts),
            tuple(map(_place, own)),
            tuple((*_place(row.unit), row.office, row.for_id, row.workflow) for row in self.acting),
            tuple((*_place(row.unit), row.office, row.person_id) for row in self.replaced_by),
            *(self.seats, self.sight, self.business, self.former, self.led, self.led_before),
        )

    @cached_property
    def _alike(self) -> tuple[tuple, tuple[str, ...]]:
        numbers: dict[str, int] = {}
        ground = numbered((self.id, self.zone_id, self.ground), numbers)
        return ground, tuple(numbers)

    @property
    def alike(self) -> tuple:
        """Return the ground with numbers for ids: the same for all who stand alike."""
        return self._alike[0]

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids of the ground in the order of these numbers."""
        return self._alike[1]

    @property
    def acting_seats(self) -> list[tuple[Substitution, str, int]]:
        """Return the offices that he fills as a stand-in: the substitution, candidate group and
        rank.
        """
        return [
            (row, candidate_group, rank)
            for row in self.acting
            for candidate_group, rank in _ranks_of(row.office, row.unit.kind)
        ]

    @property
    def unit_ids(self) -> list[str]:
        return list(dict.fromkeys(unit_id for unit_id, _, _ in self.seats))

    def holds(self, *offices: str) -> bool:
        return any(post.office in offices for post in self.posts)

    def sees(self, unit: Unit) -> bool:
        return any(unit.within(prefix) for prefix in self.sight)

    @property
    def title(self) -> str:
        """Return the first post as people say it, or 党员."""
        if self.posts:
            return f"{self.posts[0].unit.name}{OFFICES[self.posts[0].office]}"
        return f"{self.branch.name}党员" if self.branch else ""


def _place(unit: Unit) -> tuple[str, str, str]:
    return unit.id, unit.path, unit.kind


@dataclass(frozen=True)
class AuthorityBasis:
    """On what authority an actor acts: the unit, the role, the office, and his work item where many
    answer.

    `acting`: not by a post of his own, but for `acting_for`, or in an empty post where that is
    None.
    """

    unit_id: str
    role: str
    office: str
    desk_id: str | None = None
    acting: bool = False
    acting_for: str | None = None


def actor_of(session: Session, person_id: str, on: date) -> Actor:
    """Gather what a person holds on a day."""
    person = session.get(Person, person_id)
    write_out(session)
    held_lately = _posts(session, person, on)
    left = [post for post in held_lately if post.to_on is not None and post.to_on < on]
    posts = tuple(post for post in held_lately if post not in left)
    branch = _branch(session, person, on)
    about = substitution.about(session, person, on)
    stands_in = tuple(row for row in about if row.person_id == person_id)
    business, sight = _business(posts, stands_in), _sight(posts, stands_in, branch)
    full = branch if branch is not None and not person.probationary else None
    held: list[Post | Substitution] = [*posts, *stands_in]
    leading = {
        row.unit_id for row in held if row.unit.kind == "branch" and row.unit.path in business
    }
    return Actor(
        person,
        posts,
        branch,
        on,
        tuple(_seats(posts, full)),
        tuple(dict.fromkeys(sight)),
        tuple(dict.fromkeys(business)),
        stands_in,
        merged_into(session, person.zone_id, leading),
        tuple(_led(session, person_id, held, stands_in, on)),
        tuple(_led_before(session, left, stands_in, on)),
        tuple(row for row in about if row.person_id != person_id),
    )


def _posts(session: Session, person: Person, on: date) -> list[Post]:
    """Return the posts that a person holds on a day or held lately, with their units."""
    since = on - standing.REMEMBERED
    rows = _POSTS_OF.dicts(session, person=person.id, day=on, since=since)
    found = [known(session, Post, row) for row in rows]
    for post in found:
        set_committed_value(post, "unit", standing.unit(session, person.zone_id, post.unit_id))
    return found


def _branch(session: Session, person: Person, on: date) -> Unit | None:
    row = _BRANCH_OF.first(session, person=person.id, day=on)
    return row and standing.unit(session, person.zone_id, row.unit_id)


def _business(posts: tuple[Post, ...], stands_in: tuple[Substitution, ...]) -> list[str]:
    """Return the places whose cases are his."""
    held = [post.unit.path for post in posts if post.office not in NO_BUSINESS]
    return held + [row.unit.path for row in stands_in if row.workflow is None]


def _sight(
    posts: tuple[Post, ...], stands_in: tuple[Substitution, ...], branch: Unit | None
) -> list[str]:
    """Return the places that he sees; an administrator sees no branch by belonging to it."""
    found = [post.unit.path for post in posts if post.office not in ADMINISTRATORS]
    if branch is not None and len(found) == len(posts):
        found.append(branch.path)
    return found + [row.unit.path for row in stands_in]


def _led(
    session: Session,
    person_id: str,
    held: list[Post | Substitution],
    stands_in: tuple[Substitution, ...],
    on: date,
) -> Iterator[tuple[str, str]]:
    """Yield (person id, branch id) of the branches that the person leads, and that those he stands
    in for lead.
    """
    for row in held:
        if _leading(row):
            yield person_id, row.unit_id
    principals = {row.for_id for row in stands_in} - {None}
    for table, holds in (
        ((Post, in_office(on)), (Substitution, substitution.in_force(on))) if principals else ()
    ):
        rows = session.execute(
            sa.select(table.person_id, table.unit_id)
            .join(Unit, Unit.id == table.unit_id)
            .where(
                table.person_id.in_(principals),
                table.office.in_(BRANCH_LEADERS),
                Unit.kind == "branch",
                holds,
            )
        )
        yield from map(tuple, rows)


def _led_before(
    session: Session, left: list[Post], stands_in: tuple[Substitution, ...], on: date
) -> Iterator[tuple[str, str, date]]:
    """Yield who led which branch lately, and until when: the person, and those he acts for."""
    for post in left:
        if _leading(post):
            yield post.person_id, post.unit_id, post.to_on
    principals = {row.for_id for row in stands_in} - {None}
    if principals:
        rows = session.execute(
            sa.select(Post.person_id, Post.unit_id, Post.to_on).where(
                Post.person_id.in_(principals),
                Post.office.in_(BRANCH_LEADERS),
                Post.to_on < on,
                Post.to_on >= on - standing.REMEMBERED,
            )
        )
        yield from map(tuple, rows)


def _leading(held: Post | Substitution) -> bool:
    return held.office in BRANCH_LEADERS and held.unit.kind == "branch"


def _seats(posts: tuple[Post, ...], branch: Unit | None):
    for post in posts:
        for candidate_group, rank in _ranks_of(post.office, post.unit.kind):
            yield post.unit_id, candidate_group, rank
    if branch is not None:
        yield branch.id, "branch", _member_rank()


def _ranks_of(office: str, unit_kind: str):
    """Yield each candidate group of a kind of unit that has an office, with the rank of the office."""
    for candidate_group, ranks in CANDIDATE_GROUPS.items():
        if (candidate_group == "branch") == (unit_kind == "branch"):
            yield from (
                (candidate_group, rank) for rank, offices in enumerate(ranks) if office in offices
            )


def _member_rank() -> int:
    return next(
        rank for rank, offices in enumerate(CANDIDATE_GROUPS["branch"]) if "member" in offices
    )


# Asked once a request: built once

_PERSON: sa.BindParameter[str] = sa.bindparam("person")
_POSTS_OF = Prepared(
    sa.select(*columns(Post))
    .where(
        Post.person_id == _PERSON,
        Post.from_on <= substitution.DAY,
        sa.or_(Post.to_on.is_(None), Post.to_on >= sa.bindparam("since")),
    )
    .order_by(Post.from_on, Post.id)
)
_BRANCH_OF = Prepared(
    sa.select(Membership.__table__.c.unit_id).where(
        Membership.person_id == _PERSON, is_member(substitution.DAY)
    )
)
