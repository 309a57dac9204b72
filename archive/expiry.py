"""Which objects of an archive may go, and their going: nothing is gone that the log does not tell.

First a list of what goes is stored, then an event names it, then the log is signed with that
event in it, and only then are the objects deleted. Killed in between, every step can be done
again.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Protocol

from archive import held as holds
from archive import history, layout, limits, line, manifest, member, pack
from archive.attached import named_in
from archive.errors import FormatError
from archive.retention import retain_until
from archive.retired import (
    HISTORIES,
    Retired,
    RetiredList,
    attachments_of,
    copy_of,
    encode,
    files_of,
    parse,
)
from archive.store import Store


class ExpiringStore(Store, Protocol):
    """A store that lets objects go when they need not be kept any longer."""

    def expire(self, path: str) -> None:
        """Delete an object for good that need not be kept any longer.

        Args:
            path: a name that `EXPIRED` matches.

        Raises:
            StoreError: it is another name, or the store keeps it: its lock has not ended, or it
                is under legal hold.
        """
        ...

    def extend(self, path: str, retain_until: date) -> None:
        """Lock an object up to a later day. A folder knows no locks: nothing."""
        ...


def expiring_files(
    store: Store, expired: Collection[str], lists: Iterable[str] = ()
) -> dict[str, list[str]]:
    """Return the objects that may go, with the streams whose histories they hold.

    A stream goes as a whole or not at all, and so does a pack: one history in it that has to stay
    keeps it, and with it everything else of the orders in it.

    Args:
        store: the archive.
        expired: streams that need not be kept any longer.
        lists: digests of earlier lists; what they name is decided already.
    """
    stems = {layout.history_stem(stream): stream for stream in expired}
    holding: dict[str, list[str]] = {}
    for path in _named(store):
        parsed = layout.parse_history_path(path.removeprefix(f"{layout.HELD}/"))
        if layout.parse_pack_path(path) is not None:
            data = store.get(path)
            streams = [row.stream for row in pack.parse(data).rows] if data is not None else []
            if not stems.keys().isdisjoint(map(layout.history_stem, streams)):
                holding[path] = streams
        elif parsed is not None and parsed.stem in stems and store.has(path):
            holding[path] = [stems[parsed.stem]]
    going = set(expired)
    while staying := {
        stream
        for streams in holding.values()
        if not going.issuperset(streams)
        for stream in going.intersection(streams)
    }:
        going -= staying
    listed = {one.file for digest in lists for one in _listed(store, digest)}
    return {
        path: streams
        for path, streams in holding.items()
        if path not in listed and going.issuperset(streams)
    }


def store_lists(store: Store, origin: str, files: Iterable[str], today: date) -> list[str]:
    """Store the lists of what is in objects that are about to go; return their digests."""
    digests = []
    dates: dict[str, str] = {}
    batch: list[Retired] = []
    for path in files:
        histories = list(_histories(store, path, dates))
        if batch and len(batch) + len(histories) > HISTORIES:
            digests.append(_store(store, RetiredList(origin, today, batch)))
            batch = []
        batch += histories
    if batch:
        digests.append(_store(store, RetiredList(origin, today, batch)))
    return digests


def delete_listed(store: ExpiringStore, digest: str, held: Collection[str]) -> list[str]:
    """Delete the objects of a list that are there still; return their names.

    Args:
        store: the archive.
        digest: SHA-256, hex, of the list.
        held: streams under legal hold, of which nothing is deleted whatever the list says.

    Raises:
        FormatError: the list is not there as it was recorded.
    """
    histories = _listed(store, digest)
    kept = {one.file for one in histories if line.read(one.seal).stream in held}
    copied = {copy_of(one): one.file for one in histories}
    copies = [path for path in _named(store) if copied.get(path, path) not in (path, *kept)]
    # What they name goes after them: no history is there whose attachments are not.
    going = [one for one in histories if one.file not in kept]
    gone = []
    for path in [*copies, *files_of(histories), *attachments_of(going)]:
        if path not in kept and store.has(path):
            store.expire(path)
            gone.append(path)
    return gone


def _listed(store: Store, digest: str) -> list[Retired]:
    data = store.get(layout.retired_path(digest))
    if data is None or hashlib.sha256(data).hexdigest() != digest:
        raise FormatError(f"{layout.retired_path(digest)} is not there as it was recorded")
    return parse(member.decompress(data, limits.RETIRED)).histories


def extend(store: ExpiringStore, stream: str, until: date) -> None:
    """Lock the objects with a stream's histories up to a later day. Safe to repeat."""
    for path in holds.files_of(store, stream, holds.index_in(store)):
        store.extend(path, until)


def _named(store: Store) -> Iterator[str]:
    """Yield the objects with histories that manifests name."""
    sizes = [layout.manifest_size(f"manifests/{name}") for name in store.names("manifests")]
    for size in sorted(size for size in sizes if size is not None):
        data = store.get(layout.manifest_path(size))
        if data is not None:
            yield from manifest.parse(data).files


def _histories(store: Store, path: str, dates: dict[str, str]) -> Iterator[Retired]:
    data = store.get(path)
    if data is None:
        raise FormatError(f"{path} is not there any more")
    if layout.parse_pack_path(path) is None:
        if path.startswith(f"{layout.HELD}/"):
            return  # a copy of what lies in a pack, which is listed
        text = member.decompress(data, limits.HISTORY)
        yield _retired(path, text, 0, len(data), dates)
        return
    packed = pack.parse(data)
    for row in packed.rows:
        text = pack.disclose(pack.text_of(data, row), packed.checkpoint)
        yield _retired(path, text, row.offset, row.length, dates)


def _retired(path: str, text: bytes, offset: int, length: int, dates: dict[str, str]) -> Retired:
    read = history.parse(text)
    stream = history.header_stream(read.header)
    revision = int(str(read.header["revision"]))
    parsed = layout.parse_history_path(path)
    if parsed is not None:
        dates[stream] = parsed.date
    elif revision == 1:
        dates[stream] = line.date_of(map(line.read, read.lines))
    return Retired(
        file=path,
        offset=offset,
        length=length,
        log_size=int(read.proof.checkpoint.split(b"\n")[1]),
        date=dates.get(stream, ""),
        tag=str(read.header["tag"]),
        revision=revision,
        first_version=int(str(read.header["first_version"])),
        positions=tuple(history.header_positions(read.header)),
        prev=line.read(read.lines[0]).prev,
        seal=read.lines[-1],
        attachments=tuple(note.sha256 for note in named_in(read.lines)),
    )


def _store(store: Store, listed: RetiredList) -> str:
    data = member.compress(encode(listed))
    digest = hashlib.sha256(data).hexdigest()
    store.put_new(layout.retired_path(digest), data, retain_until(listed.as_of))
    return digest
