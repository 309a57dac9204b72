"""Signatures with a time, against the C2SP text and a note that another program made."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from archive import note, signing
from archive.checkpoint import Checkpoint
from archive.cosigned import ed25519_message, ml_dsa_message
from archive.errors import FormatError, SignatureBadError, SignatureMissingError

# From the tests of the witness litewitness, filippo.io/torchwood v0.10.0,
# cmd/litewitness/testdata/mldsa.txt: a log that signs with ML-DSA-44 alone, at time 0.
VECTORS = Path(__file__).parent / "vectors"
LOG = note.VerifierKey.parse((VECTORS / "mldsa-log.vkey").read_text().strip())
LOG_NOTE = (VECTORS / "mldsa-log.note").read_bytes()

# https://c2sp.org/tlog-cosignature
TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
TIME = 1679315147

NAME = "witness.example.com/w1"
ED25519 = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ML_DSA = MLDSA44PrivateKey.from_seed_bytes(bytes(range(32)))
SIGNER = signing.Signer("example.com/behind-the-sofa", ED25519, ML_DSA)


def public(key, key_type, name=NAME):
    return note.VerifierKey(name, key.public_key().public_bytes_raw(), key_type)


def cosigned(key, time=TIME):
    return note.write(TEXT, [signing.cosignature(TEXT, NAME, key, time)])


def test_a_published_note_with_an_ml_dsa_line_verifies():
    signed = note.parse(LOG_NOTE)

    assert LOG.type == note.ML_DSA_44
    assert LOG.verify(signed) == [0]
    assert LOG.vkey() == (VECTORS / "mldsa-log.vkey").read_text().strip()
    assert signed.encode() == LOG_NOTE


def test_every_changed_byte_of_the_published_note_is_refused():
    for place in range(len(LOG_NOTE)):
        changed = bytearray(LOG_NOTE)
        changed[place] ^= 0x01
        with pytest.raises((FormatError, SignatureBadError, SignatureMissingError)):
            LOG.verify(note.parse(bytes(changed)))


def test_the_messages_are_those_of_the_text():
    assert ed25519_message(TEXT, TIME) == (
        b"cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\n"
        b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    )
    assert ml_dsa_message(TEXT, NAME, TIME) == b"".join(
        (
            b"subtree/v1\n\0",
            b"\x16witness.example.com/w1",
            bytes.fromhex("00000000641850cb"),
            b"\x1bexample.com/behind-the-sofa",
            bytes(8),
            bytes.fromhex("00000000013e2dc3"),
            base64.b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="),
        )
    )


@pytest.mark.parametrize(
    ("key", "key_type"), [(ED25519, note.COSIGNATURE), (ML_DSA, note.ML_DSA_44)]
)
def test_a_cosignature_vouches_for_its_text_its_time_and_its_key(key, key_type):
    mine = public(key, key_type)
    signed = cosigned(key)

    assert mine.verify(note.parse(signed)) == [TIME]
    assert note.VerifierKey.parse(mine.vkey()) == mine
    with pytest.raises(SignatureBadError):
        mine.verify(note.parse(signed.replace(b"\n20852163\n", b"\n20852164\n")))
    (line,) = note.parse(signed).signatures
    later = line.key_id + (TIME + 1).to_bytes(8, "big") + line.signature[8:]
    moved = note.Signature(NAME, later[:4], later[4:])
    with pytest.raises(SignatureBadError):
        mine.verify(note.Note(TEXT, (moved,)))


def test_an_ml_dsa_cosignature_cannot_be_given_another_name():
    (line,) = note.parse(cosigned(ML_DSA)).signatures
    other = public(ML_DSA, note.ML_DSA_44, "witness.example.com/w2")

    renamed = note.Signature(other.name, other.key_id, line.signature)

    with pytest.raises(SignatureBadError):
        other.verify(note.Note(TEXT, (renamed,)))


def test_one_key_as_two_types_has_two_ids():
    assert public(ED25519, note.ED25519).key_id != public(ED25519, note.COSIGNATURE).key_id
    with pytest.raises(SignatureMissingError):
        public(ED25519, note.ED25519).verify(note.parse(cosigned(ED25519)))


@pytest.mark.parametrize("length", [0, 1, 63, 72, 2427, 2429])
def test_a_signature_of_another_length_is_bad(length):
    mine = public(ML_DSA, note.ML_DSA_44)

    with pytest.raises(SignatureBadError):
        mine.verify(note.Note(TEXT, (note.Signature(NAME, mine.key_id, bytes(length)),)))


def test_the_log_signs_both_ways_and_says_the_time_in_the_second():
    said = Checkpoint(SIGNER.origin, 7, bytes(32))

    signed = SIGNER.sign(said, TIME)

    first, second = SIGNER.vkeys
    read = note.parse(signed)
    assert [line.key_id for line in read.signatures] == [first.key_id, second.key_id]
    assert (first.verify(read), second.verify(read)) == ([], [TIME])
    assert signing.open_checkpoint(signed, SIGNER.vkeys) == said
    assert SIGNER.sign(said, TIME) != signed, "ML-DSA signs with chance in it"


def test_the_keys_never_show():
    assert "private" not in repr(SIGNER).lower()
    assert repr(SIGNER) == "Signer(example.com/behind-the-sofa)"


@pytest.mark.parametrize(
    ("text", "name", "time"),
    [
        (TEXT + "extension\n", NAME, 0),
        ("text\n", NAME, 0),
        (TEXT, "", 0),
        (TEXT, "n" * 256, 0),
        (TEXT, NAME, 2**63),
        (TEXT, NAME, -1),
        ("o" * 256 + TEXT[TEXT.index("\n") :], NAME, 0),
    ],
)
def test_what_has_no_message_is_not_signed(text, name, time):
    with pytest.raises(FormatError):
        signing.cosignature(text, name, ML_DSA, time)
