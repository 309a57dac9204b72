"""Attacks by somebody who knows the format and lacks every key, on the files of a real archive.

An attack changes `scene.files`. It is tried as it is, and once more after manifests, index, run
events and open lines were made to match it. `codes`: at least one of these has to be found.
"""

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import Callable
from typing import NamedTuple

from archive import note, trust
from archive.layout import Layout
from tests.archive.archive_attacks import rechain, take_apart
from tests.archive.archive_builder import canonical, gunzip, gz, members, read_open, sha
from tests.archive.tamper_scene import (
    FOREIGN,
    ONCE,
    OPEN,
    ORIGIN,
    ROOTS,
    ROTATED,
    STRANGER,
    TWICE,
    Scene,
    build_pack,
    cosigned,
    edit_history,
    edit_json,
    pack_parts,
    put_open_lines,
    read_open_lines,
    signed,
    under_its_digest,
)


class Attack(NamedTuple):
    codes: set[str]
    act: Callable[[Scene], None]
    repairs: bool
    """Whether to try it once more with everything repaired."""


ATTACKS: dict[tuple[str, Layout], Attack] = {}


def attack(*codes, layouts=tuple(Layout), repairs=True):
    """Register a function of a scene as an attack that has to give one of these findings."""

    def register(act):
        for layout in layouts:
            ATTACKS[act.__name__, layout] = Attack(set(codes), act, repairs)
        return act

    return register


def packed(*codes):
    return attack(*codes, layouts=(Layout.PACK,))


def single(*codes):
    return attack(*codes, layouts=(Layout.PER_ORDER,))


def _rebuild(scene, name, **changes):
    texts, checkpoint, header, streams = pack_parts(scene.files[name])
    parts = {"texts": texts, "checkpoint": checkpoint, "header": header, "streams": streams}
    scene.files[name] = build_pack(**parts | changes)


# --- packs


@packed("FILE_ALTERED")
def pack_rows_pass_over_the_first_member(scene):
    name = scene.packs()[0]
    texts, checkpoint, header, streams = pack_parts(scene.files[name])
    places = [[*s, offset, size] for s, (offset, size, _) in zip(
        streams, members(scene.files[name]), strict=False)][1:]  # fmt: skip
    header["histories"] -= 1
    scene.files[name] = build_pack(texts, checkpoint, header, places)


@packed("FILE_ALTERED")
def pack_rows_overlap(scene):
    name = scene.packs()[0]
    texts, checkpoint, header, streams = pack_parts(scene.files[name])
    places = [[*s, offset, size] for s, (offset, size, _) in zip(
        streams, members(scene.files[name]), strict=False)]  # fmt: skip
    places[1][2:] = places[0][2:]
    scene.files[name] = build_pack(texts, checkpoint, header, places)


@packed("FILE_ALTERED")
def pack_rows_reach_into_the_checkpoint(scene):
    name = scene.packs()[0]
    texts, checkpoint, header, streams = pack_parts(scene.files[name])
    places = [[*s, offset, size] for s, (offset, size, _) in zip(
        streams, members(scene.files[name]), strict=False)]  # fmt: skip
    places[-1][3] += 1
    scene.files[name] = build_pack(texts, checkpoint, header, places)


@packed("FILE_ALTERED", "EVENT_WRONG_ORDER", "REVISION_GAP")
def pack_shows_one_history_twice(scene):
    name = scene.packs()[0]
    texts, _, header, streams = pack_parts(scene.files[name])
    _rebuild(scene, name, texts=[texts[0], *texts], streams=[streams[0], *streams],
             header=header | {"histories": header["histories"] + 1})  # fmt: skip


@packed("FILE_ALTERED")
def pack_claims_more_histories_than_it_has_rows(scene):
    name = scene.packs()[0]
    header = pack_parts(scene.files[name])[2]
    _rebuild(scene, name, header=header | {"histories": header["histories"] + 1})


@packed("FILE_ALTERED", "PROOF_INVALID")
def pack_has_the_checkpoint_of_another_run(scene):
    other = note.only(scene.files["log/checkpoints/150"], ROTATED.vkeys[0])
    _rebuild(scene, scene.packs()[0], checkpoint=other)


