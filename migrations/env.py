"""How does Alembic reach the database? By the caller's connection, or by NEWSMON_DATABASE."""

import os

from alembic import context
from sqlalchemy import Connection

from db.engine import Database
from db.models import metadata
from db.schema import is_ours


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        include_object=is_ours(connection.dialect.name),
        # SQLite rolls back tables, too, once the driver lets it (db/engine.py).
        transactional_ddl=True,
        # Rows and foreign keys survive a changed table there only if it is copied.
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    database = Database(os.environ.get("NEWSMON_DATABASE", "sqlite:///var/newsmon.db"))
    try:
        with database.writing() as opened:
            migrate(opened)
    finally:
        database.close()
