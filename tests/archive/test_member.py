"""The one gzip form: what reads it, and what it refuses."""

import gzip
import io
import random
import subprocess

import pytest

from archive import member
from archive.errors import MemberError, TooLargeError

TEXT = b'{"a":1}\n' * 1000


def test_any_gzip_reader_reads_a_member():
    data = member.compress(TEXT)

    assert gzip.decompress(data) == TEXT
    assert member.decompress(data, len(TEXT)) == TEXT
    assert data == member.compress(TEXT)


def test_zcat_prints_a_member(tool):
    result = subprocess.run(
        [tool("zcat")], input=member.compress(TEXT), capture_output=True, check=True
    )

    assert result.stdout == TEXT


def test_the_header_is_fixed():
    assert member.compress(b"")[:10] == bytes.fromhex("1f8b08 00 00000000 00 ff")


def test_another_gzip_header_is_refused():
    with pytest.raises(MemberError, match="start"):
        member.decompress(gzip.compress(TEXT, mtime=1), 10_000)


def test_a_second_member_is_refused():
    data = member.compress(TEXT)

    with pytest.raises(MemberError, match="behind"):
        member.decompress(data + member.compress(b"more"), 10_000)
    with pytest.raises(MemberError, match="behind"):
        member.decompress(data + b"\0", 10_000)


def test_every_truncation_is_refused():
    data = member.compress(TEXT)

    for length in range(len(data)):
        with pytest.raises(MemberError):
            member.decompress(data[:length], 10_000)


def test_a_changed_checksum_or_length_is_refused():
    data = bytearray(member.compress(TEXT))

    for place in range(len(data) - 8, len(data)):
        changed = bytes([*data[:place], data[place] ^ 1, *data[place + 1 :]])
        with pytest.raises(MemberError, match="checksum or length"):
            member.decompress(changed, 10_000)


def test_content_over_the_limit_is_not_read_on():
    bomb = member.compress(bytes(50_000_000))

    with pytest.raises(TooLargeError):
        member.decompress(bomb, 1_000_000)


@pytest.mark.parametrize("length", [0, 1, 262_143, 262_144, 262_145, 524_288, 3_000_000])
def test_content_of_any_length_comes_back_whole(length):
    for data in (bytes(length), random.Random(length).randbytes(length)):
        compressed = member.compress(data)

        assert member.decompress(compressed, length) == data
        assert b"".join(member.chunks(io.BytesIO(compressed), length)) == data


def test_garbage_is_refused():
    chance = random.Random(1)

    for _ in range(200):
        with pytest.raises(MemberError):
            member.decompress(member.HEADER + chance.randbytes(chance.randrange(200)), 10_000)
