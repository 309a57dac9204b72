"""The whole application over a data folder, asked with tokens of any role."""

import socket
import threading
from contextlib import ExitStack, contextmanager

import httpx
import uvicorn

from api.limiting import Limits
from orderproof import engagements, installation, serving, tokens
from orderproof.bootstrap import open_store


class Reading:
    """A served data folder."""

    def __init__(self, store, app, url):
        self.store, self.app, self.url = store, app, url
        self.client = httpx.Client(base_url=url, timeout=60, trust_env=False)
        self._tokens = {}

    def token(self, role="auditor", shops=(), engagement=None, expires=1):
        return tokens.make(self.store, role, shops, "test", expires, "tester", engagement)[1]

    def engagement(self, shops=(), days=(None, None), fields=(), purpose="a test"):
        made = engagements.make(self.store, "T. Auditor", shops, days, fields, purpose, 1, "tester")
        return made.id

    def get(self, path, role="auditor", token=None, headers=None, **parameters):
        if token is None:
            token = self._tokens.get(role) or self._tokens.setdefault(role, self.token(role))
        sent = {"Authorization": f"Bearer {token}", **(headers or {})}
        return self.client.get(path, params=parameters or None, headers=sent)

    def post(self, path, body, role="auditor", token=None, headers=None):
        if token is None:
            token = self._tokens.get(role) or self._tokens.setdefault(role, self.token(role))
        sent = {"Authorization": f"Bearer {token}", **(headers or {})}
        return self.client.post(path, json=body, headers=sent)


@contextmanager
def reading(data, limits=None):
    """Serve a data folder on loopback."""
    with ExitStack() as stack:
        store = stack.enter_context(open_store(installation.find(data)))
        app = stack.enter_context(serving.application(store, limits=limits or Limits()))
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        config = serving.configuration(app)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            found = Reading(store, app, f"http://127.0.0.1:{listening.getsockname()[1]}")
            stack.callback(found.client.close)
            yield found
        finally:
            server.should_exit = True
            thread.join()
