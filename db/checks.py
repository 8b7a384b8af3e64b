"""Is the database sound? Its file, its references, its schema, and the rules its rows keep."""

from sqlalchemy import Connection, text

from db.engine import Database, database_file, parse_url
from db.schema import differences, require_current
from monitor.domain.errors import StoreOutdated

# What must hold at every commit; each query counts the rows that break it.
_RULES = {
    "entries point to an article that is not there": """
        SELECT count(*) FROM entries WHERE article_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM articles WHERE articles.id = entries.article_id)""",
    "entries are in an unknown state": """
        SELECT count(*) FROM entries WHERE state NOT IN ('listed', 'extracted', 'matched', 'nothing',
        'duplicate', 'gone', 'blocked', 'failed')""",
    "entries are listed but would never be read": """
        SELECT count(*) FROM entries WHERE state = 'listed' AND page_due IS NULL""",
    "entries wait to be matched but their article does not": """
        SELECT count(*) FROM entries JOIN articles ON articles.entry_id = entries.id
        WHERE entries.state = 'extracted' AND articles.matched_at IS NOT NULL""",
    "entries count as matched without an article": """
        SELECT count(*) FROM entries WHERE state IN ('extracted', 'matched', 'nothing')
        AND NOT EXISTS (SELECT 1 FROM articles WHERE articles.entry_id = entries.id)""",
    "articles lack the text of their present version": """
        SELECT count(*) FROM articles WHERE NOT EXISTS (SELECT 1 FROM article_versions v
        WHERE v.article_id = articles.id AND v.version = articles.version)""",
    "articles were matched but belong to no story": """
        SELECT count(*) FROM articles WHERE matched_at IS NOT NULL AND story_id IS NULL""",
    "articles were matched but cannot be searched": """
        SELECT count(*) FROM articles WHERE matched_at IS NOT NULL
        AND id NOT IN (SELECT {key} FROM search)""",
    "stories have a flagged article but no day": """
        SELECT count(*) FROM stories WHERE flagged_at IS NULL AND EXISTS (SELECT 1 FROM articles
        JOIN matches ON matches.article_id = articles.id AND matches.flagged
        WHERE articles.story_id = stories.id)""",
    "deliveries are in an unknown state": """
        SELECT count(*) FROM deliveries WHERE state NOT IN ('todo', 'sending', 'in_doubt',
        'sent', 'held', 'dead')""",
    "deliveries are under way without a lease": """
        SELECT count(*) FROM deliveries WHERE state IN ('sending', 'in_doubt') AND claimed_until IS NULL""",
}


def check(url: str) -> list[str]:
    """Return what is wrong with a database, a sentence each; an empty list when it is sound.

    Reads every page: seconds to minutes on a large one. Changes nothing.

    Raises:
        StoreError: it cannot be read at all, is of another version, or is not there.
    """
    file = database_file(parse_url(url))
    if file and not file.is_file():
        raise StoreOutdated(f"there is no database {file} yet; run: newsmon db upgrade")
    database = Database(url)
    try:
        with database.reading() as connection:
            require_current(connection)
            return [*_file_faults(connection), *_schema_faults(connection), *_rule_faults(connection)]
    finally:
        database.close()


def _file_faults(connection: Connection) -> list[str]:
    """Return what the database itself finds; PostgreSQL has no such question, it checks as it reads."""
    if connection.dialect.name != "sqlite":
        return []
    pages = connection.exec_driver_sql("PRAGMA integrity_check").scalars()
    faults = [f"integrity: {line}" for line in pages if line != "ok"]
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    faults += [
        f"foreign key: row {row[1]} of {row[0]} points to a missing row of {row[2]}" for row in orphans
    ]
    return faults


def _schema_faults(connection: Connection) -> list[str]:
    return [f"schema: {line}" for line in differences(connection)]


def _rule_faults(connection: Connection) -> list[str]:
    key = "rowid" if connection.dialect.name == "sqlite" else "article_id"
    faults = []
    for rule, query in _RULES.items():
        if broken := connection.execute(text(query.format(key=key))).scalar():
            faults.append(f"{broken} {rule}")
    return faults
