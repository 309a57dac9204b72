"""The reference of what claims are judged by, written from the policy's data.

python -m orderproof.claim_reference
"""

from collections.abc import Iterable
from pathlib import Path

from domain.policy import POLICY, Tolerance, Window

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "claim-policy.md"

_INTRODUCTION = f"""# Claim policy

What the verdicts of `orderproof claim` take as given. Written by `make docs` from
`domain/policy.py`; do not edit it here. Version **`{POLICY.version}`**: each verdict carries it as
`rule_version`, so an answer of another day can be told from today's. A change of any value below
is another version.

## Windows

How long a refund may take until the customer sees it: `expected by = start + window`. The window
starts when the provider paid (`psp_at`, else its success, else the settlement); for one that is
pending, when the provider took it. Days are UTC dates. The first day counted is the next weekday,
and the last day still counts as in time.

**Weekdays are Monday to Friday, everywhere.** Public holidays and other weekends are not taken
out: the providers count in "business days" without saying whose, and an answer has to come out the
same in every program that reads the archive, years later. Around long holidays a bank may be late
by our count and in time by its own.

The row that names most counts: provider with method and country, then with the method, then with
the country, then the provider alone. Where none applies it is {POLICY.window_weekdays} weekdays.
*Method* is kind or brand of what the money goes to (of what paid, where no event says it).
*Country* is that of the card or account, if an event says it. *Checked* is the day on which the row
was compared with its source. These are defaults of the providers, not law.
"""

_TOLERANCES = """## Tolerances

How much more than the captured amount may be returned before an order counts as refunded twice.
Where no row applies: nothing.
"""

_WORDS = """## Words

Names are compared by letters and digits alone, without regard to case.
"""

_CHOICES = """## What the rules take for known

- A provider may say how much of a payment went back, and not by which refund
  (`payment.refund_total_reported`, such as Stripe's charges since 2022-11-15). Where no refund is
  known, "nobody asked for one" would be false, so rule 11 answers SOURCE_GAP: import the refunds.
  A cancelled order owes what is left of the capture above that sum: money paid twice does not come
  back. Rows that come earlier, and refunds that are known, are judged without it.
- A capture that failed after all (`payment.failed` with the cause `capture_failed`, such as Adyen's
  CAPTURE_FAILED) took no money: it is undone, and so is what the shop said of it before. A capture
  of the same id, or the shop's word, counts again when it comes later.
"""

_DAYS = """## Days

Calendar days.
"""


def page() -> str:
    """Return the reference page."""
    windows = _table(
        ("provider", "method", "country", "weekdays", "source", "checked"),
        map(_window, POLICY.windows),
    )
    tolerances = _table(
        ("provider", "percent", "at most, in units", "source", "checked"),
        map(_tolerance, POLICY.tolerances),
    )
    words = _table(
        ("what", "names"),
        (
            ("marketplaces that refund by themselves", _names(POLICY.marketplaces)),
            ("but not where the name also has", _names(POLICY.not_marketplaces)),
            ("no bank reference is given by", _names(POLICY.methods_without_reference)),
            ("pending because the seller's balance is too low", _names(POLICY.no_funds_reasons)),
            ("after-sales requests for money", _names(POLICY.money_demands)),
            ("… if they name an amount", _names(POLICY.money_demands_with_amount)),
        ),
    )
    days = _table(
        ("within", "days"),
        (
            ("the customer hears from us again", str(POLICY.answer_days)),
            ("the reference is there, or it is an alarm", str(POLICY.reference_alarm_days)),
            ("an approved refund goes to the provider (of 24 hours each)", str(POLICY.submit_days)),
        ),
    )
    hours = f"What became of a submission is known within {POLICY.unknown_hours} hour."
    parts = (
        f"{_INTRODUCTION}\n{windows}",
        f"{_TOLERANCES}\n{tolerances}",
        f"{_WORDS}\n{words}",
        f"{_DAYS}\n{days}",
        hours,
        _CHOICES.rstrip(),
    )
    return "\n\n".join(parts) + "\n"


def _window(row: Window) -> tuple[str, ...]:
    where = (row.method or "any", row.country or "any")
    return (row.psp, *where, str(row.weekdays), row.source, row.checked_on.isoformat())


def _tolerance(row: Tolerance) -> tuple[str, ...]:
    return (
        row.psp,
        str(row.percent),
        str(row.cap_units),
        row.source,
        row.checked_on.isoformat(),
    )


def _names(names: frozenset[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
