"""Events of older and newer versions: E-01, E-02, E-04."""

import ast
import hashlib
import json
import re
from pathlib import Path

import msgspec
import pytest

from domain import catalogue, personal
from domain.catalogue import CATALOGUE, Class, Each, For
from domain.errors import NewerSchemaError
from domain.event import Fact
from domain.line import decode, decode_row, encode_body, line_hash
from domain.opening import opened
from domain.upcasting import renamed, upcast
from eventstore import sealing

DATA = Path(__file__).parent / "data"
ROOT = Path(__file__).parents[2]
KEY = b"\1" * 32  # as in data/record_with_version_1.py
ROWS = [json.loads(row) for row in (DATA / "lines_of_version_1.jsonl").read_text().splitlines()]
COUNTED = next(row for row in ROWS if "counted_by" in row["clear"])
RENAMED = {"system_qty": "system_quantity", "physical_qty": "physical_quantity"}

every_old_line = pytest.mark.parametrize(
    ("line", "clear"), [(row["line"].encode(), row["clear"]) for row in ROWS]
)


def in_todays_words(data):
    return {RENAMED.get(name, name): value for name, value in data.items()}


def unsealed(event, purposes=None):
    return {
        purpose: json.loads(sealing.unseal(KEY, purpose, event.stream, event.source, event.id, box))
        for purpose, box in event.boxes.items()
        if purposes is None or purpose in purposes
    }


# E-01
@every_old_line
def test_e_01_an_old_line_opens_in_todays_form(line, clear):
    event = decode(line, 7)

    whole = opened(event, unsealed(event))

    assert whole.schema == 1
    assert whole.data == in_todays_words(clear)
    assert (whole.sealed, whole.boxes, whole.stored) == (False, {}, None)


# E-01
@every_old_line
def test_e_01_an_old_line_that_nobody_opens_has_its_open_part_in_todays_form(line, clear):
    event = decode(line)

    open_data = json.loads(line)["event"]["data"]
    assert event.data == in_todays_words(open_data)
    assert event.sealed == ("pii" in json.loads(line)["event"])


# E-01
@every_old_line
def test_e_01_reading_an_old_line_leaves_its_bytes_and_hash_alone(line, clear):
    before = hashlib.sha256(line).digest()

    event = decode(line)
    opened(event, unsealed(event))

    assert line_hash(line) == before


# E-01
@every_old_line
def test_e_01_a_repeat_of_an_old_event_encodes_to_the_bytes_that_are_stored(line, clear):
    stored = json.loads(line)
    fact = Fact(
        stream=stored["stream"],
        type=stored["type"],
        source=stored["event"]["source"],
        id=stored["event"]["id"],
        occurred_at=stored["event"]["occurred_at"],
        data=clear,
    )

    schema = stored["event"]["schema"]
    open_data, sealed = personal.split(fact.type, fact.data, schema)
    pii = {
        purpose: sealing.seal(KEY, purpose, fact.stream, fact.source, fact.id, values)
        for purpose, values in sealed.items()
    }

    assert encode_body(fact, open_data, pii, schema) in line


# E-01
def test_e_01_the_old_lines_hold_one_of_each_type_that_has_an_older_version():
    old = {json.loads(row["line"])["type"] for row in ROWS}

    assert old >= {name for name, known in CATALOGUE.items() if known.older}


def test_boxes_of_an_old_event_open_one_after_the_other():
    event = decode(COUNTED["line"].encode())
    [box] = event.boxes.values()
    two = msgspec.structs.replace(event, boxes={"contact": box, "tax": box})

    first = opened(two, {"contact": {"/counted_by": "Test Picker"}})
    second = opened(first, {"tax": {"/note": "x"}})

    assert (first.sealed, set(first.boxes)) == (True, {"tax"})
    assert first.data["system_quantity"] == 5
    assert second.data == in_todays_words(COUNTED["clear"]) | {"note": "x"}
    assert not second.sealed


def test_an_upcast_leaves_its_argument_and_a_name_that_is_taken():
    step = renamed({"old": "new"})
    data = {"old": 1, "new": 2, "other": 3}

    assert step(data) == {"old": 1, "new": 2, "other": 3}
    assert step({"old": 1}) == {"new": 1}
    assert data == {"old": 1, "new": 2, "other": 3}


def test_data_of_before_the_declaration_goes_the_way_of_version_1():
    assert upcast("stock.shortage_detected", 0, {"system_qty": 1}) == {"system_quantity": 1}


def newer(schema=99, type="refund.settled"):
    body = (
        b'{"data":{"refund_id":{"of":"r1"}},"id":"e1","occurred_at":"2025-03-03T09:00:00+01:00",'
        b'"schema":%d,"source":"/a"}' % schema
    )
    return type, body


