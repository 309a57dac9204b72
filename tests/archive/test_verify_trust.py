"""Signatures, keyrings and older states of the log."""

import pytest

from tests.archive.archive_attacks import about, check, codes
from tests.archive.archive_builder import Installation, small


@pytest.fixture
def keyring(shop, tmp_path):
    path = tmp_path / "keyring.json"
    path.write_bytes(shop.keyring())
    return path


def test_an_archive_signed_anew_by_another_key_shows_only_with_a_pinned_keyring(
    shop, keyring, tmp_path
):
    forged = small(seed=9)

    alone = check(forged.files, tmp_path)
    pinned = check(forged.files, tmp_path, keyring=keyring)
    honest = check(shop.files, tmp_path)

    assert alone.verdict == "intact"
    assert alone.not_checked[0] != honest.not_checked[0], "the fingerprints differ"
    assert pinned.verdict == "altered"
    assert "KEYRING_UNTRUSTED" in codes(pinned)
    assert pinned.findings[0].object == "trust/keyring.1.json"


def test_the_honest_keyring_in_a_forged_archive_is_found(shop, tmp_path):
    forged = small(seed=9)
    forged.files["trust/keyring.1.json"] = shop.keyring()

    report = check(forged.files, tmp_path)

    assert report.verdict == "altered"
    assert "KEYRING_UNTRUSTED" in codes(report)


def test_a_keyring_of_another_origin_is_a_mismatch(shop, tmp_path):
    other = tmp_path / "other.json"
    other.write_bytes(Installation("other.example.org").keyring())

    report = check(shop.files, tmp_path, keyring=other)

    assert "log/checkpoint" in {e.object for e in about(report, "ORIGIN_MISMATCH")}


@pytest.mark.parametrize("content", [None, b"", b"garbage", b'{"keys":[]}\n'])
def test_a_pinned_keyring_that_cannot_be_read_cannot_tell(shop, tmp_path, content):
    path = tmp_path / "keyring"
    if content is not None:
        path.write_bytes(content)

    report = check(shop.files, tmp_path, keyring=path)

    assert report.verdict == "cannot_tell"
    assert report.exit_code == 5


def test_a_key_signs_only_from_its_size_on(shop, tmp_path):
    path = tmp_path / "keyring"
    path.write_bytes(shop.keyring(keys=[shop.key_entry(v, from_size=14) for v in shop.vkeys()]))
    files = shop.files | {"trust/keyring.1.json": path.read_bytes()}

    report = check(files, tmp_path, keyring=path)

    assert {e.object for e in about(report, "KEY_OUT_OF_PERIOD")} >= {"log/checkpoints/13"}


def test_a_checkpoint_signed_by_a_stranger_is_found(shop, files, tmp_path):
    stranger = small(seed=5)
    text = shop.note(shop.cut).decode().partition("\n\n")[0] + "\n"
    foreign = stranger.sign(text)
    both = shop.sign(text) + foreign.rpartition(b"\n\n")[2]

    for note in (foreign, both):
        files["log/checkpoint"] = files[f"log/checkpoints/{shop.cut}"] = note
        report = check(files, tmp_path)

        assert report.verdict == "altered"
        assert "KEYRING_UNTRUSTED" in codes(report)
        assert ("CHECKPOINT_SIGNATURE_MISSING" in codes(report)) is (note == foreign)


@pytest.mark.parametrize("kind", [0, 1])
def test_a_checkpoint_needs_both_signatures(shop, files, tmp_path, kind):
    lines = files["log/checkpoint"].splitlines(keepends=True)
    del lines[4 + kind]
    files["log/checkpoint"] = files[f"log/checkpoints/{shop.cut}"] = b"".join(lines)

    report = check(files, tmp_path)

    assert report.verdict == "altered"
    assert {(e.code, e.object) for e in report.findings} >= {
        ("CHECKPOINT_SIGNATURE_MISSING", "log/checkpoint"),
        ("CHECKPOINT_SIGNATURE_MISSING", f"log/checkpoints/{shop.cut}"),
    }
    assert ["Ed25519", "ML-DSA-44"][kind] in report.findings[0].detail


