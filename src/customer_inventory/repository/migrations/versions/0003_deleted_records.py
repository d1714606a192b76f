"""What was deleted before deletions were registered can come back too; the operations of changes are checked.

A revision of its own: 0002 is committed, so every deletion from now on registers itself, and a lock waits for those
that were under way. Whoever was deleted before that is found in the histories.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

KINDS = ("individual", "organization", "customer")
"""The kinds of the first version."""

_BACKFILL = """
insert into deleted_record
select h.bucket, '{kind}', h.id, h.version + 1, h.superseded_at, c.position, h.superseded_by
from {kind}_history h join change c on c.bucket = bucket_of(h.superseded_by) and c.id = h.superseded_by
where not exists (select from {kind} r where (r.bucket, r.id) = (h.bucket, h.id))
    and not exists (
        select from {kind}_history l where (l.bucket, l.id) = (h.bucket, h.id) and l.version > h.version)
on conflict do nothing
"""


def upgrade() -> None:
    """Register the deletions of the first version."""
    with op.get_context().autocommit_block():
        for kind in KINDS:
            op.execute(f"do $$ begin lock table {kind} in share mode; end $$")
    for kind in KINDS:
        op.execute(_BACKFILL.format(kind=kind))
    op.execute("alter table change validate constraint change_operation_check")
