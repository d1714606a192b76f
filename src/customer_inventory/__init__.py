"""Customer Inventory: the system of record for an enterprise's customers (eTOM 1.3.16)."""

__version__ = "0.1.0"
