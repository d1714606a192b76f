"""The pages of the information requirements (R1): what governs, what is proposed, and who decides on it.

Promises: what the catalogue says is said in words; nothing governs that somebody proposed alone; what was typed is not
lost when a form is refused.
"""

from customer_inventory.console.requirements.places import REQUIREMENT_PAGES

__all__ = ["REQUIREMENT_PAGES"]
