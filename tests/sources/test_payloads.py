"""Payloads in documents, in lists and wrappers, and in JSON Lines."""

import io
import json

import pytest

from domain.event import Fact
from sources.format import Format
from sources.message import Message
from sources.payloads import MAX_DOCUMENT, UNKNOWN, Payload, again, read
from sources.rejected import Rejected


def format_of(name):
    return Format(
        name=name,
        title=name,
        kind_of=lambda value: value.get(name) if isinstance(value.get(name), str) else None,
        translate=lambda kind, value, _: Message(
            id=value["id"], type=kind, occurred_at="2026-01-01T00:00:00Z", links=[value["id"]]
        ),
    )


ONE, TWO = format_of("one"), format_of("two")
HELLO = {"one": "hello", "id": "a1"}
OTHER = {"two": "hello", "id": "b1"}
EVENT = {
    "specversion": "1.0", "id": "e1", "source": "/shop", "type": "order.placed",
    "subject": "de/1", "time": "2026-01-01T00:00:00Z", "data": {},
}  # fmt: skip


def found(data, *formats):
    raw = data if isinstance(data, bytes) else json.dumps(data, indent=1).encode()
    return list(read(io.BytesIO(raw), formats or (ONE, TWO)))


def names(items):
    return [
        (item.format.name, item.kind, item.message().id)
        if isinstance(item, Payload)
        else type(item).__name__
        for item in items
    ]


def without(value, name):
    return {key: each for key, each in value.items() if key != name}


def lines(*values):
    return b"".join(
        (value if isinstance(value, bytes) else json.dumps(value).encode()) + b"\n"
        for value in values
    )


def test_a_document_is_a_payload_with_its_bytes_as_they_came():
    raw = b'{ "id":"a1",\n "one" : "hello" }\n'

    [item] = found(raw)

    assert (item.format.name, item.raw) == ("one", raw.strip())


@pytest.mark.parametrize(
    "around",
    [
        lambda each: [each],
        lambda each: {"examples": [{"value": {"static": [{"response": each}]}}]},
        lambda each: {"x": 1, "y": [[None, each]], "z": "hello"},
    ],
)
def test_payloads_lie_in_lists_and_wrappers(around):
    assert names(found(around(HELLO))) == [("one", "hello", "a1")]


def test_of_nested_payloads_the_outermost_counts():
    assert names(found({**HELLO, "inner": OTHER})) == [("one", "hello", "a1")]


def test_json_lines_are_read_one_by_one_and_a_broken_one_hides_no_other():
    items = found(lines(HELLO, b"{broken", OTHER, b"", EVENT))

    assert names(items) == [("one", "hello", "a1"), "Rejected", ("two", "hello", "b1"), "Fact"]
    assert items[1].line == 2


@pytest.mark.parametrize("first", [b"garbage", b"{broken", b"[", b'"x"', b"\xff", b"x" * 3_000_000])
def test_a_first_line_that_is_broken_hides_no_other(first):
    items = found(lines(first, HELLO, OTHER))

    assert names(items) == ["Rejected", ("one", "hello", "a1"), ("two", "hello", "b1")]


def test_a_broken_document_is_rejected_once():
    raw = json.dumps(HELLO, indent=1).encode()[:-4]

    [item] = found(raw)

    assert isinstance(item, Rejected)
    assert item.raw == raw


def test_a_document_that_is_too_large_is_rejected_whole():
    raw = b'{"one": "hello",\n"id": "' + b"x" * MAX_DOCUMENT + b'"}'

    [item] = found(raw)

    assert (item.code, item.size) == ("too-large", len(raw))


def test_a_large_page_of_a_list_is_read():
    page = {"items": [{**HELLO, "id": str(n), "text": "x" * 5_000} for n in range(500)]}

    assert len(found(page)) == 500


@pytest.mark.parametrize(
    "value", [{"three": 1}, [], 7, "text", None, b'{"a":1,"a":2}', b'{"a":"\\ud800"}']
)
def test_of_one_source_any_json_is_kept(value):
    kept = isinstance(value, bytes | dict | list)
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()

    [item] = found(raw, ONE)

    if not kept:
        assert item.code == "payload-unknown"
        return
    assert (item.kind, item.raw) == (UNKNOWN, raw)
    assert item.message().type == UNKNOWN


def test_what_is_of_no_source_is_read_as_a_cloudevent():
    items = found(lines(EVENT, {**EVENT, "specversion": "0.3"}, without(EVENT, "specversion"), 7))

    assert [type(item) for item in items] == [Fact, Rejected, Rejected, Rejected]
    codes = ["attribute-form", "attribute-missing", "payload-unknown"]
    assert [item.code for item in items[1:]] == codes


def test_other_json_is_kept_as_it_is():
    [item] = found({"a": 1})

    assert (item.format.name, item.kind, item.message().told) == ("json", UNKNOWN, ())


def test_a_recorded_payload_is_understood_again_as_it_was():
    [item] = found(HELLO)

    assert again(ONE, item.raw).message() == item.message()
    assert again(ONE, b"{}").kind == UNKNOWN
    assert again(ONE, b'{"a":1,"a":2}').kind == UNKNOWN
