"""What holds when the pack and the operator's files speak of the same thing? Later layers win, by id."""

from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field

from monitor.domain.errors import Fault
from monitor.domain.topics import Place
from monitor.settings.files import PACK, USER
from monitor.settings.tree import Items, Mapping, Node, Text, kind_of
from monitor.settings.values import did_you_mean

NAMES = ("id", "group", "extends")
SOURCE_NAMES = ("id", "extends")
"""The keys that may name a block, the first of them that there is; the `group` of a source is a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layered:
    """All blocks of one kind by layer and id, before extending and overriding."""

    names: tuple[str, ...] = NAMES
    blocks: AnyMapping[str, dict[str, Mapping]] = field(default_factory=lambda: {PACK: {}, USER: {}})
    others: list[Mapping] = field(default_factory=list)

    def add(self, layer: str, node: Node, faults: list[Fault]) -> None:
        """Add the blocks of one file; a file says a list of mappings, or nothing."""
        if node is None:
            return
        if not isinstance(node, Items):
            faults.append(
                _at(node.place, f"must be a list of blocks, not {kind_of(node)}", "start with - id:")
            )
            return
        for block in node:
            if isinstance(block, Mapping):
                self._add_block(layer, block, faults)
            else:
                place = node.place if block is None else block.place
                faults.append(
                    _at(place, f"must be a block of keys, not {kind_of(block)}", "start with - id:")
                )

    def _add_block(self, layer: str, block: Mapping, faults: list[Fault]) -> None:
        name = identity(block, self.names)
        if name is None:
            # Its shape tells what is missing.
            self.others.append(block)
            return
        first = self.blocks[layer].setdefault(name, block)
        if first is not block:
            faults.append(
                _at(
                    name.place,
                    f"{name} is given twice",
                    f"first in {first.place.file}:{first.place.line}",
                    next(key for key in block if block[key] is name),
                )
            )

    def merged(self, *, use_pack: bool, faults: list[Fault]) -> list[Mapping]:
        """Return the blocks in force, in order, every `extends` carried out."""
        pack, user = self.blocks[PACK], self.blocks[USER]
        names = [(PACK, name) for name in pack if use_pack and name not in user]
        names += [(USER, name) for name in user]
        made = [self._made(layer, name, (), faults) for layer, name in names]
        return [block for block in made if block is not None] + self.others

    def _made(
        self, layer: str, name: str, above: tuple[tuple[str, str], ...], faults: list[Fault]
    ) -> Mapping | None:
        """Return a block with what it extends; None (and a fault) where that is unknown or a circle."""
        block = self.blocks[layer][name]
        key = block.key("extends")
        if key is None:
            return self._switched(layer, block, faults)
        base = block[key]
        if not isinstance(base, Text):
            faults.append(_at(key.place, f"must be an id, not {kind_of(base)}", key="extends"))
            return None
        found = self._layer_of(base, layer, name)
        if found is None:
            known = {*self.blocks[PACK], *self.blocks[USER]} - {name}
            faults.append(_at(base.place, f"unknown id {base}", did_you_mean(base, known), "extends"))
            return None
        if (found, str(base)) in ((layer, name), *above):
            faults.append(_at(base.place, f"{name} and {base} extend each other", key="extends"))
            return None
        below = self._made(found, base, ((layer, name), *above), faults)
        return None if below is None else _over(below, block)

    def _layer_of(self, base: Text, layer: str, name: str) -> str | None:
        """Return the layer of the block that is meant: an id that extends itself means the pack's."""
        candidates = [USER, PACK] if layer == USER and base != name else [PACK]
        return next((known for known in candidates if base in self.blocks[known]), None)

    def _switched(self, layer: str, block: Mapping, faults: list[Fault]) -> Mapping | None:
        """Return the block, over the pack's where it does nothing but switch that one on or off."""
        if layer == PACK or not set(block) <= {"id", "group", "enabled"} or "enabled" not in block:
            return block
        name = identity(block, self.names)
        assert name is not None
        if name not in self.blocks[PACK]:
            faults.append(_at(name.place, f"unknown id {name}", did_you_mean(name, self.blocks[PACK]), "id"))
            return None
        below = self._made(PACK, name, (), faults)
        return None if below is None else _over(below, block)


def identity(block: Mapping, names: tuple[str, ...] = NAMES) -> Text | None:
    """Return the id by which a block is overridden: its `id`, a group's `group`, or what it extends."""
    for name in names:
        key = block.key(name)
        if key is not None and isinstance(value := block[key], Text):
            return value
    return None


def overlaid(below: Node, above: Node) -> Node:
    """Return one main file over another: mappings are merged, key by key; empty keys say nothing."""
    if above is None:
        return below
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
        return above
    merged = _over(below, above)
    for key in above:
        lower = below.key(key)
        if lower is not None:
            merged[key] = overlaid(below[lower], above[key])
    return merged


def _over(below: Mapping, above: Mapping) -> Mapping:
    """Return the keys of both; where both have one, the upper's, with its place."""
    merged = Mapping(above.place)
    for key, value in below.items():
        if key not in above:
            merged[key] = value
    for key, value in above.items():
        if key != "extends":
            merged[key] = value
    return merged


def _at(place: Place, problem: str, hint: str = "", key: str = "") -> Fault:
    return Fault(file=place.file, line=place.line, column=place.column, key=key, problem=problem, hint=hint)
