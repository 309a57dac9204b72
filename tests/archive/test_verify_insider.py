"""The last line of defence: an insider with the log's key, whose digests and roots all fit."""

import hashlib
import json

import pytest

from tests.archive.archive_attacks import (
    about,
    check,
    codes,
    put_together,
    reseal,
    take_apart,
)
from tests.archive.archive_builder import ORIGIN, Installation, history_name


def one_order(tamper=None):
    """An archive with one sealed order, whose files an insider changes before they are named."""
    shop = Installation()
    stream = shop.order("1")
    shop.order("2")
    shop.run(stream, tamper=tamper)
    return shop


def changing(change):
    """Return what changes the history's header, lines or proof."""

    def tamper(listed):
        name = history_name("order/de/1", "20240501", 1)
        listed[name] = put_together(*change(*take_apart(listed[name])))

    return tamper


def header(**changes):
    return changing(lambda h, lines, proof: (h | changes, lines, proof))


def proof(old, new):
    return changing(lambda h, lines, p: (h, lines, p.replace(old, new, 1)))


def test_what_the_insider_starts_from_is_intact(tmp_path):
    assert check(one_order().files, tmp_path).verdict == "intact"


def test_an_event_that_no_file_shows_is_omitted(tmp_path):
    shop = Installation()
    stream = shop.order("1")
    shop.run(stream)
    shop.record(stream, "refund.failed", {"refund_id": "r-1"}, hidden=True)
    shop.order("2")
    shop.run()

    whole = check(shop.files, tmp_path)
    for_order = check(shop.files, tmp_path, order="1")

    for report in (whole, for_order):
        (found,) = about(report, "EVENT_OMITTED")
        assert report.verdict == "incomplete"
        assert found.object == "order de/1"
        assert "version 6" in found.detail


def test_an_event_left_out_of_the_middle_of_a_history_is_omitted(tmp_path):
    shop = Installation()
    stream = shop.order("1", events=3)
    shop.record(stream, "refund.failed", {"refund_id": "r-1"}, hidden=True)
    shop.record(stream, "refund.settled", {"refund_id": "r-1"}, version=5)
    shop.run()

    report = check(shop.files, tmp_path)

    assert report.verdict == "incomplete"
    assert "version 4" in about(report, "EVENT_OMITTED")[0].detail


@pytest.mark.parametrize("hidden", [True, False])
def test_two_leaves_with_one_tag_and_version_are_a_fork(tmp_path, hidden):
    shop = Installation()
    stream = shop.order("1", events=3)
    shop.record(stream, "refund.failed", {"refund_id": "r-1"}, hidden=True)
    shop.record(stream, "refund.settled", {"refund_id": "r-1"})
    shop.run(stream)
    if not hidden:
        shop.hidden.clear()
        shop.write_open(shop.cut)

    report = check(shop.files, tmp_path)

    assert report.verdict == "altered"
    assert about(report, "ORDER_FORK")[0].object == "log position 5"


def test_a_log_that_skips_a_version_has_a_gap(tmp_path):
    shop = Installation()
    stream = shop.order("1", events=3)
    shop.record(stream, "refund.settled", {}, version=5)
    shop.run()

    report = check(shop.files, tmp_path)

    assert about(report, "SEQUENCE_GAP")[0].object == "log position 4"


def test_an_order_logged_under_two_tags_is_a_fork(tmp_path):
    shop = Installation()
    stream = shop.order("1", events=3)
    shop.record(stream, "refund.failed", {}, tag=shop.tag("order/de/other"))
    shop.run()

    report = check(shop.files, tmp_path)

    assert report.verdict == "altered"
    assert "order de/1" in {e.object for e in about(report, "ORDER_FORK")}


def test_an_order_with_the_tag_of_another_is_found(tmp_path):
    shop = Installation()
    shop.order("1", events=2)
    for version in (3, 4):
        shop.record("order/de/2", "message.sent", tag=shop.tag("order/de/1"), version=version)
    shop.run()

    report = check(shop.files, tmp_path)

    assert "EVENT_WRONG_ORDER" in codes(report)


