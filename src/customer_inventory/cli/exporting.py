"""The verb that takes records out in bulk: export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from customer_inventory.access.downloading import about_how_many
from customer_inventory.access.downloads.life import FORMATS
from customer_inventory.capture import exports
from customer_inventory.cli.app import Configured, run
from customer_inventory.cli.inventory import acting
from customer_inventory.cli.progress import bar, say
from customer_inventory.model import RESOURCES
from customer_inventory.settings import Settings

_DEFAULTS = Settings()

ExportFormat = Literal["csv", "ndjson", "parquet", "xlsx"]
if TYPE_CHECKING:
    Kind = str
else:
    Kind = Literal[tuple(RESOURCES)]  # whatever is declared


def export(
    kind: Kind,
    *,
    output: Annotated[str, Parameter(allow_leading_hyphen=True)],
    format: ExportFormat | None = None,  # noqa: A002  the flag's name
    guard_formulas: bool = True,
    purpose: str | None = None,
    settings: Configured = _DEFAULTS,
) -> int:
    """Export every record of a kind, as it stands at one moment.

    Parameters
    ----------
    kind
        What to export: any resource of the Open APIs, such as individual, customer, billingAccount or entity.
    output
        The file to write, or - for standard output. It appears when it is whole.
    format
        ndjson keeps everything, one record a line as the API gives it; csv, parquet and xlsx (Excel) hold a table of
        the attributes most often asked for.
        Told by the file's name when not given, else ndjson.
    guard_formulas
        Put an apostrophe before cells of a table that a spreadsheet would compute; an import takes it away again.
    purpose
        Purpose of this export, one that the command line is registered for.
    settings
        How the inventory is set up.
    """
    told = next((each for each in FORMATS if output.lower().endswith(f".{each}")), "ndjson")
    form: str = format or told
    return run(_export(kind, output, form, purpose, settings, guard=guard_formulas), settings)


async def _export(kind: str, output: str, form: str, purpose: str | None, settings: Settings, *, guard: bool) -> None:
    resource = RESOURCES[kind]
    async with acting(settings, "export", purpose=purpose) as access:
        about = await about_how_many(access, resource)
        with bar(kind, total=float(about) or None) as advance:
            written = await exports.export(
                access,
                resource,
                output=output,
                form=form,
                public_url=settings.public_url,
                guard=guard,
                progress=lambda count: advance(float(count), f"{count:,} records"),
            )
    say(f"Exported {written:,} {kind} records to {'standard output' if output == '-' else output}.")
