"""Every resource in every version: what getting one and listing twenty cost, and what the earlier version adds."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import msgspec

from bench.requests import GET_MS, LIST_MS, Asking, ids_of
from bench.results import Line, Verdict
from bench.samples import sample
from customer_inventory.model.view import View
from customer_inventory.model.views import EARLIER, NATIVE

EARLIER_RATIO = 2.0
_FILL_S = 0.3
_ROUNDS = 3


async def measure_resources(asking: Asking, *, seconds: float) -> list[Line]:
    """Measure get and list of every resource; one of which there is no record is created first. Raises BenchError."""
    return [await _line(asking, view, seconds) for view in NATIVE.values()]


async def _line(asking: Asking, view: View, seconds: float) -> Line:
    ids = await _ids(asking, view)
    views = [view, *filter(None, [EARLIER.get(view.resource.name)])]
    gets = await _in_turn(asking, [[f"{each.collection}/{one}" for one in ids] for each in views], seconds)
    lists = await _in_turn(asking, [[f"{each.collection}?limit=20"] for each in views], seconds)
    earlier = {"earlier_get_ms": gets[1], "earlier_list_ms": lists[1]} if len(views) > 1 else {}
    return judged(Line(name=view.resource.name, get_ms=gets[0], list_ms=lists[0], **earlier))


async def _ids(asking: Asking, view: View) -> list[str]:
    """Return ids of records, of samples made for this where there is none."""
    if not await ids_of(asking.house, view.resource.kind):
        body = msgspec.json.encode(sample(view.resource)).decode()
        await asking.ground.alone(asking.ours([view.collection], bodies=[body]), seconds=_FILL_S)
        async with asking.house.connected() as connection:
            await connection.execute(f"vacuum (analyze) {view.resource.kind}")
    return await ids_of(asking.house, view.resource.kind)


async def _in_turn(asking: Asking, targets: Sequence[Sequence[str]], seconds: float) -> list[float]:
    """Return what a request of each costs, the median of rounds in which they take turns: machines drift."""
    rounds = [[await _spent(asking, each, seconds / _ROUNDS) for each in targets] for _ in range(_ROUNDS)]
    return [median(each) for each in zip(*rounds, strict=True)]


async def _spent(asking: Asking, targets: Sequence[str], seconds: float) -> float:
    """Return the processor milliseconds, of server and database, of one of these requests."""
    asked = asking.ours(targets)
    await asking.ground.alone(asked, seconds=seconds / 4)
    return (await asking.ground.alone(asked, seconds=seconds)).each.total * 1e3


def judged(line: Line) -> Line:
    """Return a line with what its figures are held to."""
    verdicts = [
        Verdict(f"get ≤ {GET_MS:g} ms", f"{line.get_ms:.3f} ms", line.get_ms <= GET_MS),
        Verdict(f"list ≤ {LIST_MS:g} ms", f"{line.list_ms:.3f} ms", line.list_ms <= LIST_MS),
    ]
    for ratio, name in ((line.get_ratio, "get"), (line.list_ratio, "list")):
        if ratio is not None:
            said = f"v4 {name} ≤ {EARLIER_RATIO:g} times v5"
            verdicts.append(Verdict(said, f"{ratio:.2f}", ratio <= EARLIER_RATIO))
    return msgspec.structs.replace(line, verdicts=verdicts)
