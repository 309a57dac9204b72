"""Histories that are deleted after their retention, as `retention apply` does it."""

from datetime import date

from archive import expiry, layout, retired
from archive.folder import Folder
from domain.event import Fact
from tests.archive.archive_scene import ORIGIN, run

NOON_2024 = "2024-05-01T12:00:00.000000Z"
NOON_2030 = "2030-05-01T12:00:00.000000Z"
POLICY = layout.POLICY_STREAM


def announce(log, digest, **changes):
    data = {"as_of": log.clock[:10], "by": "staff-1", "list_sha256": digest} | changes
    fact = Fact(stream=POLICY, type=retired.APPLIED, source="orderproof",
                id=f"{retired.APPLIED}/{digest}", occurred_at=log.clock, data=data)  # fmt: skip
    log.append([fact], [None])


def listed(log, root, expired):
    """Store a list of what is expired, as `retention apply` does, and name it in the log."""
    with Folder(root) as store:
        files = expiry.expiring_files(store, set(expired))
        [digest] = expiry.store_lists(store, ORIGIN, files, date.fromisoformat(log.clock[:10]))
    announce(log, digest)
    run(log, root, [POLICY])
    return digest


def deleted(log, root, expired):
    digest = listed(log, root, expired)
    with Folder(root) as store:
        expiry.delete_listed(store, digest, set())
    return digest
