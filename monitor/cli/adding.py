"""How does a source come to be one, and cease to be? `sources add`, `sources remove`."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import applying, desk, health, show
from monitor.domain.errors import ConfigError

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.app import App
    from monitor.domain.finding import Prospect
    from monitor.pipeline.finding import Findings
    from monitor.settings.adding import NewSource

Yes = Annotated[bool, typer.Option("--yes", help="Take the best, without asking.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what was found.")]
Group = Annotated[str | None, typer.Option(help="The folder to put it into.")]
MOST_SHOWN = 9
_WIDEST = 72
_ALL = frozenset({"yes", "y", "all"})


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(add)
    app.command()(remove)


class Known:
    """The sources that there are: those in force and those off, those remembered, and those just chosen."""

    def __init__(self, app: "App", chosen: "Iterable[NewSource]" = ()) -> None:
        settings = app.settings
        self._remembered = {} if desk.no_database(settings) else app.store.feed_addresses()
        self._ids = {feed.id for feed in (*settings.feeds, *settings.off)}
        self._off = {feed.id for feed in settings.off}
        self._by_address: dict[str, str] = {}
        for feed in (*settings.off, *settings.feeds):
            self._by_address[_address(feed.url)] = feed.id
        for source in chosen:
            self.add(source)

    def of(self, url: str) -> str | None:
        """Return the id of the source that has this address, None where there is none."""
        return self._by_address.get(_address(url))

    def is_off(self, source_id: str) -> bool:
        """Return whether a source is switched off in the files."""
        return source_id in self._off

    def add(self, source: "NewSource") -> None:
        """Take a source for known from now on."""
        self._ids.add(source.id)
        self._by_address[_address(source.url)] = source.id

    def new_id(self, url: str, site: str, lang: str | None, wanted: str | None = None) -> str:
        """Return an id for a source at an address: the one it had before, the one wanted, or one of its host.

        An id that the database remembers is never given to another source: its history hangs on it.
        """
        from monitor.policy.finding import source_id

        before = {_address(there): name for name, there in self._remembered.items() if name not in self._ids}
        if (had := before.get(_address(url))) is not None:
            return had
        taken = self._ids | self._remembered.keys()
        return wanted if wanted and wanted not in taken else source_id(site, lang, taken)


def _address(url: str) -> str:
    from monitor.policy.urls import same_page_key

    return same_page_key(url) or url


def add(
    addresses: Annotated[
        list[str],
        typer.Argument(metavar="URL...", help="A site, a feed, a sitemap, or an OPML list (also a file)."),
    ],
    group: Group = None,
    *,
    yes: Yes = False,
    dry_run: DryRun = False,
    private: Annotated[bool, typer.Option("--private", help="It may lie in a private network.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object for each; --yes adds.")] = False,
) -> None:
    """Look for the feeds of a site, show what they hold, and make those chosen sources.

    Where a site has no feed, a news sitemap or the list of articles on the page itself may serve.

    Example: newsmon sources add https://astanatimes.com
    """
    with desk.desk() as app:
        adder = _Adder(app, group=group, yes=yes, dry_run=dry_run, private=private, json=json)
        for address in addresses:
            adder.look_at(address)
        adder.finish()
    raise typer.Exit(1 if adder.problems else 0)


class _Adder:
    """One call of `sources add`: what was chosen so far, and what went wrong."""

    def __init__(
        self, app: "App", *, group: str | None, yes: bool, dry_run: bool, private: bool, json: bool
    ) -> None:
        self.app, self.group, self.private, self.json = app, group, private, json
        self.asks = not (yes or dry_run or json)
        self.writes = not dry_run and (yes or not json)
        self.problems = 0
        self.chosen: list[NewSource] = []
        self.known = Known(app)
        self.to_switch: list[str] = []

    def look_at(self, address: str) -> None:
        """Take over what one address names, as far as the person wants it."""
        if Path(address).is_file():
            self._take_list(address)
            return
        url = address if "://" in address else f"https://{address}"
        if self._is_known(url):
            return
        found = self._find(url)
        if "://" not in address and found.problem.startswith(("connect", "tls", "timeout")):
            url = f"http://{address}"
            found = self._find(url)
        if found.outlines is not None:
            self._take_list(url, found)
            return
        self._offer(url, found)

    def finish(self) -> None:
        """Write what was chosen, and let a service that runs take it over."""
        if not self.writes:
            return
        if self.chosen:
            write(self.app, self.chosen)
        if self.to_switch:
            _switch_on(self.app, self.to_switch)

    def _offer(self, url: str, found: "Findings") -> None:
        """Show what was found, and take what the person wants of it."""
        if self.json:
            show.say_json({"asked": url, "problem": found.problem, "found": list(found.prospects)})
        if not found.prospects:
            self.problems += 1
            hint = (
                " (--private allows it)" if found.problem.startswith("private-") and not self.private else ""
            )
            show.complain(f"{url}: {found.problem}{hint}")
            return
        if found.problem and not self.json:
            show.remark(f"{url}: {found.problem}")
        if not self.json:
            _show(found.prospects, self.app.clock.now())
        for pick in _picks(found.prospects, asks=self.asks):
            if not self._is_known(pick.url):
                self.chosen.append(self._made(pick, url))
                self.known.add(self.chosen[-1])

    def _find(self, url: str) -> "Findings":
        with show.progress("Looking") as bar:
            return self.app.finder.find(url, allow_private=self.private, progress=bar)

    def _take_list(self, name: str, found: "Findings | None" = None) -> None:
        from monitor.cli import lists

        read = found.outlines if found is not None else None
        read = read or lists.read_list(self.app, name)
        new, faults = lists.new_sources(self.app, read, name, self.group, self.chosen)
        self.problems += faults
        if len(new) > 1 and self.asks and _asked(f"Add all {len(new)}? (yes, or none)", "none") not in _ALL:
            return
        self.chosen += new
        for source in new:
            self.known.add(source)

    def _is_known(self, url: str) -> bool:
        """Return whether an address is a source's already, and say so; one that is off may be switched on."""
        known = self.known.of(url)
        if known is None:
            return False
        off = self.known.is_off(known)
        if self.json:
            show.say_json({"asked": url, "problem": "", "found": [], "known": known, "off": off})
        elif not off:
            show.remark(f"{url} is the source {known} already.")
        else:
            show.remark(f"{url} is the source {known}, which is off.")
        if off and (not self.asks or typer.confirm(f"Switch {known} on?", default=True, err=True)):
            self.to_switch.append(known)
        return True

    def _made(self, pick: "Prospect", asked: str) -> "NewSource":
        from monitor.policy.finding import country_of, site_of, source_lang
        from monitor.policy.urls import host_of
        from monitor.settings.adding import NewSource

        site, lang = site_of(pick.home, pick.url), source_lang(pick.lang)
        return NewSource(
            id=self.known.new_id(pick.url, site, lang),
            url=pick.url,
            name=pick.title,
            home=pick.home,
            kind=None if pick.kind == "feed" else pick.kind,
            country=country_of(site),
            lang=lang,
            group=self.group,
            # What a page in a private network points to elsewhere is not let in with it.
            allow_private=self.private and host_of(pick.url) == host_of(asked),
        )


