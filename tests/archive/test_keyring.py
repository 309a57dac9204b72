"""Keyrings: envelopes, the chain of root keys, and what a verification makes of them."""

import base64
import hashlib
import json
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive import dsse, note, trust
from archive.errors import FormatError, SignatureBadError
from archive.verify import verify_history
from tests.archive.archive_attacks import about, check, codes
from tests.archive.archive_builder import Installation, small
from tests.archive.archive_scene import (
    KEYRING,
    ROOT,
    SIGNER,
    files,
    first_keyring,
    order,
    rotated,
    run,
)
from tests.archive.memory_log import MemoryLog

OTHER_ROOT = Ed25519PrivateKey.from_private_bytes(b"q" * 32)
THIRD_ROOT = Ed25519PrivateKey.from_private_bytes(b"p" * 32)


@pytest.fixture(scope="module")
def shop():
    return small()


def next_value(shop, **changes):
    """The second keyring, which says the same as the first but for the changes."""
    previous = hashlib.sha256(shop.keyring()).hexdigest()
    return shop.keyring_value() | {"keyring": 2, "previous": previous} | changes


def public(root):
    return root.public_key().public_bytes_raw()


def with_keyrings(shop, *keyrings):
    """The files of an archive whose run named these keyrings too."""
    named = {f"trust/keyring.{n}.json": data for n, data in enumerate(keyrings, 1)}
    again = Installation()
    stream = again.order("1")
    again.run(stream, tamper=lambda listed: listed.update(named))
    return again.files


def test_the_signed_bytes_are_those_of_the_published_example():
    # https://github.com/secure-systems-lab/dsse/blob/master/protocol.md, "Test vectors"
    assert dsse.pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_openssl_verifies_the_signature_of_a_root_key(tmp_path):
    envelope = json.loads(KEYRING)
    payload = base64.b64decode(envelope["payload"])
    message = dsse.pae(envelope["payloadType"], payload)
    (tmp_path / "message").write_bytes(message)
    (tmp_path / "sig").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
    pem = ROOT.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (tmp_path / "root.pem").write_bytes(pem)

    done = subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "root.pem", "-rawin",
         "-in", "message", "-sigfile", "sig"],
        cwd=tmp_path, check=False, capture_output=True,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr


def test_every_changed_byte_of_a_keyring_is_refused():
    for place in range(len(KEYRING)):
        changed = bytearray(KEYRING)
        changed[place] ^= 0x01
        with pytest.raises((FormatError, SignatureBadError)):
            trust.follow(bytes(changed), None)


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v | {"keyring": 0},
        lambda v: v | {"orderproof": 2},
        lambda v: v | {"orderproof": True},
        lambda v: v | {"origin": 1},
        lambda v: v | {"more": 1},
        lambda v: v | {"keys": []},
        lambda v: v | {"keys": [*v["keys"], v["keys"][0]]},
        lambda v: v | {"keys": [v["keys"][0] | {"from_size": -1}]},
        lambda v: v | {"keys": [v["keys"][0] | {"to_size": 5}]},
        lambda v: v | {"keys": [v["keys"][0] | {"status": "retired"}]},
        lambda v: v | {"keys": [v["keys"][0] | {"status": "lost"}]},
        lambda v: v | {"keys": [v["keys"][0] | {"role": "witness"}]},
        lambda v: v | {"keys": [v["keys"][0] | {"since": "yesterday"}]},
        lambda v: v | {"roots": v["roots"] | {"threshold": 0}},
        lambda v: v | {"roots": v["roots"] | {"threshold": 2}},
        lambda v: v | {"roots": {"keys": v["roots"]["keys"] * 2, "threshold": 1}},
        lambda v: v | {"previous": "00"},
        lambda v: v | {"witnesses": {"keys": [], "quorum": 1}},
        lambda v: v | {"witnesses": {"keys": [v["keys"][0]["vkey"]], "quorum": 1}},
        lambda v: v | {"authorities": [{"name": "a", "certificate": "*"}]},
    ],
)
def test_what_is_not_a_keyring_is_refused(shop, change):
    assert trust.follow(shop.envelope(shop.keyring_value()), None).number == 1
    with pytest.raises(FormatError):
        trust.follow(shop.envelope(change(shop.keyring_value())), None)


