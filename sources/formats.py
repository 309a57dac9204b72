"""All sources of payloads, by name."""

from sources.format import Format

_ALL: tuple[Format, ...] = ()

FORMATS: dict[str, Format] = {each.name: each for each in _ALL}
