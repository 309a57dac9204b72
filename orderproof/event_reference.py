"""The reference of event types, written from the registry: a page and JSON Schemas.

    python -m orderproof.event_reference

Source: JSON Schema, draft 2020-12.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from domain.canonical import MAX_INTEGER
from domain.catalogue import AREAS, CATALOGUE, PURPOSES, Class, Each, EventType, Fields, For
from domain.catalogue.places import Place, places, sealed_for

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
PAGE = "events.md"
SCHEMAS = "events.schema.json"

_INTRODUCTION = """# Events

Every type of event that is known. Written by `make docs` from the tables in `domain/catalogue/`;
do not edit it here.

Data of another type, and members that are not listed, are recorded all the same: sealed as free
text (P3) for `contact`, and flagged. A value of another shape than declared is sealed as well.
No field has to be there. Money is checked: it is an integer in minor units, and where a *currency*
is listed, money stands beside one, a code of three capital letters.

P1 direct identifiers, P3 free text and P4 payees' accounts are sealed, each under the key of its
purpose: `contact` to answer the customer, `tax` for what an invoice has to name, `fraud` to
recognise a payee again. P2 are pseudonymous ids; they and all other fields stay open. `a[]` is a
list, `a.b` the field `b` of the object `a`.

[Changing an event](../how-to/change-an-event.md) says what a version is. The same as JSON Schemas:
[events.schema.json](events.schema.json).
"""


def page() -> str:
    """Return the reference page."""
    parts = [_INTRODUCTION]
    for area, table in AREAS.items():
        parts.append(f"## {area}\n")
        parts += [_section(CATALOGUE[name]) for name in table]
    return "\n".join(parts)


def _section(known: EventType) -> str:
    found = list(places(known.fields))
    rows = [
        ("open", _holding(found, Class.OPEN)),
        ("ids (P2)", _holding(found, Class.P2)),
        ("money", _holding(found, Class.MONEY)),
        ("currency", _holding(found, Class.CURRENCY)),
        *((f"sealed for `{purpose}`", _sealed(found, purpose)) for purpose in PURPOSES),
    ]
    lines = [f"- {title}: {', '.join(fields)}" for title, fields in rows if fields]
    return "\n".join(
        [f"### `{known.name}`", "", f"{known.meaning} Version {known.schema}.", "", *lines, ""]
    )


def _holding(found: Iterable[Place], holds: Class) -> list[str]:
    return [f"`{place.path}`" for place in found if place.holds is holds]


def _sealed(found: Iterable[Place], purpose: str) -> list[str]:
    return [f"`{p.path}` ({p.holds.value})" for p in found if p.purpose == purpose]


def schemas() -> str:
    """Return the JSON Schemas of all types' data, in one document, a type a line."""
    definitions = {name: _type_schema(known) for name, known in sorted(CATALOGUE.items())}
    lines = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(schema, separators=(',', ':'))}"
        for name, schema in definitions.items()
    )
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Data of the events of Orderproof, by type",
    }
    return f'{json.dumps(head)[:-1]},\n "$defs": {{\n{lines}\n }}\n}}\n'


def _type_schema(known: EventType) -> dict[str, Any]:
    schema = {
        "title": known.name,
        "description": known.meaning,
        "x-version": known.schema,
        **_object_schema(known.fields, None),
    }
    demands = [
        {
            "if": {"properties": {amount: {"type": "integer"}}, "required": [amount]},
            "then": {"properties": {currency: {"type": "string"}}, "required": [currency]},
        }
        for amount, currency in _money_with_currency(known.fields)
    ]
    return schema | {"allOf": demands} if demands else schema


def _money_with_currency(fields: Fields) -> Iterable[tuple[str, str]]:
    for name, field in fields.items():
        if field is Class.MONEY:
            own = name.removesuffix("amount") + "currency"
            currency = own if own in fields else "currency"
            if fields.get(currency) is Class.CURRENCY:
                yield name, currency


def _object_schema(fields: Fields, purpose: str | None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: _field_schema(field, purpose) for name, field in fields.items()},
    }


def _field_schema(field: Any, purpose: str | None) -> dict[str, Any]:
    if isinstance(field, For):
        return _field_schema(field.of, field.purpose)
    if isinstance(field, Each):
        return {"type": ["array", "null"], "items": _field_schema(field.of, purpose)}
    if isinstance(field, Mapping):
        return _object_schema(field, purpose) | {"type": ["object", "null"]}
    for_what = sealed_for(field, purpose)
    if for_what is not None:
        return {"x-class": field.value, "x-sealed-for": for_what}
    return {"x-class": field.value} | _VALUES[field]


_SCALAR = {"type": ["string", "number", "boolean", "null"]}
_VALUES: dict[Class, dict[str, Any]] = {
    Class.OPEN: _SCALAR,
    Class.P2: _SCALAR,
    Class.MONEY: {"type": ["integer", "null"], "minimum": -MAX_INTEGER, "maximum": MAX_INTEGER},
    Class.CURRENCY: {"type": ["string", "null"], "pattern": "^[A-Z]{3}$"},
}


def main() -> None:
    """Write both documents."""
    (FOLDER / PAGE).write_text(page(), encoding="utf-8")
    (FOLDER / SCHEMAS).write_text(schemas(), encoding="utf-8")


if __name__ == "__main__":
    main()
