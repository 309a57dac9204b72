"""What a store should hold, as plain Python: the state machine drives both and compares."""

from dataclasses import dataclass, field

from domain.event import Event, Fact
from eventstore.recording import Outcome
from tests.faults.invariants import Acknowledged

PERSONAL = "buyer"


@dataclass
class Recorded:
    """One event that was acknowledged."""

    fact: Fact
    position: int
    version: int
    digest: bytes
    erased: bool = False


@dataclass
class Model:
    """The events by id, and the version of each stream."""

    events: dict[str, Recorded] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)

    @property
    def acknowledged(self) -> list[Acknowledged]:
        """Return every answer that somebody got, in the form of the invariants."""
        return [
            Acknowledged(each.fact.source, name, each.position, each.version)
            for name, each in self.events.items()
        ]

    def take(self, told: list[tuple[Fact, Outcome]], *, again: bool = False) -> None:
        """Compare what callers were told with what they should be, and remember it.

        Args:
            told: all that was offered since the last time, and each outcome.
            again: whether something was offered twice, so that a duplicate may be new here.
        """
        new = []
        for fact, outcome in told:
            known = self.events.get(fact.id)
            if known is None:
                assert outcome.result in (("recorded", "duplicate") if again else ("recorded",))
                new.append((outcome.position, outcome.version, fact, outcome.digest))
                continue
            assert outcome.result == ("duplicate" if fact == known.fact else "mismatch")
            assert (outcome.position, outcome.version) == (known.position, known.version)
            if not known.erased:
                assert outcome.stored_digest == known.digest
        first = len(self.events) + 1
        for number, (position, version, fact, digest) in enumerate(sorted(new, key=_place), first):
            assert position == number
            assert version == self.versions.get(fact.stream, 0) + 1
            self.versions[fact.stream] = version
            self.events[fact.id] = Recorded(fact, position, version, digest)

    def erase(self, stream: str) -> None:
        """Forget what of this stream was personal so far."""
        for each in self.events.values():
            if each.fact.stream == stream and PERSONAL in each.fact.data:
                each.erased = True

    def check_content(self, stream: str, events: list[Event]) -> None:
        """Compare what a stream reads back as with what was offered."""
        mine = [each for each in self.events.values() if each.fact.stream == stream]
        mine.sort(key=lambda each: each.version)
        assert [event.id for event in events] == [each.fact.id for each in mine]
        for event, each in zip(events, mine, strict=True):
            assert event.sealed == each.erased
            if each.erased:
                assert event.data == {**each.fact.data, PERSONAL: {}}
            else:
                assert event.data == each.fact.data


def _place(new: tuple[int, int, Fact, bytes]) -> int:
    return new[0]
