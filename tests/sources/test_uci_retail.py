import csv
import gzip
import io
import tracemalloc
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import personal, validation
from domain.errors import InvalidInputError
from domain.event import Fact
from sources import uci_retail
from sources.input import open_input
from sources.rejected import Rejected
from sources.uci_rows import COLUMNS

# A busy machine is no failure.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

SAMPLE = Path(__file__).parents[2] / "orderproof/samples/uci_online_retail_sample.csv.gz"
HEADER = ",".join(COLUMNS)


def row(
    invoice="1",
    sku="A",
    quantity=1,
    price="1.00",
    customer="7.0",
    date="2011-01-10 10:00:00",
    title="Cup",
    country="United Kingdom",
):
    return f"{invoice},{sku},{title},{quantity},{date},{price},{customer},{country}"


def read(*rows, header=HEADER, shop="test"):
    data = "\n".join([header, *rows]).encode()
    return list(uci_retail.read(io.BytesIO(data), shop))


def refunds(items):
    return [
        (x.data["refund_id"], x.data["amount"], x.data["original"])
        for x in items
        if x.type == "refund.requested"
    ]


def test_an_invoice_is_an_order_and_its_payment():
    placed, captured = read(
        row(sku="A", quantity=2, price="2.55"), row(sku="B", quantity=1, price="3.4")
    )

    assert placed == Fact(
        stream="order/test/1",
        type="order.placed",
        source="/uci-online-retail/test/settled-invoices",
        id="1/order.placed",
        occurred_at="2011-01-10T10:00:00+00:00",
        data={
            "placed_at": "2011-01-10T10:00:00+00:00",
            "customer_id": "7",
            "buyer": {"country": "United Kingdom"},
            "lines": [
                {"sku": "A", "title": "Cup", "quantity": 2, "unit_price": 255},
                {"sku": "B", "title": "Cup", "quantity": 1, "unit_price": 340},
            ],
            "currency": "GBP",
            "total": 850,
        },
    )
    assert (captured.stream, captured.id) == ("order/test/1", "1/payment.captured")
    assert captured.occurred_at == placed.occurred_at
    assert captured.data == {"payment_id": "1", "amount": 850, "currency": "GBP"}


@pytest.mark.parametrize(("quantity", "price"), [(1, "0.0"), (0, "5"), (-10, "0.0"), (-1, "5.00")])
def test_an_invoice_that_is_not_above_zero_has_no_payment(quantity, price):
    [placed] = read(row(quantity=quantity, price=price, customer="", title=""))

    assert placed.type == "order.placed"
    assert placed.data["total"] == int(quantity * Decimal(price) * 100)
    assert "customer_id" not in placed.data
    assert placed.data["lines"] == [
        {"sku": "A", "quantity": quantity, "unit_price": int(Decimal(price) * 100)}
    ]


def test_prices_finer_than_a_penny_stay_as_text_and_the_sum_is_rounded_half_even():
    placed, _ = read(
        row(sku="A", price="0.001"), row(sku="B", price="0.125"), row(sku="C", price="0.50")
    )

    assert [line.get("unit_price_exact") for line in placed.data["lines"]] == [
        "0.001",
        "0.125",
        None,
    ]
    assert [line["unit_price"] for line in placed.data["lines"]] == [0, 12, 50]
    assert (placed.data["total"], placed.data["rounding"]) == (63, "-0.004")


def test_half_a_penny_goes_to_the_even_side():
    totals = [read(row(price=price))[0].data for price in ("0.125", "0.135")]

    assert [(data["total"], data["rounding"]) for data in totals] == [
        (12, "0.005"),
        (14, "-0.005"),
    ]


def test_the_earliest_line_dates_the_invoice_and_a_later_one_keeps_its_time():
    placed, _ = read(
        row(sku="A", date="2011-01-10 10:01:00"), row(sku="B", date="2011-01-10 10:00:00")
    )

    assert placed.occurred_at == "2011-01-10T10:00:00+00:00"
    assert [line.get("invoiced_at") for line in placed.data["lines"]] == [
        "2011-01-10T10:01:00+00:00",
        None,
    ]


