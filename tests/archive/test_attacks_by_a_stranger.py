"""Attacks on a real archive by somebody who has read the format and nothing else."""

import contextlib
import functools
import gzip
import hashlib
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import zlib
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import pytest

import orderproof
from orderproof import cli, postgres
from tests.conftest import _database

SAMPLE = Path(orderproof.__file__).parent / "samples" / "refunds_that_go_wrong.jsonl"
CASES = Path(__file__).parents[1] / "data" / "claim_cases" / "events.jsonl"

MANY = "example/C02"  # three revisions and open lines
MANY_FILE = "orders/example/37/C02_20250303_r{}.jsonl.gz"
OTHER_FILE = "orders/example/13/C01_20250303_r1.jsonl.gz"
OPEN = "open/N-0"  # open lines only
ASKED = "demo/D-1001"
ASKED_FILE = "orders/demo/82/D-1001_20250502_r1.jsonl.gz"
REFERENCE = "24011345162000043632001"  # of a refund of ASKED
ELSEWHERE = "demo/D-1004"

FOUR_GIB = 1 << 32
PATIENCE = 10  # seconds; each of these commands needs less than two


@pytest.fixture(scope="module")
def stand(server, migrated_template, tmp_path_factory):
    """Two installations after four runs, each run kept; not to be changed."""
    folder = tmp_path_factory.mktemp("stand")
    for name in ("mine", "foreign"):
        with _database(server, migrated_template) as dsn, pytest.MonkeyPatch.context() as patch:
            patch.setenv("ORDERPROOF_DATABASE_URL", postgres.sqlalchemy_url(dsn))
            _build(folder / name)
    return folder


@pytest.fixture
def archive(stand, tmp_path):
    """A copy of the newest archive, to be changed at will."""
    return _copy(stand / "mine" / "4", tmp_path / "archive")


def _build(folder):
    data = folder / "data"
    folder.mkdir()
    assert call("init", "--data", data).code == 0
    assert call("import", "--data", data, SAMPLE).code == 7  # the sample holds one unreadable line
    assert call("import", "--data", data, CASES).code == 0
    for run in (1, 2, 3, 4):
        if run > 1:
            later = folder / f"{run}.jsonl"
            later.write_text("".join(json.dumps(each) + "\n" for each in _later(run)))
            assert call("import", "--data", data, later).code == 0
        everything = ["--all"] if run < 4 else []
        assert call("archive", *everything, "--data", data).code == 0
        _copy(data / "archive", folder / str(run))


def _later(run):
    time = f"2025-09-0{run}T10:00:00+00:00"
    for order in (ASKED, "example/C01", MANY):
        message = {"message_id": f"m{run}-{order}", "channel": "email", "body": "again"}
        yield _event(f"m{run}-{order}", "message.received", order, time, message)
    if run == 4:
        for number in range(3):
            placed = {"placed_at": time, "currency": "EUR", "total": 100, "lines": []}
            captured = {"payment_id": f"p{number}", "amount": 100, "currency": "EUR"}
            order = f"open/N-{number}"
            yield _event(f"o{number}", "order.placed", order, time, placed)
            yield _event(f"p{number}", "payment.captured", order, time, captured)


def _event(identity, kind, subject, time, data):
    return {
        "specversion": "1.0",
        "id": identity,
        "source": "/test",
        "type": kind,
        "subject": subject,
        "time": time,
        "data": data,
    }


