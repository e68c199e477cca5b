"""Rows of the web: the queue page and the POST of a move over a server that does nothing."""

from __future__ import annotations

from .race import Contender, contenders, middle, race, ratio
from .rows import Report
from .scene import Scene
from .unit import OLD, own

FLOOR, PEER, PEER_POST, QUEUE, POST = "floor", "peer", "peer-post", "queue", "post"


def measure(report: Report, scene: Scene) -> None:
    """Measure both beside the floor and the peer."""
    size = scene.sizes[1]
    with contenders() as start:
        folder = str(scene.folder)
        runners = {
            FLOOR: start(FLOOR, "web.Floor", folder=folder, name=FLOOR),
            PEER: start(PEER, "web.Orm", folder=folder, name=PEER),
            PEER_POST: start(PEER_POST, "web.OrmPost", folder=folder, name=PEER_POST),
            QUEUE: start(QUEUE, "web.Program", name=QUEUE, **scene.crowded(size)),
            POST: start(POST, "web.Post", name=POST, **own(scene, "FULL", "post")),
        }
        for name in (QUEUE, POST) if scene.other else ():
            runners[name + OLD] = _other(start, scene.other, name, size)
        times = race(runners, "value", 3 if scene.quick else 12, 40, 10)
    over = {name: ratio(times, name, FLOOR) for name in runners}
    cost = {name: middle(times, name) * 1e6 for name in runners}
    queue, post = f"queue page at {size:,} cases", "POST of a move"
    report.add(f"{queue} over the bare WSGI floor, CPU", cost[QUEUE], "µs", over[QUEUE], 12)
    report.add(f"{post} over the bare WSGI floor, CPU", cost[POST], "µs", over[POST], 10)
    for name, title in ((QUEUE, queue), (POST, post)) if scene.other else ():
        against = ratio(times, name, name + OLD)
        report.add(f"{title} against {scene.commit}, CPU", cost[name], "µs", against, 1)
    for name, title, ours in ((PEER, queue, QUEUE), (PEER_POST, post, POST)):
        against = ratio(times, ours, name)
        report.add(f"{title} over Flask + ORM, CPU", cost[name], "µs the peer", against, 1.1)


def _other(start, scene: Scene, name: str, size: int) -> Contender:
    """Start what another tree serves."""
    kind = {QUEUE: "web.Program", POST: "web.Post"}[name]
    given = scene.crowded(size) if name == QUEUE else own(scene, "FULL", "post")
    return start(name + OLD, kind, tree=scene.tree, name="other-" + name, **given)
