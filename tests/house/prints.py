"""Keep the printed table and fingerprint of every definition that has a new version.

    python -m tests.house.prints

A version that was agreed is never printed anew: what changed in it is named instead.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from oversight import workflows
from oversight.law import printing

TABLES = Path(__file__).parent / "tables"


def main() -> None:
    path = TABLES / "fingerprints.json"
    kept: dict[str, dict[str, str]] = json.loads(path.read_text("utf-8"))
    changed = []
    for workflow in workflows.every():
        version, name = str(workflow.version), workflow.name
        known = kept.setdefault(name, {}).setdefault(version, workflow.fingerprint())
        table = TABLES / f"{name}.{version}.txt"
        if known != workflow.fingerprint():
            changed.append(f"{name}: raise the version from {version}, and keep the old in EARLIER")
        elif not table.exists():
            table.write_text(printing.table(workflow).strip() + "\n", "utf-8")
            print(table)
    path.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", "utf-8")
    sys.exit("\n".join(changed) or None)


if __name__ == "__main__":
    main()
