"""What is missing (gaps in a source, closed PSP accounts), and what customers hold against us."""

from collections.abc import Iterable

import msgspec

from domain import content
from domain.occurrence import Facts, Occurrence
from domain.payment import same_text
from domain.reading import name_key, name_words, names, read_text
from domain.time import read_end, read_instant, read_start


class Gap(msgspec.Struct, frozen=True):
    """Events of a source that are missing.

    Args:
        source: the source, None where the report names none.
        start: first instant that is missing; None where it is not known.
        end: last instant that is missing; where it is not stated, when the gap was reported.
        event_id: the event that reports it.
    """

    source: str | None
    start: int | None
    end: int | None
    event_id: str


class Closure(msgspec.Struct, frozen=True):
    """A PSP account that was closed, after which nothing can be asked there."""

    psp: str | None
    account_ref: str | None
    at: int | None
    event_id: str


class CounterEvidence(msgspec.Struct, frozen=True):
    """A customer's bank statement; without `refund_id` it speaks about the whole order."""

    refund_id: str | None
    claim_id: str | None
    at: int | None
    event_id: str


def fold_gaps(facts: Facts) -> tuple[Gap, ...]:
    """Return the gaps that nothing has filled."""
    gaps: list[Gap] = []
    filled: list[Gap] = []
    for occurrence in facts.of(content.SourceGap):
        data = occurrence.data
        gap = Gap(
            read_text(data.source),
            read_start(data.start),
            _end(occurrence),
            occurrence.event_id,
        )
        (gaps if occurrence.type == "source.gap_detected" else filled).append(gap)
    return tuple(gap for gap in gaps if not any(_fills(filling, gap) for filling in filled))


def is_concerned(gap_source: str | None, sources: Iterable[str], psps: Iterable[str]) -> bool:
    """Tell whether a gap in a source may hide something about a refund.

    Args:
        gap_source: the source; None where the report names none, so that anything may be hidden.
        sources: who reported the refund so far.
        psps: its providers; none where they are not known.
    """
    if gap_source is None or any(same_text(gap_source, source) for source in sources):
        return True
    keys = [name_key(psp) for psp in psps]
    if not keys:
        return "psp" in name_words(gap_source)
    return any(names(gap_source, key) for key in keys)


def fold_closures(facts: Facts) -> tuple[Closure, ...]:
    """Return the closed PSP accounts, in order."""
    closures = []
    for occurrence in facts.of(content.PspAccountClosed):
        data = occurrence.data
        stated = read_instant(data.at)
        closures.append(
            Closure(
                read_text(data.psp),
                read_text(data.account_ref),
                occurrence.at if stated is None else stated,
                occurrence.event_id,
            )
        )
    return tuple(closures)


def fold_counter_evidence(
    facts: Facts,
) -> tuple[CounterEvidence, ...]:
    """Return the bank statements that customers gave, in order."""
    return tuple(
        CounterEvidence(
            read_text(occurrence.data.refund_id),
            read_text(occurrence.data.claim_id),
            occurrence.at,
            occurrence.event_id,
        )
        for occurrence in facts.of(content.CounterEvidence)
    )


def _end(occurrence: Occurrence[content.SourceGap]) -> int | None:
    stated = read_end(occurrence.data.end)
    # A gap that nobody bounded reaches to its report; facts after that show that it ended.
    return occurrence.at if stated is None else stated


def _fills(filling: Gap, gap: Gap) -> bool:
    # A report whose fields are sealed must not close a gap that other readers see open.
    return (
        filling.source is not None
        and same_text(filling.source, gap.source)
        and filling.start is not None
        and filling.end is not None
        and (gap.start is None or filling.start <= gap.start)
        and gap.end is not None
        and filling.end >= gap.end
    )
