"""O-07: an import that was stopped while it copied holds the writers' lock, and is named."""

import io
import threading

import psycopg2

from eventstore import bulk, lock_holder
from eventstore.connection import connect, is_away, transaction
from tests.faults.blocking import until


class Stopped(io.BytesIO):
    """What is copied, until its reader is stopped."""

    def __init__(self, go):
        super().__init__()
        self._go = go

    def read(self, size=-1):
        assert self._go.wait(60)
        return super().read(size)


def test_who_stopped_in_the_middle_of_a_copy_is_idle_and_can_be_ended(migrated_database):
    go, failures = threading.Event(), []

    def copy():
        with connect(migrated_database, bulk.ROLE) as own:
            try:
                with transaction(own) as cursor:
                    cursor.execute("SELECT FROM log_head FOR UPDATE")
                    cursor.copy_expert("COPY event_ids FROM STDIN", Stopped(go))
            except psycopg2.Error as error:
                failures.append(is_away(error))

    importer = threading.Thread(target=copy)
    importer.start()
    with connect(migrated_database) as watching:
        until(lambda: (found := lock_holder.find(watching)) is not None and found.idle)
        pid = lock_holder.find(watching).pid
        with transaction(watching) as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", (pid,))
        until(lambda: lock_holder.find(watching) is None)
    go.set()
    importer.join(60)

    assert failures == [True]
