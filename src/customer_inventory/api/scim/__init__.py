"""SCIM 2.0 (RFC 7643, RFC 7644): how a directory gives people access to the console, and takes it away."""

from customer_inventory.api.scim.door import ScimDoor

__all__ = ["ScimDoor"]
