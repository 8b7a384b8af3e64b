"""What a source needs is checked where it is written, and its password stays out of all that is kept."""

import base64

import pytest
from settings_desk import Desk

SOURCE = "- {{id: a, url: 'https://a.example/rss', name: A, {}}}\n"


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("headers: {Host: b.example}", "headers.Host: the header Host is made for each request"),
        (
            "headers: {Authorization: x}",
            "headers.Authorization: the header Authorization is made for each request (use credentials)",
        ),
        (
            "headers: {'a b': x}",
            "headers.a b: must be the name of a header, not 'a b' (write one such as Accept-Language)",
        ),
        (
            'headers: {A: "x\\r\\nBcc: y"}',
            "headers.A: must be a header's value, not 'x Bcc: y' (write one line of ASCII)",
        ),
        ("credentials: {user: x}", "credentials.password_file: missing"),
        ("credentials: {user: 'x:y', password_file: f}", "credentials: a user name cannot hold a colon"),
        (
            "extract: {title: '//h1['}",
            "extract.title: is no XPath: invalid expression (write one such as //article//h1)",
        ),
        ("extract: {drop: ['']}", "extract.drop: must be an XPath, not '' (write one such as //article//h1)"),
        (
            "extract: {mode: quick}",
            "extract.mode: must be one of fast, precise, thorough, not 'quick'",
        ),
        ("rhythm: often", "rhythm: must say how many come, not 'often' (write 12/day, 3/week or 2/month)"),
        ("rhythm: 0/day", "rhythm: must say how many come, not '0/day' (write 12/day, 3/week or 2/month)"),
        (
            "kind: page, read: feed",
            "read: does not go with kind: page, which has no texts (leave it out)",
        ),
    ],
)
def test_a_mistake_is_told_where_it_is(desk: Desk, keys: str, told: str) -> None:
    """Each has its place, what is wrong, and how to mend it."""
    assert desk.fault("user/sources/a.yaml", SOURCE.format(keys)).partition(": ")[2] == told


def test_credentials_do_not_travel_unencrypted(desk: Desk) -> None:
    """Over http:// they are refused, unless the source is one of the house."""
    block = "- {id: a, url: 'http://a.example/rss', name: A, credentials: {user: x, password_file: f}}"
    desk.write("user/f", "secret")
    told = desk.fault("user/sources/a.yaml", block)
    assert told.endswith("url: the credentials would travel unencrypted (write https://)")
    desk.write("user/sources/a.yaml", block.replace("name: A", "name: A, allow_private: true"))
    assert desk.faults() == []


def test_a_sources_password_is_read_from_its_file_and_never_kept(desk: Desk) -> None:
    """It becomes a Basic header (RFC 7617) beside the feeds, in no repr and in no file of the cache."""
    desk.write("user/secret", "päss:word\n")
    desk.write("user/sources/a.yaml", SOURCE.format("credentials: {user: desk, password_file: secret}"))
    desk.folders.data.mkdir()
    settings = desk.load()
    encoded = settings.authorizations["a"].removeprefix("Basic ")
    assert base64.b64decode(encoded).decode() == "desk:päss:word"
    assert "päss" not in repr(settings)
    assert encoded not in repr(settings)
    kept = [path for path in desk.folders.data.rglob("*") if path.is_file()]
    assert kept
    assert not any(
        "päss".encode() in path.read_bytes() or encoded.encode() in path.read_bytes() for path in kept
    )


def test_a_missing_password_is_a_fault(desk: Desk) -> None:
    """The file that cannot be read is named, with the source."""
    desk.write("user/sources/a.yaml", SOURCE.format("credentials: {user: desk, password_file: secret}"))
    (told,) = desk.faults()
    assert told.startswith("user/secret: a: credentials.password_file: cannot be read: No such file")


def test_shipped_sources_are_put_into_a_folder_of_ones_own(desk: Desk) -> None:
    """The folder is no name: several sources bear it, and each stays what it extends."""
    desk.write(
        "pack/sources/a.yaml",
        SOURCE.format("country: NO") + "- {id: b, url: 'https://b.example/rss', name: B}\n",
    )
    desk.write("user/sources/mine.yaml", "- {extends: a, group: Mine}\n- {extends: b, group: Mine}\n")
    assert [(feed.id, feed.group) for feed in desk.load().feeds] == [("a", "Mine"), ("b", "Mine")]
