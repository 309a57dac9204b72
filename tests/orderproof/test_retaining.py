"""How long orders are kept, from their events and the seller's settings to the seal."""

import gzip
import json
import re
from datetime import date

import pytest

from archive.laws import LAWS
from archive.retention import Facts
from domain.event import Fact
from domain.line import decode
from eventstore import keeping, log
from eventstore.connection import connect
from eventstore.recording import record
from eventstore.stream_keys import KeyRing
from orderproof import installation, law_reference, retaining
from orderproof.errors import CommandError
from tests.orderproof.erase_scene import MAX, event, lines, placed

NOON = "2026-05-05T12:00:00Z"


@pytest.fixture
def archived(data, orderproof, tmp_path):
    """Return a function that records events, archives all, and returns the seals by order."""

    def archived(events):
        file = tmp_path / "events.jsonl"
        file.write_text(lines(events))
        assert orderproof("import", file, "--data", data).code == 0
        done = orderproof("archive", "--all", "--data", data, "--json")
        assert done.code == 0, done.err
        return lambda order: [
            one["data"]
            for one in orderproof("order", order, "--data", data, "--json").json["events"]
            if one["type"] == "history.sealed"
        ]

    return archived


def test_the_country_that_an_order_goes_to_decides_its_class(archived):
    seals = archived(
        [
            placed("de/1", MAX, ship_to={"country": "DE"}),
            placed("de/2", {**MAX, "country": "United Kingdom"}),
            placed("de/3", MAX, ship_to={"country": "DE"}),
            event("de/3", "moved", "address.changed", {"address": {"country": "FR"}}),
            placed("de/4", MAX),
        ]
    )

    classes = {order: seals(order)[-1]["retention_class"] for order in ("de/1", "de/2", "de/4")}
    assert classes == {"de/1": "de-vouchers", "de/2": "uk-vat", "de/4": "default"}


def test_what_is_read_of_an_order_decides_as_all_of_its_events_do(migrated_database):
    held = {"retention_class": "promised", "until": "2040-01-01"}
    said = [
        ("order.placed", {"buyer": {"country": "AT"}, "total": 100, "currency": "EUR"}),
        ("payment.captured", {"instrument": {"kind": "card", "country": "JP"}}),
        ("order.placed", {"ship_to": {"country": "DE"}, "buyer": "nobody"}),
        ("return.authorised", {"address": {"country": "FR", "city": "Lyon"}}),
        ("no.known_type", {"address": {"country": "US"}}),
        ("retention.extended", held),
        ("order.closed", {}),
    ]
    facts = [
        Fact(stream="order/de/1", type=type_, source="/t", id=str(n), occurred_at=NOON, data=data)
        for n, (type_, data) in enumerate(said)
    ]
    with connect(migrated_database) as connection:
        record(connection, KeyRing(lambda: bytes(32)), facts)
        found = keeping.deciding_events(connection, ["order/de/1", "order/de/2"])
        events = log.read_order(connection, None, "order/de/1")

    decided = retaining.facts(found["order/de/1"])
    assert decided == retaining.facts(events)
    assert decided == Facts(
        frozenset({"DE", "FR"}), date(2026, 5, 5), ("promised", date(2040, 1, 1))
    )
    assert found["order/de/2"] == []


def test_seat_and_vat_scheme_are_settings(archived, monkeypatch):
    monkeypatch.setenv("ORDERPROOF_SELLER_SEAT", "CA")
    monkeypatch.setenv("ORDERPROOF_VAT_SCHEMES", "OSS")

    seals = archived([placed("de/1", MAX, ship_to={"country": "ES"}), placed("de/2", MAX)])

    assert seals("de/1")[-1]["retention_class"] == "eu-oss"
    assert seals("de/2")[-1]["retention_class"] == "ca-income-tax"


def test_the_sellers_own_rows_are_over_the_table(data, archived):
    (data / retaining.FILE).write_text(
        '[de-vouchers]\nmonths = 240\n\n[nl-warranty]\nwhere = "Netherlands"\nlaw = "contract"\n'
        'months = 60\nfrom_ = "delivery"\nsource = "us"\nchecked_on = "2027-01-05"\n'
        'countries = ["NL"]\n\n[fr-contract]\napplies = false\n'
    )

    seals = archived(
        [placed(f"de/{to}", MAX, ship_to={"country": to}) for to in ("DE", "NL", "FR")]
    )

    years = {to: seals(f"de/{to}")[-1]["retain_until"][:4] for to in ("DE", "NL", "FR")}
    assert int(years["DE"]) - int(years["FR"]) == 17
    assert int(years["NL"]) - int(years["FR"]) == 2
    assert seals("de/NL")[-1]["retention_class"] == "nl-warranty"


