"""The index's root: its generations, its newest rows, and what proves that the log's key wrote it.

The root's digest stands in the `archive.stored` event of the run that wrote it, and the root
carries that event with its inclusion proof; so one file and a keyring are enough to trust it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from archive import canonical, strict_base64
from archive.errors import FormatError
from archive.history import FORMAT
from archive.index import rows

INLINE = 1_300
"""Rows that the root holds itself at most."""

SHOPS = 1_000
OPEN_STREAMS = 100_000
_PREFIX = 4

_APART = ("keyring", "stored")  # what proves a root is no part of what its digest covers
_KEYS = {
    *("base", "delta", "inline", "keyring", "log_size", "notes", "open_lines", "open_streams"),
    *("orderproof", "origin", "shops", "stored", "superseded"),
}
_MAX = 10**18


@dataclass(frozen=True)
class Generation:
    """Rows in shards, written by one run.

    Args:
        at: size A of the run that wrote them.
        rows: how many there are in all shards.
        digests: SHA-256 of each shard's file; that of nothing where a shard has no row and no
            file.
    """

    at: int
    rows: int
    digests: tuple[bytes, ...]

    @property
    def shards(self) -> int:
        """Return the number of shards, also counting those without rows."""
        return len(self.digests)


@dataclass(frozen=True)
class Stored:
    """The `archive.stored` event that names the root's digest, and its proof.

    Args:
        line: the event's line.
        tag: tag of `system/archive` in the log's entries.
        proof: `c2sp.org/tlog-proof` of its leaf, with the checkpoint of size B, signed with
            Ed25519 alone.
    """

    line: str
    tag: str
    proof: str


@dataclass(frozen=True)
class Root:
    """What `index/root.json` says.

    Args:
        origin: name of the log.
        log_size: size A of the run that wrote it; 0 for an index of nothing.
        base: the larger generation of rows in shards.
        delta: the smaller one, with later rows.
        inline: the newest rows, sorted.
        notes: signed checkpoints, with the Ed25519 line alone, of the runs that wrote packs, by
            size: histories in packs do not carry one.
        open_lines: number of lines of orders up to A that are in no history.
        open_streams: first 4 bytes of the keys of those orders, each once, sorted; None where
            there are too many.
        shops: shops that have orders, sorted; None where there are too many.
        superseded: sizes at which the generations were written that this root replaced.
        keyring: text of the newest keyring.
        stored: proof of this root; None while its run is under way.
    """

    origin: str
    log_size: int = 0
    base: Generation | None = None
    delta: Generation | None = None
    inline: bytes = b""
    notes: Mapping[int, str] = field(default_factory=dict)
    open_lines: int = 0
    open_streams: bytes | None = b""
    shops: tuple[str, ...] | None = ()
    superseded: tuple[int, ...] = ()
    keyring: str = ""
    stored: Stored | None = None

    @property
    def generations(self) -> list[Generation]:
        """Return the generations that there are."""
        return [each for each in (self.base, self.delta) if each is not None]

    @property
    def rows(self) -> int:
        """Return how many histories it lists."""
        return sum(each.rows for each in self.generations) + len(self.inline) // rows.SIZE

    def digest(self) -> str:
        """Return the SHA-256, hex, that the event names: of all but keyring and proof."""
        value = {name: each for name, each in _value(self).items() if name not in _APART}
        return hashlib.sha256(canonical.encode(value)).hexdigest()

    def may_be_open(self, key: bytes) -> bool:
        """Tell whether an order may have lines up to A that are in no history.

        False is certain; True may be another order's doing whose key begins alike.
        """
        if self.open_streams is None:
            return self.open_lines > 0
        prefixes = self.open_streams
        wanted = key[:_PREFIX]
        return any(prefixes[at : at + _PREFIX] == wanted for at in range(0, len(prefixes), _PREFIX))


def open_prefixes(keys: set[bytes]) -> bytes | None:
    """Return what `open_streams` holds for these prefixes of keys."""
    return b"".join(sorted(keys)) if len(keys) <= OPEN_STREAMS else None


def prefix(key: bytes) -> bytes:
    """Return the part of a key that `open_streams` holds."""
    return key[:_PREFIX]


def encode(root: Root) -> bytes:
    """Return the bytes of `index/root.json`: canonical JSON and a newline."""
    return canonical.encode(_value(root)) + b"\n"


def parse(data: bytes) -> Root:
    """Read a root strictly. What it says is proved by nothing here.

    Raises:
        FormatError: the bytes are not in the form of `encode`.
    """
    if not data.endswith(b"\n"):
        raise FormatError("does not end with a newline")
    value = canonical.decode(data[:-1])
    if not isinstance(value, dict) or set(value) != _KEYS:
        raise FormatError("its keys are not those of an index")
    if value["orderproof"] != FORMAT or type(value["orderproof"]) is not int:
        raise FormatError("it names a format that this version does not know")
    for name in ("origin", "keyring", "inline"):
        if not isinstance(value[name], str):
            raise FormatError(f"its {name} is not text")
    inline = strict_base64.decode(value["inline"])
    if len(rows.parse(inline)) > INLINE:
        raise FormatError("holds more rows than the root may")
    return Root(
        origin=value["origin"],
        log_size=_number(value["log_size"]),
        base=_generation(value["base"]),
        delta=_generation(value["delta"]),
        inline=inline,
        notes=_notes(value["notes"]),
        open_lines=_number(value["open_lines"]),
        open_streams=_prefixes(value["open_streams"]),
        shops=None if value["shops"] is None else _sorted_texts(value["shops"]),
        superseded=_sizes(value["superseded"]),
        keyring=value["keyring"],
        stored=_stored(value["stored"]),
    )


def without_proof(root: Root) -> Root:
    """Return a root as it is before its event is recorded."""
    return replace(root, keyring="", stored=None)


def _value(root: Root) -> dict[str, object]:
    stored = root.stored
    return {
        "base": _generation_value(root.base),
        "delta": _generation_value(root.delta),
        "inline": strict_base64.encode(root.inline),
        "keyring": root.keyring,
        "log_size": root.log_size,
        "notes": {str(size): text for size, text in root.notes.items()},
        "open_lines": root.open_lines,
        "open_streams": (
            None if root.open_streams is None else strict_base64.encode(root.open_streams)
        ),
        "orderproof": FORMAT,
        "origin": root.origin,
        "shops": None if root.shops is None else list(root.shops),
        "stored": (
            {"line": stored.line, "proof": stored.proof, "tag": stored.tag} if stored else None
        ),
        "superseded": list(root.superseded),
    }


def _generation_value(generation: Generation | None) -> dict[str, object] | None:
    if generation is None:
        return None
    digests = strict_base64.encode(b"".join(generation.digests))
    return {
        "at": generation.at,
        "digests": digests,
        "rows": generation.rows,
        "shards": generation.shards,
    }


def _generation(value: object) -> Generation | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"at", "digests", "rows", "shards"}:
        raise FormatError("a generation in it has other fields than the format's")
    if not isinstance(value["digests"], str):
        raise FormatError("the digests of its shards are not text")
    data = strict_base64.decode(value["digests"])
    if not data or len(data) != 32 * _number(value["shards"]):
        raise FormatError("a generation in it has not one digest for each shard")
    digests = tuple(data[at : at + 32] for at in range(0, len(data), 32))
    return Generation(_number(value["at"]), _number(value["rows"]), digests)


def _notes(value: object) -> dict[int, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise FormatError("its notes are not texts by size")
    try:
        notes = {int(size): text for size, text in value.items()}
    except ValueError as error:
        raise FormatError("its notes are not named by size") from error
    if [str(size) for size in notes] != list(value):
        raise FormatError("its notes are not named by size")
    return notes


def _prefixes(value: object) -> bytes | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise FormatError("its open streams are not text")
    data = strict_base64.decode(value)
    parts = [data[at : at + _PREFIX] for at in range(0, len(data), _PREFIX)]
    if len(data) % _PREFIX or parts != sorted(set(parts)):
        raise FormatError("its open streams are not sorted beginnings of keys")
    return data


def _sorted_texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise FormatError("its shops are not a list of texts")
    texts = cast("list[str]", value)
    if texts != sorted(set(texts)) or len(texts) > SHOPS:
        raise FormatError("its shops are not sorted, or too many")
    return tuple(texts)


def _sizes(value: object) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise FormatError("what it superseded is not a list")
    return tuple(_number(each) for each in value)


def _stored(value: object) -> Stored | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"line", "proof", "tag"}:
        raise FormatError("its proof has other fields than the format's")
    if not all(isinstance(each, str) for each in value.values()):
        raise FormatError("its proof is not text")
    return Stored(value["line"], value["tag"], value["proof"])


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < _MAX:
        raise FormatError("a number in it is none")
    return value
