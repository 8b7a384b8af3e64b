"""Does the way that a how-to leads people come out where it says?"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from monitor.cli import main as program
from monitor.cli import show


def test_the_topic_written_in_ten_minutes_gives_what_is_shown(
    pages: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Topic and texts of the page give the table and the miss shown, and with the last query no mistake."""
    (page,) = (page for page in pages if page.name == "docs/how-to/write-a-topic.md")
    ((_, topic),) = page.blocks("yaml topics")
    ((_, texts),) = page.blocks("jsonl")
    ((_, expected),) = page.blocks("text")
    *_, (_, mended) = page.blocks("query")
    (tmp_path / "topics").mkdir()
    (tmp_path / "documents.jsonl").write_text(texts, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def tested(written: str, *options: str) -> str:
        (tmp_path / "topics" / "rail.yaml").write_text(written, "utf-8")
        words = ("topics", "test", "documents.jsonl", "--topic", "rail-with-china")
        monkeypatch.setattr(sys, "argv", ["newsmon", "--config", ".", "--data", "data", *words, *options])
        with pytest.raises(SystemExit) as ended:
            program.main()
        assert not ended.value.code
        return capsys.readouterr().out

    try:
        assert tested(topic) == expected
        wider = re.sub(r"\(railway~ .*\)$", f"({mended.strip()})", topic, count=1, flags=re.MULTILINE)
        told = json.loads(tested(wider, "--json"))
    finally:
        show.MANNERS.color, show.MANNERS.quiet, show.MANNERS.verbose = True, False, False
    assert (told["false_positives"], told["false_negatives"]) == ([], [])
    assert told["rows"][0]["hits"] == 3
