"""The checks of an order: built in, and a seller's own."""

import pytest

from domain.checks.checking import check, events_of
from domain.checks.duplicates import WINDOW, read_ordered
from domain.checks.indicators import INDICATORS
from domain.checks.rules import RuleSet, read_rules
from domain.checks.subject import read_subject
from domain.errors import InvalidInputError
from domain.event import Event
from domain.tracking.subtypes import SUBTYPES
from tests.domain.order_story import events, said

BERLIN = {
    "recipient": "Test Buyer", "phone": "+49 30 901820", "lines": ["Musterweg 1"],
    "city": "Berlin", "postcode": "10115", "country": "DE",
}  # fmt: skip
LINE = {"sku": "A", "title": "lamp", "quantity": 2, "unit_price": 6_400}
NO_RULES = RuleSet()


def placed(address=None, lines=None, **changes):
    data = {
        "placed_at": "2025-03-03T09:00:00+00:00",
        "customer_id": "c-1",
        "buyer": {"name": "Test Buyer", "email": "k01@example.org"},
        "ship_to": BERLIN if address is None else {**BERLIN, **address},
        "lines": [LINE] if lines is None else lines,
        "currency": "EUR",
        "total": 12_800,
    }
    return said("order.placed", "03-03", **(data | changes))


def subject(*facts):
    return read_subject(events(*facts))


def found(*facts, rules=NO_RULES):
    return [one.check_id for one in check(subject(*facts), rules)]


def test_a_good_order_passes_everything():
    paid = said("payment.captured", "03-03", payment_id="p", amount=12_800, currency="EUR")

    assert found(placed(), paid) == []


# R044, R046, R053 to R055: one change each, and the check that sees it.
WRONG = {
    "C1": [placed({"recipient": " "}, buyer={"email": "a@b.example"})],
    "C2": [placed({"phone": None}, buyer={"name": "Test Buyer"})],
    "C3": [placed({"phone": "12"}), placed({"phone": "call me"})],
    "C4": [placed(buyer={"name": "Test Buyer", "email": "nobody"})],
    "C5": [placed({"lines": [], "postcode": "10115"})],
    "C6": [placed({"postcode": "1011"}), placed({"country": "Germany"})],
    "C7": [placed({"lines": ["Musterweg"]})],
    "C8": [placed({"country": "CN", "lines": ["文三路 1 号"], "region": "浙江省", "city": "杭州市",
                   "postcode": "310000", "phone": "+86 571 8888 8888"})],
    "C9": [placed(lines=[]), placed(lines=[{"sku": "A"}]), placed(lines=[{"quantity": 1}])],
    "C11": [placed(total=0),
            placed(totals={"items": 12_800, "shipping": 500, "grand": 13_300}),
            placed(total=10_000, totals={"items": 10_000})],
    "C16": [placed(remarks="please ring twice")],
}  # fmt: skip


@pytest.mark.parametrize(("check_id", "orders"), WRONG.items(), ids=WRONG)
def test_each_indicator_sees_what_it_is_for(check_id, orders):
    for order in orders:
        assert check_id in found(order)


def test_what_happens_later_is_seen_too():
    short = said("payment.captured", "03-03", payment_id="p", amount=12_700, currency="EUR")
    failed = said("payment.failed", "03-03", payment_id="p", cause="insufficient balance")
    missing = said("stock.shortage_detected", "03-03", sku="A", wanted=2, available=0)
    request = said("order.special_request_recorded", "03-03", kind="cold pack", mandatory=True)
    other = said("cart.snapshot_archived", "03-03", parsed_lines=[{"sku": "A", "quantity": 3}])
    same = said("cart.snapshot_archived", "03-04", parsed_lines=[LINE])

    for facts, wanted in (
        ((short,), ["C12"]),
        ((failed,), ["C13"]),
        ((missing,), ["C14"]),
        ((request,), ["C15"]),
        ((other,), ["C10"]),
        ((other, same), []),
    ):
        assert found(placed(), *facts) == wanted


def test_an_address_that_is_completed_passes():
    wrong = placed({"lines": ["Musterweg"], "postcode": "1"})
    mended = said("order.shipping_address_changed", "03-04",
                  after={"lines": ["Musterweg 1"], "postcode": "10115"})  # fmt: skip
    text = said("order.shipping_address_changed", "03-04", after="Musterweg 7")

    assert found(wrong) == ["C6", "C7"]
    assert found(wrong, mended) == []
    assert found(wrong, text) == ["C6"]


# R045, 4.10
@pytest.mark.parametrize("word", ["3栋", "2单元", "501室"])
def test_the_chinese_rule_is_for_china_alone(word):
    chinese = {"country": "CN", "lines": [f"文三路 1 号 {word}"], "region": "浙江省",
               "city": "杭州市", "postcode": "310000", "phone": "+86 571 8888 8888"}  # fmt: skip

    assert "C8" not in found(placed(chinese))
    assert "C8" not in found(placed({"lines": ["Musterweg 1"]}))


def test_what_is_sealed_cannot_be_told_and_is_not_passed():
    order = events(placed())
    sealed = [
        Event(**{name: getattr(e, name) for name in e.__struct_fields__} | {"sealed": True})
        for e in order
    ]

    results = check(read_subject(sealed), NO_RULES)

    assert {one.outcome.state for one in results} == {"cannot_tell"}
    assert {one.check_id for one in results} == {one.id for one in INDICATORS if one.sealed}
    assert all(one.severity == "amber" and one.needs_human for one in results)