@packed("FILE_ALTERED", "PROOF_INVALID")
def pack_checkpoint_and_header_are_of_the_size_of_its_run_event(scene):
    name = scene.packs()[0]
    other = note.only(scene.files["log/checkpoints/182"], ROTATED.vkeys[0])
    header = pack_parts(scene.files[name])[2] | {"log_size": 182}
    _rebuild(scene, name, checkpoint=other, header=header)


@packed("FILE_ALTERED", "CHECKPOINT_SIGNATURE_BAD", "CHECKPOINT_SIGNATURE_MISSING")
def pack_checkpoint_has_both_signatures(scene):
    _rebuild(scene, scene.packs()[0], checkpoint=scene.files["log/checkpoints/144"])


@packed("KEYRING_UNTRUSTED", "CHECKPOINT_SIGNATURE_BAD", "CHECKPOINT_SIGNATURE_MISSING")
def pack_checkpoint_is_signed_by_a_stranger(scene):
    text = scene.files["log/checkpoints/144"].partition(b"\n\n")[0] + b"\n"
    forged = FOREIGN.ed25519.sign(text)
    line = note.Signature(ORIGIN, FOREIGN.vkeys[0].key_id, forged)
    _rebuild(scene, scene.packs()[0], checkpoint=note.write(text.decode(), [line]))


@packed("FILE_ALTERED")
def pack_has_a_zero_behind(scene):
    scene.files[scene.packs()[0]] += b"\0"


@packed("FILE_ALTERED")
def pack_has_an_empty_member_behind(scene):
    scene.files[scene.packs()[0]] += gz(b"")


@packed("FILE_ALTERED")
def pack_has_other_rows_behind(scene):
    name = scene.packs()[0]
    data = scene.files[name]
    _, length, text = members(data)[-1]
    assert text in gunzip(data[-length:])
    scene.files[name] = data + gz(text.replace(b"202605001", b"202605999"))


@packed("FILE_ALTERED", "FILE_UNEXPECTED")
def pack_has_an_empty_member_between(scene):
    name = scene.packs()[0]
    texts, checkpoint, header, streams = pack_parts(scene.files[name])
    body, places = b"", []
    for stream, text in zip(streams, texts, strict=True):
        places.append([*stream, len(body), len(gz(text))])
        body += gz(text) + gz(b"")
    listing = b"".join(canonical(each) + b"\n" for each in [header, *places])
    scene.files[name] = body + gz(checkpoint) + gz(listing)


@packed("FILE_ALTERED")
def pack_is_compressed_otherwise(scene):
    name = scene.packs()[0]
    parts = [gzip.compress(text, 1, mtime=0) for *_, text in members(scene.files[name])]
    scene.files[name] = b"".join(parts)


@packed("FILE_ALTERED", "FILE_MISSING")
def pack_of_another_run_is_laid_over(scene):
    first, second = scene.packs()[0], scene.packs()[1]
    scene.files[first] = scene.files[second]


@packed("FILE_MISSING", "FILE_UNEXPECTED")
def pack_has_another_number(scene):
    name = scene.packs()[0]
    scene.files[name.replace("00000", "00001")] = scene.files.pop(name)


@packed("FILE_ALTERED", "PROOF_INVALID", "EVENT_OMITTED")
def pack_history_moves_to_a_later_pack(scene):
    first, last = scene.packs()[0], scene.packs()[-1]
    texts, checkpoint, header, streams = pack_parts(scene.files[first])
    taken, named = texts.pop(1), streams.pop(1)
    header["histories"] -= 1
    scene.files[first] = build_pack(texts, checkpoint, header, streams=streams)
    texts, checkpoint, header, streams = pack_parts(scene.files[last])
    header["histories"] += 1
    scene.files[last] = build_pack([*texts, taken], checkpoint, header, streams=[*streams, named])


@packed("FILE_UNEXPECTED", "FILE_ALTERED")
def pack_and_its_history_as_a_file(scene):
    texts, checkpoint, _, _ = pack_parts(scene.files[scene.packs()[0]])
    scene.files[scene.history(TWICE)] = gz(texts[0] + checkpoint)


@packed("FILE_MISSING", "FILE_ALTERED")
def pack_is_taken_apart_into_files(scene):
    name = scene.packs()[0]
    texts, checkpoint, _, streams = pack_parts(scene.files.pop(name))
    for (stream, revision), text in zip(streams, texts, strict=True):
        scene.files[scene.history(stream, revision)] = gz(text + checkpoint)


