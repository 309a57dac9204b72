"""What a position at the seller may see of a customer (R172). Lists mask by default."""

from collections.abc import Mapping

import msgspec


class Role(msgspec.Struct, frozen=True):
    """A position: its name, and whether it sees e-mail addresses and phone numbers, too."""

    name: str
    sees_contact: bool


ROLES: Mapping[str, Role] = {
    role.name: role
    for role in (
        Role("service", sees_contact=True),
        Role("manager", sees_contact=True),
        Role("warehouse", sees_contact=False),
        Role("finance", sees_contact=False),
    )
}
"""The positions that see names. Auditors, and whoever names no position, see none."""
