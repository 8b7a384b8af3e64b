"""How does a topic change with its versions? `topics backtest`, `rematch`, `history`, `revert`."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import applying, desk, show, topics
from monitor.cli.archive import since as since_when
from monitor.domain.errors import ConfigError, NewsmonError

if TYPE_CHECKING:
    from monitor.app import App
    from monitor.domain.labels import Labelled, TopicVersion
    from monitor.domain.topics import Topic
    from monitor.pipeline.compare import Comparison
    from monitor.rules import Matcher
    from monitor.settings import Settings

DAYS = "90d"
SHOWN = 20
GONE = "gone"
NOT_UNDERSTOOD = "this Newsmon does not understand an older configuration any more"
_SILENT = frozenset({"place", "examples", "description"})
"""Parts of a topic that do not change what it flags."""

TopicId = Annotated[str, typer.Argument(metavar="TOPIC", help="A topic's id.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def register(group: typer.Typer) -> None:
    """Add the commands of this module to the group `topics`."""
    for command in (backtest, rematch, history, revert):
        group.command()(command)


def backtest(
    topic: TopicId,
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help="How far back: 90d, 12h, or a date.")
    ] = DAYS,
    against: Annotated[
        str | None,
        typer.Option(metavar="VERSION|FILE", help="Beside which version; beside the one in force if none."),
    ] = None,
    *,
    json: Json = False,
) -> None:
    """Show what a topic, as its file says it now, would have flagged of the archive beside another version.

    Gained and lost articles, stories a day, how labelled pages are judged, and the nearest misses. VERSION
    is one that `topics history` lists, FILE a YAML file with the topic in it.

    Example: newsmon topics backtest ca-minerals --since 30d
    """
    from monitor.pipeline.compare import compare

    begin = since_when(since)
    assert begin is not None
    with desk.reading() as app, show.progress("Reading") as bar:
        desk.require_known("topic", topic, app.matcher.versions)
        old = _other(app, topic, against)
        found = compare(app.store, old, app.matcher, [topic], begin, bar)[0][topic]
        days = applying.days_since(app, begin)
        judged = [_judged(one, topic, old, app.matcher) for one in app.store.labelled(topic)]
    agreed = [one for one in judged if one.relevant is not None]
    if json:
        counts = {
            "days": days,
            "stories_before": len(found.stories_before),
            "stories_after": len(found.stories_after),
        }
        show.say_json(applying.comparison_row(found) | counts | {"labels": agreed})
    else:
        _tell(found, days, agreed)
        if disputed := len(judged) - len(agreed):
            show.remark(f"{disputed} labelled pages are left out: people disagree about them.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A labelled page: what people agree on, and which version flags it."""

    url: str
    relevant: bool | None
    before: bool
    after: bool


def _judged(one: "Labelled", topic: str, old: "Matcher | None", new: "Matcher") -> Judged:
    def flags(rules: "Matcher | None") -> bool:
        match = rules.judge(topic, one.document) if rules and topic in rules.versions else None
        return match is not None and match.flagged

    return Judged(url=one.document.url or "", relevant=one.relevant, before=flags(old), after=flags(new))


def _other(app: "App", topic: str, against: str | None) -> "Matcher | None":
    """Return the rules to compare with, None where nothing was ever in force.

    Raises:
        typer.BadParameter: there is no such version, and no such file, or the file lacks the topic.
        ConfigError: the file has faults.
        NewsmonError: this program does not understand what was in force then.
    """
    from monitor.rules import compile_pack
    from monitor.settings import load_with_topic

    if against is None:
        try:
            live = applying.live_rules(app)
        except ConfigError as error:
            raise NewsmonError(f"{NOT_UNDERSTOOD}: what is in force") from error
        return live[1] if live else None
    if Path(against).is_file():
        settings = load_with_topic(app.settings, Path(against), topic, os.environ)
        if not any(one.id == topic and _stands_in(against, one) for one in settings.pack.topics):
            raise typer.BadParameter(f"{against} has no topic {topic}")
        return compile_pack(settings.pack)
    return compile_pack(_settings_of(app, _version(app, topic, against)).pack)


def _stands_in(file: str, topic: "Topic") -> bool:
    return Path(topic.place.file).absolute() == Path(file).absolute()


def _version(app: "App", topic: str, wanted: str) -> "TopicVersion":
    versions = app.store.topic_versions(topic)
    found = next((one for one in versions if one.version.startswith(wanted)), None)
    if found is None:
        known = ", ".join(dict.fromkeys(one.version for one in versions)) or "none yet"
        raise typer.BadParameter(f"{wanted} is no file and no version of {topic} (there are: {known})")
    return found


def _settings_of(app: "App", version: "TopicVersion") -> "Settings":
    """Return the settings that a version came with.

    Raises:
        NewsmonError: this program does not understand them any more.
    """
    from monitor.settings import load_snapshot

    files = app.store.snapshot_files(version.snapshot_id)
    assert files is not None, "a version's snapshot is kept with it"
    try:
        return load_snapshot(files, app.settings.folders, os.environ)
    except ConfigError as error:
        when = f"{version.since:%Y-%m-%d %H:%M} UTC"
        raise NewsmonError(f"{NOT_UNDERSTOOD}: {version.version}, of {when}") from error


