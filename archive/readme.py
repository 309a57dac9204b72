"""The README.txt that stands in every archive: what it is and how to check it."""

from importlib.resources import files


def readme() -> bytes:
    """Return the text, English and Simplified Chinese, in UTF-8."""
    return files("archive").joinpath("archive-readme.txt").read_bytes()
