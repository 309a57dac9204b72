"""Authorities and witnesses go into the keyring by verbs, signed by the roots, and then count."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive import note, strict_base64, trust
from archive.note import COSIGNATURE, VerifierKey
from tests.archive.authority import (
    STAMPS,
    Authority,
    ca,
    certificate,
    der,
    key_of,
    pem,
    serving,
    stamping,
)
from tests.orderproof.test_witness_command import running


@pytest.fixture
def key(data, orderproof, tmp_path):
    """Run a verb of `key` with the root key, which was taken away from the data folder."""
    root = tmp_path / "root.pem"
    (data / "keys/root-1.pem").rename(root)

    def run(*arguments, roots=(root,)):
        options = [part for each in roots for part in ("--root", each)]
        return orderproof("key", *arguments, *options, "--data", data, "--json")

    return run


def listed(orderproof, data):
    return orderproof("key", "list", "--data", data, "--json").json


def witness_key(name="auditor.example/w1", kind=COSIGNATURE):
    public = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    return VerifierKey(name, public, kind).vkey()


def made(tmp_path, *extensions, days=(-1, 365), title="Root"):
    """Write a self-signed certificate as PEM, and return its file."""
    private = key_of("ec")
    file = tmp_path / f"{title}.pem"
    file.write_bytes(pem(certificate(title, private, title, private, *extensions, days=days)))
    return file


def test_from_the_verbs_to_a_proven_time_and_a_quorum(
    data, orderproof, key, tool, tmp_path, monkeypatch
):
    authority = Authority(tmp_path / "tsa", tool("openssl"))
    assert orderproof("archive", "--data", data).code == 0
    log = listed(orderproof, data)["keys"][0]["vkey"]
    with (
        serving(stamping(authority)) as tsa_url,
        running(tmp_path, log=log) as (_, witness),
    ):
        certificate_file = authority.folder / "root.pem"
        for command in (
            ("authority", "add", "--name", "Fictional Time", "--certificate", certificate_file),
            ("witness", "add", witness["vkey"]),
            ("witness", "quorum", 1),
        ):
            done = key(*command)
            assert (done.code, done.json["in_force"]) == (0, True), done.err
        monkeypatch.setenv("ORDERPROOF_TSA_URLS", tsa_url)
        monkeypatch.setenv("ORDERPROOF_WITNESS_URLS", witness["url"])
        outside = orderproof("archive", "--data", data, "--json").json["outside"]

    assert (outside["tokens"], outside["cosignatures"], outside["problems"]) == (1, 1, [])
    stored = trust.parse((data / "archive/trust/keyring.4.json").read_bytes())
    (named,) = stored.authorities
    assert (named.name, named.certificate) == ("Fictional Time", der(authority.root))
    assert [each.vkey() for each in stored.witnesses] == [witness["vkey"]]
    assert stored.quorum == 1
    (token,) = (data / "archive").glob("log/tokens/*/*.tsr")
    checkpoint = data / "archive/log/checkpoints" / token.parent.name
    assert authority.accepts(checkpoint.read_bytes(), token.read_bytes())
    (line,) = (data / "archive").glob("log/cosignatures/*/*")
    assert note.parse_line(line.read_text().removesuffix("\n")).name == "auditor.example/w1"

    report = orderproof("verify", data / "archive", "--json").json
    assert (report["verdict"], report["findings"]) == ("intact", [])
    assert report["checked"]["proven_size"] == int(token.parent.name)
    assert any("outside time reaches to size" in text for text in report["not_checked"])
    assert not any("no witness" in text for text in report["not_checked"])

    refused = key("authority", "remove", "Fictional Time")
    assert refused.code == 8
    assert "--although-it-stamped" in refused.json["error"]
    assert key("authority", "remove", "Fictional Time", "--although-it-stamped").code == 0
    assert listed(orderproof, data)["authorities"] == []
    line.unlink()
    codes = {
        finding["code"]
        for finding in orderproof("verify", data / "archive", "--json").json["findings"]
    }
    assert "WITNESS_QUORUM_MISSING" in codes, "the quorum of the keyring is what verify asks for"


def test_what_was_added_is_listed_and_can_be_removed(data, orderproof, key, tmp_path):
    vkey, file = witness_key(), made(tmp_path, ca())
    assert key("authority", "add", "--name", "A", "--certificate", file).code == 0
    assert key("witness", "add", vkey).code == 0
    told = listed(orderproof, data)
    shown = [orderproof("key", verb, "--data", data).out for verb in ("list", "show")]

    assert (told["keyring"], told["witnesses"], told["quorum"]) == (3, [vkey], 0)
    assert [each["name"] for each in told["authorities"]] == ["A"]
    for text in shown:
        assert told["authorities"][0]["sha256"] in text
        assert str(VerifierKey.parse(vkey)) in text
    assert key("authority", "remove", "A").code == 0
    assert key("witness", "remove", "auditor.example/w1").code == 0
    told = listed(orderproof, data)
    assert (told["keyring"], told["authorities"], told["witnesses"]) == (5, [], [])


def test_der_is_read_like_pem(data, orderproof, key, tmp_path):
    private = key_of("ec")
    root = certificate("Root", private, "Root", private, ca())
    file = tmp_path / "root.der"
    file.write_bytes(der(root))

    assert key("authority", "add", "--name", "A", "--certificate", file).code == 0

    keyring = json.loads((data / "trust/keyring.2.json").read_bytes())
    assert trust.parse_payload(strict_base64.decode(keyring["payload"])).authorities == (
        trust.Authority("A", der(root)),
    )


def test_without_the_root_it_waits_for_a_signature(data, orderproof, key, tmp_path):
    vkey, proposal = witness_key(), tmp_path / "proposal.json"
    waits = key("witness", "add", vkey, "--proposal", proposal, roots=())
    assert (waits.code, waits.json["in_force"]) == (0, False)
    assert listed(orderproof, data)["witnesses"] == []

    assert key("sign", proposal).json["in_force"] is True

    assert listed(orderproof, data)["witnesses"] == [vkey]


def test_a_rotation_before_does_not_outdate_a_proposal(data, orderproof, key, tmp_path):
    proposal = tmp_path / "proposal.json"
    assert key("rotate").code == 0
    assert orderproof("archive", "--data", data).code == 0
    assert key("witness", "add", witness_key(), "--proposal", proposal, roots=()).code == 0

    done = key("sign", proposal)

    assert done.code == 0, done.out
    assert done.json["in_force"] is True
    assert orderproof("archive", "--data", data).code == 0
    assert orderproof("verify", data / "archive", "--json").json["verdict"] == "intact"


@pytest.mark.parametrize(
    ("extensions", "days", "said"),
    [
        ((), (-1, 365), "no certificate of an authority"),
        ((STAMPS,), (-1, 365), "no certificate of an authority"),
        ((ca(),), (-30, -1), "has ended"),
        ((ca(),), (1, 30), "begins only"),
    ],
    ids=["no-ca", "signer", "ended", "future"],
)
def test_a_certificate_that_vouches_for_nothing_is_refused(
    data, orderproof, key, tmp_path, extensions, days, said
):
    file = made(tmp_path, *extensions, days=days)

    done = key("authority", "add", "--name", "A", "--certificate", file)

    assert done.code == 2
    assert said in done.json["error"]
    assert listed(orderproof, data)["keyring"] == 1


@pytest.mark.parametrize("content", [None, b"", b"garbage", b"-----BEGIN CERTIFICATE-----\n", 2])
def test_a_file_that_is_not_one_certificate_is_refused(key, tmp_path, content):
    file = made(tmp_path, ca())
    if content is None:
        file.unlink()
    else:
        file.write_bytes(file.read_bytes() * 2 if content == 2 else content)

    done = key("authority", "add", "--name", "A", "--certificate", file)

    assert done.code == 2
    assert file.name in done.json["error"]


def test_an_authority_is_named_once(key, tmp_path):
    one, two = made(tmp_path, ca()), made(tmp_path, ca(), title="Other")
    assert key("authority", "add", "--name", "A", "--certificate", one).code == 0

    same_name = key("authority", "add", "--name", "A", "--certificate", two)
    same_file = key("authority", "add", "--name", "B", "--certificate", one)
    unnamed = key("authority", "add", "--name", " ", "--certificate", two)
    unknown = key("authority", "remove", "B")

    assert [done.code for done in (same_name, same_file, unnamed, unknown)] == [2] * 4
    assert "as A" in same_file.json["error"]


def test_what_is_no_witness_is_refused(data, orderproof, key):
    log = listed(orderproof, data)
    vkey = witness_key()
    assert key("witness", "add", vkey).code == 0

    refused = [
        (log["keys"][0]["vkey"], "signs no time"),
        (log["keys"][1]["vkey"], "its own witness"),
        (witness_key(kind=note.ED25519), "signs no time"),
        (vkey, "a witness of this name"),
        (witness_key(), "a witness of this name"),
        ("garbage", "no verifier key"),
        (vkey[:-4], "no verifier key"),
    ]
    for named, said in refused:
        done = key("witness", "add", named)
        assert done.code == 2
        assert said in done.json["error"]
    assert listed(orderproof, data)["keyring"] == 2


def test_a_quorum_fits_its_witnesses(data, orderproof, key):
    vkey = witness_key()
    assert key("witness", "quorum", 1).code == 2
    assert key("witness", "add", vkey).code == 0
    assert key("witness", "quorum", 2).code == 2
    assert key("witness", "quorum", 1).code == 0

    too_few = key("witness", "remove", vkey)
    unknown = key("witness", "remove", "auditor.example/w2")

    assert (too_few.code, unknown.code) == (2, 2)
    assert "would be left" in too_few.json["error"]
    assert key("witness", "quorum", 0).code == 0
    assert key("witness", "remove", vkey).code == 0
    assert listed(orderproof, data)["quorum"] == 0


def test_an_authority_that_stamped_a_renewal_stays_in_the_keyring(
    data, orderproof, key, tool, tmp_path, monkeypatch
):
    authority = Authority(tmp_path / "tsa", tool("openssl"))
    file = authority.folder / "root.pem"
    assert key("authority", "add", "--name", "Fictional Time", "--certificate", file).code == 0
    assert orderproof("archive", "--data", data).code == 0
    with serving(stamping(authority)) as url:
        monkeypatch.setenv("ORDERPROOF_TSA_URLS", url)
        assert orderproof("renew", "--data", data).code == 0

    report = orderproof("verify", data / "archive", "--json").json
    refused = key("authority", "remove", "Fictional Time")

    assert "renewed_at" in report["checked"]
    assert refused.code == 8
    assert "renewals/1.jsonl.gz in the archive has its token" in refused.json["error"]
