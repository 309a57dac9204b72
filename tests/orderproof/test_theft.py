"""Up to which size a stolen key counts: by an authority, a witness, or the log's own times."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive import layout, note, signing, trust
from archive.confirming import Outside, confirm
from archive.folder import Folder
from archive.note import COSIGNATURE, VerifierKey
from orderproof import theft
from tests.archive.archive_scene import KEYRING, order, run
from tests.archive.authority import Authority, der, serving, stamping
from tests.archive.memory_log import MemoryLog

FIRST, SECOND = datetime(2024, 5, 1, 12, tzinfo=UTC), datetime(2024, 5, 3, 12, tzinfo=UTC)
BETWEEN = date(2024, 5, 2)
NAME = "auditor.example/w1"
WITNESS = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
STRANGER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
NOBODY = trust.parse(KEYRING)
WITNESSED = replace(
    NOBODY,
    witnesses=(VerifierKey(NAME, WITNESS.public_key().public_bytes_raw(), COSIGNATURE),),
    quorum=1,
)


@pytest.fixture
def archive(tmp_path):
    """Archive twice, at two times of the log's clock, and return the archive and both sizes."""

    def archive(*times):
        log, sizes = MemoryLog(), []
        for number, time in enumerate(times):
            log.clock = f"{time:%Y-%m-%dT%H:%M:%S}.000000Z"
            sizes.append(run(log, tmp_path / "archive", [order(log, str(number))]).size)
        return tmp_path / "archive", *sizes

    return archive


def before(root, keyring, day):
    with Folder(root) as store:
        return theft.size_before(store, keyring, day)


def cosign(root, size, time, key=WITNESS):
    with Folder(root) as store:
        text = note.parse(store.get(layout.checkpoint_path(size))).text
        line = signing.cosignature(text, NAME, key, int(time.timestamp())).line().encode()
        store.put_new(layout.cosignature_path(size, line), line)


def test_where_nobody_outside_says_anything_the_times_of_the_log_count(archive):
    root, first, second = archive(FIRST, SECOND)

    assert before(root, NOBODY, BETWEEN) == (first, False)
    assert before(root, NOBODY, date(2024, 6, 1)) == (second, False)
    assert before(root, NOBODY, date(2024, 4, 1)) == (0, False)


def test_a_witness_counts_more_than_the_times_of_the_log(archive):
    root, first, second = archive(FIRST, FIRST)  # as a thief would sign the second
    cosign(root, first, FIRST)
    cosign(root, second, SECOND)

    assert before(root, WITNESSED, BETWEEN) == (first, True)
    assert before(root, WITNESSED, date(2024, 6, 1)) == (second, True)
    assert before(root, NOBODY, BETWEEN) == (second, False)


def test_a_line_that_no_witness_of_the_keyring_signed_says_nothing(archive):
    root, first, second = archive(FIRST, FIRST)
    cosign(root, first, FIRST, STRANGER)
    garbage = root / f"log/cosignatures/{first}" / hashlib.sha256(b"x").hexdigest()
    garbage.write_bytes(b"\xff")

    assert before(root, WITNESSED, BETWEEN) == (second, False)


def test_a_token_counts_more_than_the_times_of_the_log(archive, tool, tmp_path):
    root, first, second = archive(FIRST, FIRST)
    authority = Authority(tmp_path / "tsa", tool("openssl"))
    certificate = der(authority.root)
    keyring = replace(NOBODY, authorities=(trust.Authority("Fictional Time", certificate),))
    with serving(stamping(authority)) as url, Folder(root) as store:
        confirm(store, [first], Outside(authority_urls=[url], roots=[certificate]))
    today = datetime.now(UTC).date()

    assert before(root, keyring, today + timedelta(days=2)) == (first, True)
    assert before(root, keyring, today - timedelta(days=2)) == (second, False)
    assert before(root, NOBODY, today + timedelta(days=2)) == (second, False)
