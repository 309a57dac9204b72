"""The wheel holds our packages with their data, and nothing else."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "domain", "eventstore", "sources", "projections", "api", "archive", "evidence", "orderproof",
}  # fmt: skip


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_has_exactly_our_packages(names):
    tops = {name.split("/")[0] for name in names}

    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES


@pytest.mark.parametrize(
    "name",
    [
        "orderproof/migrations/versions/0001_event_store.sql",
        "orderproof/migrations/versions/0002_order_views.sql",
        "orderproof/samples/uci_online_retail_sample.csv.gz",
        "orderproof/samples/refunds_that_go_wrong.jsonl",
        "api/pages/style.css",
        "api/pages/templates/claim.html",
        "archive/archive-readme.txt",
        "archive/viewer/frame.html",
        "archive/viewer/style.css",
        "archive/viewer/rules.mjs",
        "evidence/pack.typ",
        "sources/mapped/orders.toml",
        "sources/mapped/adyen.toml",
        "sources/mapped/stripe.toml",
    ],
)
def test_the_wheel_has_the_data_that_the_code_reads(names, name):
    assert name in names


def test_the_wheel_has_every_module_of_the_checkout(names):
    modules = {
        str(file.relative_to(ROOT))
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
    }

    assert modules <= set(names)


#
@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-bench.lock"])
def test_everything_is_locked_to_a_version_and_its_files(lock):
    pinned = (ROOT / lock).read_text().replace("\\\n", " ").splitlines()

    assert len(pinned) > 60
    for line in pinned:
        assert re.match(r"[a-z0-9-]+(\[[a-z0-9,]+\])?==[^ ;]+ ", line), line
        assert re.search(r" --hash=sha256:[0-9a-f]{64}( |$)", line), line
