"""The repository (R2): where every record, fact and register entry of the inventory is kept.

Promises: a write is one transaction with its change, history, links and trail entry; nothing acknowledged is lost; the
feed skips nothing; every list is answered by the database alone. Only this room knows a database driver.
"""

from __future__ import annotations

from pathlib import Path

from customer_inventory.repository.catalogue import CatalogueStore
from customer_inventory.repository.changes import Changes
from customer_inventory.repository.classified import Classified
from customer_inventory.repository.connections import Connections
from customer_inventory.repository.contents import Contents
from customer_inventory.repository.deleted import DeletedRecords
from customer_inventory.repository.deliveries import Deliveries
from customer_inventory.repository.erasing import Erasing
from customer_inventory.repository.erasures import Erasures
from customer_inventory.repository.gaps import Gaps
from customer_inventory.repository.hub import Hub
from customer_inventory.repository.indexing import Indexing
from customer_inventory.repository.journal import Journal
from customer_inventory.repository.lists import Lists
from customer_inventory.repository.migrate import migrate
from customer_inventory.repository.people import People
from customer_inventory.repository.receiving import ReceivedEvents
from customer_inventory.repository.records import Records
from customer_inventory.repository.register import Register
from customer_inventory.repository.reverting import Reverting
from customer_inventory.repository.reviews import Reviews
from customer_inventory.repository.ruling import Rulings
from customer_inventory.repository.seals import SealStore
from customer_inventory.repository.served import Served
from customer_inventory.repository.sharing import Sharing
from customer_inventory.repository.surroundings import Surroundings
from customer_inventory.repository.topics import Topics

__all__ = ["Repository", "migrate"]


class Repository:
    """The stores of one inventory, over one engine that is running and migrated."""

    def __init__(
        self,
        conninfo: str,
        *,
        connections: int = 8,
        statement_timeout_ms: int = 5000,
        content_directory: Path | None = None,
    ) -> None:
        self.conninfo = conninfo
        self._connections = Connections(conninfo, size=connections, statement_timeout_ms=statement_timeout_ms)
        # The trail has its own connection: an answer that waits for it must not wait behind other answers' reads.
        self._trail_connection = Connections(conninfo, size=1, statement_timeout_ms=statement_timeout_ms)
        # Telling listeners has its own, too: however much there is to tell, no request waits for a connection.
        self._hub_connections = Connections(conninfo, size=2, statement_timeout_ms=statement_timeout_ms, wait_s=30.0)
        self.records = Records(self._connections)
        self.served = Served(self._connections)
        self.indexing = Indexing(self._connections, conninfo)
        self.lists = Lists(self._connections, self.served)
        self.changes = Changes(self._connections)
        self.journal = Journal(self._trail_connection)
        self.register = Register(self._connections)
        self.people = People(self._connections)
        self.reviews = Reviews(self._connections)
        self.catalogue = CatalogueStore(self._connections)
        self.gaps = Gaps(conninfo)
        self.contents = Contents(self._connections, directory=content_directory)
        self.received = ReceivedEvents(self._connections)
        self.topics = Topics(self._connections)
        self.hub, self.hub_feed = Hub(self._hub_connections), Changes(self._hub_connections)
        # Who only looks at events does so on the connections of requests: listeners do not wait behind them.
        self.deliveries, self.looks = Deliveries(self._hub_connections), Deliveries(self._connections)
        self.deleted = DeletedRecords(self._connections, conninfo)
        self.surroundings = Surroundings(self._connections)
        self.classified = Classified(self._connections, conninfo)
        self.reverting = Reverting(self._connections, self.records)
        self.rulings = Rulings(conninfo)
        self.sharing = Sharing(conninfo)
        self.seals = SealStore(self._connections, conninfo)
        self.erasing = Erasing(conninfo, directory=content_directory)
        self.erasures = Erasures(self._connections)

    async def ping(self) -> None:
        """Ask the engine for a sign of life. Raises RepositoryUnavailable."""
        async with self._connections.lend() as connection:
            await connection.execute("select 1")

    async def close(self) -> None:
        """Close every connection."""
        await self._connections.close()
        await self._trail_connection.close()
        await self._hub_connections.close()
