"""Guarded kinds: what is about the people who may sign in. A grant of a verb on everything does not cover them.

Else whoever may create records could create administrators: who may do that is told so by name.
"""

from __future__ import annotations

ACCESS_REVIEW = "access_review"
CONSENT = "consent"
PERSON = "person"
SESSION = "session"

GUARDED = {"accessReview": ACCESS_REVIEW, "person": PERSON, "session": SESSION}
"""The guarded kinds by the names that grants use."""
