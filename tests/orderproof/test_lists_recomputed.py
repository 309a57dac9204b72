"""Every list of the desk equals a recomputation from its events, live and rebuilt."""

import itertools
import statistics

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.event import Fact
from domain.stream import order_stream, stream_id
from domain.time import instant, read_date, utc_date
from domain.tracking.clocks import running
from domain.tracking.desk_policy import DESK_POLICY
from domain.tracking.handled import handled_exceptions
from domain.tracking.lead_time import SPANS, durations
from domain.tracking.listed import DIMENSIONS, list_order
from domain.tracking.tracking import fold_tracking
from domain.words.desk import DESK_WORDS
from domain.words.reports import REPORT_WORDS
from eventstore import log, recording
from orderproof import installation
from orderproof.bootstrap import catch_up, open_store
from orderproof.order_desk import exceptions, lists, reporting
from orderproof.order_desk.lists import Selection
from orderproof.order_desk.report import HOUR, Period
from projections import desk_clock
from projections.rebuild import rebuild

AT = "2025-03-15T12:00:00Z"
MONEY = {"amount": 12_800, "currency": "EUR"}
KINDS = (("payment", "unpaid"), ("stock", "oversold"), ("logistics", "lost"), ("stock", "odd"))


def told(type_, *choices):
    return [(type_, choice) for choice in choices]


SAID = [
    *told("order.placed", {"total": 12_800, "currency": "EUR", "lines": [{"sku": "A"}]},
          {"total": 90_000, "currency": "EUR", "promised_deliver_by": "2025-03-12",
           "buyer": {"country": "DE"}, "lines": [{"sku": "B,\"x\\"}, {"sku": "A"}]}),
    *told("payment.captured", {"payment_id": "p", **MONEY}),
    *told("order.confirmed", {"order_track_no": "1"}),
    *told("order.owner_assigned", {"owner": "north"}, {"department": "warehouse"}),
    *told("order.planned_dispatch_set", {"date": "2025-03-10"}, {"date": "2025-03-15"},
          {"date": "2025-03-30"}),
    *told("order.planned_dispatch_changed", {"after": "2025-04-01", "reason": "late"}),
    *told("order.next_action_set", {"action": "call", "due_at": "2025-03-14"}, {"action": ""}),
    *told("order.put_on_hold", {"reason_code": "address"}),
    *told("order.hold_released", {}),
    *told("stock.shortage_detected", {"sku": "A"}),
    *told("stock.restock_received", {"sku": "A"}),
    *told("picking.claimed", {}),
    *told("parcel.packed", {"shipment_id": "s", "inserts": ["gift"]}),
    *told("shipment.dispatched", {"shipment_id": "s"}, {"shipment_id": "t"}),
    *told("shipment.delivered", {"shipment_id": "s"}),
    *told("shipment.lost", {"shipment_id": "t"}),
    *told("tracking.scan_received", {"shipment_id": "s", "normalised": "returning"}),
    *told("message.received", {"message_id": "m"}),
    *told("aftersales.requested", {"kind": "expedite"}, {"kind": "refund"}),
    *told("refund.requested", {"refund_id": "r", **MONEY}),
    *told("refund.approved", {"refund_id": "r", **MONEY}),
    *told("refund.settled", {"refund_id": "r", **MONEY}),
    *told("exception.raised", *({"exception_id": f"x{n}", "class": class_, "subtype": kind,
          "detected_by": who} for n, (class_, kind) in enumerate(KINDS)
          for who in ("check/C1", "staff-1"))),
    *told("exception.classified", {"exception_id": "x1", "class": "stock", "subtype": "damaged",
          "level": 1, "priority": 3}),
    *told("exception.assigned", {"exception_id": "x1", "owner": "staff-2",
          "department": "warehouse"}),
    *told("exception.resolved", {"exception_id": "x1", "cause": "D4"}, {"exception_id": "x0"}),
    *told("exception.reopened", {"exception_id": "x1"}),
    *told("compensation.offered", {"compensation_id": "c", "kind": "gift", "level": 3,
          "condition": "at_packing"}, {"compensation_id": "d", "kind": "coupon", "level": 1,
          "amount": 1_000, "currency": "CNY"}),
    *told("compensation.issued", {"compensation_id": "d"}),
    *told("order.cancelled", {"by": "customer"}),
    *told("order.closed", {"outcome": "done"}),
    *told("order.reopened", {}),
]  # fmt: skip

