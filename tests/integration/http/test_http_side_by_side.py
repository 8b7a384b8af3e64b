"""Do many requests share the client fairly and within bounds?"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from loopback_server import FEED, Client, Seen, Server, answer, failed, never

from monitor.domain.feeds import Fetched, FetchFault, FetchRequest


def test_many_requests_run_side_by_side_within_the_limits(
    server: Server, make_client: Callable[..., Client]
) -> None:
    """As many requests as allowed run at once, never more, and each result names its request."""
    client = make_client(concurrency=20, per_host=7)
    under_way, most = 0, 0

    async def count(seen: Seen, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        writer.write(answer(seen.path.encode()))

    server.routes["*"] = count
    results = client.get_all([server.url(f"/{n}") for n in range(200)])
    assert {url: result.body for url, result in results.items()} == {
        server.url(f"/{n}"): f"/{n}".encode() for n in range(200)
    }
    assert most == 7


@pytest.mark.hazard("N5")
def test_a_slow_host_keeps_no_slot_from_others(server: Server, make_client: Callable[..., Client]) -> None:
    """Requests waiting for a slow host leave the global slots to others."""
    client = make_client(concurrency=4, per_host=2)
    release = threading.Event()
    done = []

    async def slow(seen: Seen, writer: asyncio.StreamWriter) -> None:
        while seen.headers["host"].startswith("slow") and not release.is_set():  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.01)
        writer.write(answer(FEED))

    server.routes["*"] = slow
    slow_ones = [server.url(f"/{n}", host="slow.test") for n in range(20)]
    quick_ones = [server.url(f"/{n}", host=f"quick{n}.test") for n in range(10)]
    requests = [FetchRequest(key=url, url=url) for url in [*slow_ones, *quick_ones]]
    for result in client.http.fetch_many(requests):
        assert isinstance(result, Fetched), result
        done.append(result.request.url)
        if len(done) == len(quick_ones):
            assert set(done) == set(quick_ones)
            release.set()
    assert len(done) == 30


def test_starts_on_one_host_keep_their_distance(server: Server, make_client: Callable[..., Client]) -> None:
    """Two requests to one host do not start closer than the spacing; other hosts do not wait for it."""
    client = make_client(spacing=timedelta(seconds=0.1))
    server.routes["*"] = answer(FEED)
    urls = [server.url(f"/{n}", host=f"{name}.test") for n in range(4) for name in "abcde"]
    before = time.monotonic()
    client.get_all(urls)
    assert 0.3 <= time.monotonic() - before < 1.9


@pytest.mark.hazard("N5")
def test_slow_name_servers_starve_nobody(server: Server, make_client: Callable[..., Client]) -> None:
    """While 200 names do not resolve, 40 healthy hosts are fetched as if nothing were the matter."""
    release = threading.Event()

    def resolve(host: str) -> list[str]:
        if host.startswith("slow"):
            release.wait(20)
        return ["127.0.0.1"]

    client = make_client(resolve=resolve)
    server.routes["*"] = answer(FEED)
    slow_ones = [server.url(host=f"slow{n}.test") for n in range(200)]
    healthy = [server.url(host=f"fine{n}.test") for n in range(40)]
    results = client.http.fetch_many([FetchRequest(key=u, url=u) for u in [*slow_ones, *healthy]])
    first = [next(results).request.url for _ in healthy]
    release.set()
    assert set(first) == set(healthy)
    assert sum(1 for _ in results) == 200


def test_a_name_server_that_never_answers_is_a_dns_fault(make_client: Callable[..., Client]) -> None:
    """A look-up has as long as a connection, then it is a DNS fault; the result may come later in vain."""
    release = threading.Event()
    client = make_client(
        resolve=lambda _: release.wait(10) and ["127.0.0.1"], connect_timeout=timedelta(seconds=0.2)
    )
    failed(client.get("http://slow.test/"), FetchFault.DNS, "in time")
    release.set()


def test_requests_are_not_read_while_results_wait(server: Server, make_client: Callable[..., Client]) -> None:
    """A caller who is slow to take results is not flooded: reading and fetching stop at a bound."""
    client = make_client(concurrency=3)
    server.routes["*"] = answer(FEED)
    read = []

    def requests() -> Iterator[FetchRequest]:
        for number in range(500):
            read.append(number)
            yield FetchRequest(key=str(number), url=server.url(f"/{number}"))

    results = client.http.fetch_many(requests())
    next(results)
    time.sleep(0.3)
    assert len(server.seen) <= 6
    assert len(read) <= 24
    assert sum(1 for _ in results) == 499


def test_a_caller_who_is_slow_holds_up_no_other(server: Server, make_client: Callable[..., Client]) -> None:
    """While one caller leaves its results lying, another is served from the same host."""
    client = make_client(concurrency=2, per_host=1)
    server.routes["*"] = answer(FEED)
    slow = client.http.fetch_many([FetchRequest(key=str(n), url=server.url(f"/{n}")) for n in range(30)])
    next(slow)
    assert isinstance(client.get(server.url("/other")), Fetched)
    assert sum(1 for _ in slow) == 29


def test_closing_the_generator_cancels_the_rest(server: Server, make_client: Callable[..., Client]) -> None:
    """A caller who leaves early leaves nothing running."""
    client = make_client(concurrency=5)

    async def first_only(seen: Seen, writer: asyncio.StreamWriter) -> None:
        if seen.path == "/0":
            writer.write(answer(FEED))
        else:
            await seen.gone()

    server.routes["*"] = first_only
    results = client.http.fetch_many([FetchRequest(key=str(n), url=server.url(f"/{n}")) for n in range(100)])
    assert next(results).request.key == "0"
    results.close()
    until = time.monotonic() + 5
    while server.open and time.monotonic() < until:
        time.sleep(0.01)
    assert server.open <= 1  # the kept connection of the first
    assert len(server.seen) <= 10
    assert isinstance(client.get(server.url("/0")), Fetched)


def test_an_error_of_the_caller_is_the_callers(server: Server, client: Client) -> None:
    """An exception raised while requests are read reaches the caller, and the client lives on."""
    server.routes["*"] = answer(FEED)

    def requests() -> Iterator[FetchRequest]:
        yield FetchRequest(key="1", url=server.url())
        raise LookupError("no more")

    with pytest.raises(LookupError):
        list(client.http.fetch_many(requests()))
    assert isinstance(client.get(server.url()), Fetched)


def test_several_threads_use_one_client(server: Server, client: Client) -> None:
    """Calls from several threads at once each get their own results."""
    server.routes["*"] = answer(FEED)
    counts = []

    def work(name: str) -> None:
        urls = [server.url(f"/{name}/{n}") for n in range(50)]
        counts.append(len(client.get_all(urls)) if set(client.get_all(urls)) == set(urls) else 0)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [50] * 4


def test_closing_ends_what_is_under_way_and_may_be_repeated(
    server: Server, make_client: Callable[..., Client]
) -> None:
    """Closing fails the requests under way and all later ones; closing again does nothing."""
    client = make_client()
    server.routes["*"] = never
    outcome = []
    thread = threading.Thread(
        target=lambda: outcome.extend(client.get_all([server.url(f"/{n}") for n in range(5)]).values())
    )
    thread.start()
    while len(server.seen) < 5:
        time.sleep(0.01)
    client.http.close()
    thread.join(10)
    client.http.close()
    assert [result.fault for result in outcome] == [FetchFault.CONNECT] * 5
    failed(client.get(server.url()), FetchFault.CONNECT, "closed")


def test_leaving_after_the_client_was_closed_does_no_harm(
    server: Server, make_client: Callable[..., Client]
) -> None:
    """A generator that outlives its client can still be closed."""
    client = make_client()
    server.routes["/ok"] = answer(FEED)
    server.routes["*"] = never
    left = client.http.fetch_many(FetchRequest(key=path, url=server.url(path)) for path in ("/ok", "/never"))
    assert isinstance(next(left), Fetched)
    client.http.close()
    left.close()


def test_no_requests_no_results(client: Client) -> None:
    """Nothing asked, nothing answered."""
    assert list(client.http.fetch_many([])) == []
