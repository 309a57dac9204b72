"""What a failure means to the person at the keyboard, and the exit code that it ends with."""

from orderproof import errors, terminal


def explain(error: Exception) -> tuple[str, int] | None:
    """Return message and exit code of an error that is no fault of the program."""
    import psycopg2

    from archive.errors import ArchiveError
    from archive.log_source import LogAlteredError
    from domain.errors import DomainError, NewerSchemaError
    from eventstore.connection import is_away
    from eventstore.errors import (
        EventStoreError,
        HeldError,
        KeyMissingError,
        StoreAlteredError,
    )
    from projections.log_source import KeysUnavailableError
    from projections.rebuild import SwapBlockedError

    if isinstance(error, LogAlteredError | StoreAlteredError):
        return str(error), errors.ALTERED
    if isinstance(error, NewerSchemaError):
        return f"{error}. Install the newer release and run the same command again.", (
            errors.CANNOT_TELL
        )
    if isinstance(error, KeyMissingError | KeysUnavailableError):
        message = str(error)
        if not message.endswith("."):  # those of key files say what to do
            message += (
                ". Bring the right keys back from their backup and run the same command again."
            )
        return message, errors.CANNOT_TELL
    if isinstance(error, DomainError):
        return str(error), errors.USAGE
    if isinstance(error, HeldError):
        return f"{error}. See: orderproof hold list", errors.REFUSED
    if isinstance(error, ArchiveError | EventStoreError | SwapBlockedError):
        return str(error), errors.CANNOT_TELL
    if isinstance(error, psycopg2.errors.DiskFull):
        return "the database's disk is full. Make room and run the same command again.", (
            errors.CANNOT_TELL
        )
    if isinstance(error, psycopg2.errors.LockNotAvailable | psycopg2.errors.QueryCanceled):
        return (
            "the database is busy: somebody holds a lock in it for long. Nothing was acknowledged "
            "that is not stored; `orderproof projection status` shows the longest transaction. "
            "Run the same command again when it has ended."
        ), errors.CANNOT_TELL
    if isinstance(error, psycopg2.errors.InsufficientPrivilege):
        return (
            "the database refuses what this command needs. Next: let an administrator look at the "
            "roles in orderproof/migrations/roles and at the login in ORDERPROOF_DATABASE_URL."
        ), errors.CANNOT_TELL
    if is_away(error):
        message = (
            "the database cannot be reached or went away. Nothing was acknowledged that is not "
            "stored; run the same command again when it is back."
        )
        return message, errors.CANNOT_TELL
    if isinstance(error, OSError):
        # The system's reason and the file, which is one of ours or one that was named to us.
        where = f" ({terminal.safe(str(error.filename))})" if error.filename else ""
        return f"{error.strerror or type(error).__name__}{where}", errors.CANNOT_TELL
    usage = getattr(error, "format_message", None)  # click's own
    return (_with_help(error, str(usage())), errors.USAGE) if callable(usage) else None


def _with_help(error: Exception, message: str) -> str:
    """Name the help of the command that was not understood, unless the message is that help."""
    if message.startswith("Usage:"):
        return message
    command = getattr(getattr(error, "ctx", None), "command_path", "orderproof")
    return f"{message.rstrip('.')}. See: {command} --help"
