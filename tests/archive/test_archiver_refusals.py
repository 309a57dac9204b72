"""What an archive run refuses: an altered log, and an archive that is not this log's own."""

import hashlib
import shutil
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from archive import replaced
from archive.checkpoint import Checkpoint
from archive.continuity import CannotContinueError
from archive.history_writer import sealed_histories
from archive.log_source import LogAlteredError
from archive.log_writer import SignedLog
from archive.sealing import seal_streams
from archive.signed_leaves import SignedLeaves
from archive.signing import Signer
from tests.archive.archive_scene import ORIGIN, SIGNER, TAG_KEY, files, first_keyring, order, run
from tests.archive.memory_log import NOON, MemoryLog

OTHER_KEY = Signer(
    ORIGIN,
    Ed25519PrivateKey.from_private_bytes(b"o" * 32),
    MLDSA44PrivateKey.from_seed_bytes(b"o" * 32),
)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "archive"


@pytest.fixture
def log():
    return MemoryLog()


def change(log, position, **changes):
    """Change a row of the database behind the archiver's back."""
    line = log.rows[position - 1]
    values = {name: getattr(line, name) for name in line.__struct_fields__} | changes
    log.rows[position - 1] = type(line)(**values)


def test_a_changed_row_is_refused_with_its_position_before_anything_is_signed(log, root):
    stream = order(log, "1001")
    change(log, 2, body=log.rows[1].body.replace(b'"count":0', b'"count":9'))

    with pytest.raises(LogAlteredError, match="position 2 of the log, stream 'order/de/1001'"):
        run(log, root, [stream])

    assert files(root) == {}


def test_a_row_that_was_changed_after_it_was_logged_is_not_sealed(log, root):
    stream = order(log, "1001")
    run(log, root, [])
    change(log, 2, body=log.rows[1].body.replace(b'"count":0', b'"count":9'))

    with pytest.raises(LogAlteredError, match=r"position 2 .* changed after recording"):
        run(log, root, [stream])

    assert [name for name in files(root) if name.startswith("orders/")] == []


def test_a_row_changed_together_with_its_hash_breaks_the_chain(log, root):
    stream = order(log, "1001")
    run(log, root, [])
    change(log, 2, body=log.rows[1].body.replace(b'"count":0', b'"count":9'))
    log.hashes[1] = hashlib.sha256(log.rows[1].encode()).digest()

    # The newest entries are compared with those in the archive, and this is one of them.
    with pytest.raises(CannotContinueError, match="are not those of this log"):
        run(log, root, [stream])


def test_an_old_row_changed_together_with_its_hash_breaks_the_chain(log, root):
    stream = order(log, "1001")
    for number in range(100):
        order(log, f"2{number}")
    run(log, root, [])
    change(log, 2, body=log.rows[1].body.replace(b'"count":0', b'"count":9'))
    log.hashes[1] = hashlib.sha256(log.rows[1].encode()).digest()

    with pytest.raises(LogAlteredError, match=r"position 2 .* not the one in the archive's log"):
        run(log, root, [stream])

    assert [name for name in files(root) if name.startswith("orders/")] == []


def test_a_missing_position_is_refused(log, root):
    order(log, "1001")
    del log.rows[1], log.hashes[1]

    with pytest.raises(LogAlteredError, match=r"position 2 .* missing or out of order"):
        run(log, root, [])


def test_a_missing_newest_position_is_refused(log, root):
    order(log, "1001")
    size = log.size()
    log.size = lambda: size
    del log.rows[-1], log.hashes[-1]

    with pytest.raises(LogAlteredError, match=r"position 3 .* missing"):
        run(log, root, [])


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        (slice(0, 3), "do not end with their seal"),
        (slice(0, 0), "do not end with their seal"),
        (slice(1, 4), "version 1 is not there"),
    ],
)
def test_a_stream_that_lost_lines_is_not_stored(log, root, shown, reason):
    stream = order(log, "1001")
    whole = log.stream_lines
    log.stream_lines = lambda *asked: iter(list(whole(*asked))[shown])

    with pytest.raises(LogAlteredError, match=reason):
        run(log, root, [stream])

    assert [name for name in files(root) if name.startswith("orders/")] == []


def test_a_history_whose_proof_does_not_verify_is_not_made(log):
    order(log, "1001")
    seal_streams(log, ["order/de/1001"], NOON)
    nothing = SignedLeaves(None, 0, TAG_KEY)
    checkpoint = Checkpoint(ORIGIN, 4, bytes(32))
    signed = SignedLog(checkpoint, b"", b"", lambda level, index: bytes(32), nothing)

    with pytest.raises(LogAlteredError, match="do not prove the seal"):
        next(sealed_histories(log, signed, TAG_KEY, [log.rows[3]]))


def test_an_archive_of_another_key_is_refused(log, root):
    stream = order(log, "1001")
    run(log, root, [stream])
    before = files(root)
    log.record(stream)

    keyrings = [first_keyring(OTHER_KEY)]
    with pytest.raises(CannotContinueError, match=r"is not the keyring of .* another installation"):
        run(log, root, [stream], signer=OTHER_KEY, keyrings=keyrings)

    assert files(root) == before


def test_an_archive_of_another_origin_is_refused(log, root):
    stream = order(log, "1001")
    run(log, root, [stream])
    log.record(stream)

    with pytest.raises(CannotContinueError, match="another installation or key"):
        run(log, root, [stream], signer=replace(SIGNER, origin="proof.example.org/other"))


def test_a_checkpoint_of_another_key_is_refused_where_the_keyring_is_lost(log, root):
    stream = order(log, "1001")
    run(log, root, [stream])
    (root / "trust/keyring.1.json").unlink()

    with pytest.raises(CannotContinueError, match="log/checkpoint is not a checkpoint by"):
        run(log, root, [stream], signer=OTHER_KEY, keyrings=[first_keyring(OTHER_KEY)])


