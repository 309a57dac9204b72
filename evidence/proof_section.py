"""What the pages say of the proof: checks, checkpoint, keys, limits, and how to check anew."""

from archive.note import ED25519, TYPE_NAMES
from evidence.cells import Block, bullets, cell, column, facts, note, table, text
from evidence.claimed import B_B, B_T, Claimed, Proof, Seal
from evidence.shown import shown

_ICONS = {"intact": "good", "altered": "bad", "incomplete": "bad"}
_MOST_WORDS = 400


def checks(claimed: Claimed, proof: Proof) -> list[Block]:
    """Return what was checked, and the checkpoint as it is signed."""
    labels, texts = claimed.page.labels, claimed.page.texts
    found = str(claimed.integrity["verdict"])
    count = len(claimed.recorded)
    checkpoint = labels["no_checkpoint"]
    if proof.said is not None:
        checkpoint = labels["checkpoint_means"].format(size=f"{proof.said.size:,}")
    head = claimed.recorded[-1].hash if claimed.recorded else labels["not_recorded"]
    rows = [
        (labels["record"], cell(labels[found], icon=_ICONS.get(found, "unknown"), strong=True)),
        (labels["chain"], cell(labels["chain_means"].format(count=count))),
        (labels["head"], cell(head, mono=True)),
        (labels["checkpoint"], cell(checkpoint)),
    ]
    times = [
        labels["time_means"].format(size=f"{size:,}", time=time, authority=shown(authority))
        for size, time, authority in proof.stamped
    ]
    rows += [(labels["time"], cell(each)) for each in times or [labels["no_time"]]]
    rows += [
        (
            labels["witness"],
            cell(labels["witness_means"].format(size=f"{size:,}", names=shown(", ".join(by)))),
        )
        for size, by in proof.witnessed
    ]
    blocks = [facts(rows)]
    if proof.unsealed:
        blocks.append(text(texts["unsealed"].format(count=proof.unsealed)))
    for one in claimed.integrity.get("findings", ()):
        blocks.append(
            text(shown(f"{one['object']}: {one['detail']}", _MOST_WORDS), label=one["code"])
        )
    if proof.note is not None:
        lines = [shown(line) for line in proof.note.text.removesuffix("\n").split("\n")]
        for each in proof.note.signatures:
            line = each.line().removesuffix("\n")
            if len(line) > 200:
                short = texts["signature_short"].format(bytes=len(each.signature))
                line = f"— {each.name} {each.key_id.hex()} ({short})"
            lines.append(shown(line, 200))
        blocks.append(note(lines))
    return blocks


def key_rows(claimed: Claimed, proof: Proof) -> list[Block]:
    """Return the keys that the keyring names, and the fingerprint to compare."""
    if proof.keyring is None:
        return []
    labels = claimed.page.labels
    rows = [
        [
            cell(shown(str(each.key)), mono=True),
            cell(
                labels["key_line"].format(
                    name=labels[f"key_{each.status}"],
                    algorithm=TYPE_NAMES[each.key.type],
                    first=f"{each.from_size:,}",
                )
            ),
        ]
        for each in proof.keyring.keys
        if each.key.type >= ED25519
    ]
    fingerprint = proof.keyring.roots.fingerprint()
    rows.append([cell(fingerprint, mono=True), cell(labels["fingerprint"])])
    return [table([column(labels["keys"], 2), column(labels["content"], 1)], rows)]


def signed(claimed: Claimed, seal: Seal) -> list[Block]:
    """Say how the document is signed, and what that shows."""
    texts = claimed.page.texts
    if seal.level not in (B_T, B_B):
        return [text(texts["unsigned"].format(why=texts[seal.why]))]
    template = texts["signed_b_t" if seal.level == B_T else "signed_b_b"]
    said = template.format(
        why=texts.get(seal.why, ""),
        subject=shown(seal.subject),
        fingerprint=seal.fingerprint,
    )
    return [text(said), text(texts["signature_means"])]


def limits(claimed: Claimed) -> list[Block]:
    """Return what the proof does not show, and what was not checked here."""
    blocks = [bullets(claimed.page.limits)]
    not_checked = [
        shown(str(each), _MOST_WORDS) for each in claimed.integrity.get("not_checked", ())
    ]
    if not_checked:
        blocks += [text("", label=claimed.page.labels["not_checked"]), bullets(not_checked)]
    return blocks


def how_to_check(claimed: Claimed, proof: Proof) -> list[Block]:
    """Say how anybody checks the pack without the seller."""
    texts = claimed.page.texts
    if proof.history is None or proof.keyring_file is None:
        return [text(texts["how_unsealed"]), text(texts["how_compare"])]
    told = texts["how_pdf"].format(history=shown(proof.history), keyring=proof.keyring_file)
    return [text(told), text(texts["how_compare"])]
