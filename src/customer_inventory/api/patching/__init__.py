"""Patches: every way in which a client says what is to change in a record (TMF630 parts 1, 5 and 6).

A patch is read once, against no record at all, and then is a pure function from document to document: all of it holds
or none of it. What nobody may change and how large a record may get is checked here for every kind of patch alike;
whether the result is a record is checked where records are written.
"""

from customer_inventory.api.patching.blind import judge_patch, judge_replacement, removed_by
from customer_inventory.api.patching.media import MEDIA_TYPES, read_patch, require_patch
from customer_inventory.api.patching.record import ImmutableAttribute, Patch, of_same_class, patched

__all__ = [
    "MEDIA_TYPES",
    "ImmutableAttribute",
    "Patch",
    "judge_patch",
    "judge_replacement",
    "of_same_class",
    "patched",
    "read_patch",
    "removed_by",
    "require_patch",
]
