"""The keyring: which public keys speak for the log, for which sizes, and who says so."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from archive import canonical, dsse, strict_base64
from archive.errors import FormatError, SignatureBadError
from archive.history import FORMAT
from archive.note import ED25519, ML_DSA_44, Note, VerifierKey

PAYLOAD_TYPE = "application/vnd.orderproof.keyring+json"

ACTIVE = "active"
RETIRED = "retired"
REVOKED = "revoked"
COMPROMISED = "compromised"
LOG = "log"

_STATES = {ACTIVE, RETIRED, REVOKED, COMPROMISED}
_FIELDS = {
    "authorities", "keyring", "keys", "orderproof", "origin", "previous", "roots", "witnesses",
}  # fmt: skip
_KEY_FIELDS = {"from_size", "role", "since", "status", "to_size", "vkey"}
_MAX = 1000
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class TrustedKey:
    """A key of the log.

    Args:
        key: the public key; its name is the log's origin.
        from_size: smallest checkpoint that the key may sign.
        to_size: largest one; None while the key is in use.
        status: `ACTIVE`, `RETIRED` by rotation, `REVOKED`, or `COMPROMISED`: stolen.
        since: day of the status, `YYYY-MM-DD`; of a stolen key, the day of the theft.
        role: `LOG`.
    """

    key: VerifierKey
    from_size: int = 0
    to_size: int | None = None
    status: str = ACTIVE
    since: str | None = None
    role: str = LOG

    def covers(self, size: int) -> bool:
        """Tell whether the key may sign a checkpoint of a size."""
        return self.from_size <= size and (self.to_size is None or size <= self.to_size)


@dataclass(frozen=True)
class Roots:
    """The keys, kept offline, that sign keyrings; `threshold` of them are needed."""

    keys: tuple[bytes, ...]
    threshold: int = 1

    def fingerprint(self) -> str:
        """Return what people compare: SHA-256, hex, of the root set as it stands in a keyring."""
        return hashlib.sha256(canonical.encode(self.value())).hexdigest()

    def value(self) -> dict[str, object]:
        """Return the root set as a JSON value, keys by their ids."""
        keys = [
            {"keyid": dsse.key_id(public), "public": strict_base64.encode(public)}
            for public in sorted(self.keys, key=dsse.key_id)
        ]
        return {"keys": keys, "threshold": self.threshold}


@dataclass(frozen=True)
class Authority:
    """A timestamp authority: its name and its root certificate, DER."""

    name: str
    certificate: bytes


@dataclass(frozen=True)
class Keyring:
    """Who speaks for the log named `origin`.

    Args:
        origin: name of the log.
        keys: the log's own keys, past ones too.
        roots: who may sign this keyring and, with the next one's roots, the next.
        number: counts the keyrings of a log from 1.
        previous: SHA-256, hex, of the file of the keyring before; None in the first.
        authorities: who confirms times.
        witnesses: who confirms that the log was only ever continued.
        quorum: how many witnesses must.
    """

    origin: str
    keys: tuple[TrustedKey, ...]
    roots: Roots
    number: int = 1
    previous: str | None = None
    authorities: tuple[Authority, ...] = ()
    witnesses: tuple[VerifierKey, ...] = ()
    quorum: int = 0

    def signers(self, size: int) -> tuple[VerifierKey, ...]:
        """Return the keys that may sign a checkpoint of a size, in the order of their lines."""
        found = [each.key for each in self.keys if each.covers(size)]
        return tuple(sorted(found, key=lambda key: key.type))

    def signers_of(self, signed: Note) -> tuple[VerifierKey, ...]:
        """Return the keys, whatever became of them since, that say they signed a checkpoint."""
        found = [each.key for each in self.keys if each.key.lines_in(signed)]
        return tuple(sorted(found, key=lambda key: key.type))


def encode(keyring: Keyring) -> bytes:
    """Return the payload of a keyring's envelope: canonical JSON."""
    value = {
        "authorities": [
            {"certificate": strict_base64.encode(each.certificate), "name": each.name}
            for each in keyring.authorities
        ],
        "keyring": keyring.number,
        "keys": [
            {
                "from_size": each.from_size,
                "role": each.role,
                "since": each.since,
                "status": each.status,
                "to_size": each.to_size,
                "vkey": each.key.vkey(),
            }
            for each in keyring.keys
        ],
        "orderproof": FORMAT,
        "origin": keyring.origin,
        "previous": keyring.previous,
        "roots": keyring.roots.value(),
        "witnesses": {
            "keys": [key.vkey() for key in keyring.witnesses],
            "quorum": keyring.quorum,
        },
    }
    return canonical.encode(value)


