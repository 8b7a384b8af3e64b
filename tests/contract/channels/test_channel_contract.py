"""Every channel keeps the promises of `domain.ports.Channel`."""

from collections.abc import Callable
from typing import Any

import pytest

from monitor.channels import CHANNELS
from monitor.domain.alerts import Accepted, Delivery

Make = Callable[..., Delivery]
LINE_ENDS = (
    "\n",
    "\r",
    "\r\n",
    "\v",
    "\f",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x85",
    "\u2028",
    "\u2029",
    "\x00\n",
    "\n\t",
)
ENCODED = (
    "=?utf-8?q?a=0D=0ABcc:_v@x.example?=",
    "=?utf-8?b?YQ0KQmNjOiB2QHguZXhhbXBsZQ==?=",
    "=?us-ascii?Q?=0ABcc:_v@x.example?=",
    "=?utf-8?q?=0DBcc:_v@x.example?= =?utf-8?q?=0ABcc:_w@x.example?=",
    "==?utf-8?q??=0ABcc:_v@x.example?=",
    "=\x00?utf-8?q?a=0D=0ABcc:_v@x.example?=",
    "=\u202e?utf-8?q?a=0D=0ABcc:_v@x.example?=",
)
VECTORS = (
    *(f"Rates{end}Bcc: victim@x.example" for end in LINE_ENDS),
    *(f"Rates{end}{end}<script>alert(1)</script>" for end in LINE_ENDS),
    *ENCODED,
    *(f"{words} tail" for words in ENCODED),
    "\x1b[2J\x1b]0;title\x07Rates",
    "x" * 5000,
    "\ud800 lone surrogate",
)


@pytest.fixture
def calls() -> list[str]:
    """What happened, in order."""
    return []


def test_a_stage_stands_for_every_channel() -> None:
    """No channel is registered that this contract does not drive."""
    assert set(CHANNELS) == {"email", "console"}


def test_a_message_arrives_whole(stage: Any, delivery: Make) -> None:
    """An accepted message arrived with every letter, a line of one dot included."""
    assert isinstance(stage.channel.send(delivery(), lambda: None), Accepted)

    (page,) = stage.arrived()
    assert "Brussels and Astana signed.\n.\nКазахстан и ЕС · 哈萨克斯坦\n" in page


def test_one_channel_carries_many_messages(stage: Any, delivery: Make) -> None:
    """Messages arrive in the order they were sent in."""
    for number in range(5):
        assert isinstance(stage.channel.send(delivery(text=f"message {number}"), lambda: None), Accepted)

    assert [page.split("message ")[1].strip() for page in stage.arrived()] == list("01234")


def test_doubt_begins_before_anything_is_handed_over(stage: Any, delivery: Make, calls: list[str]) -> None:
    """`in_doubt` is called exactly once, while nothing has arrived yet."""
    stage.channel.send(delivery(), lambda: calls.append(f"doubt with {len(stage.arrived())} arrived"))

    assert calls == ["doubt with 0 arrived"]


def test_a_failing_record_of_doubt_stops_the_message(stage: Any, delivery: Make) -> None:
    """When `in_doubt` raises, nothing is sent, and the channel is good for the next message."""

    def fail() -> None:
        raise RuntimeError("the database is gone")

    with pytest.raises(RuntimeError, match="the database is gone"):
        stage.channel.send(delivery(text="first"), fail)
    assert isinstance(stage.channel.send(delivery(text="second"), lambda: None), Accepted)

    (page,) = stage.arrived()
    assert "second" in page


def test_closing_twice_or_before_use_is_no_fault(stage: Any, delivery: Make) -> None:
    """`close` may be called at any time; a later message opens a new connection."""
    stage.channel.close()
    assert isinstance(stage.channel.send(delivery(), lambda: None), Accepted)
    stage.channel.close()
    stage.channel.close()
    assert isinstance(stage.channel.send(delivery(), lambda: None), Accepted)
    assert len(stage.arrived()) == 2


@pytest.mark.hazard("U2")
@pytest.mark.parametrize("where", ["subject", "list_name", "list_id", "text", "recipient_id", "message_id"])
def test_words_never_become_headers_or_commands(stage: Any, delivery: Make, where: str) -> None:
    """Forty-odd hostile values in any field add no header, no recipient and no control character."""
    assert len(VECTORS) >= 40
    stage.channel.send(delivery(), lambda: None)
    honest = [name for name, _ in stage.headers()] if stage.headers else []

    for vector in VECTORS:
        result = stage.channel.send(delivery(**{where: vector}), lambda: None)

        assert isinstance(result, Accepted), vector[:40]
        assert not set(stage.arrived()[-1]) & {"\x1b", "\x00", "\x85", "\u2028", "\u202e", "\x0b"}
        if stage.headers:
            headers = stage.headers()
            assert [name for name, _ in headers] == honest, vector[:40]
            assert not any("\n" in str(value) or "\r" in str(value) for _, value in headers)