def test_keys_that_the_keyring_does_not_name_sign_nothing(log, root):
    stream = order(log, "1001")

    with pytest.raises(CannotContinueError, match="may not sign size 4"):
        run(log, root, [stream], signer=OTHER_KEY)

    assert not any(name.startswith("log/checkpoint") for name in files(root))


def test_a_checkpoint_that_speaks_of_another_log_is_refused(log, root):
    stream = order(log, "1001")
    run(log, root, [stream])
    other = Checkpoint("proof.example.org/other", 5, bytes(32))
    newest = root / "log/checkpoint"
    newest.unlink()
    newest.write_bytes(SIGNER.sign(other, 0))

    with pytest.raises(CannotContinueError, match="is of the log 'proof"):
        run(log, root, [stream])


def test_a_checkpoint_that_no_run_ended_with_is_refused(log, root):
    stream = order(log, "1001")
    result = run(log, root, [stream])
    newest = root / "log/checkpoint"
    newest.unlink()
    newest.write_bytes((root / f"log/checkpoints/{result.log_size}").read_bytes())

    with pytest.raises(CannotContinueError, match="the log has no such event there"):
        run(log, root, [stream])


def test_another_tag_key_is_refused(log, root):
    stream = order(log, "1001")
    run(log, root, [stream])
    log.record(stream)

    with pytest.raises(CannotContinueError, match="the tag key was changed"):
        run(log, root, [stream], tag_key=b"u" * 32)


def test_a_log_that_was_set_back_is_refused(log, root):
    older = MemoryLog()
    order(older, "1001")
    stream = order(log, "1001")
    run(log, root, [stream])

    with pytest.raises(CannotContinueError, match="signed at 5 events and the log has 3"):
        run(older, root, [stream])


def test_a_log_that_was_set_back_and_went_on_is_refused(log, root):
    stream = order(log, "1001")
    run(log, root, [stream])
    other = MemoryLog()
    order(other, "1001", events=9)

    with pytest.raises(CannotContinueError, match="another log, or an older copy"):
        run(other, root, [stream])


def test_a_log_that_was_set_back_and_archived_again_elsewhere_is_refused(log, root, tmp_path):
    stream = order(log, "1001")
    run(log, root, [stream])
    other = MemoryLog(clock="2024-05-02T12:00:00.000000Z")
    order(other, "1001")
    run(other, tmp_path / "elsewhere", [stream])
    other.record(stream)

    with pytest.raises(CannotContinueError, match="entries 1 to 5 are not those of this log"):
        run(other, root, [stream])


def test_a_log_set_back_behind_a_signed_size_is_refused_after_it_went_on(log, root, tmp_path):
    stream = order(log, "1001")
    result = run(log, root, [stream])
    signed = tmp_path / "killed/log/checkpoints"
    signed.mkdir(parents=True)
    shutil.copy(root / f"log/checkpoints/{result.log_size}", signed)
    other = MemoryLog()
    order(other, "1001", events=9)

    with pytest.raises(CannotContinueError, match="signed with another root than the log has now"):
        run(other, tmp_path / "killed", [stream])


def test_signed_sizes_that_no_run_explains_are_refused(log, root):
    stream = order(log, "1001")
    run(log, root, [stream])
    (root / "log/checkpoint").unlink()
    other = MemoryLog()
    order(other, "1001", events=9)

    with pytest.raises(CannotContinueError, match=r"\[4, 5\], and the log knows of no run"):
        run(other, root, [stream])


def test_a_run_that_cannot_be_written_again_as_it_was_recorded_is_refused(
    log, root, tmp_path, monkeypatch
):
    """The log names the manifest by its digest, and a newer README gives another manifest."""
    stream = order(log, "1001")
    run(log, root, [stream])
    monkeypatch.setattr(replaced, "readme", lambda: b"a newer text\n")

    with pytest.raises(CannotContinueError, match="wrote other files than can be written now"):
        run(log, tmp_path / "copy", [stream])


def test_a_log_set_back_behind_an_unfinished_run_is_refused(log, root):
    stream = order(log, "1001")
    older = MemoryLog()
    order(older, "1001")
    run(log, root, [stream])
    (root / "log/checkpoint").unlink()

    with pytest.raises(CannotContinueError, match="the log was set back"):
        run(older, root, [stream])


def test_an_altered_tile_at_the_edge_is_not_extended(log, root):
    stream = order(log, "1001")
    run(log, root, [stream])
    log.record(stream)
    before = log.size()
    tile = root / "log/tile/0/000.p/5"
    data = bytearray(tile.read_bytes())
    data[0] ^= 1
    tile.unlink()
    tile.write_bytes(data)

    with pytest.raises(CannotContinueError, match="the archive is altered"):
        run(log, root, [stream])

    assert log.size() == before


def test_an_altered_root_of_full_tiles_is_not_extended(log, root):
    for number in range(100):
        stream = order(log, number)
    run(log, root, [])
    log.record(stream)
    tile = root / "log/tile/1/000.p/1"
    tile.unlink()
    tile.write_bytes(bytes(32))

    with pytest.raises(CannotContinueError, match="do not hash to the root"):
        run(log, root, [stream])


def test_a_lost_tile_at_the_edge_is_not_made_up(log, root):
    stream = order(log, "1001")
    run(log, root, [stream])
    log.record(stream)
    (root / "log/tile/entries/000.p/5").unlink()

    with pytest.raises(CannotContinueError, match=r"log/tile/entries/000\.p/5 is missing"):
        run(log, root, [stream])