@pytest.mark.parametrize(
    ("date", "time"),
    [
        ("2011-06-01 08:26:00", "2011-06-01T08:26:00+01:00"),
        ("6/1/2011 8:26", "2011-06-01T08:26:00+01:00"),
        ("12/31/2010 23:59", "2010-12-31T23:59:00+00:00"),
        ("2011-03-27 00:59:59", "2011-03-27T00:59:59+00:00"),
        ("2011-03-27 02:00:00", "2011-03-27T02:00:00+01:00"),
        ("2011-10-30 01:30:00", "2011-10-30T01:30:00+01:00"),  # the hour comes twice
    ],
)
def test_times_are_of_london(date, time):
    assert read(row(date=date))[0].occurred_at == time


@pytest.mark.parametrize("customer", ["17850.0", "17850", " 17850.0 "])
def test_a_customer_has_one_number_however_it_is_written(customer):
    assert read(row(customer=customer))[0].data["customer_id"] == "17850"


def test_columns_may_stand_in_any_order():
    cells = row().split(",")

    items = read(",".join(reversed(cells)), header=",".join(reversed(COLUMNS)))

    assert items == read(row())


def test_facts_come_in_the_order_in_which_invoices_appear_also_where_their_lines_lie_apart():
    items = read(row("2"), row("C3", quantity=-1, sku="X"), row("1"), row("2", sku="B"))

    assert [item.id for item in items] == [
        "2/order.placed",
        "2/payment.captured",
        "C3:C3/refund.requested",
        "C3:C3/refund.approved",
        "1/order.placed",
        "1/payment.captured",
    ]
    assert items[0].data["total"] == 200


def test_a_cancellation_is_a_decided_refund_of_the_order_it_takes_back():
    items = read(
        row("1", quantity=5, price="2.00"),
        row("C2", quantity=-3, price="2.00", date="2011-01-11 10:00:00"),
    )

    requested, approved = items[2:]
    assert requested.stream == approved.stream == "order/test/1"
    assert requested.id == "C2:1/refund.requested"
    assert approved.id == "C2:1/refund.approved"
    assert requested.occurred_at == approved.occurred_at == "2011-01-11T10:00:00+00:00"
    assert requested.data == {
        "refund_id": "C2:1",
        "amount": 600,
        "currency": "GBP",
        "cancellation": "C2",
        "original": "exact",
        "reason_code": "cancelled_invoice",
        "requested_by": "seller",
        "customer_id": "7",
        "country": "United Kingdom",
        "lines": [{"sku": "A", "title": "Cup", "quantity": 3, "unit_price": 200}],
    }
    assert approved.data == {
        "refund_id": "C2:1",
        "amount": 600,
        "currency": "GBP",
        "cancellation": "C2",
        "original": "exact",
        "approver": "seller",
    }


def at(hour):
    return f"2011-01-10 {hour:02}:00:00"


def test_the_newest_earlier_purchase_is_taken_back_first_and_each_unit_once():
    items = read(
        row("1", quantity=2, date=at(1)),
        row("2", quantity=2, date=at(2)),
        row("C3", quantity=-3, date=at(3)),
        row("C4", quantity=-3, date=at(4)),
        row("5", quantity=9, date=at(5)),
    )

    assert refunds(items) == [
        ("C3:2", 200, "exact"),
        ("C3:1", 100, "exact"),
        ("C4:1", 100, "exact"),
        ("C4:C4", 200, "unknown"),
    ]


def test_a_refund_is_the_cancellations_price_and_says_if_the_purchase_had_another():
    items = read(
        row("1", sku="A", price="8.15", quantity=2, date=at(1)),
        row("1", sku="B", price="1.00", quantity=2, date=at(1)),
        row("C2", sku="B", price="1.0", quantity=-1, date=at(2)),
        row("C2", sku="A", price="8.95", quantity=-2, date=at(2)),
    )

    assert refunds(items) == [("C2:1", 1890, "price_differs")]


def test_earlier_means_by_time_and_then_by_line_in_the_file():
    later_in_the_file = read(row("C1", quantity=-1), row("2"))
    earlier_in_the_file = read(row("1"), row("C2", quantity=-1))
    earlier_in_time = read(row("C1", quantity=-1, date=at(2)), row("2", date=at(1)))

    assert refunds(later_in_the_file) == [("C1:C1", 100, "unknown")]
    assert refunds(earlier_in_the_file) == [("C2:1", 100, "exact")]
    assert refunds(earlier_in_time) == [("C1:2", 100, "exact")]