# --- histories


@single("FILE_ALTERED")
def history_is_compressed_otherwise(scene):
    name = scene.history(ONCE)
    text = gunzip(scene.files[name])
    deflate = zlib.compressobj(1, zlib.DEFLATED, -15)
    body = deflate.compress(text) + deflate.flush()
    tail = zlib.crc32(text).to_bytes(4, "little") + len(text).to_bytes(4, "little")
    scene.files[name] = bytes.fromhex("1f8b08000000000000ff") + body + tail


@single("FILE_ALTERED")
def history_names_a_file_in_its_gzip_header(scene):
    name = scene.history(ONCE)
    data = scene.files[name]
    scene.files[name] = data[:3] + b"\x08" + data[4:10] + b"evil\0" + data[10:]


@single("PROOF_INVALID", "CHECKPOINT_SIGNATURE_BAD", "KEYRING_UNTRUSTED", "KEY_OUT_OF_PERIOD")
def history_has_the_checkpoint_of_a_later_size(scene):
    later = note.only(scene.files["log/checkpoints/189"], ROTATED.vkeys[0])

    def change(header, lines, proof):
        return header, lines, proof.partition(b"\n\n")[0] + b"\n\n" + later

    edit_history(scene.files, scene.history(ONCE), change)


@single("EVENT_NOT_LOGGED", "PROOF_INVALID")
def history_says_that_nothing_was_refunded(scene):
    def change(header, lines, proof):
        kept = [each.replace(b'"amount":12800', b'"amount":0') for each in lines]
        return header, rechain(kept, ONCE), proof

    edit_history(scene.files, scene.history(ONCE), change)


@single("EVENT_NOT_LOGGED", "EVENT_OMITTED", "SEQUENCE_GAP")
def history_ends_before_its_second_revision(scene):
    """Both revisions as one: the seal between them taken out, everything chained anew."""
    first, second = (take_apart(scene.files.pop(scene.history(TWICE, r))) for r in (1, 2))
    header = first[0] | {"events": second[0]["events"] - 1, "revision": 1}
    positions = first[0]["positions"][:-1]
    gap = second[0]["positions"][0] - sum(positions)
    header["positions"] = [*positions, gap, *second[0]["positions"][1:]]
    lines = rechain([*first[1][:-1], *second[1]], TWICE)
    text = b"\n".join([canonical(header), *lines]) + b"\n\n" + second[2]
    scene.files[scene.history(TWICE)] = gz(text)


@single("REVISION_GAP", "FILE_MISSING", "EVENT_OMITTED")
def history_of_the_later_revision_is_gone(scene):
    del scene.files[scene.history(TWICE, 2)]


@attack("EVENT_OMITTED", "EVENT_NOT_LOGGED")
def open_order_is_gone(scene):
    header, rows = read_open(read_open_lines(scene.files)[1])
    kept = [row for row in rows if json.loads(row[1])["stream"] != OPEN]
    assert len(kept) < len(rows)
    head = canonical(header | {"events": len(kept)}) + b"\n"
    put_open_lines(scene.files, head + b"".join(b"%d\t%b\n" % row for row in kept))


@attack("EVENT_NOT_LOGGED", "EVENT_WRONG_ORDER", "CHAIN_BROKEN", "EVENT_MALFORMED")
def open_order_is_of_another_shop(scene):
    text = read_open_lines(scene.files)[1]
    other = OPEN.replace("/fr/", "/it/")
    text = text.replace(OPEN.encode(), other.encode())
    prev, mine = sha(OPEN.encode()).hex().encode(), sha(other.encode()).hex().encode()
    put_open_lines(scene.files, text.replace(prev, mine))


@attack("FILE_ALTERED", "FILE_MISSING", "FILE_UNEXPECTED", "EVENT_OMITTED")
def open_lines_are_those_of_the_run_before(scene):
    before = scene.runs[-2]
    for name in list(scene.files):
        if name.startswith("open/"):
            del scene.files[name]
    scene.files.update({n: d for n, d in before.items() if n.startswith("open/")})


@attack("FILE_UNEXPECTED")
def open_lines_of_the_run_before_lie_beside(scene):
    before = scene.runs[-2]
    scene.files.update({n: d for n, d in before.items() if n.startswith("open/")})