EVENTS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(SAID), st.integers(0, 20 * 24)),
    min_size=1,
    max_size=40,
)
_shops = (f"shop{number}" for number in itertools.count())


class Store:
    """A store in which each example has a shop of its own."""

    def __init__(self, store):
        self.store = store
        self.shop = ""

    def begin(self):
        self.shop = next(_shops)

    def record(self, number, said, hour):
        order, (type_, data), after = said
        minutes = after * 60 + hour
        time = f"2025-03-{1 + minutes // 1440:02}T{minutes % 1440 // 60:02}:{minutes % 60:02}:00Z"
        fact = Fact(stream=order_stream(self.shop, f"n{order}"), type=type_, source="/test",
                    id=f"{self.shop}-{number}", occurred_at=time, data=data)  # fmt: skip
        recording.record(self.store.connection, self.store.ring, [fact])

    def trackings(self):
        found = {}
        for order in range(4):
            stream = order_stream(self.shop, f"n{order}")
            events = log.read_order(self.store.connection, None, stream)
            if events:
                found[stream] = fold_tracking(events)
        return found


@pytest.fixture
def desk(data):
    with open_store(installation.find(data)) as store:
        yield Store(store)


def shown(desk):
    """Everything that lists and reports say of the shop."""
    views, shop, at = desk.store.views, desk.shop, instant(AT)
    every = Period(shop=shop)

    def numbers(**chosen):
        found = lists.read(views, Selection(shop=shop, **chosen), at)
        return [(one.order, one.overdue_days, one.risks) for one in found]

    def report(name):
        return reporting.make(views, name, every, REPORT_WORDS["en"], 50).dicts()

    own = exceptions.read(views, exceptions.Chosen(shop=shop), at, DESK_WORDS["en"])
    every_one = exceptions.read(
        views, exceptions.Chosen(shop=shop, ended=True), at, DESK_WORDS["en"]
    )
    return {
        "worklist": numbers(),
        **{f"quadrant {n}": numbers(quadrant=n) for n in (1, 2, 3, 4)},
        "north": numbers(owner="north"),
        "warehouse": numbers(owner="warehouse"),
        "overdue": numbers(overdue=True),
        "risk": numbers(risk=True),
        "missing": {name: count for name, count in lists.lacking(views, shop).items() if count},
        "lacking": {name: numbers(missing=name) for name in DIMENSIONS},
        "count": lists.count(views, Selection(shop=shop), at),
        "open exceptions": [(one.order, one.exception_id) for one in own],
        "exceptions": sorted(
            (one.order, one.exception_id, one.class_, one.level, one.state, one.minutes)
            for one in every_one
        ),
        "due": sorted(
            one.stream for one in desk_clock.due(views, at, 10_000) if f"/{shop}/" in one.stream
        ),
        "compensation": sorted(
            (one.order, one.compensation_id, one.state)
            for one in exceptions.read_compensation(views, exceptions.Chosen(shop=shop, ended=True))
        ),
        "classes": {one["class"]: (one["count"], one["open"]) for one in report("classes")},
        "causes": {one["cause"]: one["count"] for one in report("causes") if one["count"]},
        "lead time": [(one["orders"], one["mean"], one["hours"]) for one in report("lead-time")],
    }


