"""The two private keys that sign checkpoints, and those that will sign next: in files, or by KMS.

With KMS the files hold the keys as KMS encrypted them. They sign here, in memory, so that KMS is
asked once for each of them, however much is signed.
"""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from archive.durable import sync_folder
from archive.signing import Signer
from eventstore.errors import KeyMissingError
from orderproof import key_encryption, key_files, kms
from orderproof.errors import CANNOT_TELL, CommandError

ED25519, ML_DSA_44 = "log-ed25519", "log-mldsa44"
_PEM = ".pem"
_NEXT = ".next"


class LogKeys:
    """The log's private keys.

    Args:
        folder: of the key files.
        kms_key_id: id, ARN or alias of the KMS key that encrypts new keys and is named in
            questions; None: the one that encrypted what is there, if KMS did.
    """

    def __init__(self, folder: Path, kms_key_id: str | None) -> None:
        self._folder = folder
        self._kms_key_id = kms_key_id
        self._opened: dict[kms.Kept, bytes] = {}

    def __repr__(self) -> str:
        return "LogKeys(…)"

    def signer(self, origin: str, *, following: bool = False) -> Signer:
        """Return the keys.

        Args:
            origin: name of the log.
            following: those that a keyring still has to name, instead.

        Raises:
            CommandError: one is missing or not a key, or KMS does not decrypt it.
        """
        first = self._file(ED25519, following=following)
        second = self._file(ML_DSA_44, following=following)
        key, other = self._read(first, ED25519), self._read(second, ML_DSA_44)
        if not isinstance(key, Ed25519PrivateKey):
            raise CommandError(f"{first} is not an Ed25519 key", CANNOT_TELL)
        if not isinstance(other, MLDSA44PrivateKey):
            raise CommandError(f"{second} is not an ML-DSA-44 key", CANNOT_TELL)
        return Signer(origin, key, other)

    def check(self) -> None:
        """Check that both are there; asks KMS nothing.

        Raises:
            CommandError: one is missing or not a key.
        """
        for name in (ED25519, ML_DSA_44):
            file = self._file(name, following=False)
            if _is_by_kms(file):
                self._kept(file)
            else:
                self._read(file, name)

    def make(self) -> None:
        """Make those that are missing.

        Raises:
            CommandError: KMS should encrypt one, and refuses or does not answer.
        """
        self._make("")

    def make_following(self) -> None:
        """Make the next keys, unless they are made already; errors as `make`."""
        self._make(_NEXT)

    def has_following(self) -> bool:
        """Tell whether next keys were made that did not take their place yet."""
        return any(self._following(name) for name in (ED25519, ML_DSA_44))

    def take_following(self) -> None:
        """Put the next keys in the place of the old ones, which are gone then."""
        for name in (ED25519, ML_DSA_44):
            if waiting := self._following(name):
                waiting.replace(waiting.with_name(waiting.name.removesuffix(_NEXT)))
        sync_folder(self._folder)

    def _make(self, end: str) -> None:
        by = self._encrypting()
        for name in (ED25519, ML_DSA_44):
            if any(self._path(name, form + end).exists() for form in (_PEM, kms.SUFFIX)):
                continue
            kind = Ed25519PrivateKey if name == ED25519 else MLDSA44PrivateKey
            secret = key_files.pem(kind.generate())
            if by is None:
                key_files.write_secret(self._path(name, _PEM + end), secret)
                continue
            try:
                kept = kms.encrypt(by, _spoken(name), secret)
            except kms.KmsUnavailableError as error:
                raise CommandError(str(error), CANNOT_TELL) from None
            key_files.write_secret(self._path(name, kms.SUFFIX + end), kept.encode())
            self._opened[kept] = secret

    def _encrypting(self) -> str | None:
        """Return the KMS key that encrypts new keys; None if they are kept in files."""
        if self._kms_key_id is not None:
            return self._kms_key_id
        names = (ED25519 + kms.SUFFIX, ML_DSA_44 + kms.SUFFIX, key_encryption.KMS_FILE)
        for name in names:
            if (self._folder / name).exists():
                return self._kept(self._folder / name).key_id
        return None

    def _path(self, name: str, end: str) -> Path:
        return self._folder / (name + end)

    def _following(self, name: str) -> Path | None:
        found = (self._path(name, form + _NEXT) for form in (kms.SUFFIX, _PEM))
        return next((file for file in found if file.exists()), None)

    def _file(self, name: str, *, following: bool) -> Path:
        # A kill while the next keys took their place leaves only one of them to be moved.
        if following and (waiting := self._following(name)):
            return waiting
        kept, plain = self._path(name, kms.SUFFIX), self._path(name, _PEM)
        if kept.exists() or (not plain.exists() and self._encrypting() is not None):
            return kept
        return plain

    def _read(self, file: Path, name: str) -> PrivateKeyTypes:
        if _is_by_kms(file):
            return key_files.parse_pem(file, self._decrypted(file, name))
        content = key_files.content(file)
        if self._kms_key_id is not None:
            raise CommandError(key_files.not_by_kms(file), CANNOT_TELL)
        return key_files.parse_pem(file, content)

    def _decrypted(self, file: Path, name: str) -> bytes:
        kept = self._kept(file)
        if kept not in self._opened:
            try:
                self._opened[kept] = kms.decrypt(kept, _spoken(name), self._kms_key_id)
            except kms.KmsUnavailableError as error:
                raise CommandError(str(error), CANNOT_TELL) from None
        return self._opened[kept]

    def _kept(self, file: Path) -> kms.Kept:
        try:
            return kms.parse(file, key_files.content(file))
        except KeyMissingError as error:
            raise CommandError(str(error), CANNOT_TELL) from None


def _is_by_kms(file: Path) -> bool:
    return file.name.removesuffix(_NEXT).endswith(kms.SUFFIX)


def _spoken(name: str) -> str:
    return f"{name} key"
