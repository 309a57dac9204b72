"""Asking an authority: `openssl ts` behind HTTP, and servers that do what they should not."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from archive import limits, outbound
from archive.outbound import OutboundError
from archive.timestamping import StampError, stamp
from archive.verify import tokens
from archive.verify.certificates import Revocations
from archive.verify.tokens import TokenBadError
from tests.archive.authority import Authority, der, serving, stamping

NOTE = b"proof.example.org/shop\n7\nAAAA\n"
REPLY = {"Content-Type": "application/timestamp-reply"}


@pytest.fixture
def make(tool, tmp_path):
    openssl = tool("openssl")
    return lambda name="tsa", **changes: Authority(tmp_path / name, openssl, **changes)


def list_at(url):
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)
    return (x509.CRLDistributionPoints([point]), False)


def responder_at(url):
    way = x509.AccessDescription(
        AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(url)
    )
    return (x509.AuthorityInformationAccess([way]), False)


def test_a_stamped_answer_is_returned_as_it_came(make):
    authority = make()
    with serving(stamping(authority)) as url:
        stamped = stamp(NOTE, url, [der(authority.root)])

    assert stamped.response == (authority.folder / "answer").read_bytes()
    assert authority.accepts(NOTE, stamped.response)
    assert stamped.proven.chain[-1] == authority.root
    assert stamped.revocation == []


def test_the_issuers_list_is_fetched_and_kept(make):
    found = {}
    with serving(lambda *request: found["answers"](*request)) as url:
        authority = make(pointers=(list_at(f"{url}/issuer.crl"),))
        clean = authority.revocation_list()
        found["answers"] = stamping(authority, **{"issuer.crl": clean})
        stamped = stamp(NOTE, url, [der(authority.root)])

    assert stamped.revocation == [("crl", clean)]


def test_an_ocsp_answer_is_fetched_kept_and_believed(make):
    found = {}
    with serving(lambda *request: found["answers"](*request)) as url:
        authority = make(pointers=(responder_at(f"{url}/ocsp"),))

        def answers(method, path, body):
            if path != "/ocsp":
                return stamping(authority)(method, path, body)
            asked = ocsp.load_der_ocsp_request(body)
            assert asked.serial_number == authority.signer.serial_number
            return 200, {}, answer_about(authority, ocsp.OCSPCertStatus.GOOD)

        found["answers"] = answers
        stamped = stamp(NOTE, url, [der(authority.root)])
    ((kind, _),) = stamped.revocation
    revoked = answer_about(authority, ocsp.OCSPCertStatus.REVOKED)
    stored = Revocations(answers=[ocsp.load_der_ocsp_response(revoked)])

    assert kind == "ocsp"
    with pytest.raises(TokenBadError, match="revoked"):
        tokens.check(stamped.response, NOTE, [der(authority.root)], stored)


def answer_about(authority, status):
    now = datetime.now(UTC)
    revoked = status is ocsp.OCSPCertStatus.REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=authority.signer, issuer=authority.issuer, algorithm=hashes.SHA1(),
        cert_status=status, this_update=now, next_update=now + timedelta(days=1),
        revocation_time=now - timedelta(days=1) if revoked else None,
        revocation_reason=None,
    ).responder_id(ocsp.OCSPResponderEncoding.HASH, authority.issuer)  # fmt: skip
    signed = builder.sign(authority.issuer_key, hashes.SHA256())
    return signed.public_bytes(Encoding.DER)


def test_a_pointer_into_the_house_is_not_followed(make):
    asked = []

    def inside(method, path, body):
        asked.append(path)
        return 200, {}, b""

    with serving(inside) as house, serving(lambda *r: found["answers"](*r)) as url:
        authority = make(pointers=(list_at(f"{house}/issuer.crl"), responder_at(f"{house}/ocsp")))
        found = {"answers": stamping(authority)}
        stamped = stamp(NOTE, url, [der(authority.root)])

    assert stamped.revocation == []
    assert asked == []


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/", "http://[::1]:1/", "http://10.0.0.1/", "http://169.254.169.254/",
     "http://[fe80::1]/", "http://[::ffff:127.0.0.1]:1/", "http://localhost:1/", "http://0/"],
)  # fmt: skip
def test_what_nobody_configured_is_asked_on_the_public_internet_only(url):
    with pytest.raises(OutboundError, match="inside the house"):
        outbound.ask("GET", url, configured=[("127.0.0.1", 2)], limit=10)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.org/", "http://a:b@127.0.0.1/", "//x", ""]
)
def test_other_addresses_are_refused(url):
    with pytest.raises(OutboundError, match="has to be"):
        outbound.ask("GET", url, configured=[], limit=10)


def test_a_redirect_is_not_followed(make):
    authority = make()
    asked = []

    def inside(method, path, body):
        asked.append(path)
        return stamping(authority)(method, path, body)

    with (
        serving(inside) as house,
        serving(lambda *_: (307, {"Location": house, **REPLY}, b"")) as url,
        pytest.raises(StampError, match="status 307"),
    ):
        stamp(NOTE, url, [der(authority.root)])
    assert asked == []


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((200, {"Content-Type": "text/html"}, b"<p>"), "text/html"),
        ((500, REPLY, b""), "status 500"),
        ((200, REPLY, b""), "its token"),
        ((200, REPLY, b"0" * (limits.TOKEN + 1)), "more than"),
        ((200, REPLY, bytes.fromhex("30053003020102")), "refused to stamp"),
    ],
    ids=["no reply", "error", "empty", "too long", "refusal"],
)
def test_an_answer_that_is_no_token_is_not_taken(answer, why):
    with serving(lambda *_: answer) as url, pytest.raises(StampError, match=why):
        stamp(NOTE, url, [])


def test_an_old_answer_given_again_is_not_taken(make):
    authority = make()
    old = authority.stamp(authority.query(NOTE))
    with serving(lambda *_: (200, REPLY, old)) as url, pytest.raises(StampError, match="Nonce"):
        stamp(NOTE, url, [der(authority.root)])


def test_an_authority_that_the_keyring_does_not_name_is_not_taken(make):
    authority = make()
    with serving(stamping(authority)) as url, pytest.raises(StampError, match="no chain"):
        stamp(NOTE, url, [der(make("other").root)])


def test_an_authority_that_is_away_is_named():  # N-09
    with serving(lambda *_: (200, REPLY, b"")) as url:
        pass
    with pytest.raises(StampError, match=r"127\.0\.0\.1 does not answer"):
        stamp(NOTE, url, [])
