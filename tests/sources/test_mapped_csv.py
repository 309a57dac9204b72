"""CSV files read by a mapping: what rows tell, and what is set aside with line and column."""

import csv
import io
import json
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import InvalidInputError
from sources.mapped import rows
from sources.mapped.mapping import _File, read_mapping
from sources.mapped.rows import MappedRows
from sources.message import facts
from sources.rejected import Rejected

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

PLAIN = """
name = "test"
zone = "UTC"
order = "no"
time = "at"
currency = { constant = "EUR" }
[[event]]
type = "refund.requested"
data = { refund_id = "refund", amount = "amount", reason_code = "why" }
"""


def mapping(text=PLAIN, **changes):
    for old, new in changes.pop("replace", {}).items():
        assert old in text
        text = text.replace(old, new)
    return read_mapping(text.encode())


def read(data, how=None):
    data = data.encode() if isinstance(data, str) else data
    return list(rows.read(io.BytesIO(data), how or mapping()))


def told(data, how=None):
    return [
        (each.type, each.data) if isinstance(found, MappedRows) else found
        for found in read(data, how)
        for each in (found.said.told if isinstance(found, MappedRows) else [found])
    ]


def wrong(found):
    return [(e.line, e.place, e.code) for e in found if isinstance(e, Rejected)]


def test_a_row_becomes_a_message_with_what_it_tells():
    [found] = read("no,at,refund,amount,why\n7,2026-01-05T10:00:00,r1,12.5,=1+1\n")

    assert (found.said.order, found.said.occurred_at) == ("7", "2026-01-05T10:00:00+00:00")
    assert found.said.told[0].data == {
        "refund_id": "r1", "amount": 1250, "currency": "EUR", "reason_code": "=1+1",
    }  # fmt: skip
    kept, event = facts(found.said, found.raw, found.name, "order/de/7", found.media_type)
    assert kept.data["raw"] == "no,at,refund,amount,why\n7,2026-01-05T10:00:00,r1,12.5,=1+1"
    assert (kept.data["media_type"], kept.source) == ("text/csv", "/test/de")
    assert event.evidence[0]["sha256"] == kept.data["sha256"]


@pytest.mark.parametrize(
    ("text", "rules", "minor"),
    [
        ("1.234,50", 'decimal = ","\nthousands = "."', 123450),
        ("1 234,50", 'decimal = ","', 123450),
        ("€ 12,50", 'decimal = ","', 1250),
        ("12.50-", "", -1250),
        ("−3", "", -300),
        ("1,234.5", 'thousands = ","', 123450),
        (".5", "", 50),
        ("90071992547409.92", "", 2**53),
        ("1.234", 'decimal = ","', "bad-number"),
        ("12.345", "", "money-decimals"),
        ("1e5", "", "bad-number"),
        ("NaN", "", "bad-number"),
        ("٣", "", "bad-number"),
        (".", "", "bad-number"),
        ("-5-", "", "bad-number"),
        ("90071992547409.93", "", "money-too-large"),
        ("1" * 400, "", "bad-number"),
    ],
)
def test_money_is_read_exactly_or_not_at_all(text, rules, minor):
    how = mapping(replace={'zone = "UTC"': f'zone = "UTC"\n{rules}'})
    [found] = told(f'no,at,refund,amount,why\n7,2026-01-05,r1,"{text}",x\n', how)

    if isinstance(minor, int):
        assert found[1]["amount"] == minor
    else:
        assert (found.line, found.place, found.code) == (2, "amount", minor)


@pytest.mark.parametrize(
    ("zone", "forms", "text", "said"),
    [
        ("Europe/Berlin", '"%d.%m.%Y %H:%M"', "05.07.2026 10:00", "2026-07-05T10:00:00+02:00"),
        ("Europe/Berlin", '"%d.%m.%Y"', "05.01.2026", "2026-01-05T00:00:00+01:00"),
        ("Europe/Berlin", '"%d.%m.%Y %H:%M"', "25.10.2026 02:30", "2026-10-25T02:30:00+02:00"),
        ("+08:00", "", "2026-01-05 10:00:00", "2026-01-05T10:00:00+08:00"),
        ("-03:30", "", "2026-01-05T10:00:00Z", "2026-01-05T10:00:00+00:00"),
        ("UTC", '"%m/%d/%y"', "12/31/99", "1999-12-31T00:00:00+00:00"),
        ("Europe/Berlin", "", "1850-01-01 00:00:00", None),  # an offset with seconds
        ("UTC", "", "yesterday", None),
        ("UTC", '"%d.%m.%Y"', "30.02.2026", None),
    ],
)
def test_times_get_the_offset_of_their_zone(zone, forms, text, said):
    how = mapping(replace={'zone = "UTC"': f'zone = "{zone}"\ntime_formats = [{forms}]'})
    [found] = read(f"no,at,refund,amount,why\n7,{text},r1,1,x\n", how)

    if said is None:
        assert (found.line, found.place, found.code) == (2, "at", "bad-date")
    else:
        assert found.said.occurred_at == said