def test_a_keyring_needs_as_many_roots_as_it_says(shop):
    roots = [shop.root, OTHER_ROOT, THIRD_ROOT]
    value = shop.keyring_value() | {"roots": shop.root_set(roots, threshold=2)}

    assert trust.follow(shop.envelope(value, roots[1:]), None).roots.threshold == 2
    with pytest.raises(SignatureBadError, match="signed by 1 of the root keys, and 2"):
        trust.follow(shop.envelope(value, [OTHER_ROOT]), None)


def test_a_keyring_follows_only_with_the_roots_before_it(shop):
    first = shop.keyring()
    value = next_value(shop, roots=shop.root_set([OTHER_ROOT]))

    assert trust.follow(shop.envelope(value, [shop.root, OTHER_ROOT]), first).number == 2
    for signers in ([OTHER_ROOT], [shop.root]):
        with pytest.raises(SignatureBadError, match="signed by 0 of the root keys"):
            trust.follow(shop.envelope(value, signers), first)
    with pytest.raises(SignatureBadError, match="no root key"):
        trust.follow(shop.envelope(value, [shop.root, OTHER_ROOT, THIRD_ROOT]), first)


def test_a_keyring_that_does_not_follow_is_refused(shop):
    first = shop.keyring()
    value = next_value(shop)
    key = value["keys"][0]

    for change in (
        {"previous": "0" * 64},
        {"previous": None},
        {"keyring": 3},
        {"keys": value["keys"][1:]},
        {"keys": [key | {"from_size": 1}, value["keys"][1]]},
    ):
        with pytest.raises(FormatError):
            trust.follow(shop.envelope(value | change), first)


def test_a_key_that_ended_never_signs_again(shop):
    keys = shop.keyring_value()["keys"]
    ended = [key | {"status": "revoked", "to_size": 9} for key in keys]
    first = shop.keyring(keys=ended)
    previous = hashlib.sha256(first).hexdigest()

    for again in (keys, [key | {"to_size": 10} for key in ended]):
        value = shop.keyring_value() | {"keyring": 2, "previous": previous, "keys": again}
        with pytest.raises(FormatError, match="sign again"):
            trust.follow(shop.envelope(value), first)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("retired", "KEY_OUT_OF_PERIOD"),
        ("revoked", "KEY_OUT_OF_PERIOD"),
        ("compromised", "KEY_COMPROMISED"),
    ],
)
def test_what_a_key_signed_after_its_end_is_not_intact(shop, tmp_path, status, code):
    keys = [
        shop.key_entry(vkey, status=status, to_size=4, since="2024-05-01") for vkey in shop.vkeys()
    ]
    files_ = with_keyrings(shop, shop.keyring(), shop.envelope(next_value(shop, keys=keys)))

    report = check(files_, tmp_path)

    assert report.verdict == "altered"
    assert codes(report) == {code}
    assert about(report, code)[0].object == "log/checkpoint"


def test_a_key_that_ended_later_still_speaks_for_what_it_signed(shop, tmp_path):
    keys = [
        shop.key_entry(vkey, status="compromised", to_size=6, since="2024-05-01")
        for vkey in shop.vkeys()
    ]
    files_ = with_keyrings(shop, shop.keyring(), shop.envelope(next_value(shop, keys=keys)))

    assert check(files_, tmp_path).verdict == "intact"


def test_a_keyring_by_a_stranger_is_not_believed(shop, tmp_path):
    forged = shop.envelope(next_value(shop), [OTHER_ROOT])

    report = check(with_keyrings(shop, shop.keyring(), forged), tmp_path)

    assert report.verdict == "altered"
    assert about(report, "KEYRING_UNTRUSTED")[0].object == "trust/keyring.2.json"


def test_a_root_set_is_pinned_by_any_keyring_of_the_chain_or_its_fingerprint(shop, tmp_path):
    roots = shop.root_set([OTHER_ROOT])
    second = shop.envelope(next_value(shop, roots=roots), [shop.root, OTHER_ROOT])
    files_ = with_keyrings(shop, shop.keyring(), second)
    pins = [tmp_path / "first", tmp_path / "second"]
    pins[0].write_bytes(shop.keyring())
    pins[1].write_bytes(second)
    prints = [shop.fingerprint(), trust.parse(second).roots.fingerprint()]

    for pin in (*pins, *map(type(tmp_path), prints)):
        report = check(files_, tmp_path, keyring=pin)

        assert report.verdict == "intact", pin
        assert not [text for text in report.not_checked if "identity" in text]


