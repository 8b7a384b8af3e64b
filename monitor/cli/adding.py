"""How does a source come to be one? `sources add`, `import`, `remove`."""

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import applying, desk, health, show
from monitor.domain.errors import NewsmonError

if TYPE_CHECKING:
    from datetime import datetime

    from monitor.app import App
    from monitor.domain.finding import Outline, Outlines, Prospect
    from monitor.settings.adding import NewSource

Yes = Annotated[bool, typer.Option("--yes", help="Take the best, without asking.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what was found.")]
Group = Annotated[str | None, typer.Option(help="The folder to put it into.")]
MOST_SHOWN = 9
_LONGEST_CELL = 2_000


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(add)
    app.command(name="import")(import_)
    app.command()(remove)


def add(
    addresses: Annotated[
        list[str], typer.Argument(metavar="URL...", help="A site, a feed, a sitemap, or an OPML list.")
    ],
    group: Group = None,
    *,
    yes: Yes = False,
    dry_run: DryRun = False,
    private: Annotated[bool, typer.Option("--private", help="It may lie in a private network.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object for each; --yes adds.")] = False,
) -> None:
    """Look for the feeds of a site, show what they hold, and make the one chosen a source.

    Where a site has no feed, a news sitemap or the list of articles on the page itself may serve.

    Example: newsmon sources add https://astanatimes.com
    """
    problems = 0
    with desk.desk() as app:
        chosen: list[NewSource] = []
        for address in addresses:
            url = address if "://" in address else f"https://{address}"
            if already := _known(app, url):
                show.remark(f"{url} is the source {already} already.")
                continue
            with show.progress("Looking") as bar:
                found = app.finder.find(url, allow_private=private, progress=bar)
            if found.outlines is not None:
                chosen += _from_list(app, found.outlines, chosen, group)
                continue
            if json:
                show.say_json({"asked": url, "problem": found.problem, "found": list(found.prospects)})
            if not found.prospects:
                problems += 1
                hint = " (--private allows it)" if "private-address" in found.problem and not private else ""
                show.complain(f"{url}: {found.problem}{hint}")
                continue
            if not json:
                _show(found.prospects, app.clock.now())
            pick = _pick(found.prospects, yes=yes or dry_run or json)
            already = _known(app, pick.url) if pick else None
            if already:
                show.remark(f"{pick.url} is the source {already} already." if pick else "")
            elif pick is not None:
                chosen.append(_made(app, pick, [one.id for one in chosen], group, private=private))
        if chosen and not dry_run and (yes or not json):
            _write(app, chosen)
    raise typer.Exit(1 if problems else 0)


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="OPML (folders become groups), or CSV.")],
    group: Group = None,
    *,
    dry_run: DryRun = False,
) -> None:
    """Take over the sources of a list: OPML from another reader, or CSV with name and url.

    What cannot be read is told with its line, and the rest is taken. Exit code 1 then.

    Example: newsmon sources import subscriptions.opml
    """
    if not file.is_file():
        raise typer.BadParameter(f"{file}: {'not a file' if file.exists() else 'no such file'}")
    with desk.desk() as app:
        read = _read_list(app, file)
        chosen = _from_list(app, read, (), group)
        if chosen and not dry_run:
            _write(app, chosen)
    raise typer.Exit(1 if read.faults else 0)


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
    for number, one in enumerate(prospects[:MOST_SHOWN], 1):
        kind = {"feed": "feed", "sitemap": "news sitemap", "page": "no feed; the links of the page"}[one.kind]
        newest = f", newest {show.ago(one.newest, now)} ago" if one.newest else ""
        texts = ", with full texts" if one.full_text else ""
        show.say(f"{number}. {one.title}\n   {one.url}\n   {kind}: {one.total} entries{newest}{texts}")
        for sample in one.samples:
            show.say(f"     · {sample[:90]}")
    if len(prospects) > MOST_SHOWN:
        show.say(f"… and {len(prospects) - MOST_SHOWN} more")


def _pick(prospects: "Sequence[Prospect]", *, yes: bool) -> "Prospect | None":
    """Return the one that the person wants, None where it is none."""
    if yes:
        return prospects[0]
    most = min(len(prospects), MOST_SHOWN)
    numbers = "1" if most == 1 else f"1-{most}"
    while True:
        answer = typer.prompt(f"Which one? ({numbers}, or none)", default="1", err=True).strip().lower()
        if answer in {"none", "n", "0"}:
            return None
        if answer.isdecimal() and 1 <= int(answer) <= most:
            return prospects[int(answer) - 1]
        show.remark(f"Say a number of {numbers}, or none.")


def _known(app: "App", url: str) -> str | None:
    """Return the id of the source that has this address, None where there is none."""
    known = _known_pages(app)
    return known.get(url) or known.get(_page(url))


def _known_pages(app: "App") -> dict[str, str]:
    """Return the ids of the sources by their addresses, as written and as `_page` has them."""
    feeds = (*app.settings.off, *app.settings.feeds)
    return {key: feed.id for feed in feeds for key in (feed.url, _page(feed.url))}


def _page(url: str) -> str:
    from monitor.policy.urls import same_page_key

    return same_page_key(url) or url