def test_a_time_without_a_zone_is_not_guessed():
    how = mapping(replace={'zone = "UTC"': ""})

    assert wrong(read("no,at,refund,amount,why\n7,2026-01-05,r1,1,x\n", how)) == [
        (2, "at", "bad-date")
    ]


@pytest.mark.parametrize("encoding", ["gb18030", "latin-1", "cp1252", "utf-8", "shift_jis"])
def test_a_file_is_read_in_its_encoding_and_kept_as_utf_8(encoding):
    word = {"gb18030": "退款，茶杯", "shift_jis": "返品"}.get(encoding, "Größe")
    how = mapping(replace={'zone = "UTC"': f'zone = "UTC"\nencoding = "{encoding}"'})
    [found] = read(f"no,at,refund,amount,why\n7,2026-01-05,r1,1,{word}\n".encode(encoding), how)

    assert found.said.told[0].data["reason_code"] == word
    assert word in found.raw.decode()


def test_bytes_that_are_not_of_the_encoding_are_set_aside_with_their_line():
    data = b"no,at,refund,amount,why\n7,2026-01-05,r1,1,\xff\n8,2026-01-05,r2,1,y\n"

    found = read(data)

    assert wrong(found) == [(2, "byte 19", "invalid-utf8")]
    assert found[1].said.order == "8"


def test_the_header_is_found_below_a_preamble_and_the_table_ends_where_it_is_said():
    how = mapping(replace={'zone = "UTC"': 'zone = "UTC"\nend = "Sum"\ncomments = ["#"]'})
    data = "Shop: x\n\nno,at,refund,amount,why,\n#c\n7,2026-01-05,r1,1,x,\nSum,1\n8,,,,,\n"

    found = read(data, how)

    assert [each.line for each in found] == [5]


def test_without_its_columns_nothing_of_a_file_is_read():
    [found] = read("no,at,amount\n7,2026-01-05,1\n")

    assert (found.line, found.code) == (1, "csv-header")
    assert "refund, why" in found.message


def test_a_file_without_a_header_has_the_columns_of_the_mapping():
    columns = 'columns = ["no", "at", "refund", "amount", "why"]'
    how = mapping(replace={'zone = "UTC"': f'zone = "UTC"\n{columns}'})

    assert [each.said.order for each in read("7,2026-01-05,r1,1,x\n", how)] == ["7"]


def test_each_bad_row_is_set_aside_with_line_and_column_and_the_rest_is_read():
    data = (
        "no,at,refund,amount,why\n"
        "1,2026-01-05,r1,x,y\n"
        "2,2026-01-05,r1,1\n"
        ",2026-01-05,r1,1,y\n"
        "4,,r1,1,y\n"
        '5,2026-01-05,r1,1,"y\n'
        "~test/x,2026-01-05,r1,1,y\n"
        f"{'9' * 9000},2026-01-05,r1,1,y\n"
        "8,2026-01-05,r1,1,y\x00\n"
        "9,2026-01-05,r1,1,y\n"
    )

    found = read(data)

    assert wrong(found) == [
        (2, "amount", "bad-number"), (3, "", "csv-columns"), (4, "no", "order-missing"),
        (5, "at", "time-missing"), (6, "", "csv-quote"), (7, "no", "order-form"),
        (8, "no", "too-long"), (9, "byte 20", "nul"),
    ]  # fmt: skip
    assert [each.said.order for each in found if isinstance(each, MappedRows)] == ["9"]


LINES = """
name = "test"
zone = "UTC"
order = "no"
time = "at"
group = "adjacent"
currency = "cur"
[[event]]
type = "order.placed"
data = { total = { column = "price", sum = true } }
lines = { sku = "sku", quantity = { column = "n", kind = "integer" }, unit_price = "price" }
"""
TABLE = "no,at,cur,sku,n,price\n"


def test_adjacent_rows_of_an_order_become_its_lines():
    data = TABLE + "1,2026-01-05,eur,a,1,2\n1,2026-01-05,eur,b,3,4\n2,2026-01-05,JPY,c,1,500\n"

    assert told(data, mapping(LINES)) == [
        ("order.placed", {"currency": "EUR", "total": 600, "lines": [
            {"sku": "a", "quantity": 1, "unit_price": 200},
            {"sku": "b", "quantity": 3, "unit_price": 400}]}),
        ("order.placed", {"currency": "JPY", "total": 500, "lines": [
            {"sku": "c", "quantity": 1, "unit_price": 500}]}),
    ]  # fmt: skip


