"""The keyring: which public keys speak for the log, and from which size on."""

import hashlib
from dataclasses import dataclass

from archive import canonical
from archive.errors import FormatError
from archive.history import FORMAT
from archive.note import ED25519, ML_DSA_44, VerifierKey

_ALGORITHMS = {ED25519: "Ed25519", ML_DSA_44: "ML-DSA-44"}
_KEYS = {"keyring", "keys", "orderproof", "origin"}
_MAX_KEYS = 1000


@dataclass(frozen=True)
class TrustedKey:
    """A key of the log.

    Args:
        key: the public key; its name is the log's origin.
        from_size: smallest checkpoint that the key may sign.
    """

    key: VerifierKey
    from_size: int = 0


@dataclass(frozen=True)
class Keyring:
    """The keys of the log named `origin`; `number` counts the keyrings of an archive from 1."""

    origin: str
    keys: tuple[TrustedKey, ...]
    number: int = 1


def fingerprint(key: VerifierKey) -> str:
    """Return what people compare: SHA-256, hex, of the verifier key's one line of text."""
    return hashlib.sha256(key.vkey().encode()).hexdigest()


def encode(keyring: Keyring) -> bytes:
    """Return the bytes of a keyring: canonical JSON and a newline."""
    keys = [
        {
            "algorithm": _ALGORITHMS[k.key.type],
            "from_size": k.from_size,
            "vkey": k.key.vkey(),
        }
        for k in keyring.keys
    ]
    value = {
        "keyring": keyring.number,
        "keys": keys,
        "orderproof": FORMAT,
        "origin": keyring.origin,
    }
    return canonical.encode(value) + b"\n"


def parse(data: bytes) -> Keyring:
    """Read a keyring strictly.

    Raises:
        FormatError: the bytes are not in the form of `encode`, or a key is not named as the log.
    """
    if not data.endswith(b"\n"):
        raise FormatError("does not end with a newline")
    value = canonical.decode(data[:-1])
    if not isinstance(value, dict) or set(value) != _KEYS:
        raise FormatError("its keys are not those of a keyring")
    origin, number, keys = value["origin"], value["keyring"], value["keys"]
    if value["orderproof"] != FORMAT or type(value["orderproof"]) is not int:
        raise FormatError("it names a format that this version does not know")
    if not isinstance(origin, str) or type(number) is not int or number < 1:
        raise FormatError("its origin or number has the wrong type")
    if not isinstance(keys, list) or not 0 < len(keys) <= _MAX_KEYS:
        raise FormatError("it lists no keys")
    return Keyring(origin, tuple(_key(entry, origin) for entry in keys), number)


def _key(entry: object, origin: str) -> TrustedKey:
    if not isinstance(entry, dict) or set(entry) != {"algorithm", "from_size", "vkey"}:
        raise FormatError("a key in it has other fields than the format's")
    vkey, from_size = entry["vkey"], entry["from_size"]
    if not isinstance(vkey, str):
        raise FormatError("a key in it is not text")
    if type(from_size) is not int or from_size < 0:
        raise FormatError("a key's from_size is not a number")
    key = VerifierKey.parse(vkey)
    if entry["algorithm"] != _ALGORITHMS.get(key.type):
        raise FormatError("a key in it is of a kind that this version does not know")
    if key.name != origin:
        raise FormatError("a key in it has another name than the log")
    return TrustedKey(key, from_size)
