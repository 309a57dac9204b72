"""The key that signs evidence packs: ECDSA on P-256, with a certificate, made by the first pack.

It is not the log's key. It says that a pack is as its maker put it together; that the events are
as they were recorded, the log's signatures say. So a pack can be signed by a machine that must
not have the log's keys.
"""

from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)

from eventstore.errors import KeyMissingError
from evidence.certificate import SigningKey, belongs, read_chain, self_signed, write_chain
from orderproof import key_encryption, key_files, kms
from orderproof.errors import CANNOT_TELL, CommandError
from orderproof.installation import Installation

NAME = "evidence-key"
CERTIFICATE = "evidence-certificate.pem"
_SPOKEN = "evidence key"


def signing_key(installation: Installation) -> SigningKey:
    """Return the evidence key with its certificates; makes them where they are missing.

    Raises:
        CommandError: they cannot be used, or KMS does not decrypt the key.
    """
    folder, chosen = installation.keys_folder, installation.settings
    key = _read(folder, chosen.kms_key_id)
    given = chosen.evidence_certificate
    if given is not None:
        return SigningKey(key, _issued(given, key))
    file = folder / CERTIFICATE
    if not file.exists():
        made = self_signed(key, chosen.origin, datetime.now(UTC))
        key_files.write_secret(file, write_chain([made]))
    chain = _certificates(file)
    if not belongs(chain[0], key):
        raise CommandError(
            f"{file} is the certificate of another key. Restore it, or move it away: the next pack "
            "makes a new one",
            CANNOT_TELL,
        )
    return SigningKey(key, chain)


def _read(folder: Path, kms_key_id: str | None) -> EllipticCurvePrivateKey:
    plain, kept = folder / f"{NAME}.pem", folder / f"{NAME}{kms.SUFFIX}"
    if not plain.exists() and not kept.exists():
        _make(folder, kms_key_id)
    if kept.exists():
        try:
            secret = kms.decrypt(kms.parse(kept, key_files.content(kept)), _SPOKEN, kms_key_id)
        except KeyMissingError as error:
            raise CommandError(str(error), CANNOT_TELL) from None
        key = key_files.parse_pem(kept, secret)
    else:
        if kms_key_id is not None:
            raise CommandError(key_files.not_by_kms(plain), CANNOT_TELL)
        key = key_files.parse_pem(plain, key_files.content(plain))
    if not isinstance(key, EllipticCurvePrivateKey) or key.curve.name != SECP256R1.name:
        raise CommandError(f"{plain} is no ECDSA key on P-256", CANNOT_TELL)
    return key


def _make(folder: Path, kms_key_id: str | None) -> None:
    """Make the key, kept as the others are: in a file, or as KMS encrypted it."""
    secret = key_files.pem(generate_private_key(SECP256R1()))
    by = kms_key_id
    if by is None and key_encryption.is_kept_by_kms(folder):
        file = folder / key_encryption.KMS_FILE
        try:
            by = kms.parse(file, key_files.content(file)).key_id
        except KeyMissingError as error:
            raise CommandError(str(error), CANNOT_TELL) from None
    if by is None:
        key_files.write_secret(folder / f"{NAME}.pem", secret)
        return
    try:
        kept = kms.encrypt(by, _SPOKEN, secret)
    except kms.KmsUnavailableError as error:
        raise CommandError(str(error), CANNOT_TELL) from None
    key_files.write_secret(folder / f"{NAME}{kms.SUFFIX}", kept.encode())


def _issued(file: Path, key: EllipticCurvePrivateKey) -> tuple[x509.Certificate, ...]:
    chain = _certificates(file)
    if not belongs(chain[0], key):
        raise CommandError(
            f"the first certificate in {file} (ORDERPROOF_EVIDENCE_CERTIFICATE) is not the "
            f"evidence key's. Put that first, or have one issued for keys/{NAME}.pem",
            CANNOT_TELL,
        )
    now = datetime.now(UTC)
    if not chain[0].not_valid_before_utc <= now <= chain[0].not_valid_after_utc:
        raise CommandError(
            f"the certificate in {file} (ORDERPROOF_EVIDENCE_CERTIFICATE) is valid from "
            f"{chain[0].not_valid_before_utc:%Y-%m-%d} to {chain[0].not_valid_after_utc:%Y-%m-%d}. "
            "Have a new one issued for the same key",
            CANNOT_TELL,
        )
    return chain


def _certificates(file: Path) -> tuple[x509.Certificate, ...]:
    try:
        return read_chain(file.read_bytes())
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}", CANNOT_TELL) from None
    except ValueError:
        raise CommandError(f"{file} holds no certificates in PEM", CANNOT_TELL) from None
