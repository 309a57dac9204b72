"""Errors of the command line, each with the exit code that it ends with."""

OK = 0
INTERNAL = 1
USAGE = 2
ALTERED = 3
INCOMPLETE = 4
CANNOT_TELL = 5
NOT_FOUND = 6
PARTLY = 7
REFUSED = 8


class CommandError(Exception):
    """A command cannot go on.

    Args:
        message: what is wrong and what to do next; holds nothing personal and no secret.
        exit_code: one of the codes of this module.
        details: further members of the JSON that tells of the error.
    """

    def __init__(self, message: str, exit_code: int = USAGE, **details: object) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.details = details