def call(*arguments):
    """Run a command in this process; an exception that it lets out fails the test."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr(sys, "argv", ["orderproof", *map(str, arguments)])
        code = cli.run()
    return SimpleNamespace(code=code, out=out.getvalue(), err=err.getvalue())


def call_apart(*arguments):
    """Run a command that could hang or eat the memory in a process of its own, within bounds."""
    command = [sys.executable, "-m", "orderproof", *map(str, arguments)]
    bounded = ["sh", "-c", 'ulimit -v 2000000; exec "$@"', "sh", *command]
    try:
        done = subprocess.run(bounded, capture_output=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        pytest.fail(f"does not end within {PATIENCE} s")
    return SimpleNamespace(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())


def verify(archive, *options):
    done = call("verify", archive, "--json", *options)
    return SimpleNamespace(code=done.code, **json.loads(done.out))


def claim(archive, order):
    return call("claim", order, "--from-archive", archive, "--json").code


def codes(report):
    return {each["code"] for each in report.findings}


def names(report, text):
    return any(text in each["object"] for each in report.findings)


def caught(report):
    return report.code in (3, 4) and report.verdict in ("altered", "incomplete") and report.findings


def _copy(source, target):
    shutil.copytree(source, target, symlinks=True)
    return target


def _files(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in _regular(folder)}


def _regular(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def put(path, data):
    """Write a file in the place of a read-only one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def pack(text):
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = deflate.compress(text) + deflate.flush()
    tail = zlib.crc32(text).to_bytes(4, "little") + len(text).to_bytes(4, "little")
    return bytes.fromhex("1f8b08000000000000ff") + body + tail


def canonical(value):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


def take_apart(path):
    text, proof = gzip.decompress(path.read_bytes()).split(b"\n\n", 1)
    header, *lines = text.split(b"\n")
    return json.loads(header), lines, proof


def put_history(path, header, lines, proof):
    put(path, pack(b"\n".join([canonical(header), *lines]) + b"\n\n" + proof))


def rechain(lines, first):
    """Number the lines anew and hash each into the next."""
    done = []
    for version, each in enumerate(lines, first):
        event = json.loads(each)
        event["version"] = version
        if done:
            event["prev"] = hashlib.sha256(done[-1]).hexdigest()
        if event["type"] == "history.sealed":
            event["event"]["data"]["events"] = version
        done.append(canonical(event))
    return done


def repair_manifests(archive):
    """Let every manifest name the files that are there now, with their digests."""
    for path in _regular(archive / "manifests"):
        said = json.loads(path.read_bytes())
        there = {name: archive / name for name in said["files"] if (archive / name).is_file()}
        said["files"] = {
            name: {"sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "size": _size(file)}
            for name, file in there.items()
        }
        put(path, canonical(said) + b"\n")


def _size(file):
    return file.stat().st_size


def open_file(archive):
    return next((archive / "open").glob("*.jsonl.gz"))


def rewrite_open(archive, change):
    """Change the rows of the open lines, and repair their count and the digest beside them."""
    path = open_file(archive)
    header, *rows = gzip.decompress(path.read_bytes()).splitlines()
    rows = change(rows)
    said = json.loads(header) | {"events": len(rows)}
    put(path, pack(b"\n".join([canonical(said), *rows]) + b"\n"))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    put(
        path.with_name(path.name.replace(".jsonl.gz", ".sha256")),
        f"{digest}  {path.name}\n".encode(),
    )


def make_huge(path):
    path.chmod(0o644)
    os.truncate(path, 16 * FOUR_GIB)  # sparse: takes no room


# What must stay intact.


def test_an_untouched_copy_is_intact_wherever_it_lies(archive, tmp_path):
    odd = tmp_path / "an odd\n name \u202e"
    archive.rename(odd)
    (tmp_path / "link").symlink_to(odd)
    for path in _regular(odd):
        os.utime(path, (1, 1))

    directly, through_link = verify(odd), verify(tmp_path / "link")

    assert (directly.code, through_link.code) == (0, 0)
    assert [claim(odd, order) for order in (MANY, OPEN, ASKED, REFERENCE)] == [0, 0, 0, 0]


# Bytes.


def test_one_byte_changed_at_many_places_of_every_file_is_named(archive):
    missed = []

    for number, path in enumerate(_regular(archive)):
        name, data = path.relative_to(archive).as_posix(), path.read_bytes()
        path.chmod(0o644)
        for at in ((number * 7919 + 5003), (number % 12, -1 - number % 10)[number % 2]):
            at %= len(data)
            path.write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :])
            report = verify(archive)
            if not caught(report):
                missed.append((name, at, report.verdict))
        path.write_bytes(data)

    assert missed == []
    assert verify(archive).code == 0