# --- index


def _rows(data):
    return [data[place : place + 48] for place in range(0, len(data), 48)]


def _shard_of(scene, stream, place=-1):
    """Name of a shard with rows of a stream: of the newest or of the oldest revision."""
    key = sha(stream.encode())[:16]
    found = [n for n in scene.names("index/", ".rows") if key in scene.files[n]]
    return sorted(found)[place], key


@attack("FILE_ALTERED", "FILE_MISSING")
def index_drops_an_order(scene):
    name, key = _shard_of(scene, ONCE)
    kept = [row for row in _rows(scene.files[name]) if row[:16] != key]
    edit_json(
        scene.files, "index/root.json", lambda v: v["base"].update(rows=v["base"]["rows"] - 1)
    )
    scene.files[name] = b"".join(kept)
    if not kept:
        del scene.files[name]


@attack("FILE_ALTERED")
def index_hides_the_later_revision(scene):
    name, key = _shard_of(scene, TWICE)
    rows = _rows(scene.files[name])
    newest = max((row for row in rows if row[:16] == key), key=lambda row: row[40:44])
    edit_json(
        scene.files, "index/root.json", lambda v: v["base"].update(rows=v["base"]["rows"] - 1)
    )
    scene.files[name] = b"".join(row for row in rows if row != newest)


@attack("FILE_ALTERED")
def index_sends_one_order_to_another(scene):
    name, key = _shard_of(scene, ONCE)
    elsewhere, other = _shard_of(scene, "order/de/202605013")
    (place,) = [row[16:] for row in _rows(scene.files[elsewhere]) if row[:16] == other]
    rows = [key + place if row[:16] == key else row for row in _rows(scene.files[name])]
    scene.files[name] = b"".join(rows)


@attack("FILE_ALTERED")
def index_has_a_row_of_an_order_that_never_was(scene):
    name, key = _shard_of(scene, ONCE)
    rows = [*_rows(scene.files[name]), key[:-1] + bytes([key[-1] ^ 1]) + bytes(32)]
    edit_json(
        scene.files, "index/root.json", lambda v: v["base"].update(rows=v["base"]["rows"] + 1)
    )
    scene.files[name] = b"".join(sorted(rows))


@attack("FILE_ALTERED", "FILE_MISSING", "FILE_UNEXPECTED")
def index_is_the_one_of_an_earlier_run(scene):
    for name in scene.names("index/"):
        del scene.files[name]
    scene.files.update({n: d for n, d in scene.runs[1].items() if n.startswith("index/")})


@attack("FILE_ALTERED")
def index_says_that_nothing_is_open(scene):
    edit_json(scene.files, "index/root.json", lambda v: v.update(open_lines=0, open_streams=""))


@attack("FILE_ALTERED")
def index_does_not_know_a_shop(scene):
    edit_json(scene.files, "index/root.json", lambda v: v.update(shops=["it"]))


@attack("FILE_ALTERED")
def index_has_an_older_keyring(scene):
    older = scene.files["trust/keyring.1.json"].decode()
    edit_json(scene.files, "index/root.json", lambda v: v.update(keyring=older))


@attack("FILE_ALTERED", "KEYRING_UNTRUSTED")
def index_has_a_keyring_by_a_stranger(scene):
    forged = signed(_next_keyring(scene, keys=_strangers_keys(scene)), [STRANGER])
    edit_json(scene.files, "index/root.json", lambda v: v.update(keyring=forged.decode()))


@attack("FILE_ALTERED", "PROOF_INVALID", "EVENT_NOT_LOGGED")
def index_is_named_by_an_event_that_was_made_up(scene):
    def change(value):
        body = {n: v for n, v in value.items() if n not in ("keyring", "stored")}
        body["open_lines"] = 0
        line = json.loads(value["stored"]["line"])
        line["event"]["data"]["index_sha256"] = sha(canonical(body)).hex()
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
        return value | body | {"stored": value["stored"] | {"line": text}}

    edit_json(scene.files, "index/root.json", change)


@packed("FILE_ALTERED", "CHECKPOINT_SIGNATURE_BAD")
def index_has_the_checkpoint_of_another_size_for_a_pack(scene):
    def change(value):
        value["notes"]["144"] = value["notes"]["150"]

    edit_json(scene.files, "index/root.json", change)


