"""Amounts in minor units as people read them."""

import re

_EXPONENTS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0),
    **dict.fromkeys(("UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


_CODE = re.compile(r"[A-Z]{3}")


def is_currency(value: object) -> bool:
    """Tell whether a value has the form of an ISO 4217 code; unknown codes are kept as well."""
    return isinstance(value, str) and _CODE.fullmatch(value) is not None


def exponent(currency: str | None) -> int:
    """Return how many decimals a currency has; 2 for one that is not known.

    Source: ISO 4217, list one.
    """
    return _EXPONENTS.get((currency or "").upper(), 2)


def format_money(amount: int, currency: str | None) -> str:
    """Return `EUR 1,342.50`: code, space, decimals of the currency, U+2212 for minus."""
    digits = exponent(currency)
    units, rest = divmod(abs(amount), 10**digits)
    number = f"{units:,}" + (f".{rest:0{digits}}" if digits else "")
    sign = "−" if amount < 0 else ""
    return f"{(currency or '').upper()} {sign}{number}".lstrip()
