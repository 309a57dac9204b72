"""Signed notes: a text with signature lines, and the keys that sign and verify them.

Source: https://c2sp.org/signed-note, Ed25519 (type 0x01) only.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from archive import limits
from archive.errors import FormatError, SignatureBadError, SignatureMissingError

ED25519 = 0x01
MAX_SIGNATURES = 64
_DASH = "\u2014 "


@dataclass(frozen=True)
class Signature:
    """One signature line: who signed, and the four-byte id of the key."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True)
class Note:
    """A note's text, with its final newline, and its signature lines in their order."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True)
class VerifierKey:
    """A public key under the name that it signs with.

    Args:
        name: non-empty, without spaces and plus signs.
        public: Ed25519 public key, 32 bytes (RFC 8032).
    """

    name: str
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> "VerifierKey":
        """Read `<name>+<key id, hex>+<base64 of type and public key>`.

        Raises:
            FormatError: it is no verifier key, is no Ed25519 key, or its id does not belong to it.
        """
        parts = vkey.split("+", 2)
        if len(parts) != 3:
            raise FormatError("a verifier key has three parts")
        name, id_hex, encoded = parts
        _check_name(name)
        material = decode_base64(encoded)
        if len(material) != 33 or material[0] != ED25519:
            raise FormatError("the key is not an Ed25519 verifier key")
        key = cls(name, material[1:])
        if id_hex != key.key_id.hex():
            raise FormatError("the key's id does not belong to the key")
        return key

    @property
    def key_id(self) -> bytes:
        """Return the four bytes that name this key in signature lines."""
        return key_id(self.name, ED25519, self.public)

    def vkey(self) -> str:
        """Return the key as one line of text."""
        material = base64.b64encode(bytes([ED25519]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    def verify(self, note: Note) -> None:
        """Check every signature line of this key; other lines are ignored.

        Raises:
            SignatureMissingError: no line is by this key.
            SignatureBadError: a line by this key does not verify.
        """
        mine = [s for s in note.signatures if (s.name, s.key_id) == (self.name, self.key_id)]
        if not mine:
            raise SignatureMissingError(f"no signature by {self.name}+{self.key_id.hex()}")
        for line in mine:
            try:
                Ed25519PublicKey.from_public_bytes(self.public).verify(
                    line.signature, note.text.encode()
                )
            except (InvalidSignature, ValueError) as error:
                raise SignatureBadError(
                    f"the signature by {self.name}+{self.key_id.hex()} does not verify"
                ) from error


def key_id(name: str, key_type: int, public: bytes) -> bytes:
    """Return the first four bytes of SHA-256 of name, newline, type and public key."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([key_type]) + public).digest()[:4]


def sign(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """Return the note of `text` with one Ed25519 signature line.

    Raises:
        FormatError: the text does not end in a newline or holds control characters, or the
            name cannot be a key's name.
    """
    if not text.endswith("\n"):
        raise FormatError("a note's text ends in a newline")
    _check_characters(text)
    _check_name(name)
    public = key.public_key().public_bytes_raw()
    signature = key_id(name, ED25519, public) + key.sign(text.encode())
    return f"{text}\n{_DASH}{name} {base64.b64encode(signature).decode()}\n"


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
    return Note(text + "\n", tuple(_signature(line) for line in lines))


def decode_base64(text: str) -> bytes:
    """Decode standard base64 strictly: padding and unused bits must be as an encoder writes them.

    Lenient decoders accept changed characters, so a changed signature would still verify.

    Raises:
        FormatError: the text is not what encoding its bytes gives.
    """
    try:
        return decode_base64_bytes(text.encode("ascii"))
    except UnicodeEncodeError as error:
        raise FormatError("not base64") from error


def decode_base64_bytes(encoded: bytes) -> bytes:
    """Decode standard base64 in ASCII; as `decode_base64`."""
    try:
        data = binascii.a2b_base64(encoded, strict_mode=True)
    except binascii.Error as error:
        raise FormatError("not base64") from error
    if binascii.b2a_base64(data, newline=False) != encoded:
        raise FormatError("base64 is not in its one canonical form")
    return data


def _signature(line: str) -> Signature:
    if not line.startswith(_DASH):
        raise FormatError("a signature line starts with a dash")
    name, space, encoded = line[len(_DASH) :].partition(" ")
    if not space:
        raise FormatError("a signature line is a name and base64")
    _check_name(name)
    data = decode_base64(encoded)
    if len(data) <= 4:
        raise FormatError("a signature is a key id and bytes")
    return Signature(name, data[:4], data[4:])


def _check_name(name: str) -> None:
    if not name or "+" in name or any(c.isspace() for c in name):
        raise FormatError("a key's name is not empty and holds no space and no plus sign")


def _check_characters(text: str) -> None:
    if any(c < " " and c != "\n" for c in text):
        raise FormatError("a note holds no control characters")
