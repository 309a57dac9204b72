"""Whether a signed PDF is certain pages with a signature behind them, and nothing else.

A PDF is changed by what is put behind it: that could paint the pages over and then sign them.
"""

import io
from collections.abc import Mapping
from typing import Any

from pyhanko.pdf_utils.generic import Reference

from evidence.opened import reader_of

_ROOT = {"/AcroForm", "/Extensions", "/Perms", "/Version"}
_FIELD = {"/FT", "/T", "/Type", "/Subtype", "/F", "/Rect", "/P", "/V"}


def is_only_signed(pdf: bytes, pages: bytes) -> bool:
    """Tell whether a PDF shows what these pages show.

    Every object of theirs has to be as it was when the PDF was signed, but for an invisible field
    with the signature. What came after that, `signature.check` judges.

    Args:
        pdf: as it was handed in.
        pages: not signed.
    """
    if not pdf.startswith(pages):
        return False
    if pdf == pages:
        return True
    try:
        return _is_only_signed(pdf, pages)
    except Exception:  # noqa: BLE001  # a hostile PDF makes the reader fail in any way
        return False


def _is_only_signed(pdf: bytes, pages: bytes) -> bool:
    old, reader = reader_of(pages), reader_of(pdf)
    first = next(iter(reader.embedded_regular_signatures))
    if first.signed_revision != old.xrefs.total_revisions:
        return False  # something was put between
    new = reader.get_historical_resolver(first.signed_revision)
    if old.root_ref != new.root_ref:
        return False
    root = old.root_ref.idnum
    fields = _fields(new.root)
    if fields is None:
        return False
    with_field = 0
    for ref in old.xrefs.explicit_refs_in_revision(0):
        place = ref.idnum, ref.generation
        before: Any = old.get_object(Reference(*place, old))  # type: ignore[no-untyped-call]
        after: Any = new.get_object(Reference(*place, new))
        if _written(before) == _written(after):
            continue
        added = set(after) - set(before)
        if any(_written(before.raw_get(key)) != _written(after.raw_get(key)) for key in before):
            return False
        if ref.idnum == root and added <= _ROOT:
            continue
        if added != {"/Annots"} or _written(after["/Annots"]) != fields:
            return False
        with_field += 1
    return with_field <= 1


def _fields(root: Mapping[str, Any]) -> bytes | None:
    """Return the list of the one field, invisible, that a signature needs; None if it is not so."""
    form = root["/AcroForm"]
    if set(form) != {"/Fields", "/SigFlags"} or set(root["/Perms"]) != {"/DocMDP"}:
        return None
    [reference] = form["/Fields"]
    field = reference.get_object()
    if not set(field) <= _FIELD or any(field["/Rect"]) or field["/FT"] != "/Sig":
        return None
    return _written(form["/Fields"])


def _written(value: Any) -> bytes:
    target = io.BytesIO()
    value.write_to_stream(target, None, None)
    return target.getvalue()
