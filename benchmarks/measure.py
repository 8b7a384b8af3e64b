"""What did a piece of work cost? CPU seconds of this process and all its descendants (Linux)."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Cost:
    """CPU and wall seconds of one piece of work."""

    cpu: float = 0.0
    wall: float = 0.0


def tree_cpu(without: frozenset[int] = frozenset()) -> float:
    """Return the CPU seconds used so far by this process and its descendants, dead ones included.

    Processes in `without`, and what descends from them, are somebody else's (the server's).
    """
    children: dict[int, list[int]] = {}
    times: dict[int, float] = {}
    tick = os.sysconf("SC_CLK_TCK")
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(entry.name))
        times[int(entry.name)] = sum(int(field) for field in fields[11:15]) / tick
    total, waiting = 0.0, [os.getpid()]
    while waiting:
        pid = waiting.pop()
        total += times.get(pid, 0.0)
        waiting += [child for child in children.get(pid, []) if child not in without]
    return total


@contextmanager
def measured(without: frozenset[int] = frozenset()) -> Iterator[Cost]:
    """Measure the work of the block; the cost is filled in at its end."""
    cost = Cost()
    cpu, wall = tree_cpu(without), time.perf_counter()
    yield cost
    cost.cpu, cost.wall = tree_cpu(without) - cpu, time.perf_counter() - wall
