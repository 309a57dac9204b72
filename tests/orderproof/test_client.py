"""The description of the API, and the client that is written from nothing else."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from orderproof import http_reference
from tests.orderproof.reading_scene import reading
from tests.orderproof.test_auditing import record, story  # noqa: F401

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "examples" / "client"


def load(name):
    spec = importlib.util.spec_from_file_location(f"example_{name}", CLIENT / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_description_that_is_written_down_is_the_services(data):
    assert http_reference.FILE.read_text(encoding="utf-8") == http_reference.text()
    with reading(data) as served:
        assert served.client.get("/openapi.json").json() == http_reference.document()


def test_the_client_is_written_from_the_description_alone(tmp_path):
    text = load("generate").render(json.loads(http_reference.text()))
    file = tmp_path / "client.py"
    file.write_text(text)
    subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--quiet", "--config", ROOT / "pyproject.toml",
         file], check=True,
    )  # fmt: skip
    assert file.read_text() == (CLIENT / "client.py").read_text(), "run make docs"
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache",
         "--config-file=", CLIENT / "client.py"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout


def test_the_client_reads_the_record(data, record):  # noqa: F811
    record(story("1"), story("a/b", shop="fr"))
    module = load("client")
    with reading(data) as served:
        asked = module.Client(served.url, served.token())
        page = asked.list_orders(limit=1)
        more = asked.list_orders(limit=1, cursor=page["next"])
        assert {page["items"][0]["order"], more["items"][0]["order"]} == {"1", "a/b"}
        assert asked.get_order("fr", "a/b")["order"]["shop"] == "fr"
        assert asked.answer_claim("de", "1")["order"] == "1"
        job = asked.start_export({"kind": "orders", "reason": "the client's own"})
        assert asked.get_export(job["id"])["kind"] == "orders"
        with pytest.raises(module.ProblemError) as caught:
            asked.get_order("de", "none")
        assert (caught.value.status, caught.value.problem["type"]) == (404, "/problems/not-found")
        asked.close()
