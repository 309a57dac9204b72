import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from domain import canonical

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
INTEGERS = st.integers(-canonical.MAX_INTEGER, canonical.MAX_INTEGER)
JSON = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
# The oracle refuses ±2^53 itself, which RFC 7493 allows.
ORACLE_JSON = JSON.filter(lambda value: str(canonical.MAX_INTEGER) not in repr(value))


@given(ORACLE_JSON)
def test_the_encoding_is_that_of_rfc_8785(value):
    assert canonical.encode(value) == rfc8785.dumps(value)


def test_keys_beyond_the_basic_plane_sort_by_utf_16_code_units():
    value = {"\U0001f600": 1, "\ue000": 2}

    assert canonical.encode(value) == '{"\U0001f600":1,"\ue000":2}'.encode()


def test_control_characters_have_the_short_escapes():
    assert canonical.encode('\x00\b\t\n\f\r\x1f\x7f"\\/') == (
        b'"\\u0000\\b\\t\\n\\f\\r\\u001f\x7f\\"\\\\/"'
    )


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), 2**53 + 1, -(2**53) - 1, b"bytes", {1: 2}, {"a": [{"b": 0.1}]}]
)
def test_what_has_no_agreed_text_is_refused(value):
    with pytest.raises(ValueError, match="canonical JSON"):
        canonical.encode(value)
