"""Whether an exported journal holds, alone or against a seal or an export that was kept elsewhere.

Stands alone: the standard library, and `cryptography` for one check of a signature.
`python verifier.py EXPORT [KEPT] [--key=PUBLIC_KEY]` ends with 1 where anything differs.
"""

import hashlib
import json
import sys
from pathlib import Path

ROW = (
    *("zone_id", "case_id", "seq", "at", "kind", "move", "from_state", "to_state", "actor_id"),
    *("actor", "acting_for", "role", "unit_id", "words", "result", "previous"),
)
ADMIN = ("zone_id", "seq", "at", "by_id", "by", "area", "act", "about", "about_id", "what")
SEAL = ("at", "cases", "rows", "changed", "root", "previous")
HASHED = {  # by format
    "row": {1: ROW, 2: (*ROW, "after", "format")},
    "admin": {2: (*ADMIN, "after", "previous", "format")},
    "checkpoint": {1: SEAL, 2: (*SEAL, "zone_id", "number", "day", "beside", "format")},
}
FREE = {"activities": ("moved_by", "excused_by"), "persons": ("exempt_until",)}


def canonical(values: dict) -> str:
    """Write values as the one JSON text that is hashed: sorted keys, no spaces."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(values: dict) -> str:
    return hashlib.sha256(canonical(values).encode()).hexdigest()


def hash_of(kind: str, values: dict) -> str:
    """Hash a row or a seal by the rule of its format."""
    names = HASHED[kind].get(values["format"])
    return digest({name: values[name] for name in names}) if names else ""


def merkle_root(leaves: list) -> str:
    """Fold hex digests pairwise into one; an odd last one is carried up."""
    level = leaves or [hashlib.sha256(b"").hexdigest()]
    while len(level) > 1:
        pairs = ["".join(level[i : i + 2]) for i in range(0, len(level), 2)]
        level = [
            hashlib.sha256(p.encode()).hexdigest() if len(p) > len(level[0]) else p for p in pairs
        ]
    return level[0]


def signed(seal: dict) -> bool:
    """True where the signature of a seal is its key's."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(seal["key"]))
        key.verify(bytes.fromhex(seal["signature"]), seal["hash"].encode())
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


