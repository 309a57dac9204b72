"""A machine's clock that jumps does not shorten how long anything is kept."""

import gzip
import json

import pytest

from archive import clock
from archive.verify import verify_archive
from tests.archive.archive_scene import order, run
from tests.archive.memory_log import MemoryLog

BACK = "2024-05-01T10:00:00.000000Z"
FAR_BACK = "2019-05-01T12:00:00.000000Z"


@pytest.mark.parametrize("jumped", [BACK, FAR_BACK, "2024-05-01T12:00:00.000000Z"])
def test_retention_counts_from_the_newest_event_where_the_clock_went_back(tmp_path, jumped):  # C-17
    log = MemoryLog()
    stream = order(log, "202405001")
    log.clock = jumped

    run(log, tmp_path / "archive", [stream])

    (file,) = (tmp_path / "archive").glob("orders/*/*/*.gz")
    lines = gzip.decompress(file.read_bytes()).partition(b"\n\n")[0].splitlines()
    assert json.loads(lines[-1])["event"]["data"]["retain_until"] == "2028-03-31"
    assert verify_archive(tmp_path / "archive").verdict == "intact"


def test_an_empty_log_has_the_clocks_time():
    assert clock.now(MemoryLog()) == MemoryLog().clock
