"""What do the blocks of all layers make? Feeds, and the pack of topics, actors and themes."""

from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass
from typing import TypeVar

from monitor.domain.errors import Fault
from monitor.domain.feeds import Feed
from monitor.domain.topics import Pack
from monitor.settings.blocks import (
    ActorBlock,
    Block,
    GroupBlock,
    LanguageBlock,
    ThemeBlock,
    TopicBlock,
)
from monitor.settings.crossing import actor_faults, source_faults
from monitor.settings.layers import Layered, identity
from monitor.settings.sections import Main
from monitor.settings.shapes import shape
from monitor.settings.sources import SourceBlock
from monitor.settings.tree import Mapping

AnyBlock = TypeVar("AnyBlock", bound=Block)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What the blocks in force make; blocks with faults are left out.

    `off` are the sources that are switched off. `lost` are the ids of blocks with faults, and `unread`
    the folders with a file that could not be read: names of theirs are no fault where they are used.
    `topics` are the ids of all topics, None if unsure.
    """

    feeds: tuple[Feed, ...]
    pack: Pack
    off: tuple[Feed, ...] = ()
    lost: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()

    @property
    def topics(self) -> frozenset[str] | None:
        """Return the ids that a subscription may name, None where a file of topics is unread."""
        if "topics" in self.unread:
            return None
        return self.lost | {topic.id for topic in self.pack.topics}


def make(layers: AnyMapping[str, Layered], main: Main, unread: frozenset[str], faults: list[Fault]) -> Made:
    """Return the feeds and the pack; every fault within a block or between blocks is appended."""
    shaper = _Shaper(faults)
    merged = {
        kind: layered.merged(use_pack=getattr(main.use_pack, kind), faults=faults)
        for kind, layered in layers.items()
    }
    topics = shaper.shaped(merged["topics"], TopicBlock)
    themes = shaper.shaped(merged["themes"], ThemeBlock)
    languages = shaper.shaped(merged["languages"], LanguageBlock)
    sources = shaper.shaped(merged["sources"], SourceBlock)
    actors = shaper.shaped([node for node in merged["actors"] if "group" not in node], ActorBlock)
    groups = shaper.shaped([node for node in merged["actors"] if "group" in node], GroupBlock)
    faults += source_faults([(node, block) for node, block in sources if block.enabled], main)
    if "actors" not in unread:
        faults += actor_faults(actors, groups, shaper.lost)
    pack = Pack(
        topics=tuple(block.topic(node.place) for node, block in topics),
        actors=tuple(block.actor(node.place) for node, block in actors),
        groups=tuple(block.made(node.place) for node, block in groups),
        themes=tuple(block.theme(node.place) for node, block in themes),
        languages=tuple(block.language(node.place) for node, block in languages),
    )
    feeds = tuple(block.feed(main.polling.poll_every) for _, block in sources if block.enabled)
    off = tuple(block.feed(main.polling.poll_every) for _, block in sources if not block.enabled)
    return Made(feeds=feeds, pack=pack, off=off, lost=frozenset(shaper.lost), unread=unread)


class _Shaper:
    """Gives nodes their shape and remembers the ids of those that have none."""

    def __init__(self, faults: list[Fault]) -> None:
        self._faults = faults
        self.lost: set[str] = set()

    def shaped(self, nodes: list[Mapping], model: type[AnyBlock]) -> list[tuple[Mapping, AnyBlock]]:
        """Return the nodes with their blocks: whole, and switched on (topics and sources: off, too)."""
        kept = []
        for node in nodes:
            block = shape(node, model, self._faults)
            if block is None:
                self.lost.add(str(identity(node)))
            elif isinstance(block, TopicBlock | SourceBlock) or getattr(block, "enabled", True):
                kept.append((node, block))
        return kept
