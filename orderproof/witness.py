"""`orderproof witness`: an auditor's own witness of a seller's log."""

import socket
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from archive.errors import ArchiveError, FormatError
from archive.note import ED25519, VerifierKey, check_name
from archive.witness import Witness, WitnessStateError
from orderproof import errors, terminal
from orderproof.errors import CommandError
from orderproof.key_files import write_secret


def run(
    name: str, key_file: Path, state: Path, log: str, host: str, port: int, *, as_json: bool
) -> None:
    """Serve a witness until it is stopped.

    Args:
        name: of the witness's key.
        key_file: its private key; made where there is none, together with the state.
        state: what it remembers.
        log: verifier key of the log.
        host: address to listen on.
        port: to listen on; 0: any that is free.
        as_json: print address and key as one JSON object.
    """
    import uvicorn

    from api.witness import app

    log_key = _log_key(log)
    _begin(name, key_file, state)
    try:
        witness = Witness(name, _key(key_file), log_key, state)
    except WitnessStateError as error:
        raise CommandError(str(error), errors.CANNOT_TELL) from error
    try:
        listening = socket.create_server((host, port))
    except OSError as error:
        raise CommandError(
            f"{host}:{port} cannot be listened on: {error.strerror}", errors.CANNOT_TELL
        ) from error
    with listening:
        url = f"http://{host}:{listening.getsockname()[1]}/"
        if as_json:
            terminal.print_json({"log": log_key.name, "url": url, "vkey": witness.public.vkey()})
        else:
            terminal.say(
                f"Witness of {log_key.name} at {url}\n"
                f"Its key, for the seller's keyring: {witness.public.vkey()}"
            )
        config = uvicorn.Config(app(witness), log_level="warning", access_log=False)
        uvicorn.Server(config).run(sockets=[listening])
    witness.close()


def _log_key(text: str) -> VerifierKey:
    try:
        key = VerifierKey.parse(text)
    except FormatError as error:
        raise CommandError(f"--log: {error}. It is the first line of `key list`.") from error
    if key.type != ED25519:
        raise CommandError("--log: give the log's Ed25519 key; witnesses go by that one")
    return key


def _begin(name: str, key_file: Path, state: Path) -> None:
    """Make key and memory together, once. The key comes last: it is never without a memory."""
    try:
        check_name(name)
    except ArchiveError as error:
        raise CommandError(f"--name: {error}") from error
    if key_file.exists():
        return
    state.touch(mode=0o600, exist_ok=True)
    if state.stat().st_size:
        raise CommandError(
            f"{terminal.shown(state)} is the memory of a witness whose key {key_file.name} is not "
            "there. Bring the key back, or name a new state file."
        )
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    write_secret(key_file, pem)


def _key(file: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise CommandError(f"{file} is not a key that can be read", errors.CANNOT_TELL) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise CommandError(f"{file} is not an Ed25519 key", errors.CANNOT_TELL)
    return key
