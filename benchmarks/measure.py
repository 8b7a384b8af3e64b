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


def tree_cpu(without: frozenset[int] = frozenset(), of: int | None = None) -> float:
    """Return the CPU seconds used so far by a process (this one) and its descendants, dead ones included.

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
    total, waiting = 0.0, [of or os.getpid()]
    while waiting:
        pid = waiting.pop()
        total += times.get(pid, 0.0)
        waiting += [child for child in children.get(pid, []) if child not in without]
    return total


def peak_memory() -> int:
    """Return the bytes of memory this process has held at most so far."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def whole_memory(of: int) -> int:
    """Return the bytes of memory a process and its descendants hold now; what they share counts once."""
    total, waiting = 0, [of]
    while waiting:
        process = Path(f"/proc/{waiting.pop()}")
        try:
            shares = (process / "smaps_rollup").read_text()
            for children in process.glob("task/*/children"):
                waiting += map(int, children.read_text().split())
        except OSError:
            continue
        total += int(shares.partition("Pss:")[2].split()[0]) * 1024
    return total


@contextmanager
def measured(
    without: frozenset[int] = frozenset(), of: int | None = None, *, from_birth: bool = False
) -> Iterator[Cost]:
    """Measure the work of the block; the cost is filled in at its end.

    `of` is the process at work, this one if None; `from_birth` counts what it did before the block, too.
    """
    cost = Cost()
    cpu, wall = 0.0 if from_birth else tree_cpu(without, of), time.perf_counter()
    yield cost
    cost.cpu, cost.wall = tree_cpu(without, of) - cpu, time.perf_counter() - wall
