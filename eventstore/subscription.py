"""A subscription to the log: what is there, then what comes, woken by the database."""

import select
import socket
from collections.abc import Sequence
from contextlib import closing
from threading import Thread
from typing import TYPE_CHECKING, Any

from eventsourcing.persistence import ListenNotifySubscription, ShutDown

from eventstore.upstream_errors import upstream_errors
from eventstore.wakeup import CHANNEL

if TYPE_CHECKING:
    from eventstore.recorder import Recorder

_LOOK_ANYWAY = 10_000
"""Milliseconds after which the log is read without a word from the database, whose connection may
be dead without either side's knowing."""


class LogSubscription(ListenNotifySubscription["Recorder"]):
    """Yields the events above a position, each once, in order, and waits for more.

    Two threads work for it: one reads ahead, one listens on a connection of its own. An error of
    either ends the subscription and is raised from its iterator; subscribing again above the last
    position that was read misses nothing.

    Args:
        recorder: the log.
        gt: the last position that is not wanted; None for all.
        topics: types that are wanted; empty for all.
    """

    def __init__(
        self, recorder: "Recorder", gt: int | None = None, topics: Sequence[str] = ()
    ) -> None:
        # Closing one end ends the listening thread's wait. Made first: the base starts reading.
        self._bell, self._bell_heard = socket.socketpair()
        super().__init__(recorder, gt, topics)
        self._listen_thread = Thread(target=self._listen, name="log subscription")
        self._listen_thread.start()

    def stop(self) -> None:
        """End the subscription, from any thread."""
        super().stop()
        self._bell.close()

    def __exit__(self, *args: object, **kwargs: Any) -> None:
        try:
            super().__exit__(*args, **kwargs)
        finally:
            self._listen_thread.join()

    def _pull(self) -> None:
        """Read on to the newest position.

        Positions are in commit order and dense, so all at or below the newest can be seen, and
        the next reading starts above it, also where none of the wanted types was among them.
        """
        while not self._has_been_stopped:
            self._has_been_notified.clear()
            after = self._last_notification_id or 0
            newest = self._recorder.max_notification_id() or 0
            found = self._recorder.select_notifications(
                after, self._select_limit, newest, self._topics, inclusive_of_start=False
            )
            if found:
                try:
                    self._notifications_queue.put(found)
                except ShutDown:
                    return
            if len(found) < self._select_limit:
                self._last_notification_id = max(after, newest)
                return
            self._last_notification_id = found[-1].id

    def _listen(self) -> None:
        try:
            with (
                self._bell_heard,
                upstream_errors(),
                closing(self._recorder.pool.open()) as connection,
                connection.cursor() as cursor,
            ):
                cursor.execute(f"LISTEN {CHANNEL}")
                waiting = select.poll()
                waiting.register(connection.fileno(), select.POLLIN)
                waiting.register(self._bell_heard, select.POLLIN)
                while not self._has_been_stopped:
                    # Also at first: what was recorded before LISTEN took effect.
                    self._has_been_notified.set()
                    waiting.poll(_LOOK_ANYWAY)
                    connection.poll()
                    connection.notifies.clear()
        except BaseException as error:  # noqa: BLE001  # the reader gets it
            if self._thread_error is None:
                self._thread_error = error
            self.stop()
