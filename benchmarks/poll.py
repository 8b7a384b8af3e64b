"""What does a poll cost beside others? 500 local feeds x 20 entries, four rounds, one run.

    python3 -m venv .venv-bench
    .venv-bench/bin/pip install --no-deps --require-hashes -r benchmarks/requirements.txt
    PYTHONPATH=. .venv-bench/bin/python benchmarks/poll.py

Beside lemon24/reader, rss2email, and newsboat where the system has it (or `NEWSBOAT` names it). Each works
in a process of its own; CPU seconds are those of that process and all it starts. The server is not counted.
Newsmon and reader are warm: start-up and a first feed are printed apart. The other two are commands, which
start anew in each round. They take turns, round by round.
"""

import argparse
import tempfile
from pathlib import Path

from measure import Cost, measured, whole_memory
from origin import Origin
from parties import Party
from peers import PEERS, missing

ROUNDS = {"new": 0.65, "not-modified": 0.3, "same-body": 0.08, "one-more": 0.16}
MEGABYTE = 1 << 20


def main() -> None:
    """Run the rounds and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--feeds", type=int, default=500)
    arguments.add_argument("--alone", action="store_true", help="without peers, which need not be installed")
    given = arguments.parse_args()
    feeds: int = given.feeds
    absent = {} if given.alone else missing()
    names = ["newsmon", *([] if given.alone else [name for name in PEERS if name not in absent])]
    origin = Origin(feeds)
    with tempfile.TemporaryDirectory() as folder:
        parties: dict[str, Party] = {}
        costs = {}
        for name in names:
            parties[name] = Party(name, Path(folder), origin.url(""), feeds)
            with measured(of=parties[name].pid, from_birth=True) as costs[name]:
                parties[name].wait()
        print(f"{feeds} feeds x 20 entries of 2 kB; CPU seconds (wall)")
        print(f"{'round':<14}{''.join(name.rjust(16) for name in names)}{'of reader':>11}{'aim':>6}")
        _line("start-up", costs)
        memory = 0
        for round_, aim in ROUNDS.items():
            origin.round(round_)
            for name, party in parties.items():
                with measured(of=party.pid) as costs[name]:
                    answer = party.ask("round")
                if name == "newsmon":
                    _check(round_, answer, feeds)
                    memory = max(memory, whole_memory(party.pid))
            _line(round_, costs, aim)
        print(
            "entries stored:", ", ".join(f"{name} {party.ask('entries')}" for name, party in parties.items())
        )
        own = {
            name: _megabytes(parties[name].ask("memory")) for name in names if name in ("newsmon", "reader")
        }
        print("peak MB:", ", ".join(f"{name} {size}" for name, size in own.items()), end="; ")
        print(f"newsmon with its workers {_megabytes(memory)}")
        for party in parties.values():
            party.close()
    origin.close()
    for name, why in absent.items():
        print(f"without {name}: {why}")


def _line(round_: str, costs: dict[str, Cost], aim: float | None = None) -> None:
    line = f"{round_:<14}" + "".join(f"{cost.cpu:.2f} ({cost.wall:.1f})".rjust(16) for cost in costs.values())
    if aim and "reader" in costs:
        line += f"{costs['newsmon'].cpu / max(costs['reader'].cpu, 0.01):>11.3f}{aim:>6}"
    print(line)


def _check(round_: str, counts: object, feeds: int) -> None:
    """Refuse to print a figure for a round that did not do its work."""
    # The feed that warmed us up has one more, too.
    expected = {"new": feeds * 20, "one-more": feeds + 1}.get(round_, 0)
    assert isinstance(counts, dict)
    done = counts.get("ok", 0) + counts.get("unchanged", 0)
    if counts["new entries"] != expected or done < feeds:
        raise SystemExit(f"round {round_}: {counts}, expected {expected} new entries")


def _megabytes(size: object) -> int:
    assert isinstance(size, int)
    return round(size / MEGABYTE)


if __name__ == "__main__":
    main()
