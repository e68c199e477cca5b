"""Whether a file is the paper that was issued, at the terminal: against the database, or offline against
an export of the journal.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from oversight.base.db import db
from oversight.base.files import sha256
from oversight.base.refusals import BadRequest
from oversight.base.sentences import N_

from . import audit
from .click_i18n import Command
from .context import in_app, read_file, signer

NO = N_("这个文件与登记的任何一份文书文件都不一致：不是印发的那一份，或被改动过，哪怕只改一个字。")


@click.command(cls=Command)
@click.argument("file", metavar=N_("文件"))
@click.option("--against", "export", metavar=N_("文件"), help=N_("只与导出的日志核对，不用数据库"))
@in_app
def verify(file: str, export: str | None) -> None:
    """Compare the bytes of a file with what was recorded when the paper was made."""
    found = sha256(read_file(file))
    told = _of_export(Path(export), found) if export else _of_database(found)
    if told is None:
        raise BadRequest(NO)
    number, issued_on, void, bears = told
    if bears != number:
        raise BadRequest(
            f"这份文书确系印发（{issued_on}），但文号已由{bears}更正为{number}，请用更正后的。"
        )
    if void:
        raise BadRequest(f"这份文书确系印发（{number}，{issued_on}），但已经作废，不再有效。")
    click.echo(f"真实：{number}，{issued_on} 印发，文件与登记一致。")


def _of_database(found: str) -> tuple[str, str, bool, str] | None:
    from oversight.casework import prints

    known = prints.by_hash(db.session, found)
    if known is None:
        return None
    row, paper, _case = known
    return paper.number, paper.issued_on.isoformat(), paper.void_at is not None, row.number


def _of_export(path: Path, found: str) -> tuple[str, str, bool, str] | None:
    """Look in an export that holds together. Raises BadRequest."""
    if problems := audit.verify_file(path, signer().keys()).problems:
        raise BadRequest(f"日志有 {len(problems)} 处对不上，不能用来核对：\n" + "\n".join(problems))
    return of_lines(path, found)


def of_lines(path: Path, found: str) -> tuple[str, str, bool, str] | None:
    """Return what an export says of the paper that a file with this hash is."""
    tables: dict[str, dict[str, Any]] = {"paper_files": {}, "papers": {}}
    with path.open(encoding="utf-8") as lines:
        for entry in map(json.loads, lines):
            after = entry.get("row", {}).get("after", {})
            for table, kept in tables.items():
                for key, image in after.get(table, {}).items():
                    kept[key] = {**kept.get(key, {}), **(image or {})}
    file = next((one for one in tables["paper_files"].values() if one["sha256"] == found), None)
    paper = tables["papers"].get(file["paper_id"]) if file else None
    if file is None or paper is None:
        return None
    return paper["number"], paper["issued_on"], bool(paper.get("void_at")), file["number"]
