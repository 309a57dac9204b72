"""Every operation with whatever its description allows, and what it does not: all checks."""

import subprocess
import sys
from pathlib import Path

import pytest

from api.limiting import Limits
from tests.orderproof.reading_scene import reading
from tests.orderproof.test_auditing import record, story  # noqa: F401

_UNLIMITED = Limits(intake=10**9, other=10**9, refused=10**9, orders=10**9)
# A cursor is signed, which no schema can say: whatever else it is is 400. Nor can one say that an
# id is taken, that one number is not larger than another, or that a month has 30 days.
_CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403", "404", "409", "503"]
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "413", "415", "422", "429", "503"]
[[operations]]
include-path = [
  "/v1/events", "/v1/checkpoints/{size}/consistency", "/v1/exports", "/v1/exports/preview",
]
[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403", "404", "409", "422", "503"]
"""
_PHASES = "examples,coverage,fuzzing"


@pytest.mark.parametrize(
    ("role", "chosen"),
    [
        (
            "intake",
            ["--include-path-regex", "/v1/events$|/v1/webhooks", "--include-method", "POST"],
        ),
        ("compliance", ["--exclude-path-regex", "/v1/webhooks"]),
        ("service", ["--include-path-regex", "/(commands|claims|evidence|open|search)$"]),
    ],
)
def test_no_check_fails(data, record, orderproof, tmp_path, role, chosen):  # noqa: F811
    record(story("1"), story("a/b", shop="fr"))
    assert orderproof("archive", "--all", "--data", data).code == 0
    config = tmp_path / "schemathesis.toml"
    config.write_text(_CONFIG)
    with reading(data, _UNLIMITED) as found:
        command = [
            str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(config),
            "run", f"{found.url}/openapi.json", "--checks", "all", "--phases", _PHASES,
            "--max-examples", "20", "--seed", "1", "--no-color", "--request-timeout", "30",
            "--header", f"Authorization: Bearer {found.token(role)}", *chosen,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout[:3000] + done.stdout[-3000:] + done.stderr[-2000:]
