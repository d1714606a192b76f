"""The console: the door for people. Pages rendered on the server, of what the API gives, in no more than a browser.

Promises: nobody sees anything without signing in; everything shown came through the desk and is in the trail; a page
works by keyboard alone, on a phone, and without scripts.
"""

from customer_inventory.console.application import create_console

__all__ = ["create_console"]
