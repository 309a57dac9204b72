"""A sample of histories, what it proves, and tags that are computed with their key."""

import math
import re

import pytest

from archive.errors import UsageError
from archive.layout import Layout
from archive.verify import Sample, draw
from archive.verify.command import main
from archive.verify.sample import most_altered
from tests.archive.archive_attacks import about, check, codes, put_together, take_apart
from tests.archive.archive_builder import Installation, history_name
from tests.archive.archive_scene import TAG_KEY, order, run
from tests.archive.archive_scene import files as files_of
from tests.archive.memory_log import MemoryLog

HALF = Sample(0.5, "seed")


@pytest.fixture(scope="module")
def many():
    """Forty orders, one of which has a second revision and open lines."""
    shop = Installation()
    streams = [shop.order(str(number), events=2) for number in range(40)]
    shop.run(*streams)
    for stream in streams[:4]:
        shop.record(stream, "refund.settled", {"refund_id": "r"})
    shop.run(*streams[:4])
    for stream in streams[:4]:
        shop.record(stream, "message.sent", {})
    shop.run()
    return shop


def name(number, revision=1):
    return history_name(f"order/de/{number}", "20240501", revision)


def stem(number):
    return name(number).partition("_")[0]


TAKEN = [number for number in range(40) if HALF.takes(stem(number))]
LEFT = [number for number in range(40) if number not in TAKEN]


def changed(files, which):
    """Change a line of an order."""
    header, lines, proof = take_apart(files[name(which)])
    lines[1] = lines[1].replace(b"12800", b"99999")
    files[name(which)] = put_together(header, lines, proof)
    return files


def test_a_sample_takes_about_its_share():
    assert 10 < len(TAKEN) < 30
    taken = sum(Sample(0.05, "x").takes(f"orders/de/aa/{n}") for n in range(20_000))
    assert 800 < taken < 1200
    assert all(Sample(1, "x").takes(str(n)) for n in range(100))


def test_a_sample_reads_some_and_says_what_that_proves(many, tmp_path):
    report = check(many.files, tmp_path, sample=HALF)

    assert report.verdict == "intact"
    assert report.checked["orders"] == 40
    assert report.checked["orders_read"] == len(TAKEN)
    assert report.checked["log_entries"] == many.cut, "the log is checked whole"
    first = report.not_checked[0]
    assert first.startswith(f"{len(LEFT)} of 40 histories were not read (--seed seed)")
    bound = 100 * most_altered(40, len(TAKEN)) / 40
    assert f"with 95 % confidence at most {bound:.3g} % of them all are altered" in first


def test_what_is_in_the_sample_is_found_and_what_is_not_is_not(many, tmp_path):
    inside = check(changed(dict(many.files), TAKEN[0]), tmp_path, sample=HALF)
    outside = check(changed(dict(many.files), LEFT[0]), tmp_path, sample=HALF)

    assert inside.verdict == "altered"
    assert "EVENT_NOT_LOGGED" in codes(inside)
    assert "confidence" not in inside.not_checked[0]
    assert outside.verdict == "intact"


def test_a_file_that_is_gone_is_missing_in_or_out_of_the_sample(many, tmp_path):
    for number in (TAKEN[0], LEFT[0]):
        files = {n: d for n, d in many.files.items() if n != name(number)}

        report = check(files, tmp_path, sample=HALF)

        assert report.verdict == "incomplete"
        assert [e.object for e in about(report, "FILE_MISSING")] == [name(number)]


def test_an_event_that_is_left_out_of_a_sampled_order_is_omitted(tmp_path):
    shop = Installation()
    streams = [shop.order(str(number), events=2) for number in range(40)]
    shop.run(*streams)
    shop.record(streams[TAKEN[0]], "refund.failed", {}, hidden=True)
    shop.record(streams[LEFT[0]], "refund.failed", {}, hidden=True)
    shop.run()

    report = check(shop.files, tmp_path, sample=HALF)

    assert [e.object for e in about(report, "EVENT_OMITTED")] == [f"order de/{TAKEN[0]}"]
    assert report.verdict == "incomplete"


def test_a_sample_of_packs_reads_some_histories_of_each(tmp_path):
    log, root = MemoryLog(), tmp_path / "packed"
    run(log, root, [order(log, number) for number in range(40)], chosen=Layout.PACK)

    report = check(files_of(root), tmp_path, sample=HALF)

    assert report.as_dict()["findings"] == []
    assert report.checked["orders"] == 40
    assert report.checked["orders_read"] == sum(HALF.takes(stem(n)) for n in range(40))
    assert report.checked["histories"] == report.checked["orders_read"]


@pytest.mark.parametrize(
    ("histories", "read", "most"), [(10, 10, 0), (100, 59, 3), (100_000, 5000, 58), (5, 0, 5)]
)
def test_the_bound_is_that_of_the_hypergeometric_distribution(histories, read, most):
    found = most_altered(histories, read)

    def missed(altered):
        return math.comb(histories - altered, read) / math.comb(histories, read)

    assert found == most
    assert missed(found) >= 0.05
    assert found == histories - read or missed(found + 1) < 0.05


def test_a_new_sample_has_a_seed_that_nobody_could_foresee():
    first, second = draw("5%"), draw("0.05")

    assert first.seed != second.seed
    assert re.fullmatch("[0-9a-f]{16}", first.seed)
    assert first.share == second.share == 0.05
    assert draw("5%", "again") == Sample(0.05, "again")


@pytest.mark.parametrize("share", ["", "5", "0", "101%", "-1%", "many", "nan", "inf%"])
def test_what_is_no_share_is_refused(share, tmp_path, capsys, many):
    root = many.write(tmp_path / "archive")

    with pytest.raises(UsageError):
        draw(share)
    assert main([str(root), f"--sample={share}"], root) == (2 if share else 0)


def test_with_the_tag_key_tags_are_computed(many, tmp_path):
    key = tmp_path / "tag.key"
    key.write_text(many.tag_key.hex() + "\n")

    report = check(many.files, tmp_path, tag_key=key)

    assert report.verdict == "intact"
    assert not any("tag" in text for text in report.not_checked)


def test_a_log_that_keeps_an_order_under_another_tag_is_found_with_the_key(tmp_path):
    shop = Installation()
    honest = shop.tag
    shop.tag = lambda stream: honest(stream + "x" if stream.endswith("/2") else stream)
    shop.order("1")
    second = shop.order("2")
    shop.order("open/2", events=1)
    shop.run(second)
    key = tmp_path / "tag.key"
    key.write_text(shop.tag_key.hex() + "\n")

    without, with_key = check(shop.files, tmp_path), check(shop.files, tmp_path, tag_key=key)

    assert without.verdict == "intact"
    assert with_key.verdict == "altered"
    assert {e.object for e in about(with_key, "EVENT_WRONG_ORDER")} == {
        "order de/2",
        "order de/open/2",
    }


@pytest.mark.parametrize("content", [None, b"", b"short", TAG_KEY + b"\n"])
def test_what_is_no_tag_key_is_no_proof(many, tmp_path, content, capsys):
    root = many.write(tmp_path / "archive")
    key = tmp_path / "tag.key"
    if content is not None:
        key.write_bytes(content)

    assert main([str(root), "--tag-key", str(key)], root) == 5
    assert "tag key" in capsys.readouterr().err
