"""The forms in which people write records: made of the requirements that govern, so an approved one changes them too.

Promises: what a form does not show stays as it was; nobody's change is lost; what was typed stays when it is refused.
"""

from customer_inventory.console.forms.places import FORM_PAGES

__all__ = ["FORM_PAGES"]
