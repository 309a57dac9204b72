"""Changing the keys that sign the log: proposing a keyring, signing it, putting it in force."""

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

from archive import dsse, layout, note, trust
from archive.errors import FormatError
from archive.store import Store
from archive.trust import Keyring
from domain import canonical
from domain.catalogue import OUR_SOURCE
from domain.event import Fact
from domain.stream import KEYS_STREAM
from eventstore import log, recording
from eventstore.connection import connect
from eventstore.writer import ROLE
from orderproof import archiving, installation, keyring, one_writer, outside_keys, terminal, theft
from orderproof.bootstrap import open_store
from orderproof.errors import CANNOT_TELL, CommandError
from orderproof.holding import refuse_unsaid
from orderproof.installation import Installation
from orderproof.keys import Keys

_DEFAULT = "keyring.proposed.json"


def new(data: Path | None, role: str, file: Path | None) -> int:
    """Make a root key, or the first keyring of a log that has a new name."""
    if role == "log" and file is None:
        return _new_name(installation.find(data))
    if role != "root" or file is None:
        raise CommandError("say --role root FILE, or --role log for a log with a new name")
    if file.exists():
        raise CommandError(f"{file} is there already; a key is never replaced")
    key_id = keyring.new_root(file.absolute())
    terminal.say(f"Made the root key {key_id}\nin {terminal.shown(file.absolute())}")
    terminal.say("Keep it offline, with a copy elsewhere. Only `orderproof key` needs it.")
    return 0


def _new_name(found: Installation) -> int:
    with one_writer.alone(found), archiving.opened(found) as store:
        if store.get(layout.keyring_path(1)) is not None:
            raise CommandError(
                f"{found.archive} has a keyring already. A log with a new name needs an archive of "
                "its own (ORDERPROOF_ARCHIVE_URL); one with its old name: orderproof key rotate"
            )
        keyring.begin(found.data, found.settings.origin, _keys(found))
    root = found.keys_folder / keyring.ROOT
    terminal.say(f"Its root key is {terminal.shown(root)}: move it to a place that is offline.")
    return show(found)


def rotate(found: Installation, roots: list[Path], proposal: Path | None, *, as_json: bool) -> int:
    """Propose new keys from the size on that was signed last, and sign that with the roots."""
    files, keys = keyring.read(found.data), _keys(found)
    with one_writer.alone(found), archiving.opened(found) as store:
        proposed = keyring.rotated(files, keys, _signed_size(store))
        return _propose(found, keys, trust.envelope(proposed), roots, proposal, as_json=as_json)


def revoke(
    found: Installation,
    named: str,
    reason: str,
    since: date | None,
    roots: list[Path],
    proposal: Path | None,
    *,
    as_json: bool,
) -> int:
    """Record the end of a key, and propose it. A key in use is replaced by new ones."""
    refuse_unsaid(reason=reason)
    files, keys = keyring.read(found.data), _keys(found)
    with one_writer.alone(found), archiving.opened(found) as store:
        stolen = _still_counts(store, files, since, as_json=as_json) if since else None
        proposed = keyring.revoked(files, keys, _signed_size(store), named, stolen)
        _record_end(found, proposed, named, reason, since)
        return _propose(found, keys, trust.envelope(proposed), roots, proposal, as_json=as_json)


def sign(data: Path | None, file: Path, roots: list[Path], *, as_json: bool) -> int:
    """Sign a proposed keyring; where the log is, put it in force when it is complete."""
    signed = keyring.sign(_read(file), roots)
    file.write_bytes(signed.encode())
    try:
        found = installation.find(data)
    except CommandError:  # a root's holder has no data folder
        terminal.say(f"Signed {terminal.shown(file.absolute())}. Give it back to who sent it.")
        return 0
    with one_writer.alone(found), archiving.opened(found) as store:
        size = _signed_size(store)
        known = {each.key for each in keyring.newest(keyring.read(found.data)).keys}
        begin = [
            each.from_size
            for each in trust.parse_payload(signed.payload).keys
            if each.key not in known
        ]
        if begin and max(begin) <= size:
            raise CommandError(
                f"the log was signed up to size {size} since this keyring was proposed. Next: "
                "orderproof key rotate, and have that signed before the next archive run",
                CANNOT_TELL,
            )
        return _propose(found, _keys(found), signed, [], file, as_json=as_json)


def list_keys(found: Installation, *, as_json: bool) -> int:
    """Print every key with its sizes."""
    last = keyring.newest(keyring.read(found.data))
    rows = [
        {
            "key": str(each.key),
            "vkey": each.key.vkey(),
            "type": note.TYPE_NAMES[each.key.type],
            "from_size": each.from_size,
            "to_size": each.to_size,
            "status": each.status,
            "since": each.since,
        }
        for each in last.keys
    ]
    if as_json:
        terminal.print_json(
            {
                "origin": last.origin,
                "keyring": last.number,
                "keys": rows,
                "fingerprint": last.roots.fingerprint(),
                "authorities": [
                    {"name": each.name, "sha256": outside_keys.digest(each)}
                    for each in last.authorities
                ],
                "witnesses": [each.vkey() for each in last.witnesses],
                "quorum": last.quorum,
            }
        )
        return 0
    for row in rows:
        upto = "" if row["to_size"] is None else row["to_size"]
        since = f" since {row['since']}" if row["since"] else ""
        terminal.say(
            f"{row['key']}  {row['type']:<10}  sizes {row['from_size']} to {upto or '…'}  "
            f"{row['status']}{since}"
        )
    for line in outside_keys.lines(last):
        terminal.say(line)
    return 0