def test_every_file_that_is_cut_or_lengthened_is_noticed(archive):
    missed = []

    for path in _regular(archive):
        data = path.read_bytes()
        path.chmod(0o644)
        for changed in (data[:-1], data + b"\n"):
            path.write_bytes(changed)
            report = verify(archive)
            if not caught(report):
                missed.append((path.relative_to(archive).as_posix(), changed[-9:], report.verdict))
        path.write_bytes(data)

    assert missed == []


def test_every_file_that_is_gone_is_named(archive):
    missed = []

    for name, data in _files(archive).items():
        (archive / name).unlink()
        report = verify(archive)
        if not (caught(report) and names(report, name)):
            missed.append((name, report.verdict, report.findings[:2]))
        put(archive / name, data)

    assert missed == []


@pytest.mark.parametrize("behind", [b"\0", pack(b""), pack(b"more")], ids=["zero", "empty", "text"])
def test_something_behind_the_gzip_member_is_noticed_though_the_manifest_is_repaired(
    archive, behind
):
    path = archive / MANY_FILE.format(1)
    put(path, path.read_bytes() + behind)
    repair_manifests(archive)

    report = verify(archive)

    assert report.code == 3
    assert names(report, MANY_FILE.format(1))
    assert claim(archive, MANY) == 3


def test_unused_bits_of_base64_and_a_missing_padding_are_noticed(archive):
    newest = archive / "log" / "checkpoint"
    stored = archive / "log" / "checkpoints" / newest.read_text().split("\n")[1]
    text = newest.read_text()
    root = text.split("\n")[2]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = root[:-2] + letters[letters.index(root[-2]) ^ 1] + "="

    for changed in (
        text.replace(root, other),
        text.replace("=\n", "\n"),
        text.replace("\n", "\r\n"),
    ):
        put(newest, changed.encode())
        put(stored, changed.encode())

        report = verify(archive)

        assert caught(report)
        assert names(report, "log/checkpoint")


def test_a_second_or_a_foreign_signature_line_is_noticed(archive, stand):
    newest = archive / "log" / "checkpoint"
    stored = archive / "log" / "checkpoints" / newest.read_text().split("\n")[1]
    note = newest.read_bytes()
    mine = note.split(b"\n\n")[1]
    foreign = (stand / "foreign" / "4" / "log" / "checkpoint").read_bytes().split(b"\n\n")[1]

    for line in (mine, foreign, "— witness.example AAAAAAAA\n".encode()):
        put(newest, note + line)
        put(stored, note + line)

        assert caught(verify(archive))
        assert claim(archive, ASKED) == 3


def test_a_signature_line_that_stands_twice_in_an_older_checkpoint_is_noticed(archive):
    path = _regular(archive / "log" / "checkpoints")[0]
    note = path.read_bytes()
    put(path, note + note.split(b"\n\n")[1])

    report = verify(archive)

    assert caught(report)
    assert names(report, path.name)


# Events.


def drop(header, lines):
    header["positions"][2] += header["positions"].pop(1)
    header["events"] -= 1
    return lines[:1] + lines[2:]


def exchange(header, lines):
    return [lines[0], lines[2], lines[1], *lines[3:]]


def double(header, lines):
    header["positions"].insert(2, 1)
    header["events"] += 1
    return lines[:2] + lines[1:]


def raise_amount(header, lines):
    return [each.replace(b'"amount":', b'"amount":9') for each in lines]


@pytest.mark.parametrize("change", [drop, exchange, double, raise_amount])
def test_events_that_are_changed_and_chained_anew_are_not_those_of_the_log(archive, change):
    path = archive / MANY_FILE.format(1)
    header, lines, proof = take_apart(path)
    lines = rechain(change(header, lines), 1)
    put_history(path, header, lines, proof)
    repair_manifests(archive)

    report = verify(archive)

    assert report.code == 3
    assert "EVENT_NOT_LOGGED" in codes(report)
    assert names(report, f"order {MANY}")
    assert claim(archive, MANY) == 3


