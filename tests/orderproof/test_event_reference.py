import copy
import gzip
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from domain import validation
from domain.catalogue import CATALOGUE
from domain.errors import InvalidInputError
from domain.event import Fact
from orderproof import event_reference
from sources import uci_retail

ROOT = Path(__file__).parents[2]
SCHEMAS = json.loads(event_reference.schemas())["$defs"]
CASES = ROOT / "tests" / "data" / "claim_cases" / "events.jsonl"
STORY = ROOT / "orderproof" / "samples" / "refunds_that_go_wrong.jsonl"


def complaints(type_, data):
    return [error.message for error in Draft202012Validator(SCHEMAS[type_]).iter_errors(data)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (event_reference.PAGE, event_reference.page()),
        (event_reference.SCHEMAS, event_reference.schemas()),
    ],
)
def test_the_reference_is_that_of_todays_catalogue(name, text):
    assert (event_reference.FOLDER / name).read_text() == text, "run `make docs`"


def test_every_type_has_a_schema_and_each_is_valid():
    assert set(SCHEMAS) == set(CATALOGUE)
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("file", [CASES, STORY])
def test_real_events_fit_their_schemas(file):
    events = [json.loads(line) for line in file.read_text().splitlines() if line.strip()]

    assert len(events) > 20
    for event in events:
        if event["type"] in SCHEMAS:
            assert complaints(event["type"], event["data"]) == [], event["id"]


def test_orders_of_a_real_shop_fit_their_schemas():
    sample = ROOT / "orderproof" / "samples" / "uci_online_retail_sample.csv.gz"
    with gzip.open(sample, "rb") as lines:
        facts = [fact for fact in uci_retail.read(lines, "uci") if isinstance(fact, Fact)]

    assert len(facts) > 100
    for fact in facts:
        assert complaints(fact.type, fact.data) == []


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"amount": None},
        {"amount": 5, "currency": "EUR"},
        {"amount": 5},
        {"amount": 5, "currency": None},
        {"amount": "5", "currency": "EUR"},
        {"amount": 2**53 + 1, "currency": "EUR"},
        {"amount": 5, "currency": "euro"},
        {"amount": 5, "currency": "EUR", "presentment_amount": 5},
        {"anything": {"else": 1}},
    ],
)
def test_a_schema_refuses_the_money_that_intake_refuses_and_no_other(data):
    try:
        validation.check("refund.settled", copy.deepcopy(data))
        recorded = True
    except InvalidInputError:
        recorded = False

    assert (complaints("refund.settled", data) == []) == recorded
