"""What is recorded of who may come in over HTTP: granted, revoked."""

from domain.catalogue import OUR_SOURCE
from domain.event import Fact
from domain.stream import ACCESS_STREAM
from eventstore import log, recording
from eventstore.connection import connect
from eventstore.writer import ROLE
from orderproof.bootstrap import Store

GATE = "orderproof_gate"
"""Database role that sees tokens and engagements, and nothing else."""


def note(store: Store, type_: str, own: str, role: str, by: str, **said: str) -> None:
    """Record that somebody may come in, or may no longer.

    Args:
        store: the open installation.
        type_: of the event.
        own: id of the token or the engagement.
        role: of it.
        by: who decided it.
        said: further members of the event's data.
    """
    now = log.clock(store.connection)
    fact = Fact(
        stream=f"{ACCESS_STREAM}/{now[:10]}",
        type=type_,
        source=OUR_SOURCE,
        id=f"{type_}/{own}/{now}",
        occurred_at=now,
        data={"who": own, "role": role, "by": by, **said},
        actor={"kind": "staff", "id": by},
    )
    with connect(store.dsn, ROLE) as connection:
        recording.record(connection, None, [fact])
