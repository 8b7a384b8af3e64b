"""How is somebody told? One module a channel; each implements `domain.ports.Channel`.

To add one: a module here, a line in `CHANNELS`, a stage in `tests/contract/channels/conftest.py`.
A channel is loaded where it is used: smtplib costs time that other commands need not spend.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TextIO

from monitor.domain.ports import Channel

if TYPE_CHECKING:
    from monitor.channels.email import SmtpSettings


def _email(settings: "SmtpSettings") -> Channel:
    """Return the channel that hands messages to a mail server."""
    from monitor.channels.email import EmailChannel

    return EmailChannel(settings)


def _console(stream: TextIO) -> Channel:
    """Return the channel that prints to a stream."""
    from monitor.channels.console import ConsoleChannel

    return ConsoleChannel(stream)


CHANNELS: Mapping[str, Callable[..., Channel]] = {"email": _email, "console": _console}
"""What makes each channel, by the name a subscription gives; each takes the settings it documents."""
