"""How long laws want the records of an order kept: defaults, not legal advice.

Each row is a retention class. A seller overrides rows, adds some and turns some off in
`retention.toml` of the data folder; see `docs/reference/retention-laws.md`.
"""

from dataclasses import dataclass

DEFAULT_CLASS = "default"
"""The class of a record that no law of the table is about."""

DEFAULT_MONTHS = 36

EU = frozenset(
    {
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    }
)
"""Member states, ISO 3166."""


@dataclass(frozen=True)
class Law:
    """One row: a law and how long it wants records kept.

    Args:
        id: name of the retention class, in seals for good.
        where: the jurisdiction, for people.
        law: its name.
        months: how long, from the end of the calendar year of closing.
        from_: what the law itself counts from.
        source: who publishes the text.
        checked_on: day on which the row was last compared with it, ISO 8601. Of the rows here the
            day on which the project's specification, which they come from, was adopted.
        countries: ISO 3166 codes; the row applies to an order that is shipped there, and to all
            orders of a seller whose seat is there.
        schemes: VAT schemes (`OSS`, `IOSS`, `UK-OSS`); the row then applies where the seller uses
            one of them and the order is shipped to one of the countries.
        lead_months: from the end of that year until the law's own period begins, where that is
            more than the three months that are always added.
        applies: False for books and other records that are none of an order's own; a seller who
            keeps these by the archive alone turns the row on.
    """

    id: str
    where: str
    law: str
    months: int
    from_: str
    source: str
    checked_on: str
    countries: frozenset[str]
    schemes: frozenset[str] = frozenset()
    lead_months: int = 0
    applies: bool = True


_CHECKED = "2026-11-22"


def _in(*codes: str) -> frozenset[str]:
    return frozenset(codes)


LAWS: tuple[Law, ...] = (
    Law(
        "cn-ecommerce", "China", "E-Commerce Law Art. 31", 36, "completion of the transaction",
        "https://flk.npc.gov.cn",
        _CHECKED, _in("CN"),
    ),
    Law(
        "cn-accounting", "China", "accounting archives (vouchers and ledgers)", 360,
        "end of fiscal year",
        "https://www.mof.gov.cn",
        _CHECKED, _in("CN"), applies=False,
    ),
    Law(
        "eu-oss", "EU OSS/IOSS", "VAT Directive 2006/112/EC Art. 369k, 369x", 120,
        "end of year of the transaction",
        "https://eur-lex.europa.eu/eli/dir/2006/112",
        _CHECKED, EU, _in("OSS", "IOSS"),
    ),
    Law(
        "de-vouchers", "Germany", "AO § 147, HGB § 257: vouchers and invoices", 96,
        "end of calendar year", "https://www.gesetze-im-internet.de/ao_1977/__147.html",
        _CHECKED, _in("DE"),
    ),
    Law(
        "de-letters", "Germany", "AO § 147, HGB § 257: business letters", 72,
        "end of calendar year", "https://www.gesetze-im-internet.de/hgb/__257.html",
        _CHECKED, _in("DE"),
    ),
    Law(
        "de-books", "Germany", "AO § 147, HGB § 257: books", 120,
        "end of calendar year", "https://www.gesetze-im-internet.de/ao_1977/__147.html",
        _CHECKED, _in("DE"), applies=False,
    ),
    Law(
        "uk-vat", "UK", "VATA 1994 Sch. 11", 72, "making of the record",
        "https://www.legislation.gov.uk/ukpga/1994/23/schedule/11",
        _CHECKED, _in("GB"),
    ),
    Law(
        "uk-oss", "UK OSS", "VATA 1994 Sch. 11, One Stop Shop", 120,
        "end of year of the transaction",
        "https://www.legislation.gov.uk/ukpga/1994/23/schedule/11",
        _CHECKED, EU | _in("GB"), _in("UK-OSS"),
    ),
    Law(
        "fr-contract", "France", "Code de la consommation L213-1, décret 2005-137", 120,
        "delivery, of contracts of 120 EUR and more",
        "https://www.legifrance.gouv.fr",
        _CHECKED, _in("FR"),
    ),
    Law(
        "ca-income-tax", "Canada", "Income Tax Act s. 230(4)", 72, "end of last year concerned",
        "https://laws-lois.justice.gc.ca/eng/acts/I-3.3/section-230.html",
        _CHECKED, _in("CA"),
    ),
    Law(
        "au-corporations", "Australia", "Corporations Act 2001 s. 286", 84, "completion",
        "https://www.legislation.gov.au",
        _CHECKED, _in("AU"),
    ),
    Law(
        "au-tax", "Australia", "Taxation Administration Act 1953 Sch 1 s. 382-5", 60, "completion",
        "https://www.legislation.gov.au",
        _CHECKED, _in("AU"),
    ),
    Law(
        "in-gst", "India", "CGST Act 2017 s. 36", 72, "due date of annual return",
        "https://cbic-gst.gov.in",
        _CHECKED, _in("IN"), lead_months=12,
    ),
    Law(
        "sg-companies", "Singapore", "Companies Act 1967 s. 199(2)", 60, "end of financial year",
        "https://sso.agc.gov.sg/Act/CoA1967",
        _CHECKED, _in("SG"),
    ),
    Law(
        "jp-corporate-tax", "Japan",
        "corporate tax rules, Electronic Books Preservation Act Art. 7 (10 years with losses)", 84,
        "filing due date", "https://www.nta.go.jp/taxes/shiraberu/taxanswer/hojin/5930.htm",
        _CHECKED, _in("JP"), lead_months=5,
    ),
    Law(
        "us-tax", "USA", "IRS guidance; state sales tax (3 to 4 years)", 84, "filing",
        "https://www.irs.gov/businesses/small-businesses-self-employed/how-long-should-i-keep-records",
        _CHECKED, _in("US"), lead_months=10,
    ),
)  # fmt: skip
"""The table of the format's description."""
