"""Names of the objects in an archive: the one place that knows where things lie."""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

CHECKPOINT = "log/checkpoint"
KEYRING = "trust/keyring.1.json"
"""The first keyring, which every archive holds."""
README = "README.txt"
VERIFIER = "orderproof-verify.py"
FORMAT = "spec/archive-format.md"
"""The page that says what every byte means, enough to write another verifier from it."""
INDEX = "index/root.json"
HELD = "holds"
"""Folder of copies of histories in packs that are under legal hold."""
STAGED = "staged"

EVIDENCE = "evidence"
"""Folder of the sealed files that were attached to orders."""

RETIRED = "retired"
"""Folder of the lists of histories that were deleted after their retention had ended."""

RENEWALS = "renewals"
"""Folder of the lists with which all of the archive was hashed and stamped anew."""

ORDER_STREAM = "order/"
SYSTEM_STREAM = "system/"
ARCHIVE_STREAM = "system/archive"
POLICY_STREAM = "system/policy"
KEYS_STREAM = "system/keys"

_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_LONGEST = 120
_PLAIN_TEXT = re.compile(rf"[A-Za-z0-9_-]{{1,{_LONGEST}}}")
_SIZE = "(0|[1-9][0-9]{0,17})"
_HISTORY = re.compile(r"(.+)_([0-9]{8})_r([1-9][0-9]{0,8})\.jsonl\.gz", re.DOTALL)
_CHECKPOINT = re.compile(rf"log/checkpoints/{_SIZE}")
_KEYRING = re.compile(r"trust/keyring\.([1-9][0-9]{0,8})\.json")
_MANIFEST = re.compile(rf"manifests/{_SIZE}\.json")
_PACK = re.compile(rf"packs/{_SIZE}/([0-9]{{5,9}})\.jsonl\.gz")
_RETIRED = re.compile(r"retired/([0-9a-f]{64})\.jsonl\.gz")
_EVIDENCE = re.compile(r"evidence/([0-9a-f]{2})/(\1[0-9a-f]{62})")
_OPEN = re.compile(rf"open/{_SIZE}\.jsonl\.gz")
_TOKEN = re.compile(rf"log/tokens/{_SIZE}/([0-9a-f]{{64}})\.(tsr|crl|ocsp)")
_COSIGNATURE = re.compile(rf"log/cosignatures/{_SIZE}/([0-9a-f]{{64}})")
_RENEWAL = re.compile(r"renewals/([1-9][0-9]{0,8})\.jsonl\.gz")
_RENEWED = re.compile(r"renewals/([1-9][0-9]{0,8})/([0-9a-f]{64})\.(tsr|crl|ocsp)")
_SHARD = re.compile(rf"index/{_SIZE}/([0-9]{{5}})\.rows")


class Layout(StrEnum):
    """How the histories of orders are stored."""

    PER_ORDER = "per-order"
    PACK = "pack"


@dataclass(frozen=True)
class HistoryName:
    """A history's name taken apart: folder and escaped key, date as in the name, revision."""

    stem: str
    date: str
    revision: int


@dataclass(frozen=True)
class OutsideName:
    """A name of what somebody outside said about the checkpoint of a size.

    Args:
        size: of the log.
        digest: SHA-256, hex, of the file.
        kind: `tsr`, `crl`, `ocsp` or `cosignature`.
    """

    size: int
    digest: str
    kind: str


def escape(text: str) -> str:
    """Make any text a harmless part of a name.

    All bytes but `A-Za-z0-9_-` become %XX. Over 120 bytes, the first 80 stay, then `~` and the
    first 32 hex digits of the SHA-256 of the text; `~` itself is escaped, so nothing collides.
    """
    if _PLAIN_TEXT.fullmatch(text):
        return text
    data = text.encode()
    escaped = "".join(chr(b) if b in _PLAIN else f"%{b:02X}" for b in data)
    if len(escaped) <= _LONGEST:
        return escaped
    return f"{escaped[:80]}~{hashlib.sha256(data).hexdigest()[:32]}"


def history_stem(stream: str) -> str:
    """Return a history's name up to its date.

    Raises:
        ValueError: the name is neither an order's stream nor a system stream.
    """
    if stream.startswith(SYSTEM_STREAM):
        return f"system/{escape(stream[len(SYSTEM_STREAM) :])}"
    if not stream.startswith(ORDER_STREAM):
        raise ValueError("a stream is named order/<shop>/<number> or system/<name>")
    shop, slash, number = stream[len(ORDER_STREAM) :].partition("/")
    if not slash:
        raise ValueError("an order's stream is named order/<shop>/<number>")
    return f"orders/{escape(shop)}/{number_folder(number)}/{escape(number)}"


def number_folder(number: str) -> str:
    """Return the folder of an order number: two hex digits of its SHA-256."""
    return hashlib.sha256(number.encode()).hexdigest()[:2]


def history_path(stream: str, date: str, revision: int) -> str:
    """Return the name of one revision of a stream's history.

    Args:
        stream: name of the stream.
        date: `YYYYMMDD` as `archive.line.date_of` gives it for revision 1.
        revision: number of the seal that ends it, from 1.
    """
    return f"{history_stem(stream)}_{date}_r{revision}.jsonl.gz"


def parse_history_path(path: str) -> HistoryName | None:
    """Take a history's name apart; None for the name of anything else."""
    match = _HISTORY.fullmatch(path)
    return HistoryName(match[1], match[2], int(match[3])) if match else None


def pack_path(log_size: int, number: int) -> str:
    """Return the name of a pack.

    Args:
        log_size: size A of the log that its histories are proved against.
        number: of the pack in its run, from 0.
    """
    return f"packs/{log_size}/{number:05}.jsonl.gz"


