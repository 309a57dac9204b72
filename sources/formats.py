"""All sources of payloads, by name."""

from sources import easypost, stripe
from sources.format import Format

_ALL: tuple[Format, ...] = (easypost.FORMAT, stripe.FORMAT)
from sources import aftership, easypost, seventeentrack
from sources.format import Format

_ALL: tuple[Format, ...] = (aftership.FORMAT, easypost.FORMAT, seventeentrack.FORMAT)

FORMATS: dict[str, Format] = {each.name: each for each in _ALL}
