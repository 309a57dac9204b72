"""What commands say of orders that a projection goes on without."""

from collections.abc import Sequence
from typing import Any

from domain.errors import NewerSchemaError
from domain.stream import order_name
from orderproof import errors, terminal
from projections.status import SetAside

_RETRY = "orderproof projection retry"


def exit_code(aside: Sequence[SetAside]) -> int:
    """Return 3 where an event is not what was recorded, 7 where orders are set aside, else 0."""
    if any(each.altered for each in aside):
        return errors.ALTERED
    return errors.PARTLY if aside else errors.OK


def as_dict(each: SetAside) -> dict[str, Any]:
    """Return what `--json` says of one."""
    return {
        "projection": each.projection,
        "order": order_name(each.stream),
        "position": each.position,
        "attempts": each.attempts,
        "error": each.error,
        "place": each.place,
        "altered": each.altered,
        "first_seen": each.first_seen,
        "last_seen": each.last_seen,
    }


def complain_of(aside: Sequence[SetAside]) -> None:
    """Say on stderr what is set aside and what to do about each."""
    for each in aside:
        order = terminal.safe(order_name(each.stream))
        if each.altered:
            what = "is not what was recorded. Compare with the archive: orderproof verify"
        elif each.error == NewerSchemaError.__name__:
            what = f"was recorded by a newer release ({each.error}). Install it, then: {_RETRY}"
        else:
            what = f"fails with {each.error} in {each.place}. Once the program is mended: {_RETRY}"
        terminal.complain(
            f"set aside: {each.projection}, order {order}: the event at position {each.position} "
            f"{what}"
        )
