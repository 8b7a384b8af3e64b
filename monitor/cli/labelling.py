"""What do people say of verdicts? `label` keeps their word, `topics sample` shows what is worth one."""

import shlex
from enum import StrEnum
from getpass import getuser
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import desk, documents, show, topics
from monitor.cli.archive import since as since_when
from monitor.cli.inputs import bodies
from monitor.domain.labels import ANY_TOPIC, Label

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.app import App
    from monitor.domain.articles import Article
    from monitor.domain.labels import Labelled, Unflagged

LONGEST_NAME = 60


class Word(StrEnum):
    """What somebody says of a page."""

    RELEVANT = "relevant"
    NOT = "not"


def register(main: typer.Typer) -> None:
    """Add the commands of this module."""
    main.command()(label)


def label(
    what: Annotated[str, typer.Argument(metavar="URL|ID", help="A page, or an article by its id.")],
    word: Annotated[
        Word | None, typer.Argument(metavar="relevant|not", help="What you say of it; not with --remove.")
    ] = None,
    topic: Annotated[
        str | None,
        typer.Option("--topic", metavar="T", help="For this topic; else for any at all, or your only topic."),
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who says so; else your login name.")
    ] = None,
    *,
    example: Annotated[
        bool,
        typer.Option("--add-example", help="Also add its deciding sentences to the topic's examples."),
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take your label back.")] = False,
) -> None:
    """Say whether a page is relevant: to a topic, or without --topic to any topic at all.

    A page that is not in the archive is fetched and kept with the label. Labels are what
    `topics test --labels` measures. A later label of the same person takes the place of an earlier
    one. --add-example writes at most three sentences into your own configuration folder, never the
    article, and only if `newsmon check` finds no fault with them.

    Example: newsmon label https://astanatimes.com/2026/11/example relevant --topic ca-minerals
    """
    if remove == (word is not None):
        raise typer.BadParameter("say relevant or not" if word is None else "--remove takes no word")
    name = _name(by)
    with desk.desk() as application:
        enabled = [one.id for one in application.matcher.topics]
        desk.require_known("topic", topic, {*enabled, ANY_TOPIC})
        topic_id = topic or (enabled[0] if len(enabled) == 1 else ANY_TOPIC)
        if example and (topic_id == ANY_TOPIC or remove):
            raise typer.BadParameter("an example needs a label and its topic: add --topic")
        if remove:
            _remove(application, what, topic_id, name)
            return
        url, page = _page(application, what)
        said = Label(
            url=url, topic_id=topic_id, by=name, relevant=word is Word.RELEVANT, at=application.clock.now()
        )
        application.store.record_label(said, page)
        labelled = _labelled(application, said)
        _show(application, said, labelled)
        if example:
            show.say(f"The example stands in {_add_example(application, said, labelled)}")


def _name(by: str | None) -> str:
    from monitor.policy.mail import clean_line

    try:
        name = clean_line(getuser() if by is None else by, LONGEST_NAME)
    except (OSError, KeyError):
        name = ""
    if not name:
        raise typer.BadParameter("nobody is named: say who you are with --by NAME")
    return name


def _page(application: "App", what: str) -> tuple[str, "Article | None"]:
    """Return the canonical URL of a page, and the page itself where it is nowhere kept yet.

    Raises:
        NewsmonError: there is no such page, or it cannot be read; the message says why.
    """
    from monitor.domain.articles import Article, ExtractFailed, PageJob
    from monitor.domain.errors import NewsmonError
    from monitor.policy.urls import canonical_url

    url = _known(application, what)
    if url is not None:
        return url, None
    address = canonical_url(what)
    if address is None:
        raise NewsmonError(f"there is no article {what}, and it is no address. Nothing was labelled.")
    (body,) = bodies(application, [address], "")
    if body.code:
        raise NewsmonError(f"{what} could not be fetched: {body.problem}. Nothing was labelled.")
    job = PageJob(body=body.data, url=body.url, content_type=body.content_type)
    page = application.workers.extract_page(job).result()
    if isinstance(page, ExtractFailed):
        raise NewsmonError(f"{what} holds no article: {page.message}. Nothing was labelled.")
    url = canonical_url(page.canonical_url or body.url) or address
    if application.store.known_pages([url]) or application.store.labels_on(url):
        return url, None
    host = documents.domain_of(url) or ""
    return url, Article(
        url=url,
        feed_id="",
        outlet=host,
        domain=host,
        title=page.title,
        text=page.text,
        author=page.author,
        published=page.published,
        published_from=page.published_from,
        lang=page.lang,
        read_at=application.clock.now(),
    )


def _known(application: "App", what: str) -> str | None:
    """Return the URL under which the archive, or a label, knows a page; None if none does."""
    from monitor.policy.urls import canonical_url

    address = canonical_url(what)
    for asked in dict.fromkeys([what, address or what]):
        journey = application.store.journey(asked)
        if journey is not None and journey.article is not None:
            return journey.article.url
    return address if address and application.store.labels_on(address) else None


def _remove(application: "App", what: str, topic_id: str, name: str) -> None:
    from monitor.domain.errors import NewsmonError

    url = _known(application, what)
    if url is None or not application.store.remove_label(url, topic_id, name):
        others = application.store.labels_on(url) if url else []
        there = "; ".join(topics.said(one) for one in others) or "nobody has labelled it"
        raise NewsmonError(f"there is no label of {name} on {what} for {_topic(topic_id)} ({there})")
    show.say(f"The label of {name} on {url} for {_topic(topic_id)} is gone.")


def _labelled(application: "App", said: Label) -> "Labelled":
    """Return the page as it is kept, with all labels that speak of the topic."""
    pages = application.store.labelled(said.topic_id)
    return next(page for page in pages if page.document.url == said.url)


def _show(application: "App", said: Label, labelled: "Labelled") -> None:
    show.say(f"{topics.said(said)}\n  {labelled.document.title}\n  {said.url}")
    matches = application.matcher.read(labelled.document).matches
    flagging = [one.topic_id for one in matches if one.flagged and said.topic_id in (ANY_TOPIC, one.topic_id)]
    show.say(f"  flagged by today's rules: {', '.join(flagging) or 'no'}")
    others = [one for one in labelled.labels if one.relevant != said.relevant]
    if others:
        show.say(f"  but {'; '.join(map(topics.said, others))}")
        show.say("  (while labels disagree, the page counts for neither)")


def _topic(topic_id: str) -> str:
    return "any topic" if topic_id == ANY_TOPIC else topic_id


def _add_example(application: "App", said: Label, labelled: "Labelled") -> "Path":
    """Write the deciding sentences of a labelled page into the topic's examples; return the file.

    Raises:
        NewsmonError: it could not be done, and nothing was written; the label is kept.
    """
    import os

    from monitor.domain.errors import NewsmonError
    from monitor.domain.topics import Example
    from monitor.rules import excerpt
    from monitor.settings import add_example

    document = labelled.document
    text = excerpt(document, application.matcher.judge(said.topic_id, document))
    made = Example(text=text, title=document.title, flag=said.relevant, lang=document.lang)
    try:
        return add_example(desk.folders(), os.environ, said.topic_id, made)
    except NewsmonError as error:
        raise NewsmonError(f"the label is kept, but {error}") from error


@topics.app.command()
def sample(
    topic: topics.Topic = None,
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help="Read since: 7d, 12h, or a date.")
    ] = "7d",
    number: Annotated[int, typer.Option("--number", min=1, max=1000, help="At most so many.")] = 10,
    seed: Annotated[
        int | None, typer.Option("--seed", help="The same number gives the same sample again.")
    ] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show articles that were not flagged, to be labelled: precision alone hides what was missed.

    Up to half are near misses, those nearest below the threshold; the others are drawn by lot.
    Labelled ones, and copies of one text, are left out.

    Example: newsmon topics sample --topic central-asia-partnerships
    """
    from random import Random

    from monitor.policy.sampling import drawn

    with desk.reading() as application:
        desk.require_known("topic", topic, [one.id for one in application.matcher.topics])
        begin = since_when(since)
        assert begin is not None
        pool = application.store.unflagged(topic or ANY_TOPIC, begin)
        random = application.random if seed is None else Random(seed)  # noqa: S311 - a lot, no secret
        near, others = drawn(pool, number, random)
        ids = [one.article_id for one in (*near, *others)]
        articles = {one.id: one for one in application.store.articles_of(ids)}
    for kind, heading, chosen in (("near", "Near misses", near), ("random", "By lot", others)):
        if chosen and not json:
            show.say(f"{heading}: {len(chosen)}")
        for one in chosen:
            _show_unflagged(kind, one, articles[one.article_id], topic, json=json)
    if not ids:
        show.remark("No article was left unflagged and unlabelled in that time.")


def _show_unflagged(
    kind: str, one: "Unflagged", article: "Article", topic: str | None, *, json: bool
) -> None:
    commands = [_command(one.article_id, word, topic) for word in Word]
    if json:
        row = {"kind": kind, "id": article.id, "url": article.url, "outlet": article.outlet}
        row |= {"title": article.title, "published": article.published}
        row |= {"topic": one.topic_id, "relevance": one.relevance, "threshold": one.threshold or None}
        show.say_json(row | {"label": commands})
        return
    day = f"{article.published:%Y-%m-%d %H:%M}" if article.published else "undated         "
    nearest = (
        f"relevance {one.relevance} of {one.threshold} needed for {one.topic_id}"
        if one.topic_id
        else "relevance 0: lacks what is required"
    )
    show.say(f"{article.id:>6}  {day}  {article.outlet}: {article.title}\n        {article.url}")
    show.say("\n".join(f"        {line}" for line in (nearest, *commands)))


def _command(article_id: int, word: Word, topic: str | None) -> str:
    """Return the line that labels an article, with the folders that this run was given."""
    words = ["newsmon"]
    for option, folder in (("--config", desk.PLACES.config), ("--data", desk.PLACES.data)):
        words += [option, str(folder)] if folder else []
    return shlex.join([*words, "label", str(article_id), word, *(["--topic", topic] if topic else [])])
