"""All words of the pack in one language. Templates name their slots in braces."""

from collections.abc import Mapping

import msgspec


class Page(msgspec.Struct, frozen=True):
    """The words.

    Args:
        labels: heads, names of columns and rows, single words.
        texts: sentences.
        steps: what an event means for the money, by its type.
        sought: what the pack looks for, by key.
        found: what each means, by `key:state`, with the states of `evidence.absences`.
        files: what an attached file is, by its kind.
        limits: what the proof does not show, in full sentences.
    """

    labels: Mapping[str, str]
    texts: Mapping[str, str]
    steps: Mapping[str, str]
    sought: Mapping[str, str]
    found: Mapping[str, str]
    files: Mapping[str, str]
    limits: tuple[str, ...]