def test_a_line_that_does_not_chain_is_found(tmp_path):
    shop = Installation()
    stream = shop.order("1", events=2)
    shop.record(stream, "refund.settled", {}, prev="00" * 32)
    shop.order("2", events=1)
    shop.record("order/de/2", "refund.settled", {}, prev="11" * 32)
    shop.run(stream)

    report = check(shop.files, tmp_path)

    assert {e.object for e in about(report, "CHAIN_BROKEN")} == {
        "order de/1, event 3",
        "order de/2, event 2",
    }


@pytest.mark.parametrize(
    ("tamper", "code"),
    [
        (header(tag="ab" * 16), "EVENT_NOT_LOGGED"),
        (header(origin="other.example.org"), "ORIGIN_MISMATCH"),
        (header(revision=2), "REVISION_GAP"),
        (header(order="9"), "EVENT_WRONG_ORDER"),
        (header(positions=[1, 1, 1, 2, 4]), "EVENT_NOT_LOGGED"),
        (header(positions=[1, 1, 1, 1, 100]), "EVENT_NOT_LOGGED"),
        (header(first_version=2, events=6), "SEQUENCE_GAP"),
        (proof(b"index 8", b"index 7"), "PROOF_INVALID"),
        (proof(b"\n9\n", b"\n8\n"), "CHECKPOINT_SIGNATURE_BAD"),
    ],
)
def test_every_field_of_a_history_is_held_to_the_log(tmp_path, tamper, code):
    report = check(one_order(tamper).files, tmp_path)

    assert report.verdict == "altered"
    assert code in codes(report)


def test_every_step_of_a_proof_is_needed(tmp_path):
    name = history_name("order/de/1", "20240501", 1)
    steps = take_apart(one_order().files[name])[2].partition(b"\n\n")[0].split(b"\n")[2:]

    for step in steps:
        for new in (b"", b"A" * 43 + b"=\n", step + b"\n" + step + b"\n"):
            report = check(one_order(proof(step + b"\n", new)).files, tmp_path)

            assert report.verdict == "altered"
            assert {"PROOF_INVALID", "FILE_ALTERED"} & codes(report)
    assert steps


def test_a_history_proved_by_a_fork_is_found(tmp_path):
    fork = Installation()
    fork.order("x")
    fork.record("order/de/y", "order.placed")
    fork.order("z")

    tampered = one_order(
        changing(lambda h, li, p: (h, li, p.partition(b"\n\n")[0] + b"\n\n" + fork.embedded(9)))
    )
    report = check(tampered.files, tmp_path)

    assert {"LOG_FORKED", "PROOF_INVALID"} <= codes(report)


def test_a_history_holds_the_ed25519_line_and_no_other(tmp_path):
    stored = one_order().files["log/checkpoints/9"].splitlines(keepends=True)

    for lines, code in [
        (stored[:5], None),
        (stored, "FILE_ALTERED"),
        ([*stored[:4], stored[5]], "CHECKPOINT_SIGNATURE_MISSING"),
    ]:
        note = b"".join(lines)
        tampered = one_order(
            changing(lambda h, li, p, n=note: (h, li, p.partition(b"\n\n")[0] + b"\n\n" + n))
        )

        report = check(tampered.files, tmp_path)

        assert codes(report) == ({code} if code else set()), len(lines)


def test_a_seal_that_says_something_else_is_found(tmp_path):
    shop = Installation()
    stream = shop.order("1")
    shop.seal(stream)
    position = shop.streams[stream][-1]
    (line,) = reseal([shop.lines[position - 1][2]], events=4)
    del shop.lines[-1], shop.entries[-1], shop.streams[stream][-1]
    envelope = json.loads(line)
    shop.record(stream, "history.sealed", envelope["event"]["data"], source="orderproof")
    shop.seal = lambda stream: None
    shop.run(stream)

    report = check(shop.files, tmp_path)

    assert report.verdict == "altered"
    assert "header does not agree with its seal" in about(report, "FILE_ALTERED")[0].detail


