"""`orderproof-verify.py`: the same verifier as one file, alone with Python and `cryptography`."""

import json
import subprocess
import sys
from importlib.resources import files as package_files

import pytest

from archive import manifest
from archive.layout import VERIFIER as NAME
from archive.single_file import single_file
from archive.verify import verify_archive, verify_history
from tests.archive.archive_attacks import only, put_together, repair_manifests, take_apart
from tests.archive.archive_builder import Installation, small
from tests.archive.archive_scene import order
from tests.archive.archive_scene import run as archive
from tests.archive.memory_log import MemoryLog

# Runs it as a program, then tells on standard error which modules came from where.
_ALONE = """
import runpy, sys
file, sys.argv = sys.argv[1], sys.argv[1:]
try:
    runpy.run_path(file, run_name="__main__")
finally:
    for name, module in sorted(sys.modules.items()):
        if name.partition(".")[0] == "archive":
            print(name, type(module.__spec__.loader).__name__, file=sys.stderr)
        elif "site-packages" in (getattr(module, "__file__", None) or ""):
            print(name.partition(".")[0], "installed", file=sys.stderr)
"""


@pytest.fixture
def program(tmp_path):
    file = tmp_path / "elsewhere" / NAME
    file.parent.mkdir()
    file.write_bytes(single_file())
    return file


def run(*command):
    """Run Python cut off from environment, current folder and user; return what it did."""
    return subprocess.run(
        [sys.executable, "-I", *map(str, command)], capture_output=True, text=True
    )


def archives(shop):
    """Yield archives by name: one as it was written, and ones that were tampered with."""
    yield "intact", dict(shop.files)
    files = dict(shop.files)
    name = only(files, "202405001", "r1.jsonl.gz")
    header, lines, proof = take_apart(files[name])
    changed = lines[2].replace(b'"amount":12800', b'"amount":1280000')
    files[name] = put_together(header, [*lines[:2], changed, *lines[3:]], proof)
    repair_manifests(files)
    yield "changed", files
    for part in ("202405002", "log/checkpoints/13", "trust", "README.txt", "log/tile/entries"):
        name = next(n for n in shop.files if part in n)
        yield f"without {part}", {n: d for n, d in shop.files.items() if n != name}
        yield f"garbage in {part}", dict(shop.files, **{name: b"garbage"})


def test_it_says_what_the_package_says(shop, program, tmp_path):
    verdicts = set()
    for number, (what, files) in enumerate(archives(shop)):
        shop_here = Installation()
        shop_here.files = files
        root = shop_here.write(tmp_path / f"archive-{number}")
        for number_asked in (None, "202405001", "nobody"):
            options = ["--order", number_asked] if number_asked else []

            result = run(program, root, "--json", *options)

            expected = verify_archive(root, order=number_asked)
            assert json.loads(result.stdout) == expected.as_dict(), what
            assert result.returncode == expected.exit_code, what
            assert result.stderr == ""
            verdicts.add(expected.verdict)
    assert {"intact", "altered", "incomplete"} <= verdicts


def test_it_needs_nothing_but_python_and_cryptography(shop, program, tmp_path):
    root = shop.write(tmp_path / "archive")

    result = run("-c", _ALONE, program, root)

    came_from = dict(line.split() for line in result.stderr.splitlines())
    ours = {name: loader for name, loader in came_from.items() if name.startswith("archive")}
    assert result.stdout.splitlines()[-2] == "INTACT"
    assert "archive.verify.run" in ours
    assert set(ours.values()) == {"Modules"}
    assert set(came_from) - set(ours) <= {"cryptography", "_cffi_backend", "_distutils_hack"}


def test_its_processes_run_from_the_file_too(program, tmp_path):
    root = small().write(tmp_path / "archive")

    result = run(program, root, "--json", "--jobs", "2")

    assert json.loads(result.stdout) == verify_archive(root).as_dict()


def test_it_lies_in_every_archive_and_verifies_it(tmp_path):
    log, root = MemoryLog(), tmp_path / "archive"
    archive(log, root, [order(log, "1001")])
    archive(log, root, [order(log, "1002")])
    first, second = sorted(root.glob("manifests/*"), key=lambda file: file.stat().st_mtime_ns)

    result = run(root / NAME)

    assert (root / NAME).read_bytes() == single_file()
    assert NAME in manifest.parse(first.read_bytes()).files
    assert NAME not in manifest.parse(second.read_bytes()).files, "it has not changed"
    assert result.stdout.splitlines()[-2] == "INTACT"
    assert result.returncode == 0


def test_one_that_was_changed_is_found_by_another(program, tmp_path):
    log, root = MemoryLog(), tmp_path / "archive"
    archive(log, root, [order(log, "1001")])
    (root / NAME).chmod(0o600)
    (root / NAME).write_bytes(single_file().replace(b"ALTERED", b"INTACT"))

    result = run(program, root, "--json")

    (found,) = json.loads(result.stdout)["findings"]
    assert (found["code"], found["object"]) == ("FILE_ALTERED", NAME)


def test_it_verifies_one_history_and_knows_its_use(shop, program, tmp_path):
    root = shop.write(tmp_path / "archive")
    name = only(shop.files, "202405002")

    one = run(program, root / name, "--json")
    wrong = run(program, root / name, "--order", "1")
    nowhere = run(program, tmp_path / "nothing")
    bad = run(program, root, "--jobs", "many")

    assert json.loads(one.stdout) == verify_history(root / name).as_dict()
    assert (wrong.returncode, nowhere.returncode, bad.returncode) == (2, 2, 2)
    assert "need an archive's folder" in wrong.stderr
    assert "Traceback" not in wrong.stderr + nowhere.stderr + bad.stderr


def test_it_is_made_of_the_sources_as_they_are_now():
    text = single_file().decode()

    assert single_file().decode() == text
    for name in ("merkle.py", "verify/run.py", "verify/workers.py", "note.py"):
        source = package_files("archive").joinpath(name).read_text(encoding="utf-8")
        assert source in text, name
    assert "import boto3" not in text
    assert "from domain" not in text
    compile(text, NAME, "exec")


def test_without_cryptography_it_says_what_to_do(program, tmp_path):
    result = subprocess.run(
        [sys.executable, "-I", "-S", program, tmp_path], capture_output=True, text=True
    )

    assert result.returncode == 5
    assert "pip install cryptography" in result.stderr
