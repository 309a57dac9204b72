"""Base64 as the archive's texts have it: in the one form that an encoder writes."""

import binascii

from archive.errors import FormatError


def decode(text: str) -> bytes:
    """Decode standard base64 strictly: padding and unused bits must be as an encoder writes them.

    Lenient decoders accept changed characters, so a changed signature would still verify.

    Raises:
        FormatError: the text is not what encoding its bytes gives.
    """
    try:
        return decode_bytes(text.encode("ascii"))
    except UnicodeEncodeError as error:
        raise FormatError("not base64") from error


def decode_bytes(encoded: bytes) -> bytes:
    """Decode standard base64 in ASCII; as `decode`."""
    try:
        data = binascii.a2b_base64(encoded, strict_mode=True)
    except binascii.Error as error:
        raise FormatError("not base64") from error
    if binascii.b2a_base64(data, newline=False) != encoded:
        raise FormatError("base64 is not in its one canonical form")
    return data


def encode(data: bytes) -> str:
    """Return the standard base64 of bytes, padded."""
    return binascii.b2a_base64(data, newline=False).decode()
