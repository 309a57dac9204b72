"""Real archives for the tamper suite: the archiver's own files, with everything that there can be.

Orders told as they happen, one of them in two revisions, one open; two root keys that both have to
sign; log keys that were rotated; tokens of an authority and lines of a witness; a heartbeat a day;
an index with shards in both generations; a `README.txt` that a later run replaced.
"""

import base64
import functools
import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from archive import note, replaced, signing, trust
from archive.confirming import Outside, confirm
from archive.folder import Folder
from archive.heartbeat import beat
from archive.index import growth
from archive.layout import Layout
from archive.signing import Signer
from tests.archive.archive_attacks import put_together, take_apart
from tests.archive.archive_builder import canonical, gunzip, gz, history_name, members, read_pack
from tests.archive.archive_scene import ORIGIN, SIGNER, files, run
from tests.archive.authority import Authority, der, serving, stamping
from tests.archive.viewer_archive import StoryLog, tell_refund

ROOTS = [Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (101, 102)]
STRANGER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
ROTATED = Signer(
    ORIGIN,
    Ed25519PrivateKey.from_private_bytes(b"n" * 32),
    MLDSA44PrivateKey.from_seed_bytes(b"n" * 32),
)
FOREIGN = Signer(
    ORIGIN,
    Ed25519PrivateKey.from_private_bytes(b"f" * 32),
    MLDSA44PrivateKey.from_seed_bytes(b"f" * 32),
)
WITNESS = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
WITNESS_KEY = note.VerifierKey(
    "witness.example.org/w1", WITNESS.public_key().public_bytes_raw(), note.COSIGNATURE
)

TWICE = "order/de/202605001"  # two revisions
ONCE = "order/de/202605002"
OPEN = "order/fr/202605009"
ORDERS = [TWICE, ONCE, *(f"order/de/20260501{n}" for n in range(10))]

CUTS = [145, 151, 183, 189]
"""Sizes B of the runs; each is one more than A, the size that its histories are proved at."""


@dataclass
class Scene:
    """An archive, the log that it was made from, and what lay there after each run."""

    layout: Layout
    log: StoryLog
    runs: list[dict[str, bytes]]
    files: dict[str, bytes] = field(default_factory=dict)

    def to_attack(self):
        """Return one whose files may be changed."""
        return Scene(self.layout, self.log, self.runs, dict(self.runs[-1]))

    @property
    def size(self):
        return len(self.log.rows)

    def names(self, start, suffix=""):
        found = [n for n in self.files if n.startswith(start) and n.endswith(suffix)]
        assert found, start
        return sorted(found, key=lambda name: (len(name), name))

    def packs(self):
        """Names of the packs, the oldest run's first."""
        found = [name for name in self.files if name.startswith("packs/")]
        return sorted(found, key=lambda name: tuple(map(int, name[6:-9].split("/"))))

    def history(self, stream, revision=1):
        """Name of a history that is a file of its own."""
        return history_name(stream, "20260501", revision)

    def keyring(self, number):
        """The payload of a keyring."""
        envelope = json.loads(self.files[f"trust/keyring.{number}.json"])
        return json.loads(base64.b64decode(envelope["payload"]))


def _public(key):
    return key.public_key().public_bytes_raw()


def _roots(threshold=2):
    return trust.Roots(tuple(sorted(map(_public, ROOTS), key=_keyid)), threshold)


def _keyid(public):
    return hashlib.sha256(public).hexdigest()


def signed(keyring, keys=ROOTS):
    """Return the envelope of a keyring, signed by these root keys."""
    envelope = trust.envelope(keyring)
    for key in keys:
        envelope = envelope.signed(key)
    return envelope.encode()


def first_keyring():
    keys = tuple(trust.TrustedKey(key) for key in SIGNER.vkeys)
    return signed(trust.Keyring(ORIGIN, keys, _roots()))


def second_keyring(first, log_size, authority):
    """The keyring after the rotation at a size of the log; it names who confirms from outside."""
    old = [trust.TrustedKey(k, 0, log_size, trust.RETIRED, "2024-06-02") for k in SIGNER.vkeys]
    new = [trust.TrustedKey(key, log_size + 1) for key in ROTATED.vkeys]
    previous = hashlib.sha256(first).hexdigest()
    named = (trust.Authority("Fictional Time", der(authority.root)),)
    keys = (*old, *new)
    return signed(
        trust.Keyring(ORIGIN, keys, _roots(), 2, previous, named, (WITNESS_KEY,), quorum=1)
    )


@functools.cache
def outsiders():
    """Return a timestamp authority; None where there is no `openssl`. Its folder stays."""
    openssl = shutil.which("openssl")
    if openssl is None:
        return None
    folder = tempfile.TemporaryDirectory()
    authority = Authority(Path(folder.name) / "tsa", openssl, kind="ec")
    authority.keeps = folder
    return authority


def under_its_digest(folder, size, data, kind=""):
    """Name a file of what outsiders say."""
    return f"log/{folder}/{size}/{hashlib.sha256(data).hexdigest()}{kind}"


def cosigned(checkpoint, key=WITNESS, name=WITNESS_KEY.name):
    """Return the line of a witness."""
    text = note.parse(checkpoint).text
    return signing.cosignature(text, name, key, 1_717_300_000).line().encode()


