"""What an archive holds about one order: its histories, and the little that proves them.

Nothing is verified here. Who is handed the pack verifies it, and so does `evidence.checking`.
"""

import hashlib
import re
from collections.abc import Iterator

import msgspec

from archive import canonical, history, layout, limits, member, merkle, note, pack, strict_base64
from archive.checkpoint import Checkpoint
from archive.checkpoint import parse as parse_checkpoint
from archive.errors import ArchiveError, MissingFileError
from archive.index import rows as index_rows
from archive.index.lookup import find
from archive.index.root import parse as parse_root
from archive.line import EventLine, date_of, read_each
from archive.tree_writer import stored_nodes
from archive.verify.files import Files
from archive.verify.lone import Lone
from archive.verify.packs import rows_of
from evidence.attached import CONSISTENCY

_MOST_KEYRINGS = 1000
_MOST_REVISIONS = 10_000
_NO_DATE = "00000000"
_NAME = re.compile(r"[A-Za-z0-9_.%~-]+")


class Collected(msgspec.Struct):
    """What was found of an order.

    Args:
        histories: by name in the archive, each a gzip file as one of its own.
        proofs: by name, what the histories are checked with: checkpoints, keyrings, tokens.
        last: number of the last event in the histories; 0 where there is none.
    """

    histories: dict[str, bytes] = {}
    proofs: dict[str, bytes] = {}
    last: int = 0


def collect(files: Files, stream: str) -> Collected:
    """Read what an archive holds of a stream.

    Args:
        files: of the archive.
        stream: name of the order's stream.

    Raises:
        ArchiveError: a file that is there cannot be read.
    """
    found = Collected()
    named = _by_index(files, stream)
    if named is None:
        named = _by_listing(files, stream)
    found.histories = named
    _add_proofs(files, found)
    return found


def collect_lone(lone: Lone, stream: str) -> Collected:
    """Read a history file, and the archive or the earlier revisions around it.

    Raises:
        ArchiveError: it cannot be read.
    """
    if lone.placed:
        return collect(lone.files, stream)
    found = Collected()
    data = _needed(lone.files, lone.name, limits.HISTORY)
    header = history.parse(member.decompress(data, limits.HISTORY)).header
    found.last, revision = int(str(header["events"])), int(str(header["revision"]))
    name = layout.parse_history_path(lone.name)
    date = name.date if name is not None else _NO_DATE
    found.histories[layout.history_path(stream, date, revision)] = data
    for number in range(1, min(revision, _MOST_REVISIONS) if name is not None else 1):
        beside = f"{name.stem}_{name.date}_r{number}.jsonl.gz" if name is not None else ""
        earlier = _read(lone.files, beside, limits.HISTORY)
        if earlier is not None:
            found.histories[layout.history_path(stream, date, number)] = earlier
    return found


def newest(histories: dict[str, bytes]) -> str | None:
    """Return the name of the history with the highest revision."""
    parsed = [
        (each.revision, name) for name in histories if (each := layout.parse_history_path(name))
    ]
    return max(parsed)[1] if parsed else None


def reach(histories: dict[str, bytes]) -> tuple[int, set[int]]:
    """Return the number of the last event in histories, and the sizes of the log they name."""
    last, sizes = 0, set()
    for data in histories.values():
        try:
            text = history.parse(member.decompress(data, limits.HISTORY))
            sizes.add(parse_checkpoint(note.parse(text.proof.checkpoint).text).size)
            last = max(last, int(str(text.header["events"])))
        except ArchiveError:
            continue  # whoever verifies it is told
    return last, sizes


def _by_index(files: Files, stream: str) -> dict[str, bytes] | None:
    """Read the histories that the index leads to; None where it knows none or cannot be read."""
    try:
        root = parse_root(_needed(files, layout.INDEX, limits.INDEX))
        wanted = find(root, stream, lambda name: _needed(files, name, limits.SHARD))
        found = {}
        for row in wanted:
            name = row.path(stream)
            if row.pack == index_rows.FILE:
                found[name] = _needed(files, name, limits.HISTORY)
                continue
            packed = layout.pack_path(row.log_size, row.pack)
            piece = files.only([packed]).read_range(packed, row.offset, row.length)
            text = member.decompress(piece, limits.HISTORY)
            signed = root.notes[row.log_size].encode()
            found[name] = member.compress(pack.disclose(text, signed))
    except (ArchiveError, KeyError):
        return None
    return found or None


def _by_listing(files: Files, stream: str) -> dict[str, bytes]:
    stem = layout.history_stem(stream)
    found = {
        name: _needed(files, name, limits.HISTORY)
        for name in files.below(stem.rpartition("/")[0])
        if (parsed := layout.parse_history_path(name)) is not None and parsed.stem == stem
    }
    texts = {}
    for name in files.below("packs"):
        opened = files.only([name])
        for row in rows_of(opened, name):
            if row.stream == stream:
                data = opened.read(name, limits.PACK)
                text = pack.text_of(data, row)
                texts[row.revision] = pack.disclose(text, pack.parse(data).checkpoint)
    date = _date(found, texts)
    for revision, text in texts.items():
        found.setdefault(layout.history_path(stream, date, revision), member.compress(text))
    return found


