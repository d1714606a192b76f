"""Keys take the place of others, and passwords that were made for somebody are to be changed, or end."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"

_TABLES = """
alter table signing_key
    add column algorithm text not null default 'ES256',
    add column retired_at timestamptz,
    add column not_after timestamptz;
alter table seal_key
    add column algorithm text not null default 'ES256',
    add column retired_at timestamptz,
    add column vouch text;
alter table pseudonym_key
    add column id text not null default gen_random_uuid()::text,
    add column algorithm text not null default 'HS256',
    add column retired_at timestamptz;
alter table pseudonym_key drop constraint pseudonym_key_pkey;
alter table pseudonym_key add primary key (id);
create unique index pseudonym_key_purpose on pseudonym_key (purpose) where retired_at is null;
alter table person add column password_made_at timestamptz;
alter table session add column password_due boolean not null default false;
alter table arrival add column password_due boolean not null default false;
"""


def upgrade() -> None:
    """Add the columns, and let a purpose have keys that are retired beside the one in use.

    Passwords of before count as own ones: nobody is locked out.
    """
    op.execute(_TABLES)
