"""What the domain refuses, and why."""

from typing import NoReturn


class DomainError(Exception):
    """Base of every error the domain raises on purpose."""


class InvalidInputError(DomainError):
    """Input that cannot be read as an event.

    Args:
        code: short stable name of the rule that was broken, such as `duplicate-key`.
        place: where in the input, as a JSON pointer or an attribute's name; empty for all of it.
        message: one sentence for people; holds no value of the input, which may be personal.
    """

    def __init__(self, code: str, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.code = code
        self.place = place
        self.message = message


class CommandRefusedError(DomainError):
    """A rule stands against what a member of staff asks for.

    Args:
        code: short stable name of the rule, such as `refund-decided`.
        message: one sentence for people.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def refuse(code: str, message: str) -> NoReturn:
    """Refuse what a member of staff asks for.

    Raises:
        CommandRefusedError: always.
    """
    raise CommandRefusedError(code, message)


class ConflictError(DomainError):
    """An order changed each time before a decision about it could be recorded: try again."""


class CommandReusedError(DomainError):
    """A command's id belongs to another command, which was carried out."""


class OrderUnknownError(DomainError):
    """Nothing is recorded of this order."""


class NewerSchemaError(DomainError, ValueError):
    """An event was recorded by a newer release, in a version that this one does not know.

    It is not damaged and stays as it is; only a newer release can tell what it means.

    Args:
        type: the event's type.
        position: of the event in the log; 0 where the reader does not know it.
        schema: the version it was recorded in.
        known: the newest version that this release knows.
    """

    def __init__(self, type: str, position: int, schema: int, known: int) -> None:
        super().__init__(
            f"the event at position {position} is a {type} of version {schema}, and this release "
            f"knows versions up to {known}"
        )
        self.type = type
        self.position = position
        self.schema = schema
        self.known = known
