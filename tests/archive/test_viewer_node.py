"""The viewer's modules under Node: they must agree with Python on every vector and mutation."""

import base64
import json
import random
import zlib

import pytest

from archive import canonical, limits, member, merkle, note
from archive.errors import FormatError, SignatureBadError, SignatureMissingError, TooLargeError
from archive.index import rows
from archive.index.growth import grow
from archive.index.root import Root
from archive.index.root import encode as encode_root
from archive.layout import history_path
from archive.verify import verify_history
from tests.archive.archive_builder import canonical as canonical_json
from tests.archive.archive_builder import gunzip, gz, small
from tests.archive.viewer_scene import (
    Roots,
    encoded,
    keyring_of,
    keyring_payload,
    node,
    verifying,
)


@pytest.fixture
def calls(tool):
    """Call functions of the viewer under Node."""
    program = tool("node")
    return lambda given: node(program, given)


@pytest.fixture(scope="module")
def shop():
    return small()


def history_name(shop, start):
    return next(name for name in shop.files if name.startswith(start) and "_r1" in name)


def verdict_of_python(data, shop, tmp_path):
    file, keyring = tmp_path / "history.gz", tmp_path / "keyring.json"
    file.write_bytes(data)
    keyring.write_bytes(shop.keyring())
    return verify_history(file, keyring=keyring).verdict


# --- whole histories


def test_intact_histories_are_intact_and_every_step_says_so(calls, shop):
    groups = {}
    for name, data in shop.files.items():
        if name.startswith(("orders/", "system/")):
            groups.setdefault(name.rpartition("_r")[0], {})[name] = data
    lone = [verifying(files, keyring_of(shop)) for files in groups.values()]

    for found in calls(lone):
        states = {name: step["state"] for name, step in found["is"]["steps"].items()}
        assert found["is"]["verdict"] == "intact", found
        assert states.pop("second") == states.pop("log") == states.pop("index") == "unknown", (
            "there is no archive around"
        )
        assert set(states.values()) == {"good"}


def test_a_history_goes_on_in_the_newest_log(calls, shop):
    name = history_name(shop, "orders/de/")

    (found,) = calls([verifying({name: shop.files[name]}, keyring_of(shop), shop.files)])

    assert found["is"]["steps"]["log"] == {
        "state": "good",
        "measure": {"key": "sizes", "from": 13, "to": shop.cut},
        "detail": "",
    }


def test_a_second_revision_alone_is_incomplete_as_in_python(calls, shop, tmp_path):
    name = next(name for name in shop.files if "_r2" in name)

    (found,) = calls([verifying({name: shop.files[name]}, keyring_of(shop))])

    assert found["is"]["verdict"] == "incomplete"
    assert verdict_of_python(shop.files[name], shop, tmp_path) == "incomplete"


def test_without_a_keyring_nobody_can_tell(calls, shop):
    name = history_name(shop, "orders/de/")

    (found,) = calls([verifying({name: shop.files[name]}, None)])

    assert found["is"]["verdict"] == "cannot_tell"


@pytest.mark.parametrize("part", ["file", "text"])
def test_every_changed_byte_is_judged_as_python_judges_it(calls, shop, tmp_path, part):
    name = history_name(shop, "orders/de/")
    data = shop.files[name]
    whole = data if part == "file" else gunzip(data)
    changed = []
    for place in range(len(whole)):
        altered = bytearray(whole)
        altered[place] ^= 1 << (place % 8)
        changed.append(bytes(altered) if part == "file" else gz(bytes(altered)))
    ours = calls([verifying({name: one}, keyring_of(shop)) for one in changed])

    theirs = [verdict_of_python(one, shop, tmp_path) for one in changed]

    found = [one["is"]["verdict"] for one in ours]
    assert found == theirs
    same = [
        member.decompress(o, limits.HISTORY) == gunzip(data)
        for o, v in zip(changed, found, strict=True)
        if v == "intact"
    ]
    assert all(same), "only unused bits at the end of the compressed data may change"