@pytest.mark.parametrize(
    "other", [{"customer": "8.0"}, {"sku": "a"}, {"customer": ""}, {"quantity": -5, "price": "0"}]
)
def test_another_customer_or_product_or_a_write_off_is_no_original(other):
    items = read(row("1", **{"quantity": 5, **other}), row("C2", quantity=-1, date=at(12)))

    assert refunds(items) == [("C2:C2", 100, "unknown")]


def test_a_cancellation_without_a_customer_has_its_own_stream():
    items = read(row("1", customer=""), row("C2", customer="", quantity=-1, date=at(12)))

    requested = items[-2]
    assert requested.stream == "order/test/C2"
    assert refunds(items) == [("C2:C2", 100, "unknown")]


@pytest.mark.parametrize(("quantity", "amount"), [(0, 0), (2, -200)])
def test_a_line_of_a_cancellation_that_cancels_nothing_has_a_place(quantity, amount):
    items = read(row("C1", quantity=quantity))

    assert refunds(items) == [("C1:C1", amount, "unknown")]
    assert items[0].data["lines"][0]["quantity"] == -quantity


def test_the_rounding_of_a_refund_is_kept_too():
    requested = read(row("C1", quantity=-3, price="0.333"))[0]

    assert (requested.data["amount"], requested.data["rounding"]) == (100, "-0.001")


def test_an_adjustment_of_the_books_has_its_own_type():
    [adjusted] = read(
        row("A563186", sku="B", title="Adjust bad debt", price="-11062.06", customer="")
    )

    assert adjusted.type == "invoice.adjusted"
    assert adjusted.stream == "order/test/A563186"
    assert adjusted.id == "A563186/invoice.adjusted"
    assert adjusted.data["amount"] == -1106206
    assert adjusted.data["lines"][0]["title"] == "Adjust bad debt"


def test_what_differs_from_line_to_line_is_not_lost():
    placed, _ = read(row(sku="A"), row(sku="B", customer="8", country="France"), row(customer=""))

    assert placed.data["lines"][1]["customer_id"] == "8"
    assert placed.data["lines"][1]["country"] == "France"
    assert placed.data["customer_id"] == "7"


BAD_ROWS = [
    (row() + ",more", "csv-columns", ""),
    ("1,A,Cup", "csv-columns", ""),
    (row(quantity="many"), "bad-number", "Quantity"),
    (row(quantity="1.5"), "bad-number", "Quantity"),
    (row(quantity=""), "bad-number", "Quantity"),
    (row(quantity="１"), "bad-number", "Quantity"),
    (row(price="free"), "bad-number", "UnitPrice"),
    (row(price=""), "bad-number", "UnitPrice"),
    (row(price="NaN"), "bad-number", "UnitPrice"),
    (row(price="1_0"), "bad-number", "UnitPrice"),
    (row(price="1e9"), "bad-number", "UnitPrice"),
    (row(date="yesterday"), "bad-date", "InvoiceDate"),
    (row(date="2011-02-29 10:00:00"), "bad-date", "InvoiceDate"),
    (row(date="13/1/2010 8:26"), "bad-date", "InvoiceDate"),
    (row(date="1847-01-01 00:00:00"), "bad-date", "InvoiceDate"),
    (row(invoice=""), "invoice-missing", "InvoiceNo"),
    (row(invoice="x" * 201), "too-long", "InvoiceNo"),
    (row(quantity="9" * 12, price="9" * 13), "money-too-large", ""),
    (row(quantity=0, price="9" * 14), "bad-number", "UnitPrice"),
    (row(title="a\0b"), "nul", "byte 6"),
    ('1,A,"Cup,1,2011-01-10 10:00:00,1,7,UK', "csv-quote", ""),
]


# E-07, E-08
@pytest.mark.parametrize(("bad", "code", "place"), BAD_ROWS)
def test_a_row_that_cannot_be_read_is_rejected_and_the_rest_is_not(bad, code, place):
    items = read(row("1"), bad, row("2"))

    rejected = items[0]
    assert isinstance(rejected, Rejected)
    assert (rejected.line, rejected.code, rejected.place) == (3, code, place)
    assert rejected.raw == bad.encode()
    assert [item.id for item in items[1:]] == [item.id for item in read(row("1"), row("2"))]


