"""`orderproof archive` with timestamp authorities and witnesses, which may be away or object."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive import note
from archive.checkpoint import Checkpoint
from archive.note import COSIGNATURE, VerifierKey
from archive.verify.outside import Trusted
from archive.witness import Witness
from orderproof import outside
from orderproof.installation import find
from orderproof.keys import Keys
from tests.archive.authority import Authority, der, serving, stamping


def test_an_authority_that_is_down_lets_the_run_end_well(data, orderproof, monkeypatch):  # N-09
    with serving(lambda *_: (200, {}, b"")) as url:
        pass
    monkeypatch.setenv("ORDERPROOF_TSA_URLS", url)

    told = orderproof("archive", "--data", data)
    again = orderproof("archive", "--data", data, "--json")

    assert (told.code, again.code) == (0, 0)
    assert "does not answer" in told.out
    assert "No timestamp yet for 1 checkpoint; the next run asks again." in told.out
    assert len(again.json["outside"]["waiting"]) == 1
    assert orderproof("verify", "--data", data).code == 0


def test_the_next_run_stamps_what_waited(data, orderproof, monkeypatch, tool, tmp_path):  # N-09
    authority = Authority(tmp_path / "tsa", tool("openssl"))
    believed = Trusted([der(authority.root)])
    monkeypatch.setattr(outside, "trusted", lambda _: believed)
    with serving(lambda *_: (503, {}, b"")) as url:
        monkeypatch.setenv("ORDERPROOF_TSA_URLS", url)
        down = orderproof("archive", "--data", data, "--json").json["outside"]
    with serving(stamping(authority)) as url:
        monkeypatch.setenv("ORDERPROOF_TSA_URLS", url)
        up = orderproof("archive", "--data", data, "--json").json

    assert (down["tokens"], len(down["waiting"])) == (0, 1)
    assert up["run"] is None, "nothing new was recorded"
    assert (up["outside"]["tokens"], up["outside"]["waiting"]) == (1, [])
    (token,) = (data / "archive").glob("log/tokens/*/*.tsr")
    stamped = data / "archive" / "log" / "checkpoints" / token.parent.name
    assert authority.accepts(stamped.read_bytes(), token.read_bytes())


def test_an_authority_outside_the_keyring_is_not_stored(
    data, orderproof, monkeypatch, tool, tmp_path
):
    authority = Authority(tmp_path / "tsa", tool("openssl"))
    with serving(stamping(authority)) as url:
        monkeypatch.setenv("ORDERPROOF_TSA_URLS", url)
        done = orderproof("archive", "--data", data)

    assert done.code == 0
    assert "no chain leads to an authority of the keyring" in done.out
    assert not (data / "archive" / "log" / "tokens").exists()


@pytest.fixture
def witness(data, tmp_path, monkeypatch):
    """Serve a witness that has cosigned the log at some size already; yields its address."""

    def answer_for(seen):
        origin = find(data).settings.origin
        log = Keys(data / "keys").log(origin)
        key = Ed25519PrivateKey.generate()
        name = "auditor.example/w1"
        public = VerifierKey(name, key.public_key().public_bytes_raw(), COSIGNATURE)
        monkeypatch.setattr(outside, "trusted", lambda _: Trusted((), [public], 1))
        state = tmp_path / "state"
        now = int(datetime.now(UTC).timestamp())
        state.write_bytes(log.sign(Checkpoint(origin, seen, bytes(32)), now) if seen else b"")
        made = Witness(name, key, log.vkeys[0], state)

        def answers(method, path, body):
            reply = made.add_checkpoint(body, now)
            return reply.status, {"Content-Type": reply.kind}, reply.content.encode()

        return made, answers

    return answer_for


def test_a_witness_cosigns_each_state_once(data, orderproof, monkeypatch, witness):
    made, answers = witness(0)
    with serving(answers) as url:
        monkeypatch.setenv("ORDERPROOF_WITNESS_URLS", url)
        first = orderproof("archive", "--data", data, "--json").json
        again = orderproof("archive", "--data", data, "--json").json
    made.close()

    assert first["outside"]["cosignatures"] == 1
    assert again["outside"]["cosignatures"] == 0, "it is there already"
    (line,) = (data / "archive").glob("log/cosignatures/*/*")
    assert int(line.parent.name) == first["run"]["size"]
    assert note.parse_line(line.read_text().removesuffix("\n")).name == "auditor.example/w1"


def test_a_witness_that_has_seen_more_is_shouted_about(data, orderproof, monkeypatch, witness):
    made, answers = witness(1000)
    with serving(answers) as url:
        monkeypatch.setenv("ORDERPROOF_WITNESS_URLS", url)
        done = orderproof("archive", "--data", data)
    made.close()

    assert done.code == 3
    assert "history was rewound" in done.out


@pytest.mark.parametrize("setting", ["ORDERPROOF_TSA_URLS", "ORDERPROOF_WITNESS_URLS"])
@pytest.mark.parametrize("value", ["file:///etc/passwd", "http://u:secret@a/", "x", "http:///"])
def test_what_is_no_address_is_refused(data, orderproof, monkeypatch, setting, value):
    monkeypatch.setenv(setting, value)

    done = orderproof("archive", "--data", data, "--json")

    assert done.code == 2
    assert "secret" not in done.err + done.out