def test_cut_and_lengthened_files_are_judged_as_python_judges_them(calls, shop, tmp_path):
    name = history_name(shop, "orders/fr/")
    data, text = shop.files[name], gunzip(shop.files[name])
    changed = [data[:size] for size in range(0, len(data), 7)]
    changed += [data + b"\0", data + data, data[:-8] + b"\0" + data[-8:], gz(b""), gz(b"\n\n")]
    lines = text.split(b"\n")
    for number in range(len(lines)):
        changed.append(gz(b"\n".join(lines[:number] + lines[number + 1 :])))
        changed.append(gz(b"\n".join([*lines[:number], lines[number], *lines[number:]])))
    ours = calls([verifying({name: one}, keyring_of(shop)) for one in changed])

    theirs = [verdict_of_python(one, shop, tmp_path) for one in changed]

    assert [one["is"]["verdict"] for one in ours] == theirs
    assert "intact" not in theirs


def test_another_keys_signature_is_found(calls, shop):
    name = history_name(shop, "orders/de/")
    forged = small(seed=9)

    (found,) = calls([verifying({name: forged.files[name]}, keyring_of(shop))])

    assert found["is"]["verdict"] == "altered"
    assert found["is"]["steps"]["signature"]["state"] == "bad"


def test_a_note_with_other_lines_than_a_history_has_is_judged_as_in_python(calls, shop, tmp_path):
    name = history_name(shop, "orders/de/")
    text, both = gunzip(shop.files[name]), shop.note(13)
    first, second = both.splitlines(keepends=True)[-2:]
    assert text.endswith(first)
    bare = text.removesuffix(first)
    changed = [
        gz(bare + lines) for lines in (first + second, second + first, second, first + first)
    ]

    found = calls([verifying({name: one}, keyring_of(shop)) for one in changed])

    # Python verifies the second kind too, where Node cannot; both want the first alone.
    assert [one["is"]["verdict"] for one in found] == ["altered"] * 4
    assert {verdict_of_python(one, shop, tmp_path) for one in changed} == {"altered"}


def test_a_forked_log_is_found(calls, shop):
    name = history_name(shop, "orders/de/")
    other = small()
    other.entries[20] = other.entries[20].replace(b" 1 ", b" 2 ")
    other.publish(shop.cut)
    other.files["log/checkpoint"] = other.note(shop.cut)
    forked = small()
    forked.entries[2] = forked.entries[3]
    forked.publish(shop.cut)
    forked.files["log/checkpoint"] = forked.note(shop.cut)

    later, earlier = calls(
        [
            verifying({name: shop.files[name]}, keyring_of(shop), one.files)
            for one in (other, forked)
        ]
    )

    assert later["is"]["steps"]["log"]["state"] == "good", "what came later may differ"
    assert earlier["is"]["steps"]["log"]["state"] == "bad"


# --- the keyring


def test_every_changed_byte_of_a_keyring_is_found(calls, shop):
    name = history_name(shop, "orders/de/")
    keyring = keyring_of(shop)
    changed = []
    for place in range(len(keyring)):
        altered = bytearray(keyring)
        altered[place] ^= 1 << (place % 7)
        changed.append(bytes(altered))

    found = calls([verifying({name: shop.files[name]}, one) for one in changed])

    assert {one["is"]["verdict"] for one in found} <= {"altered", "cannot_tell"}
    assert {one["is"]["steps"]["keyring"]["state"] for one in found} == {"bad"}