def parse_pack_path(path: str) -> tuple[int, int] | None:
    """Return log size and number in the name of a pack, None for the name of anything else."""
    match = _PACK.fullmatch(path)
    if match is None:
        return None
    log_size, number = int(match[1]), int(match[2])
    return (log_size, number) if pack_path(log_size, number) == path else None


def held_path(path: str) -> str:
    """Return the name of the copy of a history, by the name that it has as a file of its own."""
    return f"{HELD}/{path}"


def copied_path(path: str) -> str:
    """Return the name that a copy's history has as a file of its own; other names as they are."""
    return path.removeprefix(f"{HELD}/")


def retired_path(digest: str) -> str:
    """Return the name of the list of deleted histories whose file has this SHA-256, hex."""
    return f"{RETIRED}/{digest}.jsonl.gz"


def parse_retired_path(path: str) -> str | None:
    """Return the digest in the name of a list of deleted histories, None for another name."""
    match = _RETIRED.fullmatch(path)
    return match[1] if match else None


def evidence_path(digest: str) -> str:
    """Return the name of the sealed attachment that has this SHA-256, hex."""
    return f"{EVIDENCE}/{digest[:2]}/{digest}"


def parse_evidence_path(path: str) -> str | None:
    """Return the digest in the name of a sealed attachment, None for another name."""
    match = _EVIDENCE.fullmatch(path)
    return match[2] if match else None


def checkpoint_path(size: int) -> str:
    """Return the name of the stored checkpoint of one size."""
    return f"log/checkpoints/{size}"


def keyring_path(number: int) -> str:
    """Return the name of a keyring, which are numbered from 1."""
    return f"trust/keyring.{number}.json"


def keyring_number(path: str) -> int | None:
    """Return the number in a keyring's name, None for another name."""
    return _size(_KEYRING, path)


def manifest_path(size: int) -> str:
    """Return the name of the manifest whose event has position `size`."""
    return f"manifests/{size}.json"


def staged_path(log_size: int, name: str) -> str:
    """Return where a run at this size keeps what is to replace the file `name`."""
    return f"{STAGED}/{log_size}_{escape(name)}"


def open_path(size: int) -> str:
    """Return the name of the lines below `size` that are in no history."""
    return f"open/{size}.jsonl.gz"


def open_digest_path(size: int) -> str:
    """Return the name of the digest beside the open lines."""
    return f"open/{size}.sha256"


def tokens_folder(size: int) -> str:
    """Return the folder of the tokens of time for the checkpoint of one size."""
    return f"log/tokens/{size}"


def token_path(size: int, data: bytes, kind: str) -> str:
    """Return the name of a token (`tsr`) or of revocation data (`crl`, `ocsp`) beside it."""
    return f"{tokens_folder(size)}/{hashlib.sha256(data).hexdigest()}.{kind}"


def cosignatures_folder(size: int) -> str:
    """Return the folder of the witnesses' signature lines for the checkpoint of one size."""
    return f"log/cosignatures/{size}"


def cosignature_path(size: int, data: bytes) -> str:
    """Return the name of a witness's signature line."""
    return f"{cosignatures_folder(size)}/{hashlib.sha256(data).hexdigest()}"


def parse_outside(path: str) -> OutsideName | None:
    """Take the name of a token, of revocation data or a cosignature apart; None for another."""
    match = _TOKEN.fullmatch(path)
    if match:
        return OutsideName(int(match[1]), match[2], match[3])
    match = _COSIGNATURE.fullmatch(path)
    return OutsideName(int(match[1]), match[2], "cosignature") if match else None


def renewal_path(number: int) -> str:
    """Return the name of a renewal's list; they are numbered from 1."""
    return f"{RENEWALS}/{number}.jsonl.gz"


def renewal_number(path: str) -> int | None:
    """Return the number in the name of a renewal's list, None for another name."""
    return _size(_RENEWAL, path)


def renewal_folder(number: int) -> str:
    """Return the folder of the tokens of time over a renewal's list."""
    return f"{RENEWALS}/{number}"


def renewal_token_path(number: int, data: bytes, kind: str) -> str:
    """Return the name of a token over a renewal's list, or of revocation data beside it."""
    return f"{renewal_folder(number)}/{hashlib.sha256(data).hexdigest()}.{kind}"


def parse_renewal_token(path: str) -> OutsideName | None:
    """Take such a name apart, with the renewal's number as size; None for another name."""
    match = _RENEWED.fullmatch(path)
    return OutsideName(int(match[1]), match[2], match[3]) if match else None


def index_folder(size: int) -> str:
    """Return the folder of the index's shards that the run at log size `size` wrote."""
    return f"index/{size}"


def index_shard_path(size: int, shard: int) -> str:
    """Return the name of one of these shards."""
    return f"{index_folder(size)}/{shard:05}.rows"


def index_shard_size(path: str) -> int | None:
    """Return the log size in the name of a shard of the index, None for another name."""
    return _size(_SHARD, path)


def checkpoint_size(path: str) -> int | None:
    """Return the size in a stored checkpoint's name, None for another name."""
    return _size(_CHECKPOINT, path)


def manifest_size(path: str) -> int | None:
    """Return the size in a manifest's name, None for another name."""
    return _size(_MANIFEST, path)


def open_size(path: str) -> int | None:
    """Return the size in the name of open lines, None for another name."""
    return _size(_OPEN, path)


def _size(pattern: re.Pattern[str], path: str) -> int | None:
    match = pattern.fullmatch(path)
    return int(match[1]) if match else None