def test_an_earlier_event_in_place_of_the_seal_is_noticed(archive):
    path = archive / MANY_FILE.format(1)
    header, lines, proof = take_apart(path)
    put_history(path, header, [*lines[:-1], lines[1]], proof)
    repair_manifests(archive)

    report = verify(archive)

    assert report.code == 3
    assert names(report, MANY)
    assert claim(archive, MANY) == 3


@pytest.mark.parametrize("source", [OTHER_FILE, MANY_FILE.format(2)])
def test_a_proof_of_another_seal_is_refused(archive, source):
    path = archive / MANY_FILE.format(1)
    header, lines, _ = take_apart(path)
    put_history(path, header, lines, take_apart(archive / source)[2])
    repair_manifests(archive)

    report = verify(archive)

    assert report.code == 3
    assert "PROOF_INVALID" in codes(report)
    assert claim(archive, MANY) == 3


def test_a_history_moved_to_another_order_is_noticed_for_both(archive):
    text = gzip.decompress((archive / MANY_FILE.format(1)).read_bytes())
    moved = text.replace(b"order/example/C02", b"order/example/C99").replace(b'"C02"', b'"C99"')
    folder = hashlib.sha256(b"C99").hexdigest()[:2]
    put(archive / f"orders/example/{folder}/C99_20250303_r1.jsonl.gz", pack(moved))

    report = verify(archive)

    assert report.code == 3
    assert names(report, "C99")
    assert claim(archive, "example/C99") == 3


def test_swapped_histories_are_noticed_and_neither_order_gets_an_answer(archive):
    first, second = archive / MANY_FILE.format(1), archive / OTHER_FILE
    one, two = first.read_bytes(), second.read_bytes()
    put(first, two)
    put(second, one)

    report = verify(archive)

    assert report.code == 3
    assert "EVENT_WRONG_ORDER" in codes(report)
    assert (claim(archive, MANY), claim(archive, "example/C01")) == (3, 3)


# Revisions.


@pytest.mark.parametrize("gone", [(1,), (2,), (3,), (2, 3), (1, 2, 3)])
def test_revisions_taken_away_are_missed_though_the_manifests_are_repaired(archive, gone):
    for revision in gone:
        (archive / MANY_FILE.format(revision)).unlink()
    repair_manifests(archive)

    report = verify(archive)

    assert caught(report)
    assert "EVENT_OMITTED" in codes(report)
    assert claim(archive, MANY) in (3, 4)


def test_revision_two_under_the_name_of_revision_one_is_noticed(archive):
    (archive / MANY_FILE.format(2)).replace(archive / MANY_FILE.format(1))
    repair_manifests(archive)

    report = verify(archive)

    assert report.code == 3
    assert names(report, MANY_FILE.format(1))
    assert claim(archive, MANY) == 3


# Open lines.


def exchange_positions(rows):
    (one, first), (two, second) = rows[3].split(b"\t", 1), rows[4].split(b"\t", 1)
    return [*rows[:3], one + b"\t" + second, two + b"\t" + first, *rows[5:]]


OPEN_CHANGES = {
    "dropped": lambda rows: rows[:3] + rows[4:],
    "last dropped": lambda rows: rows[:-1],
    "doubled": lambda rows: [*rows[:4], *rows[3:]],
    "reordered": lambda rows: [*rows[:3], rows[4], rows[3], *rows[5:]],
    "positions exchanged": exchange_positions,
    "amounts": lambda rows: [row.replace(b'"amount":100', b'"amount":900') for row in rows],
    "beyond the cut": lambda rows: [*rows, b"99999\t" + rows[3].split(b"\t", 1)[1]],
    "position zero": lambda rows: [b"0\t" + rows[3].split(b"\t", 1)[1], *rows],
    "leading zero": lambda rows: [b"0" + rows[0], *rows[1:]],
    "endless position": lambda rows: [*rows, b"9" * 5000 + b"\t{}"],
    "deep": lambda rows: [*rows[:3], rows[3].split(b"\t")[0] + b"\t" + b"[" * 99999, *rows[4:]],
}


