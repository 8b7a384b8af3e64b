"""What do blocks of actors/, themes/, languages/ and topics/ look like, and what do they make?"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from monitor.domain.topics import (
    Actor,
    Clause,
    Example,
    Group,
    Language,
    Name,
    Place,
    Query,
    Requirement,
    Theme,
    Topic,
)
from monitor.settings.tree import Text
from monitor.settings.values import (
    Asked,
    Country,
    Day,
    Id,
    Lang,
    Located,
    Script,
    Words,
    wrong,
)


class Block(BaseModel):
    """A mapping of a configuration file. Unknown keys are faults; a key left empty is not given."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, value: Any) -> Any:  # noqa: ANN401 - anything may stand in a file
        if not isinstance(value, dict):
            return value
        known = known_keys(cls)
        return {key: item for key, item in value.items() if item is not None or key not in known}


def known_keys(model: type[BaseModel]) -> list[str]:
    """Return the keys as people write them (`from`, not `since`)."""
    return [field.alias or name for name, field in model.model_fields.items()]


Terms = dict[Lang, tuple[Located, ...]]


class PersonBlock(Block):
    """A person who stands for an actor while in office."""

    names: Terms
    office: Words | None = None
    since: Day | None = Field(default=None, alias="from")
    until: Day | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "PersonBlock":
        if self.since and self.until and self.until < self.since:
            raise wrong(f"until {self.until} is before from {self.since}")
        return self


class ActorBlock(Block):
    """A block of actors/*.yaml that begins with `id`."""

    id: Id
    kind: Literal["state", "bloc", "body", "company", "bank", "region"]
    iso: Country | None = None
    of: Id | None = None
    name: Words
    names: Terms = {}
    demonyms: Terms = {}
    metonyms: Terms = {}
    acronyms: Terms = {}
    people: tuple[PersonBlock, ...] = ()
    unless: tuple[Asked, ...] = ()
    shares: tuple[Located, ...] = ()
    sources: tuple[Words, ...] = ()
    enabled: bool = True

    def actor(self, place: Place) -> Actor:
        """Return the actor with all its names in the order: names, demonyms, metonyms, acronyms, people."""
        names = [
            name
            for role, terms in (
                ("name", self.names),
                ("demonym", self.demonyms),
                ("metonym", self.metonyms),
                ("acronym", self.acronyms),
            )
            for name in _names(terms, role)
        ]
        for person in self.people:
            names += _names(person.names, "person", person.since, person.until)
        return Actor(
            id=self.id,
            name=self.name,
            kind=self.kind,
            names=tuple(names),
            iso=self.iso,
            of=self.of,
            shares=tuple(map(str, self.shares)),
            unless=_queries(self.unless),
            place=place,
        )


class SelectBlock(Block):
    """A selector of a group: actors for whom all of these hold."""

    kind: Literal["state", "bloc", "body", "company", "bank", "region"] | None = None
    of: Id | None = None
    iso: Country | None = None


class GroupBlock(Block):
    """A block of actors/*.yaml that begins with `group`."""

    group: Id
    name: Words | None = None
    members: tuple[Located, ...] = ()
    select: tuple[SelectBlock, ...] = ()
    enabled: bool = True

    def made(self, place: Place) -> Group:
        """Return the group."""
        return Group(
            id=self.group,
            name=self.name or self.group,
            members=tuple(str(member) for member in self.members),
            select=tuple(
                tuple((key, str(value)) for key, value in block.model_dump().items() if value is not None)
                for block in self.select
            ),
            place=place,
        )


class ThemeBlock(Block):
    """A block of themes/*.yaml, and of a topic's `lists`."""

    id: Id
    name: Words | None = None
    terms: Terms
    unless: tuple[Asked, ...] = ()
    listed: bool = True
    sources: tuple[Words, ...] = ()
    enabled: bool = True

    def theme(self, place: Place) -> Theme:
        """Return the theme."""
        return Theme(
            id=self.id,
            name=self.name or self.id,
            terms=tuple(_names(self.terms, "term")),
            unless=_queries(self.unless),
            listed=self.listed,
            place=place,
        )


class LanguageBlock(Block):
    """A block of languages/*.yaml."""

    id: Lang
    name: Words
    script: Script
    endings: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    sources: tuple[Words, ...] = ()
    enabled: bool = True

    def language(self, place: Place) -> Language:
        """Return the language."""
        return Language(
            id=self.id,
            name=self.name,
            script=self.script,
            endings=self.endings,
            prefixes=self.prefixes,
            drop=self.drop,
            place=place,
        )


class RequireBlock(Block):
    """A requirement for people who dislike operators: all of, any of, none of these queries."""

    all: tuple[Asked, ...] = ()
    any: tuple[Asked, ...] = ()
    none: tuple[Asked, ...] = ()

    @model_validator(mode="after")
    def _asks_for_something(self) -> "RequireBlock":
        if not (self.all or self.any):
            raise wrong("asks for nothing", "give at least one query under all or any")
        return self

    def requirement(self) -> Requirement:
        """Return the requirement, every query with its own place."""
        return Requirement(all=_queries(self.all), any=_queries(self.any), none=_queries(self.none))


class ClauseBlock(Block):
    """A clause of a topic's score."""

    when: Asked
    add: Annotated[int, Field(ge=-100, le=100)]
    each: Annotated[int, Field(ge=1, le=100)] = 1


class ExampleBlock(Block):
    """A text that a topic must flag, or must not."""

    text: Located
    flag: bool
    title: str = ""
    lang: Lang | None = None


def _form(value: object) -> str:
    return "mapping" if isinstance(value, (dict, RequireBlock)) else "text"


class TopicBlock(Block):
    """A block of topics/*.yaml."""

    id: Id
    name: Words | None = None
    description: str = ""
    require: Annotated[
        Annotated[Asked, Tag("text")] | Annotated[RequireBlock, Tag("mapping")], Discriminator(_form)
    ]
    threshold: Annotated[int, Field(ge=0, le=100)] = 50
    score: tuple[ClauseBlock, ...] = ()
    salience: bool = True
    examples: tuple[ExampleBlock, ...] = ()
    lists: tuple[ThemeBlock, ...] = ()
    enabled: bool = True

    def topic(self, place: Place) -> Topic:
        """Return the topic."""
        return Topic(
            id=self.id,
            name=self.name or self.id,
            require=_query(self.require) if isinstance(self.require, Text) else self.require.requirement(),
            description=self.description.strip(),
            threshold=self.threshold,
            salience=self.salience,
            score=tuple(Clause(when=_query(c.when), add=c.add, each=c.each) for c in self.score),
            examples=tuple(
                Example(text=str(e.text), flag=e.flag, title=e.title, lang=e.lang, place=e.text.place)
                for e in self.examples
            ),
            lists=tuple(block.theme(place) for block in self.lists),
            enabled=self.enabled,
            place=place,
        )


def _names(
    terms: dict[str, tuple[Text, ...]], role: str, since: date | None = None, until: date | None = None
) -> Iterable[Name]:
    for lang, texts in terms.items():
        for text in texts:
            yield Name(
                text=str(text),
                lang="" if lang == "any" else lang,
                role=role,
                since=since,
                until=until,
                place=text.place,
            )


def _query(text: Text) -> Query:
    return Query(text=str(text), place=text.place, turns=text.turns)


def _queries(texts: Iterable[Text]) -> tuple[Query, ...]:
    return tuple(_query(text) for text in texts)
