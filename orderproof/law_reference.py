"""The reference of retention laws, written from the table.

python -m orderproof.law_reference
"""

from pathlib import Path

from archive.laws import DEFAULT_MONTHS, LAWS, Law

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "retention-laws.md"

_INTRODUCTION = f"""# Retention laws

How long an order is kept in the archive. Written by `make docs` from `archive/laws.py`; do not
edit it here. **Defaults, not legal advice: have the rows that matter to you checked.**

A row applies to an order that goes to its country, and to every order of a seller whose seat is
there (`seller_seat`). A row with a VAT scheme applies where the seller uses the scheme
(`vat_schemes`) and the order goes to one of the row's countries. The row that keeps longest
wins; where none applies it is {DEFAULT_MONTHS} months. The order goes where its events say
(`ship_to`, `address`, else the buyer's country).

Kept until = the later of two days: the end of the calendar year of closing + the row's months +
3 months, and three years after sealing. An open order counts from sealing. The day itself is
kept. A seal says class and day, and a later one never says an earlier day.

*Lead* is added where a law begins to count later than three months after that year. *Checked*
is the day on which a row was compared with its source; for the rows here, on which the
project's specification that they come from was adopted.
"""

_OVERRIDES = """## Your own rows

`retention.toml` in the data folder changes rows by their class, adds some, and turns some off.
It is read by each `orderproof archive` and `orderproof retention`. The rows in force, yours
among them, are recorded in the log (`policy.retention_set` in `system/policy`) before the first
order is sealed or deleted by them, and again whenever they changed: so the archive says what a
retention class meant.

```toml
[de-vouchers]            # a row of the table: only what differs
months = 120
source = "our tax adviser, letter of 2027-01-05"
checked_on = "2027-01-05"

[fr-contract]
applies = false

[nl-warranty]            # a row of your own: all of it
where = "Netherlands"
law = "our warranty terms"
months = 60
from_ = "delivery"
source = "contract"
checked_on = "2027-01-05"
countries = ["NL"]
```

Further fields: `schemes` (a list), `lead_months`. Rows that are turned off in the table are
about books and accounts, which an order's history is not; say `applies = true` if the archive
is the only place where you keep them.

A row that keeps longer reaches what is archived already with `orderproof retention apply`,
which extends it. Nothing is ever shortened.
"""


def page() -> str:
    """Return the reference page."""
    rows = "\n".join(map(_row, LAWS))
    head = "| class | where | law | months | lead | counts from | applies | source | checked |"
    return f"{_INTRODUCTION}\n{head}\n|---|---|---|---|---|---|---|---|---|\n{rows}\n\n{_OVERRIDES}"


def _row(law: Law) -> str:
    applies = "to orders" if law.applies else "not to orders"
    if law.schemes:
        applies = f"with {' or '.join(sorted(law.schemes))}"
    lead = str(law.lead_months or "–")
    cells = [f"`{law.id}`", law.where, law.law, str(law.months), lead, law.from_, applies]
    return "| " + " | ".join([*cells, law.source, law.checked_on]) + " |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
