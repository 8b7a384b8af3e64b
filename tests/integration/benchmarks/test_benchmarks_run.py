"""Do the benchmarks still run? On a handful of feeds and pages, without the peers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TAILS = ("der", "men", "ral", "tis", "gon", "pel", "kur", "sef", "vin", "bor")
ROOT = Path(__file__).resolve().parents[3]


def run(script: str, *words: str) -> str:
    """Run a benchmark and return what it prints."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / script), *words],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_poll_benchmark_runs_its_four_rounds() -> None:
    """Every round does its work and prints its line."""
    printed = run("poll.py", "--alone", "--feeds", "3")
    assert [line.split()[0] for line in printed.splitlines()[2:7]] == [
        "start-up",
        "new",
        "not-modified",
        "same-body",
        "one-more",
    ]
    assert "newsmon 84" in printed


@pytest.mark.parametrize("wanted", [4])
def test_the_article_benchmark_reads_its_pages(tmp_path: Path, wanted: int) -> None:
    """Pages are fetched, extracted, matched and stored, and the cost is printed."""
    for number in range(wanted):
        words = f"The committee of town number {number} met on Monday to settle its budget. " * 12
        page = (
            f"<html><head><title>Town {number}</title></head><body><article><p>{words}</p></article></body>"
        )
        (tmp_path / f"{number}.html").write_text(page, encoding="utf-8")
    assert f"{wanted} pages, 100 topics" in run(
        "article.py", "--alone", str(tmp_path), "--pages", str(wanted)
    )


def test_the_search_benchmark_finds_what_a_scan_finds() -> None:
    """An archive is filled and asked; different answers would be no figure but an error."""
    printed = run("search.py", "--alone", "--articles", "600")
    assert printed.splitlines()[0] == "600 articles of 300 words; CPU seconds"
    assert len(printed.splitlines()) == 7


def test_the_matching_benchmark_compares_the_same_rules(tmp_path: Path) -> None:
    """Texts are prepared and matched, rules come from the cache, and every cost is a share of extraction."""
    words = [f"{a}{b}{c}" for a in ("tra", "mo", "ke") for b in ("li", "nu", "sa", "vo") for c in TAILS]
    for number in range(4):
        text = " ".join(words[(number + n) % len(words)] for n in range(1500))
        page = f"<html><body><article><h1>{number}</h1><p>{text}.</p></article></body></html>"
        (tmp_path / f"{number}.html").write_text(page, encoding="utf-8")
    printed = run("match.py", "--alone", str(tmp_path), "--pages", "4", "--sizes", "20", "50")
    assert "preparing the text" in printed
    assert "50 topics: read and compiled in" in printed
    assert printed.count("of extraction") == 5


def test_the_day_of_many_feeds_is_polled_on_time() -> None:
    """Some hours of a few feeds go by without a poll too early, too late or left out."""
    printed = run("day.py", "--feeds", "40", "--hosts", "10", "--hours", "8")
    assert printed.splitlines()[0] == "40 feeds on 10 hosts, 8 h in ticks of 10 s"
    assert "faults      0" in printed
