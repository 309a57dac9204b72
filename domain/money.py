"""Amounts in minor units as people read them."""

import re

EXPONENTS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"), 0),
    **dict.fromkeys(("UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
"""Decimals of the currencies that have not two. Source: ISO 4217, list one."""


_CODE = re.compile(r"[A-Z]{3}")

# Source: ISO 4217 list one (current), as of December 2025.
_CURRENT = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD
CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP
GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW
KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN
NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD
SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW
UZS VED VES VND VUV WST XAD XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XTS XUA XXX
YER ZAR ZMW ZWG
"""
# Source: ISO 4217 list three (historic), those withdrawn since 2008: old orders are in old money.
_HISTORIC = "ANG BYR CUC CYP EEK GWP HRK LTL LVL MRO MTL ROL SDD SKK SLL STD TMM VEB VEF ZMK ZWL"
_KNOWN = frozenset(f"{_CURRENT} {_HISTORIC}".split())


def is_currency(value: object) -> bool:
    """Tell whether a value has the form of an ISO 4217 code; unknown codes are kept as well."""
    return isinstance(value, str) and (value in _KNOWN or _CODE.fullmatch(value) is not None)


def is_known_currency(code: str) -> bool:
    """Tell whether a code is, or was since 2008, one of ISO 4217."""
    return code in _KNOWN


def exponent(currency: str | None) -> int:
    """Return how many decimals a currency has; 2 for one that is not known.

    Source: ISO 4217, list one.
    """
    return EXPONENTS.get((currency or "").upper(), 2)


def format_money(amount: int, currency: str | None) -> str:
    """Return `EUR 1,342.50`: code, space, decimals of the currency, U+2212 for minus."""
    digits = exponent(currency)
    units, rest = divmod(abs(amount), 10**digits)
    number = f"{units:,}" + (f".{rest:0{digits}}" if digits else "")
    sign = "−" if amount < 0 else ""
    return f"{(currency or '').upper()} {sign}{number}".lstrip()
