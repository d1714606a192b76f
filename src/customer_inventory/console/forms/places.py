"""Where the forms of records are: people, organisations and customers are made here, and most kinds are changed."""

from __future__ import annotations

from customer_inventory.console.forms.page import edit, new
from customer_inventory.console.kinds import EDITED, SEARCHED
from customer_inventory.console.visit import Place

FORM_PAGES = (
    *(Place(f"/{kind}/new", new(kind), takes_form=True) for kind in SEARCHED),
    *(Place(f"/{kind}/{{id}}/edit", edit(kind), takes_form=True) for kind in EDITED),
)
