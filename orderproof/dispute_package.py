"""A dispute's package: papers and forms in a folder, ready to be uploaded; nothing is sent."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from domain.catalogue import OUR_SOURCE
from domain.claim import INTACT
from domain.dispute import OPEN, Dispute
from domain.dispute_case import Case, compile_case
from domain.dispute_forms import (
    ADYEN,
    ADYEN_DOCUMENTS,
    STRIPE,
    adyen_forms,
    stripe_form,
)
from domain.dispute_papers import Paper
from domain.event import Fact
from domain.order import Order
from domain.reading import name_key
from domain.stream import order_name, order_stream
from eventstore import log, recording
from eventstore.connection import connect
from eventstore.writer import ROLE
from evidence.typesetting import GlyphMissingError
from orderproof import errors
from orderproof.bootstrap import Store
from orderproof.claim_on_store import claim_on_store
from orderproof.errors import CommandError
from orderproof.evidence_pack import typesetter
from orderproof.finding import refuse_waiting
from orderproof.terminal import safe, shown

PSPS = (STRIPE, ADYEN)
COMPILED = "dispute.evidence_compiled"
MANIFEST = "manifest.json"

STRIPE_BYTES = 4_500_000
"""Bytes of all files of one dispute, by https://docs.stripe.com/disputes/best-practices; not read
again on the day this was written."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for.

    Args:
        psp: whose forms.
        dispute: its id; None for the only one, or the only open one.
        merchant: merchant account, for Adyen.
        reason: defense reason, for Adyen; None for the usual one.
        out: a new or empty folder; None for one beside you.
        day: the papers' date.
        by: who records it; None where it is not to be recorded.
    """

    psp: str
    dispute: str | None
    merchant: str | None
    reason: str | None
    out: Path | None
    day: date
    by: str | None


class Package(msgspec.Struct, frozen=True):
    """What was written.

    Args:
        order: as `shop/number`.
        dispute: its id.
        folder: where.
        files: the names, without the manifest.
        package_sha256: of the manifest, which holds the digest of every file.
        not_known: fields of the form that the record does not fill.
        cut: fields that were too long.
        recorded: whether it is in the order's history.
    """

    order: str
    dispute: str
    folder: Path
    files: Sequence[str]
    package_sha256: str
    not_known: Sequence[str]
    cut: Sequence[str]
    recorded: bool

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON of `dispute package --json`."""
        told: dict[str, Any] = msgspec.to_builtins(self, enc_hook=str)
        return told


def write(store: Store, key: str, wanted: Wanted) -> Package:
    """Write the package of a dispute.

    Raises:
        CommandError: no such order or dispute; the record is not intact; the payment is another
            provider's; the folder is not empty; or the files are too large for the provider.
    """
    answer = claim_on_store(store, key, None, wanted.day)
    order = answer.order
    if order is None:
        raise CommandError("no order is known by this", errors.NOT_FOUND)
    if answer.integrity["verdict"] != INTACT:
        raise CommandError(
            "the record of this order is not intact, so nothing is told to a bank from it. "
            "Next: orderproof verify",
            answer.exit_code,
        )
    dispute = _chosen(order, wanted.dispute)
    _refuse_other_provider(order, dispute, wanted.psp)
    stream = order_stream(answer.shop, answer.number)
    if wanted.by is not None:
        refuse_waiting(stream)
    events = log.read_order(store.connection, store.ring, stream)
    events = events[: answer.integrity["events"]]
    case = compile_case(order, events, answer.verdict, dispute, answer.integrity)
    files, not_known, cut = _files(store, case, wanted)
    manifest = _manifest(order_name(stream), case, wanted, files)
    digest = hashlib.sha256(manifest).hexdigest()
    folder = wanted.out or Path(f"dispute-{quote(dispute.dispute_id or 'unnamed', safe='')[:80]}")
    _write(folder, {**files, MANIFEST: manifest})
    if wanted.by is not None:
        _record(store, stream, case, sorted(files), digest, wanted.by)
    return Package(
        order_name(stream),
        dispute.dispute_id,
        folder,
        sorted(files),
        digest,
        not_known,
        cut,
        wanted.by is not None,
    )


def _chosen(order: Order, wanted: str | None) -> Dispute:
    ids = ", ".join(safe(one.dispute_id) or "(without an id)" for one in order.disputes)
    if wanted is not None:
        for one in order.disputes:
            if one.dispute_id == wanted:
                return one
        raise CommandError(
            f"the order has no dispute of this id; it has: {ids or 'none'}", errors.NOT_FOUND
        )
    opened = [one for one in order.disputes if one.state == OPEN] or list(order.disputes)
    if len(opened) == 1:
        return opened[0]
    if not opened:
        raise CommandError("the order has no dispute", errors.NOT_FOUND)
    raise CommandError(f"the order has several disputes, say which with --dispute: {ids}")