def test_the_laws_in_force_are_in_the_log_before_what_is_sealed_by_them(archived, data, orderproof):
    def recorded():
        text = "".join(
            gzip.decompress(file.read_bytes()).decode()
            for file in sorted((data / "archive" / "system").glob("policy_*.gz"))
        )
        found = re.findall(r'^\{"event".*"type":"policy.retention_set".*', text, re.MULTILINE)
        return [json.loads(each)["event"]["data"] for each in found]

    seals = archived([placed("de/1", MAX, ship_to={"country": "DE"})])
    first = recorded()
    archived([placed("de/2", MAX, ship_to={"country": "DE"})])
    unchanged = recorded()
    (data / retaining.FILE).write_text("[de-vouchers]\nmonths = 120\n")
    idle = orderproof("archive", "--all", "--data", data, "--json").json["run"]
    archived([placed("de/3", MAX, ship_to={"country": "DE"})])
    (data / retaining.FILE).unlink()
    archived([placed("de/4", MAX, ship_to={"country": "DE"})])

    (row,) = [law for law in first[0]["laws"] if law["retention_class"] == "de-vouchers"]
    assert seals("de/1")[-1]["retention_class"] == row["retention_class"]
    assert (row["months"], row["law"]) == (96, "AO § 147, HGB § 257: vouchers and invoices")
    assert unchanged == first, "said once"
    assert idle is None, "other laws alone are no reason for a run"
    assert len(first) == 1
    months = [
        law["months"]
        for policy in recorded()
        for law in policy["laws"]
        if law["retention_class"] == "de-vouchers"
    ]
    assert months == [96, 120, 96]
    assert orderproof("verify", "--data", data).code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[de-vouchers]\nmonths = '8'\n", "de-vouchers"),
        ("[de-vouchers]\nyears = 8\n", "years"),
        ("[new]\nmonths = 8\n", "new"),
        ("[de-vouchers]\nmonths = -1\n", "months"),
        ("[de-vouchers]\nchecked_on = 'soon'\n", "de-vouchers"),
        ("months = 8\n", "months"),
        ("[", "TOML"),
    ],
)
def test_rows_that_cannot_be_used_are_named(data, text, said):
    (data / retaining.FILE).write_text(text)

    with pytest.raises(CommandError, match=said):
        retaining.policy(installation.find(data))


def test_the_reference_is_the_table():
    assert law_reference.PAGE.read_text(encoding="utf-8") == law_reference.page()
    assert all(f"`{law.id}`" in law_reference.page() for law in LAWS)


def read(type_, recorded_at="2026-05-05T10:00:00.000000Z", occurred_at=None, **data):
    body = {"data": data, "id": "1", "occurred_at": occurred_at or recorded_at, "schema": 1,
            "source": "/t"}  # fmt: skip
    envelope = {"event": body, "prev": "0" * 64, "recorded_at": recorded_at,
                "stream": "order/de/1", "type": type_, "version": 1}  # fmt: skip
    return decode(json.dumps(envelope, separators=(",", ":")).encode())


@pytest.mark.parametrize(
    ("events", "closed_on"),
    [
        ([read("order.closed", occurred_at="2024-03-03T10:00:00Z")], date(2024, 3, 3)),
        ([read("order.closed", occurred_at="2090-03-03T10:00:00Z")], date(2026, 5, 5)),
        ([read("order.closed", occurred_at="no time")], date(2026, 5, 5)),
        ([read("order.closed"), read("order.reopened")], None),
        ([], None),
    ],
)
def test_the_day_of_closing_is_that_of_the_last_closing(events, closed_on):
    assert retaining.facts(events).closed_on == closed_on


#
def test_an_extension_is_a_promise_and_the_longest_one_counts():
    extended = [read("retention.extended", retention_class=c, until=u)
                for c, u in (("a", "2040-01-01"), ("b", "2035-01-01"), ("c", "soon"))]  # fmt: skip

    assert retaining.facts(extended).least == ("a", date(2040, 1, 1))
