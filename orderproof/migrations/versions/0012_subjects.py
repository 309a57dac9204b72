"""Let access tokens stand for people whom an identity provider knows."""

from pathlib import Path

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Run the SQL file of the same name."""
    sql = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    # The driver's own cursor: it takes the file as it is, percent signs included.
    op.get_bind().connection.cursor().execute(sql)
