"""`orderproof verify` on an evidence pack: a PDF, or a ZIP."""

import re
from pathlib import Path

from cryptography import x509

from archive.verify.report import Report
from evidence.checking import check_pack
from evidence.opened import PackUnreadableError, open_pack
from orderproof import errors, terminal
from orderproof.errors import CommandError
from orderproof.evidence_pack import fonts, typesetter

_LARGEST = 512 << 20
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_PEM = b"-----BEGIN"


def check_file(file: Path, keyring: Path | None, certificate: str | None) -> Report:
    """Verify a pack.

    Args:
        file: the pack.
        keyring: the keyring that the caller trusts, or the fingerprint of its root keys.
        certificate: file of the evidence key's certificate, or of one above it; or its SHA-256.

    Raises:
        CommandError: it is no pack, or the certificate cannot be read.
    """
    trusted = None if certificate is None else _trusted(certificate)
    try:
        if file.stat().st_size > _LARGEST:
            raise PackUnreadableError("is larger than a pack ever is")
        opened = open_pack(file.read_bytes())
    except OSError as error:
        raise CommandError(
            f"{terminal.shown(file)} cannot be read: {error.strerror}", errors.CANNOT_TELL
        ) from None
    except PackUnreadableError as error:
        raise CommandError(
            f"{terminal.shown(file)} {error}, or it was damaged on its way. Next: get it once more "
            "from whoever gave it to you",
            errors.ALTERED,
        ) from None
    return check_pack(opened, str(file), keyring, trusted, typesetter(fonts(None)))


def _trusted(given: str) -> str | x509.Certificate:
    plain = given.replace(":", "").lower()
    if _FINGERPRINT.fullmatch(plain):
        return plain
    try:
        data = Path(given).read_bytes()
        if _PEM in data:
            return x509.load_pem_x509_certificate(data)
        return x509.load_der_x509_certificate(data)
    except OSError as error:
        raise CommandError(f"{terminal.safe(given)} cannot be read: {error.strerror}") from None
    except ValueError:
        raise CommandError(f"{terminal.safe(given)} is no certificate") from None
