"""Orders to project, and the store that they are in."""

from contextlib import ExitStack
from pathlib import Path

from domain.event import Fact
from eventstore import blind_index
from eventstore.connection import connect
from eventstore.projection_log import ProjectionLog
from eventstore.recording import record
from eventstore.stream_keys import KeyRing
from orderproof.bootstrap import PROJECTOR, all_projections
from projections import runner
from projections.projection import Projection

KEY = bytes(32)
PERSON_KEY = blind_index.derive_key(KEY)
PROJECTIONS = all_projections(PERSON_KEY)
SUMMARY, LOOKUP, PERSONS, *_ = PROJECTIONS


def fact(number, name, type, data, day=1, shop="de"):
    return Fact(
        stream=f"order/{shop}/{number}",
        type=type,
        source="/shop",
        id=f"{shop}/{number[:9]}/{name}",
        occurred_at=f"2025-03-{day:02d}T09:00:00Z",
        data=data,
    )


def order_facts(number, shop="de"):
    """Return the facts of a refunded order, in the sequence in which they happened."""
    money = {"amount": 12800, "currency": "EUR"}
    buyer = {
        "name": f"Test Buyer {number[:9]}",
        "email": f"Buyer-{number[:9]}@example.org",
        "phone": f"+49 30 5550{sum(map(ord, number)) % 10_000:04}",
    }
    of_one = [
        ("order.placed", {"total": 12800, "currency": "EUR", "buyer": buyer}, 1),
        (
            "payment.captured",
            {"payment_id": f"p-{number}", "psp_payment_id": f"pi-{number}", **money},
            1,
        ),
        (
            "shipment.dispatched",
            {"shipment_id": "s", "carrier": "dhl", "tracking_no": f"T{number}"},
            2,
        ),
        ("refund.requested", {"refund_id": f"r-{number}", **money}, 3),
        ("refund.approved", {"refund_id": f"r-{number}", **money}, 3),
        ("refund.succeeded", {"refund_id": f"r-{number}", "psp_refund_id": f"re-{number}"}, 4),
        (
            "refund.reference_recorded",
            {
                "refund_id": f"r-{number}",
                "reference_type": "arn",
                "reference": f"ARN{number}",
                "reference_status": "available",
            },
            5,
        ),
        ("refund.settled", {"refund_id": f"r-{number}", "settled_on": "2025-03-06", **money}, 6),
        ("order.closed", {"outcome": "refunded"}, 9),
    ]
    return [
        fact(number, str(n), name, data, day, shop)
        for n, (name, data, day) in enumerate(of_one, start=1)
    ]


class Scene:
    """A store of the test's own, with the connections that a runner has."""

    def __init__(self, dsn: str, stack: ExitStack) -> None:
        self.dsn = dsn
        self._stack = stack
        self.ring = KeyRing(KEY, limit=0)
        self.writer = self.connect()
        self.views = self.connect(PROJECTOR)
        self.log = self.new_log()

    def connect(self, role=None):
        return self._stack.enter_context(connect(self.dsn, role))

    def new_log(self, key=KEY):
        return ProjectionLog(self.connect(PROJECTOR), KeyRing(key, limit=0))

    def record(self, facts):
        return record(self.writer, self.ring, facts)

    def catch_up(self, *projections):
        return runner.catch_up(self.views, self.log, projections or PROJECTIONS)

    def state(self, projections=PROJECTIONS):
        return [runner.rows(self.views, projection) for projection in projections]

    def query(self, statement, parameters=()):
        with self.writer, self.writer.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def set_aside(self):
        return self.query(
            "SELECT a.projection, s.stream, a.position, a.error, a.altered FROM set_aside_orders a"
            " JOIN streams s USING (stream_id) ORDER BY 1, 2"
        )


def listing(rows, name="listing", version=1, columns=("position bigint",), key=("position",)):
    """Return a projection of a test's own."""
    names = tuple(column.split()[0] for column in columns)
    ddl = f"CREATE TABLE {name} (stream_id uuid NOT NULL, {', '.join(columns)});"
    ddl += f"\n-- With the rows in:\nALTER TABLE {name} ADD PRIMARY KEY ({', '.join(key)});"
    return Projection(name=name, version=version, columns=names, key=key, rows=rows, ddl=ddl)


def every_position(stream, events):
    """Make a row of each event: one that is missed or counted twice shows."""
    return [(event.position,) for event in events]


POSITIONS = listing(every_position)

ROOT = Path(__file__).parents[2]
