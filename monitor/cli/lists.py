"""How do sources come from a list, and go out as one? `sources import`, `sources export`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import adding, desk, show
from monitor.domain.errors import NewsmonError

if TYPE_CHECKING:
    from monitor.app import App
    from monitor.domain.finding import Outline, Outlines
    from monitor.settings.adding import NewSource


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(name="import")(import_)
    app.command()(export)


def import_(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="OPML (folders become groups) or CSV; or its URL.")
    ],
    group: adding.Group = None,
    *,
    dry_run: adding.DryRun = False,
) -> None:
    """Take over the sources of a list: OPML from another reader, or CSV with name and url.

    What cannot be read is told with its line, and the rest is taken. Exit code 1 then.

    Example: newsmon sources import subscriptions.opml
    """
    with desk.desk() as app:
        read = read_list(app, file)
        good, faults = new_sources(app, read, file, group)
        if dry_run:
            for one in good:
                show.say(f"{one.id:<28} {one.url}")
        elif good:
            adding.write(app, good)
    raise typer.Exit(1 if faults else 0)


def export(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Where to; stdout without.")] = None,
    *,
    csv: Annotated[bool, typer.Option("--csv", help="CSV, as FILE.csv is without it.")] = False,
    opml: Annotated[bool, typer.Option("--opml", help="OPML, as every other file is without it.")] = False,
) -> None:
    """Write the configured sources as OPML, with their groups as folders, or as CSV.

    Headers, credentials, rules of a source's own, and leave to reach private networks stay here.

    Example: newsmon sources export sources.opml
    """
    from monitor.reports.lists import beyond_lists, csv_of, opml_of

    if csv and opml:
        raise typer.BadParameter("say either --csv or --opml")
    with desk.desk() as app:
        feeds = app.settings.feeds
    as_table = csv or (not opml and file is not None and file.suffix.lower() == ".csv")
    text = csv_of(feeds) if as_table else opml_of(feeds)
    if file is None:
        show.say(text.rstrip("\n"))
    else:
        file.write_text(text, "utf-8")
        show.remark(f"{len(feeds)} source{'s'[: len(feeds) != 1]} in {file}")
    beyond = [feed.id for feed in feeds if beyond_lists(feed)]
    if beyond:
        names = ", ".join(beyond[: adding.MOST_SHOWN]) + (" …" if len(beyond) > adding.MOST_SHOWN else "")
        show.remark(f"Settings that no list carries stay in your files (headers, rules, …): {names}")


def read_list(app: "App", file: str) -> "Outlines":
    """Return the sources that a file or an address lists.

    Raises:
        typer.BadParameter: there is no such file.
        NewsmonError: it cannot be had, or is no list of sources.
    """
    from monitor.cli.inputs import bodies
    from monitor.domain.feeds import ParseFailed
    from monitor.domain.finding import OutlineJob

    with show.progress("Reading"):
        (body,) = bodies(app, [file], "")
        if body.problem:
            problem = f"{file}: {body.problem[0].lower()}{body.problem[1:]}"
            raise typer.BadParameter(problem) if body.code == "unreadable" else NewsmonError(problem)
        job = OutlineJob(body=body.data, url=body.url, content_type=body.content_type)
        read = app.workers.read_outlines(job).result()
    if isinstance(read, ParseFailed):
        raise NewsmonError(_placed(file, read.message))
    return read


def new_sources(
    app: "App", read: "Outlines", name: str, group: str | None, chosen: "Sequence[NewSource]" = ()
) -> "tuple[list[NewSource], int]":
    """Return the new sources of a list, and how many faults it has; all of them are told with their line.

    Those that are known already, or `chosen` before, are only counted.
    """
    import os

    from monitor.settings.adding import sift_sources

    known = adding.Known(app, chosen)
    made: dict[str, tuple[Outline, NewSource]] = {}
    passed_over = 0
    for outline in read.outlines:
        if known.of(outline.url) is not None:
            passed_over += 1
            continue
        source = _made(outline, known, group)
        known.add(source)
        made[source.id] = outline, source
    good, refused = sift_sources(app.settings.folders, os.environ, [source for _, source in made.values()])
    for fault in read.faults:
        show.complain(_placed(name, fault))
    for source, why in sorted(refused, key=lambda one: made[one[0].id][0].line):
        hint = f" ({why.hint})" if why.hint else ""
        where = f"{name}:{made[source.id][0].line}"
        show.complain(f"{where}: {source.url}: {why.key}: {why.problem}{hint}")
    faults = len(read.faults) + len(refused)
    new, wrong = f"source{'s'[: len(good) != 1]}", f"fault{'s'[: faults != 1]}"
    show.remark(f"{len(good)} new {new}, {passed_over} known already, {faults} {wrong}.")
    return good, faults


def _made(outline: "Outline", known: "adding.Known", group: str | None) -> "NewSource":
    from monitor.policy.finding import country_of, site_of, source_lang
    from monitor.policy.urls import host_of
    from monitor.settings.adding import NewSource

    site = site_of(outline.home, outline.url)
    lang = source_lang(outline.lang)
    return NewSource(
        id=known.new_id(outline.url, site, lang, wanted=outline.id),
        url=outline.url,
        name=outline.title or host_of(site),
        home=outline.home,
        kind=None if outline.kind == "feed" else outline.kind,
        country=outline.country or country_of(site),
        lang=lang,
        outlet_kind=outline.outlet_kind,
        group=group or outline.group,
        more=outline.more,
    )


def _placed(name: str, fault: str) -> str:
    """Return a list's fault with the file's name before its line."""
    line, colon, rest = fault.removeprefix("line ").partition(": ")
    return f"{name}:{line}: {rest}" if colon and line.isdecimal() else f"{name}: {fault}"
