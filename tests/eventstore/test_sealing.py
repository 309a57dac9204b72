import os

import pytest

from eventstore import sealing
from eventstore.errors import KeyMissingError

KEY = os.urandom(32)
ARGUMENTS = ("contact", "order/de/1", "/shop", "e1")


def test_what_was_sealed_opens_with_the_key():
    sealed = sealing.seal(KEY, *ARGUMENTS, {"/buyer/name": "Test Buyer"})

    assert sealing.unseal(KEY, *ARGUMENTS, sealed) == b'{"/buyer/name":"Test Buyer"}'


def test_sealing_is_deterministic_per_event_and_plaintext():
    sealed = sealing.seal(KEY, *ARGUMENTS, {"a": "1"})

    assert sealing.seal(KEY, *ARGUMENTS, {"a": "1"}) == sealed
    assert sealing.seal(KEY, *ARGUMENTS, {"a": "2"})["nonce"] != sealed["nonce"]
    assert sealing.seal(KEY, *ARGUMENTS[:3], "e2", {"a": "1"})["box"] != sealed["box"]


def test_another_key_does_not_open_it_and_the_commitment_says_so():
    sealed = sealing.seal(KEY, *ARGUMENTS, {"a": "1"})

    with pytest.raises(KeyMissingError, match="commits"):
        sealing.unseal(os.urandom(32), *ARGUMENTS, sealed)


@pytest.mark.parametrize("field", ["box", "nonce", "commitment"])
def test_a_changed_part_does_not_open(field):
    sealed = sealing.seal(KEY, *ARGUMENTS, {"a": "1"})
    flipped = ("B" if sealed[field][0] != "B" else "C") + sealed[field][1:]

    with pytest.raises(KeyMissingError):
        sealing.unseal(KEY, *ARGUMENTS, {**sealed, field: flipped})


def test_a_box_of_one_order_does_not_open_in_another():
    sealed = sealing.seal(KEY, *ARGUMENTS, {"a": "1"})

    with pytest.raises(KeyMissingError):
        sealing.unseal(KEY, "contact", "order/de/2", "/shop", "e1", sealed)


def test_a_wrapped_key_opens_with_its_key_encryption_key_only():
    wrapped = sealing.new_wrapped_key(KEY)

    assert len(sealing.unwrap_key(KEY, wrapped)) == 32
    with pytest.raises(KeyMissingError):
        sealing.unwrap_key(os.urandom(32), wrapped)
