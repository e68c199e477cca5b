"""Whether an exported journal holds, alone or against a seal or an export that was kept elsewhere.

Stands alone: the standard library, and `cryptography` for one check of a signature.
`python verifier.py EXPORT [KEPT] [--key=PUBLIC_KEY]` ends with 1 where anything differs.
"""

import hashlib
import json
import sys
from pathlib import Path

CASE = ("zone_id", "case_id", "seq", "at", "kind", "move", "from_state", "to_state", "actor_id")
ROW = (*CASE, "actor", "acting_for", "role", "unit_id", "words", "result", "previous")
ADMIN = ("zone_id", "seq", "at", "by_id", "by", "area", "act", "about", "about_id", "what")
SEAL = ("at", "cases", "rows", "changed", "root", "previous")
HASHED: dict[str, dict] = {  # by format
    "row": {1: ROW, 2: (*ROW, "after", "format")},
    "admin": {2: (*ADMIN, "after", "previous", "format")},
    "checkpoint": {1: SEAL, 2: (*SEAL, "zone_id", "number", "day", "beside", "format")},
}
FREE = {"persons": ("exempt_until", "left_on")}
canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def digest(values: dict) -> str:
    return hashlib.sha256(canonical(values).encode()).hexdigest()


def hash_of(kind: str, values: dict) -> str:
    """Hash a row or a seal by the rule of its format; empty where there is no such format."""
    names = HASHED[kind].get(values["format"])
    return digest({name: values[name] for name in names}) if names else ""


def merkle_root(leaves: list) -> str:
    """Fold hex digests pairwise into one; an odd last one is carried up."""
    level = leaves or [hashlib.sha256(b"").hexdigest()]
    while len(level) > 1:
        pairs = ["".join(level[i : i + 2]) for i in range(0, len(level), 2)]
        level = [hashlib.sha256(p.encode()).hexdigest() if len(p) > 64 else p for p in pairs]
    return level[0]