def test_an_archive_of_another_installation_is_never_intact(shop, tmp_path):
    stranger = small(seed=7)
    pin = tmp_path / "keyring"
    pin.write_bytes(shop.keyring())

    for given in (pin, type(tmp_path)(shop.fingerprint())):
        report = check(stranger.files, tmp_path, keyring=given)

        assert report.verdict == "altered"
        assert "KEYRING_UNTRUSTED" in codes(report)


def test_an_unsigned_archive_is_never_intact(shop, tmp_path):
    unsigned = json.loads(shop.keyring()) | {"signatures": []}
    data = json.dumps(unsigned, sort_keys=True, separators=(",", ":")).encode() + b"\n"

    report = check(shop.files | {"trust/keyring.1.json": data}, tmp_path)

    assert report.verdict == "altered"
    assert "KEYRING_UNTRUSTED" in codes(report)


def test_a_fingerprint_alone_cannot_tell_about_a_lone_history(shop, tmp_path):
    name = next(name for name in shop.files if name.startswith("orders/"))
    file = tmp_path / name.rpartition("/")[2]
    file.write_bytes(shop.files[name])

    report = verify_history(file, keyring=type(tmp_path)(shop.fingerprint()))

    assert report.verdict == "cannot_tell"


def test_a_log_goes_on_with_new_keys(tmp_path):
    from archive.verify import verify_archive

    log, root = MemoryLog(), tmp_path / "archive"
    stream = order(log, "1001")
    first = run(log, root, [stream])
    signer, keyrings = rotated(first.size)

    second = run(log, root, [stream], signer=signer, keyrings=keyrings)

    found = files(root)
    assert found["trust/keyring.2.json"] == keyrings[1]
    event = json.loads(log.rows[first.size].body)
    assert log.rows[first.size].type == "key.keyring_published"
    assert event["data"] == {
        "keyring": 2,
        "origin": SIGNER.origin,
        "sha256": hashlib.sha256(keyrings[1]).hexdigest(),
    }
    manifest = json.loads(found[f"manifests/{second.size}.json"])
    assert "trust/keyring.2.json" in manifest["files"]
    for key in signer.vkeys:
        key.verify(note.parse(found["log/checkpoint"]))
    assert verify_archive(root).verdict == "intact"
    assert run(log, root, [stream], signer=signer, keyrings=keyrings) is None
    log.record(stream)
    assert run(log, root, [stream], signer=signer, keyrings=keyrings)
    assert verify_archive(root).verdict == "intact"


def test_the_old_keys_sign_no_more_after_a_rotation(tmp_path):
    from archive.errors import CannotContinueError

    log, root = MemoryLog(), tmp_path / "archive"
    stream = order(log, "1001")
    first = run(log, root, [stream])
    _, keyrings = rotated(first.size)

    with pytest.raises(CannotContinueError, match="may not sign"):
        run(log, root, [stream], keyrings=keyrings)


def test_an_installation_with_an_older_keyring_does_not_go_on(tmp_path):
    from archive.errors import CannotContinueError

    log, root = MemoryLog(), tmp_path / "archive"
    stream = order(log, "1001")
    signer, keyrings = rotated(run(log, root, [stream]).size)
    run(log, root, [stream], signer=signer, keyrings=keyrings)
    log.record(stream)

    with pytest.raises(CannotContinueError, match=r"trust/keyring\.2\.json is not the keyring"):
        run(log, root, [stream])


def test_another_root_makes_another_log(tmp_path):
    from archive.errors import CannotContinueError

    log, root = MemoryLog(), tmp_path / "archive"
    stream = order(log, "1001")
    run(log, root, [stream])

    with pytest.raises(CannotContinueError, match="another installation"):
        run(log, root, [stream], keyrings=[first_keyring(SIGNER, OTHER_ROOT)])
