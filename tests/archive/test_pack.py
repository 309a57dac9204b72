"""Packs: what is put in comes out, as files of its own, and nothing else can be in there."""

import json
import random

import pytest

from archive import history, layout, limits, member, pack
from archive.errors import ArchiveError, FormatError, MemberError, TooLargeError
from archive.pack import Builder, Group, Row
from tests.archive.archive_builder import members, read_pack

GROUP = Group("default", 2028, "de")
NOTE = b"proof.example.org/shop\n9\nroot\n\n\xe2\x80\x94 proof.example.org/shop c2ln\n"


def builder():
    return Builder("proof.example.org/shop", 9, GROUP)


def built(count=3):
    filling = builder()
    for number in range(count):
        text = b'{"order":"%d"}\nline\n\nproof\n\n' % number
        assert filling.add(f"order/de/{number}", 1, member.compress(text)) is not None
    return filling.finish(NOTE)


def test_a_pack_prints_histories_their_checkpoint_and_its_rows():
    data = built()

    texts = [text for _, _, text in members(data)]
    assert texts[:3] == [b'{"order":"%d"}\nline\n\nproof\n\n' % number for number in range(3)]
    assert texts[3] == NOTE
    header, *rows = texts[4].splitlines()
    assert header == (
        b'{"class":"default","histories":3,"log_size":9,"orderproof":1,'
        b'"origin":"proof.example.org/shop","shop":"de","year":2028}'
    )
    offsets = [(offset, length) for offset, length, _ in members(data)[:3]]
    assert rows == [b'["order/de/%d",1,%d,%d]' % (n, *place) for n, place in enumerate(offsets)]


def test_what_a_pack_says_of_itself_is_read_back():
    data = built()

    read = pack.parse(data)

    assert (read.group, read.origin, read.log_size) == (GROUP, "proof.example.org/shop", 9)
    assert read.checkpoint == NOTE
    assert [row.stream for row in read.rows] == ["order/de/0", "order/de/1", "order/de/2"]
    _, _, alone = read_pack(data)
    texts = [pack.disclose(pack.text_of(data, row), read.checkpoint) for row in read.rows]
    assert texts == alone


def test_names_of_every_script_are_read_back():
    filling = builder()
    filling.add('order/de/王/".. \\', 7, member.compress(b"text"))

    (row,) = pack.parse(filling.finish(NOTE)).rows

    assert (row.stream, row.revision) == ('order/de/王/".. \\', 7)


def test_a_pack_that_is_full_takes_no_more(monkeypatch):
    monkeypatch.setattr(limits, "HISTORIES_IN_A_PACK", 3)
    filling = builder()
    rows = [filling.add(f"order/de/{number}", 1, b"x") for number in range(4)]

    assert rows[:3] == [Row(f"order/de/{n}", 1, n, 1) for n in range(3)]
    assert rows[3] is None
    assert filling.histories == 3


def test_no_pack_is_longer_than_the_limit_whatever_is_put_in():
    dice = random.Random(1)
    filling = builder()
    while filling.add("order/de/" + "x" * dice.randrange(9000), 1, dice.randbytes(60_000)):
        pass

    data = filling.finish(dice.randbytes(limits.NOTE))

    assert 0.9 * limits.PACK < len(data) <= limits.PACK


def test_one_history_always_fits():
    filling = builder()

    assert filling.add("order/de/" + "\x01" * 4096, 1, bytes(limits.PACKED)) is not None
    assert len(filling.finish(bytes(limits.NOTE))) <= limits.PACK


@pytest.mark.parametrize("place", range(0, len(built()), 7))
def test_a_changed_byte_is_never_read_as_another_pack(place):
    data = built()
    changed = bytearray(data)
    changed[place] ^= 0x20

    try:
        read = pack.parse(bytes(changed))
        texts = [pack.text_of(bytes(changed), row) for row in read.rows]
    except ArchiveError:
        return
    pytest.fail(f"read as {read} with {texts}")


@pytest.mark.parametrize("cut", range(1, len(built()), 11))
def test_a_pack_that_was_cut_is_refused(cut):
    with pytest.raises(ArchiveError):
        pack.parse(built()[:-cut])


def test_bytes_behind_a_pack_are_refused():
    with pytest.raises(MemberError):
        pack.parse(built() + b"\0")


def rows_changed(change):
    """Return a pack whose rows were changed by somebody who knows the format."""
    data = built()
    (place, _, text) = members(data)[-1]
    header, *rows = [json.loads(line) for line in text.splitlines()]
    change(header, rows)
    lines = [json.dumps(line, separators=(",", ":")) for line in (header, *rows)]
    return data[:place] + member.compress(("\n".join(lines) + "\n").encode())


@pytest.mark.parametrize(
    "change",
    [
        lambda header, rows: rows.pop(),
        lambda header, rows: rows.clear(),
        lambda header, rows: header.update(histories=2),
        lambda header, rows: header.update(histories=True),
        lambda header, rows: header.update(orderproof=2),
        lambda header, rows: header.update(log_size="9"),
        lambda header, rows: header.update(shop="fr"),
        lambda header, rows: header.update(shop=1),
        lambda header, rows: header.update(more=1),
        lambda header, rows: header.pop("year"),
        lambda header, rows: rows.reverse(),
        lambda header, rows: rows[0].pop(),
        lambda header, rows: rows[1].__setitem__(0, "system/policy"),
        lambda header, rows: rows[1].__setitem__(1, 0),
        lambda header, rows: rows[1].__setitem__(2, 0),
        lambda header, rows: rows[1].__setitem__(3, 1),
        lambda header, rows: rows[1].__setitem__(3, -5),
        lambda header, rows: rows[2].__setitem__(3, 10**9),
        lambda header, rows: rows[2].__setitem__(3, True),
    ],
)
def test_rows_that_do_not_fit_are_refused(change):
    with pytest.raises((FormatError, TooLargeError)):
        pack.parse(rows_changed(change))


def test_rows_as_they_were_are_read():
    assert rows_changed(lambda header, rows: None) == built()


def test_what_is_longer_than_any_pack_is_not_looked_into():
    with pytest.raises(TooLargeError):
        pack.parse(bytes(limits.PACK + 1))


def test_the_rows_of_a_bomb_are_not_unpacked():
    bomb = built() + member.compress(bytes(limits.PACK + 1))

    with pytest.raises(TooLargeError):
        pack.parse(bomb)


def test_names_of_packs_are_read_as_they_are_written():
    assert layout.pack_path(120, 3) == "packs/120/00003.jsonl.gz"
    assert layout.parse_pack_path("packs/120/00003.jsonl.gz") == (120, 3)
    assert layout.parse_pack_path(layout.pack_path(7, 123456)) == (7, 123456)
    for other in ("packs/120/3.jsonl.gz", "packs/0120/00003.jsonl.gz", "packs/120/000003.jsonl.gz"):
        assert layout.parse_pack_path(other) is None


def test_a_disclosed_history_is_the_standard_form():
    proof = history.Proof(3, (bytes(32),), NOTE)
    header = history.make_header(
        stream="order/de/1", tag="0" * 32, origin="o", revision=1, first_version=1, positions=[3, 4]
    )
    whole = history.encode(history.History(header, [b"a", b"b"], proof))

    packed = history.encode_open(header, [b"a", b"b"], 3, (bytes(32),))

    assert pack.disclose(packed, NOTE) == whole
    assert packed.endswith(b"\n\n")
