"""Signed notes: a text with signature lines, and the keys that verify them.

Source: https://c2sp.org/signed-note and https://c2sp.org/tlog-cosignature
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from archive import cosigned, limits, strict_base64
from archive.errors import FormatError, SignatureBadError, SignatureMissingError

ED25519 = 0x01
"""Signs the note's text; says no time."""

COSIGNATURE = 0x04
"""Ed25519 over the note's text and a time."""

ML_DSA_44 = 0x06
"""ML-DSA-44 over the checkpoint that the text is, the signer's name and a time."""

TYPE_NAMES = {ED25519: "Ed25519", COSIGNATURE: "Ed25519 cosignature", ML_DSA_44: "ML-DSA-44"}

MAX_SIGNATURES = 64

_KEY_BYTES = {ED25519: 32, COSIGNATURE: 32, ML_DSA_44: 1312}
_SIGNATURE_BYTES = {ED25519: 64, COSIGNATURE: 8 + 64, ML_DSA_44: 8 + 2420}
_DASH = "\u2014 "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True)
class Signature:
    """One signature line.

    Args:
        name: who signed.
        key_id: the four bytes that name the key.
        signature: what the key's type makes; with a time, that is its first eight bytes.
    """

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """Return the line with its newline."""
        encoded = strict_base64.encode(self.key_id + self.signature)
        return f"{_DASH}{self.name} {encoded}\n"


@dataclass(frozen=True)
class Note:
    """A note's text, with its final newline, and its signature lines in their order."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """Return the bytes that `parse` reads."""
        return f"{self.text}\n{''.join(each.line() for each in self.signatures)}".encode()


@dataclass(frozen=True)
class VerifierKey:
    """A public key under the name that it signs with.

    Args:
        name: non-empty, without spaces and plus signs.
        public: public key, 32 bytes for Ed25519 (RFC 8032), 1312 for ML-DSA-44 (FIPS 204).
        type: what the key signs, one of `ED25519`, `COSIGNATURE` and `ML_DSA_44`.
    """

    name: str
    public: bytes
    type: int = ED25519

    @classmethod
    def parse(cls, vkey: str) -> "VerifierKey":
        """Read `<name>+<key id, hex>+<base64 of type and public key>`.

        Raises:
            FormatError: it is no verifier key, its type is not known, or its id does not belong
                to it.
        """
        parts = vkey.split("+", 2)
        if len(parts) != 3:
            raise FormatError("a verifier key has three parts")
        name, id_hex, encoded = parts
        check_name(name)
        material = strict_base64.decode(encoded)
        if not material or len(material) != 1 + _KEY_BYTES.get(material[0], -1):
            raise FormatError("the key is neither an Ed25519 nor an ML-DSA-44 verifier key")
        key = cls(name, material[1:], material[0])
        if id_hex != key.key_id.hex():
            raise FormatError("the key's id does not belong to the key")
        return key

    @property
    def key_id(self) -> bytes:
        """Return the four bytes that name this key in signature lines."""
        material = self.name.encode() + b"\n" + bytes([self.type]) + self.public
        return hashlib.sha256(material).digest()[:4]

    def vkey(self) -> str:
        """Return the key as one line of text."""
        material = strict_base64.encode(bytes([self.type]) + self.public)
        return f"{self}+{material}"

    def __str__(self) -> str:
        """Return name and id, which people can read."""
        return f"{self.name}+{self.key_id.hex()}"

    def lines_in(self, note: Note) -> list[Signature]:
        """Return the signature lines that say they are by this key."""
        mine = (self.name, self.key_id)
        return [each for each in note.signatures if (each.name, each.key_id) == mine]

    def verify(self, note: Note) -> list[int]:
        """Check every signature line of this key; other lines are ignored.

        Returns:
            The time that each of the lines says, in seconds since 1970; of Ed25519 lines, which
            say none, an empty list.

        Raises:
            SignatureMissingError: no line is by this key.
            SignatureBadError: a line by this key does not verify.
        """
        mine = self.lines_in(note)
        if not mine:
            raise SignatureMissingError(f"no signature by {self}")
        try:
            times = [self._verify(note.text, each.signature) for each in mine]
        except (InvalidSignature, ValueError, FormatError) as error:
            raise SignatureBadError(f"the signature by {self} does not verify") from error
        return [time for time in times if time is not None]

    def _verify(self, text: str, signature: bytes) -> int | None:
        if len(signature) != _SIGNATURE_BYTES[self.type]:
            raise FormatError("a signature of another length")
        if self.type == ED25519:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
            return None
        time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
        if self.type == COSIGNATURE:
            message = cosigned.ed25519_message(text, time)
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        else:
            message = cosigned.ml_dsa_message(text, self.name, time)
            MLDSA44PublicKey.from_public_bytes(self.public).verify(signature, message)
        return time


def write(text: str, signatures: Sequence[Signature]) -> bytes:
    """Return the note of a text with signature lines.

    Raises:
        FormatError: the text does not end in a newline or holds control characters, or a name
            cannot be a key's name.
    """
    if not text.endswith("\n"):
        raise FormatError("a note's text ends in a newline")
    _check_characters(text)
    for each in signatures:
        check_name(each.name)
    return Note(text, tuple(signatures)).encode()


def only(note: bytes, key: VerifierKey) -> bytes:
    """Return a note with the lines of one key, as histories hold it.

    Raises:
        FormatError: the bytes are not a signed note.
        SignatureMissingError: no line is by this key.
    """
    read = parse(note)
    lines = key.lines_in(read)
    if not lines:
        raise SignatureMissingError(f"no signature by {key}")
    return Note(read.text, tuple(lines)).encode()


def parse(note: bytes) -> Note:
    """Read a note. What does not encode back to the same bytes is refused.

    Raises:
        FormatError: the bytes are not a signed note.
    """
    if len(note) > limits.NOTE:
        raise FormatError("a note of this size is not one of ours")
    try:
        whole = note.decode()
    except UnicodeDecodeError as error:
        raise FormatError("a note is UTF-8 text") from error
    _check_characters(whole)
    text, separator, tail = whole.rpartition("\n\n")
    if not separator or not tail.endswith("\n"):
        raise FormatError("a note is text, an empty line and signature lines")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise FormatError("a note has too many signature lines")
    return Note(text + "\n", tuple(parse_line(line) for line in lines))


def parse_line(line: str) -> Signature:
    """Read one signature line, without its newline.

    Raises:
        FormatError: it is not a signature line.
    """
    if not line.startswith(_DASH):
        raise FormatError("a signature line starts with a dash")
    name, space, encoded = line[len(_DASH) :].partition(" ")
    if not space:
        raise FormatError("a signature line is a name and base64")
    check_name(name)
    data = strict_base64.decode(encoded)
    if len(data) <= 4:
        raise FormatError("a signature is a key id and bytes")
    return Signature(name, data[:4], data[4:])


def check_name(name: str) -> None:
    """Refuse what cannot be the name of a key.

    Raises:
        FormatError: it is empty or holds a space or a plus sign.
    """
    if not name or "+" in name or any(c.isspace() for c in name):
        raise FormatError("a key's name is not empty and holds no space and no plus sign")


def _check_characters(text: str) -> None:
    if _CONTROL.search(text):
        raise FormatError("a note holds no control characters")
