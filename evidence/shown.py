"""Foreign text as a page shows it: what is invisible, or turns the reading around, is escaped."""

import unicodedata

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_LONGEST = 160
_GROUP = 8


def shown(text: str, longest: int = _LONGEST) -> str:
    r"""Return text that is safe to print beside our own.

    Control characters, marks that reverse the direction of writing, private and unassigned
    characters, which no font can show, become `\u202e` and the like. Spaces of other widths stay
    spaces. What is too long is cut and ends with `…`; the attached files have all of it.
    """
    cut = text if len(text) <= longest else text[:longest] + "…"
    if cut.isprintable():
        return cut
    return "".join(_escaped(c) if unicodedata.category(c) in _INVISIBLE else c for c in cut)


def grouped(digest: str) -> str:
    """Return the first 16 bytes of a hexadecimal digest in groups, as a table shows it."""
    return " ".join(digest[at : at + _GROUP] for at in range(0, 32, _GROUP))


def in_fours(reference: str) -> str:
    """Return a long reference of digits in groups of four, which people can compare."""
    if not reference.isdecimal() or len(reference) < 12:
        return reference
    return " ".join(reference[at : at + 4] for at in range(0, len(reference), 4))


def at(time: str) -> str:
    """Return an RFC 3339 time with a space between day and time; other text as it was sent."""
    day, mark, rest = time.partition("T")
    return shown(f"{day} {rest}" if mark and len(day) == 10 else time, 40)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
