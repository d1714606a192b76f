"""Migrations: the way of an older inventory to the present schema, run by Alembic under a lock timeout.

Each revision is a file `versions/NNNN_what.py` beside its SQL. Expand, migrate, contract: a revision may add what the
running version does not know and must not remove what it needs (docs/how-to/change-the-schema.md).
"""
