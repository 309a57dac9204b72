"""All sources of payloads, by name."""

from sources import (
    aftership,
    easypost,
    seventeentrack,
    stripe,
)
from sources.format import Format

_ALL: tuple[Format, ...] = (
    aftership.FORMAT,
    easypost.FORMAT,
    seventeentrack.FORMAT,
    stripe.FORMAT,
)

FORMATS: dict[str, Format] = {each.name: each for each in _ALL}
