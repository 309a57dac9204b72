import io
import json
import pickle
import tracemalloc

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.event import Fact
from sources import cloudevents
from sources.rejected import Rejected
from sources.strict_json import MAX_EVENT
from sources.window import MAX_KEPT, Block, DamagedInputError, Window

# A busy machine is no failure.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def event(id_="e1", **more):
    return {
        "specversion": "1.0",
        "id": id_,
        "source": "/example",
        "type": "order.confirmed",
        "subject": "de/1",
        "time": "2025-03-03T09:00:00Z",
        "data": {},
        **more,
    }


def dumped(*events, **options):
    return [json.dumps(one, **options).encode() for one in events]


def read(data):
    return list(cloudevents.read(io.BytesIO(data)))


def summary(items):
    """Facts as their id, rejects as (line, place, code)."""
    return [x.id if isinstance(x, Fact) else (x.line, x.place, x.code) for x in items]


class Dripping(io.RawIOBase):
    """A stream that gives a few bytes at a time and may break off."""

    def __init__(self, data, step, damage=None):
        self.data, self.step, self.damage = data, step, damage

    def read(self, size=-1):
        if not self.data and self.damage:
            raise self.damage
        head, self.data = self.data[: self.step], self.data[self.step :]
        return head


def test_json_lines_give_one_event_a_line():
    data = b"\n".join(dumped(event("a"), event("b"), event("c")))

    assert summary(read(data)) == ["a", "b", "c"]
    assert summary(read(data + b"\n")) == ["a", "b", "c"]


def test_a_byte_order_mark_and_blank_lines_and_windows_line_ends_do_no_harm():
    first, second = dumped(event("a"), event("b"))

    data = b"\xef\xbb\xbf\r\n" + first + b"\r\n  \r\n\r\n" + second + b"\r\n"

    assert summary(read(data)) == ["a", "b"]


def test_a_byte_order_mark_further_on_is_refused():
    first, second = dumped(event("a"), event("b"))

    items = read(first + b"\n\xef\xbb\xbf" + second)

    assert summary(items) == ["a", (2, "byte 1", "json-syntax")]


def test_bad_lines_are_rejected_with_number_and_bytes_and_the_rest_is_read():
    good = dumped(event("a"), event("b"))
    bad = [b'{"id": "torn', b"\xff\xfe", b"not json", b"[1]", b'{"a":1,"a":2}', b"{}"]

    items = read(b"\n".join([good[0], *bad, good[1]]) + b"\n")

    assert summary(items) == [
        "a",
        (2, "byte 8", "json-syntax"),
        (3, "byte 1", "invalid-utf8"),
        (4, "byte 1", "json-syntax"),
        (5, "", "not-an-object"),
        (6, "/a", "duplicate-key"),
        (7, "/specversion", "attribute-missing"),
        "b",
    ]
    assert [x.raw for x in items[1:-1]] == bad
    assert not any(x.truncated for x in items[1:-1])


@pytest.mark.parametrize("torn", [b'{"id": "torn', b'{"id": 1,', b"{", b'{"a": {"b": [', b"}{"])
def test_a_first_line_that_is_torn_spoils_only_itself(torn):
    good = dumped(event("a"), event("b"))

    items = read(b"\n".join([torn, *good]))

    assert [x.line for x in items if isinstance(x, Rejected)] == [1]
    assert items[0].raw == torn
    assert summary(items)[1:] == ["a", "b"]


def test_one_object_printed_over_many_lines_is_one_event():
    data = b"\n\n" + dumped(event("a", data={"x": ["}", "{\\", [], {}]}), indent=2)[0] + b"\n"

    assert summary(read(data)) == ["a"]


def test_several_objects_printed_over_many_lines_are_read_too():
    data = b"\n".join(dumped(event("a"), event("b"), indent=2) + dumped(event("c")))

    assert summary(read(data)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ((b'"1.0",', b'"1.0"'), "json-syntax"),  # a comma is missing
        ((b'"data": {}', b'"data": {"a": NaN}'), "not-finite"),
        ((b'"data": {}\n}', b'"data": {}\n'), "json-syntax"),  # never closed
        ((b'"id": "e1"', b'"id": "e1'), "json-syntax"),  # a quote is missing
        ((b"{}\n}", b"{}\n}}"), "json-syntax"),  # closed twice
    ],
)
def test_a_broken_object_over_many_lines_is_rejected_once_and_whole(change, code):
    data = dumped(event(), indent=2)[0].replace(*change)

    items = read(data)

    assert [(x.line, x.code, x.raw) for x in items] == [(1, code, data)]


