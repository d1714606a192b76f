"""The door for programs: the TM Forum Open APIs in every version, the inventory's own resources, OAuth 2.0 tokens."""

from __future__ import annotations

from customer_inventory.access import Desk
from customer_inventory.api.attachments import add_attachments
from customer_inventory.api.changes import add_changes
from customer_inventory.api.consents import add_consents
from customer_inventory.api.customer360 import add_customer_360
from customer_inventory.api.deciding import add_decisions
from customer_inventory.api.deleted import add_deleted_records
from customer_inventory.api.door import Door, Measure
from customer_inventory.api.downloads import add_downloads
from customer_inventory.api.events.callbacks import Callbacks
from customer_inventory.api.events.letters import add_subscriptions
from customer_inventory.api.events.receiving import add_listeners
from customer_inventory.api.events.subscribing import add_hubs
from customer_inventory.api.events.topics import add_topics
from customer_inventory.api.export_jobs import add_export_jobs
from customer_inventory.api.gaps import add_gaps
from customer_inventory.api.history import add_histories
from customer_inventory.api.impact import add_impact
from customer_inventory.api.kin import add_kin
from customer_inventory.api.oauth import AuthorizationServer
from customer_inventory.api.parties import add_parties
from customer_inventory.api.permissions import add_permissions
from customer_inventory.api.privacy_requests import add_privacy_requests
from customer_inventory.api.registrations import add_registrations
from customer_inventory.api.requirements import add_requirements
from customer_inventory.api.restrictions import add_restrictions
from customer_inventory.api.routing import Routes
from customer_inventory.api.tmf import add_resources
from customer_inventory.api.trail import add_trail


def create_door(desk: Desk, *, public_url: str, callbacks: Callbacks, measure: Measure) -> Door:
    """Return the ASGI application of every API."""
    return Door(desk, create_routes(public_url=public_url, callbacks=callbacks), measure=measure)


def create_routes(*, public_url: str, callbacks: Callbacks | None = None) -> Routes:
    """Return every endpoint of the APIs; `callbacks` says where events may be sent, public addresses when not given."""
    routes = Routes()
    add_resources(routes, public_url=public_url)
    add_parties(routes, public_url=public_url)
    add_attachments(routes)
    add_permissions(routes, public_url=public_url)
    add_histories(routes, public_url=public_url)
    allowed = callbacks or Callbacks()
    add_hubs(routes, public_url=public_url, callbacks=allowed)
    add_topics(routes, public_url=public_url, callbacks=allowed)
    add_subscriptions(routes, public_url=public_url)
    add_listeners(routes, public_url=public_url)
    add_changes(routes, public_url=public_url)
    add_deleted_records(routes, public_url=public_url)
    add_customer_360(routes, public_url=public_url)
    add_decisions(routes)
    add_consents(routes, public_url=public_url)
    add_trail(routes, public_url=public_url)
    add_kin(routes, public_url=public_url)
    add_requirements(routes, public_url=public_url)
    add_registrations(routes, public_url=public_url)
    add_downloads(routes, public_url=public_url)
    add_export_jobs(routes, public_url=public_url)
    add_privacy_requests(routes, public_url=public_url)
    add_restrictions(routes, public_url=public_url)
    add_impact(routes)
    add_gaps(routes)
    return routes


__all__ = ["AuthorizationServer", "Door", "Routes", "create_door", "create_routes"]
