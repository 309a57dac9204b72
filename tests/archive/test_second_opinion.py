"""The archiver's files against an archive built from the format's text with other code."""

from archive.replaced import replaced_files
from archive.verify import verify_archive
from tests.archive.archive_builder import gunzip, replay
from tests.archive.archive_scene import ORIGIN, ROOT, SIGNER, TAG_KEY, files, order, run
from tests.archive.memory_log import MemoryLog


def texts(archive):
    """Files by name, those that are compressed as what they hold."""
    return {n: gunzip(d) if n.endswith(".gz") else d for n, d in archive.items()}


def test_the_archiver_writes_what_the_format_says(tmp_path):
    log = MemoryLog()
    log.record("system/policy", "policy.changed", rule="refund-v1")
    orders = [order(log, str(number)) for number in range(120)]
    odd = order(log, "王/../😀 \0" + "x" * 200, placed_at="no date")
    run(log, tmp_path / "archive", [*orders[:50], odd])
    log.record(orders[0], "refund.settled", amount=100)
    log.record("order/fr/late", occurred_at="2024-06-30T23:59:59-08:00")
    run(log, tmp_path / "archive", [orders[0], *orders[50:], "order/fr/late", "system/policy"])
    order(log, "open")
    run(log, tmp_path / "archive", [])

    written = texts(files(tmp_path / "archive"))
    expected = replay(
        [line.encode() for line in log.rows],
        origin=ORIGIN,
        keys=(SIGNER.ed25519, SIGNER.mldsa, ROOT),
        tag_key=TAG_KEY,
        replaced=replaced_files(),
        notes=[data for name, data in written.items() if name.startswith("log/checkpoints/")],
    )

    assert sorted(written) == sorted(expected)
    assert written == texts(expected) | {
        # The digest is of the compressed bytes, which another compressor may write otherwise.
        name: data
        for name, data in written.items()
        if name.endswith(".sha256")
    }
    report = verify_archive(tmp_path / "archive")
    assert report.as_dict()["findings"] == []
    assert report.verdict == "intact"
