import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.pointer import child, shown, tokens


@pytest.mark.parametrize(
    ("name", "pointer"),
    [
        ("", "/"),
        ("a/b", "/a~1b"),
        ("m~n", "/m~0n"),
        ("~1", "/~01"),
        (" ", "/ "),
        ("退", "/退"),
        (7, "/7"),
        ("7", "/7"),
    ],
)
def test_a_name_is_escaped_as_rfc_6901_says(name, pointer):
    assert child("", name) == pointer
    assert child("/data", name) == f"/data{pointer}"


@given(st.lists(st.text()))
def test_the_names_on_the_way_come_out_as_they_went_in(names):
    pointer = ""
    for name in names:
        pointer = child(pointer, name)

    assert tokens(pointer) == names


def test_what_starts_with_no_slash_is_no_pointer():
    with pytest.raises(ValueError, match="starts with a slash"):
        tokens("a")


def test_a_long_place_is_cut_where_it_is_shown():
    assert shown("/" + "x" * 1000) == "/" + "x" * 199 + "…"
    assert shown("/data") == "/data"
