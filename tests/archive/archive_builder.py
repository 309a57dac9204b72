"""An archive written from the format's text alone, with none of the code that it tests.

It plays the seller, and the insider who has the log's key: `hidden` lines are logged and shown by
no file, and `record` can log any entry.
"""

import base64
import hashlib
import hmac
import json
import re
import struct
import zlib
from itertools import pairwise
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

ORIGIN = "proof.example.org/shop"


def sha(data):
    return hashlib.sha256(data).digest()


def canonical(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def gz(text):
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = deflate.compress(text) + deflate.flush()
    tail = zlib.crc32(text).to_bytes(4, "little") + len(text).to_bytes(4, "little")
    return bytes.fromhex("1f8b08000000000000ff") + body + tail


def gunzip(data):
    return zlib.decompress(data, 31)


def members(data):
    """Return offset, length and text of each gzip member of a file."""
    found, place = [], 0
    while place < len(data):
        inflate = zlib.decompressobj(31)
        text = inflate.decompress(data[place:])
        assert inflate.eof
        length = len(data) - place - len(inflate.unused_data)
        found.append((place, length, text))
        place += length
    return found


def read_pack(data):
    """Header, rows, and the texts of the histories of a pack, each as of a file of its own."""
    *packed, (_, _, checkpoint), (_, _, rows) = members(data)
    header, *lines = rows.splitlines()
    places = [json.loads(line) for line in lines]
    assert [place[2:] for place in places] == [[offset, length] for offset, length, _ in packed]
    return json.loads(header), places, [text + checkpoint for _, _, text in packed]


def tree(hashes):
    """RFC 6962, section 2.1, word for word."""
    if not hashes:
        return sha(b"")
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return sha(b"\x01" + tree(hashes[:k]) + tree(hashes[k:]))


def path(index, hashes):
    """RFC 6962, section 2.1.1, word for word."""
    if len(hashes) == 1:
        return []
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    if index < k:
        return [*path(index, hashes[:k]), tree(hashes[k:])]
    return [*path(index - k, hashes[k:]), tree(hashes[:k])]


def escape(text):
    safe = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
    escaped = "".join(chr(b) if b in safe else f"%{b:02X}" for b in text.encode())
    if len(escaped) > 120:
        return escaped[:80] + "~" + sha(text.encode()).hex()[:32]
    return escaped


def history_name(stream, date, revision):
    if stream.startswith("system/"):
        stem = f"system/{escape(stream[7:])}"
    else:
        shop, _, number = stream[6:].partition("/")
        stem = f"orders/{escape(shop)}/{sha(number.encode()).hex()[:2]}/{escape(number)}"
    return f"{stem}_{date}_r{revision}.jsonl.gz"


def open_text(origin, size, rows):
    """Text of open lines: a header, then a row for each position and line."""
    header = {"events": len(rows), "orderproof": 1, "origin": origin, "size": size}
    return canonical(header) + b"\n" + b"".join(b"%d\t%b\n" % row for row in rows)


def read_open(text):
    """Header and rows of open lines."""
    header, *rows = text.splitlines()
    pairs = [row.partition(b"\t") for row in rows]
    return json.loads(header), [(int(position), line) for position, _, line in pairs]


class Installation:
    """A seller's log and archive; `files` is what lies in the folder."""

    def __init__(self, origin=ORIGIN, seed=1):
        self.origin = origin
        self.key = Ed25519PrivateKey.from_private_bytes(sha(bytes([seed])))
        self.second_key = MLDSA44PrivateKey.from_seed_bytes(sha(bytes([seed])))
        self.root = Ed25519PrivateKey.from_private_bytes(sha(bytes([seed, 0])))
        self.notes = {}  # text -> note; signed once, since each ML-DSA signature is another one
        self.tag_key = sha(bytes([seed, seed]))
        self.lines = []  # (stream, version, line)
        self.entries = []
        self.hidden = set()
        self.streams = {}  # stream -> [positions]
        self.sealed = {}  # stream -> (revision, events, date)
        self.until = {}  # history's name -> its last day
        self.files = {}
        self.rows = []
        self.cut = 0

    # --- recording

    def tag(self, stream):
        return hmac.new(self.tag_key, stream.encode(), hashlib.sha256).digest()[:16].hex()

    def record(self, stream, type_, data=None, *, source="/test", hidden=False, **override):
        positions = self.streams.setdefault(stream, [])
        version = override.get("version", len(positions) + 1)
        prev = sha(stream.encode()) if not positions else sha(self.lines[positions[-1] - 1][2])
        position = len(self.lines) + 1
        event = {
            "data": data or {},
            "id": override.get("id", f"e{position}"),
            "occurred_at": f"2024-05-{version % 28 + 1:02}T10:00:00+02:00",
            "schema": 1,
            "source": source,
        }
        envelope = {
            "event": event,
            "prev": override.get("prev", prev.hex()),
            "recorded_at": "2024-06-01T08:00:00.000000Z",
            "stream": stream,
            "type": type_,
            "version": version,
        }
        line = json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
        tag = override.get("tag", self.tag(stream))
        self.lines.append((stream, version, line))
        self.entries.append(f"orderproof/1 {tag} {version} {sha(line).hex()}\n".encode())
        if hidden:
            self.hidden.add(position)
        else:
            positions.append(position)
        return position

    def order(self, number, shop="de", amount=12800, events=4):
        """Record one order with a refund; returns its stream."""
        stream = f"order/{shop}/{number}"
        placed = {"currency": "CNY", "placed_at": "2024-05-01T09:00:00+02:00", "total": amount}
        refund = {"amount": amount, "currency": "CNY", "refund_id": f"r-{number}"}
        self.record(stream, "order.placed", placed, id=f"{number}-placed")
        for type_ in ["payment.captured", "refund.approved", "refund.settled"][: events - 1]:
            self.record(stream, type_, refund, id=f"{number}-{type_}")
        return stream

    # --- archiving

    def seal(self, stream):
        revision, sealed, _ = self.sealed.get(stream, (0, 0, None))
        seal = {
            "events": len(self.streams[stream]) + 1,
            "first_version": sealed + 1,
            "retain_until": "2028-03-31",
            "retention_class": "default",
            "revision": revision + 1,
        }
        id_ = f"history.sealed/{sha(stream.encode()).hex()[:32]}/{revision + 1}"
        self.record(stream, "history.sealed", seal, source="orderproof", id=id_)

    def run(self, *streams, tamper=None):
        """Seal the streams, then do an archive run as the format orders it.

        `tamper` may change the files of the run before they are named in the manifest.
        """
        for stream in streams:
            self.seal(stream)
        a = len(self.lines)
        self.publish(a)
        listed = {}
        if not self.cut:
            listed["README.txt"] = b"An archive of orders. See trust/ for the keys.\n"
            listed["trust/keyring.1.json"] = self.keyring()
        for stream in streams:
            name, data = self.history(stream, a)
            listed[name] = data
        if tamper:
            tamper(listed)
        self.files.update(listed)
        manifest = self.manifest(listed, a)
        index = self.index(listed, streams, a)
        stored = {
            "files": len(listed),
            "index_sha256": sha(canonical(index)).hex(),
            "layout": "per-order",
            "log_size": a,
            "manifest_sha256": sha(manifest).hex(),
            "origin": self.origin,
        }
        b = self.record(
            "system/archive",
            "archive.stored",
            stored,
            source="orderproof",
            id=f"archive.stored/{a}",
        )
        self.files[f"manifests/{b}.json"] = manifest
        self.publish(b)
        self.write_open(b)
        self.prove_index(index, b)
        self.files["log/checkpoint"] = self.note(b)
        self.cut = b
        return b

    def index(self, listed, streams, a):
        """Return the index without keyring and proof; all of its rows are in the root."""
        names = {history_name(s, self.sealed[s][2], self.sealed[s][0]): s for s in streams}
        for name, data in listed.items():
            if name in names:
                _, _, day, revision = re.fullmatch(
                    r"(.*)/(.*)_(\d{8})_r(\d+)\.jsonl\.gz", name
                ).groups()
                place = [a, 0xFFFFFFFF, 0, len(data), int(revision), int(day)]
                self.rows.append(sha(names[name].encode())[:16] + struct.pack(">QIQIII", *place))
        open_ = [
            s
            for s, positions in self.streams.items()
            for p in positions[self.sealed.get(s, (0, 0))[1] :]
            if s.startswith("order/") and p <= a
        ]
        orders = [s for s in self.sealed if s.startswith("order/")] + open_
        shops = {s.split("/")[1] for s in orders}
        return {
            "base": None,
            "delta": None,
            "inline": base64.b64encode(b"".join(sorted(self.rows))).decode(),
            "log_size": a,
            "notes": {},
            "open_lines": len(open_),
            "open_streams": base64.b64encode(
                b"".join(sorted({sha(s.encode())[:4] for s in open_}))
            ).decode(),
            "orderproof": 1,
            "origin": self.origin,
            "shops": sorted(shops),
            "superseded": [],
        }

    def prove_index(self, index, b):
        """Write the index's root with the event at B that names its digest."""
        stream, _, line = self.lines[b - 1]
        steps = [base64.b64encode(step).decode() + "\n" for step in path(b - 1, self.leaves(b))]
        proof = (
            f"c2sp.org/tlog-proof@v1\nindex {b - 1}\n{''.join(steps)}\n{self.embedded(b).decode()}"
        )
        stored = {"line": line.decode(), "proof": proof, "tag": self.tag(stream)}
        newest = max(int(n.split(".")[1]) for n in self.files if n.startswith("trust/keyring."))
        keyring = self.files[f"trust/keyring.{newest}.json"].decode()
        self.files["index/root.json"] = (
            canonical(index | {"keyring": keyring, "stored": stored}) + b"\n"
        )

    def manifest(self, listed, log_size):
        files = {n: {"sha256": sha(d).hex(), "size": len(d)} for n, d in listed.items()}
        for name in files.keys() & self.until.keys():
            files[name]["retain_until"] = self.until[name]
        value = {"files": files, "log_size": log_size, "orderproof": 1, "origin": self.origin}
        return canonical(value) + b"\n"

    def keys(self):
        """Type and public key of the log's two keys."""
        first, second = self.key.public_key(), self.second_key.public_key()
        return [(b"\1", first.public_bytes_raw()), (b"\6", second.public_bytes_raw())]

    def key_id(self, kind, public):
        return sha(self.origin.encode() + b"\n" + kind + public)[:4]

    def vkeys(self):
        return [
            f"{self.origin}+{self.key_id(kind, public).hex()}+"
            f"{base64.b64encode(kind + public).decode()}"
            for kind, public in self.keys()
        ]

    def keyring(self, **changes):
        """The first keyring in its envelope, signed by the one root key."""
        return self.envelope(self.keyring_value() | changes)

    def keyring_value(self):
        return {
            "authorities": [],
            "keyring": 1,
            "keys": [self.key_entry(vkey) for vkey in self.vkeys()],
            "orderproof": 1,
            "origin": self.origin,
            "previous": None,
            "roots": self.root_set([self.root]),
            "witnesses": {"keys": [], "quorum": 0},
        }

    def key_entry(self, vkey, **changes):
        entry = {"from_size": 0, "role": "log", "since": None, "status": "active", "to_size": None}
        return entry | {"vkey": vkey} | changes

    def root_set(self, roots, threshold=1):
        publics = sorted((root.public_key().public_bytes_raw() for root in roots), key=sha)
        keys = [{"keyid": sha(p).hex(), "public": base64.b64encode(p).decode()} for p in publics]
        return {"keys": keys, "threshold": threshold}

    def envelope(self, value, roots=None):
        """DSSE version 1: the signatures are over type and payload with their lengths."""
        kind, payload = b"application/vnd.orderproof.keyring+json", canonical(value)
        message = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
        signatures = [
            {
                "keyid": sha(root.public_key().public_bytes_raw()).hex(),
                "sig": base64.b64encode(root.sign(message)).decode(),
            }
            for root in (roots or [self.root])
        ]
        signatures.sort(key=lambda signature: signature["keyid"])
        encoded = base64.b64encode(payload).decode()
        signed = {"payload": encoded, "payloadType": kind.decode(), "signatures": signatures}
        return canonical(signed) + b"\n"

    def fingerprint(self):
        return sha(canonical(self.keyring_value()["roots"])).hex()

    def leaves(self, size):
        return [sha(b"\0" + entry) for entry in self.entries[:size]]

    def note(self, size):
        root = base64.b64encode(tree(self.leaves(size))).decode()
        return self.sign(f"{self.origin}\n{size}\n{root}\n")

    def embedded(self, size):
        """The note as a history holds it: text, empty line, and the Ed25519 line."""
        return b"".join(self.note(size).splitlines(keepends=True)[:5])

    def sign(self, text):
        """Sign the three lines of a checkpoint with both keys."""
        if text not in self.notes:
            (first, public), (second, second_public) = self.keys()
            signed = self.key_id(first, public) + self.key.sign(text.encode())
            origin, size, root = text.splitlines()
            time, name = (1717228800).to_bytes(8, "big"), self.origin.encode()
            message = b"subtree/v1\n\0" + bytes([len(name)]) + name + time
            message += bytes([len(origin.encode())]) + origin.encode()
            message += bytes(8) + int(size).to_bytes(8, "big") + base64.b64decode(root)
            cosigned = self.key_id(second, second_public) + time + self.second_key.sign(message)
            lines = [
                f"\u2014 {self.origin} {base64.b64encode(each).decode()}\n"
                for each in (signed, cosigned)
            ]
            self.notes[text] = f"{text}\n{''.join(lines)}".encode()
        return self.notes[text]

    def publish(self, size):
        """Write the checkpoint of a size and every tile that it needs."""
        self.files[f"log/checkpoints/{size}"] = self.note(size)
        entries = [len(e).to_bytes(2, "big") + e for e in self.entries[:size]]
        self._tiles("entries", entries)
        hashes, level = self.leaves(size), 0
        while hashes:
            self._tiles(level, hashes)
            full = len(hashes) // 256
            hashes = [tree(hashes[i * 256 : i * 256 + 256]) for i in range(full)]
            level += 1

    def _tiles(self, level, items):
        for first in range(0, len(items), 256):
            part = items[first : first + 256]
            n = first // 256
            name = f"{n % 1000:03}"
            while n >= 1000:
                n //= 1000
                name = f"x{n % 1000:03}/{name}"
            partial = "" if len(part) == 256 else f".p/{len(part)}"
            self.files[f"log/tile/{level}/{name}{partial}"] = b"".join(part)

    def history_text(self, stream, a, positions, *, revision, first_version, lines=None):
        lines = lines or [self.lines[p - 1][2] for p in positions]
        header = {
            "events": first_version + len(lines) - 1,
            "first_version": first_version,
            "orderproof": 1,
            "origin": self.origin,
            "positions": [positions[0], *(y - x for x, y in pairwise(positions))],
            "revision": revision,
            "tag": self.tag(stream),
        }
        if stream.startswith("system/"):
            header["system"] = stream[7:]
        else:
            header["shop"], _, header["order"] = stream[6:].partition("/")
        index = positions[-1] - 1
        steps = [base64.b64encode(step) + b"\n" for step in path(index, self.leaves(a))]
        proof = b"c2sp.org/tlog-proof@v1\nindex %d\n" % index + b"".join(steps)
        return b"\n".join([canonical(header), *lines, b"", proof + b"\n"]) + self.embedded(a)

    def history(self, stream, a):
        revision, sealed, date = self.sealed.get(stream, (0, 0, None))
        positions = self.streams[stream]
        text = self.history_text(
            stream, a, positions[sealed:], revision=revision + 1, first_version=sealed + 1
        )
        date = date or self.date(positions)
        self.sealed[stream] = (revision + 1, len(positions), date)
        name = history_name(stream, date, revision + 1)
        seal = json.loads(self.lines[positions[-1] - 1][2])
        if "retain_until" in seal["event"]["data"]:
            self.until[name] = seal["event"]["data"]["retain_until"]
        return name, gz(text)

    def date(self, positions):
        events = [json.loads(self.lines[p - 1][2]) for p in positions]
        placed = [e for e in events if e["type"] == "order.placed"] or events
        event = placed[0]["event"]
        written = [event["data"].get("placed_at", ""), event["occurred_at"]]
        dates = [re.match(r"(\d{4})-(\d\d)-(\d\d)", text) for text in written]
        return next("".join(found.groups()) for found in dates if found)

    def write_open(self, b):
        closed = {p for s, (_, n, _) in self.sealed.items() for p in self.streams[s][:n]}
        closed |= self.hidden
        rows = [(p, line) for p, (_, _, line) in enumerate(self.lines[:b], 1) if p not in closed]
        for name in [n for n in self.files if n.startswith("open/")]:
            del self.files[name]
        self.put_open(b, open_text(self.origin, b, rows))

    def put_open(self, b, text):
        data = gz(text)
        self.files[f"open/{b}.jsonl.gz"] = data
        self.files[f"open/{b}.sha256"] = f"{sha(data).hex()}  {b}.jsonl.gz\n".encode()

    def write(self, folder):
        """Write the files and return the folder."""
        for name, data in self.files.items():
            target = Path(folder) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        return Path(folder)


def small(seed=1, origin=ORIGIN):
    """Two runs: three sealed orders, one of them in two revisions, and one open order."""
    shop = Installation(origin, seed)
    shop.record("system/policy", "policy.changed", {"rule": "refund-v1"})
    first, second = shop.order("202405001"), shop.order("202405002", amount=4200)
    shop.order("202405003", shop="fr", events=2)
    shop.run(first, second)
    shop.record(first, "refund.customer_confirmed", {"message_id": "m1", "refund_id": "r"})
    third = shop.order("王/../5 ", shop="fr")
    shop.run(first, third, "system/policy", "system/archive")
    return shop


def replay(lines, *, origin, keys, tag_key, replaced, notes):
    """Build the archive that must follow from these lines and signed notes alone, run by run."""
    shop = Installation(origin)
    (shop.key, shop.second_key, shop.root), shop.tag_key = keys, tag_key
    shop.notes = {note.decode().partition("\n\n")[0] + "\n": note for note in notes}
    shop.run = shop.record = shop.seal = None
    last = 0
    for position, line in enumerate(lines, 1):
        envelope = json.loads(line)
        stream = envelope["stream"]
        shop.streams.setdefault(stream, []).append(position)
        shop.lines.append((stream, envelope["version"], line))
        entry = f"orderproof/1 {shop.tag(stream)} {envelope['version']} {sha(line).hex()}\n"
        shop.entries.append(entry.encode())
        if envelope["type"] != "archive.stored":
            continue
        a = envelope["event"]["data"]["log_size"]
        listed = {} if last else replaced | {"trust/keyring.1.json": shop.keyring()}
        shop.publish(a)
        sealed_now = []
        for seal in range(last + 1, a + 1):
            sealed = json.loads(shop.lines[seal - 1][2])
            if sealed["type"] == "history.sealed":
                everything = shop.streams[sealed["stream"]]
                shop.streams[sealed["stream"]] = [p for p in everything if p <= seal]
                name, data = shop.history(sealed["stream"], a)
                shop.streams[sealed["stream"]] = everything
                listed[name] = data
                sealed_now.append(sealed["stream"])
        shop.files.update(listed)
        index = shop.index(listed, sealed_now, a)
        shop.files[f"manifests/{position}.json"] = shop.manifest(listed, a)
        shop.publish(position)
        shop.write_open(position)
        shop.prove_index(index, position)
        shop.files["log/checkpoint"] = shop.note(position)
        last = a
    return shop.files
