"""The ten written cases, from their CloudEvents to their verdicts."""

import json
from pathlib import Path

import pytest

from domain.claim import judge
from domain.event import Event
from domain.order import fold_order
from tests.domain.order_story import TODAY

CASES = Path(__file__).parent.parent / "data" / "claim_cases"
VERDICTS = json.loads((CASES / "verdicts.json").read_text())


def _events(subject):
    lines = [json.loads(line) for line in (CASES / "events.jsonl").read_text().splitlines()]
    return [
        Event(
            stream=f"order/{subject}",
            version=number,
            type=line["type"],
            source=line["source"],
            id=line["id"],
            occurred_at=line["time"],
            recorded_at="2026-01-01T00:00:00.000000Z",
            data=line["data"],
        )
        for number, line in enumerate((one for one in lines if one["subject"] == subject), 1)
    ]


@pytest.mark.parametrize(("subject", "expected"), VERDICTS.items())
def test_a_written_case_gets_its_verdict(subject, expected):
    order = fold_order(_events(subject))

    found = judge(order, as_of=TODAY)

    assert found.code == expected
    assert found.confidence == "complete"
    assert order.findings == ()


def test_there_are_ten_cases():
    assert len(VERDICTS) == 10
