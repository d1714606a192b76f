"""Guarded kinds, such as people who may sign in, registrations and downloads. A grant on everything covers none.

Else whoever may create and modify records could make administrators, or clients that may do more than themselves: who
may do that is told so by name.
"""

from __future__ import annotations

ACCESS_REVIEW = "access_review"
CONSENT = "consent"
DOWNLOAD = "download"
KEY = "key"
PERSON = "person"
PRIVACY_REQUEST = "privacy_request"
SESSION = "session"

REGISTRATION = "registration"
RESTRICTION = "restriction"

GUARDED = {
    "accessReview": ACCESS_REVIEW,
    "download": DOWNLOAD,
    "key": KEY,
    "person": PERSON,
    "privacyRequest": PRIVACY_REQUEST,
    "registration": REGISTRATION,
    "restriction": RESTRICTION,
    "session": SESSION,
}
"""The guarded kinds by the names that grants use."""
