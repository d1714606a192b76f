"""The rules of downloads, as the settings have them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from customer_inventory.repository.download_files import DownloadFiles


@dataclass(frozen=True, slots=True)
class DownloadRules:
    """What holds for downloads: where files are, above how many records somebody approves, how long files are kept."""

    directory: Path = Path("data/downloads")
    threshold: int = 10_000
    keep: timedelta = timedelta(hours=24)

    @property
    def files(self) -> DownloadFiles:
        """The files."""
        return DownloadFiles(self.directory)
