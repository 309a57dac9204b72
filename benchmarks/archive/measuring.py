"""What is measured: archiving, verifying, and asking, each as a process of its own."""

import shutil
from collections.abc import Callable, Collection
from pathlib import Path

from benchmarks import processes
from benchmarks.archive import limits, scene
from benchmarks.archive.scene import Scene
from benchmarks.figures import Figure, line

LAYOUTS = ("per-order", "pack")
BUCKET = "bucket"
_PACKS = ("--layout", "pack", "--json")
_SHORT = 5  # how often a short command is run


def measure(place: Scene, parts: Collection[str], say: Callable[[str], None]) -> list[Figure]:
    """Archive all orders in both layouts, verify both archives, and ask them.

    Args:
        place: the orders.
        parts: of `LAYOUTS` and `BUCKET`, what is measured.
        say: told each figure.
    """
    figures: list[Figure] = []

    def add(figure: Figure) -> None:
        figures.append(figure)
        say(line(figure))

    for layout in [each for each in LAYOUTS if each in parts]:
        environment, archive = place.archived_from(layout.replace("-", "_"))
        command = place.command("archive", "--all", "--layout", layout, "--json")
        done = processes.run(command, environment)
        histories = done.report()["run"]["histories"]
        add(_archived(place, layout, archive, histories, done))
        add(Figure(f"bytes a history, {layout}", round(_bytes(archive) / histories), "bytes"))
        own = sum(_bytes(archive / folder) for folder in ("orders", "system", "packs"))
        add(Figure(f"of which its own, {layout}", round(own / histories), "bytes"))
        add(_verified(layout, archive, place, environment))
        _ask(place, layout, archive, environment, add)
        shutil.rmtree(archive)
    if BUCKET in parts:
        _in_bucket(place, add)
    return figures


def _in_bucket(place: Scene, add: Callable[[Figure], None]) -> None:
    """Archive all orders in packs to a bucket with Object Lock of a real server, and ask it."""
    with place.bucket("bucket") as (environment, address):
        done = processes.run(place.command("archive", "--all", *_PACKS), environment)
        rate = done.report()["run"]["histories"] / done.seconds
        add(
            Figure(
                "archive to a bucket, pack",
                round(rate),
                "histories/s",
                mb=done.mb,
                wanted="≥ 1,000",
                reached=rate >= 1000,
            )
        )
        _claim(place, "bucket, pack", address, environment, add)


def _archived(
    place: Scene, layout: str, archive: Path, histories: int, done: processes.Done
) -> Figure:
    rate = histories / done.seconds
    ratio = None
    wanted = 1000 if layout == "per-order" else 3000
    if layout == "per-order":
        count, seconds = limits.write(limits.texts(archive), place.folder / "limit")
        ratio = round(rate / (count / seconds), 2)
    return Figure(
        f"archive to a folder, {layout}",
        round(rate),
        "histories/s",
        ratio,
        done.mb,
        f"≥ {wanted:,}" + (" and ≥ 0.3 × the limit" if ratio else ""),
        rate >= wanted and (ratio is None or ratio >= 0.3),
    )


def _verified(layout: str, archive: Path, place: Scene, environment: dict[str, str]) -> Figure:
    done = processes.run(place.command("verify", str(archive), "--json"), environment)
    report = done.report()
    if report["verdict"] != "intact":
        raise AssertionError(report)
    events = report["checked"]["size"]
    rate = events / done.seconds
    ratio = None
    if layout == "per-order":
        count, seconds = limits.chain_and_tree(limits.texts(archive))
        ratio = round(rate / (count / seconds), 2)
    wanted = "≥ 50,000" + (" and ≥ 0.25 × the limit" if ratio else "")
    return Figure(
        f"verify, {layout}",
        round(rate),
        "events/s",
        ratio,
        done.mb,
        wanted,
        rate >= 50_000 and (ratio is None or ratio >= 0.25),
    )


def _ask(
    place: Scene,
    layout: str,
    archive: Path,
    environment: dict[str, str],
    add: Callable[[Figure], None],
) -> None:
    _claim(place, f"archive, {layout}", str(archive), environment, add)
    single = archive / "orderproof-verify.py"
    alone = processes.run(scene.python(str(single), str(archive), "--json"), environment)
    report = alone.report()
    if report["verdict"] != "intact":
        raise AssertionError(report)
    rate = report["checked"]["size"] / alone.seconds
    add(
        Figure(
            f"verify with the single file, {layout}",
            round(rate),
            "events/s",
            mb=alone.mb,
            wanted="≥ 20,000",
            reached=rate >= 20_000,
        )
    )
    if layout == "per-order":
        one = next(archive.glob("orders/*/*/*.gz"))
        command = scene.python("-m", "archive", "verify", str(one))
        done = processes.middle(command, environment, _SHORT, 0, 5)  # 5: without a keyring
        add(_at_most("one history verified", done, 0.3))


def _claim(
    place: Scene,
    where: str,
    address: str,
    environment: dict[str, str],
    add: Callable[[Figure], None],
) -> None:
    number = str(place.histories // 2)
    asked = place.command("claim", number, "--from-archive", address, "--json")
    done = processes.middle(asked, environment, _SHORT)
    add(_at_most(f"claim from the {where}", done, 0.5))
    requests = done.report()["integrity"]["requests"]
    work = f"requests of a claim from the {where}"
    add(Figure(work, requests, "requests", wanted="≤ 4", reached=requests <= 4))


def _at_most(work: str, done: processes.Done, bound: float) -> Figure:
    seconds = round(done.seconds, 2)
    return Figure(work, seconds, "s", None, done.mb, f"< {bound} s", done.seconds < bound)


def _bytes(archive: Path) -> int:
    return sum(path.stat().st_size for path in archive.rglob("*") if path.is_file())
