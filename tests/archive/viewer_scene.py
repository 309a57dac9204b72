"""What the viewer's tests share: Node over its modules, and an archive with both signatures."""

import base64
import json
import subprocess
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from tests.archive.archive_builder import canonical, sha

MODULES = Path(__file__).parents[2] / "archive" / "viewer"
TYPE = "application/vnd.orderproof.keyring+json"


def node(program, calls):
    """Call the viewer's functions under Node: (name, arguments) pairs; see `viewer_calls.mjs`."""
    script = Path(__file__).parent / "viewer_calls.mjs"
    command = [program, "--no-warnings", str(script), str(MODULES)]
    given = json.dumps(calls).encode()
    done = subprocess.run(command, input=given, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return json.loads(done.stdout)


def encoded(data):
    return None if data is None else base64.b64encode(data).decode()


def verifying(files, keyring, archive=None):
    """The call that verifies the revisions of an order; `files` are names with bytes."""
    return (
        "verify",
        {
            "files": [{"name": name, "data": encoded(data)} for name, data in files.items()],
            "keyring": encoded(keyring),
            "archive": {name: encoded(data) for name, data in (archive or {}).items()},
        },
    )


class Roots:
    """Offline root keys, and the keyrings that they sign."""

    def __init__(self, count=1, threshold=1, seed=7):
        self.keys = [
            Ed25519PrivateKey.from_private_bytes(sha(b"%d/%d" % (seed, n))) for n in range(count)
        ]
        self.threshold = threshold

    def payload(self):
        keys = [
            {"keyid": sha(raw).hex(), "public": base64.b64encode(raw).decode()}
            for raw in (key.public_key().public_bytes_raw() for key in self.keys)
        ]
        return {"keys": keys, "threshold": self.threshold}

    def envelope(self, payload, signers=None, also=()):
        message = b"DSSEv1 %d %s %d %s" % (len(TYPE), TYPE.encode(), len(payload), payload)
        signatures = [
            {
                "keyid": sha(key.public_key().public_bytes_raw()).hex(),
                "sig": base64.b64encode(key.sign(message)).decode(),
            }
            for key in [*(self.keys if signers is None else signers), *also]
        ]
        value = {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": TYPE,
            "signatures": signatures,
        }
        return canonical(value) + b"\n"


def ml_dsa_key(seed=1):
    return MLDSA44PrivateKey.from_seed_bytes(sha(b"ml-dsa %d" % seed))


def vkey(name, type_, public):
    key_id = sha(name.encode() + b"\n" + bytes([type_]) + public)[:4]
    return f"{name}+{key_id.hex()}+{base64.b64encode(bytes([type_]) + public).decode()}"


def keyring_payload(origin, vkeys, roots, number=1, previous=None, **changes):
    keys = [
        {
            "from_size": 0,
            "role": "log",
            "since": None,
            "status": "active",
            "to_size": None,
            "vkey": one,
        }
        for one in vkeys
    ]
    value = {
        "authorities": [],
        "keyring": number,
        "keys": keys,
        "orderproof": 1,
        "origin": origin,
        "previous": previous,
        "roots": roots.payload(),
        "witnesses": {"keys": [], "quorum": 0},
    }
    return value | changes


def second_signature(note, key, now=1_780_000_000):
    """A checkpoint's note with the log's ML-DSA-44 line behind it."""
    text = note.decode().partition("\n\n")[0] + "\n"
    origin, size, root = text.splitlines()
    name, time = bytes([len(origin)]) + origin.encode(), now.to_bytes(8, "big")
    tree = bytes(8) + int(size).to_bytes(8, "big") + base64.b64decode(root)
    signature = key.sign(b"subtree/v1\n\0" + name + time + name + tree)
    key_id = sha(origin.encode() + b"\n\x06" + key.public_key().public_bytes_raw())[:4]
    return (
        note + f"\u2014 {origin} {base64.b64encode(key_id + time + signature).decode()}\n".encode()
    )


def keyring_of(shop, roots=None, ml_dsa=None):
    """The keyring of an installation of `archive_builder`, as the format writes it."""
    roots = roots or Roots()
    vkeys = [vkey(shop.origin, 1, shop.key.public_key().public_bytes_raw())]
    if ml_dsa is not None:
        vkeys.append(vkey(shop.origin, 6, ml_dsa.public_key().public_bytes_raw()))
    return roots.envelope(canonical(keyring_payload(shop.origin, vkeys, roots)))
