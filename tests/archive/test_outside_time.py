"""Tokens and cosignatures of a real archive: fetched after a run, verified, and tampered with."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from archive import note, signing
from archive.confirming import Outside, confirm, unstamped
from archive.folder import Folder
from archive.note import VerifierKey
from archive.verify import files as verify_files
from archive.verify.outside import Trusted
from archive.verify.run import inspect
from tests.archive.archive_scene import ORIGIN, SIGNER, order, run
from tests.archive.authority import der, serving, stamping
from tests.archive.memory_log import MemoryLog


@pytest.fixture
def log():
    return MemoryLog()


@pytest.fixture
def root(tmp_path):
    return tmp_path / "archive"


def archive(log, root, number="202405001"):
    """Record an order, run the archiver, and return the cuts of all runs."""
    run(log, root, [order(log, number)])
    return [line.position for line in log.stored_runs(0)]


def confirmed(root, sizes, **outside):
    with Folder(root) as store:
        return confirm(store, sizes, Outside(**outside))


def stamped(log, root, authority, number="202405001", **other):
    sizes = archive(log, root, number)
    with serving(stamping(authority, **other)) as url:
        done = confirmed(root, sizes, authority_urls=[url], roots=[der(authority.root)])
    return sizes, done


def verified(root, *authorities, **trusted):
    roots = [der(each.root) for each in authorities]
    return inspect(verify_files.Folder(root), trusted=Trusted(roots, **trusted)).report


def codes(report):
    return sorted(report.total)


def tokens_in(root):
    return sorted(root.glob("log/tokens/*/*.tsr"), key=lambda file: int(file.parent.name))


def test_every_run_gets_a_token_that_openssl_accepts_too(log, root, authority):
    _, first = stamped(log, root, authority)
    sizes, second = stamped(log, root, authority, "202405002")
    report = verified(root, authority)

    assert (first.tokens, second.tokens, second.waiting) == (1, 1, [])
    assert {int(file.parent.name) for file in tokens_in(root)} == set(sizes)
    for file in tokens_in(root):
        checkpoint = root / "log" / "checkpoints" / file.parent.name
        assert authority.accepts(checkpoint.read_bytes(), file.read_bytes())
    assert report.verdict == "intact"
    assert report.checked["tokens"] == 2
    assert report.checked["proven_size"] == max(sizes)
    assert any(f"outside time reaches to size {max(sizes)}" in t for t in report.not_checked)


def test_several_authorities_stamp_each_checkpoint(log, root, authority, new_authority):
    other = new_authority("other", kind="ec", title="Second Fictional Time")
    sizes = archive(log, root)
    with serving(stamping(authority)) as one, serving(stamping(other)) as two:
        roots = [der(authority.root), der(other.root)]
        done = confirmed(root, sizes, authority_urls=[one, two], roots=roots)

    assert done.tokens == 2
    for known in ([authority], [other], [authority, other]):
        report = verified(root, *known)
        assert "TIMESTAMP_MISSING" not in codes(report)
    assert verified(root, authority, other).verdict == "intact"


def test_no_authority_no_outside_time(log, root):
    sizes = archive(log, root)
    done = confirmed(root, sizes)
    report = verified(root)

    assert (done.tokens, done.problems) == (0, [])
    assert report.verdict == "intact"
    assert any(text.startswith("no outside time") for text in report.not_checked)


def test_an_authority_that_is_down_delays_a_token_and_nothing_else(log, root, authority):  # N-09
    sizes = archive(log, root)
    with serving(stamping(authority)) as url:
        pass
    roots = [der(authority.root)]
    down = confirmed(root, sizes, authority_urls=[url], roots=roots)

    assert (down.tokens, down.waiting) == (0, sizes)
    assert "does not answer" in down.problems[0]
    missing = verified(root, authority)
    assert (codes(missing), missing.verdict) == (["TIMESTAMP_MISSING"], "incomplete")

    sizes, later = stamped(log, root, authority, "202405002")
    assert (later.tokens, later.waiting) == (1, [])  # the first runs had none before


def test_the_queue_is_stamped_oldest_first(log, root, authority):  # N-09
    stamped(log, root, authority)
    second = archive(log, root, "202405002")
    third = archive(log, root, "202405003")
    missing = verified(root, authority)

    with Folder(root) as store:
        assert unstamped(store, third) == third[1:]
    assert missing.total["TIMESTAMP_MISSING"] == 2
    with serving(stamping(authority)) as url:
        done = confirmed(root, third, authority_urls=[url], roots=[der(authority.root)])
    assert (done.tokens, done.waiting) == (2, [])
    assert verified(root, authority).verdict == "intact"
    assert len(second) == 2


def test_an_authority_that_fails_in_the_middle_leaves_the_rest_in_the_queue(log, root, authority):
    archive(log, root)
    stamped(log, root, authority, "202405002")
    archive(log, root, "202405003")
    sizes = archive(log, root, "202405004")
    answers = iter([stamping(authority)])

    def once(*request):
        answer = next(answers, None)
        return answer(*request) if answer else (503, {}, b"")

    with serving(once) as url:
        done = confirmed(root, sizes, authority_urls=[url], roots=[der(authority.root)])

    assert (done.tokens, done.waiting) == (1, sizes[-1:])
    with Folder(root) as store:
        assert unstamped(store, sizes) == sizes[-1:]


def test_every_flipped_byte_of_a_token_is_found(log, root, authority):
    stamped(log, root, authority)
    (file,) = tokens_in(root)
    data = file.read_bytes()
    file.chmod(0o600)
    folder = verify_files.Folder(root)
    for place in range(0, len(data), 31):
        changed = bytearray(data)
        changed[place] ^= 1
        file.write_bytes(bytes(changed))
        report = inspect(folder, trusted=Trusted([der(authority.root)])).report
        assert report.verdict == "altered"
        assert any(each.object.endswith(file.name) for each in report.findings)


def put(root, name, data):
    target = root / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def under_its_digest(root, size, data, kind):
    put(root, f"log/tokens/{size}/{hashlib.sha256(data).hexdigest()}.{kind}", data)


def test_a_token_under_a_fitting_name_is_still_held_to_its_authority(
    log, root, authority, new_authority
):
    sizes = archive(log, root)
    checkpoint = (root / "log" / "checkpoint").read_bytes()
    impostor = new_authority("impostor")
    under_its_digest(root, sizes[-1], impostor.stamp(impostor.query(checkpoint)), "tsr")

    report = verified(root, authority)

    assert report.verdict == "altered"
    assert codes(report) == ["TIMESTAMP_BAD", "TIMESTAMP_MISSING"]


def test_a_token_of_another_checkpoint_is_bad(log, root, authority):
    stamped(log, root, authority)
    (file,) = tokens_in(root)
    sizes = archive(log, root, "202405002")
    under_its_digest(root, sizes[-1], file.read_bytes(), "tsr")

    report = verified(root, authority)

    assert report.total["TIMESTAMP_BAD"] == 1
    assert report.total["TIMESTAMP_MISSING"] == 1


def test_a_token_that_was_taken_away_is_missed(log, root, authority):
    stamped(log, root, authority)
    stamped(log, root, authority, "202405002")
    stamped(log, root, authority, "202405003")
    tokens_in(root)[1].unlink()

    report = verified(root, authority)

    assert (codes(report), report.verdict) == (["TIMESTAMP_MISSING"], "incomplete")


def test_a_revoked_certificate_spoils_what_it_stamped(log, root, authority):
    sizes, _ = stamped(log, root, authority)
    under_its_digest(root, sizes[-1], authority.revoke(datetime.now(UTC)), "crl")

    report = verified(root, authority)

    assert "TIMESTAMP_BAD" in codes(report)


@pytest.mark.parametrize("kind", ["crl", "ocsp"])
def test_garbage_as_revocation_data_is_found(log, root, authority, kind):
    sizes, _ = stamped(log, root, authority)
    under_its_digest(root, sizes[-1], b"garbage", kind)

    assert codes(verified(root, authority)) == ["TIMESTAMP_BAD"]


def test_what_is_about_no_checkpoint_is_not_expected(log, root, authority):
    _, _ = stamped(log, root, authority)
    under_its_digest(root, 3, b"x", "tsr")
    put(root, "log/tokens/3/name.tsr", b"x")

    assert codes(verified(root, authority)) == ["FILE_UNEXPECTED"]


@pytest.mark.parametrize("sealed", [True, False], ids=["history", "open line"])
def test_an_event_that_is_younger_than_its_token_is_backdated(log, root, authority, sealed):
    late = datetime.now(UTC) + timedelta(days=2)
    log.clock = late.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    stream = order(log, "202405001", events=2)
    log.clock = "2024-05-01T12:00:00.000000Z"
    run(log, root, [stream] if sealed else [])
    sizes = [line.position for line in log.stored_runs(0)]
    with serving(stamping(authority)) as url:
        confirmed(root, sizes, authority_urls=[url], roots=[der(authority.root)])

    report = verified(root, authority)

    assert codes(report) == ["BACKDATED"]
    assert report.total["BACKDATED"] == 2
    assert verified(root).verdict == "intact", "without outside time nobody can tell"


def test_a_checkpoint_that_claims_to_be_younger_than_its_token_is_backdated(log, root, authority):
    sizes = archive(log, root)
    file = root / "log" / "checkpoint"
    stored = root / "log" / "checkpoints" / str(sizes[-1])
    late = int((datetime.now(UTC) + timedelta(days=2)).timestamp())
    text = note.parse(file.read_bytes()).text
    lines = [
        signing.ed25519_signature(text, ORIGIN, SIGNER.ed25519),
        signing.cosignature(text, ORIGIN, SIGNER.mldsa, late),
    ]
    for each in (file, stored):
        each.unlink()
        each.write_bytes(note.write(text, lines))
    with serving(stamping(authority)) as url:
        confirmed(root, sizes, authority_urls=[url], roots=[der(authority.root)])

    assert codes(verified(root, authority)) == ["BACKDATED"]


def witness_key(name, seed=b"w"):
    private = Ed25519PrivateKey.from_private_bytes(seed * 32)
    return private, VerifierKey(name, private.public_key().public_bytes_raw(), note.COSIGNATURE)


def cosign(root, size, name, private):
    """Store the line of a witness, as the archiver does."""
    text = note.parse((root / "log" / "checkpoints" / str(size)).read_bytes()).text
    data = signing.cosignature(text, name, private, 1_750_000_000).line().encode()
    put(root, f"log/cosignatures/{size}/{hashlib.sha256(data).hexdigest()}", data)
    return data


def test_a_quorum_of_witnesses_is_counted(log, root):
    sizes = archive(log, root)
    one, one_key = witness_key("w1.example", b"1")
    two, two_key = witness_key("w2.example", b"2")
    both = {"witnesses": [one_key, two_key], "quorum": 2}

    cosign(root, sizes[-1], "w1.example", one)
    few = verified(root, **both)
    cosign(root, sizes[-1], "w2.example", two)
    enough = verified(root, **both)

    assert (codes(few), few.verdict) == (["WITNESS_QUORUM_MISSING"], "incomplete")
    assert enough.verdict == "intact"
    assert enough.checked["cosignatures"] == 2


def test_two_lines_of_one_witness_count_once(log, root):
    sizes = archive(log, root)
    one, one_key = witness_key("w1.example", b"1")
    second = MLDSA44PrivateKey.from_seed_bytes(b"m" * 32)
    second_key = VerifierKey("w1.example", second.public_key().public_bytes_raw(), note.ML_DSA_44)
    cosign(root, sizes[-1], "w1.example", one)
    cosign(root, sizes[-1], "w1.example", second)

    report = verified(root, witnesses=[one_key, second_key], quorum=2)

    assert codes(report) == ["WITNESS_QUORUM_MISSING"]
    assert report.checked["cosignatures"] == 2


def test_a_stranger_is_no_witness(log, root):
    sizes = archive(log, root)
    stranger, _ = witness_key("w1.example", b"x")
    _, known = witness_key("w1.example", b"1")
    cosign(root, sizes[-1], "w1.example", stranger)

    report = verified(root, witnesses=[known], quorum=1)

    assert codes(report) == ["WITNESS_QUORUM_MISSING"]


def test_a_cosignature_of_another_history_is_found(log, root, tmp_path):
    sizes = archive(log, root)
    other = MemoryLog()
    other_root = tmp_path / "other"
    archive(other, other_root, "202405009")
    private, known = witness_key("w1.example")
    data = cosign(other_root, sizes[-1], "w1.example", private)
    put(root, f"log/cosignatures/{sizes[-1]}/{hashlib.sha256(data).hexdigest()}", data)

    report = verified(root, witnesses=[known], quorum=1)

    assert codes(report) == ["CHECKPOINT_SIGNATURE_BAD", "WITNESS_QUORUM_MISSING"]
    assert report.verdict == "altered"


@pytest.mark.parametrize("whole", [b"", b"x", "\u2014 a b\n".encode(), b"\xff"])
def test_garbage_is_no_cosignature(log, root, whole):
    sizes = archive(log, root)
    put(root, f"log/cosignatures/{sizes[-1]}/{hashlib.sha256(whole).hexdigest()}", whole)

    assert codes(verified(root)) == ["FILE_ALTERED"]


def test_a_cut_back_to_an_older_run_shows_by_what_outsiders_saw(log, root, authority):
    private, known = witness_key("w1.example")
    archive(log, root)
    before = {f: (root / f).read_bytes() for f in ("log/checkpoint",)}
    opened = {f.name: f.read_bytes() for f in (root / "open").iterdir()}
    sizes, _ = stamped(log, root, authority, "202405002")
    cosign(root, sizes[-1], "w1.example", private)
    for file in (root / "open").iterdir():
        file.unlink()
    for name, data in opened.items():
        put(root, f"open/{name}", data)
    (root / "log" / "checkpoint").unlink()
    put(root, "log/checkpoint", before["log/checkpoint"])

    by_token = verified(root, authority)
    by_witness = verified(root, witnesses=[known])

    assert "LOG_ROLLED_BACK" in codes(by_token)
    assert "LOG_ROLLED_BACK" in codes(by_witness)
    assert "LOG_ROLLED_BACK" not in codes(verified(root))
