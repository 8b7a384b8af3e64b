"""How do nested values become JSON text in a column, and come back the same?"""

import base64
import json
import struct
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from db.columns import require_storable
from monitor.domain.alerts import Message, Picture
from monitor.domain.feeds import NO_MANNERS, Manners, Rhythm
from monitor.domain.topics import ClauseResult, Evidence, Mention, Quote

_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


def manners_to_json(manners: Manners) -> str | None:
    """Return an object with what is asked, the wait in seconds; None where nothing is."""
    asked: dict[str, Any] = {}
    if manners.ttl is not None:
        asked["ttl"] = round(manners.ttl.total_seconds())
    if manners.skip_hours:
        asked["skip_hours"] = sorted(manners.skip_hours)
    if manners.skip_days:
        asked["skip_days"] = sorted(manners.skip_days)
    return _dump("feeds.manners", asked) if asked else None


def manners_from_json(text: str | None) -> Manners:
    """Return what `manners_to_json` wrote."""
    if text is None:
        return NO_MANNERS
    asked = json.loads(text)
    return Manners(
        ttl=timedelta(seconds=asked["ttl"]) if "ttl" in asked else None,
        skip_hours=frozenset(asked.get("skip_hours", ())),
        skip_days=frozenset(asked.get("skip_days", ())),
    )


def rhythm_to_bytes(rhythm: Rhythm) -> bytes:
    """Return the weeks and the 168 hourly numbers as little-endian 4-byte floats."""
    return struct.pack(f"<{1 + len(rhythm.hourly)}f", rhythm.weeks, *rhythm.hourly)


def rhythm_from_bytes(data: bytes | None) -> Rhythm | None:
    """Return what `rhythm_to_bytes` wrote."""
    if data is None:
        return None
    weeks, *hourly = struct.unpack(f"<{len(data) // 4}f", data)
    return Rhythm(hourly=tuple(hourly), weeks=weeks)


def clauses_to_json(clauses: Iterable[ClauseResult]) -> str:
    """Return a list of objects with a clause's fields, its evidence nested."""
    return _dump(
        "matches.clauses",
        [
            {
                "kind": clause.kind,
                "when": clause.when,
                "held": clause.held,
                "points": clause.points,
                "times": clause.times,
                "note": clause.note,
                "evidence": _spans(clause.evidence),
            }
            for clause in clauses
        ],
    )


def clauses_from_json(text: str) -> tuple[ClauseResult, ...]:
    """Return what `clauses_to_json` wrote."""
    return tuple(
        ClauseResult(**{**clause, "evidence": _evidence(clause["evidence"])}) for clause in json.loads(text)
    )


def evidence_to_json(evidence: Iterable[Evidence]) -> str:
    """Return a list of objects with field, start, end, text and, where there is one, label."""
    return _dump("matches.evidence", _spans(evidence))


def evidence_from_json(text: str) -> tuple[Evidence, ...]:
    """Return what `evidence_to_json` wrote."""
    return _evidence(json.loads(text))


def quotes_to_json(quotes: Iterable[Quote]) -> str:
    """Return a list of objects with a quote's fields, its marks nested."""
    return _dump(
        "matches.quotes",
        [
            {
                "field": quote.field,
                "start": quote.start,
                "end": quote.end,
                "text": quote.text,
                "marks": _spans(quote.marks),
            }
            for quote in quotes
        ],
    )


def quotes_from_json(text: str) -> tuple[Quote, ...]:
    """Return what `quotes_to_json` wrote."""
    return tuple(Quote(**{**quote, "marks": _evidence(quote["marks"])}) for quote in json.loads(text))


def mentions_to_json(name: str, mentions: Iterable[Mention]) -> str:
    """Return a list of objects with a mention's fields; `name` is the column, for the error."""
    return _dump(
        name,
        [
            {
                "id": mention.id,
                "name": mention.name,
                "count": mention.count,
                "kind": mention.kind,
                "iso": mention.iso,
            }
            for mention in mentions
        ],
    )


def mentions_from_json(text: str) -> tuple[Mention, ...]:
    """Return what `mentions_to_json` wrote."""
    return tuple(Mention(**mention) for mention in json.loads(text))


def message_to_json(message: Message) -> str:
    """Return an object with the message's fields, pictures in base64."""
    return _dump(
        "deliveries.message",
        {
            "subject": message.subject,
            "text": message.text,
            "html": message.html,
            "list_id": message.list_id,
            "list_name": message.list_name,
            "pictures": [
                {"cid": picture.cid, "alt": picture.alt, "data": base64.b64encode(picture.data).decode()}
                for picture in message.pictures
            ],
        },
    )


def message_from_json(text: str) -> Message:
    """Return what `message_to_json` wrote."""
    fields = json.loads(text)
    pictures = tuple(
        Picture(cid=picture["cid"], alt=picture["alt"], data=base64.b64decode(picture["data"]))
        for picture in fields.pop("pictures")
    )
    return Message(**fields, pictures=pictures)


def names_to_json(names: Iterable[str]) -> str:
    """Return a list of texts."""
    return _dump("alerts.topics", list(names))


def _spans(evidence: Iterable[Evidence]) -> list[dict[str, Any]]:
    return [
        {"field": span.field, "start": span.start, "end": span.end, "text": span.text}
        | ({"label": span.label} if span.label else {})
        for span in evidence
    ]


def _evidence(spans: Iterable[dict[str, Any]]) -> tuple[Evidence, ...]:
    return tuple(Evidence(**span) for span in spans)


def _dump(name: str, value: list[Any] | dict[str, Any]) -> str:
    if not value:
        return "[]"
    text = _encoder.encode(value)
    require_storable(name, text)
    if "\\u0000" in text and _holds_nul(value):
        raise ValueError(f"{name} holds a NUL character")
    return text


def _holds_nul(value: object) -> bool:
    """Look closer: an escaped backslash before "u0000" looks like a NUL in JSON, and is none."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(part) for part in value.values())
    return isinstance(value, list) and any(_holds_nul(part) for part in value)
