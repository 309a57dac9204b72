"""Our recorders against the contract tests that ship with eventsourcing, unchanged."""

import pytest
from eventsourcing.tests import persistence as upstream

from eventstore.pool import Pool
from eventstore.recorder import Recorder
from eventstore.tracking import Tracker


class _OnPostgres:
    @pytest.fixture(autouse=True)
    def _pool(self, migrated_database):
        # Fewer connections than threads in the tests, so that some have to wait.
        self.pool = Pool(migrated_database, "orderproof_writer", size=6)
        yield
        self.pool.close()


class TestApplicationRecorder(_OnPostgres, upstream.ApplicationRecorderTestCase):
    def create_recorder(self):
        return Recorder(self.pool, plain_events=True)

    def test_insert_subscribe(self):
        self.optional_test_insert_subscribe()


class TestNonInterleavingNotificationIDs(
    _OnPostgres, upstream.NonInterleavingNotificationIDsBaseCase
):
    def create_recorder(self):
        return Recorder(self.pool, plain_events=True)


class TestTrackingRecorder(upstream.TrackingRecorderTestCase):
    @pytest.fixture(autouse=True)
    def _pool(self, migrated_database):
        self.pool = Pool(migrated_database, "orderproof_projector", size=2)
        yield
        self.pool.close()

    def create_recorder(self):
        return Tracker(self.pool)
