"""Which addresses are public?"""

from ipaddress import ip_address, ip_network

import pytest

from monitor.policy.addresses import Reach, classify, listed

EDGES = {
    Reach.PUBLIC: """
        1.0.0.0 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
        169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.0.3.0 192.88.98.255 192.88.100.0
        192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 198.51.99.255 198.51.101.0 203.0.112.255
        203.0.114.0 223.255.255.255 2000:: 2001:200:: 2001:4860:4860::8888 2001:db7:: 2001:db9:: 2003::
        2606:4700::1111 3ffe:: 3fff:1000:: ::ffff:8.8.8.8 64:ff9b::808:808
    """,
    Reach.PRIVATE: """
        10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.0 127.255.255.255 172.16.0.0
        172.31.255.255 192.168.0.0 192.168.255.255 ::1 fc00:: fdff:ffff:: fec0:: feff:ffff::
        ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:192.168.1.1 64:ff9b::7f00:1 64:ff9b::a00:1
    """,
    Reach.SPECIAL: """
        0.0.0.0 0.255.255.255 169.254.0.0 169.254.169.254 169.254.255.255 192.0.0.0 192.0.0.255 192.0.2.1
        192.88.99.0 192.88.99.255 198.18.0.0 198.19.255.255 198.51.100.7 203.0.113.7 224.0.0.1
        239.255.255.255 240.0.0.0 255.255.255.255 :: ::2 ::7f00:1 ::8.8.8.8 ::1:0:0 64:ff9b:1::7f00:1
        64:ff9b:2:: 100::1 1fff:: 2001:: 2001:0:7f00:1:: 2001:10:: 2001:1ff:: 2001:db8::1 2002:7f00:1::
        2002:808:808:: 3fff::1 4000:: 5f00:: fe80::1 fe80::1%eth0 febf:: ff02::1 ::ffff:169.254.169.254
        ::ffff:0.0.0.0 ::ffff:224.0.0.1 64:ff9b::a9fe:a9fe
    """,
}


@pytest.mark.hazard("N1")
@pytest.mark.parametrize(
    ("text", "reach"), [(text, reach) for reach, texts in EDGES.items() for text in texts.split()]
)
def test_every_edge_of_every_range_is_on_its_side(text: str, reach: Reach) -> None:
    """The first and last addresses of each special range, and their neighbours, are judged rightly."""
    found, name = classify(ip_address(text))
    assert found is reach
    assert (name == "public") is (reach is Reach.PUBLIC)


def test_a_listed_network_holds_its_addresses_however_wrapped() -> None:
    """An operator's IPv4 network also lists the same addresses mapped into IPv6."""
    networks = (ip_network("10.1.0.0/16"), ip_network("fd00::/8"))
    assert listed(ip_address("10.1.2.3"), networks)
    assert listed(ip_address("::ffff:10.1.2.3"), networks)
    assert listed(ip_address("fd12::1"), networks)
    assert not listed(ip_address("10.2.0.1"), networks)
    assert not listed(ip_address("10.1.2.3"), ())