@functools.cache
def scene(layout, tell=tell_refund, keyrings=None, patched=None):
    """Return an archive in one layout after four runs; not to be changed.

    Args:
        layout: how its orders are stored.
        tell: tells an order to the log; an insider tells it otherwise.
        keyrings: those that an insider, who has no root key, has to do with.
        patched: changes what the archiver does: an insider's own programme.
    """
    log, runs = StoryLog(), []
    authority = outsiders()
    held = list(keyrings[:1]) if keyrings else [first_keyring()]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        root = Path(folder) / "archive"
        patch.setattr(growth, "INLINE", 1)
        patch.setattr(growth, "SHARD_ROWS", 4)
        if patched:
            patched(patch)

        def archive(streams, **changes):
            log.clock = f"2024-06-0{len(runs) + 1}T08:00:00.000000Z"
            beat(log)
            done = run(log, root, streams, chosen=layout, keyrings=held, **changes)
            if keyrings is None:
                _confirm(root, done.size, authority)
            runs.append(files(root))
            return done

        for stream in ORDERS[:-2]:
            tell(log, stream, stream[-9:])
        log.record("system/policy", "policy.changed", rule="refund-v1")
        with pytest.MonkeyPatch.context() as older:
            older.setattr(replaced, "readme", lambda: b"An older text about this archive.\n")
            first = archive([*ORDERS[:-2], "system/policy"])
        log.record(TWICE, "message.received", channel="e-mail", message_id="m9")
        held.append(keyrings[1] if keyrings else second_keyring(held[0], first.size, authority))
        archive([TWICE], signer=ROTATED)
        for stream in ORDERS[-2:]:
            tell(log, stream, stream[-9:])
        log.attach(ORDERS[-1], b"a sealed bank statement" * 9)
        archive(ORDERS[-2:], signer=ROTATED)
        log.record(OPEN, "order.placed", "2026-05-20T09:00:00+02:00", total=100, currency="EUR")
        log.attach(OPEN, b"a sealed picture" * 9)
        archive(["system/keys"], signer=ROTATED)
    assert keyrings or [int(n[10:-5]) for n in sorted(runs[-1]) if n[:4] == "mani"] == CUTS
    return Scene(layout, log, runs)


def _confirm(root, size, authority):
    with serving(stamping(authority)) as url, Folder(root) as store:
        roots = [der(authority.root)]
        done = confirm(store, [size], Outside(authority_urls=[url], roots=roots))
        assert done.tokens == 1, done.problems
    checkpoint = (root / "log" / "checkpoint").read_bytes()
    line = cosigned(checkpoint)
    target = root / under_its_digest("cosignatures", size, line)
    target.parent.mkdir(parents=True)
    target.write_bytes(line)


# --- what an attacker does to files


def edit_json(files, name, change):
    """Change the value of a JSON file in place of the file, as canonical JSON."""
    value = json.loads(files[name])
    files[name] = canonical(change(value) or value) + b"\n"


def edit_history(files, name, change):
    """Change header, lines and proof of a history."""
    files[name] = put_together(*change(*take_apart(files[name])))


def build_pack(texts, checkpoint, header, places=None, streams=None):
    """Return a pack of members' texts whose rows say where they lie; `places` override."""
    body = [gz(text) for text in texts]
    rows = places or [
        [*name, sum(map(len, body[:number])), len(body[number])]
        for number, name in enumerate(streams)
    ]
    listing = b"".join(canonical(each) + b"\n" for each in [header, *rows])
    return b"".join([*body, gz(checkpoint), gz(listing)])


def pack_parts(data):
    """Return texts, checkpoint, header and (stream, revision) of a pack."""
    *packed, (_, _, checkpoint), _ = members(data)
    header, rows, _ = read_pack(data)
    return [text for *_, text in packed], checkpoint, header, [row[:2] for row in rows]


def _number(name):
    return int("".join(filter(str.isdigit, name.partition(".")[0])))


def read_open_lines(files):
    name = max((n for n in files if n.startswith("open/") and n.endswith(".gz")), key=_number)
    return name, gunzip(files[name])


def put_open_lines(files, text):
    """Replace the open lines and the digest beside them."""
    name, _ = read_open_lines(files)
    files[name] = gz(text)
    digest = hashlib.sha256(files[name]).hexdigest()
    files[name.replace(".jsonl.gz", ".sha256")] = f"{digest}  {name[5:]}\n".encode()


def repair(files):
    """Let manifests and the index name what is there now, and the run events the manifests.

    The attacker goes as far as the log: what its leaves say cannot be changed without its keys.
    """
    _repair_index(files)
    digests, newer = {}, set()
    for name in sorted((n for n in files if n.startswith("manifests/")), key=_number)[::-1]:
        value = json.loads(files[name])
        value["files"] = {
            path: said
            if path in newer
            else said
            | {"sha256": hashlib.sha256(files[path]).hexdigest(), "size": len(files[path])}
            for path, said in value["files"].items()
            if path in files
        }
        newer |= value["files"].keys()
        before = hashlib.sha256(files[name]).hexdigest()
        files[name] = canonical(value) + b"\n"
        digests[before.encode()] = hashlib.sha256(files[name]).hexdigest().encode()
    _, text = read_open_lines(files)
    for before, after in digests.items():
        text = text.replace(before, after)
    put_open_lines(files, text)


def _repair_index(files):
    root = json.loads(files["index/root.json"])
    for name in ("base", "delta"):
        generation = root[name]
        if generation:
            digests = b"".join(
                hashlib.sha256(files.get(f"index/{generation['at']}/{n:05}.rows", b"")).digest()
                for n in range(generation["shards"])
            )
            generation["digests"] = base64.b64encode(digests).decode()
    files["index/root.json"] = canonical(root) + b"\n"
