"""An event log in memory for the archiver's tests: a real chain of lines, a clock that stands."""

import hashlib

from domain.event import Fact
from domain.line import Head, Leaf, Line, OpenOrders, Written, encode_body, first_prev, line_hash

NOON = "2024-05-01T12:00:00.000000Z"


class MemoryLog:
    """What `LogSource` promises, over two lists."""

    def __init__(self, clock=NOON):
        self.clock = clock
        self.rows = []  # the stored lines, position - 1 is the index
        self.hashes = []
        self.streams = {}  # name -> positions
        self.recorded = {}  # (source, id) -> position
        self.attachments = {}  # SHA-256, hex -> sealed file

    def record(self, stream, type_="message.received", occurred_at=NOON, **data):
        """Record one event as intake would."""
        number = len(self.rows) + 1
        fact = Fact(
            stream=stream,
            type=type_,
            source="/test",
            id=f"evt_{number}",
            occurred_at=occurred_at,
            data=data,
        )
        return self.append([fact], [None])[0]

    def attach(self, stream, sealed, **data):
        """Attach a file as the service does: the sealed bytes first, then the event."""
        digest = hashlib.sha256(sealed).hexdigest()
        self.attachments[digest] = sealed
        fact = Fact(
            stream=stream,
            type="evidence.attached",
            source="orderproof",
            id=f"evidence.attached/{len(self.rows)}",
            occurred_at=NOON,
            data={
                name: value
                for name, value in (
                    {"sealed_sha256": digest, "sealed_size": len(sealed)} | data
                ).items()
                if value is not None
            },
        )
        self.append([fact], [None])
        return digest

    def attachment(self, digest):
        return self.attachments.get(digest)

    def append(self, facts, versions):
        return [self._append(fact, version) for fact, version in zip(facts, versions, strict=True)]

    def _append(self, fact, version):
        body = encode_body(fact, fact.data, {})
        position = self.recorded.get((fact.source, fact.id))
        if position is not None:
            if self.rows[position - 1].body != body:
                raise ValueError("recorded already with another body")
            return position
        positions = self.streams.setdefault(fact.stream, [])
        if version is not None and version != len(positions) + 1:
            return None
        line = Line(
            position=len(self.rows) + 1,
            stream=fact.stream,
            version=len(positions) + 1,
            type=fact.type,
            recorded_at=self.clock,
            prev=self.hashes[positions[-1] - 1].hex() if positions else first_prev(fact.stream),
            body=body,
        )
        self.rows.append(line)
        self.hashes.append(line_hash(line.encode()))
        positions.append(line.position)
        self.recorded[fact.source, fact.id] = line.position
        return line.position

    def size(self):
        return len(self.rows)

    def now(self):
        return self.clock

    def lines(self, after, upto):
        return iter(self.rows[after:upto])

    def written(self, after, upto):
        rows = zip(self.rows[after:upto], self.hashes[after:upto], strict=True)
        return (_written(line, digest) for line, digest in rows)

    def leaves(self, after, upto):
        rows = zip(self.rows[after:upto], self.hashes[after:upto], strict=True)
        return (Leaf(line.stream, line.version, digest) for line, digest in rows)

    def stream_lines(self, stream, first, last):
        return (self.rows[p - 1] for p in self.streams[stream][first - 1 : last])

    def ranges(self, wanted):
        return [list(self.stream_lines(*each)) for each in wanted]

    def seals(self, after, upto):
        return (line for line in self.rows[after:upto] if line.type == "history.sealed")

    def seals_at(self, positions):
        lines = (self.rows[p - 1] for p in positions if p <= len(self.rows))
        return [line for line in lines if line.type == "history.sealed"]

    def heads(self, streams):
        return [
            Head(stream, len(self.streams[stream]), self._last_seal(stream, self.size()))
            for stream in streams
            if stream in self.streams
        ]

    def open_lines(self, sealed_upto, upto):
        sealed = {stream: self._last_seal(stream, sealed_upto) for stream in self.streams}
        for line in self.rows[:upto]:
            seal = sealed[line.stream]
            if seal is None or line.version > seal.version:
                yield line

    def open_orders(self, upto, most):
        lines = [line for line in self.open_lines(upto, upto) if line.stream.startswith("order/")]
        streams = list(dict.fromkeys(line.stream for line in lines))
        shops = list(dict.fromkeys(stream.split("/")[1] for stream in streams))
        return OpenOrders(len(lines), streams[: most + 1], shops[: most + 1])

    def stored_runs(self, after):
        return [line for line in self.rows[after:] if line.type == "archive.stored"]

    def _last_seal(self, stream, upto):
        lines = [self.rows[p - 1] for p in self.streams[stream] if p <= upto]
        return next((line for line in reversed(lines) if line.type == "history.sealed"), None)


def _written(line, digest):
    return Written(line.position, line.stream, line.version, line.prev, line.encode(), digest.hex())
