"""The tamper suite: an insider with the log's keys, without those of roots, authority, witnesses.

The insider writes a whole archive anew with the archiver's own programme, or one changed for the
purpose, so that every digest, proof and signature of the log fits. What is left to contradict it
is what others hold: a checkpoint that somebody kept, tokens, lines of witnesses, root keys.
"""

import pytest

from archive import note, placing
from archive.checkpoint import Checkpoint
from archive.index import rows, writer
from archive.layout import VERIFIER, Layout
from archive.signing import open_checkpoint
from tests.archive import tamper_judges as judges
from tests.archive.archive_scene import SIGNER
from tests.archive.tamper_scene import ONCE, ROTATED, TWICE, scene
from tests.archive.viewer_archive import tell_refund

NEWEST = "log/checkpoints/189"
OUTSIDE = ("log/tokens/", "log/cosignatures/")


@pytest.fixture(autouse=True)
def _outsiders(tool):
    tool("openssl")  # stamps the archives


@pytest.fixture(scope="module")
def auditor(tmp_path_factory):
    program = scene(Layout.PER_ORDER).runs[-1][VERIFIER]
    with judges.Auditor(program, tmp_path_factory.mktemp("auditor")) as auditor:
        yield auditor


class Retold:
    """A log to which one order is told otherwise."""

    def __init__(self, log, change):
        self._log, self._change = log, change

    def append_as(self, stream, what, when, source, data):
        told = self._change(what, dict(data))
        if told is not None:
            self._log.append_as(stream, what, when, source, told)


def _smaller(what, data):
    return data | {"amount": 1} if data.get("amount") == 12800 else data


def _unsettled(what, data):
    return None if what == "refund.settled" else data


def smaller(log, stream, number):
    tell_refund(Retold(log, _smaller) if stream == ONCE else log, stream, number)


def unsettled(log, stream, number):
    tell_refund(Retold(log, _unsettled) if stream == ONCE else log, stream, number)


def rewritten(layout, **changes):
    """Return an archive that the insider wrote with the genuine keyrings, and the genuine one."""
    genuine = scene(layout).runs[-1]
    keyrings = tuple(genuine[f"trust/keyring.{n}.json"] for n in (1, 2))
    return dict(scene(layout, keyrings=keyrings, **changes).runs[-1]), genuine


def outside(files):
    return {name: data for name, data in files.items() if name.startswith(OUTSIDE)}


def found(auditor, files, folder, **options):
    report = judges.judge(auditor, judges.write(files, folder), **options)
    return report.verdict, {each.code for each in report.findings}


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("tell", [smaller, unsettled])
def test_a_log_that_was_written_anew_lacks_what_outsiders_say(auditor, tmp_path, layout, tell):
    files, _ = rewritten(layout, tell=tell)

    verdict, codes = found(auditor, files, tmp_path)

    assert verdict == "incomplete"
    assert codes == {"TIMESTAMP_MISSING", "WITNESS_QUORUM_MISSING"}


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("tell", [smaller, unsettled])
def test_what_outsiders_said_contradicts_a_log_that_was_written_anew(
    auditor, tmp_path, layout, tell
):
    files, genuine = rewritten(layout, tell=tell)
    stored = {n: d for n, d in genuine.items() if n.startswith("log/checkpoints/")}

    beside = found(auditor, files | outside(genuine), tmp_path)
    whole = found(auditor, stored | files | outside(genuine), tmp_path)

    assert beside[0] in judges.BAD
    assert beside[1] & {"TIMESTAMP_BAD", "FILE_UNEXPECTED"}
    assert whole[0] == "altered"
    assert whole[1] & {"TIMESTAMP_BAD", "LOG_FORKED"}


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("size", [145, 189])
def test_a_kept_checkpoint_contradicts_a_log_that_was_written_anew(auditor, tmp_path, layout, size):
    files, genuine = rewritten(layout, tell=smaller)
    kept = tmp_path / "kept"
    kept.write_bytes(genuine[f"log/checkpoints/{size}"])
    (tmp_path / "archives").mkdir()

    verdict, codes = found(auditor, files, tmp_path / "archives", checkpoint=kept)

    assert verdict == "altered"
    assert "LOG_FORKED" in codes


