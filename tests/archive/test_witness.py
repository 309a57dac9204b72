"""The witness and its client, each against the rules of c2sp.org/tlog-witness and one another."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive import merkle, note, signing
from archive.checkpoint import Checkpoint
from archive.note import Note, VerifierKey
from archive.witness import Witness, WitnessStateError
from archive.witnessing import WitnessContradictsError, WitnessError, cosign, request
from tests.archive.authority import serving

ORIGIN = "proof.example.org/shop"
NAME = "auditor.example/w1"
LOG = Ed25519PrivateKey.from_private_bytes(b"l" * 32)
KEY = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
LOG_KEY = VerifierKey(ORIGIN, LOG.public_key().public_bytes_raw())
LEAVES = [merkle.leaf_hash(b"entry %d\n" % number) for number in range(40)]
FORK = [*LEAVES[:3], *(merkle.leaf_hash(b"other %d\n" % number) for number in range(37))]
NOW = 1_750_000_000


def node(leaves):
    return lambda level, index: merkle.root(leaves[index << level : (index + 1) << level])


def said(size, leaves=LEAVES, origin=ORIGIN):
    return Checkpoint(origin, size, merkle.root(leaves[:size]))


def signed(size, leaves=LEAVES, origin=ORIGIN, key=LOG):
    text = said(size, leaves, origin).text()
    return note.write(text, [signing.ed25519_signature(text, origin, key)])


def asked(old, size, leaves=LEAVES, **changes):
    path = merkle.consistency_path(old, size, node(leaves)) if old <= size else []
    return request(old, path, signed(size, leaves, **changes))


@pytest.fixture
def state(tmp_path):
    file = tmp_path / "state"
    file.touch()
    return file


@pytest.fixture
def witness(state):
    made = Witness(NAME, KEY, LOG_KEY, state)
    yield made
    made.close()


def test_a_growing_log_is_cosigned(witness, state):
    for old, size in [(0, 3), (3, 4), (4, 4), (4, 40)]:
        reply = witness.add_checkpoint(asked(old, size), NOW)

        assert reply.status == 200
        line = note.parse_line(reply.content.removesuffix("\n"))
        assert witness.public.verify(Note(said(size).text(), (line,))) == [NOW]
        assert state.read_bytes() == signed(size)


def test_the_answers_to_what_must_not_be_cosigned(witness):
    assert witness.add_checkpoint(asked(0, 20), NOW).status == 200
    answers = {
        "unknown log": (asked(20, 21, origin="other.example"), 404),
        "unknown key": (asked(20, 21, key=KEY), 403),
        "old above new": (asked(20, 19), 400),
        "old is not the seen": (asked(3, 21), 409),
        "never seen, it says": (asked(0, 21), 409),
        "same size, other root": (asked(20, 20, FORK), 409),
        "a fork": (asked(20, 30, FORK), 422),
        "a proof that is cut": (request(20, [], signed(30)), 422),
        "a proof of an empty log": (request(20, [LEAVES[0]], signed(20)), 422),
    }
    for name, (body, status) in answers.items():
        assert witness.add_checkpoint(body, NOW).status == status, name
    reply = witness.add_checkpoint(asked(3, 21), NOW)
    assert (reply.kind, reply.content) == ("text/x.tlog.size", "20\n")
    assert witness.add_checkpoint(asked(20, 21), NOW).status == 200, "nothing of it was remembered"


def test_an_empty_log_has_no_proof(witness):
    assert witness.add_checkpoint(request(0, [LEAVES[0]], signed(3)), NOW).status == 422
    assert witness.add_checkpoint(asked(0, 0), NOW).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"old 00\n\n" + signed(3),
        b"old -1\n\n" + signed(3),
        b"new 0\n\n" + signed(3),
        b"old 0\nAAAA\n\n" + signed(3),
        b"old 0\n????\n\n" + signed(3),
        b"old 0\n\xff\n\n" + signed(3),
        b"old 0\n" + b"A" * 44 + b"\n\n" + signed(3),
        request(0, [LEAVES[0]] * 64, signed(3)),
        b"old 0\n\n" + signed(3)[:-1],
        b"old 0\n\nno checkpoint\n\n\xe2\x80\x94 a AAAAAAA=\n",
    ],
)
def test_what_is_no_request_is_refused(witness, body):
    assert witness.add_checkpoint(body, NOW).status == 400


def test_the_memory_survives_and_belongs_to_one_process(witness, state):
    witness.add_checkpoint(asked(0, 20), NOW)
    with pytest.raises(WitnessStateError, match="another witness"):
        Witness(NAME, KEY, LOG_KEY, state)
    witness.close()

    again = Witness(NAME, KEY, LOG_KEY, state)
    try:
        assert again.add_checkpoint(asked(0, 10), NOW).content == "20\n"
        assert again.add_checkpoint(asked(20, 30, FORK), NOW).status == 422
    finally:
        again.close()


def test_a_witness_without_its_memory_does_not_start(tmp_path, state):
    with pytest.raises(WitnessStateError, match="must not sign"):
        Witness(NAME, KEY, LOG_KEY, tmp_path / "gone")
    for damaged in (b"x", signed(3, key=KEY), signed(3)[:-2]):
        state.write_bytes(damaged)
        with pytest.raises(WitnessStateError, match="is not this witness's memory"):
            Witness(NAME, KEY, LOG_KEY, state)


def served(witness):
    def answers(method, path, body):
        assert (method, path) == ("POST", "/add-checkpoint")
        reply = witness.add_checkpoint(body, NOW)
        return reply.status, {"Content-Type": reply.kind}, reply.content.encode()

    return serving(answers)


def ask(url, size, leaves=LEAVES, witnesses=None, key=KEY):
    public = VerifierKey(NAME, key.public_key().public_bytes_raw(), note.COSIGNATURE)
    return cosign(
        signed(size, leaves),
        said(size, leaves),
        url,
        witnesses if witnesses is not None else [public],
        lambda old: merkle.consistency_path(old, size, node(leaves)),
    )


def test_the_client_finds_out_what_the_witness_has_seen(witness):
    with served(witness) as url:
        for size in (3, 20, 20, 33):
            (line,) = ask(url + "/", size)
            assert line.name == NAME


def test_the_client_shouts_when_a_witness_has_seen_more_or_other(witness):
    with served(witness) as url:
        ask(url, 20)
        with pytest.raises(WitnessContradictsError, match="rewound"):
            ask(url, 10)
        with pytest.raises(WitnessContradictsError, match="rewritten"):
            ask(url, 20, FORK)
        with pytest.raises(WitnessContradictsError, match="rewritten"):
            ask(url, 30, FORK)


def test_the_client_takes_only_what_a_known_witness_signed(witness):
    with served(witness) as url:
        with pytest.raises(WitnessError, match="does not name"):
            ask(url, 3, witnesses=[])
        with pytest.raises(WitnessError, match="does not name"):
            ask(url, 3, key=LOG)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((404, {}, b""), "does not know this log"),
        ((403, {}, b""), "another key"),
        ((500, {}, b""), "status 500"),
        ((307, {"Location": "http://127.0.0.1:1/"}, b""), "status 307"),
        ((409, {}, b"3\n"), "which size"),
        ((409, {"Content-Type": "text/x.tlog.size"}, b"many\n"), "which size"),
        ((200, {}, b"signed\n"), "no signature lines"),
        ((200, {}, b"\xff"), "no signature lines"),
        ((200, {}, b"x" * 100_000), "more than"),
    ],
)
def test_an_answer_that_is_none_is_named(answer, why):
    with serving(lambda *_: answer) as url, pytest.raises(WitnessError, match=why):
        ask(url, 3)


def test_a_line_that_does_not_verify_is_not_taken():
    line = signing.cosignature(said(4).text(), NAME, KEY, NOW).line().encode()
    with serving(lambda *_: (200, {}, line)) as url, pytest.raises(WitnessError, match="verify"):
        ask(url, 3)


def test_a_witness_that_is_away_is_named():
    with serving(lambda *_: (200, {}, b"")) as url:
        pass
    with pytest.raises(WitnessError, match=r"127\.0\.0\.1 does not answer"):
        ask(url, 3)