@pytest.mark.parametrize("change", OPEN_CHANGES)
def test_open_lines_that_are_changed_with_their_digest_repaired_are_noticed(archive, change):
    rewrite_open(archive, OPEN_CHANGES[change])

    report = verify(archive)

    assert caught(report)
    if change not in ("last dropped", "beyond the cut"):
        assert claim(archive, OPEN) in (3, 4)


def test_an_order_whose_open_lines_were_taken_out_is_not_called_not_found(archive):
    rewrite_open(archive, lambda rows: [row for row in rows if OPEN.encode() not in row])

    report = verify(archive, "--order", OPEN)

    # An order that nothing names is "not found" in an intact archive only.
    assert claim(archive, OPEN) == 4
    assert report.code == 4


# States of the past, and other installations.


def test_any_single_older_or_foreign_file_over_a_newer_one_is_noticed(archive, stand):
    missed = []
    mine = _files(archive)

    for source in ("mine/1", "mine/3", "foreign/4"):
        for name, data in _files(stand / source).items():
            if mine.get(name) == data:
                continue
            put(archive / name, data)
            report = verify(archive)
            if not caught(report):
                missed.append((source, name, report.verdict))
            (archive / name).unlink()
            if name in mine:
                put(archive / name, mine[name])

    assert missed == []
    assert verify(archive).code == 0


@pytest.mark.parametrize("how", ["over", "instead"])
def test_any_part_of_another_installation_is_noticed(stand, tmp_path, how):
    missed = []
    foreign = _files(stand / "foreign" / "4")
    tops = ["log", "manifests", "open", "orders", "system", "trust"]

    for chosen in [*combinations(tops, 1), *combinations(tops, 2), *combinations(tops, 5)]:
        archive = _copy(stand / "mine" / "4", tmp_path / "-".join(chosen))
        for top in chosen:
            if how == "instead":
                shutil.rmtree(archive / top)
        for name, data in foreign.items():
            if name.split("/")[0] in chosen:
                put(archive / name, data)
        report = verify(archive)
        if not caught(report):
            missed.append((chosen, report.verdict))

    assert missed == []


def test_an_older_archive_laid_over_the_newer_one_is_noticed(archive, stand):
    for name, data in _files(stand / "mine" / "1").items():
        put(archive / name, data)

    report = verify(archive)

    assert report.code == 4
    assert "FILE_UNEXPECTED" in codes(report)


def test_a_whole_archive_set_back_is_seen_with_a_kept_checkpoint(stand):
    kept = stand / "mine" / "4" / "log" / "checkpoint"

    for run in ("1", "2", "3"):
        report = verify(stand / "mine" / run, "--checkpoint", kept)

        assert report.code == 4
        assert "LOG_ROLLED_BACK" in codes(report)


def test_a_kept_checkpoint_that_is_older_fits_and_a_forged_or_foreign_one_proves_nothing(
    archive, stand, tmp_path
):
    newest = (archive / "log" / "checkpoint").read_bytes()
    size = newest.split(b"\n")[1]
    forged, endless = tmp_path / "forged", tmp_path / "endless"
    forged.write_bytes(newest.replace(b"\n" + size, b"\n" + str(int(size) - 1).encode(), 1))
    endless.write_bytes(newest.replace(b"\n" + size, b"\n" + b"9" * 5000, 1))

    older = verify(archive, "--checkpoint", stand / "mine" / "1" / "log" / "checkpoint")
    others = [forged, endless, stand / "foreign" / "4" / "log" / "checkpoint"]
    verdicts = [verify(archive, "--checkpoint", other).code for other in others]

    assert older.code == 0
    assert verdicts == [5, 5, 5]


def test_an_archive_of_another_key_is_intact_by_itself_and_refused_by_my_keyring(stand):
    mine = stand / "mine" / "4" / "trust" / "keyring.1.json"

    report = verify(stand / "foreign" / "4", "--keyring", mine)

    assert report.code == 3
    assert "KEYRING_UNTRUSTED" in codes(report)


