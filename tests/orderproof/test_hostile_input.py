"""Hostile payloads through the commands: limits, bombs, text, numbers and money."""

import gzip
import io
import json
import sys
import unicodedata
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest

from eventstore import log
from eventstore.connection import connect

EVENT = {
    "specversion": "1.0",
    "id": "good",
    "source": "/shop/test",
    "type": "order.placed",
    "subject": "de/1",
    "time": "2025-03-03T09:00:00+01:00",
    "data": {"currency": "EUR", "total": 12800},
}

Taken = namedtuple("Taken", "code recorded rejects")
both_verbs = pytest.mark.parametrize("verb", ["import", "record"])


def event(id="good", **changes):
    return {**EVENT, "id": id, **changes}


def dumped(id="good", **changes):
    return json.dumps(event(id, **changes)).encode()


def with_data(data, id="bad", type="order.placed"):
    """An event whose data is this text, which JSON writers would not write so."""
    return dumped(id, type=type, data="DATA").replace(b'"DATA"', data)


@pytest.fixture
def take(orderproof, data, tmp_path):
    """Give bytes to a verb; return exit code, how many were recorded, and what was quarantined."""

    def take(verb, raw, name="events.jsonl"):
        file = tmp_path / name
        file.write_bytes(raw)
        done = orderproof(verb, file, "--data", data, "--json")
        if verb == "import":
            recorded = done.json["recorded"]
        else:
            recorded = sum(one["result"] == "recorded" for one in done.json["events"])
        rejects = done.json["rejects_file"]
        lines = Path(rejects).read_text().split("\n")[:-1] if rejects else []
        return Taken(done.code, recorded, [json.loads(line) for line in lines])

    return take


@pytest.fixture
def stored(migrated_database):
    """Read the lines that the store has, as they are stored."""

    def read():
        with connect(migrated_database) as connection:
            return list(log.lines(connection, 0, log.size(connection)))

    return read


@pytest.fixture
def shown(orderproof, data):
    """Read the data of an order's events as `order` shows it to who may see all of it."""

    def show(order):
        done = orderproof("order", order, "--data", data, "--json", "--personal")
        assert done.code == 0
        return [one["data"] for one in done.json["events"]]

    return show


