"""Do the parts of a configuration fit one another? Faults between blocks, and in what URLs mean."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from monitor.domain.errors import Fault
from monitor.domain.topics import Place
from monitor.policy.addresses import Reach, classify, listed
from monitor.settings.blocks import ActorBlock, GroupBlock
from monitor.settings.recipients import RecipientBlock
from monitor.settings.sections import Http, Main, Polling
from monitor.settings.sources import SourceBlock
from monitor.settings.tree import Items, Mapping, Node, Text
from monitor.settings.values import did_you_mean, written


def source_faults(sources: Iterable[tuple[Mapping, SourceBlock]], main: Main) -> Iterator[Fault]:
    """Yield what is wrong with the addresses and the pace of sources."""
    first: dict[str, str] = {}
    for node, source in sources:
        for key, url in (("url", source.url), ("home", source.home)):
            problem, hint = _url_problem(url, source, main.http) if url else ("", "")
            if problem:
                yield _fault(_value_place(node, key), problem, hint, key)
        other = first.setdefault(source.url, source.id)
        if other != source.id:
            hint = f"to replace that source, use its id or extends: {other}"
            yield _fault(_value_place(node, "url"), f"is the address of {other} too", hint, "url")
        if source.kind != "feed" and source.read == "feed":
            problem = f"does not go with kind: {source.kind}, which has no texts"
            yield _fault(_value_place(node, "read"), problem, "leave it out", "read")
        if source.credentials and source.url.startswith("http:") and not source.allow_private:
            problem = "the credentials would travel unencrypted"
            yield _fault(_value_place(node, "url"), problem, "write https://", "url")
        if source.poll_every is not None:
            problem = _pace_problem(source.poll_every.total_seconds(), main.polling)
            if problem:
                yield _fault(
                    _value_place(node, "poll_every"),
                    problem,
                    "the limits are polling.min_every and polling.max_every",
                    "poll_every",
                )


def actor_faults(
    actors: list[tuple[Mapping, ActorBlock]], groups: list[tuple[Mapping, GroupBlock]], broken: set[str]
) -> Iterator[Fault]:
    """Yield actors and groups that name unknown ones; `broken` are known but have faults."""
    ids = {actor.id for _, actor in actors} | broken
    names = ids | {group.group for _, group in groups}
    for node, actor in actors:
        if actor.of is not None and actor.of not in ids:
            hint = did_you_mean(actor.of, ids)
            yield _fault(_value_place(node, "of"), f"unknown actor {actor.of}", hint, "of")
        for other in actor.shares:
            if other not in ids:
                hint = did_you_mean(other, ids)
                yield _fault(other.place, f"unknown actor {other}", hint, "shares")
    for _, group in groups:
        for member in group.members:
            if member not in names:
                hint = did_you_mean(member, names)
                yield _fault(member.place, f"unknown actor or group {member}", hint, "members")


def main_faults(main: Main, node: Node, topics: frozenset[str] | None) -> Iterator[Fault]:
    """Yield what does not fit within newsmon.yaml, or between it and the topics (None: unknown)."""
    polling = main.polling
    if polling.min_every > polling.max_every:
        yield _fault(
            _path_place(node, "polling", "min_every"), "is longer than max_every", "", "polling.min_every"
        )
    elif problem := _pace_problem(polling.poll_every.total_seconds(), polling):
        yield _fault(_path_place(node, "polling", "poll_every"), problem, "", "polling.poll_every")
    yield from _mail_faults(main, node)
    seen: set[str] = set()
    for number, recipient in enumerate(main.recipients):
        place = _path_place(node, "recipients", number)
        if recipient.id in seen:
            yield _fault(place, f"{recipient.id} is given twice", "", "recipients.id")
        seen.add(recipient.id)
        yield from _recipient_faults(recipient, place, topics)


def _recipient_faults(
    recipient: RecipientBlock, place: Place, topics: frozenset[str] | None
) -> Iterator[Fault]:
    if "email" in recipient.channels() and recipient.addresses.email is None:
        problem = f"missing, and {recipient.id} is told by e-mail"
        yield _fault(place, problem, "add addresses: {email: …}", "recipients.addresses.email")
    for subscription in recipient.subscriptions or ():
        for topic in subscription.topics:
            if topics is not None and topic != "*" and topic not in topics:
                hint = did_you_mean(topic, topics) or 'write "*" for all topics'
                yield _fault(topic.place, f"unknown topic {topic}", hint, "recipients.subscriptions.topics")


def _mail_faults(main: Main, node: Node) -> Iterator[Fault]:
    smtp = main.smtp
    told = [n for n, recipient in enumerate(main.recipients) if "email" in recipient.channels()]
    for key, value in (("host", smtp.host), ("sender", smtp.sender)) if told else ():
        if value is None:
            yield _fault(
                _path_place(node, "recipients", told[0]),
                "missing, and there are recipients to be told by e-mail",
                f"set it in newsmon.yaml, or NEWSMON_SMTP_{key.upper()}",
                f"smtp.{key}",
            )
    for key, value in (("host", smtp.host), ("sender", smtp.sender)) if main.health.to and not told else ():
        if value is None:
            yield _fault(
                _path_place(node, "health", "to"),
                "missing, and health.to is to be told by e-mail",
                f"set it in newsmon.yaml, or NEWSMON_SMTP_{key.upper()}",
                f"smtp.{key}",
            )
    if smtp.user is not None:
        place = _path_place(node, "smtp", "user")
        if smtp.security == "none":
            hint = "use security: starttls or tls, or leave the user out"
            yield _fault(place, "a password must not travel unencrypted", hint, "smtp.user")
        elif smtp.password is None and smtp.password_file is None:
            yield _fault(
                place,
                "there is no password for this user",
                "set NEWSMON_SMTP_PASSWORD, or smtp.password_file",
                "smtp.user",
            )


def _url_problem(url: str, source: SourceBlock, http: Http) -> tuple[str, str]:
    """Return what speaks against asking an address, and how to mend it; two empty texts if nothing."""
    parts = urlsplit(url)
    if "@" in parts.netloc:
        return "a user or password does not belong in an address", ""
    address = _literal(parts.hostname or "")
    if source.allow_private or (address is not None and listed(address, http.allowed)):
        return "", ""  # on any port, as when it is dialled
    if parts.port is not None and parts.port not in http.ports:
        return f"port {parts.port} is not allowed", "add it to http.ports"
    if address is None:
        return "", ""  # a name: looked up, and judged, when it is dialled
    reach, range_name = classify(address)
    if reach is Reach.PUBLIC:
        return "", ""
    return f"{address} is not a public address ({range_name})", "add allow_private: true if it is meant"


def _pace_problem(seconds: float, polling: Polling) -> str:
    low, high = polling.min_every, polling.max_every
    if low.total_seconds() <= seconds <= high.total_seconds():
        return ""
    return f"must be between {written(low)} and {written(high)}"


def _value_place(node: Mapping, name: str) -> Place:
    """Return where a block's value stands, the block itself where the key is not written."""
    value = node.get(Text(name))
    return value.place if value is not None else node.place


def _path_place(node: Node, *path: str | int) -> Place:
    """Return where a value of the main file stands, or the nearest thing above it that is written."""
    place = Place()
    for part in path:
        node = node[part] if isinstance(node, Items) and isinstance(part, int) else _under(node, part)
        place = node.place if node is not None else place
    return place


def _under(node: Node, part: str | int) -> Node:
    return node.get(Text(part)) if isinstance(node, Mapping) else None


def _fault(place: Place, problem: str, hint: str, key: str) -> Fault:
    return Fault(file=place.file, line=place.line, column=place.column, key=key, problem=problem, hint=hint)


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a host is; None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None
