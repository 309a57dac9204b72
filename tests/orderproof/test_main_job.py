"""The main job, end to end: record, archive, lose everything else, answer, verify."""

import gzip
import json
import shutil
from pathlib import Path

import pytest

from orderproof import installation
from orderproof.bootstrap import open_store

CASES = Path(__file__).parents[1] / "data" / "claim_cases"
VERDICTS = json.loads((CASES / "verdicts.json").read_text())
SAMPLES = Path(__file__).parents[2] / "orderproof" / "samples"
HOSTILE = [
    "../../x", "a/b", "a\\b", ".", "..", "CON", "x.", " ", "%2e%2e", "~", "\u202e4711", "𠮷野家",
    "x" * 4_096, "\u202e" * 1_300,
    "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "a\nb", "\x7f",
]  # fmt: skip


@pytest.fixture
def archived(data, orderproof):
    assert orderproof("import", CASES / "events.jsonl", "--data", data).code == 0
    assert orderproof("archive", "--all", "--data", data).code == 0
    return data / "archive"


@pytest.mark.parametrize("order", VERDICTS)
def test_each_written_case_gets_its_verdict_from_the_archive_alone(archived, orderproof, order):
    done = orderproof("claim", order, "--from-archive", archived, "--json")

    assert (done.code, done.json["verdict"]) == (0, VERDICTS[order])
    assert done.json["integrity"]["verdict"] == "intact"


def test_store_archive_and_single_file_give_the_same_answer(data, archived, orderproof):
    for order in VERDICTS:
        number = order.partition("/")[2]
        [file] = archived.glob(f"orders/example/*/{number}_*")
        answers = [
            orderproof("claim", order, "--data", data, "--json").json,
            orderproof("claim", order, "--from-archive", archived, "--json").json,
            orderproof("claim", number, "--from-archive", file, "--json").json,
        ]
        for answer in answers:
            del answer["seconds"], answer["integrity"]

        assert answers[0] == answers[1] == answers[2]


def test_a_claim_needs_neither_data_folder_nor_keys(archived, data, orderproof, tmp_path):
    kept = tmp_path / "kept"
    shutil.move(archived, kept)
    shutil.rmtree(data)

    done = orderproof("claim", "C07", "--from-archive", f"file://{kept}", "--json")

    assert (done.code, done.json["verdict"]) == (0, "FAILED_NOT_REISSUED")
    assert orderproof("verify", kept).code == 0


def test_an_order_is_found_in_an_archive_by_a_reference_too(archived, orderproof):
    done = orderproof("claim", "re_r1_C08", "--from-archive", archived, "--json")

    assert (done.code, done.json["order"]) == (0, "C08")


def test_an_order_that_the_archive_does_not_hold_is_not_found(archived, orderproof):
    done = orderproof("claim", "C99", "--from-archive", archived, "--json")

    assert (done.code, done.json["verdict"]) == (6, "ORDER_NOT_FOUND")


def test_a_lone_history_with_no_keyring_cannot_be_told(archived, orderproof, tmp_path):
    [file] = archived.glob("orders/example/*/C07_*")
    lone = shutil.copy(file, tmp_path / "history.gz")

    done = orderproof("claim", "C07", "--from-archive", lone, "--json")

    assert (done.code, done.json["verdict"]) == (5, "FAILED_NOT_REISSUED")
    assert done.json["integrity"]["verdict"] == "cannot_tell"
    assert done.json["confidence"] == "incomplete"


def test_a_changed_amount_makes_the_claim_a_conflict_and_names_the_event(archived, orderproof):
    [file] = archived.glob("orders/example/*/C10_*")
    forge(file, b'"amount":12800', b'"amount":12900')

    claim = orderproof("claim", "C10", "--from-archive", archived, "--json")
    verify = orderproof("verify", archived, "--json")

    assert (claim.code, claim.json["verdict"]) == (3, "EVIDENCE_CONFLICT")
    assert (verify.code, verify.json["verdict"]) == (3, "altered")
    named = json.dumps(verify.json["findings"])
    assert "payment.captured" in named
    assert "b147" in named


def test_an_order_whose_file_was_removed_is_not_simply_not_found(archived, orderproof):
    [file] = archived.glob("orders/example/*/C10_*")
    file.unlink()

    done = orderproof("claim", "C10", "--from-archive", archived, "--json")

    assert (done.code, done.json["verdict"]) == (4, "EVIDENCE_CONFLICT")
    assert done.json["integrity"]["verdict"] == "incomplete"


@pytest.mark.parametrize("part", ["README.txt", "log/checkpoint", "trust/keyring.1.json"])
def test_a_part_of_an_archive_that_is_no_history_is_not_accused(archived, orderproof, part):
    done = orderproof("verify", archived / part)

    assert done.code == 2
    assert "Verify all of it" in done.err


def test_the_tag_key_of_the_data_folder_is_the_one_that_an_auditor_is_given(
    archived, data, orderproof
):
    done = orderproof("verify", archived, "--tag-key", data / "keys" / "tag.key", "--json")

    assert (done.code, done.json["verdict"]) == (0, "intact")
    assert not any("order tags" in text for text in done.json["not_checked"])


def test_archiving_again_does_nothing(archived, data, orderproof):
    before = snapshot(archived)

    again = orderproof("archive", "--all", "--data", data, "--json")

    assert (again.code, again.json["run"]) == (0, None)
    assert snapshot(archived) == before