def line_of(type_, body):
    return (
        b'{"event":%b,"prev":"00","recorded_at":"2025-03-03T08:00:01.000002Z",'
        b'"stream":"order/de/1","type":"%b","version":1}' % (body, type_.encode())
    )


# E-02
def test_e_02_an_event_of_a_newer_version_is_refused_by_name():
    with pytest.raises(NewerSchemaError) as caught:
        decode(line_of(*newer()), 7)

    error = caught.value
    assert (error.type, error.position, error.schema, error.known) == (
        "refund.settled", 7, 99, CATALOGUE["refund.settled"].schema,
    )  # fmt: skip
    assert isinstance(error, ValueError)
    assert "r1" not in str(error)


# E-02
def test_e_02_an_event_of_a_newer_version_is_kept_to_be_shown_as_it_is():
    event = decode(line_of(*newer()), 7, as_stored=True)

    assert event.data == {"refund_id": {"of": "r1"}}
    assert event.schema == 99


def test_an_old_event_can_be_shown_as_it_was_stored():
    event = decode(COUNTED["line"].encode(), as_stored=True)

    assert {**event.data, "counted_by": "Test Picker"} == COUNTED["clear"]


def test_a_type_that_nobody_declared_is_read_whatever_version_it_names():
    event = decode(line_of(*newer(type="gift.wrapped")))

    assert event.schema == 99


@every_old_line
def test_a_row_reads_as_its_line_does(line, clear):
    envelope = json.loads(line)
    body = line[len(b'{"event":') : line.index(b',"prev":"')]

    row = decode_row(
        envelope["stream"], envelope["version"], envelope["type"], envelope["recorded_at"], body, 7
    )

    assert row == decode(line, 7)


def test_a_row_that_is_no_event_is_refused():
    with pytest.raises(ValueError, match="body"):
        decode_row("order/de/1", 1, "order.placed", "2025-03-03T08:00:01.000002Z", b"{}", 7)


def declared(field):
    """Return a declaration as JSON, so that it can be digested."""
    match field:
        case Class():
            return field.value
        case Each():
            return {"each": declared(field.of)}
        case For():
            return {"for": field.purpose, "of": declared(field.of)}
    return {"fields": {name: declared(inner) for name, inner in field.items()}}


def digests():
    return {
        name: {
            str(schema): hashlib.sha256(
                json.dumps(declared(known.fields_of(schema)), sort_keys=True).encode()
            ).hexdigest()
            for schema in range(1, known.schema + 1)
        }
        for name, known in CATALOGUE.items()
    }


# E-04
def test_no_declared_version_ever_changes():
    """E-04: a type or a version that was once recorded stays known.

    Somebody's store has events of every version in `catalogue_versions.json`. If this fails,
    docs/how-to/change-an-event.md says how to make a new version instead; a new type or version
    is added to the file by running this module:

        .venv/bin/python tests/domain/test_old_versions.py
    """
    recorded = json.loads((DATA / "catalogue_versions.json").read_text())

    now = digests()

    gone = sorted(set(recorded) - set(now))
    assert not gone, f"types that stores may hold are gone: {gone}"
    changed = [
        f"{name} version {schema}"
        for name, versions in recorded.items()
        for schema, digest in versions.items()
        if now[name].get(schema) != digest
    ]
    assert not changed, (
        f"declared otherwise than before: {changed}. Keep the old fields in domain/catalogue/older"
        " and raise `schema`; see docs/how-to/change-an-event.md"
    )
    assert now == recorded, (
        "new types or versions; add them: .venv/bin/python tests/domain/test_old_versions.py"
    )


# E-04
def test_every_version_between_the_first_and_the_current_one_has_its_fields():
    for known in CATALOGUE.values():
        for schema in range(1, known.schema + 1):
            assert known.fields_of(schema)
        for none in (-1, known.schema + 1):
            with pytest.raises(ValueError, match="version"):
                known.fields_of(none)
    assert catalogue.current_schema("gift.wrapped") == 0


def literals(folder):
    for file in (ROOT / folder).rglob("*.py"):
        if file.parent.name != "catalogue":
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield file.relative_to(ROOT), node.value


# E-04
@pytest.mark.parametrize("folder", ["domain", "projections", "archive", "eventstore", "orderproof"])
def test_e_04_a_type_that_the_code_reads_is_in_the_catalogue(folder):
    areas = {name.partition(".")[0] for name in CATALOGUE}
    read = [
        (file, text)
        for file, text in literals(folder)
        if re.fullmatch(r"[a-z_]+\.(?!toml)[a-z_]+", text) and text.partition(".")[0] in areas
    ]

    assert [(file, text) for file, text in read if text not in CATALOGUE] == []
    if folder in ("domain", "archive"):
        assert len(read) > 2, "the search finds nothing any more"


if __name__ == "__main__":
    text = json.dumps(digests(), indent=1, sort_keys=True)
    (DATA / "catalogue_versions.json").write_text(f"{text}\n")