# E-05
@both_verbs
def test_e_05_what_is_too_large_or_too_deep_is_quarantined_and_the_rest_recorded(take, verb):
    bad = [
        ("too-large", dumped("big", data={"note": "x" * 10_000_000})),
        ("too-large", with_data(b'{"a":' * 2_000_000)),
        ("nesting", with_data(b'{"a":' * 10_000 + b"1" + b"}" * 10_000)),
        ("nesting", with_data(b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}")),
        ("nesting", dumped("deep", extension="DATA").replace(b'"DATA"', b"[" * 10_000)),
        ("nesting", b"[" * 10_000),
        ("nesting", b'{"a":' * 10_000),
    ]
    lines = [line for i, (_, raw) in enumerate(bad) for line in (dumped(f"good {i}"), raw)]

    taken = take(verb, b"\n".join([*lines, dumped("last")]))

    assert (taken.code, taken.recorded) == (7, len(bad) + 1)
    assert [(row["code"], row["line"], row["size"]) for row in taken.rejects] == [
        (code, 2 * i, len(raw)) for i, (code, raw) in enumerate(bad, 1)
    ]
    for row, (_, raw) in zip(taken.rejects, bad, strict=True):
        assert raw.startswith(row["raw"].encode())
        assert len(row["raw"]) == len(raw) or row["truncated"]


# E-05
@both_verbs
@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"data":'])
def test_e_05_an_input_of_nothing_but_openings_is_no_crash(take, verb, opening):
    taken = take(verb, opening * (10_000_000 // len(opening)), name="events.json")

    assert (taken.code, taken.recorded) == (7, 0)
    assert {row["code"] for row in taken.rejects} <= {"too-large", "nesting", "json-syntax"}


# E-05
@both_verbs
def test_e_05_ten_thousand_lines_and_ten_thousand_unknown_members_are_recorded(
    take, verb, shown, orderproof, data
):
    lines = [{"sku": f"A-{i}", "quantity": 1, "unit_price": i} for i in range(10_000)]
    members = {f"member {i}": i for i in range(10_000)}
    content = {"currency": "EUR", "total": 1, "lines": lines}

    taken = take(verb, dumped("a", data=content) + b"\n" + dumped("b", data=members))

    assert taken == (0, 2, [])
    assert shown("de/1") == [content, members]
    assert orderproof("claim", "de/1", "--data", data, "--json").code == 0


# E-05
@both_verbs
def test_e_05_a_batch_of_ten_thousand_events_is_recorded_whole(take, verb):
    batch = [event(f"e{i}", subject=f"de/{i % 100}") for i in range(10_000)]

    assert take(verb, json.dumps(batch).encode()) == (0, 10_000, [])


# E-05
def test_e_05_what_is_just_deep_enough_goes_all_the_way_to_the_archive_and_back(
    take, shown, orderproof, data
):
    depth = 62  # 64 with the event and its data
    deep = with_data(b'{"known":%b}' % (b"[" * depth + b"]" * depth), "deep")
    over = with_data(b'{"known":%b}' % (b"[" * (depth + 1) + b"]" * (depth + 1)), "over")

    taken = take("import", deep + b"\n" + over)
    [content] = shown("de/1")
    archived = orderproof("archive", "--all", "--data", data, "--json")
    verified = orderproof("verify", "--data", data, "--json")

    assert (taken.code, taken.recorded, taken.rejects[0]["code"]) == (7, 1, "nesting")
    assert json.dumps(content).count("[") == depth
    assert archived.code == 0
    assert (verified.code, verified.json["verdict"]) == (0, "intact")


# E-06
@both_verbs
@pytest.mark.parametrize("filling", [b" ", b"["])
def test_e_06_a_gzip_bomb_is_stopped_and_what_stands_before_it_is_recorded(take, verb, filling):
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file:
        file.write(dumped("a") + b"\n")
        for _ in range(200):
            file.write(filling * 1_000_000)
    assert len(packed.getvalue()) < 300_000

    taken = take(verb, packed.getvalue(), name="events.jsonl.gz")

    assert (taken.code, taken.recorded) == (7, 1)
    assert taken.rejects[-1]["code"] == "gzip-bomb"
    assert sum(len(row["raw"]) for row in taken.rejects) < 20_000_000


def zipped(content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("events.jsonl", content)
    return file.getvalue()


# E-06
@both_verbs
@pytest.mark.parametrize(
    ("raw", "packing", "piped"),
    [
        (zipped(b"\0" * 100_000_000), "zip", False),
        (zipped(dumped()), "zip", True),
        (b"\x28\xb5\x2f\xfd\x04\0", "zstd", False),
        (gzip.compress(gzip.compress(dumped())), "gzip within gzip", False),
    ],
    ids=["zip bomb", "zip on a pipe", "zstd", "gzip within gzip"],  # the bytes hold the time
)
def test_e_06_packings_that_are_not_unpacked_are_refused_by_name(
    orderproof, data, tmp_path, stored, monkeypatch, verb, raw, packing, piped
):
    file = tmp_path / "events.jsonl"
    file.write_bytes(raw)
    with file.open("rb") as opened:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(opened))

        done = orderproof(verb, "-" if piped else file, "--data", data)

    assert done.code == 2
    assert f"is packed as {packing}," in done.err
    assert "Next: unpack it" in done.err
    assert stored() == []


# E-07
@both_verbs
def test_e_07_nul_and_halves_of_characters_are_refused_with_their_place(take, verb):
    bad = [
        ("nul", "/data/remarks", with_data(b'{"remarks":"a\\u0000b"}')),
        ("nul", "/data/a�b", with_data(b'{"a\\u0000b":1}')),
        ("nul", "byte 162", with_data(b'{"remarks":"a\0b"}')),
        ("lone-surrogate", "/data/remarks", with_data(b'{"remarks":"\\ud842"}')),
        ("lone-surrogate", "/data/remarks", with_data(b'{"remarks":"\\udfb7\\ud842"}')),
        ("invalid-utf8", "byte 161", with_data(b'{"remarks":"\xed\xa1\x82"}')),
        ("nul", "/id", dumped("a\0b")),
        ("lone-surrogate", "/id", dumped("\ud842")),
        ("lone-surrogate", "/subject", dumped(subject="de/\udc00")),
    ]

    taken = take(verb, b"\n".join([*(raw for _, _, raw in bad), dumped()]))

    assert (taken.code, taken.recorded) == (7, 1)
    for row, (code, place, raw) in zip(taken.rejects, bad, strict=True):
        assert (row["code"], row["place"]) == (code, place)
        kept = row["raw"].encode() if "raw" in row else bytes.fromhex(row["raw_hex"])
        assert kept == raw


# E-07
@both_verbs
@pytest.mark.parametrize("ascii_only", [False, True])
def test_e_07_text_is_kept_to_the_byte_however_it_was_written(take, verb, stored, ascii_only):
    text = "𠮷野家 \u202eevil\u202c caf\u00e9 cafe\u0301 \ufb01 \u200b\ufeff 👩\u200d🚒"
    content = {"placed_at": text, "source_channel": "𠮷", "payment_method": "\ue000"}
    raw = json.dumps(event(data=content), ensure_ascii=ascii_only).encode()

    assert take(verb, raw).recorded == 1

    [line] = stored()
    body = line.body.decode()
    assert f'"placed_at":"{text}"' in body
    assert '"source_channel":"𠮷"' in body
    assert json.loads(body)["data"] == content


# E-07
@both_verbs
def test_e_07_composed_and_decomposed_letters_are_different_names(take, verb, shown, stored):
    composed = unicodedata.normalize("NFC", "café")
    decomposed = unicodedata.normalize("NFD", "café")
    lines = [
        dumped(name, subject=f"de/{name}", data={"source_channel": name})
        for name in (composed, decomposed)
    ]

    taken = take(verb, b"\n".join(lines))

    assert taken == (0, 2, [])
    assert [line.stream for line in stored()] == [f"order/de/{composed}", f"order/de/{decomposed}"]
    assert shown(f"de/{composed}") == [{"source_channel": composed}]
    assert shown(f"de/{decomposed}") == [{"source_channel": decomposed}]


# E-07
def test_e_07_what_could_steer_a_terminal_is_shown_escaped_and_means_the_same(
    take, orderproof, data
):
    hostile = "\u202e4711\u2066\u009b31m\U000e0041\x1b"
    raw = dumped(hostile, subject=f"de/{hostile}", data={"source_channel": hostile, "total": "x"})
    fine = dumped("b", subject=f"de/{hostile}", data={"source_channel": f"𠮷{hostile}"})
    take("import", raw + b"\n" + fine)

    people = orderproof("order", f"de/{hostile}", "--data", data)
    programs = orderproof("order", f"de/{hostile}", "--data", data, "--json")
    answered = orderproof("claim", f"de/{hostile}", "--data", data)

    for printed in (people.out, programs.out, answered.out):
        assert not set(hostile) - set("4711m3[") & set(printed)
    assert "\\u202e4711\\u2066\\x9b31m\\U000e0041\\x1b" in people.out
    assert programs.json["order"] == hostile
    assert programs.json["events"][0]["data"]["source_channel"] == f"𠮷{hostile}"
    assert "𠮷" in programs.out


# E-08
@both_verbs
def test_e_08_numbers_that_are_no_safe_integers_are_kept_as_they_were_written(take, verb, stored):
    literals = {
        "placed_at": "0.30000000000000004",
        "source_channel": "1e400",
        "payment_method": "-0.0",
        "rounding": "1234567890123456789",
        "promised_ship_by": "-9007199254740993",
        "promised_deliver_by": "1.10",
        "order_no": "1E+2",
    }
    data = ",".join(f'"{name}":{literal}' for name, literal in literals.items())
    data += ',"account_id":-0,"customer_id":9007199254740992'

    taken = take(verb, with_data(b"{%b}" % data.encode()))

    assert taken.recorded == 1
    [line] = stored()
    assert json.loads(line.body)["data"] == {
        **literals, "account_id": 0, "customer_id": 9007199254740992,
    }  # fmt: skip


# E-08
@both_verbs
def test_e_08_what_is_no_finite_number_is_refused(take, verb):
    bad = [
        with_data(b'{"%b":%b}' % (member, number))
        for member in (b"remarks", b"total", b"nobody declared it")
        for number in (b"NaN", b"Infinity", b"-Infinity")
    ]

    taken = take(verb, b"\n".join(bad))

    assert (taken.code, taken.recorded) == (7, 0)
    assert [row["code"] for row in taken.rejects] == ["not-finite"] * len(bad)


# E-08
@both_verbs
def test_e_08_money_that_is_no_safe_integer_is_quarantined_with_its_literal(take, verb):
    amounts = ["12.80", "128.0", "1e2", "0.30000000000000004", "-0.0", "1e400", "1" * 19]
    lines = [with_data(b'{"currency":"EUR","total":%b}' % one.encode()) for one in amounts]

    taken = take(verb, b"\n".join(lines))

    assert (taken.code, taken.recorded) == (7, 0)
    for row, amount in zip(taken.rejects, amounts, strict=True):
        assert (row["code"], row["place"]) == ("money-not-integer", "/data/total")
        assert f'"total":{amount}}}' in row["raw"]


# E-10
@both_verbs
def test_e_10_an_unknown_currency_is_kept_and_flagged_and_half_a_yen_quarantined(
    take, verb, shown, orderproof, data
):
    unknown = dumped("a", data={"currency": "XQX", "total": 150})
    half = with_data(b'{"currency":"JPY","total":1.5}', "b")
    no_code = with_data(b'{"currency":"yen","total":1}', "c")

    taken = take(verb, b"\n".join([unknown, half, no_code]))
    timeline = orderproof("order", "de/1", "--data", data, "--json").json["events"]
    people = orderproof("order", "de/1", "--data", data)

    assert (taken.code, taken.recorded) == (7, 1)
    assert [(row["code"], row["line"], row["place"]) for row in taken.rejects] == [
        ("money-not-integer", 2, "/data/total"),
        ("currency-form", 3, "/data/currency"),
    ]
    assert taken.rejects[0]["raw"] == half.decode()
    assert [one["flags"] for one in timeline] == [["unknown-currency"]]
    assert shown("de/1") == [{"currency": "XQX", "total": 150}]
    assert "[unknown-currency]" in people.out
