"""Real archives for the viewer's browser tests, and a plain file server over them."""

import json
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from archive import layout
from archive.layout import Layout
from archive.viewer import viewer_files
from domain.event import Fact
from tests.archive.archive_builder import canonical
from tests.archive.archive_scene import ORIGIN, SIGNER, run
from tests.archive.memory_log import MemoryLog
from tests.archive.viewer_scene import Roots, keyring_payload

VISA = {"kind": "card", "brand": "visa", "last4": "4242"}


def tell_refund(log, stream, number):
    """A refund that settled, as the picture of the specification tells it."""

    def say(what, when, source="/psp/stripe", **data):
        log.append_as(stream, what, when, source, data)

    placed = {"currency": "EUR", "total": 12800, "placed_at": "2026-05-01T14:12:31+02:00"}
    buyer = {"language": "en"}
    money = {"amount": 12800, "currency": "EUR"}
    refund = {"refund_id": f"r-{number}"}
    paid = {"payment_id": "p1", "psp": "stripe", "instrument": VISA, **money}
    lines = [{"sku": "S-1", "title": "Lamp", "quantity": 1, "unit_price": 12800}]
    say("order.placed", "2026-05-01T14:12:31+02:00", "/shop/de", buyer=buyer, lines=lines, **placed)
    say("payment.captured", "2026-05-01T14:12:40+02:00", **paid)
    say("order.confirmed", "2026-05-01T14:15:00+02:00", "/shop/de", order_track_no="T-1")
    say("shipment.dispatched", "2026-05-04T09:00:00+02:00", "/carrier/dhl", shipment_id="s1")
    say("shipment.delivered", "2026-05-08T11:20:00+02:00", "/carrier/dhl", shipment_id="s1")
    said = {"message_id": "m1", "channel": "e-mail"}
    say("message.received", "2026-05-17T18:44:00+02:00", "/mail", **said)
    say("refund.requested", "2026-05-18T09:58:20+02:00", "/desk", **refund, **money)
    say(
        "refund.approved", "2026-05-18T10:40:00+02:00", "/desk", route="original", **refund, **money
    )
    sent = {"psp": "stripe", "payment_id": "p1", "idempotency_key": "k-1"}
    say("refund.submitted", "2026-05-18T10:42:07+02:00", "/desk", **refund, **money, **sent)
    say(
        "refund.succeeded", "2026-05-18T10:42:11+02:00", psp_refund_id="re_EXAMPLE0000091", **refund
    )
    told = {"message_id": "m2", "channel": "e-mail", "template": "refund-sent v3"}
    say("message.sent", "2026-05-18T10:45:00+02:00", "/mail", **told)
    number = {"reference": "74000006140000000000023", "reference_status": "available"}
    kind = {"reference_type": "acquirer_reference_number"}
    say("refund.reference_recorded", "2026-05-19T06:00:12+02:00", **refund, **number, **kind)
    settled = {"settled_on": "2026-05-20", "destination": VISA}
    say("refund.settled", "2026-05-20T09:00:00+02:00", **refund, **money, **settled)


class StoryLog(MemoryLog):
    """The event log in memory, with a source and a time for each event."""

    def append_as(self, stream, type_, occurred_at, source, data, schema=None):
        number = len(self.rows) + 1
        fact = Fact(
            stream=stream,
            type=type_,
            source=source,
            id=f"evt_{number}",
            occurred_at=occurred_at,
            data=data,
            schema=schema,
        )
        self.append([fact], [None])


def keyring():
    roots = Roots()
    keys = [key.vkey() for key in SIGNER.vkeys]
    return roots.envelope(canonical(keyring_payload(ORIGIN, keys, roots)))


def add_viewer(folder):
    """Put a keyring that roots have signed, and the viewer, into an archive."""
    index = folder / layout.INDEX
    root = json.loads(index.read_bytes()) | {"keyring": keyring().decode()}
    files = {
        layout.INDEX: canonical(root) + b"\n",
        "trust/keyring.1.json": keyring(),
        **viewer_files(),
    }
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).unlink(missing_ok=True)
        (folder / name).write_bytes(data)


def make_archive(folder, chosen=Layout.PER_ORDER):
    log = StoryLog(clock="2026-05-21T08:00:00.000000Z")
    numbers = {"de": ["202605001", "twice"], "fr": ["twice", "<img src=x onerror=alert(1)>"]}
    streams = []
    for shop, orders in numbers.items():
        for number in orders:
            streams.append(f"order/{shop}/{number}")
            tell_refund(log, streams[-1], number)
    log.record("system/policy", "policy.changed", rule="refund-v1")
    streams.append("system/policy")
    run(log, folder, streams, chosen=chosen)
    add_viewer(folder)
    return folder


class QuietHandler(SimpleHTTPRequestHandler):
    """The server of `python -m http.server`, which knows nothing of Range; it says nothing."""

    def log_message(self, *_):
        pass


@contextmanager
def serving(folder):
    """Serve a folder on 127.0.0.1; yields its address and the paths that were asked for."""
    asked = []

    class Handler(QuietHandler):
        def do_GET(self):
            asked.append(self.path)
            super().do_GET()

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
