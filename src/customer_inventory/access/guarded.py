"""Guarded kinds: people who may sign in, registrations, downloads. A grant of a verb on everything does not cover them.

Else whoever may create and modify records could make administrators, or clients that may do more than themselves: who
may do that is told so by name.
"""

from __future__ import annotations

ACCESS_REVIEW = "access_review"
CONSENT = "consent"
DOWNLOAD = "download"
PERSON = "person"
SESSION = "session"

REGISTRATION = "registration"

GUARDED = {
    "accessReview": ACCESS_REVIEW,
    "download": DOWNLOAD,
    "person": PERSON,
    "registration": REGISTRATION,
    "session": SESSION,
}
"""The guarded kinds by the names that grants use."""
