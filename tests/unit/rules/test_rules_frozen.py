"""A matcher survives being made bytes, and nothing but a matcher comes out of bytes."""

import gc
import os
import pickle
from hashlib import sha256
from pathlib import Path

import pytest
from reference_world import PACK, asking
from small_packs import matcher

from monitor.domain.topics import Document, Pack, Topic
from monitor.rules import Matcher, compile_pack
from monitor.rules.frozen import frozen, thawed

WORLD = PACK.topics + tuple(
    asking(number, text)
    for number, text in enumerate(
        ['re:"ga+s" NEAR/3 @everyone', "#mine OR =OTS", "lead:(wom?n AND банк~) NOT miner*"]
    )
)
TEXTS = (
    "GAS in Astana. OTS mine",
    "Women, Банкларында; Astana Pro Team",
    "Kazatomprom, depleted uranium",
    "",
)


class Bomb:
    """What an attacker would like to be run."""

    def __reduce__(self) -> tuple[object, ...]:
        """Return a call of a function that is not ours."""
        return os.mkdir, ("exploded",)


def stamped(content: bytes) -> bytes:
    """Return bytes with the digest that makes them look whole."""
    return sha256(content).digest() + content


def test_a_thawed_matcher_says_what_the_frozen_one_said() -> None:
    """Verdicts, mentions, explanations and versions are the same, and it can be frozen again."""
    first = compile_pack(Pack(actors=PACK.actors, groups=PACK.groups, themes=PACK.themes, topics=WORLD))
    second = thawed(frozen(first), Matcher)
    assert second is not None
    third = thawed(frozen(second), Matcher)
    assert third is not None
    assert [first.sought(topic) for topic in first.versions] == [
        third.sought(topic) for topic in first.versions
    ]
    for text in TEXTS:
        document = Document(title="", body=text)
        assert first.read(document) == second.read(document) == third.read(document)
        assert first.explain(document) == third.explain(document)
    assert (first.version, first.topics, first.members("everyone", ("bloc",))) == (
        third.version,
        third.topics,
        third.members("everyone", ("bloc",)),
    )


@pytest.mark.parametrize("collecting", [True, False])
def test_the_collection_of_garbage_is_left_as_it_was(collecting: bool) -> None:  # noqa: FBT001 - a case
    """Thawing halts it, and leaves it on or off as it was found."""
    data = frozen(matcher("gas"))
    gc.enable() if collecting else gc.disable()
    try:
        assert thawed(data, Matcher) is not None
        assert gc.isenabled() is collecting
    finally:
        gc.enable()


@pytest.mark.parametrize("content", [Bomb(), {"a": 1}, os.getcwd, compile_pack, Path("x"), Topic.__init__])
def test_what_is_not_ours_is_refused_and_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: object
) -> None:
    """Bytes that name anything but the rules' own classes, or make no matcher, give nothing."""
    monkeypatch.chdir(tmp_path)
    assert thawed(stamped(pickle.dumps(content)), Matcher) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "data", [b"", b"x" * 10, stamped(b""), stamped(b"\x80\x05"), stamped(b"cmonitor.rules.tree\nNo\n.")]
)
def test_bytes_that_do_not_add_up_give_nothing(data: bytes) -> None:
    """Empty, short and senseless bytes are no matcher."""
    assert thawed(data, Matcher) is None


def test_a_changed_bit_is_noticed() -> None:
    """Of a matcher's bytes none may differ."""
    data = frozen(matcher("gas"))
    for place in range(0, len(data), 97):
        assert thawed(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :], Matcher) is None
