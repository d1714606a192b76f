"""Ruling in SQL: which records break which rules, found in place by one scan of a kind's table.

The rules mean what `model.ruling` says they mean; tests/contract/test_ruling.py holds the two against each other. Each
record gives a few masks (`ruling_masks`); records of the same masks are counted together by the engine, and what each
rule comes to is added up here.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import ceil
from typing import NamedTuple

import psycopg

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model.attributes import Attribute
from customer_inventory.model.ruling import Rule
from customer_inventory.model.view import View
from customer_inventory.model.viewing import native_view
from customer_inventory.repository import sql
from customer_inventory.repository.connections import Connection, RepositoryUnavailable, connect
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.restrictions import UseFor
from customer_inventory.repository.ruling_alone import broken
from customer_inventory.repository.ruling_masks import BITS
from customer_inventory.repository.ruling_statement import PATTERNS, Asking, Part, Statement, patterns_of, weighing
from customer_inventory.repository.values import Clause

_SQL = sql.statements("ruling.sql")
_ROWS = 1000
_SMALL = 4096
"""How many blocks (of 8 kB) a part of a table has at least: below, a connection takes longer than it saves."""


class WeighingTooLong(InventoryError):
    """Counting the records that break the rules took longer than it may.

    Allow more time, or ask for fewer rules at once.
    """

    code = "weighing-too-long"
    failure = Failure.UNPROCESSABLE


@dataclass(slots=True)
class Weight:
    """What one rule comes to: how many records break it, how many of each source, and the ids of some."""

    rule: Rule
    broken: int = 0
    by_source: Counter[str | None] = field(default_factory=Counter)
    samples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Weighed:
    """What rules come to: how many records were examined, how many of each source, and the weight of each rule.

    The source of a record is the one that its last change names; None stands for those that name none, and for all
    where nobody asked for sources.
    """

    weights: list[Weight]
    examined: int = 0
    by_source: Counter[str | None] = field(default_factory=Counter)


def breaks(rule: Rule, kind: str, *, now: datetime, attributes: Mapping[str, Attribute] | None = None) -> Clause:
    """Return the clause that a record of a kind fulfils whose document breaks a rule.

    `now` is what relative bounds count from; conditions go by `attributes`, those of the kind unless said. Raises
    JsonPathNotSupported.
    """
    return broken(rule, _view(kind, attributes), now=now)


class Rulings:
    """What rules come to on the records of one inventory; on connections of its own, for as long as the caller says."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo

    async def weigh(
        self,
        kind: str,
        rules: Sequence[Rule],
        *,
        now: datetime,
        within_s: float,
        samples: int = 0,
        by_source: bool = False,
        attributes: Mapping[str, Attribute] | None = None,
        named: str | None = None,
        use: UseFor | None = None,
    ) -> Weighed:
        """Count the records of a kind that break each of `rules`, and find the ids of up to `samples` of each.

        One scan for every `PATTERNS` regular expressions, all of one moment, within so many seconds; it ends with the
        task. `named` is the class of the records where classes are specified at run time, `attributes` are then what
        conditions go by; with `use` those count that may be used so. Raises WeighingTooLong, RepositoryUnavailable and
        JsonPathNotSupported.
        """
        asking = Asking(_view(kind, attributes), now=now, named=named, by_source=by_source, samples=samples, use=use)
        weighed = Weighed([Weight(rule) for rule in rules])
        scans = [_Scan.of(weights, asking) for weights in _by_patterns(weighed.weights)]
        try:
            async with (
                asyncio.timeout(within_s),
                self._together(kind, within_s) as (connections, parts),
                asyncio.TaskGroup() as group,
            ):
                for connection, part in zip(connections, parts, strict=True):
                    group.create_task(_weigh(connection, part, scans, weighed, samples))
        except TimeoutError as error:
            raise WeighingTooLong from error
        except ExceptionGroup as several:
            raise several.exceptions[0] from several
        return weighed

    @asynccontextmanager
    async def _together(self, kind: str, within_s: float) -> AsyncIterator[tuple[list[Connection], list[Part | None]]]:
        """Yield connections that see one moment of the inventory, each with a part of a table, until the block ends."""
        async with AsyncExitStack() as stack:
            first = await self._connection(stack, within_s)
            row = await (await first.execute(_SQL["export"].format(kind=kind))).fetchone()
            moment, blocks, workers = row or ("", 0, 1)
            parts = _parts(blocks, min(workers, blocks // _SMALL))
            further = [await self._connection(stack, within_s) for _ in parts[1:]]
            for connection in further:
                await connection.execute(_SQL["import"].format(moment=moment))
            yield [first, *further], parts

    async def _connection(self, stack: AsyncExitStack, within_s: float) -> Connection:
        connection = await connect(self._conninfo, statement_timeout_ms=ceil(within_s * 1000))
        stack.callback(connection.pgconn.finish)
        await connection.execute(_SQL["begin"])
        return connection


class _Found(NamedTuple):
    """Records of one source that break the same rules: the masks of those, how many records, the ids of some."""

    source: str | None
    masks: list[int]
    number: int
    ids: list[str] | None


@dataclass(frozen=True, slots=True)
class _Scan:
    """One pass over a table: the weights whose rules have the bits of each mask, in their order, and the statement."""

    masks: list[list[Weight]]
    statement: Statement

    @classmethod
    def of(cls, weights: list[Weight], asking: Asking) -> _Scan:
        """Return the pass that finds which rules of `weights` are broken."""
        statement = weighing([weight.rule for weight in weights], asking)
        return cls([weights[start : start + BITS] for start in range(0, len(weights), BITS)] or [[]], statement)

    def broken(self, masks: list[int]) -> Iterator[Weight]:
        """Yield the weights of the rules whose bits are set."""
        for weights, bits in zip(self.masks, masks, strict=True):
            left = bits
            while left:
                yield weights[(left & -left).bit_length() - 1]
                left &= left - 1


async def _weigh(connection: Connection, part: Part | None, scans: list[_Scan], weighed: Weighed, samples: int) -> None:
    """Add what the scans find in a part of a table."""
    try:
        for scan in scans:
            async with connection.cursor() as cursor:
                # Some at a time: where much is wrong in many ways, there is much.
                async for row in cursor.stream(scan.statement.text(part), scan.statement.whole.values, size=_ROWS):
                    found = _Found(*row)
                    if scan is scans[0]:
                        weighed.examined += found.number
                        weighed.by_source[found.source] += found.number
                    for weight in scan.broken(found.masks):
                        _add(weight, found, samples)
    except psycopg.errors.QueryCanceled as error:
        raise WeighingTooLong from error
    except psycopg.OperationalError as error:
        raise RepositoryUnavailable("The repository went away while records were counted. Count again.") from error


def _add(weight: Weight, found: _Found, samples: int) -> None:
    weight.broken += found.number
    weight.by_source[found.source] += found.number
    weight.samples += (found.ids or [])[: max(0, samples - len(weight.samples))]


def _parts(blocks: int, number: int) -> list[Part | None]:
    """Return parts of a table of so many blocks, of about the same size; None is the whole."""
    if number < 2:
        return [None]
    ends = [blocks * part // number for part in range(1, number)]
    return [Part(first, last) for first, last in zip([0, *ends], [*ends, None], strict=True)]


def _by_patterns(weights: list[Weight]) -> list[list[Weight]]:
    """Put weights together by the scans that they need: the rules on one array next to each other in one of them."""
    scans: list[list[Weight]] = [[]]
    patterns: set[str] = set()
    for weight in sorted(weights, key=lambda each: _first_name(each.rule)):
        further = patterns_of(weight.rule)
        if len(patterns | further) > PATTERNS:
            scans.append([])
            patterns = set()
        patterns |= further
        scans[-1].append(weight)
    return scans


def _first_name(rule: Rule) -> str:
    place = rule.place
    return place.holder[0] if place.holder else place.name if place.named else ""


def _view(kind: str, attributes: Mapping[str, Attribute] | None) -> View:
    resource = KINDS[kind]
    return replace(native_view(resource), attributes=resource.attributes if attributes is None else attributes)
