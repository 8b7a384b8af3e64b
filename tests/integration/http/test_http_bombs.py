"""How much memory and time does a decompression bomb cost?"""

import gzip
import json
import subprocess
import sys
import zlib

import brotli
import pytest
from loopback_server import Server, answer

ZEROS = b"\0" * 1_000_000

CHILD = """
import json, re, sys, time
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from monitor.domain.feeds import FetchRequest
from monitor.http import AioHttp, HttpSettings

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

http = AioHttp(HttpSettings(allowed=(ip_network("127.0.0.0/8"),), spacing=timedelta()))
list(http.fetch_many([FetchRequest(key="warm", url=sys.argv[1] + "/small")]))
before, found = peak(), {}
for name in sys.argv[2:]:
    started = time.process_time()
    (result,) = http.fetch_many([FetchRequest(key=name, url=sys.argv[1] + "/" + name)])
    found[name] = [str(getattr(result, "fault", "fetched")), time.process_time() - started]
http.close()
print(json.dumps({"growth": peak() - before, "found": found}))
"""


def squeezed(wbits: int, megabytes: int = 300) -> bytes:
    """Return so many megabytes of zeros, compressed."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return b"".join(squeeze.compress(ZEROS) for _ in range(megabytes)) + squeeze.flush()


@pytest.mark.hazard("N2")
def test_bombs_cost_little(server: Server) -> None:
    """Nine bombs, 0.3 GB each when decoded, add at most 64 MB to the peak and a second of CPU each."""
    inner = squeezed(31, 100)
    bombs = {
        "gzip": ("gzip", squeezed(31), "too-large"),
        "members": ("gzip", gzip.compress(ZEROS) * 300, "too-large"),
        "deflate": ("deflate", squeezed(15), "too-large"),
        "raw": ("deflate", squeezed(-15), "too-large"),
        "brotli": ("br", brotli.compress(ZEROS * 300, quality=3), "too-large"),
        "nested": ("gzip, gzip", gzip.compress(inner), "encoding"),
        "hidden": ("gzip", gzip.compress(inner), "fetched"),
        "zstd": ("zstd", b"\x28\xb5\x2f\xfd" + b"\0" * 9999, "encoding"),
        "hollow": ("gzip", gzip.compress(b"")[:10] + b"\0\0\0\xff\xff" * 3_000_000, "too-large"),
    }
    server.routes["/small"] = answer(gzip.compress(b"small"), Content_Encoding="gzip")
    for name, (encoding, body, _) in bombs.items():
        server.routes[f"/{name}"] = answer(body, Content_Encoding=encoding)
    child = subprocess.run(
        [sys.executable, "-c", CHILD, server.url(""), *bombs],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    report = json.loads(child.stdout)
    assert {name: fault for name, (fault, _) in report["found"].items()} == {
        name: fault for name, (_, _, fault) in bombs.items()
    }
    assert report["growth"] <= 64, report
    assert max(seconds for _, seconds in report["found"].values()) <= 1, report
