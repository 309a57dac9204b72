"""JSON pointers: the name of one place inside a JSON value (RFC 6901)."""

_SHOWN = 200


def child(pointer: str, name: str | int) -> str:
    """Return the pointer of a member or an element of the value at `pointer`."""
    if isinstance(name, str) and ("~" in name or "/" in name):
        name = name.replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{name}"


def tokens(pointer: str) -> list[str]:
    """Return the names on the way to a place; none for the whole value.

    Raises:
        ValueError: the text is no pointer.
    """
    if not pointer:
        return []
    if not pointer.startswith("/"):
        raise ValueError("a JSON pointer starts with a slash")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]


def shown(pointer: str) -> str:
    """Return the pointer, cut where hostile names would make a report of it too long."""
    return pointer if len(pointer) <= _SHOWN else f"{pointer[:_SHOWN]}…"
