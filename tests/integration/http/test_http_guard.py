"""Does any request ever reach an address that is none of our business?"""

import ssl
from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hostile_urls import HOSTILE, resolve
from loopback_server import Client, Server, answer, serving

from monitor.domain.feeds import Fetched, FetchFailed, FetchFault, FetchRequest
from monitor.http.dialing import trusted

PEM = Path(__file__).with_name("loopback.pem")

REFUSALS = {FetchFault.BAD_URL, FetchFault.PRIVATE_ADDRESS, FetchFault.DNS}


@pytest.fixture
def guarded(make_client: Callable[..., Client]) -> Client:
    """Return a client as on the open internet, that only records what it would have dialled."""
    return make_client(resolve=resolve, allowed=())


def test_the_recorder_would_notice(guarded: Client) -> None:
    """A public address is dialled, so that an empty record means something."""
    result = guarded.get("http://public.test/")
    assert result.fault is FetchFault.CONNECT
    assert set(guarded.dialled) == {("93.184.215.14", 80)}


@pytest.mark.hazard("N1")
@pytest.mark.parametrize("robots", [False, True])
def test_no_spelling_of_a_url_leads_to_a_private_address(guarded: Client, *, robots: bool) -> None:
    """Over a hundred hostile URLs, asked for as feeds and as pages, lead to no dial at all."""
    assert len(HOSTILE) >= 100
    requests = [FetchRequest(key=url, url=url, robots=robots) for url in HOSTILE]
    results = list(guarded.http.fetch_many(requests))
    assert len(results) == len(HOSTILE)
    for result in results:
        assert isinstance(result, FetchFailed), result
        assert result.fault in REFUSALS, (result.request.url, result.fault)
    assert guarded.dialled == []


@pytest.mark.hazard("N1")
def test_no_redirect_leads_to_a_private_address(make_client: Callable[..., Client]) -> None:
    """A server that redirects to each of the hostile URLs brings about no dial but to itself."""
    with serving(Server(host="127.0.0.9")) as server:
        client = make_client(resolve=resolve, allowed=(ip_network("127.0.0.9/32"),))
        absolute = [url for url in HOSTILE if "://" in url and not url.startswith("http:///")]
        for number, url in enumerate(absolute):
            location = "".join(char for char in url if char not in "\r\n\x00\t")
            head = f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n"
            server.routes[f"/{number}"] = head.encode()
        results = client.get_all([server.url(f"/{number}") for number in range(len(absolute))])
        assert len(absolute) > 90
        assert all(isinstance(result, FetchFailed) for result in results.values())
        assert set(client.dialled) == {("127.0.0.9", server.port)}


def test_the_refusal_says_what_was_refused(guarded: Client) -> None:
    """A refused dial is a private-address fault that names address and range."""
    result = guarded.get("http://mixed.test/")
    assert result.fault is FetchFault.PRIVATE_ADDRESS
    assert "is not public (" in result.message
    result = guarded.get("http://public.test:22/")
    assert (result.fault, "22" in result.message) == (FetchFault.BAD_URL, True)


def test_of_several_addresses_only_the_allowed_are_dialled(
    server: Server, make_client: Callable[..., Client]
) -> None:
    """A name with private and allowed addresses is reached through the allowed ones only."""
    server.routes["*"] = answer(b"ok")
    client = make_client(resolve=lambda _: ["10.0.0.1", "127.0.0.1", "192.168.0.1"])
    assert client.get(server.url(host="several.test")).body == b"ok"
    assert set(client.dialled) == {("127.0.0.1", server.port)}


@pytest.mark.hazard("N1")
def test_a_name_that_changes_its_answer_is_checked_when_dialled(
    make_client: Callable[..., Client],
) -> None:
    """A name that is public when asked first and private when dialled is refused."""
    answers = iter([["93.184.215.14"], ["10.0.0.1"]])
    client = make_client(resolve=lambda _: next(answers), allowed=())
    client.get("http://rebind.test/")
    client.http._fetcher._names._kept.clear()
    assert client.get("http://rebind.test/").fault is FetchFault.PRIVATE_ADDRESS
    assert {host for host, _ in client.dialled} == {"93.184.215.14"}


def test_an_intranet_source_has_connections_of_its_own(
    server: Server, make_client: Callable[..., Client]
) -> None:
    """A request with allow_private reaches loopback on any port; its open connection serves nobody else."""
    server.routes["*"] = answer(b"ok")
    client = make_client(allowed=())
    assert client.get(server.url(), allow_private=True).body == b"ok"
    assert client.get(server.url()).fault is FetchFault.PRIVATE_ADDRESS
    assert client.get(server.url(), robots=True).fault is FetchFault.PRIVATE_ADDRESS
    assert client.get(server.url(), robots=True, allow_private=True).body == b"ok"


@pytest.mark.hazard("N1")
@pytest.mark.parametrize("url", ["http://169.254.169.254/", "http://224.0.0.1/", "http://[fe80::1]/"])
def test_an_intranet_source_does_not_reach_everything(guarded: Client, url: str) -> None:
    """Link-local and multicast addresses (cloud metadata) are refused even to intranet sources."""
    assert guarded.get(url, allow_private=True).fault is FetchFault.PRIVATE_ADDRESS
    assert guarded.dialled == []


