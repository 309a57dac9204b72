"""What reconciling found, as text, as JSON and as a table for a spreadsheet."""

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from domain.money import format_money
from domain.reconciling import AGREED, Found, Outcome
from domain.stream import order_name
from orderproof.errors import CommandError
from orderproof.formulas import guarded
from orderproof.reconciling import Reconciled
from orderproof.terminal import safe, say, shown

_MEANING = {
    Outcome.MATCHED: "in the file and in the record alike",
    Outcome.AMOUNT_DIFFERS: "the amounts differ",
    Outcome.CURRENCY_DIFFERS: "the currencies differ",
    Outcome.STATE_DIFFERS: "one side says paid, the other that it failed",
    Outcome.TWICE: "the file has it a second time",
    Outcome.MISSING_HERE: "the file has a refund that nobody here knows",
    Outcome.MISSING_THERE: "paid by our record, and not in the file",
    Outcome.NOT_DUE: "paid too late in the period to be in the file",
}
_COLUMNS = (
    "outcome", "meaning", "matched_by", "file", "line", "day_in_file", "amount_in_file",
    "currency_in_file", "psp_refund_id", "payment_id", "order", "refund_id", "state",
    "day_here", "amount_here", "currency_here",
)  # fmt: skip


def as_dict(done: Reconciled) -> dict[str, Any]:
    """Return what `--json` says."""
    counts = Counter(each.outcome for each in done.findings)
    return {
        "agrees": done.agrees,
        "period": {"from": _text(done.start) or None, "to": _text(done.end) or None},
        "psps": None if done.psps is None else list(done.psps),
        "files": [
            {"name": file.name, "sha256": file.sha256, "size": file.size} for file in done.files
        ],
        "counts": {str(outcome): counts[outcome] for outcome in Outcome},
        "rows": [
            {name: value or None for name, value in _row(done, each).items() if name != "meaning"}
            for each in done.findings
        ],
        "rejected": done.rejected,
        "rejects_file": str(done.rejects) if done.rejects else None,
        "recorded": done.recorded,
    }


def write_csv(done: Reconciled, path: Path, *, bom: bool) -> None:
    """Write the findings as a table.

    Raises:
        CommandError: the file is there already, or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8-sig" if bom else "utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(_COLUMNS)
            for each in done.findings:
                row = _row(done, each)
                table.writerow([guarded(str(row[name] or "")) for name in _COLUMNS])
    except OSError as error:
        raise CommandError(f"--csv: {shown(path)} cannot be written: {error.strerror}") from None


def tell(done: Reconciled) -> None:
    """Say for people what was found."""
    for each in done.findings:
        if each.outcome not in AGREED:
            say(f"{each.outcome:17} {', '.join(_about(done, each))}")
    if not any(each.line for each in done.findings):
        say("No refund is in the files")
    counts = Counter(each.outcome for each in done.findings)
    for outcome in Outcome:
        if counts[outcome]:
            say(f"{counts[outcome]:6} {outcome:17} {_MEANING[outcome]}")
    weak = sum(1 for each in done.findings if each.line and each.by and "day" in each.by)
    if weak:
        say(f"{weak:6} of them matched by payment, amount and day alone, which is weaker")
    if done.start is not None:
        psps = ", ".join(done.psps or ()) or ("any" if done.psps is None else "no provider")
        say(f"Period {done.start} to {done.end}; our refunds by {safe(psps)}")
    if done.recorded is not None:
        say(f"{done.recorded} settlements recorded")
    if done.rejects:
        say(f"{done.rejected} rows could not be read; they are in {shown(done.rejects)}")


def _about(done: Reconciled, each: Found) -> Iterator[str]:
    line, refund = each.line, each.refund
    if line is not None:
        name = Path(done.files[line.file - 1].name).name
        yield f"{safe(name)} line {line.line}"
        yield safe(line.psp_refund_id or line.refund_id or "no id")
        if line.amount is not None:
            yield format_money(line.amount, line.currency)
    if refund is not None:
        yield f"order {safe(order_name(refund.order))} refund {safe(refund.refund_id)}"
        yield refund.state
        if refund.amount is not None:
            yield format_money(refund.amount, refund.currency)
        if line is None and refund.day is not None:
            yield f"{refund.day}"


def _row(done: Reconciled, each: Found) -> dict[str, Any]:
    line, refund = each.line, each.refund
    return {
        "outcome": str(each.outcome),
        "meaning": _MEANING[each.outcome],
        "matched_by": each.by,
        "file": None if line is None else Path(done.files[line.file - 1].name).name,
        "line": None if line is None else line.line,
        "day_in_file": None if line is None else _text(line.day),
        "amount_in_file": None if line is None else line.amount,
        "currency_in_file": None if line is None else line.currency,
        "psp_refund_id": (line and line.psp_refund_id) or (refund and refund.psp_refund_id),
        "payment_id": next(
            iter(line.payment_ids if line else refund.payment_ids if refund else ()), None
        ),
        "order": None if refund is None else order_name(refund.order),
        "refund_id": refund.refund_id if refund else line and line.refund_id,
        "state": None if refund is None else refund.state,
        "day_here": None if refund is None else _text(refund.day),
        "amount_here": None if refund is None else refund.amount,
        "currency_here": None if refund is None else refund.currency,
    }


def _text(value: object) -> str:
    return "" if value is None else str(value)
