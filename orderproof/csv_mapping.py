"""Which mapping a CSV file is read by: one of ours, or a file of the user's."""

from functools import cache
from importlib import resources
from pathlib import Path

from domain.errors import InvalidInputError
from orderproof.errors import CommandError
from orderproof.terminal import safe
from sources.mapped.mapping import Mapping, read_mapping

_MAX = 1024 * 1024
_GUIDE = "docs/how-to/import-any-csv.md says what a mapping holds"


def chosen(format_: str, file: Path | None, shop: str | None) -> Mapping | None:
    """Return the mapping that `--format` and `--map` name, None where neither means CSV.

    Raises:
        CommandError: they do not go together, the file cannot be read, or a shop is needed.
    """
    if file is not None and format_ not in ("auto", "csv"):
        raise CommandError("--map goes with --format csv, which is what it means without --format")
    if file is None and format_ == "csv":
        raise CommandError(f"--format csv needs --map FILE; {_GUIDE}")
    if file is None and format_ != "orders-csv":
        return None
    mapping = own("orders") if file is None else from_file(file)
    if mapping.order is not None and shop is None:
        raise CommandError("--shop is needed: the file numbers orders, and numbers are of a shop")
    return mapping


@cache
def own(name: str) -> Mapping:
    """Return a mapping that comes with the program."""
    place = resources.files("sources.mapped") / f"{name}.toml"
    return read_mapping(place.read_bytes())


def from_file(file: Path) -> Mapping:
    """Read a mapping file.

    Raises:
        CommandError: it cannot be read, or says what cannot be.
    """
    try:
        with file.open("rb") as opened:
            raw = opened.read(_MAX + 1)
    except OSError as error:
        raise CommandError(f"--map: {safe(str(file))} cannot be read: {error.strerror}") from None
    if len(raw) > _MAX:
        raise CommandError(f"--map: {safe(str(file))} is larger than 1 MiB, so it is no mapping")
    try:
        return read_mapping(raw)
    except InvalidInputError as error:
        place = f"{safe(error.place)}: " if error.place else ""
        raise CommandError(
            f"--map: {safe(str(file))}: {place}{safe(error.message)}. {_GUIDE}."
        ) from None
