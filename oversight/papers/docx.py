"""A paper as DOCX, for offices that seal in Word: its content on the same grid, official types named,
none brought along.

22 lines of 28: lines of 579 twentieths of a point, characters 0.3 points closer; a grid of characters
gives 14 a line in LibreOffice. The same bytes for the same paper.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from .checking import SIDE, Check
from .layout import (
    CELLS,
    Block,
    Content,
    Sheet,
    Table,
    mark_lines,
    signed_by,
    signed_right,
    title_lines,
    width,
)

CELL, PITCH = 316, 579  # a character and a line, in twentieths of a point
FROM_TOP = 1984  # from the type area to the letterhead: 35 mm
UNDER = 250  # what the red rule and its room take of the line below it
EMU = 36_000  # of a millimetre
WRITTEN = (1980, 1, 1, 0, 0, 0)
TYPES = {
    "fang": ("仿宋_GB2312", 32),
    "kai": ("楷体_GB2312", 32),
    "hei": ("黑体", 32),
    "biao": ("方正小标宋简体", 44),
    "song": ("宋体", 28),
    "small": ("宋体", 18),
    "cell": ("仿宋_GB2312", 24),
    "dense": ("仿宋_GB2312", 21),
    "note": ("仿宋_GB2312", 28),
}
STAND_INS = {  # what Word and WPS take where the first is not installed
    "仿宋_GB2312": "仿宋",
    "楷体_GB2312": "楷体",
    "方正小标宋简体": "宋体",
    "黑体": "微软雅黑",
    "宋体": "新宋体",
}
WIDE = 20  # characters of a sender's name that would run into the code
LEVELS = {"one": "hei", "two": "kai", "plain": "fang"}
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
_OFFICE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def make(content: Content, check: Check) -> bytes:
    """Return a paper as DOCX."""
    picture = check.picture()
    parts = {
        "[Content_Types].xml": _types(),
        "_rels/.rels": _links({"rId1": ("officeDocument", "word/document.xml")}),
        "word/document.xml": _document(content, check, bool(picture)),
        "word/styles.xml": _styles(),
        "word/settings.xml": _settings(),
        "word/fontTable.xml": _fonts(),
        "word/footer1.xml": _footer("right", "right"),
        "word/footer2.xml": _footer("left", "left"),
        "word/_rels/document.xml.rels": _links(
            _PARTS | ({"rId6": ("image", "media/check.png")} if picture else {})
        ),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in parts.items():
            packed.writestr(zipfile.ZipInfo(name, WRITTEN), text, zipfile.ZIP_DEFLATED)
        if picture:
            packed.writestr(zipfile.ZipInfo("word/media/check.png", WRITTEN), picture)
    return out.getvalue()


# Runs and paragraphs ------------------------------------------------------------------------------


def _run(text: str, kind: str = "fang", extra: str = "") -> str:
    face, half_points = TYPES[kind]
    return (
        f"<w:r><w:rPr><w:rFonts w:ascii={quoteattr(face)} w:hAnsi={quoteattr(face)} w:eastAsia={quoteattr(face)} "
        f'w:hint="eastAsia"/>{extra}<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/></w:rPr>'
        f'<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
    )


def _p(runs: str, *, indent: float = 0, right: float = 0, align: str = "", more: str = "") -> str:
    ind = "".join(
        f' w:{name}="{round(cells * CELL)}" w:{name}Chars="{round(cells * 100)}"'
        for name, cells in (("firstLine", indent), ("right", right))
        if cells
    )
    return (
        f"<w:p><w:pPr>{more}"
        + (f"<w:ind{ind}/>" if ind else "")
        + (f'<w:jc w:val="{align}"/>' if align else "")
        + f"</w:pPr>{runs}</w:p>"
    )


def _document(content: Content, check: Check, pictured: bool) -> str:
    last = len(content.blocks)  # who signs stands on no page alone
    blocks = (_block(one, _KEEP * (at == last)) for at, one in enumerate(content.blocks, 1))
    body = "".join((*_top(content), *blocks, *_signed(content, check, pictured)))
    return (
        f'{_HEAD}<w:document xmlns:w="{_W}" xmlns:r="{_R}" xmlns:wp="{_DRAWING}/wordprocessingDrawing" '
        f'xmlns:a="{_DRAWING}/main" xmlns:pic="{_DRAWING}/picture"><w:body>{body}{_SECTION}</w:body></w:document>'
    )


def _top(content: Content) -> Iterator[str]:
    """Yield letterhead, number, red rule, title and addressee."""
    if content.mark:
        yield from _letterhead(content)
    elif content.signers:
        yield _p(_names(content), align="right", right=1)
        yield _p("")
    yield from _heading(content.title)
    if not content.mark:
        yield _p("")
    if content.to:
        yield _p("")
        yield _p(_run(content.to))


def _high(line: int, before: int = 0, after: int = 0) -> str:
    """Return the height of a line whatever type it is drawn in, and the room round it."""
    room = f'<w:spacing w:before="{before}" w:after="{after}" w:line="{line}" w:lineRule="exact"/>'
    return f'<w:snapToGrid w:val="0"/>{room}'


def _letterhead(content: Content) -> Iterator[str]:
    """Yield the name in whole lines of the page, its number over the red rule, two lines of room."""
    lines = mark_lines(content.mark)
    size = max(40, min(92, round(2 * 425 / max(map(len, lines)))))
    line = 12 * size  # 1.2 times, in twentieths of a point
    rest = (-(-(FROM_TOP + len(lines) * line) // PITCH) + 2) * PITCH - FROM_TOP - len(lines) * line
    face = quoteattr(TYPES["biao"][0])
    for number, text in enumerate(lines, 1):
        run = (
            f'<w:r><w:rPr><w:rFonts w:ascii={face} w:hAnsi={face} w:eastAsia={face} w:hint="eastAsia"/>'
            f'<w:color w:val="D7000F"/><w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr>'
            f"<w:t>{escape(text)}</w:t></w:r>"
        )
        room = _high(line, FROM_TOP * (number == 1), rest * (number == len(lines)))
        yield _p(run, align="center", more=room)
    rule = '<w:pBdr><w:bottom w:val="single" w:sz="10" w:space="11" w:color="D7000F"/></w:pBdr>'
    if content.signers:
        tab = f'<w:tabs><w:tab w:val="right" w:pos="{(CELLS - 1) * CELL}"/></w:tabs>'
        both = _run(content.number) + _TAB + _names(content)
        yield _p(both, indent=1, more=rule + tab + _high(PITCH))
    else:
        yield _p(_run(content.number), align="center", more=rule + _high(PITCH))
    yield from (_p("", more=_high(PITCH - UNDER)), _p(""))


def _heading(title: str, more: str = "") -> Iterator[str]:
    """Yield the lines of a title, each a line of the page; `more` of the first."""
    for line in title_lines(title):
        yield _p(_run(line, "biao"), align="center", more=more + _high(PITCH))
        more = ""


def _names(content: Content) -> str:
    """Write who signed what goes up, the names in their own type."""
    label, _colon, names = signed_by(content).partition("：")
    return _run(f"{label}：") + _run(names, "kai")


def _block(block: Block, more: str = "") -> str:
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Sheet):
        return "".join(_heading(block.title, "<w:pageBreakBefore/>")) + _p("")
    runs = _run(block.head, LEVELS[block.level]) * bool(block.head) + _run(block.text)
    if block.at == "right":
        return _p(runs, align="right", right=2, more=more)
    keep = more or "<w:keepNext/>" * (not block.text)
    return _p(runs, indent=2 if block.at == "in" else 0, more=keep)


_OFF_GRID = '<w:snapToGrid w:val="0"/><w:spacing w:before="{0}" w:after="{0}"/>'  # lines of a table


def _around(table: Table) -> int:
    """Return the twips above and below a line of a table."""
    return (70 if table.roomy else 30) if table.dense else 80


def _table(table: Table) -> str:
    """Write a table; the row that names the columns is repeated on every page, no row is parted."""
    shares = sum(table.widths)
    wide = [round(CELLS * CELL * one / shares) for one in table.widths]
    rows = "".join(
        "<w:tr><w:trPr><w:cantSplit/>"
        + "<w:tblHeader/>" * (table.head and not number)
        + "</w:trPr>"
        + "".join(
            f'<w:tc><w:tcPr><w:tcW w:w="{each}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>'
            + "".join(
                _p(
                    _run(line, "dense" if table.dense else "cell"),
                    align="center" if table.head and not number else "left",
                    more=_OFF_GRID.format(_around(table)),
                )
                for line in text.split("\n")
            )
            + "</w:tc>"
            for text, each in zip(row, wide, strict=True)
        )
        + "</w:tr>"
        for number, row in enumerate(table.rows)
    )
    sides = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(wide)}" w:type="dxa"/><w:tblBorders>{sides}</w:tblBorders>'
        '<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>'
        + "".join(f'<w:gridCol w:w="{each}"/>' for each in wide)
        + f"</w:tblGrid>{rows}</w:tbl>"
    )


def _signed(content: Content, check: Check, pictured: bool) -> Iterator[str]:
    """Yield what is enclosed, the code, sender and date, the place of the seal over them, and what
    follows. What is said of the code stands below it, in the line of the date.
    """
    if content.enclosed:
        yield _p("")
    yield from (_p(_run(line), indent=2) for line in content.enclosed)
    wide = width(content.sender) > WIDE and bool(check.said)  # would run into the code
    said = _run("　".join(check.said), "small") if check.said else ""
    if content.sender or content.date or said:
        yield _p(_PICTURE if pictured else "", more=_KEEP)
        yield _p("", more=_KEEP) * (3 if wide else 1)
        for name in (content.sender, *content.others):
            yield _p(_run(name), align="right", right=signed_right(content), more=_KEEP)
        below = _KEEP if content.after else ""
        yield _p(said + _TAB + _run(content.date), more=below + _DATED)
    yield from (_p(_run(line), indent=2) for line in content.after)
    yield from _imprint(content)
    for annex in content.annexes:
        yield _p(_run(annex.title, "biao"), align="center", more="<w:pageBreakBefore/>")
        yield _table(annex.table) + _p("")


def _imprint(content: Content) -> Iterator[str]:
    """Yield 版记: for whom and by whom it was printed, in a frame at the foot of the page."""
    wide = CELLS * CELL
    frame = f'<w:framePr w:w="{wide}" w:wrap="notBeside" w:vAnchor="margin" w:hAnchor="margin" w:yAlign="bottom"/>'
    rule = '<w:{} w:val="single" w:sz="{}" w:space="1" w:color="000000"/>'
    sides = rule.format("top", 8) + rule.format("bottom", 8) + rule.format("between", 6)
    edge = f'<w:pBdr>{sides}</w:pBdr><w:tabs><w:tab w:val="right" w:pos="{wide - CELL}"/></w:tabs>'
    if content.copies:
        yield _p(_run(content.copies, "note"), indent=1, more=frame + edge)
    if content.printed:
        office, day = content.printed
        both = _run(office, "note") + "<w:r><w:tab/></w:r>" + _run(day, "note")
        yield _p(both, indent=1, more=frame + edge)


# The other parts ----------------------------------------------------------------------------------

_PARTS = {
    "rId1": ("styles", "styles.xml"),
    "rId2": ("settings", "settings.xml"),
    "rId3": ("fontTable", "fontTable.xml"),
    "rId4": ("footer", "footer1.xml"),
    "rId5": ("footer", "footer2.xml"),
}
_SECTION = (
    '<w:sectPr><w:footerReference w:type="default" r:id="rId4"/><w:footerReference w:type="even" r:id="rId5"/>'
    '<w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="2098" w:right="1474" w:bottom="1984" w:left="1588" w:header="851" w:footer="1304" w:gutter="0"/>'
    f'<w:docGrid w:type="lines" w:linePitch="{PITCH}"/></w:sectPr>'
)
_KEEP, _TAB = "<w:keepNext/>", "<w:r><w:tab/></w:r>"
_DATED = f'<w:tabs><w:tab w:val="right" w:pos="{(CELLS - 4) * CELL}"/></w:tabs>'
_SIDE = round(SIDE * EMU)
_PICTURE = (
    '<w:r><w:drawing><wp:anchor distT="0" distB="0" distL="0" distR="0" simplePos="0" relativeHeight="1" '
    'behindDoc="1" locked="0" layoutInCell="1" allowOverlap="1"><wp:simplePos x="0" y="0"/>'
    '<wp:positionH relativeFrom="column"><wp:posOffset>0</wp:posOffset></wp:positionH>'
    '<wp:positionV relativeFrom="paragraph"><wp:posOffset>0</wp:posOffset></wp:positionV>'
    f'<wp:extent cx="{_SIDE}" cy="{_SIDE}"/><wp:wrapNone/><wp:docPr id="1" name="check" descr="核验这份文书的二维码"/>'
    f'<a:graphic><a:graphicData uri="{_DRAWING}/picture"><pic:pic><pic:nvPicPr><pic:cNvPr id="1" name="check"/>'
    '<pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="rId6"/><a:stretch><a:fillRect/></a:stretch>'
    f'</pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{_SIDE}" cy="{_SIDE}"/></a:xfrm>'
    '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>'
    "</wp:anchor></w:drawing></w:r>"
)


def _styles() -> str:
    face, half_points = TYPES["fang"]
    return (
        f'{_HEAD}<w:styles xmlns:w="{_W}"><w:docDefaults><w:rPrDefault><w:rPr>'
        f'<w:rFonts w:ascii="{face}" w:hAnsi="{face}" w:eastAsia="{face}"/><w:spacing w:val="-6"/>'
        f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/><w:lang w:val="zh-CN" w:eastAsia="zh-CN"/>'
        '</w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:widowControl w:val="0"/></w:pPr></w:pPrDefault>'
        '</w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/><w:pPr>'
        '<w:widowControl w:val="0"/><w:kinsoku/><w:overflowPunct w:val="0"/><w:autoSpaceDE w:val="0"/>'
        '<w:autoSpaceDN w:val="0"/></w:pPr></w:style></w:styles>'
    )


def _settings() -> str:
    return f'{_HEAD}<w:settings xmlns:w="{_W}"><w:evenAndOddHeaders/></w:settings>'


def _fonts() -> str:
    named = "".join(
        f'<w:font w:name="{one}"><w:altName w:val="{STAND_INS[one]}"/><w:charset w:val="86"/></w:font>'
        for one in dict.fromkeys(face for face, _size in TYPES.values())
    )
    return f'{_HEAD}<w:fonts xmlns:w="{_W}">{named}</w:fonts>'


def _footer(align: str, side: str) -> str:
    """Write the number of the page, one character in from its outer side."""

    def field(kind: str) -> str:
        return f'<w:r><w:rPr><w:sz w:val="28"/></w:rPr><w:fldChar w:fldCharType="{kind}"/></w:r>'

    number = (
        _run("— ", "song")
        + field("begin")
        + '<w:r><w:rPr><w:sz w:val="28"/></w:rPr><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>'
        + field("end")
        + _run(" —", "song")
    )
    return (
        f'{_HEAD}<w:ftr xmlns:w="{_W}"><w:p><w:pPr>{_high(340)}<w:ind w:{side}="{CELL}" w:{side}Chars="100"/>'
        f'<w:jc w:val="{align}"/></w:pPr>{number}</w:p></w:ftr>'
    )


def _links(parts: dict[str, tuple[str, str]]) -> str:
    made = "".join(
        f'<Relationship Id="{one}" Type="{_R}/{kind}" Target="{target}"/>'
        for one, (kind, target) in parts.items()
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{made}</Relationships>'


def _types() -> str:
    kinds = {
        "document": "document.main", "styles": "styles", "settings": "settings",
        "fontTable": "fontTable", "footer1": "footer", "footer2": "footer",
    }  # fmt: skip
    made = "".join(
        f'<Override PartName="/word/{part}.xml" ContentType="{_OFFICE}.{kind}+xml"/>'
        for part, kind in kinds.items()
    )
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
        f"{made}</Types>"
    )
