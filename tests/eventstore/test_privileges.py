"""Who may do what in the database: asked of the database, and held against what is written down."""

import re
from pathlib import Path

import psycopg2
import pytest

from eventstore.connection import connect, transaction
from eventstore.recording import record
from tests.faults.facts import fact

README = Path(__file__).parents[2] / "orderproof" / "migrations" / "roles" / "README.md"
BEGIN, END = "<!-- matrix: tests/eventstore/test_privileges.py writes it -->\n", "<!-- end -->"
ROLES = ["writer", "importer", "projector", "auditor", "eraser", "gate"]
TABLE_RIGHTS = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"]
COLUMN_RIGHTS = ["SELECT", "INSERT", "UPDATE", "REFERENCES"]


def query(connection, statement, *parameters):
    with transaction(connection) as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall()


def read_matrix(connection):
    """Return the rights of each role by object, as the database itself answers."""
    rights = {}
    tables = "SELECT oid::regclass::text, oid FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'S')"
    ours = "relnamespace IN ('public'::regnamespace, 'reading'::regnamespace)"
    for name, oid in query(connection, f"{tables} AND {ours}"):
        rights[f"table `{name}`"] = [_table(connection, role, oid) for role in ROLES]
    functions = (
        "SELECT proname, oid FROM pg_proc"
        " WHERE pronamespace IN ('public'::regnamespace, 'reading'::regnamespace)"
    )
    for name, oid in query(connection, functions):
        allowed = [
            query(connection, "SELECT has_function_privilege(%s, %s, 'EXECUTE')", role, oid)
            for role in map("orderproof_{}".format, ROLES)
        ]
        rights[f"function `{name}`"] = ["EXECUTE" if yes else "" for [(yes,)] in allowed]
    for schema in ("public", "reading", "views"):
        rights[f"schema `{schema}`"] = [_schema(connection, role, schema) for role in ROLES]
    return rights


def _table(connection, role, oid):
    role = f"orderproof_{role}"
    whole = "SELECT r FROM unnest(%s) r WHERE has_table_privilege(%s, %s::oid, r)"
    found = [r for (r,) in query(connection, whole, TABLE_RIGHTS, role, oid)]
    some = (
        "SELECT r, array_agg(attname::text ORDER BY attname) FROM pg_attribute, unnest(%s) r"
        " WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped AND r <> ALL (%s)"
        " AND has_column_privilege(%s, attrelid, attnum, r) GROUP BY r ORDER BY r"
    )
    for right, columns in query(connection, some, COLUMN_RIGHTS, oid, found, role):
        found.append(f"{right} ({', '.join(columns)})")
    return ", ".join(found)


def _schema(connection, role, schema):
    asked = "SELECT r FROM unnest(ARRAY['USAGE', 'CREATE']) r WHERE has_schema_privilege(%s, %s, r)"
    return ", ".join(r for (r,) in query(connection, asked, f"orderproof_{role}", schema))


def as_table(rights):
    lines = [f"| | {' | '.join(ROLES)} |", "|---" * (len(ROLES) + 1) + "|"]
    lines += [f"| {name} | {' | '.join(of)} |" for name, of in sorted(rights.items())]
    return "\n".join(lines) + "\n"


@pytest.fixture
def connection(migrated_database):
    with connect(migrated_database) as opened:
        yield opened


def test_the_matrix_that_is_written_down_is_the_databases(connection):
    text = README.read_text()
    written = text.split(BEGIN)[1].split(END)[0]

    matrix = as_table(read_matrix(connection))

    assert written == matrix, f"write this into {README.name}:\n{matrix}"


def test_of_the_log_nobody_changes_a_row_and_only_the_importer_adds_one(connection):
    rights = read_matrix(connection)
    may = {
        role: rights["table `events`"][n].split(", ") for n, role in enumerate(ROLES)
    }  # fmt: skip

    assert {role for role in ROLES if "INSERT" in may[role]} == {"importer"}
    assert not {"UPDATE", "DELETE", "TRUNCATE", "TRIGGER"} & {r for of in may.values() for r in of}


def test_only_the_eraser_destroys_a_key_and_nobody_writes_one(connection):
    rights = read_matrix(connection)

    assert rights["function `destroy_keys`"] == ["", "", "", "", "EXECUTE", ""]
    for of in rights["table `stream_keys`"]:
        assert of in ("", "SELECT")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE attachments SET sealed = ''",
        "DELETE FROM attachments",
        "TRUNCATE attachments",
    ],
)
def test_not_even_the_owner_changes_an_attachment(connection, change):
    with (
        pytest.raises(psycopg2.errors.InsufficientPrivilege, match="final"),
        transaction(connection) as cursor,
    ):
        cursor.execute(change)


def test_an_attachment_lies_under_its_own_digest_or_not_at_all(migrated_database):
    with (
        connect(migrated_database, "orderproof_writer") as writer,
        pytest.raises(psycopg2.errors.CheckViolation),
        transaction(writer) as cursor,
    ):
        cursor.execute("INSERT INTO attachments VALUES (sha256('a'), 'b')")


@pytest.mark.parametrize("table", ["events", "event_ids"])
@pytest.mark.parametrize("change", ["UPDATE {} SET position = 0", "DELETE FROM {}", "TRUNCATE {}"])
def test_not_even_the_owner_changes_what_was_recorded(connection, table, change):
    with (
        pytest.raises(psycopg2.errors.InsufficientPrivilege, match="final"),
        transaction(connection) as cursor,
    ):
        cursor.execute(change.format(table))


def test_every_role_of_ours_is_in_the_matrix():
    made = (README.parent / "00_roles.sql").read_text()

    assert set(re.findall(r"'orderproof_(\w+)'", made)) == set(ROLES)


def test_nobody_beside_the_roles_has_a_right_on_the_tables(connection):
    granted = query(
        connection,
        "SELECT table_name, privilege_type FROM information_schema.table_privileges"
        " WHERE table_schema = 'public' AND grantee = 'PUBLIC'",
    )

    assert granted == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE log_head SET position = position - 1",
        "UPDATE streams SET version = version - 1, position = position + 1",
        "UPDATE streams SET version = version + 1",
    ],
)
def test_who_inserts_in_bulk_moves_no_head_back(migrated_database, change):
    with connect(migrated_database, "orderproof_writer") as writer:
        record(writer, None, [fact("a"), fact("b")])

    with (
        connect(migrated_database, "orderproof_importer") as importer,
        pytest.raises(psycopg2.errors.InsufficientPrivilege, match="final"),
        transaction(importer) as cursor,
    ):
        cursor.execute(change)
