"""What does the service do all day? Poll, read, match, notify, digest, prune: ports in, counts out."""

from collections.abc import Callable

Progress = Callable[[int, int], None]


def unseen(_done: int, _total: int) -> None:
    """Take no notice of progress: for work that nobody watches."""
