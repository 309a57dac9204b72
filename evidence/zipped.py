"""The pack as a ZIP: the same bytes for the same files, whoever packs them and when."""

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence

from archive import layout
from evidence import attached as names
from evidence.attached import Attached
from evidence.certificate import SigningKey
from evidence.signing import sign_bytes

_TIME = (1980, 1, 1, 0, 0, 0)  # the first that a ZIP can say
_PLAIN = 0o100644
_UNIX = 3


def zipped(
    files: Sequence[Attached], pages: bytes, verifier: bytes, key: SigningKey | None
) -> bytes:
    """Return the ZIP.

    Args:
        files: of the pack; they lie as in an archive.
        pages: the PDF, not signed: a signature would differ each time.
        verifier: `orderproof-verify.py`.
        key: signs the list of all files; None: nobody.
    """
    found = {each.path: each.data for each in files}
    found |= {names.PAGES: pages, layout.VERIFIER: verifier}
    sums = sums_of(found)
    found[names.SUMS] = sums
    if key is not None:
        found[names.SIGNATURE] = sign_bytes(sums, key)
    return _write(found)


def sums_of(files: Mapping[str, bytes]) -> bytes:
    """Return the list of files as `sha256sum` writes it."""
    return b"".join(
        f"{hashlib.sha256(data).hexdigest()}  {path}\n".encode()
        for path, data in sorted(files.items())
    )


def _write(files: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    # Not compressed: other releases of zlib give other bytes, and the history is compressed.
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path, data in sorted(files.items()):
            entry = zipfile.ZipInfo(path, _TIME)
            entry.create_system = _UNIX
            entry.external_attr = _PLAIN << 16
            archive.writestr(entry, data)
    return target.getvalue()