def _taken(app: "App", more: Iterable[str]) -> set[str]:
    """Return the ids that a new source may not have: those in the files, and those the database remembers."""
    settings = app.settings
    remembered = () if desk.no_database(settings) else app.store.feed_ids()
    return {*(feed.id for feed in (*settings.feeds, *settings.off)), *remembered, *more}


def _made(
    app: "App", pick: "Prospect", taken: Sequence[str], group: str | None, *, private: bool
) -> "NewSource":
    from monitor.policy.finding import country_of, source_id
    from monitor.settings.adding import NewSource

    home = pick.home or pick.url
    return NewSource(
        id=source_id(home, pick.lang, _taken(app, taken)),
        url=pick.url,
        name=pick.title,
        home=pick.home,
        kind=None if pick.kind == "feed" else pick.kind,
        country=country_of(home),
        lang=pick.lang,
        group=group,
        allow_private=private,
    )


def _from_list(
    app: "App", read: "Outlines", chosen: "Sequence[NewSource]", group: str | None
) -> "list[NewSource]":
    """Return the new sources of a list; say which are known already, and what could not be read."""
    from monitor.policy.finding import country_of, source_id
    from monitor.settings.adding import NewSource

    for fault in read.faults:
        show.complain(fault)
    made: list[NewSource] = []
    taken = _taken(app, (one.id for one in chosen))
    known_pages = {*_known_pages(app), *(_page(one.url) for one in chosen)}
    known = 0
    for outline in read.outlines:
        if outline.url in known_pages or _page(outline.url) in known_pages:
            known += 1
            continue
        known_pages.add(_page(outline.url))
        home = outline.home or outline.url
        made.append(
            NewSource(
                id=source_id(home, outline.lang, taken),
                url=outline.url,
                name=outline.title or home,
                home=outline.home,
                country=outline.country or country_of(home),
                lang=outline.lang,
                outlet_kind=outline.outlet_kind,
                group=group or outline.group,
            )
        )
        taken.add(made[-1].id)
    show.remark(f"{len(made)} new sources, {known} known already, {len(read.faults)} faults.")
    return made


def _read_list(app: "App", file: Path) -> "Outlines":
    """Return the sources of a file.

    Raises:
        NewsmonError: it is no list of sources.
    """
    from monitor.domain.feeds import ParseFailed
    from monitor.domain.finding import OutlineJob

    body = file.read_bytes()
    if file.suffix.lower() == ".csv":
        return _from_csv(body.decode("utf-8-sig", "replace"), file)
    read = app.workers.read_outlines(OutlineJob(body=body)).result()
    if isinstance(read, ParseFailed):
        raise NewsmonError(f"{file}: {read.message}")
    return read


def _from_csv(text: str, file: Path) -> "Outlines":
    from monitor.domain.finding import Outlines

    head = text.partition("\n")[0]
    # Spreadsheets write semicolons where the comma belongs to numbers.
    delimiter = ";" if head.count(";") > head.count(",") else ","
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        columns = [name.strip().lower() for name in table.fieldnames or ()]
    except csv.Error as error:
        raise NewsmonError(f"{file}:1: {error}") from None
    if "url" not in columns:
        raise NewsmonError(f"{file}:1: no column url (there are: {', '.join(columns) or 'none'})")
    table.fieldnames = columns
    faults: list[str] = []
    outlines = []
    try:
        for outline in _rows(table, file, faults):
            outlines.append(outline)  # noqa: PERF402 - what came before a fault counts
    except csv.Error as error:
        faults.append(f"{file}:{table.line_num + 1}: {error}; what follows is not read")
    return Outlines(outlines=tuple(outlines), faults=tuple(faults))


def _rows(table: "csv.DictReader[str]", file: Path, faults: list[str]) -> "Iterator[Outline]":
    """Yield the sources of a table; values that no source can have are left out, rows without one told."""
    import re

    from monitor.domain.finding import Outline
    from monitor.policy.mail import clean_line
    from monitor.policy.urls import host_of

    for row in table:
        said = {key: clean_line(value, _LONGEST_CELL) for key, value in row.items() if isinstance(value, str)}
        url = said.get("url", "")
        if not host_of(url):
            faults.append(f"{file}:{table.line_num}: {url[:100] or 'nothing'} is no web address")
            continue
        kind, lang = said.get("kind", "").lower().replace(" ", "-"), said.get("language", "")
        country = said.get("country", "").upper()
        yield Outline(
            url=url,
            title=said.get("name", ""),
            home=said.get("homepage") if host_of(said.get("homepage", "")) else None,
            group=said.get("group") or None,
            lang=lang if re.fullmatch(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", lang) else None,
            country=country if re.fullmatch(r"[A-Z]{2}", country) else None,
            outlet_kind=kind if re.fullmatch(r"[a-z]+(?:-[a-z]+)*", kind) else None,
        )


def _write(app: "App", chosen: "Sequence[NewSource]") -> None:
    from monitor.settings.adding import add_sources
    from monitor.settings.files import shown

    path = add_sources(app.settings.folders, os.environ, chosen)
    names = ", ".join(one.id for one in chosen[:MOST_SHOWN])
    more = f" and {len(chosen) - MOST_SHOWN} more" if len(chosen) > MOST_SHOWN else ""
    show.remark(f"Added to {shown(path)}: {names}{more}. newsmon sources remove ID takes one out again.")
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
