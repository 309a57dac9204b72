"""Alembic's entry: runs the migrations on the connection that `migrate` handed over.

Everything is one transaction, rights included: a database is at a version whole or not at all.
"""

from pathlib import Path

from alembic import context

_ROLES = Path(__file__).parent / "roles"

connection = context.config.attributes["connection"]
context.configure(connection=connection)
with context.begin_transaction():
    statements = [file.read_text(encoding="utf-8") for file in sorted(_ROLES.glob("*.sql"))]
    # The driver's own cursor: it takes the files as they are, percent signs included.
    cursor = connection.connection.cursor()
    cursor.execute(statements[0])
    context.run_migrations()
    for statement in statements[1:]:
        cursor.execute(statement)