# TLS


@pytest.fixture
def secure() -> Iterator[Server]:
    """Yield a TLS server whose certificate nobody has signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    with serving(Server(routes={"*": answer(b"ok")}), ssl=context) as server:
        yield server


def test_a_certificate_that_nobody_vouches_for_is_refused(secure: Server, client: Client) -> None:
    """A self-signed certificate is a TLS fault that says so."""
    result = client.get(secure.url().replace("http:", "https:"))
    assert (result.fault, "certificate" in result.message) == (FetchFault.TLS, True)


def test_without_certificates_of_the_system_there_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare system without certificates still verifies, by the set that comes with Python's packages."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")
    monkeypatch.setenv("SSL_CERT_DIR", "/nonexistent")
    assert trusted().cert_store_stats()["x509_ca"] > 50


def test_a_certificate_is_held_to_its_host_name(
    secure: Server, make_client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate that the operator trusts serves the names in it, and no other; kept alive, too."""
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
    client = make_client()
    url = secure.url(host="secure.test").replace("http:", "https:")
    assert client.get(url).body == b"ok"
    assert client.get(url).body == b"ok"
    assert secure.connections == 1
    assert client.get(url.replace("secure", "other")).fault is FetchFault.TLS


def test_a_downgrade_is_followed_and_visible(
    secure: Server, server: Server, make_client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A redirect from https to http is followed without credentials, and stands in the redirects."""
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
    server.routes["*"] = answer(b"plain")
    secure.routes["*"] = answer(status="302 Found", Location=server.url())
    url = secure.url().replace("http://", "https://a:b@")
    result = make_client().get(url)
    assert result.body == b"plain"
    assert [hop.url for hop in result.redirects] == [server.url()]
    assert "authorization" in secure.seen[0].headers
    assert "authorization" not in server.seen[0].headers


# Proxy


def test_a_proxy_is_asked_for_everything_public(server: Server, make_client: Callable[..., Client]) -> None:
    """With a proxy, every request goes to it in absolute form, with its password and without ours."""
    server.routes["http://public.test/feed"] = answer(b"through the proxy")
    proxy = server.url("").replace("//", "//user:pass@")
    client = make_client(proxy=proxy, allowed=(), resolve=None)
    result = client.get("http://public.test/feed")
    assert isinstance(result, Fetched), result
    assert result.body == b"through the proxy"
    assert server.seen[0].headers["proxy-authorization"] == "Basic dXNlcjpwYXNz"
    assert "authorization" not in server.seen[0].headers


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://127.0.0.1/", FetchFault.PRIVATE_ADDRESS),
        ("http://[::ffff:10.0.0.1]/", FetchFault.PRIVATE_ADDRESS),
        ("http://localhost/", FetchFault.PRIVATE_ADDRESS),
        ("http://app.LOCALHOST./", FetchFault.PRIVATE_ADDRESS),
        ("http://2130706433/", FetchFault.BAD_URL),
        ("http://public.test:22/", FetchFault.BAD_URL),
        ("http://93.184.215.14:22/", FetchFault.BAD_URL),
    ],
)
def test_a_proxy_is_not_asked_for_what_is_plainly_private(
    server: Server, make_client: Callable[..., Client], url: str, fault: FetchFault
) -> None:
    """What can be seen to be private in the URL itself never reaches the proxy."""
    client = make_client(proxy=server.url(""), allowed=())
    assert client.get(url).fault is fault
    assert server.seen == []


def test_an_intranet_source_goes_past_the_proxy(server: Server, make_client: Callable[..., Client]) -> None:
    """A request with allow_private is made directly."""
    server.routes["/inside"] = answer(b"inside")
    client = make_client(proxy="http://127.0.0.1:1", allowed=())
    assert client.get(server.url("/inside"), allow_private=True).body == b"inside"


def test_a_proxy_that_fails_is_named(server: Server, make_client: Callable[..., Client]) -> None:
    """A proxy that does not listen, or refuses a tunnel, is a connection fault that says so."""
    result = make_client(proxy="http://127.0.0.1:1").get("http://public.test/")
    assert (result.fault, "the proxy" in result.message) == (FetchFault.CONNECT, True)
    lost = make_client(proxy="http://proxy.test:3128", resolve=resolve).get("http://public.test/")
    assert (lost.fault, "proxy.test" in lost.message) == (FetchFault.DNS, True)
    server.routes["*"] = answer(status="403 Forbidden")
    result = make_client(proxy=server.url("")).get("https://public.test/")
    assert (result.fault, "refused" in result.message) == (FetchFault.CONNECT, True)
    assert result.status is None


def test_the_environment_chooses_no_proxy(
    server: Server, make_client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP_PROXY in the environment is not followed: it would dial past the guard."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.routes["*"] = answer(b"direct")
    assert make_client(timeout=timedelta(seconds=5)).get(server.url()).body == b"direct"