def _tell(found: "Comparison", days: float, agreed: Sequence[Judged]) -> None:
    applying.tell_comparison(found, SHOWN)
    before, after = len(found.stories_before) / days, len(found.stories_after) / days
    show.say(f"stories a day: {before:.1f} before, {after:.1f} after")
    if agreed:
        show.say(f"labelled pages, before: {_measured((one.before, bool(one.relevant)) for one in agreed)}")
        show.say(f"labelled pages, after:  {_measured((one.after, bool(one.relevant)) for one in agreed)}")
    if found.near:
        show.say("nearest misses:")
    for shift in found.near:
        show.say(applying.shift_line("·", shift))


def _measured(pairs: Iterable[tuple[bool, bool]]) -> str:
    from monitor.policy.scoring import scored

    score = scored(pairs)
    return f"precision {topics.share_of(score.precision)}, recall {topics.share_of(score.recall)}"


def rematch(
    since: Annotated[
        str | None, typer.Option("--since", metavar="WHEN", help="Articles read since: 30d, or a date.")
    ] = None,
    *,
    digest: Annotated[
        bool, typer.Option("--digest", help="Put what is newly flagged into the next digests.")
    ] = False,
    json: Json = False,
) -> None:
    """Judge the archive anew by the rules in force. Nobody is told, unless --digest.

    What somebody was told of before is not told again.

    Example: newsmon topics rematch --since 30d
    """
    from monitor.pipeline.rematch import Rematching
    from monitor.settings import snapshot

    with desk.reading() as app, show.progress("Matching") as bar:
        applied = app.store.applied_digest()
        if applied not in {None, snapshot(app.settings.folders)[0]}:
            raise NewsmonError("the files are not what is in force; newsmon apply puts them into force")
        teller = app.matching.teller if digest else None
        counts = Rematching(store=app.store, clock=app.clock, matcher=app.matcher, teller=teller).run(
            since_when(since), bar
        )
    if json:
        show.say_json(dict(counts))
    else:
        told = f", {counts['alerts']} for the next digests" if digest else ""
        show.say(f"{counts['articles']} articles judged anew, {counts['flagged']} flagged{told}")


def history(topic: TopicId, *, json: Json = False) -> None:
    """List the versions of a topic that were in force, newest first, and what changed with each.

    Example: newsmon topics history ca-minerals
    """
    with desk.reading() as app:
        versions = app.store.topic_versions(topic)
        if not versions:
            desk.require_known("topic", topic, app.matcher.versions)
        rows = list(_changes(app, topic, versions))
    if json:
        show.say_json([{"version": v.version, "since": v.since, "changed": words} for v, words, _ in rows])
        return
    for version, words, differences in rows:
        show.say(f"{version.version}  since {version.since.astimezone():%Y-%m-%d %H:%M %z}  {words}")
        for line in differences:
            show.say(f"    {line}")
    if not rows:
        show.remark(f"{topic} was never in force: newsmon run or newsmon apply puts it into force.")


def _changes(
    app: "App", topic: str, versions: "Sequence[TopicVersion]"
) -> "Iterator[tuple[TopicVersion, str, list[str]]]":
    """Yield each version with what it changed in words, and the lines of its query that differ."""
    told = [_told(app, topic, version) for version in versions]
    for version, now, before in zip(versions, told, [*told[1:], None], strict=True):
        if isinstance(now, str):
            yield version, now, []
            continue
        if before is None or isinstance(before, str):
            yield version, "first in force" if before in {None, GONE} else "not known", []
            continue
        changed = [
            name
            for name in (field.name for field in fields(now))
            if name not in _SILENT and _text(getattr(now, name)) != _text(getattr(before, name))
        ]
        old, new = before.require.text.splitlines(), now.require.text.splitlines()
        differences = [
            line for line in unified_diff(old, new, lineterm="", n=0) if line[:2] not in {"--", "++", "@@"}
        ]
        yield version, ", ".join(changed) or "names or languages it rests on", differences


def _told(app: "App", topic: str, version: "TopicVersion") -> "Topic | str":
    """Return the topic as it was then, or in words why that cannot be told."""
    try:
        pack = _settings_of(app, version).pack
    except NewsmonError:
        return "not understood by this Newsmon any more"
    return next((one for one in pack.topics if one.id == topic), GONE)


def _text(value: object) -> object:
    """Return a part of a topic without the places where it was written."""
    plain = show.plain(value)
    if isinstance(plain, dict):
        return {key: _text(part) for key, part in plain.items() if key != "place"}
    return [_text(part) for part in plain] if isinstance(plain, list) else plain


def revert(
    topic: TopicId,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="One that `topics history` lists.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Write the file; without it, only show.")] = False,
) -> None:
    """Write an earlier version of a topic back into your folder's files; `newsmon apply` puts it into force.

    The topic's own block is written; the names and languages it rests on stay as they are.

    Example: newsmon topics revert ca-minerals 3f9a --yes
    """
    from monitor.settings import topic_block, write_topic

    with desk.reading() as app:
        wanted = _version(app, topic, version)
        files = app.store.snapshot_files(wanted.snapshot_id)
        assert files is not None, "a version's snapshot is kept with it"
        block = topic_block(files, app.settings.folders, topic, os.environ)
        if not yes:
            show.say(block.rstrip("\n"))
            show.remark("Nothing was written. Say --yes to write this.")
            return
        path = write_topic(app.settings, topic, block, os.environ)
    with desk.desk() as app:
        now = app.matcher.versions.get(topic)
    show.say(str(path))
    if now != wanted.version:
        show.remark(f"It is not quite what it was: what it rests on has changed since ({now}).")
    show.remark("Next: newsmon apply")
