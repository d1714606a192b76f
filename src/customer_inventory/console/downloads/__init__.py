"""The pages of downloads: which there are, how one is asked for, decided on, and had."""

from customer_inventory.console.downloads.places import Understanding, download_pages

__all__ = ["Understanding", "download_pages"]