def remove(
    source: Annotated[str, typer.Argument(metavar="ID", help="The source's id.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove a source: its block from your files, or switch a shipped one off. Its history stays.

    Example: newsmon sources remove un-news
    """
    from monitor.settings.adding import remove_source

    with desk.desk() as app:
        settings = app.settings
        desk.require_known("source", source, [feed.id for feed in (*settings.feeds, *settings.off)])
        if not yes and not typer.confirm(f"Remove {source}?", err=True):
            raise typer.Exit(1)
        removed = remove_source(settings.folders, os.environ, source)
        show.remark(f"{source} is no source any more; what it brought stays.\nTo get it back, {removed.undo}")
        _put_into_force(app)


def _show(prospects: "Sequence[Prospect]", now: "datetime") -> None:
    from textwrap import shorten

    for number, one in enumerate(prospects[:MOST_SHOWN], 1):
        kind = {"feed": "feed", "sitemap": "news sitemap", "page": "no feed; the links of the page"}[one.kind]
        newest = f", newest {show.ago(one.newest, now)} ago" if one.newest else ""
        texts = ", with full texts" if one.full_text else ""
        count = f"{one.total} entr{'y' if one.total == 1 else 'ies'}"
        show.say(f"{number}. {shorten(one.title, _WIDEST, placeholder=' …')}\n   {one.url}")
        show.say(f"   {kind}: {count}{newest}{texts}")
        for sample in one.samples:
            show.say(f"     · {shorten(sample, _WIDEST, placeholder=' …')}")
    if len(prospects) > MOST_SHOWN:
        show.say(f"… and {len(prospects) - MOST_SHOWN} more")


def _picks(prospects: "Sequence[Prospect]", *, asks: bool) -> "list[Prospect]":
    """Return those that the person wants; the best where nobody is asked."""
    if not asks:
        return [prospects[0]]
    most = min(len(prospects), MOST_SHOWN)
    numbers = "1" if most == 1 else f"1-{most}"
    several = "" if most == 1 else "; several with commas"
    while True:
        answer = _asked(f"Which one? ({numbers}{several}; or none)", "1")
        if answer in {"none", "n", "0"}:
            return []
        words = answer.replace(",", " ").split()
        if words and all(word.isdecimal() and 1 <= int(word) <= most for word in words):
            return [prospects[int(word) - 1] for word in dict.fromkeys(words)]
        show.remark(f"Say a number of {numbers}, or none.")


def _asked(question: str, default: str) -> str:
    """Return a person's answer, in lower case.

    Raises:
        typer.Exit: nobody is there to answer.
    """
    try:
        return str(typer.prompt(question, default=default, err=True)).strip().lower()
    except typer.Abort as ended:
        if not isinstance(ended.__context__, EOFError):
            raise KeyboardInterrupt from None
        show.complain("\nNobody answered, and nothing was added: --yes takes the best without asking.")
        raise typer.Exit(1) from None


def write(app: "App", chosen: "Sequence[NewSource]") -> None:
    """Write new sources into the operator's folder, and let a service that runs take them over."""
    from monitor.settings.adding import add_sources, sift_sources
    from monitor.settings.files import shown

    folders = app.settings.folders
    good, refused = sift_sources(folders, os.environ, chosen)
    if refused:
        raise ConfigError(tuple(fault for _, fault in refused))
    path = add_sources(folders, os.environ, good)
    names = ", ".join(one.id for one in chosen[:MOST_SHOWN])
    more = f" and {len(chosen) - MOST_SHOWN} more" if len(chosen) > MOST_SHOWN else ""
    show.remark(f"Added to {shown(path)}: {names}{more}.\nnewsmon sources remove ID takes one out again.")
    _put_into_force(app)


def _switch_on(app: "App", names: Sequence[str]) -> None:
    from monitor.settings.adding import switch_on
    from monitor.settings.files import shown

    for name in names:
        path = switch_on(app.settings.folders, os.environ, name)
        show.remark(f"{name} is on, as {shown(path)} says now.")
    _put_into_force(app)


def _put_into_force(app: "App") -> None:
    """Let a service that runs take the files over, where nothing but sources has changed."""
    now = app.clock.now()
    if desk.no_database(app.settings) or health.health(app.store.status(now), now) == health.STOPPED:
        show.remark("In force from the next start.")
        return
    with show.progress("Checking") as bar:
        change = applying.consider(app, bar)
    if change.impact is not None or any("sources" not in words for words in change.others):
        show.remark("Other files changed, too: newsmon apply shows what that means, and puts it into force.")
        return
    applying.put_into_force(app, change)
    show.remark("In force: the service takes it over within seconds.")
