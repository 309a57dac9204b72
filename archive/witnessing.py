"""Asking witnesses to cosign a checkpoint: that the log only grew since they last saw it.

Source: https://c2sp.org/tlog-witness (client) and https://c2sp.org/tlog-cosignature
"""

from collections.abc import Callable, Sequence

from archive import limits, note, outbound, strict_base64
from archive.checkpoint import Checkpoint
from archive.errors import ArchiveError, FormatError, SignatureBadError, SignatureMissingError
from archive.note import Note, Signature, VerifierKey
from archive.outbound import Answer, OutboundError

SIZE_KIND = "text/x.tlog.size"
_LONGEST_PROOF = 63


class WitnessError(ArchiveError):
    """A witness did not cosign; the message names it and says why."""


class WitnessContradictsError(WitnessError):
    """A witness has cosigned another state of this log: history was rewound or rewritten."""


def cosign(
    signed: bytes,
    said: Checkpoint,
    url: str,
    witnesses: Sequence[VerifierKey],
    prove: Callable[[int], list[bytes]],
) -> list[Signature]:
    """Have a witness cosign a checkpoint.

    Args:
        signed: the checkpoint's note.
        said: what it says.
        url: submission prefix of the witness, which somebody configured.
        witnesses: keys of the witnesses that the keyring names.
        prove: returns the consistency proof from an older size.

    Returns:
        The lines by keyring's witnesses, verified; at least one.

    Raises:
        WitnessContradictsError: the witness knows a newer or another state of this log.
        WitnessError: it does not answer, refuses, or answers with what proves nothing.
    """
    name, _ = outbound.host_of(url)
    answer = _add(url, 0, [], signed)
    if answer.status == 409:
        seen = _size(answer, name)
        if seen > said.size:
            raise WitnessContradictsError(
                f"witness {name} has cosigned this log at size {seen}, and it has {said.size} "
                "now: history was rewound. Next: find the newer state and restore from it."
            )
        answer = _add(url, seen, prove(seen), signed)
    if answer.status in (409, 422):
        raise WitnessContradictsError(
            f"witness {name} has cosigned another content of this log: history was rewritten. "
            "Next: compare with the checkpoints that you published (orderproof checkpoint compare)."
        )
    if answer.status != 200:
        meaning = {404: "it does not know this log", 403: "it knows another key of this log"}
        why = meaning.get(answer.status, f"status {answer.status}")
        raise WitnessError(f"witness {name} does not cosign: {why}")
    return _verified(answer.content, said, witnesses, name)


def request(old: int, proof: Sequence[bytes], signed: bytes) -> bytes:
    """Return the body of an `add-checkpoint` request."""
    lines = "".join(f"{strict_base64.encode(each)}\n" for each in proof)
    return f"old {old}\n{lines}\n".encode() + signed


def _add(url: str, old: int, proof: Sequence[bytes], signed: bytes) -> Answer:
    try:
        return outbound.ask(
            "POST",
            f"{url.rstrip('/')}/add-checkpoint",
            configured=[outbound.host_of(url)],
            limit=limits.NOTE,
            content=request(old, proof, signed),
        )
    except OutboundError as error:
        raise WitnessError(f"witness: {error}") from error


def _size(answer: Answer, name: str) -> int:
    text = answer.content.decode("ascii", "replace").removesuffix("\n")
    if answer.kind != SIZE_KIND or not text.isdecimal() or len(text) > 18:
        raise WitnessError(f"witness {name} does not say which size it has cosigned")
    return int(text)


def _verified(
    content: bytes, said: Checkpoint, witnesses: Sequence[VerifierKey], name: str
) -> list[Signature]:
    """Return the lines of an answer that are by witnesses of the keyring."""
    try:
        text = content.decode()
        lines = [note.parse_line(line) for line in text.removesuffix("\n").split("\n")]
    except (UnicodeDecodeError, FormatError) as error:
        raise WitnessError(f"witness {name} answers with no signature lines") from error
    found = []
    for witness in witnesses:
        cosigned = Note(said.text(), tuple(lines))
        try:
            witness.verify(cosigned)
        except SignatureMissingError:
            continue
        except SignatureBadError as error:
            raise WitnessError(f"witness {name}: {error}") from error
        found += witness.lines_in(cosigned)
    if not found:
        raise WitnessError(
            f"witness {name} signs with a key that the keyring does not name. Next: add it to the "
            "keyring, or correct the address."
        )
    return found
