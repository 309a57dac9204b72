"""Putting a pack together: its files, its pages, and the ZIP."""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files as resources
from typing import Any

from archive import canonical, checkpoint, layout, note, trust
from archive.errors import ArchiveError
from evidence import attached as names
from evidence import collecting
from evidence.attached import Attached
from evidence.claimed import Claimed, Proof, Seal
from evidence.collecting import Collected
from evidence.document import page
from evidence.outside import listen, when
from evidence.typesetting import Typesetter

PACK = 1
"""Number of the pack's form, in `contents.json`."""

_MEDIA = {
    ".gz": "application/gzip",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".tsr": "application/timestamp-reply",
    ".crl": "application/pkix-crl",
    ".ocsp": "application/ocsp-response",
    ".pem": "application/x-pem-file",
}


def files_of(
    claimed: Claimed,
    answer: Mapping[str, Any],
    collected: Collected,
    lines: Sequence[tuple[int, bytes]],
    certificate: bytes | None,
) -> list[Attached]:
    """Return the files of a pack: the answer, the evidence, and what leads through them.

    Args:
        claimed: the claim.
        answer: the JSON of `claim --json`. How long it took is left out, so that a second pack of
            the same answer has the same bytes.
        collected: what the archive holds of the order.
        lines: the order's, with their positions.
        certificate: of the evidence key, PEM; None where nothing is signed.
    """
    words = claimed.page.files
    said = json.dumps({**answer, "seconds": None}, ensure_ascii=False, indent=1) + "\n"
    found = [_file(names.CLAIM, said.encode(), words["claim"], source=True)]
    for path, data in collecting.each(collected):
        found.append(_file(path, data, words[_kind(path)], source=path in collected.histories))
    unsealed = unsealed_of(claimed, collected, lines)
    if unsealed:
        data = b"".join(line + b"\n" for line in unsealed)
        found.append(_file(names.UNSEALED, data, words["unsealed"], source=True))
    if certificate is not None:
        found.append(_file(names.CERTIFICATE, certificate, words["certificate"]))
    readme = resources("evidence").joinpath("pack-readme.txt").read_bytes()
    found.append(_file(names.README, readme, words["readme"]))
    contents = _contents(claimed, found, _places(claimed, collected))
    found.append(_file(names.CONTENTS, contents, words["contents"]))
    return found


def unsealed_of(
    claimed: Claimed, collected: Collected, lines: Sequence[tuple[int, bytes]]
) -> list[bytes]:
    """Return the lines that are in none of the histories."""
    after = frozenset(_places(claimed, collected))
    return [line for position, line in lines if position in after]


def _places(claimed: Claimed, collected: Collected) -> list[int]:
    """Return the positions of the events that are in none of the histories."""
    return [each.event.position for each in claimed.recorded if each.event.version > collected.last]


def proof_of(collected: Collected, unsealed: int) -> Proof:
    """Return what the pages say of the proof."""
    signed = said = keyring = None
    try:
        data = collected.proofs.get(layout.CHECKPOINT)
        if data is not None:
            signed = note.parse(data)
            said = checkpoint.parse(signed.text)
        numbers = [n for name in collected.proofs if (n := layout.keyring_number(name)) is not None]
        if numbers:
            keyring = trust.parse(collected.proofs[layout.keyring_path(max(numbers))])
    except ArchiveError:
        pass  # the verification says what is wrong with it
    last = collecting.newest(collected.histories)
    heard = listen(collected.proofs, keyring)
    return Proof(
        origin=said.origin if said is not None else None,
        note=signed,
        said=said,
        keyring=keyring,
        unsealed=unsealed,
        stamped=tuple(
            (size, when(each.latest), each.authority) for size, each in sorted(heard.proven.items())
        ),
        witnessed=tuple((size, tuple(sorted(by))) for size, by in sorted(heard.witnessed.items())),
        history=None if last is None else collecting.flat(last),
        keyring_file=None
        if keyring is None
        else collecting.flat(layout.keyring_path(keyring.number)),
    )


def pages(
    typesetter: Typesetter,
    claimed: Claimed,
    proof: Proof,
    seal: Seal,
    files: Sequence[Attached],
) -> bytes:
    """Return the PDF, not signed yet; the same bytes for the same claim.

    Raises:
        GlyphMissingError: no font has a character of it.
    """
    return typesetter.typeset(page(claimed, proof, seal, files), files, claimed.verdict.as_of)


def _contents(claimed: Claimed, files: Sequence[Attached], places: Sequence[int]) -> bytes:
    value = {
        "as_of": claimed.verdict.as_of.isoformat(),
        "events": len(claimed.recorded),
        "files": [
            {
                "media_type": each.media_type,
                "name": each.name,
                "path": each.path,
                "sha256": each.sha256,
                "size": len(each.data),
            }
            for each in files
        ],
        "head": claimed.recorded[-1].hash if claimed.recorded else None,
        "order": claimed.number,
        "pack": PACK,
        "shop": claimed.shop,
        "unsealed": list(places),
    }
    return canonical.encode(value) + b"\n"


def _file(path: str, data: bytes, description: str, *, source: bool = False) -> Attached:
    name = collecting.flat(path)
    end = "." + name.rpartition(".")[2]
    return Attached(path, name, data, _MEDIA.get(end, "text/plain"), description, source)


def _kind(path: str) -> str:
    outside = layout.parse_outside(path)
    if outside is not None:
        return outside.kind
    if path == names.CONSISTENCY:
        return "consistency"
    if layout.keyring_number(path) is not None:
        return "keyring"
    return "history" if layout.parse_history_path(path) else "checkpoint"
