"""Personal data against a bundle of keys, written with the code that seals and read without it."""

import json

import pytest

from archive.errors import FormatError
from archive.verify.personal_check import (
    Erasures,
    check_line,
    encode_bundle,
    parse_bundle,
)
from eventstore.sealing import seal

STREAM = "order/de/1"
KEY, NEW = b"k" * 32, b"n" * 32


def line(version, type_="order.placed", data=None, pii=None, source="/shop", stream=STREAM):
    body = {"data": data or {}, "id": str(version), "occurred_at": "2026-05-05T10:00:00Z",
            "schema": 1, "source": source} | ({"pii": pii} if pii else {})  # fmt: skip
    envelope = {"event": body, "prev": "0" * 64, "recorded_at": "2026-05-05T10:00:00.000000Z",
                "stream": stream, "type": type_, "version": version}  # fmt: skip
    return json.dumps(envelope, separators=(",", ":")).encode()


def sealed(version, key=KEY, **changes):
    box = seal(key, "contact", STREAM, "/shop", str(version), {"name": "Zoe Canaryname"})
    return line(version, pii={"contact": box | changes})


def destroyed(version, by="staff-1", approved_by="staff-2"):
    data = {"purposes": ["contact"], "requested_by": by, "approved_by": approved_by}
    return line(version, "erasure.key_destroyed", data, source="orderproof")


def check(lines, key=KEY):
    bundle = parse_bundle(b"".join(encode_bundle([(STREAM, "contact", key)] if key else [])))
    erasures = Erasures()
    findings = [found for each in lines for found in erasures.take(each)]
    opened = 0
    for each in lines:
        one, wrong = check_line(each, bundle, erasures)
        opened += one
        findings += wrong
    return opened, [found.code for found in findings]


def test_data_that_opens_with_its_key_is_what_was_recorded():
    assert check([sealed(1), sealed(2)]) == (2, [])


def test_without_its_key_nothing_is_said_of_a_box():
    assert check([sealed(1)], key=None) == (0, [])


def test_a_key_that_the_event_does_not_commit_to_is_named():
    assert check([sealed(1)], key=NEW) == (0, ["KEY_COMMITMENT_MISMATCH"])


# AES-GCM alone does not commit to a key: a box can be made that opens with two.
@pytest.mark.parametrize(
    "changes",
    [{"box": seal(KEY, "contact", STREAM, "/shop", "2", {"name": "Max"})["box"]},
     {"nonce": "AAAAAAAAAAAAAAAA"}, {"box": "?"}, {"nonce": ""}],
)  # fmt: skip
def test_a_box_that_its_key_does_not_open_is_named(changes):
    assert check([sealed(1, **changes)]) == (0, ["KEY_COMMITMENT_MISMATCH"])


def test_what_was_erased_and_what_came_after_with_a_new_key_is_consistent():
    assert check([sealed(1), destroyed(2), sealed(3, NEW)], key=NEW) == (1, [])


def test_a_key_that_was_recorded_as_destroyed_and_is_left_is_named():
    opened, codes = check([sealed(1), destroyed(2)])

    assert (opened, codes) == (1, ["ERASURE_INCONSISTENT"])


def test_the_order_in_which_files_are_read_does_not_matter():
    assert check([destroyed(2), sealed(1)])[1] == ["ERASURE_INCONSISTENT"]


@pytest.mark.parametrize("by", ["staff-2", "", None])
def test_an_erasure_that_no_two_persons_decided_is_named(by):
    assert check([destroyed(1, by=by)], key=None)[1] == ["ERASURE_INCONSISTENT"]


def test_an_erasure_that_somebody_else_made_up_erases_nothing():
    forged = destroyed(2).replace(b'"source":"orderproof"', b'"source":"/shop"')

    assert check([sealed(1), forged]) == (1, [])


@pytest.mark.parametrize(
    "text",
    [b"{}", b"[]", b"x", b'{"key":"00","purpose":"contact","stream":"order/de/1"}',
     b'{"key":1,"purpose":"contact","stream":"order/de/1"}'],
)  # fmt: skip
def test_a_bundle_that_is_none_is_refused_and_no_key_is_told(text):
    with pytest.raises(FormatError, match=r"line 1|JSON|canonical|not"):
        parse_bundle(text)
