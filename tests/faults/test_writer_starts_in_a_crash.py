"""C-09 on a writer without a connection: its first key does not go with the server's memory."""

import os
import signal
import threading

import pytest

from eventstore.connection import connect
from eventstore.errors import StoreUnavailableError
from eventstore.stream_keys import KeyRing
from eventstore.writer import Writer
from tests.faults.facts import acknowledged, fact
from tests.faults.invariants import KEY, check


@pytest.mark.parametrize("lost_before", [False, True])
def test_a_key_made_before_the_writer_is_connected_outlives_a_crash(
    own_server, monkeypatch, lost_before
):
    reached, go, told = threading.Event(), threading.Event(), []
    with Writer(own_server.dsn, KeyRing(KEY)) as writer:
        if lost_before:
            told += acknowledged([fact("z", 9)], writer.record([fact("z", 9)]))
            with connect(own_server.dsn) as connection, connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
            with pytest.raises(StoreUnavailableError):
                writer.record([fact("y", 9)])
        append = writer._append

        def paused(events, generation):
            reached.set()
            assert go.wait(60)
            return append(events, generation)

        monkeypatch.setattr(writer, "_append", paused)
        facts = [fact("a", 1, personal=True)]

        def record():
            try:
                told.extend(acknowledged(facts, writer.record(facts)))
            except StoreUnavailableError:
                told.extend(acknowledged(facts, writer.record(facts)))

        # What was committed without waiting stays in the server's memory while nobody writes it.
        with connect(own_server.dsn) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'")
            [(walwriter,)] = cursor.fetchall()
        os.kill(walwriter, signal.SIGSTOP)
        caller = threading.Thread(target=record)
        caller.start()
        assert reached.wait(60)
        own_server.kill(signal.SIGKILL)
        os.kill(walwriter, signal.SIGKILL)
        own_server.start()
        go.set()
        caller.join(60)
        assert not caller.is_alive()

    assert check(own_server.dsn, told) == len(told)
    assert told[-1].id == "a"
