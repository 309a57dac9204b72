"""All sources of payloads, by name."""

from sources import easypost
from sources.format import Format

_ALL: tuple[Format, ...] = (easypost.FORMAT,)

FORMATS: dict[str, Format] = {each.name: each for each in _ALL}