def test_a_keyring_needs_its_threshold_and_the_roots_before(calls, shop):
    name = history_name(shop, "orders/de/")
    first, second = Roots(2, 2, seed=1), Roots(1, 1, seed=2)
    vkeys = shop.vkeys()

    def payload(roots, **changes):
        return canonical_json(keyring_payload(shop.origin, vkeys, roots, **changes))

    one = first.envelope(payload(first))
    follows = {"number": 2, "previous": note.hashlib.sha256(one).hexdigest()}
    right = second.envelope(payload(second, **follows), also=first.keys)
    cases = [
        (one, {}, "good"),
        (first.envelope(payload(first), signers=first.keys[:1]), {}, "bad"),
        (right, {"trust/keyring.1.json": one}, "good"),
        (right, {}, "good"),
        (second.envelope(payload(second, **follows)), {"trust/keyring.1.json": one}, "bad"),
        (
            second.envelope(payload(second, **follows), also=first.keys[:1]),
            {"trust/keyring.1.json": one},
            "bad",
        ),
        (right, {"trust/keyring.1.json": first.envelope(payload(first) + b" ")}, "bad"),
    ]

    found = calls([verifying({name: shop.files[name]}, ring, around) for ring, around, _ in cases])

    assert [each["is"]["steps"]["keyring"]["state"] for each in found] == [c[2] for c in cases]


def test_a_key_counts_for_its_sizes_only(calls, shop):
    name = history_name(shop, "orders/de/")  # proved at size 13
    roots = Roots()

    def ring(**period):
        value = keyring_payload(shop.origin, shop.vkeys(), roots)
        value["keys"][0] |= period
        return roots.envelope(canonical_json(value))

    periods = [{"from_size": 13}, {"from_size": 14}, {"to_size": 13}, {"to_size": 12}]
    found = calls([verifying({name: shop.files[name]}, ring(**period)) for period in periods])

    states = [each["is"]["steps"]["signature"]["state"] for each in found]
    assert states == ["good", "bad", "good", "bad"]


# --- the parts


def test_a_member_is_read_as_zlib_reads_it(calls):
    chance = random.Random(20240501)
    texts = [b"", b"a", b"abc" * 100_000, chance.randbytes(70_000)]
    texts += [json.dumps([chance.choice("abc") * 9 for _ in range(n)]).encode() for n in (3, 3000)]
    members = []
    for text in texts:
        for level in (0, 1, 6, 9):
            for strategy in (
                zlib.Z_DEFAULT_STRATEGY,
                zlib.Z_FIXED,
                zlib.Z_HUFFMAN_ONLY,
                zlib.Z_RLE,
            ):
                deflate = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
                body = deflate.compress(text) + deflate.flush()
                tail = zlib.crc32(text).to_bytes(4, "little") + len(text).to_bytes(4, "little")
                members.append((member.HEADER + body + tail, text))

    found = calls([("gunzip", {"data": encoded(data)}) for data, _ in members])

    assert [base64.b64decode(one["is"]) for one in found] == [text for _, text in members]


def test_damaged_members_are_refused_when_python_refuses_them(calls):
    chance = random.Random(7)
    text = json.dumps([chance.randrange(1000) for _ in range(400)]).encode()
    whole = member.compress(text)
    cases = []
    for _ in range(3000):
        changed = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        cases.append(bytes(changed[: chance.randrange(len(changed)) or None]))
    cases += [whole + whole, whole + b"x", whole[:-1], b""]

    def accepts(data):
        try:
            return member.decompress(data, 1 << 20)
        except (FormatError, TooLargeError):
            return None

    found = calls([("gunzip", {"data": encoded(data), "limit": 1 << 20}) for data in cases])

    assert ["is" in one for one in found] == [accepts(data) is not None for data in cases]


def test_a_bomb_ends_at_the_limit(calls):
    (found,) = calls(
        [("gunzip", {"data": encoded(member.compress(bytes(1 << 20))), "limit": 9999})]
    )

    assert "more than 9999" in found["refused"]


def test_what_the_page_saves_is_in_the_one_gzip_form(calls):
    texts = [b"", b"a", bytes(0xFFFF), bytes(0x10000), random.Random(3).randbytes(200_000)]

    found = calls([("gzip", {"text": encoded(text)}) for text in texts])

    assert [member.decompress(base64.b64decode(one["is"]), 1 << 20) for one in found] == texts


