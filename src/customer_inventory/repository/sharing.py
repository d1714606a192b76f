"""Sharing: how many records have a value that another one has too, before it has to be unique."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

import psycopg

from customer_inventory.repository import sql
from customer_inventory.repository.connections import RepositoryUnavailable, connect
from customer_inventory.repository.restrictions import UseFor, restricting
from customer_inventory.repository.ruling import WeighingTooLong

_SQL = sql.statements("unique.sql")


class Shared(NamedTuple):
    """How many records have a value that another one has too, how many of each source, and the ids of some."""

    number: int
    by_source: Counter[str | None]
    samples: list[str]


class Sharing:
    """What records of one inventory share, told on a connection of its own for as long as the caller says."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo

    async def shared(
        self,
        kind: str,
        prefixes: Sequence[str],
        *,
        named: str = "",
        samples: int,
        within_s: float,
        use: UseFor | None = None,
    ) -> Shared:
        """Count the records of a kind, and of the class `named` if any, that share a term with such a beginning.

        With `use` of those that may be used so.

        Raises WeighingTooLong and RepositoryUnavailable.
        """
        connection = await connect(self._conninfo, statement_timeout_ms=ceil(within_s * 1000))
        try:
            values = {"prefixes": list(prefixes), "named": f"@type={named}" if named else None, "samples": samples}
            values |= restricting(use)
            rows = await (await connection.execute(_SQL["shared"].replace("{kind}", kind), values)).fetchall()
        except psycopg.errors.QueryCanceled as error:
            raise WeighingTooLong from error
        except psycopg.OperationalError as error:
            raise RepositoryUnavailable from error
        finally:
            connection.pgconn.finish()
        by_source = Counter({source: number for source, number, _ in rows})
        return Shared(by_source.total(), by_source, [each for *_, ids in rows for each in ids][:samples])
