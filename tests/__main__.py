"""Is everything well? `./newsmon test` runs this: the gates, then all tests, and one summary at the end.

Without words of its own it runs everything; `--slow` adds the kill and soak tests. Any other words go to
pytest, and then nothing but pytest runs.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.executable).parent

FLOOR = 95
CORE = ("monitor/domain", "monitor/rules", "monitor/policy")
"""Where every line and every branch is tested."""

# Processes beyond four only wait for each other's disk.
PROCESSES = min(os.cpu_count() or 1, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that must succeed: its name, the program of this environment that does it, its words."""

    name: str
    command: tuple[str, ...]


GATES = (
    # The lock is installed as it stands: nothing may be missing from it.
    Step(name="requirements", command=("pip", "check", "--disable-pip-version-check")),
    Step(name="lint", command=("ruff", "check", "--quiet", ".")),
    Step(name="format", command=("ruff", "format", "--check", "--quiet", ".")),
    Step(name="types", command=("mypy",)),
    Step(name="layers", command=("lint-imports", "--no-cache")),
)
TESTS = ("pytest", "-q", "-n", str(PROCESSES), "--dist", "worksteal", "--cov", "--cov-report=")
COVERAGE = (
    Step(name=f"coverage ≥ {FLOOR} %", command=("coverage", "report", f"--fail-under={FLOOR}")),
    *(
        Step(
            name=f"coverage of {part} = 100 %",
            command=("coverage", "report", "--fail-under=100", f"--include={part}/*"),
        )
        for part in CORE
    ),
)


def main(words: Sequence[str]) -> int:
    """Run what the words ask for; return 0 when all of it succeeded."""
    slow = [word for word in words if word == "--slow"]
    if len(slow) < len(words):
        return run(Step(name="tests", command=("pytest", *words)))
    steps = (*GATES, Step(name="tests", command=(*TESTS, *slow)), *COVERAGE)
    results = [(step, *timed(step)) for step in steps]
    print("\nSummary")  # noqa: T201 - the result of the command
    for step, code, seconds in results:
        print(f"  {'FAILED' if code else 'ok    '} {step.name} ({seconds:.1f} s)")  # noqa: T201 - the same
    return int(any(code for _, code, _ in results))


def timed(step: Step) -> tuple[int, float]:
    """Run a step; return its exit code and the seconds it took."""
    print(f"\n── {step.name}", flush=True)  # noqa: T201 - the progress of the command
    begun = time.monotonic()
    return run(step), time.monotonic() - begun


def run(step: Step) -> int:
    """Run a step in the checkout's folder; return its exit code."""
    program, *words = step.command
    return subprocess.run([PROGRAMS / program, *words], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
