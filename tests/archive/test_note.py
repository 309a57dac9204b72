"""Signed notes and checkpoints against the examples in the C2SP texts."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive import checkpoint, note, strict_base64
from archive.errors import FormatError, SignatureBadError, SignatureMissingError
from archive.signing import ed25519_signature, open_checkpoint

# https://c2sp.org/signed-note, "Example"
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n\n"
    "\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3"
    "mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()
# https://c2sp.org/tlog-checkpoint
CHECKPOINT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

NAME = "example.org/shop"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = note.VerifierKey(NAME, KEY.public_key().public_bytes_raw())


def sign(text, name=NAME, key=KEY):
    return note.write(text, [ed25519_signature(text, name, key)])


def test_the_published_note_verifies_under_the_published_key():
    key = note.VerifierKey.parse(VKEY)

    signed = note.parse(NOTE)
    key.verify(signed)

    assert signed.text == "This is an example message.\n"
    assert key.vkey() == VKEY


def test_every_changed_byte_of_the_published_note_is_refused():
    key = note.VerifierKey.parse(VKEY)

    for place in range(len(NOTE)):
        for mask in (0x01, 0x20, 0x80):
            changed = bytearray(NOTE)
            changed[place] ^= mask
            with pytest.raises((FormatError, SignatureBadError, SignatureMissingError)):
                key.verify(note.parse(bytes(changed)))


def test_our_signature_verifies_and_is_the_same_every_time():
    text = "example.org/shop\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"

    signed = sign(text)

    assert PUBLIC.verify(note.parse(signed)) == []
    assert signed == sign(text)


def test_a_note_with_two_empty_lines_ends_at_the_last():
    assert note.parse(sign("one\n\ntwo\n")).text == "one\n\ntwo\n"


def test_other_peoples_lines_are_ignored():
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    theirs = sign("text\n", "witness.example.org", other).rpartition(b"\n\n")[2]

    PUBLIC.verify(note.parse(sign("text\n") + theirs))

    with pytest.raises(SignatureMissingError):
        PUBLIC.verify(note.parse(b"text\n\n" + theirs))


def test_a_second_line_by_the_key_must_verify_too():
    elsewhere = sign("other\n").rpartition(b"\n\n")[2]

    with pytest.raises(SignatureBadError):
        PUBLIC.verify(note.parse(sign("text\n") + elsewhere))


def test_the_lines_of_one_key_are_taken_out_as_they_are():
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    theirs = sign("text\n", "witness.example.org", other).rpartition(b"\n\n")[2]

    assert note.only(sign("text\n") + theirs, PUBLIC) == sign("text\n")
    with pytest.raises(SignatureMissingError):
        note.only(b"text\n\n" + theirs, PUBLIC)


def test_changed_padding_bits_of_base64_are_refused():
    encoded = base64.b64encode(bytes(4 + 64)).decode()
    changed = encoded[:-2] + "B="

    assert encoded.endswith("A=")
    assert base64.b64decode(changed) == bytes(68), "a lenient decoder does not notice"
    with pytest.raises(FormatError, match="canonical"):
        strict_base64.decode(changed)


@pytest.mark.parametrize("text", ["QQ", "QQ=", "QQ==\n", " QQ==", "Q Q==", "QQ==QQ==", "_-8=", "é"])
def test_base64_is_strict(text):
    with pytest.raises(FormatError):
        strict_base64.decode(text)


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"\xff\n\n\xe2\x80\x94 a AAAAAAA=\n",
        b"a\tb\n\n\xe2\x80\x94 a AAAAAAA=\n",
        b"text\n\n- a AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 a+b AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94  AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 a\xc2\xa0b AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 a AAAA\n",
        b"text\n\n\xe2\x80\x94 a AAAAAAA=",
        b"text\n\n\xe2\x80\x94 a AAAAAAA=\n" * 1 + b"\xe2\x80\x94 a AAAAAAA=\n" * 64,
        b"x" * 70_000,
    ],
)
def test_what_is_not_a_note_is_refused(bad):
    with pytest.raises(FormatError):
        note.parse(bad)


@pytest.mark.parametrize(
    "vkey",
    [
        VKEY[:-1],
        VKEY.replace("530d903a", "530d903b"),
        VKEY.replace("530d903a", "530D903A"),
        VKEY.replace("+AekyeR", "+BOkyeR"),
        "example.com/foo",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ],
)
def test_what_is_not_a_verifier_key_is_refused(vkey):
    with pytest.raises(FormatError):
        note.VerifierKey.parse(vkey)


def test_the_published_checkpoint_is_read():
    read = checkpoint.parse(CHECKPOINT)

    assert (read.origin, read.size) == ("example.com/behind-the-sofa", 20852163)
    assert read.text() == CHECKPOINT


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("20852163", "020852163"),
        ("20852163", "-1"),
        ("20852163", "２"),
        ("20852163", ""),
        ("20852163", "9" * 30),
        ("example.com/behind-the-sofa", ""),
        ("q2I=\n", "q2J=\n"),
        ("q2I=\n", "q2I=\nextension\n"),
        ("q2I=\n", "q2I=\n\n"),
        ("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", "CsUY"),
    ],
)
def test_what_is_not_a_checkpoint_of_three_lines_is_refused(old, new):
    with pytest.raises(FormatError):
        checkpoint.parse(CHECKPOINT.replace(old, new))


def test_a_checkpoint_opens_only_with_the_key_that_signed_it():
    body = checkpoint.Checkpoint("example.org/shop", 7, bytes(32))
    signed = sign(body.text())
    other = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()

    assert open_checkpoint(signed, [PUBLIC]) == body
    with pytest.raises(SignatureMissingError):
        open_checkpoint(signed, [note.VerifierKey(NAME, other)])
    with pytest.raises(SignatureBadError):
        open_checkpoint(signed.replace(b"\n7\n", b"\n8\n"), [PUBLIC])


def test_a_text_that_cannot_be_a_note_is_not_signed():
    for text, name in [("no newline", "a"), ("tab\t\n", "a"), ("text\n", "a b"), ("text\n", "")]:
        with pytest.raises(FormatError):
            sign(text, name)
