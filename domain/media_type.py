"""What kind of file somebody attached, told by its bytes; kinds that could do harm are refused.

Nothing here opens a file's content. A file that could be read as two kinds at once (a polyglot) is
refused as far as its frame shows it: one that goes on after its end, or begins as another kind.
"""

import re

from domain.errors import DomainError
from domain.image_frame import gif_end, jpeg_end, png_end

_SCRIPT_NAMES = re.compile(
    r"\.(?:bat|cmd|com|cpl|css|hta|htm|html|jar|js|jse|mht|mhtml|mjs|php|pl|ps1|psm1|py|rb|reg|scr"
    r"|sh|svg|vb|vbe|vbs|wsf|xht|xhtml|xml|xsl|xslt)\s*$",
    re.IGNORECASE,
)
_MARKUP = re.compile(
    rb"<(?:!doctype|html|head|body|script|svg|iframe|\?php|\?xml)\b", re.IGNORECASE
)
_MAIL = re.compile(
    rb"(?:Received|Return-Path|Delivered-To|From|To|Subject|Date|Message-ID|MIME-Version|X-[\w-]+"
    rb"|DKIM-Signature|ARC-[\w-]+|Authentication-Results|Content-Type):",
    re.IGNORECASE,
)
_ENCRYPTED_PDF = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R|<<)")
_HEAD = 1024
_MARKUP_HEAD = 4096
_ZIP_TAIL = 65_557
_CONTROL = re.compile("[\0-\x08\x0e-\x1f\x7f]")

# What a file must not be, by its first bytes.
_PROGRAM = rb"MZ.{0,62}\x00|\x7fELF|\xca\xfe\xba\xbe|\xfe\xed\xfa|[\xce\xcf]\xfa\xed\xfe|\x00asm"
_ARCHIVE = (
    rb"PK(?:\x03\x04|\x05\x06|\x07\x08)|Rar!|7z\xbc\xaf\x27\x1c|\x1f\x8b|BZh[1-9]1AY|\xfd7zXZ"
    rb"|\x28\xb5\x2f\xfd|MSCF\x00"
)
_REFUSED = (
    (re.compile(_PROGRAM, re.DOTALL), "a program"),
    (re.compile(_ARCHIVE), "an archive, or an office document in the form of one"),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "an old office document, which may hold programs"),
    (re.compile(rb"-----BEGIN PGP MESSAGE|\x85[\x01\x02]|Salted__"), "encrypted"),
)
_PLAIN_FRAMES = (
    (re.compile(rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]"), "audio/mpeg"),
    (re.compile(rb"OggS\0"), "audio/ogg"),
    (re.compile(rb"fLaC\0"), "audio/flac"),
    (re.compile(rb"#!AMR(?:-WB)?\n"), "audio/amr"),
    (re.compile(rb"\x1a\x45\xdf\xa3.{0,64}webm", re.DOTALL), "video/webm"),
    (re.compile(rb"\x1a\x45\xdf\xa3.{0,64}matroska", re.DOTALL), "video/matroska"),
)
_MP4 = re.compile(
    rb"....ftyp(M4A |M4B |isom|iso[2-9]|mp4[12]|avc1|3gp.|3g2.|qt  |MSNV|dash)", re.DOTALL
)

INLINE = frozenset(("image/png", "image/jpeg", "image/webp", "image/gif", "text/plain"))
"""Types that a page may show in its place; all others are only offered as a download."""


_EXTENSIONS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/csv": ".csv",
    "message/rfc822": ".eml",
    "audio/mpeg": ".mp3",
    "audio/wav": ".wav",
    "audio/ogg": ".ogg",
    "audio/flac": ".flac",
    "audio/amr": ".amr",
    "audio/mp4": ".m4a",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "video/matroska": ".mkv",
}


class ContentRefusedError(DomainError):
    """A file is of a kind that is not kept."""


