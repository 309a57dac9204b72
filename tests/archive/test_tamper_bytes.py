"""The tamper suite: a changed byte in every kind of file, and files that are cut or lengthened."""

import random
import re

import pytest

from archive.layout import VERIFIER, Layout
from tests.archive import tamper_judges as judges
from tests.archive.tamper_scene import ONCE, TWICE, scene

SEED = random.SystemRandom().randrange(2**32)
PLACES = 5  # of each kind, beside the first and the last byte
VISITED = 3  # changes of each kind that the viewer's page is shown, too

KINDS = {
    "newest checkpoint": r"log/checkpoint",
    "stored checkpoint": r"log/checkpoints/\d+",
    "hashes": r"log/tile/\d+/.*",
    "entries": r"log/tile/entries/.*",
    "token": r"log/tokens/.*\.tsr",
    "cosignature": r"log/cosignatures/.*",
    "history": r"orders/.*",
    "pack": r"packs/.*",
    "system history": r"system/.*",
    "attachment": r"evidence/.*",
    "open lines": r"open/\d+\.jsonl\.gz",
    "digest of open lines": r"open/\d+\.sha256",
    "manifest": r"manifests/.*",
    "index root": r"index/root\.json",
    "index shard": r"index/.*\.rows",
    "keyring": r"trust/.*",
    "viewer": r"viewer/.*",
    "readme": r"README\.txt",
    "format": r"spec/.*",
    "verifier": r"orderproof-verify\.py",
}


@pytest.fixture(autouse=True)
def _outsiders(tool):
    tool("openssl")  # stamps the archives


@pytest.fixture(scope="module")
def auditor(tmp_path_factory):
    program = scene(Layout.PER_ORDER).runs[-1][VERIFIER]
    with judges.Auditor(program, tmp_path_factory.mktemp("auditor")) as auditor:
        yield auditor


def of_kind(files, kind):
    return [name for name in sorted(files) if re.fullmatch(KINDS[kind], name)]


@pytest.mark.parametrize("layout", Layout)
def test_every_file_is_of_one_kind(layout):
    files = scene(layout).runs[-1]

    kinds = {name: [k for k in KINDS if name in of_kind(files, k)] for name in files}

    assert {name: found for name, found in kinds.items() if len(found) != 1} == {}


CASES = [
    (layout, kind)
    for layout in Layout
    for kind in KINDS
    if (layout, kind) not in {(Layout.PACK, "history"), (Layout.PER_ORDER, "pack")}
]


def changes(data, chance):
    """Yield what may become of a file, with a word about it."""
    for place in {0, len(data) - 1, *(chance.randrange(len(data)) for _ in range(PLACES))}:
        changed = bytearray(data)
        changed[place] ^= 1 << chance.randrange(8)
        yield f"byte {place}", bytes(changed)
    yield "cut", data[: chance.randrange(len(data))]
    yield "lengthened", data + bytes([chance.randrange(256)])


@pytest.mark.parametrize(("layout", "kind"), CASES)
def test_no_change_of_a_file_is_called_intact(auditor, tool, tmp_path, layout, kind):
    print(f"seed {SEED}")
    chance = random.Random(f"{SEED}/{layout}/{kind}")
    files = scene(layout).runs[-1]
    root = judges.write(files, tmp_path)
    names = of_kind(files, kind)
    missed, visited = [], []
    for what, _ in changes(b"." * 99, random.Random(0)):
        name = chance.choice(names)
        what, changed = chance.choice(list(changes(files[name], chance)))
        (root / name).write_bytes(changed)

        report = judges.judge(auditor, root)

        about = [each.object for each in report.findings]
        if report.verdict not in judges.BAD or not about:
            missed.append((name, what, report.verdict))
        if kind not in ("viewer", "readme", "verifier") and len(visited) < VISITED:
            visited.append(judges.write(files | {name: changed}, tmp_path))
        (root / name).write_bytes(files[name])

    assert missed == []
    assert judges.judge(auditor, root).verdict == "intact"
    asked = [(each, stream) for each in visited for stream in (TWICE, ONCE)]
    assert set(judges.visits(tool("node"), asked)) <= {"intact", "altered", "incomplete", "refused"}
