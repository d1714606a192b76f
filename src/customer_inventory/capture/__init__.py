"""Capture (R3): how customers get into the inventory and out of it in bulk.

Promises: every row of a source is accounted for, taken or rejected with its reason; an import can be stopped at any
point and run again, and nothing comes twice; an export is one moment of the inventory, whole.
"""
