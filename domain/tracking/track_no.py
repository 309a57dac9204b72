"""The order tracking number: 16 decimal digits, the last of which checks the others (R060, 4.6).

It is neither the order number nor the carrier's. The check digit is that of ISO/IEC 7812-1, annex B
(Luhn): one wrong digit and nearly every swap of neighbours is found.
"""

import hashlib

LENGTH = 16
_DIGITS = LENGTH - 1


def make_track_no(seed: str, attempt: int = 0) -> str:
    """Return a number that seems drawn by lot and is the same for the same seed and attempt."""
    digest = hashlib.sha256(f"{attempt} {seed}".encode()).digest()
    digits = f"{int.from_bytes(digest) % 10**_DIGITS:0{_DIGITS}}"
    return digits + _check_digit(digits)


def is_track_no(text: str) -> bool:
    """Tell whether a text is such a number with the right check digit."""
    if len(text) != LENGTH or not text.isascii() or not text.isdigit():
        return False
    return text[-1] == _check_digit(text[:-1])


def _check_digit(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)
