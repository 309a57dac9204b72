"""`python -m benchmarks`: the main job on generated orders, with ratios to a limit each.

Times are of one run on a machine that may be noisy: read the ratios, not the seconds.
"""

import hashlib
import io
import json
import os
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from archive.verify import verify_archive
from benchmarks import results
from benchmarks.processes import end_on_sigterm
from domain.line import line_hash
from eventstore import log
from orderproof import archiving, importing, installation
from orderproof.bootstrap import catch_up, open_store
from orderproof.claim_on_archive import claim_on_archive
from orderproof.claim_on_store import claim_on_store
from orderproof.due import Policy

ORDERS = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
STEPS = (
    ("order.placed", {"total": 12800, "buyer": {"name": "Test Buyer", "country": "DE"}}),
    ("payment.captured", {"payment_id": "p", "amount": 12800}),
    ("shipment.dispatched", {"shipment_id": "s", "carrier": "dhl"}),
    ("shipment.delivered", {"shipment_id": "s"}),
    ("refund.requested", {"refund_id": "r", "amount": 12800}),
    ("refund.approved", {"refund_id": "r", "amount": 12800, "route": "original"}),
    ("refund.submitted", {"refund_id": "r", "amount": 12800, "idempotency_key": "k"}),
    ("refund.accepted", {"refund_id": "r", "psp_status": "pending"}),
    ("refund.succeeded", {"refund_id": "r", "kind": "refund"}),
    ("refund.reference_recorded", {"refund_id": "r", "reference_status": "available"}),
    ("refund.settled", {"refund_id": "r", "amount": 12800, "settled_on": "2025-03-09"}),
    ("order.closed", {"outcome": "refunded"}),
)


def main() -> None:
    """Run everything once and write benchmarks/results.json."""
    end_on_sigterm()
    place = Path(tempfile.mkdtemp(prefix="orderproof-bench-"))
    place.chmod(0o711)
    try:
        rows = measure(place)
    finally:
        shutil.rmtree(place)
    results.keep("main_job", {"orders": ORDERS, "events": ORDERS * len(STEPS), "rows": rows})
    for each in rows:
        rate = f"{each['rate']:,} {each['unit']}"
        print(f"{each['work']:28}{rate:>22}   {each['of_limit']} of {each['limit']}")


def measure(place: Path) -> list[dict[str, object]]:
    """Do the main job on generated orders, each step beside its limit."""
    source = place / "events.jsonl"
    source.write_text("".join(json.dumps(event) + "\n" for event in events()))
    found, _ = installation.initialise(place / "data")
    count = ORDERS * len(STEPS)
    today = datetime.now(UTC).date()
    with open_store(found) as store:
        seconds, _ = timed(lambda: importing.import_files(store, [str(source)], "auto", None))
        lines = list(log.lines(store.connection, 0, log.size(store.connection)))
        copied, _ = timed(lambda: copy_rows(store.connection, lines))
        rows = [row("import", count, seconds, "events/s", copied, "COPY of the same rows")]
        views, _ = timed(lambda: catch_up(store))
        rows.append(row("read models, in one pass", count, views, "events/s", None, "-"))
        asked = [f"b/{n}" for n in range(min(ORDERS, 100))]
        warm, _ = timed(lambda: [claim_on_store(store, key, None, today) for key in asked])
        rows.append(row("claim on the store", len(asked), warm, "claims/s", None, "-"))
        run, _ = timed(lambda: archiving.run(store, Policy(everything=True)))
        files = {f: f.read_bytes() for f in found.archive.rglob("*.gz")}
        written, _ = timed(lambda: write_files(place / "limit", list(files.values())))
        rows.append(
            row("archive, one file an order", ORDERS, run, "histories/s", written, "write+fsync")
        )
    verified, report = timed(lambda: verify_archive(found.archive))
    hashed, _ = timed(lambda: [line_hash(line.encode()) for line in lines])
    rows.append(
        row(f"verify ({report.verdict})", count, verified, "events/s", hashed, "bare SHA-256")
    )
    cold, _ = timed(lambda: claim_on_archive(str(found.archive), "b/7", datetime.now(UTC).date()))
    rows.append(row("claim on the archive", 1, cold, "claims/s", None, "-"))
    return rows


def events():
    """Yield the CloudEvents of all orders, order by order."""
    for n in range(ORDERS):
        for step, (type_, data) in enumerate(STEPS):
            money = {"currency": "EUR"} if {"amount", "total"} & data.keys() else {}
            yield {
                "specversion": "1.0",
                "id": f"{n}-{step}",
                "source": "/bench",
                "type": type_,
                "subject": f"b/{n}",
                "time": f"2025-03-{step + 1:02}T09:00:00Z",
                "data": {**data, **money},
            }


def timed(work):
    """Return how long something took, in seconds, and what it gave."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def row(work, count, seconds, unit, limit_seconds, limit):
    """Return one result: the rate, and its ratio to the limit's."""
    ratio = f"{limit_seconds / seconds:.2f}" if limit_seconds else "-"
    rate = round(count / seconds) if seconds < count else round(count / seconds, 2)
    return {"work": work, "rate": rate, "unit": unit, "of_limit": ratio, "limit": limit}


def copy_rows(connection, lines) -> None:
    """COPY the rows of the log into a table with the same columns and key, and roll back."""
    text = io.StringIO()
    for line in lines:
        digest = hashlib.sha256(line.encode()).hexdigest()
        body = line.body.hex()
        text.write(
            f"{line.position}\t00000000-0000-0000-0000-000000000000\t{line.stream}\t{line.version}"
            f"\t{line.type}\t{line.recorded_at}\t\\\\x{line.prev}\t\\\\x{digest}\t\\\\x{body}\n"
        )
    text.seek(0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE copied (LIKE events INCLUDING INDEXES) ON COMMIT DROP")
        cursor.copy_expert("COPY copied FROM STDIN", text)
    connection.rollback()


def write_files(folder: Path, contents: list[bytes]) -> None:
    """Write the same bytes as plain files, one fsync each."""
    folder.mkdir()
    for number, content in enumerate(contents):
        with (folder / str(number)).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


if __name__ == "__main__":
    main()
