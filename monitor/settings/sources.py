"""What does a block of sources/*.yaml look like, and which feed does it make?"""

from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from monitor.domain.feeds import Credentials, Feed, LinkRules, PageRules
from monitor.settings.blocks import Block
from monitor.settings.values import (
    Country,
    HeaderName,
    HeaderValue,
    Id,
    Lang,
    PerDay,
    Slug,
    Url,
    Words,
    XPath,
    span,
    wrong,
)


class CredentialsBlock(Block):
    """Who we are to a source that asks (RFC 7617). The password stands in a file that holds nothing else."""

    user: Words
    password_file: Words

    @model_validator(mode="after")
    def _fits_a_header(self) -> "CredentialsBlock":
        if ":" in self.user:
            raise wrong("a user name cannot hold a colon")
        return self


class LinksBlock(Block):
    """Which links of a source count: globs of path and query, and where in an index page to look."""

    only: tuple[Words, ...] = ()
    never: tuple[Words, ...] = ()
    within: XPath | None = None


class ExtractBlock(Block):
    """How a source's pages are read where the general way does not serve: XPaths, and a mode."""

    title: XPath | None = None
    body: XPath | None = None
    date: XPath | None = None
    drop: tuple[XPath, ...] = ()
    mode: Literal["fast", "precise", "thorough"] = "fast"


class SourceBlock(Block):
    """A block of sources/*.yaml."""

    id: Id
    url: Url
    name: Words
    home: Url | None = None
    kind: Literal["feed", "sitemap", "page"] = "feed"
    country: Country | None = None
    lang: Lang | None = None
    outlet_kind: Slug | None = None
    section: Words | None = None
    group: Words | None = None
    poll_every: Annotated[timedelta, span("1s", "30d")] | None = None
    rhythm: PerDay | None = None
    read: Literal["page", "feed"] = "page"
    first_poll: Literal["digest", "alert"] = "digest"
    allow_private: bool = False
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict)
    credentials: CredentialsBlock | None = None
    links: LinksBlock = LinksBlock()
    extract: ExtractBlock = ExtractBlock()
    overload: Literal["feed", "host"] = "feed"
    enabled: bool = True

    def feed(self, poll_every: timedelta) -> Feed:
        """Return the feed; `poll_every` is its first interval where the block is silent."""
        who = self.credentials
        return Feed(
            id=self.id,
            url=self.url,
            outlet=self.name,
            domain=(urlsplit(self.home or self.url).hostname or "").removeprefix("www."),
            kind=self.kind,
            country=self.country,
            lang=self.lang,
            outlet_kind=self.outlet_kind,
            section=self.section,
            group=self.group,
            poll_every=self.poll_every or poll_every,
            adapts=self.poll_every is None,
            rhythm=self.rhythm,
            read=self.read,
            first_poll=self.first_poll,
            allow_private=self.allow_private,
            headers=tuple(self.headers.items()),
            credentials=Credentials(user=who.user, password_file=who.password_file) if who else None,
            links=LinkRules(only=self.links.only, never=self.links.never, within=self.links.within),
            reading=PageRules(
                title=self.extract.title,
                body=self.extract.body,
                date=self.extract.date,
                drop=self.extract.drop,
                mode=self.extract.mode,
            ),
            overload=self.overload,
        )
