"""What can be wrong with a patch: in itself, or with the record as it is.

A patch that no record could take is 400. One that this record cannot take as it is now is 409: RFC 5789 section 2.2
names that status for a patch that counts on a structure which is not there, and 404 would say that the record itself
is gone.
"""

from __future__ import annotations

from customer_inventory.errors import Failure, InventoryError


class InvalidPatch(InventoryError):
    """The patch is not well-formed.

    A JSON Patch is an array of operations, each with `op` and `path`; a merge patch is one object.
    """

    code = "invalid-patch"
    failure = Failure.INVALID


class PatchTooLarge(InventoryError):
    """The patch does more than one patch may."""

    code = "patch-too-large"
    failure = Failure.INVALID


class PatchTooDeep(InventoryError):
    """The patch is nested deeper than any record may be."""

    code = "patch-too-deep"
    failure = Failure.INVALID


class PatchTargetMissing(InventoryError):
    """The patch counts on something that is not in the record.

    Read the record again and make the patch from what it holds now.
    """

    code = "patch-target-missing"
    failure = Failure.CONFLICT


class PatchTestFailed(InventoryError):
    """A test in the patch does not hold for the record as it is now.

    Nothing was changed. Read the record again and make the patch from what it holds now.
    """

    code = "patch-test-failed"
    failure = Failure.CONFLICT


class NothingThere(Exception):
    """A path leads nowhere in the document at hand; told to the client as PatchTargetMissing, with the operation."""
