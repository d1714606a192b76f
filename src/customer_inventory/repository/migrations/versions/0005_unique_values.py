"""Values that must be unique in a class of entities get a table of their own."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table; what is stored already gets into it when its class is specified to have unique values."""
    op.execute(
        """
        create table unique_value (
            bucket smallint not null,
            digest bytea not null check (length(digest) = 32),
            record_id uuid not null,
            primary key (bucket, digest)
        )
        """
    )
    op.execute("create index unique_value_record on unique_value (record_id)")
