"""Is the configuration right in every respect? Shape, cross references, rules, and topics' examples."""

from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from monitor.domain.errors import ConfigError, Fault
from monitor.settings import compiled
from monitor.settings.files import USER, Folders, SourceFile, read_files, shown, snapshot_of
from monitor.settings.loading import Settings, assemble, in_order
from monitor.settings.making import Made

if TYPE_CHECKING:
    from monitor.rules import Matcher

SOUND = "sound"
"""The name under which it is kept that rules and examples were found sound, with the warnings of then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check found. Without faults `settings` and `matcher` are ready for use.

    `files` is the number of files read, `snapshot` the digest and the JSON text of just these.
    `warnings` are sentences about what may not be meant.
    """

    faults: tuple[Fault, ...]
    warnings: tuple[str, ...]
    files: int
    snapshot: tuple[str, str]
    settings: Settings | None = None
    matcher: "Matcher | None" = None


def check(
    folders: Folders,
    environ: AnyMapping[str, str],
    *,
    afresh: bool = True,
    instead: AnyMapping[str, str] = MappingProxyType({}),
) -> Checked:
    """Return everything that is wrong with the configuration; never raises for a fault.

    `instead` are texts by their path in the user's folder, looked at as if they were written there.
    Unless all shall be looked at `afresh`, what this program found sound before is believed to be: the
    blocks, the rules and their examples where not a letter of them changed.
    """
    files, faults = read_files(folders)
    files = _with(files, instead, folders)
    settings, made = assemble(files, folders, environ, faults, afresh=afresh)
    known = None if afresh or faults else compiled.recalled(SOUND, made.pack, folders.data, tuple)
    if known is not None:
        matcher: Matcher | None = compiled.matcher_of(made.pack, folders.data)
    else:
        matcher = _compiled(made, faults)
    if faults or settings is None:
        return Checked(faults=in_order(faults), warnings=(), files=len(files), snapshot=snapshot_of(files))
    if known is None:
        known = tuple(_shared_names(settings, matcher))
        compiled.keep(SOUND, made.pack, folders.data, known)
        compiled.keep(compiled.NAME, made.pack, folders.data, matcher)
    return Checked(
        faults=(),
        warnings=(*settings.warnings, *_advice(settings), *known),
        files=len(files),
        snapshot=snapshot_of(files),
        settings=settings,
        matcher=matcher,
    )


def _with(files: list[SourceFile], instead: AnyMapping[str, str], folders: Folders) -> list[SourceFile]:
    """Return the files with these texts of the user's in place of theirs, or added."""
    kept = [file for file in files if file.layer != USER or file.path not in instead]
    return kept + [
        SourceFile(layer=USER, path=path, name=shown(folders.user / path), text=text)
        for path, text in instead.items()
    ]


def _compiled(made: Made, faults: list[Fault]) -> "Matcher | None":
    """Return the matcher of a pack, after running its examples; None (and faults) if it has none."""
    from monitor.rules import compile_pack, run_examples

    try:
        matcher = compile_pack(made.pack)
    except ConfigError as error:
        faults += [fault for fault in error.faults if not _is_told(fault, made)]
        return None
    faults += run_examples(matcher)
    return matcher


def _is_told(fault: Fault, made: Made) -> bool:
    """Tell whether a fault of the rules only follows from one that is reported already."""
    if not fault.problem.startswith("unknown"):
        return False
    if fault.key in ("of", "members"):
        return True  # the loader names the very word
    return bool(made.unread & {"actors", "themes"}) or any(
        name in fault.problem or name in fault.hint for name in made.lost
    )


def _shared_names(settings: Settings, matcher: "Matcher | None") -> list[str]:
    """Return a sentence, with its place, for each name that two actors bear."""
    from monitor.rules import collisions

    return [str(note) for note in collisions(settings.pack, matcher)] if matcher is not None else []


def _advice(settings: Settings) -> list[str]:
    advice = []
    if settings.operator.contact is None:
        advice.append("operator.contact is not set: outlets cannot tell who asks, and may block us")
    if not settings.feeds:
        advice.append("no source is enabled: there is nothing to poll")
    if not any(topic.enabled for topic in settings.pack.topics):
        advice.append("no topic is enabled: nothing will be flagged")
    return advice
