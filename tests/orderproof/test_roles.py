"""Who may do what over HTTP: each operation asked with a token of each role, against the table."""

import re
from pathlib import Path

import pytest

from api.access import BREAK_GLASS, ROLES
from orderproof import tokens
from tests.orderproof.reading_scene import reading
from tests.orderproof.test_auditing import record, story  # noqa: F401

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "http.md"
BEGIN, END = "<!-- roles: tests/orderproof/test_roles.py writes it -->\n", "<!-- end -->"
NAMES = [*sorted(ROLES)]
VALUES = {
    "shop": "de",
    "number": "1",
    "id": "de-1-1",
    "size": "1",
    "source": "json",
    "part": "data",
}


@pytest.fixture
def served(data, record):  # noqa: F811
    record(story("1"))
    with reading(data) as found:
        yield found


def operations(document):
    for path, item in sorted(document["paths"].items()):
        for method, operation in item.items():
            yield method.upper(), path, operation


def ask(served, method, path, operation, token):
    filled = re.sub(r"{(\w+)}", lambda name: VALUES[name[1]], path)
    wanted = [
        p["name"]
        for p in operation.get("parameters", [])
        if p["in"] == "query" and p.get("required")
    ]
    parameters = {name: "1" if name == "from" else "de/1" for name in wanted}
    headers = (
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} if token else {}
    )
    return served.client.request(
        method, filled, params=parameters, headers=headers,
        content=b"{}" if method == "POST" else None,
    )  # fmt: skip


def matrix(served):
    document = served.client.get("/openapi.json").json()
    made = {}
    for role in NAMES:
        if role == BREAK_GLASS:
            made[role] = tokens.break_glass(served.store, "tester", "a test of all roles", "T")[1]
        else:
            made[role] = served.token(role)
    lines = [f"| | nobody | {' | '.join(NAMES)} |", "|---" * (len(NAMES) + 2) + "|"]
    for method, path, operation in operations(document):
        cells = []
        for role in (None, *NAMES):
            answer = ask(served, method, path, operation, made.get(role))
            assert answer.status_code != 500, (role, method, path)
            cells.append("" if answer.status_code in (401, 403) else "may")
        lines.append(f"| `{method} {path}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


#
def test_the_table_of_roles_is_what_the_service_does(served):
    written = PAGE.read_text().split(BEGIN)[1].split(END)[0]

    found = matrix(served)

    assert written == found, f"write this into {PAGE.name}:\n{found}"
