"""Old events in today's form: pure functions from one version of a type's data to the next.

They run when an event is read. What is stored stays as it was recorded, and hashes are over that.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from domain import catalogue

Upcast: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
"""Takes data of a version and returns that of the next; leaves its argument as it is.

Any member may be missing: it was never there, or it is sealed and the reader has no key.
"""


def renamed(names: Mapping[str, str]) -> Upcast:
    """Return the upcast that gives members new names, by the old ones.

    A member that has the new name already stays, and the old one beside it too: that was sent
    so, and neither is thrown away.
    """

    def upcast(data: dict[str, Any]) -> dict[str, Any]:
        return {
            names[name] if name in names and names[name] not in data else name: value
            for name, value in data.items()
        }

    return upcast


_UPCASTS: dict[tuple[str, int], Upcast] = {
    ("stock.shortage_detected", 1): renamed(
        {"system_qty": "system_quantity", "physical_qty": "physical_quantity"}
    ),
}
"""By type and the version that goes in. Versions that changed nothing in the data have none."""


def upcast(type: str, schema: int, data: dict[str, Any]) -> dict[str, Any]:
    """Return the data of an older version in the form of the current one.

    Args:
        type: the event's type.
        schema: the version that the data was recorded in, at most the current one. 0, recorded
            before the type was declared, goes the way of version 1.
        data: the data; where it has sealed parts, they are put back first, since their places are
            those of the old form.
    """
    for version in range(max(schema, 1), catalogue.current_schema(type)):
        step = _UPCASTS.get((type, version))
        if step is not None:
            data = step(data)
    return data
