"""The tamper suite: a stranger without any key, on real archives, before three verifiers."""

import pytest

from archive.layout import VERIFIER, Layout
from tests.archive import tamper_judges as judges
from tests.archive.tamper_attacks import ATTACKS
from tests.archive.tamper_scene import ONCE, ORDERS, TWICE, repair, scene
from tests.archive.viewer_scene import node, verifying

CUT_BACK = "newest_checkpoint_is_the_one_of_an_earlier_run"

CASES = [
    pytest.param(name, layout, repaired, id=f"{name}-{layout}-{'repaired' if repaired else 'raw'}")
    for (name, layout), each in ATTACKS.items()
    for repaired in (False, True)[: 1 + each.repairs]
]


@pytest.fixture(autouse=True)
def _outsiders(tool):
    tool("openssl")  # stamps the archives


@pytest.fixture(scope="module")
def auditor(tmp_path_factory):
    program = scene(Layout.PER_ORDER).runs[-1][VERIFIER]
    with judges.Auditor(program, tmp_path_factory.mktemp("auditor")) as auditor:
        yield auditor


def attacked(name, layout, repaired):
    """Return the archive after an attack."""
    victim = scene(layout).to_attack()
    ATTACKS[name, layout].act(victim)
    assert victim.files != victim.runs[-1], "the attack did nothing"
    if repaired:
        repair(victim.files) if "index/root.json" in victim.files else None
    return victim


@pytest.mark.parametrize("layout", Layout)
def test_before_the_attack_all_say_intact(auditor, layout, tool, tmp_path):
    root = judges.write(scene(layout).runs[-1], tmp_path)

    report = judges.judge(auditor, root)

    assert report.as_dict()["findings"] == []
    assert report.verdict == "intact"
    repaired = scene(layout).to_attack()
    repair(repaired.files)
    assert repaired.files == repaired.runs[-1], "repairing changes nothing that is right"
    said = judges.visits(tool("node"), [(root, stream) for stream in ORDERS])
    assert said == ["intact"] * len(ORDERS)


@pytest.mark.parametrize(("name", "layout", "repaired"), CASES)
def test_an_attack_is_found_and_named(auditor, tmp_path, name, layout, repaired):
    victim = attacked(name, layout, repaired)
    root = judges.write(victim.files, tmp_path)

    report = judges.judge(auditor, root)

    found = {each.code for each in report.findings}
    assert report.verdict in judges.BAD, report.as_dict()
    assert ATTACKS[name, layout].codes & found, found


@pytest.mark.parametrize("layout", Layout)
def test_the_page_says_of_a_lone_history_what_python_says(auditor, tool, tmp_path, layout):
    """Every history that an attack changed, given to the page and to Python with the keyring."""
    honest = dict(judges.lone_histories(scene(layout).runs[-1]))
    keyring = scene(layout).runs[-1]["trust/keyring.2.json"]
    chain = {n: scene(layout).runs[-1][f"trust/keyring.{n}.json"] for n in (1, 2)}
    (tmp_path / "keyring").write_bytes(keyring)
    changed = []
    for (name, of), _ in ATTACKS.items():
        if of is layout:
            found = judges.lone_histories(attacked(name, layout, False).files)
            changed += [(name, file, data) for file, data in found if honest.get(file) != data]
    assert len({name for name, *_ in changed}) >= 5
    calls = [
        verifying({file.rpartition("/")[2]: data}, keyring,
                  {f"trust/keyring.{n}.json": data for n, data in chain.items()})
        for _, file, data in changed
    ]  # fmt: skip

    page = [each["is"]["verdict"] for each in node(tool("node"), calls)]

    python = []
    for number, (_, file, data) in enumerate(changed):
        (tmp_path / str(number)).mkdir()
        alone = tmp_path / str(number) / file.rpartition("/")[2]
        alone.write_bytes(data)
        python.append(judges.judge_history(auditor, alone, tmp_path / "keyring"))
    differing = [
        (name, file, one, other)
        for (name, file, _), one, other in zip(changed, page, python, strict=True)
        if one != other
    ]
    assert differing == []


@pytest.mark.parametrize("layout", Layout)
def test_the_page_never_accuses_an_order_that_python_finds_intact(auditor, tool, tmp_path, layout):
    """The page reads less than a verification; what it says of an order must not contradict it."""
    asked, package = [], []
    for name, of in ATTACKS:
        if of is layout:
            root = judges.write(attacked(name, layout, False).files, tmp_path)
            for stream in (TWICE, ONCE):
                asked.append((name, root, stream))
                package.append(judges.judge(auditor, root, order=stream[6:]).verdict)

    page = judges.visits(tool("node"), [(root, stream) for _, root, stream in asked])

    wrong = [
        (name, stream, one, other)
        for (name, _, stream), one, other in zip(asked, page, package, strict=True)
        if one in judges.BAD and other not in judges.BAD
    ]
    assert wrong == []
    back = [one for (name, *_), one in zip(asked, page, strict=True) if name == CUT_BACK]
    assert back == ["incomplete"] * 2, "the index is of a newer state than log/checkpoint"
