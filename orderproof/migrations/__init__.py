"""Database migrations, SQL first: each version is a numbered SQL file that runs once."""

from pathlib import Path

from eventstore.connection import open_connection

HEAD = "0012"
"""The newest version; a test holds it equal to Alembic's."""

# Any number will do, so long as nothing else takes the same advisory lock.
_LOCK = 0x6F72646572


def current(dsn: str) -> str | None:
    """Return the version that a database has, or None if it is empty."""
    connection = open_connection(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('alembic_version') IS NOT NULL")
            (exists,) = cursor.fetchone() or (False,)
            if not exists:
                return None
            cursor.execute("SELECT version_num FROM alembic_version")
            row = cursor.fetchone()
            return row[0] if row else None
    finally:
        connection.close()


def encoding(dsn: str) -> str:
    """Return the encoding of a database's text, as PostgreSQL names it: `UTF8`."""
    connection = open_connection(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SHOW server_encoding")
            [(name,)] = cursor.fetchall()
            return str(name)
    finally:
        connection.close()


def migrate(dsn: str) -> None:
    """Bring a database to the newest version. Safe to repeat and to run twice at once."""
    # Imported here: most commands find the database current and need neither library.
    import alembic.command
    import alembic.config
    import sqlalchemy

    engine = sqlalchemy.create_engine(
        "postgresql+psycopg2://",
        creator=lambda: open_connection(dsn),
        poolclass=sqlalchemy.pool.NullPool,
    )
    config = alembic.config.Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({_LOCK})")
        connection.commit()
        try:
            config.attributes["connection"] = connection
            alembic.command.upgrade(config, "head")
        finally:
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_LOCK})")
            connection.commit()