def show(found: Installation) -> int:
    """Print what to compare, in groups that people can read out."""
    last = keyring.newest(keyring.read(found.data))
    fingerprint = last.roots.fingerprint()
    groups = " ".join(fingerprint[place : place + 8] for place in range(0, 64, 8))
    terminal.say(f"The log          {last.origin}")
    terminal.say(f"Keyring          {last.number}")
    terminal.say(f"Fingerprint      {groups}")
    for public in sorted(last.roots.keys, key=dsse.key_id):
        terminal.say(f"Root key         {dsse.key_id(public)}")
    terminal.say(f"Needed of those  {last.roots.threshold}")
    for each in last.keys:
        terminal.say(f"Signs            {each.key} ({note.TYPE_NAMES[each.key.type]})")
    for line in outside_keys.lines(last):
        terminal.say(line)
    terminal.say(f"Check with       orderproof verify --keyring {fingerprint}")
    return 0


def propose_outside(
    found: Installation,
    change: Callable[[Keyring], Keyring],
    roots: list[Path],
    proposal: Path | None,
    *,
    as_json: bool,
) -> int:
    """Change who outside is believed, and sign that with the roots."""
    with one_writer.alone(found):
        proposed = change(keyring.following(keyring.read(found.data)))
        unsigned = trust.envelope(proposed)
        return _propose(found, _keys(found), unsigned, roots, proposal, as_json=as_json)


def _propose(
    found: Installation,
    keys: Keys,
    proposed: dsse.Envelope,
    roots: list[Path],
    file: Path | None,
    *,
    as_json: bool,
) -> int:
    """Put a keyring in force if enough roots have signed it, else leave it for the others."""
    file = file or found.data / _DEFAULT
    signed = keyring.sign(proposed, roots)
    lacks = keyring.missing(keyring.read(found.data), signed)
    if lacks is None:
        last = keyring.accept(found.data, signed, keys)
        file.unlink(missing_ok=True)
        said = f"Keyring {last.number} is in force; the next archive run publishes it."
    else:
        file.write_bytes(signed.encode())
        said = (
            f"Not in force yet: {lacks}.\nNext: have {terminal.shown(file.absolute())} signed by "
            "the other holders (orderproof key sign FILE --root KEY), then run the same here, "
            "before anything else is archived."
        )
    if as_json:
        waits = None if lacks is None else str(file)
        terminal.print_json({"in_force": lacks is None, "proposal": waits, "lacks": lacks})
    else:
        terminal.say(said)
    return 0


def _still_counts(
    store: Store, files: list[bytes], since: date, *, as_json: bool
) -> tuple[str, int]:
    """Return the day of a theft, and the size up to which the stolen key still counts."""
    size, outside = theft.size_before(store, keyring.newest(files), since)
    if not as_json:
        who = "an authority or a witness" if outside else "the log's own clock, nobody outside,"
        terminal.say(f"What it signed up to size {size} counts: {who} dates it before {since}.")
    return since.isoformat(), size


def _record_end(
    found: Installation, proposed: Keyring, named: str, reason: str, since: date | None
) -> None:
    """Record, once, why a key ends: before the roots have signed it, since that may take days."""
    (key,) = {str(each.key) for each in proposed.keys if keyring.is_named(each, named)}
    data: dict[str, object] = {
        "key": key,
        "keyring": proposed.number,
        "origin": proposed.origin,
        "reason": reason,
    }
    if since is not None:
        data["compromised_since"] = since.isoformat()
    with open_store(found) as store, connect(store.dsn, ROLE) as connection:
        fact = Fact(
            stream=KEYS_STREAM,
            type="key.revoked",
            source=OUR_SOURCE,
            id=f"key.revoked/{hashlib.sha256(canonical.encode(data)).hexdigest()[:32]}",
            occurred_at=log.clock(connection),
            data=data,
        )
        # The same words a second time are answered with what is there.
        recording.record(connection, None, [fact])


def _read(file: Path) -> dsse.Envelope:
    try:
        return dsse.parse(file.read_bytes(), trust.PAYLOAD_TYPE)
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}") from None
    except FormatError as error:
        raise CommandError(f"{file} is no keyring: {error}") from None


def _signed_size(store: Store) -> int:
    """Return the largest size that was signed, which must be the one that was published."""
    names = (f"log/checkpoints/{name}" for name in store.names("log/checkpoints"))
    sizes = [size for name in names if (size := layout.checkpoint_size(name)) is not None]
    largest = max(sizes, default=0)
    published = store.get(layout.CHECKPOINT)
    if largest and published != store.get(layout.checkpoint_path(largest)):
        raise CommandError(
            "an archive run was interrupted. Next: orderproof archive, then the same again",
            CANNOT_TELL,
        )
    return largest


def _keys(found: Installation) -> Keys:
    return Keys(found.keys_folder, found.settings.kms_key_id)
