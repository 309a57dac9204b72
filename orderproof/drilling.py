"""`orderproof drill`: random histories are read out of the archive and compared with the store.

An archive that is never read is hope. A drill goes the way a claim goes years later, with nothing
but the archive's files, and then compares what it read with the store line by line.
"""

import secrets
import time
from itertools import zip_longest
from typing import Any

import msgspec

from archive.contents import newest_checkpoint
from archive.errors import ArchiveError
from archive.findings import ALTERED, CANNOT_TELL, INCOMPLETE, INTACT, verdict_of
from archive.verify import read_order
from archive.verify.by_index import read_by_index
from archive.verify.report import EXIT_CODES
from domain.catalogue import OUR_SOURCE
from domain.event import Fact
from domain.stream import ARCHIVE_STREAM, order_name
from eventstore import log, recording
from eventstore.archive_log import ArchiveLog
from eventstore.connection import connect
from eventstore.writer import ROLE
from orderproof import addresses, errors, terminal
from orderproof.addresses import Where
from orderproof.bootstrap import Store, open_store
from orderproof.installation import Installation

VERIFIED = "archive.verified"
FAILED = "archive.verification_failed"
CHECK = "drill"


class Drilled(msgspec.Struct, frozen=True):
    """What became of one history.

    Args:
        order: `shop/number`.
        verdict: of the archive's files, and `altered` where store and archive differ.
        lines: how many were compared.
        detail: what does not fit; empty where all of it does.
    """

    order: str
    verdict: str
    lines: int
    detail: str = ""


class Drill(msgspec.Struct, frozen=True):
    """What a drill found.

    Args:
        seed: chooses the histories; the same seed chooses the same ones of the same log.
        size: the cut of the archive.
        verdict: the worst of all histories.
        histories: each that was compared.
        seconds: how long it took.
    """

    seed: int
    size: int
    verdict: str
    histories: tuple[Drilled, ...]
    seconds: float


def run(installation: Installation, count: int | None, seed: int | None, *, as_json: bool) -> int:
    """Drill, print what was found, and return the exit code.

    Args:
        installation: the data folder.
        count: how many histories; as the settings say where it is None.
        seed: see `Drill`; a new one where it is None.
        as_json: print one JSON object.
    """
    with open_store(installation) as store:
        drill = perform(store, count or installation.settings.drill_histories, seed)
    if as_json:
        terminal.print_json(_as_dict(drill))
    else:
        terminal.say(describe(drill))
    if not drill.histories:
        return errors.NOT_FOUND
    return EXIT_CODES[drill.verdict]


def perform(store: Store, count: int, seed: int | None = None) -> Drill:
    """Compare random histories, and record in the log what was found.

    Raises:
        ArchiveError: there is no archive that could be read.
    """
    started = time.monotonic()
    seed = secrets.randbelow(2**32) if seed is None else seed
    where = store.installation.archive
    size = newest_checkpoint(addresses.reading(where, ["log/checkpoint"])).size
    with connect(store.dsn, ROLE) as connection:
        streams = ArchiveLog(connection).sample_of_sealed(seed, count, size)
        found = tuple(_compare(store, where, stream) for stream in streams)
        drill = Drill(
            seed=seed,
            size=size,
            verdict=verdict_of({each.verdict for each in found}),
            histories=found,
            seconds=round(time.monotonic() - started, 3),
        )
        if found:
            recording.record(connection, None, [_fact(drill, log.clock(connection))])
    return drill


def describe(drill: Drill) -> str:
    """Say for people what a drill found."""
    if not drill.histories:
        return "No order's history is in the archive yet, so there was nothing to compare."
    wrong = [each for each in drill.histories if each.verdict != INTACT]
    lines = [
        f"{each.verdict.upper().replace('_', ' ')}  {terminal.safe(each.order)}: {each.detail}"
        for each in wrong
    ]
    lines.append(
        f"{terminal.counted(len(drill.histories), 'history', 'histories')} of the archive as of "
        f"size {drill.size} compared with the store, {len(wrong)} not as it must be "
        f"(seed {drill.seed}, {drill.seconds:.1f} s)."
    )
    if wrong:
        lines.append("Next: orderproof verify, which tells what else is wrong and what to do.")
    return "\n".join(lines)


def _compare(store: Store, where: Where, stream: str) -> Drilled:
    name = order_name(stream)
    try:
        order = read_by_index(addresses.reading(where, []), stream)
        if order is not None:
            archived, verdict, detail = order.lines, INTACT, ""
        else:  # some lines may be open yet, or something is wrong
            archived, report = read_order(addresses.reading(where), stream)
            verdict = report.verdict
            detail = report.findings[0].detail if report.findings else ""
    except ArchiveError as error:
        return Drilled(name, CANNOT_TELL, 0, str(error))
    if verdict == INTACT and not archived:
        return Drilled(name, INCOMPLETE, 0, "no file of the archive shows it")
    if verdict != INTACT:
        return Drilled(name, verdict, len(archived), detail)
    # What was recorded after the run is in no archive yet, and no difference.
    stored = log.stream_lines(store.connection, stream, last_version=len(archived))
    pairs = zip_longest(archived, ((line.position, line.encode()) for line in stored))
    for version, (ours, theirs) in enumerate(pairs, 1):
        if ours != theirs:
            gone = "is not in the store" if theirs is None else "is another one in the store"
            return Drilled(
                name, ALTERED if theirs else INCOMPLETE, version, f"event {version} {gone}"
            )
    return Drilled(name, INTACT, len(archived))


def _fact(drill: Drill, now: str) -> Fact:
    wrong = sum(each.verdict != INTACT for each in drill.histories)
    return Fact(
        stream=ARCHIVE_STREAM,
        type=FAILED if wrong else VERIFIED,
        source=OUR_SOURCE,
        id=f"{CHECK}/{drill.seed}/{now}",
        occurred_at=now,
        data={
            "at": now,
            "by": "orderproof drill",
            "checks": [f"{CHECK} of {len(drill.histories)} histories, seed {drill.seed}"],
            "findings": wrong,
            "log_size": drill.size,
            "verdict": drill.verdict,
        },
    )


def _as_dict(drill: Drill) -> dict[str, Any]:
    result: dict[str, Any] = msgspec.to_builtins(drill)
    return result
