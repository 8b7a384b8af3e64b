"""How is an article found by its words? The full-text index, FTS5 on SQLite and tsvector on PostgreSQL.

Both hold the *prepared* words (rules.md, section 5), so neither folds or splits anything again, and
both answer alike: a phrase is its words side by side in title or body.
"""

from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Text,
    and_,
    bindparam,
    cast,
    column,
    delete,
    func,
    literal,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from db.columns import Values, require_storable
from db.models import articles, search
from monitor.domain.searching import AllOf, Sought, Word
from monitor.domain.topics import SearchText

LONGEST_WORD = 64
"""Characters of a word that are indexed; a tsvector's lexeme may have 2,046 bytes."""

MOST_BYTES = 900_000
"""UTF-8 bytes of title and body that are indexed; a tsvector may have 1 MB in all."""

CUT_SHORT = "cutshortintheindex"
"""The last word of a text that is longer than that: it may hold anything, and every search looks at it."""

_BYTES_A_CHARACTER = 4

_fts = table("search", column("rowid", Integer), column("title", Text), column("body", Text))
_fts_delete = delete(_fts).where(_fts.c.rowid == bindparam("article_id"))
_fts_insert = text("INSERT INTO search (rowid, title, body) VALUES (:article_id, :title, :body)")
_tsv_delete = delete(search).where(search.c.article_id == bindparam("b_article_id"))
_tsv_insert = text(
    "INSERT INTO search (article_id, title, body, words) "
    "VALUES (:article_id, :title, :body, array_to_tsvector("
    # An empty title or body leaves an empty word, which array_to_tsvector refuses.
    "array_remove(string_to_array(CAST(:title AS text) || ' ' || CAST(:body AS text), ' '), '')))"
)


def search_row(article_id: int, words: SearchText) -> Values:
    """Return what is indexed of an article's prepared words, bounded alike on both databases.

    Raises:
        ValueError: a word holds what cannot be stored.
    """
    title, body = _joined(words.title, MOST_BYTES // 2), _joined(words.body, MOST_BYTES // 2)
    require_storable("search.title", title)
    require_storable("search.body", body)
    return {"article_id": article_id, "title": title, "body": body}


def index(connection: Connection, rows: Sequence[Values], replaced: Sequence[int]) -> None:
    """Add articles to the index; `replaced` are those that stand in it already."""
    sqlite = connection.dialect.name == "sqlite"
    if replaced:
        if sqlite:
            connection.execute(_fts_delete, [{"article_id": number} for number in replaced])
        else:
            connection.execute(_tsv_delete, [{"b_article_id": number} for number in replaced])
    connection.execute(_fts_insert if sqlite else _tsv_insert, rows)


def holds(dialect: str, phrases: Sequence[Sequence[str]]) -> ColumnElement[bool]:
    """Return the condition that an article holds every phrase, in its title or its body."""
    cut = [[word[:LONGEST_WORD] for word in phrase] for phrase in phrases if phrase]
    for phrase in cut:
        require_storable("search", " ".join(phrase))
    return _holds_fts(cut) if dialect == "sqlite" else _holds_tsv(cut)


def worth_a_look(dialect: str, sought: Sought) -> ColumnElement[bool]:
    """Return the condition that an article holds what is sought, or is not indexed to its end."""
    if dialect == "sqlite":
        asked = f'{_fts_text(sought)} OR "{CUT_SHORT}"'
        return articles.c.id.in_(
            select(_fts.c.rowid).where(text("search MATCH :sought").bindparams(sought=asked))
        )
    asked = f"{_tsv_text(sought)} | {CUT_SHORT}"
    return articles.c.id.in_(
        select(search.c.article_id).where(search.c.words.op("@@")(cast(literal(asked), TSQUERY)))
    )


def _fts_text(sought: Sought) -> str:
    """Return what is sought in FTS5's query syntax (sqlite.org/fts5.html, 3)."""
    if isinstance(sought, Word):
        word = sought.text[:LONGEST_WORD].replace('"', '""')
        return f'"{word}" *' if sought.open else f'"{word}"'
    operator = " AND " if isinstance(sought, AllOf) else " OR "
    # One of nothing is in no article but those that may hold anything.
    return f"({operator.join(map(_fts_text, sought.parts)) or CUT_SHORT})"


def _tsv_text(sought: Sought) -> str:
    """Return what is sought as a tsquery (PostgreSQL's manual, 8.11.2)."""
    if isinstance(sought, Word):
        return _lexeme(sought.text[:LONGEST_WORD]) + (":*" if sought.open else "")
    operator = " & " if isinstance(sought, AllOf) else " | "
    return f"({operator.join(map(_tsv_text, sought.parts)) or CUT_SHORT})"


def _holds_fts(phrases: list[list[str]]) -> ColumnElement[bool]:
    query = " AND ".join('"' + " ".join(phrase).replace('"', '""') + '"' for phrase in phrases)
    return articles.c.id.in_(select(_fts.c.rowid).where(text("search MATCH :query").bindparams(query=query)))


def _holds_tsv(phrases: list[list[str]]) -> ColumnElement[bool]:
    words = " & ".join(_lexeme(word) for phrase in phrases for word in phrase)
    conditions: list[ColumnElement[bool]] = [search.c.words.op("@@")(cast(literal(words), TSQUERY))]
    # The index knows words, not places: a phrase is looked for in the few rows that have its words.
    for phrase in phrases:
        if len(phrase) > 1:
            sought = " " + " ".join(phrase) + " "
            conditions.append(or_(*(_within(field, sought) for field in (search.c.title, search.c.body))))
    return articles.c.id.in_(select(search.c.article_id).where(and_(*conditions)))


def _within(field: ColumnElement[str], sought: str) -> ColumnElement[bool]:
    return func.strpos(literal(" ") + field + literal(" "), sought) > 0


def _lexeme(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def _joined(words: Sequence[str], limit: int) -> str:
    joined = " ".join(words)
    if len(joined) * _BYTES_A_CHARACTER <= limit and max(map(len, words), default=0) <= LONGEST_WORD:
        return joined
    joined = " ".join(word[:LONGEST_WORD] for word in words)
    if len(joined) * _BYTES_A_CHARACTER <= limit:
        return joined
    short = joined.encode("utf-8", "surrogatepass")[:limit].decode("utf-8", "ignore")
    # The last word may be cut in two: it is no word any more.
    return f"{short.rpartition(' ')[0]} {CUT_SHORT}" if len(short) < len(joined) else joined