@pytest.mark.parametrize("type_", ["order.closed", "history.sealed"])
def test_a_history_must_end_with_orderproofs_seal(tmp_path, type_):
    shop = Installation()
    stream = shop.order("1")
    shop.seal = lambda stream: shop.record(stream, type_, {}, source="/elsewhere")
    shop.run(stream)

    assert "SEQUENCE_GAP" in codes(check(shop.files, tmp_path))


def test_a_seal_in_the_middle_is_found(tmp_path):
    shop = Installation()
    stream = shop.order("1")
    shop.record(stream, "history.sealed", {}, source="orderproof")
    shop.run(stream)

    assert "EVENT_MALFORMED" in codes(check(shop.files, tmp_path))


def test_a_history_under_another_date_is_found(tmp_path):
    def tamper(listed):
        name = history_name("order/de/1", "20240501", 1)
        listed[name.replace("20240501", "20990101")] = listed.pop(name)

    assert "EVENT_WRONG_ORDER" in codes(check(one_order(tamper).files, tmp_path))


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"log_size": "1", "manifest_sha256": "", "files": 0, "origin": ORIGIN},
        {"log_size": 10**17, "manifest_sha256": "00" * 32, "files": 1, "origin": ORIGIN},
        {"log_size": 1, "manifest_sha256": "00" * 32, "files": 1},
        {"log_size": -1, "manifest_sha256": "00" * 32, "files": 1, "origin": ORIGIN},
        {"log_size": 1, "manifest_sha256": "00" * 32, "files": True, "origin": ORIGIN},
    ],
)
def test_a_run_that_is_not_recorded_in_the_formats_way_is_found(tmp_path, data):
    shop = Installation()
    shop.order("1")
    shop.run()
    shop.record("system/archive", "archive.stored", data, source="orderproof")
    shop.run()

    report = check(shop.files, tmp_path)

    assert report.verdict == "altered"
    assert about(report, "EVENT_MALFORMED")[0].object == "system/archive, event 2"


def test_an_entry_that_is_none_is_found(tmp_path):
    shop = Installation()
    shop.order("1")
    shop.entries[1] = b"not an entry\n"
    shop.run()

    report = check(shop.files, tmp_path)

    assert about(report, "EVENT_MALFORMED")[0].object == "log position 2"
    assert report.verdict == "altered"


def two_revisions(sealed_before_second, **event):
    """An archive whose second revision the insider begins from another state than the first's."""
    shop = Installation()
    stream = shop.order("1")
    shop.run(stream)
    shop.record(stream, "refund.settled", {"refund_id": "r-1"}, **event)
    revision, events, date = shop.sealed[stream]
    shop.sealed[stream] = sealed_before_second(revision, events, date)
    shop.run(stream)
    return shop


def test_a_second_revision_begins_where_the_first_ended(tmp_path):
    shop = two_revisions(lambda revision, events, date: (revision, events - 1, date))

    report = check(shop.files, tmp_path)

    assert about(report, "SEQUENCE_GAP")[0].object == "order de/1, event 5"
    assert report.verdict == "altered"


def test_a_second_revision_follows_the_first(tmp_path):
    shop = two_revisions(lambda *sealed: sealed, prev="00" * 32)

    report = check(shop.files, tmp_path)

    assert [e.object for e in about(report, "CHAIN_BROKEN")] == ["order de/1, event 6"]


def test_a_second_revision_keeps_the_date_of_the_first(tmp_path):
    shop = two_revisions(lambda revision, events, _: (revision, events, "20990101"))

    report = check(shop.files, tmp_path)

    (found,) = about(report, "EVENT_WRONG_ORDER")
    assert (found.expected, found.found) == ("20240501", "20990101")