def test_an_order_with_a_bad_line_is_set_aside_whole_and_the_line_is_named():
    data = TABLE + "1,2026-01-05,EUR,a,1,2\n1,2026-01-05,EUR,b,x,4\n2,2026-01-05,EUR,c,1,5\n"

    bad, good = read(data, mapping(LINES))

    assert (bad.line, bad.place, bad.code) == (3, "n", "bad-number")
    assert bad.raw == b"1,2026-01-05,EUR,a,1,2\n1,2026-01-05,EUR,b,x,4"
    assert good.said.order == "2"


def test_rows_that_lie_apart_are_put_together_where_the_mapping_asks_for_it():
    data = TABLE + "1,2026-01-05,EUR,a,1,2\n2,2026-01-05,EUR,c,1,5\n1,2026-01-05,EUR,b,1,4\n"
    whole = mapping(LINES, replace={'"adjacent"': '"file"'})

    assert [len(data["lines"]) for _, data in told(data, whole)] == [2, 1]
    assert [len(data["lines"]) for _, data in told(data, mapping(LINES))] == [1, 1, 1]


def test_a_line_that_cannot_be_read_does_not_cut_an_order_in_two():
    data = TABLE + "1,2026-01-05,EUR,a,1,2\nbroken\n1,2026-01-05,EUR,b,3,4\n"

    found = read(data, mapping(LINES))

    assert wrong(found) == [(3, "", "csv-columns")]
    assert len(found[1].said.told[0].data["lines"]) == 2


def test_an_order_that_is_too_large_for_an_event_is_set_aside():
    data = TABLE + "1,2026-01-05,EUR,a,1,2\n" * 50_000

    [found] = read(data, mapping(LINES))

    assert found.code == "too-large"


def test_conditions_choose_the_rows_that_tell_something():
    how = mapping(
        replace={
            "data = {": 'when = { amount = { below = 0 }, why = ["a", "b"] }\ndata = {',
            'zone = "UTC"': 'zone = "UTC"\nothers = "skip"',
        }
    )
    data = (
        "no,at,refund,amount,why\n1,2026-01-05,r1,-1,a\n2,2026-01-05,r2,1,a\n"
        "3,2026-01-05,r3,-1,c\n4,2026-01-05,r4,-1x,b\n5,2026-01-05,r5,zzz,c\n"
    )

    found = read(data, how)

    assert [each.said.order for each in found if isinstance(each, MappedRows)] == ["1"]
    assert wrong(found) == [(5, "amount", "bad-number")]  # not lost, though nothing is told


def test_rows_that_tell_nothing_are_kept_unless_they_are_to_be_skipped():
    how = mapping(replace={"data = {": 'when = { why = "x" }\ndata = {'})
    [found] = read("no,at,refund,amount,why\n1,2026-01-05,r1,-1,a\n", how)

    assert (list(found.said.told), found.said.occurred_at) == ([], "2026-01-05T00:00:00+00:00")


