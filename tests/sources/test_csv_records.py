import io

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.csv_records import Record, records
from sources.rejected import Rejected
from sources.window import Window

# A busy machine is no failure.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(data, columns=3):
    return [
        (x.line.number, x.cells) if isinstance(x, Record) else (x.line, x.code, x.raw)
        for x in records(Window(io.BytesIO(data)), columns)
    ]


def test_records_have_line_numbers_and_cells():
    assert read(b'a,"b,c",d\r\n\n,,\n') == [(1, ["a", "b,c", "d"]), (3, ["", "", ""])]


def test_a_quoted_cell_may_run_over_lines():
    assert read(b'a,"b\nb ""b""\n",c\n1,2,3') == [
        (1, ["a", 'b\nb "b"\n', "c"]),
        (4, ["1", "2", "3"]),
    ]


def test_a_quote_that_is_never_closed_spoils_only_its_line():
    data = b'a,"b,c\n1,2,3\n4,5,6\n'

    assert read(data) == [
        (1, "csv-quote", b'a,"b,c'),
        (2, ["1", "2", "3"]),
        (3, ["4", "5", "6"]),
    ]


def test_two_stray_quotes_spoil_only_their_lines():
    data = b'a,"b,c\n1,2,3\n4,"5,6\n7,8,9\n'

    assert read(data) == [
        (1, "csv-quote", b'a,"b,c'),
        (2, ["1", "2", "3"]),
        (3, "csv-quote", b'4,"5,6'),
        (4, ["7", "8", "9"]),
    ]


def test_bad_records_are_rejected_with_their_bytes():
    bad = {
        b"a,b": "csv-columns",
        b"a,b,c,d": "csv-columns",
        b'a,"b"b,c': "csv-syntax",
        b"a,\xff,c": "invalid-utf8",
        b"a,\0,c": "nul",
    }

    found = read(b"\n".join(bad) + b"\n1,2,3")

    assert found[:-1] == [(i, code, raw) for i, (raw, code) in enumerate(bad.items(), 1)]
    assert found[-1] == (len(bad) + 1, ["1", "2", "3"])


@unhurried
@given(st.lists(st.sampled_from([b"a", b",", b'"', b"\n", b"\r", b"\0", b"\xff"])).map(b"".join))
def test_any_bytes_are_records_or_rejects_and_no_line_is_lost(data):
    found = list(records(Window(io.BytesIO(data)), 2))

    lines = [line for line in data.split(b"\n") if line.strip()]
    seen = [(x.line.raw if isinstance(x, Record) else x.raw).split(b"\n") for x in found]
    assert [line for raw in seen for line in raw if line.strip()] == lines
    assert all(isinstance(x, Record | Rejected) for x in found)
