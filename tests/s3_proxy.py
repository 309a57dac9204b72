"""An HTTP proxy in front of a real S3 server, for what a network and a busy server do."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class Proxy:
    """Requests pass unless a rule takes them.

    Args:
        target: address of the server behind.

    Rules are functions that tests put in place of these:
        before: gets method and path; returns status and code of an answer that is given instead.
        after: as `before`, when the server has done its work and the answer is not sent yet.
        body: gets method, path and body of an answer; returns the body that is sent on.
    """

    def __init__(self, target: str) -> None:
        self.target = urlsplit(target).netloc
        self.before: Callable[[str, str], tuple[int, str] | None] = lambda method, path: None
        self.after: Callable[[str, str], tuple[int, str] | None] = lambda method, path: None
        self.body: Callable[[str, str, bytes], bytes] = lambda method, path, data: data
        self.endpoint = ""


@contextmanager
def proxy_of(target: str) -> Iterator[Proxy]:
    """Run a proxy on a free port of the loopback interface."""
    proxy = Proxy(target)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self._pass()

        def do_PUT(self):
            self._pass()

        def do_HEAD(self):
            self._pass()

        def do_DELETE(self):
            self._pass()

        def do_POST(self):
            self._pass()

        def log_message(self, *_):
            pass

        def _pass(self):
            if self.headers.get("Expect") == "100-continue":
                self.send_response_only(100)
                self.end_headers()
            data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = proxy.before(self.command, self.path)
            if answer is None:
                status, headers, body = self._forward(data)
                answer = proxy.after(self.command, self.path)
            if answer is not None:
                status, code = answer
                if not status:
                    self.close_connection = True
                    return
                body = f"<Error><Code>{code}</Code></Error>".encode()
                headers = []
            elif body:
                body = proxy.body(self.command, self.path, body)
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                    self.send_header(name, value)
            length = {n.lower(): v for n, v in headers}.get("content-length", "0")
            self.send_header("Content-Length", length if self.command == "HEAD" else str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _forward(self, data):
            connection = http.client.HTTPConnection(proxy.target, timeout=30)
            try:
                headers = {n: v for n, v in self.headers.items() if n.lower() != "expect"}
                connection.request(self.command, self.path, body=data, headers=headers)
                answer = connection.getresponse()
                return answer.status, answer.getheaders(), answer.read()
            finally:
                connection.close()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    proxy.endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
