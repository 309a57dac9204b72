"""What an auditor gets beside a claim's answer: the timeline, the proofs, and the verdict's rules.

Read without keys: personal data stays sealed, and only that it is there is shown.
"""

from typing import Any

from domain.event import Event
from domain.policy import POLICY
from domain.stream import order_stream
from domain.verdict import RANKING
from evidence import recorded
from orderproof import timeline
from orderproof.claiming import Answer

_WORST = 12  # the row by which the worst obligation decides


def as_dict(answer: Answer) -> dict[str, Any]:
    """Return the further members of `claim --view auditor --json`."""
    events = _events(answer)
    return {
        "view": "auditor",
        "personal_data": "masked",
        "timeline": [
            {**event, "hash": line.hash}
            for event, line in zip(
                timeline.as_dict(_stream(answer), events, _as_of(events))["events"],
                recorded.read(answer.lines),
                strict=True,
            )
        ],
        "proofs": _proofs(answer),
        "rules": {
            "version": answer.verdict.rule_version,
            "rows": _rows(answer),
            "ranking": [str(code) for code in RANKING],
            "window_weekdays": POLICY.window_weekdays,
            "windows": [
                {
                    "psp": row.psp,
                    "method": row.method,
                    "country": row.country,
                    "weekdays": row.weekdays,
                    "source": row.source,
                    "checked_on": row.checked_on.isoformat(),
                }
                for row in POLICY.windows
            ],
        },
    }


def as_text(answer: Answer) -> str:
    """Return the same for people, to stand below the answer."""
    events = _events(answer)
    blocks = [""]
    if events:
        blocks.append(timeline.as_text(_stream(answer), events, _as_of(events)))
        proofs = _proofs(answer)
        lines = [
            "Proofs",
            f"  head of the chain    {proofs['head']}",
            f"  checkpoint           {proofs['checkpoint']}",
            f"  check it yourself    {proofs['check']}",
        ]
        blocks.append("\n".join(lines))
    rows = " and ".join(f"row {row}" for row in _rows(answer))
    blocks.append(
        f"Rules {answer.verdict.rule_version}: decided by {rows} of the decision table; windows "
        f"are {POLICY.window_weekdays} weekdays where no row of the policy says otherwise "
        "(docs/reference/claim-policy.md). Personal data is masked."
    )
    return "\n\n".join(blocks)


def _rows(answer: Answer) -> list[int]:
    """Return the decision table's rows: the order's, and the obligation's where that decides."""
    deciding = answer.verdict.deciding
    of_order = answer.verdict.row
    return [of_order, deciding.row] if of_order == _WORST and deciding else [of_order]


def _stream(answer: Answer) -> str:
    return order_stream(answer.shop, answer.number)


def _events(answer: Answer) -> list[Event]:
    return [each.event for each in recorded.read(answer.lines)]


def _as_of(events: list[Event]) -> int:
    return max((event.position for event in events), default=0)


def _proofs(answer: Answer) -> dict[str, Any]:
    name = f"{answer.shop}/{answer.number}" if answer.shop else answer.number
    return {
        **answer.integrity,
        "check": f"orderproof verify ARCHIVE --order {name} --keyring KEYRING",
    }