def test_a_revision_comes_once(tmp_path):
    shop = two_revisions(lambda _, events, __: (0, events, "20990101"))

    report = check(shop.files, tmp_path)

    assert "revision 1 of order de/1 a second time" in about(report, "FILE_UNEXPECTED")[0].detail


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"log_size":', b'"log_size":1'),
        (b'"origin":"', b'"origin":"other.'),
        (b'{"files":{', b'{"files":{"A":{"sha256":"' + b"00" * 32 + b'","size":1},'),
    ],
)
def test_a_manifest_agrees_with_the_event_that_names_it(tmp_path, old, new):
    shop = Installation()
    stream = shop.order("1")
    honest = shop.manifest
    shop.manifest = lambda *run: honest(*run).replace(old, new, 1)
    shop.run(stream)

    report = check(shop.files, tmp_path)

    (found,) = about(report, "FILE_ALTERED")
    assert found.object == f"manifests/{shop.cut}.json"
    assert "does not agree with the event" in found.detail


def test_only_orderproof_records_runs(tmp_path):
    shop = Installation()
    shop.order("1")
    shop.run()
    data = {"log_size": 1, "manifest_sha256": "00" * 32, "files": 1, "origin": ORIGIN}
    shop.record("system/archive", "archive.stored", data, source="/elsewhere")
    shop.run()

    assert "EVENT_MALFORMED" in codes(check(shop.files, tmp_path))


# RETENTION_TOO_SHORT: the manifest promises less than the seal, so that a lock may be shorter.
@pytest.mark.parametrize("until", ["2028-03-30", None])
def test_a_manifest_that_keeps_a_history_shorter_than_its_seal_is_found(tmp_path, until):
    shop = Installation()
    stream = shop.order("1")
    name = history_name(stream, "20240501", 1)

    def tamper(listed):
        del shop.until[name]
        shop.until |= {name: until} if until else {}

    shop.run(stream, tamper=tamper)

    report = check(shop.files, tmp_path)

    assert [(e.code, e.object) for e in report.findings] == [("RETENTION_TOO_SHORT", name)]
    assert report.findings[0].found == str(until)


def with_keyring(published, stored):
    """An archive whose log names one second keyring, and that has another one, or none."""
    shop = Installation()
    stream = shop.order("1")
    shop.run(stream)
    said = {"keyring": 2, "origin": ORIGIN, "sha256": hashlib.sha256(published(shop)).hexdigest()}
    shop.record("system/keys", "key.keyring_published", said, source="orderproof", id="k2")
    shop.order("2")
    shop.run(
        "system/keys",
        tamper=lambda listed: listed.update(
            {"trust/keyring.2.json": stored(shop)} if stored else {}
        ),
    )
    return shop.files


def second_keyring(**theft):
    """A second keyring that the root key signed, in which both keys were stolen or are in use."""

    def made(shop):
        keys = [shop.key_entry(vkey, **theft) for vkey in shop.vkeys()]
        previous = hashlib.sha256(shop.keyring()).hexdigest()
        return shop.keyring(keyring=2, previous=previous, keys=keys)

    return made


STOLEN = second_keyring(status="compromised", to_size=6, since="2024-05-01")
IN_USE = second_keyring()


@pytest.mark.parametrize("order", [None, "2"])
def test_a_theft_that_the_log_tells_cannot_be_hidden_without_the_root_keys(tmp_path, order):
    honest = check(with_keyring(IN_USE, IN_USE), tmp_path, order=order)
    left_out = check(with_keyring(STOLEN, None), tmp_path, order=order)
    another = check(with_keyring(STOLEN, IN_USE), tmp_path, order=order)

    assert honest.verdict == "intact"
    assert [(e.code, e.object) for e in left_out.findings] == [
        ("FILE_MISSING", "trust/keyring.2.json")
    ]
    assert [(e.code, e.object) for e in another.findings] == [
        ("FILE_ALTERED", "trust/keyring.2.json")
    ]