def test_a_row_that_is_no_utf_8_is_rejected_with_its_bytes():
    latin = row(title="£5 gift").encode("latin-1")
    data = b"\n".join([HEADER.encode(), row("1").encode(), latin])

    items = list(uci_retail.read(io.BytesIO(data), "test"))

    assert (items[0].line, items[0].code, items[0].raw) == (3, "invalid-utf8", latin)
    assert len(items) == 3


@pytest.mark.parametrize("data", [b"", b"\n\n", b"a,b,c\n1,2,3\n", b"\xff\n"])
def test_a_file_without_the_header_is_rejected_once(data):
    items = list(uci_retail.read(io.BytesIO(data), "test"))

    assert [item.code for item in items] == ["csv-header"]


# E-05
def test_an_invoice_never_outgrows_an_event():
    items = read(*(row("1", title="x" * 1000) for _ in range(1500)))

    rejected = [item for item in items if isinstance(item, Rejected)]
    placed = items[len(rejected)]
    assert {item.code for item in rejected} == {"too-large"}
    assert len(placed.data["lines"]) + len(rejected) == 1500


@pytest.mark.parametrize("shop", ["", "a/b", "a\0b", "\ud800", "s" * 201, "é" * 90])
def test_a_shop_that_cannot_be_named_is_refused_at_once(shop):
    with pytest.raises(InvalidInputError):
        uci_retail.read(io.BytesIO(), shop)


def test_the_source_is_a_uri_reference_for_any_shop():
    assert read(row(), shop="Läden & Co")[0].source == (
        "/uci-online-retail/L%C3%A4den%20%26%20Co/settled-invoices"
    )
    assert read(row(), shop="Läden & Co")[0].stream == "order/Läden & Co/1"


def test_reading_twice_gives_the_same():
    data = gzip.decompress(SAMPLE.read_bytes())

    assert list(uci_retail.read(io.BytesIO(data), "test")) == list(
        uci_retail.read(io.BytesIO(data), "test")
    )


def sums_of_file(data):
    """Sums of invoices by the file, exactly, without any code of ours."""
    sums = defaultdict(Decimal)
    for cells in csv.DictReader(io.StringIO(data.decode())):
        sums[cells["InvoiceNo"]] += Decimal(cells["UnitPrice"]) * int(cells["Quantity"])
    return dict(sums)


def sums_of_facts(items):
    sums = defaultdict(Decimal)
    for item in items:
        data = item.data
        rounding = Decimal(data.get("rounding", "0"))
        if item.type == "order.placed":
            sums[item.stream.removeprefix("order/test/")] += Decimal(data["total"]) / 100 + rounding
        elif item.type == "refund.requested":
            sums[data["cancellation"]] -= Decimal(data["amount"]) / 100 + rounding
        elif item.type == "invoice.adjusted":
            sums[item.stream.removeprefix("order/test/")] += (
                Decimal(data["amount"]) / 100 + rounding
            )
    return dict(sums)


@pytest.fixture(scope="module")
def sample_facts():
    with open_input(SAMPLE) as opened:
        return list(uci_retail.read(opened, "test"))


def test_no_penny_of_the_sample_is_lost_or_made(sample_facts):
    wanted = sums_of_file(gzip.decompress(SAMPLE.read_bytes()))

    assert len(wanted) > 200
    assert sums_of_facts(sample_facts) == wanted


rows = st.builds(
    row,
    invoice=st.sampled_from(["1", "2", "3", "C4", "C5", "A6"]),
    sku=st.sampled_from(["A", "B"]),
    quantity=st.integers(-4, 6),
    price=st.sampled_from(["0", "1.00", "1", "2.5", "0.001", "0.333", "-1.005"]),
    customer=st.sampled_from(["7.0", "7", "8.0", ""]),
    date=st.sampled_from([at(1), at(2), at(3)]),
)


@unhurried
@given(st.lists(rows, max_size=12))
def test_no_penny_of_any_file_is_lost_or_made(lines):
    items = read(*lines)

    assert sums_of_facts(items) == sums_of_file("\n".join([HEADER, *lines]).encode())
    for item in items:
        validation.check(item.type, item.data)


