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
from domain.tracking import content as desk
from domain.tracking.contents import TRACKING_CONTENTS, read_for_the_desk
from domain.tracking.desk_policy import DESK_POLICY
from domain.tracking.listed import ListedOrder, list_order
from domain.tracking.row import table_row
from domain.tracking.tracking import fold_tracking
from domain.words.desk import ENGLISH
from orderproof import timeline

DOMAIN = Path(content.__file__).parent
NEVER_SEALED = (Class.OPEN, Class.P2, Class.MONEY, Class.CURRENCY)
INSIDE = {
    content.Buyer: ["buyer"],
    content.Instrument: ["instrument", "destination"],
    desk.Country: ["buyer", "ship_to"],
    desk.Line: ["lines", "line"],
}
# Claims and the order desk read the same events, each what it needs of them.
READ = [*CONTENTS.items(), *TRACKING_CONTENTS.items()]
NOTHING = ListedOrder(
    shop="", number="", state="unknown", label="awaiting_payment", quadrant=3, priority=0, due_at=0
)
ODD = [None, True, -1, 0, 2**53 + 1, 1.5, "", " ", "x" * 10_000, [], [[]], {}, {"kind": []}, ["r1"]]


def members(kind):
    """The members of a content by the names that they have in an event."""
    return [field.encode_name for field in msgspec.structs.fields(kind)]


def every_content():
    pending, found = [Content], []
    while pending:
        kind = pending.pop()
        found.append(kind)
        pending += kind.__subclasses__()
    return found


def declared_names(fields):
    for name, field in fields.items():
        yield name
        inner = field.of if isinstance(field, Each | For) else field
        if isinstance(inner, Mapping):
            yield from declared_names(inner)


@pytest.mark.parametrize(("type_", "kind"), READ)
def test_what_is_read_of_a_type_is_declared_and_never_sealed(type_, kind):
    fields = CATALOGUE[type_].fields

    for name in members(kind):
        field = fields[name].of if isinstance(fields[name], Each) else fields[name]
        inside = [nested for nested, places in INSIDE.items() if name in places]
        if isinstance(field, Mapping) and inside:
            of_desk = kind.__module__ == desk.__name__
            [nested] = [one for one in inside if (one.__module__ == desk.__name__) == of_desk]
            assert all(field[one] in NEVER_SEALED for one in members(nested)), name
        else:
            assert field in NEVER_SEALED, name


def test_each_content_is_read_from_a_type_or_from_inside_of_one():
    used = {base for _, kind in READ for base in kind.__mro__}

    assert [kind for kind in every_content() if kind not in used and kind not in INSIDE] == []


def folds(folder="**"):
    for file in DOMAIN.glob(f"{folder}/*.py"):
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
    assert [
        (file, name) for file, name in named if name not in {**CONTENTS, **TRACKING_CONTENTS}
    ] == []


def test_names_that_are_looked_for_in_any_type_are_declared_somewhere():
    declared = {name for known in CATALOGUE.values() for name in declared_names(known.fields)}

    assert set(lookup._KINDS) <= declared
    assert set(timeline._TELLING) <= declared
    assert {*person._NAMED, *person._KINDS} <= declared
    assert set(person._CHANGES) <= set(CATALOGUE)


@pytest.mark.parametrize("type_", sorted({**CONTENTS, **TRACKING_CONTENTS}))
def test_whatever_stands_in_a_member_is_read_as_it_is_and_never_raises(type_):
    kinds = [contents[type_] for contents in (CONTENTS, TRACKING_CONTENTS) if type_ in contents]
    names = sorted({name for kind in kinds for name in members(kind)})
    for odd in ODD:
        for read in (read_content, read_for_the_desk):
            said = read(type_, dict.fromkeys(names, odd))
            assert all(getattr(said, name) == odd for name in said.__struct_fields__)
        history = [told(type_, dict.fromkeys(names, odd), 1), told(type_, {}, 2)]
        fold_order(history)
        table_row(list_order(fold_tracking(history), DESK_POLICY) or NOTHING, None, ENGLISH)


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
