"""Policy: grants that are limited to attributes, rows, purposes, amounts and times, as a person can read them."""

from customer_inventory.access.policy.grant import Grant, Row
from customer_inventory.access.policy.language import InvalidPolicy, parse_policy, written
from customer_inventory.access.policy.rights import Rights, rights_of

__all__ = ["Grant", "InvalidPolicy", "Rights", "Row", "parse_policy", "rights_of", "written"]
