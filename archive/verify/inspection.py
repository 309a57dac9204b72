"""A verification under way: what it looks at, and what it has learnt."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from archive import layout
from archive.verify.attached import Attached
from archive.verify.files import Files
from archive.verify.heartbeats import Heartbeats
from archive.verify.hold_check import copies_in
from archive.verify.index_check import Shown
from archive.verify.manifests import Named
from archive.verify.names import history_names, stream_in_header
from archive.verify.outside import Outside
from archive.verify.report import Report
from archive.verify.retention_check import Lists
from archive.verify.sample import Sample

OUR_STREAMS = frozenset((layout.ARCHIVE_STREAM, layout.KEYS_STREAM, layout.POLICY_STREAM))
"""Streams that say what there has to be: archive runs, keyrings, and what was deleted."""

Lines = dict[str, list[tuple[int, bytes]]]


@dataclass
class Inspection:
    """A verification under way.

    Args:
        folder: the archive's files.
        report: what was found.
        only: streams to look at; None: all of them.
        lines: lines with positions of the streams asked for, as the files show them.
        jobs: number of processes that check histories; None: what is best.
        outside: what timestamp authorities and witnesses said.
        heartbeats: those that were seen.
        sample: which histories are read; None: all, or those of the streams asked for.
        attached: the sealed files that what was read names.
    """

    folder: Files
    report: Report
    only: frozenset[str] | None = None
    lines: Lines = field(default_factory=dict)
    named: Named = field(default_factory=Named)
    excused: set[str] = field(default_factory=set)
    lists: Lists = field(default_factory=Lists)
    jobs: int | None = None
    sample: Sample | None = None
    outside: Outside = field(default_factory=Outside)
    heartbeats: Heartbeats = field(default_factory=Heartbeats)
    shown: Shown = field(default_factory=Shown)
    attached: Attached = field(default_factory=Attached)

    @property
    def all_asked(self) -> bool:
        """Tell whether every history is to be read."""
        return self.only is None and self.sample is None

    @property
    def streams_read(self) -> frozenset[str] | None:
        """Return the streams whose files are read: those asked for, and the archive's own."""
        return None if self.only is None else self.only | OUR_STREAMS

    @cached_property
    def names_read(self) -> list[str] | None:
        """Return the files of histories that are read, where they are few; None: all."""
        if self.streams_read is None:
            return None
        return list(history_names(self.folder, self.streams_read))

    def names(self) -> Iterator[str]:
        """Yield the files of histories that are read."""
        few = self.names_read
        return history_names(self.folder, None, self.sample) if few is None else iter(few)

    def passes_over(self, name: str) -> bool:
        """Tell whether nothing is said about a file, as it is of orders that were not asked for.

        Where events of those asked for are missing, any pack may be what should hold them.
        """
        if name.startswith(f"{layout.EVIDENCE}/") and not self.all_asked:
            return name not in self.attached
        stems, few = self.stems_read, self.names_read
        if self.sample is not None:
            parsed = layout.parse_history_path(name)
            in_sample = parsed is None or self.sample.takes(parsed.stem)
            return not in_sample and name.startswith("orders/")
        if stems is None or few is None or name in few:
            return False
        if layout.parse_pack_path(name) is not None:
            return not self.report.total["EVENT_OMITTED"]
        parsed = layout.parse_history_path(layout.copied_path(name))
        return parsed is not None and parsed.stem not in stems and name not in self.copies_read

    @cached_property
    def copies_read(self) -> frozenset[str]:
        """Return the copies of held histories that say they are of an order that was asked for.

        There are few copies, and each is read: a forged one may have any name.
        """
        asked = self.streams_read or ()
        copies = copies_in(self.folder)
        return frozenset(name for name in copies if stream_in_header(self.folder, name) in asked)

    @property
    def stems_read(self) -> set[str] | None:
        """Return the names, up to the date, of the histories that are read."""
        if self.streams_read is None:
            return None
        return {layout.history_stem(stream) for stream in self.streams_read}