def credits_by_search(lines):
    """Credits found by looking at every earlier purchase, newest first, for every cancellation."""
    table = list(csv.DictReader([HEADER, *lines]))
    keys = [(cells["InvoiceDate"], i) for i, cells in enumerate(table)]
    left = [int(cells["Quantity"]) for cells in table]
    found = Counter()
    for i in sorted(range(len(table)), key=keys.__getitem__):
        if not table[i]["InvoiceNo"].startswith("C"):
            continue
        wanted = -left[i]
        for j in sorted(range(len(table)), key=keys.__getitem__, reverse=True):
            same = all(
                table[i][name].removesuffix(".0") == table[j][name].removesuffix(".0") != ""
                for name in ("CustomerID", "StockCode")
            )
            if same and keys[j] < keys[i] and table[j]["InvoiceNo"] in "123":
                units = max(0, min(wanted, left[j]))
                left[j] -= units
                wanted -= units
                found[table[i]["InvoiceNo"], table[j]["InvoiceNo"]] += units
        found[table[i]["InvoiceNo"], table[i]["InvoiceNo"]] += wanted
    return {key: units for key, units in found.items() if units}


@unhurried
@given(st.lists(rows, max_size=12))
def test_credits_are_those_that_a_plain_search_finds(lines):
    found = Counter()
    for item in read(*lines):
        if item.type == "refund.requested":
            key = tuple(item.data["refund_id"].split(":"))
            found[key] += sum(line["quantity"] for line in item.data["lines"])

    assert {key: units for key, units in found.items() if units} == credits_by_search(lines)


def test_every_line_of_the_sample_is_in_an_event(sample_facts):
    lines = gzip.decompress(SAMPLE.read_bytes()).decode().splitlines()[1:]
    units = Counter()
    for cells in csv.reader(lines):
        units[cells[0], cells[1]] += int(cells[3])

    found = Counter()
    for item in sample_facts:
        for line in item.data.get("lines", ()):
            if item.type == "order.placed":
                found[item.stream.removeprefix("order/test/"), line["sku"]] += line["quantity"]
            else:
                found[item.data["cancellation"], line["sku"]] -= line["quantity"]

    assert found == units


def test_the_sample_has_every_kind_of_case(sample_facts):
    originals = Counter(original for _, _, original in refunds(sample_facts))
    placed = {x.id.split("/")[0]: x.data for x in sample_facts if x.type == "order.placed"}

    assert min(originals["exact"], originals["price_differs"], originals["unknown"]) >= 10
    assert any(data["total"] == 0 for data in placed.values())
    assert any("customer_id" not in data for data in placed.values())
    assert any("invoiced_at" in line for line in placed["542806"]["lines"])
    assert any(line["quantity"] < 0 for data in placed.values() for line in data["lines"])
    assert (placed["550193"]["total"], placed["550193"]["rounding"]) == (204276, "0.001")
    assert len({(x.source, x.id) for x in sample_facts}) == len(sample_facts)


def test_stories_of_the_sample_that_the_demo_tells(sample_facts):
    found = {refund_id: rest for refund_id, *rest in refunds(sample_facts)}

    assert found["C541433:541431"] == [7718360, "exact"]
    assert found["C547235:546310"] == [1790, "price_differs"]
    assert found["C536391:C536391"] == [14148, "unknown"]


def test_facts_of_the_file_pass_the_checks_and_have_nothing_to_seal(sample_facts):
    for fact in sample_facts:
        validation.check(fact.type, fact.data)
        assert personal.split(fact.type, fact.data) == (fact.data, {})


@unhurried
@given(
    st.binary() | st.lists(st.sampled_from([b"1", b",", b'"', b"\n", b"C", b"\0"])).map(b"".join)
)
def test_any_bytes_behind_the_header_come_out_as_facts_and_rejects(data):
    items = list(uci_retail.read(io.BytesIO(HEADER.encode() + b"\n" + data), "test"))

    assert all(isinstance(item, Fact | Rejected) for item in items)


def test_memory_grows_by_no_more_than_a_few_hundred_bytes_a_line():
    lines = 20_000
    invoices = [str(i // 20) for i in range(lines)]
    rows = [row(one, f"A{i % 4000}", customer=one) for i, one in enumerate(invoices)]
    file = io.BytesIO("\n".join([HEADER, *rows]).encode())
    del invoices, rows

    tracemalloc.start()
    count = sum(1 for _ in uci_retail.read(file, "test"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 2 * lines // 20
    assert peak < 300 * lines
