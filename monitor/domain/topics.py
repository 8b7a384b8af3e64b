"""What is looked for, and what was found? Topics, actors and themes as data; matches as evidence."""

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a piece of configuration stands: file, and the 1-based line and column of its text."""

    file: str = ""
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query's text and where it was written.

    `turns` says more where the file's letters do not follow one another as the text's do (folded
    lines, escapes): from each offset in the text on, line and column in the file.
    """

    text: str
    place: Place = field(default_factory=Place)
    turns: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What a topic requires, said without operators: all of, any of, none of these queries."""

    all: tuple[Query, ...] = ()
    any: tuple[Query, ...] = ()
    none: tuple[Query, ...] = ()

    @property
    def text(self) -> str:
        """Return one query that means the same, as people read it in an explanation."""
        parts = [f"({query.text.strip()})" for query in self.all]
        if self.any:
            parts.append("(" + " OR ".join(f"({query.text.strip()})" for query in self.any) + ")")
        text = " AND ".join(parts)
        if self.none:
            text = f"({text}) NOT (" + " OR ".join(f"({query.text.strip()})" for query in self.none) + ")"
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One signed score clause: `add` points when `when` holds, per hit up to `each` times."""

    when: Query
    add: int
    each: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text the author of a topic expects to be flagged, or not to be."""

    text: str
    flag: bool
    title: str = ""
    lang: str | None = None
    place: Place = field(default_factory=Place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What a desk wants to hear of (see the topic language, section 3)."""

    id: str
    name: str
    require: Query | Requirement
    description: str = ""
    threshold: int = 50
    salience: bool = True
    score: tuple[Clause, ...] = ()
    examples: tuple[Example, ...] = ()
    lists: "tuple[Theme, ...]" = ()
    enabled: bool = True
    place: Place = field(default_factory=Place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """One way to write an actor or a theme term, in the term notation of the language.

    `text` may carry `~`, `*`, `?` and a leading `=`; several words are a phrase. `lang` is BCP 47,
    or "" for any. `role` is name, demonym, metonym, person, acronym or term. `since` and `until`
    bound the dates of publication for which the name holds (a president's term).
    """

    text: str
    lang: str = ""
    role: str = "name"
    since: date | None = None
    until: date | None = None
    place: Place = field(default_factory=Place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A state, bloc, body, company, bank or region with every name it goes by.

    `of` is the actor it belongs to: a hit of Kazatomprom also counts for Kazakhstan. `unless` are
    contexts in which a name is not this actor: a name's hit that overlaps one of theirs is dropped.
    `shares` are the actors with whom it has names in common on purpose.
    """

    id: str
    name: str
    kind: str
    names: tuple[Name, ...]
    iso: str | None = None
    of: str | None = None
    shares: tuple[str, ...] = ()
    unless: tuple[Query, ...] = ()
    place: Place = field(default_factory=Place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A set of actors: by id, and by selectors such as {"kind": "bank"}; `members` may name groups."""

    id: str
    name: str
    members: tuple[str, ...] = ()
    select: tuple[tuple[tuple[str, str], ...], ...] = ()
    place: Place = field(default_factory=Place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A list of terms in many languages; a term's hit that overlaps an `unless` hit is dropped.

    One that is not `listed` only helps rules: no text is said to be about it.
    """

    id: str
    name: str
    terms: tuple[Name, ...]
    unless: tuple[Query, ...] = ()
    listed: bool = True
    place: Place = field(default_factory=Place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How words of a language inflect: endings after a stem, and letters glued before a word.

    `script` is ISO 15924 (Latn, Cyrl, Arab, Hans, ...). `drop` are final letters of a base form that
    give way to an ending (the -а of Москва before -ой).
    """

    id: str
    name: str
    script: str
    endings: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    place: Place = field(default_factory=Place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """Everything the rule compiler needs, validated for shape but not yet compiled."""

    topics: tuple[Topic, ...] = ()
    actors: tuple[Actor, ...] = ()
    groups: tuple[Group, ...] = ()
    themes: tuple[Theme, ...] = ()
    languages: tuple[Language, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is matched: title and body, and metadata (unknown is None; such a test is false)."""

    title: str
    body: str
    lang: str | None = None
    url: str | None = None
    source: str | None = None
    outlet_kind: str | None = None
    country: str | None = None
    section: str | None = None
    author: str | None = None
    published: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A span of the original text: `field` is title or body, offsets 0-based, half-open, in characters.

    `label` is the @actor or #theme whose name this is, or "" for a term of the query itself.
    """

    field: str
    start: int
    end: int
    text: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A sentence that shows why, with the evidence spans inside it (`marks`, offsets as in Evidence)."""

    field: str
    start: int
    end: int
    text: str
    marks: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseResult:
    """One line of an explanation: what was asked, whether it held, its points and its evidence.

    `kind` is require, salience or score. `times` is how often a clause with `each` counted.
    `note` says in words what salience is made of.
    """

    kind: str
    when: str
    held: bool
    points: int = 0
    times: int = 0
    note: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One topic's verdict on one document. `relevance` is 0-100; `total` is the unclamped sum."""

    topic_id: str
    topic_version: str
    flagged: bool
    relevance: int
    total: int
    threshold: int
    clauses: tuple[ClauseResult, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """How often an actor or theme is named in a document; `kind` and `iso` for actors only."""

    id: str
    name: str
    count: int
    kind: str = ""
    iso: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchText:
    """The prepared words of a document, for the full-text index."""

    title: tuple[str, ...]
    body: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All that the rules have to say of one document.

    `matches` has a verdict for every topic whose `require` held, flagged or not.
    """

    matches: tuple[Match, ...]
    actors: tuple[Mention, ...]
    themes: tuple[Mention, ...]
    search: SearchText
