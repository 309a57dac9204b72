"""What the archive's code refuses, and why."""


class ArchiveError(Exception):
    """Base of every error this package raises on purpose."""


class FormatError(ArchiveError):
    """Bytes are not in the one form that the archive's format allows."""


class MemberError(FormatError):
    """A file is not exactly one gzip member of the archive's form."""


class TooLargeError(ArchiveError):
    """Something is larger than the archive ever writes it, so it is not read further."""


class SignatureMissingError(ArchiveError):
    """A note carries no signature by the expected key."""


class SignatureBadError(ArchiveError):
    """A signature by the expected key does not verify over the note's text."""


class CannotContinueError(ArchiveError):
    """The archive cannot be continued from this log; the message says why and what was found."""


class UsageError(ArchiveError):
    """What was asked for cannot be meant."""


class NoArchiveError(ArchiveError):
    """There is no archive where one should be verified."""


class MissingFileError(ArchiveError):
    """A file of the archive is not there."""


class UnreadableFileError(ArchiveError):
    """A file is there but the system does not let it be read."""


class StoreError(ArchiveError):
    """What an archive is written to cannot be read or written as an archive must be."""
