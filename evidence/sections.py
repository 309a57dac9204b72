"""What the pages tell of the order: amounts, money, contacts, absences, events, files."""

from collections.abc import Iterator, Sequence

from domain.contact import SENT
from domain.event import Event
from domain.money import format_money
from domain.particulars import destination_of, payment_of
from domain.payment import read_instrument
from domain.reading import read_amount, read_text
from domain.time import read_instant
from domain.verdict import Obligation
from evidence.asking import absent
from evidence.attached import Attached
from evidence.cells import Block, Cell, bullets, cell, column, facts, table, text
from evidence.claimed import Claimed
from evidence.recorded import Recorded, numbers_of
from evidence.shown import at, grouped, in_fours, shown

_ICONS = {"missing": "missing", "none": "dash", "here": "dot"}
_NOTED = ("reason", "reason_code", "failure_reason", "pending_reason", "psp_status", "route")
_NOTE = 200


def amounts(claimed: Claimed) -> list[Block]:
    """Return amounts, references and destinations: of the payment, and of each refund."""
    rows = list(_payment(claimed))
    for one in claimed.verdict.obligations:
        rows += _refund(claimed, one)
    return [facts(rows)] if rows else []


def money(claimed: Claimed) -> list[Block]:
    """Return the money line: its dated steps with event numbers and hashes."""
    labels, steps = claimed.page.labels, claimed.page.steps
    rows = [
        [
            cell(
                steps[each.event.type],
                more=shown(_note(claimed, each.event), _NOTE),
                struck=bool(each.corrected_by),
            ),
            cell(at(each.event.occurred_at), more=_settled(claimed, each.event)),
            cell(shown(each.event.source)),
            cell(_amount(each.event)),
            cell(_number(each)),
            cell(grouped(each.hash), mono=True),
        ]
        for each in _in_time(claimed)
        if each.event.type in steps
    ]
    if not rows:
        return [text(claimed.page.texts["no_money"])]
    rows += [
        [
            cell(labels["expected_by"], icon="clock"),
            cell(labels["date_only"].format(day=one.expected_by.isoformat())),
            *(cell("—") for _ in range(4)),
        ]
        for one in claimed.verdict.obligations
        if one.expected_by is not None
    ]
    columns = [
        column(labels["step"], 1.4),
        column(labels["when"]),
        column(labels["who"], 1),
        column(labels["amount"], right=True),
        column(labels["event"], right=True),
        column(labels["hash"]),
    ]
    return [table(columns, rows)]


def contacts(claimed: Claimed) -> list[Block]:
    """Return what was said to the customer and by them, and when."""
    labels, words = claimed.page.labels, claimed.words
    if not claimed.order.contacts:
        return [text(claimed.page.texts["no_contacts"])]
    rows = []
    for one in claimed.order.contacts:
        way = labels["sent"] if one.direction == SENT else labels["received"]
        what = words.phrases["comma"].join(
            shown(part) for part in (one.template, one.language, one.message_id) if part
        )
        rows.append(
            [
                cell(at(one.when)),
                cell(words.phrases["comma"].join(filter(None, (shown(one.channel or ""), way)))),
                cell(what or "—"),
                cell(_numbers(numbers_of(claimed.recorded, one.event_id))),
            ]
        )
    columns = [
        column(labels["when"], 1),
        column(labels["way"], 1),
        column(labels["what"], 1.6),
        column(labels["event"], right=True),
    ]
    return [table(columns, rows)]


def missing(claimed: Claimed) -> list[Block]:
    """Return what was looked for, and what it means that it is not there."""
    labels = claimed.page.labels
    position = claimed.recorded[-1].event.position if claimed.recorded else 0
    rows = [
        [
            cell(one.looked_for),
            cell(labels[f"state_{one.state}"], icon=_ICONS[one.state], strong=one.ask is not None),
            cell(one.meaning),
        ]
        for one in absent(claimed.order, claimed.verdict, position, claimed.page)
    ]
    if not rows:
        return []
    columns = [
        column(labels["looked_for"], 1),
        column(labels["found"]),
        column(labels["meaning"], 2),
    ]
    return [table(columns, rows)]


def conflicts(claimed: Claimed) -> list[Block]:
    """Return both sides of what contradicts itself."""
    sides = claimed.verdict.sides
    return [bullets(shown(side, 400) for side in sides)] if sides else []


def findings(claimed: Claimed) -> list[Block]:
    """Return what does not fit together in the order's events."""
    found = []
    for one in claimed.order.findings:
        told = claimed.words.findings.get(one.code) or one.text
        numbers = _numbers(numbers_of(claimed.recorded, one.event_id))
        found.append(f"{shown(told, 400)} [{numbers or shown(one.event_id)}]")
    return [bullets(dict.fromkeys(found))] if found else []


