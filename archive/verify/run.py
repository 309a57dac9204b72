"""The verification of an archive: nine numbered steps over its files, offline.

1. Trust: the keyring, pinned by the caller or else the archive's own.
2. Checkpoint: `log/checkpoint` is signed by the log's key; it names the cut B.
3. Log: entries hash to the tiles and to the signed root; versions run 1, 2, 3 … under every tag;
   every older checkpoint is signed and a prefix; so is a checkpoint that the caller kept.
4. Histories: container, header, chain, every line's leaf, seal, proof, revisions, place.
5. Open lines: every line below B that is in no history, each against its leaf.
6. Once: every position up to B is shown by exactly one file.
   Attachments, where there are any: each sealed file that an event names is there.
7. Manifests: each is the one that a logged `archive.stored` event names; every file in it is
   there with its digest, and in a bucket locked as long as it says. So is every keyring that a
   logged event names.
8. Index: it is the one that the newest of these events names, and lists the histories as they are.
   Renewals, where there are any: each list is stamped, and the newest fits every file.
9. Files: every file in the folder is accounted for, and every tile and checkpoint that the
   runs imply is there, in a bucket locked.

For one order, steps 4 to 7 look at that order and at the streams that are ours only,
step 6 asks whether every leaf with the order's tag is shown, and step 8 does not read the index's
shards.

What a logged list of `retention apply` proves to have been due may be missing; see
`retention_check`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from archive import layout, line
from archive.errors import ArchiveError, FormatError
from archive.findings import Finding, finding
from archive.verify import (
    accounting,
    coverage,
    hold_check,
    locks,
    log_check,
    manifests,
    outside,
    retention_check,
)
from archive.verify.attached_files import check_attached
from archive.verify.facts import FileSeen
from archive.verify.files import Files
from archive.verify.index_check import check_index
from archive.verify.inspection import OUR_STREAMS, Inspection
from archive.verify.keyrings import check_published, newest_published
from archive.verify.keys import (
    Keys,
    identity,
    read_tag_key,
    settle_trust,
    summary,
    unverified,
)
from archive.verify.log_check import LogState
from archive.verify.names import orders_in_files, where
from archive.verify.open_part import check_open_lines
from archive.verify.outside import Trusted
from archive.verify.renewals import check_renewals
from archive.verify.report import Progress, Report, Step
from archive.verify.sample import Sample, statement
from archive.verify.streams import Streams
from archive.verify.workers import Checker, read_all


def inspect(
    folder: Files,
    *,
    only: frozenset[str] | None = None,
    checkpoint: Path | None = None,
    keyring: Path | None = None,
    jobs: int | None = None,
    sample: Sample | None = None,
    tag_key: Path | None = None,
    trusted: Trusted | None = None,
    progress: Progress | None = None,
) -> Inspection:
    """Verify an archive, or of its histories only some, and return all that was learnt."""
    report = Report(subject=folder.address, progress=progress)
    tags_by = read_tag_key(tag_key) if tag_key is not None else None
    sample = sample if only is None else None
    inspection = Inspection(folder, report, only, jobs=jobs, sample=sample)
    keys, cut, state = Keys(None, pinned=False), None, None
    with _step(report, "trust") as step:  # 1
        keys, findings = settle_trust(folder, keyring)
        report.add(findings + unverified(keys))
        keys.tag_key = tags_by
        step.summary = summary(keys)
    with _step(report, "checkpoint") as step:  # 2
        cut, findings = log_check.find_cut(folder, keys)
        report.add(findings)
        if cut is not None:
            report.checked["size"] = cut.size
            step.summary = f"{cut.origin}, {cut.size} events"
    if cut is not None:
        with _step(report, "log") as step:  # 3
            state = log_check.read_log(folder, cut, report)
            log_check.check_stored_checkpoints(folder, keys, state, report)
            if checkpoint is not None:
                report.add(log_check.compare_given(checkpoint, state, keys))
            named = trusted or outside.trusted_of(keys.keyring)
            inspection.outside = outside.check_outside(folder, state, named, report)
            step.summary = (
                f"{state.log.readable} entries, {report.checked.get('checkpoints', 0)} checkpoints"
            )
    if state is not None:
        _check_contents(inspection, keys, state)
    else:
        report.add(folder.odd)
        report.not_checked.append("all contents: there is no log to check them against")
    report.not_checked += _not_checked(inspection, keys, given=checkpoint is not None)
    if sample is not None and state is not None:
        checked = report.checked
        orders, orders_read = checked.get("orders", 0), checked.get("orders_read", 0)
        clean = not report.findings
        report.not_checked.insert(0, statement(sample, orders, orders_read, clean=clean))
    if deleted := report.checked.get("deleted_after_retention"):
        report.not_checked.append(retention_check.summary(deleted))
    return inspection


def _check_contents(inspection: Inspection, keys: Keys, state: LogState) -> None:
    folder, report, named = inspection.folder, inspection.report, inspection.named
    asked = inspection.streams_read or OUR_STREAMS
    inspection.lists, wrong = retention_check.read_lists(folder, state.cut.origin, state.log)
    report.add(wrong)
    count = sum(1 for _ in inspection.names())
    sample = inspection.sample
    names = inspection.lists.where(where(folder, inspection.names_read, sample), count)
    streams = Streams(state.log.readable, names, asked, by_tag=sample is not None)
    inspection.attached = streams.attached
    if inspection.only is None and sample is None:
        state.events_of = {}  # one number for each stream there is
    with _step(report, "histories") as step:  # 4
        _check_histories(inspection, keys, state, streams, count)
        step.summary = f"{report.checked.get('histories', 0)} files, {streams.events} events"
    with _step(report, "open lines") as step:  # 5
        before = streams.events
        lines, findings = check_open_lines(
            folder, state.cut.origin, keys, state.log, streams, inspection.streams_read
        )
        report.add(findings)
        _keep_open_lines(inspection, lines)
        report.count("open_lines", streams.events - before)
        step.summary = f"{streams.events - before} events in no history yet"
    with _step(report, "every event once") as step:  # 6
        _count_events(inspection, streams)
        all_read = _all_read(inspection)
        if sample is not None:
            report.add(coverage.omitted_in_sample(state, streams, all_read=all_read))
            step.summary = f"{streams.events} events, counted by tag"
        elif inspection.streams_read is None:
            report.add(coverage.omitted(state.log, streams, all_read=all_read))
            step.summary = f"{streams.events} of {state.cut.size} positions"
        else:
            for stream in sorted(inspection.streams_read):
                report.add(coverage.omitted_of(state, streams, stream, all_read=all_read))
            step.summary = f"{report.checked['events']} events, counted by tag"
    attached = streams.attached
    if len(attached):
        with _step(report, "attachments") as step:
            check_attached(folder, attached, named, report)
            step.summary = f"{report.checked.get('attachments', 0)} sealed files"
    runs_known = coverage.archive_stream_whole(state, streams)
    held = hold_check.held_files(inspection.names(), streams)
    held_attached = dict(attached.of(list(streams.held())))
    streams.release()
    with _step(report, "manifests") as step:  # 7
        if "EVENT_OMITTED" not in report.total:
            report.add(manifests.check_last_run(streams, state.cut.size))
        manifests.check_manifests(
            folder,
            state.cut.origin,
            streams,
            named,
            report,
            inspection.passes_over,
            inspection.lists.missing,
            sampled=sample is not None,
        )
        manifests.check_unnamed_manifests(
            folder,
            named,
            report,
            cut=state.cut.size,
            runs_known=runs_known,
            all_read=_all_read(inspection),
        )
        manifests.check_replaced(folder, named, report)
        report.add(check_published(folder, streams.keyrings, state.cut.origin))
        files = report.checked.get("files_named", 0)
        step.summary = f"{len(named.manifests)} manifests, {files} files"
    with _step(report, "index") as step:  # 8
        inspection.shown.open_orders = streams.open_orders
        shown = inspection.shown if inspection.all_asked else None
        newest = newest_published(streams.keyrings, state.cut.origin)
        index_names = check_index(folder, keys, state.cut, shown, newest, report)
        step.summary = f"{report.checked.get('index_rows', 0)} histories listed"
    renewed: set[str] = set()
    if folder.under(f"{layout.RENEWALS}/"):
        with _step(report, "renewals"):
            renewed = check_renewals(
                folder,
                state,
                inspection.outside.trusted,
                inspection.lists.missing,
                report,
                whole=inspection.all_asked,
            )
    with _step(report, "files") as step:  # 9
        sizes = {size for run in streams.runs.values() for size in (run.log_size, run.position)}
        if not runs_known:
            sizes |= {size for size in state.signed if size <= state.cut.size}
        expected = accounting.Expected(state.cut.size, frozenset(sizes | {state.cut.size}))
        known = accounting.check_log_files(folder, state, expected, report)
        known |= {
            name for name in folder.under(f"{layout.RETIRED}/") if inspection.lists.knows(name)
        }
        known |= inspection.outside.names | renewed
        cuts = [size for size in streams.runs if size <= state.cut.size]
        report.add(outside.missing_tokens(cuts, inspection.outside))
        report.add(inspection.heartbeats.stalled())
        if not runs_known:
            manifests.believe_proofs(named)
        known |= index_names
        accounting.check_every_file(
            folder,
            state,
            known,
            named,
            lambda name: name in inspection.excused or inspection.passes_over(name),
            report,
        )
        report.add(_odd(inspection))
        report.add(hold_check.check_holds(folder, held, _newest_run(streams), held_attached))
        report.add(locks.check_locks(folder, sorted(known | named.manifests)))
        step.summary = f"{len(folder.sizes)} files in the folder"


def _check_histories(
    inspection: Inspection, keys: Keys, state: LogState, streams: Streams, count: int
) -> None:
    folder, report, named = inspection.folder, inspection.report, inspection.named
    volume = sum(folder.sizes[name] for name in inspection.names())
    names = inspection.names()
    checker = Checker(folder, keys, state.log, streams.asked, inspection.sample)
    if inspection.sample is not None:
        orders, orders_read = orders_in_files(folder, inspection.sample)
        report.count("orders", orders)
        report.count("orders_read", orders_read)
    for number, (name, file) in enumerate(read_all(checker, names, volume, inspection.jobs)):
        wrong = report.add(file.findings)
        proved_at = 0
        if any(each.code == "FILE_UNEXPECTED" for each in _findings(file)):
            inspection.excused.add(name)
        if inspection.sample is not None:
            report.count("orders", file.orders)
            report.count("orders_read", file.orders_read)
        for member, seen in enumerate(file.histories):
            if not seen.row and not seen.findings:
                continue  # not in the sample
            wrong |= report.add(seen.findings)
            wrong |= report.add(streams.take(seen, name, number, member))
            proved_at = seen.proved_at
            if seen.indexed:
                inspection.shown.add(seen.indexed)
            if seen.stream == layout.POLICY_STREAM:
                inspection.lists.take_policy(seen)
            if inspection.only is not None and seen.stream in inspection.only:
                inspection.lines.setdefault(seen.stream, []).extend(seen.lines)
            inspection.heartbeats.take(seen.stream, seen.lines)
            report.count("histories")
        if file.digest:
            until = max((seen.until for seen in file.histories), default=0)
            named.was_read(name, file.digest, 0 if wrong else proved_at, until)
        report.tell(number + 1, count)
    for number, place, gone in inspection.lists.in_force(folder, inspection.stems_read):
        report.add(streams.take(gone.seen, gone.file, count + number, place))
        inspection.shown.add(gone.seen.indexed)
        report.count("deleted_after_retention")
    report.add(inspection.lists.findings(folder))
    _check_copies(inspection, checker)
    for name, wrong_joint in streams.join():
        report.add([wrong_joint])
        inspection.excused.add(name)


def _check_copies(inspection: Inspection, checker: Checker) -> None:
    """Check the copies of held histories, which count for nothing."""
    for name in hold_check.copies_in(inspection.folder):
        if inspection.passes_over(name):
            continue
        file = checker.read(name)
        [seen] = file.histories
        wrong = inspection.report.add([*file.findings, *seen.findings])
        if any(each.code == "FILE_UNEXPECTED" for each in seen.findings):
            inspection.excused.add(name)
        if file.digest:
            proved_at = 0 if wrong else seen.proved_at
            inspection.named.was_read(name, file.digest, proved_at, seen.until)
        inspection.report.count("held_copies")


def _newest_run(streams: Streams) -> int:
    return max((run.log_size for run in streams.runs.values()), default=0)


def _findings(file: FileSeen) -> Iterator[Finding]:
    return chain(file.findings, *(each.findings for each in file.histories))


def _all_read(inspection: Inspection) -> bool:
    return not inspection.folder.closed and not inspection.report.total["FILE_UNREADABLE"]


def _odd(inspection: Inspection) -> Iterator[Finding]:
    """Yield what is odd about the files, but for those of which nothing is said."""
    for each in inspection.folder.odd:
        if not inspection.passes_over(each.object):
            yield each


def _count_events(inspection: Inspection, streams: Streams) -> None:
    checked, only = inspection.report.checked, inspection.only
    if only is None:
        checked["events"], checked["streams"] = streams.events, streams.streams
        return
    checked["events"] = sum(streams.shown_of[stream] for stream in only)
    checked["streams"] = sum(1 for stream in only if streams.tag_of(stream))


def _keep_open_lines(inspection: Inspection, lines: list[tuple[int, bytes]]) -> None:
    for position, text in lines:
        try:
            stream = line.read(text).stream
        except FormatError:
            continue
        if inspection.only is not None and stream in inspection.only:
            inspection.lines.setdefault(stream, []).append((position, text))


@contextmanager
def _step(report: Report, name: str) -> Iterator[Step]:
    step = report.begin(name)
    try:
        yield step
    except ArchiveError as error:
        detail = f"could not be read again: {error}"
        report.add([finding("FILE_UNREADABLE", "log/tile", detail)])


def _not_checked(inspection: Inspection, keys: Keys, *, given: bool) -> list[str]:
    size = inspection.report.checked.get("size", 0)
    fork = f"the log was not searched for a fork; this is as of size {size}"
    if given:
        fork += ", compared with the checkpoint that you gave"
    texts = identity(keys)
    if not inspection.folder.has_locks:
        texts.append(locks.NOT_CHECKED)
    elif others := inspection.report.checked.get("other_versions"):
        texts.append(locks.other_versions(others))
    texts += outside.not_checked(inspection.outside)
    texts.append(fork)
    texts.append("an event that nobody ever recorded cannot be seen here")
    if keys.tag_key is None:
        texts.append("order tags were taken from the histories and the log, without the tag key")
    if inspection.only is not None:
        texts.append(
            "only this order was looked at: other orders' files were not read, and an event "
            "hidden among them would need the whole archive to be verified"
        )
    return texts
