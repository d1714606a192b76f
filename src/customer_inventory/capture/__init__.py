"""Capture (R3): how customers get into the inventory and out of it in bulk.

Promises: every row of a source is accounted for, taken or rejected with its reason; an import can be stopped at any
point and run again, and nothing comes twice; an export is one moment of the inventory, whole.
"""

from customer_inventory.capture.exports import export
from customer_inventory.capture.mappings import choose_mapping, save_suggestion
from customer_inventory.capture.runs import Order, Report, import_file

__all__ = ["Order", "Report", "choose_mapping", "export", "import_file", "save_suggestion"]
