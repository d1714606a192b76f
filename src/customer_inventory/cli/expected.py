"""What is expected of a process, as a command is told: how much it is shown, when it calls, and where from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What was given of it, beside the records that it is shown a day.

    Attributes
    ----------
    volume_per_hour
        The most records that it is shown an hour.
    hours
        When it calls, such as "Mon-Fri 06:00-22:00, Sat 08:00-12:00 Europe/Berlin"; UTC without a time zone.
    network
        A network from which it calls, such as 10.1.0.0/16; may be repeated. Calls from elsewhere are refused.
    """

    volume_per_hour: int | None = None
    hours: str | None = None
    network: Annotated[tuple[str, ...], Parameter(negative=())] = ()

    def told(self, volume: int | None, **more: object) -> dict[str, object]:
        """Return what was given, with the records a day and whatever is told beside it, as registrations name it."""
        found = {
            **more,
            "expectedVolume": volume,
            "expectedVolumePerHour": self.volume_per_hour,
            "expectedHours": self.hours,
            "network": list(self.network) or None,
        }
        return {name: value for name, value in found.items() if value is not None}


Expecting = Annotated[Expected, Parameter(name="*")]
"""The type of a verb's parameter: each of them becomes a flag of the verb."""