@attack("FILE_MISSING", "FILE_ALTERED")
def index_is_gone(scene):
    for name in scene.names("index/"):
        del scene.files[name]


# --- two signatures


def _lines(data):
    text, _, lines = data.partition(b"\n\n")
    return text + b"\n\n", lines.splitlines(keepends=True)


def _resign(scene, size, change):
    """Change the stored note of a size, and `log/checkpoint` where it is the newest."""
    name = f"log/checkpoints/{size}"
    head, lines = _lines(scene.files[name])
    was, scene.files[name] = scene.files[name], head + b"".join(change(head, lines))
    if scene.files["log/checkpoint"] == was:
        scene.files["log/checkpoint"] = scene.files[name]


@attack("CHECKPOINT_SIGNATURE_MISSING")
def ml_dsa_is_stripped_of_every_checkpoint(scene):
    for name in scene.names("log/checkpoints/"):
        _resign(scene, int(name.rpartition("/")[2]), lambda _, lines: lines[:1])


@attack("CHECKPOINT_SIGNATURE_BAD")
def ml_dsa_is_that_of_another_checkpoint(scene):
    other = _lines(scene.files["log/checkpoints/183"])[1][1]
    _resign(scene, 189, lambda _, lines: [lines[0], other])


@attack("CHECKPOINT_SIGNATURE_BAD", "CHECKPOINT_SIGNATURE_MISSING")
def ed25519_is_that_of_another_checkpoint(scene):
    other = _lines(scene.files["log/checkpoints/183"])[1][0]
    _resign(scene, 189, lambda _, lines: [other, lines[1]])


@attack("CHECKPOINT_SIGNATURE_BAD")
def ml_dsa_says_another_time(scene):
    def change(_, lines):
        start, data = lines[1].rsplit(b" ", 1)
        raw = base64.b64decode(data)
        later = (int.from_bytes(raw[4:12], "big") - 86400).to_bytes(8, "big")
        return [lines[0], start + b" " + base64.b64encode(raw[:4] + later + raw[12:]) + b"\n"]

    _resign(scene, 189, change)


def _line(name, key_id, signature):
    return f"\u2014 {name} {base64.b64encode(key_id + signature).decode()}\n".encode()


@attack("CHECKPOINT_SIGNATURE_BAD")
def ed25519_is_by_a_stranger_under_the_logs_key_id(scene):
    def change(head, lines):
        forged = STRANGER.sign(head[:-1])
        return [_line(ORIGIN, ROTATED.vkeys[0].key_id, forged), lines[1]]

    _resign(scene, 189, change)


@attack("KEYRING_UNTRUSTED", "CHECKPOINT_SIGNATURE_MISSING")
def checkpoint_is_signed_with_both_keys_of_a_stranger(scene):
    foreign = FOREIGN.sign(note_of(scene, 189), 1_780_000_000)
    scene.files["log/checkpoint"] = scene.files["log/checkpoints/189"] = foreign


@attack("KEYRING_UNTRUSTED", "CHECKPOINT_SIGNATURE_BAD")
def a_strangers_line_stands_behind_the_two(scene):
    _resign(
        scene,
        189,
        lambda head, lines: [
            *lines,
            _line("witness.example.org", FOREIGN.vkeys[0].key_id, STRANGER.sign(head[:-1])),
        ],
    )


@attack("CHECKPOINT_SIGNATURE_BAD", "FILE_ALTERED", "LOG_FORKED", "CHECKPOINT_MISSING")
def two_stored_checkpoints_are_exchanged(scene):
    one, two = "log/checkpoints/182", "log/checkpoints/183"
    scene.files[one], scene.files[two] = scene.files[two], scene.files[one]


@attack("CHECKPOINT_MISSING", "LOG_ROLLED_BACK", "FILE_UNEXPECTED", "LOG_TRUNCATED")
def newest_checkpoint_is_the_one_of_an_earlier_run(scene):
    scene.files["log/checkpoint"] = scene.files["log/checkpoints/183"]


def note_of(scene, size):
    from archive.checkpoint import parse

    return parse(scene.files[f"log/checkpoints/{size}"].partition(b"\n\n")[0].decode() + "\n")


# --- keyrings


def _newest(scene):
    return trust.chain([scene.runs[-1][f"trust/keyring.{n}.json"] for n in (1, 2)])[-1]


