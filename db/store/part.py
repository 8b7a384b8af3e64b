"""What does each part of the store stand on?"""

from db.engine import Database


class StorePart:
    """A part of the store: methods that answer one kind of question, each one short transaction."""

    database: Database
