"""What does the service do all day? Poll, read, match, notify, digest, prune: ports in, counts out."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Told how many of how many are done, before anything of the next one is written down.

It may raise to end the round there: what is claimed and not recorded is due again.
"""


def unseen(_done: int, _total: int) -> None:
    """Take no notice of progress: for work that nobody watches."""
