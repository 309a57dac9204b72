from uuid import NAMESPACE_URL, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.stream import order_stream, split_order_stream, stream_id

NUMBERS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_the_key_of_a_stream_is_the_uuid_of_its_name(name):
    assert stream_id(name) == uuid5(NAMESPACE_URL, name)
    assert stream_id(name) == uuid5(NAMESPACE_URL, name)  # the second time from what is kept


def test_the_key_of_a_known_stream_never_changes():
    assert str(stream_id("order/de/202405001")) == "9b2782e2-61d1-5326-8746-a5322a81b7c8"


def test_half_of_a_surrogate_pair_is_in_no_stream_name():
    with pytest.raises(UnicodeEncodeError):
        stream_id("order/de/\ud800")


@given(NUMBERS)
def test_a_stream_name_gives_shop_and_number_back(number):
    assert split_order_stream(order_stream("de", number)) == ("de", number)


def test_a_system_stream_belongs_to_no_order():
    assert split_order_stream("system/policy") is None
