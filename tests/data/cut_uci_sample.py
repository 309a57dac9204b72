"""Cut the sample of the UCI Online Retail file that the tests and the demo use.

    python tests/data/cut_uci_sample.py FULL.csv.gz SAMPLE.csv.gz

The sample is `orderproof/samples/uci_online_retail_sample.csv.gz`. It has whole invoices only; its
lines are the file's, in the file's order: everything of the first day, everything of a few
customers (so their cancellations match as in the full file), and a few invoices for what is rare.
The same input gives the same bytes.
"""

import csv
import gzip
import io
import sys
from pathlib import Path

FIRST_DAY = "2010-12-01"
CUSTOMERS = {
    "12408",  # one cancellation that takes back of two orders, once at another price
    "12457",  # the same product bought and cancelled within minutes
    "12836",  # 542806: two timestamps, and its lines lie apart in the file
    "13014",
    "13455",
    "13952",  # 550193: a price of 0.001
    "14226",
    "14239",  # C545569: a cancellation with two timestamps
    "14292",
    "14407",
    "14676",
    "15291",
    "15660",
    "16191",
    "17188",
    "17204",  # an original before the file begins
    "17940",  # discounts and postage, which no purchase stands behind
}
INVOICES = {
    "539492",  # characters beyond ASCII
    "540185",  # two timestamps, no customer
    "C540117",  # large
    "541431",  # 74,215 pieces, cancelled a quarter of an hour later
    "C541433",
    "C541651",  # cancellations without a customer
    "C537251",
    "C542805",  # lies between the lines of 542806
    "536996",  # stock written off: negative quantities, no price, no customer
    "547700",
}


def main(full: Path, sample: Path) -> None:
    """Write the sample."""
    text = gzip.decompress(full.read_bytes()).decode()
    lines = [line + "\n" for line in text.removesuffix("\n").split("\n")]
    rows = list(csv.DictReader(lines))
    if len(rows) != len(lines) - 1:
        raise SystemExit("a cell runs over several lines; this script cuts lines")
    wanted = {
        row["InvoiceNo"]
        for row in rows
        if row["InvoiceDate"].startswith(FIRST_DAY)
        or row["CustomerID"].removesuffix(".0") in CUSTOMERS
        or row["InvoiceNo"] in INVOICES
    }
    kept = [lines[0]] + [
        line for line, row in zip(lines[1:], rows, strict=True) if row["InvoiceNo"] in wanted
    ]
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as file:
        file.write("".join(kept).encode())
    sample.write_bytes(buffer.getvalue())
    print(f"{len(kept) - 1} lines, {len(wanted)} invoices, {len(buffer.getvalue())} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
