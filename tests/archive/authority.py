"""Timestamp authorities for tests: a small certificate authority, and `openssl ts` behind HTTP."""

import shutil
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_CONFIG = """
[tsa]
default_tsa = it
[it]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/signer.pem
certs = {folder}/issuers.pem
signer_key = {folder}/signer.key
signer_digest = {digest}
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = {ess}
"""


def key_of(kind):
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject, key, issuer, issuer_key, *extensions, days=(-30, 3650)):
    now = datetime.now(UTC).replace(microsecond=0)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer_key, hashes.SHA256())


def ca(length=None):
    return (x509.BasicConstraints(ca=True, path_length=length), True)


STAMPS = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)


def pem(certificate):
    return certificate.public_bytes(Encoding.PEM)


def der(certificate):
    return certificate.public_bytes(Encoding.DER)


class Authority:
    """A root, an issuer below it and a signer below that; `openssl ts` signs.

    Args:
        folder: its files.
        openssl: the program.
        kind: `rsa` or `ec`.
        ess: digest that names the signer's certificate.
        purpose: extensions of the signer's certificate.
        days: when the signer's certificate begins and ends, from today.
        pointers: further extensions of the signer's certificate.
    """

    def __init__(
        self, folder, openssl, kind="rsa", ess="sha256", digest="sha256", purpose=(STAMPS,),
        days=(-1, 365), pointers=(), title="Fictional Time",
    ):  # fmt: skip
        self.folder, self.openssl = folder, openssl
        folder.mkdir()
        self.root_key, self.issuer_key = key_of(kind), key_of(kind)
        signer_key = key_of(kind)
        self.root = certificate(
            f"{title} Root", self.root_key, f"{title} Root", self.root_key, ca()
        )
        self.issuer = certificate(
            f"{title} Issuer", self.issuer_key, f"{title} Root", self.root_key, ca(0)
        )
        self.signer = certificate(
            f"{title} Signer", signer_key, f"{title} Issuer", self.issuer_key,
            *purpose, *pointers, days=days,
        )  # fmt: skip
        (folder / "root.pem").write_bytes(pem(self.root))
        (folder / "issuers.pem").write_bytes(pem(self.issuer) + pem(self.root))
        (folder / "signer.pem").write_bytes(pem(self.signer))
        key = signer_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "signer.key").write_bytes(key)
        (folder / "serial").write_text("01\n")
        config = _CONFIG.format(folder=folder, ess=ess, digest=digest)
        (folder / "tsa.cnf").write_text(config)
        self.answers = 0
        self._lock = Lock()  # openssl counts serial numbers in a file

    def stamp(self, query):
        with self._lock:
            (self.folder / "query").write_bytes(query)
            answer = self.folder / "answer"
            self._run("-reply", "-queryfile", self.folder / "query", "-out", answer,
                      "-config", self.folder / "tsa.cnf")  # fmt: skip
            self.answers += 1
            return answer.read_bytes()

    def query(self, data):
        (self.folder / "data").write_bytes(data)
        self._run("-query", "-data", self.folder / "data", "-sha256", "-cert",
                  "-out", self.folder / "made-query")  # fmt: skip
        return (self.folder / "made-query").read_bytes()

    def accepts(self, data, response):
        """Tell whether `openssl ts -verify` accepts a response over these bytes."""
        (self.folder / "data").write_bytes(data)
        (self.folder / "response").write_bytes(response)
        done = self._run("-verify", "-data", self.folder / "data", "-in", self.folder / "response",
                         "-CAfile", self.folder / "root.pem", check=False)  # fmt: skip
        return done.returncode == 0

    def revoke(self, when, reason=x509.ReasonFlags.key_compromise, key=None):
        """Return the issuer's list that has the signer's certificate on it."""
        entry = (
            x509.RevokedCertificateBuilder()
            .serial_number(self.signer.serial_number)
            .revocation_date(when)
        )
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        return self.revocation_list(entry.build(), key=key)

    def revocation_list(self, *entries, key=None):
        now = datetime.now(UTC)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.issuer.subject)
            .last_update(now)
            .next_update(now + timedelta(days=7))
        )
        for entry in entries:
            builder = builder.add_revoked_certificate(entry)
        signed = builder.sign(key or self.issuer_key, hashes.SHA256())
        return signed.public_bytes(Encoding.DER)

    def _run(self, *arguments, check=True):
        command = [self.openssl, "ts", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, check=check)


@contextmanager
def serving(answers):
    """Serve `answers(method, path, body) -> (status, headers, bytes)` on 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers, content = answers(self.command, self.path, body)
            self.send_response(status)
            for header, value in headers.items():
                self.send_header(header, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def stamping(authority, **other):
    """Return answers of a server that stamps, and serves further paths."""

    def answers(method, path, body):
        if method == "POST":
            return 200, {"Content-Type": "application/timestamp-reply"}, authority.stamp(body)
        content = other.get(path.strip("/"))
        return (200, {}, content) if content is not None else (404, {}, b"")

    return answers


def find_openssl():
    return shutil.which("openssl")
