"""The console channel prints, and says so when it cannot."""

import io
from collections.abc import Callable

from monitor.channels import CHANNELS
from monitor.domain.alerts import Accepted, Delivery, Unanswered, Unavailable

Make = Callable[..., Delivery]


class Broken(io.StringIO):
    """A pipe whose reader has gone."""

    def write(self, _text: str, /) -> int:
        """Fail as a pipe fails."""
        raise BrokenPipeError(32, "Broken pipe")


def test_a_closed_stream_is_unavailable(delivery: Make) -> None:
    """Nothing is put in doubt when there is nowhere to print."""
    stream = io.StringIO()
    stream.close()
    doubts: list[str] = []

    result = CHANNELS["console"](stream).send(delivery(), lambda: doubts.append("doubt"))

    assert isinstance(result, Unavailable)
    assert doubts == []


def test_a_stream_that_breaks_leaves_the_message_unanswered(delivery: Make) -> None:
    """Nobody knows how much of a page was read before the pipe broke."""
    result = CHANNELS["console"](Broken()).send(delivery(), lambda: None)

    assert isinstance(result, Unanswered)
    assert "Broken pipe" in result.detail


def test_letters_the_terminal_lacks_become_question_marks(delivery: Make) -> None:
    """An ASCII terminal gets the message all the same."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")

    assert isinstance(CHANNELS["console"](stream).send(delivery(text="Қазақстан ok"), lambda: None), Accepted)
    assert b"????????? ok" in raw.getvalue()


def test_a_second_copy_says_so(delivery: Make) -> None:
    """A message sent again is marked as such."""
    stream = io.StringIO()
    CHANNELS["console"](stream).send(delivery(resent=True), lambda: None)

    assert "sent again" in stream.getvalue()
