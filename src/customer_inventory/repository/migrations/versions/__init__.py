"""The revisions, oldest first: each a way from the one before it."""
