import bz2
import gzip
import io
import lzma
import os
import random
import subprocess
import sys
import threading
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.event import Fact
from sources import cloudevents
from sources.input import Input, detect, open_input, packing
from sources.window import DamagedInputError

# A busy machine is no failure.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

SAMPLE = Path(__file__).parents[2] / "orderproof/samples/uci_online_retail_sample.csv.gz"
TEXT = b"".join(b'{"line":%d,"text":"%d"}\n' % (i, i * i) for i in range(20_000))


def drain(opened):
    """What can be read, and the code of the damage behind it, if any."""
    parts = []
    try:
        while part := opened.read(1000):
            parts.append(part)
    except DamagedInputError as damage:
        assert opened.read(1000) == b""
        return b"".join(parts), damage.code
    return b"".join(parts), None


def test_a_plain_file_is_read_as_it_is(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(TEXT)

    with open_input(path) as opened:
        assert drain(opened) == (TEXT, None)
        assert opened.consumed == len(TEXT)


def test_gzip_is_told_by_its_bytes_and_not_by_its_name(tmp_path):
    packed, plain = tmp_path / "events.jsonl", tmp_path / "events.gz"
    packed.write_bytes(gzip.compress(TEXT))
    plain.write_bytes(TEXT)

    with open_input(str(packed)) as opened:
        assert drain(opened) == (TEXT, None)
    with open_input(str(plain)) as opened:
        assert drain(opened) == (TEXT, None)


@pytest.mark.parametrize("data", [b"", b"\x1f", b"{"])
def test_a_file_shorter_than_the_magic_bytes_is_plain(data):
    assert drain(Input(io.BytesIO(data))) == (data, None)


def test_a_missing_file_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        open_input(tmp_path / "none")


def test_members_in_a_row_and_padding_are_read():
    data = gzip.compress(b"one") + gzip.compress(b"") + gzip.compress(b"two") + b"\0" * 100_000

    assert drain(Input(io.BytesIO(data))) == (b"onetwo", None)


@pytest.mark.parametrize("cut", [3, 9, 10, 11, 1000, 30_000, -9, -8, -4, -1])
def test_a_truncated_file_gives_what_it_has_and_then_says_so(cut):
    packed = gzip.compress(TEXT, mtime=0)[:cut]
    readable = zlib.decompressobj(wbits=31).decompress(packed)

    assert drain(Input(io.BytesIO(packed))) == (readable, "gzip-truncated")


def test_a_truncated_second_member_is_noticed():
    packed = gzip.compress(b"one") + gzip.compress(b"two")[:1]

    assert drain(Input(io.BytesIO(packed))) == (b"one", "gzip-truncated")


def test_an_altered_file_gives_what_comes_before_the_damage_and_then_says_so():
    packed = bytearray(gzip.compress(TEXT, mtime=0))
    packed[-7] ^= 1  # in the checksum

    assert drain(Input(io.BytesIO(bytes(packed)))) == (TEXT, "gzip-corrupt")


@unhurried
@given(st.integers(0, 10**9))
def test_whatever_byte_is_altered_the_data_before_it_is_read(seed):
    pick = random.Random(seed)
    packed = bytearray(gzip.compress(pick.randbytes(100_000).hex().encode(), mtime=0))
    at = pick.randrange(20, len(packed) - 8)
    before = zlib.decompressobj(wbits=31).decompress(bytes(packed[:at]))
    packed[at] ^= 1 << pick.randrange(8)

    data, code = drain(Input(io.BytesIO(bytes(packed))))

    assert code in ("gzip-corrupt", "gzip-truncated")
    assert data.startswith(before)


def test_something_behind_the_members_is_damage():
    packed = gzip.compress(TEXT) + b"behind"

    assert drain(Input(io.BytesIO(packed))) == (TEXT, "gzip-corrupt")


# E-06
@pytest.mark.parametrize("filling", [b"\0", b"\n", b'{"a":1}\n'])
def test_a_bomb_is_stopped_where_the_ratio_gives_it_away(filling):
    packed = gzip.compress(filling * (300_000_000 // len(filling)))
    opened = Input(io.BytesIO(packed))

    data, code = drain(opened)

    assert code == "gzip-bomb"
    assert len(data) < 150_000_000


# E-06
def test_a_bomb_in_many_members_is_stopped_too():
    member = gzip.compress(bytes(1_000_000))
    opened = Input(io.BytesIO(member * 200))

    assert drain(opened)[1] == "gzip-bomb"


# E-06
@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"PK\x03\x04\x14\0", "zip"),
        (b"PK\x05\x06" + bytes(18), "zip"),  # an empty one
        (b"\x28\xb5\x2f\xfd\x04\0", "zstd"),
        (bz2.compress(b"one"), "bzip2"),
        (lzma.compress(b"one"), "xz"),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "7z"),
        (gzip.compress(b"one", mtime=0), "gzip within gzip"),
        (b"PK", None),
        (b"BZh9", None),
        (b"7z is a program", None),
        (b'{"a":1}', None),
        (b"", None),
    ],
)
def test_a_packing_that_is_not_unpacked_is_told_by_the_first_bytes(head, name):
    assert packing(head) == name


