"""A bucket that is busy, cut off, not to be trusted, or gives other bytes than it took."""

import ipaddress
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from archive.bucket import BucketStore
from archive.bucket_files import BucketFiles
from archive.s3 import Bucket
from archive.s3_client import Credentials
from archive.s3_errors import AwayError, BucketError
from archive.s3_place import Place
from archive.verify import verify_archive
from tests.archive.archive_scene import order, run
from tests.archive.memory_log import MemoryLog
from tests.s3_proxy import proxy_of

UNTIL = date(2041, 3, 31)


@pytest.fixture
def proxy(s3):
    with proxy_of(s3.endpoint) as between:
        yield between


@pytest.fixture
def far(bucket, s3, proxy):
    """The bucket as it is seen through the proxy, by an archiver with little patience."""
    place = Place(bucket.place.bucket, bucket.place.prefix, proxy.endpoint, patience=0)
    return Bucket(place, s3.credentials, first_wait=0.001)


def first(times, answer, method="PUT"):
    """Return a rule that gives this answer to the first requests of a method."""
    calls = count()
    return lambda called, path: answer if called == method and next(calls) < times else None


@pytest.mark.parametrize(
    "answer",
    [(503, "SlowDown"), (500, "InternalError"), (409, "ConditionalRequestConflict"), (0, "")],
)
def test_a_busy_bucket_is_asked_again(far, bucket, proxy, answer):  # N-04
    proxy.before = first(2, answer)

    with BucketStore(far) as store:
        store.put_new("manifests/3.json", b"content", UNTIL)

    assert len(bucket.versions_of("manifests/3.json")) == 1
    assert bucket.ask("head_object", "manifests/3.json")["ObjectLockMode"] == "COMPLIANCE"


def test_an_answer_that_was_lost_is_no_second_version(far, bucket, proxy):  # N-04
    proxy.after = first(1, (0, ""))

    with BucketStore(far) as store:
        stored = store.put_new("manifests/3.json", b"content", UNTIL)

    [version] = bucket.versions_of("manifests/3.json")
    assert stored.version == version.id


@pytest.mark.parametrize("answer", [(503, "SlowDown"), (0, "")])
def test_a_bucket_that_stays_away_is_given_up_and_nothing_secret_is_said(far, proxy, s3, answer):
    proxy.before = lambda method, path: answer

    with BucketStore(far) as store, pytest.raises(AwayError, match="the archive lags") as error:
        store.put_new("manifests/3.json", b"content", UNTIL)

    assert s3.credentials.secret not in str(error.value)
    assert s3.credentials.key_id not in str(error.value)


@pytest.fixture
def archived(bucket):
    log = MemoryLog()
    run(log, bucket, [order(log, "1")], folder=BucketStore)
    return bucket


def flipped(name, times):
    """Return a rule that flips a bit in the first answers that carry a file."""
    calls = count()

    def rule(method, path, data):
        if method != "GET" or name not in path or next(calls) >= times:
            return data
        return data[:-20] + bytes([data[-20] ^ 1]) + data[-19:]

    return rule


@pytest.mark.parametrize("name", ["log/tile/entries", "manifests/", "log/checkpoint?", "orders/"])
def test_other_bytes_than_stored_are_read_again_before_anybody_is_accused(
    archived, far, proxy, name
):  # N-05
    proxy.body = flipped(name, 1)

    report = verify_archive(BucketFiles(far))

    assert (report.verdict, report.findings) == ("intact", [])


def test_bytes_that_stay_other_than_stored_are_altered(archived, far, proxy):  # N-05
    proxy.body = flipped("/orders/", 1_000)

    report = verify_archive(BucketFiles(far))

    assert report.verdict == "altered"
    assert any(f.code == "FILE_ALTERED" and f.object.startswith("orders/") for f in report.findings)


def test_an_expired_certificate_is_refused_and_named(tmp_path, monkeypatch):  # N-10
    certificate = expired_certificate(tmp_path)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    with tls_server(certificate) as endpoint:
        place = Place("proof", "", endpoint, patience=0)
        bucket = Bucket(place, Credentials("key", "secret"), first_wait=0.001)

        with pytest.raises(BucketError, match="certificate has expired") as error:
            bucket.ask("head_object", "log/checkpoint")

    assert endpoint in str(error.value)


def expired_certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=20))
        .not_valid_after(now - timedelta(days=10))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return file


@contextmanager
def tls_server(certificate):
    """Run a server that nobody should send anything to."""
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    server.handle_error = lambda request, address: None
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
