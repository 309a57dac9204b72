"""Whether a pack's pages are those that its files make: they are set anew, and compared."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from domain.claim import judge
from domain.order import fold_order
from domain.sentences import LANGUAGES, sentence
from domain.stream import split_order_stream
from evidence import attached as names
from evidence import collecting, packing, recorded, signature
from evidence.certificate import fingerprint, read_chain
from evidence.claimed import B_B, B_T, Claimed, Seal
from evidence.collecting import Collected
from evidence.only_signed import is_only_signed
from evidence.opened import PDF, Opened
from evidence.signature import Signed
from evidence.typesetting import GlyphMissingError, Typesetter
from evidence.words import PAGES


def same_pages(
    opened: Opened,
    answer: Mapping[str, Any],
    lines: list[tuple[int, bytes]],
    signed: Signed,
    typesetter: Typesetter,
) -> bool:
    """Tell whether the pages of a pack are, byte for byte, those that its files make here.

    Where they are not, another release or other fonts may have made them, or somebody who wanted
    the pages to say something else.

    Args:
        opened: the pack, its answer held to its events already.
        answer: the JSON of claim.json.
        lines: of the order, with their positions.
        signed: the pack's signature.
        typesetter: sets the pages.
    """
    found = opened.data if opened.kind == PDF else opened.files.get(names.PAGES, b"")
    proofs = {path: data for path, data in opened.files.items() if path.startswith(_PROOFS)}
    histories = {path: data for path, data in opened.files.items() if path.startswith("orders/")}
    collected = Collected(histories, proofs, collecting.reach(histories)[0])
    certificate = opened.files.get(names.CERTIFICATE)
    try:
        claimed = _claimed(answer, lines)
        files = packing.files_of(claimed, answer, collected, lines, certificate)
        proof = packing.proof_of(collected, len(packing.unsealed_of(claimed, collected, lines)))
        for seal in _seals(opened, signed):
            pages = packing.pages(typesetter, claimed, proof, seal, files)
            if is_only_signed(found, pages):
                return True
    except (GlyphMissingError, ValueError, KeyError, TypeError):
        return False
    return False


_PROOFS = ("log/", "trust/")


def _claimed(answer: Mapping[str, Any], lines: list[tuple[int, bytes]]) -> Claimed:
    read = recorded.read(lines)
    order = fold_order([each.event for each in read])
    integrity = dict(answer["integrity"])
    verdict = judge(
        order, as_of=date.fromisoformat(answer["as_of"]), integrity=str(integrity["verdict"])
    )
    shop, number = split_order_stream(order.stream) or ("", order.stream)
    words = next(
        (
            each
            for each in LANGUAGES.values()
            if sentence(order, verdict, each) == answer["verdict_text"]
        ),
        LANGUAGES["en"],
    )
    return Claimed(
        shop=shop,
        number=number,
        order=order,
        verdict=verdict,
        integrity=integrity,
        recorded=tuple(read),
        words=words,
        page=PAGES[words.code],
    )


def _seals(opened: Opened, signed: Signed) -> Iterator[Seal]:
    """Yield how the pages may say that the document is signed."""
    if opened.kind != PDF or signed.state == signature.NONE:
        for why in ("no_installation", "in_zip"):
            yield Seal(level=None, why=why)
        return
    first = read_chain(opened.files[names.CERTIFICATE])[0]
    who = {"subject": first.subject.rfc4514_string(), "fingerprint": fingerprint(first)}
    if signed.response:
        yield Seal(level=B_T, **who)
        return
    for why in ("no_authority", "silent_authority"):
        yield Seal(level=B_B, why=why, **who)
