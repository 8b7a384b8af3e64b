"""Who and what is there to name? Actors, groups and themes, and the keys their hits are filed under."""

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256

from monitor.domain.errors import RuleError
from monitor.domain.topics import Actor, Group, Name, Pack, Place, Query, Theme
from monitor.rules.faults import Faults, meant
from monitor.rules.findings import Lists
from monitor.rules.inflection import Inflector
from monitor.rules.scan import Vocabulary
from monitor.rules.terms import Shape, TermShape, shape_term

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
NAME_HINT = "names are lower case letters and digits with hyphens"
_FOR_COMPILING = frozenset(
    {"vocabulary", "unless", "_digests", "_inflector", "_shapes", "_faults", "_weights"}
)
_SELECTORS = ("kind", "of", "iso")


class Lexicon:
    """Gives every actor, theme, local list and query term its key, and files their terms."""

    def __init__(self, pack: Pack, faults: Faults) -> None:
        self.vocabulary = Vocabulary()
        self.lists = Lists()
        self.actors: dict[str, Actor] = {}
        self.themes: dict[str, Theme] = {}
        self.actor_keys: dict[str, int] = {}
        self.theme_keys: dict[str, int] = {}
        self.unless: list[tuple[int, tuple[Query, ...]]] = []
        self._weights: list[int] = []
        self._digests: list[str] = []
        self._languages = pack.languages
        self._inflector = Inflector(pack.languages)
        self._shapes: dict[tuple[str, bool, str], TermShape] = {}
        self._faults = faults
        self._owned: dict[str, list[str]] = {}
        self._keys: dict[str, frozenset[int]] = {}
        for actor in pack.actors:
            if self._is_new("actor", actor.id, self.actors, actor.place):
                self.actors[actor.id] = actor
                self.actor_keys[actor.id] = self.add_list("@", actor)
        for theme in pack.themes:
            if self._is_new("theme", theme.id, self.themes, theme.place):
                self.themes[theme.id] = theme
                self.theme_keys[theme.id] = self.add_list("#", theme)
        self._check_owners()
        self.groups: dict[str, frozenset[str]] = {}
        self._add_groups(pack.groups)

    def __getstate__(self) -> dict[str, object]:
        """Return what reading documents needs; what only compiling needs is left behind."""
        return {name: value for name, value in vars(self).items() if name not in _FOR_COMPILING}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Take that back, ready to shape names again."""
        vars(self).update(state)
        self._shapes = {}
        self._inflector = Inflector(self._languages)

    def shapes_of(self, blocks: Iterable[Actor | Theme]) -> Iterator[Shape]:
        """Yield the readings of all names of these actors and themes."""
        for block in blocks:
            for name in block.names if isinstance(block, Actor) else block.terms:
                text, exact, lang = notation(name)
                yield from self._shape(text, exact=exact, lang=lang).shapes

    def shapes_of_term(self, text: str, *, exact: bool) -> tuple[Shape, ...]:
        """Return the readings of a query's own term."""
        return self._shape(text, exact=exact, lang="").shapes

    def weight(self, keys: frozenset[int]) -> int:
        """Return how many terms are filed under the keys."""
        return sum(self._weights[key] for key in keys)

    def digest(self, key: int) -> str:
        """Return a hash of what is filed under the key."""
        return self._digests[key]

    def new_key(self, weight: int, content: object) -> int:
        """Return a key not used before."""
        self._weights.append(weight)
        self._digests.append(digest(content))
        return len(self._weights) - 1

    def add_list(self, sigil: str, block: Actor | Theme) -> int:
        """File the names of an actor, or the terms of a theme, under a new key."""
        names = block.names if isinstance(block, Actor) else block.terms
        content = sorted((n.text, n.lang, n.role == "acronym", str(n.since), str(n.until)) for n in names)
        key = self.new_key(max(1, len(names)), (content, [query.text for query in block.unless]))
        self.lists.labels[key] = sigil + block.id
        for name in names:
            self._add_name(key, name)
        if block.unless:
            self.unless.append((key, block.unless))
        return key

    def _add_name(self, key: int, name: Name) -> None:
        text, exact, lang = notation(name)
        try:
            shape = self._shape(text, exact=exact, lang=lang)
        except RuleError as error:
            self._faults.add(name.place, name.role, error.problem, error.hint)
        else:
            self.vocabulary.add(key, shape, name.since, name.until)

    def add_term(self, text: str, *, exact: bool) -> int:
        """File a query's own term under a new key.

        Raises:
            RuleError: for a notation that means nothing.
        """
        shape = self._shape(text, exact=exact, lang="")
        key = self.new_key(1, (text, exact))
        self.vocabulary.add(key, shape)
        return key

    def _shape(self, text: str, *, exact: bool, lang: str) -> TermShape:
        asked = (text, exact, lang)
        if asked not in self._shapes:
            self._shapes[asked] = shape_term(text, exact=exact, lang=lang, inflector=self._inflector)
        return self._shapes[asked]

    def keys_of(self, name: str) -> frozenset[int]:
        """Return the keys of an actor with all that belong to it, or of a group; KeyError if neither."""
        if name not in self._keys:
            members = self.groups[name] if name in self.groups else {self.actors[name].id}
            keys = (self.actor_keys[one] for member in members for one in self._family(member))
            self._keys[name] = frozenset(keys)
        return self._keys[name]

    def owners(self, actor: str) -> list[str]:
        """Return the actor and those it belongs to, directly or not."""
        chain: dict[str, None] = {}
        current: str | None = actor
        while current in self.actors and current not in chain:
            chain[current] = None
            current = self.actors[current].of
        return list(chain)

    def belonging(self) -> list[tuple[str, str, str]]:
        """Return every actor with its kind and the one it belongs to ("" for none)."""
        return [(actor.id, actor.kind, actor.of or "") for actor in self.actors.values()]

    def _family(self, actor: str) -> list[str]:
        family = [actor]
        for member in family:
            family += [one for one in self._owned.get(member, ()) if one not in family]
        return family

    def _is_new(self, kind: str, name: str, known: Iterable[str], place: Place) -> bool:
        if not _NAME.fullmatch(name):
            self._faults.add(place, "id", f"{name!r} is no name", NAME_HINT)
        elif name in known:
            self._faults.add(place, "id", f"there are two {kind}s {name}", "rename one, or remove it")
        else:
            return True
        return False

    def _check_owners(self) -> None:
        for actor in self.actors.values():
            owner = actor.of
            if owner is None:
                continue
            if owner not in self.actors:
                hint = meant(owner, list(self.actors), "name an actor that is in the pack")
                self._faults.add(actor.place, "of", f"unknown actor {owner}", hint)
            elif actor.id in self.owners(owner):
                self._faults.add(actor.place, "of", f"{actor.id} belongs to itself", "remove one `of`")
            else:
                self._owned.setdefault(owner, []).append(actor.id)

    def _add_groups(self, groups: tuple[Group, ...]) -> None:
        by_id: dict[str, Group] = {}
        for group in groups:
            if group.id in self.actors:
                problem = f"the group bears the name of the actor {group.id}"
                self._faults.add(
                    group.place, "group", problem, f"rename the actor {group.id}-region, or the group"
                )
            elif self._is_new("group", group.id, by_id, group.place):
                by_id[group.id] = group
        before = len(self._faults.all)
        ordered = self._inner_first(by_id)
        in_circle = len(self._faults.all) > before
        for group in ordered:
            self.groups[group.id] = frozenset(self._members(group, by_id))
            if not self.groups[group.id] and not in_circle:
                self._faults.add(
                    group.place, "group", f"{group.id} has no members", "list members, or select some"
                )

    def _inner_first(self, groups: dict[str, Group]) -> list[Group]:
        """Return the groups, each after those it contains; one that contains itself is noted once."""
        done: dict[str, Group] = {}
        for outermost in groups:
            way: dict[str, Iterator[str]] = {}
            current: str | None = outermost
            while current is not None:
                if current not in way and current not in done:
                    way[current] = iter(groups[current].members)
                inner = next((one for one in way.get(current, ()) if one in groups and one not in done), None)
                if inner is None and current in way:
                    done[current] = groups[current]
                    del way[current]
                elif inner in way:
                    self._note_circle(groups[current], [*way][[*way].index(inner) :])
                    continue
                current = inner if inner is not None else next(reversed(way), None)
        return list(done.values())

    def _note_circle(self, group: Group, names: list[str]) -> None:
        inner = f", by way of {', '.join(names[1:])}" if len(names) > 1 else ""
        self._faults.add(
            group.place, "members", f"{names[0]} contains itself{inner}", f"remove {names[0]} from {group.id}"
        )

    def _members(self, group: Group, groups: dict[str, Group]) -> Iterable[str]:
        """Yield the actors of a group, those of groups within it included; note what is wrong."""
        for member in group.members:
            if member in self.actors:
                yield member
            elif member in groups:
                yield from self.groups.get(member, ())
            else:
                hint = meant(member, [*self.actors, *groups], "name an actor or a group")
                self._faults.add(group.place, "members", f"unknown actor {member}", hint)
        for selector in group.select:
            yield from self._selected(dict(selector), group)

    def _selected(self, selector: dict[str, str], group: Group) -> Iterable[str]:
        unknown = sorted(selector.keys() - set(_SELECTORS))
        if unknown:
            hint = meant(unknown[0], list(_SELECTORS), f"select by {', '.join(_SELECTORS)}")
            self._faults.add(group.place, "select", f"unknown selector {unknown[0]}", hint)
            return
        for actor in self.actors.values():
            owners = set(self.owners(actor.id)[1:])
            has: dict[str, set[str]] = {"kind": {actor.kind}, "iso": {actor.iso or ""}, "of": owners}
            if all(value in has[key] for key, value in selector.items()):
                yield actor.id


def notation(name: Name) -> tuple[str, bool, str]:
    """Return how a name is to be read: its words, whether case counts, and the language of its endings."""
    text = name.text.strip()
    exact = text.startswith("=") or name.role == "acronym"
    return text.removeprefix("=").replace('"', " "), exact, "" if name.lang == "any" else name.lang


def digest(content: object) -> str:
    """Return a short hash of plain data (its repr must not depend on addresses or order of sets)."""
    return sha256(repr(content).encode("utf-8", "surrogatepass")).hexdigest()[:16]
