"""Which addresses a delivery may be sent to: those of the public Internet, and no way around that.

An address is judged where the connection is made (``client``), so what is judged is what is
connected to: a name that resolves to something else a moment later gains nothing.
"""

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address

# Transition mechanisms: an IPv6 address that a gateway turns into the IPv4 address within.
_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052
_NAT64_LOCAL = ip_network("64:ff9b:1::/48")  # RFC 8215: whatever the local network makes of it
_COMPATIBLE = ip_network("::/96")  # RFC 4291, deprecated, still understood by some
_TRANSLATED = ip_network("::ffff:0:0:0/96")  # RFC 2765

# Not public, though some versions of Python call parts of them global.
_RESERVED = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15"),
            *("240.0.0.0/4", "100::/64", "2001:2::/48", "2001:10::/28", "2001:20::/28"),
            *("2001:db8::/32", "3fff::/20", "5f00::/16", "fec0::/10"),
        ),
    )
)
# What may be reached where the operator allows private addresses.  Link-local addresses are not
# among them: at 169.254.169.254 clouds hand out credentials.
_PRIVATE = tuple(
    map(
        ip_network,
        ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"),
    )
)
_LOOPBACK = IPv6Address("::1")
_NOWHERE = IPv4Address(0)  # never allowed
_METADATA = ip_address("fd00:ec2::254")  # the same, by IPv6


def may_reach(address: str, *, allow_private: bool) -> bool:
    """Whether a connection to ``address``, a numeric one as the system gives it, may be made."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(_may_reach(each, allow_private=allow_private) for each in _within(parsed))


def is_refused_literal(host: str) -> bool:
    """Whether ``host`` is itself an address inside, or the name of this machine.

    For an early word to who types it; what counts is ``may_reach``, when the connection is made.
    """
    if host.rstrip(".").lower().rpartition(".")[2] == "localhost":
        return True
    try:
        ip_address(host)
    except ValueError:
        return False
    return not may_reach(host, allow_private=False)


def _may_reach(address: Address, *, allow_private: bool) -> bool:
    if allow_private and any(_in(address, network) for network in _PRIVATE):
        return address != _METADATA
    if any(_in(address, network) for network in _RESERVED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _in(address: Address, network: IPv4Network | IPv6Network) -> bool:
    return address.version == network.version and address in network


def _within(address: Address) -> tuple[Address, ...]:
    """The addresses that a connection to ``address`` may end at: all of them must be allowed."""
    if isinstance(address, IPv4Address) or address == _LOOPBACK:
        return (address,)
    if address in _NAT64:
        return (IPv4Address(int(address) & 0xFFFF_FFFF),)
    if any(address in network for network in (_COMPATIBLE, _TRANSLATED, _NAT64_LOCAL)):
        return (_NOWHERE,)
    inner = address.ipv4_mapped or address.sixtofour
    return address.teredo or ((inner,) if inner else (address,))
