import contextlib
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import InvalidInputError
from sources.strict_json import MAX_EVENT, parse

# A busy machine is no failure.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def refusal(data):
    with pytest.raises(InvalidInputError) as caught:
        parse(data)
    return caught.value.code, caught.value.place


# E-05, E-07, E-08
@pytest.mark.parametrize(
    ("data", "code", "place"),
    [
        (b'{"a":"\xff"}', "invalid-utf8", "byte 7"),
        (b'"\xed\xa0\x80"', "invalid-utf8", "byte 2"),  # a surrogate, encoded as if it were one
        (b'{"a":"x\x00y"}', "nul", "byte 8"),
        (b'{"a":{"b":"x\\u0000y"}}', "nul", "/a/b"),
        (b'{"a":["x","\\ud800"]}', "lone-surrogate", "/a/1"),
        (b'{"a":"\\uDC00\\uD800"}', "lone-surrogate", "/a"),
        (b'{"\\udfff":1}', "lone-surrogate", "/�"),
        (b'{"a":1,"a":1}', "duplicate-key", "/a"),
        (b'{"a":{"b":[{"c/d":1,"\\u0063/d":2}]}}', "duplicate-key", "/a/b/0/c~1d"),
        (b'{"a":{"x":1,"x":2},"a":3}', "duplicate-key", "/a"),
        (b'{"a":{"x":1,"x":2},', "duplicate-key", ""),
        (b'{"a":NaN}', "not-finite", "byte 6"),
        (b'{"NaN":[-Infinity]}', "not-finite", "byte 9"),
        (b"[Infinity]", "not-finite", "byte 2"),
        (b"", "json-syntax", "byte 1"),
        (b'{"a":1}{', "json-syntax", "byte 8"),
        ("{'é':1}".encode(), "json-syntax", "byte 2"),
        ('{"é":x}'.encode(), "json-syntax", "byte 7"),
        (b'{"a":"line\nbreak"}', "json-syntax", "byte 11"),
        (b'{"a":01}', "json-syntax", "byte 7"),
        (b"\xef\xbb\xbf{}", "json-syntax", "byte 1"),
        (b"[" * 65 + b"]" * 65, "nesting", "byte 65"),
        (b'{"a":' * 100_000, "nesting", "byte 321"),
        (b"[" * MAX_EVENT, "nesting", "byte 65"),
        (b" " * (MAX_EVENT + 1), "too-large", ""),
    ],
)
def test_what_breaks_a_rule_is_refused_with_rule_and_place(data, code, place):
    assert refusal(data) == (code, place)


# E-05
def test_sixty_four_levels_are_allowed_and_brackets_in_text_are_no_levels():
    data = b"[" * 64 + b'"' + b"[" * 100 + b'\\"["' + b"]" * 64

    parse(data)


# E-08
@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("9007199254740992", 2**53),
        ("-9007199254740992", -(2**53)),
        ("9007199254740993", "9007199254740993"),
        ("-9007199254740993", "-9007199254740993"),
        ("12.80", "12.80"),
        ("1.0", "1.0"),
        ("1e2", "1e2"),
        ("1e400", "1e400"),
        ("-0", 0),
        ("-0.0", "-0.0"),
        ("7" * 100_000, "7" * 100_000),
    ],
)
def test_a_number_that_is_no_safe_integer_becomes_its_literal_text(literal, value):
    result = parse(b'{"n":%b}' % literal.encode())

    assert result == {"n": value}
    assert type(result["n"]) is type(value)


# E-07
@pytest.mark.parametrize("text", ["𠮷", "e\u0301", "\u202eabc", "\ufeff", "😀"])
def test_text_is_kept_exactly_as_sent(text):
    assert parse(json.dumps(text).encode()) == text
    assert parse(json.dumps(text, ensure_ascii=False).encode()) == text


def test_a_place_with_a_very_long_name_is_cut():
    name = b"x" * 10_000

    _, place = refusal(b'{"%b":1,"%b":2}' % (name, name))

    assert len(place) < 300


@unhurried
@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_a_value_or_an_error_of_ours(data):
    with contextlib.suppress(InvalidInputError):
        parse(data)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner
        )
    ),
)


@unhurried
@given(json_values)
def test_what_follows_the_rules_is_read_as_it_was_written(value):
    assert parse(json.dumps(value).encode()) == value
