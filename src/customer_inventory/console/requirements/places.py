"""Where the pages of the information requirements are. An id may hold anything, so what follows it is asked first."""

from __future__ import annotations

from customer_inventory.console.requirements import catalogue_page, form_page, proposal_page
from customer_inventory.console.visit import Place

REQUIREMENT_PAGES = (
    Place("/requirements", catalogue_page.catalogue),
    Place("/requirements/new", form_page.new, takes_form=True),
    Place("/requirements/{id:path}/change", form_page.change, takes_form=True),
    Place("/requirements/{id:path}/end", form_page.end, takes_form=True),
    Place("/requirements/{id:path}", catalogue_page.requirement),
    Place("/proposals", proposal_page.proposals),
    Place("/proposals/{id:path}", proposal_page.proposal, takes_form=True),
)
