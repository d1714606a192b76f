"""Downloads: files with many records, asked for, approved where it takes that, made by the server and fetched."""

from customer_inventory.access.downloads.deciding import decide, latest, show
from customer_inventory.access.downloads.fetching import content, file_of, link
from customer_inventory.access.downloads.life import Wanted
from customer_inventory.access.downloads.requesting import cancel, previewed, request

__all__ = ["Wanted", "cancel", "content", "decide", "file_of", "latest", "link", "previewed", "request", "show"]
