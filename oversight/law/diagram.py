"""A layered diagram as SVG: boxes in columns, labelled arrows between them. Pure: knows no
workflow.

Colours are presentation attributes, so that the picture stands alone and a page's classes may
overrule them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from unicodedata import east_asian_width
from xml.sax.saxutils import escape, quoteattr

INK, SOFT, EDGE, PAPER, NOW = "#221d19", "#544c45", "#877e74", "#ffffff", "#a8201a"
FONT = "system-ui, 'PingFang SC', 'Noto Sans SC', 'Microsoft YaHei', sans-serif"
TITLE, NOTE, LABEL = 15, 12, 13
MARGIN, PAD, GAP, CURVE, PORT, LINE = 24, 14, 26, 56, 24, 18


@dataclass(frozen=True)
class Box:
    """A state: its name, what it is called, smaller lines below; `now` marks where things stand."""

    id: str
    title: str
    notes: tuple[str, ...] = ()
    final: bool = False
    now: bool = False
    dashed: bool = False


@dataclass(frozen=True)
class Arrow:
    source: str
    target: str
    label: str


@dataclass(eq=False)
class _Node:
    """A box in its place, or (box None) a bend of an arrow that crosses a column."""

    rank: int
    box: Box | None = None
    w: float = 0
    h: float = 14
    x: float = 0
    y: float = 0  # of the middle
    ins: list[_Link] = field(default_factory=list)
    outs: list[_Link] = field(default_factory=list)

    def port(self, link: _Link) -> float:
        """Return the height at which an arrow meets this side of the box."""
        side = self.outs if link in self.outs else self.ins
        if self.box is None or len(side) == 1:
            return self.y
        step = min(PORT, (self.h - 10) / (len(side) - 1))
        return self.y + (side.index(link) - (len(side) - 1) / 2) * step


@dataclass(eq=False)
class _Link:
    """One piece of an arrow from column to column, always drawn left to right."""

    left: _Node
    right: _Node


@dataclass
class _Wire:
    """A whole arrow: its pieces, and whether it points back to the left."""

    arrow: Arrow
    links: list[_Link]
    back: bool


def draw(name: str, title: str, about: str, boxes: Iterable[Box], arrows: Iterable[Arrow]) -> str:
    """Return an SVG picture; `name` makes its ids unique in a page."""
    nodes, wires = _lay_out(list(boxes), _merged(arrows))
    width = max(node.x + node.w for node in nodes) + MARGIN
    height = max(node.y + node.h / 2 for node in nodes) + MARGIN
    body = [_wire(name, wire) for wire in wires] + [_box(node) for node in nodes if node.box]
    labels = [_label(wire) for wire in wires]
    return "\n".join(
        [
            '<svg xmlns="http://www.w3.org/2000/svg" class="lw" role="img"'
            f' viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
            f" font-family={quoteattr(FONT)}"
            f' aria-labelledby="{name}-title {name}-desc">',
            f'<title id="{name}-title">{escape(title)}</title>',
            f'<desc id="{name}-desc">{escape(about)}</desc>',
            f'<defs><marker id="{name}-tip" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8"'
            ' markerHeight="8" orient="auto-start-reverse">'
            f'<path class="lw-tip" d="M0 0L8 4L0 8z" fill="{EDGE}"/></marker></defs>',
            *body,
            *labels,
            "</svg>\n",
        ]
    )


def text_width(text: str, size: float = 1) -> float:
    """Estimate how wide a text is: full-width characters count 1, others a little over half."""
    return size * sum(1 if east_asian_width(c) in "WFA" else 0.56 for c in text)


# Layout ------------------------------------------------------------------------------------------


def _merged(arrows: Iterable[Arrow]) -> list[Arrow]:
    """Make one arrow of all that join the same two boxes."""
    found: dict[tuple[str, str], list[str]] = {}
    for arrow in arrows:
        found.setdefault((arrow.source, arrow.target), []).append(arrow.label)
    return [Arrow(*ends, "、".join(dict.fromkeys(labels))) for ends, labels in found.items()]


def _lay_out(boxes: list[Box], arrows: list[Arrow]) -> tuple[list[_Node], list[_Wire]]:
    back = _pointing_back(boxes, arrows)
    ranks = _ranks(boxes, arrows, back)
    nodes = {box.id: _Node(ranks[box.id], box) for box in boxes}
    wires = [_wired(nodes, arrow, arrow in back) for arrow in arrows]
    bends = {
        id(link.right): link.right
        for wire in wires
        for link in wire.links
        if link.right.box is None
    }
    every = [*nodes.values(), *bends.values()]
    columns: dict[int, list[_Node]] = defaultdict(list)
    for node in every:
        columns[node.rank].append(node)
        _measure(node)
    ordered = [columns[rank] for rank in sorted(columns)]
    _order(ordered)
    _heights(ordered)
    _columns(ordered, wires)
    return every, wires


def _pointing_back(boxes: list[Box], arrows: list[Arrow]) -> set[Arrow]:
    """Find the arrows that lead nearer to the beginning than they come from."""
    depth = {boxes[0].id: 0}
    for _ in boxes:
        for arrow in arrows:
            if arrow.source in depth:
                depth[arrow.target] = min(
                    depth.get(arrow.target, len(boxes)), depth[arrow.source] + 1
                )
    ends = {box.id for box in boxes} - {arrow.source for arrow in arrows}
    key = {box.id: (box.id in ends, depth.get(box.id, 0), index) for index, box in enumerate(boxes)}
    return {arrow for arrow in arrows if key[arrow.target] <= key[arrow.source]}


def _ranks(boxes: list[Box], arrows: list[Arrow], back: set[Arrow]) -> dict[str, int]:
    """Put every box one column after the last that leads to it."""
    ranks = {box.id: 0 for box in boxes}
    ways = [
        (arrow.target, arrow.source) if arrow in back else (arrow.source, arrow.target)
        for arrow in arrows
    ]
    for _ in boxes:
        for left, right in ways:
            ranks[right] = max(ranks[right], ranks[left] + 1)
    return ranks


def _wired(nodes: dict[str, _Node], arrow: Arrow, back: bool) -> _Wire:
    left, right = nodes[arrow.source], nodes[arrow.target]
    if left.rank > right.rank:
        left, right = right, left
    stops = [left, *(_Node(rank) for rank in range(left.rank + 1, right.rank)), right]
    links = [_Link(a, b) for a, b in zip(stops, stops[1:], strict=False)]
    for link in links:
        link.left.outs.append(link)
        link.right.ins.append(link)
    return _Wire(arrow, links, back)


def _measure(node: _Node) -> None:
    if node.box is None:
        return
    lines = [
        text_width(node.box.title, TITLE),
        *(text_width(note, NOTE) for note in node.box.notes),
    ]
    node.w = max(88, max(lines) + 2 * PAD)
    ports = max(len(node.ins), len(node.outs)) * PORT
    node.h = max(44, 30 + LINE * len(node.box.notes), ports)


def _order(columns: list[list[_Node]]) -> None:
    """Order each column by where its neighbours are, and keep the order with the fewest crossings."""
    best, fewest = [list(column) for column in columns], _crossings(columns)
    for sweep in range(24):
        forth = sweep % 2 == 0
        for column in columns[1:] if forth else reversed(columns[:-1]):
            _sort(columns, column, forth)
        crossings = _crossings(columns)
        if crossings < fewest:
            best, fewest = [list(column) for column in columns], crossings
    for column, order in zip(columns, best, strict=True):
        column[:] = order


def _sort(columns: list[list[_Node]], column: list[_Node], forth: bool) -> None:
    place = {id(node): index / len(col) for col in columns for index, node in enumerate(col)}

    def middle(node: _Node) -> float:
        near = [link.left for link in node.ins] if forth else [link.right for link in node.outs]
        return sum(place[id(other)] for other in near) / len(near) if near else place[id(node)]

    column.sort(key=middle)


def _crossings(columns: list[list[_Node]]) -> int:
    place = {id(node): index for column in columns for index, node in enumerate(column)}
    total = 0
    for column in columns:
        ends = [
            (place[id(link.left)], place[id(link.right)]) for node in column for link in node.outs
        ]
        total += sum((a - c) * (b - d) < 0 for i, (a, b) in enumerate(ends) for c, d in ends[:i])
    return total


def _heights(columns: list[list[_Node]]) -> None:
    """Draw each node towards its neighbours without letting two come too near."""
    for column in columns:
        _spread(column, [0.0] * len(column))
    for sweep in range(30):
        forth = sweep % 2 == 0
        for column in columns if forth else reversed(columns):
            _spread(column, [_pull(node, forth) for node in column])
    _stack(columns)
    for column in columns:
        for node in column:
            node.ins.sort(key=lambda link: link.left.y)
            node.outs.sort(key=lambda link: link.right.y)


def _stack(columns: list[list[_Node]]) -> None:
    """Put what is not joined by any arrow one below the other."""
    rest = sorted((node for column in columns for node in column), key=lambda node: node.y)
    floor = float(MARGIN)
    while rest:
        part, edge = [], [rest[0]]
        while edge:
            node = edge.pop()
            if node not in part:
                part.append(node)
                edge += [link.left for link in node.ins] + [link.right for link in node.outs]
        shift = floor - min(node.y - node.h / 2 for node in part)
        for node in part:
            node.y += shift
        floor = max(node.y + node.h / 2 for node in part) + GAP
        rest = [node for node in rest if node not in part]


def _pull(node: _Node, forth: bool) -> float:
    near = [link.left for link in node.ins] if forth else [link.right for link in node.outs]
    near = near or [link.right for link in node.outs] or [link.left for link in node.ins]
    return sum(other.y for other in near) / len(near) if near else node.y


def _spread(column: list[_Node], wanted: list[float]) -> None:
    """Place a column as near as possible to the heights wanted, in order and apart (isotonic
    regression).
    """
    offset, offsets = 0.0, []
    blocks: list[tuple[float, int]] = []  # mean height and number of nodes
    for index, (node, want) in enumerate(zip(column, wanted, strict=True)):
        if index:
            offset += column[index - 1].h / 2 + GAP + node.h / 2
        offsets.append(offset)
        blocks.append((want - offset, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, n), (b, m) = blocks[-2:]
            blocks[-2:] = [((a * n + b * m) / (n + m), n + m)]
    levels = [level for level, count in blocks for _ in range(count)]
    for node, level, shift in zip(column, levels, offsets, strict=True):
        node.y = level + shift


def _columns(columns: list[list[_Node]], wires: list[_Wire]) -> None:
    """Give every column its place; between two there is room for the labels and the curves."""
    x = float(MARGIN)
    for rank, column in enumerate(columns):
        width = max(node.w for node in column)
        for node in column:
            node.x, node.w = x, width
        before = [wire for wire in wires if wire.back and wire.links[0].left.rank == rank]
        after = [wire for wire in wires if not wire.back and wire.links[-1].right.rank == rank + 1]
        x += width + _room(before) + CURVE + _room(after)


def _room(wires: list[_Wire]) -> float:
    return max((text_width(wire.arrow.label, LABEL) + 20 for wire in wires), default=0)


# Drawing -----------------------------------------------------------------------------------------


def _wire(name: str, wire: _Wire) -> str:
    """Draw an arrow: curves between the columns, straight through them and along its label."""
    first, last = wire.links[0], wire.links[-1]
    stub = text_width(wire.arrow.label, LABEL) + 20
    x, y = first.left.x + first.left.w, first.left.port(first)
    path = [f"M{x:.1f} {y:.1f}"]
    if wire.back:
        x += stub
        path.append(f"H{x:.1f}")
    for link in wire.links:
        to_x, to_y = link.right.x, link.right.port(link)
        flat = to_x - (stub if link is last and not wire.back else 0)
        bend = (flat - x) / 2
        path.append(f"C{x + bend:.1f} {y:.1f} {flat - bend:.1f} {to_y:.1f} {flat:.1f} {to_y:.1f}")
        x, y = link.right.x + (0 if link is last else link.right.w), to_y
        path.append(f"H{x:.1f}")
    end = "start" if wire.back else "end"
    return (
        f'<path class="lw-edge" d="{"".join(path)}" fill="none" stroke="{EDGE}" stroke-width="1.3"'
        f' marker-{end}="url(#{name}-tip)"/>'
    )


def _label(wire: _Wire) -> str:
    if wire.back:
        link = wire.links[0]
        x, y, anchor = link.left.x + link.left.w + 12, link.left.port(link), "start"
    else:
        link = wire.links[-1]
        x, y, anchor = link.right.x - 12, link.right.port(link), "end"
    return _text(
        "lw-label",
        x,
        y - 4,
        wire.arrow.label,
        LABEL,
        SOFT,
        anchor,
        f' stroke="{PAPER}" stroke-width="3" stroke-linejoin="round" paint-order="stroke"',
    )


def _box(node: _Node) -> str:
    box, top = node.box, node.y - node.h / 2
    kind = "lw-box" + (" lw-final" if box.final else "") + (" lw-now" if box.now else "")
    colour, weight = (NOW, 2.5) if box.now else (INK, 1.3)
    more = ' stroke-dasharray="5 4"' if box.dashed else ""
    middle = node.x + node.w / 2
    line = node.y - LINE * len(box.notes) / 2 + 5
    frame = f' fill="{PAPER}" stroke="{colour}" stroke-width="{weight}"{more}'
    parts = [_rect(node.x, top, node.w, node.h, frame)]
    if box.final:
        parts.append(
            _rect(node.x + 4, top + 4, node.w - 8, node.h - 8, f' fill="none" stroke="{colour}"')
        )
    parts.append(
        _text("lw-title", middle, line, box.title, TITLE, colour, "middle", ' font-weight="600"')
    )
    parts += [
        _text("lw-note", middle, line + LINE * (index + 1), note, NOTE, SOFT)
        for index, note in enumerate(box.notes)
    ]
    here = ' aria-current="step"' if box.now else ""
    return f'<g class="{kind}" data-state="{escape(box.id)}"{here}>{"".join(parts)}</g>'


def _rect(x: float, y: float, w: float, h: float, more: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="8"{more}/>'


def _text(
    kind: str,
    x: float,
    y: float,
    text: str,
    size: int,
    colour: str,
    anchor: str = "middle",
    more: str = "",
) -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}"'
        f' text-anchor="{anchor}"{more}>{escape(text)}</text>'
    )


def marked(boxes: Iterable[Box], current: str | None) -> list[Box]:
    """Mark the box where things stand now."""
    return [replace(box, now=box.id == current) for box in boxes]
