"""RFC 3161 tokens as `openssl ts` makes them, against our reader, `openssl` and a peer library."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import algos, cms, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import VerifierBuilder, decode_timestamp_response

from archive.errors import FormatError
from archive.timestamping import sorted_certificates
from archive.verify import der, tokens
from archive.verify.certificates import Revocations
from archive.verify.tokens import TokenBadError
from tests.archive import authority as authorities
from tests.archive.authority import STAMPS, Authority, certificate, key_of

NOTE = b"proof.example.org/shop\n7\nAAAA\n"
PLUS = datetime.now(UTC) + timedelta(days=1)
MINUS = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture
def make(tool, tmp_path):
    openssl = tool("openssl")
    return lambda name="tsa", **changes: Authority(tmp_path / name, openssl, **changes)


@pytest.fixture
def stamped(make):
    authority = make()
    return authority, authority.stamp(authority.query(NOTE))


def roots(*given):
    return [authorities.der(authority.root) for authority in given]


@pytest.mark.parametrize("kind", ["rsa", "ec"])
@pytest.mark.parametrize("ess", ["sha1", "sha256"])
@pytest.mark.parametrize("digest", ["sha256", "sha512"])
def test_a_token_proves_when_the_bytes_were_there(make, kind, ess, digest):
    before = datetime.now(UTC).replace(microsecond=0)
    authority = make(kind=kind, ess=ess, digest=digest)
    response = authority.stamp(authority.query(NOTE))

    proven = tokens.check(response, NOTE, roots(authority))

    assert before <= proven.time <= datetime.now(UTC)
    assert proven.latest - proven.time == timedelta(seconds=1)
    assert proven.authority == "CN=Fictional Time Root"
    assert authority.accepts(NOTE, response)
    peer = VerifierBuilder().add_root_certificate(authority.root).build()
    assert peer.verify_message(decode_timestamp_response(sorted_certificates(response)), NOTE)


def test_three_readers_refuse_other_bytes(stamped):
    authority, response = stamped

    with pytest.raises(TokenBadError, match="other bytes"):
        tokens.check(response, NOTE + b" ", roots(authority))
    assert not authority.accepts(NOTE + b" ", response)


def test_an_authority_that_is_not_trusted_proves_nothing(stamped, make):
    _, response = stamped

    with pytest.raises(TokenBadError, match="no chain"):
        tokens.check(response, NOTE, roots(make("other")))
    with pytest.raises(TokenBadError, match="no chain"):
        tokens.check(response, NOTE, [])


def test_a_root_of_the_same_name_is_another_root(stamped, make):
    _, response = stamped
    impostor = make("impostor")

    assert impostor.root.subject == stamped[0].root.subject
    with pytest.raises(TokenBadError, match="no chain"):
        tokens.check(response, NOTE, roots(impostor))


def test_no_changed_byte_changes_what_is_proved(stamped):
    authority, response = stamped
    right = tokens.check(response, NOTE, roots(authority))
    survived = 0
    for place in range(len(response)):
        changed = bytearray(response)
        changed[place] ^= 1
        try:
            proven = tokens.check(bytes(changed), NOTE, roots(authority))
        except TokenBadError:
            continue
        survived += 1
        assert (proven.time, proven.latest, proven.authority) == (
            right.time, right.latest, right.authority,
        )  # fmt: skip

    # What no signature covers: the copy of the root, the signer's name, numbers of versions.
    copy_of_root = len(authorities.der(authority.root))
    assert survived < copy_of_root + 100


def test_every_cut_is_refused(stamped):
    authority, response = stamped
    for end in range(len(response)):
        with pytest.raises(TokenBadError):
            tokens.check(response[:end], NOTE, roots(authority))
    with pytest.raises(TokenBadError):
        tokens.check(response + b"\0", NOTE, roots(authority))


def forge(authority, response, *, scheme=None, parameters=None, signer=None, time=None):
    """Sign a token again with the authority's key, as nobody else could."""
    key = load_pem_private_key((authority.folder / "signer.key").read_bytes(), None)
    read = tsp.TimeStampResp.load(response)
    data = read["time_stamp_token"]["content"]
    info = data["signer_infos"][0]
    attributes = {a["type"].native: a for a in info["signed_attrs"]}
    if time is not None:
        said = data["encap_content_info"]["content"].parsed
        said["gen_time"] = time
        data["encap_content_info"]["content"] = cms.ParsableOctetString(said.dump(force=True))
        digest = hashlib.sha256(said.dump()).digest()
        attributes["message_digest"]["values"] = [digest]
    if signer is not None:
        data["certificates"] = [cms.CertificateChoices.load(authorities.der(signer))]
        encoded = hashlib.sha256(authorities.der(signer)).digest()
        attributes["signing_certificate_v2"]["values"] = [
            tsp.SigningCertificateV2({"certs": [{"cert_hash": encoded}]})
        ]
    info["signed_attrs"] = list(attributes.values())
    text = info["signed_attrs"].untag().dump(force=True)
    if parameters is not None:
        info["signature_algorithm"] = algos.SignedDigestAlgorithm(parameters)
    info["signature"] = key.sign(text, scheme or padding.PKCS1v15(), hashes.SHA256())
    return read.dump(force=True)