def signed(seal: dict) -> bool:
    """True where the signature of a seal is its key's."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(seal["key"]))
        return key.verify(bytes.fromhex(seal["signature"]), seal["hash"].encode()) is None
    except Exception:  # whatever is wrong with it, it is no signature
        return False


class Verifier:
    """What has been read so far. With `alone` seals were kept without what they seal."""

    reads: tuple = ("excerpt", "row", "admin", "head", "leaf", "stands", "checkpoint")

    def __init__(self, keys=(), alone=False):
        self.keys, self.alone = frozenset(keys), alone
        self.problems, self.warnings = list[str](), list[str]()
        self.no, self.gone = self.problems.append, 0  # refusals pruned, up to the seal in `pruned`
        self.only: frozenset = frozenset()  # the cases of an excerpt, whose seals cover others too
        # of each case, and of each zone's administration: hashes, first format, how much is sealed
        self.chains, self.first, self.sealed, self.states, self.pruned = {}, {}, {}, {}, {}
        self.images, self.leaves, self.seals, self.headed, self.held = {}, {}, {}, set(), set()

    def read(self, entries):
        for kind, values in (entry for entry in entries if entry[0] in self.reads):
            getattr(self, kind)(values)
        return self

    def link(self, kind: str, which: str, name: str, values: dict) -> None:
        """Take the next row of a chain."""
        chain, seq = self.chains.setdefault(which, []), values["seq"]
        if (seq, values["previous"]) != (len(chain) + 1, chain[-1] if chain else ""):
            self.no(f"{name}：第 {seq} 条与前一条接不上，缺了一条或次序不对")
        chain.append(values["hash"])
        if self.only and "format" not in values:
            return  # of an excerpt a row that its reader is not to know: only its place is told
        older = values["format"] < self.first.setdefault(which, values["format"])
        if older or hash_of(kind, values) != values["hash"]:
            self.no(f"{name}：第 {seq} 条被改动")
        self.leave(which, values, values.get("after"))

    def leave(self, which: str, values: dict, after) -> None:  # what a row left behind it
        for table, rows in after.items() if isinstance(after, dict) else ():
            for key, image in rows.items():
                source, then, old = self.images.get((table, key), ("", "", None))
                if which in (source, key) or source != key and values["at"] >= then:  # own first
                    self.images[table, key] = which, values["at"], image and (old or {}) | image

    def excerpt(self, values: dict) -> None:
        self.only = frozenset(values["cases"])

    def row(self, values: dict) -> None:
        self.link("row", values["case_id"], f"案卷 {values['case_id']}", values)
        self.states[values["case_id"]] = values.get("to_state", self.states.get(values["case_id"]))

    def admin(self, values: dict) -> None:
        self.link("admin", values["zone_id"], "管理记录", values)
        zone, what = values["zone_id"], values["what"] if isinstance(values["what"], dict) else {}
        self.pruned[zone] = what.get("pruned", (0, self.pruned.get(zone, 0)))[1]
        if "earlier" in what:
            self.hold(zone, "admin_changes", 0, what["earlier"], "管理记录")

    def head(self, values: dict) -> None:
        name, chain = values["case_id"], self.chains.get(values["case_id"]) or [""]
        self.headed.add(name)
        same = self.at(name, values["seq"]) == chain[-1] == values["hash"]
        if not same or self.states.get(name) != values["state"]:
            self.no(f"案卷 {name}：末条或现在的状态与日志不一致")

    def leaf(self, values: dict) -> None:
        which = (values["zone_id"], values["table"], values["seal"])
        self.leaves.setdefault(which, {})[values["id"]] = values["hash"]

    def stands(self, values: dict) -> None:
        """Hold a row as it is against what the journal says of it."""
        name, now = f"{values['table']} {values['key']}", values["values"]
        *_, image = self.images.pop((values["table"], values["key"]), (None,))
        if image is None and values["of"] and self.first.get(values["of"], 2) > 1:
            self.no(f"{name}：没有日志说明它从何而来")
        if wrong := [one for one, value in (image or {}).items() if now.get(one) != value]:
            self.no(f"{name}：{'、'.join(wrong)} 与日志不一致")

    def checkpoint(self, seal: dict) -> None:
        name, before = f"第 {seal['number']} 号封印", (seal["zone_id"], seal["number"] - 1)
        self.seals[seal["zone_id"], seal["number"]] = seal
        self.no(f"{name}：被改动") if seal["hash"] != hash_of("checkpoint", seal) else None
        if seal["format"] == 1 or (type(seal["changed"]), type(seal["beside"])) != (list, dict):
            return  # all that lies under it lies under the next one too
        if not seal["signature"]:
            self.warnings.append(f"{name}没有签名，加封时没有签名密钥")
        elif not (seal["key"] in (self.keys or {seal["key"]}) and signed(seal)):
            self.no(f"{name}：签名不对")
        if not self.alone:
            if not self.only and seal["previous"] != self.seals.get(before, {}).get("hash", ""):
                self.no(f"{name}：与前一个接不上")
            self.sealed.update({case_id: seq for case_id, seq, _head in seal["changed"]})
            self.covers(seal, name)

    def at(self, which: str, seq: int) -> str:
        return next(iter(self.chains.get(which, [])[seq - 1 : seq]), "")

    def covers(self, seal: dict, name: str) -> None:
        """Hold what lies under a seal against what is there; of an excerpt only its own cases."""
        own = [one for one in seal["changed"] if not self.only or one[0] in self.only]
        if wrong := [case_id for case_id, seq, head in own if self.at(case_id, seq) != head]:
            self.no(f"{name}：封存以后，日志被改动或删除：案卷 {'、'.join(wrong)}")
        for table, told in ({} if self.only else seal["beside"]).items():
            if table != "admin":
                self.hold(seal["zone_id"], table, seal["number"], told, name)
            elif self.at(seal["zone_id"], told[0]) != told[1]:
                self.no(f"{name}：封存以后，管理记录被改动或删除")
        self.sealed[seal["zone_id"]] = seal["beside"].get("admin", [0])[0]

    def hold(self, zone: str, table: str, seal: int, told: list, name: str) -> None:
        self.held.add((zone, table, seal))
        found = [*self.leaves.get((zone, table, seal), {}).values()]
        if not found and table == "refusals" and seal <= self.pruned.get(zone, 0):
            self.gone += told[0]
        elif [len(found), merkle_root(found)] != told:
            self.no(f"{name}：{table} 应有 {told[0]} 条，现有 {len(found)} 条，或其中有改动")

    def done(self):  # what shows only at the end
        for (table, key), (*_, image) in self.images.items():
            if image and any(image.get(name) for name in FREE.get(table, image)):
                self.no(f"{table} {key}：日志里有，现在没有")
        for which in self.states.keys() - self.headed:
            self.no(f"案卷 {which}：有日志，却没有这件事")
        self.warnings += [f"有 {self.gone} 条拒绝记录已按期清理"] * (self.gone > 0)
        for zone, table, seal in self.leaves.keys() - self.held:
            if seal or seal == 0 and zone in self.chains:
                self.no(f"{table}：有标着第 {seal} 号封印的记录，那里却没有它")
        return self

    def against(self, kept: "Verifier") -> None:
        """Hold what is here against what was kept elsewhere: a seal, or an export."""
        self.problems += [f"留存的{problem}" for problem in kept.problems]
        for which, seal in kept.seals.items():
            name = f"留存的第 {which[1]} 号封印"
            if self.seals.get(which, {}).get("hash") != seal["hash"]:
                self.no(f"{name}：现在没有，或已被改动") if not self.only else None
                self.covers(seal, name) if seal["format"] > 1 else None
        for which in sorted(kept.chains.keys() & (self.only or kept.chains.keys())):
            if self.chains.get(which, [])[: len(kept.chains[which])] != kept.chains[which]:
                self.no(f"{which}：与留存的日志不一致")


if __name__ == "__main__":
    public = [word[6:] for word in sys.argv[1:] if word.startswith("--key=")]
    texts = [Path(word).read_text("utf-8") for word in sys.argv[1:] if not word.startswith("--")]
    first, *more = [(i for line in t.splitlines() for i in json.loads(line).items()) for t in texts]
    found = Verifier(public).read(first).done()
    found.no("没有一条日志，不能算完整") if not found.chains else None
    [found.against(Verifier(public, alone=True).read(kept)) for kept in more]
    print("\n".join([*found.problems, *found.warnings]) or "完整")
    sys.exit(bool(found.problems))
