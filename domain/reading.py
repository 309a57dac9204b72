"""Reading values out of an event's data, which may hold anything."""

from collections.abc import Iterable
from typing import TypeGuard

from domain.canonical import MAX_INTEGER


def read_text(value: object) -> str | None:
    """Return a text, an integer as its digits, or None where there is neither."""
    if value is None:
        return None
    if isinstance(value, str):
        return value if value.strip() else None
    if _is_integer(value):
        return str(value)
    return None


def read_amount(value: object) -> int | None:
    """Return an amount in minor units, or None where there is no whole number of 0 or more."""
    return value if _is_integer(value) and value >= 0 else None


def first_text(values: Iterable[object]) -> str | None:
    """Return the first text that there is among values."""
    for value in values:
        text = read_text(value)
        if text is not None:
            return text
    return None


def first_amount(values: Iterable[object]) -> int | None:
    """Return the first amount that there is among values."""
    for value in values:
        amount = read_amount(value)
        if amount is not None:
            return amount
    return None


def name_key(name: str | None) -> str:
    """Return a name for comparing: letters and digits only, without regard to case.

    `Amazon Pay`, `amazon_pay` and `AmazonPay` are one.
    """
    return "".join(filter(str.isalnum, name.casefold())) if name else ""


def name_words(name: str | None) -> tuple[str, ...]:
    """Return the words of a name, without regard to case: `/psp/Stripe` is `psp` and `stripe`."""
    if not name:
        return ()
    spaced = "".join(letter if letter.isalnum() else " " for letter in name.casefold())
    return tuple(spaced.split())


def names(longer: str | None, key: str) -> bool:
    """Tell whether a name holds another one as whole words: `/psp/amazon-pay` holds `amazonpay`.

    Args:
        longer: the name to look in.
        key: the name to look for, as `name_key` returns it.
    """
    words = name_words(longer)
    ends = range(1, len(words) + 1)
    return any("".join(words[start:end]) == key for end in ends for start in range(end))


def _is_integer(value: object) -> TypeGuard[int]:
    # Larger ones are recorded as text; one that comes all the same is no number that we trust.
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_INTEGER