def recomputed(desk):
    """The same by the words of the requirements, from the events alone."""
    at = instant(AT)
    trackings = desk.trackings()
    listed = {
        stream: order
        for stream, tracking in trackings.items()
        if (order := list_order(tracking, DESK_POLICY)) is not None
    }
    ordered = sorted(
        listed,
        key=lambda s: (listed[s].quadrant, listed[s].priority, listed[s].due_at,
                       stream_id(s).bytes),
    )  # fmt: skip
    today = utc_date(at)

    def overdue(order):
        planned = read_date(order.planned)
        return 0 if planned is None or order.left_house else max((today - planned).days, 0)

    def risks(order):
        near = order.promise is not None and order.promise <= at + DESK_POLICY.near
        return (*order.risks, *(["promise_near"] if near else []))

    def numbers(chosen, sequence=ordered):
        found = [listed[stream] for stream in sequence if chosen(listed[stream])]
        return [(order, overdue(order), risks(order)) for order in found]

    by_plan = sorted(listed, key=lambda s: (listed[s].planned or "", stream_id(s).bytes))
    handled = [
        (stream, one) for stream, tracking in trackings.items()
        for one in handled_exceptions(tracking)
    ]  # fmt: skip
    handled.sort(
        key=lambda pair: (
            pair[1].exception.priority,
            pair[1].exception.raised_at,
            stream_id(pair[0]).bytes,
            pair[1].exception.exception_id,
        )
    )
    missing = {name: numbers(lambda o, name=name: name in o.missing) for name in DIMENSIONS}
    classes, causes = {}, {}
    for _, one in handled:
        count, open_ = classes.get(one.exception.class_, (0, 0))
        classes[one.exception.class_] = (count + 1, open_ + one.exception.open)
        if one.cause:
            causes[one.cause] = causes.get(one.cause, 0) + 1
    placed = [t for t in trackings.values() if t.order.placed is not None]
    spans = [durations(tracking.milestones) for tracking in placed]
    took = [[one[span] / HOUR for one in spans if one[span] is not None] for span in SPANS]
    return {
        "worklist": numbers(lambda _: True),
        **{f"quadrant {n}": numbers(lambda o, n=n: o.quadrant == n) for n in (1, 2, 3, 4)},
        "north": numbers(lambda o: "north" in (o.owner, o.department)),
        "warehouse": numbers(lambda o: "warehouse" in (o.owner, o.department)),
        "overdue": numbers(lambda o: overdue(o) > 0, by_plan),
        "risk": numbers(lambda o: bool(risks(o))),
        "missing": {name: len(found) for name, found in missing.items() if found},
        "lacking": missing,
        "count": len(listed),
        "open exceptions": [
            (stream.removeprefix("order/"), one.exception.exception_id)
            for stream, one in handled if one.exception.open
        ],
        "exceptions": sorted(
            (stream.removeprefix("order/"), one.exception.exception_id, one.exception.class_,
             one.exception.level, one.exception.state,
             max((at if one.exception.open else one.exception.resolved_at)
                 - one.exception.raised_at, 0) // 60_000_000)
            for stream, one in handled
        ),
        "due": sorted(
            stream for stream, tracking in trackings.items()
            if any(clock.deadline < at for clock in running(tracking, DESK_POLICY))
        ),
        "compensation": sorted(
            (stream.removeprefix("order/"), one.compensation_id, one.state)
            for stream, tracking in trackings.items() for one in tracking.compensation
        ),
        "classes": classes,
        "causes": causes,
        "lead time": [
            (len(of_one), round(statistics.mean(of_one), 1) if of_one else None,
             round(statistics.median(of_one), 1) if of_one else None)
            for of_one in took
        ],
    }  # fmt: skip


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(said=EVENTS, batches=st.lists(st.integers(1, 15), min_size=1, max_size=4))
def test_every_list_equals_a_recomputation_live_and_rebuilt(desk, said, batches):
    desk.begin()
    store = desk.store
    # One after the other in time, so that the sequence of equal times plays no part here.
    numbered = iter(enumerate(said))
    for size in [*batches, len(said)]:
        for number, one in itertools.islice(numbered, size):
            desk.record(number, one, number % 60)
        catch_up(store)
    live = shown(desk)

    assert live == recomputed(desk)
    rebuild(store.views, store.log, store.projections)
    assert shown(desk) == live


def test_no_list_is_empty_where_there_is_something_of_everything(desk):
    desk.begin()
    by_type = {}
    for type_, data in SAID:
        by_type.setdefault(type_, data)
    placed = ("order.placed", "payment.captured")
    stories = (
        ("order.placed",),
        (*placed, "order.planned_dispatch_set", "order.owner_assigned", "exception.raised"),
        (*placed, "picking.claimed", "parcel.packed", "shipment.dispatched"),
        [type_ for type_ in by_type if type_ not in ("order.closed", "order.cancelled")],
    )
    for order, types in enumerate(stories):
        for hour, type_ in enumerate(types):
            said = (order, (type_, by_type[type_]), hour)
            desk.record(f"{order} {hour}", said, 0)
    desk.record("a", (3, ("aftersales.requested", {"kind": "expedite"}), 98), 0)
    desk.record("w", (3, ("order.owner_assigned", {"department": "warehouse"}), 99), 0)
    catch_up(desk.store)

    found = shown(desk)

    assert found == recomputed(desk)
    assert [name for name, value in found.items() if not value] == []