def test_a_row_is_named_by_its_id_columns_or_else_by_its_content():
    named = mapping(replace={'zone = "UTC"': 'zone = "UTC"\nid = ["no", "refund"]'})
    row = "no,at,refund,amount,why\n1,2026-01-05,r1,{},a\n"
    one, other = row.format(1), row.format(2)

    assert [read(data, named)[0].said.id for data in (one, other)] == ["1/r1", "1/r1"]
    assert read(one)[0].said.id == read(one)[0].said.id != read(other)[0].said.id


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "test"', 'name = "Test"', "name: "),
        ('name = "test"', 'name = "stripe"', "name: "),
        ('name = "test"', 'name = "orderproof"', "name: "),
        ('zone = "UTC"', 'zone = "Mars/Base"', "zone: "),
        ('zone = "UTC"', 'zone = "../../etc/passwd"', "zone: "),
        ('zone = "UTC"', 'delimiter = ";;"', "delimiter: "),
        ('zone = "UTC"', 'encoding = "utf-16"', "encoding: "),
        ('zone = "UTC"', 'encoding = "rot13"', "encoding: "),
        ('zone = "UTC"', 'encodding = "utf-8"', "Object contains unknown field `encodding`"),
        ('zone = "UTC"', 'decimal = ";"', "decimal: "),
        ('zone = "UTC"', 'thousands = "."', "thousands: "),
        ('zone = "UTC"', 'time_formats = ["d.m.Y"]', "time_formats: "),
        ('zone = "UTC"', 'time_formats = ["%d.%Q"]', "time_formats: "),
        ('zone = "UTC"', 'time_formats = ["%d.%m.%"]', "time_formats: "),
        ('zone = "UTC"', 'currencies = { "元" = "yuan" }', "currencies.元: "),
        ('zone = "UTC"', "zone = ", "this is no TOML"),
        ('order = "no"', "", "order: "),
        ('time = "at"', "", "event 1 (refund.requested): time: "),
        ('currency = { constant = "EUR" }', "", "event 1 (refund.requested): data.amount: money"),
        ('"refund.requested"', '"refund.demanded"', "event 1 (refund.demanded): type: "),
        ('"refund.requested"', '"history.sealed"', "event 1 (history.sealed): type: "),
        ('"refund.requested"', '"source.message_received"', "type: this type is ours"),
        ("reason_code", "reason", "data.reason: the catalogue does not declare this field"),
        ('amount = "amount"', 'amount = { column = "a", kind = "text" }', "data.amount: "),
        ('refund_id = "refund"', 'refund_id = { column = "a", kind = "money" }', "data.refund_id"),
        ('refund_id = "refund"', "refund_id = 7", "data.refund_id: a column's name"),
        ('refund_id = "refund"', 'refund_id = { column = "a", match = "(" }', "refund_id.match: "),
        ('refund_id = "refund"', 'refund_id = { column = "a", constant = 1 }', "either `column`"),
        ("data = {", "when = { x = 1 }\ndata = {", "when.x: "),
        ('"refund.requested"', '"payment.captured"', "data.refund_id: the catalogue does not"),
        ("data = {", 'lines = { sku = "a" }\ndata = {', "group: an event has lines"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused_with_the_key(old, new, said):
    with pytest.raises(InvalidInputError) as refused:
        mapping(replace={old: new})

    assert refused.value.code == "mapping"
    assert said in str(refused.value)


def test_lines_need_a_word_on_how_rows_lie():
    with pytest.raises(InvalidInputError, match="group"):
        mapping(LINES, replace={'group = "adjacent"': ""})


@unhurried
@given(
    st.lists(st.lists(st.text(max_size=12), max_size=7), max_size=6),
    st.sampled_from([PLAIN, LINES]),
)
def test_whatever_stands_in_cells_nothing_raises_and_no_row_is_lost(table, text):
    how = mapping(text)
    header = sorted(how.needed)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *table])

    found = read(out.getvalue().encode("utf-8", "surrogatepass"), how)

    for each in found:
        if isinstance(each, MappedRows):
            assert facts(each.said, each.raw, each.name, "order/de/1", each.media_type)


VALUES = st.recursive(
    st.one_of(st.sampled_from(["a", "", "%", "(", "money", "EUR", "refund.failed"]),
              st.integers(-2, 2), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(
            st.sampled_from(["column", "constant", "match", "kind", "a.b", "amount", "type",
                             "currency", "values", "below", "lines", "data"]),
            inner, max_size=3,
        ),
    ),
    max_leaves=6,
)  # fmt: skip
KEYS = _File.__struct_fields__
EVENT_KEYS = ["type", "time", "about", "each", "when", "data", "lines"]


def toml(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


@unhurried
@given(
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=3),
    st.dictionaries(st.sampled_from(EVENT_KEYS), VALUES, max_size=3),
)
def test_whatever_a_mapping_says_it_is_refused_or_reads_rows(changes, event):
    table = {
        "name": "test", "zone": "UTC", "order": "no", "time": "at",
        "currency": {"constant": "EUR"},
        "event": [{"type": "refund.requested", "data": {"amount": "amount"}} | event],
    } | changes  # fmt: skip
    text = "\n".join(f"{key} = {toml(value)}" for key, value in table.items())
    try:
        how = read_mapping(text.encode())
    except InvalidInputError:
        return
    columns = sorted(how.needed | {"no", "at", "amount", "a"})
    read(",".join(columns) + "\n" + ",".join("1" for _ in columns) + "\n", how)


@unhurried
@given(st.binary(max_size=300), st.sampled_from(["utf-8", "gb18030", "cp1252"]))
def test_bytes_of_any_kind_are_read_or_set_aside(data, encoding):
    how = mapping(replace={'zone = "UTC"': f'zone = "UTC"\nencoding = "{encoding}"'})

    read(data, how)
    read(b"no,at,refund,amount,why\n" + data, how)


def test_memory_does_not_grow_with_the_number_of_rows():
    def data(count):
        yield b"no,at,refund,amount,why\n"
        for number in range(count):
            yield b"%d,2026-01-05,r%d,1.00,why\n" % (number, number)

    class Stream:
        def __init__(self, count):
            self.parts = data(count)

        def read(self, size):
            return next(self.parts, b"")

    def peak(count):
        tracemalloc.start()
        rows_read = sum(1 for _ in rows.read(Stream(count), mapping()))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert rows_read == count
        return most

    peak(10)
    assert peak(4_000) < peak(500) + 200_000