@pytest.mark.parametrize("is_sorted", [True, False])
def test_json_is_read_as_strictly_as_in_python(calls, is_sorted):
    chance = random.Random(5)
    seeds = [
        {"a": 1, "b": [True, False, None, -5, 2**53, 2**70], "é": "王😀\x7f"},
        {"a": '"\\/\b\f\n\r\t\x01\x1f', "aa": {}, "ab": [], "ac": [[], {}]},
    ]
    texts = [canonical.encode(seed) for seed in seeds]
    texts += [b'{"b":1,"a":2}', b'{"a":1,"a":1}', b'{"a":1 }', b" 1", b"1 ", b"-0", b"01", b"1.0"]
    texts += [b"1e5", b"NaN", b"Infinity", b'"\\u0041"', b'"\\u001F"', b'"\\u001f"', b'"\\ud800"']
    texts += [
        b'"\\/"',
        b"\xef\xbb\xbf1",
        b"\xff",
        b'"\xed\xa0\x80"',
        b"",
        b"[1,]",
        b"[,1]",
        b"{",
        b'"',
    ]
    texts += [
        b"9" * 20,
        b"-" + b"9" * 20,
        b"tru",
        b"truex",
        b"9007199254740993",
        b'{"":""}',
        b"--1",
    ]
    for text in list(texts):
        for _ in range(120):
            changed = bytearray(text or b"{}")
            place = chance.randrange(len(changed))
            changed[place : place + chance.randrange(3)] = chance.choice(
                b'{}[]:," \\u01-ea'
            ).to_bytes()
            texts.append(bytes(changed))

    def accepts(data):
        try:
            if is_sorted:
                canonical.decode(data)
                return True
            return canonical.encode_ordered(canonical.decode_ordered(data)) == data
        except FormatError:
            return False

    found = calls([("json", {"data": encoded(text), "sorted": is_sorted}) for text in texts])

    assert [(text, "is" in one) for text, one in zip(texts, found, strict=True)] == [
        (text, accepts(text)) for text in texts
    ]


VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n\n"
    "\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3"
    "mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()


def test_the_published_note_and_every_change_of_it(calls):
    changed = [NOTE]
    for place in range(len(NOTE)):
        for mask in (0x01, 0x20, 0x80):
            one = bytearray(NOTE)
            one[place] ^= mask
            changed.append(bytes(one))

    first, *others = calls([("note", {"data": encoded(one), "vkey": VKEY}) for one in changed])

    assert first == {"is": "This is an example message.\n"}
    assert all("refused" in one for one in others)


def test_notes_are_refused_when_python_refuses_them(calls):
    chance = random.Random(11)
    cases = []
    for _ in range(1500):
        one = bytearray(NOTE)
        place = chance.randrange(len(one))
        one[place : place + chance.randrange(3)] = chance.choice(
            ["\n", "\u2014 ", "\t", "+", "=", "\x85"]
        ).encode()
        cases.append(bytes(one))
    key = note.VerifierKey.parse(VKEY)

    def accepts(data):
        try:
            key.verify(note.parse(data))
        except (FormatError, SignatureBadError, SignatureMissingError):
            return False
        return True

    found = calls([("note", {"data": encoded(one), "vkey": VKEY}) for one in cases])

    assert ["is" in one for one in found] == [accepts(one) for one in cases]


