"""Auditors see the shops that they were given, in every read model there is."""

import psycopg2
import pytest

from tests.projections.projection_scene import order_facts


@pytest.fixture
def filled(scene):
    scene.record(order_facts("77") + order_facts("78", shop="fr") + order_facts("79", shop="it"))
    scene.catch_up()
    return scene


def shops(scene, granted, table="order_summary"):
    auditor = scene.connect("orderproof_auditor")
    with auditor, auditor.cursor() as cursor:
        if granted is not None:
            cursor.execute("SELECT set_config('orderproof.shops', %s, false)", (granted,))
        cursor.execute(f"SELECT DISTINCT shop FROM views.{table} ORDER BY 1")
        return [shop for (shop,) in cursor.fetchall()]


@pytest.mark.parametrize("table", ["order_summary", "order_lookup"])
@pytest.mark.parametrize(
    ("granted", "seen"),
    [(None, []), ("", []), ("de", ["de"]), ("de/fr", ["de", "fr"]), ("d", []), ("%", [])],
)
def test_an_auditor_sees_the_shops_of_the_session(filled, granted, seen, table):
    assert shops(filled, granted, table) == seen


def test_an_auditor_does_not_see_the_blind_indexes_and_writes_nothing(filled):
    auditor = filled.connect("orderproof_auditor")
    for statement in (
        "SELECT * FROM views.person_index",
        "DELETE FROM views.order_summary",
        "SELECT * FROM events",
        "SELECT * FROM rebuild.order_summary",
        "CREATE TABLE views.mine ()",
    ):
        with pytest.raises(psycopg2.Error), auditor.cursor() as cursor:
            cursor.execute(statement)
        auditor.rollback()


def test_every_read_model_has_row_level_security_a_policy_and_its_owner(filled):
    found = filled.query(
        "SELECT c.relname, c.relrowsecurity, c.relowner::regrole::text,"
        " (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) > 0"
        " FROM pg_class c WHERE c.relnamespace = 'views'::regnamespace AND c.relkind IN ('r', 'p')"
        " ORDER BY 1"
    )

    assert found == [
        (name, True, "orderproof_projector", True)
        for name in (
            "compensation_ledger",
            "desk_clock",
            "lead_time",
            "open_claim",
            "order_exception",
            "order_lookup",
            "order_summary",
            "order_twin",
            "person_index",
            "refund_clock",
            "refund_index",
            "tracking_table",
            "unchecked_order",
        )
    ]


def test_no_view_goes_round_row_level_security(filled):
    views = filled.query(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'views'::regnamespace"
        " AND c.relkind IN ('v', 'm')"
        " AND NOT coalesce(c.reloptions @> ARRAY['security_invoker=true'], false)"
    )

    assert views == []


def test_row_level_security_is_never_on_the_log(filled):
    secured = filled.query(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relrowsecurity"
    )

    assert secured == []
