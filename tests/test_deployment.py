"""What the containers are told fits the program: variables, commands, ports, volumes, secrets."""

import re
import tomllib
from pathlib import Path

import click
import pytest
import typer.main

from orderproof import cli
from orderproof.settings import Settings
from tests import stack

ROOT = Path(__file__).parents[1]
COMPOSE = (ROOT / "docker-compose.yml").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
SERVICES = stack.services()
OURS = {name: each for name, each in SERVICES.items() if "build" in each}
DOCUMENT = stack.yaml.safe_load(COMPOSE)


def test_every_variable_is_a_setting():
    known = {f"ORDERPROOF_{name.upper()}" for name in Settings.model_fields}
    known |= {"ORDERPROOF_DATA", "ORDERPROOF_SECRETS", "AWS_SHARED_CREDENTIALS_FILE"}
    for service in OURS.values():
        assert set(service["environment"]) <= known
    assert set(re.findall(r"\b(ORDERPROOF_[A-Z_]+)=", DOCKERFILE)) <= known


def test_every_variable_that_is_filled_in_is_in_the_example():
    wanted = set(re.findall(r"\$\{(\w+)\}", COMPOSE))
    assert wanted == set(re.findall(r"^(\w+)=", EXAMPLE, re.MULTILINE))


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_that_the_program_knows(name):
    words = list(OURS[name]["command"])
    command = typer.main.get_command(cli.app)
    while isinstance(command, click.Group) or hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    options = {each for option in command.params for each in option.opts}
    assert {word for word in words if word.startswith("--")} <= options
    if name in ("project", "archive", "clock", "check", "watch"):
        assert OURS[name]["command"] == ["worker", name]


def test_ports_volumes_secrets_and_what_waits_for_what_agree():
    [published] = SERVICES["serve"]["ports"]
    inside = published.rpartition(":")[2]
    assert published.startswith("127.0.0.1:")
    assert inside in SERVICES["serve"]["command"]
    assert f":{inside}/readyz" in str(SERVICES["serve"]["healthcheck"]["test"])
    assert f"EXPOSE {inside}" in DOCKERFILE
    assert f":{inside}/readyz" in DOCKERFILE
    volumes = {each.split(":")[0] for one in SERVICES.values() for each in one.get("volumes", ())}
    assert volumes == set(DOCUMENT["volumes"])
    secrets = {each for one in SERVICES.values() for each in one.get("secrets", ())}
    assert secrets == set(DOCUMENT["secrets"])
    named = set(re.findall(r"\$\{SECRETS\}/(\w+)", COMPOSE))
    assert named == set(re.findall(r"^#   (\w+)  ", EXAMPLE, re.MULTILINE))
    waited = {each for one in SERVICES.values() for each in one.get("depends_on", ())}
    assert waited <= set(SERVICES)
    assert [SERVICES[name].get("ports") for name in SERVICES if name != "serve"] == [None] * 9


def test_what_runs_may_little():
    for service in OURS.values():
        assert service["read_only"] is True
        assert service["user"] == "10001:10001"
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
    assert "USER 10001:10001" in DOCKERFILE
    assert "--require-hashes" in DOCKERFILE
    images = [one["image"] for one in SERVICES.values()] + re.findall(r"FROM (\S+)", DOCKERFILE)
    for image in images:
        assert re.search(r":\d+\.\d+", image), f"{image} is not pinned"
    assert "password" not in COMPOSE.replace("postgres_password", "").lower().replace(
        "postgres_password_file", ""
    )


def test_the_image_has_every_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    ignored = (ROOT / ".dockerignore").read_text()
    for package in packages:
        assert f"COPY {package} {package}" in DOCKERFILE
        assert f"!{package}\n" in ignored


def test_the_whole_stack_does_the_main_job_over_http():
    claim, proof, told, manifest = stack.run(lambda _line: None)

    assert claim["verdict"] == "SETTLED_REFERENCE_GIVEN"
    assert claim["integrity"]["verdict"] == "intact"
    assert proof["tree_size"] >= 8
    assert "\nINTACT\n" in told
    assert manifest["rows"] >= 8
