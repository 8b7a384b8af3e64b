"""What can go wrong that a person should hear about? One root, each error says what to do."""

from dataclasses import dataclass


class NewsmonError(Exception):
    """Root of all errors that Newsmon raises on purpose; the message is for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One mistake in a configuration file: where it is, what it is, how to mend it.

    `line` and `column` count from 1; 0 where the place is unknown. `excerpt` is the faulty line of
    a query and `caret` the 0-based column in it to point at; both only for faults inside a query.
    """

    file: str
    line: int = 0
    column: int = 0
    key: str = ""
    problem: str
    hint: str = ""
    excerpt: str = ""
    caret: int = 0

    @property
    def place(self) -> str:
        """Return `file:line:column`, as far as it is known."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)

    def __str__(self) -> str:
        """Return `file:line:column: key: problem (hint)`, with a caret line below for queries."""
        key = f"{self.key}: " if self.key else ""
        if self.excerpt:
            return (
                f"{self.place}: {key}{self.problem}\n"
                f"    {self.excerpt}\n"
                f"    {' ' * self.caret}^ {self.hint}".rstrip()
            )
        return f"{self.place}: {key}{self.problem}" + (f" ({self.hint})" if self.hint else "")


class ConfigError(NewsmonError):
    """The configuration has faults; nothing was started."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class RuleError(NewsmonError):
    """A query does not parse or names something unknown.

    `line` and `column` count from 1 within the query's text.
    """

    def __init__(self, problem: str, *, line: int = 1, column: int = 1, hint: str = "") -> None:
        super().__init__(f"{line}:{column}: {problem}" + (f" ({hint})" if hint else ""))
        self.problem, self.line, self.column, self.hint = problem, line, column, hint


class StoreError(NewsmonError):
    """The database could not do what was asked."""


class StoreNewer(StoreError):
    """The database was written by a newer Newsmon than this one; it was left untouched."""


class StoreOutdated(StoreError):
    """The database is older than this program; run `newsmon db upgrade`."""


class StoreBusy(StoreError):
    """Another process held the database's lock for longer than the busy time-out."""


class AlreadyRunning(NewsmonError):
    """Another daemon works on this data folder."""