def _refuse_other_provider(order: Order, dispute: Dispute, psp: str) -> None:
    """Do nothing unless the disputed payment was made through another provider.

    Raises:
        CommandError: it was.
    """
    about = [
        one
        for one in order.payments
        if dispute.payment_id in (None, one.payment_id, one.psp_payment_id)
    ]
    others = sorted({one.psp for one in about if one.psp and name_key(one.psp) != psp})
    if others and not any(one.psp and name_key(one.psp) == psp for one in about):
        named = ", ".join(map(safe, others))
        raise CommandError(f"the disputed payment was made through {named}, not {psp}")


def _files(
    store: Store, case: Case, wanted: Wanted
) -> tuple[dict[str, bytes], Sequence[str], Sequence[str]]:
    """Return the files by name, the fields that nothing is known for, and those that were cut."""
    papers = {paper.name: paper for paper in case.papers}
    if wanted.psp == ADYEN:
        documents = {
            code: _pdf(store, _joined([papers[n] for n in names if n in papers]), wanted.day)
            for code, names in ADYEN_DOCUMENTS.items()
            if any(name in papers for name in names)
        }
        reason = {} if wanted.reason is None else {"reason": wanted.reason}
        forms = adyen_forms(case, documents, wanted.merchant or "", **reason)
        files = {f"{code}.pdf": pdf for code, pdf in documents.items()}
        for number, (call, request) in enumerate(forms.items(), 1):
            files[f"adyen-{number}-{call}.json"] = _json(request)
        return files, sorted(ADYEN_DOCUMENTS.keys() - documents.keys()), ()
    files = {f"{name}.pdf": _pdf(store, paper, wanted.day) for name, paper in papers.items()}
    size = sum(map(len, files.values()))
    if size > STRIPE_BYTES:
        raise CommandError(
            f"the papers have {size} bytes, and Stripe takes {STRIPE_BYTES} for a dispute",
            errors.REFUSED,
        )
    form = stripe_form(case, {name: f"{name}.pdf" for name in papers})
    return {**files, "stripe.json": _json(form)}, form["not_known"], form["cut"]


def _joined(papers: Sequence[Paper]) -> Paper:
    """Return several papers as one, since Adyen takes one document of a type."""
    sections = tuple(
        msgspec.structs.replace(section, title=f"{paper.title}: {section.title}")
        for paper in papers
        for section in paper.sections
    )
    return Paper(papers[0].name, papers[0].title if len(papers) == 1 else "Defense", sections)


def _pdf(store: Store, paper: Paper, day: date) -> bytes:
    page = {
        "title": paper.title,
        "author": store.installation.settings.origin,
        "foot": paper.title,
        "sections": msgspec.to_builtins(paper.sections),
    }
    try:
        setter = typesetter(store.installation.settings.font_path)
        return setter.typeset(page, (), day, "papers.typ")
    except GlyphMissingError as error:
        raise CommandError(str(error), errors.CANNOT_TELL) from None


def _manifest(order: str, case: Case, wanted: Wanted, files: Mapping[str, bytes]) -> bytes:
    return _json(
        {
            "order": order,
            "dispute": case.dispute.dispute_id,
            "psp": wanted.psp,
            "day": wanted.day.isoformat(),
            "files": [
                {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
                for name, data in sorted(files.items())
            ],
        }
    )


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files that others may not read: the customer's name and address are in them.

    Raises:
        CommandError: the folder holds something already.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise CommandError(f"{shown(folder)} is not empty; name a new folder with --out")
    for name, data in files.items():
        with os.fdopen(
            os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
        ) as f:
            f.write(data)


def _record(
    store: Store, stream: str, case: Case, names: Sequence[str], digest: str, by: str
) -> None:
    """Record that the papers are ready; the same package once, however often it is made."""
    named = hashlib.sha256(f"{stream}\0{case.dispute.dispute_id}\0{digest}".encode()).hexdigest()
    data = {
        "dispute_id": case.dispute.dispute_id,
        "payment_id": case.dispute.payment_id,
        "package_sha256": digest,
        "documents": list(names),
    }
    fact = Fact(
        stream=stream,
        type=COMPILED,
        source=f"{OUR_SOURCE}/disputes",
        id=named[:32],
        occurred_at=log.clock(store.connection),
        data={name: value for name, value in data.items() if value is not None},
        actor={"kind": "staff", "id": by},
    )
    with connect(store.dsn, ROLE) as connection:
        recording.record(connection, store.ring, [fact])
