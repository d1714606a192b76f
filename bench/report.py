"""The page: results as Markdown tables, each figure beside its floor and its budget."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.results import Asked, Bulk, Line, Request, Results, Verdict

_NOTE = """\
Processor time per request is that of the server process and of the whole database (postmaster, backends, WAL writer,
checkpointer, background writer, I/O workers and autovacuum, ended ones included), in milliseconds; the load's own is
left out. The floor is a bare ASGI handler under the same uvicorn, with as many connections of the same kind, that runs
the same statement (of a list only the page itself; of a create one INSERT of the same document into a table with a
primary key) and returns the bytes. Rounds of floor and inventory alternate; the round of median processor time is
shown, the ratio is the median over the pairs."""


_LINES_NOTE = """\
Processor milliseconds of server and database, of getting one record by id and of listing twenty, as it is stored and
in v4, and how many times the one the other is. The median of three brief rounds in which the versions take turns."""


_ASKED_NOTE = """\
Processor microseconds of this process to hold one full record against every rule of the baseline, and against those
that doors ask; reading is what it takes to read the same record from JSON. A preview counts what every rule would come
to on all records, by source and with samples, as before an approval; its floor is a scan that looks at one attribute of
each document."""


def page(results: Results) -> str:
    """Return the whole page."""
    parts = ["# Speed", "", *_machine(results), ""]
    if results.requests:
        parts += ["## Requests", "", _NOTE, "", *_requests(results.requests), ""]
    if results.lines:
        parts += ["## Every resource", "", _LINES_NOTE, "", *_lines(results.lines), ""]
    if results.asked:
        parts += ["## What is asked of records", "", _ASKED_NOTE, "", *_asked(results.asked), ""]
    if results.bulks:
        parts += ["## In and out", "", *_bulks(results.bulks), ""]
    for request in results.requests:
        if request.profile:
            parts += [f"## Where the time goes: {request.title}", "", request.profile, ""]
    return "\n".join(parts).rstrip() + "\n"


def _machine(results: Results) -> Iterable[str]:
    yield from _table(("", ""), results.facts.items())


def _requests(requests: Sequence[Request]) -> Iterable[str]:
    heads = (
        "request",
        "server",
        "database",
        "together",
        "floor",
        "ratio",
        "budget",
        "per second",
        "floor's",
        "p50",
        "p99",
    )
    return _table(
        heads,
        (
            (
                one.title,
                f"{one.ours.server_ms:.3f}",
                f"{one.ours.database_ms:.3f}",
                f"**{one.ours.total_ms:.3f}**",
                f"{one.floor.total_ms:.3f} ({one.floor.server_ms:.3f} + {one.floor.database_ms:.3f})",
                f"{one.ratio:.2f}",
                _judged(one.verdicts),
                f"{one.ours.rate:,.0f}",
                f"{one.floor.rate:,.0f}",
                f"{one.ours.p50_ms:.1f}",
                f"{one.ours.p99_ms:.1f}",
            )
            for one in requests
        ),
    )


def _lines(lines: Sequence[Line]) -> Iterable[str]:
    heads = ("resource", "get", "list 20", "get v4", "ratio", "list 20 v4", "ratio", "budget")
    return _table(
        heads,
        (
            (
                one.name,
                *(_shown(figure, 3) for figure in (one.get_ms, one.list_ms)),
                *(_shown(one.earlier_get_ms, 3), _shown(one.get_ratio, 2)),
                *(_shown(one.earlier_list_ms, 3), _shown(one.list_ratio, 2)),
                "; ".join(f"**{each.budget}: {each.measured}**" for each in one.verdicts if not each.met) or "met",
            )
            for one in lines
        ),
    )


def _asked(asked: Sequence[Asked]) -> Iterable[str]:
    heads = ("resource", "rules", "one record", "at doors", "reading", "records", "preview", "bare scan", "budget")
    return _table(
        heads,
        (
            (
                one.name,
                str(one.rules),
                f"**{one.whole_us:.1f} µs**",
                f"{one.doors_us:.1f} µs",
                f"{one.reading_us:.1f} µs",
                f"{one.previewed:,}",
                f"**{one.preview_s:.2f} s**",
                f"{one.scan_s:.2f} s",
                _judged(one.verdicts),
            )
            for one in asked
        ),
    )


def _shown(figure: float | None, places: int) -> str:
    return "" if figure is None else f"{figure:.{places}f}"


def _bulks(bulks: Sequence[Bulk]) -> Iterable[str]:
    heads = (
        "verb", "number", "seconds", "per second", "per second less start-up",
        "µs of command", "µs of database", "memory peak", "floors", "budget",
    )  # fmt: skip
    yield from _table(
        heads,
        (
            (
                one.title,
                f"{one.number:,}",
                f"{one.seconds:.2f}",
                f"{one.rate:,.0f}",
                f"**{one.steady_rate:,.0f}**",
                f"{one.processor_us:.1f}",
                f"{one.database_us:.1f}",
                f"{one.peak_mib:.0f} MiB",
                "; ".join(f"{bare.title}: {bare.rate:,.0f}/s at {bare.database_us:.1f} µs" for bare in one.floors),
                _judged(one.verdicts),
            )
            for one in bulks
        ),
    )
    yield ""
    for one in bulks:
        yield from (f"- {one.name}: {note}" for note in one.notes)


def _judged(verdicts: Iterable[Verdict]) -> str:
    return "; ".join(f"{one.budget}: {'met' if one.met else f'**not met** ({one.measured})'}" for one in verdicts)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield f"| {' | '.join(row)} |"
