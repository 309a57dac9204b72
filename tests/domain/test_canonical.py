import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from domain import canonical
from sources import strict_json

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
INTEGERS = st.integers(-canonical.MAX_INTEGER, canonical.MAX_INTEGER)


def json_of(text):
    return st.recursive(
        st.none() | st.booleans() | INTEGERS | text,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
        max_leaves=12,
    )


JSON = json_of(TEXT)
WITHOUT_NUL = json_of(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
# The oracle refuses ±2^53 itself, which RFC 7493 allows.
ORACLE_JSON = JSON.filter(lambda value: str(canonical.MAX_INTEGER) not in repr(value))


@given(ORACLE_JSON)
def test_the_encoding_is_that_of_rfc_8785(value):
    assert canonical.encode(value) == rfc8785.dumps(value)
    assert canonical.encode_unchecked(value) == rfc8785.dumps(value)


@given(WITHOUT_NUL)
def test_what_strict_json_gives_needs_no_check_to_be_encoded_the_same(value):
    read = strict_json.parse(json.dumps(value).encode())

    assert canonical.encode_unchecked(read) == canonical.encode(read)
    assert strict_json.parse(canonical.encode(read)) == read


# E-07
@pytest.mark.parametrize("encode", [canonical.encode, canonical.encode_unchecked])
@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}, ["𠮷\ud842"]])
def test_half_of_a_surrogate_pair_has_no_encoding(encode, value):
    with pytest.raises(ValueError, match="surrogates not allowed"):
        encode(value)


def test_keys_beyond_the_basic_plane_sort_by_utf_16_code_units():
    value = {"\U0001f600": 1, "\ue000": 2}

    assert canonical.encode(value) == '{"\U0001f600":1,"\ue000":2}'.encode()


def test_control_characters_have_the_short_escapes():
    assert canonical.encode('\x00\b\t\n\f\r\x1f\x7f"\\/') == (
        b'"\\u0000\\b\\t\\n\\f\\r\\u001f\x7f\\"\\\\/"'
    )


# E-08
@pytest.mark.parametrize(
    "value",
    [
        1.5,
        float("nan"),
        2**53 + 1,
        -(2**53) - 1,
        b"bytes",
        {1: 2},
        {"a": [{"b": 0.1}]},
        {"a": ({1: 2},)},
        [[2**64]],
    ],
)
def test_what_has_no_agreed_text_is_refused(value):
    with pytest.raises(ValueError, match="canonical JSON"):
        canonical.encode(value)