# One file alone.


def test_a_lone_history_is_judged_by_the_keys_and_the_revisions_at_hand(stand, tmp_path):
    keyring = stand / "mine" / "4" / "trust" / "keyring.1.json"
    foreign = stand / "foreign" / "4" / "trust" / "keyring.1.json"
    first, second = tmp_path / "first.jsonl.gz", tmp_path / "second.jsonl.gz"
    shutil.copy(stand / "mine" / "4" / MANY_FILE.format(1), first)
    shutil.copy(stand / "mine" / "4" / MANY_FILE.format(2), second)

    assert verify(first).code == 5
    assert verify(first, "--keyring", keyring).code == 0
    assert verify(first, "--keyring", foreign).code == 3
    assert verify(second).code == 4
    assert verify(second, "--keyring", keyring).code == 4
    assert claim(first, MANY) == 5


# Claims.


@pytest.mark.parametrize("place", [ASKED_FILE, "orders/uci/00/zzz_20200101_r1.jsonl.gz"])
def test_a_reference_cannot_be_turned_to_another_orders_verdict(archive, place):
    text = gzip.decompress((archive / ASKED_FILE).read_bytes())
    (archive / ASKED_FILE).unlink()
    put(
        archive / place,
        pack(text.replace(f"order/{ASKED}".encode(), f"order/{ELSEWHERE}".encode())),
    )

    code = claim(archive, REFERENCE)

    # The reference stands in no line of the other order that the log holds.
    assert code in (3, 4)


def test_a_claim_ends_where_the_newest_checkpoint_is_a_pipe(archive):
    path = archive / "log" / "checkpoint"
    path.unlink()
    os.mkfifo(path)

    done = call_apart("claim", ASKED, "--from-archive", archive, "--json")

    assert done.code in (3, 4)


def test_a_claim_by_reference_ends_where_a_pipe_lies_among_the_open_lines(archive):
    os.mkfifo(archive / "open" / "1.jsonl.gz")

    done = call_apart("claim", REFERENCE, "--from-archive", archive, "--json")

    assert done.code in (3, 4)


def test_a_claim_does_not_read_a_huge_checkpoint_into_memory(archive):
    make_huge(archive / "log" / "checkpoint")

    done = call_apart("claim", ASKED, "--from-archive", archive, "--json")

    assert done.code in (3, 4)


def test_a_claim_by_reference_does_not_read_a_huge_history_into_memory(archive):
    make_huge(archive / MANY_FILE.format(1))

    done = call_apart("claim", REFERENCE, "--from-archive", archive, "--json")

    assert done.code in (0, 3, 4)  # the other order's file is not this claim's evidence


# Things that are no files, and files made to hurt.


@pytest.mark.parametrize("name", ["orders/x", MANY_FILE.format(1), "log/checkpoint"])
@pytest.mark.parametrize("kind", ["pipe", "link", "socket", "folder"])
def test_what_is_no_file_is_not_opened_and_not_overlooked(archive, tmp_path, name, kind):
    path = archive / name
    if path.exists():
        path.rename(tmp_path / "aside")
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to(tmp_path / "aside")
    elif kind == "folder":
        path.mkdir()
    else:
        with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)

    report = verify(archive)

    if (kind, name) == ("folder", "orders/x"):
        assert report.code == 0  # folders are not looked at
    else:
        assert caught(report)
        assert names(report, name)


def test_a_folder_behind_a_link_is_not_looked_into(archive, tmp_path):
    (archive / "orders" / "example").rename(tmp_path / "aside")
    (archive / "orders" / "example").symlink_to(tmp_path / "aside")

    report = verify(archive)

    assert report.code == 3
    assert names(report, "orders/example")
    assert claim(archive, MANY) == 3


def test_a_huge_history_is_refused_by_its_size_and_not_read_through(archive):
    make_huge(archive / MANY_FILE.format(1))

    done = call_apart("verify", archive, "--json")

    assert done.code == 3
    assert "FILE_TOO_LARGE" in done.out