# E-06
def test_a_bomb_is_stopped_and_never_held():
    packer = zlib.compressobj(wbits=31, level=9)
    packed = b"".join(packer.compress(bytes(1_000_000)) for _ in range(300)) + packer.flush()
    opened = Input(io.BytesIO(packed))

    tracemalloc.start()
    items = list(cloudevents.read(opened))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [item.code for item in items] == ["too-large", "gzip-bomb"]
    assert items[0].size < 200_000_000
    assert peak < 24_000_000


def test_a_pipe_is_read_as_it_comes():
    reading, writing = os.pipe()
    opened = Input(os.fdopen(reading, "rb"))
    try:
        os.write(writing, b'{"a"')
        first = opened.read(1000)
        threading.Timer(0.05, lambda: (os.write(writing, b":1}\n"), os.close(writing))).start()

        assert first == b'{"a"'
        assert opened.peek() == b":1}\n"
        assert drain(opened) == (b":1}\n", None)
    finally:
        opened.close()


def test_standard_input_is_named_by_a_dash():
    script = "from sources.input import open_input; i = open_input('-'); print(i.read(99))"

    done = subprocess.run(
        [sys.executable, "-c", script],
        input=gzip.compress(b"hello"),
        capture_output=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )

    assert done.stdout == b"b'hello'\n"


def test_peeking_takes_nothing():
    opened = Input(io.BytesIO(gzip.compress(TEXT)))

    assert TEXT.startswith(opened.peek())
    assert len(opened.peek()) == 4096
    assert drain(opened) == (TEXT, None)


def test_peeking_into_a_damaged_file_shows_what_is_there():
    opened = Input(io.BytesIO(gzip.compress(b"short")[:-3]))

    assert opened.peek() == b"short"
    assert drain(opened) == (b"short", "gzip-truncated")


def test_a_truncated_file_of_events_gives_its_whole_events_and_one_reject():
    line = (
        b'{"specversion":"1.0","id":"%d","source":"/x","type":"order.confirmed","subject":"de/1",'
        b'"time":"2025-03-03T09:00:00Z","data":{}}\n'
    )
    packed = gzip.compress(b"".join(line % i for i in range(5_000)))[:-2000]

    items = list(cloudevents.read(Input(io.BytesIO(packed))))

    assert len(items) > 1000
    assert all(isinstance(item, Fact) for item in items[:-1])
    assert (items[-1].code, items[-1].line) == ("gzip-truncated", len(items))
    assert (line % (len(items) - 1)).startswith(items[-1].raw)


HEADER = b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


@pytest.mark.parametrize(
    ("head", "format_"),
    [
        (b'{"specversion":"1.0"}', "cloudevents"),
        (b"\xef\xbb\xbf \n[{", "cloudevents"),
        (HEADER + b"\r\n536365,...", "uci-retail"),
        (b"\xef\xbb\xbf" + HEADER, "uci-retail"),
        (b",".join(reversed(HEADER.split(b","))) + b"\n", "uci-retail"),
        (b'"' + HEADER.replace(b",", b'","') + b'"\n', "uci-retail"),
        (HEADER + b",Extra\n", None),
        (b"order,amount\n1,2\n", None),
        (b"", None),
        (b"\xff\xfe\n", None),
    ],
)
def test_the_format_is_told_by_the_first_bytes(head, format_):
    assert detect(head) == format_


def test_the_sample_is_told_by_its_first_bytes():
    with open_input(SAMPLE) as opened:
        assert detect(opened.peek()) == "uci-retail"
