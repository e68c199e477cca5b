"""Rows of the web: the queue page and the POST of a move over a server that does nothing."""

from __future__ import annotations

from .race import contenders, middle, race, ratio
from .rows import Report
from .scene import Scene
from .unit import OLD, own

FLOOR, PEER, PEER_POST, QUEUE, POST = "floor", "peer", "peer-post", "queue", "post"
DEMO = "demo"
KINDS = {QUEUE: "web.Program", DEMO: "web.DemoDesk", POST: "web.Post"}


def measure(report: Report, scene: Scene) -> None:
    """Measure both beside the floor and the peer."""
    size = scene.sizes[1]
    with contenders() as start:
        folder = str(scene.folder)
        runners = {
            FLOOR: start(FLOOR, "web.Floor", folder=folder, name=FLOOR),
            PEER: start(PEER, "web.Orm", folder=folder, name=PEER),
            PEER_POST: start(PEER_POST, "web.OrmPost", folder=folder, name=PEER_POST),
            **{
                name: start(name, KINDS[name], name=name, **_given(scene, name, size))
                for name in KINDS
            },
        }
        for name in KINDS if scene.other else ():
            given = _given(scene.other, name, size)
            tree, served = scene.other.tree, f"other-{name}"
            runners[name + OLD] = start(name + OLD, KINDS[name], tree=tree, name=served, **given)
        times = race(runners, "value", 3 if scene.quick else 12, 40, 10)
    over = {name: ratio(times, name, FLOOR) for name in runners}
    cost = {name: middle(times, name) * 1e6 for name in runners}
    queue, post = f"queue page at {size:,} cases", "POST of a move"
    report.add(f"{queue} over the bare WSGI floor, CPU", cost[QUEUE], "µs", over[QUEUE], 12)
    report.add(f"{post} over the bare WSGI floor, CPU", cost[POST], "µs", over[POST], 10)
    demo, rows = "queue page of the demo zone", ((QUEUE, queue, 1), (POST, post, 1))
    for name, title, target in (*rows, (DEMO, demo, 0.5)) if scene.other else ():
        against = ratio(times, name, name + OLD)
        report.add(f"{title} against {scene.commit}, CPU", cost[name], "µs", against, target)
    for name, title, ours in ((PEER, queue, QUEUE), (PEER_POST, post, POST)):
        against = ratio(times, ours, name)
        report.add(f"{title} over Flask + ORM, CPU", cost[name], "µs the peer", against, 1.1)


def _given(scene: Scene, name: str, size: int) -> dict:
    """Return where what serves a page finds its database."""
    return scene.crowded(size) if name == QUEUE else own(scene, "FULL", name)