def envelope(keyring: Keyring) -> dsse.Envelope:
    """Return the envelope of a keyring, which nobody has signed yet."""
    return dsse.Envelope(encode(keyring), PAYLOAD_TYPE, {})


def parse(data: bytes) -> Keyring:
    """Read a keyring that stands by itself, signed by enough of its own roots.

    Raises:
        FormatError: the bytes are no keyring.
        SignatureBadError: a signature is bad, by a stranger, or too few roots have signed.
    """
    signed = dsse.parse(data, PAYLOAD_TYPE)
    keyring = parse_payload(signed.payload)
    _refuse_too_few(signed, keyring.roots)
    return keyring


def follow(data: bytes, before: bytes | None) -> Keyring:
    """Read a keyring that must follow another one, or be the first.

    Args:
        data: its file.
        before: file of the keyring before, checked already; None for the first.

    Raises:
        FormatError: the bytes are no keyring, or it does not follow from the one before.
        SignatureBadError: a signature is bad, by a stranger, or too few roots have signed.
    """
    keyring = parse(data)
    signed = dsse.parse(data, PAYLOAD_TYPE)
    roots = set(keyring.roots.keys)
    if before is None:
        if (keyring.number, keyring.previous) != (1, None):
            raise FormatError("it is not a first keyring")
    else:
        older = parse_payload(dsse.parse(before, PAYLOAD_TYPE).payload)
        if keyring.previous != hashlib.sha256(before).hexdigest():
            raise FormatError("it does not name the keyring before it")
        if (keyring.number, keyring.origin) != (older.number + 1, older.origin):
            raise FormatError("its number or origin does not follow from the keyring before")
        _refuse_too_few(signed, older.roots)
        _refuse_forgotten(keyring, older)
        roots |= set(older.roots.keys)
    if set(signed.signatures) - {dsse.key_id(public) for public in roots}:
        raise SignatureBadError("it is signed by a key that is no root key")
    return keyring


def chain(files: Sequence[bytes]) -> list[Keyring]:
    """Read the keyrings 1 to n of a log; errors as `follow`."""
    before: list[bytes | None] = [None, *files]
    return [follow(data, previous) for data, previous in zip(files, before, strict=False)]


def parse_payload(data: bytes) -> Keyring:
    """Read the payload of a keyring strictly; signatures are another matter.

    Raises:
        FormatError: the bytes are not in the form of `encode`, or a key is not named as the log.
    """
    value = canonical.decode(data)
    if not isinstance(value, dict) or set(value) != _FIELDS:
        raise FormatError("its keys are not those of a keyring")
    origin, number, previous = value["origin"], value["keyring"], value["previous"]
    if value["orderproof"] != FORMAT or type(value["orderproof"]) is not int:
        raise FormatError("it names a format that this version does not know")
    if not isinstance(origin, str) or type(number) is not int or number < 1:
        raise FormatError("its origin or number has the wrong type")
    if previous is not None and not (isinstance(previous, str) and _DIGEST.fullmatch(previous)):
        raise FormatError("it does not name the keyring before it by a digest")
    keys = tuple(_key(each, origin) for each in _listed(value["keys"]))
    if not keys or len({each.key.vkey() for each in keys}) < len(keys):
        raise FormatError("it lists no keys, or one of them twice")
    witnesses, quorum = _witnesses(value["witnesses"])
    keyring = Keyring(
        origin,
        keys,
        _roots(value["roots"]),
        number,
        previous,
        tuple(map(_authority, _listed(value["authorities"]))),
        witnesses,
        quorum,
    )
    if encode(keyring) != data:
        raise FormatError("its root keys are not in the order of their ids")
    return keyring


