"""The API door: the TM Forum Open APIs, OAuth 2.0 tokens, and the OpenAPI document that describes them.

Promises: every answer, error or not, has the shape TMF630 gives it; every input is bounded; bad input is never a 5xx.
"""

from customer_inventory.api.tmf import TmfApi
from customer_inventory.api.tokens import TokenEndpoint

__all__ = ["TmfApi", "TokenEndpoint"]
