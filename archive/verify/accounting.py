"""Step 8: every file in the folder is one that the log implies or a manifest names."""

from collections.abc import Callable
from dataclasses import dataclass

from archive import layout, limits, tiles
from archive.findings import INCOMPLETE, Finding, finding
from archive.verify.files import Files
from archive.verify.log import hash_entries
from archive.verify.log_check import LogState
from archive.verify.manifests import Named
from archive.verify.report import Report

_UNFINISHED = "an archive run was interrupted, or log/checkpoint was set back"


@dataclass(frozen=True)
class Expected:
    """Which log files an archive must have.

    Args:
        cut: size of the newest checkpoint.
        sizes: sizes of all checkpoints up to the cut.
    """

    cut: int
    sizes: frozenset[int]

    def partial(self) -> set[tuple[tiles.Level, int, int]]:
        """Return the partial tiles of every size."""
        return {
            tile
            for size in self.sizes
            for tile in tiles.tiles_for_size(size, since=size)
            if tile[2] < tiles.WIDTH
        }


def check_log_files(folder: Files, state: LogState, expected: Expected, report: Report) -> set[str]:
    """Compare every tile and checkpoint that must be there. Return the names of all of them.

    Entry bundles and level 0 tiles at the cut were compared when the log was read.
    """
    names = {layout.CHECKPOINT}
    for size in sorted(expected.sizes):
        name = layout.checkpoint_path(size)
        names.add(name)
        if name not in folder and not folder.is_closed(name):
            detail = f"the checkpoint of size {size} is not there"
            report.add([finding("CHECKPOINT_MISSING", name, detail)])
    log = state.log
    full = {tile for tile in tiles.tiles_for_size(log.readable) if tile[2] == tiles.WIDTH}
    partial = expected.partial()
    last = {tile for tile in partial if _end(tile) == expected.cut}
    read_before = {tile for tile in full | last if tile[0] in ("entries", 0)}
    present = {tile for tile in full | partial if _end(tile) <= log.readable}
    compared = sorted(present - read_before, key=str)
    for done, tile in enumerate(compared, 1):
        report.add(_check_tile(folder, state, tile))
        report.tell(done, len(compared))
    report.count("tiles", len(full | partial))
    names.update(tiles.tile_path(*tile) for tile in full | partial)
    return names


def check_every_file(
    folder: Files,
    state: LogState,
    known: set[str],
    named: Named,
    excused: Callable[[str], bool],
    report: Report,
) -> None:
    """Accuse every file that nothing accounts for.

    Args:
        folder: the archive's files.
        state: the log.
        known: names of the log's files.
        named: what the manifests name, and they themselves.
        excused: tells which files were accused already, or were not asked for.
        report: where findings go.
    """
    cut = state.cut.size
    known = known | {layout.open_path(cut), layout.open_digest_path(cut)}
    for name, size in folder.sizes.items():
        report.count("files")
        report.count("bytes", size)
        if name in known or name in named or excused(name):
            continue
        report.add([_unexpected(name, state, folder)])


def _check_tile(
    folder: Files, state: LogState, tile: tuple[tiles.Level, int, int]
) -> list[Finding]:
    level, index, width = tile
    name = tiles.tile_path(level, index, width)

    def look(data: bytes) -> list[Finding]:
        if level == "entries":
            right = hash_entries(tiles.split_bundle(data)) == state.log.tile(0, index, width)
        else:
            right = data == state.log.tile(level, index, width)
        if right:
            return []
        return [finding("FILE_ALTERED", name, "does not hold what the signed log has there")]

    return folder.examine(name, limits.BUNDLE, look)


def _is_unfinished(folder: Files, cut: int) -> bool:
    """Tell whether a run signed the log at a newer size than it published."""
    sizes = map(layout.checkpoint_size, folder.under("log/checkpoints/"))
    return any(size is not None and size > cut for size in sizes)


def _unexpected(name: str, state: LogState, folder: Files) -> Finding:
    cut = state.cut.size
    size = layout.checkpoint_size(name)
    tile = tiles.parse_path(name)
    opened = layout.open_size(name.replace(".sha256", ".jsonl.gz"))
    if size is not None and size > cut:
        detail = f"is a newer checkpoint than log/checkpoint: {_UNFINISHED}"
    elif tile is not None and _end(tile) > cut:
        detail = f"is a tile of a newer state than log/checkpoint: {_UNFINISHED}"
    elif tile is not None and _end(tile) > state.log.readable:
        detail = "is a tile behind a hole in the log, so nothing tells whether it belongs here"
    elif name.startswith(f"{layout.STAGED}/"):
        detail = f"belongs to a run that was not published: {_UNFINISHED}"
    elif layout.keyring_number(name) is not None:  # step 1 accuses one that is not genuine
        detail = f"is a keyring that no manifest names: {_UNFINISHED}"
    elif layout.parse_evidence_path(name) and _is_unfinished(folder, cut):
        detail = f"is a sealed file that no event up to log/checkpoint names: {_UNFINISHED}"
    elif opened is not None:
        detail = f"belongs to another state of the log than log/checkpoint: {_UNFINISHED}"
    else:
        return finding("FILE_UNEXPECTED", name, "neither the log nor a manifest accounts for it")
    return finding("FILE_UNEXPECTED", name, detail, severity=INCOMPLETE)


def _end(tile: tuple[tiles.Level, int, int]) -> int:
    """Return the smallest log size at which a tile exists."""
    level, index, width = tile
    leaves = 1 if level == "entries" else tiles.WIDTH**level
    return int((index * tiles.WIDTH + width) * leaves)
