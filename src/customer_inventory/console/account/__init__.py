"""The pages about who may sign in: one's own access, everybody's sessions, what people ask, and who saw too much."""

from customer_inventory.console.account.account_page import ACCOUNT_PAGE, account
from customer_inventory.console.account.password_page import CHANGE_PAGE, password
from customer_inventory.console.account.receipt_page import RECEIPT_PAGE, receipt
from customer_inventory.console.account.requests_page import REQUESTS_PAGE, privacy_requests
from customer_inventory.console.account.restrictions_page import RESTRICTIONS_PAGE, restrictions
from customer_inventory.console.account.review_page import REVIEWS_PAGE, reviews
from customer_inventory.console.account.second_factor_page import SECOND_FACTOR_PAGE, second_factor
from customer_inventory.console.account.sessions_page import SESSIONS_PAGE, sessions
from customer_inventory.console.visit import Place

ACCOUNT_PAGES = (
    Place(ACCOUNT_PAGE, account, takes_form=True),
    Place(CHANGE_PAGE, password, takes_form=True),
    Place(SECOND_FACTOR_PAGE, second_factor, takes_form=True),
    Place(REQUESTS_PAGE, privacy_requests, takes_form=True),
    Place(RECEIPT_PAGE, receipt),
    Place(RESTRICTIONS_PAGE, restrictions, takes_form=True),
    Place(REVIEWS_PAGE, reviews, takes_form=True),
    Place(SESSIONS_PAGE, sessions, takes_form=True),
)

__all__ = ["ACCOUNT_PAGES", "CHANGE_PAGE", "SECOND_FACTOR_PAGE"]
