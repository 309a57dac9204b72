"""The laws that a seller goes by, in the log: what a seal's retention class meant on its day."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from archive.laws import Law
from archive.retention import Policy
from domain.catalogue import OUR_SOURCE
from domain.event import Fact
from domain.stream import ARCHIVE_STREAM, POLICY_STREAM
from eventstore import keeping
from eventstore.archive_log import ArchiveLog
from eventstore.connection import Connection

SET = "policy.retention_set"


def record(source: ArchiveLog, connection: Connection, policy: Policy) -> int | None:
    """Record the laws in force, where the last recorded ones are others.

    Args:
        source: the log, whose one archiver the caller is: nobody records others meanwhile.
        connection: may read the log; no transaction is open on it.
        policy: the laws in force.

    Returns:
        The position of the event; None where they are recorded already.
    """
    number, last = keeping.newest_policy(connection, SET)
    data = _data(policy)
    if last is not None and last.data == data:
        return None
    fact = Fact(
        stream=POLICY_STREAM,
        type=SET,
        source=OUR_SOURCE,
        id=f"{SET}/{number + 1}",
        occurred_at=source.now(),
        data=data,
    )
    (position,) = source.append([fact], [None])
    return position


def before_seals(
    streams: Iterable[str], source: ArchiveLog, connection: Connection, policy: Policy
) -> Iterator[str]:
    """Yield streams to be sealed; the laws are recorded, and due themselves, before the first.

    A policy that changed is no reason for a run: where nothing is to be sealed it governs nothing.

    Args:
        streams: names of streams that are due.
        source: the log.
        connection: may read the log; no transaction is open on it.
        policy: the laws that decide how long they are kept.
    """
    # The archive's own stream is sealed in every run, under no law.
    due = (stream for stream in streams if stream != ARCHIVE_STREAM)
    for first in due:
        if record(source, connection, policy) is not None:
            yield POLICY_STREAM
        yield from chain([first], due)


def _data(policy: Policy) -> dict[str, Any]:
    return {
        "seller_seat": policy.seller.seat,
        "vat_schemes": sorted(policy.seller.schemes),
        "laws": [_row(law) for law in policy.laws],
    }


def _row(law: Law) -> dict[str, Any]:
    return {
        "retention_class": law.id,
        "where": law.where,
        "law": law.law,
        "months": law.months,
        "lead_months": law.lead_months,
        "from": law.from_,
        "source": law.source,
        "checked_on": law.checked_on,
        "countries": sorted(law.countries),
        "schemes": sorted(law.schemes),
        "applies": law.applies,
    }
