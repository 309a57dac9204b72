"""What our code reads of an event is what the catalogue declares, and anything may stand there."""

import ast
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from domain import content, lookup, person, refund_content
from domain.catalogue import CATALOGUE, Class, Each, For
from domain.content import Content
from domain.contents import CONTENTS, read_content
from domain.event import Event
from domain.order import fold_order
from orderproof import timeline

DOMAIN = Path(content.__file__).parent
NEVER_SEALED = (Class.OPEN, Class.P2, Class.MONEY, Class.CURRENCY)
INSIDE = {
    content.Buyer: ["buyer"],
    content.Instrument: ["instrument", "destination"],
}
ODD = [None, True, -1, 0, 2**53 + 1, 1.5, "", " ", "x" * 10_000, [], [[]], {}, {"kind": []}, ["r1"]]


def members(kind):
    """The members of a content by the names that they have in an event."""
    return [field.encode_name for field in msgspec.structs.fields(kind)]


def every_content():
    pending, found = [Content], []
    while pending:
        kind = pending.pop()
        if not kind.__module__.startswith("domain.tracking"):
            found.append(kind)
        pending += kind.__subclasses__()
    return found


def declared_names(fields):
    for name, field in fields.items():
        yield name
        inner = field.of if isinstance(field, Each | For) else field
        if isinstance(inner, Mapping):
            yield from declared_names(inner)


@pytest.mark.parametrize(("type_", "kind"), CONTENTS.items())
def test_what_is_read_of_a_type_is_declared_and_never_sealed(type_, kind):
    fields = CATALOGUE[type_].fields

    for name in members(kind):
        field = fields[name]
        inside = [nested for nested, places in INSIDE.items() if name in places]
        if isinstance(field, Mapping) and inside:
            assert all(field[one] in NEVER_SEALED for one in members(inside[0]))
        else:
            each = field.of if isinstance(field, Each) else field
            assert each in NEVER_SEALED, name


def test_each_content_is_read_from_a_type_or_from_inside_of_one():
    used = {base for kind in CONTENTS.values() for base in kind.__mro__}

    assert [kind for kind in every_content() if kind not in used and kind not in INSIDE] == []


def folds():
    for file in DOMAIN.glob("*.py"):
        text = file.read_text()
        imports = re.findall(r"^from domain(?:\.\w+)? import .*", text, re.MULTILINE)
        if "content" not in file.stem and any("content" in each for each in imports):
            yield file.name, ast.parse(file.read_text())


def test_each_member_is_read():
    read = {
        node.attr
        for _, tree in folds()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
    }

    assert {
        field.name for kind in every_content() for field in msgspec.structs.fields(kind)
    } - read == set()


def test_each_type_that_a_fold_names_has_its_content():
    named = [
        (file, node.value)
        for file, tree in folds()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in CATALOGUE
    ]

    assert len(named) > 40, "the search finds nothing any more"
    assert [(file, name) for file, name in named if name not in CONTENTS] == []


def test_names_that_are_looked_for_in_any_type_are_declared_somewhere():
    declared = {name for known in CATALOGUE.values() for name in declared_names(known.fields)}

    assert set(lookup._KINDS) <= declared
    assert set(timeline._TELLING) <= declared
    assert {*person._NAMED, *person._KINDS} <= declared
    assert set(person._CHANGES) <= set(CATALOGUE)


@pytest.mark.parametrize("type_", CONTENTS)
def test_whatever_stands_in_a_member_is_read_as_it_is_and_never_raises(type_):
    names = members(CONTENTS[type_])
    for odd in ODD:
        said = read_content(type_, dict.fromkeys(names, odd))

        assert [getattr(said, name) for name in said.__struct_fields__] == [odd] * len(names)
        fold_order([told(type_, dict.fromkeys(names, odd), 1), told(type_, {}, 2)])


@pytest.mark.parametrize("data", [None, [], "text", 7])
def test_data_that_is_no_object_says_nothing(data):
    assert read_content("refund.settled", data) == refund_content.RefundSettled()


def test_what_nobody_declared_is_not_read_also_by_who_can_open_it():
    data = {"refund_id": "r1", "psp": "stripe"}

    assert read_content("refund.customer_confirmed", data) == refund_content.RefundConfirmed("r1")
    assert read_content("gift.wrapped", data) == Content()


def told(type_, data, version):
    return Event(
        stream="order/de/1",
        version=version,
        type=type_,
        source="/a",
        id=f"e{version}",
        occurred_at="2025-03-03T09:00:00Z",
        recorded_at="2025-03-03T09:00:01.000000Z",
        data=data,
    )
