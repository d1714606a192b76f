"""Profiling: a sample of rows is looked at, and requirements are proposed from what it says.

Promises: memory is bounded whatever the source holds; whatever is proposed was asked of the sample and says how often
it is broken; suspicions are suggestions and change nothing; no text made here holds a customer's data, but for codes.
"""

from __future__ import annotations

from customer_inventory.requirements.profiling.documents import DocumentSampler
from customer_inventory.requirements.profiling.profile import Profile, profile, profile_documents, profile_of
from customer_inventory.requirements.profiling.proposals import Draft, proposals

__all__ = ["DocumentSampler", "Draft", "Profile", "profile", "profile_documents", "profile_of", "proposals"]