def test_there_are_ten_and_more_each_with_an_exception_of_a_known_kind():
    assert len({one.id for one in INDICATORS}) == len(INDICATORS) >= 10
    for one in INDICATORS:
        assert f"{one.class_}.{one.subtype}" in SUBTYPES
        assert one.title["en"].strip()
        assert one.title["zh"].strip()


def test_nothing_that_is_recorded_of_a_check_names_a_person():
    address = {"phone": "x-secret", "lines": ["secret street"], "postcode": "secret"}
    buyer = {"name": "S", "email": "secret"}
    order = subject(placed(address, remarks="secret wish", buyer=buyer))

    told = events_of(check(order, NO_RULES), order.tracking, NO_RULES, 1)

    assert len(told) > 6
    assert "secret" not in str(told)


RULES = [
    {
        "id": "xinjiang", "title": "Xinjiang", "when": [
            {"field": "country", "op": "is", "value": "CN"},
            {"field": "region", "op": "contains", "value": "新疆"}],
        "message": "add the courier's remark", "class": "information", "subtype": "not_serviceable",
    },
    {
        "id": "split", "title": "pre-sale and in stock", "when": [
            {"field": "attributes", "op": "has_all", "values": ["pre_sale", "in_stock"]}],
        "message": "split the order", "class": "information", "subtype": "to_be_split",
    },
    {
        "id": "heavy", "title": "over 5 kg", "when": [
            {"field": "weight_g", "op": "over", "value": 5_000}],
        "message": "confirm the delivery area", "class": "information",
        "subtype": "not_serviceable", "severity": "red",
    },
]  # fmt: skip


# R057, 4.12
def test_the_three_rules_of_the_sources():
    rules = read_rules(RULES)
    far = {"country": "CN", "region": "新疆维吾尔自治区", "city": "乌鲁木齐市",
           "postcode": "830000", "lines": ["1号 2栋"], "phone": "+86 991 888 8888"}  # fmt: skip

    def own(*facts):
        return [one for one in found(*facts, rules=rules) if not one.startswith("C")]

    assert own(placed()) == []
    assert own(placed(far)) == ["xinjiang"]
    both = [{**LINE, "attributes": ["pre_sale"]}, {**LINE, "attributes": ["in_stock"]}]
    assert own(placed(lines=both)) == ["split"]
    assert own(placed(lines=both[:1])) == []
    assert own(placed(lines=[{**LINE, "weight_g": 2_500}])) == []
    assert own(placed(lines=[{**LINE, "weight_g": 2_501}])) == ["heavy"]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        [{"id": "a"}],
        [{**RULES[0], "id": " "}],
        [RULES[0], RULES[0]],
        [{**RULES[0], "class": "weather"}],
        [{**RULES[0], "severity": "blue"}],
        [{**RULES[0], "when": []}],
        [{**RULES[0], "when": [{"field": "name", "op": "is"}]}],
        [{**RULES[0], "when": [{"field": "total", "op": "eval"}]}],
        [{**RULES[0], "run": "rm"}],
        [{**RULES[0], "id": f"{n}"} for n in range(201)],
    ],
)
def test_what_is_no_rule_is_refused(wrong):
    with pytest.raises(InvalidInputError):
        read_rules(wrong)


def test_a_rule_that_looks_at_what_is_not_known_never_holds():
    rules = read_rules([
        {**RULES[2], "id": f"{field}", "when": [{"field": field, "op": op, "value": value}]}
        for field, op, value in (("total", "over", "x"), ("weight_g", "under", 10),
                                 ("country", "over", 3))
    ])  # fmt: skip

    assert found(placed(), rules=rules) == []


def test_a_rule_set_is_named_by_its_content():
    assert read_rules(RULES).version == read_rules(list(RULES)).version
    assert read_rules(RULES).version != read_rules(RULES[:1]).version != NO_RULES.version


def test_what_is_found_becomes_events_and_what_passes_closes_the_check():
    order = subject(placed({"lines": ["Musterweg"]}))
    failed, raised = events_of(check(order, NO_RULES), order.tracking, NO_RULES, 1)
    assert (failed[0], failed[1]["check_id"], failed[1]["severity"]) == (
        "order.check_failed", "C7", "amber",
    )  # fmt: skip
    assert (raised[0], raised[1]["detected_by"]) == ("exception.raised", "check/C7")

    again = subject(placed({"lines": ["Musterweg"]}), said(failed[0], "03-04", **failed[1]),
                    said(raised[0], "03-04", **raised[1]))  # fmt: skip
    assert [
        type_ for type_, _ in events_of(check(again, NO_RULES), again.tracking, NO_RULES, 3)
    ] == ["order.check_failed"]
    good = subject(placed(), said(failed[0], "03-04", **failed[1]))
    [passed] = events_of(check(good, NO_RULES), good.tracking, NO_RULES, 2)
    assert (passed[0], passed[1]["check_id"]) == ("order.check_passed", "C7")
    clean = subject(placed())
    [all_] = events_of(check(clean, NO_RULES), clean.tracking, NO_RULES, 1)
    assert (all_[0], all_[1]["check_id"]) == ("order.check_passed", "all")


def test_who_ordered_what_when_is_read_where_it_is_known():
    ordered = read_ordered(events(placed(account_id="a-1")))

    assert (ordered.account, ordered.skus) == ("a-1", ("A",))
    assert read_ordered(events(placed())).account == "c-1"
    assert read_ordered(events(placed(customer_id=None))) is None
    assert read_ordered(events(placed(lines=[]))) is None
    assert WINDOW == 2 * 60 * 60 * 1_000_000


def test_an_order_without_a_placement_is_not_checked():
    assert read_subject(events(said("payment.captured", "03-03", amount=1, currency="EUR"))) is None
