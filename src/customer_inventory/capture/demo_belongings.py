"""What the demo's customers have: an account to be billed by, an agreement, and something that was talked about.

Drawn from the customer's number alone, so that the customers stay who they are whatever they come to have.
"""

from __future__ import annotations

import random
from datetime import date, timedelta

from customer_inventory.capture.drafting import Document
from customer_inventory.model import RESOURCES, Resource

_TARIFFS = ("Home 100", "Home 500", "Mobile S", "Mobile L", "Office line")
_MATTERS = (
    ("Asked why the last bill was higher.", "inbound", "telephone", "completed"),
    ("Reported that the line is down.", "inbound", "telephone", "completed"),
    ("Offered a faster tariff.", "outbound", "e-mail", "opened"),
    ("Changed the way of paying.", "inbound", "shop", "completed"),
)


def belongings(number: int, customer: Document, identifier: str, *, today: date) -> list[tuple[Resource, Document]]:
    """Return what the customer with this number and id has, as records to be kept beside it."""
    chance = random.Random(number)  # noqa: S311  a demo keeps no secret
    reference = {"@type": "PartyRoleRef", "@referredType": "Customer", "id": identifier, "name": customer["name"]}
    made: list[tuple[str, Document]] = []
    if customer["status"] != "prospect":
        made += [("billingAccount", _account(reference)), ("agreement", _agreement(chance, reference, today))]
    if chance.random() < 0.4:
        made.append(("partyInteraction", _interaction(chance, reference, today)))
    return [(RESOURCES[name], document) for name, document in made]


def _account(customer: Document) -> Document:
    return {
        "@type": "BillingAccount",
        "name": f"Bills of {customer['name']}",
        "state": "active",
        "ratingType": "postpaid",
        "relatedParty": [_related("owner", customer)],
    }


def _agreement(chance: random.Random, customer: Document, today: date) -> Document:
    tariff, since = chance.choice(_TARIFFS), _some_day(chance, today, 1000)
    return {
        "@type": "Agreement",
        "name": tariff,
        "agreementType": "commercial",
        "status": "approved",
        "agreementPeriod": {"startDateTime": since},
        "engagedParty": [customer],
        "agreementItem": [
            {
                "@type": "AgreementItem",
                "id": "1",
                "termOrCondition": [
                    {"@type": "AgreementTermOrCondition", "id": "1", "description": "Runs for 24 months at least."}
                ],
            }
        ],
    }


def _interaction(chance: random.Random, customer: Document, today: date) -> Document:
    (reason, direction, channel, status), at = chance.choice(_MATTERS), _some_day(chance, today, 90)
    return {
        "@type": "PartyInteraction",
        "reason": reason,
        "direction": direction,
        "status": status,
        "interactionDate": {"startDateTime": at},
        "creationDate": at,
        "statusChangeDate": at,
        "relatedChannel": [
            {
                "@type": "RelatedChannel",
                "role": "contact",
                "channel": {"@type": "ChannelRef", "@referredType": "Channel", "id": channel, "name": channel},
            }
        ],
        "relatedParty": [_related("customer", customer)],
    }


def _related(role: str, customer: Document) -> Document:
    return {"@type": "RelatedPartyRefOrPartyRoleRef", "role": role, "partyOrPartyRole": customer}


def _some_day(chance: random.Random, today: date, within: int) -> str:
    return (
        f"{today - timedelta(days=chance.randint(1, within))}T{chance.randint(8, 17):02}:{chance.randint(0, 59):02}:00Z"
    )
