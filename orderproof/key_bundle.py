"""`orderproof export keys`: the keys to personal data that are left, for whoever takes over.

`orderproof restore --keys` takes them over.
"""

import os
from pathlib import Path
from uuid import uuid4

from archive.errors import FormatError
from archive.verify.personal_check import encode_bundle, parse_bundle
from domain.catalogue import OUR_SOURCE
from domain.event import Fact
from domain.stream import ACCESS_STREAM, stream_id
from eventstore import log, recording, sealing
from eventstore.connection import connect, transaction
from eventstore.writer import ROLE
from orderproof import errors, terminal
from orderproof.bootstrap import Store, open_store
from orderproof.errors import CommandError
from orderproof.holding import refuse_unsaid
from orderproof.installation import Installation
from orderproof.terminal import counted, shown

_BATCH = 10_000


def run(installation: Installation, out: Path, by: str, *, as_json: bool) -> int:
    """Write the bundle into a new file and return the exit code.

    Raises:
        CommandError: the file is there already.
    """
    refuse_unsaid(by=by)
    with open_store(installation) as store:
        count = write(store, out)
        _record(store, count, by)
    if as_json:
        terminal.print_json({"file": str(out), "keys": count})
    else:
        terminal.say(
            f"{counted(count, 'key')} in {shown(out)}, in the clear: whoever has this file and the "
            "archive can read everybody's personal data. Keep no copy for longer than 30 days: "
            "an erasure does not reach it."
        )
    return errors.OK


def write(store: Store, out: Path) -> int:
    """Write every key that is left, and return how many there are."""
    secret = store.keys.personal_data
    with transaction(store.connection) as cursor:
        cursor.execute(
            "SELECT s.stream, k.purpose, k.wrapped FROM stream_keys k"
            " JOIN streams s USING (stream_id) WHERE k.wrapped IS NOT NULL ORDER BY 1, 2"
        )
        rows = cursor.fetchall()
    keys = ((s, purpose, sealing.unwrap_key(secret, bytes(w))) for s, purpose, w in rows)
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CommandError(f"{out} is there already. Name a new file with --out") from None
    with open(descriptor, "wb") as file:
        file.writelines(encode_bundle(keys))
    return len(rows)


def take_over(store: Store, file: Path) -> int:
    """Store the keys of a bundle, and return how many there are.

    Raises:
        CommandError: the file is not a bundle.
        KeyMissingError: the store has other keys already.
    """
    try:
        bundle = parse_bundle(file.read_bytes())
    except FormatError as error:
        raise CommandError(f"{shown(file)} is not a bundle of keys: {error}") from error
    given = list(bundle.items())
    for start in range(0, len(given), _BATCH):
        batch = given[start : start + _BATCH]
        keys = {(stream_id(stream), purpose): key for (stream, purpose), key in batch}
        with connect(store.dsn, ROLE) as connection, transaction(connection) as cursor:
            store.ring.take_over(cursor, keys)
    return len(given)


def _record(store: Store, count: int, by: str) -> None:
    now = log.clock(store.connection)
    id_ = uuid4().hex[:16]
    fact = Fact(
        stream=f"{ACCESS_STREAM}/{now[:10]}",
        type="export.produced",
        source=OUR_SOURCE,
        id=f"export/{id_}",
        occurred_at=now,
        data={"export_id": id_, "by": by, "scope": "keys to personal data", "count": count},
    )
    with connect(store.dsn, ROLE) as connection:
        recording.record(connection, None, [fact])