def test_the_message_of_the_second_signature_is_the_documented_one(calls):
    text = "example.org/shop\n7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    time = (1_700_000_000).to_bytes(8, "big")

    (found,) = calls(
        [("mlDsaMessage", {"text": text, "name": "example.org/shop", "time": encoded(time)})]
    )

    root = base64.b64decode("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
    name = bytes([16]) + b"example.org/shop"
    expected = b"subtree/v1\n\0" + name + time + name + bytes(8) + (7).to_bytes(8, "big") + root
    assert base64.b64decode(found["is"]) == expected


def test_inclusion_and_every_changed_field_of_a_proof(calls):
    leaves = [merkle.leaf_hash(b"%d" % n) for n in range(40)]
    cases, expected = [], []
    for size in (1, 2, 3, 7, 8, 21, 40):
        level = levels(leaves[:size])
        root = merkle.root(leaves[:size])
        for index in range(size):
            path = merkle.inclusion_path(index, size, lambda lv, i, level=level: level[lv][i])
            for field in (
                "none",
                "leaf",
                "index",
                "size",
                "root",
                *range(len(path)),
                "short",
                "long",
            ):
                given = {
                    "leaf": leaves[index],
                    "index": index,
                    "size": size,
                    "path": list(path),
                    "root": root,
                }
                if field in ("leaf", "root"):
                    given[field] = bytes([given[field][0] ^ 1]) + given[field][1:]
                elif field in ("index", "size"):
                    given[field] += 1
                elif field == "short":
                    given["path"] = path[:-1]
                elif field == "long":
                    given["path"] = [*path, root]
                elif field != "none":
                    given["path"][field] = bytes([path[field][0] ^ 1]) + path[field][1:]
                expected.append(merkle.verify_inclusion(**given))
                told = {"path": [encoded(step) for step in given["path"]]}
                cases.append(
                    ("includes", given | told | {k: encoded(given[k]) for k in ("leaf", "root")})
                )

    assert [one["is"] for one in calls(cases)] == expected


def levels(hashes):
    found = [list(hashes)]
    while len(found[-1]) > 1:
        below = found[-1]
        found.append([merkle.node_hash(*below[i : i + 2]) for i in range(0, len(below) - 1, 2)])
    return found


def test_a_log_goes_on_from_each_of_its_beginnings_and_from_nothing_else(calls):
    leaves = [merkle.leaf_hash(b"%d" % n) for n in range(33)]
    roots = [merkle.root(leaves[:size]) for size in range(34)]
    cases, expected = [], []
    for size in range(1, 34):
        nodes = {
            f"{number}/{index}": encoded(hash_)
            for number, level in enumerate(levels(leaves[:size]))
            for index, hash_ in enumerate(level)
        }
        for first in range(1, size + 1):
            for first_root, root, right in (
                (roots[first], roots[size], True),
                (roots[first - 1], roots[size], False),
                (roots[first], roots[size - 1], False),
            ):
                given = {"first": first, "firstRoot": encoded(first_root), "size": size}
                cases.append(("continues", given | {"root": encoded(root), "nodes": nodes}))
                expected.append(right)

    assert [one["is"] for one in calls(cases)] == expected


def test_the_index_is_read_in_two_requests_however_large_it_is(calls):
    shards = {}
    orders = [f"order/de/{number}" for number in range(9000)]
    added = [index_row(stream, at=7) for stream in orders]
    large = grow(Root("proof.example.org/shop"), added, 7, shards.get, shards.__setitem__)
    later = [index_row(f"order/fr/{number}", at=9) for number in range(1500)]
    both = grow(large, later, 9, shards.__getitem__, shards.__setitem__)
    newest = grow(both, [index_row("order/de/5", at=11, revision=2)], 11, shards.get, shards.get)
    archive = {name: encoded(data) for name, data in shards.items()}
    archive["index/root.json"] = encoded(encode_root(newest))
    wanted = ["order/de/5", "order/de/8999", "order/fr/1499", "order/fr/1500"]

    found = calls([("lookup", {"archive": archive, "stream": stream}) for stream in wanted])

    assert newest.base.shards > 5
    assert newest.delta is not None
    rows = [[(row["size"], row["revision"]) for row in one["is"]["rows"]] for one in found]
    assert rows == [[(7, 1), (11, 2)], [(7, 1)], [(9, 1)], []]
    paths = [[p for p in one["is"]["requests"] if p.startswith("index/")] for one in found]
    assert {len(asked) for asked in paths} == {3}, "the root and a shard of each generation"


def index_row(stream, at, revision=1):
    key = rows.key_of(stream)
    return rows.encode(rows.Row(key, at, rows.FILE, 0, 99, revision, 20240501))


@pytest.mark.parametrize(
    "stream",
    [
        "order/de/202405001",
        "order/fr/王/../5 ",
        "order/a b/" + "x" * 200,
        "system/archive",
        "order//",
    ],
)
def test_names_are_those_of_the_archive(calls, stream):
    (found,) = calls([("path", {"stream": stream, "date": "20240501", "revision": 2})])

    assert found["is"] == history_path(stream, "20240501", 2)
