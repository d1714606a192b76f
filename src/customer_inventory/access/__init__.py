"""Access (R4): who is registered, what they are granted, the gate they come through and the trail they leave.

Promises: nothing is reached but through the desk; what is not granted is refused; no answer with customer data leaves
before its trail entry is durable; secrets are shown once and kept hashed.
"""

from customer_inventory.access.access import Access
from customer_inventory.access.desk import Desk

__all__ = ["Access", "Desk"]