class Verifier:
    """What has been read so far. With `alone` seals were kept without what they seal."""

    def __init__(self, keys=(), alone: bool = False):
        self.keys, self.alone = frozenset(keys), alone
        self.problems: list[str] = []
        self.warnings: list[str] = []
        self.chains: dict = {}  # hashes of each case, and of each zone's administration
        self.first: dict = {}  # the format in which a chain begins
        self.states: dict = {}
        self.headed: set = set()
        self.images: dict = {}  # (table, key): when it was left so, and how
        self.leaves: dict = {}  # (zone, table, seal): {id: hash}
        self.sealed: dict = {}  # how much of each chain
        self.seals: dict = {}

    def read(self, entries) -> "Verifier":
        for kind, values in entries:
            getattr(self, kind)(values)
        return self

    def no(self, sentence: str) -> None:
        self.problems.append(sentence)

    def link(self, kind: str, which: str, name: str, values: dict) -> None:
        """Take the next row of a chain, and what it left behind it."""
        chain, seq = self.chains.setdefault(which, []), values["seq"]
        if seq != len(chain) + 1:
            self.no(f"{name}：缺第 {len(chain) + 1} 条，或次序不对")
        if values["previous"] != (chain[-1] if chain else ""):
            self.no(f"{name}：第 {seq} 条与前一条接不上")
        older = values["format"] < self.first.setdefault(which, values["format"])
        if older or hash_of(kind, values) != values["hash"]:
            self.no(f"{name}：第 {seq} 条被改动")
        chain.append(values["hash"])
        for table, rows in values.get("after", {}).items():
            for key, image in rows.items():
                then, known = self.images.get((table, key), ("", None))
                if values["at"] >= then:
                    merged = {**known, **image} if known and image else image
                    self.images[table, key] = (values["at"], merged)

    def row(self, values: dict) -> None:
        self.link("row", values["case_id"], f"案卷 {values['case_id']}", values)
        self.states[values["case_id"]] = values["to_state"]

    def admin(self, values: dict) -> None:
        self.link("admin", values["zone_id"], "管理记录", values)
        if "earlier" in values["what"]:
            self.hold(values["zone_id"], "admin_changes", 0, values["what"]["earlier"], "管理记录")

    def head(self, values: dict) -> None:
        name, chain = values["case_id"], self.chains.get(values["case_id"], [])
        self.headed.add(name)
        if (len(chain), chain[-1] if chain else "") != (values["seq"], values["hash"]):
            self.no(f"案卷 {name}：日志的末条与案卷记下的不一致")
        if self.states.get(name) != values["state"]:
            self.no(f"案卷 {name}：现在的状态与日志不一致")

    def leaf(self, values: dict) -> None:
        which = (values["zone_id"], values["table"], values["seal"])
        self.leaves.setdefault(which, {})[values["id"]] = values["hash"]

    def stands(self, values: dict) -> None:
        """Hold a row as it is against what the journal says of it."""
        name, now = f"{values['table']} {values['key']}", values["values"]
        image = self.images.pop((values["table"], values["key"]), ("", None))[1]
        if image is None and values["of"] and self.first.get(values["of"], 2) > 1:
            self.no(f"{name}：没有日志说明它从何而来")
        wrong = [column for column, value in (image or {}).items() if now.get(column) != value]
        if wrong:
            self.no(f"{name}：{'、'.join(wrong)} 与日志不一致")

    def checkpoint(self, seal: dict) -> None:
        name, zone, number = f"第 {seal['number']} 号封印", seal["zone_id"], seal["number"]
        self.seals[zone, number] = seal
        if seal["hash"] != hash_of("checkpoint", seal):
            self.no(f"{name}：被改动")
        if seal["format"] > 1 and not seal["signature"]:
            self.warnings.append(f"{name}没有签名，加封时没有签名密钥")
        elif seal["format"] > 1 and (
            seal["key"] not in (self.keys or {seal["key"]}) or not signed(seal)
        ):
            self.no(f"{name}：签名不对")
        if self.alone:
            return
        if seal["previous"] != self.seals.get((zone, number - 1), {"hash": ""})["hash"]:
            self.no(f"{name}：与前一个接不上")
        self.sealed.update({case_id: seq for case_id, seq, *_ in seal["changed"]})
        if seal["format"] > 1:
            self.covers(seal, name)
        elif seal["root"] != merkle_root([self.at(*one) for one in sorted(self.sealed.items())]):
            self.no(f"{name}：封存以后，日志被改动或删除")

    def at(self, which: str, seq: int) -> str:
        return next(iter(self.chains.get(which, [])[seq - 1 : seq]), "")

    def covers(self, seal: dict, name: str) -> None:
        """Hold what lies under a seal against what is there."""
        wrong = [case_id for case_id, seq, head in seal["changed"] if self.at(case_id, seq) != head]
        if wrong:
            self.no(f"{name}：封存以后，日志被改动或删除：案卷 {'、'.join(wrong)}")
        if merkle_root([head for *_, head in seal["changed"]]) != seal["root"]:
            self.no(f"{name}：与它自己写的不一致")
        for table, told in seal["beside"].items():
            if table != "admin":
                self.hold(seal["zone_id"], table, seal["number"], told, name)
            elif self.at(seal["zone_id"], told[0]) != told[1]:
                self.no(f"{name}：封存以后，管理记录被改动或删除")
        self.sealed[seal["zone_id"]] = seal["beside"].get("admin", [0])[0]

    def hold(self, zone: str, table: str, seal: int, told: list, name: str) -> None:
        found = list(self.leaves.get((zone, table, seal), {}).values())
        if [len(found), merkle_root(found)] != told:
            self.no(f"{name}：{table} 应有 {told[0]} 条，现有 {len(found)} 条，或其中有改动")

    def done(self) -> "Verifier":
        """Add what shows only at the end."""
        for (table, key), (_at, image) in self.images.items():
            names = FREE.get(table)
            if image and (names is None or any(image[name] for name in names)):
                self.no(f"{table} {key}：日志里有，现在没有")
        for which in self.states.keys() - self.headed:
            self.no(f"案卷 {which}：有日志，却没有这件事")
        return self

    def against(self, kept: "Verifier") -> None:
        """Hold what is here against what was kept elsewhere: a seal, or an export."""
        self.problems += [f"留存的{problem}" for problem in kept.problems]
        for which, seal in kept.seals.items():
            if self.seals.get(which, {}).get("hash") != seal["hash"]:
                self.no(f"留存的第 {which[1]} 号封印：现在没有，或已被改动")
                self.covers(seal, f"留存的第 {which[1]} 号封印") if seal["format"] > 1 else None
        for which, chain in kept.chains.items():
            if self.chains.get(which, [])[: len(chain)] != chain:
                self.no(f"{which}：与留存的日志不一致")


def entries(lines):
    """Yield kind and values of each line."""
    for line in lines:
        [entry] = json.loads(line).items()
        yield entry


if __name__ == "__main__":
    public = [word[6:] for word in sys.argv[1:] if word.startswith("--key=")]
    paths = [word for word in sys.argv[1:] if not word.startswith("--")]
    opened = [entries(Path(path).read_text("utf-8").splitlines()) for path in paths]
    found = Verifier(public).read(opened[0]).done()
    if not found.chains:
        found.no("没有一条日志，不能算完整")
    for kept in opened[1:]:
        found.against(Verifier(public, alone=True).read(kept))
    print("\n".join([*found.problems, *found.warnings]) or "完整")
    sys.exit(bool(found.problems))
