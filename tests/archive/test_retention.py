"""How long a sealed history is kept."""

from datetime import date

import pytest

from archive.laws import EU, LAWS
from archive.retention import Facts, Policy, Seller, Terms, countries, default_terms, has_expired
from archive.sealing import SEALED, read_seal, seal_streams
from tests.archive.archive_scene import order
from tests.archive.memory_log import MemoryLog


@pytest.mark.parametrize(
    ("sealed_on", "until"),
    [
        (date(2024, 1, 1), date(2028, 3, 31)),
        (date(2024, 2, 29), date(2028, 3, 31)),
        (date(2024, 12, 31), date(2028, 3, 31)),
        (date(2025, 1, 1), date(2029, 3, 31)),
    ],
)
def test_a_history_is_kept_three_years_and_three_months_beyond_the_year_of_sealing(
    sealed_on, until
):
    assert default_terms(["a"], sealed_on) == {"a": Terms("default", until)}


# The table of the format's description, by what an order is kept for that is closed in 2024.
@pytest.mark.parametrize(
    ("shipped_to", "seller", "retention_class", "until"),
    [
        ("XX", Seller(), "default", date(2028, 3, 31)),
        ("DE", Seller(), "de-vouchers", date(2033, 3, 31)),
        ("DE", Seller(schemes=frozenset({"OSS"})), "eu-oss", date(2035, 3, 31)),
        ("XX", Seller(schemes=frozenset({"OSS"})), "default", date(2028, 3, 31)),
        ("FR", Seller(seat="CN"), "fr-contract", date(2035, 3, 31)),
        ("GB", Seller(), "uk-vat", date(2031, 3, 31)),
        ("GB", Seller(seat="DE"), "de-vouchers", date(2033, 3, 31)),
        ("CA", Seller(), "ca-income-tax", date(2031, 3, 31)),
        ("AU", Seller(), "au-corporations", date(2032, 3, 31)),
        ("IN", Seller(), "in-gst", date(2032, 3, 31)),
        ("SG", Seller(), "sg-companies", date(2030, 3, 31)),
        ("JP", Seller(), "jp-corporate-tax", date(2032, 8, 31)),
        ("US", Seller(), "us-tax", date(2033, 1, 31)),
    ],
)
def test_the_longest_class_that_applies_to_an_order_wins(
    shipped_to, seller, retention_class, until
):
    facts = Facts(frozenset({shipped_to}), closed_on=date(2024, 5, 5))

    assert Policy(seller).terms(facts, date(2024, 7, 1)) == Terms(retention_class, until)


def test_an_order_that_was_to_go_to_two_countries_is_kept_for_the_longer_one():
    facts = Facts(frozenset({"SG", "FR"}), closed_on=date(2024, 5, 5))

    assert Policy().terms(facts, date(2024, 7, 1)).retention_class == "fr-contract"


def test_nothing_goes_before_three_years_after_sealing():
    old = Facts(frozenset({"DE"}), closed_on=date(2012, 5, 5))

    assert Policy().terms(old, date(2024, 7, 1)).until == date(2027, 7, 1)
    assert Policy().terms(old, date(2024, 2, 29)).until == date(2027, 3, 1)


def test_an_open_order_and_one_that_claims_to_close_in_times_to_come_count_from_sealing():
    sealed_on = date(2024, 7, 1)
    opened = Policy().terms(Facts(), sealed_on)

    assert opened.until == date(2028, 3, 31)
    assert Policy().terms(Facts(closed_on=date(2090, 1, 1)), sealed_on) == opened


#
def test_what_was_promised_is_only_ever_extended():
    promised = Terms("fr-contract", date(2040, 3, 31))
    facts = Facts(least=promised)

    assert Policy().terms(facts, date(2024, 7, 1)) == promised
    assert Policy().terms(facts, date(2039, 7, 1)).until == date(2043, 3, 31)


def test_a_day_that_is_named_is_kept_whole():
    assert not has_expired(date(2028, 3, 31), date(2028, 3, 31))
    assert has_expired(date(2028, 3, 31), date(2028, 4, 1))


def test_countries_are_read_as_shops_write_them():
    named = ["de", " FR ", "UK", "United Kingdom", "EIRE", "Atlantis", None, 7]

    assert countries(named) == {"DE", "FR", "GB", "IE"}


def test_every_law_names_its_source_and_the_day_it_was_checked():
    assert len({law.id for law in LAWS}) == len(LAWS)
    assert len(EU) == 27
    for law in LAWS:
        assert law.source.startswith("http")
        assert date.fromisoformat(law.checked_on) >= date(2026, 1, 1)
        assert law.months >= 36


def sealed(log, stream, now, terms):
    seal_streams(log, [stream], now, lambda streams, day: {s: terms(day) for s in streams})
    return read_seal(next(reversed([line for line in log.rows if line.type == SEALED])))


def test_a_seal_says_class_and_date_and_the_next_one_no_earlier_date():
    log = MemoryLog()
    stream = order(log, "1")
    first = sealed(log, stream, log.now(), lambda _: Terms("eu-oss", date(2035, 3, 31)))
    log.record(stream)
    second = sealed(log, stream, log.now(), lambda _: Terms("default", date(2028, 3, 31)))

    assert first.terms == Terms("eu-oss", date(2035, 3, 31))
    assert second.terms == first.terms


# C-17
def test_a_clock_that_is_set_back_shortens_nothing():
    log = MemoryLog("2026-03-01T12:00:00.000000Z")
    stream = order(log, "1")
    days = []

    sealed(log, stream, "2020-01-01T00:00:00.000000Z",
           lambda day: days.append(day) or Terms("default", date(2030, 1, 1)))  # fmt: skip

    assert days == [date(2026, 3, 1)]
