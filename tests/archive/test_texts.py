"""Names and texts of the archive's files: each is read back, and read in one form only."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive import canonical, history, layout, line, manifest, open_lines
from archive.errors import FormatError
from archive.note import VerifierKey
from tests.archive.archive_builder import open_text

ORIGIN = "example.org/shop"
KEY = VerifierKey(
    ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
)
HEADER = history.make_header(
    stream="order/de/202405001",
    tag="ab" * 16,
    origin=ORIGIN,
    revision=1,
    first_version=1,
    positions=[7, 8, 12],
)
HISTORY = history.History(
    HEADER, [b"{}", b'{"a":1}', b"{}"], history.Proof(11, (bytes(32),), b"note\n")
)


def an_event(version=1, type_="order.placed", occurred_at="2024-05-01T10:00:00+02:00", data="{}"):
    body = (
        f'{{"data":{data},"id":"e{version}","occurred_at":"{occurred_at}","schema":1,'
        '"source":"/test"}'
    )
    return (
        f'{{"event":{body},"prev":"{"0" * 64}","recorded_at":"2024-05-01T08:00:00.000000Z",'
        f'"stream":"order/de/1","type":"{type_}","version":{version}}}'
    ).encode()


def test_an_order_lies_under_shop_and_number():
    folder = hashlib.sha256(b"202405001").hexdigest()[:2]

    path = layout.history_path("order/de/202405001", "20240501", 2)

    assert path == f"orders/de/{folder}/202405001_20240501_r2.jsonl.gz"
    assert layout.parse_history_path(path) == layout.HistoryName(
        f"orders/de/{folder}/202405001", "20240501", 2
    )


def test_a_system_stream_lies_under_system():
    path = layout.history_path("system/archive", "20240501", 1)

    assert path == "system/archive_20240501_r1.jsonl.gz"
    assert layout.history_path("system/access/2024", "20240501", 1).startswith("system/access%2F")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("A-z_0", "A-z_0"),
        ("../../x", "%2E%2E%2F%2E%2E%2Fx"),
        ("a~b\0", "a%7Eb%00"),
        ("王", "%E7%8E%8B"),
        ("", ""),
    ],
)
def test_names_are_escaped(text, escaped):
    assert layout.escape(text) == escaped


def test_long_names_are_shortened_with_a_digest():
    assert layout.escape("x" * 120) == "x" * 120
    assert layout.escape("x" * 121) == (
        "x" * 80 + "~" + hashlib.sha256(b"x" * 121).hexdigest()[:32]
    )
    assert len(layout.escape("王" * 1000)) == 113


def test_an_order_number_that_looks_like_a_revision_keeps_its_name():
    path = layout.history_path("order/de/A_20200101_r3", "20240501", 1)

    name = layout.parse_history_path(path)

    assert name.stem.endswith("/A_20200101_r3")
    assert (name.date, name.revision) == ("20240501", 1)


@pytest.mark.parametrize("path", ["orders/de/ab/1_20240501_r0.jsonl.gz", "open/7.jsonl.gz", ""])
def test_other_names_are_no_histories(path):
    assert layout.parse_history_path(path) is None


def test_sizes_are_read_from_names():
    assert layout.checkpoint_size(layout.checkpoint_path(12)) == 12
    assert layout.manifest_size(layout.manifest_path(0)) == 0
    assert layout.open_size(layout.open_path(7)) == 7
    assert layout.checkpoint_size("log/checkpoints/012") is None
    assert layout.checkpoint_size("log/checkpoints/12\n") is None


def test_the_date_is_that_of_the_placement_as_it_is_written():
    paid = an_event(1, "payment.captured", "2024-06-30T23:00:00+00:00")
    placed = an_event(2, data='{"placed_at":"2024-05-02T00:30:00+02:00"}')

    assert line.date_of(map(line.read, [paid, placed])) == "20240502"
    assert line.date_of(map(line.read, [paid])) == "20240630"
    assert (
        line.date_of(map(line.read, [paid, an_event(2, data='{"placed_at":"today"}')]))
        == "20240501"
    )
    assert line.date_of(map(line.read, [an_event(data='{"placed_at":7}')])) == "20240501"
    assert (
        line.date_of(map(line.read, [an_event(occurred_at="2024-02-31T00:00:00Z")])) == "00000000"
    )


def test_a_line_is_read():
    event = line.read(an_event(3, data='{"amount":12800}'))

    assert (event.stream, event.version, event.id) == ("order/de/1", 3, "e3")
    assert event.data == {"amount": 12800}


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"[]",
        b"\xff",
        an_event().replace(b'"version":1', b'"version":0'),
        an_event().replace(b'"version":1', b'"version":true'),
        an_event().replace(b'"version":1', b'"version":1.0'),
        an_event().replace(b'"version":1', b'"version": 1'),
        an_event().replace(b'"version":1', b'"version":1,"version":1'),
        an_event().replace(b'"stream":"order/de/1"', b'"stream":"order/de\\/1"'),
        an_event().replace(b'"stream":"order/de/1"', b'"stream":"\\ud800"'),
        an_event().replace(b'"stream":"order/de/1",', b""),
        an_event().replace(b'"data":{}', b'"data":[]'),
        an_event().replace(b'"id":"e1"', b'"id":1'),
        an_event().replace(b"000000Z", b"00000Z"),
        an_event().replace(b'"prev":"0', b'"prev":"G'),
        an_event(data='{"x":' + "[" * 100_000 + "]" * 100_000 + "}"),
        an_event(data='{"x":' + "9" * 5000 + "}"),
        an_event(data='{"x":NaN}'),
    ],
)
def test_what_is_not_an_events_line_is_refused(bad):
    with pytest.raises(FormatError):
        line.read(bad)


def test_a_history_is_read_back():
    text = history.encode(HISTORY)

    assert history.parse(text) == HISTORY
    assert history.header_stream(HEADER) == "order/de/202405001"
    assert history.header_positions(HEADER) == [7, 8, 12]
    assert text.startswith(
        b'{"events":3,"first_version":1,"order":"202405001","orderproof":1,'
        b'"origin":"example.org/shop","positions":[7,1,4],"revision":1,"shop":"de","tag":"abab'
    )


def test_a_history_in_a_log_of_one_has_an_empty_path():
    short = history.History(HEADER, HISTORY.lines, history.Proof(0, (), b"note\n"))

    assert history.parse(history.encode(short)) == short


def test_a_system_history_names_its_stream():
    header = history.make_header(
        stream="system/policy",
        tag="ab" * 16,
        origin=ORIGIN,
        revision=1,
        first_version=1,
        positions=[3],
    )

    assert history.header_stream(header) == "system/policy"
    assert "order" not in header


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"events":3', b'"events":4'),
        (b'"events":3', b'"events": 3'),
        (b'"orderproof":1', b'"orderproof":2'),
        (b'"revision":1', b'"revision":0'),
        (b'"positions":[7,1,4]', b'"positions":[7,0,4]'),
        (b'"positions":[7,1,4]', b'"positions":[]'),
        (b'"positions":[7,1,4]', b'"positions":"7"'),
        (b'"shop":"de"', b'"shop":"d/e"'),
        (b'"shop":"de"', b'"shap":"de"'),
        (b'"tag":"ab', b'"tag":"AB'),
        (b"index 11", b"index 011"),
        (b"index 11", b"extra AA==\nindex 11"),
        (b"tlog-proof@v1", b"tlog-proof@v2"),
        (b"AAAAA=\n", b"AAAAB=\n"),
        (b"AAAAA=\n\n", b"AAAAA=\n"),
        (b"{}\n\n", b"{}\n"),
        (b"\n{}\n", b"\n"),
    ],
)
def test_what_is_not_a_history_is_refused(old, new):
    text = history.encode(HISTORY)

    assert old in text
    with pytest.raises(FormatError):
        history.parse(text.replace(old, new, 1))


def test_open_lines_are_read_back():
    rows = [(3, b"{}"), (9, b'{"a":"\\t"}')]

    first, *rest = open_lines.split_rows([open_text(ORIGIN, 9, rows)])

    assert open_lines.read_header(first) == open_lines.OpenHeader(2, ORIGIN, 9)
    assert [open_lines.read_row(row) for row in rest] == rows


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"events":2', b'"events":true'),
        (b'"events":2', b'"events":-2'),
        (b'"size":9', b'"size":-9'),
        (b"3\t", b"03\t"),
        (b"3\t", b"3 "),
    ],
)
def test_what_is_not_open_lines_is_refused(old, new):
    text = open_text(ORIGIN, 9, [(3, b"{}"), (9, b"{}")])

    def read_all(text):
        first, *rest = open_lines.split_rows([text])
        return open_lines.read_header(first), [open_lines.read_row(row) for row in rest]

    assert old in text
    with pytest.raises(FormatError):
        read_all(text.replace(old, new, 1))
    with pytest.raises(FormatError):
        read_all(text[:-1])


def test_the_digest_beside_open_lines_is_what_sha256sum_reads():
    assert open_lines.digest_row(hashlib.sha256(b"").hexdigest(), 7) == (
        b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  7.jsonl.gz\n"
    )


def test_a_manifest_is_read_back():
    written = manifest.Manifest(ORIGIN, 7, {"README.txt": manifest.StoredFile("00" * 32, 12)})
    data = manifest.encode(written)

    assert manifest.parse(data) == written
    assert data == (
        b'{"files":{"README.txt":{"sha256":"' + b"00" * 32 + b'","size":12}},'
        b'"log_size":7,"orderproof":1,"origin":"example.org/shop"}\n'
    )


@pytest.mark.parametrize("bad", [b"1.5", b'{"a":1,"a":1}', b'{"b":1,"a":1}', b'"\\u0041"', b""])
def test_only_canonical_json_is_read(bad):
    assert canonical.decode(b'{"a":[1,true,null,"\xc3\xa9"]}') == {"a": [1, True, None, "é"]}
    with pytest.raises(FormatError):
        canonical.decode(bad)


def test_json_nested_without_end_is_refused():
    with pytest.raises(FormatError):
        canonical.decode(b"[" * 100_000 + b"]" * 100_000)
    for depth in range(100, 1100, 50):
        try:
            canonical.decode(b"[" * depth + b"]" * depth)
        except FormatError:
            break