def test_later_events_make_a_second_revision_and_leave_the_first(
    archived, data, orderproof, tmp_path
):
    before = snapshot(archived)
    late = tmp_path / "late.json"
    event = {
        "specversion": "1.0", "id": "late-1", "source": "/example", "type": "refund.reissued",
        "subject": "example/C07", "time": "2025-04-01T09:00:00Z",
        "data": {"refund_id": "r1-C07", "new_refund_id": "r2-C07"},
    }  # fmt: skip
    late.write_text(json.dumps(event))
    assert orderproof("import", late, "--data", data).code == 0

    assert orderproof("archive", "--all", "--data", data).code == 0

    after = snapshot(archived)
    assert {n: b for n, b in after.items() if n in before and not mutable(n)} == {
        n: b for n, b in before.items() if not mutable(n)
    }
    assert len(list(archived.glob("orders/example/*/C07_*_r2.jsonl.gz"))) == 1
    assert orderproof("verify", archived).code == 0
    claim = orderproof("claim", "C07", "--from-archive", archived, "--json")
    assert claim.json["integrity"]["events"] == 10


def test_open_orders_are_in_the_archive_unsealed(data, orderproof):
    orderproof("import", CASES / "events.jsonl", "--data", data)

    done = orderproof("archive", "--data", data, "--json")

    assert (done.code, done.json["run"]["sealed"]) == (0, 1)  # system/archive
    claim = orderproof("claim", "C07", "--from-archive", data / "archive", "--json")
    assert (claim.code, claim.json["verdict"]) == (0, "FAILED_NOT_REISSUED")


def test_only_orders_closed_before_a_day_are_sealed_if_asked(data, orderproof):
    orderproof("import", SAMPLES / "refunds_that_go_wrong.jsonl", "--data", data)

    early = orderproof("archive", "--closed-before", "2025-07-31", "--data", data, "--json")
    later = orderproof("archive", "--closed-before", "2025-08-01", "--data", data, "--json")

    assert early.json["run"]["sealed"] == 1, "system/archive alone"
    names = {file.name.split("_")[0] for file in (data / "archive" / "orders").rglob("*.gz")}
    assert names == {"D-1001", "D-1003", "D-1006"}
    assert later.json["run"]["histories"] >= 3


@pytest.mark.parametrize("number", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_order_number_is_data_everywhere_and_never_a_path(
    data, orderproof, tmp_path, number
):
    event = {
        "specversion": "1.0", "id": "h", "source": "/t", "type": "order.placed",
        "subject": f"de/{number}", "time": "2025-03-03T09:00:00Z",
        "data": {"currency": "EUR", "total": 1},
    }  # fmt: skip
    file = tmp_path / "hostile.json"
    file.write_text(json.dumps(event))
    assert orderproof("import", file, "--data", data).code == 0
    assert orderproof("archive", "--all", "--data", data).code == 0

    live = orderproof("claim", f"de/{number}", "--data", data, "--json")
    filed = orderproof("claim", f"de/{number}", "--from-archive", data / "archive", "--json")

    assert (live.code, live.json["order"]) == (0, number)
    assert (filed.code, filed.json["order"]) == (0, number)
    assert len(list((data / "archive" / "orders" / "de").glob("*/*.jsonl.gz"))) == 1
    assert orderproof("verify", data / "archive").code == 0


@pytest.mark.parametrize(
    "time", ["0202-03-04T09:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:60-14:00"]
)
def test_a_time_far_off_spoils_neither_its_order_nor_the_archive(data, orderproof, tmp_path, time):
    event = {
        "specversion": "1.0", "id": "h", "source": "/t", "type": "order.placed",
        "subject": "de/far", "time": time, "data": {"currency": "EUR", "total": 1},
    }  # fmt: skip
    file = tmp_path / "far.json"
    file.write_text(json.dumps(event))
    assert orderproof("import", file, "--data", data).code == 0
    assert orderproof("archive", "--all", "--data", data).code == 0

    done = orderproof("claim", "far", "--from-archive", data / "archive", "--json")

    assert (done.code, done.json["verdict"]) == (0, "NEVER_CAPTURED")
    assert orderproof("verify", data / "archive").code == 0


def test_a_reference_planted_in_a_file_leads_nobody_to_another_order(archived, orderproof):
    [file] = archived.glob("orders/example/*/C07_*")
    forge(file, b"order/example/C07", b"order/example/C10", every=True)

    done = orderproof("claim", "re_r1_C07", "--from-archive", archived, "--json")

    assert done.code == 3
    assert done.json["order"] != "C10"


def test_personal_data_is_nowhere_in_the_clear(tmp_path, orderproof):
    data = tmp_path / "own"
    canaries = [b"Test Buyer", b"Musterweg", b"301234567", b"k07@example"]
    printed = [orderproof("init", "--data", data)]
    printed.append(orderproof("import", CASES / "events.jsonl", "--data", data))
    printed.append(orderproof("archive", "--all", "--data", data))
    printed.append(orderproof("claim", "C04", "--data", data, "--json"))
    printed.append(orderproof("claim", "C04", "--customer", "k07@example.org", "--data", data))
    printed.append(orderproof("order", "C04", "--data", data, "--json"))
    with open_store(installation.find(data)) as store, store.connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")  # what was written is in the files that are searched

    for file in data.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            if file.suffix == ".gz":
                content += gzip.decompress(content)
            for canary in canaries:
                assert canary not in content, f"{canary!r} in {file}"
    for done in printed:
        for canary in canaries:
            assert canary not in (done.out + done.err).encode()


def forge(file: Path, old: bytes, new: bytes, *, every: bool = False) -> None:
    """Change a history's text and compress it again, as somebody with zcat and gzip would."""
    text = gzip.decompress(file.read_bytes())
    assert old in text
    file.chmod(0o644)
    file.write_bytes(gzip.compress(text.replace(old, new, -1 if every else 1)))


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def mutable(name: str) -> bool:
    return name == "log/checkpoint" or name.startswith(("index/", "open/"))