def media_type(data: bytes, name: str) -> str:
    """Return the media type of a file.

    Args:
        data: its bytes, at least one.
        name: what it is called, which only decides between kinds of text.

    Raises:
        ContentRefusedError: it is of a kind that is not kept, or of several at once.
    """
    for begin, what in _REFUSED:
        if begin.match(data):
            raise ContentRefusedError(f"the file is {what}")
    found = _framed(data)
    if found is None:
        return _text(data, name)
    _refuse_second_kind(data, found)
    return found


def extension(kind: str) -> str:
    """Return how the name of a file of a type ends; a type that is not kept has `.bin`."""
    return _EXTENSIONS.get(kind, ".bin")


def _framed(data: bytes) -> str | None:
    """Return the type of a file that is no text; None where it may be one."""
    for begin, found, end_of in (
        (b"\x89PNG\r\n\x1a\n", "image/png", png_end),
        (b"\xff\xd8\xff", "image/jpeg", jpeg_end),
        (b"GIF87a", "image/gif", gif_end),
        (b"GIF89a", "image/gif", gif_end),
    ):
        if data.startswith(begin):
            return _ends(data, end_of(data), found)
    if data.startswith(b"RIFF") and data[8:12] in (b"WEBP", b"WAVE"):
        kind = "image/webp" if data[8:12] == b"WEBP" else "audio/wav"
        size = int.from_bytes(data[4:8], "little") + 8
        return _ends(data, size if size <= len(data) else None, kind)
    if data.startswith(b"%PDF-"):
        if _ENCRYPTED_PDF.search(data):
            raise ContentRefusedError("the file is encrypted: attach it without its password")
        if b"%%EOF" not in data[-_HEAD:]:
            raise ContentRefusedError("the file is a PDF that is cut off or goes on after its end")
        return "application/pdf"
    if match := _MP4.match(data):
        return "audio/mp4" if match[1] in (b"M4A ", b"M4B ") else "video/mp4"
    return next((found for frame, found in _PLAIN_FRAMES if frame.match(data)), None)


def _ends(data: bytes, end: int | None, found: str) -> str:
    """Accept a type if the file ends where its frame does."""
    if end is None:
        raise ContentRefusedError(f"the file begins as {found} and is cut off or damaged")
    if data[end:].strip(b"\0"):
        raise ContentRefusedError(
            f"the file goes on after the end of its {found} and may be of two kinds at once: "
            "save it again as a plain file of one kind"
        )
    return found


def _refuse_second_kind(data: bytes, found: str) -> None:
    second = ""
    if found != "application/pdf" and b"%PDF-" in data[:_HEAD]:
        second = "a PDF"
    elif b"PK\5\6" in data[-_ZIP_TAIL:] and b"PK\1\2" in data:
        second = "an archive"
    elif _MARKUP.search(data[:_HEAD]) and b"<?xpacket" not in data[:_HEAD]:
        second = "a web page or a script"
    if second:
        raise ContentRefusedError(f"the file is {found} and {second} at once")


def _text(data: bytes, name: str) -> str:
    if b"%PDF-" in data[:_HEAD]:
        raise ContentRefusedError("the file is text and a PDF at once")
    lower = name.lower().rstrip()
    # A mail may be in any alphabet, and hold pages: nobody renders them here.
    if lower.endswith(".eml") and _MAIL.match(data) and b"\0" not in data:
        return "message/rfc822"
    if data.startswith(b"#!") or _SCRIPT_NAMES.search(name):
        raise ContentRefusedError("the file is a script, a web page or an XML file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if _CONTROL.search(text):
        raise ContentRefusedError(
            "the file is of no kind that is kept: PNG, JPEG, WebP, GIF, PDF, text or CSV in UTF-8, "
            "mail (.eml), or usual audio and video"
        )
    if _MARKUP.search(data[:_MARKUP_HEAD]):
        raise ContentRefusedError("the file is a web page, a script or an XML file")
    return "text/csv" if lower.endswith(".csv") else "text/plain"
