"""Whether an index's root is what the log's key signed: it carries all that is needed but keys."""

from archive import entry, history, layout, line, merkle
from archive.checkpoint import Checkpoint
from archive.errors import FormatError
from archive.findings import Finding, finding
from archive.index.root import Root
from archive.verify.events import SOURCE
from archive.verify.keys import HISTORY_NOTE, Keys


def prove_root(root: Root, keys: Keys) -> tuple[Checkpoint | None, list[Finding]]:
    """Check that a signed `archive.stored` event names the root's digest, and ends its run.

    Returns:
        The checkpoint of the cut, size B, that the event is proved against, and what is wrong.
        Without keys its signature is not checked, which is no finding here.
    """
    name = layout.INDEX
    stored = root.stored
    if stored is None:
        return None, [finding("PROOF_INVALID", name, "carries no proof that the log names it")]
    try:
        event = line.read(stored.line.encode())
        proof = history.parse_proof(stored.proof.encode())
        leaf = entry.encode(stored.tag, event.version, line.line_hash(stored.line.encode()))
    except (FormatError, UnicodeEncodeError) as error:
        return None, [finding("FILE_ALTERED", name, f"its proof cannot be read: {error}")]
    said, findings = keys.open_note(proof.checkpoint, name, HISTORY_NOTE)
    if said is None:
        return None, findings
    if (event.stream, event.type, event.source) != (layout.ARCHIVE_STREAM, line.STORED, SOURCE):
        findings.append(finding("PROOF_INVALID", name, "is proved by an event of another kind"))
    index, size = proof.index, said.size
    leads = merkle.verify_inclusion(merkle.leaf_hash(leaf), index, size, proof.path, said.root)
    if index != size - 1 or not leads:
        wrong = f"its event is not proved to be the last one at size {size}"
        findings.append(finding("PROOF_INVALID", name, wrong))
    expected = (event.data.get("index_sha256"), event.data.get("log_size"), said.origin)
    found = (root.digest(), root.log_size, root.origin)
    if expected != found:
        findings.append(
            finding(
                "FILE_ALTERED",
                name,
                "is not the index that the signed event names",
                expected=", ".join(map(str, expected)),
                found=", ".join(map(str, found)),
            )
        )
    return said, findings
