"""`orderproof witness` as a process of its own, asked over HTTP, and killed between two steps."""

import json
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive import merkle, note, signing
from archive.checkpoint import Checkpoint
from archive.note import VerifierKey
from archive.witnessing import WitnessContradictsError, WitnessError, cosign

ORIGIN = "proof.example.org/shop"
LOG = Ed25519PrivateKey.from_private_bytes(b"l" * 32)
LOG_VKEY = VerifierKey(ORIGIN, LOG.public_key().public_bytes_raw()).vkey()
LEAVES = [merkle.leaf_hash(b"entry %d\n" % number) for number in range(30)]
OTHERS = [merkle.leaf_hash(b"other %d\n" % number) for number in range(30)]

# Dies where the new state is on the disk and the cosignature is not out of the house.
DIES = """
import os, signal, sys
from archive import signing
signing.cosignature = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
from orderproof.cli import main
sys.argv[0] = "orderproof"
main()
"""


def arguments(folder, name="w1", log=LOG_VKEY):
    return ["witness", "--name", f"auditor.example/{name}", "--key", folder / f"{name}.pem",
            "--state", folder / f"{name}.state", "--log", log, "--json"]  # fmt: skip


@contextmanager
def running(folder, name="w1", program=("-m", "orderproof"), log=LOG_VKEY):
    """Run a witness; yields the process and what it printed."""
    command = [sys.executable, *program, *map(str, arguments(folder, name, log))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            printed = ""
            while not printed.endswith("}\n"):
                line = process.stdout.readline()
                assert line, "it ended without a word"
                printed += line
            yield process, json.loads(printed)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def ask(told, size, leaves=LEAVES):
    said = Checkpoint(ORIGIN, size, merkle.root(leaves[:size]))
    text = said.text()
    signed = note.write(text, [signing.ed25519_signature(text, ORIGIN, LOG)])

    def node(level, index):
        return merkle.root(leaves[index << level : (index + 1) << level])

    known = [VerifierKey.parse(told["vkey"])]
    return cosign(signed, said, told["url"], known, lambda old: _path(old, size, node))


def _path(old, size, node):
    return merkle.consistency_path(old, size, node)


def test_two_witnesses_cosign_what_grows_and_refuse_what_does_not(tmp_path):
    with running(tmp_path, "w1") as (_, one), running(tmp_path, "w2") as (_, two):
        assert one["vkey"] != two["vkey"]
        for told in (one, two):
            assert ask(told, 5)
            assert ask(told, 20)
            with pytest.raises(WitnessContradictsError, match="rewound"):
                ask(told, 10)
            with pytest.raises(WitnessContradictsError, match="rewritten"):
                ask(told, 25, OTHERS)
    assert (tmp_path / "w1.pem").stat().st_mode & 0o777 == 0o600
    kept = note.parse((tmp_path / "w1.state").read_bytes())
    assert kept.text.splitlines()[1] == "20"


def test_it_remembers_after_a_kill_what_it_was_about_to_sign(tmp_path):
    with running(tmp_path) as (_, told):
        ask(told, 5)
    with running(tmp_path, program=("-c", DIES)) as (process, told):
        with pytest.raises(WitnessError, match="does not answer"):
            ask(told, 20)
        assert process.wait(30) == -signal.SIGKILL
    with running(tmp_path) as (_, told):
        with pytest.raises(WitnessContradictsError, match="rewound"):
            ask(told, 10)
        with pytest.raises(WitnessContradictsError, match="rewritten"):
            ask(told, 20, OTHERS)
        assert ask(told, 20), "and the honest log gets the line that it missed"


def test_a_second_process_on_the_same_memory_is_refused(tmp_path, orderproof):
    with running(tmp_path):
        done = orderproof(*arguments(tmp_path))

    assert done.code == 5
    assert "another witness" in done.json["error"]


def test_a_key_whose_memory_is_gone_signs_no_more(tmp_path, orderproof):
    with running(tmp_path) as (_, told):
        ask(told, 5)
    (tmp_path / "w1.state").unlink()

    done = orderproof(*arguments(tmp_path))

    assert done.code == 5
    assert "must not sign" in done.json["error"]


def test_a_memory_whose_key_is_gone_is_not_given_to_another(tmp_path, orderproof):
    with running(tmp_path) as (_, told):
        ask(told, 5)
    (tmp_path / "w1.pem").unlink()

    done = orderproof(*arguments(tmp_path))

    assert done.code == 2
    assert "Bring the key back" in done.json["error"]


@pytest.mark.parametrize("log", ["", "garbage", "a+00000000+AAAA"])
def test_what_is_no_key_of_a_log_is_refused(tmp_path, orderproof, log):
    done = orderproof(*arguments(tmp_path, log=log))

    assert done.code == 2
    assert "--log" in done.json["error"]
    assert list(tmp_path.iterdir()) == []
