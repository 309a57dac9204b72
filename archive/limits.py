"""Largest sizes in an archive, in bytes: no writer exceeds them, and no reader reads further."""

HISTORY = 128 << 20
"""A history, both as it lies in the folder and as text."""

PACK = 16 << 20
"""A pack of histories, and the text of its rows."""

PACKED = 4 << 20
"""A history in a pack, compressed; a longer one is a file of its own."""

HISTORIES_IN_A_PACK = 4096

MANIFEST = 256 << 20
UNNAMED_MANIFEST = 32 << 20
"""For a manifest whose digest nobody vouches for: it may be made to use up memory. It is enough
for the manifest of a whole run that was killed, with names of usual length."""

RETIRED = 256 << 20
"""A list of deleted histories, as text."""

KEYRING = 1 << 20
NOTE = 64 << 10
TOKEN = 256 << 10
"""An authority's answer, with the certificates that it sends along."""

REVOCATION = 16 << 20
"""A list of revoked certificates, or an answer about one."""

RENEWAL = 1 << 40
"""A renewal's list is read line by line, as open lines are."""

BUNDLE = 64 << 10

ATTACHMENT = 101 << 20
"""A sealed file that was attached to an order; verification reads it in pieces."""

LINE = 8 << 20
"""An event's line."""

OPEN_TEXT = 1 << 40
"""Open lines are read row by row, so the limit only ends what never would."""

HISTORIES_IN_A_RUN = 50_000
"""A row of a manifest has at most 1,600 bytes, so that many stay below `MANIFEST`; a usual one has
300, and that many take little memory. More histories are written in several runs, of which only
the last is published."""

INDEX = 64 << 20
"""The root of the index; it has 44 bytes for each shard, and so one for every 30 histories."""

SHARD = 16 << 20
"""A shard of the index; it has about 64 KB, and more only where many rows have one key."""