@pytest.mark.parametrize("kind", [0, 1])
def test_both_signatures_of_a_checkpoint_are_verified(shop, files, tmp_path, kind):
    lines = files["log/checkpoints/14"].splitlines(keepends=True)
    lines[4 + kind] = files["log/checkpoints/13"].splitlines(keepends=True)[4 + kind]
    files["log/checkpoints/14"] = b"".join(lines)

    report = check(files, tmp_path)

    assert [(e.code, e.object) for e in about(report, "CHECKPOINT_SIGNATURE_BAD")] == [
        ("CHECKPOINT_SIGNATURE_BAD", "log/checkpoints/14")
    ]


def test_the_signatures_of_a_checkpoint_stand_in_their_order(shop, files, tmp_path):
    *text, first, second = files["log/checkpoints/14"].splitlines(keepends=True)
    files["log/checkpoints/14"] = b"".join([*text, second, first])

    report = check(files, tmp_path)

    assert [(e.code, e.object) for e in report.findings] == [("FILE_ALTERED", "log/checkpoints/14")]


def test_a_checkpoint_with_another_text_is_not_signed(shop, files, tmp_path):
    note = files["log/checkpoint"].replace(b"\n24\n", b"\n14\n")
    files["log/checkpoint"] = note

    report = check(files, tmp_path)

    assert about(report, "CHECKPOINT_SIGNATURE_BAD")[0].object == "log/checkpoint"
    assert report.checked["size"] == shop.cut, "the stored checkpoint is gone on from"


def test_the_newest_checkpoint_is_a_copy_of_the_stored_one(files, tmp_path):
    text, _, line = files["log/checkpoint"].rpartition(b"\n\n")
    files["log/checkpoint"] = text + b"\n\n" + line + line

    report = check(files, tmp_path)

    assert [(e.code, e.object) for e in report.findings] == [("FILE_ALTERED", "log/checkpoint")]


def test_an_older_checkpoint_put_back_is_found(shop, files, tmp_path):
    kept = tmp_path / "kept"
    kept.write_bytes(shop.files["log/checkpoint"])
    files["log/checkpoint"] = files["log/checkpoints/14"]

    alone = check(files, tmp_path)
    with_newer = check(files, tmp_path, checkpoint=kept)

    assert alone.verdict == "incomplete"
    assert "log/checkpoints/24" in {e.object for e in about(alone, "FILE_UNEXPECTED")}
    assert "LOG_ROLLED_BACK" in codes(with_newer)


def test_a_consistent_cut_back_shows_only_with_a_newer_checkpoint(shop, tmp_path):
    older = Installation()
    older.record("system/policy", "policy.changed", {"rule": "refund-v1"})
    first, second = older.order("202405001"), older.order("202405002", amount=4200)
    older.order("202405003", shop="fr", events=2)
    older.run(first, second)
    kept = tmp_path / "kept"
    kept.write_bytes(shop.files["log/checkpoint"])

    assert check(older.files, tmp_path).verdict == "intact"
    report = check(older.files, tmp_path, checkpoint=kept)
    assert report.verdict == "incomplete"
    assert codes(report) == {"LOG_ROLLED_BACK"}


def test_a_cut_back_to_where_no_run_ended_is_found(tmp_path):
    shop = Installation()
    stream = shop.order("1")
    shop.run(stream)
    shop.order("2")
    size = len(shop.lines)
    shop.publish(size)  # a checkpoint that was signed in the middle of a run
    shop.write_open(size)
    shop.files["log/checkpoint"] = shop.note(size)

    report = check(shop.files, tmp_path)

    assert report.verdict == "incomplete"
    assert about(report, "LOG_TRUNCATED")[0].object == "log/checkpoint"


def test_an_archive_of_no_run_at_all_is_not_intact(tmp_path):
    cut = Installation()
    cut.order("1")
    cut.publish(4)
    cut.write_open(4)
    cut.files |= {"log/checkpoint": cut.note(4), "trust/keyring.1.json": cut.keyring()}

    report = check(cut.files, tmp_path)

    assert report.verdict == "incomplete"
    assert codes(report) == {"LOG_TRUNCATED"}