def _next_keyring(scene, **changes):
    newest = _newest(scene)
    previous = hashlib.sha256(scene.runs[-1]["trust/keyring.2.json"]).hexdigest()
    fields = {name: getattr(newest, name) for name in newest.__dataclass_fields__}
    return trust.Keyring(**fields | {"number": 3, "previous": previous} | changes)


def _strangers_keys(scene):
    return (*_newest(scene).keys, *(trust.TrustedKey(key, 190) for key in FOREIGN.vkeys))


@attack("FILE_MISSING", "KEYRING_UNTRUSTED", "KEY_OUT_OF_PERIOD", "CHECKPOINT_SIGNATURE_MISSING")
def keyring_is_rolled_back(scene):
    del scene.files["trust/keyring.2.json"]
    older = scene.files["trust/keyring.1.json"].decode()
    edit_json(scene.files, "index/root.json", lambda v: v.update(keyring=older))


@attack("KEYRING_UNTRUSTED")
def keyring_has_an_extra_key_that_nobody_signed(scene):
    envelope = json.loads(scene.files["trust/keyring.2.json"])
    value = json.loads(base64.b64decode(envelope["payload"]))
    value["keys"].append(value["keys"][-1] | {"from_size": 190, "vkey": FOREIGN.vkeys[0].vkey()})
    envelope["payload"] = base64.b64encode(canonical(value)).decode()
    scene.files["trust/keyring.2.json"] = canonical(envelope) + b"\n"


def _add_third(scene, data):
    scene.files["trust/keyring.3.json"] = data
    edit_json(scene.files, "index/root.json", lambda v: v.update(keyring=data.decode()))


@attack("KEYRING_UNTRUSTED", "FILE_UNEXPECTED")
def keyring_3_is_signed_by_a_stranger(scene):
    _add_third(scene, signed(_next_keyring(scene, keys=_strangers_keys(scene)), [STRANGER]))


@attack("KEYRING_UNTRUSTED", "FILE_UNEXPECTED")
def keyring_3_has_other_roots_that_sign_it(scene):
    roots = trust.Roots((STRANGER.public_key().public_bytes_raw(),), 1)
    keyring = _next_keyring(scene, keys=_strangers_keys(scene), roots=roots)
    _add_third(scene, signed(keyring, [STRANGER]))


@attack("KEYRING_UNTRUSTED", "FILE_UNEXPECTED")
def keyring_3_lowers_the_threshold_with_one_stolen_root(scene):
    roots = trust.Roots(_newest(scene).roots.keys, 1)
    keyring = _next_keyring(scene, keys=_strangers_keys(scene), roots=roots)
    _add_third(scene, signed(keyring, ROOTS[:1]))


@attack("KEYRING_UNTRUSTED", "FILE_UNEXPECTED")
def keyring_3_is_signed_by_one_root_twice(scene):
    envelope = json.loads(signed(_next_keyring(scene, keys=_strangers_keys(scene)), ROOTS[:1]))
    envelope["signatures"] *= 2
    _add_third(scene, canonical(envelope) + b"\n")


@attack("KEYRING_UNTRUSTED")
def keyring_2_is_by_one_root_alone(scene):
    envelope = json.loads(scene.files["trust/keyring.2.json"])
    envelope["signatures"].pop()
    scene.files["trust/keyring.2.json"] = canonical(envelope) + b"\n"


@attack("FILE_UNEXPECTED", "FILE_MISSING", "KEYRING_UNTRUSTED")
def keyring_4_comes_after_a_gap(scene):
    fourth = _next_keyring(scene, keys=_strangers_keys(scene), number=4)
    scene.files["trust/keyring.4.json"] = signed(fourth, [STRANGER])


@attack("FILE_UNEXPECTED", "KEYRING_UNTRUSTED")
def keyring_2_lies_there_as_3_too(scene):
    scene.files["trust/keyring.3.json"] = scene.files["trust/keyring.2.json"]


@attack("KEYRING_UNTRUSTED", "FILE_ALTERED")
def keyrings_are_exchanged(scene):
    one, two = "trust/keyring.1.json", "trust/keyring.2.json"
    scene.files[one], scene.files[two] = scene.files[two], scene.files[one]


# --- files that newer releases replace, and what does not belong there