def test_rsa_pss_is_read(stamped):
    authority, response = stamped
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    named = {"algorithm": "sha256"}
    parameters = {
        "algorithm": "rsassa_pss",
        "parameters": {
            "hash_algorithm": named,
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": named},
            "salt_length": 32,
        },
    }
    signed = forge(authority, response, scheme=scheme, parameters=parameters)

    assert tokens.check(signed, NOTE, roots(authority))  # `openssl ts` 3.0 does not read it


@pytest.mark.parametrize(
    ("purpose", "why"),
    [
        ((), "does not say"),
        ([(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), True)], "time alone"),
        ([(STAMPS[0], False)], "time alone"),
        (
            [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING,
                                     ExtendedKeyUsageOID.CODE_SIGNING]), True)],
            "time alone",
        ),
    ],
)  # fmt: skip
def test_a_certificate_for_something_else_proves_no_time(stamped, purpose, why):
    authority, response = stamped
    other = certificate(
        "Other", load(authority), "Fictional Time Root", authority.root_key, *purpose
    )
    with pytest.raises(TokenBadError, match=why):
        tokens.check(forge(authority, response, signer=other), NOTE, roots(authority))


def load(authority):
    return load_pem_private_key((authority.folder / "signer.key").read_bytes(), None)


def test_a_certificate_of_an_authority_that_is_none_is_no_link(stamped):
    authority, response = stamped
    middle_key = key_of("rsa")
    middle = certificate("Middle", middle_key, "Fictional Time Root", authority.root_key)
    signer = certificate("Signer", load(authority), "Middle", middle_key, STAMPS)
    forged = forge(authority, response, signer=signer)
    read = tsp.TimeStampResp.load(forged)
    read["time_stamp_token"]["content"]["certificates"].append(
        cms.CertificateChoices.load(authorities.der(middle))
    )
    with pytest.raises(TokenBadError, match="no chain"):
        tokens.check(read.dump(force=True), NOTE, roots(authority))


def test_a_token_is_judged_at_its_own_time(stamped):
    authority, response = stamped
    inside = datetime.now(UTC).replace(microsecond=0) + timedelta(days=300)
    outside = inside + timedelta(days=300)

    later = forge(authority, response, time=inside)
    too_late = forge(authority, response, time=outside)

    assert tokens.check(later, NOTE, roots(authority)).time == inside
    with pytest.raises(TokenBadError, match="not in force"):
        tokens.check(too_late, NOTE, roots(authority))


REACHES_BACK = x509.ReasonFlags.key_compromise
SINCE_ONLY = x509.ReasonFlags.cessation_of_operation


@pytest.mark.parametrize(
    ("when", "reason", "good"),
    [
        (MINUS, SINCE_ONLY, False),
        (PLUS, SINCE_ONLY, True),
        (PLUS, REACHES_BACK, False),
        (PLUS, None, False),
    ],
    ids=["before", "after", "stolen", "no reason"],
)
def test_a_stored_list_tells_that_a_certificate_was_revoked(stamped, when, reason, good):
    authority, response = stamped
    listed = x509.load_der_x509_crl(authority.revoke(when, reason))

    def check():
        return tokens.check(response, NOTE, roots(authority), Revocations([listed]))

    if good:
        assert check()
    else:
        with pytest.raises(TokenBadError, match="revoked"):
            check()


def test_a_list_that_somebody_else_signed_revokes_nothing(stamped):
    authority, response = stamped
    listed = x509.load_der_x509_crl(authority.revoke(MINUS, key=key_of("rsa")))

    assert tokens.check(response, NOTE, roots(authority), Revocations([listed]))


@pytest.mark.parametrize(
    "encoded",
    ["", "30", "3080", "308100", "30820001ff", "3003020100ff", "1f8100", "02020001", "0202ff80",
     "0200", "06028080", "0602", "060181", "180d3230323430353031313230305a",
     "181032303234303530313132303030302e5a", "180f32303234313330313132303030305a"],
)  # fmt: skip
def test_what_is_not_der_is_refused(encoded):
    readings = {0x02: der.integer, 0x06: der.oid, 0x18: der.moment, 0x30: der.parts}

    def read():
        element = der.read(bytes.fromhex(encoded))
        readings[element.tag](element)

    with pytest.raises(FormatError):
        read()


def test_names_and_times_are_read():
    assert der.oid(der.read(bytes.fromhex("06092a864886f70d010702"))) == "1.2.840.113549.1.7.2"
    assert der.oid(der.read(bytes.fromhex("06028837"))) == "2.999"
    assert der.integer(der.read(bytes.fromhex("0202ff7f"))) == -129
    moment = der.moment(der.read(b"\x18\x1220240501120000.25Z"))
    assert moment == datetime(2024, 5, 1, 12, 0, 0, 250000, tzinfo=UTC)
