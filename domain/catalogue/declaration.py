"""How a type of event is declared: its fields, what each of them holds, and why it is kept."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeAlias

import msgspec

CONTACT = "contact"
"""Sealed to answer the customer: the first to be erased."""
TAX = "tax"
"""Sealed because an invoice has to name it: kept as long as tax law asks."""
FRAUD = "fraud"
"""Sealed to recognise a payee again: accounts that money went to."""
PURPOSES = (CONTACT, TAX, FRAUD)


class Class(Enum):
    """What a field holds, and so whether it is sealed.

    P1 (direct identifiers), P3 (free text that may hold anything) and P4 (payees' accounts) are
    sealed; the others stay open. Fields that nobody declared are sealed as P3.
    """

    OPEN = "open"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
    MONEY = "money"
    CURRENCY = "currency"


class Each(msgspec.Struct, frozen=True):
    """A list: of objects with these fields, or of plain values of this class."""

    of: "Class | Mapping[str, Field]"


class For(msgspec.Struct, frozen=True):
    """A field whose declared personal data is sealed for another purpose than is usual.

    Usual is `fraud` for P4 and `contact` for everything else. What nobody declared inside it stays
    with `contact`.
    """

    purpose: str
    of: "Class | Mapping[str, Field]"


Field: TypeAlias = "Class | Each | For | Mapping[str, Field]"
Fields: TypeAlias = Mapping[str, Field]


class Declared(msgspec.Struct, frozen=True):
    """One row of a table: what a type means, its fields, and the version of these fields."""

    meaning: str
    fields: Fields
    schema: int


class EventType(msgspec.Struct, frozen=True):
    """A type of event that we know.

    Args:
        name: dotted and stable; it never changes.
        schema: version of the data's form, from 1.
        fields: what the data may hold. A missing field is never an error.
        older: the fields of the versions 1 to `schema` - 1.
        area: the table it stands in.
        meaning: one sentence for people.
    """

    name: str
    schema: int
    fields: Fields
    older: tuple[Fields, ...]
    area: str
    meaning: str

    def fields_of(self, schema: int) -> Fields:
        """Return the fields as a version declared them; none for 0, when nobody had yet.

        Raises:
            ValueError: there is no such version.
        """
        if schema == self.schema:
            return self.fields
        if schema == 0:
            return {}
        if not 0 < schema < self.schema:
            raise ValueError(f"{self.name} has no version {schema}")
        return self.older[schema - 1]


def event(meaning: str, *parts: Fields, schema: int = 1) -> Declared:
    """Declare a type by the fields of all parts together."""
    fields: dict[str, Field] = {}
    for part in parts:
        fields.update(part)
    return Declared(meaning, fields, schema)


def plain(*names: str) -> dict[str, Field]:
    """Declare fields that stay open and say nothing about a person."""
    return dict.fromkeys(names, Class.OPEN)


def ids(*names: str) -> dict[str, Field]:
    """Declare pseudonymous ids: P2."""
    return dict.fromkeys(names, Class.P2)


def texts(*names: str) -> dict[str, Field]:
    """Declare free text that may hold anything: P3."""
    return dict.fromkeys(names, Class.P3)


def identifiers(*names: str) -> dict[str, Field]:
    """Declare direct identifiers of a person: P1."""
    return dict.fromkeys(names, Class.P1)


def money(*names: str) -> dict[str, Field]:
    """Declare amounts in minor units."""
    return dict.fromkeys(names, Class.MONEY)


def lists(*names: str) -> dict[str, Field]:
    """Declare lists of plain values that stay open."""
    return dict.fromkeys(names, Each(Class.OPEN))
