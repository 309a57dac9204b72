import hashlib
import json

import pytest

from domain import personal
from domain.event import Fact
from domain.line import Line, decode, decode_row, encode_body, first_prev, line_hash


def placed(**changes):
    return Fact(
        **{
            "stream": "order/de/1",
            "type": "order.placed",
            "source": "/shop",
            "id": "e1",
            "occurred_at": "2025-03-03T09:00:00+01:00",
            "data": {},
            **changes,
        }
    )


def test_a_line_is_the_body_with_its_envelope_in_fixed_order():
    body = encode_body(placed(), {"total": 12800}, {})
    line = Line(
        position=7,
        stream="order/de/1",
        version=1,
        type="order.placed",
        recorded_at="2025-03-03T08:00:01.000002Z",
        prev=first_prev("order/de/1"),
        body=body,
    )

    assert line.encode() == (
        b'{"event":{"data":{"total":12800},"id":"e1",'
        b'"occurred_at":"2025-03-03T09:00:00+01:00","schema":2,"source":"/shop"},'
        b'"prev":"' + hashlib.sha256(b"order/de/1").hexdigest().encode() + b'",'
        b'"recorded_at":"2025-03-03T08:00:01.000002Z","stream":"order/de/1",'
        b'"type":"order.placed","version":1}'
    )
    assert line_hash(line.encode()) == hashlib.sha256(line.encode()).digest()


def test_a_body_leaves_out_what_is_empty_and_keeps_what_is_not():
    body = encode_body(
        placed(actor={"kind": "staff", "id": "7"}, ce={"traceparent": "00-1"}),
        {},
        {"contact": {"box": "…"}},
    )

    assert set(json.loads(body)) == {
        "actor", "ce", "data", "id", "occurred_at", "pii", "schema", "source",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("fact", "argument", "written"),
    [
        (placed(), None, 2),
        (placed(type="refund.failed"), None, 1),
        (placed(type="gift.wrapped"), None, 0),
        (placed(schema=1), None, 1),
        (placed(), 1, 1),
        (placed(), 0, 0),
    ],
)
def test_a_body_says_by_which_version_it_was_split(fact, argument, written):
    assert json.loads(encode_body(fact, {}, {}, argument))["schema"] == written


def test_a_line_reads_back_as_the_event():
    body = encode_body(placed(), {"total": 12800}, {"contact": {}})
    line = Line(
        position=7, stream="order/de/1", version=3, type="order.placed",
        recorded_at="2025-03-03T08:00:01.000002Z", prev="00", body=body,
    )  # fmt: skip

    event = decode(line.encode(), 7)

    assert (event.stream, event.version, event.type, event.position) == (
        "order/de/1", 3, "order.placed", 7,
    )  # fmt: skip
    assert (event.source, event.id, event.data, event.sealed) == (
        "/shop",
        "e1",
        {"total": 12800},
        True,
    )


@pytest.mark.parametrize(
    "garbage", [b"", b"{}", b"[]", b"null", b'{"event":1}', b"\xff", b"[" * 100_000]
)
def test_what_is_no_line_is_refused_as_such(garbage):
    with pytest.raises(ValueError, match=r"line|JSON|decode|Expecting"):
        decode(garbage)


# E-07
@pytest.mark.parametrize(
    "text",
    [
        "\u202egnp.exe",  # an override of the writing direction
        "\u00e9",  # one character, and
        "e\u0301",  # the same for the eye, in two
        "\U00020bb7\u91ce\u5bb6",  # beyond the basic plane
        "\ufffd",
    ],
)
def test_e_07_text_is_kept_to_the_character(text):
    data = {"source_channel": text, "buyer": {text: text}, text: 1}
    open_data, sealed = personal.split("order.placed", data)

    body = encode_body(placed(), open_data, {})

    assert json.loads(body)["data"]["source_channel"] == text
    assert decode_row("s", 1, "order.placed", "t", body, 1).data == open_data
    assert personal.merge(open_data, sealed["contact"]) == data


# E-07
def test_e_07_half_of_a_surrogate_pair_is_never_encoded():
    with pytest.raises(ValueError, match="surrogate"):
        encode_body(placed(), {"source_channel": "\ud800"}, {})
