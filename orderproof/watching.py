"""The role `watch`: answers open claims anew when what was awaited comes."""

from datetime import UTC, date, datetime

from eventstore import wakeup
from eventstore.connection import connect
from orderproof import claim_cases, terminal, working
from orderproof.bootstrap import PROJECTOR, Store

_SAFETY_NET = 5.0  # seconds without a wake-up before looking anyway: a promised day may have come


def _watch(store: Store, signals: working.Signals) -> None:
    """Answer until a stop. The lease lies on the listening connection: both end together."""
    signals.busy = store.views
    seen: dict[tuple[str, str], tuple[int, date]] = {}
    with connect(store.dsn, PROJECTOR) as listening:
        wakeup.listen(listening)
        working.take_lease(listening, ROLE, signals)
        terminal.complain("watching open claims; SIGTERM ends it")
        while not signals.stop.is_set():
            today = datetime.now(UTC).date()
            done, refused = claim_cases.reanswer(store, today, seen, signals.stop.is_set)
            for each in done:
                claim = terminal.safe(f"{each.claim_id} of {each.order}")
                terminal.complain(f"claim {claim}: answer {each.answer}, {each.verdict}")
            for text in refused:
                terminal.complain(f"not answered: {text}")
            wakeup.wait(listening, _SAFETY_NET)


ROLE = working.Role(
    name="watch",
    work=_watch,
    lease=0x6F726465727763,
    waiting="another worker watches the claims; waiting until it is gone",
    stopped="Stopped; what was answered is recorded.",
)