@functools.cache
def bomb():
    """256 MiB of one letter, twice of what a history may have."""
    deflate, letters, crc = zlib.compressobj(9, zlib.DEFLATED, -15), b"a" * (1 << 20), 0
    parts = []
    for _ in range(1 << 8):
        parts.append(deflate.compress(letters))
        crc = zlib.crc32(letters, crc)
    tail = crc.to_bytes(4, "little") + (1 << 28).to_bytes(4, "little")
    return bytes.fromhex("1f8b08000000000000ff") + b"".join(parts) + deflate.flush() + tail


@pytest.mark.parametrize("name", [MANY_FILE.format(1), "open"])
def test_a_gzip_bomb_is_not_unpacked_into_memory(archive, name):
    path = open_file(archive) if name == "open" else archive / name
    put(path, bomb())

    done = call_apart("verify", archive, "--json")

    assert done.code == 3
    assert path.name in done.out


DEEP = b"[" * 200_000 + b"]" * 200_000


@pytest.mark.parametrize("name", ["trust/keyring.1.json", "manifests", "header", "line"])
def test_deeply_nested_json_is_a_finding_and_no_traceback(archive, name):
    path = archive / MANY_FILE.format(1)
    header, lines, proof = take_apart(path)
    if name == "header":
        put(path, pack(DEEP + b"\n\n" + proof))
    elif name == "line":
        put_history(path, header, [DEEP, *lines[1:]], proof)
    else:
        path = archive / name if name.endswith(".json") else _regular(archive / name)[0]
        put(path, DEEP)

    report = verify(archive)

    assert caught(report)
    assert claim(archive, MANY) in (3, 4)


HEADERS = {
    "endless revision": (b'"revision":1', b'"revision":' + b"9" * 9999),
    "float": (b'"revision":1', b'"revision":1.0'),
    "true": (b'"revision":1', b'"revision":true'),
    "not a number": (b'"revision":1', b'"revision":NaN'),
    "lone surrogate": (b'"order":"C02"', b'"order":"\\ud800"'),
    "zero byte": (b'"order":"C02"', b'"order":"C02\\u0000"'),
    "capital hex": (b'"tag":"', b'"tag":"A'),
    "twice": (b'"revision":1', b'"revision":1,"revision":1'),
}


@pytest.mark.parametrize("change", HEADERS)
def test_a_header_that_is_not_as_written_is_noticed(archive, change):
    path = archive / MANY_FILE.format(1)
    old, new = HEADERS[change]
    put(path, pack(gzip.decompress(path.read_bytes()).replace(old, new, 1)))
    repair_manifests(archive)

    report = verify(archive)

    assert report.code == 3
    assert names(report, MANY_FILE.format(1))
    assert claim(archive, MANY) == 3


@pytest.mark.parametrize(
    "name",
    [b".DS_Store", b"orders/\xff\xfe", b"orders/a\nb\x1b[31m", "orders/\u202eabc".encode()],
)
def test_a_file_of_any_name_is_noticed_and_printed_safely(archive, name):
    Path(os.fsdecode(os.fsencode(archive) + b"/" + name)).write_bytes(b"x")

    report, printed = verify(archive), call("verify", archive)

    assert report.code == 3
    assert "FILE_UNEXPECTED" in codes(report)
    assert not set("\x1b\u202e") & set(printed.out)
    printed.out.encode()


def test_a_name_in_another_case_is_another_file(archive):
    path = archive / OTHER_FILE
    path.rename(path.with_name(path.name.lower()))

    report = verify(archive)

    assert caught(report)
    assert claim(archive, "example/C01") in (3, 4)


def test_a_manifest_that_points_outside_reads_nothing_there(archive):
    path = _regular(archive / "manifests")[0]
    said = json.loads(path.read_bytes())
    said["files"]["../../../../../../etc/passwd"] = {"sha256": "0" * 64, "size": 1}
    put(path, canonical(said) + b"\n")

    report = verify(archive)

    assert report.code == 3
    assert names(report, path.name)