@attack("FILE_ALTERED")
def readme_is_rolled_back_to_an_older_text(scene):
    assert scene.runs[0]["README.txt"] != scene.files["README.txt"]
    scene.files["README.txt"] = scene.runs[0]["README.txt"]


@attack("FILE_ALTERED")
def viewer_says_intact_whatever_it_finds(scene):
    page = scene.files["viewer/index.html"]
    scene.files["viewer/index.html"] = page.replace(b'"altered"', b'"intact"')
    assert scene.files["viewer/index.html"] != page


@attack("FILE_ALTERED")
def verifier_says_intact_whatever_it_finds(scene):
    program = scene.files["orderproof-verify.py"]
    scene.files["orderproof-verify.py"] = program.replace(b'"altered"', b'"intact"')


@attack("FILE_UNEXPECTED")
def viewer_has_a_second_page(scene):
    scene.files["viewer/order.html"] = scene.files["viewer/index.html"]


@attack("FILE_UNEXPECTED")
def spec_that_no_run_wrote(scene):
    scene.files["spec/other-format.md"] = b"# Anything goes\n"


@attack("FILE_UNEXPECTED", "FILE_ALTERED")
def copy_for_a_hold_that_nobody_placed(scene):
    name = scene.names("system/policy")[0]
    scene.files[f"holds/{name}"] = scene.files[name]


@attack("FILE_UNEXPECTED", "FILE_ALTERED", "EVENT_NOT_LOGGED")
def copy_for_a_hold_that_tells_something_else(scene):
    texts = {n: gunzip(d) for n, d in scene.runs[-1].items() if n == scene.history(ONCE)}
    if not texts:
        parts, checkpoint, _, streams = pack_parts(scene.files[scene.packs()[0]])
        texts = {scene.history(ONCE): parts[streams.index([ONCE, 1])] + checkpoint}
    ((name, text),) = texts.items()
    scene.files[f"holds/{name}"] = gz(text.replace(b'"amount":12800', b'"amount":12801'))


@attack("FILE_UNEXPECTED", "FILE_ALTERED")
def list_of_deleted_orders_that_names_nothing(scene):
    header = {"as_of": "2040-01-01", "histories": 0, "orderproof": 1, "origin": ORIGIN}
    data = gz(canonical(header) + b"\n")
    scene.files[f"retired/{hashlib.sha256(data).hexdigest()}.jsonl.gz"] = data


# --- attachments: one of a sealed order, and one that only an open line names


def _attachments(scene):
    """Names of the sealed order's attachment and of the open order's."""
    listed = [n for m in scene.names("manifests/") for n in json.loads(scene.files[m])["files"]]
    return sorted(scene.names("evidence/"), key=lambda name: name not in listed)


@attack("FILE_MISSING")
def attachment_of_a_sealed_order_is_taken_away(scene):
    del scene.files[_attachments(scene)[0]]


@attack("FILE_MISSING")
def attachment_of_an_open_order_is_taken_away(scene):
    del scene.files[_attachments(scene)[1]]


@attack("FILE_ALTERED")
def attachment_is_another_one(scene):
    scene.files[_attachments(scene)[0]] = b"a forged bank statement" * 9


@attack("FILE_ALTERED")
def attachments_change_places(scene):
    one, two = _attachments(scene)
    scene.files[one], scene.files[two] = scene.files[two], scene.files[one]


@attack("FILE_MISSING")
def attachment_lies_under_the_digest_of_another_one(scene):
    del scene.files[_attachments(scene)[0]]
    forged = b"a forged bank statement"
    digest = hashlib.sha256(forged).hexdigest()
    scene.files[f"evidence/{digest[:2]}/{digest}"] = forged


@attack("FILE_UNEXPECTED")
def attachment_that_no_event_names(scene):
    digest = hashlib.sha256(b"planted").hexdigest()
    scene.files[f"evidence/{digest[:2]}/{digest}"] = b"planted"


@attack("FILE_MISSING")
def attachment_was_deleted_by_a_list_that_nobody_made(scene):
    name = _attachments(scene)[0]
    del scene.files[name]
    header = {"as_of": "2040-01-01", "histories": 0, "orderproof": 1, "origin": ORIGIN}
    data = gz(canonical(header) + b"\n")
    scene.files[f"retired/{hashlib.sha256(data).hexdigest()}.jsonl.gz"] = data