def test_a_batch_gives_its_elements():
    for indent in (None, 1):
        data = json.dumps([event("a"), event("b"), event("c")], indent=indent).encode()

        assert summary(read(data)) == ["a", "b", "c"]


def test_an_empty_batch_is_no_event():
    assert read(b" [ ] ") == []


@pytest.mark.parametrize(
    ("element", "place", "code"),
    [
        (b"7", "/1", "not-an-object"),
        (b"[]", "/1", "not-an-object"),
        (b"", "/1 byte 1", "json-syntax"),
        (b"nonsense", "/1 byte 1", "json-syntax"),
        (b'{"a":NaN}', "/1 byte 6", "not-finite"),
        (b'{"a":"\\ud800"}', "/1/a", "lone-surrogate"),
        (b'{"a":{"b":1,"b":2}}', "/1/a/b", "duplicate-key"),
        (b'{"a" 1}', "/1 byte 6", "json-syntax"),
        (b'{"a":1}}', "/1 byte 8", "json-syntax"),
        (b'{"a":1} {"b":2}', "/1 byte 9", "json-syntax"),
        (b'{"a":"\xff"}', "/1 byte 7", "invalid-utf8"),
        (b'{"a":"b\nc"}', "/1 byte 8", "json-syntax"),
    ],
)
def test_a_bad_element_does_not_spoil_the_others(element, place, code):
    good = dumped(event("a"), event("b"))

    items = read(b"[" + b",\n".join([good[0], element, good[1]]) + b"]")

    assert summary(items) == ["a", (2, place, code), "b"]
    assert items[1].raw.removesuffix(b",\n") == element


@pytest.mark.parametrize(
    "element",
    [b'{"a":1', b'{"a":[{"b":1},{"c":2}', b'{"a":"b}', b'{"a":[1,2}', b'"x', b"[[[", b'{"a":"\\'],
)
@pytest.mark.parametrize("separator", [b",", b" ,\r\n"])
def test_an_element_whose_end_nobody_knows_does_not_spoil_the_others(element, separator):
    with_objects = event("b", data={"l": [{"x": 1}, {"y": [{"z": 2}, {}]}]})
    good = dumped(event("a"), with_objects, event("c"))

    items = read(b"[" + separator.join([good[0], element, *good[1:]]) + b"]")

    assert summary(items)[0] == "a"
    assert summary(items)[2:] == ["b", "c"]
    assert items[1].raw.removesuffix(separator) == element


def test_a_batch_that_is_not_closed_gives_what_it_has_and_says_so():
    first, second = dumped(event("a"), event("b"))

    items = read(b"[" + first + b",\n" + second + b"\n")

    assert summary(items) == ["a", "b", (3, "/2", "json-syntax")]


def test_elements_of_a_batch_are_numbered_by_line_and_index():
    first, bad, last = dumped(event("a"), {}, event("b"))

    items = read(b"[\n" + first + b",\n\n" + bad + b",\n" + last + b"\n]")

    assert summary(items) == ["a", (4, "/1/specversion", "attribute-missing"), "b"]


# E-05
def test_a_line_over_the_limit_is_too_large_and_the_next_is_read():
    big = b'{"x":"' + b"y" * MAX_EVENT + b'"}'
    huge = b'{"x":"' + b"z" * (MAX_KEPT + 5) + b'"}'
    good = dumped(event("a"), event("b"))

    items = read(b"\n".join([good[0], big, huge, good[1]]))

    assert summary(items) == ["a", (2, "", "too-large"), (3, "", "too-large"), "b"]
    assert (items[1].raw, items[1].size, items[1].truncated) == (big, len(big), False)
    assert (items[2].raw, items[2].size, items[2].truncated) == (
        huge[:MAX_KEPT],
        len(huge),
        True,
    )


