"""Orders that were deleted from an archive after their retention had ended, by their names.

Nothing is verified here: the lists say nothing that counts before `archive.verify` has held them
to the log.
"""

from dataclasses import dataclass
from datetime import date

from archive import layout, limits, line, member, retired
from archive.errors import ArchiveError
from archive.verify.files import Files


@dataclass(frozen=True)
class Deleted:
    """An order that a list of deleted histories names.

    Args:
        stream: name of the order's stream.
        kept_until: last day on which it was to be kept, by its newest seal.
        listed_on: day of the newest list that names it.
    """

    stream: str
    kept_until: date
    listed_on: date


def deleted_orders(files: Files, order: str) -> list[Deleted]:
    """Return the orders that a name can mean and that lists of deleted histories name.

    Args:
        files: the archive's files, verified and found intact.
        order: `number` or `shop/number`.
    """
    found: dict[str, Deleted] = {}
    for name in files.under(f"{layout.RETIRED}/"):
        try:
            data = files.read(name, limits.RETIRED)
            listed = retired.parse(member.decompress(data, limits.RETIRED))
            for one in listed.histories:
                seal = line.read(one.seal)
                if not _is_named(seal.stream, order):
                    continue
                until, before = retired.retain_until(seal), found.get(seal.stream)
                found[seal.stream] = Deleted(
                    seal.stream,
                    max(until, before.kept_until if before else until),
                    max(listed.as_of, before.listed_on if before else listed.as_of),
                )
        except ArchiveError:
            continue  # a verification names it
    return [found[stream] for stream in sorted(found)]


def _is_named(stream: str, order: str) -> bool:
    name = stream.removeprefix(layout.ORDER_STREAM)
    return order in (name, name.partition("/")[2])
