"""The few files of an archive that newer ones replace, beside its signatures and its index.

They say how to read the archive. A newer release may bring others, so a run names those of them
in its manifest that it changes, and the newest manifest tells what has to be there.
"""

from importlib.resources import files

from archive import layout
from archive.readme import readme
from archive.single_file import single_file
from archive.viewer import viewer_files


def replaced_files() -> dict[str, bytes]:
    """Return them as this release writes them, by name."""
    return {
        layout.README: readme(),
        layout.VERIFIER: single_file(),
        layout.FORMAT: files("archive").joinpath("archive-format.md").read_bytes(),
        **viewer_files(),
    }