def timeline(claimed: Claimed) -> list[Block]:
    """Return every event, in the order of recording; corrected ones struck out."""
    labels, words = claimed.page.labels, claimed.words
    rows = []
    for each in claimed.recorded:
        event = each.event
        notes = []
        if each.corrected_by:
            notes.append(labels["corrected"].format(numbers=_numbers(each.corrected_by)))
        if each.corrects:
            notes.append(labels["corrects"].format(numbers=_numbers(each.corrects)))
        notes += filter(None, (_amount(event), _note(claimed, event)))
        if event.boxes:
            notes.append(labels["sealed"])
        rows.append(
            [
                cell(_number(each)),
                cell(at(event.occurred_at)),
                cell(
                    shown(event.type),
                    more=shown(words.phrases["comma"].join(notes), _NOTE),
                    struck=bool(each.corrected_by),
                ),
                cell(shown(event.source), more=shown(event.id)),
                cell(grouped(each.hash), mono=True),
            ]
        )
    columns = [
        column(labels["event"], right=True),
        column(labels["when"]),
        column(labels["type"], 1.5),
        column(labels["source"], 1.2),
        column(labels["hash"]),
    ]
    corrected = sum(1 for each in claimed.recorded if each.corrected_by)
    told = (
        labels["corrections_some"].format(count=corrected)
        if corrected
        else (labels["corrections_none"])
    )
    return [text(claimed.page.texts["data"]), table(columns, rows), text(told)]


def files(claimed: Claimed, attached: Sequence[Attached]) -> list[Block]:
    """Return the list of the attached files with their digests."""
    labels = claimed.page.labels
    rows = [
        [
            cell(shown(each.name), mono=True),
            cell(each.description),
            cell(grouped(each.sha256), mono=True),
        ]
        for each in attached
    ]
    columns = [
        column(labels["file"], 1.4),
        column(labels["content"], 1.6),
        column(labels["digest"]),
    ]
    return [text(claimed.page.texts["view"]), table(columns, rows)]


def _payment(claimed: Claimed) -> Iterator[tuple[str, Cell]]:
    labels, deciding = claimed.page.labels, claimed.verdict.deciding
    payment = payment_of(claimed.order, None if deciding is None else deciding.refund)
    if payment is None:
        return
    if payment.amount is not None:
        amount = format_money(payment.amount, payment.currency or claimed.order.currency)
        yield labels["paid"], cell(amount, strong=True)
    if payment.instrument is not None:
        yield labels["paid_with"], cell(shown(claimed.words.instrument(payment.instrument)))
    if payment.psp_payment_id is not None:
        yield labels["provider_payment"], cell(shown(payment.psp_payment_id), mono=True)


def _refund(claimed: Claimed, one: Obligation) -> Iterator[tuple[str, Cell]]:
    labels, words, refund = claimed.page.labels, claimed.words, one.refund
    colon = words.phrases["comma"]
    if refund is None:
        if one.amount is not None:
            yield labels["owed"], cell(format_money(one.amount, one.currency), strong=True)
        return
    state = words.states.get(one.state, one.state)
    yield labels["refund"], cell(f"{shown(refund.refund_id)}{colon}{state}", strong=True)
    for name in ("approved", "settled"):
        step = getattr(refund, name)
        if step is not None and step.amount is not None:
            amount = format_money(step.amount, step.currency or refund.currency)
            yield labels[name], cell(amount, strong=True)
    destination = destination_of(refund)
    told = labels["not_recorded"] if destination is None else words.instrument(destination)
    if destination is not None or refund.money_went_out:
        yield labels["destination"], cell(shown(told))
    if refund.reference.number is not None:
        kind = words.reference_type(refund.reference.type)
        number = in_fours(shown(refund.reference.number))
        yield kind, cell(number, mono=True, strong=True)
    elif refund.money_went_out:
        yield labels["reference"], cell(labels["no_reference"], icon="dash")
    if refund.psp_refund_id is not None:
        psp = labels["provider"] if one.psp is None else shown(words.name(one.psp), 40)
        yield (
            labels["provider_refund"].format(psp=psp),
            cell(shown(refund.psp_refund_id), mono=True),
        )
    if one.expected_by is not None:
        yield labels["expected_by"], cell(one.expected_by.isoformat())


def _in_time(claimed: Claimed) -> list[Recorded]:
    """Return the events by when they happened; one without a readable time as recorded."""
    latest = -(2**63)
    keyed = []
    for each in claimed.recorded:
        instant = read_instant(each.event.occurred_at)
        latest = instant if instant is not None else latest
        keyed.append((latest, each.event.version, each))
    return [each for _, _, each in sorted(keyed, key=lambda item: item[:2])]


def _amount(event: Event) -> str:
    amount = read_amount(event.data.get("amount", event.data.get("total")))
    currency = read_text(event.data.get("currency"))
    return "" if amount is None else shown(format_money(amount, currency), 40)


def _settled(claimed: Claimed, event: Event) -> str:
    day = read_text(event.data.get("settled_on"))
    return "" if day is None else claimed.page.labels["date_only"].format(day=shown(day, 20))


def _note(claimed: Claimed, event: Event) -> str:
    """Return what an event says besides: reference, destination or instrument, reason."""
    words, data = claimed.words, event.data
    notes = []
    reference = read_text(data.get("reference"))
    if reference is not None:
        kind = words.reference_type(read_text(data.get("reference_type")))
        notes.append(f"{kind} {in_fours(shown(reference))}")
    for name in ("destination", "instrument"):
        instrument = read_instrument(data.get(name))
        if instrument is not None:
            notes.append(words.instrument(instrument))
    for name in _NOTED:
        found = read_text(data.get(name))
        if found is not None:
            notes.append(f"{name}: {found}")
    return words.phrases["comma"].join(notes)


def _number(each: Recorded) -> str:
    return f"#{each.event.version}"


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(f"#{number}" for number in numbers)