# E-05
def test_an_element_over_the_limit_is_too_large_and_the_next_is_read():
    big = b'{"x":["' + b"y" * (MAX_EVENT + 1) + b'"]}'
    huge = b'{"x":["' + b"z" * (MAX_KEPT + 5) + b'\\"",{"a":1},"]"]}'
    good = dumped(event("a"), event("b"), event("c"))

    items = read(b"[" + b",".join([good[0], big, good[1], huge, good[2]]) + b"]")

    assert summary(items) == ["a", (1, "/1", "too-large"), "b", (1, "/3", "too-large"), "c"]
    assert (items[3].size, items[3].truncated) == (len(huge), True)


def test_memory_does_not_grow_with_the_input():
    line = dumped(event(data={"x": "y" * 1000}))[0] + b"\n"

    class Endless(io.RawIOBase):
        left = 20_000

        def read(self, size=-1):
            self.left -= 50
            return line * 50 if self.left >= 0 else b""

    tracemalloc.start()
    count = sum(1 for _ in cloudevents.read(Endless()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 20_000
    assert peak < 4_000_000


# E-05
def test_an_endless_line_is_not_held():
    class Endless(io.RawIOBase):
        left = 100

        def read(self, size=-1):
            self.left -= 1
            return b"x" * 1_000_000 if self.left >= 0 else b""

    tracemalloc.start()
    [item] = cloudevents.read(Endless())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (item.size, item.truncated) == (100_000_000, True)
    assert peak < 24_000_000


def test_damage_ends_the_input_with_one_reject_that_has_the_torn_line():
    first, second = dumped(event("a"), event("b"))
    damage = DamagedInputError("gzip-truncated", "", "cut short")

    items = list(cloudevents.read(Dripping(first + b"\n" + second[:20], 7, damage)))

    assert summary(items) == ["a", (2, "", "gzip-truncated")]
    assert items[1].raw == second[:20]


@pytest.mark.parametrize("shape", ["[%b,%b", "%b\n%b", "{\n%b%b"])
def test_damage_is_reported_once_whatever_the_shape(shape):
    first, second = dumped(event("a"), event("b"))
    damage = DamagedInputError("gzip-corrupt", "", "damaged")

    items = list(cloudevents.read(Dripping(shape.encode() % (first, second[:20]), 1000, damage)))

    assert [x.code for x in items if isinstance(x, Rejected)] == ["gzip-corrupt"]


@unhurried
@given(st.lists(st.binary(max_size=40) | st.sampled_from(dumped(event()))), st.integers(1, 9))
@example([b"[", b"{", b'"', b","], 1)
def test_any_bytes_come_out_as_facts_and_rejects(parts, step):
    items = list(cloudevents.read(Dripping(b"\n".join(parts), step)))

    assert all(isinstance(item, Fact | Rejected) for item in items)


json_like = st.lists(
    st.sampled_from(
        [
            b"{",
            b"}",
            b"[",
            b"]",
            b",",
            b":",
            b'"',
            b"\\",
            b"\n",
            b" ",
            b"1",
            b'"specversion"',
            b'"a"',
            *dumped(event()),
        ]
    ),
    max_size=30,
).map(b"".join)


@unhurried
@given(json_like)
def test_how_the_input_is_cut_into_chunks_changes_nothing(data):
    whole = list(cloudevents.read(io.BytesIO(data)))

    assert list(cloudevents.read(Dripping(data, 1))) == whole


@unhurried
@given(st.lists(st.booleans(), max_size=8), st.sampled_from([None, 1]))
def test_every_good_event_is_found_wherever_the_bad_ones_are(good, indent):
    pieces = [
        json.dumps(event(str(i)) if fine else {"id": i}, indent=indent).encode()
        for i, fine in enumerate(good)
    ]

    items = read(b"[" + b",".join(pieces) + b"]")

    wanted = [str(i) if fine else "" for i, fine in enumerate(good)]
    assert [x.id if isinstance(x, Fact) else "" for x in items] == wanted


def line_by_line(stream):
    """What `read` promises, said in the plainest way: one line after the other."""
    window = Window(stream)
    window.skip_bom()
    finished = yield from cloudevents._read_documents(window)
    while not finished and (line := window.next_line()) is not None:
        if line.raw.strip():
            yield cloudevents._read_piece(line)
    damage = window.damage_report()
    if damage is not None:
        yield damage


def in_blocks(stream, size):
    for item in cloudevents.blocks(stream, size):
        if isinstance(item, Block):
            yield from cloudevents.read_block(pickle.loads(pickle.dumps(item)))
        else:
            yield item


lines = st.sampled_from(
    [
        *dumped(event("a"), event("b", data={"x": "é" * 40}), {}),
        *dumped(event("c"), indent=1),
        *(b"", b" ", b"\t\r", b"\x0c", b"\xff", b"\xef\xbb\xbf", b"[1]", b"}{", b'{"id": "torn'),
        *(b"{", b"}", b"[", b"]", b"[" + b",".join(dumped(event("d"), event("e"))) + b"]"),
    ]
)
damages = st.none() | st.just(DamagedInputError("gzip-corrupt", "", "damaged"))


@settings(unhurried, max_examples=400)
@given(
    st.booleans(),
    st.lists(st.tuples(lines, st.sampled_from([b"\n", b"\r\n", b"\n\n"])), max_size=12),
    st.booleans(),
    damages,
    st.integers(1, 400),
    st.integers(1, 1500),
)
def test_blocks_that_others_read_give_what_reading_line_by_line_gives(
    bom, parts, open_end, damage, step, size
):
    data = b"\xef\xbb\xbf" * bom + b"".join(line + end for line, end in parts)
    if open_end:
        data = data.rstrip()

    wanted = list(line_by_line(Dripping(data, step, damage)))

    assert list(in_blocks(Dripping(data, step, damage), size)) == wanted
    assert list(cloudevents.read(Dripping(data, step, damage))) == wanted


@pytest.mark.parametrize("size", [1, MAX_EVENT, 20 * MAX_EVENT])
@pytest.mark.parametrize("damage", [None, DamagedInputError("gzip-truncated", "", "cut short")])
@pytest.mark.parametrize("last", [b"", b"x" * MAX_EVENT, b"x" * (MAX_EVENT + 70_000)])
def test_blocks_hold_lines_about_the_limits_as_reading_line_by_line_does(size, damage, last):
    one = dumped(event("a"))[0]
    long = [b"y" * (MAX_EVENT + more) for more in (-1, 0, 1, 70_000, 2 * MAX_EVENT)]
    data = b"\n".join([one, *long, one, b" " * (MAX_KEPT + 1), b"z" * (MAX_KEPT + 9), one, last])

    wanted = list(line_by_line(Dripping(data, 64 * 1024, damage)))

    assert list(in_blocks(Dripping(data, 64 * 1024, damage), size)) == wanted
    assert [x.id for x in wanted if isinstance(x, Fact)] == ["a"] * 3


def test_json_lines_are_handed_out_unread_in_blocks_of_whole_lines():
    data = b"".join(one + b"\n" for one in dumped(*(event(str(i)) for i in range(5000))))

    first, *found = cloudevents.blocks(io.BytesIO(data), size=100_000)

    assert first.id == "0"  # the first line tells what the input is
    assert all(isinstance(block, Block) for block in found)
    assert [block.raw[-1:] for block in found] == [b"\n"] * len(found)
    assert all(99_000 < len(block.raw) <= 100_000 for block in found[:-1])
    line = 1
    for block in found:
        assert block.line == line
        line += block.raw.count(b"\n")
    assert line == 5001


def test_a_batch_and_printed_objects_are_read_and_not_handed_out():
    data = json.dumps([event("a"), event("b")]).encode() + dumped(event("c"), indent=1)[0]

    assert summary(cloudevents.blocks(io.BytesIO(data))) == ["a", "b", "c"]


def test_memory_does_not_grow_with_the_blocks():
    line = dumped(event(data={"x": "y" * 1000}))[0] + b"\n"

    class Endless(io.RawIOBase):
        left = 100_000

        def read(self, size=-1):
            self.left -= 50
            return line * 50 if self.left >= 0 else b""

    tracemalloc.start()
    size = sum(len(x.raw) for x in cloudevents.blocks(Endless()) if isinstance(x, Block))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size > 100_000_000
    assert peak < 2_000_000