def _date(files: dict[str, bytes], texts: dict[int, bytes]) -> str:
    """Return the date in the names of an order's histories."""
    for name in files:
        parsed = layout.parse_history_path(name)
        if parsed is not None:
            return parsed.date
    if 1 not in texts:
        return _NO_DATE
    events = (each for each in read_each(history.parse(texts[1]).lines))
    return date_of(each for each in events if isinstance(each, EventLine))


def _add_proofs(files: Files, found: Collected) -> None:
    """Add the checkpoints, the keyrings, the tokens, and how the checkpoints belong together."""
    found.last, sizes = reach(found.histories)
    _add(files, found, layout.CHECKPOINT, limits.NOTE)
    for number in range(1, _MOST_KEYRINGS):
        if not _add(files, found, layout.keyring_path(number), limits.KEYRING):
            break
    said = _said(found.proofs.get(layout.CHECKPOINT))
    stamped = _stamped(files, found, sizes)
    for size in sizes | stamped:
        _add(files, found, layout.checkpoint_path(size), limits.NOTE)
    if said is not None:
        lines = files.below(layout.cosignatures_folder(said.size))
        for name in lines:
            _add(files, found, name, limits.NOTE)
        if lines:  # which stands by its size, too, where somebody cosigned it
            _add(files, found, layout.checkpoint_path(said.size), limits.NOTE)
        _add_consistency(files, found, sizes, stamped | {said.size}, said)


def _stamped(files: Files, found: Collected, sizes: set[int]) -> set[int]:
    """Add the tokens of the first stamped state after each history; return their sizes."""
    tokens: dict[int, list[str]] = {}
    for name in files.below("log/tokens") if sizes else ():
        parsed = layout.parse_outside(name)
        if parsed is not None:
            tokens.setdefault(parsed.size, []).append(name)
    chosen = {min((at for at in tokens if at >= size), default=0) for size in sizes} - {0}
    for size in chosen:
        for name in sorted(tokens[size]):
            _add(files, found, name, limits.REVOCATION)
    return chosen


def _add_consistency(
    files: Files, found: Collected, sizes: set[int], later: set[int], said: Checkpoint
) -> None:
    """Add the proofs that the later states of the log only added to those of the histories."""
    node = stored_nodes(_Tiles(files), said.size)
    pairs = [(old, new) for old in sorted(sizes) for new in sorted(later) if old < new <= said.size]
    try:
        proofs: list[dict[str, object]] = [
            {
                "from": old,
                "path": [
                    strict_base64.encode(step) for step in merkle.consistency_path(old, new, node)
                ],
                "to": new,
            }
            for old, new in pairs
        ]
    except ArchiveError:
        return  # without the log's tiles there is no such proof
    if proofs:
        value = {"origin": said.origin, "orderproof": history.FORMAT, "proofs": proofs}
        found.proofs[CONSISTENCY] = canonical.encode(value) + b"\n"


class _Tiles:
    """The log's tiles for `stored_nodes`."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def get(self, path: str) -> bytes | None:
        return _read(self._files, path, limits.BUNDLE)


def _said(data: bytes | None) -> Checkpoint | None:
    try:
        return None if data is None else parse_checkpoint(note.parse(data).text)
    except ArchiveError:
        return None


def _add(files: Files, found: Collected, name: str, limit: int) -> bool:
    data = _read(files, name, limit)
    if data is not None:
        found.proofs[name] = data
    return data is not None


def _read(files: Files, name: str, limit: int) -> bytes | None:
    try:
        return _needed(files, name, limit)
    except MissingFileError:
        return None


def _needed(files: Files, name: str, limit: int) -> bytes:
    return files.only([name]).read(name, limit)


def flat(path: str) -> str:
    """Return a name without folders for a file of an archive, unique among those of one pack."""
    parsed = layout.parse_outside(path)
    if parsed is not None:
        return f"time-{parsed.size}-{parsed.digest[:16]}.{parsed.kind}"
    size = layout.checkpoint_size(path)
    if size is not None:
        return f"checkpoint-{size}"
    name = path.rpartition("/")[2]
    if len(name) <= 100 and _NAME.fullmatch(name):
        return name
    return f"history-{hashlib.sha256(path.encode()).hexdigest()[:16]}.jsonl.gz"


def each(found: Collected) -> Iterator[tuple[str, bytes]]:
    """Yield all files, histories first."""
    yield from sorted(found.histories.items())
    yield from sorted(found.proofs.items())