@attack("FILE_UNEXPECTED")
def leftovers_of_a_run_long_done(scene):
    scene.files["staged/144_layout"] = b"per-order"


@attack("FILE_UNEXPECTED")
def leftovers_of_a_run_that_never_was(scene):
    scene.files["staged/999_README%2Etxt"] = b"Trust everything here.\n"


# --- what outsiders said


def _outside(scene, folder, size):
    """Name and bytes of the one file about a size."""
    (name,) = scene.names(f"log/{folder}/{size}/")
    return name, scene.files[name]


@attack("TIMESTAMP_BAD")
def token_that_is_none(scene):
    data = b"0\x03\x02\x01\x00"
    scene.files[under_its_digest("tokens", 189, data, ".tsr")] = data


@attack("TIMESTAMP_BAD")
def token_moves_to_a_later_size(scene):
    name, _ = _outside(scene, "tokens", 189)
    _, data = _outside(scene, "tokens", 145)
    del scene.files[name]
    scene.files[under_its_digest("tokens", 189, data, ".tsr")] = data


@attack("TIMESTAMP_MISSING")
def token_of_the_newest_state_is_gone(scene):
    del scene.files[_outside(scene, "tokens", 189)[0]]


@attack("TIMESTAMP_MISSING")
def tokens_are_gone_altogether(scene):
    for name in scene.names("log/tokens/"):
        del scene.files[name]


@attack("FILE_ALTERED", "FILE_UNEXPECTED", "TIMESTAMP_BAD")
def token_lies_under_the_name_of_another(scene):
    one, two = _outside(scene, "tokens", 183)[0], _outside(scene, "tokens", 189)[0]
    scene.files[one], scene.files[two] = scene.files[two], scene.files[one]


@attack("FILE_UNEXPECTED")
def token_for_a_size_without_a_checkpoint(scene):
    _, data = _outside(scene, "tokens", 189)
    scene.files[under_its_digest("tokens", 170, data, ".tsr")] = data


@attack("CHECKPOINT_SIGNATURE_BAD")
def cosignature_moves_to_a_later_size(scene):
    name, _ = _outside(scene, "cosignatures", 189)
    _, data = _outside(scene, "cosignatures", 145)
    del scene.files[name]
    scene.files[under_its_digest("cosignatures", 189, data)] = data


@attack("WITNESS_QUORUM_MISSING")
def cosignature_of_the_newest_state_is_gone(scene):
    del scene.files[_outside(scene, "cosignatures", 189)[0]]


@attack("WITNESS_QUORUM_MISSING")
def cosignature_is_by_a_witness_that_nobody_named(scene):
    del scene.files[_outside(scene, "cosignatures", 189)[0]]
    data = cosigned(scene.files["log/checkpoint"], STRANGER, "witness.example.org/w2")
    scene.files[under_its_digest("cosignatures", 189, data)] = data


@attack("CHECKPOINT_SIGNATURE_BAD")
def cosignature_says_a_later_time(scene):
    name, data = _outside(scene, "cosignatures", 189)
    del scene.files[name]
    start, text = data.rsplit(b" ", 1)
    raw = bytearray(base64.b64decode(text))
    raw[11] ^= 1
    data = start + b" " + base64.b64encode(bytes(raw)) + b"\n"
    scene.files[under_its_digest("cosignatures", 189, data)] = data


@attack("LOG_ROLLED_BACK")
def everything_but_what_outsiders_said_is_cut_back_to_the_run_before(scene):
    seen = {n: d for n, d in scene.files.items() if n.startswith(("log/tokens", "log/cosig"))}
    checkpoint = scene.files["log/checkpoints/189"]
    scene.files.clear()
    scene.files.update(scene.runs[-2] | seen | {"log/checkpoints/189": checkpoint})


@attack("KEYRING_UNTRUSTED")
def keyring_names_no_witness_any_more(scene):
    envelope = json.loads(scene.files["trust/keyring.2.json"])
    value = json.loads(base64.b64decode(envelope["payload"]))
    value["witnesses"] = {"keys": [], "quorum": 0}
    value["authorities"] = []
    envelope["payload"] = base64.b64encode(canonical(value)).decode()
    scene.files["trust/keyring.2.json"] = canonical(envelope) + b"\n"
