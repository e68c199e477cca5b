"""The words for who may act, always relative to a case.

A role says where its seat is (the case's branch, its superior, the one above…) and which offices
fill it. Whether a given person holds it today is decided in `authority`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from oversight.base.sentences import N_

OFFICES = {
    "secretary": N_("书记"),
    "deputy": N_("副书记"),
    "organizer": N_("组织委员"),
    "publicity": N_("宣传委员"),
    "discipline": N_("纪检委员"),
    "committee": N_("委员"),
    "group_leader": N_("党小组长"),
    "first_secretary": N_("第一书记"),
    "instructor": N_("党建指导员"),
    "stationed": N_("驻点干部"),
    "team": N_("班子成员"),
    "officer": N_("党建办经办人"),
    "inspector": N_("督查员"),
    "sysadmin": N_("系统管理员"),
    "secadmin": N_("安全管理员"),
    "auditor": N_("审计管理员"),
}
ADMINISTRATORS = frozenset({"sysadmin", "secadmin", "auditor"})
# Posts that do not open a unit's business: administrators judge nothing, group leaders see their
# group.
NO_BUSINESS = ADMINISTRATORS | {"group_leader"}
# Of towns, departments and the zone: who checks branches and writes for what stands above them.
ABOVE_BRANCHES = frozenset({"officer", "inspector", "team"})
ONE_OF_EACH = frozenset({"secretary", "organizer", "publicity", "discipline"})
ONE_THERE = frozenset({("deputy", "branch"), ("group_leader", "group")})
BRANCH_LEADERS = ("secretary", "deputy", "organizer")

Ranks = tuple[tuple[str, ...], ...]


def there_is(office: str, kind: str) -> bool:
    """True where a unit of a kind has an office: administrators are the zone's, who checks branches is
    in none of them. Source: G-4.4a
    """
    if office in ADMINISTRATORS:
        return kind == "zone"
    return office in OFFICES and not (office in ABOVE_BRANCHES and kind in ("branch", "group"))


def single(office: str, kind: str) -> bool:
    """True where of a unit of a kind one person at a time has an office. A branch's committee has one of
    each and one deputy; a town has several deputies, and every committee several members.
    """
    return office in ONE_OF_EACH or (office, kind) in ONE_THERE


@dataclass(frozen=True)
class Role:
    """A party to a case. `ranks`: the next is asked only where nobody eligible fills the former.

    `seat` is "unit", "person", "roster", "superior", "above" or "zone", counted from the case's
    branch, or "branches" for all of the zone and "named" for whom a move names, who are only told;
    "" for roles that no person plays (the timer, the automatic transition). "roster" is whoever was
    given a row of his own in the case. Where no post is filled the superior above acts: a vacancy
    never locks a case.
    `any_level`: whoever fills it at any level above may act, not only the nearest. `impartial`: who
    opened the case for his side may not play it; `anew`: nor who decided on it in a body before, or
    has a row of his own in it. `fact` names a fact that holds a unit: the seat is counted from that
    unit, not from the case's branch.
    """

    name: str
    label: str
    seat: str
    ranks: Ranks = ()
    group_of: str = ""
    any_level: bool = False
    impartial: bool = True
    anew: bool = False
    fact: str = ""

    @property
    def candidate_group(self) -> str:
        """Name the offices that fill it; roles filled by the same offices share it."""
        return self.group_of or self.name

    @property
    def role(self) -> Role:
        """A role plays its own part; one of many, or a committee, plays another's."""
        return self

    @property
    def many(self) -> bool:
        return False

    @property
    def personal(self) -> bool:
        return False

    @property
    def human(self) -> bool:
        return bool(self.seat)

    @property
    def judges(self) -> bool:
        """True where the role stands above the branch: its people must not be the branch's own."""
        return bool(self.fact) or self.seat not in ("", "unit", "person", "roster")

    @property
    def above(self) -> Role:
        """Return who takes over from a role that is late."""
        if not self.fact:
            return ABOVE
        return replace(
            SUPERIOR,
            name=f"{self.name}_above",
            label=f"{self.label}的上级",
            group_of=SUPERIOR.candidate_group,
            fact=self.fact,
        )


_SUPERIOR: Ranks = (("officer", "secretary"), ("deputy",), ("committee",))

BRANCH = Role(
    "branch",
    "党支部",
    "unit",
    (BRANCH_LEADERS, ("publicity", "discipline", "committee"), ("member",)),
)
# Who acts as one of these is on the branch's side of a case, also where he stands in from above.
BRANCH_SIDE = (BRANCH.name, "each_partner")
SUPERIOR = Role("superior", "上级党组织", "superior", _SUPERIOR)
ABOVE = Role("above", "再上一级党组织", "above", _SUPERIOR, group_of="superior")
ZONE_OFFICE = Role(
    "zone_office", "区党建办", "unit", (("officer",), ("secretary", "deputy"), ("committee",))
)
ZONE_SIGNER = Role(
    "zone_signer", "区党工委", "zone", (("secretary", "deputy", "committee"), ("officer",))
)
# The same in whatever unit above the branches a notice is drafted.
OWN_OFFICE = Role("own_office", "本级党建办", "unit", ZONE_OFFICE.ranks, group_of="zone_office")
OWN_SIGNER = Role("own_signer", "本级党组织", "unit", ZONE_SIGNER.ranks, group_of="zone_signer")
INSPECTOR = Role(
    "inspector",
    "督查组",
    "superior",
    (("inspector",), ("officer", "secretary")),
    any_level=True,
    impartial=False,
)
ISSUER = Role(
    "issuer",
    "下达单位",
    "superior",
    (("inspector", "officer", "secretary"), ("deputy",), ("committee",)),
    impartial=False,
)
OVERSEER = Role(
    "overseer", "下达单位或其上级", "superior", _SUPERIOR, group_of="superior", any_level=True
)
MEMBER = Role("member", "党员本人", "person", (("member",),))
PARTICIPANT = Role("participant", "参加的党员", "roster", (("member",),), group_of="member")
COMMITTEE = Role(
    "committee",
    "上级党组织会议",
    "superior",
    (("secretary", "deputy", "discipline", "committee", "team"),),
)
REVIEWER = Role("reviewer", "上级复核人", "superior", _SUPERIOR, group_of="superior", anew=True)
# Administrators judge no business; of each other's acts of power they do: nobody has it alone.
APPOINTER = Role("appointer", "安全管理员", "zone", (("secadmin",),), impartial=False)
KEEPER = Role("keeper", "系统管理员", "zone", (("sysadmin",), ("secadmin",)), impartial=False)
RELEASER = Role("releaser", "另一名管理员", "zone", (("sysadmin", "secadmin"), ("auditor",)))
COLLEAGUE = Role(
    "colleague",
    "本人的同事或上级",
    "unit",
    (("officer", "secretary", "deputy", "committee", "inspector", "team"), ("auditor",)),
    any_level=True,
)
NOBODY = Role("", "", "")  # on whom a state waits that is an end
TIMER = Role("clock", "到期自动", "")
AUTOMATIC = Role("count", "条件具备，自动流转", "")

ROLES = {
    role.name: role
    for role in list(globals().values())
    if isinstance(role, Role) and role is not NOBODY
}
CANDIDATE_GROUPS = {role.candidate_group: role.ranks for role in ROLES.values() if role.human}
