"""Does a running service tell its figures where it was told to?"""

import http.client
import socket
import time
from contextlib import closing
from pathlib import Path

from press import Item, Press, rss, xml
from programs import Program

PATIENCE = 40.0


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def figures(port: int) -> str:
    """Return what the service tells, nothing while it does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    except OSError:
        return ""
    finally:
        connection.close()


def test_a_running_service_tells_its_figures(tmp_path: Path) -> None:
    """Polls, entries and levels appear on /metrics, and the address of no source does."""
    desk, port = tmp_path / "desk", free_port()
    (desk / "sources").mkdir(parents=True)
    with Press() as press:
        press.answers["/hidden-name"] = xml(rss([Item(title="One", guid="1", text="One text.")]))
        (desk / "newsmon.yaml").write_text(
            "use_pack: {sources: false, topics: false, actors: false, themes: false, languages: false}\n"
            "http: {allowed: [127.0.0.0/8]}\nworkers: {count: 1}\npolling: {tick: 1s}\n",
            "utf-8",
        )
        (desk / "sources" / "one.yaml").write_text(
            f"- {{id: hidden-id, name: Hidden, url: '{press.url('/hidden-name')}', read: feed}}\n", "utf-8"
        )
        places = ("--config", str(desk), "--data", str(tmp_path / "data"))
        with Program(tmp_path / "said", *places, "run", "--metrics", f"127.0.0.1:{port}") as program:
            until = time.monotonic() + PATIENCE
            while "newsmon_new_entries_total 1.0" not in figures(port) and time.monotonic() < until:
                time.sleep(0.2)
            told = figures(port)
            assert 'newsmon_polls_total{outcome="ok"} 1.0' in told, program.err
    assert "newsmon_sources{" in told
    assert "hidden" not in told.lower()