def _signed(signer, files, size, root):
    """Sign another root for a size, as only who holds the log's keys can."""
    return signer.sign(Checkpoint(signer.origin, size, root), 1_717_400_000)


@pytest.mark.parametrize("layout", Layout)
def test_an_older_checkpoint_of_another_log_is_a_fork(auditor, tmp_path, layout):
    files = dict(scene(layout).runs[-1])
    files["log/checkpoints/182"] = _signed(ROTATED, files, 182, b"\7" * 32)

    verdict, codes = found(auditor, files, tmp_path)

    assert verdict == "altered"
    assert "LOG_FORKED" in codes


@pytest.mark.parametrize("layout", Layout)
def test_the_retired_keys_sign_nothing_new(auditor, tmp_path, layout):
    files = dict(scene(layout).runs[-1])
    root = open_checkpoint(files[NEWEST], ROTATED.vkeys).root
    files[NEWEST] = files["log/checkpoint"] = _signed(SIGNER, files, 189, root)

    verdict, codes = found(auditor, files, tmp_path)

    assert verdict == "altered"
    assert "KEY_OUT_OF_PERIOD" in codes


@pytest.mark.parametrize("layout", Layout)
def test_old_and_new_keys_together_sign_nothing_either(auditor, tmp_path, layout):
    files = dict(scene(layout).runs[-1])
    mine = note.parse(files[NEWEST])
    root = open_checkpoint(files[NEWEST], ROTATED.vkeys).root
    older = note.parse(_signed(SIGNER, files, 189, root))
    for lines in (
        [mine.signatures[0], older.signatures[1]],
        [older.signatures[0], mine.signatures[1]],
        [*mine.signatures, *older.signatures],
    ):
        files[NEWEST] = files["log/checkpoint"] = note.write(mine.text, lines)

        verdict, codes = found(auditor, files, tmp_path)

        assert verdict == "altered"
        assert "KEY_OUT_OF_PERIOD" in codes


@pytest.mark.parametrize("layout", Layout)
def test_a_log_signed_for_more_than_it_holds_is_truncated(auditor, tmp_path, layout):
    files = dict(scene(layout).runs[-1])
    files["log/checkpoints/200"] = _signed(ROTATED, files, 200, b"\7" * 32)
    files["log/checkpoint"] = files["log/checkpoints/200"]

    verdict, codes = found(auditor, files, tmp_path)

    assert verdict in judges.BAD
    assert codes & {"LOG_TRUNCATED", "FILE_MISSING"}


@pytest.mark.parametrize("layout", Layout)
def test_an_index_that_hides_a_revision_is_found_though_the_log_names_it(auditor, tmp_path, layout):
    grow = writer.grow

    def hiding(index, new, *others):
        key = rows.key_of(TWICE)
        kept = [each for each in new if not (each[:16] == key and rows.decode(each).revision == 2)]
        return grow(index, kept, *others)

    # From the first run on, so that authority and witness confirm it as they do any other log.
    files = scene(layout, patched=lambda patch: patch.setattr(writer, "grow", hiding)).runs[-1]

    verdict, codes = found(auditor, files, tmp_path)

    assert verdict == "altered"
    assert codes == {"FILE_ALTERED"}


@pytest.mark.parametrize("layout", Layout)
def test_a_history_that_the_insiders_archiver_leaves_out_is_omitted(auditor, tmp_path, layout):
    make = placing.sealed_histories

    def leaving_out(*given):
        return (each for each in make(*given) if each.stream != ONCE)

    files, _ = rewritten(
        layout, patched=lambda patch: patch.setattr(placing, "sealed_histories", leaving_out)
    )

    verdict, codes = found(auditor, files, tmp_path)

    assert verdict in judges.BAD
    assert "EVENT_OMITTED" in codes