def _refuse_too_few(signed: dsse.Envelope, roots: Roots) -> None:
    count = len(signed.signed_by(roots.keys))
    if count < roots.threshold:
        raise SignatureBadError(
            f"it is signed by {count} of the root keys, and {roots.threshold} are needed"
        )


def _refuse_forgotten(keyring: Keyring, older: Keyring) -> None:
    """What was once said of a key stays: else old signatures would lose or change their signer."""
    now = {each.key: each for each in keyring.keys}
    for each in older.keys:
        later = now.get(each.key)
        if later is None or later.from_size != each.from_size:
            raise FormatError(f"it forgets the key {each.key} of the keyring before")
        if each.to_size is not None and (later.to_size is None or later.to_size > each.to_size):
            raise FormatError(f"it lets the key {each.key} sign again")


def _key(entry: object, origin: str) -> TrustedKey:
    if not isinstance(entry, dict) or set(entry) != _KEY_FIELDS:
        raise FormatError("a key in it has other fields than the format's")
    vkey, status, since = entry["vkey"], entry["status"], entry["since"]
    from_size, to_size = entry["from_size"], entry["to_size"]
    if not isinstance(vkey, str) or entry["role"] != LOG or status not in _STATES:
        raise FormatError("a key in it has a role or a status that this version does not know")
    if since is not None and not (isinstance(since, str) and _DATE.fullmatch(since)):
        raise FormatError("a key's since is not a day")
    if not _is_size(from_size) or not (to_size is None or _is_size(to_size)):
        raise FormatError("a key's from_size or to_size is not a number")
    if (to_size is None) != (status == ACTIVE):
        raise FormatError("a key has no to_size if it is active, else it has one")
    key = VerifierKey.parse(vkey)
    if key.name != origin or key.type not in (ED25519, ML_DSA_44):
        raise FormatError("a key in it has another name than the log, or another type")
    return TrustedKey(key, from_size, to_size, status, since)


def _is_size(value: object) -> bool:
    return type(value) is int and 0 <= value < 10**18


def _roots(value: object) -> Roots:
    if not isinstance(value, dict) or set(value) != {"keys", "threshold"}:
        raise FormatError("its roots have other fields than the format's")
    keys, threshold = _listed(value["keys"]), value["threshold"]
    publics = tuple(map(_root, keys))
    if type(threshold) is not int or not 0 < threshold <= len(set(publics)) == len(publics):
        raise FormatError("its threshold does not fit its root keys, or one of them is twice")
    return Roots(publics, threshold)


def _root(entry: object) -> bytes:
    if not isinstance(entry, dict) or set(entry) != {"keyid", "public"}:
        raise FormatError("a root key in it has other fields than the format's")
    if not isinstance(entry["public"], str):
        raise FormatError("a root key in it is not text")
    public = strict_base64.decode(entry["public"])
    if len(public) != 32 or entry["keyid"] != dsse.key_id(public):
        raise FormatError("a root key in it is no Ed25519 key, or its id does not belong to it")
    return public


def _authority(entry: object) -> Authority:
    if not isinstance(entry, dict) or set(entry) != {"certificate", "name"}:
        raise FormatError("an authority in it has other fields than the format's")
    name, certificate = entry["name"], entry["certificate"]
    if not isinstance(name, str) or not isinstance(certificate, str):
        raise FormatError("an authority's name or certificate is not text")
    return Authority(name, strict_base64.decode(certificate))


def _witnesses(value: object) -> tuple[tuple[VerifierKey, ...], int]:
    if not isinstance(value, dict) or set(value) != {"keys", "quorum"}:
        raise FormatError("its witnesses have other fields than the format's")
    keys, quorum = _listed(value["keys"]), value["quorum"]
    parsed = tuple(VerifierKey.parse(str(key)) for key in keys)
    if any(key.type == ED25519 for key in parsed):
        raise FormatError("a witness's key must be one that signs with a time")
    if type(quorum) is not int or not 0 <= quorum <= len(set(parsed)) == len(parsed):
        raise FormatError("its quorum does not fit its witnesses, or one of them is twice")
    return parsed, quorum


def _listed(value: object) -> list[object]:
    if not isinstance(value, list) or len(value) > _MAX:
        raise FormatError("something in it is not a list, or is too long")
    return value
