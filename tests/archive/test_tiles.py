"""Entries and tiles against the examples in the C2SP text on tiled logs."""

from collections import Counter

import pytest

from archive import entry, tiles
from archive.errors import FormatError


def test_a_log_of_70000_has_the_tiles_of_the_published_example():
    # https://c2sp.org/tlog-tiles: 273 full level 0 tiles, one partial of width 112, one full
    # level 1 tile, one partial of width 17, one partial level 2 tile of width 1.
    found = list(tiles.tiles_for_size(70_000))
    full = Counter(level for level, _, width in found if width == 256)
    partial = {level: (index, width) for level, index, width in found if width < 256}

    assert full == {"entries": 273, 0: 273, 1: 1}
    assert partial == {"entries": (273, 112), 0: (273, 112), 1: (1, 17), 2: (0, 1)}


def test_a_log_of_256_has_the_tiles_of_the_published_example():
    assert list(tiles.tiles_for_size(256)) == [("entries", 0, 256), (0, 0, 256), (1, 0, 1)]


def test_an_empty_log_has_no_tiles():
    assert list(tiles.tiles_for_size(0)) == []


@pytest.mark.parametrize(
    ("older", "newer"), [(0, 5), (5, 9), (255, 256), (256, 600), (600, 70_000)]
)
def test_new_tiles_and_old_ones_together_are_all(older, newer):
    new = list(tiles.tiles_for_size(newer, since=older))
    old_full = [tile for tile in tiles.tiles_for_size(older) if tile[2] == 256]

    assert len(set(new)) == len(new)
    assert set(new) | set(old_full) == set(tiles.tiles_for_size(newer))
    assert not set(new) & set(old_full)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        ((0, 1234067, 256), "log/tile/0/x001/x234/067"),
        ((0, 1234, 17), "log/tile/0/x001/234.p/17"),
        (("entries", 0, 256), "log/tile/entries/000"),
        ((63, 999, 1), "log/tile/63/999.p/1"),
        ((1, 1000, 256), "log/tile/1/x001/000"),
    ],
)
def test_tiles_are_named_as_published(tile, path):
    assert tiles.tile_path(*tile) == path
    assert tiles.parse_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "log/tile/0/1",
        "log/tile/00/000",
        "log/tile/0/x000/001",
        "log/tile/0/000.p/256",
        "log/tile/0/000.p/0",
        "log/tile/0/000\n",
        "log/tile/data/000",
    ],
)
def test_other_names_are_no_tiles(path):
    assert tiles.parse_path(path) is None


def test_a_bundle_gives_its_entries_back():
    entries = [b"", b"a", b"x" * 65535]

    assert tiles.split_bundle(tiles.bundle(entries)) == entries
    assert tiles.bundle([b"abc"]) == b"\x00\x03abc"


@pytest.mark.parametrize("bad", [b"\x00", b"\x00\x01", b"\x00\x01a\x00", b"\x00\x02a"])
def test_a_torn_bundle_is_refused(bad):
    with pytest.raises(FormatError):
        tiles.split_bundle(bad)


def test_an_entry_is_one_ascii_line():
    data = entry.encode("0f" * 16, 12, bytes(32))

    assert data == b"orderproof/1 " + b"0f" * 16 + b" 12 " + b"00" * 32 + b"\n"
    assert entry.parse(data) == entry.Entry("0f" * 16, 12, bytes(32))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"orderproof/1", b"orderproof/2"),
        (b" 12 ", b" 012 "),
        (b" 12 ", b" 0 "),
        (b" 12 ", b"  12 "),
        (b"0f0f", b"0F0F"),
        (b"\n", b""),
        (b"\n", b"\n\n"),
        (b"00" * 32, b"00" * 31),
    ],
)
def test_what_is_not_an_entry_is_refused(old, new):
    data = entry.encode("0f" * 16, 12, bytes(32))

    with pytest.raises(FormatError):
        entry.parse(data.replace(old, new, 1))


def test_a_tag_is_half_of_an_hmac():
    # RFC 4231, test case 2.
    assert entry.tag(b"Jefe", "what do ya want for nothing?") == "5bdcc146bf60754e6a042426089575c7"
