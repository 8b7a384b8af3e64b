"""Every form of the topic language finds what its definition says, and nothing else."""

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from small_packs import evidence

ROWS = Path(__file__).parents[2] / "data" / "rules" / "queries.yaml"


def rows() -> Iterator[Any]:
    """Yield the rows of the table, one test each."""
    for chapter, entries in YAML(typ="safe").load(ROWS.read_text(encoding="utf-8")).items():
        for number, row in enumerate(entries):
            yield pytest.param(row, id=f"{chapter}-{number}-{row['query']}")


@pytest.mark.parametrize("row", list(rows()))
def test_a_query_gives_the_evidence_of_its_row(row: dict[str, Any]) -> None:
    """A query gives just the evidence that the table of facts says."""
    title, body = row["body"] if isinstance(row["body"], list) else ("", row["body"])
    metadata = row.get("meta", {})
    if "published" in metadata:
        metadata = metadata | {"published": metadata["published"].replace(tzinfo=UTC)}
    assert evidence(row["query"], body, title, **metadata) == row["evidence"]
