"""Which names mean two actors at once? Every name, read as the pack reads a text."""

import re
from collections import defaultdict
from collections.abc import Iterable

from monitor.domain.errors import Fault
from monitor.domain.topics import Actor, Document, Name, Pack
from monitor.rules.matcher import Matcher

_SIGNS = re.compile(r"^\s*=|~(?:[A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*)?|[*?\"]")
_APART = " \n\n"


def collisions(pack: Pack, matcher: Matcher) -> tuple[Fault, ...]:
    """Return a note for each name of an actor that another one bears too, in whatever form.

    Not for what is meant: actors that name one another in `shares`, and a name that an actor has in
    common with one it belongs to. People count while they are in office.
    """
    actors = {actor.id: actor for actor in pack.actors}
    body, names = _told(pack.actors)
    notes: dict[tuple[Actor, Name], list[Actor]] = defaultdict(list)
    for shown in matcher.naming(Document(title="", body=body)):
        other = actors[shown.label.removeprefix("@")]
        for actor, name in names.get((shown.start, shown.end), ()):
            if not _are_kin(actor, other, actors):
                notes[actor, name].append(other)
    return tuple(_note(actor, name, others) for (actor, name), others in notes.items())


def _told(actors: Iterable[Actor]) -> tuple[str, dict[tuple[int, int], list[tuple[Actor, Name]]]]:
    """Return a text of all names that hold today, each a paragraph, and whose name stands where."""
    paragraphs: list[str] = []
    names: dict[tuple[int, int], list[tuple[Actor, Name]]] = defaultdict(list)
    place = 0
    for actor in actors:
        for name in actor.names:
            if name.until is None:
                text = _SIGNS.sub("", name.text).strip()
                names[place, place + len(text)].append((actor, name))
                paragraphs.append(text + _APART)
                place += len(paragraphs[-1])
    return "".join(paragraphs), names


def _are_kin(one: Actor, other: Actor, actors: dict[str, Actor]) -> bool:
    """Return whether they are one actor, belong together, or share names on purpose."""
    if other.id in one.shares or one.id in other.shares:
        return True
    return one.id in _line(other, actors) or other.id in _line(one, actors)


def _line(actor: Actor, actors: dict[str, Actor]) -> list[str]:
    """Return an actor and those above it; no compiled pack has a circle of them."""
    return [actor.id, *(_line(actors[actor.of], actors) if actor.of is not None else ())]


def _note(actor: Actor, name: Name, others: list[Actor]) -> Fault:
    found = sorted({other.id for other in others})
    place = name.place
    return Fault(
        file=place.file,
        line=place.line,
        column=place.column,
        key=name.role,
        problem=f"“{name.text}” of {actor.id} also names {', '.join(found)}",
        hint=f"if that is meant, add shares: [{', '.join(found)}] to {actor.id}",
    )
