"""Engines: the PostgreSQL under the repository, either embedded and supervised by us or run by someone else.

The promise: inside `serving()` and `attached()` there is a database, reached by the connection string they yield; it is
ours alone, it comes back when it dies, and nothing that was acknowledged is lost. DESIGN 6; decision record 0002.
"""

from customer_inventory.repository.engines.binaries import tools_version
from customer_inventory.repository.engines.contract import DATABASE, ROLE, Engine, EngineError
from customer_inventory.repository.engines.embedded import EmbeddedEngine
from customer_inventory.repository.engines.external import ExternalEngine
from customer_inventory.repository.engines.programs import run_tool

__all__ = ["DATABASE", "ROLE", "EmbeddedEngine", "Engine", "EngineError", "ExternalEngine", "run_tool", "tools_version"]
