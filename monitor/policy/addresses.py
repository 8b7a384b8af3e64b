"""Is this address part of the public internet, of somebody's own network, or of neither?

The table follows the IANA special-purpose registries (RFC 6890 and its updates). It is our own because
`ipaddress.is_global` calls addresses public that lead home: NAT64 (64:ff9b::7f00:1), 6to4 (2002:7f00:1::)
and multicast.
"""

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Reach(StrEnum):
    """Who may be behind an address: anybody, this house only, or nobody that we talk to."""

    PUBLIC = "public"
    PRIVATE = "private"
    SPECIAL = "special"


_V4 = tuple(
    (IPv4Network(network), reach, name)
    for network, reach, name in (
        ("0.0.0.0/8", Reach.SPECIAL, "this network"),
        ("10.0.0.0/8", Reach.PRIVATE, "private network"),
        ("100.64.0.0/10", Reach.PRIVATE, "shared carrier network"),
        ("127.0.0.0/8", Reach.PRIVATE, "loopback"),
        ("169.254.0.0/16", Reach.SPECIAL, "link-local"),
        ("172.16.0.0/12", Reach.PRIVATE, "private network"),
        ("192.0.0.0/24", Reach.SPECIAL, "protocol assignments"),
        ("192.0.2.0/24", Reach.SPECIAL, "documentation"),
        ("192.88.99.0/24", Reach.SPECIAL, "6to4 relay"),
        ("192.168.0.0/16", Reach.PRIVATE, "private network"),
        ("198.18.0.0/15", Reach.SPECIAL, "benchmarking"),
        ("198.51.100.0/24", Reach.SPECIAL, "documentation"),
        ("203.0.113.0/24", Reach.SPECIAL, "documentation"),
        ("224.0.0.0/4", Reach.SPECIAL, "multicast"),
        ("240.0.0.0/4", Reach.SPECIAL, "reserved"),
    )
)

_V6 = tuple(
    (IPv6Network(network), reach, name)
    for network, reach, name in (
        ("::/128", Reach.SPECIAL, "unspecified"),
        ("::1/128", Reach.PRIVATE, "loopback"),
        ("::/96", Reach.SPECIAL, "IPv4-compatible"),
        ("64:ff9b:1::/48", Reach.SPECIAL, "local NAT64"),
        ("2001::/32", Reach.SPECIAL, "Teredo"),
        ("2001::/23", Reach.SPECIAL, "protocol assignments"),
        ("2001:db8::/32", Reach.SPECIAL, "documentation"),
        ("2002::/16", Reach.SPECIAL, "6to4"),
        ("3fff::/20", Reach.SPECIAL, "documentation"),
        ("fc00::/7", Reach.PRIVATE, "private network"),
        ("fe80::/10", Reach.SPECIAL, "link-local"),
        ("fec0::/10", Reach.PRIVATE, "site-local"),
        ("ff00::/8", Reach.SPECIAL, "multicast"),
    )
)

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


def _unwrap(address: Address) -> Address:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def classify(address: Address) -> tuple[Reach, str]:
    """Return who may be behind an address, and the name of its range for people.

    IPv4 addresses inside IPv6 ones (mapped, NAT64) are judged as what they hold. Of IPv6 only the
    global unicast space is public; transition ranges that may hold any address are special.
    """
    address = _unwrap(address)
    if isinstance(address, IPv4Address):
        for network4, reach, name in _V4:
            if address in network4:
                return reach, name
        return Reach.PUBLIC, "public"
    for network6, reach, name in _V6:
        if address in network6:
            return reach, name
    if address in _GLOBAL_UNICAST:
        return Reach.PUBLIC, "public"
    return Reach.SPECIAL, "reserved"


def listed(address: Address, networks: tuple[Network, ...]) -> bool:
    """Tell whether an address, or the IPv4 address inside it, lies in one of the networks."""
    inner = _unwrap(address)
    return any(address in network or inner in network for network in networks)
