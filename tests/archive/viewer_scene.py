"""What the viewer's tests share: Node over its modules, and an archive with both signatures."""

import base64
import json
import subprocess
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

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


def keyring_of(shop):
    """The keyring of an installation of `archive_builder`, signed by a root."""
    roots = Roots()
    return roots.envelope(canonical(keyring_payload(shop.origin, shop.vkeys(), roots)))