def test_a_run_that_was_interrupted_is_incomplete_and_never_altered(shop, tmp_path):
    before = Installation()
    before.record("system/policy", "policy.changed", {"rule": "refund-v1"})
    first, second = before.order("202405001"), before.order("202405002", amount=4200)
    before.order("202405003", shop="fr", events=2)
    before.run(first, second)
    later = [n for n in shop.files if n not in before.files]
    order = [
        *[n for n in later if n == "log/checkpoints/23"],
        *[n for n in later if n.startswith("log/tile") and n.endswith("23")],
        *[n for n in later if n.startswith(("orders", "system"))],
        *[n for n in later if n.startswith("manifests")],
        *[n for n in later if n.startswith("log/tile") and n.endswith("24")],
        *[n for n in later if n == "log/checkpoints/24"],
        *[n for n in later if n.startswith("open")],
        "index/root.json",
    ]

    state = dict(before.files)
    for name in order:
        state[name] = shop.files[name]
        report = check(state, tmp_path)
        assert report.verdict == "incomplete", (name, report.findings)
    state["log/checkpoint"] = shop.files["log/checkpoint"]

    assert set(order) == {*later, "index/root.json"}
    assert check(state, tmp_path).verdict == "incomplete", "the older open lines are still there"
    assert check(shop.files, tmp_path).verdict == "intact"


def test_a_first_run_that_was_interrupted_is_incomplete_and_never_altered(tmp_path):
    shop = Installation()
    shop.order("1")
    shop.run("order/de/1")
    whole = dict(shop.files)
    del whole["log/checkpoint"]

    names = sorted(whole, key=lambda n: (n.startswith("open"), n.startswith("manifests")))
    for count in range(1, len(names) + 1):
        state = {n: whole[n] for n in names[:count]}
        report = check(state, tmp_path)

        assert report.verdict == "incomplete", (state.keys(), report.findings)


def test_a_log_written_anew_by_an_insider_contradicts_a_kept_checkpoint(shop, tmp_path):
    kept = tmp_path / "kept"
    kept.write_bytes(shop.files["log/checkpoints/14"])
    rewritten = Installation()
    for number in range(10):
        rewritten.order(str(number))
    rewritten.run("order/de/1")

    assert check(rewritten.files, tmp_path).verdict == "intact"
    report = check(rewritten.files, tmp_path, checkpoint=kept)
    assert report.verdict == "altered"
    assert codes(report) == {"LOG_FORKED"}


def test_an_older_checkpoint_of_another_history_is_a_fork(shop, files, tmp_path):
    fork = Installation()
    for number in range(10):
        fork.order(str(number))
    files["log/checkpoints/13"] = fork.note(13)

    report = check(files, tmp_path)

    assert report.verdict == "altered"
    assert {e.object for e in about(report, "LOG_FORKED")} >= {"log/checkpoints/13"}


def test_a_checkpoint_under_another_size_is_found(shop, files, tmp_path):
    files["log/checkpoints/13"] = files["log/checkpoints/14"]

    report = check(files, tmp_path)

    assert report.verdict == "altered"
    assert about(report, "FILE_ALTERED")[0].object == "log/checkpoints/13"


@pytest.mark.parametrize("content", [None, b"", b"garbage\n\n", b"\xff" * 100])
def test_a_kept_checkpoint_that_is_none_accuses_nobody(shop, tmp_path, content):
    path = tmp_path / "kept"
    if content is not None:
        path.write_bytes(content)

    report = check(shop.files, tmp_path, checkpoint=path)

    assert report.verdict == "cannot_tell"


def test_a_kept_checkpoint_by_another_key_accuses_nobody(shop, tmp_path):
    path = tmp_path / "kept"
    path.write_bytes(small(seed=4).files["log/checkpoint"])

    assert check(shop.files, tmp_path, checkpoint=path).verdict == "cannot_tell"


def test_a_damaged_keyring_does_not_hide_other_damage(files, tmp_path):
    files["trust/keyring.1.json"] = b"garbage"

    report = check(files, tmp_path)

    assert report.verdict == "altered"
    assert any("signatures" in text for text in report.not_checked)


def test_a_missing_keyring_is_incomplete(files, tmp_path):
    del files["trust/keyring.1.json"]

    assert check(files, tmp_path).verdict == "incomplete"
