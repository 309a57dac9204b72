"""The example in the format's document is a real one."""

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive import entry, history, layout, line, member, merkle, note, pack, signing, trust
from archive.checkpoint import Checkpoint
from archive.index import rows
from archive.index.lookup import find
from archive.index.root import parse
from archive.signing import open_checkpoint
from archive.verify import tokens, verify_history
from archive.verify.index_proof import prove_root
from archive.verify.keys import Keys
from archive.witness import Witness

VECTORS = Path(__file__).parent / "vectors"
DOCUMENT = Path(__file__).parents[2] / "docs/reference/archive-format.md"


def block(kind):
    return re.search(rf"```{kind}\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)[1].encode()


def test_the_example_verifies(tmp_path):
    file, keyring = tmp_path / "1_20240502_r1.jsonl.gz", tmp_path / "keyring"
    file.write_bytes(member.compress(block("history")))
    keyring.write_bytes(block("keyring"))

    assert verify_history(file, keyring=keyring).verdict == "intact"


def test_the_example_of_a_pack_is_the_end_of_one():
    text = block("history")
    parsed = history.parse(text)
    before = text.removesuffix(parsed.proof.checkpoint)
    filling = pack.Builder("example.org/shop", 2, pack.Group("default", 2028, "de"))
    row = filling.add("order/de/1", 1, member.compress(before))
    data = filling.finish(parsed.proof.checkpoint)

    printed = gzip.decompress(data)

    assert printed == before + block("pack").replace(b"LENGTH", str(row.length).encode())
    assert pack.disclose(pack.text_of(data, row), parsed.proof.checkpoint) == text


def test_the_example_says_what_it_holds():
    text = DOCUMENT.read_text()
    read = history.parse(block("history"))
    stream = history.header_stream(read.header)
    entries = block("entries").splitlines(keepends=True)
    tag = entry.tag(bytes(32), stream)
    (keyring,) = trust.chain([block("keyring")])
    stored = block("note")

    assert [
        entry.encode(tag, n, line.line_hash(ln)) for n, ln in enumerate(read.lines, 1)
    ] == entries
    assert layout.history_path(stream, line.date_of(map(line.read, read.lines)), 1) in text
    assert keyring.roots.fingerprint() in text
    assert open_checkpoint(stored, keyring.signers(2)).size == 2
    assert note.only(stored, keyring.signers(2)[0]) == read.proof.checkpoint
    leaves = [merkle.leaf_hash(each) for each in entries]
    for digest in [*leaves, merkle.root(leaves)]:
        assert f"`{digest.hex()[:8]}…`" in text


def test_the_example_of_a_witness_is_what_it_is_asked_and_answers(tmp_path):
    state = tmp_path / "state"
    signed = history.parse(block("history")).proof.checkpoint
    old = Checkpoint("example.org/shop", 1, merkle.leaf_hash(block("entries").splitlines(True)[0]))
    log = Ed25519PrivateKey.from_private_bytes(bytes(range(0x20)))
    line_of_log = signing.ed25519_signature(old.text(), old.origin, log)
    state.write_bytes(note.write(old.text(), [line_of_log]))
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(0x20, 0x40)))
    witness = Witness("witness.example/w1", key, trust.parse(block("keyring")).keys[0].key, state)

    reply = witness.add_checkpoint(block("witness-request"), 1_750_000_000)

    witness.close()
    assert (reply.status, reply.content.encode()) == (200, block("cosignature"))
    assert f"`{witness.public.vkey()}`" in DOCUMENT.read_text()
    assert state.read_bytes() == signed


def test_the_example_of_a_token_says_the_time_of_the_document():
    signed = history.parse(block("history")).proof.checkpoint
    root = (VECTORS / "example-time-root.der").read_bytes()

    proven = tokens.check((VECTORS / "example.tsr").read_bytes(), signed, [root])

    assert f"{proven.time:%Y-%m-%dT%H:%M:%SZ}" in DOCUMENT.read_text()


def test_the_example_of_an_index_leads_to_the_history():
    text = json.dumps(block("keyring").decode())[1:-1].encode()
    data = block("index").replace(b"KEYRING", text)
    index = parse(data)
    keys = Keys(trust.parse(index.keyring.encode()), pinned=False)
    read = history.parse(block("history"))
    row = bytes.fromhex(block("row").decode())

    cut, findings = prove_root(index, keys)
    [found] = find(index, history.header_stream(read.header), lambda name: pytest.fail(name))

    assert (cut.size, findings) == (3, [])
    assert index.inline == row == rows.encode(found)
    assert hashlib.sha256(row).hexdigest() in DOCUMENT.read_text()
    assert (found.log_size, found.revision, found.pack) == (2, 1, rows.FILE)
    assert found.path("order/de/1") == "orders/de/6b/1_20240502_r1.jsonl.gz"
    assert not index.may_be_open(found.key)
